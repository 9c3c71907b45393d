/* The journal's rows as events, from a row to another or for ever: over breaks of the connection
 * and restarts of the node, each row once and in order. */
#ifndef CLI_WATCHING_H
#define CLI_WATCHING_H

#include <talea/v1/ledger.pb-c.h>

#include "cli/session.h"

struct watching {
    struct cli *cli;
    uint64_t next_row; /* 0: the next that comes */
    uint64_t end_row;  /* the first row that is not wanted; 0: go on with each new one */
    /* Each event, in order. False: no more of them; then the watch ends well. */
    bool (*take)(void *context, const Talea__V1__Event *event);
    /* After each message's events. The same. May be NULL. */
    bool (*flush)(void *context);
    void *context;
    bool is_over;
};

/* To the end row, or until `take` or `flush` say so. What went wrong is printed. */
MUST_USE enum cli_exit watch_events(struct watching *watching);
/* The row after the last one that there is now. */
MUST_USE enum cli_exit watch_find_end(struct cli *cli, uint64_t *out_end_row);

#endif
