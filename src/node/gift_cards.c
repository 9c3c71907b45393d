/* Gift cards in the office: sold, told, and added up. */
#include <stdlib.h>
#include <string.h>

#include "node/given_items.h"
#include "node/gift_words.h"
#include "node/services.h"

#define CARDS_PER_COMMAND LIMIT_STANDING_OWNERS
#define COMMANDS_MAX      ((LIMIT_GIFT_CARDS + CARDS_PER_COMMAND - 1) / CARDS_PER_COMMAND)
#define ISSUE_BYTES       (4u << 20)
#define INVALID_ARGUMENT  3

/* ---- Words ---- */

const char *gift_state(const struct gift_card *card, int64_t day, struct unix_ms now)
{
    return card->is_cancelled                               ? "cancelled"
           : card->is_blocked                               ? "blocked"
           : card->until_day != 0 && day >= card->until_day ? "over"
           : card->locked_until.ms > now.ms                 ? "locked"
           : card->balance == 0                             ? "used up"
                                                            : "open";
}

struct slice gift_thing_name(const struct snapshot *snapshot, int64_t thing)
{
    for (size_t v = snapshot->programmes->count; v > 0; v--) {
        const struct rules_text *text = &snapshot->programmes->at[v - 1]->file.rules;
        for (size_t i = 0; i < text->rule_count; i++) {
            const struct gift *gift = &text->rules[i].gift;
            if (gift->gives == GIVES_ITEM && gift_thing(gift->item) == thing) {
                return gift->item;
            }
        }
    }
    return slice_of("", 0);
}

Talea__V1__GiftCard *gift_message(struct gift_desk *desk)
{
    const struct gift_card *card = &desk->card;
    struct arena *arena = rpc_call_arena(desk->call);
    Talea__V1__GiftCard *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__gift_card__init(message);
    struct slice name =
        card->thing == 0 ? slice_of("", 0) : gift_thing_name(desk->snapshot, card->thing);
    message->number = arena_text(arena, slice_of(desk->number.digits, GIFT_CARD_DIGITS));
    message->is_voucher = card->kind == GIFT_CARD_THING;
    message->item = arena_text(arena, name);
    message->value = card->value;
    message->balance = card->balance;
    message->until_day = card->until_day;
    message->issued_day = card->issued_day;
    message->state = (char *)(uintptr_t)gift_state(card, desk->day, node_now(desk->node));
    return message->item == NULL || message->number == NULL ? NULL : message;
}

/* ---- Sold by the office ---- */

struct issuing {
    struct node *node;
    struct rpc_call *call;
    struct snapshot *snapshot;
    const Talea__V1__IssueGiftCardsRequest *request;
    struct uid id;
    struct hash said;
    struct gift_card card;
    uint32_t count;
    struct arena arena;
    struct uid occasions[COMMANDS_MAX]; /* the first is the call's, each of the others follows */
    struct buffer groups[COMMANDS_MAX];
    struct command commands[COMMANDS_MAX];
    struct outcome outcomes[COMMANDS_MAX];
    size_t command_count;
    Talea__V1__IssueGiftCardsResponse response;
};

static struct hash said_of_issue(const Talea__V1__IssueGiftCardsRequest *request)
{
    const int64_t numbers[] = {request->amount_minor, request->count, request->until_day};
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint8_t bytes[8];
        put_u64_be(bytes, (uint64_t)numbers[i]);
        hasher_add(&hasher, slice_of(bytes, sizeof bytes));
    }
    return hasher_finish(&hasher);
}

static enum err write_cards(struct issuing *issuing, const struct ledger_view *view)
{
    for (uint32_t i = 0; i < issuing->count; i++) {
        struct buffer *groups = &issuing->groups[i / CARDS_PER_COMMAND];
        struct gift_number number;
        TRY(gift_new_number(issuing->node, view, &issuing->id, i, &number));
        gift_card_write_issue(groups, &number, &issuing->card);
        TRY(groups->err);
    }
    return ERR_OK;
}

static void make_commands(struct issuing *issuing)
{
    const struct partner_id *self = &issuing->node->config.partner;
    issuing->command_count = (issuing->count + CARDS_PER_COMMAND - 1) / CARDS_PER_COMMAND;
    issuing->occasions[0] = issuing->id;
    for (size_t i = 0; i < issuing->command_count; i++) {
        struct uid *occasion = &issuing->occasions[i];
        if (i > 0) {
            *occasion = standing_transaction(STANDING_ID_NEXT, self, &issuing->occasions[i - 1]);
        }
        struct uid id = standing_transaction(STANDING_ID_CHANGE, self, occasion);
        struct command *command = &issuing->commands[i];
        *command = command_now(issuing->node, COMMAND_CHANGE_STANDING, &id);
        command->standing = (struct command_standing){.issuer = *self,
                                                      .occasion = *occasion,
                                                      .said = issuing->said,
                                                      .groups = buffer_slice(&issuing->groups[i])};
    }
}

/* Each card in a command's changes. */
static enum err tell_cards(struct issuing *issuing, struct slice groups)
{
    struct arena *arena = &issuing->arena;
    struct reader in = reader_of(groups);
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner owner;
        uint32_t count;
        char pin[GIFT_PIN_DIGITS + 1];
        standing_read_group(&in, &owner, &count);
        for (uint32_t i = 0; i < count; i++) {
            struct standing_step step;
            standing_read_step(&in, &step);
        }
        Talea__V1__ItemCard *code = arena_alloc(arena, sizeof *code);
        if (code == NULL || issuing->response.n_cards == issuing->count) {
            return ERR_RESOURCE;
        }
        talea__v1__item_card__init(code);
        struct gift_number number = gift_number_of(&owner);
        gift_pin(issuing->node, &number, pin);
        code->number = arena_text(arena, slice_of(number.digits, GIFT_CARD_DIGITS));
        code->pin = arena_text(arena, slice_of(pin, GIFT_PIN_DIGITS));
        if (code->number == NULL || code->pin == NULL) {
            return ERR_RESOURCE;
        }
        issuing->response.cards[issuing->response.n_cards++] = code;
    }
    return in.err;
}

/* As the journal has it: a repeat has other numbers in its hand. */
static enum err tell_all(struct issuing *issuing)
{
    issuing->response.cards =
        arena_alloc(&issuing->arena, issuing->count * sizeof(Talea__V1__ItemCard *));
    if (issuing->response.cards == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < issuing->command_count; i++) {
        struct command_standing change;
        TRY(judging_read_change(issuing->node, issuing->snapshot, &issuing->occasions[i],
                                &issuing->arena, &change));
        TRY(tell_cards(issuing, change.groups));
    }
    issuing->response.journal_row = issuing->outcomes[0].answer.row;
    return ERR_OK;
}

static enum err issue(struct issuing *issuing)
{
    struct state_reader *reader;
    TRY(readers_take(issuing->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = write_cards(issuing, &view);
    readers_give(issuing->node->readers, reader);
    TRY(err);
    make_commands(issuing);
    return engine_execute_batch(issuing->node->engine, issuing->commands, issuing->command_count,
                                true, issuing->outcomes);
}

static void run_issue(struct issuing *issuing)
{
    enum err err = issue(issuing);
    const struct outcome *outcome = judging_outcome(issuing->outcomes, issuing->command_count);
    if (err == ERR_OK && outcome->verdict != VERDICT_OK) {
        refuse_verdict(issuing->call, outcome->verdict);
        return;
    }
    if (err == ERR_OK) {
        err = tell_all(issuing);
    }
    if (err != ERR_OK) {
        refuse_err(issuing->call, err, NULL);
    } else {
        rpc_call_reply(issuing->call, &issuing->response.base);
    }
}

static bool is_issue_right(struct rpc_call *call, const Talea__V1__IssueGiftCardsRequest *request)
{
    bool has_value = request->amount_minor >= 1 && request->amount_minor <= GIFT_VALUE_MAX;
    bool has_count = request->count >= 1 && request->count <= LIMIT_GIFT_CARDS;
    bool has_day = request->until_day >= 0 && request->until_day <= DAY_LAST;
    if (!has_value) {
        refuse(call, INVALID_ARGUMENT, "INVALID_INPUT",
               "A card is for 1 to %lld minor units, and not for %lld.", (long long)GIFT_VALUE_MAX,
               (long long)request->amount_minor);
    } else if (!has_count) {
        refuse(call, INVALID_ARGUMENT, "INVALID_INPUT",
               "At once 1 to %u cards are issued, and not %u.", LIMIT_GIFT_CARDS, request->count);
    } else if (!has_day) {
        refuse(call, INVALID_ARGUMENT, "INVALID_INPUT",
               "The day until which the cards are good is none of the calendar.");
    }
    return has_value && has_count && has_day;
}

void gift_issue(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__IssueGiftCardsRequest *request =
        (const Talea__V1__IssueGiftCardsRequest *)(const void *)message;
    struct uid id;
    if (!request_transaction(call, request->transaction_id, &id) ||
        !is_issue_right(call, request)) {
        return;
    }
    struct issuing *issuing = calloc(1, sizeof *issuing);
    if (issuing == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    *issuing = (struct issuing){.node = node, .call = call, .request = request, .id = id};
    talea__v1__issue_gift_cards_response__init(&issuing->response);
    issuing->snapshot = node_snapshot(node);
    struct unix_ms local = judging_local(node, issuing->snapshot->version, node_now(node));
    issuing->said = said_of_issue(request);
    issuing->count = request->count;
    issuing->card = (struct gift_card){.kind = GIFT_CARD_MONEY,
                                       .value = request->amount_minor,
                                       .until_day = request->until_day,
                                       .issued_day = local.ms / DAY_MS};
    arena_init(&issuing->arena, ISSUE_BYTES);
    run_issue(issuing);
    for (size_t i = 0; i < COMMANDS_MAX; i++) {
        buffer_fini(&issuing->groups[i]);
    }
    arena_fini(&issuing->arena);
    snapshot_release(issuing->snapshot);
    free(issuing);
}

/* ---- All of them together ---- */

struct adding {
    struct node *node;
    int64_t day;
    Talea__V1__ReportGiftCardsResponse response;
};

static enum err add_card(void *context, struct slice key, struct slice value)
{
    struct adding *adding = context;
    Talea__V1__ReportGiftCardsResponse *sums = &adding->response;
    struct standing_row row;
    (void)key;
    TRY(standing_row_decode(value, &row));
    struct gift_card card = gift_card_of_row(&row);
    bool is_over = card.until_day != 0 && adding->day >= card.until_day;
    if (card.kind == GIFT_CARD_THING) {
        sums->vouchers += 1;
        sums->open_pieces += is_over ? 0 : card.balance;
        return ERR_OK;
    }
    sums->cards += 1;
    sums->blocked += card.is_blocked ? 1 : 0;
    TRY(int64_add(sums->issued_minor, card.value, &sums->issued_minor));
    int64_t *sum = is_over ? &sums->over_minor : &sums->open_minor;
    return int64_add(*sum, card.balance, sum);
}

void gift_report(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct adding adding = {.node = context};
    static const uint8_t kind = OWNER_GIFT_CARD;
    struct slice prefix = slice_of(&kind, 1);
    (void)message;
    talea__v1__report_gift_cards_response__init(&adding.response);
    struct snapshot *snapshot = node_snapshot(adding.node);
    struct unix_ms local = judging_local(adding.node, snapshot->version, node_now(adding.node));
    const char *currency = snapshot->version->file.currency.code;
    adding.response.currency =
        arena_text(rpc_call_arena(call), slice_of(currency, strlen(currency)));
    snapshot_release(snapshot);
    if (adding.response.currency == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    adding.day = local.ms / DAY_MS;
    enum err err = state_checkpoint_table(adding.node->state, TABLE_STANDING);
    if (err == ERR_OK) {
        err = state_scan(adding.node->state, TABLE_STANDING, prefix, prefix, add_card, &adding);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &adding.response.base);
    }
}
