/* Gift cards at the till: what is on one, paying with it, and money back on it. */
#include <string.h>

#include "node/gift_desk.h"
#include "node/gift_words.h"
#include "node/services.h"

#define FAILED_PRECONDITION 9
#define NOT_FOUND           5

static const struct uid nobody = {{0}};

/* ---- What is on one ---- */

static void send_card(struct gift_desk *desk)
{
    Talea__V1__GetGiftCardResponse response;
    talea__v1__get_gift_card_response__init(&response);
    response.card = gift_message(desk);
    if (response.card == NULL) {
        refuse_err(desk->call, ERR_RESOURCE, NULL);
    } else {
        rpc_call_reply(desk->call, &response.base);
    }
}

void gift_show(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__GetGiftCardRequest *request =
        (const Talea__V1__GetGiftCardRequest *)(const void *)message;
    struct gift_desk desk;
    bool is_office = (rpc_call_identity(call)->role & ROLES_READ) != 0;
    if (!gift_desk_begin(&desk, context, call, request->number)) {
        return;
    }
    bool needs_no_pin = is_office && request->pin[0] == '\0' && desk.card.value > 0;
    if (needs_no_pin || gift_desk_check_pin(&desk, request->pin)) {
        send_card(&desk);
    }
    gift_desk_end(&desk);
}

/* ---- Paying ---- */

static struct hash said_of_payment(const struct gift_desk *desk, int64_t amount,
                                   const char *receipt)
{
    struct hasher hasher;
    uint8_t number[8];
    put_u64_be(number, (uint64_t)amount);
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(desk->number.digits, GIFT_CARD_DIGITS));
    hasher_add(&hasher, slice_of(number, sizeof number));
    hasher_add(&hasher, slice_of(receipt, strlen(receipt)));
    return hasher_finish(&hasher);
}

/* Of a payment that may have been made before, then told again as it was. */
static enum err tell_payment(struct gift_desk *desk, const Talea__V1__PayGiftCardRequest *request,
                             const struct uid *id, struct outcome *out_outcome)
{
    int64_t amount = request->amount_minor == 0 ? desk->card.balance : request->amount_minor;
    struct hash said = said_of_payment(desk, request->amount_minor, request->receipt);
    struct gift_number number;
    int64_t delta;
    enum err err = gift_desk_read(desk, id, &number, &delta);
    if (err == ERR_NOT_FOUND) {
        if (!gift_desk_is_good(desk)) {
            return ERR_CONFLICT;
        }
        if (amount > desk->card.balance || amount <= 0) {
            refuse(desk->call, FAILED_PRECONDITION, "GIFT_CARD_TOO_LITTLE",
                   "There is less on the gift card.");
            return ERR_CONFLICT;
        }
        gift_card_write_payment(&desk->groups, &desk->number, &desk->card, amount);
    } else {
        TRY(err);
    }
    return gift_desk_tell(desk, id, &nobody, &said, request->receipt, out_outcome);
}

static enum err send_payment(struct gift_desk *desk, const struct uid *id,
                             const struct outcome *outcome)
{
    Talea__V1__PayGiftCardResponse response;
    talea__v1__pay_gift_card_response__init(&response);
    struct gift_number number;
    int64_t delta;
    char text[UID_TEXT_MAX];
    TRY(gift_desk_read(desk, id, &number, &delta));
    TRY(gift_desk_look(desk));
    uid_format(id, text);
    response.payment_id = text;
    response.paid_minor = -delta;
    response.balance_minor = desk->card.balance;
    response.is_voucher = desk->card.kind == GIFT_CARD_THING;
    response.journal_row = outcome->answer.row;
    rpc_call_reply(desk->call, &response.base);
    return ERR_OK;
}

static void pay(struct gift_desk *desk, const Talea__V1__PayGiftCardRequest *request,
                const struct uid *id)
{
    struct outcome outcome;
    enum err err = tell_payment(desk, request, id, &outcome);
    if (err == ERR_CONFLICT) {
        return; /* refused */
    }
    if (err == ERR_OK && outcome.verdict != VERDICT_OK) {
        refuse_verdict(desk->call, outcome.verdict);
        return;
    }
    if (err == ERR_OK) {
        err = send_payment(desk, id, &outcome);
    }
    if (err != ERR_OK) {
        refuse_err(desk->call, err, NULL);
    }
}

void gift_pay(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__PayGiftCardRequest *request =
        (const Talea__V1__PayGiftCardRequest *)(const void *)message;
    struct gift_desk desk;
    struct uid id;
    char receipt[LIMIT_REFERENCE_BYTES + 1];
    if (!request_transaction(call, request->transaction_id, &id) ||
        !request_text(call, "receipt", request->receipt, receipt, sizeof receipt)) {
        return;
    }
    if (request->amount_minor < 0) {
        refuse_verdict(call, VERDICT_AMOUNT_NEGATIVE);
        return;
    }
    if (!gift_desk_begin(&desk, context, call, request->number)) {
        return;
    }
    if (gift_desk_check_pin(&desk, request->pin)) {
        pay(&desk, request, &id);
    }
    gift_desk_end(&desk);
}

/* ---- Money back ---- */

/* What was given back of the payment so far. */
static enum err refunded_so_far(struct gift_desk *desk, const struct uid *payment,
                                int64_t *out_amount)
{
    struct state_reader *reader;
    struct occasion_row row;
    const struct partner_id *self = &desk->node->config.partner;
    TRY(readers_take(desk->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_occasion(&view, OCCASION_TAKEN, self, payment, &row);
    struct reader in = reader_of(err == ERR_OK ? row.groups : slice_of(NULL, 0));
    *out_amount = 0;
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner owner;
        uint32_t count;
        standing_read_group(&in, &owner, &count);
        for (uint32_t i = 0; i < count; i++) {
            struct standing_step step;
            standing_read_step(&in, &step);
            *out_amount += step.delta; /* of one number: the balance */
        }
    }
    readers_give(desk->node->readers, reader);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* In money, as the receipt of the payment has it, or pieces. */
static void refuse_too_much(const struct gift_desk *desk, int64_t amount, int64_t paid,
                            int64_t before)
{
    bool is_voucher = desk->card.kind == GIFT_CARD_THING;
    unsigned decimals = is_voucher ? 0 : desk->snapshot->version->file.money_decimals;
    const char *unit = is_voucher ? "pieces" : desk->snapshot->version->file.currency.code;
    char asked[AMOUNT_TEXT_MAX];
    char whole[AMOUNT_TEXT_MAX];
    char given[AMOUNT_TEXT_MAX];
    refuse(desk->call, 9, "RETURN_EXCEEDS_SALE",
           "%s %s would be given back of a payment of %s %s, of which %s were given back before.",
           amount == 0 ? "Nothing" : amount_format(amount, decimals, asked), unit,
           amount_format(paid, decimals, whole), unit, amount_format(before, decimals, given));
}

static enum err tell_refund(struct gift_desk *desk, const Talea__V1__RefundGiftCardRequest *request,
                            const struct uid *payment, int64_t paid, const struct uid *id,
                            struct outcome *out_outcome)
{
    struct hash said = said_of_payment(desk, request->amount_minor, request->payment_id);
    struct gift_number number;
    int64_t before;
    int64_t delta;
    enum err err = gift_desk_read(desk, id, &number, &delta);
    if (err == ERR_NOT_FOUND) {
        TRY(refunded_so_far(desk, payment, &before));
        int64_t amount = request->amount_minor == 0 ? paid - before : request->amount_minor;
        if (amount <= 0 || amount > paid - before) {
            refuse_too_much(desk, request->amount_minor, paid, before);
            return ERR_CONFLICT;
        }
        gift_card_write_refund(&desk->groups, &desk->number, amount);
    } else {
        TRY(err);
    }
    return gift_desk_tell(desk, payment, id, &said, "", out_outcome);
}

static enum err send_refund(struct gift_desk *desk, const struct uid *id,
                            const struct outcome *outcome)
{
    Talea__V1__RefundGiftCardResponse response;
    talea__v1__refund_gift_card_response__init(&response);
    struct gift_number number;
    int64_t delta;
    TRY(gift_desk_read(desk, id, &number, &delta));
    TRY(gift_desk_look(desk));
    response.refunded_minor = delta;
    response.balance_minor = desk->card.balance;
    response.is_voucher = desk->card.kind == GIFT_CARD_THING;
    response.journal_row = outcome->answer.row;
    rpc_call_reply(desk->call, &response.base);
    return ERR_OK;
}

/* The card that was paid with. ERR_NOT_FOUND: it is no payment. */
static enum err find_payment(struct node *node, const struct uid *payment,
                             struct gift_number *out_number, int64_t *out_paid)
{
    struct gift_desk reading = {.node = node, .snapshot = node_snapshot(node)};
    int64_t delta;
    arena_init(&reading.arena, LIMIT_JUDGED_BYTES * 2);
    enum err err = gift_desk_read(&reading, payment, out_number, &delta);
    *out_paid = err == ERR_OK ? -delta : 0;
    arena_fini(&reading.arena);
    snapshot_release(reading.snapshot);
    return err == ERR_OK && delta >= 0 ? ERR_NOT_FOUND : err;
}

void gift_refund(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__RefundGiftCardRequest *request =
        (const Talea__V1__RefundGiftCardRequest *)(const void *)message;
    struct gift_desk desk;
    struct gift_number number;
    struct uid id;
    struct uid payment;
    int64_t paid;
    struct outcome outcome;
    if (!request_transaction(call, request->transaction_id, &id) ||
        !request_uid(call, "payment_id", request->payment_id, &payment)) {
        return;
    }
    if (request->amount_minor < 0) {
        refuse_verdict(call, VERDICT_AMOUNT_NEGATIVE);
        return;
    }
    enum err err = find_payment(context, &payment, &number, &paid);
    if (err == ERR_NOT_FOUND) {
        refuse(call, NOT_FOUND, "PAYMENT_UNKNOWN", "No gift card paid under this id.");
        return;
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    if (!gift_desk_begin(&desk, context, call, number.digits)) {
        return;
    }
    err = tell_refund(&desk, request, &payment, paid, &id, &outcome);
    if (err == ERR_OK && outcome.verdict != VERDICT_OK) {
        refuse_verdict(call, outcome.verdict);
    } else if (err == ERR_OK) {
        err = send_refund(&desk, &id, &outcome);
    }
    if (err != ERR_OK && err != ERR_CONFLICT) {
        refuse_err(call, err, NULL);
    }
    gift_desk_end(&desk);
}

/* ---- Blocks ---- */

static void send_blocked(struct gift_desk *desk)
{
    Talea__V1__BlockGiftCardResponse response;
    talea__v1__block_gift_card_response__init(&response);
    response.card = gift_message(desk);
    if (response.card == NULL) {
        refuse_err(desk->call, ERR_RESOURCE, NULL);
    } else {
        rpc_call_reply(desk->call, &response.base);
    }
}

void gift_block(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__BlockGiftCardRequest *request =
        (const Talea__V1__BlockGiftCardRequest *)(const void *)message;
    struct gift_desk desk;
    struct uid id;
    struct outcome outcome = {.verdict = VERDICT_OK};
    if (!request_transaction(call, request->transaction_id, &id) ||
        !gift_desk_begin(&desk, context, call, request->number)) {
        return;
    }
    if (desk.card.value == 0) {
        refuse(call, NOT_FOUND, "GIFT_CARD_UNKNOWN", "There is no gift card of this number.");
        gift_desk_end(&desk);
        return;
    }
    struct hash said = said_of_payment(&desk, request->is_lifted, "block");
    gift_card_write_block(&desk.groups, &desk.number, &desk.card, !request->is_lifted);
    enum err err = gift_desk_tell(&desk, &id, &nobody, &said, "", &outcome);
    if (err == ERR_OK && outcome.verdict == VERDICT_OK) {
        err = gift_desk_look(&desk);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(call, outcome.verdict);
    } else {
        send_blocked(&desk);
    }
    gift_desk_end(&desk);
}
