/* Where a service listens or is reached: "127.0.0.1:7101", "[::1]:7101", "node.example:7101".
 *
 * Nothing is resolved here; a value only.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"

#define ADDRESS_TEXT_MAX (LIMIT_HOST_BYTES + 16) /* bytes, with the final NUL */

struct address {
    char host[LIMIT_HOST_BYTES + 1]; /* a name, an IPv4 address, or an IPv6 one without brackets */
    uint16_t port;                   /* 0: the system picks one (listening only) */
};

/* ERR_INPUT unless the text is host:port with a port up to 65535. A name is made of letters,
 * digits, dashes and dots (RFC 1123, section 2.1); one of digits and dots alone must be an IPv4
 * address; an IPv6 address stands in brackets (RFC 3986, section 3.2.2). */
MUST_USE enum err address_parse(const char *text, struct address *out_address);
const char *address_format(const struct address *address, char out_text[ADDRESS_TEXT_MAX]);
bool address_equal(const struct address *a, const struct address *b);

#endif
