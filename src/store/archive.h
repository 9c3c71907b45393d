/* The brand's own sales by line, kept to find the sale that a return belongs to.
 *
 * An LMDB environment of its own beside the ledger: it decides nothing about points, and importing
 * the receipts again fills it again. Products, customers, stores and receipt numbers are known here
 * by 64-bit hashes only, 0 for none.
 *
 * Threads: any; transactions take turns.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/ident.h"

struct archive;
struct archive_txn;

/* Opens `folder`/archive.mdb. Same rules and refusals as journal_file_open. */
MUST_USE enum err archive_open(const char *folder, struct archive **out_archive, struct note *note);
/* NULL is allowed. */
void archive_close(struct archive *archive);

/* One line of a sale. What was returned is part of what was sold. */
struct archive_line {
    uint64_t product;
    int64_t quantity_micro;
    int64_t amount_minor; /* of the whole line */
    int64_t returned_micro;
    int64_t returned_minor;
};

struct archive_sale {
    struct uid id; /* the sale's transaction id */
    struct unix_ms time;
    uint64_t who;
    uint64_t store;
    uint64_t receipt;
    size_t line_count; /* at most LIMIT_RECEIPT_LINES */
    struct archive_line *lines;
};

/* Reads see what was written before in the same transaction. It ends on the thread that began it,
 * by one of commit and abort. */
MUST_USE enum err archive_begin(struct archive *archive, struct archive_txn **out_txn);
/* Durable on ERR_OK; nothing has changed on any other result. */
MUST_USE enum err archive_commit(struct archive_txn *txn);
void archive_abort(struct archive_txn *txn);

/* Keeps a sale and makes it findable. One that is there already stays as it is. */
MUST_USE enum err archive_add_sale(struct archive_txn *txn, const struct archive_sale *sale);
/* Replaces a sale that is there: only what was returned may have changed. */
MUST_USE enum err archive_put_sale(struct archive_txn *txn, const struct archive_sale *sale);
/* `lines` has room for LIMIT_RECEIPT_LINES and is what `out_sale->lines` points to. ERR_NOT_FOUND.
 */
MUST_USE enum err archive_get_sale(struct archive_txn *txn, const struct uid *id,
                                   struct archive_line *lines, struct archive_sale *out_sale);

enum archive_index {
    ARCHIVE_BY_RECEIPT = 2, /* the receipt's number; `product` is not looked at */
    ARCHIVE_BY_WHO = 3,     /* the customer and a product */
    ARCHIVE_BY_STORE = 4    /* the store and a product */
};

/* Sales that may fit, newest first, from `newest` on; the visitor looks at the sale itself, since
 * different keys may share a hash. It must not write. Ends at the visitor's first result other than
 * ERR_OK and returns it, ERR_NOT_FOUND as ERR_OK. */
MUST_USE enum err archive_visit(struct archive_txn *txn, enum archive_index index, uint64_t key,
                                uint64_t product, struct unix_ms newest,
                                enum err (*visit)(void *context, const struct uid *sale),
                                void *context);

/* What a return was answered, as its owner encodes it. The value is borrowed until the next write.
 * ERR_NOT_FOUND. */
MUST_USE enum err archive_get_return(struct archive_txn *txn, const struct uid *id,
                                     struct slice *out_value);
MUST_USE enum err archive_put_return(struct archive_txn *txn, const struct uid *id,
                                     struct slice value);

#endif
