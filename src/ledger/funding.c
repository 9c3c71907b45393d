/* Who pays for points that are funded at burn (clearing/tariff.h): their issuer, when they are
 * spent, to the home where that happens.
 *
 *   home     tells the issuer of each lot that is spent, with the command that spends it; points
 * that come back to a lot are given back issuer   pays for no more than it ever gave under the
 * tariff to other homes' members
 *
 * Spent is what a burn takes, what repays a member's debt, and what is taken in another lot's
 * place; not what expires, is taken back with its purchase or by hand, or moves: a lot that moves
 * is funded to its new home. So at a home, of each issuer and tariff, what came and has not gone
 * otherwise is either in lots or funded; by that a restored ledger, too, knows what it has to tell.
 *
 * What can't be told at once waits in a row of its own, summed up, until it can: the stream may be
 * frozen or full, a recovery may be under way, or the record writes to that stream already. */
#include "ledger/decision.h"

enum {
    FUNDING_RETRY_MS = 60000
};

static const struct uid no_id = {{0}};

static bool is_funded_at_burn(const struct decision *d, uint32_t tariff)
{
    const struct tariff *prices = roster_tariff(d->terms->roster, tariff);
    return prices != NULL && prices->funding == FUNDED_AT_BURN;
}

static enum err add_line(struct decision *d, const struct partner_id *issuer, uint32_t tariff,
                         int64_t points)
{
    size_t i = 0;
    while (i < d->funding_count &&
           (d->fundings[i].tariff != tariff || !partner_id_equal(&d->fundings[i].issuer, issuer))) {
        i++;
    }
    if (i == d->funding_count) {
        ASSERT(i < FUNDINGS_OPEN);
        d->fundings[d->funding_count++] = (struct funding_line){*issuer, tariff, 0};
    }
    return int64_add(d->fundings[i].points, points, &d->fundings[i].points);
}

enum err decide_spend(struct decision *d, const struct lot_key *lot, int64_t points)
{
    if (points == 0 || roster_is_self(d->terms->roster, &lot->issuer) ||
        !is_funded_at_burn(d, lot->tariff)) {
        return ERR_OK;
    }
    return add_line(d, &lot->issuer, lot->tariff, points);
}

enum err decide_give_abroad(struct decision *d, uint32_t tariff, int64_t points)
{
    return points == 0 || !is_funded_at_burn(d, tariff)
               ? ERR_OK
               : add_line(d, &d->terms->roster->self, tariff, points);
}

enum err decide_give_entry(struct decision *d, const struct clearing_entry *entry, int sign)
{
    bool is_ours = roster_is_self(d->terms->roster, &entry->issuer);
    bool gives = entry->kind == ENTRY_EARN || (entry->kind == ENTRY_MOVED_LOT && is_ours);
    int way = gives ? sign : entry->kind == ENTRY_EARN_RETURN ? -sign : 0;
    return decide_give_abroad(d, entry->tariff, way * entry->points.minor);
}

/* ---- Rows ---- */

/* Of ourselves: given to other homes and not paid for. Of a partner: spent here, and not told. */
static enum err get_row(const struct decision *d, const struct partner_id *issuer, uint32_t tariff,
                        int64_t *out_points)
{
    return ledger_get_funding(d->view, issuer, tariff, out_points);
}

static void put_row(struct decision *d, const struct partner_id *issuer, uint32_t tariff,
                    int64_t points)
{
    struct ledger_key key;
    key_funding(issuer, tariff, &key);
    if (points == 0) {
        plan_delete(d->plan, TABLE_FUNDING, &key);
        return;
    }
    buffer_clear(&d->plan->scratch);
    funding_encode(points, &d->plan->scratch);
    plan_row(d->plan, TABLE_FUNDING, &key, buffer_slice(&d->plan->scratch));
}

static void expect_telling(struct decision *d, const struct partner_id *issuer, int64_t delay_ms)
{
    struct ledger_key key;
    key_due((struct unix_ms){d->now.ms + delay_ms}, DUE_FUNDING, issuer, &no_id, &key);
    plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
}

static enum err add_to_row(struct decision *d, const struct funding_line *line)
{
    int64_t points;
    TRY(get_row(d, &line->issuer, line->tariff, &points));
    if (points == 0 && !roster_is_self(d->terms->roster, &line->issuer)) {
        expect_telling(d, &line->issuer, 0);
    }
    TRY(int64_add(points, line->points, &points));
    put_row(d, &line->issuer, line->tariff, points);
    return ERR_OK;
}

/* ---- The home tells ---- */

/* What the command that is decided was about. */
static void name_cause(const struct decision *d, struct clearing_entry *entry)
{
    const struct command *command = d->command;
    entry->business_time = command->business_time;
    entry->transaction_id = command->transaction_id;
    if (command->kind == COMMAND_TAKE_ENTRY) {
        entry->transaction_id = command->take_entry.entry.transaction_id;
        entry->subject = command->take_entry.entry.subject;
    } else if (command->kind == COMMAND_CAPTURE || command->kind == COMMAND_RETURN_BURN) {
        entry->subject = command->use.hold;
    }
}

static enum err tell(struct decision *d, const struct partner_id *issuer, struct stream *stream,
                     uint32_t tariff, int64_t points)
{
    struct clearing_entry entry = {.kind = points > 0 ? ENTRY_FUNDING : ENTRY_FUNDING_RETURN,
                                   .points = {points > 0 ? points : -points},
                                   .tariff = tariff};
    name_cause(d, &entry);
    TRY(plan_entry(d->plan, d->terms, issuer, stream, &entry));
    return decide_owe(d, issuer, STREAM_OUT, entry.kind, tariff, stream->period,
                      entry.points.minor);
}

/* Is it a command in whose record the streams of others may go on? */
static bool may_tell_at_once(const struct decision *d)
{
    return !d->plan->has_entries && d->command->kind != COMMAND_TAKE_RECEIPT &&
           !command_is_recovery(d->command);
}

static enum err is_waiting(const struct decision *d, const struct partner_id *issuer,
                           bool *out_is_waiting)
{
    const struct roster *roster = d->terms->roster;
    *out_is_waiting = false;
    for (size_t i = 0; i < roster->tariff_count && !*out_is_waiting; i++) {
        int64_t points = 0;
        if (roster->tariffs[i].funding == FUNDED_AT_BURN) {
            TRY(get_row(d, issuer, roster->tariffs[i].id, &points));
        }
        *out_is_waiting = points != 0;
    }
    return ERR_OK;
}

/* All lines of one issuer, from `first` on; what was told is zero then. */
static enum err tell_issuer(struct decision *d, size_t first)
{
    const struct partner_id *issuer = &d->fundings[first].issuer;
    struct stream stream;
    bool waits;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, issuer, &stream));
    TRY(is_waiting(d, issuer, &waits));
    if (waits || !decide_may_send(d, issuer, &stream)) {
        return ERR_OK;
    }
    for (size_t i = first; i < d->funding_count; i++) {
        struct funding_line *line = &d->fundings[i];
        bool fits =
            line->points <= LIMIT_POINTS_PER_COMMAND && line->points >= -LIMIT_POINTS_PER_COMMAND;
        if (line->points != 0 && fits && partner_id_equal(&line->issuer, issuer) &&
            decide_has_room(d, &stream, ENTRY_FUNDING)) {
            TRY(tell(d, issuer, &stream, line->tariff, line->points));
            line->points = 0;
        }
    }
    return ERR_OK;
}

static bool is_first_of_issuer(const struct decision *d, size_t place)
{
    size_t i = 0;
    while (!partner_id_equal(&d->fundings[i].issuer, &d->fundings[place].issuer)) {
        i++;
    }
    return i == place;
}

enum err decide_put_fundings(struct decision *d)
{
    bool tells = d->funding_count > 0 && may_tell_at_once(d);
    size_t told = 0;
    for (size_t i = 0; i < d->funding_count; i++) {
        const struct funding_line *line = &d->fundings[i];
        bool is_own = roster_is_self(d->terms->roster, &line->issuer);
        if (tells && !is_own && told < FUNDED_AT_ONCE && is_first_of_issuer(d, i)) {
            TRY(tell_issuer(d, i));
            told++;
        }
        if (line->points != 0) {
            TRY(add_to_row(d, line));
        }
    }
    return ERR_OK;
}

static int64_t part_for_entry(int64_t points)
{
    return points > LIMIT_POINTS_PER_COMMAND    ? LIMIT_POINTS_PER_COMMAND
           : points < -LIMIT_POINTS_PER_COMMAND ? -LIMIT_POINTS_PER_COMMAND
                                                : points;
}

/* What waits for one issuer. */
enum err decide_tell_funding(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    const struct roster *roster = d->terms->roster;
    const struct partner_id *issuer = &due->redeemer;
    struct ledger_key key;
    struct stream stream;
    bool is_held_up;
    bool is_left = false;
    if (!uid_is_nil(&due->id)) {
        return promotion_share_due(d);
    }
    key_due(due->due, DUE_FUNDING, issuer, &due->id, &key);
    plan_delete(d->plan, TABLE_DUE, &key);
    TRY(ledger_get_stream(d->view, roster, STREAM_OUT, issuer, &stream));
    if (decide_is_after_end(d, issuer, stream.period)) {
        return ERR_OK; /* it left: who had its points has them at the home's cost */
    }
    TRY(decide_is_recovering(d, &is_held_up)); /* entries may yet come back that were told before */
    for (size_t i = 0; i < roster->tariff_count; i++) {
        uint32_t tariff = roster->tariffs[i].id;
        int64_t points;
        TRY(get_row(d, issuer, tariff, &points));
        if (points == 0 || roster->tariffs[i].funding != FUNDED_AT_BURN) {
            continue;
        }
        int64_t part = part_for_entry(points);
        if (!is_held_up && decide_may_send(d, issuer, &stream) &&
            decide_has_room(d, &stream, ENTRY_FUNDING)) {
            TRY(tell(d, issuer, &stream, tariff, part));
            put_row(d, issuer, tariff, points - part);
            points -= part;
        }
        is_left = is_left || points != 0;
    }
    if (is_left) {
        expect_telling(d, issuer, FUNDING_RETRY_MS);
    }
    return ERR_OK;
}

/* It was told already, and is part of what the lots say. */
enum err decide_told_again(struct decision *d, const struct partner_id *issuer,
                           const struct clearing_entry *entry)
{
    int64_t points = entry->points.minor;
    return add_line(d, issuer, entry->tariff, entry->kind == ENTRY_FUNDING ? -points : points);
}

/* ---- The issuer hears ---- */

enum err take_funding(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    int64_t given;
    if (!is_funded_at_burn(d, entry->tariff)) {
        return decide_refuse(d, VERDICT_FUNDING_NOT_AGREED);
    }
    TRY(get_row(d, &d->terms->roster->self, entry->tariff, &given));
    if (entry->kind == ENTRY_FUNDING && entry->points.minor > given) {
        return decide_refuse(d, VERDICT_FUNDING_EXCEEDED);
    }
    return force_funding(d);
}

enum err force_funding(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    int64_t points = entry->points.minor;
    return decide_give_abroad(d, entry->tariff, entry->kind == ENTRY_FUNDING ? -points : points);
}
