/* The office's members: one of them, or all by id. */
#include <string.h>

#include "ledger/referral.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/personal.h"
#include "node/pool_pages.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

#define INVALID_ARGUMENT 3
#define TOKEN_BYTES      (2 * sizeof((struct uid){{0}}.bytes) + 1)

static enum err message_card(struct arena *arena, const struct ledger_view *view,
                             const struct card_number *number, Talea__V1__Card **out_card)
{
    struct card card;
    TRY(ledger_get_card(view, number, &card));
    Talea__V1__Card *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__card__init(message);
    message->number = message_copy(arena, number->digits, sizeof number->digits);
    message->state = card.is_blocked ? TALEA__V1__CARD_STATE__CARD_STATE_BLOCKED
                                     : TALEA__V1__CARD_STATE__CARD_STATE_ACTIVE;
    *out_card = message;
    return message->number == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err message_cards(struct arena *arena, const struct ledger_view *view,
                              const struct profile *profile, Talea__V1__Member *message)
{
    message->cards = arena_alloc(arena, (profile->card_count + 1) * sizeof *message->cards);
    if (message->cards == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < profile->card_count; i++) {
        TRY(message_card(arena, view, &profile->cards[i], &message->cards[i]));
        message->n_cards++;
    }
    return ERR_OK;
}

static Talea__V1__MemberState state_of(const struct member *member)
{
    return member->is_merged    ? TALEA__V1__MEMBER_STATE__MEMBER_STATE_MERGED
           : member->is_erased  ? TALEA__V1__MEMBER_STATE__MEMBER_STATE_ERASED
           : member->is_blocked ? TALEA__V1__MEMBER_STATE__MEMBER_STATE_BLOCKED
                                : TALEA__V1__MEMBER_STATE__MEMBER_STATE_ACTIVE;
}

static enum err message_consents(struct arena *arena, const struct notify_wishes *wishes,
                                 Talea__V1__Member *message)
{
    message->consents = arena_alloc(arena, NOTIFY_CHANNEL_END * sizeof *message->consents);
    for (unsigned i = 0; message->consents != NULL && i < NOTIFY_CHANNEL_END; i++) {
        Talea__V1__Consent *consent = arena_alloc(arena, sizeof *consent);
        if (consent == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__consent__init(consent);
        consent->channel = (Talea__V1__Channel)(i + 1);
        consent->is_given = true;
        if (notify_may_send(wishes, (enum notify_channel)i)) {
            message->consents[message->n_consents++] = consent;
        }
    }
    return message->consents == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err message_referrer(struct node *node, struct arena *arena,
                                 const struct ledger_view *view, const struct uid *id,
                                 Talea__V1__Member *message)
{
    struct standing_row *row = arena_alloc(arena, sizeof *row);
    struct standing_owner owner = standing_of_member(id);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = ledger_get_standing(view, &snapshot->roster, &owner, row);
    snapshot_release(snapshot);
    TRY(err);
    struct standing standing = standing_of_row(row);
    struct uid referrer = referral_of(&standing);
    if (!uid_is_nil(&referrer)) {
        message->referrer_id = message_uid(arena, &referrer);
    }
    return message->referrer_id == NULL ? ERR_RESOURCE : ERR_OK;
}

/* ERR_NOT_FOUND when there is no such member, ERR_RESOURCE when the arena is full. */
static enum err message_member(struct node *node, struct arena *arena,
                               const struct ledger_view *view, const struct uid *id,
                               Talea__V1__Member **out_member)
{
    struct member member;
    struct profile profile;
    struct personal personal;
    TRY(ledger_get_member(view, id, &member));
    if (member.is_erased) {
        profile = (struct profile){0};
    } else {
        TRY(ledger_get_profile(view, id, &profile));
    }
    TRY(personal_show(node, id, slice_of(profile.sealed, profile.sealed_length), &personal));
    Talea__V1__Member *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__member__init(message);
    TRY(message_cards(arena, view, &profile, message));
    message->member_id = message_uid(arena, id);
    message->reference = message_copy(arena, personal.reference, sizeof personal.reference);
    message->display_name = message_copy(arena, personal.name, sizeof personal.name);
    message->language = message_copy(arena, notify_language_name(personal.wishes.language), 8);
    TRY(message_consents(arena, &personal.wishes, message));
    char birthday[BIRTHDAY_TEXT_MAX];
    message->birthday =
        message_copy(arena, birthday_format(&personal.birthday, birthday), sizeof birthday);
    message->enrolled_unix_ms = member.enrolled.ms;
    message->balance = message_balance(arena, &member, node_now(node));
    message->state = state_of(&member);
    message->is_pool = member.is_pool;
    if (message->member_id == NULL || message->reference == NULL || message->display_name == NULL ||
        message->language == NULL || message->birthday == NULL || message->balance == NULL) {
        return ERR_RESOURCE;
    }
    *out_member = message;
    return ERR_OK;
}

/* Those that the member is in; a profile that counts none saves the look. */
static enum err message_pools(struct node *node, struct arena *arena,
                              const struct ledger_view *view, const struct uid *id,
                              Talea__V1__Member *message)
{
    struct profile profile;
    struct pool_page page = {.member = id, .size = LIMIT_PAGE_ROWS};
    enum err err = message->is_pool ? ERR_NOT_FOUND : ledger_get_profile(view, id, &profile);
    if (err != ERR_OK || profile.pool_count == 0) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(pool_page_find(node, NULL, &page));
    size_t count = page.count < page.size ? page.count : page.size;
    message->pool_ids = arena_alloc(arena, (count + 1) * sizeof *message->pool_ids);
    for (size_t i = 0; message->pool_ids != NULL && i < count; i++) {
        message->pool_ids[i] = message_uid(arena, &page.ids[i]);
        if (message->pool_ids[i] == NULL) {
            return ERR_RESOURCE;
        }
        message->n_pool_ids++;
    }
    return message->pool_ids == NULL ? ERR_RESOURCE : ERR_OK;
}

static void reply_member(struct node *node, struct rpc_call *call, const struct ledger_view *view,
                         const struct uid *id)
{
    Talea__V1__GetMemberResponse response;
    talea__v1__get_member_response__init(&response);
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = message_member(node, &arena, view, id, &response.member);
    err = err == ERR_OK ? message_referrer(node, &arena, view, id, response.member) : err;
    err = err == ERR_OK ? message_pools(node, &arena, view, id, response.member) : err;
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    arena_fini(&arena);
}

void office_get_member(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__GetMemberRequest *request =
        (const Talea__V1__GetMemberRequest *)(const void *)message;
    request_about_member(context, call, request->member, reply_member);
}

/* The ids of one page, and the first one of the next. */
struct page {
    size_t size;
    size_t count; /* size + 1 when there are more */
    struct uid ids[LIMIT_PAGE_ROWS + 1];
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct page *page = context;
    struct reader in = reader_of(key);
    struct uid id;
    read_copy(&in, id.bytes, sizeof id.bytes);
    TRY(reader_finish(&in));
    page->ids[page->count++] = id;
    return page->count > page->size ? ERR_NOT_FOUND : ERR_OK;
}

/* A long page ends early, so that it always fits into a message. */
static enum err fill(struct node *node, struct rpc_call *call, const struct page *page,
                     struct arena *arena, Talea__V1__ListMembersResponse *response)
{
    struct state_reader *reader;
    size_t count = page->count < page->size ? page->count : page->size;
    response->members = arena_alloc(arena, (count + 1) * sizeof *response->members);
    if (response->members == NULL) {
        return ERR_RESOURCE;
    }
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ERR_OK;
    while (err == ERR_OK && response->n_members < count && arena->used < LIMIT_PAGE_BYTES) {
        err = rpc_call_is_cancelled(call)
                  ? ERR_CANCELLED
                  : message_member(node, arena, &view, &page->ids[response->n_members],
                                   &response->members[response->n_members]);
        response->n_members += err == ERR_OK ? 1 : 0;
    }
    readers_give(node->readers, reader);
    return err;
}

static void reply_page(struct node *node, struct rpc_call *call, const struct page *page)
{
    Talea__V1__ListMembersResponse response;
    talea__v1__list_members_response__init(&response);
    char token[TOKEN_BYTES] = "";
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = fill(node, call, page, &arena, &response);
    if (err == ERR_OK) {
        if (response.n_members < page->count) {
            hex_format(page->ids[response.n_members].bytes, sizeof page->ids[0].bytes, token);
        }
        response.next_page_token = token;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    arena_fini(&arena);
}

void office_list_members(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListMembersRequest *request =
        (const Talea__V1__ListMembersRequest *)(const void *)message;
    struct page page = {.count = 0};
    struct uid from = {{0}};
    bool has_token = request->page_token[0] != '\0';
    if (!request_page_size(call, request->page_size, &page.size)) {
        return;
    }
    if (has_token && hex_parse(request->page_token, from.bytes, sizeof from.bytes) != ERR_OK) {
        refuse(call, INVALID_ARGUMENT, "INVALID_PAGE_TOKEN",
               "page_token is not one of an earlier answer.");
        return;
    }
    enum err err = engine_checkpoint(node->engine);
    if (err == ERR_OK) {
        err = state_scan(node->state, TABLE_MEMBER, slice_of(NULL, 0),
                         slice_of(from.bytes, has_token ? sizeof from.bytes : 0), gather, &page);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    reply_page(node, call, &page);
}
