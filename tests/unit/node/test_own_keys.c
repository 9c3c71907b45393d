/* Which of a node's own keys signs, and when none does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/keyfile.h"
#include "node/own_keys.h"

#define START INT64_C(1790000000000)

static struct unix_ms now;

static struct unix_ms read_clock(void *context)
{
    (void)context;
    return now;
}

struct place {
    char folder[64];
    struct node_config config;
    struct signing_key keys[2];
    struct own_keys *own;
    /* A charter of one partner, as far as own_keys looks at it. */
    struct charter_partner partner;
    struct charter charter;
};

static void save(struct place *p, unsigned index)
{
    struct note note = {{0}};
    char *path = p->config.online_keys[index].text;
    snprintf(path, sizeof p->config.online_keys[index].text, "%s/%u.key", p->folder, index);
    signing_key_generate(&p->keys[index]);
    if (keyfile_save(path, KEY_KIND_ONLINE, &p->partner.id, &p->keys[index], NULL, &note) !=
        ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static void date(struct place *p, unsigned index, int64_t from, int64_t until)
{
    p->partner.online[index] = (struct charter_key){.key = p->keys[index].public_key,
                                                    .id = p->keys[index].id,
                                                    .valid_from = {START + from},
                                                    .valid_until = {START + until}};
}

static int begin(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    now.ms = START;
    snprintf(p->folder, sizeof p->folder, "/tmp/talea-keys-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(partner_id_parse("grocer", &p->partner.id), ERR_OK);
    p->config.partner = p->partner.id;
    p->config.online_key_count = 1;
    p->charter = (struct charter){.epoch = 1, .partners = &p->partner, .partner_count = 1};
    save(p, 0);
    save(p, 1);
    date(p, 0, 0, 1000000);
    date(p, 1, 500, 2000000);
    p->partner.online_count = 1;
    assert_int_equal(own_keys_create("demo", (struct clock_port){NULL, read_clock}, &p->own),
                     ERR_OK);
    assert_int_equal(own_keys_load(p->own, &p->config, NULL), ERR_OK);
    *state = p;
    return 0;
}

static int end(void **state)
{
    struct place *p = *state;
    own_keys_destroy(p->own);
    for (unsigned i = 0; i < 2; i++) {
        unlink(p->config.online_keys[i].text);
        signing_key_fini(&p->keys[i]);
    }
    rmdir(p->folder);
    free(p);
    return 0;
}

static enum err sign(const struct signer *signer)
{
    struct signature signature;
    return signer->sign(signer->context, PURPOSE_JOURNAL_HEAD, 1, slice_of("x", 1), &signature);
}

static void expect_key(struct place *p, int64_t at, unsigned index)
{
    struct signer signer;
    struct note note = {{0}};
    now.ms = START + at;
    if (own_keys_choose(p->own, &p->charter, &p->partner.id, &signer, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_true(key_id_equal(&signer.key_id, &p->keys[index].id));
    assert_int_equal(sign(&signer), ERR_OK);
}

static void test_the_only_key(void **state)
{
    struct place *p = *state;
    struct signer signer;
    struct note note = {{0}};
    expect_key(p, 0, 0);
    assert_int_equal(own_keys_choose(p->own, &p->charter, &p->partner.id, &signer, NULL), ERR_OK);
    now.ms = START + 999999;
    assert_int_equal(sign(&signer), ERR_OK);
    now.ms = START + 1000000;
    assert_int_equal(sign(&signer), ERR_KEY_ENDED);
    assert_int_equal(own_keys_choose(p->own, &p->charter, &p->partner.id, &signer, &note),
                     ERR_KEY_ENDED);
    assert_non_null(strstr(note.text, "0.key: not among the online keys of grocer"));
    now.ms = START - 1;
    assert_int_equal(sign(&signer), ERR_KEY_ENDED);
}

/* A new key signs once it is in the charter and partners had the time to learn that. */
static void test_overlap(void **state)
{
    struct place *p = *state;
    expect_key(p, 1000, 0);
    p->config.online_key_count = 2;
    assert_int_equal(own_keys_load(p->own, &p->config, NULL), ERR_OK);
    expect_key(p, 1000, 0);
    p->partner.online_count = 2;
    p->charter.epoch = 2;
    expect_key(p, 2000, 0);
    expect_key(p, 6999, 0);
    expect_key(p, 7000, 1);
    /* Both are there after a restart: nobody has to learn anything. */
    own_keys_destroy(p->own);
    assert_int_equal(own_keys_create("demo", (struct clock_port){NULL, read_clock}, &p->own),
                     ERR_OK);
    assert_int_equal(own_keys_load(p->own, &p->config, NULL), ERR_OK);
    expect_key(p, 499, 0);
    expect_key(p, 500, 1);
}

/* Where the old one no longer signs, the new one does at once. */
static void test_the_old_one_is_revoked(void **state)
{
    struct place *p = *state;
    struct charter_revocation revocation = {p->partner.id, p->keys[0].id, NULL, 0};
    struct signer old;
    p->config.online_key_count = 2;
    assert_int_equal(own_keys_load(p->own, &p->config, NULL), ERR_OK);
    expect_key(p, 1000, 0);
    assert_int_equal(own_keys_choose(p->own, &p->charter, &p->partner.id, &old, NULL), ERR_OK);
    p->partner.online_count = 2;
    p->partner.online[0].revocation = &revocation;
    expect_key(p, 1000, 1);
    assert_int_equal(sign(&old), ERR_KEY_ENDED);
    p->partner.online_count = 0;
    assert_int_equal(own_keys_choose(p->own, &p->charter, &p->partner.id, &old, NULL),
                     ERR_KEY_ENDED);
}

static void test_files_that_are_refused(void **state)
{
    struct place *p = *state;
    struct note note = {{0}};
    p->config.online_key_count = 2;
    assert_int_equal(chmod(p->config.online_keys[1].text, 0640), 0);
    assert_int_equal(own_keys_load(p->own, &p->config, &note), ERR_DENIED);
    assert_non_null(strstr(note.text, "its group or others have access"));
    unlink(p->config.online_keys[1].text);
    assert_int_equal(own_keys_load(p->own, &p->config, &note), ERR_NOT_FOUND);
    assert_int_equal(keyfile_save(p->config.online_keys[1].text, KEY_KIND_ROOT, &p->partner.id,
                                  &p->keys[1], NULL, &note),
                     ERR_OK);
    assert_int_equal(own_keys_load(p->own, &p->config, &note), ERR_INPUT);
    expect_key(p, 1000, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_only_key, begin, end),
        cmocka_unit_test_setup_teardown(test_overlap, begin, end),
        cmocka_unit_test_setup_teardown(test_the_old_one_is_revoked, begin, end),
        cmocka_unit_test_setup_teardown(test_files_that_are_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
