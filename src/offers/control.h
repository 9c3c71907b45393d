/* Who gets nothing of a campaign, so that what it does is seen against them. Pure; any thread.
 *
 * A hash of the member, keyed by the campaign's name and seed: the same members whenever it is
 * asked, others in another campaign, and nothing that the member or what it bought has to do with.
 */
#ifndef OFFERS_CONTROL_H
#define OFFERS_CONTROL_H

#include "programme/rules.h"

/* `member` is the text that names it wherever offers are chosen and given. */
bool is_in_control(const struct campaign *campaign, struct slice member);

#endif
