/* Who brought a member, and the events that this raises for who did, as numbers of standings.
 *
 * An occasion's rules may give an event to who brought the member. The occasion's own record then
 * says so in numbers of an owner of the event's own (OWNER_RAISED); the event is judged as an
 * occasion of its own, and its record takes these numbers away. So it takes place exactly once,
 * whenever the node ends in between, and what is still to be judged can be looked up.
 *
 * Pure; any thread.
 */
#ifndef LEDGER_REFERRAL_H
#define LEDGER_REFERRAL_H

#include "ledger/standings.h"

/* Nil: nobody is known to have. The id as it was said, which may have been merged or erased. */
struct uid referral_of(const struct standing *standing);

#define REFERRAL_STEPS 2u
/* What writes it down where nobody was known: up to REFERRAL_STEPS steps. Gives how many. */
size_t referral_steps(const struct uid *referrer, struct standing_step *out_steps);

/* An event that is still to be judged. */
struct raised_event {
    struct uid referrer; /* whose it is */
    uint32_t programme;  /* the version whose rule raised it, by its number; 0: config's */
    uint16_t rule;       /* by place in its text */
    unsigned depth;      /* how many events before it were raised by each other; 1 or more */
    struct unix_ms time; /* of the occasion */
    struct unix_ms raised_at;
};

#define RAISED_STEPS 7u
/* Steps that write it down, or that take it away; up to RAISED_STEPS. Gives how many. */
size_t raised_steps(const struct raised_event *event, bool is_over,
                    struct standing_step *out_steps);
/* False: there is none, or no whole one. */
bool raised_read(const struct standing *standing, struct raised_event *out_event);

#endif
