#include "node/personal.h"

#include <string.h>

#include "crypto/box.h"
#include "node/node.h"
#include "store/vault.h"

#define REFERENCE_DOMAIN "talea.v1.personal.reference"
#define SAID_DOMAIN      "talea.v1.personal.said"
#define WISHES_DOMAIN    "talea.v1.personal.wishes"
#define BIRTHDAY_DOMAIN  "talea.v1.personal.birthday"

enum {
    PLAIN_VERSION = 1,
    PLAIN_WITH_WISHES = 2,   /* version 1, and behind it language u8, channels u8 */
    PLAIN_WITH_BIRTHDAY = 3, /* version 2, and behind it year u16 (0: not said), month u8, day u8 */
    PLAIN_BYTES_MAX = LIMIT_SEALED_PROFILE_BYTES - VAULT_SEALED_EXTRA
};

_Static_assert(PLAIN_BYTES_MAX >= LIMIT_REFERENCE_BYTES + LIMIT_NAME_BYTES + 27, "all of it fits");
_Static_assert(PERSONAL_TAG_SIZE == VAULT_TAG_BYTES, "a tag's bytes");

/* A buffer in the caller's memory. */
static struct buffer buffer_on(uint8_t *at, size_t bytes)
{
    return (struct buffer){.at = at, .capacity = bytes, .limit = bytes};
}

void personal_reference_tag(struct node *node, const char *reference,
                            uint8_t out_tag[PERSONAL_TAG_SIZE])
{
    vault_tag(node->vault, REFERENCE_DOMAIN, slice_of(reference, strlen(reference)), out_tag);
}

static enum err seal(struct node *node, struct slice plain,
                     uint8_t storage[LIMIT_SEALED_PROFILE_BYTES], struct slice *out_sealed)
{
    uint64_t slot;
    struct buffer out = buffer_on(storage, LIMIT_SEALED_PROFILE_BYTES);
    TRY(vault_add(node->vault, 1, &slot));
    TRY(vault_seal(node->vault, slot, plain, &out));
    *out_sealed = buffer_slice(&out);
    return ERR_OK;
}

static void write_birthday(struct buffer *plain, const struct birthday *birthday)
{
    write_u8(plain, (uint8_t)(birthday->year >> 8));
    write_u8(plain, (uint8_t)birthday->year);
    write_u8(plain, (uint8_t)birthday->month);
    write_u8(plain, (uint8_t)birthday->day);
}

/* Who wishes nothing is written as before there were wishes, and the same of birthdays. */
static void write_plain(struct buffer *plain, const struct personal *personal)
{
    const struct notify_wishes *wishes = &personal->wishes;
    bool has_wishes = wishes->language != NOTIFY_LANGUAGE_NONE || wishes->channels != 0;
    bool has_birthday = birthday_is_known(&personal->birthday);
    write_u8(plain, has_birthday ? PLAIN_WITH_BIRTHDAY
                    : has_wishes ? PLAIN_WITH_WISHES
                                 : PLAIN_VERSION);
    write_block(plain, slice_of(personal->reference, strlen(personal->reference)));
    write_block(plain, slice_of(personal->name, strlen(personal->name)));
    if (has_wishes || has_birthday) {
        write_u8(plain, (uint8_t)wishes->language);
        write_u8(plain, wishes->channels);
    }
    if (has_birthday) {
        write_birthday(plain, &personal->birthday);
    }
}

enum err personal_reseal(struct node *node, const struct personal *personal, struct slice sealed,
                         struct buffer *out_sealed)
{
    uint8_t bytes[PLAIN_BYTES_MAX];
    struct buffer plain = buffer_on(bytes, sizeof bytes);
    uint64_t slot;
    TRY(vault_sealed_slot(sealed, &slot));
    write_plain(&plain, personal);
    enum err err = plain.err;
    if (err == ERR_OK) {
        err = vault_seal(node->vault, slot, buffer_slice(&plain), out_sealed);
    }
    secret_forget(bytes, sizeof bytes);
    return err;
}

void personal_wishes_tag(struct node *node, enum notify_language language, uint8_t changed,
                         uint8_t agreed, uint8_t out_tag[PERSONAL_TAG_SIZE])
{
    const uint8_t said[] = {(uint8_t)language, changed, agreed};
    vault_tag(node->vault, WISHES_DOMAIN, slice_of(said, sizeof said), out_tag);
}

void personal_birthday_tag(struct node *node, const struct birthday *birthday,
                           uint8_t out_tag[PERSONAL_TAG_SIZE])
{
    uint8_t bytes[4];
    struct buffer said = buffer_on(bytes, sizeof bytes);
    write_birthday(&said, birthday);
    vault_tag(node->vault, BIRTHDAY_DOMAIN, buffer_slice(&said), out_tag);
}

enum err personal_seal(struct node *node, const struct personal *personal,
                       uint8_t storage[LIMIT_SEALED_PROFILE_BYTES], struct command_enrol *enrol)
{
    uint8_t bytes[PLAIN_BYTES_MAX];
    struct buffer plain = buffer_on(bytes, sizeof bytes);
    write_plain(&plain, personal);
    enum err err = plain.err;
    if (err == ERR_OK) {
        err = seal(node, buffer_slice(&plain), storage, &enrol->sealed);
    }
    if (err == ERR_OK && !uid_is_nil(&enrol->referrer)) {
        write_bytes(&plain, enrol->referrer.bytes, sizeof enrol->referrer.bytes);
        err = plain.err;
    }
    if (err == ERR_OK) {
        vault_tag(node->vault, SAID_DOMAIN, buffer_slice(&plain), enrol->said_tag);
    }
    secret_forget(bytes, sizeof bytes);
    TRY(err);
    if (personal->reference[0] != '\0') {
        personal_reference_tag(node, personal->reference, enrol->reference_tag);
    }
    return ERR_OK;
}

static void read_into(struct reader *in, char *out_text, size_t capacity)
{
    struct slice text = read_block(in);
    if (in->err == ERR_OK && text.length >= capacity) {
        read_fail(in);
    }
    if (in->err == ERR_OK && text.length > 0) {
        memcpy(out_text, text.at, text.length);
    }
}

static void read_birthday(struct reader *in, struct birthday *out_birthday)
{
    unsigned high = read_u8(in);
    struct birthday birthday = {.year = high << 8 | read_u8(in)};
    birthday.month = read_u8(in);
    birthday.day = read_u8(in);
    if (in->err == ERR_OK && birthday_check(&birthday) != ERR_OK) {
        read_fail(in);
    } else {
        *out_birthday = birthday;
    }
}

static enum err parse(struct slice plain, struct personal *out_personal)
{
    struct reader in = reader_of(plain);
    uint8_t version = read_u8(&in);
    if (version < PLAIN_VERSION || version > PLAIN_WITH_BIRTHDAY) {
        return ERR_CORRUPT;
    }
    read_into(&in, out_personal->reference, sizeof out_personal->reference);
    read_into(&in, out_personal->name, sizeof out_personal->name);
    if (version >= PLAIN_WITH_WISHES) {
        unsigned language = read_u8(&in);
        out_personal->wishes.channels = read_u8(&in);
        if (!notify_wishes_are_sound(language, out_personal->wishes.channels)) {
            read_fail(&in);
        }
        out_personal->wishes.language = (enum notify_language)language;
    }
    if (version == PLAIN_WITH_BIRTHDAY) {
        read_birthday(&in, &out_personal->birthday);
    }
    return reader_finish(&in);
}

enum err personal_open(struct node *node, struct slice sealed, struct personal *out_personal)
{
    uint8_t bytes[LIMIT_SEALED_PROFILE_BYTES];
    struct buffer plain = buffer_on(bytes, sizeof bytes);
    struct personal personal = {.reference = ""};
    enum err err = ERR_OK;
    if (sealed.length > 0) {
        err = vault_open_sealed(node->vault, sealed, &plain);
        err = err == ERR_OK          ? parse(buffer_slice(&plain), &personal)
              : err == ERR_NOT_FOUND ? ERR_OK
                                     : err;
    }
    secret_forget(bytes, sizeof bytes);
    TRY(err);
    *out_personal = personal;
    return ERR_OK;
}

static void tell_trouble(struct node *node, const char *what, enum err err)
{
    log_event(&node->log, LOG_LEVEL_ERROR, "vault_trouble", LOG_TEXT("what", what),
              LOG_TEXT("detail", err_describe(err)->sentence));
}

enum err personal_show(struct node *node, const struct uid *member, struct slice sealed,
                       struct personal *out_personal)
{
    enum err err = personal_open(node, sealed, out_personal);
    if (err == ERR_CORRUPT) {
        char id[UID_TEXT_MAX];
        uid_format(member, id);
        log_event(&node->log, LOG_LEVEL_ERROR, "personal_data_damaged", LOG_TEXT("member", id));
        *out_personal = (struct personal){.name = "(damaged)"};
        err = ERR_OK;
    }
    return err;
}

void personal_enrolled(struct node *node, struct slice sealed, const struct outcome *outcome)
{
    uint64_t slot;
    bool is_kept = outcome->err == ERR_OK ? outcome->verdict == VERDICT_OK && !outcome->is_repeat
                                          : true; /* unknown: it may be in the journal */
    if (is_kept || vault_sealed_slot(sealed, &slot) != ERR_OK) {
        return;
    }
    enum err err = vault_abandon(node->vault, slot);
    if (err != ERR_OK) {
        tell_trouble(node, "the key of a refused enrolment is still there", err);
    }
}

static enum err add_slot(const struct profile *profile, struct personal_erasure *erasure)
{
    uint64_t slot;
    if (profile->sealed_length == 0) {
        return ERR_OK;
    }
    TRY(vault_sealed_slot(slice_of(profile->sealed, profile->sealed_length), &slot));
    ASSERT(erasure->count < sizeof erasure->slots / sizeof erasure->slots[0]);
    erasure->slots[erasure->count++] = slot;
    return ERR_OK;
}

/* `*member` is where it was merged to. */
static enum err find_slots(const struct ledger_view *view, struct uid *member,
                           struct personal_erasure *erasure)
{
    struct member row;
    struct profile profile;
    struct profile merged;
    TRY(ledger_follow_member(view, member, &row));
    TRY(ledger_get_profile(view, member, &profile));
    TRY(add_slot(&profile, erasure));
    for (size_t i = 0; i < profile.merged_count; i++) {
        TRY(ledger_get_profile(view, &profile.merged[i], &merged));
        TRY(add_slot(&merged, erasure));
    }
    return ERR_OK;
}

enum err personal_begin_erasure(struct node *node, const struct command_erase *erase,
                                struct personal_erasure *out_erasure)
{
    struct state_reader *reader;
    struct personal_erasure erasure = {.count = 0};
    struct uid member = erase->member;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = find_slots(&view, &member, &erasure);
    readers_give(node->readers, reader);
    err = err == ERR_NOT_FOUND ? ERR_OK : err; /* the ledger will say so */
    size_t noted = 0;
    while (err == ERR_OK && noted < erasure.count) {
        err = vault_note_erasure(node->vault, erasure.slots[noted], &member);
        noted += err == ERR_OK ? 1 : 0;
    }
    if (err != ERR_OK) {
        while (noted > 0) {
            (void)!vault_drop_erasure(node->vault,
                                      erasure.slots[--noted]); /* or at the next start */
        }
        return err;
    }
    *out_erasure = erasure;
    return ERR_OK;
}

void personal_end_erasure(struct node *node, const struct personal_erasure *erasure,
                          const struct outcome *outcome)
{
    bool is_erased = outcome->verdict == VERDICT_OK || outcome->verdict == VERDICT_MEMBER_ERASED;
    for (size_t i = 0; i < erasure->count && outcome->err == ERR_OK; i++) {
        enum err err = is_erased ? vault_destroy(node->vault, erasure->slots[i])
                                 : vault_drop_erasure(node->vault, erasure->slots[i]);
        if (err != ERR_OK) {
            tell_trouble(node, "an erased member's key is still there", err);
        }
    }
}

static enum err settle(void *context, uint64_t slot, const struct uid *subject)
{
    struct node *node = context;
    struct state_reader *reader;
    struct member member;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_member(&view, subject, &member);
    readers_give(node->readers, reader);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !member.is_erased)) {
        return vault_drop_erasure(node->vault, slot);
    }
    TRY(err);
    TRY(vault_destroy(node->vault, slot));
    log_event(&node->log, LOG_LEVEL_INFO, "erasure_finished", LOG_INT("slot", slot));
    return ERR_OK;
}

enum err personal_recover(struct node *node, struct note *note)
{
    enum err err = vault_each_erasure(node->vault, settle, node);
    return err == ERR_OK ? ERR_OK
                         : note_set(note, err, "%s/%s: an erased member's key can't be destroyed",
                                    node->config.data.text, VAULT_FILE_NAME);
}
