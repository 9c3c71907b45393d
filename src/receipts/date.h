/* Dates as a brand's export writes them.
 *
 * A format is the notation of strptime (POSIX.1-2017) without its dependence on locale, and strict:
 * the whole text has to be used up and the date has to exist.
 *   %Y year, 4 digits      %y year, 2 digits (69-99: 1969-1999, 00-68: 2000-2068; POSIX)
 *   %m month 1-12          %b English month name, short or whole
 *   %d day 1-31            %H hour 0-23          %I hour 1-12 with %p am or pm
 *   %M minute              %S second             %f fraction of a second, 1 to 9 digits
 *   %z Z, +hh, +hhmm or +hh:mm; goes before the mapping's offset
 *   %% a percent sign      a blank: any blanks, also none; any other character: itself
 * Numbers may lack their leading zeros. What a format doesn't name is the first of January 1970, or
 * midnight.
 */
#ifndef RECEIPTS_DATE_H
#define RECEIPTS_DATE_H

#include "base/calendar.h"

/* ERR_INPUT for an unknown conversion or for a format that doesn't name year, month and day. */
MUST_USE enum err date_format_check(const char *format);

/* Reads `text` by `format`; `offset_minutes` east of UTC unless the text says its own. `out_time`
 * is UTC, `out_local` what stands in the text. ERR_INPUT when it doesn't match;
 * ERR_RANGE for a date that does and is before 1970. */
MUST_USE enum err date_parse(const char *text, const char *format, int offset_minutes,
                             struct unix_ms *out_time, struct civil *out_local);

/* "+05:30", "-0800", "Z" or minutes ("330"), to minutes within 24 hours. */
MUST_USE enum err date_offset_parse(const char *text, int *out_minutes);

#endif
