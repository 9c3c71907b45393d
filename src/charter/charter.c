#include "charter/charter.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "charter/charter_checks.h"
#include "charter/charter_terms.h"
#include "charter/introduction_wire.h"

/* A charter and the memory of all it points to. */
struct charter_box {
    struct charter charter;
    struct arena arena;
    struct buffer bytes;
    atomic_uint holders;
};

static void open_partners(struct fields *fields, struct charter *charter, struct arena *arena,
                          const Talea__V1__Charter *m)
{
    field_require(fields, m->n_partners > 0 && m->n_partners <= LIMIT_PARTNERS, "partners",
                  "are none or too many");
    charter->partners = fields_array(fields, arena, m->n_partners, sizeof *charter->partners);
    for (size_t i = 0; i < m->n_partners && fields->err == ERR_OK; i++) {
        struct introduction introduction;
        fields->err = introduction_from_wire(m->partners[i], &introduction, fields->note);
        if (fields->err != ERR_OK) {
            return;
        }
        if (strcmp(introduction.coalition, charter->coalition) != 0) {
            fields->err =
                note_set(fields->note, ERR_INPUT,
                         "introduction of %s: it is for the coalition %s, not for %s",
                         introduction.partner.id.text, introduction.coalition, charter->coalition);
        }
        charter->partners[charter->partner_count++] = introduction.partner;
    }
}

static struct tariff tariff_from_wire(struct fields *fields, const Talea__V1__Tariff *t)
{
    struct tariff tariff = {
        .id = t->id,
        .funding = (enum tariff_funding)t->funding,
        .issue_price = {t->issue_price_minor},
        .redemption_price = {t->redemption_price_minor},
        .per = {t->per_points},
        .fee = {t->issue_fee_ppm, t->redemption_fee_ppm, {t->minimum_fee_minor}},
        .tax = {.rate_ppm = t->tax_rate_ppm, .is_on_points = t->is_tax_on_points != 0},
        .valid_from = {t->valid_from_unix_ms}};
    field_require(fields, text_copy(tariff.tax.code, TAX_CODE_MAX, t->tax_code) == ERR_OK,
                  "a tariff's tax_code", "is too long");
    field_require(fields, t->n_partners == 0 || t->n_partners == 2, "a tariff's partners",
                  "are not two");
    for (size_t i = 0; i < t->n_partners && fields->err == ERR_OK; i++) {
        field_partner(fields, "a tariff's partners", t->partners[i], &tariff.pair[i]);
    }
    if (fields->err == ERR_OK && t->valid_from_unix_ms != 0) {
        field_time(fields, "a tariff's valid_from_unix_ms", tariff.valid_from);
    }
    return tariff;
}

static void open_tariffs(struct fields *fields, struct charter *charter, struct arena *arena,
                         const Talea__V1__Charter *m)
{
    field_require(fields, m->n_tariffs > 0 && m->n_tariffs <= LIMIT_TARIFFS, "tariffs",
                  "are none or too many");
    charter->tariffs = fields_array(fields, arena, m->n_tariffs, sizeof *charter->tariffs);
    charter->tariff_names = fields_array(fields, arena, m->n_tariffs, sizeof(const char *));
    for (size_t i = 0; i < m->n_tariffs && fields->err == ERR_OK; i++) {
        const Talea__V1__Tariff *t = m->tariffs[i];
        fields_require_known(fields, &t->base);
        field_require(fields, t->id > 0, "a tariff's id", "is 0");
        field_display_name(fields, "a tariff's name", t->name);
        field_points(fields, "a tariff's per_points", points_of(t->per_points));
        charter->tariffs[i] = tariff_from_wire(fields, t);
        charter->tariff_names[i] = t->name;
    }
    charter->tariff_count = m->n_tariffs;
}

static struct promotion promotion_from_wire(struct fields *fields, const Talea__V1__Promotion *m)
{
    struct promotion promotion = {.id = m->id,
                                  .valid_from = {m->valid_from_unix_ms},
                                  .valid_until = {m->valid_until_unix_ms},
                                  .budget = {m->budget_points},
                                  .per_purchase = {m->per_purchase_points}};
    field_partner(fields, "a promotion's shop", m->shop, &promotion.shop);
    field_time(fields, "a promotion's valid_from_unix_ms", promotion.valid_from);
    field_time(fields, "a promotion's valid_until_unix_ms", promotion.valid_until);
    field_require(fields, m->n_parts <= PROMOTION_PARTS_MAX, "a promotion's parts", "are too many");
    for (size_t i = 0; i < m->n_parts && fields->err == ERR_OK; i++) {
        struct promotion_part *part = &promotion.parts[promotion.part_count++];
        fields_require_known(fields, &m->parts[i]->base);
        part->share = m->parts[i]->share_bp;
        field_partner(fields, "a promotion's parts", m->parts[i]->partner, &part->partner);
    }
    return promotion;
}

static void open_promotions(struct fields *fields, struct charter *charter, struct arena *arena,
                            const Talea__V1__Charter *m)
{
    size_t count = m->n_promotions;
    field_require(fields, count <= LIMIT_PROMOTIONS, "promotions", "are too many");
    charter->promotions = fields_array(fields, arena, count, sizeof *charter->promotions);
    charter->promotion_names = fields_array(fields, arena, count, sizeof(const char *));
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        fields_require_known(fields, &m->promotions[i]->base);
        field_display_name(fields, "a promotion's name", m->promotions[i]->name);
        charter->promotions[i] = promotion_from_wire(fields, m->promotions[i]);
        charter->promotion_names[i] = m->promotions[i]->name;
        charter->promotion_count++;
    }
}

static void open_payload(struct fields *fields, struct charter *charter, struct arena *arena)
{
    const Talea__V1__Charter *m = (const void *)fields_unpack(
        fields, &talea__v1__charter__descriptor, charter->payload, arena);
    if (m == NULL) {
        return;
    }
    charter->epoch = m->epoch;
    charter->required_signatures = m->required_signatures;
    charter->points_name = m->points_name;
    charter->points_decimals = m->points_decimals;
    charter->currency_decimals = m->currency_decimals;
    charter->valid_from.ms = m->valid_from_unix_ms;
    charter->net_debit_cap.minor = m->net_debit_cap_minor;
    if (m->dispute_terms != NULL) {
        fields_require_known(fields, &m->dispute_terms->base);
        charter->dispute_answer_s = m->dispute_terms->answer_within_s;
        charter->dispute_escalate_s = m->dispute_terms->escalate_within_s;
    }
    field_require(fields,
                  m->netting == TALEA__V1__NETTING__NETTING_UNSPECIFIED ||
                      m->netting == TALEA__V1__NETTING__NETTING_MULTILATERAL,
                  "netting", "is neither bilateral nor multilateral");
    charter->is_multilateral = m->netting == TALEA__V1__NETTING__NETTING_MULTILATERAL;
    field_require(fields,
                  m->at_cap == TALEA__V1__AT_CAP__AT_CAP_UNSPECIFIED ||
                      m->at_cap == TALEA__V1__AT_CAP__AT_CAP_WAIT,
                  "at_cap", "is neither to refuse nor to wait");
    charter->waits_at_cap = m->at_cap == TALEA__V1__AT_CAP__AT_CAP_WAIT;
    field_name(fields, "coalition", m->coalition, charter->coalition, sizeof charter->coalition);
    field_hash(fields, "previous_hash", &m->previous_hash, &charter->previous_hash);
    field_display_name(fields, "points_name", m->points_name);
    field_currency(fields, "currency", m->currency, charter->currency);
    field_time(fields, "valid_from_unix_ms", charter->valid_from);
    open_partners(fields, charter, arena, m);
    open_tariffs(fields, charter, arena, m);
    open_promotions(fields, charter, arena, m);
    charter_calendar_open(fields, &charter->calendar, m);
    charter_open_terms(fields, charter, m);
    charter_open_revocations(fields, charter, arena, m);
}

static enum err open_signature(struct fields *fields, struct charter *charter,
                               const Talea__V1__CharterSignature *m)
{
    struct signature signature;
    struct charter_partner *partner = charter_partner_of(charter, m->partner);
    fields_require_known(fields, &m->base);
    field_require(fields, partner != NULL, "a signature", "is of nobody in the charter");
    field_require(fields, partner == NULL || !partner->has_signed, "a signature", "is there twice");
    field_bytes(fields, "a signature", &m->signature, signature.bytes, sizeof signature.bytes);
    TRY(fields->err);
    struct signing_scope scope = {
        .coalition = charter->coalition, .purpose = PURPOSE_CHARTER, .epoch = charter->epoch};
    if (signing_verify(&partner->root, &scope, charter->payload, &signature) != ERR_OK) {
        return note_set(fields->note, ERR_SIGNATURE,
                        "charter: the signature of %s is not by its root key", partner->id.text);
    }
    partner->has_signed = true;
    charter->signature_count++;
    return ERR_OK;
}

static enum err box_open(struct charter_box *box, struct slice bytes, struct note *note)
{
    struct charter *charter = &box->charter;
    struct fields fields = fields_begin("charter", note);
    const Talea__V1__SignedCharter *m = (const void *)fields_unpack(
        &fields, &talea__v1__signed_charter__descriptor, bytes, &box->arena);
    if (m == NULL) {
        return fields.err;
    }
    charter->payload = slice_of(m->payload.data, m->payload.len);
    charter->payload_hash = hash_of(HASH_DOMAIN_CHARTER, charter->payload);
    open_payload(&fields, charter, &box->arena);
    TRY(fields.err);
    TRY(charter_check(charter, note));
    for (size_t i = 0; i < m->n_signatures; i++) {
        TRY(open_signature(&fields, charter, m->signatures[i]));
    }
    return ERR_OK;
}

enum err charter_open(struct slice bytes, struct charter **out_charter, struct note *note)
{
    if (bytes.length == 0 || bytes.length > LIMIT_CHARTER_BYTES) {
        return note_set(note, ERR_INPUT, "charter: %zu bytes; 1 to %u are allowed", bytes.length,
                        LIMIT_CHARTER_BYTES);
    }
    struct charter_box *box = calloc(1, sizeof *box);
    if (box == NULL) {
        return note_set(note, ERR_RESOURCE, "charter: there is no memory for it");
    }
    arena_init(&box->arena, LIMIT_DECODED_BYTES);
    atomic_init(&box->holders, 1);
    write_bytes(&box->bytes, bytes.at, bytes.length);
    box->charter.bytes = buffer_slice(&box->bytes);
    enum err err = box->bytes.err == ERR_OK
                       ? box_open(box, box->charter.bytes, note)
                       : note_set(note, ERR_RESOURCE, "charter: there is no memory for it");
    if (err != ERR_OK) {
        charter_close(&box->charter);
        return err;
    }
    *out_charter = &box->charter;
    return ERR_OK;
}

struct charter *charter_hold(struct charter *charter)
{
    atomic_fetch_add(&((struct charter_box *)charter)->holders, 1);
    return charter;
}

void charter_close(struct charter *charter)
{
    struct charter_box *box = (struct charter_box *)charter;
    if (box != NULL && atomic_fetch_sub(&box->holders, 1) == 1) {
        arena_fini(&box->arena);
        buffer_fini(&box->bytes);
        free(box);
    }
}

struct period charter_period(const struct charter *charter)
{
    return calendar_period_on(&charter->calendar, unix_day(charter->valid_from));
}

enum err charter_partners_in(const struct charter *charter, struct period period,
                             struct arena *arena, struct partner_id **out_partners,
                             size_t *out_count)
{
    struct partner_id *partners = arena_alloc(arena, charter->partner_count * sizeof *partners);
    size_t count = 0;
    if (partners == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < charter->partner_count; i++) {
        const struct charter_partner *partner = &charter->partners[i];
        bool has_begun = !period_is_before(period, partner->first_period);
        bool has_ended =
            partner->last_period.code != 0 && period_is_before(partner->last_period, period);
        if (has_begun && !has_ended) {
            partners[count++] = partner->id;
        }
    }
    *out_partners = partners;
    *out_count = count;
    return ERR_OK;
}

const struct charter_partner *charter_partner_find(const struct charter *charter,
                                                   const struct partner_id *partner)
{
    size_t low = 0;
    size_t high = charter->partner_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = partner_id_compare(&charter->partners[middle].id, partner);
        if (order == 0) {
            return &charter->partners[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

const char *charter_partner_name(const struct charter *charter, const struct partner_id *partner)
{
    const struct charter_partner *found = charter_partner_find(charter, partner);
    return found == NULL ? partner->text : found->display_name;
}
