/* The ledger's tables as the core sees them: keys and values as bytes behind a small port.
 *
 * The core reads through a view and writes through a store; LMDB, the memory tables before it and
 * the simulation's store are adapters. Everything in these tables follows from the journal.
 */
#ifndef LEDGER_VIEW_H
#define LEDGER_VIEW_H

#include "base/bytes.h"

/* Numbers are stored; never renumber. */
enum ledger_table {
    TABLE_MEMBER = 1,      /* member id -> struct member */
    TABLE_PROFILE = 2,     /* member id -> struct profile */
    TABLE_CARD = 3,        /* card digits, 20 bytes -> struct card */
    TABLE_REFERENCE = 4,   /* keyed hash of the brand's customer number, 16 bytes -> member id */
    TABLE_ACCOUNT = 5,     /* struct account_key -> struct account */
    TABLE_HOLD = 6,        /* redeemer, hold id -> struct hold */
    TABLE_SALE = 7,        /* issuer, sale id -> struct sale */
    TABLE_TRANSACTION = 8, /* origin partner, id -> the journal row that holds it */
    TABLE_STREAM = 9,      /* direction, partner -> struct stream */
    TABLE_TOTAL = 10,      /* direction, partner, period, kind, tariff -> struct entry_total */
    TABLE_OUTBOX = 11,     /* partner, number -> journal row that holds the entry */
    TABLE_HALF = 12,       /* direction, partner, period -> struct half */
    TABLE_PAIR = 13,       /* partner, period -> struct pair_period */
    TABLE_DUE = 14,     /* time, what, id -> nothing: what must happen by itself, soonest first */
    TABLE_META = 15,    /* name -> struct depends on the name */
    TABLE_RECEIPT = 16, /* direction, partner, number -> a clearing receipt, Signed bytes */
    TABLE_ADJUSTMENT = 17,   /* transaction id of the proposal -> struct adjustment */
    TABLE_MERGE = 18,        /* transaction id of the merge -> struct merge */
    TABLE_POOL = 19,         /* pool id, member id -> struct pool_right: who is in it */
    TABLE_MANDATE = 20,      /* home, redeemer, mandate id -> struct mandate_row */
    TABLE_MANDATE_LINE = 21, /* home, redeemer -> struct mandate_line */
    TABLE_CARD_STATUS = 22,  /* card digits, 20 bytes -> struct card_status */
    TABLE_CARD_NEWS = 23,    /* number of the news -> struct card_news */
    TABLE_RECEIPT_ROW = 24,  /* as TABLE_RECEIPT -> the journal row that brought the receipt; stays
                                when the receipt is forgotten */
    TABLE_RECOVERY = 25,     /* partner -> struct partner_recovery */
    TABLE_EXPOSURE = 27,     /* partner -> struct exposure */
    TABLE_EVIDENCE = 28,     /* partner, number -> an Evidence, as bytes; number 0: the head of the
                                latest batch that was taken, Signed bytes */
    TABLE_TREE = 29,         /* direction, partner, period, level, index -> hash of a whole subtree;
                                direction, partner, period, 0xFF -> struct half_tree */
    TABLE_DISPUTE = 31,      /* partner, direction, number of an entry -> struct dispute */
    TABLE_SUSPENDED = 32,    /* as TABLE_TOTAL, of one period -> struct entry_total: what its
                                statement leaves out */
    TABLE_OBLIGATION = 33,   /* partner, period -> struct obligation */
    TABLE_NETTING = 34,      /* kind, period, partner, partner -> struct netting_row */
    TABLE_BLOCK = 35,        /* seller, buyer, block id -> struct block_row */
    TABLE_BLOCK_LINE = 36,   /* seller, buyer -> struct block_line */
    TABLE_APART = 37,        /* direction, partner, period -> struct apart_row */
    TABLE_FUNDING = 38,   /* partner, tariff -> points: of ourselves, that we gave and shall pay for
                             at burn; of a partner, that were spent here and it was not told */
    TABLE_PROMOTION = 39, /* promotion, nobody -> points given: of our shops all, else our share;
                             promotion, payer -> what our shop told it to pay for */
    TABLE_PROMOTION_REFUSED = 40, /* promotion, payer -> points of these that it refused to pay */
    TABLE_WAITING = 41,      /* partner, number -> id of a sale whose points wait for room under
                                the pair's cap */
    TABLE_DISPUTE_LINE = 42, /* as TABLE_DISPUTE, whose entry, its number -> struct dispute_line */
    TABLE_STANDING = 44,     /* struct standing_owner -> struct standing_row */
    TABLE_OCCASION = 45,     /* kind, issuer, id of a quote or a sale -> struct occasion_row */
    TABLE_PROGRAMME = 46,    /* number -> struct programme_row */
    TABLE_CARD_BEARER =
        57,           /* card digits, 20 bytes, of a pool -> id of the member who carries it */
    TABLE_ALERT = 58, /* id of the command that raised it -> struct alert */
    TABLE_END
};

/* The numbers leave gaps. */
bool ledger_table_is_known(unsigned number);
const char *ledger_table_name(enum ledger_table table);

#define LEDGER_KEY_MAX 96

/* A composed key; built field by field so that it sorts as its fields do. */
struct ledger_key {
    uint8_t bytes[LEDGER_KEY_MAX];
    size_t length;
};

/* get: the value is borrowed until the next call on the same port. ERR_NOT_FOUND when there is
 * none; ERR_STORAGE or ERR_CORRUPT when the store fails. put: replaces. del: a row that is not
 * there is no error. */
struct uid;
struct member;

struct ledger_view {
    void *context;
    enum err (*get)(void *context, enum ledger_table table, struct slice key,
                    struct slice *out_value);
    /* A member's row, decoded: `get` and member_decode in one, for views that remember what they
     * decoded. NULL: there is nothing remembered. */
    enum err (*get_member)(void *context, const struct uid *id, struct member *out_member);
    /* The bytes of the journal record of this row, borrowed until the next call of `record`.
     * ERR_NOT_FOUND when it was trimmed. NULL for views that only read tables: nothing can be
     * decided on them. Called with `record_context`, since journal and tables may be kept apart. */
    enum err (*record)(void *record_context, uint64_t row, struct slice *out_bytes);
    void *record_context;
    /* A row that what is decided will change: it may be fetched meanwhile. May be NULL. */
    void (*expect)(void *context, enum ledger_table table, struct slice key);
};

struct ledger_store {
    struct ledger_view view;
    void *context;
    enum err (*put)(void *context, enum ledger_table table, struct slice key, struct slice value);
    enum err (*del)(void *context, enum ledger_table table, struct slice key);
    /* Does this row hold the effects of journal row `row` already? Asked when a journal is replayed
     * over tables that were written down at different times. May be NULL: never. */
    bool (*has_applied)(void *context, enum ledger_table table, struct slice key, uint64_t row);
};

static inline enum err view_get(const struct ledger_view *view, enum ledger_table table,
                                const struct ledger_key *key, struct slice *out_value)
{
    return view->get(view->context, table, (struct slice){key->bytes, key->length}, out_value);
}

static inline void view_expect(const struct ledger_view *view, enum ledger_table table,
                               const struct ledger_key *key)
{
    if (view->expect != NULL) {
        view->expect(view->context, table, (struct slice){key->bytes, key->length});
    }
}

#endif
