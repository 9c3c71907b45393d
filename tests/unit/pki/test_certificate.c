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
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "fixture.h"

static X509 *certificate_of(const struct certificate_pair *pair)
{
    BIO *bio = BIO_new_mem_buf(pair->certificate.at, (int)pair->certificate.length);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(certificate);
    return certificate;
}

static void assert_subject(X509 *certificate, const char *expected)
{
    char text[256];
    X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_authority(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair pair = fixture_authority("highstreet", "bakery");
    X509 *certificate = certificate_of(&pair);
    assert_subject(certificate, "/CN=Talea CA bakery (highstreet)");
    assert_int_equal(X509_check_ca(certificate), 1);
    assert_int_equal(X509_get_pathlen(certificate), 0);
    assert_int_equal(X509_get_key_usage(certificate), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(X509_get_version(certificate), X509_VERSION_3);
    assert_int_equal(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
    assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(certificate)), 256);
    int days = 0;
    int seconds = 0;
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate),
                                    X509_get0_notAfter(certificate)),
                     1);
    assert_int_equal(days, AUTHORITY_DAYS);
    assert_int_equal(seconds, 0);
    X509_free(certificate);
}

static void test_node_leaf(void **state)
{
    (void)state;
    static const char *const hosts[] = {"node.bakery.example", "192.0.2.7", "2001:db8::7"};
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    struct certificate_order order = fixture_order("talea://highstreet/bakery/node/node-1");
    order.hosts = hosts;
    order.host_count = 3;
    CLEANUP(certificate_pair_fini) struct certificate_pair leaf = {0};
    assert_int_equal(certificate_issue(&authority, &order, &leaf, NULL), ERR_OK);
    X509 *certificate = certificate_of(&leaf);
    assert_subject(certificate, "/O=bakery/OU=node/CN=node-1");
    assert_int_equal(X509_check_ca(certificate), 0);
    assert_int_equal(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(certificate), XKU_SSL_CLIENT | XKU_SSL_SERVER);
    static const char *const names[] = {"bakery.highstreet.talea", "localhost",
                                        "node.bakery.example"};
    static const char *const addresses[] = {"127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(X509_check_host(certificate, names[i], 0, 0, NULL), 1);
    }
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        assert_int_equal(X509_check_ip_asc(certificate, addresses[i], 0), 1);
    }
    assert_int_equal(X509_check_host(certificate, "grocer.highstreet.talea", 0, 0, NULL), 0);
    X509_free(certificate);
}

static void test_till_leaf_serves_nobody(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair leaf =
        fixture_leaf(&authority, "talea://highstreet/bakery/till/lane-1");
    X509 *certificate = certificate_of(&leaf);
    assert_int_equal(X509_get_extended_key_usage(certificate), XKU_SSL_CLIENT);
    assert_int_equal(X509_check_host(certificate, "localhost", 0, 0, NULL), 0);
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(sk_GENERAL_NAME_num(names), 1);
    GENERAL_NAMES_free(names);
    X509_free(certificate);
}

static void test_serials_and_keys_are_fresh(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair one = fixture_leaf(&authority, "talea://highstreet/bakery/till/a");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair two = fixture_leaf(&authority, "talea://highstreet/bakery/till/a");
    X509 *a = certificate_of(&one);
    X509 *b = certificate_of(&two);
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(a), X509_get0_serialNumber(b)), 0);
    assert_int_not_equal(EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)), 1);
    assert_in_range(ASN1_STRING_length(X509_get0_serialNumber(a)), 12, 16);
    X509_free(a);
    X509_free(b);
}

static void test_bad_orders(void **state)
{
    (void)state;
    static const char *const extra[] = {"localhost"};
    static const char *const odd[] = {"*.example", "-x", "a..b", "", "a,DNS:b", "a b"};
    static const char *many[LIMIT_CERTIFICATE_HOSTS + 1];
    CLEANUP(certificate_pair_fini)
    struct certificate_pair authority = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini) struct certificate_pair out = {0};
    struct certificate_order good = fixture_order("talea://highstreet/bakery/node/node-1");
    struct note note = {{0}};

    struct certificate_order order = fixture_order("talea://highstreet/bakery/till/lane-1");
    order.hosts = extra;
    order.host_count = 1;
    assert_int_equal(certificate_issue(&authority, &order, &out, &note), ERR_INPUT);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        order = good;
        order.hosts = &odd[i];
        order.host_count = 1;
        assert_int_equal(certificate_issue(&authority, &order, &out, &note), ERR_INPUT);
    }
    order = good;
    order.hosts = many;
    order.host_count = LIMIT_CERTIFICATE_HOSTS + 1;
    assert_int_equal(certificate_issue(&authority, &order, &out, &note), ERR_INPUT);
    order = good;
    order.identity.name[0] = '/';
    assert_int_equal(certificate_issue(&authority, &order, &out, &note), ERR_INPUT);
    order = good;
    order.not_after = order.not_before;
    assert_int_equal(certificate_issue(&authority, &order, &out, &note), ERR_RANGE);
    order = good;
    order.not_after = fixture_time(10 * YEAR_MS);
    assert_int_equal(certificate_issue(&authority, &order, &out, &note), ERR_RANGE);
    assert_non_null(strstr(note.text, "outlive"));
    order = good;
    order.not_before.ms = -1000;
    assert_int_equal(certificate_issue(&authority, &order, &out, &note), ERR_RANGE);
    assert_null(out.certificate.at);
}

static void test_wrong_authorities(void **state)
{
    (void)state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair bakery = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair grocer = fixture_authority("highstreet", "grocer");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair mall = fixture_authority("mall", "bakery");
    CLEANUP(certificate_pair_fini) struct certificate_pair out = {0};
    struct certificate_order order = fixture_order("talea://highstreet/bakery/node/node-1");
    struct note note = {{0}};
    assert_int_equal(certificate_issue(&grocer, &order, &out, &note), ERR_DENIED);
    assert_non_null(strstr(note.text, "Talea CA grocer (highstreet)"));
    assert_int_equal(certificate_issue(&mall, &order, &out, &note), ERR_DENIED);
    struct certificate_pair mixed = {.certificate = bakery.certificate, .key = grocer.key};
    assert_int_equal(certificate_issue(&mixed, &order, &out, &note), ERR_DENIED);
    struct certificate_pair keyless = {.certificate = bakery.certificate};
    assert_int_equal(certificate_issue(&keyless, &order, &out, &note), ERR_INPUT);

    struct partner_id partner = fixture_partner("bakery");
    assert_int_equal(
        certificate_make_authority("High Street", &partner, fixture_time(0), &out, &note),
        ERR_INPUT);
    assert_int_equal(certificate_make_authority("", &partner, fixture_time(0), &out, &note),
                     ERR_INPUT);
    assert_int_equal(certificate_make_authority("highstreet", &partner,
                                                (struct unix_ms){INT64_C(253402300800000)}, &out,
                                                &note),
                     ERR_RANGE);
}

/* Both files of a pair, in a folder of their own. */
struct place {
    char folder[64];
    char certificate[96];
    char key[96];
};

static int place_make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/talea-pki-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->certificate, sizeof place->certificate, "%s/node.crt", place->folder);
    snprintf(place->key, sizeof place->key, "%s/node.key", place->folder);
    *state = place;
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    unlink(place->certificate);
    unlink(place->key);
    int result = rmdir(place->folder);
    free(place);
    return result;
}

static void test_files(void **state)
{
    const struct place *place = *state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair pair = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini) struct certificate_pair back = {0};
    struct note note = {{0}};
    assert_int_equal(certificate_pair_load(place->certificate, place->key, &back, &note),
                     ERR_NOT_FOUND);
    assert_int_equal(certificate_pair_save(&pair, place->certificate, place->key, &note), ERR_OK);
    struct stat status;
    assert_int_equal(stat(place->key, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(certificate_pair_load(place->certificate, place->key, &back, &note), ERR_OK);
    assert_true(slice_equal(buffer_slice(&pair.key), buffer_slice(&back.key)));
    assert_true(slice_equal(fixture_pem(&pair), fixture_pem(&back)));

    assert_int_equal(certificate_pair_save(&pair, place->certificate, place->key, &note),
                     ERR_EXISTS);
    assert_int_equal(chmod(place->key, 0640), 0);
    assert_int_equal(certificate_pair_load(place->certificate, place->key, &back, &note),
                     ERR_DENIED);
}

static void test_halves_that_do_not_match(void **state)
{
    const struct place *place = *state;
    CLEANUP(certificate_pair_fini)
    struct certificate_pair bakery = fixture_authority("highstreet", "bakery");
    CLEANUP(certificate_pair_fini)
    struct certificate_pair grocer = fixture_authority("highstreet", "grocer");
    CLEANUP(certificate_pair_fini) struct certificate_pair back = {0};
    struct certificate_pair mixed = {.certificate = bakery.certificate, .key = grocer.key};
    struct note note = {{0}};
    assert_int_equal(certificate_pair_save(&mixed, place->certificate, place->key, &note), ERR_OK);
    assert_int_equal(certificate_pair_load(place->certificate, place->key, &back, &note),
                     ERR_INPUT);
    assert_non_null(strstr(note.text, place->key));
    assert_null(back.key.at);

    /* A certificate that is there already leaves no lone key behind. */
    unlink(place->key);
    assert_int_equal(certificate_pair_save(&bakery, place->certificate, place->key, &note),
                     ERR_EXISTS);
    assert_int_equal(access(place->key, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authority),
        cmocka_unit_test(test_node_leaf),
        cmocka_unit_test(test_till_leaf_serves_nobody),
        cmocka_unit_test(test_serials_and_keys_are_fresh),
        cmocka_unit_test(test_bad_orders),
        cmocka_unit_test(test_wrong_authorities),
        cmocka_unit_test_setup_teardown(test_files, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_halves_that_do_not_match, place_make, place_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
