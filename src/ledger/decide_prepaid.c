/* Blocks of points that are paid in advance: a home offers one, a brand that gives points buys it.
 * The rest of a block's life is in prepaid.c. */
#include "ledger/decision.h"

/* Is there something to sell or buy under these terms? May refuse. */
static enum err check_pair(struct decision *d, const struct partner_id *other)
{
    const struct roster *roster = d->terms->roster;
    if (roster_find(roster, other) == NULL || roster_is_self(roster, other)) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    return roster_is_leaving(roster, other) ? decide_refuse(d, VERDICT_PARTNER_LEFT) : ERR_OK;
}

static enum err check_terms(struct decision *d)
{
    const struct block_terms *terms = &d->command->block_of_points.terms;
    const struct roster *roster = d->terms->roster;
    const struct tariff *tariff = roster_tariff(roster, terms->tariff);
    if (points_verdict(terms->points) != VERDICT_OK) {
        return decide_refuse(d, points_verdict(terms->points));
    }
    if (tariff == NULL) {
        return decide_refuse(d, VERDICT_TARIFF_UNKNOWN);
    }
    bool is_for_blocks = tariff_is_prepaid(tariff) &&
                         tariff_is_for(tariff, &terms->seller, &terms->buyer) &&
                         tariff->valid_from.ms <= d->command->business_time.ms;
    if (!is_for_blocks) {
        return decide_refuse(d, VERDICT_TARIFF_NOT_IN_FORCE);
    }
    if (block_check(terms, NULL) != ERR_OK) {
        return decide_refuse(d, VERDICT_BLOCK_TERMS);
    }
    return terms->offered_until.ms < d->now.ms ? decide_refuse(d, VERDICT_BLOCK_EXPIRED) : ERR_OK;
}

/* Is there one with this id? May refuse. */
static enum err check_new(struct decision *d)
{
    const struct block_terms *terms = &d->command->block_of_points.terms;
    struct block_row row;
    enum err err = ledger_get_block(d->view, &terms->seller, &terms->buyer, &terms->id, &row);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_BLOCK_EXISTS);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err check_all(struct decision *d, const struct partner_id *own,
                          const struct partner_id *other)
{
    TRY(check_pair(d, other));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (!roster_is_self(d->terms->roster, own)) {
        return decide_refuse(d, VERDICT_BLOCK_TERMS);
    }
    TRY(check_terms(d));
    return decision_is_refused(d) ? ERR_OK : check_new(d);
}

static enum err open_row(struct decision *d, enum block_state state)
{
    const struct block_terms *terms = &d->command->block_of_points.terms;
    struct block_row row = {.terms = *terms, .state = state, .left = terms->points.minor};
    bool has_room;
    TRY(prepaid_open(d, &row, &has_room));
    if (!has_room) {
        return decide_refuse(d, VERDICT_BLOCK_EXISTS);
    }
    d->plan->answer.points = terms->points;
    return ERR_OK;
}

enum err decide_sell_block(struct decision *d)
{
    const struct block_terms *terms = &d->command->block_of_points.terms;
    TRY(check_all(d, &terms->seller, &terms->buyer));
    return decision_is_refused(d) ? ERR_OK : open_row(d, BLOCK_OFFERED);
}

/* Its price is owed from now on, and settled with the period. */
static enum err send_acceptance(struct decision *d, const struct block_terms *terms)
{
    struct clearing_entry entry = block_entry(terms);
    struct stream *stream;
    TRY(decide_open_stream(d, &terms->seller, ENTRY_EARN, &stream));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    entry.business_time = d->command->business_time;
    entry.transaction_id = d->command->transaction_id;
    TRY(plan_entry(d->plan, d->terms, &terms->seller, stream, &entry));
    TRY(decide_owe(d, &terms->seller, STREAM_OUT, entry.kind, entry.tariff, stream->period,
                   entry.points.minor));
    return decide_within_cap(d, &terms->seller, STREAM_OUT);
}

enum err decide_buy_block(struct decision *d)
{
    const struct block_terms *terms = &d->command->block_of_points.terms;
    TRY(check_all(d, &terms->buyer, &terms->seller));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(open_row(d, BLOCK_BOUGHT));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(send_acceptance(d, terms));
    if (!decision_is_refused(d)) {
        d->plan->answer.home = terms->seller;
    }
    return ERR_OK;
}
