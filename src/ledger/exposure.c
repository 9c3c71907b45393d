/* What is owed and not settled with a partner, kept with every command that changes it. */
#include "base/mutant.h"
#include "ledger/decision.h"

static enum err open_exposure(struct decision *d, const struct partner_id *partner,
                              struct exposure_work **out_work)
{
    size_t i = 0;
    while (i < d->exposure_count && !partner_id_equal(&d->exposures[i].partner, partner)) {
        i++;
    }
    ASSERT(i < EXPOSURES_OPEN);
    struct exposure_work *work = &d->exposures[i];
    if (i == d->exposure_count) {
        TRY(ledger_get_exposure(d->view, partner, &work->value));
        work->partner = *partner;
        work->is_changed = false;
        d->exposure_count++;
    }
    *out_work = work;
    return ERR_OK;
}

enum err decide_owe(struct decision *d, const struct partner_id *partner,
                    enum stream_direction direction, enum entry_kind kind, uint32_t tariff,
                    struct period period, int64_t points)
{
    struct exposure_work *work;
    TRY(open_exposure(d, partner, &work));
    const struct roster *roster = d->terms->roster;
    TRY(period.code == 0
            ? exposure_add(&work->value, roster, direction, kind, tariff, points)
            : exposure_add_entry(&work->value, roster, direction, kind, tariff, period, points));
    work->is_changed = true;
    return ERR_OK;
}

enum err decide_promise(struct decision *d, const struct partner_id *redeemer, int64_t points)
{
    if (roster_is_self(d->terms->roster, redeemer) || points == 0) {
        return ERR_OK;
    }
    struct exposure_work *work;
    TRY(open_exposure(d, redeemer, &work));
    struct points *promised = &work->value.promised;
    TRY(int64_add(promised->minor, points, &promised->minor));
    if (promised->minor < 0) { /* a hold that was granted before promises were counted */
        promised->minor = 0;
    }
    work->is_changed = true;
    return ERR_OK;
}

static const struct period no_period = {0};

/* What one half of a period owed, of one tariff. */
static enum err settle_half(struct decision *d, const struct partner_id *partner,
                            struct period period, enum stream_direction direction, uint32_t tariff)
{
    for (int kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
        struct entry_total total;
        struct entry_total suspended;
        TRY(ledger_get_total(d->view, direction, partner, period, (enum entry_kind)kind, tariff,
                             &total));
        TRY(ledger_get_suspended(d->view, direction, partner, period, (enum entry_kind)kind, tariff,
                                 &suspended));
        TRY(decide_owe(d, partner, direction, (enum entry_kind)kind, tariff, no_period,
                       suspended.points - total.points));
    }
    return ERR_OK;
}

enum err decide_settled(struct decision *d, const struct partner_id *partner, struct period period)
{
    const struct roster *roster = d->terms->roster;
    for (size_t i = 0; i < roster->tariff_count && !MUTANT(OWE_FOR_EVER); i++) {
        TRY(settle_half(d, partner, period, STREAM_OUT, roster->tariffs[i].id));
        TRY(settle_half(d, partner, period, STREAM_IN, roster->tariffs[i].id));
    }
    struct exposure_work *work;
    TRY(open_exposure(d, partner, &work));
    exposure_settle_minimums(&work->value, period);
    work->is_changed = true;
    return ERR_OK;
}

enum err decide_is_beyond_cap(struct decision *d, const struct partner_id *partner,
                              enum stream_direction debtor, bool *out_is_beyond)
{
    const struct roster *roster = d->terms->roster;
    struct exposure_work *work;
    TRY(open_exposure(d, partner, &work));
    struct money owed = debtor == STREAM_OUT && !MUTANT(CAP_WITHOUT_PROMISES)
                            ? exposure_at_stake(&work->value, roster, partner, d->now)
                            : exposure_owed(&work->value, roster);
    if (debtor == STREAM_IN) {
        if (MUTANT(CAP_BY_DEBTOR_ALONE)) {
            *out_is_beyond = false;
            return ERR_OK;
        }
        owed.minor = owed.minor == INT64_MIN ? INT64_MAX : -owed.minor;
    }
    *out_is_beyond = cap_is_exceeded(roster, owed);
    return ERR_OK;
}

enum err decide_within_cap(struct decision *d, const struct partner_id *partner,
                           enum stream_direction debtor)
{
    bool is_beyond;
    TRY(decide_is_beyond_cap(d, partner, debtor, &is_beyond));
    return is_beyond ? decide_refuse(d, VERDICT_NET_DEBIT_CAP) : ERR_OK;
}

void decide_put_exposures(struct decision *d)
{
    for (size_t i = 0; i < d->exposure_count; i++) {
        const struct exposure_work *work = &d->exposures[i];
        struct ledger_key key;
        if (work->is_changed) {
            key_exposure(&work->partner, &key);
            buffer_clear(&d->plan->scratch);
            exposure_encode(&work->value, &d->plan->scratch);
            plan_row(d->plan, TABLE_EXPOSURE, &key, buffer_slice(&d->plan->scratch));
        }
    }
}
