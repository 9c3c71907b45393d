/* How a charter's calendar goes from epoch to epoch. */
#ifndef CHARTER_CHARTER_CALENDAR_H
#define CHARTER_CHARTER_CALENDAR_H

#include "clearing/period_calendar.h"

/* The calendar of an epoch after `before`, in which this rule is to hold from its day on; without
 * one from the day after `valid_from`. It takes the place of changes that would come later. A rule
 * that says what `before` says at last changes nothing. ERR_RANGE with a note when there were too
 * many changes. */
MUST_USE enum err charter_calendar_change(const struct period_calendar *before,
                                          const struct period_rule *rule, struct unix_ms valid_from,
                                          struct period_calendar *out_calendar, struct note *note);
/* Up to the day of `valid_from` nothing may be otherwise than before: nodes are in these periods.
 * ERR_CONFLICT with a note. */
MUST_USE enum err charter_calendar_follows(const struct period_calendar *calendar,
                                           const struct period_calendar *before,
                                           struct unix_ms valid_from, struct note *note);

#endif
