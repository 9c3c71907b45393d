#include "clearing/stream.h"
#include "base/mutant.h"

#include "base/limits.h"

const char *batch_judgement_name(enum batch_judgement judgement)
{
    switch (judgement) {
    case BATCH_TAKE:
        return "take";
    case BATCH_REPEAT:
        return "repeat";
    case BATCH_GAP:
        return "gap";
    case BATCH_BROKEN:
        return "broken";
    case BATCH_FORK:
        return "fork";
    case BATCH_FROZEN:
        return "frozen";
    case BATCH_WAIT:
        return "wait";
    }
    return "unknown";
}

struct stream stream_begin(struct period first_period)
{
    return (struct stream){.period = first_period, .period_first_number = 1};
}

void stream_advance(struct stream *stream, const struct clearing_entry *entry,
                    const struct hash *hash, size_t length)
{
    stream->last_number = entry->number;
    stream->last_hash = *hash;
    stream->bytes += length;
    if (entry->kind == ENTRY_PERIOD_MARK && !MUTANT(PERIOD_BY_CLOCK)) {
        stream->period = entry_period_after(entry);
        stream->period_first_number = entry->number + 1;
    }
}

#define NUMBER(n) ((unsigned long long)(n))

/* A judgement and its reason. */
static enum batch_judgement judged(struct note *note, enum batch_judgement judgement,
                                   const char *what, uint64_t number)
{
    (void)note_set(note, ERR_INPUT, "entry %llu: %s", NUMBER(number), what);
    return judgement;
}

static enum batch_judgement judge_head(const struct partner_id *self, const struct batch_head *head,
                                       size_t count, struct note *note)
{
    if (!partner_id_equal(&head->receiver, self)) {
        (void)note_set(note, ERR_INPUT, "the batch is for %s, not for %s", head->receiver.text,
                       self->text);
        return BATCH_BROKEN;
    }
    if (head->count != count || count == 0 || count > LIMIT_CLEARING_BATCH) {
        (void)note_set(note, ERR_INPUT, "the head says %u entries, %zu came; 1 to %u are allowed",
                       head->count, count, LIMIT_CLEARING_BATCH);
        return BATCH_BROKEN;
    }
    if (head->first_number == 0 || head->first_number > UINT64_MAX - count) {
        return judged(note, BATCH_BROKEN, "the head's first number is out of range",
                      head->first_number);
    }
    return BATCH_TAKE;
}

/* Is the batch one chain by itself, the one that its head names? */
static enum batch_judgement judge_chain(const struct batch_head *head,
                                        const struct batch_entry *entries, size_t count,
                                        struct note *note)
{
    const struct hash *previous = &head->previous_hash;
    for (size_t i = 0; i < count; i++) {
        const struct clearing_entry *entry = &entries[i].entry;
        uint64_t number = head->first_number + i;
        if (entry->number != number) {
            return judged(note, BATCH_BROKEN, "another number stands in its place", number);
        }
        if (!hash_equal(&entry->previous_hash, previous) && !MUTANT(SKIP_PREVIOUS_HASH)) {
            return judged(note, BATCH_BROKEN, "its previous hash is not that of the entry before",
                          number);
        }
        if (entry_check(entry, note) != ERR_OK) {
            return BATCH_BROKEN;
        }
        previous = &entries[i].hash;
    }
    if (!hash_equal(previous, &head->last_hash)) {
        return judged(note, BATCH_BROKEN, "its hash is not the last one of the head",
                      head->first_number + count - 1);
    }
    return BATCH_TAKE;
}

/* Where does it stand to what is here? */
static enum batch_judgement judge_place(const struct stream *stream, const struct batch_head *head,
                                        struct note *note)
{
    uint64_t last = head->first_number + head->count - 1;
    if (head->first_number - 1 > stream->last_number && !MUTANT(ACCEPT_GAP)) {
        (void)note_set(note, ERR_INPUT, "the batch begins with entry %llu; here, %llu is the last",
                       NUMBER(head->first_number), NUMBER(stream->last_number));
        return BATCH_GAP;
    }
    /* The hashes of older entries are not at hand: a repeat that ends before the last entry here is
     * taken at its word, and whoever compares the receipts finds another story. */
    if (last == stream->last_number && !hash_equal(&head->last_hash, &stream->last_hash)) {
        return judged(note, BATCH_FORK, "it came before with another hash", last);
    }
    if (last <= stream->last_number) {
        return MUTANT(APPLY_BATCH_TWICE) ? BATCH_TAKE : BATCH_REPEAT;
    }
    if (head->first_number <= stream->last_number) {
        return judged(note, BATCH_BROKEN,
                      "the batch begins before what is here and ends after it; a sender resumes "
                      "behind the last receipt",
                      head->first_number);
    }
    if (!hash_equal(&head->previous_hash, &stream->last_hash) && !MUTANT(TAKE_FORK)) {
        return judged(note, BATCH_FORK, "it follows on from another entry than the last one here",
                      head->first_number);
    }
    return BATCH_TAKE;
}

static enum batch_judgement judge_periods(const struct stream *stream,
                                          const struct batch_entry *entries, size_t count,
                                          struct note *note)
{
    struct period open = stream->period;
    for (size_t i = 0; i < count; i++) {
        const struct clearing_entry *entry = &entries[i].entry;
        if (entry->period.code != open.code) {
            char texts[2][PERIOD_TEXT_MAX];
            (void)note_set(note, ERR_INPUT, "entry %llu: it is of period %s, but %s is open",
                           NUMBER(entry->number), period_format(entry->period, texts[0]),
                           period_format(open, texts[1]));
            return BATCH_BROKEN;
        }
        if (entry->kind == ENTRY_PERIOD_MARK) {
            open = entry_period_after(entry);
        }
    }
    return BATCH_TAKE;
}

enum batch_judgement stream_judge(const struct stream *stream, const struct partner_id *self,
                                  const struct batch_head *head, const struct batch_entry *entries,
                                  size_t count, struct note *note)
{
    if (stream->is_frozen) {
        (void)note_set(note, ERR_INPUT, "the stream from %s is frozen", head->sender.text);
        return BATCH_FROZEN;
    }
    if (stream->is_recovering) {
        (void)note_set(note, ERR_UNAVAILABLE, "this ledger was restored and recovers first");
        return BATCH_WAIT;
    }
    enum batch_judgement judgement = judge_head(self, head, count, note);
    if (judgement == BATCH_TAKE) {
        judgement = judge_chain(head, entries, count, note);
    }
    if (judgement == BATCH_TAKE) {
        judgement = judge_place(stream, head, note);
    }
    if (judgement == BATCH_TAKE) { /* only what follows on has the open period to go by */
        judgement = judge_periods(stream, entries, count, note);
    }
    return judgement;
}
