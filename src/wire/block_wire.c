/* Offers of blocks of points (proto/talea/v1/peer.proto). */
#include "talea/v1/peer.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"

static enum err check_terms(struct fields *fields, const struct block_terms *terms)
{
    field_pair(fields, &terms->buyer, &terms->seller);
    field_points(fields, "points", terms->points);
    field_time(fields, "offered_until_unix_ms", terms->offered_until);
    field_time(fields, "valid_from_unix_ms", terms->valid_from);
    field_time(fields, "valid_until_unix_ms", terms->valid_until);
    TRY(fields->err);
    return block_check(terms, fields->note);
}

enum err wire_block_encode(const struct block_terms *terms, struct buffer *out)
{
    struct fields fields = fields_begin("BlockOffer", NULL);
    TRY(check_terms(&fields, terms));
    struct block_terms t = *terms;
    Talea__V1__BlockOffer m;
    talea__v1__block_offer__init(&m);
    m.block_id = binary_of(t.id.bytes, sizeof t.id.bytes);
    m.seller = t.seller.text;
    m.buyer = t.buyer.text;
    m.points = t.points.minor;
    m.tariff = t.tariff;
    m.offered_until_unix_ms = t.offered_until.ms;
    m.valid_from_unix_ms = t.valid_from.ms;
    m.valid_until_unix_ms = t.valid_until.ms;
    m.refuses_when_empty = t.refuses_when_empty;
    return fields_pack(&m.base, out);
}

enum err wire_block_decode(struct slice bytes, struct block_terms *out_terms, struct note *note)
{
    struct fields fields = fields_begin("BlockOffer", note);
    struct scratch scratch;
    const Talea__V1__BlockOffer *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__block_offer__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct block_terms t = {.points = {m->points},
                            .tariff = m->tariff,
                            .offered_until = {m->offered_until_unix_ms},
                            .valid_from = {m->valid_from_unix_ms},
                            .valid_until = {m->valid_until_unix_ms},
                            .refuses_when_empty = m->refuses_when_empty};
    field_uid(&fields, "block_id", &m->block_id, &t.id);
    field_partner(&fields, "seller", m->seller, &t.seller);
    field_partner(&fields, "buyer", m->buyer, &t.buyer);
    TRY(check_terms(&fields, &t));
    *out_terms = t;
    return ERR_OK;
}
