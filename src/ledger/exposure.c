/* What is owed and not settled with a partner, kept with every command that changes it. */
#include "ledger/decision.h"

static enum err open_exposure(struct decision *d, const struct partner_id *partner)
{
    struct exposure_work *work = &d->exposure;
    if (!work->is_open) {
        TRY(ledger_get_exposure(d->view, partner, &work->value));
        work->partner = *partner;
        work->is_open = true;
        work->is_changed = false;
    }
    ASSERT(partner_id_equal(&work->partner, partner));
    return ERR_OK;
}

enum err decide_owe(struct decision *d, const struct partner_id *partner,
                    enum stream_direction direction, enum entry_kind kind, uint32_t tariff,
                    int64_t points)
{
    TRY(open_exposure(d, partner));
    TRY(exposure_add(&d->exposure.value, d->terms->roster, direction, kind, tariff, points));
    d->exposure.is_changed = true;
    return ERR_OK;
}

enum err decide_promise(struct decision *d, const struct partner_id *redeemer, int64_t points)
{
    if (roster_is_self(d->terms->roster, redeemer) || points == 0) {
        return ERR_OK;
    }
    TRY(open_exposure(d, redeemer));
    struct points *promised = &d->exposure.value.promised;
    TRY(int64_add(promised->minor, points, &promised->minor));
    if (promised->minor < 0) { /* a hold that was granted before promises were counted */
        promised->minor = 0;
    }
    d->exposure.is_changed = true;
    return ERR_OK;
}

/* What one half of a period owed, of one tariff. */
static enum err settle_half(struct decision *d, const struct partner_id *partner,
                            struct period period, enum stream_direction direction, uint32_t tariff)
{
    for (int kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
        struct entry_total total;
        TRY(ledger_get_total(d->view, direction, partner, period, (enum entry_kind)kind, tariff,
                             &total));
        TRY(decide_owe(d, partner, direction, (enum entry_kind)kind, tariff, -total.points));
    }
    return ERR_OK;
}

enum err decide_settled(struct decision *d, const struct partner_id *partner, struct period period)
{
    const struct roster *roster = d->terms->roster;
    for (size_t i = 0; i < roster->tariff_count; i++) {
        TRY(settle_half(d, partner, period, STREAM_OUT, roster->tariffs[i].id));
        TRY(settle_half(d, partner, period, STREAM_IN, roster->tariffs[i].id));
    }
    return ERR_OK;
}

enum err decide_within_cap(struct decision *d, const struct partner_id *partner,
                           enum stream_direction debtor)
{
    const struct roster *roster = d->terms->roster;
    TRY(open_exposure(d, partner));
    struct money owed = debtor == STREAM_OUT ? exposure_at_stake(&d->exposure.value, roster)
                                             : exposure_owed(&d->exposure.value, roster);
    if (debtor == STREAM_IN) {
        owed.minor = owed.minor == INT64_MIN ? INT64_MAX : -owed.minor;
    }
    return cap_is_exceeded(roster, owed) ? decide_refuse(d, VERDICT_NET_DEBIT_CAP) : ERR_OK;
}

void decide_put_exposure(struct decision *d)
{
    struct ledger_key key;
    if (!d->exposure.is_open || !d->exposure.is_changed) {
        return;
    }
    key_exposure(&d->exposure.partner, &key);
    buffer_clear(&d->plan->scratch);
    exposure_encode(&d->exposure.value, &d->plan->scratch);
    plan_row(d->plan, TABLE_EXPOSURE, &key, buffer_slice(&d->plan->scratch));
}
