/* What a receiver makes of a partner's batch: entries of one length byte and their bytes each, in a
 * batch whose head fits them, with single figures of the head and of the stream put out of place by
 * the first byte. */
#include "clearing/stream.h"
#include "fuzz.h"
#include "wire/messages.h"

enum {
    ENTRIES = 16,
    WRONG_RECEIVER = 1,
    WRONG_NUMBER = 2,
    WRONG_COUNT = 4,
    WRONG_PREVIOUS = 8,
    WRONG_LAST = 16,
    STREAM_BEFORE = 32, /* the batch follows on from what is here */
    STREAM_AFTER = 64,  /* it is here already */
    STREAM_FROZEN = 128
};

static const struct partner_id self = {"grocer"};

static size_t read_entries(struct slice bytes, struct batch_entry entries[ENTRIES])
{
    struct reader in = reader_of(bytes);
    size_t count = 0;
    while (count < ENTRIES && in.at < in.end) {
        struct batch_entry *entry = &entries[count];
        uint8_t length = read_u8(&in);
        entry->bytes = read_slice(&in, length);
        if (in.err != ERR_OK || wire_entry_decode(entry->bytes, &entry->entry, NULL) != ERR_OK) {
            break;
        }
        entry->hash = entry_hash(entry->bytes);
        count++;
    }
    return count;
}

static struct batch_head head_of(const struct batch_entry *entries, size_t count, unsigned twist)
{
    struct batch_head head = {.sender = {"fuel"},
                              .receiver = {"grocer"},
                              .first_number = entries[0].entry.number,
                              .count = (uint32_t)count,
                              .previous_hash = entries[0].entry.previous_hash,
                              .last_hash = entries[count - 1].hash};
    head.receiver = twist & WRONG_RECEIVER ? head.sender : head.receiver;
    head.first_number += twist & WRONG_NUMBER ? 1 : 0;
    head.count += twist & WRONG_COUNT ? 1 : 0;
    head.previous_hash.bytes[0] ^= twist & WRONG_PREVIOUS ? 1 : 0;
    head.last_hash.bytes[0] ^= twist & WRONG_LAST ? 1 : 0;
    return head;
}

static struct stream stream_of(const struct batch_entry *entries, size_t count, unsigned twist)
{
    struct stream stream = stream_begin(entries[0].entry.period);
    if (twist & STREAM_BEFORE) {
        stream.last_number = entries[0].entry.number - 1;
        stream.last_hash = entries[0].entry.previous_hash;
    } else if (twist & STREAM_AFTER) {
        stream.last_number = entries[count - 1].entry.number;
        stream.last_hash = entries[count - 1].hash;
    }
    stream.is_frozen = twist & STREAM_FROZEN;
    return stream;
}

/* What was taken, and advanced over, is a repeat the next time. */
static void take(struct stream *stream, const struct batch_head *head,
                 const struct batch_entry *entries, size_t count)
{
    struct note note = {{0}};
    for (size_t i = 0; i < count; i++) {
        ASSERT(entries[i].entry.number == stream->last_number + 1);
        ASSERT(hash_equal(&entries[i].entry.previous_hash, &stream->last_hash));
        stream_advance(stream, &entries[i].entry, &entries[i].hash, entries[i].bytes.length);
    }
    ASSERT(stream_judge(stream, &self, head, entries, count, &note) == BATCH_REPEAT);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct batch_entry entries[ENTRIES];
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    unsigned twist;
    if (!fuzz_choose(&bytes, 256, &twist)) {
        return 0;
    }
    size_t count = read_entries(bytes, entries);
    if (count == 0) {
        return 0;
    }
    struct batch_head head = head_of(entries, count, twist);
    struct stream stream = stream_of(entries, count, twist);
    enum batch_judgement judgement = stream_judge(&stream, &self, &head, entries, count, &note);
    if (judgement == BATCH_TAKE) {
        ASSERT((twist & (0x1f | STREAM_FROZEN)) == 0);
        take(&stream, &head, entries, count);
    } else if (judgement != BATCH_REPEAT) {
        fuzz_expect_refusal(ERR_INPUT, &note);
    }
    return 0;
}
