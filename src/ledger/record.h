/* A journal record: one command, its verdict, and everything that follows from it.
 *
 *   version u8 | kind u8 | verdict u8 | flags u8 | row varint | time | time - business time |
 *   ids | transaction id 16 | origin | body block | answer block | effect count varint | effects
 *
 * Members, partners and transactions in origin, body, answer and effects are numbers of `ids`
 * (id_table.h), which stands there with its two counts.
 * Times are zigzag LEB128. Flags: 1 the command was dated by its sender; 2 the answer's home is the
 * origin, and not said again. The answer's row is the record's own, and not said again.
 *
 * An effect is the only thing that changes a table, in the live node and in a replay alike:
 *   POST    debit account, credit account, points
 *   LOT     member, lot key, change of free, change of held
 *   ENTRY   partner, entry bytes: a clearing entry this brand sends
 *   TOTAL   direction, partner, period, kind, tariff, change of count, change of points
 *   ROW     table, key, value: the new bytes of any other row (an absent value deletes)
 *   HISTORY member, the member's row before this one: the history as a chain through the journal;
 *           and whether the member was active: then active_at is the record's time
 *   MARK    member, what it is (blocked, pool, erased, merged into), active_at
 */
#ifndef LEDGER_RECORD_H
#define LEDGER_RECORD_H

#include "ledger/command.h"
#include "ledger/id_table.h"

enum effect_kind {
    EFFECT_POST = 1,
    EFFECT_LOT = 2,
    EFFECT_ENTRY = 3,
    EFFECT_TOTAL = 4,
    EFFECT_ROW = 5,
    EFFECT_HISTORY = 6,
    EFFECT_MARK = 7,
    EFFECT_KIND_END
};

struct effect_post {
    struct account_ref debit;
    struct account_ref credit;
    struct points points; /* positive */
};

struct effect_lot {
    struct uid member;
    struct lot_key key;
    int64_t free_delta;
    int64_t held_delta;
};

struct effect_entry {
    struct partner_id partner;
    struct clearing_entry entry; /* of decoded effects only number, kind, period and hash count */
    struct slice bytes;
    struct hash hash;
};

struct effect_total {
    enum stream_direction direction;
    struct partner_id partner;
    struct period period;
    enum entry_kind kind;
    uint32_t tariff;
    int64_t count_delta;
    int64_t points_delta;
};

struct effect_row {
    enum ledger_table table;
    struct slice key;
    bool is_deleted;
    struct slice value;
};

struct effect_history {
    struct uid member;
    uint64_t previous_row;
    bool is_active;
};

/* All of a member's marks as they are afterwards. */
struct effect_mark {
    struct uid member;
    bool is_blocked;
    bool is_pool;
    bool is_erased;
    struct uid merged_into; /* nil: not merged */
    struct unix_ms active_at;
};

struct effect {
    enum effect_kind kind;
    union {
        struct effect_post post;
        struct effect_lot lot;
        struct effect_entry entry;
        struct effect_total total;
        struct effect_row row;
        struct effect_history history;
        struct effect_mark mark;
    };
};

/* The buffer's and the reader's `names` are the record's ids. Those that most records are made
 * of can be written without a struct. */
void effect_encode_post(struct buffer *out, const struct account_ref *debit,
                        const struct account_ref *credit, struct points points);
void effect_encode_lot(struct buffer *out, const struct uid *member, const struct lot_key *key,
                       int64_t free_delta, int64_t held_delta);
void effect_encode_history(struct buffer *out, const struct uid *member, uint64_t previous_row,
                           bool is_active);
void effect_encode(const struct effect *effect, struct buffer *out);
/* Slices point into the reader's input. Sticks to the reader's error. */
void effect_read(struct reader *in, struct effect *out_effect);

struct record {
    uint64_t row;        /* from 1, without a gap */
    struct unix_ms time; /* when the ledger decided */
    enum command_kind kind;
    enum verdict verdict;
    struct partner_id origin;
    struct uid transaction_id;
    struct unix_ms business_time;
    bool is_dated;
    struct id_table ids;
    struct slice body;    /* the command's, with `ids` */
    struct answer answer; /* its `row` is this row, after decode in any case */
    uint32_t effect_count;
    struct slice effects; /* effect_count effects, one after the other */
};

/* `ids` has what body and effects were encoded with; what origin and answer name comes to it. */
void record_encode(const struct record *record, struct buffer *out);
/* Slices point into `bytes`. Every effect is decoded once to see that it is well-formed. */
MUST_USE enum err record_decode(struct slice bytes, struct record *out_record);
/* Reads the effects, one after the other. Borrows the record. */
struct reader record_effects(const struct record *record);
/* The command as it was told. Slices point into the record's bytes. */
MUST_USE enum err record_command(const struct record *record, struct command *out_command);

#endif
