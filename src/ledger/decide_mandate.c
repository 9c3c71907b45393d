/* Stand-in: mandates given and taken, and what a till is told while a home can't be asked.
 *
 * A till's request for a partner's points has one id, and ends in one of three ways:
 *
 *   asked -> granted    the home's signed grant came (foreign-hold)
 *         -> stood in   it did not, and the home's mandate covers it (stand-in-hold)
 *         -> given up   it did not, and nothing covers it (give-up-hold)
 *
 * Each is recorded under that id, so that the first of them stands. The home may have granted all
 * the same, and its answer was lost, or is still to come. That grant is settled under the same id:
 * a stand-in's captures and its void are taken from the grant while it is open (home_mandate.c),
 * and what was given up is voided by an entry. The home keeps the id of a void that came first, so
 * that a request which comes later is not granted any more. What neither side settles expires at
 * T2.
 */
#include "base/mutant.h"
#include "ledger/decision.h"
#include "ledger/route.h"

void decide_put_mandate(struct decision *d, const struct mandate_row *row)
{
    const struct mandate *mandate = &row->mandate;
    struct ledger_key key;
    key_mandate(&mandate->home, &mandate->redeemer, &mandate->id, &key);
    buffer_clear(&d->plan->scratch);
    mandate_row_encode(row, &d->plan->scratch);
    plan_row(d->plan, TABLE_MANDATE, &key, buffer_slice(&d->plan->scratch));
}

static void put_line(struct decision *d, const struct mandate *mandate,
                     const struct mandate_line *line)
{
    struct ledger_key key;
    key_mandate_line(&mandate->home, &mandate->redeemer, &key);
    buffer_clear(&d->plan->scratch);
    mandate_line_encode(line, &d->plan->scratch);
    plan_row(d->plan, TABLE_MANDATE_LINE, &key, buffer_slice(&d->plan->scratch));
}

/* Sound by itself, and neither over nor too far ahead: for then the line would wait for it. */
static bool is_timely(const struct decision *d, const struct mandate *mandate)
{
    return mandate_check(mandate, NULL) == ERR_OK && mandate->valid_until.ms > d->now.ms &&
           mandate->valid_from.ms <= d->now.ms + MANDATE_LIFE_MS_MAX;
}

/* Does it come after those that there are? ERR_NOT_FOUND when there are none. */
static enum err check_line(const struct decision *d, const struct mandate *mandate,
                           struct mandate_line *out_line, bool *out_follows)
{
    struct mandate_row newest;
    TRY(ledger_get_mandate_line(d->view, &mandate->home, &mandate->redeemer, out_line));
    TRY(ledger_newest_mandate(d->view, &mandate->home, &mandate->redeemer, &newest));
    *out_follows = mandate->valid_from.ms >= newest.mandate.valid_until.ms &&
                   newest.mandate.valid_from.ms <= d->now.ms;
    return ERR_OK;
}

/* Is there one with this id? */
static enum err is_known(const struct decision *d, const struct mandate *mandate,
                         bool *out_is_known)
{
    struct mandate_row row;
    enum err err =
        ledger_get_mandate(d->view, &mandate->home, &mandate->redeemer, &mandate->id, &row);
    *out_is_known = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err add_mandate(struct decision *d, const struct partner_id *other)
{
    const struct mandate *mandate = &d->command->mandate.mandate;
    const struct roster *roster = d->terms->roster;
    struct mandate_line line = {0};
    bool is_there;
    bool follows = true;
    if (roster_find(roster, other) == NULL || roster_is_self(roster, other)) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    if (roster_is_leaving(roster, other)) {
        return decide_refuse(d, VERDICT_PARTNER_LEFT);
    }
    const struct partner_id *own = other == &mandate->home ? &mandate->redeemer : &mandate->home;
    if (!roster_is_self(roster, own) || !is_timely(d, mandate)) {
        return decide_refuse(d, VERDICT_MANDATE_INVALID);
    }
    TRY(is_known(d, mandate, &is_there));
    enum err err = check_line(d, mandate, &line, &follows);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    if (is_there || !follows) {
        return decide_refuse(d, VERDICT_MANDATE_EXISTS);
    }
    struct mandate_row row = {.mandate = *mandate};
    decide_put_mandate(d, &row);
    put_line(d, mandate, &(struct mandate_line){.newest = mandate->id, .before = line.newest});
    d->plan->answer.points = mandate->daily_cap;
    return ERR_OK;
}

/* Its place among those that there are; only the two newest are remembered in order. */
static enum err insert_line(struct decision *d, const struct mandate *mandate)
{
    struct mandate_line line;
    struct mandate_row newest;
    enum err err = ledger_get_mandate_line(d->view, &mandate->home, &mandate->redeemer, &line);
    if (err == ERR_NOT_FOUND) {
        put_line(d, mandate, &(struct mandate_line){.newest = mandate->id});
        return ERR_OK;
    }
    TRY(err);
    TRY(ledger_newest_mandate(d->view, &mandate->home, &mandate->redeemer, &newest));
    if (mandate->valid_from.ms >= newest.mandate.valid_until.ms) {
        put_line(d, mandate, &(struct mandate_line){.newest = mandate->id, .before = line.newest});
        return ERR_OK;
    }
    struct mandate_row before;
    err = uid_is_nil(&line.before) ? ERR_NOT_FOUND
                                   : ledger_get_mandate(d->view, &mandate->home, &mandate->redeemer,
                                                        &line.before, &before);
    if (err == ERR_NOT_FOUND ||
        (err == ERR_OK && mandate->valid_from.ms >= before.mandate.valid_until.ms)) {
        put_line(d, mandate, &(struct mandate_line){.newest = line.newest, .before = mandate->id});
        return ERR_OK;
    }
    return err;
}

/* One that we gave and the copy has not got: it stands, also when it is over, for what was burned
 * under it may still come. */
static enum err add_again(struct decision *d)
{
    const struct mandate *mandate = &d->command->mandate.mandate;
    struct mandate_row row = {.mandate = *mandate};
    bool is_there;
    if (roster_find(d->terms->roster, &mandate->redeemer) == NULL) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    if (!roster_is_self(d->terms->roster, &mandate->home) ||
        mandate_check(mandate, NULL) != ERR_OK) {
        return decide_refuse(d, VERDICT_MANDATE_INVALID);
    }
    TRY(is_known(d, mandate, &is_there));
    if (is_there) {
        return decide_refuse(d, VERDICT_MANDATE_EXISTS);
    }
    decide_put_mandate(d, &row);
    d->plan->answer.points = mandate->daily_cap;
    return insert_line(d, mandate);
}

/* While the partner still has to show what it holds there may be more mandates than are known. */
enum err decide_grant_mandate(struct decision *d)
{
    const struct command_mandate *given = &d->command->mandate;
    const struct partner_id *redeemer = &given->mandate.redeemer;
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_IN, redeemer, &stream));
    if (command_is_recovery(d->command)) {
        return stream.is_recovering ? add_again(d) : ERR_CONFLICT;
    }
    return stream.is_recovering ? ERR_UNAVAILABLE : add_mandate(d, redeemer);
}

enum err decide_take_mandate(struct decision *d)
{
    return add_mandate(d, &d->command->mandate.mandate.home);
}

/* What is promised at a till must reach the home. May refuse. */
static enum err refuse_frozen(struct decision *d, const struct partner_id *home)
{
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, home, &stream));
    return stream.is_frozen ? decide_refuse(d, VERDICT_STREAM_FROZEN) : ERR_OK;
}

static enum verdict judge_stand_in(const struct decision *d, const struct mandate_row *row)
{
    int64_t points = d->command->hold.points.minor;
    if (!mandate_is_valid_at(&row->mandate, d->now)) {
        return VERDICT_MANDATE_EXPIRED;
    }
    if (points > row->mandate.floor.minor) {
        return VERDICT_MANDATE_FLOOR_EXCEEDED;
    }
    bool is_beyond = points > row->mandate.daily_cap.minor - row->used.minor;
    return is_beyond && !MUTANT(STAND_IN_BEYOND_CAP) ? VERDICT_MANDATE_CAP_EXCEEDED : VERDICT_OK;
}

/* The mandate that the command names. May refuse. */
static enum err stand_in_mandate(struct decision *d, const struct partner_id *home,
                                 struct mandate_row *out_row)
{
    const struct command_hold *request = &d->command->hold;
    enum err err =
        ledger_get_mandate(d->view, home, &request->redeemer, &request->mandate, out_row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_MANDATE_UNKNOWN);
    }
    TRY(err);
    enum verdict verdict = judge_stand_in(d, out_row);
    return verdict == VERDICT_OK ? ERR_OK : decide_refuse(d, verdict);
}

/* What the home has said of the card is known, unlike what it would say. May refuse. */
static enum err refuse_by_status(struct decision *d)
{
    struct card_status status;
    TRY(ledger_get_card_status(d->view, &d->command->hold.asked, &status));
    if (status.is_blocked) {
        return decide_refuse(d, VERDICT_CARD_BLOCKED);
    }
    return status.moved_to.digits[0] != '\0' ? decide_refuse(d, VERDICT_CARD_MOVED) : ERR_OK;
}

/* It is captured while the mandate is valid: that is what the home will look at. */
enum err decide_stand_in_hold(struct decision *d)
{
    struct hold hold;
    struct mandate_row row;
    TRY(foreign_hold_begin(d, &hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(refuse_by_status(d));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(refuse_frozen(d, &hold.home));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(stand_in_mandate(d, &hold.home, &row));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (hold.capture_by.ms > row.mandate.valid_until.ms) {
        hold.capture_by = row.mandate.valid_until;
    }
    hold.mandate = row.mandate.id;
    TRY(points_add(row.used, hold.granted, &row.used));
    row.burns++;
    decide_put_mandate(d, &row);
    decide_put_hold(d, &d->command->transaction_id, &hold);
    d->plan->answer.points = hold.granted;
    d->plan->answer.capture_by = hold.capture_by;
    d->plan->answer.deliver_by = hold.deliver_by;
    d->plan->answer.mandate = hold.mandate;
    return ERR_OK;
}

/* The answer has no points: that is what a repeat of the request is told. */
enum err decide_give_up_hold(struct decision *d)
{
    struct hold hold;
    TRY(foreign_hold_begin(d, &hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    struct clearing_entry entry = {.kind = ENTRY_VOID,
                                   .card = hold.card,
                                   .tariff = decide_hold_tariff(d, &hold),
                                   .subject = d->command->transaction_id};
    TRY(decide_send(d, &hold.home, &entry, ACCOUNT_RECEIVABLE, ACCOUNT_REDEEMED));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    hold.state = HOLD_VOIDED;
    hold.voided = hold.granted;
    decide_put_hold(d, &d->command->transaction_id, &hold);
    return ERR_OK;
}
