#include "shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/abroad.h"
#include "peer/grant.h"
#include "peer/incoming.h"
#include "peer/outgoing.h"
#include "wire/messages.h"

uint64_t street_random(struct street *street, uint64_t below)
{
    street->random = street->random * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (street->random >> 33) % below;
}

static struct uid next_id(struct street *street)
{
    return id_of(++street->serial);
}

void street_init(struct street *street, uint64_t seed)
{
    *street = (struct street){.random = seed * 2 + 1};
    street->charter = (struct charter){
        .coalition = "demo", .epoch = 1, .partners = street->partners, .partner_count = BRANDS};
    for (unsigned i = 0; i < BRANDS; i++) {
        struct shop *shop = &street->shops[i];
        brand_init(&shop->brand, i);
        brand_open(&shop->brand);
        street->partners[i].id = shop->brand.id;
        street->partners[i].online_count = 1;
        street->partners[i].online[0] = (struct charter_key){.key = shop->brand.signer.public_key,
                                                             .id = shop->brand.signer.key_id,
                                                             .valid_until = {INT64_MAX}};
        assert_int_equal(
            brand_enrol(&shop->brand, ++street->serial, &shop->member, &shop->card).verdict,
            VERDICT_OK);
    }
}

void street_fini(struct street *street)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        brand_fini(&street->shops[i].brand);
    }
}

/* Decided by nobody's signature. */
static bool is_unproven(const struct street *street, const struct signed_message *message,
                        enum purpose purpose)
{
    struct batch_head head;
    struct clearing_receipt receipt;
    struct arena arena;
    bool is_so = false;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (purpose == PURPOSE_CLEARING_BATCH) {
        is_so = wire_head_decode(message->payload, &head, NULL) == ERR_OK &&
                partner_id_equal(&head.sender, &street->shops[0].brand.id) &&
                head.first_number + head.count - 1 <= street->unproven_to;
    } else if (purpose == PURPOSE_CLEARING_RECEIPT) {
        is_so = wire_receipt_decode(message->payload, &arena, &receipt, NULL) == ERR_OK &&
                partner_id_equal(&receipt.sender, &street->shops[0].brand.id) &&
                receipt.last_number <= street->unproven_to;
    }
    arena_fini(&arena);
    return is_so;
}

static enum err verify(void *context, const struct signed_message *message, enum purpose purpose,
                       const struct charter_key *key)
{
    const struct street *street = context;
    return is_unproven(street, message, purpose)
               ? ERR_SIGNATURE
               : signed_verify(message, street->charter.coalition, purpose, &key->key);
}

struct shop_host shop_host(struct street *street, unsigned index)
{
    struct brand *brand = &street->shops[index].brand;
    struct shop_host host = {.host = {.engine = brand->engine,
                                      .signer = &brand->signer,
                                      .charter = &street->charter,
                                      .chain = street->chain,
                                      .roster = &brand->roster,
                                      .now = brand->now,
                                      .context = street,
                                      .verify = verify}};
    assert_int_equal(state_reader_create(brand->state, &host.reader), ERR_OK);
    host.host.view = state_reader_view(host.reader);
    return host;
}

void shop_host_end(struct shop_host *host)
{
    state_reader_destroy(host->reader);
}

/* ---- Tills ---- */

/* The other brand grants, or refuses. */
static void authorise(struct street *street, unsigned index, struct command *command)
{
    struct shop_host till = shop_host(street, index);
    struct shop_host home = shop_host(street, 1 - index);
    struct hold_request request = abroad_request(&till.host, command);
    struct buffer bytes = {0};
    struct buffer evidence = {0};
    struct buffer answer_bytes = {0};
    struct signed_message message;
    struct command asked;
    struct abroad_answer answer = {0};
    struct note note = {""};
    assert_int_equal(abroad_sign(&till.host, &request, &bytes), ERR_OK);
    assert_int_equal(signed_decode(buffer_slice(&bytes), &message), ERR_OK);
    assert_int_equal(grant_take_request(&home.host, &request.redeemer, &message, DAY_MS, &request,
                                        &asked, &evidence, &note),
                     ERR_OK);
    struct outcome outcome = engine_execute(home.host.engine, &asked);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(grant_answer(&home.host, &request, &outcome, &answer_bytes), ERR_OK);
    assert_int_equal(signed_decode(buffer_slice(&answer_bytes), &message), ERR_OK);
    assert_int_equal(abroad_take_answer(&till.host, &request, &message, &answer, &note), ERR_OK);
    if (answer.is_granted) {
        struct shop *shop = &street->shops[index];
        abroad_use_grant(&answer, command);
        assert_int_equal(engine_execute(till.host.engine, command).verdict, VERDICT_OK);
        if (shop->hold_count < SHOP_HOLDS) {
            shop->holds[shop->hold_count++] =
                (struct shop_hold){command->transaction_id, command->hold.points.minor, 0};
        }
        command->hold.evidence = slice_of(NULL, 0);
    } else {
        command->kind = COMMAND_PRUNE; /* nothing came of it */
    }
    buffer_fini(&answer.evidence);
    buffer_fini(&answer_bytes);
    buffer_fini(&evidence);
    buffer_fini(&bytes);
    shop_host_end(&till);
    shop_host_end(&home);
}

struct uid shop_hold(struct street *street, unsigned index, int64_t points)
{
    struct brand *brand = &street->shops[index].brand;
    struct command command = brand_command(brand, COMMAND_FOREIGN_HOLD, ++street->serial);
    command.hold = (struct command_hold){.redeemer = brand->id,
                                         .card = street->shops[1 - index].card,
                                         .asked = street->shops[1 - index].card,
                                         .points = points_of(points),
                                         .capture_by = {brand->now.ms + DAY_MS}};
    authorise(street, index, &command);
    assert_int_equal(command.kind, COMMAND_FOREIGN_HOLD);
    return command.transaction_id;
}

void shop_capture(struct street *street, unsigned index, const struct uid *hold)
{
    struct brand *brand = &street->shops[index].brand;
    struct command command = brand_command(brand, COMMAND_CAPTURE, ++street->serial);
    command.use = (struct command_hold_use){.hold = *hold};
    assert_int_equal(engine_execute(brand->engine, &command).verdict, VERDICT_OK);
}

static void do_hold(struct street *street, unsigned index, struct command *command)
{
    command->kind = COMMAND_FOREIGN_HOLD;
    command->hold =
        (struct command_hold){.redeemer = street->shops[index].brand.id,
                              .card = street->shops[1 - index].card,
                              .asked = street->shops[1 - index].card,
                              .points = points_of(1 + (int64_t)street_random(street, 60)),
                              .capture_by = {street->shops[index].brand.now.ms + DAY_MS}};
    authorise(street, index, command);
}

static void do_earn(struct street *street, unsigned index, struct command *command, bool is_abroad)
{
    struct shop *shop = &street->shops[index];
    command->kind = COMMAND_EARN;
    command->earn =
        (struct command_earn){.card = street->shops[is_abroad ? 1 - index : index].card,
                              .amount = money_of(100 * (1 + (int64_t)street_random(street, 90))),
                              .rate = {1, 100, ROUNDING_DOWN, 0}};
    assert_int_equal(engine_execute(shop->brand.engine, command).verdict, VERDICT_OK);
    if (is_abroad && shop->sale_count < SHOP_HOLDS) {
        shop->sales[shop->sale_count++] = command->transaction_id;
    }
}

static void do_return(struct street *street, unsigned index, struct command *command)
{
    struct shop *shop = &street->shops[index];
    if (shop->sale_count == 0) {
        return;
    }
    command->kind = COMMAND_RETURN_SALE;
    command->return_sale.sale = shop->sales[--shop->sale_count];
    assert_int_equal(engine_execute(shop->brand.engine, command).verdict, VERDICT_OK);
}

static void do_use(struct street *street, unsigned index, struct command *command)
{
    struct shop *shop = &street->shops[index];
    if (shop->hold_count == 0) {
        return;
    }
    struct shop_hold *hold = &shop->holds[street_random(street, shop->hold_count)];
    command->use.hold = hold->id;
    if (hold->left > 0 && street_random(street, 3) > 0) {
        int64_t part = 1 + (int64_t)street_random(street, (uint64_t)hold->left);
        command->kind = COMMAND_CAPTURE;
        command->use.points = points_of(part);
        hold->left -= part;
        hold->captured += part;
    } else if (hold->left > 0) {
        command->kind = COMMAND_VOID;
        hold->left = 0;
    } else if (hold->captured > 0) {
        command->kind = COMMAND_RETURN_BURN;
        command->use.points = points_of(1);
        hold->captured--;
    } else {
        return;
    }
    assert_int_equal(engine_execute(shop->brand.engine, command).verdict, VERDICT_OK);
}

void shop_step(struct street *street, unsigned index, struct command *out_command)
{
    struct brand *brand = &street->shops[index].brand;
    *out_command = (struct command){.kind = COMMAND_PRUNE, /* nothing was told */
                                    .origin = brand->id,
                                    .transaction_id = next_id(street),
                                    .business_time = brand->now};
    switch (street_random(street, 8)) {
    case 0:
    case 1:
        do_earn(street, index, out_command, true);
        break;
    case 2:
        do_earn(street, index, out_command, false);
        break;
    case 3:
        do_return(street, index, out_command);
        break;
    case 4:
        do_hold(street, index, out_command);
        break;
    default:
        do_use(street, index, out_command);
        break;
    }
}

/* ---- Streams ---- */

/* Receipts on their way back. */
struct wire {
    struct street *street;
    unsigned to;
    struct incoming incoming;
    struct taking taking;
    struct buffer answers[LIMIT_CLEARING_WINDOW + 4];
    size_t count;
    struct note problem; /* the other shop's */
};

static enum err send_answer(void *context, const struct clear_response *response)
{
    struct wire *wire = context;
    if (response->problem[0] != '\0') {
        return note_set(&wire->problem, ERR_CONFLICT, "%s", response->problem);
    }
    assert_true(wire->count < sizeof wire->answers / sizeof wire->answers[0]);
    struct buffer *answer = &wire->answers[wire->count++];
    buffer_clear(answer);
    return response->receipt == NULL ? ERR_OK : signed_encode(response->receipt, answer);
}

static enum err send_request(void *context, const struct clear_request *request)
{
    struct wire *wire = context;
    struct answer_port port = {wire, send_answer};
    struct shop_host host = shop_host(wire->street, wire->to);
    struct note note = {""};
    enum err err = incoming_take(&wire->incoming, &wire->taking, &host.host, request, &port, &note);
    shop_host_end(&host);
    return err;
}

static enum err take_answers(struct wire *wire, struct outgoing *outgoing, struct peer_host *host,
                             struct note *note)
{
    size_t count = wire->count;
    wire->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct signed_message receipt;
        struct clear_response response = {NULL, ""};
        if (wire->answers[i].length > 0) {
            assert_int_equal(signed_decode(buffer_slice(&wire->answers[i]), &receipt), ERR_OK);
            response.receipt = &receipt;
        }
        TRY(outgoing_take(outgoing, host, &response, note));
    }
    return ERR_OK;
}

static enum err clear(struct wire *wire, struct outgoing *outgoing, struct peer_host *host,
                      struct note *note)
{
    struct clear_port port = {wire, send_request};
    TRY(outgoing_open(outgoing, host, &port, note));
    TRY(take_answers(wire, outgoing, host, note));
    do {
        TRY(outgoing_pump(outgoing, host, &port, note));
        TRY(take_answers(wire, outgoing, host, note));
    } while (outgoing_is_waiting(outgoing));
    return ERR_OK;
}

enum err shop_try_clear(struct street *street, unsigned index, struct note *note)
{
    struct shop_host host = shop_host(street, index);
    struct wire *wire = calloc(1, sizeof *wire);
    struct outgoing outgoing;
    assert_non_null(wire);
    wire->street = street;
    wire->to = 1 - index;
    wire->incoming.sender = street->shops[index].brand.id;
    outgoing_init(&outgoing, &street->shops[1 - index].brand.id, engine_journal(host.host.engine));
    enum err err = clear(wire, &outgoing, &host.host, note);
    if (wire->problem.text[0] != '\0') {
        *note = wire->problem;
    }
    outgoing_fini(&outgoing);
    for (size_t i = 0; i < sizeof wire->answers / sizeof wire->answers[0]; i++) {
        buffer_fini(&wire->answers[i]);
    }
    taking_fini(&wire->taking);
    free(wire);
    shop_host_end(&host);
    return err;
}

void shop_clear(struct street *street, unsigned index)
{
    struct note note = {""};
    enum err err = shop_try_clear(street, index, &note);
    if (err != ERR_OK) {
        fail_msg("clearing: %s: %s", err_name(err), note.text);
    }
}

/* ---- Recovery ---- */

void shop_restore(struct street *street, unsigned index, struct brand *copy)
{
    struct shop *shop = &street->shops[index];
    struct brand *lost = &shop->brand;
    char folder[sizeof lost->folder];
    brand_close(lost);
    memcpy(folder, lost->folder, sizeof folder);
    memcpy(lost->folder, copy->folder, sizeof folder);
    memcpy(copy->folder, folder, sizeof folder);
    brand_fini(copy); /* the folder that was lost */
    brand_open(lost);
}

/* One question to the other brand, and its answer. */
static enum err ask(struct street *street, unsigned index, struct recovery *recovery,
                    const struct peer_host *host, struct note *note)
{
    struct shop_host holder = shop_host(street, 1 - index);
    struct holdings_page *room = calloc(1, sizeof *room);
    struct buffer bytes = {0};
    struct recover_request request;
    struct recover_page page;
    struct signed_message message;
    bool is_comparison;
    assert_non_null(room);
    assert_int_equal(recovery_ask(recovery, host, &is_comparison, &request), ERR_OK);
    enum err err;
    if (is_comparison) {
        assert_int_equal(holdings_answer(&holder.host, &host->roster->self, &bytes), ERR_OK);
        assert_int_equal(signed_decode(buffer_slice(&bytes), &message), ERR_OK);
        err = recovery_take_holdings(recovery, host, &message, note);
    } else {
        err = holdings_find(&holder.host, &host->roster->self, &request, room, &page, note);
        if (err == ERR_OK) {
            err = recovery_take_page(recovery, host, &page, note);
        }
    }
    holdings_page_fini(room);
    free(room);
    buffer_fini(&bytes);
    shop_host_end(&holder);
    return err;
}

enum err shop_recover(struct street *street, unsigned index, unsigned questions, struct note *note)
{
    struct shop_host host = shop_host(street, index);
    struct recovery recovery;
    enum err err = ERR_OK;
    recovery_init(&recovery, &street->shops[1 - index].brand.id);
    for (unsigned i = 0; i < questions && err == ERR_OK && !recovery_is_done(&recovery); i++) {
        err = ask(street, index, &recovery, &host.host, note);
    }
    if (err == ERR_OK && !recovery_is_done(&recovery)) {
        err = ERR_UNAVAILABLE;
    }
    recovery_fini(&recovery);
    shop_host_end(&host);
    return err;
}

/* ---- Both halves ---- */

static int64_t net(struct street *street, unsigned index, enum account_kind kind)
{
    struct shop_host host = shop_host(street, index);
    struct account account;
    struct account_ref ref = {
        .kind = kind, .partner = street->shops[1 - index].brand.id, .period = {202610}};
    assert_int_equal(ledger_get_account(&host.host.view, &ref, &account), ERR_OK);
    shop_host_end(&host);
    return account.debit - account.credit;
}

void street_assert_agrees(struct street *street)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        struct stream out =
            brand_stream(&street->shops[i].brand, STREAM_OUT, &street->shops[1 - i].brand);
        struct stream in =
            brand_stream(&street->shops[1 - i].brand, STREAM_IN, &street->shops[i].brand);
        assert_false(out.is_recovering || in.is_recovering || out.is_frozen || in.is_frozen);
        assert_int_equal(out.last_number, in.last_number);
        assert_true(hash_equal(&out.last_hash, &in.last_hash));
        assert_int_equal(out.receipt_number, in.receipt_number);
        assert_true(hash_equal(&out.receipt_hash, &in.receipt_hash));
        assert_int_equal(net(street, i, ACCOUNT_PAYABLE), -net(street, 1 - i, ACCOUNT_RECEIVABLE));
        brand_assert_audit(&street->shops[i].brand);
    }
}
