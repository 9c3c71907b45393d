/* Signing, joining and replacing charters, and their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "coalition.h"
#include "talea/v1/charter.pb-c.h"
#include "wire/fields.h"

static struct coalition coalition;
static struct buffer unsigned_bytes;

static int begin(void **state)
{
    (void)state;
    coalition_begin(&coalition);
    return coalition_charter(&coalition, &unsigned_bytes, NULL) == ERR_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    coalition_end(&coalition);
    buffer_fini(&unsigned_bytes);
    return 0;
}

static void charter_end(struct charter **charter)
{
    charter_close(*charter);
}

static void sign(const struct buffer *bytes, unsigned member, struct buffer *out)
{
    const struct member *m = &coalition.members[member];
    struct note note = {{0}};
    if (charter_sign(buffer_slice(bytes), &m->root, &m->id, out, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static struct charter *opened(const struct buffer *bytes)
{
    struct charter *charter = NULL;
    struct note note = {{0}};
    if (charter_open(buffer_slice(bytes), &charter, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    return charter;
}

static void test_signing(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer one = {0};
    CLEANUP(buffer_fini) struct buffer two = {0};
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct note note = {{0}};
    sign(&unsigned_bytes, 2, &one);
    CLEANUP(charter_end) struct charter *first = opened(&one);
    assert_int_equal(first->signature_count, 1);
    assert_true(first->partners[2].has_signed);
    assert_int_equal(charter_check_signatures(first, &note), ERR_SIGNATURE);
    assert_string_equal(note.text,
                        "charter of demo, epoch 1: 1 of 2 signatures; not signed by fuel, grocer");
    sign(&one, 0, &two);
    CLEANUP(charter_end) struct charter *second = opened(&two);
    assert_int_equal(second->signature_count, 2);
    assert_int_equal(charter_check_signatures(second, &note), ERR_OK);
    sign(&two, 0, &again);
    assert_true(slice_equal(buffer_slice(&two), buffer_slice(&again)));
}

static void test_keys_that_may_not_sign(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer out = {0};
    struct note note = {{0}};
    const struct member *m = coalition.members;
    struct partner_id nobody;
    assert_int_equal(partner_id_parse("bakery", &nobody), ERR_OK);
    struct slice bytes = buffer_slice(&unsigned_bytes);
    assert_int_equal(charter_sign(bytes, &m[1].root, &m[0].id, &out, &note), ERR_DENIED);
    assert_string_equal(note.text, "charter: the key is not the root key of fuel in it");
    struct signing_key online = key_of(101);
    assert_int_equal(charter_sign(bytes, &online, &m[0].id, &out, &note), ERR_DENIED);
    assert_int_equal(charter_sign(bytes, &m[0].root, &nobody, &out, &note), ERR_NOT_FOUND);
    assert_int_equal(charter_sign(slice_of("x", 1), &m[0].root, &m[0].id, &out, &note), ERR_INPUT);
    assert_int_equal(out.length, 0);
}

static void test_joining_signatures(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer a = {0};
    CLEANUP(buffer_fini) struct buffer b = {0};
    CLEANUP(buffer_fini) struct buffer both = {0};
    CLEANUP(buffer_fini) struct buffer other_way = {0};
    CLEANUP(buffer_fini) struct buffer other = {0};
    struct note note = {{0}};
    sign(&unsigned_bytes, 2, &a);
    sign(&unsigned_bytes, 1, &b);
    assert_int_equal(charter_merge_signatures(buffer_slice(&a), buffer_slice(&b), &both, &note),
                     ERR_OK);
    assert_int_equal(
        charter_merge_signatures(buffer_slice(&b), buffer_slice(&both), &other_way, &note), ERR_OK);
    assert_true(slice_equal(buffer_slice(&both), buffer_slice(&other_way)));
    CLEANUP(charter_end) struct charter *charter = opened(&both);
    assert_int_equal(charter->signature_count, 2);
    assert_int_equal(charter_check_signatures(charter, NULL), ERR_OK);

    coalition.terms.net_debit_cap.minor++;
    assert_int_equal(coalition_charter(&coalition, &other, NULL), ERR_OK);
    coalition.terms.net_debit_cap.minor--;
    buffer_clear(&both);
    assert_int_equal(charter_merge_signatures(buffer_slice(&a), buffer_slice(&other), &both, &note),
                     ERR_CONFLICT);
    assert_int_equal(both.length, 0);
}

/* Signatures that are moved to another partner or charter, or given twice. */
static void test_false_signatures(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(buffer_fini) struct buffer changed = {0};
    struct note note = {{0}};
    struct charter *charter = NULL;
    sign(&unsigned_bytes, 0, &bytes);
    Talea__V1__SignedCharter *m = talea__v1__signed_charter__unpack(NULL, bytes.length, bytes.at);
    assert_non_null(m);
    Talea__V1__CharterSignature *given = m->signatures[0];
    Talea__V1__CharterSignature *twice[2] = {given, given};
    Talea__V1__CharterSignature **kept = m->signatures;
    m->signatures = twice;
    m->n_signatures = 2;
    assert_int_equal(fields_pack(&m->base, &changed), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&changed), &charter, &note), ERR_INPUT);
    assert_string_equal(note.text, "charter: a signature is there twice");
    m->signatures = kept;
    m->n_signatures = 1;

    static char grocer[] = "grocer";
    static char bakery[] = "bakery";
    char *fuel = given->partner;
    given->partner = grocer;
    buffer_clear(&changed);
    assert_int_equal(fields_pack(&m->base, &changed), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&changed), &charter, &note), ERR_SIGNATURE);
    assert_string_equal(note.text, "charter: the signature of grocer is not by its root key");
    given->partner = bakery;
    buffer_clear(&changed);
    assert_int_equal(fields_pack(&m->base, &changed), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&changed), &charter, &note), ERR_INPUT);
    assert_string_equal(note.text, "charter: a signature is of nobody in the charter");
    given->partner = fuel;
    talea__v1__signed_charter__free_unpacked(m, NULL);
    assert_null(charter);
}

/* A charter of the next epoch, signed by the first two members. */
static void next_charter(uint64_t epoch, const struct hash *previous, struct buffer *out)
{
    CLEANUP(buffer_fini) struct buffer made = {0};
    CLEANUP(buffer_fini) struct buffer one = {0};
    coalition.terms.epoch = epoch;
    coalition.terms.previous_hash = *previous;
    assert_int_equal(coalition_charter(&coalition, &made, NULL), ERR_OK);
    coalition.terms.epoch = 1;
    coalition.terms.previous_hash = (struct hash){{0}};
    sign(&made, 0, &one);
    sign(&one, 1, out);
}

static void test_following_epochs(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer second = {0};
    CLEANUP(buffer_fini) struct buffer third = {0};
    CLEANUP(buffer_fini) struct buffer forged = {0};
    struct note note = {{0}};
    CLEANUP(charter_end) struct charter *one = opened(&unsigned_bytes);
    next_charter(2, &one->payload_hash, &second);
    CLEANUP(charter_end) struct charter *two = opened(&second);
    assert_int_equal(charter_follows(two, one, &note), ERR_OK);
    assert_int_equal(charter_follows(one, two, &note), ERR_CONFLICT);
    assert_int_equal(charter_follows(one, one, &note), ERR_CONFLICT);
    next_charter(3, &two->payload_hash, &third);
    CLEANUP(charter_end) struct charter *three = opened(&third);
    assert_int_equal(charter_follows(three, two, &note), ERR_OK);
    assert_int_equal(charter_follows(three, one, &note), ERR_CONFLICT);
    next_charter(3, &one->payload_hash, &forged);
    CLEANUP(charter_end) struct charter *fork = opened(&forged);
    assert_int_equal(charter_follows(fork, two, &note), ERR_CONFLICT);
    assert_string_equal(note.text, "the charter of epoch 3 follows on from another epoch 2");
}

/* Whoever puts new root keys for all into an epoch cannot make it follow. */
static void test_new_keys_alone_make_no_epoch(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer second = {0};
    struct note note = {{0}};
    CLEANUP(charter_end) struct charter *one = opened(&unsigned_bytes);
    struct coalition kept = coalition;
    for (unsigned i = 0; i < 2; i++) {
        struct member *m = &coalition.members[i];
        struct introduction_terms terms = introduction_terms_of(&coalition, i);
        m->root = key_of((uint8_t)(201 + i));
        m->introduction = (struct buffer){0};
        assert_int_equal(introduction_make(&terms, &m->root, &m->introduction, &note), ERR_OK);
    }
    next_charter(2, &one->payload_hash, &second);
    CLEANUP(charter_end) struct charter *two = opened(&second);
    assert_int_equal(charter_check_signatures(two, &note), ERR_OK);
    assert_int_equal(charter_follows(two, one, &note), ERR_SIGNATURE);
    assert_string_equal(note.text, "the charter of epoch 2 is signed by 0 root keys of the epoch "
                                   "before; 2 are required");
    for (unsigned i = 0; i < 2; i++) {
        buffer_fini(&coalition.members[i].introduction);
    }
    coalition = kept;
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/talea-charter-XXXXXX";
    char path[64];
    struct note note = {{0}};
    CLEANUP(charter_end) struct charter *charter = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/charter.talea", folder);
    assert_int_equal(charter_file_write(path, buffer_slice(&unsigned_bytes), &note), ERR_OK);
    assert_int_equal(charter_file_write(path, buffer_slice(&unsigned_bytes), &note), ERR_EXISTS);
    assert_int_equal(charter_load(path, &charter, &note), ERR_OK);
    assert_int_equal(charter->partner_count, 3);
    unlink(path);
    struct charter *none = NULL;
    assert_int_equal(charter_load(path, &none, &note), ERR_NOT_FOUND);
    assert_int_equal(charter_file_write(path, slice_of("talea", 5), &note), ERR_OK);
    assert_int_equal(charter_load(path, &none, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, path));
    unlink(path);
    assert_int_equal(charter_file_write(path, slice_of("", 0), &note), ERR_OK);
    assert_int_equal(charter_load(path, &none, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, "the file is empty"));
    unlink(path);
    assert_int_equal(charter_load("charter.pb", &none, &note), ERR_INPUT);
    assert_string_equal(note.text, "charter.pb: charters and introductions end in .talea");
    assert_int_equal(charter_file_write(".talea", slice_of("x", 1), &note), ERR_INPUT);
    assert_null(none);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signing),
        cmocka_unit_test(test_keys_that_may_not_sign),
        cmocka_unit_test(test_joining_signatures),
        cmocka_unit_test(test_false_signatures),
        cmocka_unit_test(test_following_epochs),
        cmocka_unit_test(test_new_keys_alone_make_no_epoch),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
