/* What a return takes back of what a sale changed in its owner's standing: the share of the amount
 * that returns, so that returns in parts take as much as one of all. */
#include "node/judging.h"

#include <string.h>

#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"
#include "node/rewards.h"

#define RETURN_BYTES (2u << 20)

/* Of one number, when `before` of `whole` had returned and now `after` has. */
static enum err share(int64_t delta, int64_t before, int64_t after, int64_t whole,
                      int64_t *out_share)
{
    int64_t then = 0;
    int64_t now = delta;
    if (whole > 0) {
        TRY(int64_mul_div(delta, before, whole, ROUNDING_DOWN, &then));
        TRY(int64_mul_div(delta, after, whole, ROUNDING_DOWN, &now));
    }
    *out_share = now - then;
    return ERR_OK;
}

static enum err take_group(struct reader *in, int64_t before, int64_t after, int64_t whole,
                           struct standing_step *steps, struct buffer *groups)
{
    struct standing_owner owner;
    uint32_t count;
    size_t taken = 0;
    standing_read_group(in, &owner, &count);
    for (uint32_t i = 0; i < count && in->err == ERR_OK && taken < LIMIT_STANDING_STEPS; i++) {
        struct standing_step step;
        int64_t part = 0;
        standing_read_step(in, &step);
        int64_t delta = step.how == STANDING_SET ? step.after - step.before : step.delta;
        /* Else a window that passed was dropped, an event raised, or it is what a gift card is. */
        bool is_other = owner.kind == OWNER_RAISED ||
                        (owner.kind == OWNER_GIFT_CARD && step.how != STANDING_ADD);
        bool is_given = delta > 0 && !is_other;
        bool is_given_code = owner.kind == OWNER_CODE && step.how == STANDING_SET;
        if (is_given_code && after < whole) {
            continue; /* a code that the sale gave goes when nothing of the sale is left */
        }
        if (is_given_code) {
            part = delta;
        } else if (is_given && in->err == ERR_OK) {
            TRY(share(delta, before, after, whole, &part));
        }
        if (part > 0) {
            steps[taken++] = (struct standing_step){
                .how = STANDING_TAKE, .slot = step.slot, .bucket = step.bucket, .delta = -part};
        }
    }
    if (taken > 0) {
        standing_write_group(groups, &owner, steps, taken);
    }
    return in->err;
}

/* Of a reward the points go back as well: that is another call. */
static bool is_redemption(const struct snapshot *snapshot, const struct command_standing *change,
                          struct arena *arena)
{
    struct kept_case kept;
    return kept_case_is(change->evidence) &&
           kept_case_decode(change->evidence, arena, &kept) == ERR_OK &&
           rewards_are_in(snapshot, &kept);
}

/* `*out_raised`: with it events that the sale raised are taken back. */
static enum err make_change(struct node *node, const struct snapshot *snapshot,
                            const struct command *give_back, struct slice ends, struct arena *arena,
                            struct buffer *groups, struct command *out_change, bool *out_raised)
{
    const struct command_return_sale *body = &give_back->return_sale;
    struct command_standing change;
    struct state_reader *reader;
    struct sale sale;
    TRY(judging_read_change(node, snapshot, &body->sale, arena, &change));
    if (is_redemption(snapshot, &change, arena)) {
        return ERR_UNSUPPORTED;
    }
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_sale(&view, &node->config.partner, &body->sale, &sale);
    readers_give(node->readers, reader);
    TRY(err);
    int64_t left = sale.amount.minor - sale.returned.minor;
    int64_t amount =
        body->amount.minor > 0 && body->amount.minor < left ? body->amount.minor : left;
    struct standing_step *steps = arena_alloc(arena, LIMIT_STANDING_STEPS * sizeof *steps);
    if (steps == NULL) {
        return ERR_RESOURCE;
    }
    struct reader in = reader_of(change.groups);
    buffer_clear(groups);
    while (in.err == ERR_OK && in.at < in.end) {
        TRY(take_group(&in, sale.returned.minor, sale.returned.minor + amount, sale.amount.minor,
                       steps, groups));
    }
    TRY(reader_finish(&in));
    write_bytes(groups, ends.at, ends.length);
    if (sale.returned.minor + amount == sale.amount.minor) {
        TRY(raised_take_back(&body->sale, change.groups, groups, out_raised));
    }
    TRY(groups->err);
    struct uid id =
        standing_transaction(STANDING_ID_CHANGE, &node->config.partner, &give_back->transaction_id);
    CLEANUP(buffer_fini) struct buffer said = {0};
    command_said(give_back, &said);
    TRY(said.err);
    *out_change = command_now(node, COMMAND_CHANGE_STANDING, &id);
    out_change->business_time = give_back->business_time;
    out_change->is_dated = give_back->is_dated;
    out_change->standing =
        (struct command_standing){.issuer = node->config.partner,
                                  .occasion = body->sale,
                                  .returned = give_back->transaction_id,
                                  .said = hash_of(HASH_DOMAIN_BODY, buffer_slice(&said)),
                                  .groups = buffer_slice(groups)};
    return ERR_OK;
}

enum err judging_return_both(struct node *node, const struct snapshot *snapshot,
                             const struct command *give_back, struct slice ends,
                             struct outcome *out_outcome)
{
    bool has_raised = false;
    struct command commands[2] = {*give_back};
    struct outcome outcomes[2];
    struct arena arena;
    CLEANUP(buffer_fini) struct buffer groups = {0};
    arena_init(&arena, RETURN_BYTES);
    pthread_mutex_lock(&node->return_lock);
    enum err err =
        make_change(node, snapshot, give_back, ends, &arena, &groups, &commands[1], &has_raised);
    bool is_reward = err == ERR_UNSUPPORTED;
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        err = engine_execute_batch(node->engine, commands, err == ERR_OK ? 2 : 1, true, outcomes);
    }
    pthread_mutex_unlock(&node->return_lock);
    arena_fini(&arena);
    if (is_reward) {
        *out_outcome = (struct outcome){.verdict = VERDICT_SALE_UNKNOWN};
        return ERR_OK;
    }
    TRY(err);
    bool is_other = outcomes[0].verdict == VERDICT_LINKED_REFUSED;
    *out_outcome = is_other ? outcomes[1] : outcomes[0];
    if (has_raised && out_outcome->verdict == VERDICT_OK) {
        raiser_look(node->raiser);
    }
    return ERR_OK;
}
