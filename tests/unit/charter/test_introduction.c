#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "coalition.h"
#include "pki/certificate.h"
#include "talea/v1/charter.pb-c.h"
#include "wire/fields.h"

static struct coalition coalition;

static int begin(void **state)
{
    (void)state;
    coalition_begin(&coalition);
    return 0;
}

static int end(void **state)
{
    (void)state;
    coalition_end(&coalition);
    return 0;
}

static enum err open_bytes(struct slice bytes, struct introduction *out, struct arena *arena,
                           struct note *note)
{
    arena_init(arena, LIMIT_DECODED_BYTES);
    return introduction_open(bytes, arena, out, note);
}

static void test_round_trip(void **state)
{
    (void)state;
    CLEANUP(arena_fini) struct arena arena;
    struct introduction i;
    struct note note = {{0}};
    const struct member *m = &coalition.members[2];
    assert_int_equal(open_bytes(buffer_slice(&m->introduction), &i, &arena, &note), ERR_OK);
    assert_string_equal(i.coalition, "demo");
    assert_string_equal(i.partner.id.text, "hotel");
    assert_string_equal(i.partner.display_name, "Hôtel du Lac");
    assert_string_equal(i.partner.address, "[::1]:7103");
    assert_string_equal(i.partner.prefix.digits, "700399");
    assert_true(public_key_equal(&i.partner.root, &m->root.public_key));
    assert_int_equal(i.partner.online_count, 1);
    assert_true(public_key_equal(&i.partner.online[0].key, &m->online.key));
    struct key_id id = key_id_of(&m->online.key);
    assert_true(key_id_equal(&i.partner.online[0].id, &id));
    assert_true(i.partner.online[0].valid_until.ms == m->online.valid_until.ms);
    assert_string_equal(i.partner.tls_ca_pem, m->ca);
    assert_false(i.partner.has_signed);
}

static void expect_refused(const struct introduction_terms *terms, enum err expected,
                           const char *text)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct note note = {{0}};
    enum err err = introduction_make(terms, &coalition.members[0].root, &bytes, &note);
    if (err != expected || strstr(note.text, text) == NULL) {
        fail_msg("%s: '%s' does not say '%s'", err_name(err), note.text, text);
    }
    assert_int_equal(bytes.length, 0);
}

static void test_terms_that_are_refused(void **state)
{
    (void)state;
    static char long_name[LIMIT_NAME_BYTES + 2];
    memset(long_name, 'x', sizeof long_name - 1);
    struct introduction_terms t = introduction_terms_of(&coalition, 0);
    const struct introduction_terms good = t;
#define TERM(change, err, text)                                                                    \
    t = good;                                                                                      \
    change;                                                                                        \
    expect_refused(&t, err, text)
    TERM(t.coalition = "", ERR_INPUT, "coalition's name");
    TERM(t.coalition = "Demo", ERR_INPUT, "introduction of fuel: coalition");
    TERM(t.coalition = "other", ERR_DENIED, "tls_ca_pem: the authority is");
    TERM(t.partner.text[0] = 'F', ERR_INPUT, "partner is not a partner's id");
    TERM(t.display_name = "", ERR_INPUT, "display_name");
    TERM(t.display_name = "a\nb", ERR_INPUT, "display_name");
    TERM(t.display_name = "\xc3(", ERR_INPUT, "display_name");
    TERM(t.display_name = long_name, ERR_INPUT, "display_name");
    TERM(t.address = "127.0.0.1", ERR_INPUT, "address is not host:port");
    TERM(t.address = "127.0.0.1:0", ERR_INPUT, "address is not host:port");
    TERM(t.address = "", ERR_INPUT, "address is not host:port");
    TERM(t.prefix.digits[0] = '0', ERR_INPUT, "card_prefix");
    TERM(t.prefix.digits[2] = '\0', ERR_INPUT, "card_prefix");
    TERM(t.online_count = 0, ERR_INPUT, "online keys");
    TERM(t.online_count = CHARTER_ONLINE_KEYS_MAX + 1, ERR_INPUT, "online keys");
    TERM(t.tls_ca_pem = "", ERR_INPUT, "tls_ca_pem is empty");
    TERM(t.tls_ca_pem = "no certificate", ERR_INPUT, "introduction of fuel: tls_ca_pem");
    TERM(t.tls_ca_pem = coalition.members[1].ca, ERR_DENIED, "Talea CA grocer (demo)");
#undef TERM
}

static void test_online_keys_that_are_refused(void **state)
{
    (void)state;
    struct introduction_terms t = introduction_terms_of(&coalition, 0);
    struct introduction_key keys[2] = {coalition.members[0].online, coalition.members[0].online};
    t.online = keys;
    t.online_count = 2;
    expect_refused(&t, ERR_INPUT, "online key is there twice");
    keys[1].key = coalition.members[0].root.public_key;
    expect_refused(&t, ERR_INPUT, "online key is the root key");
    keys[1].key = (struct public_key){{0}};
    expect_refused(&t, ERR_INPUT, "online key is no public key");
    keys[1].key = key_of(77).public_key;
    keys[1].valid_until = keys[1].valid_from;
    expect_refused(&t, ERR_INPUT, "online key ends before it begins");
    keys[1].valid_from.ms = -1;
    expect_refused(&t, ERR_INPUT, "valid_from_unix_ms is not a time");
}

static void test_authorities_that_are_none(void **state)
{
    (void)state;
    struct certificate_pair authority = {.certificate = {0}};
    struct certificate_pair leaf = {.certificate = {0}};
    struct note note = {{0}};
    struct introduction_terms t = introduction_terms_of(&coalition, 0);
    struct unix_ms from = {INT64_C(1790000000000)};
    assert_int_equal(certificate_make_authority("demo", &t.partner, from, &authority, &note),
                     ERR_OK);
    struct certificate_order order = {
        .identity = {.coalition = "demo", .partner = t.partner, .role = ROLE_TILL, .name = "till"},
        .not_before = from,
        .not_after = {from.ms + DAY_MS}};
    assert_int_equal(certificate_issue(&authority, &order, &leaf, &note), ERR_OK);
    char *text = NULL;
    assert_true(asprintf(&text, "%.*s", (int)leaf.certificate.length,
                         (const char *)leaf.certificate.at) > 0);
    t.tls_ca_pem = text;
    expect_refused(&t, ERR_DENIED, "not an authority's");
    free(text);
    assert_true(asprintf(&text, "%.*s%.*s", (int)authority.certificate.length,
                         (const char *)authority.certificate.at, (int)authority.key.length,
                         (const char *)authority.key.at) > 0);
    t.tls_ca_pem = text;
    expect_refused(&t, ERR_DENIED, "a private key stands beside");
    free(text);
    assert_true(asprintf(&text, "%s%s", coalition.members[0].ca, coalition.members[0].ca) > 0);
    t.tls_ca_pem = text;
    expect_refused(&t, ERR_INPUT, "2 certificates");
    free(text);
    certificate_pair_fini(&authority);
    certificate_pair_fini(&leaf);
}

/* Flips one bit of every byte; a text may become another text, but nothing that is signed may. */
static void test_damage(void **state)
{
    (void)state;
    const struct buffer *bytes = &coalition.members[0].introduction;
    struct introduction original;
    CLEANUP(arena_fini) struct arena kept;
    assert_int_equal(open_bytes(buffer_slice(bytes), &original, &kept, NULL), ERR_OK);
    for (size_t i = 0; i < bytes->length; i++) {
        CLEANUP(arena_fini) struct arena arena;
        struct introduction opened;
        struct note note = {{0}};
        bytes->at[i] ^= (uint8_t)(1u << i % 8);
        if (open_bytes(buffer_slice(bytes), &opened, &arena, &note) == ERR_OK) {
            assert_memory_equal(&opened.partner.root, &original.partner.root,
                                sizeof original.partner.root);
            assert_memory_equal(&opened.partner.online[0], &original.partner.online[0],
                                sizeof original.partner.online[0]);
        } else {
            assert_true(note.text[0] != '\0');
        }
        bytes->at[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t length = 0; length < bytes->length; length++) {
        CLEANUP(arena_fini) struct arena arena;
        struct introduction opened;
        assert_int_not_equal(open_bytes(slice_of(bytes->at, length), &opened, &arena, NULL),
                             ERR_OK);
    }
}

/* An online key that another root signed, or that was signed for another coalition or partner. */
static void test_foreign_online_keys(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer mixed = {0};
    const struct buffer *bytes = &coalition.members[0].introduction;
    const struct buffer *other = &coalition.members[1].introduction;
    Talea__V1__PartnerIntroduction *m =
        talea__v1__partner_introduction__unpack(NULL, bytes->length, bytes->at);
    Talea__V1__PartnerIntroduction *o =
        talea__v1__partner_introduction__unpack(NULL, other->length, other->at);
    assert_non_null(m);
    assert_non_null(o);
    Talea__V1__Signed *own = m->online_keys[0];
    m->online_keys[0] = o->online_keys[0];
    assert_int_equal(fields_pack(&m->base, &mixed), ERR_OK);
    CLEANUP(arena_fini) struct arena arena;
    struct introduction opened;
    struct note note = {{0}};
    assert_int_equal(open_bytes(buffer_slice(&mixed), &opened, &arena, &note), ERR_SIGNATURE);
    assert_string_equal(note.text,
                        "introduction of fuel: an online key is not signed by the root key");
    m->online_keys[0] = own;
    talea__v1__partner_introduction__free_unpacked(m, NULL);
    talea__v1__partner_introduction__free_unpacked(o, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_terms_that_are_refused),
        cmocka_unit_test(test_online_keys_that_are_refused),
        cmocka_unit_test(test_authorities_that_are_none),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_foreign_online_keys),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
