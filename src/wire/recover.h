/* What a partner shows a node that was restored from an older copy: plain values, and the generated
 * messages. */
#ifndef WIRE_RECOVER_H
#define WIRE_RECOVER_H

#include "base/arena.h"
#include "base/calendar.h"
#include "base/ident.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "wire/signed_message.h"

/* What the holder has of the owner. */
struct holdings {
    struct partner_id holder;
    struct partner_id owner;
    struct unix_ms said;
    uint64_t entry_number; /* the owner's last entry here; 0: none */
    struct hash entry_hash;
    uint64_t given_receipt_number; /* the holder's last for them */
    uint64_t held_receipt_number;  /* the owner's last for the holder's entries */
    struct hash held_receipt_hash;
};

/* The same value always gives the same bytes; decoders refuse all others, with a note. */
MUST_USE enum err wire_holdings_encode(const struct holdings *holdings, struct buffer *out);
MUST_USE enum err wire_holdings_decode(struct slice bytes, struct holdings *out_holdings,
                                       struct note *note);

/* Numbers are those of talea.v1.RecoverPart. */
enum recover_part {
    RECOVER_ENTRIES = 1,
    RECOVER_RECEIPT = 2,
    RECOVER_HOLDS = 3
};

struct recover_request {
    enum recover_part part;
    uint64_t number;    /* of a receipt */
    struct slice after; /* of holds: what the page before said is next */
};

/* All borrowed. */
struct recover_page {
    const struct signed_message *head; /* NULL: none */
    const struct slice *entries;       /* as they travel */
    size_t count;
    const struct signed_message *receipt; /* NULL: none */
    const struct signed_message *grants;
    size_t grant_count;
    const struct signed_message *mandates;
    size_t mandate_count;
    struct slice next; /* empty: the last one */
};

/* Where a page's parts are put while it is on its way. Large; on the heap. */
struct recover_page_room {
    struct slice entries[LIMIT_CLEARING_BATCH];
    ProtobufCBinaryData fields[LIMIT_CLEARING_BATCH];
    Talea__V1__Signed head_message;
    Talea__V1__Signed receipt_message;
    Talea__V1__Signed grant_messages[LIMIT_CLEARING_BATCH];
    Talea__V1__Signed *grant_pointers[LIMIT_CLEARING_BATCH];
    Talea__V1__Signed mandate_messages[LIMIT_CLEARING_BATCH];
    Talea__V1__Signed *mandate_pointers[LIMIT_CLEARING_BATCH];
    struct signed_message head;
    struct signed_message receipt;
    struct signed_message grants[LIMIT_CLEARING_BATCH];
    struct signed_message mandates[LIMIT_CLEARING_BATCH];
};

/* Borrow from their input and from the room. ERR_INPUT with a note. */
MUST_USE enum err recover_request_of_message(const Talea__V1__RecoverPageRequest *message,
                                             struct recover_request *out_request,
                                             struct note *note);
MUST_USE enum err recover_page_of_message(const Talea__V1__RecoverPageResponse *message,
                                          struct recover_page_room *room,
                                          struct recover_page *out_page, struct note *note);
void recover_request_to_message(const struct recover_request *request,
                                Talea__V1__RecoverPageRequest *out_message);
/* At most LIMIT_CLEARING_BATCH entries, grants and mandates. */
void recover_page_to_message(const struct recover_page *page, struct recover_page_room *room,
                             Talea__V1__RecoverPageResponse *out_message);

#endif
