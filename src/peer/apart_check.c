/* Whether a ledger shows what is to be set apart of a half. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "peer/apart_parts.h"
#include "peer/holdings.h"
#include "peer/pair.h"
#include "peer/ruling.h"
#include "wire/messages.h"

enum {
    RECEIPTS_LOST_MAX = 1024 /* of ours, that the sender holds and an older copy of us has lost */
};

/* One half at hand. Large; on the heap. */
struct apart_checking {
    const struct peer_host *host;
    const struct partner_id *partner;
    struct apart_lists *lists;
    struct note *note;
    bool is_sender;
    bool is_new; /* ours, and nobody has seen it yet */
    struct half_view half;
    const struct clearing_entry *own;
    const struct slice *own_bytes;
    size_t own_count;
    size_t seen;
    size_t behind; /* ours that come behind the half's end */
    struct tree_frontier rest;
    int64_t points;
    struct comparison comparison;
    struct holdings_page room;
    struct recover_page page;
};

/* ---- Entries ---- */

static enum err differs(const struct apart_checking *c, uint64_t number)
{
    return note_set(c->note, ERR_DISAGREE, "entry %" PRIu64 " of the half is another one here",
                    number);
}

/* One of the half: it is set apart, or part of the rest. */
static enum err see(void *context, uint64_t number, struct slice bytes)
{
    struct apart_checking *c = context;
    struct clearing_entry entry;
    if (c->seen < c->own_count && c->own[c->seen].number == number) {
        return slice_equal(entry_body(bytes), entry_body(c->own_bytes[c->seen++]))
                   ? ERR_OK
                   : differs(c, number);
    }
    TRY(wire_entry_decode(bytes, &entry, c->note));
    TRY(int64_add(c->points, entry.points.minor, &c->points));
    struct hash leaf = tree_leaf(entry_body(bytes));
    return tree_append(&c->rest, &leaf, NULL, NULL);
}

static enum err see_behind(void *context, uint64_t number, struct slice bytes)
{
    struct apart_checking *c = context;
    bool is_it = c->seen < c->own_count && c->own[c->seen].number == number &&
                 slice_equal(entry_body(bytes), entry_body(c->own_bytes[c->seen]));
    c->seen += is_it;
    c->behind += is_it;
    return is_it ? ERR_OK : differs(c, number);
}

/* What the receiver has behind the half's end is set apart, all of it. */
static enum err read_behind(struct apart_checking *c, const struct stream *stream)
{
    uint64_t end = c->half.first_number + c->half.tree.count;
    if (c->is_sender || stream->last_number < end) {
        return ERR_OK;
    }
    if (stream->last_number - end >= LIMIT_APART_ENTRIES) {
        return note_set(c->note, ERR_UNAVAILABLE, "entries came behind the half's end since");
    }
    return half_entries(&c->half, end, stream->last_number - end + 1, see_behind, c);
}

/* As the sender has it: both go on behind it. */
static enum err check_end(const struct apart_checking *c)
{
    const struct apart_half *half = &c->lists->half;
    struct half ended;
    TRY(ledger_get_half(&c->host->view, STREAM_OUT, c->partner, half->period, &ended));
    bool is_it = ended.first_number == half->first_number &&
                 ended.last_number == half->last_number &&
                 hash_equal(&ended.last_hash, &half->last_hash);
    return is_it ? ERR_OK : note_set(c->note, ERR_DISAGREE, "our half has another end");
}

/* What the sender says of its stream is its own affair, as long as it can be: the half begins where
 * ours does, has as many entries as its numbers say, and no receipt of ours is given twice. */
static enum err check_sender(const struct apart_checking *c, const struct stream *stream)
{
    const struct apart_half *half = &c->lists->half;
    const struct clearing_entry *sent = c->lists->sent;
    bool is_sound = half->first_number == c->half.first_number &&
                    half->last_number - half->first_number + 1 == half->count + half->sent_count &&
                    half->receipt_number >= stream->receipt_number &&
                    half->receipt_number - stream->receipt_number <= RECEIPTS_LOST_MAX;
    for (size_t i = 0; is_sound && i < half->sent_count; i++) {
        is_sound = sent[i].number >= half->first_number && sent[i].number <= half->last_number &&
                   period_equal(sent[i].period, half->period);
    }
    return is_sound
               ? ERR_OK
               : note_set(c->note, ERR_DISAGREE, "%s's half can't be as it says", c->partner->text);
}

static enum err read_half(struct apart_checking *c, const struct stream *stream)
{
    struct apart_half *half = &c->lists->half;
    TRY(c->is_sender ? check_end(c) : check_sender(c, stream));
    TRY(half_entries(&c->half, c->half.first_number, c->half.tree.count, see, c));
    TRY(read_behind(c, stream));
    if (c->seen != c->own_count) {
        return differs(c, c->own[c->seen].number);
    }
    struct hash root = tree_root(&c->rest);
    if (c->is_new) {
        half->root = root;
        half->count = c->rest.count;
    }
    bool is_one = hash_equal(&half->root, &root) && half->count == c->rest.count;
    return is_one ? ERR_OK
                  : note_set(c->note, ERR_DISAGREE,
                             "the halves differ in more than what is to be set apart");
}

static enum err add_refused(void *context, uint64_t number, const char *reason)
{
    struct apart_checking *c = context;
    (void)reason;
    for (size_t i = 0; i < c->own_count; i++) {
        c->lists->own_refused |= c->own[i].number == number ? UINT32_C(1) << i : 0;
    }
    return ERR_OK;
}

/* Which of ours the receipts refuse. */
static enum err find_refused(struct apart_checking *c)
{
    for (size_t i = 0; i < c->own_count; i++) {
        enum err err = half_refusals(&c->half, c->own[i].number, 1, add_refused, c);
        if (err != ERR_OK) {
            return note_set(c->note, err, "there is no receipt for entry %" PRIu64,
                            c->own[i].number);
        }
    }
    if (c->is_new) {
        c->lists->half.sent_refused = c->lists->own_refused;
    }
    return ERR_OK;
}

/* ---- Signatures ---- */

/* The page with our own entry, under what the partner signed of it; NULL: none. */
static const struct recover_page *own_page(struct apart_checking *c, uint64_t number)
{
    struct recover_request theirs;
    struct recover_request ours;
    struct page_search search;
    const struct recover_page *found;
    bool is_found;
    struct note ignored;
    if (ruling_pages(&c->comparison, c->host, number, &theirs, &ours) != ERR_OK) {
        return NULL;
    }
    page_search_begin(&search, ours.number);
    do {
        ours.number = search.next;
        holdings_page_fini(&c->room);
        memset(&c->room, 0, sizeof c->room);
        found = holdings_find(c->host, c->partner, &ours, &c->room, &c->page, &ignored) == ERR_OK
                    ? &c->page
                    : NULL;
    } while (page_search_goes_on(&search, found, number, &is_found));
    return is_found ? found : NULL;
}

static enum err check_signatures(struct apart_checking *c)
{
    for (size_t i = 0; i < c->own_count; i++) {
        const struct recover_page *page = own_page(c, c->own[i].number);
        if (page != NULL &&
            ruling_is_proven(&c->comparison, c->host, page, true, c->own[i].number, &c->own[i])) {
            return note_set(c->note, ERR_DISAGREE,
                            "entry %" PRIu64 " is as %s signed it: that decides", c->own[i].number,
                            c->partner->text);
        }
    }
    return ERR_OK;
}

/* Who told two stories is not met halfway. */
static enum err check_evidence(const struct apart_checking *c)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    for (uint64_t number = 1; number <= LIMIT_EVIDENCE_PER_PARTNER; number++) {
        struct evidence evidence;
        struct ledger_key key;
        struct slice value;
        key_evidence(c->partner, number, &key);
        enum err err = view_get(&c->host->view, TABLE_EVIDENCE, &key, &value);
        if (err == ERR_NOT_FOUND) {
            return ERR_OK;
        }
        TRY(err);
        TRY(wire_evidence_decode(value, &arena, &evidence, c->note));
        if (evidence.kind != EVIDENCE_CLAIM) {
            return note_set(c->note, ERR_DISAGREE, "%s is proven to have signed two stories",
                            c->partner->text);
        }
    }
    return ERR_OK;
}

/* ---- The whole ---- */

static enum err check_place(const struct apart_checking *c, const struct stream *stream)
{
    struct pair_row row = {0};
    enum err err = pair_row_load(&c->host->view, c->partner, c->lists->half.period, &row);
    bool is_settled = err == ERR_OK && row.pair.state == PAIR_MATCHED;
    pair_row_fini(&row);
    TRY(err);
    if (is_settled) {
        return note_set(c->note, ERR_DISAGREE,
                        "the period is settled; a correction goes into the open one");
    }
    bool is_there = (c->lists->is_signed || !stream->is_recovering) &&
                    (!c->is_new || stream->receipted_number == c->lists->half.last_number);
    return is_there ? ERR_OK
                    : note_set(c->note, ERR_UNAVAILABLE, "the stream is not at the half's end");
}

static enum err check_claims(struct apart_checking *c)
{
    struct apart_lists *lists = c->lists;
    int64_t points = c->points;
    TRY(apart_decide(
        (struct apart_list){lists->sent, lists->half.sent_count, lists->half.sent_refused},
        (struct apart_list){lists->received, lists->half.received_count,
                            lists->half.received_refused},
        &lists->outcome, c->note));
    for (size_t i = 0; i < lists->outcome.common_count; i++) {
        TRY(int64_add(points, lists->outcome.commons[i].points.minor, &points));
    }
    for (size_t i = 0; i < lists->outcome.claim_count; i++) {
        TRY(int64_add(points, lists->outcome.claims[i].points.minor, &points));
    }
    return apart_is_bounded(&lists->outcome, points)
               ? ERR_OK
               : note_set(c->note, ERR_UNSUPPORTED,
                          "more than one part in %d of the half would be set apart",
                          LIMIT_APART_PART);
}

static enum err check(struct apart_checking *c, enum stream_direction direction)
{
    struct stream stream;
    struct period period = c->lists->half.period;
    TRY(ledger_get_stream(&c->host->view, c->host->roster, direction, c->partner, &stream));
    TRY(check_place(c, &stream));
    TRY(check_evidence(c));
    TRY(half_open(&c->half, c->host, c->partner, direction, period, 0, c->note));
    TRY(read_half(c, &stream));
    TRY(find_refused(c));
    TRY(check_claims(c));
    return check_signatures(c);
}

enum err apart_check(const struct peer_host *host, const struct partner_id *partner,
                     enum stream_direction direction, struct apart_lists *lists, struct note *note)
{
    struct apart_checking *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return ERR_RESOURCE;
    }
    c->host = host;
    c->partner = partner;
    c->lists = lists;
    c->note = note;
    c->is_sender = direction == STREAM_OUT;
    c->is_new = lists->half.count == 0;
    c->own = c->is_sender ? lists->sent : lists->received;
    c->own_bytes = c->is_sender ? lists->half.sent : lists->half.received;
    c->own_count = c->is_sender ? lists->half.sent_count : lists->half.received_count;
    half_begin(&c->half, host, partner, direction);
    half_begin(&c->comparison.half, host, partner, direction);
    enum err err = check(c, direction);
    half_close(&c->comparison.half);
    half_close(&c->half);
    holdings_page_fini(&c->room);
    free(c);
    return err;
}
