/* What a receiver makes of a batch: one row for each way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "clearing/stream.h"

enum {
    HERE = 4,  /* entries that the receiver has */
    SENT = 3,  /* entries of the batch */
    CHAIN = 12 /* entries of the sender's stream */
};

static const struct partner_id self = {"bakery"};

struct world {
    struct batch_entry chain[CHAIN]; /* number 1 is at 0; number 3 and 6 are marks */
    uint8_t bytes[CHAIN][64];
    struct stream stream;
    struct batch_head head;
    struct batch_entry entries[CHAIN];
    size_t count;
};

static void seal_entry(struct world *w, size_t i)
{
    struct batch_entry *entry = &w->chain[i];
    memset(w->bytes[i], 0, sizeof w->bytes[i]);
    memcpy(w->bytes[i], entry->entry.previous_hash.bytes, HASH_BYTES);
    w->bytes[i][40] = (uint8_t)entry->entry.number;
    w->bytes[i][41] = (uint8_t)entry->entry.points.minor;
    entry->bytes = slice_of(w->bytes[i], sizeof w->bytes[i]);
    entry->hash = entry_hash(entry->bytes);
}

static void make_chain(struct world *w)
{
    struct period period = {202610};
    struct hash previous = {{0}};
    for (size_t i = 0; i < CHAIN; i++) {
        bool is_mark = i == 2 || i == 5;
        struct clearing_entry entry = {.number = i + 1,
                                       .previous_hash = previous,
                                       .period = period,
                                       .business_time = {5},
                                       .transaction_id = {{(uint8_t)(i + 1)}},
                                       .kind = is_mark ? ENTRY_PERIOD_MARK : ENTRY_EARN,
                                       .tariff = 1};
        if (!is_mark) {
            entry.points.minor = 10;
            assert_int_equal(card_number_parse("4539148803436467", &entry.card), ERR_OK);
        }
        w->chain[i].entry = entry;
        seal_entry(w, i);
        previous = w->chain[i].hash;
        period = is_mark ? period_next(period) : period;
    }
}

/* The receiver has the first `here` entries. */
static void receive(struct world *w, size_t here)
{
    w->stream = stream_begin((struct period){202610});
    for (size_t i = 0; i < here; i++) {
        stream_advance(&w->stream, &w->chain[i].entry, &w->chain[i].hash, w->chain[i].bytes.length);
    }
}

/* The batch has `count` entries from number `first` on. */
static void send_batch(struct world *w, size_t first, size_t count)
{
    w->count = count;
    for (size_t i = 0; i < count; i++) {
        w->entries[i] = w->chain[first - 1 + i];
    }
    w->head = (struct batch_head){.sender = {"cinema"},
                                  .receiver = self,
                                  .first_number = first,
                                  .count = (uint32_t)count,
                                  .previous_hash = w->entries[0].entry.previous_hash,
                                  .last_hash = w->entries[count - 1].hash};
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    make_chain(w);
    receive(w, HERE);
    send_batch(w, HERE + 1, SENT);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static enum batch_judgement judge(const struct world *w, struct note *note)
{
    return stream_judge(&w->stream, &self, &w->head, w->entries, w->count, note);
}

static void assert_judged(const struct world *w, enum batch_judgement expected, const char *part)
{
    struct note note = {{0}};
    enum batch_judgement judgement = judge(w, &note);
    if (judgement != expected || strstr(note.text, part) == NULL) {
        fail_msg("%s: %s; expected %s: %s", batch_judgement_name(judgement), note.text,
                 batch_judgement_name(expected), part);
    }
    assert_int_equal(judge(w, NULL), expected);
}

static void test_what_follows_on_is_taken(void **state)
{
    struct world *w = *state;
    for (size_t here = 0; here < CHAIN; here++) {
        receive(w, here);
        for (size_t count = 1; here + count <= CHAIN; count++) {
            send_batch(w, here + 1, count);
            assert_judged(w, BATCH_TAKE, "");
        }
    }
}

static void test_frozen_comes_first(void **state)
{
    struct world *w = *state;
    w->stream.is_frozen = true;
    w->head.count = 9;
    assert_judged(w, BATCH_FROZEN, "frozen");
}

/* The sender must not take it for a refusal: it comes again. */
static void test_a_receiver_that_recovers_waits(void **state)
{
    struct world *w = *state;
    w->stream.is_recovering = true;
    w->head.count = 9;
    assert_judged(w, BATCH_WAIT, "recovers first");
    w->stream.is_frozen = true;
    assert_judged(w, BATCH_FROZEN, "frozen");
    assert_string_equal(batch_judgement_name(BATCH_WAIT), "wait");
}

static void test_the_head_must_fit(void **state)
{
    struct world *w = *state;
    w->head.receiver = (struct partner_id){"cinema"};
    assert_judged(w, BATCH_BROKEN, "for cinema");
    w->head.receiver = self;
    w->head.count = SENT + 1;
    assert_judged(w, BATCH_BROKEN, "4 entries, 3 came");
    w->head.count = 0;
    w->count = 0;
    assert_judged(w, BATCH_BROKEN, "0 entries");
    w->head.count = LIMIT_CLEARING_BATCH + 1;
    w->count = LIMIT_CLEARING_BATCH + 1; /* refused before any is looked at */
    assert_judged(w, BATCH_BROKEN, "allowed");
    send_batch(w, HERE + 1, SENT);
    w->head.first_number = 0;
    assert_judged(w, BATCH_BROKEN, "first number");
    w->head.first_number = UINT64_MAX - 1;
    assert_judged(w, BATCH_BROKEN, "first number");
    send_batch(w, HERE + 1, SENT);
    w->head.last_hash.bytes[0] ^= 1;
    assert_judged(w, BATCH_BROKEN, "entry 7: its hash is not the last one");
    send_batch(w, HERE + 1, SENT);
    w->head.previous_hash.bytes[0] ^= 1;
    assert_judged(w, BATCH_BROKEN, "entry 5: its previous hash");
}

static void test_the_chain_must_hold(void **state)
{
    struct world *w = *state;
    w->entries[1].entry.number = 7;
    assert_judged(w, BATCH_BROKEN, "entry 6: another number");
    send_batch(w, HERE + 1, SENT);
    w->entries[2].entry.previous_hash.bytes[31] ^= 1;
    assert_judged(w, BATCH_BROKEN, "entry 7: its previous hash");
    send_batch(w, HERE + 1, SENT);
    w->entries[1].hash.bytes[3] ^= 1;
    assert_judged(w, BATCH_BROKEN, "entry 7: its previous hash");
    send_batch(w, HERE + 1, SENT);
    w->entries[0].entry.points.minor = 0;
    assert_judged(w, BATCH_BROKEN, "entry 5 (earn)");
}

static void test_periods_go_by_marks(void **state)
{
    struct world *w = *state;
    w->entries[2].entry.period.code = 202611; /* behind the mark of November */
    assert_judged(w, BATCH_BROKEN, "entry 7: it is of period 2026-11, but 2026-12 is open");
    send_batch(w, HERE + 1, SENT);
    w->entries[0].entry.period.code = 202612;
    assert_judged(w, BATCH_BROKEN, "entry 5: it is of period 2026-12, but 2026-11 is open");
}

static void test_places(void **state)
{
    struct world *w = *state;
    send_batch(w, HERE + 2, 1);
    assert_judged(w, BATCH_GAP, "begins with entry 6; here, 4 is the last");
    send_batch(w, 1, HERE);
    assert_judged(w, BATCH_REPEAT, "");
    send_batch(w, 2, 2);
    assert_judged(w, BATCH_REPEAT, "");
    send_batch(w, HERE, 1);
    assert_judged(w, BATCH_REPEAT, "");
    send_batch(w, HERE, 2);
    assert_judged(w, BATCH_BROKEN, "resumes behind the last receipt");
}

static void test_two_stories_are_a_fork(void **state)
{
    struct world *w = *state;
    w->stream.last_hash.bytes[0] ^= 1;
    assert_judged(w, BATCH_FORK, "entry 5: it follows on from another");
    send_batch(w, HERE - 1, 2);
    assert_judged(w, BATCH_FORK, "entry 4: it came before with another hash");
    send_batch(w, HERE - 1, 1); /* older hashes are not at hand */
    assert_judged(w, BATCH_REPEAT, "");
}

static void test_advance(void **state)
{
    struct world *w = *state;
    assert_int_equal(w->stream.last_number, HERE);
    assert_int_equal(w->stream.period.code, 202611);
    assert_int_equal(w->stream.period_first_number, 4);
    assert_int_equal(w->stream.bytes, HERE * 64);
    struct stream fresh = stream_begin((struct period){202612});
    assert_int_equal(fresh.period_first_number, 1);
    assert_int_equal(fresh.last_number, 0);
    assert_true(hash_is_zero(&fresh.last_hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_follows_on_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frozen_comes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_receiver_that_recovers_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_head_must_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_chain_must_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(test_periods_go_by_marks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_stories_are_a_fork, setup, teardown),
        cmocka_unit_test_setup_teardown(test_advance, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
