/* What the node counts, by partner where it has one. The names are in metrics.c. */
#ifndef NODE_METRICS_H
#define NODE_METRICS_H

#include "node/node.h"
#include "telemetry/metrics.h"

struct node_metrics;

/* Registers everything; `node` must have its engine, state and snapshot. */
MUST_USE enum err node_metrics_create(struct node *node, struct node_metrics **out_metrics);
/* After the charter changed: registers what partners that joined have. One caller at a time, while
 * any number count. */
MUST_USE enum err node_metrics_follow(struct node_metrics *metrics);
void node_metrics_destroy(struct node_metrics *metrics);

void node_count_batch_in(struct node_metrics *metrics, const struct partner_id *partner,
                         size_t entries, size_t refused);
void node_count_batch_refused(struct node_metrics *metrics, const struct partner_id *partner);
void node_count_batch_out(struct node_metrics *metrics, const struct partner_id *partner,
                          size_t entries);
void node_count_receipt(struct node_metrics *metrics, const struct partner_id *partner,
                        size_t refused);
/* A charter that was not taken; two signed for one epoch. */
void node_count_charter_refused(struct node_metrics *metrics);
void node_count_charter_fork(struct node_metrics *metrics);
/* For rpc_server_options.on_call. */
/* How a till's request for a partner's points ended. */
enum authorisation_end {
    AUTHORISATION_GRANTED,
    AUTHORISATION_REFUSED,     /* by the card's home */
    AUTHORISATION_STOOD_IN,    /* under its mandate */
    AUTHORISATION_UNREACHABLE, /* it did not answer, and no mandate covers it */
    AUTHORISATION_ENDS
};
void node_count_authorisation(struct node_metrics *metrics, const struct partner_id *partner,
                              enum authorisation_end end);
void node_count_call(void *metrics, const char *full_method, int status_code, int64_t duration_us);

#endif
