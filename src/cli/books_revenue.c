/* Deferred revenue: how it moved from month to month, told to the core (accounting/closing.h). */
#include "cli/books.h"

enum err books_revenue_open(struct books_revenue *revenue, const struct books_terms *books,
                            struct unix_ms from, struct unix_ms to)
{
    books_lots_init(&revenue->lots, books);
    closing_init(&revenue->closing, &books->self, &revenue->terms, from, to);
    return books_terms_liability(books, &revenue->terms);
}

void books_revenue_fini(struct books_revenue *revenue)
{
    books_lots_fini(&revenue->lots);
    closing_fini(&revenue->closing);
}

static enum err reach(struct books_revenue *revenue, struct unix_ms now, struct settling *settling,
                      struct note *note)
{
    enum err err = closing_reach(&revenue->closing, &revenue->lots.ages.cohorts, now, settling);
    return err == ERR_INPUT
               ? note_set(note, err, "points are under a tariff that this charter does not have")
               : err;
}

enum err books_revenue_add(struct books_revenue *revenue, const Talea__V1__Event *event,
                           struct settling *settling, struct note *note)
{
    if (event->n_lots == 0) {
        return ERR_OK;
    }
    TRY(reach(revenue, (struct unix_ms){event->recorded_unix_ms}, settling, note));
    return closing_is_over(&revenue->closing) ? ERR_OK
                                              : books_lots_add(&revenue->lots, event, note);
}

enum err books_revenue_finish(struct books_revenue *revenue, struct unix_ms now,
                              struct settling *settling, struct note *note)
{
    bool has_points = revenue->lots.ages.cohorts.count > 0;
    return has_points ? reach(revenue, now, settling, note) : ERR_OK;
}
