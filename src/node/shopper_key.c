#include "node/shopper_key.h"

#include <stdio.h>

struct shopper_text shopper_text(const struct standing_owner *owner)
{
    struct shopper_text text = {""};
    struct uid member;
    if (owner->kind == OWNER_MEMBER) {
        memcpy(member.bytes, owner->id, sizeof member.bytes);
        uid_format(&member, text.text);
    } else {
        snprintf(text.text, sizeof text.text, "%.*s", CARD_DIGITS_MAX, (const char *)owner->id);
    }
    return text;
}

Talea__V1__ShopperKey *shopper_key_message(struct arena *arena, const struct standing_owner *owner)
{
    struct shopper_text text = shopper_text(owner);
    Talea__V1__ShopperKey *key = arena_alloc(arena, sizeof *key);
    char *copy = arena_text(arena, slice_of(text.text, strlen(text.text)));
    if (key == NULL || copy == NULL) {
        return NULL;
    }
    talea__v1__shopper_key__init(key);
    if (owner->kind == OWNER_MEMBER) {
        key->by_case = TALEA__V1__SHOPPER_KEY__BY_MEMBER_ID;
        key->member_id = copy;
    } else {
        key->by_case = TALEA__V1__SHOPPER_KEY__BY_CARD;
        key->card = copy;
    }
    return key;
}

bool shopper_key_read(const Talea__V1__ShopperKey *key, struct standing_owner *out_owner)
{
    struct uid member;
    struct card_number card;
    if (key == NULL) {
        return false;
    }
    if (key->by_case == TALEA__V1__SHOPPER_KEY__BY_MEMBER_ID &&
        uid_parse(key->member_id, &member) == ERR_OK && !uid_is_nil(&member)) {
        *out_owner = standing_of_member(&member);
        return true;
    }
    if (key->by_case == TALEA__V1__SHOPPER_KEY__BY_CARD &&
        card_number_parse(key->card, &card) == ERR_OK) {
        *out_owner = standing_of_card(&card);
        return true;
    }
    return false;
}
