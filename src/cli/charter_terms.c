#include "cli/charter_terms.h"

#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "crypto/hash.h"

static enum err power_of_ten(unsigned exponent, int64_t *out_power)
{
    int64_t power = 1;
    for (unsigned i = 0; i < exponent; i++) {
        TRY(int64_mul_div(power, 10, 1, ROUNDING_DOWN, &power));
    }
    *out_power = power;
    return ERR_OK;
}

enum err charter_draft_tariff(const struct coalition_tariff *tariff, unsigned points_decimals,
                              unsigned currency_decimals, Talea__V1__Tariff *out_tariff)
{
    unsigned scale = tariff->issue_price.scale;
    if (tariff->redemption_price.scale > scale) {
        scale = tariff->redemption_price.scale;
    }
    unsigned more = scale > currency_decimals ? scale - currency_decimals : 0;
    int64_t per_points;
    int64_t issue;
    int64_t redemption;
    TRY(power_of_ten(points_decimals + more, &per_points));
    TRY(decimal_to_minor_exact(tariff->issue_price, currency_decimals + more, &issue));
    TRY(decimal_to_minor_exact(tariff->redemption_price, currency_decimals + more, &redemption));
    talea__v1__tariff__init(out_tariff);
    out_tariff->id = tariff->id;
    out_tariff->name = message_text(tariff->name);
    out_tariff->issue_price_minor = issue;
    out_tariff->redemption_price_minor = redemption;
    out_tariff->per_points = per_points;
    return ERR_OK;
}

static enum err check_sayable(const struct coalition_file *terms, struct note *note)
{
    if (terms->netting != COALITION_NETTING_BILATERAL) {
        return note_set(note, ERR_UNSUPPORTED,
                        "settlement.netting: a charter can only say bilateral");
    }
    if (terms->pair_cap_count != 0) {
        return note_set(note, ERR_UNSUPPORTED, "caps.pairs: a charter has one cap for all pairs");
    }
    for (size_t i = 0; i < terms->tariff_count; i++) {
        if (terms->tariffs[i].rounding != ROUNDING_HALF_EVEN) {
            return note_set(note, ERR_UNSUPPORTED,
                            "tariffs: statements round half_even; tariff %u says %s",
                            terms->tariffs[i].id, rounding_name(terms->tariffs[i].rounding));
        }
    }
    return ERR_OK;
}

static int compare_introductions(const void *a, const void *b)
{
    Talea__V1__PartnerIntroduction *const *left = a;
    Talea__V1__PartnerIntroduction *const *right = b;
    return strcmp((*left)->partner, (*right)->partner);
}

static int compare_tariffs(const void *a, const void *b)
{
    Talea__V1__Tariff *const *left = a;
    Talea__V1__Tariff *const *right = b;
    return ((*left)->id > (*right)->id) - ((*left)->id < (*right)->id);
}

static enum err check_introductions(const struct charter_draft *draft, struct note *note)
{
    for (size_t i = 0; i < draft->introduction_count; i++) {
        const Talea__V1__PartnerIntroduction *one = draft->introductions[i];
        if (strcmp(one->coalition, draft->terms->coalition) != 0) {
            return note_set(note, ERR_INPUT,
                            "%s was introduced to the coalition \"%s\", not \"%s\"", one->partner,
                            one->coalition, draft->terms->coalition);
        }
        if (i > 0 && strcmp(draft->introductions[i - 1]->partner, one->partner) == 0) {
            return note_set(note, ERR_INPUT, "%s is introduced twice", one->partner);
        }
    }
    if (draft->terms->required_signatures > draft->introduction_count) {
        return note_set(note, ERR_INPUT,
                        "signatures.required: %u of only %zu partners can't be had",
                        draft->terms->required_signatures, draft->introduction_count);
    }
    bool is_first = draft->terms->epoch == 1;
    if (is_first != (draft->previous_payload.length == 0)) {
        return note_set(note, ERR_INPUT,
                        is_first ? "epoch 1 follows no charter: leave out --previous"
                                 : "epoch %u follows a charter: name it by --previous",
                        draft->terms->epoch);
    }
    return ERR_OK;
}

static enum err encode(const struct charter_draft *draft, Talea__V1__Tariff *tariffs,
                       struct buffer *out, struct note *note)
{
    const struct coalition_file *terms = draft->terms;
    Talea__V1__Tariff *in_order[LIMIT_TARIFFS];
    for (size_t i = 0; i < terms->tariff_count; i++) {
        if (charter_draft_tariff(&terms->tariffs[i], terms->points_decimals,
                                 terms->settlement_decimals, &tariffs[i]) != ERR_OK) {
            return note_set(note, ERR_RANGE,
                            "tariffs: the prices of tariff %u have too many digits",
                            terms->tariffs[i].id);
        }
        in_order[i] = &tariffs[i];
    }
    qsort(in_order, terms->tariff_count, sizeof in_order[0], compare_tariffs);
    struct hash previous = {{0}};
    if (draft->previous_payload.length > 0) {
        previous = hash_of(HASH_DOMAIN_CHARTER, draft->previous_payload);
    }
    Talea__V1__Charter charter = TALEA__V1__CHARTER__INIT;
    charter.coalition = message_text(terms->coalition);
    charter.epoch = terms->epoch;
    charter.previous_hash = message_bytes(slice_of(previous.bytes, sizeof previous.bytes));
    charter.required_signatures = terms->required_signatures;
    charter.points_name = message_text(terms->points_name);
    charter.points_decimals = terms->points_decimals;
    charter.currency = message_text(terms->settlement_currency.code);
    charter.currency_decimals = terms->settlement_decimals;
    charter.valid_from_unix_ms = draft->valid_from.ms;
    charter.partners = draft->introductions;
    charter.n_partners = draft->introduction_count;
    charter.tariffs = in_order;
    charter.n_tariffs = terms->tariff_count;
    charter.net_debit_cap_minor = terms->net_debit_minor;
    return message_pack(&charter.base, out);
}

enum err charter_draft_encode(const struct charter_draft *draft, struct buffer *out,
                              struct note *note)
{
    TRY(check_sayable(draft->terms, note));
    qsort(draft->introductions, draft->introduction_count, sizeof draft->introductions[0],
          compare_introductions);
    TRY(check_introductions(draft, note));
    Talea__V1__Tariff *tariffs = calloc(LIMIT_TARIFFS, sizeof *tariffs);
    if (tariffs == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = encode(draft, tariffs, out, note);
    free(tariffs);
    return err;
}
