/* The import of receipts: what its two files share. Internal to the module.
 *
 * Receipts are taken in groups. A group's sales go to the ledger as they come; when it ends, all
 * are durable, the sales' lines go into the archive and its returns are matched there, in order and
 * in one transaction, and then the returns go to the ledger. A customer's sale that follows a
 * return of the same customer begins a new group, so that each customer's receipts reach the ledger
 * in order.
 */
#ifndef NODE_IMPORT_RECEIPTS_H
#define NODE_IMPORT_RECEIPTS_H

#include "node/import_refusal.h"
#include "node/in_flight.h"
#include "node/judged_codes.h"
#include "node/judging.h"
#include "node/node.h"
#include "store/returns.h"
#include "talea/v1/back_office.pb-c.h"

struct import;

/* A sale that rules judge, or that goes with an alert. */
struct import_judged {
    struct judging_case judged;
    struct outcome outcomes[JUDGING_COMMANDS];
};

/* One receipt on its way. */
struct import_item {
    struct import *import;
    struct uid transaction;
    bool is_return;
    struct import_refusal refusal; /* before the ledger heard of it */
    char receipt[LIMIT_REFERENCE_BYTES + 1];
    struct unix_ms time;

    struct archive_sale sale;      /* of a sale; its lines are the group's */
    struct return_request request; /* of a return; its lines are the group's */
    struct return_take *takes;
    size_t take_count;
    struct return_part *parts;
    size_t part_count;
    bool *line_matched;
    bool is_kept;                 /* it was matched before */
    struct import_judged *judged; /* NULL: by the rate alone, or a return */

    /* Written by the writer's thread while commands are in flight. */
    enum err err;
    size_t done;
    size_t repeats;
    size_t accepted;
    enum verdict verdict; /* the first refusal */
    int64_t points;
    struct partner_id home;
};

/* One call. */
struct import {
    struct node *node;
    struct rpc_stream *stream;
    struct state_reader *reader;
    struct snapshot *snapshot; /* of the group */
    struct in_flight in_flight;
    struct return_matcher *matcher;
    struct return_allocation allocation;
    struct arena memory; /* of the group's answers */
    struct note note;    /* why the call ends */
    size_t settled;      /* of the group, so many are durable or refused */
    size_t count;
    struct import_item group[LIMIT_IMPORT_GROUP];
    size_t sale_line_count;
    struct archive_line sale_lines[LIMIT_IMPORT_GROUP_LINES];
    size_t return_line_count;
    struct return_line return_lines[LIMIT_IMPORT_GROUP_LINES];
};

/* Checks a request and fills `item`, which is zero but for import and transaction. What is not as
 * it must be is refused in item->refusal. Of a sale also the command. The group has room for the
 * lines.
 */
MUST_USE enum err import_read(struct import *import,
                              const Talea__V1__ImportReceiptsRequest *request,
                              struct import_item *item, struct command *out_command);

/* What became of an item's commands, which go together. */
void import_item_done(struct import_item *item, const struct outcome *outcomes, size_t count,
                      enum err err);

/* Is the sale one that rules judge? */
bool import_is_judged(const struct import *import, const struct command *command);
/* Judges the last item of the group, and submits. What is the receipt's fault is refused in
 * item->refusal. */
MUST_USE enum err import_judge(struct import *import,
                               const Talea__V1__ImportReceiptsRequest *request,
                               struct import_item *item, const struct command *command);
/* Holds a sale against fraud rules; what they refuse is refused in item->refusal. */
MUST_USE enum err import_admit(struct import_item *item, enum fraud_giving giving,
                               struct command *command, struct fraud_decision *out_decision);
/* Submits a sale by the rate with the alert about it. */
MUST_USE enum err import_send_found(struct import_item *item, const struct command *command,
                                    const struct fraud_decision *decision);
/* Once nothing is under way: judges again whose standing moved meanwhile. */
MUST_USE enum err import_judge_moved(struct import *import);
/* A return's take of a sale that was judged, by its lines where they are known: waits. */
MUST_USE enum err import_take_judged(struct import_item *item, size_t take,
                                     const struct command *command);
/* NULL is allowed. */
void import_judged_fini(struct import_judged *judged);

/* The hash by which the archive knows a text; 0 for an empty one. */
uint64_t import_hash(const char *kind, const char *text);

#endif
