/* Points that several brands pay for (clearing/promotion.h): the shop's brand tells each of the
 * others of its share with the purchase, and gives it back with what returns or was refused. Both
 * keep what was given so far, so that nobody pays beyond the budget. A share that a payer refuses
 * is the shop's own to bear. What can't be told at once is told when the stream goes on. */
#include "ledger/decision.h"

enum {
    SHARE_RETRY_MS = 60000
};

/* ---- Rows ---- */

static const struct partner_id nobody = {{0}};

/* At the shop's brand all that was given, and what each payer was told of it; at a payer's its own
 * share. */
static enum err get_used(const struct decision *d, uint32_t promotion, struct points *out_used)
{
    return ledger_get_promotion(d->view, promotion, &nobody, &out_used->minor);
}

static void put_points(struct decision *d, enum ledger_table table, uint32_t promotion,
                       const struct partner_id *payer, int64_t points)
{
    struct ledger_key key;
    key_promotion(promotion, payer, &key);
    if (points == 0) {
        plan_delete(d->plan, table, &key);
        return;
    }
    buffer_clear(&d->plan->scratch);
    funding_encode(points, &d->plan->scratch);
    plan_row(d->plan, table, &key, buffer_slice(&d->plan->scratch));
}

static void put_row(struct decision *d, uint32_t promotion, const struct partner_id *payer,
                    struct points used)
{
    put_points(d, TABLE_PROMOTION, promotion, payer, used.minor);
}

static void put_used(struct decision *d, uint32_t promotion, struct points used)
{
    put_row(d, promotion, &nobody, used);
}

/* ---- The shop ---- */

/* What a share is told of: the purchase, and when it was, by which it has its price. */
struct share_cause {
    const struct uid *sale;
    struct unix_ms sold_at;
};

static enum err tell_part(struct decision *d, const struct promotion *promotion, size_t index,
                          int64_t points, const struct share_cause *cause, struct stream *stream)
{
    const struct roster *roster = d->terms->roster;
    const struct partner_id *partner = &promotion->parts[index].partner;
    bool gives = points > 0;
    struct clearing_entry entry = {
        .kind = gives ? ENTRY_PROMOTION : ENTRY_PROMOTION_RETURN,
        .points = points_of(gives ? points : -points),
        .tariff = roster_tariff_for(roster, &roster->self, partner, cause->sold_at)->id,
        .subject = *cause->sale,
        .promotion = promotion->id,
        .business_time = gives ? cause->sold_at : d->command->business_time,
        .transaction_id = d->command->transaction_id};
    TRY(plan_entry(d->plan, d->terms, partner, stream, &entry));
    return decide_owe(d, partner, STREAM_OUT, entry.kind, entry.tariff, stream->period,
                      entry.points.minor);
}

/* What is due of a payer names the promotion alone. */
static struct uid due_id_of(uint32_t promotion)
{
    struct uid id = {{0}};
    for (unsigned i = 0; i < 4; i++) {
        id.bytes[sizeof id.bytes - 1 - i] = (uint8_t)(promotion >> (8 * i));
    }
    return id;
}

static uint32_t promotion_of_due(const struct uid *id)
{
    uint32_t promotion = 0;
    for (unsigned i = 4; i > 0; i--) {
        promotion = promotion << 8 | id->bytes[sizeof id->bytes - i];
    }
    return promotion;
}

/* At a whole minute, so that whatever can't be told meanwhile makes one row. */
static void expect_share(struct decision *d, uint32_t promotion, const struct partner_id *payer)
{
    struct unix_ms time = {(d->now.ms / SHARE_RETRY_MS + 2) * SHARE_RETRY_MS};
    struct uid id = due_id_of(promotion);
    struct ledger_key key;
    key_due(time, DUE_FUNDING, payer, &id, &key);
    plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
}

/* A part's share becomes that of what is given now, as soon as its stream goes on. */
static enum err tell_share(struct decision *d, const struct promotion *promotion, size_t index,
                           struct points given, const struct share_cause *cause)
{
    const struct partner_id *payer = &promotion->parts[index].partner;
    struct points share = promotion_share(promotion, index, given);
    struct points told;
    struct stream *stream;
    if (roster_is_self(d->terms->roster, payer)) {
        return ERR_OK;
    }
    TRY(ledger_get_promotion(d->view, promotion->id, payer, &told.minor));
    TRY(decide_out_stream(d, payer, &stream));
    if (share.minor == told.minor || decide_is_after_end(d, payer, stream->period)) {
        return ERR_OK;
    }
    if (!decide_may_send(d, payer, stream)) {
        expect_share(d, promotion->id, payer);
        return ERR_OK;
    }
    put_row(d, promotion->id, payer, share);
    return tell_part(d, promotion, index, share.minor - told.minor, cause, stream);
}

static enum err use(struct decision *d, const struct promotion *promotion, int64_t points,
                    const struct share_cause *cause)
{
    struct points before;
    struct points after;
    TRY(get_used(d, promotion->id, &before));
    TRY(int64_add(before.minor, points, &after.minor));
    if (after.minor < 0) { /* of a ledger that was restored from before it was given */
        after.minor = 0;
    }
    put_used(d, promotion->id, after);
    for (size_t i = 0; i < promotion->part_count; i++) {
        TRY(tell_share(d, promotion, i, after, cause));
    }
    return ERR_OK;
}

enum err promotion_give(struct decision *d, uint32_t id, struct points points)
{
    const struct roster *roster = d->terms->roster;
    const struct promotion *promotion = roster_promotion(roster, id);
    struct points used;
    if (promotion == NULL ||
        !promotion_holds(promotion, &roster->self, d->command->business_time)) {
        return decide_refuse(d, VERDICT_PROMOTION_NOT_IN_FORCE);
    }
    TRY(get_used(d, id, &used));
    if (points.minor > promotion->per_purchase.minor ||
        points.minor > promotion->budget.minor - used.minor) {
        return decide_refuse(d, VERDICT_PROMOTION_EXHAUSTED);
    }
    for (size_t i = 0; i < promotion->part_count; i++) {
        const struct partner_id *partner = &promotion->parts[i].partner;
        struct stream *stream;
        if (roster_is_self(roster, partner)) {
            continue;
        }
        TRY(decide_out_stream(d, partner, &stream));
        if (stream->is_recovering) {
            return ERR_UNAVAILABLE;
        }
        if (!decide_may_send(d, partner, stream)) {
            return decide_refuse(d,
                                 stream->is_frozen ? VERDICT_STREAM_FROZEN : VERDICT_PARTNER_LEFT);
        }
        if (!decide_has_room(d, stream, ENTRY_EARN)) {
            return decide_refuse(d, VERDICT_OUTBOX_FULL);
        }
    }
    const struct share_cause cause = {&d->command->transaction_id, d->command->business_time};
    return use(d, promotion, points.minor, &cause);
}

enum err promotion_take_back(struct decision *d, const struct sale *sale, const struct uid *id,
                             int64_t points)
{
    const struct promotion *promotion = roster_promotion(d->terms->roster, sale->promotion);
    const struct share_cause cause = {id, sale->business_time};
    return promotion == NULL || points == 0 ? ERR_OK : use(d, promotion, -points, &cause);
}

enum err promotion_share_due(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    const struct promotion *promotion =
        roster_promotion(d->terms->roster, promotion_of_due(&due->id));
    struct points used;
    struct ledger_key key;
    key_due(due->due, DUE_FUNDING, &due->redeemer, &due->id, &key);
    plan_delete(d->plan, TABLE_DUE, &key);
    size_t part = promotion == NULL ? 0 : promotion_part_of(promotion, &due->redeemer);
    if (promotion == NULL || part == promotion->part_count) {
        return ERR_OK;
    }
    int64_t last_ms = promotion->valid_until.ms - 1;
    const struct share_cause cause = {&due->id, {d->now.ms < last_ms ? d->now.ms : last_ms}};
    TRY(get_used(d, promotion->id, &used));
    return tell_share(d, promotion, part, used, &cause);
}

/* What it does not pay of what it was told; an entry that is trimmed is not looked for. */
enum err promotion_refused(struct decision *d, const struct partner_id *payer,
                           const struct receipted_entry *entry)
{
    struct clearing_entry sent;
    int64_t points;
    enum err err = decide_find_sent(d, payer, entry->number, &sent);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && sent.promotion == 0)) {
        return ERR_OK;
    }
    TRY(err);
    TRY(ledger_get_promotion_refused(d->view, sent.promotion, payer, &points));
    int64_t change = sent.kind == ENTRY_PROMOTION ? sent.points.minor : -sent.points.minor;
    TRY(int64_add(points, change, &points));
    put_points(d, TABLE_PROMOTION_REFUSED, sent.promotion, payer, points);
    return ERR_OK;
}

static int64_t at_least_zero(int64_t points)
{
    return points < 0 ? 0 : points;
}

enum err promotion_given_again(struct decision *d, uint32_t id, int64_t points)
{
    struct points used;
    if (id == 0 || points == 0) {
        return ERR_OK;
    }
    TRY(get_used(d, id, &used));
    TRY(int64_add(used.minor, points, &used.minor));
    put_used(d, id, points_of(at_least_zero(used.minor)));
    return ERR_OK;
}

enum err promotion_told_again(struct decision *d, const struct partner_id *payer,
                              const struct clearing_entry *entry)
{
    bool gives = entry->kind == ENTRY_PROMOTION;
    int64_t told;
    TRY(ledger_get_promotion(d->view, entry->promotion, payer, &told));
    TRY(int64_add(told, gives ? entry->points.minor : -entry->points.minor, &told));
    put_row(d, entry->promotion, payer, points_of(at_least_zero(told)));
    return ERR_OK;
}

/* ---- The others ---- */

enum err take_promotion(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    const struct roster *roster = d->terms->roster;
    const struct promotion *promotion = roster_promotion(roster, entry->promotion);
    size_t part = promotion == NULL ? 0 : promotion_part_of(promotion, &roster->self);
    struct points used;
    if (promotion == NULL || part == promotion->part_count ||
        !partner_id_equal(&promotion->shop, &take->sender)) {
        return decide_refuse(d, VERDICT_PROMOTION_NOT_IN_FORCE);
    }
    TRY(get_used(d, promotion->id, &used));
    if (entry->kind != ENTRY_PROMOTION) {
        if (entry->points.minor > used.minor) {
            return decide_refuse(d, VERDICT_NOT_AGREED);
        }
        put_used(d, promotion->id, points_of(used.minor - entry->points.minor));
        return ERR_OK;
    }
    /* A return comes when it comes; what is given is of the promotion's time. */
    if (!promotion_holds(promotion, &take->sender, entry->business_time)) {
        return decide_refuse(d, VERDICT_PROMOTION_NOT_IN_FORCE);
    }
    int64_t left = promotion_share(promotion, part, promotion->budget).minor - used.minor;
    if (entry->points.minor > promotion->per_purchase.minor || entry->points.minor > left) {
        return decide_refuse(d, VERDICT_PROMOTION_EXHAUSTED);
    }
    put_used(d, promotion->id, points_of(used.minor + entry->points.minor));
    return ERR_OK;
}

enum err force_promotion(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    struct points used;
    TRY(get_used(d, entry->promotion, &used));
    bool gives = entry->kind == ENTRY_PROMOTION;
    TRY(int64_add(used.minor, gives ? entry->points.minor : -entry->points.minor, &used.minor));
    put_used(d, entry->promotion, used.minor < 0 ? points_of(0) : used);
    return ERR_OK;
}
