/* The rows of blocks of points, as ledger/rows.h has the others'. */
#ifndef LEDGER_BLOCK_ROWS_H
#define LEDGER_BLOCK_ROWS_H

#include "clearing/block.h"
#include "ledger/view.h"

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

void key_block(const struct partner_id *seller, const struct partner_id *buyer,
               const struct uid *id, struct ledger_key *out_key);
void key_block_line(const struct partner_id *seller, const struct partner_id *buyer,
                    struct ledger_key *out_key);

void block_row_encode(const struct block_row *row, struct buffer *out);
MUST_USE enum err block_row_decode(struct slice value, struct block_row *out_row);
void block_line_encode(const struct block_line *line, struct buffer *out);
MUST_USE enum err block_line_decode(struct slice value, struct block_line *out_line);

#endif
