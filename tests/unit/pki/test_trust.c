#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "fixture.h"
#include "pki/trust.h"

#define BAKERY_NODE "talea://highstreet/bakery/node/node-1"
#define BAKERY_TILL "talea://highstreet/bakery/till/lane-1"
#define GROCER_NODE "talea://highstreet/grocer/node/node-1"

/* What the checks say of a chain that claims to be the bakery's in highstreet. */
static enum err accepted(struct slice chain, const struct certificate_pair *authority,
                         struct unix_ms at, struct note *note)
{
    struct partner_id bakery = fixture_partner("bakery");
    struct identity identity;
    return pki_accept(chain, fixture_pem(authority), "highstreet", &bakery, at, &identity, note);
}

static void test_own_leaf_is_accepted(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    static const char *const uris[] = {BAKERY_NODE, "talea://highstreet/bakery/till/lane-1",
                                       "talea://highstreet/bakery/back-office/office",
                                       "talea://highstreet/bakery/auditor/books",
                                       "talea://highstreet/bakery/admin/ops"};
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        CLEANUP(certificate_pair_fini)
        struct certificate_pair leaf = fixture_leaf(&authority, uris[i]);
        struct partner_id bakery = fixture_partner("bakery");
        struct identity identity;
        struct note note = {{0}};
        char uri[IDENTITY_URI_MAX];
        assert_int_equal(pki_accept(fixture_pem(&leaf), fixture_pem(&authority), "highstreet",
                                    &bakery, fixture_time(0), &identity, &note),
                         ERR_OK);
        assert_string_equal(identity_format(&identity, uri), uris[i]);
    }
}

/* A certificate of another authority, even of one with the very same name, is refused. */
static void test_forgery_by_another_authority(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair bakery = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair forger = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair forged = fixture_leaf(&forger, BAKERY_NODE);
    struct note note = {{0}};
    assert_int_equal(accepted(fixture_pem(&forged), &forger, fixture_time(0), &note), ERR_OK);
    assert_int_equal(accepted(fixture_pem(&forged), &bakery, fixture_time(0), &note), ERR_DENIED);

    /* Nor does it help to carry the forger's authority, or the true one, in the chain. */
    struct buffer chain = {0};
    write_bytes(&chain, forged.certificate.at, forged.certificate.length);
    write_bytes(&chain, forger.certificate.at, forger.certificate.length);
    assert_int_equal(accepted(buffer_slice(&chain), &bakery, fixture_time(0), &note), ERR_DENIED);
    write_bytes(&chain, bakery.certificate.at, bakery.certificate.length);
    assert_int_equal(accepted(buffer_slice(&chain), &bakery, fixture_time(0), &note), ERR_DENIED);
    buffer_fini(&chain);
}

/* A good chain of one partner is no certificate of another. */
static void test_another_partners_leaf(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair grocer = fixture_authority("highstreet", "grocer");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf = fixture_leaf(&grocer, GROCER_NODE);
    struct note note = {{0}};
    assert_int_equal(
        pki_chain_is_of(fixture_pem(&leaf), fixture_pem(&grocer), fixture_time(0), &note), ERR_OK);
    assert_int_equal(accepted(fixture_pem(&leaf), &grocer, fixture_time(0), &note), ERR_DENIED);
    assert_non_null(strstr(note.text, "authority of bakery vouches for a certificate of grocer"));
}

/* A URI to put into a certificate: its bytes may hold a NUL. */
struct odd_uri {
    const char *at;
    int length;
};

static void replace_names(X509 *certificate, const struct odd_uri *uris, size_t count)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    for (size_t i = 0; i < count; i++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *value = ASN1_IA5STRING_new();
        assert_int_equal(ASN1_STRING_set(value, uris[i].at, uris[i].length), 1);
        GENERAL_NAME_set0_value(name, GEN_URI, value);
        assert_int_not_equal(sk_GENERAL_NAME_push(names, name), 0);
    }
    assert_int_equal(
        X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_REPLACE), 1);
    GENERAL_NAMES_free(names);
}

/* Re-signs a certificate by an authority, as its owner could do with any tool, with these URIs in
 * place of its names unless `uris` is NULL. */
static struct buffer resigned(const struct certificate_pair *leaf,
                              const struct certificate_pair *authority, const struct odd_uri *uris,
                              size_t count)
{
    BIO *leaf_pem = BIO_new_mem_buf(leaf->certificate.at, (int)leaf->certificate.length);
    BIO *pem = BIO_new_mem_buf(authority->certificate.at, (int)authority->certificate.length);
    BIO *key_pem = BIO_new_mem_buf(authority->key.at, (int)authority->key.length);
    BIO *out = BIO_new(BIO_s_mem());
    X509 *forged = PEM_read_bio_X509(leaf_pem, NULL, NULL, NULL);
    X509 *issuer = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_pem, NULL, NULL, NULL);
    int link = X509_get_ext_by_NID(forged, NID_authority_key_identifier, -1);
    X509_EXTENSION_free(X509_delete_ext(forged, link));
    if (uris != NULL) {
        replace_names(forged, uris, count);
    }
    assert_int_equal(X509_set_issuer_name(forged, X509_get_subject_name(issuer)), 1);
    assert_int_not_equal(X509_sign(forged, key, EVP_sha256()), 0);
    assert_int_equal(PEM_write_bio_X509(out, forged), 1);
    char *at = NULL;
    long length = BIO_get_mem_data(out, &at);
    struct buffer bytes = {0};
    write_bytes(&bytes, at, (size_t)length);
    EVP_PKEY_free(key);
    X509_free(issuer);
    X509_free(forged);
    BIO_free(out);
    BIO_free(key_pem);
    BIO_free(pem);
    BIO_free(leaf_pem);
    return bytes;
}

/* The grocer's authority mints a certificate with the bakery's identity in it. */
static void test_identity_minted_by_another_partner(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair bakery = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair grocer = fixture_authority("highstreet", "grocer");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf = fixture_leaf(&bakery, BAKERY_NODE);
    CLEANUP(buffer_fini) struct buffer forged = resigned(&leaf, &grocer, NULL, 0);
    struct slice chain = buffer_slice(&forged);
    struct identity identity;
    struct note note = {{0}};
    assert_int_equal(pki_identity_of(chain, &identity, &note), ERR_OK);
    assert_string_equal(identity.partner.text, "bakery");
    assert_int_equal(pki_chain_is_of(chain, fixture_pem(&grocer), fixture_time(0), &note), ERR_OK);

    assert_int_equal(accepted(chain, &bakery, fixture_time(0), &note), ERR_DENIED);
    struct partner_id partner = fixture_partner("grocer");
    assert_int_equal(pki_accept(chain, fixture_pem(&grocer), "highstreet", &partner,
                                fixture_time(0), &identity, &note),
                     ERR_DENIED);
    assert_non_null(strstr(note.text, "authority of grocer vouches for a certificate of bakery"));
}

static void test_odd_names_identify_nobody(void **state)
{
    (void)state;
    static const struct odd_uri good = {BAKERY_NODE, sizeof BAKERY_NODE - 1};
    static const struct odd_uri two[] = {{BAKERY_NODE, sizeof BAKERY_NODE - 1},
                                         {BAKERY_TILL, sizeof BAKERY_TILL - 1}};
    static const struct odd_uri with_nul = {BAKERY_NODE "\0.example", sizeof BAKERY_NODE + 8};
    static const struct odd_uri foreign = {"https://bakery.example/", 23};
    CLEANUP(certificate_pair_fini)
    struct certificate_pair bakery = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf = fixture_leaf(&bakery, BAKERY_NODE);
    const struct {
        const struct odd_uri *uris;
        size_t count;
        enum err err;
    } rows[] = {{&good, 1, ERR_OK},
                {two, 2, ERR_DENIED},
                {two, 0, ERR_DENIED},
                {&with_nul, 1, ERR_DENIED},
                {&foreign, 1, ERR_DENIED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(buffer_fini)
        struct buffer odd = resigned(&leaf, &bakery, rows[i].uris, rows[i].count);
        struct note note = {{0}};
        enum err err = accepted(buffer_slice(&odd), &bakery, fixture_time(0), &note);
        if (err != rows[i].err) {
            fail_msg("row %zu: %s: %s", i, err_name(err), note.text);
        }
    }
}

static void test_other_coalition(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair mall = fixture_authority("mall", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf = fixture_leaf(&mall, "talea://mall/bakery/node/node-1");
    struct note note = {{0}};
    assert_int_equal(accepted(fixture_pem(&leaf), &mall, fixture_time(0), &note), ERR_DENIED);
    assert_non_null(strstr(note.text, "coalition mall, not highstreet"));
}

static void test_outside_its_time(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf = fixture_leaf(&authority, BAKERY_NODE);
    static const struct {
        int64_t from_now_ms;
        enum err err;
        const char *says;
    } rows[] = {
        {-DAY_MS - 1000, ERR_DENIED, "not yet valid"},
        {-DAY_MS, ERR_OK, ""},
        {YEAR_MS - 1000, ERR_OK, ""},
        {YEAR_MS + 1000, ERR_DENIED, "expired"},
        {-NOW_MS, ERR_DENIED, "not yet valid"},
        {20 * YEAR_MS, ERR_DENIED, "expired"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct note note = {{0}};
        assert_int_equal(
            accepted(fixture_pem(&leaf), &authority, fixture_time(rows[i].from_now_ms), &note),
            rows[i].err);
        assert_non_null(strstr(note.text, rows[i].says));
    }
    struct unix_ms end = {0};
    assert_int_equal(pki_not_after(fixture_pem(&leaf), &end, NULL), ERR_OK);
    assert_int_equal(end.ms, NOW_MS + YEAR_MS);
}

static void test_authority_is_no_identity(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    struct note note = {{0}};
    assert_int_equal(
        pki_chain_is_of(fixture_pem(&authority), fixture_pem(&authority), fixture_time(0), &note),
        ERR_DENIED);
    assert_non_null(strstr(note.text, "identifies nobody"));
    struct identity identity;
    assert_int_equal(pki_identity_of(fixture_pem(&authority), &identity, &note), ERR_DENIED);
}

static void test_a_changed_byte_is_refused(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf = fixture_leaf(&authority, BAKERY_NODE);
    for (size_t i = 0; i < leaf.certificate.length; i += 17) {
        uint8_t *at = &leaf.certificate.at[i];
        uint8_t was = *at;
        *at = was == 'A' ? 'B' : 'A';
        if (was != '\n') {
            assert_int_not_equal(accepted(fixture_pem(&leaf), &authority, fixture_time(0), NULL),
                                 ERR_OK);
        }
        *at = was;
    }
    assert_int_equal(accepted(fixture_pem(&leaf), &authority, fixture_time(0), NULL), ERR_OK);
}

static void test_malformed_pem(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    struct note note = {{0}};
    assert_int_equal(accepted(slice_of("", 0), &authority, fixture_time(0), &note), ERR_INPUT);
    assert_int_equal(accepted(slice_of("no PEM\n", 7), &authority, fixture_time(0), &note),
                     ERR_INPUT);
    struct slice half = fixture_pem(&authority);
    half.length /= 2;
    assert_int_equal(accepted(half, &authority, fixture_time(0), &note), ERR_INPUT);
    assert_int_equal(accepted(buffer_slice(&authority.key), &authority, fixture_time(0), &note),
                     ERR_INPUT);

    /* A good certificate with a broken one behind it. */
    struct buffer broken = {0};
    write_bytes(&broken, authority.certificate.at, authority.certificate.length);
    write_bytes(&broken, authority.certificate.at, authority.certificate.length / 2);
    assert_int_equal(accepted(buffer_slice(&broken), &authority, fixture_time(0), &note),
                     ERR_INPUT);
    buffer_fini(&broken);

    /* Two authorities where one is expected, and too many certificates. */
    struct buffer many = {0};
    for (unsigned i = 0; i < 9; i++) {
        write_bytes(&many, authority.certificate.at, authority.certificate.length);
    }
    struct slice two = slice_of(many.at, 2 * authority.certificate.length);
    assert_int_equal(pki_chain_is_of(fixture_pem(&authority), two, fixture_time(0), &note),
                     ERR_INPUT);
    assert_int_equal(accepted(buffer_slice(&many), &authority, fixture_time(0), &note), ERR_RANGE);
    buffer_fini(&many);
}

static void test_fingerprints(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf = fixture_leaf(&authority, BAKERY_NODE);
    struct fingerprint of_leaf;
    struct fingerprint of_chain;
    struct fingerprint of_authority;
    struct buffer chain = {0};
    write_bytes(&chain, leaf.certificate.at, leaf.certificate.length);
    write_bytes(&chain, authority.certificate.at, authority.certificate.length);
    assert_int_equal(pki_fingerprint(fixture_pem(&leaf), &of_leaf, NULL), ERR_OK);
    assert_int_equal(pki_fingerprint(buffer_slice(&chain), &of_chain, NULL), ERR_OK);
    assert_int_equal(pki_fingerprint(fixture_pem(&authority), &of_authority, NULL), ERR_OK);
    assert_memory_equal(&of_leaf, &of_chain, sizeof of_leaf);
    assert_memory_not_equal(&of_leaf, &of_authority, sizeof of_leaf);
    buffer_fini(&chain);
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const hosts[] = {"node.example", "2001:db8::7"};
    static const char *const expected[] = {
        "bakery.highstreet.talea", "localhost", "127.0.0.1", "::1", "node.example", "2001:db8::7"};
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    struct certificate_pair leaf = {0};
    struct certificate_order order = fixture_order("talea://highstreet/bakery/node/node");
    struct host_name found[6];
    size_t count = 0;
    order.hosts = hosts;
    order.host_count = 2;
    assert_int_equal(certificate_issue(&authority, &order, &leaf, NULL), ERR_OK);
    assert_int_equal(pki_hosts_of(fixture_pem(&leaf), found, 6, &count, NULL), ERR_OK);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(found[i].text, expected[i]);
    }
    assert_int_equal(pki_hosts_of(fixture_pem(&leaf), found, 5, &count, NULL), ERR_RANGE);
    certificate_pair_fini(&leaf);
    certificate_pair_fini(&authority);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_leaf_is_accepted),
        cmocka_unit_test(test_forgery_by_another_authority),
        cmocka_unit_test(test_another_partners_leaf),
        cmocka_unit_test(test_identity_minted_by_another_partner),
        cmocka_unit_test(test_odd_names_identify_nobody),
        cmocka_unit_test(test_other_coalition),
        cmocka_unit_test(test_outside_its_time),
        cmocka_unit_test(test_authority_is_no_identity),
        cmocka_unit_test(test_a_changed_byte_is_refused),
        cmocka_unit_test(test_malformed_pem),
        cmocka_unit_test(test_fingerprints),
        cmocka_unit_test(test_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
