#include "node/requests.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/decide.h"
#include "node/node.h"
#include "node/personal.h"

void refuse(struct rpc_call *call, int code, const char *reason, const char *format, ...)
{
    char message[RPC_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct rpc_status status = rpc_status_make(code, reason, "%s", message);
    rpc_call_refuse(call, &status);
}

void refuse_verdict(struct rpc_call *call, enum verdict verdict)
{
    const struct verdict_row *row = verdict_describe(verdict);
    refuse(call, row->grpc_status, row->name, "%s", row->sentence);
}

void refuse_err(struct rpc_call *call, enum err err, const struct note *note)
{
    struct rpc_status status = rpc_status_of(err, note);
    rpc_call_refuse(call, &status);
}

#define INVALID_ARGUMENT 3
#define HOLD_SECONDS_MAX (30 * 24 * 3600u)

bool request_uid(struct rpc_call *call, const char *field, const char *text, struct uid *out_id)
{
    if (uid_parse(text, out_id) == ERR_OK && !uid_is_nil(out_id)) {
        return true;
    }
    char words[32];
    char shown[UID_TEXT_MAX + 1];
    (void)snprintf(words, sizeof words, "%s", field);
    for (char *at = words; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
    text_clean_line(shown, sizeof shown, slice_of(text, strlen(text)));
    refuse(call, INVALID_ARGUMENT, "INVALID_ID",
           "\"%s\" is no %s: that is a UUID of 36 characters, such as "
           "0199a000-0000-7000-8000-000000000002.",
           shown, words);
    return false;
}

bool request_transaction(struct rpc_call *call, const char *text, struct uid *out_id)
{
    return request_uid(call, "transaction_id", text, out_id);
}

bool request_card(struct rpc_call *call, const char *text, struct card_number *out_card)
{
    if (card_number_parse(text, out_card) == ERR_OK) {
        return true;
    }
    refuse(call, INVALID_ARGUMENT, "INVALID_CARD",
           "card is not 12 to 19 digits with a right check digit.");
    return false;
}

bool request_text(struct rpc_call *call, const char *field, const char *text, char *out,
                  size_t capacity)
{
    if (!text_is_printable(slice_of(text, strlen(text)))) {
        refuse(call, INVALID_ARGUMENT, "INVALID_TEXT", "%s is not printable UTF-8.", field);
        return false;
    }
    memset(out, 0, capacity);
    if (text_copy(out, capacity, text) != ERR_OK) {
        refuse(call, INVALID_ARGUMENT, "TEXT_TOO_LONG", "%s has more than %zu bytes.", field,
               capacity - 1);
        return false;
    }
    return true;
}

bool request_time(struct rpc_call *call, const struct node *node, int64_t ms,
                  struct unix_ms *out_time, bool *out_is_given)
{
    struct unix_ms now = node_now(node);
    if (ms < 0 || ms > now.ms + DAY_MS) {
        refuse(call, INVALID_ARGUMENT, "INVALID_TIME",
               "business_unix_ms is before 1970 or more than a day ahead.");
        return false;
    }
    *out_is_given = ms != 0;
    *out_time = ms != 0 ? (struct unix_ms){ms} : now;
    return true;
}

bool request_within_bound(struct rpc_call *call, const struct node *node, bool is_within)
{
    if (!is_within) {
        refuse(call, INVALID_ARGUMENT, "POINTS_TOO_LARGE",
               "More than %u points in one call of a till: limits.points_per_command_max of this "
               "node's configuration.",
               node->config.limits.points_per_command_max);
    }
    return is_within;
}

static enum err member_by_card(const struct ledger_view *view, const struct card_number *number,
                               struct uid *out_member)
{
    struct card card;
    TRY(ledger_get_card(view, number, &card));
    *out_member = card.member;
    return uid_is_nil(&card.member) ? ERR_NOT_FOUND : ERR_OK;
}

static bool member_found(struct rpc_call *call, enum err err, enum verdict otherwise)
{
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, otherwise);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
    return err == ERR_OK;
}

static bool card_found(struct node *node, struct rpc_call *call, const struct card_number *card,
                       enum err err)
{
    struct snapshot *snapshot = node_snapshot(node);
    const struct roster_partner *home = roster_home_of(&snapshot->roster, card);
    bool is_abroad = home != NULL && !partner_id_equal(&home->id, &node->config.partner);
    if (err == ERR_NOT_FOUND && is_abroad) {
        refuse(call, 5, "CARD_UNKNOWN",
               "This is a card of %s: only that brand's node knows its member.", home->id.text);
    }
    snapshot_release(snapshot);
    return (err != ERR_NOT_FOUND || !is_abroad) && member_found(call, err, VERDICT_CARD_UNKNOWN);
}

/* Whose it is by card or reference; by id that is still to be seen. */
static bool select_member(struct node *node, struct rpc_call *call, const struct ledger_view *view,
                          const Talea__V1__MemberSelector *selector, struct uid *out_member)
{
    struct card_number card;
    uint8_t tag[PERSONAL_TAG_SIZE];
    switch (selector == NULL ? TALEA__V1__MEMBER_SELECTOR__BY__NOT_SET : selector->by_case) {
    case TALEA__V1__MEMBER_SELECTOR__BY_CARD:
        return request_card(call, selector->card, &card) &&
               card_found(node, call, &card, member_by_card(view, &card, out_member));
    case TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID:
        return request_uid(call, "member_id", selector->member_id, out_member);
    case TALEA__V1__MEMBER_SELECTOR__BY_REFERENCE:
        if (selector->reference[0] == '\0' || strlen(selector->reference) > LIMIT_REFERENCE_BYTES) {
            break;
        }
        personal_reference_tag(node, selector->reference, tag);
        return member_found(call, ledger_get_reference(view, tag, out_member),
                            VERDICT_MEMBER_UNKNOWN);
    case TALEA__V1__MEMBER_SELECTOR__BY__NOT_SET:
    case _TALEA__V1__MEMBER_SELECTOR__BY__CASE_IS_INT_SIZE:
        break;
    }
    refuse(call, INVALID_ARGUMENT, "INVALID_SELECTOR",
           "Name the member by one of card, member_id or reference.");
    return false;
}

enum err member_selected(struct node *node, const struct ledger_view *view,
                         const Talea__V1__MemberSelector *selector, struct uid *out_member)
{
    struct card_number card;
    uint8_t tag[PERSONAL_TAG_SIZE];
    struct uid member;
    switch (selector == NULL ? TALEA__V1__MEMBER_SELECTOR__BY__NOT_SET : selector->by_case) {
    case TALEA__V1__MEMBER_SELECTOR__BY_CARD:
        TRY(card_number_parse(selector->card, &card));
        return member_by_card(view, &card, out_member);
    case TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID:
        TRY(uid_parse(selector->member_id, &member));
        *out_member = member;
        return uid_is_nil(&member) ? ERR_INPUT : ERR_OK;
    case TALEA__V1__MEMBER_SELECTOR__BY_REFERENCE:
        if (selector->reference[0] == '\0' || strlen(selector->reference) > LIMIT_REFERENCE_BYTES) {
            break;
        }
        personal_reference_tag(node, selector->reference, tag);
        return ledger_get_reference(view, tag, out_member);
    case TALEA__V1__MEMBER_SELECTOR__BY__NOT_SET:
    case _TALEA__V1__MEMBER_SELECTOR__BY__CASE_IS_INT_SIZE:
        break;
    }
    return ERR_INPUT;
}

bool request_member_row(struct node *node, struct rpc_call *call, const struct ledger_view *view,
                        const Talea__V1__MemberSelector *selector, struct uid *out_member,
                        struct member *out_row)
{
    return select_member(node, call, view, selector, out_member) &&
           member_found(call, ledger_follow_member(view, out_member, out_row),
                        VERDICT_MEMBER_UNKNOWN);
}

bool request_member(struct node *node, struct rpc_call *call, const struct ledger_view *view,
                    const Talea__V1__MemberSelector *selector, struct uid *out_member)
{
    struct member row;
    return request_member_row(node, call, view, selector, out_member, &row);
}

void request_about_member(struct node *node, struct rpc_call *call,
                          const Talea__V1__MemberSelector *selector, request_answer *answer)
{
    struct state_reader *reader;
    struct uid member;
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    struct ledger_view view = state_reader_view(reader);
    if (request_member(node, call, &view, selector, &member)) {
        answer(node, call, &view, &member);
    }
    readers_give(node->readers, reader);
}

bool request_page_size(struct rpc_call *call, uint32_t asked, size_t *out_size)
{
    if (asked > LIMIT_PAGE_ROWS) {
        refuse(call, INVALID_ARGUMENT, "PAGE_TOO_LARGE", "page_size is more than %u.",
               LIMIT_PAGE_ROWS);
        return false;
    }
    *out_size = asked == 0 ? PAGE_ROWS_DEFAULT : asked;
    return true;
}

bool request_page_id(struct rpc_call *call, const char *token, struct uid *out_from)
{
    struct uid from = {{0}};
    if (token[0] != '\0' && uid_parse(token, &from) != ERR_OK) {
        refuse(call, INVALID_ARGUMENT, "INVALID_PAGE_TOKEN",
               "page_token is not one of an earlier answer.");
        return false;
    }
    *out_from = from;
    return true;
}

bool request_member_now(struct node *node, struct rpc_call *call,
                        const Talea__V1__MemberSelector *selector, struct uid *out_member)
{
    struct state_reader *reader;
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_found = select_member(node, call, &view, selector, out_member);
    readers_give(node->readers, reader);
    return is_found;
}

bool hold_times(const struct node *node, struct unix_ms from, uint32_t seconds,
                struct command_hold *hold)
{
    const struct node_limits *limits = &node->config.limits;
    int64_t ms = seconds != 0 ? (int64_t)seconds * 1000 : (int64_t)limits->hold_minutes * 60000;
    hold->capture_by.ms = from.ms + ms;
    hold->deliver_by.ms = hold->capture_by.ms + (int64_t)limits->deliver_hours * 3600000;
    return seconds <= HOLD_SECONDS_MAX;
}

struct command command_now(const struct node *node, enum command_kind kind,
                           const struct uid *transaction)
{
    return (struct command){.kind = kind,
                            .origin = node->config.partner,
                            .transaction_id = *transaction,
                            .business_time = node_now(node)};
}

bool request_period(struct rpc_call *call, uint32_t code, struct period *out_period)
{
    struct period period = {code};
    if (!period_is_valid(period)) {
        refuse(call, 3, "INVALID_PERIOD", "period is no month, week or day.");
        return false;
    }
    *out_period = period;
    return true;
}
