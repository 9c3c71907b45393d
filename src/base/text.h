/* Text that came from outside: is it what it must be before anything looks at it. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"

/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without NUL or other control
 * characters. */
bool text_is_printable(struct slice bytes);

/* Well-formed UTF-8 without NUL; control characters are allowed. What a protobuf `string` must be.
 */
bool text_is_utf8(struct slice bytes);

/* Copies a NUL-terminated text into a fixed field; ERR_INPUT when it does not fit. */
MUST_USE enum err text_copy(char *out, size_t capacity, const char *text);

/* Any bytes as well-formed UTF-8: what is malformed, and NUL, becomes '?'. Cut between characters
 * to fit into `capacity` bytes with a final NUL. Returns the length without it. */
size_t text_clean(char *out, size_t capacity, struct slice bytes);
/* The same as one line that text_is_printable: control characters become '?' too. */
size_t text_clean_line(char *out, size_t capacity, struct slice bytes);

#endif
