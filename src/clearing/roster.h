/* Who belongs to the coalition, as far as points are concerned: ids, card prefixes, prices. Made
 * from a verified charter; immutable; shared between threads by reference.
 */
#ifndef CLEARING_ROSTER_H
#define CLEARING_ROSTER_H

#include "clearing/period_calendar.h"
#include "clearing/promotion.h"
#include "clearing/tariff.h"

struct roster_partner {
    struct partner_id id;
    struct card_prefix prefix;
    struct period first_period; /* streams with it begin no sooner; 0: as the roster says */
    struct period last_period;  /* it leaves: streams with it end with this; 0: it stays */
};

struct roster {
    struct partner_id self;
    uint64_t epoch;
    struct period first_period;      /* of self: streams begin here, or in the partner's */
    struct roster_partner *partners; /* sorted by id, self included */
    size_t partner_count;
    struct tariff *tariffs; /* sorted by id; one at least is everybody's from the beginning */
    size_t tariff_count;
    struct promotion *promotions; /* sorted by id */
    size_t promotion_count;
    struct money net_debit_cap; /* what a pair may owe before new debt is refused; 0: no cap */
    bool waits_at_cap;          /* then it waits for room instead */
    uint32_t dispute_answer_s;  /* how long a side may be silent; 0: DISPUTE_TERM_S */
    uint32_t dispute_escalate_s;
    struct period_calendar calendar;
};

#define DISPUTE_TERM_S (14u * 24 * 60 * 60)

/* How long a dispute waits for an answer, and a rejected one for its opener. */
int64_t roster_dispute_answer_ms(const struct roster *roster);
int64_t roster_dispute_escalate_ms(const struct roster *roster);

/* Sorts and checks: no id, prefix, tariff or promotion twice, no prefix that begins another, self
 * present, at least one tariff for everybody from the beginning on, each sound. The note says what
 * is wrong. */
MUST_USE enum err roster_prepare(struct roster *roster, struct note *note);

/* NULL when there is none. */
const struct roster_partner *roster_find(const struct roster *roster,
                                         const struct partner_id *partner);
/* The card's home by its prefix; NULL when no partner has it. */
const struct roster_partner *roster_home_of(const struct roster *roster,
                                            const struct card_number *card);
const struct tariff *roster_tariff(const struct roster *roster, uint32_t tariff);
const struct promotion *roster_promotion(const struct roster *roster, uint32_t promotion);
/* What an entry between these two comes under that happened then: the pair's own tariff before
 * everybody's, of these the one that began last, of these the one with the lowest id. There always
 * is one. Blocks' tariffs are never it: what draws from a block names it. */
const struct tariff *roster_tariff_for(const struct roster *roster, const struct partner_id *one,
                                       const struct partner_id *other, struct unix_ms time);
/* May an entry of that time come under it? It is for these two and has begun; the one that took its
 * place has not begun longer than LIMIT_TARIFF_GRACE_MS ago: the sender may have learned of it
 * late.
 */
bool roster_tariff_holds(const struct roster *roster, const struct tariff *tariff,
                         const struct partner_id *one, const struct partner_id *other,
                         struct unix_ms time);
/* The period in which the streams with this partner begin: the later one's of the two. */
struct period roster_first_period(const struct roster *roster, const struct partner_id *partner);
/* The last period of the streams with this partner: the earlier one's of the two when one or both
 * leave; 0 when neither does, or the partner is none. */
struct period roster_last_period(const struct roster *roster, const struct partner_id *partner);
/* Does one of the two leave? Then nothing new begins between them. */
bool roster_is_leaving(const struct roster *roster, const struct partner_id *partner);
bool roster_is_self(const struct roster *roster, const struct partner_id *partner);

#endif
