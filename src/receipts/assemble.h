/* Rows into receipts: groups them by key, checks that a receipt's rows agree, nets, delivers and
 * counts. Internal to this module. */
#ifndef RECEIPTS_ASSEMBLE_H
#define RECEIPTS_ASSEMBLE_H

#include "receipts/decode.h"
#include "receipts/read.h"
#include "receipts/seen.h"

/* A row of the receipt that is being put together. */
struct held_row {
    struct entry entry; /* its texts are in the assembler's arena */
    uint64_t number;
    struct slice text;
    enum receipt_kind side; /* where it is delivered */
    size_t into;            /* the row whose line it became part of; itself when it has its own */
    bool is_own_original;   /* returns something of this same receipt */
};

/* What all rows of a receipt share. */
struct receipt_head {
    char reference[LIMIT_REFERENCE_BYTES + 1];
    char store[LIMIT_REFERENCE_BYTES + 1];
    char customer[LIMIT_REFERENCE_BYTES + 1];
    struct card_number card;
    char currency[4];
    uint32_t promotion;
    char till[LIMIT_DESK_BYTES + 1]; /* those of the first row */
    char cashier[LIMIT_DESK_BYTES + 1];
    struct unix_ms time;
    struct civil local;
};

struct assembler {
    const struct mapping *mapping;
    const struct receipts_sink *sink;
    struct decoder *decoder;
    struct receipts_tally tally;
    bool is_rejects;    /* the input is a rejects file */
    struct seen before; /* receipts of a grouped file */

    /* The receipt. */
    struct buffer key;
    bool is_open;
    bool has_head;
    bool is_continued; /* a part of it was delivered */
    uint64_t first_row;
    uint64_t before_row; /* not 0: it came before, at that row, and is rejected */
    uint64_t part;
    struct receipt_head head;
    struct seen repeats; /* its lines, or its rows */

    /* What is held of it. */
    struct arena arena;
    struct held_row *held;
    size_t held_count;
    const char *codes[LIMIT_SHOWN_CODES]; /* of its rows, in the arena */
    size_t code_count;
    int64_t gross; /* sum of amounts without sign: what no total can exceed */
    struct receipt_line *lines;
    struct receipt_row *rows;
    struct buffer text;
};

MUST_USE enum err assembler_init(struct assembler *assembler, const struct mapping *mapping,
                                 const struct receipts_sink *sink, struct decoder *decoder,
                                 struct note *note);
void assembler_fini(struct assembler *assembler);

/* Takes a row after decode_texts and decode_key. Rows with equal keys that come one after another
 * are a receipt. */
MUST_USE enum err assemble_row(struct assembler *assembler, const struct row *row, struct slice key,
                               struct entry *entry, struct note *note);
/* Delivers what is held: at the end of the file. */
MUST_USE enum err assemble_finish(struct assembler *assembler, struct note *note);
/* Counts a row and gives it to the sink as rejected. */
MUST_USE enum err assemble_reject(struct assembler *assembler, const struct row *row,
                                  const char *reason, struct note *note);

/* In net.c: decides side, into and is_own_original of each row. */
void net_rows(struct held_row *held, size_t count);

#endif
