/* The rows of blocks of points; their keys and bytes are with the others' in ledger/rows.h. */
#ifndef LEDGER_BLOCK_ROWS_H
#define LEDGER_BLOCK_ROWS_H

#include "clearing/block.h"

/* A block of points that is paid in advance, at its seller or its buyer. */
struct block_row {
    struct block_terms terms;
    enum block_state state;
    int64_t left;       /* below zero: a return was refused whose points were given meanwhile */
    struct unix_ms due; /* of its row in TABLE_DUE, at the buyer; 0: none */
};

struct block_place {
    struct uid id;
    struct unix_ms valid_until;
};

/* Those of a pair that are not over, the one that ends first comes first. */
struct block_line {
    size_t count;
    struct block_place places[LIMIT_BLOCKS_OPEN];
};

#endif
