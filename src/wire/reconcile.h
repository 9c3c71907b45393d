/* Two sides compare a half of a period: plain values, and the generated messages. */
#ifndef WIRE_RECONCILE_H
#define WIRE_RECONCILE_H

#include "base/period.h"
#include "base/ident.h"
#include "settlement/reconcile.h"
#include "wire/signed_message.h"

/* What a brand says that it has of a half. */
struct half_root {
    struct partner_id holder; /* who says it: the sender or the receiver */
    struct partner_id sender;
    struct partner_id receiver;
    struct period period;
    uint64_t first_number;
    uint64_t count;
    struct hash root;
    struct unix_ms said;
};

/* The same value always gives the same bytes; decoders refuse all others, with a note. */
MUST_USE enum err wire_half_root_encode(const struct half_root *root, struct buffer *out);
MUST_USE enum err wire_half_root_decode(struct slice bytes, struct half_root *out_root,
                                        struct note *note);

/* Which half, and how much of it. */
struct half_question {
    struct period period;
    bool sent_by_caller;
    uint64_t last_number; /* 0: all of it, of one that its mark ended */
};

/* All places are of one level. Borrowed. */
struct compare_request {
    struct half_question half;
    unsigned level;
    const uint64_t *indexes;
    size_t count; /* at most RECONCILE_PLACES */
};

struct compare_answer {
    uint64_t first_number;
    uint64_t count;
    const struct hash *hashes;
    size_t hash_count;
    const struct signed_message *claim; /* NULL: none */
};

/* Where a comparison's parts are put while it is on its way. Large; on the heap. */
struct compare_room {
    uint64_t indexes[RECONCILE_PLACES];
    struct hash hashes[RECONCILE_PLACES];
    struct signed_message claim;
    Talea__V1__Signed claim_message;
};

/* Borrow from their input and from the room. ERR_INPUT with a note. */
MUST_USE enum err compare_request_of_message(const Talea__V1__CompareHalfRequest *message,
                                             struct compare_request *out_request,
                                             struct note *note);
MUST_USE enum err compare_answer_of_message(const Talea__V1__CompareHalfResponse *message,
                                            struct compare_room *room,
                                            struct compare_answer *out_answer, struct note *note);
void compare_request_to_message(const struct compare_request *request,
                                Talea__V1__CompareHalfRequest *out_message);
void compare_answer_to_message(const struct compare_answer *answer, struct compare_room *room,
                               Talea__V1__CompareHalfResponse *out_message);

/* Numbers ascend; at most RECONCILE_DIFFERENCES. */
struct entries_request {
    bool sent_by_caller;
    const uint64_t *numbers;
    size_t count;
};

MUST_USE enum err entries_request_of_message(const Talea__V1__ShowEntriesRequest *message,
                                             struct entries_request *out_request,
                                             struct note *note);
/* One entry for each number that was asked for, none longer than an entry may be; empty where there
 * is none. */
MUST_USE enum err entries_answer_check(const Talea__V1__ShowEntriesResponse *message, size_t asked,
                                       struct note *note);

#endif
