/* Authorities and leaves for the tests of pki. Include after cmocka.h. */
#ifndef TEST_PKI_FIXTURE_H
#define TEST_PKI_FIXTURE_H

#include "pki/certificate.h"

/* 2026-10-03T12:00:00Z, and a year. */
#define NOW_MS  INT64_C(1791028800000)
#define YEAR_MS (365 * DAY_MS)

static inline struct unix_ms fixture_time(int64_t from_now_ms)
{
    return (struct unix_ms){NOW_MS + from_now_ms};
}

static inline struct partner_id fixture_partner(const char *text)
{
    struct partner_id partner;
    assert_int_equal(partner_id_parse(text, &partner), ERR_OK);
    return partner;
}

static inline struct identity fixture_identity(const char *uri)
{
    struct identity identity;
    assert_int_equal(identity_parse(uri, &identity), ERR_OK);
    return identity;
}

static inline struct certificate_pair fixture_authority(const char *coalition, const char *partner)
{
    struct certificate_pair pair = {0};
    struct partner_id id = fixture_partner(partner);
    struct note note = {{0}};
    assert_int_equal(
        certificate_make_authority(coalition, &id, fixture_time(-YEAR_MS), &pair, &note), ERR_OK);
    return pair;
}

static inline struct certificate_order fixture_order(const char *uri)
{
    return (struct certificate_order){.identity = fixture_identity(uri),
                                      .not_before = fixture_time(-DAY_MS),
                                      .not_after = fixture_time(YEAR_MS)};
}

static inline struct certificate_pair fixture_leaf(const struct certificate_pair *authority,
                                                   const char *uri)
{
    struct certificate_pair pair = {0};
    struct certificate_order order = fixture_order(uri);
    struct note note = {{0}};
    assert_int_equal(certificate_issue(authority, &order, &pair, &note), ERR_OK);
    return pair;
}

static inline struct slice fixture_pem(const struct certificate_pair *pair)
{
    return buffer_slice(&pair->certificate);
}

#endif
