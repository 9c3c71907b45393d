/* What is not set apart: what the two ledgers do not show, what is signed, what is agreed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "apart_case.h"
#include "peer/pair.h"
#include "wire/messages.h"

/* Large. */
static struct apart_case room;
static struct apart_case *const c = &room;

/* What the receiver says to these terms, signed by the sender. */
static enum err answer_to(const struct apart_half *half, struct note *note)
{
    struct shop_host ours = shop_host(&c->street, 0);
    struct shop_host theirs = shop_host(&c->street, 1);
    CLEANUP(buffer_fini) struct buffer payload = {0};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(buffer_fini) struct buffer answer = {0};
    struct signed_message message;
    uint32_t refused;
    assert_int_equal(wire_apart_encode(half, &payload), ERR_OK);
    assert_int_equal(peer_sign(&ours.host, PURPOSE_SET_APART, buffer_slice(&payload), &bytes),
                     ERR_OK);
    assert_int_equal(signed_decode(buffer_slice(&bytes), &message), ERR_OK);
    enum err err =
        apart_answer(&theirs.host, &apart_brand(c, 0)->id, &message, &answer, &refused, note);
    assert_int_equal(answer.length > 0, err == ERR_OK && refused == half->received_refused);
    shop_host_end(&ours);
    shop_host_end(&theirs);
    return err;
}

static void read_proposal(struct arena *arena, struct buffer *bytes, struct apart_half *out_half)
{
    struct shop_host ours = shop_host(&c->street, 0);
    struct note note = {""};
    struct signed_message message;
    apart_compare(c);
    struct apart_found found = {c->comparison.pairs, c->comparison.pair_count,
                                c->comparison.differences, c->comparison.difference_count, 0};
    assert_int_equal(
        apart_propose(&ours.host, &apart_brand(c, 1)->id, OCTOBER, &found, bytes, &note), ERR_OK);
    assert_int_equal(signed_decode(buffer_slice(bytes), &message), ERR_OK);
    assert_int_equal(wire_apart_decode(message.payload, arena, out_half, &note), ERR_OK);
    comparison_close(&c->comparison);
    shop_host_end(&ours);
}

/* Each is something else than what the two ledgers show. */
static void lie(unsigned which, struct apart_half *half)
{
    switch (which) {
    case 0:
        half->root.bytes[0] ^= 1;
        break;
    case 1:
        half->count--;
        break;
    case 2: /* nothing of the receiver's */
        half->received_count = 0;
        break;
    case 3: /* the sender's for the receiver's */
        half->received[0] = half->sent[0];
        break;
    case 4:
        half->last_number += 1000;
        break;
    case 5:
        half->first_number++;
        break;
    case 6: /* a receipt that we gave would be given again */
        half->receipt_number--;
        break;
    case 7:
        half->receipt_number += UINT64_C(1) << 40;
        break;
    case 8:
        half->period = NOVEMBER;
        break;
    case 9: /* it is the sender's own half */
        half->sender = apart_brand(c, 1)->id;
        half->receiver = apart_brand(c, 0)->id;
        break;
    default:
        memcpy(half->coalition, "other", sizeof "other");
        break;
    }
}

#define LIES 11u

static void test_a_lie_is_refused(void **state)
{
    (void)state;
    struct brand copy;
    struct buffer bytes = {0};
    struct apart_half half;
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    apart_seed(c, STAGE_DIFFERING, FAULT_AMOUNT, &copy);
    read_proposal(&arena, &bytes, &half);
    for (unsigned which = 0; which < LIES; which++) {
        struct apart_half told = half;
        struct note note = {""};
        lie(which, &told);
        enum err err = answer_to(&told, &note);
        print_message("lie %u: %s: %s\n", which, err_name(err), note.text);
        assert_int_not_equal(err, ERR_OK);
        assert_int_equal(apart_dispute_count(c, 1), 0);
    }
    struct note note = {""};
    assert_int_equal(answer_to(&half, &note), ERR_OK);
    buffer_fini(&bytes);
    arena_fini(&arena);
    street_fini(&c->street);
}

/* What is signed decides: neither side sets it apart. */
static void test_what_is_signed_is_not_set_apart(void **state)
{
    (void)state;
    struct brand copy;
    struct buffer bytes = {0};
    struct apart_half half;
    struct arena arena;
    struct note note = {""};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    apart_seed(c, STAGE_DIFFERING, FAULT_FORKED, &copy);
    read_proposal(&arena, &bytes, &half);
    c->street.unproven_to = 0;
    apart_compare(c);
    assert_int_equal(street_set_apart(&c->street, &c->comparison, OCTOBER, false, &note),
                     ERR_DISAGREE);
    comparison_close(&c->comparison);
    assert_int_equal(answer_to(&half, &note), ERR_DISAGREE);
    assert_non_null(strstr(note.text, "signed it"));
    buffer_fini(&bytes);
    arena_fini(&arena);
    street_fini(&c->street);
}

/* Who told two stories is not met halfway; and what is agreed stays so. */
static void test_proof_and_agreement_stand(void **state)
{
    (void)state;
    struct brand copy;
    struct buffer bytes = {0};
    struct apart_half half;
    struct arena arena;
    struct note note = {""};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    apart_seed(c, STAGE_DIFFERING, FAULT_AMOUNT, &copy);
    read_proposal(&arena, &bytes, &half);
    struct slice word = slice_of("word", 4);
    struct command command = brand_command(apart_brand(c, 1), COMMAND_PUT_PAIR, 0);
    command.put_pair = (struct command_put_pair){
        apart_brand(c, 0)->id, OCTOBER, {PAIR_MATCHED, "", word, word, word, word, {0}}};
    assert_int_equal(engine_execute(apart_brand(c, 1)->engine, &command).err, ERR_OK);
    assert_int_equal(answer_to(&half, &note), ERR_DISAGREE);
    assert_non_null(strstr(note.text, "settled"));
    street_fini(&c->street);
    apart_seed(c, STAGE_DIFFERING, FAULT_AMOUNT, &copy);
    assert_int_equal(engine_freeze_proven(apart_brand(c, 1)->engine, &apart_brand(c, 0)->id,
                                          STREAM_IN, EVIDENCE_TWO_STATEMENTS, "two", word, word),
                     ERR_OK);
    assert_int_equal(answer_to(&half, &note), ERR_DISAGREE);
    assert_non_null(strstr(note.text, "two stories"));
    buffer_fini(&bytes);
    arena_fini(&arena);
    street_fini(&c->street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lie_is_refused),
        cmocka_unit_test(test_what_is_signed_is_not_set_apart),
        cmocka_unit_test(test_proof_and_agreement_stand),
    };
    if (access("/dev/shm", W_OK) == 0) { /* a kill of a process loses no page */
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
