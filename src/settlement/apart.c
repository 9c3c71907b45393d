#include "settlement/apart.h"

#include <inttypes.h>
#include <string.h>

#include "clearing/dispute.h"
#include "settlement/price.h"

/* One command makes no two entries of a kind about one card; what it made twice is told apart by
 * its place. */
static bool is_same_sale(const struct clearing_entry *a, const struct clearing_entry *b)
{
    return uid_equal(&a->transaction_id, &b->transaction_id) && a->kind == b->kind &&
           strcmp(a->card.digits, b->card.digits) == 0;
}

/* Which of the others each entry is, none twice; SIZE_MAX: none. */
static void match(struct apart_list list, struct apart_list others,
                  size_t out_match[LIMIT_APART_ENTRIES])
{
    bool is_taken[LIMIT_APART_ENTRIES] = {false};
    for (size_t i = 0; i < list.count; i++) {
        out_match[i] = SIZE_MAX;
        for (size_t k = 0; k < others.count && out_match[i] == SIZE_MAX; k++) {
            if (!is_taken[k] && !apart_is_refused(others.refused, k) &&
                is_same_sale(&list.entries[i], &others.entries[k])) {
                out_match[i] = k;
                is_taken[k] = true;
            }
        }
    }
}

bool apart_creditor_is_sender(enum entry_kind kind)
{
    return !dispute_sender_pays(kind, PAYMENT_AS_ENTRY);
}

static enum err add_claim(struct apart_outcome *outcome, bool is_senders,
                          const struct clearing_entry *entry, uint64_t number, int64_t points,
                          struct note *note)
{
    if (entry->points.minor == 0 && entry->kind != ENTRY_PERIOD_MARK) {
        return ERR_OK; /* it moves nothing */
    }
    if (!dispute_may_be_about(entry->kind)) {
        return note_set(note, ERR_UNSUPPORTED,
                        "entry %" PRIu64 " is of a kind (%s) that can't wait", entry->number,
                        entry_kind_name(entry->kind));
    }
    outcome->claims[outcome->claim_count++] = (struct apart_claim){
        .is_senders = is_senders, .number = number, .points = points_of(points), .entry = *entry};
    return ERR_OK;
}

static enum err decide_tariff(struct apart_outcome *outcome, const struct clearing_entry *sent,
                              const struct clearing_entry *received, struct note *note)
{
    if (sent->points.minor != received->points.minor) {
        return note_set(note, ERR_UNSUPPORTED,
                        "entry %" PRIu64 " has another tariff and other points", sent->number);
    }
    size_t before = outcome->claim_count;
    TRY(add_claim(outcome, apart_creditor_is_sender(sent->kind), sent, sent->number,
                  sent->points.minor, note));
    if (outcome->claim_count > before) {
        outcome->claims[before].other_tariff = received->tariff;
    }
    return ERR_OK;
}

/* Of one that both have. */
static enum err decide_pair(struct apart_outcome *outcome, const struct clearing_entry *sent,
                            size_t s, const struct clearing_entry *received, size_t r,
                            struct note *note)
{
    int64_t more = sent->points.minor - received->points.minor;
    if (!period_equal(sent->period, received->period) && sent->points.minor != 0 &&
        !dispute_may_be_about(sent->kind)) {
        return note_set(note, ERR_UNSUPPORTED, "entry %" PRIu64 " (%s) is of another period there",
                        sent->number, entry_kind_name(sent->kind));
    }
    if (sent->tariff != received->tariff) {
        return decide_tariff(outcome, sent, received, note);
    }
    outcome->commons[outcome->common_count++] =
        (struct apart_common){s, r, more > 0 ? received->points : sent->points};
    return more == 0 ? ERR_OK
                     : add_claim(outcome, more > 0, more > 0 ? sent : received, sent->number,
                                 more > 0 ? more : -more, note);
}

/* The tariff that the claimant would have. */
static uint32_t tariff_of(const struct apart_claim *claim)
{
    return claim->other_tariff == 0 || claim->is_senders ? claim->entry.tariff
                                                         : claim->other_tariff;
}

static void add_line(struct apart_outcome *outcome, const struct apart_claim *claim)
{
    struct receipt_total line = {claim->entry.kind, tariff_of(claim), 1, claim->points.minor};
    size_t at = 0;
    while (at < outcome->line_count && receipt_total_compare(&outcome->lines[at], &line) < 0) {
        at++;
    }
    if (at < outcome->line_count && receipt_total_compare(&outcome->lines[at], &line) == 0) {
        outcome->lines[at].count++;
        outcome->lines[at].points += line.points;
        return;
    }
    memmove(&outcome->lines[at + 1], &outcome->lines[at],
            (outcome->line_count - at) * sizeof outcome->lines[0]);
    outcome->lines[at] = line;
    outcome->line_count++;
}

static enum err decide_sent(struct apart_outcome *outcome, struct apart_list sent,
                            struct apart_list received, bool is_common[LIMIT_APART_ENTRIES],
                            struct note *note)
{
    size_t of_sent[LIMIT_APART_ENTRIES];
    match(sent, received, of_sent);
    for (size_t i = 0; i < sent.count; i++) {
        const struct clearing_entry *entry = &sent.entries[i];
        size_t r = of_sent[i];
        if (apart_is_refused(sent.refused, i)) {
            continue;
        }
        if (r == SIZE_MAX) {
            TRY(add_claim(outcome, true, entry, entry->number, entry->points.minor, note));
        } else {
            is_common[r] = true;
            TRY(decide_pair(outcome, entry, i, &received.entries[r], r, note));
        }
    }
    return ERR_OK;
}

enum err apart_decide(struct apart_list sent, struct apart_list received,
                      struct apart_outcome *out_outcome, struct note *note)
{
    bool is_common[LIMIT_APART_ENTRIES] = {false};
    *out_outcome = (struct apart_outcome){0};
    if (sent.count > LIMIT_APART_ENTRIES || received.count > LIMIT_APART_ENTRIES) {
        return note_set(note, ERR_UNSUPPORTED, "more than %u entries would be set apart",
                        LIMIT_APART_ENTRIES);
    }
    TRY(decide_sent(out_outcome, sent, received, is_common, note));
    for (size_t r = 0; r < received.count; r++) {
        const struct clearing_entry *entry = &received.entries[r];
        if (!is_common[r] && !apart_is_refused(received.refused, r)) {
            TRY(add_claim(out_outcome, false, entry, APART_RECEIVERS + entry->number,
                          entry->points.minor, note));
        }
    }
    for (size_t i = 0; i < out_outcome->claim_count; i++) {
        add_line(out_outcome, &out_outcome->claims[i]);
    }
    return ERR_OK;
}

bool apart_is_bounded(const struct apart_outcome *outcome, int64_t points_of_half)
{
    int64_t claimed = 0;
    for (size_t i = 0; i < outcome->claim_count; i++) {
        if (int64_add(claimed, outcome->claims[i].points.minor, &claimed) != ERR_OK) {
            return false;
        }
    }
    return outcome->claim_count <= 1 ? claimed <= points_of_half - claimed
                                     : claimed <= points_of_half / LIMIT_APART_PART;
}
