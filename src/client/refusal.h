/* Inside libtalea: names of the API's numbers. */
#ifndef CLIENT_REFUSAL_H
#define CLIENT_REFUSAL_H

#include <talea/v1/ledger.pb-c.h>

/* "INSUFFICIENT_POINTS"; NULL when it was done; "UNKNOWN" for a number that is newer than this
 * library. Constants. */
const char *refusal_name(Talea__V1__Refusal refusal);
/* "EARN"; "?" for a newer one. */
const char *event_kind_name(Talea__V1__EventKind kind);

#endif
