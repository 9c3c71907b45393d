/* The calls of a back office. */
#include <stdlib.h>
#include <talea/v1/back_office.pb-c.h>

#include "client/account.h"

static int no_memory(struct talea_error *error)
{
    return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                       "There is no memory.");
}

static int copy_member(const Talea__V1__Member *member, struct talea_member *out,
                       struct talea_error *error)
{
    struct talea_member copy = {.enrolled_unix_ms = member->enrolled_unix_ms,
                                .card_count = member->n_cards};
    client_copy(copy.member_id, sizeof copy.member_id, member->member_id);
    client_copy(copy.reference, sizeof copy.reference, member->reference);
    client_copy(copy.display_name, sizeof copy.display_name, member->display_name);
    copy.cards = calloc(member->n_cards + 1, sizeof copy.cards[0]);
    if (copy.cards == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < member->n_cards; i++) {
        client_copy(copy.cards[i].number, sizeof copy.cards[i].number, member->cards[i]->number);
        copy.cards[i].is_blocked =
            member->cards[i]->state == TALEA__V1__CARD_STATE__CARD_STATE_BLOCKED;
    }
    int code = account_copy_balance(member->balance, member->member_id, &copy.balance, error);
    if (code != TALEA_OK) {
        free(copy.cards);
        return code;
    }
    *out = copy;
    return TALEA_OK;
}

int talea_get_member(struct talea_client *client, const struct talea_selector *member,
                     int64_t timeout_ms, struct talea_member *out_member, struct talea_error *error)
{
    Talea__V1__GetMemberRequest request;
    talea__v1__get_member_request__init(&request);
    Talea__V1__MemberSelector selector;
    ProtobufCMessage *message = NULL;
    int code = account_select(member, &selector, error);
    request.member = &selector;
    if (code == TALEA_OK) {
        code = client_call(client, &talea__v1__back_office_service__descriptor, "GetMember",
                           &request.base, timeout_ms, &message, error);
    }
    if (code == TALEA_OK) {
        const Talea__V1__Member *found = ((const Talea__V1__GetMemberResponse *)message)->member;
        code = found == NULL ? client_fail(error, TALEA_INTERNAL, "MALFORMED_REPLY",
                                           "The node's answer has no member.")
                             : copy_member(found, out_member, error);
    }
    client_free(message);
    return code;
}

void talea_member_free(struct talea_member *member)
{
    if (member != NULL) {
        talea_balance_free(&member->balance);
        free(member->cards);
        *member = (struct talea_member){.cards = NULL};
    }
}

static int copy_report(const Talea__V1__GetReportResponse *reply, struct talea_report *out,
                       struct talea_error *error)
{
    struct talea_report copy = {.account_count = reply->n_accounts,
                                .members = reply->members,
                                .available_points = reply->available_points,
                                .pending_points = reply->pending_points,
                                .held_points = reply->held_points,
                                .debt_points = reply->debt_points,
                                .journal_rows = reply->journal_rows};
    copy.accounts = calloc(reply->n_accounts + 1, sizeof copy.accounts[0]);
    if (copy.accounts == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < reply->n_accounts; i++) {
        const Talea__V1__AccountTotal *total = reply->accounts[i];
        copy.accounts[i] = (struct talea_account){.period = total->period,
                                                  .debit_points = total->debit_points,
                                                  .credit_points = total->credit_points};
        client_copy(copy.accounts[i].account, sizeof copy.accounts[i].account, total->account);
        client_copy(copy.accounts[i].partner, sizeof copy.accounts[i].partner, total->partner);
    }
    *out = copy;
    return TALEA_OK;
}

int talea_get_report(struct talea_client *client, int64_t timeout_ms,
                     struct talea_report *out_report, struct talea_error *error)
{
    Talea__V1__GetReportRequest request;
    talea__v1__get_report_request__init(&request);
    ProtobufCMessage *message = NULL;
    int code = client_call(client, &talea__v1__back_office_service__descriptor, "GetReport",
                           &request.base, timeout_ms, &message, error);
    if (code == TALEA_OK) {
        code = copy_report((const Talea__V1__GetReportResponse *)message, out_report, error);
    }
    client_free(message);
    return code;
}

void talea_report_free(struct talea_report *report)
{
    if (report != NULL) {
        free(report->accounts);
        *report = (struct talea_report){.accounts = NULL};
    }
}
