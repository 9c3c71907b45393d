/* One row, by a mapping: what it says, or why it can't be used. Internal to this module. */
#ifndef RECEIPTS_DECODE_H
#define RECEIPTS_DECODE_H

#include "base/arena.h"
#include "receipts/cards.h"
#include "receipts/receipt.h"
#include "receipts/rows.h"

/* A row that was read. Texts live in the decoder until its next row. Numbers are without sign:
 * is_return says which way. */
struct entry {
    const char *receipt; /* its number, or the composite */
    const char *line;
    const char *store;
    const char *customer;
    struct card_number card;
    const char *product;
    const char *category;
    const char *original;
    const char *till;
    const char *cashier;
    char currency[4];
    struct unix_ms time;
    struct civil local;
    struct decimal quantity;
    int64_t amount;
    int64_t points;
    uint32_t promotion; /* 0: none */
    const char **codes; /* each once */
    size_t code_count;  /* at most LIMIT_SHOWN_CODES */
    bool is_return;
};

struct decoder {
    const struct mapping *mapping;
    const struct cards *cards; /* NULL without */
    unsigned points_decimals;
    size_t index[ROLE_COUNT]; /* which field; of roles that have a column */
    size_t field_count;       /* of the first row */
    struct arena scratch;
    const char *texts[ROLE_COUNT]; /* of the row begun; "" where not mapped */
    char reason[256];
};

void decoder_init(struct decoder *decoder, const struct mapping *mapping, const struct cards *cards,
                  unsigned points_decimals);
void decoder_fini(struct decoder *decoder);

/* Finds the mapped columns. ERR_INPUT with the file's columns when one isn't there or is there
 * twice. */
MUST_USE enum err decoder_bind(struct decoder *decoder, const struct rows_header *header,
                               const char *file, struct note *note);

/* Each gives NULL, or the reason to reject the row, which lives until the next call. First
 * decode_check (count of fields, encoding), then decode_texts, decode_key (receipt, time, local)
 * and decode_rest for all else. */
const char *decode_check(struct decoder *decoder, const struct row *row);
const char *decode_texts(struct decoder *decoder, const struct row *row);
const char *decode_key(struct decoder *decoder, struct entry *out_entry);
const char *decode_rest(struct decoder *decoder, struct entry *entry);

/* In decode_amount.c: quantity, amount, points and which way they go. */
const char *decode_amounts(struct decoder *decoder, struct entry *entry);

/* In codes.c: of coupons that were shown. */
const char *decode_codes(struct decoder *decoder, struct entry *entry);

/* Writes a reason and gives it. */
const char *decode_refuse(struct decoder *decoder, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
