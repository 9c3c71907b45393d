/* What programmes remember, as the ledger keeps it: numbers of an owner (programme/standing.h), the
 * changes of one occasion as a command carries them, and what is promised or taken back of them.
 *
 * The ledger knows no rules. Whoever judged an occasion says which numbers change, from what to
 * what or by how much and up to where; all of it takes place in one record, or nothing does.
 * Owners are named as they were when the occasion took place: a member that was merged is where it
 * went, one that moved to another home is its card there.
 */
#ifndef LEDGER_STANDINGS_H
#define LEDGER_STANDINGS_H

#include "clearing/roster.h"
#include "crypto/hash.h"
#include "ledger/view.h"
#include "programme/standing.h"

/* Numbers are stored; never renumber. */
enum standing_owner_kind {
    OWNER_MEMBER = 1,    /* of our own: its id */
    OWNER_CARD = 2,      /* another home's member that buys in our shops: its card's digits */
    OWNER_CODE = 3,      /* a coupon's code: the first bytes of its hash */
    OWNER_PROGRAMME = 4, /* what counts for everybody */
    OWNER_RAISED = 5,    /* an event that an occasion raised: whose it was, and its place there */
    OWNER_LIST = 6,      /* a static list: the first bytes of its name's hash */
    OWNER_GIFT_CARD = 7, /* its number's digits (gift_card.h) */
    OWNER_SALE = 8,      /* a sale of ours: its id (programme/returned_lines.h) */
    OWNER_KIND_END
};

#define STANDING_OWNER_BYTES 20

struct standing_owner {
    enum standing_owner_kind kind;
    uint8_t id[STANDING_OWNER_BYTES]; /* zeros behind what the kind has */
};

struct standing_owner standing_of_member(const struct uid *member);
struct standing_owner standing_of_card(const struct card_number *card);
struct standing_owner standing_of_code(const struct hash *code);
struct standing_owner standing_of_programme(void);
/* What has come back of its lines. */
struct standing_owner standing_of_sale(const struct uid *sale);
struct standing_owner standing_of_list(struct slice name);
/* `place` is less than 256. */
struct standing_owner standing_of_raised(const struct uid *occasion, unsigned place);
bool standing_owner_equal(const struct standing_owner *a, const struct standing_owner *b);

/* An owner's numbers, at least one, in the order of standing_check. Large. */
struct standing_row {
    size_t count;
    struct standing_number numbers[LIMIT_STANDING_NUMBERS];
};

/* Borrowed, for the programme to judge by. */
struct standing standing_of_row(const struct standing_row *row);

/* Numbers are stored; never renumber. */
enum standing_how {
    STANDING_SET = 1,  /* from `before` to `after`: STANDING_MOVED when it is not `before` */
    STANDING_ADD = 2,  /* `delta` more: STANDING_LIMIT when it were below `least` or above `most` */
    STANDING_TAKE = 3, /* of what an occasion gave, or a quote spent: `delta`, but no more than is
                        * there for good (slot_promised) */
    STANDING_HOW_END
};

/* A number that becomes 0 is not kept: so a window that has passed is dropped. */
struct standing_step {
    enum standing_how how;
    uint64_t slot; /* not 0 */
    int64_t bucket;
    int64_t before; /* of SET, and not the same as `after` */
    int64_t after;
    int64_t delta; /* of ADD and TAKE; not 0, nor INT64_MIN */
    int64_t least; /* of ADD; INT64_MIN: any */
    int64_t most;  /* of ADD; INT64_MAX: any */
};

/* Changes are bytes: groups, one behind the other, of an owner and its steps, at least one. Up to
 * LIMIT_STANDING_OWNERS groups, none of the same owner, with LIMIT_STANDING_STEPS steps in all;
 * within a group ascending by slot and bucket, each number once. */
/* Sorts the steps. Nothing for none. */
void standing_write_group(struct buffer *out, const struct standing_owner *owner,
                          struct standing_step *steps, size_t count);
/* Sticks to the reader's error. */
void standing_read_group(struct reader *in, struct standing_owner *out_owner, uint32_t *out_count);
void standing_read_step(struct reader *in, struct standing_step *out_step);
/* ERR_CORRUPT unless they are as said above. */
MUST_USE enum err standing_check_groups(struct slice groups);

/* What is remembered of one occasion, or of a quote, in TABLE_OCCASION. */
enum occasion_row_kind {
    OCCASION_QUOTE = 1, /* steps of ADD: what is held for it */
    OCCASION_TAKEN = 2, /* steps of TAKE: what was taken back of it so far */
    OCCASION_ROW_KIND_END
};

/* The groups are borrowed by encode, and point into the value after decode. */
struct occasion_row {
    struct unix_ms until; /* of a quote; else 0 */
    struct slice groups;
};

void key_standing(const struct standing_owner *owner, struct ledger_key *out_key);
/* ERR_CORRUPT. */
MUST_USE enum err key_standing_parse(struct slice key, struct standing_owner *out_owner);
void key_occasion(enum occasion_row_kind kind, const struct partner_id *issuer,
                  const struct uid *id, struct ledger_key *out_key);
void standing_row_encode(const struct standing_row *row, struct buffer *out);
/* What it leaves in `*out_row` when it fails is undefined; numbers beyond `count` always are. */
MUST_USE enum err standing_row_decode(struct slice value, struct standing_row *out_row);
void occasion_row_encode(const struct occasion_row *row, struct buffer *out);
MUST_USE enum err occasion_row_decode(struct slice value, struct occasion_row *out_row);

/* The transaction ids of commands about an occasion follow from its own, so that its record is
 * found from the sale, and a repeat from a repeat. They sort by the time of the id. */
enum standing_id {
    STANDING_ID_CHANGE = 1,  /* CHANGE_STANDING: of the occasion, or of what takes back from it */
    STANDING_ID_RESERVE = 2, /* RESERVE: a quote's promise */
    STANDING_ID_RELEASE = 3,
    /* Of what is paid in points at an occasion: the hold, what takes it, what gives it back because
     * nothing came of the occasion, and what gives it back since the occasion is taken back. */
    STANDING_ID_HOLD = 8,
    STANDING_ID_CAPTURE = 9,
    STANDING_ID_VOID = 10,
    STANDING_ID_REFUND = 11,
    STANDING_ID_NEXT = 12,  /* an occasion that follows on one, as it is too large for one record */
    STANDING_ID_RAISED = 16 /* and up, by its place: an event that the occasion raised */
};
struct uid standing_transaction(enum standing_id what, const struct partner_id *issuer,
                                const struct uid *id);

/* Readers. */
/* What is remembered of the owner named so, wherever it is now; no numbers when there is nothing.
 * `roster` says whose a card is. ERR_STORAGE, ERR_CORRUPT. */
MUST_USE enum err ledger_get_standing(const struct ledger_view *view, const struct roster *roster,
                                      const struct standing_owner *owner,
                                      struct standing_row *out_row);
/* The same of the owner itself. */
MUST_USE enum err standing_get_row(const struct ledger_view *view,
                                   const struct standing_owner *owner,
                                   struct standing_row *out_row);
/* Where it is now. ERR_NOT_FOUND: of a member that is unknown or erased. */
MUST_USE enum err ledger_follow_owner(const struct ledger_view *view, const struct roster *roster,
                                      const struct standing_owner *owner,
                                      struct standing_owner *out_owner);
/* The journal row of the record that changed standings for the occasion: its command has the
 * changes and the evidence. ERR_NOT_FOUND when there was none, or its id is forgotten. */
MUST_USE enum err ledger_find_occasion(const struct ledger_view *view, const struct roster *roster,
                                       const struct partner_id *issuer, const struct uid *occasion,
                                       uint64_t *out_row);
/* What was taken back of an occasion so far, or what a quote holds. The groups are borrowed until
 * the view's next read. ERR_NOT_FOUND. */
MUST_USE enum err ledger_get_occasion(const struct ledger_view *view, enum occasion_row_kind kind,
                                      const struct partner_id *issuer, const struct uid *id,
                                      struct occasion_row *out_row);

#endif
