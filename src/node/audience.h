/* Who is whom: static lists that the office keeps, and segments of the programme, of all members.
 *
 *   a thread looks at every member once a day, at each start, when another version comes into force
 *   and when it is asked to, some at a time -> how many are in each segment and on each list
 *
 * What is said of one member is looked up when it is asked for. Counts are not kept: a start counts
 * anew.
 */
#ifndef NODE_AUDIENCE_H
#define NODE_AUDIENCE_H

#include "ledger/decide.h"
#include "ledger/static_list.h"
#include "node/snapshot.h"
#include "programme/segment.h"

struct node;
struct audience;

/* One member, as segments see it. All of it is in the arena it was looked up with. */
struct audience_member {
    bool is_somebody; /* not a pool, nor merged, erased or unknown; else nothing else is set */
    struct member row;
    struct standing standing; /* all numbers */
    struct shopper shopper;
    const struct trace_row *segments; /* of each in the version's text; NULL without any */
};

/* By the version of the programme, on that day of the brand's clock. ERR_RESOURCE, ERR_STORAGE,
 * ERR_CORRUPT. */
MUST_USE enum err audience_look(struct node *node, const struct ledger_view *view,
                                const struct snapshot *snapshot, const struct uid *member,
                                int64_t day, struct arena *arena,
                                struct audience_member *out_member);
/* The day of now there. */
int64_t audience_today(struct node *node, const struct programme_version *version);

struct audience_list {
    struct static_list list;
    uint64_t members;
};

/* How many there are. */
struct audience_report {
    struct unix_ms counted_at; /* 0: not yet */
    uint32_t version;          /* number of the programme by which */
    uint64_t members;
    size_t segment_count;
    uint64_t segments[LIMIT_SEGMENTS]; /* by place in the version's text */
    size_t list_count;
    struct audience_list lists[LIMIT_LISTS];
    bool is_counting;   /* now, */
    uint64_t looked_at; /* so many so far */
};

/* After the ledger is open. */
MUST_USE enum err audience_start(struct node *node, struct audience **out_audience);
void audience_stop(struct audience *audience); /* NULL is allowed */
void audience_get_report(struct audience *audience, struct audience_report *out_report);
/* Counts anew, from now on; what is being counted is begun again. */
void audience_refresh(struct audience *audience);

/* All lists that were made, by no order; at most LIMIT_LISTS. ERR_STORAGE. */
MUST_USE enum err audience_lists(struct node *node, struct static_list out_lists[LIMIT_LISTS],
                                 size_t *out_count);

#endif
