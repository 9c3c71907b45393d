/* Purchases: points given for them, and taken back when goods return. */
#include "ledger/decision.h"

#include <string.h>

#include "programme/programme.h"

static const struct account_ref issued = {.kind = ACCOUNT_ISSUED};

/* The points of a purchase: those given by hand, which may be none, or the rate's. */
static enum err earned_points(const struct command_earn *earn, struct points *out_points)
{
    if (earn->is_fixed) {
        *out_points = earn->fixed_points;
        return ERR_OK;
    }
    return earn_rate_points(&earn->rate, earn->amount, out_points);
}

static struct sale sale_of_earn(const struct decision *d, const struct partner_id *home,
                                enum sale_role role, struct points points)
{
    const struct command_earn *earn = &d->command->earn;
    const struct roster *roster = d->terms->roster;
    struct sale sale = {
        .role = role,
        .issuer = roster->self,
        .home = *home,
        .card = earn->card,
        .amount = earn->amount,
        .points = points,
        .is_fixed = earn->is_fixed,
        .promotion = earn->promotion,
        .rate = earn->rate,
        .lot = {roster->self, decide_tariff(d, home), earn->active_from, earn->expires_at,
                earn->idle_months},
        .business_time = d->command->business_time,
    };
    memcpy(sale.currency, earn->currency, sizeof sale.currency);
    if (sale.lot.active_from.ms <= d->now.ms) {
        sale.lot.active_from = (struct unix_ms){0};
    }
    return sale;
}

static enum err earn_own(struct decision *d, const struct card_number *card, struct points points)
{
    const struct command_earn *earn = &d->command->earn;
    struct member_work work;
    struct sale sale = sale_of_earn(d, &d->terms->roster->self, SALE_OWN, points);
    if (card->digits[0] != '\0') {
        sale.card = *card;
        TRY(work_begin_by_card(d, card, &work));
    } else {
        TRY(work_begin_good(d, &earn->member, &work));
    }
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    sale.member = work.id;
    TRY(work_give(d, &work, &issued, &sale.lot, points));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    work_end(d, &work);
    decide_put_sale(d, &d->command->transaction_id, &sale);
    d->plan->answer.home = d->terms->roster->self;
    d->plan->answer.points = points;
    return ERR_OK;
}

/* Only the home knows whether its member is active: what leaves ends by a date, as if the member
 * did nothing from now on. */
static void fix_end(struct sale *sale)
{
    struct unix_ms idle;
    if (sale->lot.idle_months != 0 &&
        programme_months_after(sale->business_time, sale->lot.idle_months, &idle) == ERR_OK &&
        (sale->lot.expires_at.ms == 0 || idle.ms < sale->lot.expires_at.ms)) {
        sale->lot.expires_at = idle;
    }
    sale->lot.idle_months = 0;
}

/* As if it were sent: what can't be then does not wait, either. */
static enum err keep_waiting(struct decision *d, const struct partner_id *home)
{
    struct stream *stream;
    TRY(decide_out_stream(d, home, &stream));
    if (stream->is_frozen) {
        return decide_refuse(d, VERDICT_STREAM_FROZEN);
    }
    if (stream->is_recovering) {
        return ERR_UNAVAILABLE;
    }
    if (decide_is_after_end(d, home, stream->period)) {
        return decide_refuse(d, VERDICT_PARTNER_LEFT);
    }
    uint64_t waiting;
    TRY(decide_count_waiting(d, home, &waiting));
    return d->terms->outbox_entries != 0 && waiting >= d->terms->outbox_entries
               ? decide_refuse(d, VERDICT_OUTBOX_FULL)
               : decide_keep_waiting(d, home, &d->command->transaction_id);
}

/* Another brand's member: the points are its liability, and we owe it their price, or have paid it
 * with a block. */
static enum err earn_given(struct decision *d, const struct card_route *route, struct points points)
{
    const struct partner_id *home = &route->home->id;
    struct sale sale = sale_of_earn(d, home, SALE_GIVEN, points);
    sale.card = route->card;
    fix_end(&sale);
    TRY(prepaid_draw(d, home, &sale));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    struct clearing_entry entry = {
        .kind = ENTRY_EARN,
        .card = sale.card,
        .points = points,
        .tariff = sale.lot.tariff,
        .active_from = sale.lot.active_from,
        .expires_at = sale.lot.expires_at,
        .promotion = sale.promotion,
        .subject = sale.block,
    };
    bool is_drawn = !uid_is_nil(&sale.block); /* it owes nothing more: it need not wait */
    if (!is_drawn) {
        TRY(decide_must_wait(d, home, entry.tariff, points, &sale.is_waiting));
    }
    if (sale.is_waiting) {
        TRY(keep_waiting(d, home));
    } else if (points.minor > 0) {
        TRY(decide_send(d, home, &entry, ACCOUNT_ISSUED, ACCOUNT_PAYABLE));
    }
    if (points.minor > 0 && !is_drawn && !sale.is_waiting && !decision_is_refused(d)) {
        TRY(decide_within_cap(d, home, STREAM_OUT));
    }
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    decide_put_sale(d, &d->command->transaction_id, &sale);
    d->plan->answer.home = *home;
    d->plan->answer.points = points;
    return ERR_OK;
}

/* Another brand's card, or one of ours whose member moved, or one of a brand that has left since
 * its member moved. */
static enum err earn_by_route(struct decision *d, struct points points)
{
    struct card_route route;
    TRY(ledger_route_card(d->view, d->terms->roster, &d->command->earn.card, &route));
    if (route.home == NULL) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    if (route.is_blocked) {
        return decide_refuse(d, VERDICT_CARD_BLOCKED);
    }
    if (roster_is_self(d->terms->roster, &route.home->id)) {
        return earn_own(d, &route.card, points);
    }
    return roster_is_leaving(d->terms->roster, &route.home->id)
               ? decide_refuse(d, VERDICT_PARTNER_LEFT)
               : earn_given(d, &route, points);
}

/* An id that is forgotten must not replace the sale that it made. */
static enum err refuse_known_sale(struct decision *d)
{
    struct sale known;
    enum err err =
        ledger_get_sale(d->view, &d->terms->roster->self, &d->command->transaction_id, &known);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_SALE_EXISTS);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err give(struct decision *d, struct points points)
{
    const struct command_earn *earn = &d->command->earn;
    const struct roster_partner *home = roster_home_of(d->terms->roster, &earn->card);
    bool is_own = home != NULL && roster_is_self(d->terms->roster, &home->id);
    if (earn->card.digits[0] == '\0' || is_own) {
        TRY(earn_own(d, &earn->card, points));
        if (d->plan->verdict != VERDICT_CARD_MOVED) {
            return ERR_OK;
        }
        plan_reset(d->plan);
    }
    return earn_by_route(d, points);
}

enum err decide_earn(struct decision *d)
{
    const struct command_earn *earn = &d->command->earn;
    struct points points;
    TRY(refuse_known_sale(d));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (earn->is_fixed && earn->fixed_points.minor < 0) {
        return decide_refuse(d, VERDICT_POINTS_NOT_POSITIVE);
    }
    if (earned_points(earn, &points) != ERR_OK || points.minor > LIMIT_POINTS_PER_COMMAND) {
        return decide_refuse(d, VERDICT_POINTS_TOO_LARGE);
    }
    if (earn->amount.minor < 0) {
        return decide_refuse(d, VERDICT_AMOUNT_NEGATIVE);
    }
    TRY(give(d, points));
    return decision_is_refused(d) || earn->promotion == 0
               ? ERR_OK
               : promotion_give(d, earn->promotion, points);
}

/* What a purchase of which `left` of the amount remains still deserves: what the rules gave for the
 * lines that remain; else the same rate on what was kept, or of points given by hand the same
 * share, rounded down. */
static enum err points_kept(const struct command_return_sale *request, const struct sale *sale,
                            struct money left, struct points *out_kept)
{
    if (request->is_by_line) {
        *out_kept = request->kept;
        return ERR_OK;
    }
    if (sale->amount.minor == 0) {
        *out_kept = points_of(0);
        return ERR_OK;
    }
    if (sale->is_fixed) {
        return int64_mul_div(sale->points.minor, left.minor, sale->amount.minor, ROUNDING_DOWN,
                             &out_kept->minor);
    }
    return earn_rate_points(&sale->rate, left, out_kept);
}

/* Finds the sale and settles how much of it returns. May refuse. */
static enum err returned_sale(struct decision *d, struct sale *sale, struct money *out_amount)
{
    const struct command_return_sale *request = &d->command->return_sale;
    if (request->amount.minor < 0) {
        return decide_refuse(d, VERDICT_AMOUNT_NEGATIVE);
    }
    enum err err = ledger_get_sale(d->view, &d->terms->roster->self, &request->sale, sale);
    if (err == ERR_NOT_FOUND ||
        (err == ERR_OK && (sale->role == SALE_ADVISED || sale->is_reversed))) {
        return decide_refuse_unknown(d, VERDICT_SALE_UNKNOWN);
    }
    TRY(err);
    if (sale->role == SALE_GIVEN) { /* more of it may come back */
        TRY(decide_await_partner(d, &sale->home));
    }
    int64_t left = sale->amount.minor - sale->returned.minor;
    /* Of a sale without an amount the points are the measure; without both, nothing is. A line that
     * cost nothing may come back when all money, or all points, have. */
    bool is_measured = !request->is_by_line;
    bool is_over =
        sale->amount.minor > 0
            ? left == 0 && is_measured
            : sale->points.minor > 0 && sale->taken.minor == sale->points.minor && is_measured;
    bool is_kept_wrong = request->is_by_line &&
                         (request->kept.minor < 0 || request->kept.minor > sale->points.minor);
    if (request->amount.minor > left || is_over || is_kept_wrong) {
        return decide_refuse(d, VERDICT_RETURN_EXCEEDS_SALE);
    }
    bool is_all = request->amount.minor == 0 && !request->is_by_line;
    *out_amount = is_all ? money_of(left) : request->amount;
    return ERR_OK;
}

static enum err take_back(struct decision *d, struct sale *sale, struct points points)
{
    if (sale->role == SALE_GIVEN) {
        struct clearing_entry entry = {.kind = ENTRY_EARN_RETURN,
                                       .card = sale->card,
                                       .points = points,
                                       .tariff = sale->lot.tariff,
                                       .subject = d->command->return_sale.sale};
        if (points.minor == 0 || sale->is_waiting) {
            return ERR_OK;
        }
        TRY(decide_send(d, &sale->home, &entry, ACCOUNT_PAYABLE, ACCOUNT_ISSUED));
        return decision_is_refused(d)
                   ? ERR_OK
                   : prepaid_change(d, &sale->home, &sale->issuer, &sale->block, points.minor);
    }
    struct member_work work;
    TRY(work_begin(d, &sale->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_take(d, &work, &issued, &sale->lot, points));
    work_end(d, &work);
    return ERR_OK;
}

enum err decide_return_sale(struct decision *d)
{
    struct sale sale;
    struct money amount = money_of(0);
    struct points kept;
    TRY(returned_sale(d, &sale, &amount));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(money_add(sale.returned, amount, &sale.returned));
    TRY(points_kept(&d->command->return_sale, &sale,
                    money_of(sale.amount.minor - sale.returned.minor), &kept));
    int64_t due = sale.points.minor - sale.taken.minor - kept.minor;
    struct points points = points_of(due > 0 ? due : 0);
    TRY(take_back(d, &sale, points));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(points_add(sale.taken, points, &sale.taken));
    TRY(promotion_take_back(d, &sale, &d->command->return_sale.sale, points.minor));
    decide_put_sale(d, &d->command->return_sale.sale, &sale);
    d->plan->answer.home = sale.home;
    d->plan->answer.points = points;
    d->plan->answer.amount = amount;
    return ERR_OK;
}
