/* One row of a member's history, made of the journal record that proves it. */
#ifndef NODE_HISTORY_ROW_H
#define NODE_HISTORY_ROW_H

#include "base/arena.h"
#include "ledger/record.h"
#include "talea/v1/till.pb-c.h"

/* What one record did to a member. */
struct history_trace {
    bool is_of_member; /* the record is in the member's chain */
    uint64_t previous_row;
    bool has_breakage;
    int64_t available;
    int64_t pending;
    int64_t held;
    int64_t debt;
};

/* ERR_CORRUPT when the record can't be read. */
MUST_USE enum err history_trace(const struct record *record, const struct uid *member,
                                struct history_trace *out_trace);
/* In the arena; ERR_RESOURCE when it is full. */
MUST_USE enum err history_row(struct arena *arena, const struct record *record,
                              const struct history_trace *trace, const struct partner_id *self,
                              Talea__V1__HistoryRow **out_row);

#endif
