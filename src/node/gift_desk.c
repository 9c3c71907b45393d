#include "node/gift_desk.h"

#include <sodium.h>
#include <string.h>

#include "crypto/random.h"
#include "node/given_items.h"
#include "node/judging.h"

#define DESK_BYTES          (2u << 20)
#define GIFT_EVIDENCE       0x47u /* then the receipt's number; no kept case begins so */
#define FAILED_PRECONDITION 9
#define NOT_FOUND           5
#define INVALID_ARGUMENT    3
#define PERMISSION_DENIED   7

static pthread_mutex_t *lock_of(struct node *node, const struct gift_number *number)
{
    struct hash hash = hash_of(HASH_DOMAIN_STANDING, slice_of(number->digits, GIFT_CARD_DIGITS));
    return &node->gift_locks[hash.bytes[0] % GIFT_LOCKS];
}

enum err gift_desk_look(struct gift_desk *desk)
{
    struct state_reader *reader;
    struct standing_row row;
    struct standing_owner owner = standing_of_gift_card(&desk->number);
    TRY(readers_take(desk->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = standing_get_row(&view, &owner, &row);
    readers_give(desk->node->readers, reader);
    TRY(err);
    desk->card = gift_card_of_row(&row);
    return ERR_OK;
}

bool gift_desk_begin(struct gift_desk *desk, struct node *node, struct rpc_call *call,
                     const char *number)
{
    *desk = (struct gift_desk){.node = node, .call = call};
    if (gift_number_parse(number, &desk->number) != ERR_OK) {
        refuse(call, 3, "INVALID_NUMBER",
               "The number is none of a gift card: 16 digits, the last a check digit.");
        return false;
    }
    desk->snapshot = node_snapshot(node);
    arena_init(&desk->arena, DESK_BYTES);
    struct unix_ms local = judging_local(node, desk->snapshot->version, node_now(node));
    desk->day = local.ms / DAY_MS;
    pthread_mutex_lock(lock_of(node, &desk->number));
    enum err err = gift_desk_look(desk);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        gift_desk_end(desk);
        return false;
    }
    return true;
}

void gift_desk_end(struct gift_desk *desk)
{
    pthread_mutex_unlock(lock_of(desk->node, &desk->number));
    buffer_fini(&desk->groups);
    arena_fini(&desk->arena);
    snapshot_release(desk->snapshot);
}

enum err gift_desk_tell(struct gift_desk *desk, const struct uid *occasion,
                        const struct uid *returned, const struct hash *said, const char *receipt,
                        struct outcome *out_outcome)
{
    const struct partner_id *self = &desk->node->config.partner;
    struct uid id =
        standing_transaction(STANDING_ID_CHANGE, self, uid_is_nil(returned) ? occasion : returned);
    struct command command = command_now(desk->node, COMMAND_CHANGE_STANDING, &id);
    struct buffer evidence = {0};
    write_u8(&evidence, GIFT_EVIDENCE);
    write_bytes(&evidence, receipt, strlen(receipt));
    command.standing = (struct command_standing){.issuer = *self,
                                                 .occasion = *occasion,
                                                 .returned = *returned,
                                                 .said = *said,
                                                 .groups = buffer_slice(&desk->groups),
                                                 .evidence = buffer_slice(&evidence)};
    struct outcome outcome = {.err = desk->groups.err == ERR_OK ? evidence.err : desk->groups.err};
    if (outcome.err == ERR_OK) {
        outcome = engine_execute(desk->node->engine, &command);
    }
    buffer_fini(&evidence);
    buffer_clear(&desk->groups);
    TRY(outcome.err);
    *out_outcome = outcome;
    return ERR_OK;
}

/* Durable before it is told. */
static enum err count_wrong_pin(struct gift_desk *desk)
{
    static const struct uid nil = {{0}};
    struct random_source random = random_system();
    struct uid occasion = uid_new(&random, node_now(desk->node));
    struct hash said = hash_of(HASH_DOMAIN_BODY, slice_of(desk->number.digits, GIFT_CARD_DIGITS));
    struct outcome outcome;
    gift_card_write_wrong_pin(&desk->groups, &desk->number, &desk->card, node_now(desk->node));
    TRY(gift_desk_tell(desk, &occasion, &nil, &said, "", &outcome));
    return outcome.verdict == VERDICT_OK ? ERR_OK : ERR_UNAVAILABLE;
}

static bool is_pin(const struct gift_desk *desk, const char *pin)
{
    char right[GIFT_PIN_DIGITS + 1];
    gift_pin(desk->node, &desk->number, right);
    return strlen(pin) == GIFT_PIN_DIGITS && sodium_memcmp(pin, right, GIFT_PIN_DIGITS) == 0;
}

bool gift_desk_check_pin(struct gift_desk *desk, const char *pin)
{
    struct gift_card *card = &desk->card;
    if (card->value == 0) {
        refuse(desk->call, NOT_FOUND, "GIFT_CARD_UNKNOWN", "There is no gift card of this number.");
        return false;
    }
    if (card->locked_until.ms > node_now(desk->node).ms) {
        refuse(desk->call, FAILED_PRECONDITION, "GIFT_CARD_LOCKED",
               "Its PIN was wrong %u times: it is locked for some minutes.", GIFT_PIN_TRIES);
        return false;
    }
    if (pin[0] == '\0') { /* nobody guessed */
        refuse(desk->call, INVALID_ARGUMENT, "PIN_MISSING", "The card's PIN must be said.");
        return false;
    }
    if (is_pin(desk, pin)) {
        return true;
    }
    enum err err = count_wrong_pin(desk);
    if (err != ERR_OK) {
        refuse_err(desk->call, err, NULL);
    } else {
        refuse(desk->call, PERMISSION_DENIED, "PIN_WRONG",
               "The PIN is not this card's; after %u wrong ones in a row it is locked.",
               GIFT_PIN_TRIES);
    }
    return false;
}

bool gift_desk_is_good(struct gift_desk *desk)
{
    const struct gift_card *card = &desk->card;
    if (card->is_blocked) {
        refuse(desk->call, FAILED_PRECONDITION, "GIFT_CARD_BLOCKED", "The gift card is blocked.");
    } else if (card->is_cancelled) {
        refuse(desk->call, FAILED_PRECONDITION, "GIFT_CARD_CANCELLED",
               "What gave the gift card was taken back.");
    } else if (card->until_day != 0 && desk->day >= card->until_day) {
        refuse(desk->call, FAILED_PRECONDITION, "GIFT_CARD_OVER", "The gift card's time is over.");
    } else {
        return true;
    }
    return false;
}

enum err gift_desk_read(struct gift_desk *desk, const struct uid *occasion,
                        struct gift_number *out_number, int64_t *out_delta)
{
    struct command_standing change;
    TRY(judging_read_change(desk->node, desk->snapshot, occasion, &desk->arena, &change));
    struct reader in = reader_of(change.groups);
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner owner;
        uint32_t count;
        int64_t delta = 0;
        standing_read_group(&in, &owner, &count);
        for (uint32_t i = 0; i < count; i++) {
            struct standing_step step;
            standing_read_step(&in, &step);
            delta = step.how == STANDING_SET ? delta : step.delta;
        }
        if (in.err == ERR_OK && owner.kind == OWNER_GIFT_CARD) {
            *out_number = gift_number_of(&owner);
            *out_delta = delta;
            return ERR_OK;
        }
    }
    return in.err == ERR_OK ? ERR_NOT_FOUND : in.err;
}
