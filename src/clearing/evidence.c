#include "clearing/evidence.h"

const char *evidence_kind_name(enum evidence_kind kind)
{
    static const char *const names[EVIDENCE_KIND_END] = {
        [EVIDENCE_TWO_BATCHES] = "two-batches",
        [EVIDENCE_TWO_RECEIPTS] = "two-receipts",
        [EVIDENCE_WRONG_TOTALS] = "wrong-totals",
        [EVIDENCE_ANOTHER_ENTRY] = "another-entry",
        [EVIDENCE_CLAIM] = "claim",
        [EVIDENCE_TWO_STATEMENTS] = "two-statements",
        [EVIDENCE_TWO_NETS] = "two-nets",
    };
    return kind > 0 && kind < EVIDENCE_KIND_END ? names[kind] : "unknown";
}

/* What a head says of one entry. Number 0 is the beginning, of which there are no stories. */
struct story {
    uint64_t number;
    const struct hash *hash;
};

static bool stories_differ(struct story a, struct story b)
{
    return a.number == b.number && a.number != 0 && !hash_equal(a.hash, b.hash);
}

bool heads_contradict(const struct batch_head *a, const struct batch_head *b)
{
    const struct story of_a[2] = {{a->first_number - 1, &a->previous_hash},
                                  {a->first_number + a->count - 1, &a->last_hash}};
    const struct story of_b[2] = {{b->first_number - 1, &b->previous_hash},
                                  {b->first_number + b->count - 1, &b->last_hash}};
    if (!partner_id_equal(&a->sender, &b->sender) ||
        !partner_id_equal(&a->receiver, &b->receiver)) {
        return false;
    }
    return stories_differ(of_a[0], of_b[0]) || stories_differ(of_a[0], of_b[1]) ||
           stories_differ(of_a[1], of_b[0]) || stories_differ(of_a[1], of_b[1]);
}

static bool is_one_stream(const struct clearing_receipt *a, const struct clearing_receipt *b)
{
    return partner_id_equal(&a->sender, &b->sender) && partner_id_equal(&a->receiver, &b->receiver);
}

bool receipts_contradict(const struct clearing_receipt *a, const struct hash *hash_a,
                         const struct clearing_receipt *b, const struct hash *hash_b)
{
    if (!is_one_stream(a, b)) {
        return false;
    }
    if (a->receipt_number == b->receipt_number) {
        return !hash_equal(hash_a, hash_b);
    }
    if (b->receipt_number == a->receipt_number + 1) {
        return !hash_equal(&b->previous_receipt_hash, hash_a);
    }
    return a->receipt_number == b->receipt_number + 1 &&
           !hash_equal(&a->previous_receipt_hash, hash_b);
}

bool receipt_contradicts_head(const struct clearing_receipt *receipt, const struct batch_head *head)
{
    const struct story told = {receipt->last_number, &receipt->last_hash};
    const struct story before = {head->first_number - 1, &head->previous_hash};
    const struct story last = {head->first_number + head->count - 1, &head->last_hash};
    return partner_id_equal(&receipt->sender, &head->sender) &&
           partner_id_equal(&receipt->receiver, &head->receiver) &&
           (stories_differ(told, before) || stories_differ(told, last));
}

/* Are these the entries between both receipts, by numbers and hashes? */
static enum err check_between(const struct clearing_receipt *before, const struct hash *hash_before,
                              const struct clearing_receipt *after,
                              const struct batch_entry *entries, size_t count, struct note *note)
{
    static const struct hash none = {{0}};
    const struct hash *previous = before == NULL ? &none : &before->last_hash;
    uint64_t number = before == NULL ? 0 : before->last_number;
    bool are_neighbours = before == NULL
                              ? after->receipt_number == 1
                              : is_one_stream(before, after) &&
                                    after->receipt_number == before->receipt_number + 1 &&
                                    hash_equal(&after->previous_receipt_hash, hash_before);
    if (!are_neighbours) {
        return note_set(note, ERR_INPUT, "the receipts do not follow one on the other");
    }
    for (size_t i = 0; i < count; i++) {
        const struct clearing_entry *entry = &entries[i].entry;
        if (entry->number != ++number || !hash_equal(&entry->previous_hash, previous)) {
            return note_set(note, ERR_INPUT, "entry %zu is not in the chain", i + 1);
        }
        previous = &entries[i].hash;
    }
    if (number != after->last_number || !hash_equal(previous, &after->last_hash)) {
        return note_set(note, ERR_INPUT, "the entries do not end where the receipt does");
    }
    return ERR_OK;
}

struct sums {
    struct receipt_total lines[RECEIPT_TOTALS_MAX];
    size_t count;
};

static enum err sums_add(struct sums *sums, const struct receipt_total *more)
{
    size_t i = 0;
    while (i < sums->count &&
           (sums->lines[i].kind != more->kind || sums->lines[i].tariff != more->tariff)) {
        i++;
    }
    if (i == RECEIPT_TOTALS_MAX) {
        return ERR_INPUT;
    }
    if (i == sums->count) {
        sums->lines[sums->count++] = *more;
        return ERR_OK;
    }
    sums->lines[i].count += more->count;
    return int64_add(sums->lines[i].points, more->points, &sums->lines[i].points);
}

static bool is_refused(const struct clearing_receipt *receipt, uint64_t number)
{
    for (size_t i = 0; i < receipt->refused_count; i++) {
        if (receipt->refused[i].number == number) {
            return true;
        }
    }
    return false;
}

static bool sums_are(const struct sums *sums, const struct clearing_receipt *receipt)
{
    for (size_t i = 0; i < sums->count; i++) {
        const struct receipt_total *line = &sums->lines[i];
        bool is_there = false;
        for (size_t j = 0; j < receipt->total_count && !is_there; j++) {
            const struct receipt_total *said = &receipt->totals[j];
            is_there = said->kind == line->kind && said->tariff == line->tariff &&
                       said->count == line->count && said->points == line->points;
        }
        if (!is_there) {
            return false;
        }
    }
    return sums->count == receipt->total_count;
}

enum err totals_contradict(const struct clearing_receipt *before, const struct hash *hash_before,
                           const struct clearing_receipt *after, const struct batch_entry *entries,
                           size_t count, bool *out_contradict, struct note *note)
{
    struct sums sums = {.count = 0};
    TRY(check_between(before, hash_before, after, entries, count, note));
    for (size_t i = 0; before != NULL && i < before->total_count; i++) {
        TRY(sums_add(&sums, &before->totals[i]));
    }
    for (size_t i = 0; i < count; i++) {
        const struct clearing_entry *entry = &entries[i].entry;
        if (!is_refused(after, entry->number)) {
            TRY(sums_add(&sums, &(struct receipt_total){entry->kind, entry->tariff, 1,
                                                        entry->points.minor}));
        }
    }
    *out_contradict = !sums_are(&sums, after);
    return ERR_OK;
}
