#include "peer/ruling.h"

#include "wire/messages.h"

const char *ruling_name(enum ruling ruling)
{
    switch (ruling) {
    case RULING_OPEN:
        return "open";
    case RULING_OURS:
        return "ours";
    case RULING_THEIRS:
        return "theirs";
    case RULING_BOTH:
        return "both";
    }
    return "unknown";
}

enum err ruling_pages(struct comparison *comparison, const struct peer_host *host, uint64_t number,
                      struct recover_request *out_theirs, struct recover_request *out_ours)
{
    bool is_out = comparison->half.direction == STREAM_OUT;
    uint64_t receipt;
    comparison->half.host = host;
    TRY(half_receipt_of(&comparison->half, number, &receipt));
    *out_theirs = (struct recover_request){.part = is_out ? RECOVER_ENTRIES : RECOVER_RECEIPT,
                                           .number = receipt};
    *out_ours = (struct recover_request){.part = is_out ? RECOVER_RECEIPT : RECOVER_ENTRIES,
                                         .number = receipt};
    return ERR_OK;
}

void page_search_begin(struct page_search *search, uint64_t receipt)
{
    *search = (struct page_search){.low = 1, .high = UINT64_MAX, .step = 1, .next = receipt};
}

static void move_on(struct page_search *search)
{
    if (search->high == UINT64_MAX) {
        search->next += search->step;
        search->step *= 2;
    } else {
        search->next = search->low + (search->high - search->low) / 2;
    }
}

bool page_search_goes_on(struct page_search *search, const struct recover_page *page,
                         uint64_t number, bool *out_is_found)
{
    struct clearing_entry first;
    *out_is_found = false;
    if (page == NULL) {
        search->high = search->next - 1;
    } else if (page->count == 0 || wire_entry_decode(page->entries[0], &first, NULL) != ERR_OK) {
        return false;
    } else if (number < first.number) {
        search->high = search->next - 1;
    } else if (number - first.number >= page->count) {
        search->low = search->next + 1;
    } else {
        *out_is_found = true;
        return false;
    }
    if (search->low > search->high || search->step > UINT32_MAX) {
        return false;
    }
    move_on(search);
    return true;
}

/* A key that the signer had, and that counts for what was signed. */
static bool is_signed_by(const struct peer_host *host, const struct signed_message *message,
                         enum purpose purpose, const struct partner_id *signer)
{
    const struct charter_key *key = charter_key_by_id(host->charter, signer, &message->key_id);
    return key != NULL && peer_verify_by(host, message, purpose, key) == ERR_OK;
}

/* What was signed of a run of entries, by its sender or by its receiver. */
struct signed_run {
    struct partner_id sender;
    struct partner_id receiver;
    uint64_t first_number;
    uint64_t count;
    struct hash last_hash;
};

static bool read_head(const struct peer_host *host, const struct signed_message *message,
                      const struct partner_id *signer, struct signed_run *out_run)
{
    struct batch_head head;
    if (message == NULL || !is_signed_by(host, message, PURPOSE_CLEARING_BATCH, signer) ||
        wire_head_decode(message->payload, &head, NULL) != ERR_OK) {
        return false;
    }
    *out_run = (struct signed_run){head.sender, head.receiver, head.first_number, head.count,
                                   head.last_hash};
    return true;
}

static bool read_receipt(const struct peer_host *host, const struct signed_message *message,
                         const struct partner_id *signer, struct signed_run *out_run)
{
    struct clearing_receipt receipt;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (message == NULL || !is_signed_by(host, message, PURPOSE_CLEARING_RECEIPT, signer) ||
        wire_receipt_decode(message->payload, &arena, &receipt, NULL) != ERR_OK) {
        return false;
    }
    *out_run =
        (struct signed_run){receipt.sender, receipt.receiver, receipt.first_number,
                            receipt.last_number - receipt.first_number + 1, receipt.last_hash};
    return true;
}

/* From the entry to the end of what was signed, each entry names the one before by its hash: so the
 * signature on the last is one on all of them. */
static bool is_chained(const struct signed_run *run, const struct recover_page *page,
                       uint64_t number, struct clearing_entry *out_entry)
{
    if (page->count != run->count || number < run->first_number ||
        number - run->first_number >= run->count) {
        return false;
    }
    struct hash before = {{0}};
    for (uint64_t i = number - run->first_number; i < run->count; i++) {
        struct clearing_entry entry;
        if (wire_entry_decode(page->entries[i], &entry, NULL) != ERR_OK ||
            entry.number != run->first_number + i) {
            return false;
        }
        if (entry.number == number) {
            *out_entry = entry;
        } else if (!hash_equal(&entry.previous_hash, &before)) {
            return false;
        }
        before = entry_hash(page->entries[i]);
    }
    return hash_equal(&before, &run->last_hash);
}

bool ruling_is_proven(const struct comparison *comparison, const struct peer_host *host,
                      const struct recover_page *page, bool is_ours, uint64_t number,
                      const struct clearing_entry *entry)
{
    const struct half_view *half = &comparison->half;
    const struct partner_id *self = &host->roster->self;
    bool is_out = half->direction == STREAM_OUT;
    const struct partner_id *signer = is_ours ? &half->partner : self;
    bool is_sender = is_out != is_ours;
    struct signed_run run;
    struct clearing_entry shown;
    bool is_read = is_sender ? read_head(host, page->head, signer, &run)
                             : read_receipt(host, page->receipt, signer, &run);
    return is_read && partner_id_equal(&run.sender, is_out ? self : &half->partner) &&
           partner_id_equal(&run.receiver, is_out ? &half->partner : self) &&
           is_chained(&run, page, number, &shown) && entries_alike(&shown, entry);
}

enum ruling ruling_of(bool ours_is_proven, bool theirs_is_proven)
{
    if (ours_is_proven && theirs_is_proven) {
        return RULING_BOTH;
    }
    return ours_is_proven ? RULING_OURS : theirs_is_proven ? RULING_THEIRS : RULING_OPEN;
}

enum ruling ruling_of_pages(struct comparison *comparison, const struct peer_host *host,
                            const struct entry_pair *pair, const struct recover_page *ours,
                            const struct recover_page *theirs)
{
    return ruling_of(
        ours != NULL && pair->has_ours &&
            ruling_is_proven(comparison, host, ours, true, pair->number, &pair->ours),
        theirs != NULL && pair->has_theirs &&
            ruling_is_proven(comparison, host, theirs, false, pair->number, &pair->theirs));
}
