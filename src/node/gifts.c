#include "node/gifts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/judging.h"
#include "node/node.h"
#include "node/requests.h"

enum {
    GIFT_STEPS = 3,  /* that count: the day, the month, the receiver */
    GIFT_PASSED = 64 /* numbers of windows that passed, dropped at a time */
};

/* Slots of a giver's numbers; what they are of is in the owner's hash. */
enum {
    SLOT_DAY = 4,
    SLOT_MONTH = 8
};

struct gift_case {
    const struct snapshot *snapshot;
    struct uid giver;
    struct uid receiver;
    bool is_gift;
    int64_t points;
    int64_t day;
    int64_t month; /* its first day */
    uint64_t receiver_slot;
    struct standing_owner owner;
    struct standing_row given;
};

bool gifts_are_capped(const struct snapshot *snapshot)
{
    const struct transfer_caps *caps = &snapshot->version->file.guard.transfers;
    return caps->per_gift != INT64_MAX || caps->per_day != INT64_MAX ||
           caps->per_month != INT64_MAX || caps->per_receiver != INT64_MAX;
}

static struct hash hash_of_member(const char *what, const struct uid *member)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(what, strlen(what)));
    hasher_add(&hasher, slice_of(member->bytes, sizeof member->bytes));
    return hasher_finish(&hasher);
}

static void fill_windows(struct node *node, struct gift_case *gift)
{
    struct unix_ms local = judging_local(node, gift->snapshot->version, node_now(node));
    struct civil civil = civil_from_unix(local);
    struct hash receiver = hash_of_member("gifts to", &gift->receiver);
    struct hash giver = hash_of_member("gifts of", &gift->giver);
    gift->day = unix_day(local);
    gift->month = day_of_civil(civil.year, civil.month, 1);
    gift->receiver_slot = get_u64_be(receiver.bytes) | 16u; /* none of the two above */
    gift->owner = standing_of_code(&giver);
}

/* Who gives, to whom, and what was given so far. ERR_NOT_FOUND: the ledger will say what is wrong.
 */
static enum err read_gift(struct node *node, const struct ledger_view *view,
                          const struct command_transfer *transfer, struct gift_case *gift)
{
    struct member *row = malloc(sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    gift->giver = uid_is_nil(&transfer->by) ? transfer->from : transfer->by;
    gift->receiver = transfer->to;
    gift->points = transfer->points.minor;
    enum err err = ledger_follow_member(view, &gift->giver, row);
    if (err == ERR_OK) {
        err = ledger_follow_member(view, &gift->receiver, row);
    }
    gift->is_gift = err == ERR_OK && !row->is_pool && !uid_equal(&gift->giver, &gift->receiver);
    free(row);
    TRY(err);
    fill_windows(node, gift);
    return standing_get_row(view, &gift->owner, &gift->given);
}

static int64_t given(const struct gift_case *gift, uint64_t slot, int64_t bucket)
{
    for (size_t i = 0; i < gift->given.count; i++) {
        const struct standing_number *number = &gift->given.numbers[i];
        if (number->slot == slot && number->bucket == bucket) {
            return number->value;
        }
    }
    return 0;
}

/* What a cap leaves; the refusal says what it doesn't. */
static bool is_within(const struct gift_case *gift, const char *cap, const char *span,
                      int64_t before, int64_t most, struct gift_refusal *refusal)
{
    unsigned decimals = gift->snapshot->version->file.guard.fraud.points_decimals;
    char texts[3][AMOUNT_TEXT_MAX];
    if (most == INT64_MAX || (gift->points <= most && before <= most - gift->points)) {
        return true;
    }
    (void)snprintf(refusal->text, sizeof refusal->text,
                   "transfers.%s: at most %s points %s may be given; %s were, and this is %s.", cap,
                   amount_format(most, decimals, texts[0]), span,
                   amount_format(before, decimals, texts[1]),
                   amount_format(gift->points, decimals, texts[2]));
    return false;
}

static bool is_allowed(const struct gift_case *gift, struct gift_refusal *refusal)
{
    const struct transfer_caps *caps = &gift->snapshot->version->file.guard.transfers;
    return is_within(gift, "per_gift", "at a time", 0, caps->per_gift, refusal) &&
           is_within(gift, "per_day", "a day", given(gift, SLOT_DAY, gift->day), caps->per_day,
                     refusal) &&
           is_within(gift, "per_month", "a month", given(gift, SLOT_MONTH, gift->month),
                     caps->per_month, refusal) &&
           is_within(gift, "per_receiver", "a month to one member",
                     given(gift, gift->receiver_slot, gift->month), caps->per_receiver, refusal);
}

static struct standing_step add(uint64_t slot, int64_t bucket, int64_t points, int64_t most)
{
    return (struct standing_step){.how = STANDING_ADD,
                                  .slot = slot,
                                  .bucket = bucket,
                                  .delta = points,
                                  .least = INT64_MIN,
                                  .most = most};
}

/* The numbers that go with it, and those of windows that passed. */
static enum err write_steps(const struct gift_case *gift, struct buffer *groups)
{
    const struct transfer_caps *caps = &gift->snapshot->version->file.guard.transfers;
    struct standing_step steps[GIFT_STEPS + GIFT_PASSED] = {
        add(SLOT_DAY, gift->day, gift->points, caps->per_day),
        add(SLOT_MONTH, gift->month, gift->points, caps->per_month),
        add(gift->receiver_slot, gift->month, gift->points, caps->per_receiver)};
    size_t count = GIFT_STEPS;
    for (size_t i = 0; i < gift->given.count && count < GIFT_STEPS + GIFT_PASSED; i++) {
        const struct standing_number *number = &gift->given.numbers[i];
        int64_t now = number->slot == SLOT_DAY ? gift->day : gift->month;
        if (number->bucket < now) {
            steps[count++] = (struct standing_step){.how = STANDING_SET,
                                                    .slot = number->slot,
                                                    .bucket = number->bucket,
                                                    .before = number->value};
        }
    }
    buffer_clear(groups);
    standing_write_group(groups, &gift->owner, steps, count);
    return groups->err;
}

static enum err make_change(const struct node *node, const struct command *transfer,
                            struct slice groups, struct command *out_change)
{
    struct uid id =
        standing_transaction(STANDING_ID_CHANGE, &node->config.partner, &transfer->transaction_id);
    CLEANUP(buffer_fini) struct buffer said = {0};
    command_said(transfer, &said);
    TRY(said.err);
    *out_change = command_now(node, COMMAND_CHANGE_STANDING, &id);
    out_change->standing =
        (struct command_standing){.issuer = node->config.partner,
                                  .occasion = transfer->transaction_id,
                                  .said = hash_of(HASH_DOMAIN_BODY, buffer_slice(&said)),
                                  .groups = groups};
    return ERR_OK;
}

/* Was it told before? What it was answered then does not depend on what was given since. */
static enum err is_known(const struct ledger_view *view, const struct command *transfer)
{
    struct ledger_key key;
    struct slice value;
    key_origin(&transfer->origin, &transfer->transaction_id, &key);
    return view_get(view, TABLE_TRANSACTION, &key, &value);
}

static enum err look(struct node *node, const struct command *transfer, struct gift_case *gift,
                     bool *out_is_known)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = is_known(&view, transfer);
    *out_is_known = err == ERR_OK;
    if (err == ERR_NOT_FOUND) {
        err = read_gift(node, &view, &transfer->transfer, gift);
    }
    readers_give(node->readers, reader);
    return err;
}

static enum err give(struct node *node, const struct command *transfer,
                     const struct gift_case *gift, struct outcome *out_outcome)
{
    CLEANUP(buffer_fini) struct buffer groups = {0};
    struct command commands[2] = {*transfer};
    struct outcome outcomes[2];
    TRY(write_steps(gift, &groups));
    TRY(make_change(node, transfer, buffer_slice(&groups), &commands[1]));
    TRY(engine_execute_batch(node->engine, commands, 2, true, outcomes));
    *out_outcome = outcomes[0].verdict == VERDICT_LINKED_REFUSED ? outcomes[1] : outcomes[0];
    return ERR_OK;
}

static enum err give_freely(struct node *node, const struct command *transfer,
                            struct outcome *out_outcome)
{
    *out_outcome = engine_execute(node->engine, transfer);
    return out_outcome->err;
}

static enum err try_gift(struct node *node, const struct command *transfer, struct gift_case *gift,
                         struct outcome *out_outcome, struct gift_refusal *refusal)
{
    bool is_repeat = false;
    enum err err = look(node, transfer, gift, &is_repeat);
    bool is_odd = err == ERR_NOT_FOUND || gift->points <= 0; /* the ledger says why */
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    if (is_repeat || is_odd || !gift->is_gift) {
        return give_freely(node, transfer, out_outcome);
    }
    if (!is_allowed(gift, refusal)) {
        return ERR_DENIED;
    }
    return give(node, transfer, gift, out_outcome);
}

enum err gift_execute(struct node *node, const struct snapshot *snapshot,
                      const struct command *transfer, struct outcome *out_outcome,
                      struct gift_refusal *out_refusal)
{
    struct gift_case *gift = calloc(1, sizeof *gift);
    enum err err = gift == NULL ? ERR_RESOURCE : ERR_OK;
    bool has_moved = true; /* somebody gave at the same time: look again */
    out_refusal->text[0] = '\0';
    for (unsigned i = 0; i < JUDGING_TRIES && err == ERR_OK && has_moved; i++) {
        *gift = (struct gift_case){.snapshot = snapshot};
        err = try_gift(node, transfer, gift, out_outcome, out_refusal);
        has_moved = err == ERR_OK && judging_has_moved(out_outcome->verdict);
    }
    free(gift);
    return err == ERR_OK && has_moved ? ERR_UNAVAILABLE : err;
}
