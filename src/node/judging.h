/* From an occasion to commands: judges it on the standing as it is, and makes what the ledger is
 * told of it: the points, and what changes of the standing, which go together.
 *
 * Thread rule: one thread at a time has a case.
 */
#ifndef NODE_JUDGING_H
#define NODE_JUDGING_H

#include "ledger/decide.h"
#include "node/fraud_gate.h"
#include "node/snapshot.h"
#include "programme/kept_case.h"
#include "programme/kept_quote.h"
#include "programme/quote.h"

struct node;
struct outcome;

/* How often an occasion is judged again when its standing moved meanwhile. */
#define JUDGING_TRIES 64u

enum judging_purpose {
    JUDGING_SALE,   /* or an event: what it changes takes place */
    JUDGING_QUOTE,  /* what it would change is held, as far as it is counted */
    JUDGING_CONFIRM /* what a quote promised takes place, whatever happened meanwhile */
};

/* The giving, what changes, an alert, and what is paid in points: held and taken. */
#define JUDGING_COMMANDS 5u

/* A thing that a sale gave, of which something came back. */
struct sold_item {
    struct kept_item given;
    size_t used; /* of its codes */
};

/* Zeroed and filled in by its owner down to `tried`. */
struct judging_case {
    enum judging_purpose purpose;
    const struct snapshot *snapshot;
    const struct programme_version *version; /* with rules */
    struct occasion occasion;                /* of codes only the texts */
    struct uid id;                           /* of the sale or event */
    struct hash said;                        /* of all that the caller said of it */
    /* What gives the points, filled but for them: an earn, of whose card or member it is. */
    struct command give;
    bool has_owner;
    struct standing_owner owner; /* where it is now */
    bool is_traced;              /* who made it asks why rules did not apply */
    bool is_granted;             /* what it costs is held at the card's home already */
    struct points balance;       /* that can be spent, of another home's member as far as known */
    bool is_known;               /* it was judged before: a repeat, if the same is said of it */
    /* Of a quote. */
    struct uid quote_id;              /* its own, also of what confirms it; else nil */
    struct unix_ms until;             /* it holds so long */
    const struct kept_quote *promise; /* of CONFIRM: what it must come to */
    const struct kept_case *promised; /* and how it was judged */
    struct standing_owner held_by;    /* of CONFIRM: of whom it holds something; kind 0: nobody */
    struct hash digest;               /* of a quote: of all that is promised */
    bool is_code_revoked[LIMIT_SHOWN_CODES]; /* of CONFIRM, by place among the occasion's codes */
    /* Of an event that another occasion raised (node/raised.h): how many stand before it, and the
     * group that says that it is judged now; else 0 and empty. */
    unsigned depth;
    struct slice ends;
    size_t raised_count; /* of one try: events that it raises */
    /* Of what is left of a sale: what that gave, used codes first; else NULL. */
    const struct sold_item *sold;
    size_t sold_count;

    unsigned tried;
    struct arena arena;                         /* of one try */
    uint8_t seed[32];                           /* of codes that it gives: the same in each try */
    struct shown_code codes[LIMIT_SHOWN_CODES]; /* of the occasion, with their standings */
    char settled[LIMIT_SHOWN_CODES][LIMIT_CODE_BYTES]; /* where they were typed otherwise */
    struct buffer groups;
    struct buffer evidence;
    struct judgement judgement;
    struct quote quote;          /* of a quote: the judgement, and what points pay */
    struct kept_case kept;       /* what is kept of it */
    struct fraud_decision fraud; /* of a sale that was admitted: an alert goes with it */
    struct command commands[JUDGING_COMMANDS];
    size_t command_count;
};

void judging_fini(struct judging_case *judged);
/* The brand's own clock at a time. */
struct unix_ms judging_local(struct node *node, const struct programme_version *version,
                             struct unix_ms time);
/* Hash of a basket with all that goes with it, codes too. */
struct hash judging_said(const struct occasion *occasion);
/* Whose standing it is. Of what confirms a quote that of whom it holds something, also when the
 * card has gone back to another member since, with the undoing of a merge. ERR_OK also when nobody
 * is known: then the ledger refuses. */
MUST_USE enum err judging_find_owner(const struct ledger_view *view, struct judging_case *judged);
/* What a sale or event of ours changed, as the journal has it; in the arena. ERR_NOT_FOUND:
 * nothing, or its id is forgotten. */
MUST_USE enum err judging_read_change(struct node *node, const struct snapshot *snapshot,
                                      const struct uid *id, struct arena *arena,
                                      struct command_standing *out_change);
/* Was it? False also when that is forgotten. */
bool judging_was_judged(struct node *node, const struct uid *id);
/* How a sale or event of ours was judged, as the journal has it; texts and lists are in the arena.
 * ERR_NOT_FOUND: it was not judged, or its id is forgotten. */
MUST_USE enum err judging_read_case(struct node *node, const struct snapshot *snapshot,
                                    const struct uid *id, struct arena *arena,
                                    struct kept_case *out_case);
/* Of commands that go together: that of the giving, or the refusal that is the reason. */
const struct outcome *judging_outcome(const struct outcome *outcomes, size_t count);
/* Refused since what it was judged on is no more so: judged again it may be taken. */
bool judging_has_moved(enum verdict verdict);
/* Judges, and makes the commands. ERR_INPUT and ERR_RANGE with a note as judge says; also when
 * what is kept of it would be too large. Of a sale that was admitted `fraud` may say now that it is
 * refused, for its points: then it is not to be told to the ledger. */
MUST_USE enum err judging_try(struct node *node, const struct ledger_view *view,
                              struct judging_case *judged, struct note *note);

/* What a quote promised, as the journal has it, in the arena: how it was judged, and the rest; of
 * whom it holds something, or kind 0.
 * ERR_NOT_FOUND: there was no such quote, or its id is forgotten. */
MUST_USE enum err judging_read_quote(struct node *node, const struct uid *quote,
                                     struct arena *arena, struct kept_quote *out_quote,
                                     struct kept_case *out_case, struct unix_ms *out_until,
                                     struct standing_owner *out_held_by);

/* A return with what it takes back of the standing, if its sale was judged: both or neither. `ends`
 * is a group that goes with it, or empty. When all of the sale has returned, so have the events
 * that it raised (node/raised.h). Waits; such returns take turns. */
MUST_USE enum err judging_return_both(struct node *node, const struct snapshot *snapshot,
                                      const struct command *give_back, struct slice ends,
                                      struct outcome *out_outcome);

#endif
