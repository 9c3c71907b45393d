/* Ids of alerts, which follow from what they are about. */
#include <string.h>

#include "node/fraud_gate.h"

/* An id that follows from another one, at the same place in time. */
static struct uid derived(const char *what, struct slice from, const struct uid *at)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(what, strlen(what)));
    hasher_add(&hasher, from);
    struct hash hash = hasher_finish(&hasher);
    struct uid id = *at;
    memcpy(id.bytes + 8, hash.bytes, sizeof id.bytes - 8);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3Fu) | 0x80u); /* RFC 9562, variant 10 */
    return id;
}

struct uid fraud_alert_id(const struct uid *sale)
{
    return derived("alert", slice_of(sale->bytes, sizeof sale->bytes), sale);
}

struct uid fraud_return_id(const struct uid *alert)
{
    return derived("alert return", slice_of(alert->bytes, sizeof alert->bytes), alert);
}

struct uid fraud_found_id(const char *rule, const char *subject, const struct uid *at)
{
    return derived(rule, slice_of(subject, strlen(subject)), at);
}
