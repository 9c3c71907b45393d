/* Offers to single members, and the campaigns that they are given in. Pure; any thread.
 *
 * That a member has an offer is a number of its standing, as a tier is: the day on which it is
 * over. That it is in a campaign, with offers or in its control group, is another one. An offer may
 * bring a code of a coupon besides, which is issued to the member.
 */
#ifndef PROGRAMME_OFFER_H
#define PROGRAMME_OFFER_H

#include "programme/rules.h"

/* ERR_INPUT with a note that names the offer or campaign: too many, numbers out of their bounds, a
 * metric that is not of METRIC_UNTIL or another offer's, goods, segments, a campaign or a coupon
 * whose codes are issued that there are not. */
MUST_USE enum err offers_check(const struct rules_text *text, struct note *note);

/* Where the standing has the day on which a member's offer is over; bucket 0. */
uint64_t offer_slot(const struct rules *rules, size_t offer);
/* Where it has that the member is in a campaign; bucket 0. */
uint64_t campaign_slot(const struct campaign *campaign);

/* Since when the member is in it, and whether in its control group, as one number of its standing.
 * `since_ms` is from 1 on. */
int64_t campaign_number(int64_t since_ms, bool is_control);
int64_t campaign_since(int64_t number);
bool campaign_is_control(int64_t number);

/* Does the rule ask for the offer, or for a code that comes with it? */
bool rule_is_offered(const struct rule *rule, const struct offer *offer);
/* Is a line of these sets about the offer? */
bool offer_is_about(const struct offer *offer, const struct goods_list *list);

#endif
