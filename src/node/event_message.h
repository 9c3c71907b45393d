/* A journal record as the API's Event. Values only; any thread. */
#ifndef NODE_EVENT_MESSAGE_H
#define NODE_EVENT_MESSAGE_H

#include "base/arena.h"
#include "ledger/record.h"
#include "talea/v1/ledger.pb-c.h"

/* All of it lives in the arena; ERR_RESOURCE when that is full, ERR_CORRUPT when the record can't
 * be read. */
MUST_USE enum err event_message(struct arena *arena, const struct record *record,
                                Talea__V1__Event **out_event);

#endif
