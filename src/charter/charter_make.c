/* From terms and introductions to a charter without signatures. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "charter/charter_continuity.h"
#include "charter/charter_file.h"
#include "charter/charter_terms.h"
#include "charter/introduction_wire.h"

static int compare_introductions(const void *a, const void *b)
{
    const Talea__V1__PartnerIntroduction *const *first = a;
    const Talea__V1__PartnerIntroduction *const *second = b;
    return strcmp((*first)->partner, (*second)->partner);
}

static int compare_tariffs(const void *a, const void *b)
{
    const Talea__V1__Tariff *const *first = a;
    const Talea__V1__Tariff *const *second = b;
    return (*first)->id < (*second)->id ? -1 : (*first)->id > (*second)->id;
}

static void introductions_to_wire(struct fields *fields, struct arena *arena,
                                  const struct slice *introductions, size_t count,
                                  Talea__V1__Charter *m)
{
    field_require(fields, count > 0 && count <= LIMIT_PARTNERS, "partners", "are none or too many");
    m->partners = fields_array(fields, arena, count, sizeof *m->partners);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        const Talea__V1__PartnerIntroduction *packed = (const void *)fields_unpack(
            fields, &talea__v1__partner_introduction__descriptor, introductions[i], arena);
        m->partners[i] = fields_array(fields, arena, 1, sizeof *packed);
        if (fields->err == ERR_OK) {
            memcpy(m->partners[i], packed, sizeof *packed);
            m->n_partners++;
        }
    }
    if (fields->err == ERR_OK) {
        qsort(m->partners, count, sizeof(void *), compare_introductions);
    }
}

static void tariff_terms_to_wire(struct fields *fields, struct arena *arena,
                                 const struct tariff *tariff, Talea__V1__Tariff *row)
{
    row->issue_fee_ppm = tariff->fee.issue_ppm;
    row->redemption_fee_ppm = tariff->fee.redemption_ppm;
    row->minimum_fee_minor = tariff->fee.minimum.minor;
    row->tax_code = fields_text(fields, arena, tariff->tax.code);
    row->tax_rate_ppm = tariff->tax.rate_ppm;
    row->is_tax_on_points = tariff->tax.is_on_points;
    row->valid_from_unix_ms = tariff->valid_from.ms;
    row->funding = (Talea__V1__TariffFunding)tariff->funding;
    bool has_pair = tariff->pair[0].text[0] != '\0' || tariff->pair[1].text[0] != '\0';
    row->partners = has_pair ? fields_array(fields, arena, 2, sizeof *row->partners) : NULL;
    for (size_t i = 0; has_pair && i < 2 && fields->err == ERR_OK; i++) {
        row->partners[i] = fields_text(fields, arena, tariff->pair[i].text);
        row->n_partners++;
    }
}

static void tariffs_to_wire(struct fields *fields, struct arena *arena,
                            const struct charter_terms *terms, Talea__V1__Charter *m)
{
    size_t count = terms->tariff_count;
    field_require(fields, count > 0 && count <= LIMIT_TARIFFS, "tariffs", "are none or too many");
    m->tariffs = fields_array(fields, arena, count, sizeof *m->tariffs);
    Talea__V1__Tariff *rows = fields_array(fields, arena, count, sizeof *rows);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        const struct tariff *prices = &terms->tariffs[i].prices;
        talea__v1__tariff__init(&rows[i]);
        rows[i].id = prices->id;
        rows[i].name = fields_text(fields, arena, terms->tariffs[i].name);
        rows[i].issue_price_minor = prices->issue_price.minor;
        rows[i].redemption_price_minor = prices->redemption_price.minor;
        rows[i].per_points = prices->per.minor;
        tariff_terms_to_wire(fields, arena, prices, &rows[i]);
        m->tariffs[i] = &rows[i];
        m->n_tariffs++;
    }
    if (fields->err == ERR_OK) {
        qsort(m->tariffs, count, sizeof(void *), compare_tariffs);
    }
}

static Talea__V1__Promotion *promotion_to_wire(struct fields *fields, struct arena *arena,
                                               const struct charter_promotion *terms)
{
    const struct promotion *promotion = &terms->promotion;
    size_t count = promotion->part_count;
    Talea__V1__Promotion *row = fields_array(fields, arena, 1, sizeof *row);
    Talea__V1__PromotionPart *parts = fields_array(fields, arena, count, sizeof *parts);
    Talea__V1__PromotionPart **lines = fields_array(fields, arena, count, sizeof *lines);
    if (fields->err != ERR_OK) {
        return NULL;
    }
    talea__v1__promotion__init(row);
    row->id = promotion->id;
    row->name = fields_text(fields, arena, terms->name);
    row->shop = fields_text(fields, arena, promotion->shop.text);
    row->valid_from_unix_ms = promotion->valid_from.ms;
    row->valid_until_unix_ms = promotion->valid_until.ms;
    row->budget_points = promotion->budget.minor;
    row->per_purchase_points = promotion->per_purchase.minor;
    for (size_t i = 0; i < count; i++) {
        talea__v1__promotion_part__init(&parts[i]);
        parts[i].partner = fields_text(fields, arena, promotion->parts[i].partner.text);
        parts[i].share_bp = promotion->parts[i].share;
        lines[i] = &parts[i];
    }
    row->parts = lines;
    row->n_parts = count;
    return row;
}

static int compare_promotions(const void *a, const void *b)
{
    const Talea__V1__Promotion *const *first = a;
    const Talea__V1__Promotion *const *second = b;
    return (*first)->id < (*second)->id ? -1 : (*first)->id > (*second)->id;
}

static void promotions_to_wire(struct fields *fields, struct arena *arena,
                               const struct charter_terms *terms, Talea__V1__Charter *m)
{
    size_t count = terms->promotion_count;
    m->promotions = fields_array(fields, arena, count, sizeof *m->promotions);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        m->promotions[i] = promotion_to_wire(fields, arena, &terms->promotions[i]);
        m->n_promotions++;
    }
    if (fields->err == ERR_OK) {
        qsort(m->promotions, count, sizeof(void *), compare_promotions);
    }
}

static const struct charter_departure *find_departure(const struct charter_terms *terms,
                                                      const struct partner_id *partner)
{
    for (size_t i = 0; i < terms->departure_count; i++) {
        if (partner_id_equal(&terms->departures[i].partner, partner)) {
            return &terms->departures[i];
        }
    }
    return NULL;
}

/* A row for each partner of whom there is more to say than that its streams begin with valid_from.
 * What the previous charter said of it lasts. */
static void terms_to_wire(struct fields *fields, struct arena *arena,
                          const struct charter_terms *terms, Talea__V1__Charter *m)
{
    uint32_t begins = calendar_period_on(&terms->calendar, unix_day(terms->valid_from)).code;
    Talea__V1__PartnerTerms *rows = fields_array(fields, arena, m->n_partners, sizeof *rows);
    m->partner_terms = fields_array(fields, arena, m->n_partners, sizeof *m->partner_terms);
    for (size_t i = 0; i < m->n_partners && fields->err == ERR_OK; i++) {
        struct partner_id id;
        field_partner(fields, "partner", m->partners[i]->partner, &id);
        if (fields->err != ERR_OK) {
            return;
        }
        const struct charter_partner *before =
            terms->previous == NULL ? NULL : charter_partner_find(terms->previous, &id);
        const struct charter_departure *departure = find_departure(terms, &id);
        uint32_t first = before == NULL ? begins : before->first_period.code;
        uint32_t last = departure != NULL ? departure->last_period.code
                        : before != NULL  ? before->last_period.code
                                          : 0;
        if (first != begins || last != 0) {
            Talea__V1__PartnerTerms *row = &rows[m->n_partner_terms];
            talea__v1__partner_terms__init(row);
            row->partner = m->partners[i]->partner;
            row->first_period = first != begins ? first : 0;
            row->last_period = last;
            m->partner_terms[m->n_partner_terms++] = row;
        }
    }
}

/* Is the key still handed in with its partner's introduction? One that is not needs no revoking. */
static bool is_introduced(const Talea__V1__Charter *m, const struct charter_revocation *revocation)
{
    for (size_t i = 0; i < m->n_partners; i++) {
        struct introduction introduction;
        if (strcmp(m->partners[i]->partner, revocation->partner.text) != 0 ||
            introduction_from_wire(m->partners[i], &introduction, NULL) != ERR_OK) {
            continue;
        }
        for (size_t k = 0; k < introduction.partner.online_count; k++) {
            if (key_id_equal(&introduction.partner.online[k].id, &revocation->key)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_same_key(const struct charter_revocation *a, const struct charter_revocation *b)
{
    return partner_id_equal(&a->partner, &b->partner) && key_id_equal(&a->key, &b->key);
}

static int compare_revocations(const void *a, const void *b)
{
    const Talea__V1__RevokedKey *const *first = a;
    const Talea__V1__RevokedKey *const *second = b;
    int order = strcmp((*first)->partner, (*second)->partner);
    return order != 0
               ? order
               : memcmp((*first)->key_id.data, (*second)->key_id.data, sizeof(struct key_id));
}

static int compare_revoked_streams(const void *a, const void *b)
{
    const Talea__V1__RevokedStream *const *first = a;
    const Talea__V1__RevokedStream *const *second = b;
    return strcmp((*first)->peer, (*second)->peer);
}

static Talea__V1__RevokedKey *revocation_to_wire(struct fields *fields, struct arena *arena,
                                                 const struct charter_revocation *revocation)
{
    Talea__V1__RevokedKey *row = fields_array(fields, arena, 1, sizeof *row);
    uint8_t *id = fields_array(fields, arena, 1, sizeof revocation->key);
    Talea__V1__RevokedStream *streams =
        fields_array(fields, arena, revocation->stream_count, sizeof *streams);
    Talea__V1__RevokedStream **lines =
        fields_array(fields, arena, revocation->stream_count, sizeof *lines);
    if (fields->err != ERR_OK) {
        return NULL;
    }
    memcpy(id, revocation->key.bytes, sizeof revocation->key.bytes);
    talea__v1__revoked_key__init(row);
    row->partner = fields_text(fields, arena, revocation->partner.text);
    row->key_id = binary_of(id, sizeof revocation->key.bytes);
    for (size_t i = 0; i < revocation->stream_count; i++) {
        const struct charter_revoked_stream *stream = &revocation->streams[i];
        talea__v1__revoked_stream__init(&streams[i]);
        streams[i].peer = fields_text(fields, arena, stream->peer.text);
        streams[i].last_entry_number = stream->last_entry;
        streams[i].last_receipt_number = stream->last_receipt;
        lines[i] = &streams[i];
    }
    qsort(lines, revocation->stream_count, sizeof(void *), compare_revoked_streams);
    row->streams = lines;
    row->n_streams = revocation->stream_count;
    return row;
}

/* The terms' own, and those of the previous charter that the terms do not name anew. */
static void revocations_to_wire(struct fields *fields, struct arena *arena,
                                const struct charter_terms *terms, Talea__V1__Charter *m)
{
    size_t kept = terms->previous == NULL ? 0 : terms->previous->revocation_count;
    m->revoked_keys =
        fields_array(fields, arena, terms->revocation_count + kept, sizeof *m->revoked_keys);
    for (size_t i = 0; i < terms->revocation_count && fields->err == ERR_OK; i++) {
        m->revoked_keys[m->n_revoked_keys++] =
            revocation_to_wire(fields, arena, &terms->revocations[i]);
    }
    for (size_t i = 0; i < kept && fields->err == ERR_OK; i++) {
        const struct charter_revocation *old = &terms->previous->revocations[i];
        bool is_named = false;
        for (size_t k = 0; k < terms->revocation_count; k++) {
            is_named = is_named || is_same_key(old, &terms->revocations[k]);
        }
        if (!is_named && is_introduced(m, old)) {
            m->revoked_keys[m->n_revoked_keys++] = revocation_to_wire(fields, arena, old);
        }
    }
    if (fields->err == ERR_OK) {
        qsort(m->revoked_keys, m->n_revoked_keys, sizeof(void *), compare_revocations);
    }
}

static enum err payload_make(const struct charter_terms *terms, const struct slice *introductions,
                             size_t count, struct buffer *out, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct fields fields = fields_begin("charter", note);
    struct hash previous =
        terms->previous == NULL ? terms->previous_hash : terms->previous->payload_hash;
    Talea__V1__Charter m;
    talea__v1__charter__init(&m);
    m.coalition = fields_text(&fields, &arena, terms->coalition);
    m.epoch = terms->epoch;
    m.previous_hash = binary_of(previous.bytes, sizeof previous.bytes);
    m.required_signatures = terms->required_signatures;
    m.points_name = fields_text(&fields, &arena, terms->points_name);
    m.points_decimals = terms->points_decimals;
    m.currency = fields_text(&fields, &arena, terms->currency);
    m.currency_decimals = terms->currency_decimals;
    m.valid_from_unix_ms = terms->valid_from.ms;
    introductions_to_wire(&fields, &arena, introductions, count, &m);
    tariffs_to_wire(&fields, &arena, terms, &m);
    promotions_to_wire(&fields, &arena, terms, &m);
    terms_to_wire(&fields, &arena, terms, &m);
    revocations_to_wire(&fields, &arena, terms, &m);
    charter_calendar_to_wire(&fields, &arena, &terms->calendar, &m);
    m.net_debit_cap_minor = terms->net_debit_cap.minor;
    m.at_cap = terms->waits_at_cap ? TALEA__V1__AT_CAP__AT_CAP_WAIT
                                   : TALEA__V1__AT_CAP__AT_CAP_UNSPECIFIED;
    Talea__V1__DisputeTerms disputes;
    talea__v1__dispute_terms__init(&disputes);
    disputes.answer_within_s = terms->dispute_answer_s;
    disputes.escalate_within_s = terms->dispute_escalate_s;
    if (terms->dispute_answer_s != 0 || terms->dispute_escalate_s != 0) {
        m.dispute_terms = &disputes;
    }
    m.netting = terms->is_multilateral ? TALEA__V1__NETTING__NETTING_MULTILATERAL
                                       : TALEA__V1__NETTING__NETTING_UNSPECIFIED;
    TRY(fields.err);
    return fields_pack(&m.base, out);
}

static void charter_end(struct charter **charter)
{
    charter_close(*charter);
}

enum err charter_make(const struct charter_terms *terms, const struct slice *introductions,
                      size_t introduction_count, struct buffer *out, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer payload = {0};
    CLEANUP(buffer_fini) struct buffer packed = {0};
    CLEANUP(charter_end) struct charter *charter = NULL;
    TRY(payload_make(terms, introductions, introduction_count, &payload, note));
    Talea__V1__SignedCharter m;
    talea__v1__signed_charter__init(&m);
    m.payload = binary_of(payload.at, payload.length);
    TRY(fields_pack(&m.base, &packed));
    TRY(charter_open(buffer_slice(&packed), &charter, note));
    if (terms->previous != NULL) {
        TRY(charter_check_continuity(charter, terms->previous, note));
    }
    write_bytes(out, packed.at, packed.length);
    return out->err;
}

enum err charter_introduction(const struct charter *charter, const struct partner_id *partner,
                              struct buffer *out, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct fields fields = fields_begin("charter", note);
    const Talea__V1__Charter *m = (const void *)fields_unpack(
        &fields, &talea__v1__charter__descriptor, charter->payload, &arena);
    for (size_t i = 0; m != NULL && i < m->n_partners; i++) {
        if (strcmp(m->partners[i]->partner, partner->text) == 0) {
            return fields_pack(&m->partners[i]->base, out);
        }
    }
    return m == NULL
               ? fields.err
               : note_set(note, ERR_NOT_FOUND, "charter: %s is no partner of it", partner->text);
}
