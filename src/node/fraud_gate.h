/* The programme's fraud rules at work (programme/fraud.h): each purchase is held against them
 * before the ledger is told of it, by whichever way it comes: a till, a batch, a stream, an import.
 * What else there is, from partners above all, is counted as the journal has it.
 *
 * The rules are those in force now, also for purchases of before: else one would date them back to
 * when there were none. Of a purchase that rules of the programme judge the points are counted when
 * it is judged, before the ledger is told of it: the one that goes beyond is refused, or held.
 *
 * What was counted is in memory, and follows from the journal: at a start it is read once more, as
 * far back as the rules may still ask for, before the node says that it is ready. A purchase counts
 * once, from when it is admitted; one that a rule or the ledger refuses doesn't, nor does one that
 * the ledger could not take. A repeat is no second purchase. Windows are those of the purchases'
 * own time: old receipts that are imported today count with one another, day by day. A till may be
 * offline for `late_days`; what it tells later is refused, so that backdating gives nobody more
 * than what would have passed in that time.
 *
 * Alerts are the ledger's (ledger/alert_row.h). One about a purchase goes with it in one linked
 * batch; others are raised by the housekeeper.
 *
 * Thread-safe. A purchase waits while FRAUD_ROWS_AT_ONCE of the journal's rows are read at most, by
 * itself and by each before it; the housekeeper reads the rest.
 */
#ifndef NODE_FRAUD_GATE_H
#define NODE_FRAUD_GATE_H

#include "ledger/command.h"
#include "node/snapshot.h"

struct node;
struct fraud_gate;
struct outcome;

/* How a purchase's points come about. */
enum fraud_giving {
    FRAUD_GIVES_BY_RATE, /* or by hand: they are in the command */
    FRAUD_GIVES_JUDGED,  /* they are counted when it is judged (fraud_gate_count_points) */
    FRAUD_GIVES_PROMISED /* the same; by a quote: it is not refused */
};

/* Who tells of it. The office's receipts may be as old as they like. */
enum fraud_teller {
    FRAUD_TOLD_BY_TILL,
    FRAUD_TOLD_BY_OFFICE
};

/* What the rules make of a purchase. */
struct fraud_decision {
    bool is_watched; /* there are rules, and the ledger has not been told of it */
    bool is_anew;    /* it is no repeat */
    bool is_counted; /* by this admission */
    bool is_refused;
    bool has_alert;       /* to be raised: with the purchase, or alone when it is refused */
    struct command alert; /* RAISE_ALERT; of a refusal it says why, also without has_alert */
};

/* NULL without memory. Of a programme without such rules it is open. */
struct fraud_gate *fraud_gate_create(struct node *node);
void fraud_gate_destroy(struct fraud_gate *gate); /* NULL is allowed */
/* Goes by the rules in force from its return on: reads what they count, until when it goes by those
 * of before. When it can't, the log says so, and the housekeeper tries again. */
void fraud_gate_follow(struct fraud_gate *gate);
/* Does it go by any rules yet? Else so many rows are still to be read. */
bool fraud_gate_is_open(struct fraud_gate *gate, uint64_t *out_rows_left);

/* Has the programme of the snapshot such rules? */
bool fraud_gate_is_needed(const struct snapshot *snapshot);
/* Before the ledger is told of the purchase, whose terms are filled in: of one that is held, its
 * points begin later from now on. One that a quote promised is held where it would be refused.
 * ERR_UNAVAILABLE before the gate is open, so that no restart is a way past the rules; other errors
 * are the journal's and the store's. */
MUST_USE enum err fraud_gate_admit(struct fraud_gate *gate, enum fraud_giving giving,
                                   enum fraud_teller teller, struct command *earn,
                                   struct fraud_decision *out_decision);
/* The same of one that was refused anew while others were under way: now that what became of these
 * is known it may pass. Reads all that is durable. */
MUST_USE enum err fraud_gate_admit_again(struct fraud_gate *gate, enum fraud_giving giving,
                                         enum fraud_teller teller, struct command *earn,
                                         struct fraud_decision *out_decision);
/* Rules of the programme judged what was admitted, and it gets so many points: before the ledger is
 * told of it they are counted, in place of those of an earlier try. The decision may become a
 * stricter one; what was found before stands. Of one that is refused now nothing is counted. */
void fraud_gate_count_points(struct fraud_gate *gate, enum fraud_giving giving, int64_t points,
                             struct command *earn, struct fraud_decision *decision);
/* Nothing came of what was admitted, and the journal doesn't say so: a link was refused, or the
 * ledger could not take it. Should the journal have it after all, it is counted then. Nothing for
 * what was not counted. */
void fraud_gate_drop(struct fraud_gate *gate, const struct command *earn,
                     const struct fraud_decision *decision);
/* Raises the alert of a refusal, if it has one; waits. */
MUST_USE enum err fraud_gate_raise(struct fraud_gate *gate, const struct fraud_decision *decision);
/* For people: which rule refuses it, and why. */
void fraud_gate_words(const struct fraud_decision *decision, struct note *out_note);
/* The housekeeper's: follows the rules in force, reads what the journal has got, and raises what it
 * finds. */
void fraud_gate_look(struct fraud_gate *gate);
/* The id of the alert about a purchase, and of the return that closes it as fraud. */
struct uid fraud_alert_id(const struct uid *sale);
struct uid fraud_return_id(const struct uid *alert);
/* Of one about what the journal's row of that id shows. */
struct uid fraud_found_id(const char *rule, const char *subject, const struct uid *at);

#endif
