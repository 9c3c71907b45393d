/* The calls of an office that change accounts: talea/account.h. */
#include <talea/account.h>
#include <talea/v1/account.pb-c.h>

#include <string.h>

#include "client/account.h"

static int call(struct talea_client *client, const char *method, const ProtobufCMessage *request,
                int64_t timeout_ms, ProtobufCMessage **out_reply, struct talea_error *error)
{
    return client_call(client, &talea__v1__account_service__descriptor, method, request, timeout_ms,
                       out_reply, error);
}

/* A call whose answer says nothing more. */
static int call_only(struct talea_client *client, const char *method,
                     const ProtobufCMessage *request, int64_t timeout_ms, struct talea_error *error)
{
    ProtobufCMessage *reply = NULL;
    int code = call(client, method, request, timeout_ms, &reply, error);
    client_free(reply);
    return code;
}

static int64_t available_of(const Talea__V1__Balance *balance)
{
    return balance == NULL ? 0 : balance->available_points;
}

static int is_none(const struct talea_selector *selector)
{
    return selector->card == NULL && selector->member_id == NULL && selector->reference == NULL;
}

int talea_transfer(struct talea_client *client, const struct talea_transfer *request,
                   int64_t timeout_ms, struct talea_transferred *out_transferred,
                   struct talea_error *error)
{
    Talea__V1__TransferRequest message;
    talea__v1__transfer_request__init(&message);
    Talea__V1__MemberSelector from;
    Talea__V1__MemberSelector to;
    Talea__V1__MemberSelector by;
    ProtobufCMessage *reply = NULL;
    int code = account_select(&request->from, &from, error);
    if (code == TALEA_OK) {
        code = account_select(&request->to, &to, error);
    }
    if (code == TALEA_OK && !is_none(&request->by)) {
        code = account_select(&request->by, &by, error);
        message.by = &by;
    }
    message.transaction_id = client_text(request->transaction_id);
    message.from = &from;
    message.to = &to;
    message.points = request->points;
    message.receipt = client_text(request->receipt);
    if (code == TALEA_OK) {
        code = call(client, "Transfer", &message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        const Talea__V1__TransferResponse *answer = (const Talea__V1__TransferResponse *)reply;
        *out_transferred = (struct talea_transferred){answer->points, available_of(answer->balance),
                                                      answer->journal_row};
    }
    client_free(reply);
    return code;
}

int talea_open_pool(struct talea_client *client, const char *transaction_id, const char *name,
                    const struct talea_selector *member, int64_t timeout_ms,
                    char out_pool_id[TALEA_UUID_SIZE], struct talea_error *error)
{
    Talea__V1__OpenPoolRequest message;
    talea__v1__open_pool_request__init(&message);
    Talea__V1__MemberSelector selector;
    ProtobufCMessage *reply = NULL;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.name = client_text(name);
    message.member = &selector;
    if (code == TALEA_OK) {
        code = call(client, "OpenPool", &message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        client_copy(out_pool_id, TALEA_UUID_SIZE,
                    ((const Talea__V1__OpenPoolResponse *)reply)->pool_id);
    }
    client_free(reply);
    return code;
}

int talea_join_pool(struct talea_client *client, const char *transaction_id, const char *pool_id,
                    const struct talea_selector *member, int64_t timeout_ms,
                    struct talea_error *error)
{
    Talea__V1__JoinPoolRequest message;
    talea__v1__join_pool_request__init(&message);
    Talea__V1__MemberSelector selector;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.pool_id = client_text(pool_id);
    message.member = &selector;
    return code == TALEA_OK ? call_only(client, "JoinPool", &message.base, timeout_ms, error)
                            : code;
}

int talea_leave_pool(struct talea_client *client, const char *transaction_id, const char *pool_id,
                     const struct talea_selector *member, int64_t timeout_ms,
                     struct talea_error *error)
{
    Talea__V1__LeavePoolRequest message;
    talea__v1__leave_pool_request__init(&message);
    Talea__V1__MemberSelector selector;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.pool_id = client_text(pool_id);
    message.member = &selector;
    return code == TALEA_OK ? call_only(client, "LeavePool", &message.base, timeout_ms, error)
                            : code;
}

int talea_propose_adjustment(struct talea_client *client, const struct talea_proposal *request,
                             int64_t timeout_ms, struct talea_error *error)
{
    Talea__V1__ProposeAdjustmentRequest message;
    talea__v1__propose_adjustment_request__init(&message);
    Talea__V1__MemberSelector selector;
    int code = account_select(&request->member, &selector, error);
    message.transaction_id = client_text(request->transaction_id);
    message.member = &selector;
    message.points = request->points;
    message.reason = client_text(request->reason);
    message.note = client_text(request->note);
    message.expires_unix_ms = request->expires_unix_ms;
    return code == TALEA_OK
               ? call_only(client, "ProposeAdjustment", &message.base, timeout_ms, error)
               : code;
}

int talea_rule_adjustment(struct talea_client *client, const char *transaction_id,
                          const char *adjustment_id, int is_approved, int64_t timeout_ms,
                          struct talea_ruling *out_ruling, struct talea_error *error)
{
    Talea__V1__RuleAdjustmentRequest message;
    talea__v1__rule_adjustment_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.adjustment_id = client_text(adjustment_id);
    message.is_approved = is_approved != 0;
    int code = call(client, "RuleAdjustment", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__RuleAdjustmentResponse *answer =
            (const Talea__V1__RuleAdjustmentResponse *)reply;
        *out_ruling = (struct talea_ruling){answer->points, answer->debt_points,
                                            answer->written_off_points, answer->journal_row};
    }
    client_free(reply);
    return code;
}

int talea_block_member(struct talea_client *client, const char *transaction_id,
                       const struct talea_selector *member, const char *reason, int64_t timeout_ms,
                       struct talea_error *error)
{
    Talea__V1__BlockMemberRequest message;
    talea__v1__block_member_request__init(&message);
    Talea__V1__MemberSelector selector;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.member = &selector;
    message.reason = client_text(reason);
    return code == TALEA_OK ? call_only(client, "BlockMember", &message.base, timeout_ms, error)
                            : code;
}

int talea_unblock_member(struct talea_client *client, const char *transaction_id,
                         const struct talea_selector *member, const char *reason,
                         int64_t timeout_ms, struct talea_error *error)
{
    Talea__V1__UnblockMemberRequest message;
    talea__v1__unblock_member_request__init(&message);
    Talea__V1__MemberSelector selector;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.member = &selector;
    message.reason = client_text(reason);
    return code == TALEA_OK ? call_only(client, "UnblockMember", &message.base, timeout_ms, error)
                            : code;
}

/* 0 for one that is none, which the node refuses. */
static Talea__V1__Channel channel_of(const char *name)
{
    static const char *const names[] = {"", "email", "sms", "push", "chat"};
    for (unsigned i = 1; name != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return (Talea__V1__Channel)i;
        }
    }
    return TALEA__V1__CHANNEL__CHANNEL_UNSPECIFIED;
}

int talea_set_consent(struct talea_client *client, const char *transaction_id,
                      const struct talea_selector *member, const char *language,
                      const struct talea_consent *consents, size_t count, int64_t timeout_ms,
                      struct talea_error *error)
{
    Talea__V1__SetConsentRequest message;
    talea__v1__set_consent_request__init(&message);
    Talea__V1__MemberSelector selector;
    Talea__V1__Consent rows[5]; /* one of them is named twice then: the node refuses it */
    Talea__V1__Consent *at[5];
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.member = &selector;
    message.language = client_text(language);
    message.consents = at;
    message.n_consents = count < 5 ? count : 5;
    for (size_t i = 0; i < message.n_consents; i++) {
        talea__v1__consent__init(&rows[i]);
        rows[i].channel = channel_of(consents[i].channel);
        rows[i].is_given = consents[i].is_given != 0;
        at[i] = &rows[i];
    }
    return code == TALEA_OK ? call_only(client, "SetConsent", &message.base, timeout_ms, error)
                            : code;
}

int talea_set_birthday(struct talea_client *client, const char *transaction_id,
                       const struct talea_selector *member, const char *birthday,
                       int64_t timeout_ms, struct talea_error *error)
{
    Talea__V1__SetBirthdayRequest message;
    talea__v1__set_birthday_request__init(&message);
    Talea__V1__MemberSelector selector;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.member = &selector;
    message.birthday = client_text(birthday);
    return code == TALEA_OK ? call_only(client, "SetBirthday", &message.base, timeout_ms, error)
                            : code;
}

int talea_set_referrer(struct talea_client *client, const char *transaction_id,
                       const struct talea_selector *member, const struct talea_selector *referrer,
                       int64_t timeout_ms, struct talea_error *error)
{
    Talea__V1__SetReferrerRequest message;
    talea__v1__set_referrer_request__init(&message);
    Talea__V1__MemberSelector selectors[2];
    int code = account_select(member, &selectors[0], error);
    code = code == TALEA_OK ? account_select(referrer, &selectors[1], error) : code;
    message.transaction_id = client_text(transaction_id);
    message.member = &selectors[0];
    message.referrer = &selectors[1];
    return code == TALEA_OK ? call_only(client, "SetReferrer", &message.base, timeout_ms, error)
                            : code;
}

int talea_unblock_card(struct talea_client *client, const char *transaction_id, const char *card,
                       int64_t timeout_ms, struct talea_error *error)
{
    Talea__V1__UnblockCardRequest message;
    talea__v1__unblock_card_request__init(&message);
    message.transaction_id = client_text(transaction_id);
    message.card = client_text(card);
    return call_only(client, "UnblockCard", &message.base, timeout_ms, error);
}

int talea_merge_members(struct talea_client *client, const char *transaction_id,
                        const struct talea_selector *from, const struct talea_selector *into,
                        int64_t timeout_ms, struct talea_merged *out_merged,
                        struct talea_error *error)
{
    Talea__V1__MergeMembersRequest message;
    talea__v1__merge_members_request__init(&message);
    Talea__V1__MemberSelector selectors[2];
    ProtobufCMessage *reply = NULL;
    int code = account_select(from, &selectors[0], error);
    if (code == TALEA_OK) {
        code = account_select(into, &selectors[1], error);
    }
    message.transaction_id = client_text(transaction_id);
    message.from = &selectors[0];
    message.into = &selectors[1];
    if (code == TALEA_OK) {
        code = call(client, "MergeMembers", &message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        const Talea__V1__MergeMembersResponse *answer =
            (const Talea__V1__MergeMembersResponse *)reply;
        *out_merged = (struct talea_merged){answer->points, answer->debt_points,
                                            available_of(answer->balance), answer->journal_row};
    }
    client_free(reply);
    return code;
}

int talea_await_move(struct talea_client *client, const char *transaction_id, const char *card,
                     const char *own_card, int64_t timeout_ms, struct talea_error *error)
{
    Talea__V1__AwaitMoveRequest message;
    talea__v1__await_move_request__init(&message);
    message.transaction_id = client_text(transaction_id);
    message.card = client_text(card);
    message.own_card = client_text(own_card);
    return call_only(client, "AwaitMove", &message.base, timeout_ms, error);
}

int talea_move_member(struct talea_client *client, const char *transaction_id, const char *card,
                      const char *to, const char *new_card, int64_t timeout_ms, int64_t *out_points,
                      struct talea_error *error)
{
    Talea__V1__MoveMemberRequest message;
    talea__v1__move_member_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.card = client_text(card);
    message.to = client_text(to);
    message.new_card = client_text(new_card);
    int code = call(client, "MoveMember", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        *out_points = ((const Talea__V1__MoveMemberResponse *)reply)->points;
    }
    client_free(reply);
    return code;
}

int talea_unmerge_members(struct talea_client *client, const char *transaction_id,
                          const char *merge_id, int64_t timeout_ms, int64_t *out_points,
                          struct talea_error *error)
{
    Talea__V1__UnmergeMembersRequest message;
    talea__v1__unmerge_members_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.merge_id = client_text(merge_id);
    int code = call(client, "UnmergeMembers", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        *out_points = ((const Talea__V1__UnmergeMembersResponse *)reply)->points;
    }
    client_free(reply);
    return code;
}

int talea_erase_member(struct talea_client *client, const char *transaction_id,
                       const struct talea_selector *member, int64_t timeout_ms,
                       struct talea_error *error)
{
    Talea__V1__EraseMemberRequest message;
    talea__v1__erase_member_request__init(&message);
    Talea__V1__MemberSelector selector;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.member = &selector;
    return code == TALEA_OK ? call_only(client, "EraseMember", &message.base, timeout_ms, error)
                            : code;
}
