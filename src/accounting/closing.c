#include "accounting/closing.h"

void closing_init(struct closing *closing, const struct partner_id *self,
                  const struct liability_terms *terms, struct unix_ms from, struct unix_ms to)
{
    *closing = (struct closing){.self = *self, .terms = terms, .from = from, .to = to};
}

void closing_fini(struct closing *closing)
{
    cohorts_fini(&closing->then);
    closing->then = (struct cohorts){.rows = NULL};
}

bool closing_is_over(const struct closing *closing)
{
    return closing->to.ms != 0 && closing->done.ms >= closing->to.ms;
}

static struct unix_ms month_end(struct unix_ms time)
{
    return period_start(period_next(period_of(time)));
}

/* The soonest end behind the last one. */
static struct unix_ms next_end(const struct closing *closing)
{
    struct unix_ms end = month_end(closing->done);
    const struct unix_ms bounds[] = {closing->from, closing->to};
    for (size_t i = 0; i < 2; i++) {
        if (bounds[i].ms > closing->done.ms && bounds[i].ms < end.ms) {
            end = bounds[i];
        }
    }
    return end;
}

static enum err post_moved(const struct deferral_move *moved, struct unix_ms at,
                           struct settling *settling)
{
    struct book_entry about = {.at = at, .period = period_of(at)};
    TRY(settling_post(settling, POSTING_REVENUE_DEFERRED, &about, moved->added));
    TRY(settling_post(settling, POSTING_REVENUE_RECOGNISED, &about, moved->recognised));
    return settling_post(settling, POSTING_BREAKAGE_ESTIMATED, &about, moved->estimate);
}

static enum err reach_end(struct closing *closing, const struct cohorts *cohorts,
                          struct unix_ms end, struct settling *settling)
{
    bool is_first = closing->then.count == 0; /* with the estimate of its own end */
    struct unix_ms at = {end.ms - 1};
    struct deferral_move moved;
    struct cohorts copy;
    if (end.ms > closing->from.ms) {
        TRY(deferral_moved(&closing->then, is_first ? at : (struct unix_ms){closing->done.ms - 1},
                           cohorts, at, &closing->self, closing->terms, &moved));
        TRY(post_moved(&moved, at, settling));
    }
    TRY(cohorts_copy(cohorts, &copy));
    cohorts_fini(&closing->then);
    closing->then = copy;
    closing->done = end;
    return ERR_OK;
}

enum err closing_reach(struct closing *closing, const struct cohorts *cohorts, struct unix_ms now,
                       struct settling *settling)
{
    if (closing->done.ms == 0) { /* months before the first row have nothing to post */
        closing->done = period_start(period_of(now));
    }
    for (struct unix_ms end = next_end(closing); end.ms <= now.ms && !closing_is_over(closing);
         end = next_end(closing)) {
        TRY(reach_end(closing, cohorts, end, settling));
    }
    return ERR_OK;
}
