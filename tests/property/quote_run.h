/* A run of the test of quotes: a programme, a shop that goes by it, and what happened there. */
#ifndef PROPERTY_QUOTE_RUN_H
#define PROPERTY_QUOTE_RUN_H

#include "quote_shop.h"

#define STEPS 48

enum trouble {
    TROUBLE_RETURN, /* by amount */
    TROUBLE_LINES,
    TROUBLE_MERGE,
    TROUBLE_UNDO,
    TROUBLE_MOVE_OUT,
    TROUBLE_MOVE_IN,
    TROUBLE_BLOCK,
    TROUBLE_UNBLOCK,
    TROUBLE_ERASE,
    TROUBLE_COUNT
};

/* A quote that is not over, as far as the ledger was told. */
struct promise {
    unsigned number; /* in the history; 0: none */
    unsigned member; /* whose card was shown */
    struct uid id;
    struct unix_ms until;
    struct standing_owner held_by;
    struct buffer evidence; /* of its record */
    int64_t points;
    int64_t discount;
};

/* A member of the shop's, by what became of it. */
struct person {
    unsigned at; /* who it is: another one, into whom it was merged, or itself */
    bool is_blocked;
    bool is_gone;
    bool has_come; /* from another home */
    int64_t
        came; /* of a member that was merged, what `sure` was, less what came back of it since */
};

struct judged_on;

struct run {
    struct drawn *drawn;
    struct shop *shop;
    uint64_t seed;
    uint64_t random;
    struct happened past[PAST_MAX];
    size_t past_count;
    struct promise promises[STEPS];
    unsigned promise_count; /* ever made */
    bool is_loud;
    unsigned shown; /* whose card is, now */
    bool is_troubled;
    struct person persons[SHOP_MEMBERS];
    int64_t sure[SHOP_MEMBERS]; /* model.sure */
    char into[UID_TEXT_MAX];
    struct slice person; /* whose the personal code is while its member is merged */
    struct uid merge;    /* nil: nobody is merged */
    struct judged_on *kept_on[STEPS];
    size_t kept_on_count;
    uint64_t troubles[TROUBLE_COUNT]; /* of all runs */
    uint64_t turned_away;             /* promises that their member could not be given then */
    uint64_t kept;                    /* promises of all runs */
    uint64_t fired;
    uint64_t refused; /* as it is more than fits into one record */
};

/* Returns, merges and their undoing, moves from home to home, blocks, erasure: one of them. */
void quote_run_trouble(struct run *run);
/* The programme without what returns and merges leave to others to say: days. */
void quote_run_tame(struct run *run);
/* Keeps what the sale, or the quote, was judged on. */
void quote_run_keep(struct run *run, struct happened *now, const struct shopper *shopper);
void quote_run_forget(struct run *run);
/* Can it buy something now? */
bool quote_run_is_there(const struct run *run, unsigned member);
/* What the metric of METRIC_GIVEN has of a sale that takes place; of one that was promised, no more
 * is taken than there is. */
void quote_run_count(struct run *run, const struct happened *one);
/* Of what happens now, or is looked at. */
struct model quote_run_model(struct run *run, struct happened *now);
/* Fails where what the ledger keeps of members, codes and all together is not what the history
 * comes to. No quote is open. */
void quote_run_reckon(struct run *run);

#endif
