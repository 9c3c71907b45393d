#include "programme/coupon.h"

#include <string.h>

#include "base/limits.h"
#include "programme/coupon_code.h"
#include "programme/hash.h"

enum {
    VARIANT_UNTIL,
    VARIANT_KEY
};

enum {
    VARIANT_ISSUED,
    VARIANT_USED,
    VARIANT_REVOKED,
    VARIANT_REVOKED_USES
};

enum {
    VARIANT_TAKEN,
    VARIANT_HELD
};

static bool begins_with(struct slice text, struct slice prefix)
{
    return text.length >= prefix.length && memcmp(text.at, prefix.at, prefix.length) == 0;
}

static bool has_code(const struct coupon *coupon, struct slice code)
{
    for (size_t i = 0; i < coupon->code_count; i++) {
        if (slice_equal(coupon->codes[i], code)) {
            return true;
        }
    }
    return coupon->code_count == 0 && begins_with(code, coupon->prefix);
}

struct slice coupon_typed(struct slice text)
{
    while (text.length > 0 && text.at[0] == ' ') {
        text = slice_of(text.at + 1, text.length - 1);
    }
    while (text.length > 0 && text.at[text.length - 1] == ' ') {
        text.length--;
    }
    return text;
}

static uint8_t capital(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

bool coupon_is_alike(struct slice one, struct slice other)
{
    if (one.length != other.length) {
        return false;
    }
    for (size_t i = 0; i < one.length; i++) {
        if (capital(one.at[i]) != capital(other.at[i])) {
            return false;
        }
    }
    return true;
}

/* Of what is listed, the one that is alike; as it was typed where there are two. */
static struct slice find_listed(const struct rules_text *text, struct slice code)
{
    struct slice found = {NULL, 0};
    for (size_t c = 0; c < text->coupon_count; c++) {
        const struct coupon *coupon = &text->coupons[c];
        for (size_t i = 0; i < coupon->code_count; i++) {
            bool is_first = found.at == NULL || slice_equal(coupon->codes[i], code);
            found = is_first && coupon_is_alike(coupon->codes[i], code) ? coupon->codes[i] : found;
        }
    }
    return found;
}

/* Whose prefix it begins with as it was typed, else alike. */
static const struct coupon *find_prefix(const struct rules_text *text, struct slice code)
{
    const struct coupon *found = NULL;
    for (size_t c = 0; c < text->coupon_count; c++) {
        const struct coupon *coupon = &text->coupons[c];
        bool is_issued = coupon->code_count == 0 && code.length >= coupon->prefix.length;
        if (is_issued && begins_with(code, coupon->prefix)) {
            return coupon;
        }
        if (is_issued && found == NULL &&
            coupon_is_alike(slice_of(code.at, coupon->prefix.length), coupon->prefix)) {
            found = coupon;
        }
    }
    return found;
}

struct slice coupon_code_settle(const struct rules_text *text, struct slice code,
                                char room[LIMIT_CODE_BYTES])
{
    struct slice listed = find_listed(text, code);
    const struct coupon *coupon = listed.at == NULL ? find_prefix(text, code) : NULL;
    if (listed.at != NULL || coupon == NULL || code.length > LIMIT_CODE_BYTES) {
        return listed.at != NULL ? listed : code;
    }
    size_t prefix = coupon->prefix.length;
    memcpy(room, coupon->prefix.at, prefix);
    for (size_t i = prefix; i < code.length; i++) {
        room[i] = (char)capital(code.at[i]);
    }
    return slice_of(room, code.length);
}

uint16_t coupon_of_code(const struct rules_text *text, struct slice code)
{
    for (size_t c = 0; c < text->coupon_count; c++) {
        if (has_code(&text->coupons[c], code)) {
            return (uint16_t)c;
        }
    }
    return NO_COUPON;
}

static bool is_shape_right(const struct coupon *coupon)
{
    bool is_listed = coupon->code_count > 0;
    for (size_t i = 0; i < coupon->code_count; i++) {
        if (coupon->codes[i].length == 0 || coupon->codes[i].length > LIMIT_CODE_BYTES) {
            return false;
        }
    }
    return coupon->code_count <= LIMIT_COUPON_CODES && is_listed == (coupon->prefix.length == 0) &&
           coupon_code_fits(coupon->prefix) && !(is_listed && coupon->is_personal);
}

static enum err check_one(const struct rules_text *text, uint16_t number, struct note *note)
{
    const struct coupon *coupon = &text->coupons[number];
    if (!is_shape_right(coupon)) {
        return note_set(note, ERR_INPUT,
                        "coupon %s: it has at most %u codes or a prefix of at most %u bytes, and "
                        "only codes with a prefix are personal",
                        coupon->name, LIMIT_COUPON_CODES, LIMIT_CODE_BYTES - COUPON_TAIL);
    }
    for (size_t i = 0; i < coupon->code_count; i++) {
        if (coupon_of_code(text, coupon->codes[i]) != number) {
            return note_set(note, ERR_INPUT, "coupon %s: its code %zu is another's", coupon->name,
                            i + 1);
        }
    }
    for (size_t c = 0; c < number; c++) {
        const struct coupon *other = &text->coupons[c];
        for (size_t i = 0; coupon->code_count == 0 && i < other->code_count; i++) {
            if (begins_with(other->codes[i], coupon->prefix)) {
                return note_set(note, ERR_INPUT, "coupon %s: a code of %s begins like it",
                                coupon->name, other->name);
            }
        }
        if (coupon->code_count == 0 && other->code_count == 0 &&
            (begins_with(coupon->prefix, other->prefix) ||
             begins_with(other->prefix, coupon->prefix))) {
            return note_set(note, ERR_INPUT, "coupon %s: its codes could be those of %s",
                            coupon->name, other->name);
        }
    }
    return ERR_OK;
}

enum err coupons_check(const struct rules_text *text, struct note *note)
{
    if (text->coupon_count > LIMIT_COUPONS) {
        return note_set(note, ERR_INPUT, "a programme has at most %u coupons", LIMIT_COUPONS);
    }
    for (size_t c = 0; c < text->coupon_count; c++) {
        TRY(check_one(text, (uint16_t)c, note));
    }
    return ERR_OK;
}

/* A number for a key, not 0. */
static int64_t number_of(struct slice key)
{
    uint64_t hash = hash_bytes(HASH_BEGIN, key) & INT64_MAX;
    return hash == 0 ? 1 : (int64_t)hash;
}

enum err coupon_issue(const struct coupon *coupon, int64_t until_day, struct slice key,
                      struct arena *arena, struct standing_changes *out_changes)
{
    static const struct standing nothing = {NULL, 0};
    struct standing_changes changes = {NULL, 0, 0};
    TRY(standing_add(&nothing, &changes, arena,
                     slot_named(SLOT_COUPON, VARIANT_UNTIL, coupon->name), 0, until_day));
    if (coupon->is_personal) {
        TRY(standing_add(&nothing, &changes, arena,
                         slot_named(SLOT_COUPON, VARIANT_KEY, coupon->name), 0, number_of(key)));
    }
    *out_changes = changes;
    return ERR_OK;
}

int64_t coupon_until(const struct coupon *coupon, const struct standing *code)
{
    return coupon->code_count > 0
               ? INT64_MAX
               : standing_value(code, slot_named(SLOT_COUPON, VARIANT_UNTIL, coupon->name), 0);
}

bool coupon_is_for(const struct coupon *coupon, const struct standing *code, struct slice key)
{
    uint64_t slot = slot_named(SLOT_COUPON, VARIANT_KEY, coupon->name);
    return !coupon->is_personal || standing_value(code, slot, 0) == number_of(key);
}

void coupon_hand_on(const struct coupon *coupon, struct standing_number *numbers, size_t count,
                    struct slice key)
{
    uint64_t slot = slot_named(SLOT_COUPON, VARIANT_KEY, coupon->name);
    for (size_t i = 0; i < count; i++) {
        if (numbers[i].slot == slot) {
            numbers[i].value = number_of(key);
        }
    }
}

bool coupon_is_used(const struct coupon *coupon, const struct standing *code)
{
    uint64_t until = slot_named(SLOT_COUPON, VARIANT_UNTIL, coupon->name);
    uint64_t key = slot_named(SLOT_COUPON, VARIANT_KEY, coupon->name);
    for (size_t i = 0; i < code->count; i++) {
        if (code->at[i].slot != until && code->at[i].slot != key) {
            return true;
        }
    }
    return false;
}

uint64_t coupon_issued_slot(const struct coupon *coupon)
{
    return slot_named(SLOT_COUPON_COUNT, VARIANT_ISSUED, coupon->name);
}

uint64_t coupon_used_slot(const struct coupon *coupon)
{
    return slot_named(SLOT_COUPON_COUNT, VARIANT_USED, coupon->name);
}

uint64_t coupon_revoked_slot(const struct coupon *coupon)
{
    return slot_named(SLOT_COUPON_COUNT, VARIANT_REVOKED, coupon->name);
}

uint64_t coupon_revoked_uses_slot(const struct coupon *coupon)
{
    return slot_named(SLOT_COUPON_COUNT, VARIANT_REVOKED_USES, coupon->name);
}

uint64_t coupon_taken_slot(const struct coupon *coupon)
{
    return slot_named(SLOT_COUPON_TAKEN, VARIANT_TAKEN, coupon->name);
}

uint64_t coupon_held_slot(const struct coupon *coupon)
{
    return slot_named(SLOT_COUPON_TAKEN, VARIANT_HELD, coupon->name);
}

bool coupon_is_revoked(const struct coupon *coupon, const struct standing *code)
{
    return standing_value(code, coupon_taken_slot(coupon), 0) > COUPON_TAKEN_MAX;
}

int64_t coupon_held(const struct coupon *coupon, const struct standing *code)
{
    int64_t held = standing_value(code, coupon_held_slot(coupon), 0);
    return held > COUPON_TAKEN_MAX ? held - COUPON_REVOKED : held;
}

/* By a rule's caps of each code. */
static enum err use_up_rule(const struct rules *rules, uint16_t place, const struct standing *code,
                            int64_t day, int64_t spare, bool *out_is_used_up)
{
    const struct rule *rule = &rules_text(rules)->rules[place];
    *out_is_used_up = false;
    for (size_t c = 0; c < rule->cap_count; c++) {
        const struct cap *cap = &rule->caps[c];
        int64_t used;
        if (cap->of != CAP_OF_CODE || cap->is_per_receipt || cap->uses_max == INT64_MAX) {
            continue;
        }
        TRY(standing_sum(code, rules_cap_slot(rules, place, c, SLOT_CAP_USES),
                         window_first_bucket(cap->window, day), window_bucket(cap->window, day),
                         &used));
        *out_is_used_up = *out_is_used_up || used - spare >= cap->uses_max;
    }
    return ERR_OK;
}

enum err coupon_use_up(const struct rules *rules, uint16_t coupon, const struct standing *code,
                       int64_t day, int64_t spare, bool *out_is_used_up)
{
    const struct rules_text *text = rules_text(rules);
    bool has_rule = false;
    bool is_used_up = true;
    for (uint16_t r = 0; r < text->rule_count; r++) {
        const uint16_t *of = text->rules[r].when.coupon;
        if (of != NULL && *of == coupon) {
            bool is_rule_used_up;
            TRY(use_up_rule(rules, r, code, day, spare, &is_rule_used_up));
            is_used_up = is_used_up && is_rule_used_up;
            has_rule = true;
        }
    }
    *out_is_used_up = has_rule && is_used_up;
    return ERR_OK;
}

uint16_t coupon_issued_as(const struct rules_text *text, struct slice name)
{
    for (size_t c = 0; c < text->coupon_count; c++) {
        const struct coupon *coupon = &text->coupons[c];
        if (coupon->code_count == 0 &&
            slice_equal(name, slice_of(coupon->name, strlen(coupon->name)))) {
            return (uint16_t)c;
        }
    }
    return NO_COUPON;
}
