#include "node/shopper.h"

#include <string.h>

#include "ledger/referral.h"
#include "ledger/static_list.h"
#include "node/judging.h"
#include "node/node.h"
#include "node/personal.h"

bool shopper_needs_birthday(const struct rules_text *text)
{
    for (size_t i = 0; i < text->rule_count; i++) {
        const struct around *around = text->rules[i].when.around;
        if (around != NULL && around->of == DAY_OF_BIRTHDAY) {
            return true;
        }
    }
    return false;
}

static enum err copy_text(struct arena *arena, const char *text, struct slice *out_text)
{
    size_t length = strlen(text);
    char *copy = arena_alloc(arena, length + 1);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(copy, text, length + 1);
    *out_text = slice_of(copy, length);
    return ERR_OK;
}

static enum err member_key(const struct uid *member, struct arena *arena, struct slice *out_key)
{
    char text[UID_TEXT_MAX];
    return copy_text(arena, uid_format(member, text), out_key);
}

static struct uid member_of(const struct standing_owner *owner)
{
    struct uid member;
    memcpy(member.bytes, owner->id, sizeof member.bytes);
    return member;
}

enum err shopper_key(const struct standing_owner *owner, struct arena *arena, struct slice *out_key)
{
    struct uid member = member_of(owner);
    *out_key = slice_of("", 0);
    if (owner->kind == OWNER_CARD) {
        return copy_text(arena, (const char *)owner->id, out_key); /* digits, and zeros behind */
    }
    return owner->kind == OWNER_MEMBER ? member_key(&member, arena, out_key) : ERR_OK;
}

/* Where it was merged to, if it is still somebody. */
static enum err fill_referrer(const struct ledger_view *view, const struct standing *standing,
                              struct arena *arena, struct shopper *shopper)
{
    struct uid referrer = referral_of(standing);
    struct member unused;
    if (uid_is_nil(&referrer)) {
        return ERR_OK;
    }
    enum err err = ledger_follow_member(view, &referrer, &unused);
    return err == ERR_OK          ? member_key(&referrer, arena, &shopper->referrer)
           : err == ERR_NOT_FOUND ? ERR_OK
                                  : err;
}

static bool is_known(const struct shopper *shopper, const struct slice *lists, struct slice name)
{
    for (size_t i = 0; i < shopper->list_count; i++) {
        if (slice_equal(lists[i], name)) {
            return true;
        }
    }
    return false;
}

/* Of the lists that segments ask for, those that the member is on. */
static enum err fill_lists(const struct programme_version *version, const struct standing *standing,
                           struct arena *arena, struct shopper *shopper)
{
    const struct rules_text *text = &version->file.rules;
    struct slice *lists = arena_alloc(arena, LIMIT_SHOPPER_LISTS * sizeof *lists);
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t s = 0; s < text->segment_count; s++) {
        const struct segment *segment = &text->segments[s];
        for (size_t i = 0; i < segment->list_count; i++) {
            bool is_on = list_has(standing, segment->lists[i]);
            if (is_on && shopper->list_count < LIMIT_SHOPPER_LISTS &&
                !is_known(shopper, lists, segment->lists[i])) {
                lists[shopper->list_count++] = segment->lists[i];
            }
        }
    }
    shopper->lists = lists;
    return ERR_OK;
}

enum err shopper_birthday(struct node *node, const struct ledger_view *view,
                          const struct uid *member, unsigned *out_month, unsigned *out_day)
{
    struct uid at = *member;
    struct member row;
    struct profile profile;
    struct personal personal;
    *out_month = 0;
    *out_day = 0;
    enum err err = ledger_follow_member(view, &at, &row);
    if (err == ERR_OK && !row.is_erased) {
        err = ledger_get_profile(view, &at, &profile);
    } else if (err == ERR_OK) {
        err = ERR_NOT_FOUND;
    }
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(personal_open(node, slice_of(profile.sealed, profile.sealed_length), &personal));
    *out_month = personal.birthday.month;
    *out_day = personal.birthday.day;
    return ERR_OK;
}

enum err shopper_add_birthday(struct node *node, const struct programme_version *version,
                              struct shopper *shopper)
{
    char text[UID_TEXT_MAX] = "";
    struct uid member;
    struct state_reader *reader;
    if (!version->needs_birthday || shopper->key.length >= sizeof text) {
        return ERR_OK;
    }
    memcpy(text, shopper->key.at, shopper->key.length);
    if (uid_parse(text, &member) != ERR_OK) {
        return ERR_OK;
    }
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err =
        shopper_birthday(node, &view, &member, &shopper->birth_month, &shopper->birth_day);
    readers_give(node->readers, reader);
    return err;
}

static enum err fill_member(struct node *node, const struct ledger_view *view,
                            const struct programme_version *version, const struct uid *member,
                            struct shopper *shopper)
{
    struct member row;
    enum err err = ledger_get_member(view, member, &row);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    struct unix_ms enrolled = judging_local(node, version, row.enrolled);
    shopper->enrolled_day = unix_day(enrolled);
    member_settle_view(&row, node_now(node));
    shopper->balance = row.available;
    return version->needs_birthday
               ? shopper_birthday(node, view, member, &shopper->birth_month, &shopper->birth_day)
               : ERR_OK;
}

enum err shopper_fill(struct node *node, const struct ledger_view *view,
                      const struct programme_version *version, const struct standing_owner *owner,
                      const struct standing *standing, struct arena *arena,
                      struct shopper *out_shopper)
{
    struct shopper shopper = {.list_count = 0};
    struct uid member = member_of(owner);
    TRY(shopper_key(owner, arena, &shopper.key));
    TRY(fill_referrer(view, standing, arena, &shopper));
    TRY(fill_lists(version, standing, arena, &shopper));
    if (owner->kind == OWNER_MEMBER) {
        TRY(fill_member(node, view, version, &member, &shopper));
    }
    *out_shopper = shopper;
    return ERR_OK;
}
