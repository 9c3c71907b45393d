#include "offers/kept_offers.h"

#include "base/limits.h"

enum {
    KEPT_OFFERS_FORM = 0x4F,   /* no version of a kept_case begins so (programme/kept_case.h) */
    KEPT_OFFERS_CODES = 0x50,  /* some have codes */
    KEPT_OFFERS_SEALED = 0x5A, /* the same two, with sealed reasons */
    KEPT_OFFERS_SEALED_CODES = 0x5B
};

bool kept_offers_is(struct slice bytes)
{
    return bytes.length > 0 &&
           (bytes.at[0] == KEPT_OFFERS_FORM || bytes.at[0] == KEPT_OFFERS_CODES ||
            bytes.at[0] == KEPT_OFFERS_SEALED || bytes.at[0] == KEPT_OFFERS_SEALED_CODES);
}

static uint8_t form_of(bool is_sealed, bool is_with_codes)
{
    return is_sealed       ? is_with_codes ? KEPT_OFFERS_SEALED_CODES : KEPT_OFFERS_SEALED
           : is_with_codes ? KEPT_OFFERS_CODES
                           : KEPT_OFFERS_FORM;
}

static bool has_codes(const struct kept_offer *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (at[i].code.length > 0) {
            return true;
        }
    }
    return false;
}

void kept_offers_encode(const struct kept_offers *kept, struct buffer *out)
{
    bool is_with_codes = has_codes(kept->at, kept->count);
    write_u8(out, form_of(kept->is_sealed, is_with_codes));
    write_varint(out, kept->programme);
    write_block(out, kept->campaign);
    write_u8(out, kept->is_control ? 1 : 0);
    write_varint(out, kept->count);
    for (size_t i = 0; i < kept->count; i++) {
        write_block(out, kept->at[i].name);
        write_block(out, kept->at[i].reason);
        write_svarint(out, kept->at[i].until_day);
        if (is_with_codes) {
            write_block(out, kept->at[i].code);
        }
    }
}

enum err kept_offers_decode(struct slice bytes, struct arena *arena, struct kept_offers *out_kept)
{
    struct reader in = reader_of(bytes);
    struct kept_offers kept = {.count = 0};
    if (!kept_offers_is(bytes)) {
        return ERR_CORRUPT;
    }
    unsigned form = read_u8(&in);
    bool is_with_codes = form == KEPT_OFFERS_CODES || form == KEPT_OFFERS_SEALED_CODES;
    kept.is_sealed = form == KEPT_OFFERS_SEALED || form == KEPT_OFFERS_SEALED_CODES;
    uint64_t programme = read_varint(&in);
    kept.campaign = read_block(&in);
    unsigned is_control = read_u8(&in);
    uint64_t count = read_varint(&in);
    if (programme > UINT32_MAX || is_control > 1 || count > LIMIT_OFFERS) {
        return ERR_CORRUPT;
    }
    struct kept_offer *at = arena_alloc(arena, ((size_t)count + 1) * sizeof at[0]);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        at[i].name = read_block(&in);
        at[i].reason = read_block(&in);
        at[i].until_day = read_svarint(&in);
        at[i].code = is_with_codes ? read_block(&in) : slice_of(NULL, 0);
    }
    TRY(reader_finish(&in));
    if (is_with_codes && !has_codes(at, (size_t)count)) {
        return ERR_CORRUPT; /* it would be written otherwise */
    }
    kept.programme = (uint32_t)programme;
    kept.is_control = is_control == 1;
    kept.at = at;
    kept.count = (size_t)count;
    *out_kept = kept;
    return ERR_OK;
}
