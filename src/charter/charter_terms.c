/* What the coalition says of its partners: when their streams begin and end, which keys are
 * revoked.
 */
#include "charter/charter_terms.h"

#include <string.h>

#include "base/limits.h"

struct charter_partner *charter_partner_of(struct charter *charter, const char *text)
{
    for (size_t i = 0; i < charter->partner_count; i++) {
        if (strcmp(charter->partners[i].id.text, text) == 0) {
            return &charter->partners[i];
        }
    }
    return NULL;
}

void charter_open_terms(struct fields *fields, struct charter *charter, const Talea__V1__Charter *m)
{
    const struct charter_partner *before = NULL;
    for (size_t i = 0; i < charter->partner_count; i++) {
        charter->partners[i].first_period = charter_period(charter);
    }
    for (size_t i = 0; i < m->n_partner_terms && fields->err == ERR_OK; i++) {
        const Talea__V1__PartnerTerms *terms = m->partner_terms[i];
        struct charter_partner *partner = charter_partner_of(charter, terms->partner);
        fields_require_known(fields, &terms->base);
        field_require(fields, partner != NULL, "partner_terms", "are of nobody in the charter");
        field_require(fields, before == NULL || partner > before, "partner_terms",
                      "are there twice or not in order");
        if (fields->err != ERR_OK) {
            return;
        }
        if (terms->first_period != 0) {
            partner->first_period.code = terms->first_period;
            field_period(fields, "first_period", partner->first_period);
        }
        if (terms->last_period != 0) {
            partner->last_period.code = terms->last_period;
            field_period(fields, "last_period", partner->last_period);
        }
        before = partner;
    }
}

static void open_revoked_streams(struct fields *fields, struct charter_revocation *revocation,
                                 struct arena *arena, const Talea__V1__RevokedKey *m)
{
    field_require(fields, m->n_streams <= LIMIT_PARTNERS, "streams of a revoked key",
                  "are too many");
    revocation->streams = fields_array(fields, arena, m->n_streams, sizeof *revocation->streams);
    for (size_t i = 0; i < m->n_streams && fields->err == ERR_OK; i++) {
        struct charter_revoked_stream *stream = &revocation->streams[i];
        stream->last_entry = m->streams[i]->last_entry_number;
        stream->last_receipt = m->streams[i]->last_receipt_number;
        fields_require_known(fields, &m->streams[i]->base);
        field_partner(fields, "peer of a revoked key", m->streams[i]->peer, &stream->peer);
        field_require(fields, i == 0 || partner_id_compare(&stream[-1].peer, &stream->peer) < 0,
                      "streams of a revoked key", "are there twice or not in order");
        revocation->stream_count++;
    }
}

/* The key of a partner, to be marked. */
static struct charter_key *key_to_revoke(struct charter *charter,
                                         const struct charter_revocation *revocation)
{
    struct charter_partner *partner = charter_partner_of(charter, revocation->partner.text);
    for (size_t i = 0; partner != NULL && i < partner->online_count; i++) {
        if (key_id_equal(&partner->online[i].id, &revocation->key)) {
            return &partner->online[i];
        }
    }
    return NULL;
}

void charter_open_revocations(struct fields *fields, struct charter *charter, struct arena *arena,
                              const Talea__V1__Charter *m)
{
    field_require(fields,
                  m->n_revoked_keys <= charter->partner_count * (size_t)CHARTER_ONLINE_KEYS_MAX,
                  "revoked_keys", "are more than there are keys");
    charter->revocations =
        fields_array(fields, arena, m->n_revoked_keys, sizeof *charter->revocations);
    for (size_t i = 0; i < m->n_revoked_keys && fields->err == ERR_OK; i++) {
        struct charter_revocation *r = &charter->revocations[i];
        const Talea__V1__RevokedKey *row = m->revoked_keys[i];
        *r = (struct charter_revocation){.streams = NULL};
        fields_require_known(fields, &row->base);
        field_partner(fields, "partner of a revoked key", row->partner, &r->partner);
        field_bytes(fields, "revoked key's id", &row->key_id, r->key.bytes, sizeof r->key.bytes);
        int order = i == 0 ? -1 : partner_id_compare(&r[-1].partner, &r->partner);
        order = order != 0 ? order : memcmp(&r[-1].key, &r->key, sizeof r->key);
        field_require(fields, order < 0, "revoked_keys", "are there twice or not in order");
        open_revoked_streams(fields, r, arena, row);
        struct charter_key *key = fields->err == ERR_OK ? key_to_revoke(charter, r) : NULL;
        field_require(fields, key != NULL, "a revoked key", "is not among its partner's keys");
        if (fields->err == ERR_OK) {
            key->revocation = r;
            charter->revocation_count++;
        }
    }
}
