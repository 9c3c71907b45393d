/* A member's language, consents and birthday. They are sealed with the member's name, so that the
 * node makes the new bytes of the old ones, and the ledger sees that nothing came in between. */
#include "node/consent.h"

#include "node/account_rows.h"
#include "node/node.h"
#include "node/personal.h"
#include "node/services.h"

#define INVALID_ARGUMENT 3

ACCOUNT_ROW_REPLY(send_consent, Talea__V1__SetConsentResponse,
                  talea__v1__set_consent_response__init)

bool request_consents(struct rpc_call *call, const char *language,
                      Talea__V1__Consent *const *consents, size_t count,
                      struct consent_change *out_change)
{
    struct consent_change change = {.language = NOTIFY_LANGUAGE_NONE};
    if (language[0] != '\0' && notify_language_parse(language, &change.language) != ERR_OK) {
        refuse(call, INVALID_ARGUMENT, "INVALID_LANGUAGE", "language is none of en, ru, kk.");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned channel = (unsigned)consents[i]->channel - 1;
        uint8_t bit = (uint8_t)(1u << (channel & 7u));
        if (channel >= NOTIFY_CHANNEL_END || (change.changed & bit) != 0) {
            refuse(call, INVALID_ARGUMENT, "INVALID_CHANNEL",
                   "A consent names one of the channels, and each once.");
            return false;
        }
        change.changed |= bit;
        change.agreed |= consents[i]->is_given ? bit : 0;
    }
    *out_change = change;
    return true;
}

/* What is asked for: consents, or a birthday. */
struct profile_change {
    const struct consent_change *consents; /* NULL: as they are */
    const struct birthday *birthday;       /* NULL: as it is */
};

/* The member's sealed bytes with the change in them. Whom the ledger will refuse (unknown, erased,
 * a pool) has none. */
static enum err reseal(struct node *node, const struct ledger_view *view,
                       const struct profile_change *change, struct buffer *sealed,
                       struct command_profile *command)
{
    struct uid member = command->member;
    struct member row;
    struct profile profile;
    struct personal personal;
    TRY(ledger_follow_member(view, &member, &row));
    TRY(ledger_get_profile(view, &member, &profile));
    command->replaces = profile_hash(&profile);
    if (profile.sealed_length == 0) {
        return ERR_OK;
    }
    struct slice before = slice_of(profile.sealed, profile.sealed_length);
    TRY(personal_open(node, before, &personal));
    if (change->consents != NULL) {
        const struct consent_change *consents = change->consents;
        notify_wishes_change(&personal.wishes, consents->language, consents->changed,
                             consents->agreed);
    }
    personal.birthday = change->birthday != NULL ? *change->birthday : personal.birthday;
    TRY(personal_reseal(node, &personal, before, sealed));
    command->sealed = buffer_slice(sealed);
    return ERR_OK;
}

static enum err fill(struct node *node, struct arena *arena, const struct profile_change *change,
                     struct command_profile *command)
{
    struct state_reader *reader;
    uint8_t *storage = arena_alloc(arena, LIMIT_SEALED_PROFILE_BYTES);
    if (storage == NULL) {
        return ERR_RESOURCE;
    }
    struct buffer sealed = {
        .at = storage, .capacity = LIMIT_SEALED_PROFILE_BYTES, .limit = LIMIT_SEALED_PROFILE_BYTES};
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = reseal(node, &view, change, &sealed, command);
    readers_give(node->readers, reader);
    return err == ERR_NOT_FOUND ? ERR_OK : err; /* the ledger will say so */
}

void account_set_consent(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__SetConsentRequest *request =
        (const Talea__V1__SetConsentRequest *)(const void *)message;
    struct uid transaction;
    struct consent_change change;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_SET_PROFILE, &transaction);
    if (!request_consents(call, request->language, request->consents, request->n_consents,
                          &change) ||
        !request_member_now(node, call, request->member, &command.profile.member)) {
        return;
    }
    if (change.changed == 0 && change.language == NOTIFY_LANGUAGE_NONE) {
        refuse(call, INVALID_ARGUMENT, "NOTHING_TO_CHANGE", "Name a language or a channel.");
        return;
    }
    const struct profile_change changes = {.consents = &change};
    personal_wishes_tag(node, change.language, change.changed, change.agreed,
                        command.profile.said_tag);
    enum err err = fill(node, rpc_call_arena(call), &changes, &command.profile);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    reply_after(node, call, &command, NULL, send_consent);
}

bool request_birthday(const struct node *node, struct rpc_call *call, const char *text,
                      struct birthday *out_birthday)
{
    struct birthday birthday;
    if (birthday_parse(text, &birthday) == ERR_OK) {
        if (birthday_is_to_come(&birthday, clock_now(&node->clock))) {
            refuse(call, INVALID_ARGUMENT, "INVALID_BIRTHDAY", "birthday is still to come.");
            return false;
        }
        *out_birthday = birthday;
        return true;
    }
    refuse(call, INVALID_ARGUMENT, "INVALID_BIRTHDAY",
           "birthday is no day as MM-DD or YYYY-MM-DD, or before %u.", BIRTHDAY_YEAR_MIN);
    return false;
}

ACCOUNT_ROW_REPLY(send_birthday, Talea__V1__SetBirthdayResponse,
                  talea__v1__set_birthday_response__init)

void account_set_birthday(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__SetBirthdayRequest *request =
        (const Talea__V1__SetBirthdayRequest *)(const void *)message;
    struct uid transaction;
    struct birthday birthday;
    const struct profile_change change = {.birthday = &birthday};
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_SET_PROFILE, &transaction);
    if (!request_birthday(node, call, request->birthday, &birthday) ||
        !request_member_now(node, call, request->member, &command.profile.member)) {
        return;
    }
    personal_birthday_tag(node, &birthday, command.profile.said_tag);
    enum err err = fill(node, rpc_call_arena(call), &change, &command.profile);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    reply_after(node, call, &command, NULL, send_birthday);
}
