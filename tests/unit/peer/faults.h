/* Seeded faults: what is put wrong into one side's half of a period, and how far the pair is. */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

#include "comparing.h"

enum fault {
    FAULT_DROPPED = 0,
    FAULT_DOUBLED,
    FAULT_AMOUNT,
    FAULT_PERIOD,
    FAULT_TARIFF,
    FAULT_SWAPPED,
    FAULT_FORKED, /* as an altered amount, and signed by the sender as well */
    FAULT_KINDS
};
const char *fault_name(enum fault fault);

/* How far a pair's period is; each includes those before it but DIFFERING, which comes of a fault.
 */
enum stage {
    STAGE_OPEN = 0,
    STAGE_CLOSING,  /* the first shop's mark is out */
    STAGE_PROPOSED, /* both marks are; the first shop signed its statement */
    STAGE_MATCHED,  /* the second signed both; the first does not know it yet */
    STAGE_AGREED,   /* each has the other's signature on its own */
    STAGE_NETTED,
    STAGE_INSTRUCTED,
    STAGE_PAID,
    STAGE_CLOSED,
    STAGE_DIFFERING, /* the statements were shown, and differ */
    STAGE_FROZEN,    /* as OPEN, both streams */
    STAGES
};
const char *stage_name(enum stage stage);

#define FAULT_ENTRIES 70u /* more than a row of the tree has below it */

/* A list of entries, as a half has them. */
struct entry_list {
    size_t count;
    struct clearing_entry entries[FAULT_ENTRIES + 8];
};
/* Puts the fault in; numbers and links are made good. */
void fault_put(enum fault fault, struct entry_list *list);
/* The same of a list that could be a stream: a period is a place in it, so that an entry of another
 * one comes behind the mark, when there is one. */
void fault_put_in_stream(enum fault fault, bool has_mark, struct entry_list *list);

/* Two shops under two tariffs. */
void faults_open(struct street *street);
/* The first sells so many times to the other's member; FAULT_ENTRIES at most. */
void faults_sell(struct street *street, unsigned count);
/* Both; nothing is sent yet. */
void faults_begin(struct street *street);
/* Goes on from one stage to another, of those in the order of settling. */
void faults_reach(struct street *street, struct period period, enum stage from, enum stage to);
/* Those of the half, up to what is receipted or to the mark. */
void faults_read(struct street *street, unsigned index, enum stream_direction direction,
                 struct period period, struct entry_list *out_list);
/* The shop's tables have the half as it would be with the fault; its journal is as it was. */
void faults_seed_rows(struct street *street, unsigned index, struct period period,
                      enum fault fault);
/* The second shop's ledger becomes `copy`, from before it took anything, and takes the first one's
 * entries with the fault in them, under links that are in order. `has_mark`: the first shop's half
 * has ended. */
enum batch_judgement faults_seed_receiver(struct street *street, struct brand *copy,
                                          struct period period, enum fault fault, bool has_mark);
/* The first shop's ledger becomes `copy`, from before it sold anything, and has the entries with
 * the fault in them as if it had written them. */
void faults_seed_sender(struct street *street, struct brand *copy, struct period period,
                        enum fault fault);

#endif
