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

#include "base/file.h"
#include "base/limits.h"
#include "crypto/keyfile.h"

/* A folder for one test, with at most one file in it. */
struct place {
    char folder[64];
    char path[96];
};

static int place_make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/talea-keyfile-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/key", place->folder);
    *state = place;
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    int result = rmdir(place->folder);
    free(place);
    return result;
}

static struct signing_key key_of(uint8_t byte)
{
    uint8_t seed[SIGNING_SEED_BYTES];
    memset(seed, byte, sizeof seed);
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    return key;
}

static struct partner_id partner_of(const char *text)
{
    struct partner_id partner;
    assert_int_equal(partner_id_parse(text, &partner), ERR_OK);
    return partner;
}

static void save(const struct place *place, const char *passphrase)
{
    struct signing_key key = key_of(9);
    struct partner_id partner = partner_of("bakery");
    struct note note = {{0}};
    assert_int_equal(keyfile_save(place->path, KEY_KIND_ONLINE, &partner, &key, passphrase, &note),
                     ERR_OK);
}

static enum err load(const struct place *place, const char *passphrase, struct note *note)
{
    struct key_card card;
    struct signing_key key;
    return keyfile_load(place->path, passphrase, &card, &key, note);
}

static void assert_loads(const struct place *place, const char *passphrase)
{
    struct key_card card;
    struct signing_key key;
    struct note note = {{0}};
    assert_int_equal(keyfile_load(place->path, passphrase, &card, &key, &note), ERR_OK);
    struct signing_key expected = key_of(9);
    struct partner_id partner = partner_of("bakery");
    assert_memory_equal(key.secret, expected.secret, sizeof key.secret);
    assert_true(key_id_equal(&key.id, &expected.id));
    assert_true(public_key_equal(&card.public_key, &expected.public_key));
    assert_int_equal(card.kind, KEY_KIND_ONLINE);
    assert_true(partner_id_equal(&card.partner, &partner));
}

static void test_plain_file_reads_back(void **state)
{
    const struct place *place = *state;
    save(place, NULL);
    assert_loads(place, NULL);
    assert_loads(place, "not needed");
    struct key_card peeked;
    bool is_sealed = true;
    assert_int_equal(keyfile_peek(place->path, &peeked, &is_sealed, NULL), ERR_OK);
    assert_false(is_sealed);
    assert_int_equal(peeked.kind, KEY_KIND_ONLINE);
}

static void test_mode_is_for_the_owner_alone(void **state)
{
    const struct place *place = *state;
    mode_t old = umask(0);
    save(place, NULL);
    umask(old);
    struct stat status;
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void test_an_open_file_is_refused(void **state)
{
    const struct place *place = *state;
    save(place, NULL);
    static const mode_t modes[] = {0640, 0604, 0660, 0620, 0601, 0644};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct note note = {{0}};
        assert_int_equal(chmod(place->path, modes[i]), 0);
        assert_int_equal(load(place, NULL, &note), ERR_DENIED);
        assert_non_null(strstr(note.text, place->path));
        assert_non_null(strstr(note.text, "make it 0600"));
    }
    assert_int_equal(chmod(place->path, 0400), 0);
    assert_loads(place, NULL);
}

static void test_nothing_is_overwritten(void **state)
{
    const struct place *place = *state;
    save(place, NULL);
    struct signing_key other = key_of(10);
    struct partner_id partner = partner_of("grocer");
    struct note note = {{0}};
    assert_int_equal(keyfile_save(place->path, KEY_KIND_ROOT, &partner, &other, NULL, &note),
                     ERR_EXISTS);
    assert_non_null(strstr(note.text, place->path));
    assert_loads(place, NULL);
}

static void test_missing_file_and_folder(void **state)
{
    const struct place *place = *state;
    struct note note = {{0}};
    assert_int_equal(load(place, NULL, &note), ERR_NOT_FOUND);
    assert_non_null(strstr(note.text, place->path));
    char deeper[128];
    snprintf(deeper, sizeof deeper, "%s/none/key", place->folder);
    struct signing_key key = key_of(9);
    struct partner_id partner = partner_of("bakery");
    assert_int_equal(keyfile_save(deeper, KEY_KIND_ROOT, &partner, &key, NULL, &note),
                     ERR_NOT_FOUND);
}

static void rewrite(const struct place *place, const char *bytes, size_t length)
{
    unlink(place->path);
    assert_int_equal(file_create(place->path, FILE_SECRET, slice_of(bytes, length), NULL), ERR_OK);
}

static void test_sealed_file(void **state)
{
    const struct place *place = *state;
    struct note note = {{0}};
    save(place, "correct horse");
    struct key_card peeked;
    bool is_sealed = false;
    assert_int_equal(keyfile_peek(place->path, &peeked, &is_sealed, NULL), ERR_OK);
    assert_true(is_sealed);
    assert_int_equal(load(place, NULL, &note), ERR_DENIED);
    assert_non_null(strstr(note.text, "passphrase is needed"));
    assert_int_equal(load(place, "correct hors", &note), ERR_DENIED);
    assert_loads(place, "correct horse");

    /* The secret is not in it, and its head can't be changed. */
    struct buffer bytes = {0};
    assert_int_equal(file_read(place->path, FILE_SECRET, LIMIT_KEY_FILE_BYTES, &bytes, NULL),
                     ERR_OK);
    char *text = strndup((const char *)bytes.at, bytes.length);
    assert_non_null(text);
    assert_null(strstr(text, "090909090909"));
    char *partner = strstr(text, "bakery");
    assert_non_null(partner);
    partner[0] = 'm';
    rewrite(place, text, bytes.length);
    assert_int_equal(load(place, "correct horse", &note), ERR_DENIED);
    free(text);
    buffer_fini(&bytes);
}

static void test_empty_passphrase_is_refused(void **state)
{
    const struct place *place = *state;
    struct signing_key key = key_of(9);
    struct partner_id partner = partner_of("bakery");
    assert_int_equal(keyfile_save(place->path, KEY_KIND_ROOT, &partner, &key, "", NULL), ERR_INPUT);
    assert_int_equal(access(place->path, F_OK), -1);
}

#define PUBLIC_OF_9 "fd1724385aa0c75b64fb78cd602fa1d991fdebf76b13c58ed702eac835e9f618"
#define SECRET_OF_9 "0909090909090909090909090909090909090909090909090909090909090909"
#define HEAD        "talea-signing-key 1\nkind online\npartner bakery\n"
#define GOOD        HEAD "public " PUBLIC_OF_9 "\nsecret " SECRET_OF_9 "\n"
#define HEX_16      "00112233445566778899aabbccddeeff"
#define HEX_24      HEX_16 "0011223344556677"
#define HEX_65      HEX_16 HEX_16 HEX_16 HEX_16 "00"

static void test_format_is_what_the_header_says(void **state)
{
    const struct place *place = *state;
    save(place, NULL);
    struct buffer bytes = {0};
    assert_int_equal(file_read(place->path, FILE_SECRET, LIMIT_KEY_FILE_BYTES, &bytes, NULL),
                     ERR_OK);
    assert_int_equal(bytes.length, strlen(GOOD));
    assert_memory_equal(bytes.at, GOOD, bytes.length);
    buffer_fini(&bytes);
}

static void test_malformed_files(void **state)
{
    const struct place *place = *state;
    static const struct {
        const char *text;
        enum err err;
        const char *says;
    } rows[] = {
        {"", ERR_CORRUPT, "line 1"},
        {"ssh-ed25519 AAAA\n", ERR_CORRUPT, "line 1"},
        {"talea-signing-key 2\n", ERR_UNSUPPORTED, "talea-signing-key 2"},
        {"talea-signing-key 1\nkind other\n", ERR_CORRUPT, "line 2"},
        {"talea-signing-key 1\nkind online\npartner Bakery\n", ERR_CORRUPT, "line 3"},
        {"talea-signing-key 1\nkind online\nsecret 00\n", ERR_CORRUPT, "partner"},
        {HEAD "public 00\n", ERR_CORRUPT, "line 4"},
        {HEAD "public " PUBLIC_OF_9 "\n", ERR_CORRUPT, "line 5"},
        {HEAD "public " PUBLIC_OF_9 "\nsecret 00\n", ERR_CORRUPT, "line 5"},
        {HEAD "public " PUBLIC_OF_9 "\nsecret " SECRET_OF_9, ERR_CORRUPT, "line 5"},
        {GOOD "\n", ERR_CORRUPT, "line 6"},
        {HEAD "public 03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8\n"
              "secret " SECRET_OF_9 "\n",
         ERR_CORRUPT, "not the secret's"},
        {HEAD "public " PUBLIC_OF_9 "\nsealed scrypt 1 2\n", ERR_UNSUPPORTED, "scrypt"},
        {HEAD "public " PUBLIC_OF_9 "\nsealed argon2id 3 -1\n", ERR_CORRUPT, "seal"},
        {HEAD "public " PUBLIC_OF_9 "\nsealed argon2id 3 4000000 " HEX_16 " " HEX_24 " " HEX_65
              "\n",
         ERR_RANGE, "costs"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct note note = {{0}};
        rewrite(place, rows[i].text, strlen(rows[i].text));
        enum err err = load(place, "passphrase", &note);
        if (err != rows[i].err || strstr(note.text, rows[i].says) == NULL) {
            fail_msg("row %zu: %s: %s", i, err_name(err), note.text);
        }
    }
}

static void test_binary_and_large_files(void **state)
{
    const struct place *place = *state;
    char bytes[LIMIT_KEY_FILE_BYTES + 1] = {0};
    rewrite(place, bytes, 100);
    assert_int_equal(load(place, NULL, NULL), ERR_CORRUPT);
    rewrite(place, bytes, sizeof bytes);
    assert_int_equal(load(place, NULL, NULL), ERR_RANGE);
    struct key_card card;
    assert_int_equal(keyfile_load_public(place->folder, &card, NULL), ERR_INPUT);
}

static void test_public_file(void **state)
{
    const struct place *place = *state;
    struct key_card card = {
        .kind = KEY_KIND_ROOT, .partner = partner_of("bakery"), .public_key = key_of(9).public_key};
    struct note note = {{0}};
    struct key_card back;
    assert_int_equal(keyfile_save_public(place->path, &card, &note), ERR_OK);
    assert_int_equal(keyfile_load_public(place->path, &back, &note), ERR_OK);
    assert_int_equal(back.kind, KEY_KIND_ROOT);
    assert_true(partner_id_equal(&back.partner, &card.partner));
    assert_true(public_key_equal(&back.public_key, &card.public_key));
    assert_int_equal(keyfile_save_public(place->path, &card, &note), ERR_EXISTS);

    /* Neither kind of file passes for the other. */
    assert_int_equal(chmod(place->path, 0600), 0);
    assert_int_equal(load(place, NULL, &note), ERR_CORRUPT);
    unlink(place->path);
    save(place, NULL);
    assert_int_equal(keyfile_load_public(place->path, &back, &note), ERR_CORRUPT);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_plain_file_reads_back),
        PLACED(test_mode_is_for_the_owner_alone),
        PLACED(test_an_open_file_is_refused),
        PLACED(test_nothing_is_overwritten),
        PLACED(test_missing_file_and_folder),
        PLACED(test_sealed_file),
        PLACED(test_empty_passphrase_is_refused),
        PLACED(test_format_is_what_the_header_says),
        PLACED(test_malformed_files),
        PLACED(test_binary_and_large_files),
        PLACED(test_public_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
