/* What this node holds of a partner's ledger, for the partner to see and to have again when it lost
 * it: the partner's entries as it signed them, its receipts, its grants and mandates. Nothing is
 * changed by it. */
#ifndef PEER_HOLDINGS_H
#define PEER_HOLDINGS_H

#include "peer/host.h"
#include "wire/recover.h"

/* A place in the bytes of a page. */
struct page_span {
    size_t at;
    size_t length;
};

/* One page, with all it points to. Large; on the heap; zeroed is valid. */
struct holdings_page {
    struct buffer bytes;
    struct page_span head;
    struct page_span receipt;
    struct page_span entries[LIMIT_CLEARING_BATCH];
    struct page_span grants[LIMIT_CLEARING_BATCH];
    struct page_span mandates[LIMIT_CLEARING_BATCH];
    struct uid mandate_ids[LIMIT_CLEARING_BATCH];
    size_t entry_count;
    size_t grant_count;
    size_t mandate_count;
    uint8_t next[TRANSACTION_KEY_SIZE];
    size_t next_length;
    struct slice entry_slices[LIMIT_CLEARING_BATCH];
    struct signed_message head_message;
    struct signed_message receipt_message;
    struct signed_message grant_messages[LIMIT_CLEARING_BATCH];
    struct signed_message mandate_messages[LIMIT_CLEARING_BATCH];
};

void holdings_page_fini(struct holdings_page *page);

/* Signed bytes of a Holdings about the caller. */
MUST_USE enum err holdings_answer(const struct peer_host *host, const struct partner_id *caller,
                                  struct buffer *out_signed);
/* What the caller asks for; `out_page` points into `room`. ERR_NOT_FOUND with a note for what is
 * not here, or not any more. */
MUST_USE enum err holdings_find(const struct peer_host *host, const struct partner_id *caller,
                                const struct recover_request *request, struct holdings_page *room,
                                struct recover_page *out_page, struct note *note);

#endif
