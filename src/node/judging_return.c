/* What a return takes back of what a sale changed in its owner's standing: all that the lines that
 * remain don't deserve; of a return by amount its share, so that returns in parts take as much as
 * one of all. */
#include "node/judging_lines.h"

#include <string.h>

#include "node/coupon_codes.h"
#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"
#include "node/returned_days.h"
#include "node/rewards.h"
#include "programme/coupon.h"
#include "programme/returned_lines.h"
#include "programme/returned_state.h"

#define RETURN_BYTES (16u << 20) /* as to explain a sale: it is read and judged again */
#define TRIES        16u         /* until nothing moves a day between reading and writing it */

/* How a return takes from each number. */
struct taking {
    int64_t before; /* of the amount, what had come back ... */
    int64_t after;  /* ... and now has */
    int64_t whole;
    const struct lines_rest *rest; /* by line; else NULL */
    struct slice taken;            /* so far, as TABLE_OCCASION has it */
    bool is_all;                   /* nothing of the sale is left */
    const struct rules_text *text; /* in force; NULL without coupons */
    size_t coupon_count;
    int64_t *revoked_uses; /* by coupon, of codes that are revoked: uses before they were go back */
    const struct rules *rules;    /* that it was judged by; NULL: not known */
    const struct kept_case *kept; /* how it was */
    int64_t today;
    struct standing now; /* of whoever's group is taken */
    struct node *node;
    struct buffer *days; /* groups that remember days */
};

/* What groups change in a number. */
static int64_t change_in(struct slice groups, const struct standing_owner *owner,
                         const struct standing_step *step)
{
    struct reader in = reader_of(groups);
    int64_t change = 0;
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner at;
        uint32_t count;
        standing_read_group(&in, &at, &count);
        bool is_owner = standing_owner_equal(&at, owner);
        for (uint32_t i = 0; i < count && in.err == ERR_OK; i++) {
            struct standing_step other;
            standing_read_step(&in, &other);
            if (is_owner && other.slot == step->slot && other.bucket == step->bucket) {
                change = other.how == STANDING_SET ? other.after - other.before : other.delta;
            }
        }
    }
    return change;
}

/* What goes back of a number to which the sale added `delta`: never more in all than that. */
static enum err part_of(const struct taking *taking, const struct standing_owner *owner,
                        const struct standing_step *step, int64_t delta, int64_t *out_part)
{
    int64_t taken = change_in(taking->taken, owner, step);
    int64_t left = delta + taken;
    int64_t part = left;
    if (!taking->is_all && taking->rest != NULL) {
        int64_t rest = change_in(buffer_slice(&taking->rest->groups), owner, step);
        part = returned_part(delta, taken, rest);
    } else if (!taking->is_all) {
        TRY(returned_share(delta, taking->before, taking->after, taking->whole, &part));
    }
    *out_part = part < left ? part : left;
    return ERR_OK;
}

/* One step of the sale's: a use of a code of which coupon goes back, or what it counted itself. */
static enum err look_at_step(const struct ledger_view *view, const struct snapshot *snapshot,
                             const struct taking *taking, const struct standing_owner *owner,
                             const struct standing_step *step, struct standing_row *row)
{
    for (size_t c = 0; c < taking->coupon_count; c++) {
        const struct coupon *coupon = &taking->text->coupons[c];
        bool is_own =
            owner->kind == OWNER_PROGRAMME && step->slot == coupon_revoked_uses_slot(coupon);
        bool is_use = owner->kind == OWNER_CODE && step->slot == coupon_taken_slot(coupon);
        int64_t part;
        if (!is_own && !is_use) {
            continue;
        }
        TRY(part_of(taking, owner, step, step->delta, &part));
        if (is_use) {
            TRY(ledger_get_standing(view, &snapshot->roster, owner, row));
            struct standing code = standing_of_row(row);
            part = coupon_is_revoked(coupon, &code) ? part : 0;
        }
        taking->revoked_uses[c] += is_use ? part : -part;
    }
    return ERR_OK;
}

static int64_t change_among(const struct standing_changes *changes,
                            const struct standing_step *step)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct standing_change *change = &changes->at[i];
        if (change->slot == step->slot && change->bucket == step->bucket) {
            return change->after - change->before;
        }
    }
    return 0;
}

/* What the sale made of a day, when of it only so much is left. */
static int64_t day_left(const struct taking *taking, const struct standing_step *step, int64_t left)
{
    int64_t gone = change_among(&taking->rest->whole, step) - left;
    return left == 0 ? step->before : step->after - gone;
}

/* What of the sale's making such a number was, and is without what comes back now. */
static struct returned_state state_of(const struct taking *taking,
                                      const struct standing_owner *owner,
                                      const struct standing_step *step)
{
    struct returned_state state = {
        .before = step->before, .left = step->after, .rest = step->before, .today = taking->today};
    if (taking->rest != NULL) {
        int64_t rest = change_in(buffer_slice(&taking->rest->groups), owner, step);
        state.left = day_left(taking, step, change_among(&taking->rest->left, step));
        state.rest = taking->is_all ? step->before : day_left(taking, step, rest);
    }
    if (taking->rules != NULL) {
        state.day = occasion_day(&taking->kept->occasion);
        state.is_added = returned_state_is_added(taking->rules, taking->kept->awards,
                                                 taking->kept->award_count, step->slot);
    }
    return state;
}

/* A day, or a level: set, so that nobody moves it meanwhile; of one that stays it is remembered
 * what came back of it. By amount it goes when nothing of the sale is left. */
static enum err take_state(const struct taking *taking, const struct standing_owner *owner,
                           const struct standing_step *step, struct standing_step *steps,
                           size_t *count)
{
    int64_t now = standing_value(&taking->now, step->slot, step->bucket);
    struct returned_state state = state_of(taking, owner, step);
    if (!taking->is_all && taking->rest == NULL) {
        return ERR_OK;
    }
    if (state.rest == step->before) {
        TRY(returned_days_follow(taking->node, owner, step, state.rest, &state.rest));
    }
    int64_t after = returned_state_after(&state, now);
    if (after != now) {
        steps[(*count)++] = (struct standing_step){.how = STANDING_SET,
                                                   .slot = step->slot,
                                                   .bucket = step->bucket,
                                                   .before = now,
                                                   .after = after};
        return ERR_OK;
    }
    return now == state.left || now == 0
               ? ERR_OK
               : returned_days_remember(taking->node, owner, step, state.left, state.rest,
                                        taking->days);
}

static enum err take_group(struct reader *in, const struct taking *taking,
                           const struct standing_owner *owner, uint32_t count,
                           struct standing_step *steps, struct buffer *groups)
{
    size_t taken = 0;
    for (uint32_t i = 0; i < count && in->err == ERR_OK && taken < LIMIT_STANDING_STEPS; i++) {
        struct standing_step step;
        int64_t part = 0;
        standing_read_step(in, &step);
        int64_t delta = step.how == STANDING_SET ? step.after - step.before : step.delta;
        /* Else a window that passed was dropped, an event raised, or it is what a gift card is. */
        bool is_other = owner->kind == OWNER_RAISED ||
                        (owner->kind == OWNER_GIFT_CARD && step.how != STANDING_ADD);
        bool is_given = delta > 0 && !is_other;
        bool is_given_code = owner->kind == OWNER_CODE && step.how == STANDING_SET;
        if (is_given && step.how == STANDING_SET && returned_state_is(step.slot)) {
            TRY(take_state(taking, owner, &step, steps, &taken));
            continue;
        }
        if (is_given_code && !taking->is_all && taking->rest == NULL) {
            continue; /* by amount a code that the sale gave goes when nothing of the sale is left
                       */
        }
        if (is_given && in->err == ERR_OK) {
            TRY(part_of(taking, owner, &step, delta, &part));
        }
        if (part > 0) {
            steps[taken++] = (struct standing_step){
                .how = STANDING_TAKE, .slot = step.slot, .bucket = step.bucket, .delta = -part};
        }
    }
    if (taken > 0) {
        standing_write_group(groups, owner, steps, taken);
    }
    return in->err;
}

/* With what its owner's numbers are now: none of one that is gone. */
static enum err take_owner(const struct roster *roster, struct reader *in, struct taking *taking,
                           struct standing_step *steps, struct standing_row *row,
                           struct buffer *groups)
{
    struct standing_owner owner;
    struct state_reader *reader;
    uint32_t count;
    standing_read_group(in, &owner, &count);
    taking->now = (struct standing){.count = 0};
    if (in->err == ERR_OK && (owner.kind == OWNER_MEMBER || owner.kind == OWNER_CARD)) {
        TRY(readers_take(taking->node->readers, &reader));
        struct ledger_view view = state_reader_view(reader);
        enum err err = ledger_get_standing(&view, roster, &owner, row);
        readers_give(taking->node->readers, reader);
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
        taking->now = err == ERR_OK ? standing_of_row(row) : taking->now;
    }
    return take_group(in, taking, &owner, count, steps, groups);
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

/* A return on its way. */
struct giving_back {
    struct node *node;
    const struct snapshot *snapshot;
    struct command commands[3]; /* of the sale, of the standing, and of what revocations counted */
    size_t command_count;
    struct slice ends;
    const struct line_back *lines; /* by line; else NULL */
    size_t line_count;
    bool is_known; /* it was told before */
    struct command_standing change;
    struct sale sale;
    struct arena arena;
    struct lines_rest rest;
    struct buffer taken;
    struct buffer groups;
    struct buffer uncounted;
    struct buffer days;
    bool has_raised; /* with it events that the sale raised are taken back */
    struct note *note;
    judging_tell *tell;
    void *context;
};

/* The sale, what was taken back of it so far, and whether this return is a repeat. */
static enum err read_sale(struct giving_back *g)
{
    const struct partner_id *self = &g->node->config.partner;
    const struct uid *id = &g->commands[0].return_sale.sale;
    struct state_reader *reader;
    struct occasion_row row;
    uint64_t told;
    TRY(readers_take(g->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_sale(&view, self, id, &g->sale);
    if (err == ERR_OK) {
        err = ledger_get_occasion(&view, OCCASION_TAKEN, self, id, &row);
        if (err == ERR_OK) {
            write_bytes(&g->taken, row.groups.at, row.groups.length);
        }
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    if (err == ERR_OK) {
        err = ledger_find_occasion(&view, &g->snapshot->roster, self,
                                   &g->commands[0].transaction_id, &told);
        g->is_known = err == ERR_OK;
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    readers_give(g->node->readers, reader);
    return err == ERR_OK ? g->taken.err : err;
}

/* What the lines come to is the ledger's to know. */
static enum err add_lines(struct giving_back *g)
{
    struct command_return_sale *body = &g->commands[0].return_sale;
    struct hash said = judging_lines_said(g->lines, g->line_count, body->amount);
    body->is_by_line = true;
    memcpy(body->lines, said.bytes, sizeof body->lines);
    if (g->is_known) {
        return ERR_OK;
    }
    TRY(judging_lines_rest(g->node, g->snapshot, &body->sale, &g->sale, &g->change, g->lines,
                           g->line_count, &g->arena, &g->rest, g->note));
    body->kept = g->rest.kept;
    body->amount = body->amount.minor == 0 ? g->rest.amount : body->amount;
    return ERR_OK;
}

static enum err look_at_group(struct giving_back *g, const struct ledger_view *view,
                              const struct taking *taking, struct reader *in,
                              struct standing_row *row)
{
    struct standing_owner owner;
    uint32_t count;
    standing_read_group(in, &owner, &count);
    for (uint32_t i = 0; i < count && in->err == ERR_OK; i++) {
        struct standing_step step;
        standing_read_step(in, &step);
        if (in->err == ERR_OK && step.how == STANDING_ADD && step.delta > 0) {
            TRY(look_at_step(view, g->snapshot, taking, &owner, &step, row));
        }
    }
    return in->err;
}

/* Uses of codes that were revoked since: their revocations counted these. */
static enum err find_revoked_uses(struct giving_back *g, struct taking *taking)
{
    const struct rules *rules = g->snapshot->version->rules;
    taking->text = rules == NULL ? NULL : rules_text(rules);
    taking->coupon_count = rules == NULL ? 0 : taking->text->coupon_count;
    taking->revoked_uses =
        arena_alloc(&g->arena, (taking->coupon_count + 1) * sizeof *taking->revoked_uses);
    struct standing_row *row = arena_alloc(&g->arena, sizeof *row);
    if (taking->revoked_uses == NULL || row == NULL) {
        return ERR_RESOURCE;
    }
    memset(taking->revoked_uses, 0, taking->coupon_count * sizeof *taking->revoked_uses);
    struct state_reader *reader;
    struct reader in = reader_of(g->change.groups);
    TRY(readers_take(g->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ERR_OK;
    while (err == ERR_OK && in.at < in.end) {
        err = look_at_group(g, &view, taking, &in, row);
    }
    readers_give(g->node->readers, reader);
    return err;
}

/* Their revocations counted these, and the sale did not: a change of its own. */
static void write_uncounted(struct giving_back *g, const struct taking *taking,
                            struct standing_step *steps)
{
    struct standing_owner all = standing_of_programme();
    size_t count = 0;
    for (size_t c = 0; c < taking->coupon_count; c++) {
        if (taking->revoked_uses[c] > 0 && count < LIMIT_STANDING_STEPS) {
            steps[count++] =
                (struct standing_step){.how = STANDING_ADD,
                                       .slot = coupon_revoked_uses_slot(&taking->text->coupons[c]),
                                       .delta = -taking->revoked_uses[c],
                                       .least = INT64_MIN,
                                       .most = INT64_MAX};
        }
    }
    standing_write_group(&g->uncounted, &all, steps, count);
}

static enum err add_uncounted(struct giving_back *g)
{
    const struct partner_id *self = &g->node->config.partner;
    struct uid occasion = coupon_derived_id(&g->commands[0].transaction_id, slice_of(NULL, 0));
    struct uid id = standing_transaction(STANDING_ID_CHANGE, self, &occasion);
    if (g->uncounted.length > 0) {
        struct command *change = &g->commands[g->command_count++];
        *change = command_now(g->node, COMMAND_CHANGE_STANDING, &id);
        change->standing = (struct command_standing){.issuer = *self,
                                                     .occasion = occasion,
                                                     .said = g->commands[1].standing.said,
                                                     .groups = buffer_slice(&g->uncounted)};
    }
    return g->uncounted.err;
}

/* How the sale was judged, if that is known. */
static enum err know_case(struct giving_back *g, struct kept_case *kept, struct taking *taking)
{
    if (!kept_case_is(g->change.evidence)) {
        return ERR_OK;
    }
    TRY(kept_case_decode(g->change.evidence, &g->arena, kept));
    const struct programme_version *version =
        programmes_find(g->snapshot->programmes, kept->programme);
    if (version != NULL) {
        taking->kept = kept;
        taking->rules = version->rules;
        taking->today = unix_day(judging_local(g->node, version, g->commands[0].business_time));
    }
    return ERR_OK;
}

static enum err write_groups(struct giving_back *g)
{
    const struct command_return_sale *body = &g->commands[0].return_sale;
    int64_t left = g->sale.amount.minor - g->sale.returned.minor;
    bool is_part = g->lines != NULL || (body->amount.minor > 0 && body->amount.minor < left);
    int64_t amount = is_part ? body->amount.minor : left;
    struct taking taking = {.before = g->sale.returned.minor,
                            .after = g->sale.returned.minor + amount,
                            .whole = g->sale.amount.minor,
                            .rest = g->lines != NULL ? &g->rest : NULL,
                            .taken = buffer_slice(&g->taken),
                            .node = g->node,
                            .days = &g->days,
                            .is_all = g->lines != NULL ? g->rest.is_all : amount == left};
    struct standing_step *steps = arena_alloc(&g->arena, LIMIT_STANDING_STEPS * sizeof *steps);
    struct standing_row *row = arena_alloc(&g->arena, sizeof *row);
    struct kept_case kept;
    if (steps == NULL || row == NULL) {
        return ERR_RESOURCE;
    }
    TRY(find_revoked_uses(g, &taking));
    write_uncounted(g, &taking, steps);
    TRY(know_case(g, &kept, &taking));
    struct reader in = reader_of(g->change.groups);
    while (in.err == ERR_OK && in.at < in.end) {
        TRY(take_owner(&g->snapshot->roster, &in, &taking, steps, row, &g->groups));
    }
    TRY(reader_finish(&in));
    write_bytes(&g->groups, g->ends.at, g->ends.length);
    struct slice remarks = buffer_slice(&g->rest.remarks);
    write_bytes(&g->groups, remarks.at, remarks.length);
    write_bytes(&g->groups, g->days.at, g->days.length);
    return taking.is_all
               ? raised_take_back(&body->sale, g->change.groups, &g->groups, &g->has_raised)
               : ERR_OK;
}

static enum err make_change(struct giving_back *g)
{
    const struct partner_id *self = &g->node->config.partner;
    const struct command *give_back = &g->commands[0];
    TRY(judging_read_change(g->node, g->snapshot, &give_back->return_sale.sale, &g->arena,
                            &g->change));
    if (is_redemption(g->snapshot, &g->change, &g->arena)) {
        return ERR_UNSUPPORTED;
    }
    TRY(read_sale(g));
    if (g->lines != NULL) {
        TRY(add_lines(g));
    }
    if (!g->is_known) {
        TRY(write_groups(g));
        TRY(g->groups.err);
    }
    struct uid id = standing_transaction(STANDING_ID_CHANGE, self, &give_back->transaction_id);
    CLEANUP(buffer_fini) struct buffer said = {0};
    command_said(give_back, &said);
    TRY(said.err);
    struct command *change = &g->commands[1];
    *change = command_now(g->node, COMMAND_CHANGE_STANDING, &id);
    change->business_time = give_back->business_time;
    change->is_dated = give_back->is_dated;
    change->standing =
        (struct command_standing){.issuer = *self,
                                  .occasion = give_back->return_sale.sale,
                                  .returned = give_back->transaction_id,
                                  .said = hash_of(HASH_DOMAIN_BODY, buffer_slice(&said)),
                                  .groups = buffer_slice(&g->groups),
                                  .evidence = buffer_slice(&g->rest.evidence)};
    g->command_count = 2;
    return add_uncounted(g);
}

static enum err tell_engine(void *context, const struct command *commands, size_t count,
                            struct outcome *out_outcomes)
{
    struct node *node = context;
    return engine_execute_batch(node->engine, commands, count, true, out_outcomes);
}

/* A refusal says so in `*out_outcome`. */
static enum err give_back_both(struct giving_back *g, struct outcome *out_outcome)
{
    struct outcome outcomes[3];
    pthread_mutex_lock(&g->node->return_lock);
    enum err err = make_change(g);
    bool is_refused = err == ERR_UNSUPPORTED && (g->note == NULL || g->note->text[0] == '\0');
    bool is_alone = err == ERR_NOT_FOUND && g->lines == NULL;
    if (err == ERR_OK || is_alone) {
        err = g->tell(g->context, g->commands, is_alone ? 1 : g->command_count, outcomes);
    }
    pthread_mutex_unlock(&g->node->return_lock);
    if (is_refused) {
        *out_outcome = (struct outcome){.verdict = VERDICT_SALE_UNKNOWN};
        return ERR_OK;
    }
    TRY(err);
    bool is_other = outcomes[0].verdict == VERDICT_LINKED_REFUSED;
    *out_outcome = is_other ? outcomes[1] : outcomes[0];
    if (g->has_raised && g->tell == tell_engine && out_outcome->verdict == VERDICT_OK) {
        raiser_look(g->node->raiser);
    }
    return ERR_OK;
}

static enum err try_once(const struct giving_back *given, const struct command *give_back,
                         struct outcome *out_outcome)
{
    struct giving_back g = *given;
    g.commands[0] = *give_back;
    arena_init(&g.arena, RETURN_BYTES);
    enum err err = give_back_both(&g, out_outcome);
    arena_fini(&g.arena);
    lines_rest_fini(&g.rest);
    buffer_fini(&g.taken);
    buffer_fini(&g.groups);
    buffer_fini(&g.days);
    buffer_fini(&g.uncounted);
    return err;
}

static enum err run(const struct giving_back *given, const struct command *give_back,
                    struct outcome *out_outcome)
{
    enum err err = try_once(given, give_back, out_outcome);
    for (unsigned i = 1; i < TRIES && err == ERR_OK && judging_has_moved(out_outcome->verdict);
         i++) {
        err = try_once(given, give_back, out_outcome);
    }
    return err;
}

enum err judging_return_both(struct node *node, const struct snapshot *snapshot,
                             const struct command *give_back, struct slice ends,
                             struct outcome *out_outcome)
{
    struct giving_back g = {
        .node = node, .snapshot = snapshot, .ends = ends, .tell = tell_engine, .context = node};
    return run(&g, give_back, out_outcome);
}

enum err judging_return_told(struct node *node, const struct snapshot *snapshot,
                             const struct command *give_back, const struct line_back *lines,
                             size_t count, judging_tell *tell, void *context,
                             struct outcome *out_outcome, struct note *note)
{
    struct giving_back g = {.node = node,
                            .snapshot = snapshot,
                            .lines = lines,
                            .line_count = count,
                            .note = note,
                            .tell = tell,
                            .context = context};
    return run(&g, give_back, out_outcome);
}

enum err judging_return_lines(struct node *node, const struct snapshot *snapshot,
                              const struct command *give_back, const struct line_back *lines,
                              size_t count, struct outcome *out_outcome, struct note *note)
{
    return judging_return_told(node, snapshot, give_back, lines, count, tell_engine, node,
                               out_outcome, note);
}
