/* The settlement of one pair's period: this side's statement, and what both sides signed so far.
 *
 * What changes a pair's row reads it, decides and waits until the change is durable: its callers
 * take turns.
 */
#ifndef PEER_PAIR_H
#define PEER_PAIR_H

#include "base/arena.h"
#include "peer/host.h"
#include "settlement/statement.h"

/* A pair's row with the bytes it points into. Zero-initialised is empty. */
struct pair_row {
    struct pair_period pair;
    struct buffer value;
};
void pair_row_fini(struct pair_row *row);
/* An absent row is an open pair with nothing signed. */
MUST_USE enum err pair_row_load(const struct ledger_view *view, const struct partner_id *partner,
                                struct period period, struct pair_row *out_row);

#define PAIR_PERIODS_MAX 120u /* of one partner, in a list */

/* Called for each of these partners but this brand itself and each of its periods up to the open
 * one, the newest PAIR_PERIODS_MAX at most. Only that period, when it is not 0. The partners may
 * have left the roster. */
typedef enum err pair_visit(void *visitor, const struct partner_id *partner, struct period period);
MUST_USE enum err pair_visit_all(const struct ledger_view *view, const struct roster *roster,
                                 const struct partner_id *partners, size_t count,
                                 struct period only, pair_visit *visit, void *visitor);

/* This side's statement. ERR_UNAVAILABLE with a note while a half is not complete: our mark is not
 * sent or not receipted, or the partner's has not come. */
MUST_USE enum err pair_statement_compute(const struct ledger_view *view,
                                         const struct charter *charter, const struct roster *roster,
                                         const struct partner_id *partner, struct period period,
                                         struct arena *arena, struct pair_statement *out_statement,
                                         struct note *note);

/* Applied entries of one direction in a period, by kind and tariff; their points without what is
 * disputed and waits. */
MUST_USE enum err pair_totals(const struct ledger_view *view, const struct roster *roster,
                              enum stream_direction direction, const struct partner_id *partner,
                              struct period period, struct arena *arena,
                              struct receipt_total **out_totals, size_t *out_count);

/* One of the two leaves, and nothing is left to be agreed between them: both streams ended with the
 * last period and are receipted, and every period of theirs is agreed. */
MUST_USE enum err pair_is_over(const struct ledger_view *view, const struct roster *roster,
                               const struct partner_id *partner, bool *out_is_over);

/* What is disputed and waits: how many disputes, of how many points. */
MUST_USE enum err pair_suspended(const struct ledger_view *view, const struct roster *roster,
                                 enum stream_direction direction, const struct partner_id *partner,
                                 struct period period, struct arena *arena,
                                 struct receipt_total **out_totals, size_t *out_count);

/* What was set apart of a half and is claimed: in none of the totals. */
MUST_USE enum err pair_apart(const struct ledger_view *view, enum stream_direction direction,
                             const struct partner_id *partner, struct period period,
                             struct arena *arena, struct receipt_total **out_totals,
                             size_t *out_count);

/* Signs this side's statement unless it is signed already, and gives the Signed bytes. One that
 * turned out wrong, and that nobody signed since, is said anew under the next revision. */
MUST_USE enum err pair_propose(const struct peer_host *host, const struct partner_id *partner,
                               struct period period, const struct pair_statement *statement,
                               struct buffer *out_signed, struct note *note);
/* The partner's statement, verified: keeps it, and our counter-signature when it says the same as
 * ours. `out_countersigned` is empty when it differs (the note says in what). ERR_DISAGREE with a
 * note: it contradicts an earlier one of the same revision; both are kept as proof, and the streams
 * are frozen. */
MUST_USE enum err pair_take_statement(const struct peer_host *host,
                                      const struct partner_id *partner, struct period period,
                                      const struct pair_statement *ours,
                                      const struct signed_message *theirs,
                                      struct buffer *out_countersigned, struct note *note);
/* The partner's counter-signature over our statement, verified by the call. */
MUST_USE enum err pair_take_countersignature(const struct peer_host *host,
                                             const struct partner_id *partner, struct period period,
                                             const struct signed_message *countersignature,
                                             struct note *note);

#endif
