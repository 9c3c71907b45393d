/* What an audit saw, and the first thing that is wrong. */
#ifndef DOSSIER_REPORT_H
#define DOSSIER_REPORT_H

#include "clearing/receipt.h"
#include "dossier/sums_file.h"
#include "settlement/obligation.h"

#define FINDING_TEXT_MAX 200

struct audit_flaw {
    char file[LIMIT_PATH_BYTES + DOSSIER_FILE_MAX + 2]; /* empty: of no single file */
    char stream[2 * PARTNER_ID_MAX + 4];                /* "fuel to grocer"; empty: of none */
    uint64_t number;                                    /* of an entry; 0: of none */
    char what[FINDING_TEXT_MAX];                        /* "points of the entry" */
    char expected[FINDING_TEXT_MAX];
    char found[FINDING_TEXT_MAX];
};

struct audit_counts {
    uint64_t dossiers;
    uint64_t files;
    uint64_t bytes;
    uint64_t charters;
    uint64_t streams;
    uint64_t batches;
    uint64_t receipts;
    uint64_t entries;
    uint64_t refused; /* of the entries: both sides have undone them */
    uint64_t statements;
    uint64_t netted_statements; /* between others, for the net of all pairs */
    uint64_t words;             /* about that net */
    uint64_t votes;             /* whether a set of it holds */
    uint64_t notices;           /* about payments */
    uint64_t signatures;        /* of all that is signed */
};

/* One pair's period. */
struct audit_pair {
    struct partner_id partners[2]; /* sorted */
    unsigned dossiers;             /* that showed it: 1 or 2 */
    uint64_t entries[2];           /* of the period, sent by each of both */
    bool is_agreed;
    struct pair_statement statement; /* when agreed; without its totals */
};

enum audit_netting {
    AUDIT_NET_BY_PAIR, /* each pair pays its own net */
    AUDIT_NET_COUNTED, /* what all in a set signed is netted together, the rest by pair */
    AUDIT_NET_OPEN     /* it is not signed yet: what payments would be is a plan */
};

/* What follows from the statements and the net, and how far it is proven to be paid. */
struct audit_payment {
    struct obligation_terms terms;
    bool is_planned;                   /* not netted yet: nobody has to pay it */
    bool has_debtor;                   /* the debtor's signed word is there */
    bool has_creditor;                 /* and the creditor's */
    uint64_t words[2];                 /* their numbers */
    struct obligation_figures figures; /* each as its owner signed it */
};

/* Whether the set that a partner committed to in a round holds. */
struct audit_vote {
    struct partner_id partner;
    uint32_t round; /* from 0 */
    bool is_for;
    size_t left_out_count;
    struct partner_id *left_out; /* who is not in it */
};

struct audit_report {
    struct audit_counts counts;
    bool is_flawed;
    struct audit_flaw flaw;
    char coalition[32];
    struct period period;
    char currency[4];
    unsigned currency_decimals;
    uint64_t first_epoch;
    uint64_t last_epoch;
    struct hash last_charter; /* the hash of the last epoch's payload */
    struct audit_pair *pairs; /* sorted */
    size_t pair_count;
    enum audit_netting netting;
    struct net_position *positions; /* of the agreed pairs */
    size_t position_count;
    struct audit_vote *votes; /* by round, then partner */
    size_t vote_count;
    struct audit_payment *payments;
    size_t payment_count;
};

/* Where a check is: what a flaw is told to be in. */
struct audit_place {
    struct audit_report *report;
    const char *file;
    char stream[2 * PARTNER_ID_MAX + 4];
};

/* Netted, instructed, paid or closed, by what is signed alone. */
enum obligation_step audit_payment_step(const struct audit_payment *payment);

/* Keeps the first flaw. Always ERR_CORRUPT. Texts are cut to fit. */
enum err audit_flawed(const struct audit_place *place, uint64_t number, const char *what,
                      const char *expected, const char *found);
enum err audit_flawed_numbers(const struct audit_place *place, uint64_t number, const char *what,
                              uint64_t expected, uint64_t found);
enum err audit_flawed_hashes(const struct audit_place *place, uint64_t number, const char *what,
                             const struct hash *expected, const struct hash *found);

#endif
