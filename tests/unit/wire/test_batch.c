/* A signed batch as a receiver takes it: whatever bit of it is another, it is not taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"
#include "wire/signed.h"

#define ENTRIES 5

struct batch {
    struct buffer head; /* the envelope */
    struct buffer entries[ENTRIES];
};

static void batch_fini(struct batch *batch)
{
    buffer_fini(&batch->head);
    for (size_t i = 0; i < ENTRIES; i++) {
        buffer_fini(&batch->entries[i]);
    }
}

static void sender_key(struct signing_key *out_key)
{
    uint8_t seed[SIGNING_SEED_BYTES];
    memset(seed, 0x42, sizeof seed);
    signing_key_from_seed(seed, out_key);
}

static struct clearing_entry entry_of(unsigned i)
{
    static const enum entry_kind kinds[ENTRIES] = {ENTRY_EARN, ENTRY_CAPTURE, ENTRY_VOID,
                                                   ENTRY_PERIOD_MARK, ENTRY_EARN_RETURN};
    struct clearing_entry entry = sample_return();
    entry.number = i + 1;
    entry.kind = kinds[i];
    entry.period.code = i < 4 ? 202610 : 202611;
    if (entry.kind == ENTRY_EARN) {
        entry = sample_earn();
    } else if (entry.kind == ENTRY_VOID) {
        entry.points.minor = 0;
    } else if (entry.kind == ENTRY_PERIOD_MARK) {
        entry.points.minor = 0;
        entry.card = (struct card_number){{0}};
        entry.subject = (struct uid){{0}};
    }
    return entry;
}

static void batch_make(struct batch *batch)
{
    struct hash previous = {{0}};
    memset(batch, 0, sizeof *batch);
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct clearing_entry entry = entry_of(i);
        entry.previous_hash = previous;
        assert_int_equal(wire_entry_encode(&entry, &batch->entries[i]), ERR_OK);
        previous = entry_hash(buffer_slice(&batch->entries[i]));
    }
    struct batch_head head = sample_head();
    head.first_number = 1;
    head.count = ENTRIES;
    head.previous_hash = (struct hash){{0}};
    head.last_hash = previous;
    CLEANUP(buffer_fini) struct buffer payload = {0};
    assert_int_equal(wire_head_encode(&head, &payload), ERR_OK);
    struct signing_key key;
    sender_key(&key);
    struct key_signer adapter;
    struct signer signer;
    assert_int_equal(key_signer_init(&adapter, &key, "demo", &signer), ERR_OK);
    assert_int_equal(
        signed_make(&signer, 3, PURPOSE_CLEARING_BATCH, buffer_slice(&payload), &batch->head),
        ERR_OK);
}

/* The receiver's steps; false as soon as one of them refuses. */
static bool batch_is_taken(const struct batch *batch)
{
    struct signed_message envelope;
    struct batch_head head;
    struct signing_key key;
    sender_key(&key);
    if (signed_decode(buffer_slice(&batch->head), &envelope) != ERR_OK ||
        signed_verify(&envelope, "demo", PURPOSE_CLEARING_BATCH, &key.public_key) != ERR_OK ||
        wire_head_decode(envelope.payload, &head, NULL) != ERR_OK) {
        return false;
    }
    struct batch_entry entries[ENTRIES];
    for (size_t i = 0; i < ENTRIES; i++) {
        entries[i].bytes = buffer_slice(&batch->entries[i]);
        entries[i].hash = entry_hash(entries[i].bytes);
        if (wire_entry_decode(entries[i].bytes, &entries[i].entry, NULL) != ERR_OK) {
            return false;
        }
    }
    struct stream stream = stream_begin((struct period){202610});
    struct partner_id self = sample_partner("grocer");
    return stream_judge(&stream, &self, &head, entries, ENTRIES, NULL) == BATCH_TAKE;
}

static void flip_every_bit(const struct batch *batch, struct buffer *part, const char *name)
{
    for (size_t bit = 0; bit < 8 * part->length; bit++) {
        part->at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (batch_is_taken(batch)) {
            fail_msg("the batch is taken with bit %zu of its %s flipped", bit, name);
        }
        part->at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_every_flipped_bit_of_the_head(void **state)
{
    (void)state;
    CLEANUP(batch_fini) struct batch batch;
    batch_make(&batch);
    assert_true(batch_is_taken(&batch));
    flip_every_bit(&batch, &batch.head, "head");
    assert_true(batch_is_taken(&batch));
}

static void test_every_flipped_bit_of_an_entry(void **state)
{
    (void)state;
    CLEANUP(batch_fini) struct batch batch;
    batch_make(&batch);
    for (size_t i = 0; i < ENTRIES; i++) {
        flip_every_bit(&batch, &batch.entries[i], "entries");
    }
    assert_true(batch_is_taken(&batch));
}

static void test_exchanged_entries(void **state)
{
    (void)state;
    CLEANUP(batch_fini) struct batch batch;
    batch_make(&batch);
    for (size_t a = 0; a < ENTRIES; a++) {
        for (size_t b = a + 1; b < ENTRIES; b++) {
            struct batch mixed = batch;
            mixed.entries[a] = batch.entries[b];
            assert_false(batch_is_taken(&mixed));
            mixed.entries[b] = batch.entries[a];
            assert_false(batch_is_taken(&mixed));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_flipped_bit_of_the_head),
        cmocka_unit_test(test_every_flipped_bit_of_an_entry),
        cmocka_unit_test(test_exchanged_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
