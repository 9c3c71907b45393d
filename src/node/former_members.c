#include "node/former_members.h"

#include <string.h>

#include "ledger/decide.h"
#include "node/shopper_key.h"

enum err former_members_of(const struct ledger_view *view, const struct standing_owner *owner,
                           struct former_members *out_members)
{
    struct uid member;
    struct profile profile;
    out_members->count = 0;
    if (owner->kind != OWNER_MEMBER) {
        return ERR_OK;
    }
    memcpy(member.bytes, owner->id, sizeof member.bytes);
    enum err err = ledger_get_profile(view, &member, &profile);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    for (size_t i = 0; i < profile.merged_count; i++) {
        out_members->at[i] = standing_of_member(&profile.merged[i]);
    }
    out_members->count = profile.merged_count;
    return ERR_OK;
}

enum err former_members_take_code(const struct ledger_view *view, const struct rules_text *text,
                                  const struct standing_owner *owner, struct slice key,
                                  struct slice shown, struct standing_row *code)
{
    uint16_t place = coupon_of_code(text, shown);
    struct former_members former;
    const struct standing standing = standing_of_row(code);
    if (code->count == 0 || place == NO_COUPON ||
        coupon_is_for(&text->coupons[place], &standing, key)) {
        return ERR_OK;
    }
    TRY(former_members_of(view, owner, &former));
    for (size_t i = 0; i < former.count; i++) {
        struct shopper_text name = shopper_text(&former.at[i]);
        struct slice former_key = slice_of(name.text, strlen(name.text));
        if (coupon_is_for(&text->coupons[place], &standing, former_key)) {
            coupon_hand_on(&text->coupons[place], code->numbers, code->count, key);
            return ERR_OK;
        }
    }
    return ERR_OK;
}
