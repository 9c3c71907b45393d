#include "coalition.h"

#include <stdlib.h>
#include <string.h>

#include "pki/certificate.h"

#define MADE_AT INT64_C(1790000000000)

struct signing_key key_of(uint8_t seed)
{
    uint8_t bytes[SIGNING_SEED_BYTES];
    struct signing_key key;
    memset(bytes, seed, sizeof bytes);
    signing_key_from_seed(bytes, &key);
    return key;
}

static char *authority_of(const struct partner_id *partner)
{
    struct certificate_pair pair = {.certificate = {0}};
    struct note note = {{0}};
    ASSERT(certificate_make_authority("demo", partner, (struct unix_ms){MADE_AT}, &pair, &note) ==
           ERR_OK);
    char *pem = strndup((const char *)pair.certificate.at, pair.certificate.length);
    certificate_pair_fini(&pair);
    ASSERT(pem != NULL);
    return pem;
}

struct introduction_terms introduction_terms_of(const struct coalition *coalition, unsigned member)
{
    static const char *const names[MEMBERS] = {"Fuel & More", "Grocer", "Hôtel du Lac"};
    static const char *const addresses[MEMBERS] = {"127.0.0.1:7101", "grocer.example:7101",
                                                   "[::1]:7103"};
    static const char *const prefixes[MEMBERS] = {"7001", "7002", "700399"};
    const struct member *m = &coalition->members[member];
    struct introduction_terms terms = {.coalition = "demo",
                                       .partner = m->id,
                                       .display_name = names[member],
                                       .address = addresses[member],
                                       .online = &m->online,
                                       .online_count = 1,
                                       .tls_ca_pem = m->ca};
    ASSERT(card_prefix_parse(prefixes[member], &terms.prefix) == ERR_OK);
    return terms;
}

void coalition_begin(struct coalition *coalition)
{
    static const char *const ids[MEMBERS] = {"fuel", "grocer", "hotel"};
    memset(coalition, 0, sizeof *coalition);
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct member *m = &coalition->members[i];
        ASSERT(partner_id_parse(ids[i], &m->id) == ERR_OK);
        m->root = key_of((uint8_t)(1 + i));
        m->online = (struct introduction_key){
            key_of((uint8_t)(101 + i)).public_key, {MADE_AT}, {MADE_AT + 365 * DAY_MS}};
        m->ca = authority_of(&m->id);
        struct introduction_terms terms = introduction_terms_of(coalition, i);
        struct note note = {{0}};
        ASSERT(introduction_make(&terms, &m->root, &m->introduction, &note) == ERR_OK);
    }
    coalition->tariffs[0] = (struct charter_tariff){
        {.id = 2, .issue_price = {5}, .redemption_price = {4}, .per = {100}}, "fuel only"};
    coalition->tariffs[1] = (struct charter_tariff){
        {.id = 1, .issue_price = {10}, .redemption_price = {9}, .per = {1000}}, "standard"};
    coalition->terms = (struct charter_terms){.coalition = "demo",
                                              .epoch = 1,
                                              .required_signatures = 2,
                                              .points_name = "Sparks",
                                              .points_decimals = 0,
                                              .currency = "EUR",
                                              .currency_decimals = 2,
                                              .valid_from = {MADE_AT},
                                              .tariffs = coalition->tariffs,
                                              .tariff_count = 2,
                                              .net_debit_cap = {5000000}};
}

void coalition_end(struct coalition *coalition)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        free(coalition->members[i].ca);
        buffer_fini(&coalition->members[i].introduction);
    }
}

enum err coalition_charter(const struct coalition *coalition, struct buffer *out, struct note *note)
{
    struct slice introductions[MEMBERS];
    for (unsigned i = 0; i < MEMBERS; i++) { /* not in the order of their ids */
        introductions[i] = buffer_slice(&coalition->members[MEMBERS - 1 - i].introduction);
    }
    return charter_make(&coalition->terms, introductions, MEMBERS, out, note);
}
