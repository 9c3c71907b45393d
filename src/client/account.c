#include "client/account.h"

#include <stdlib.h>
#include <talea/v1/back_office.pb-c.h>
#include <talea/v1/till.pb-c.h>

int account_select(const struct talea_selector *selector, Talea__V1__MemberSelector *out,
                   struct talea_error *error)
{
    talea__v1__member_selector__init(out);
    int count =
        (selector->card != NULL) + (selector->member_id != NULL) + (selector->reference != NULL);
    if (count != 1) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_INPUT",
                           "Say whose by exactly one of card, member_id and reference.");
    }
    if (selector->card != NULL) {
        out->by_case = TALEA__V1__MEMBER_SELECTOR__BY_CARD;
        out->card = client_text(selector->card);
    } else if (selector->member_id != NULL) {
        out->by_case = TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
        out->member_id = client_text(selector->member_id);
    } else {
        out->by_case = TALEA__V1__MEMBER_SELECTOR__BY_REFERENCE;
        out->reference = client_text(selector->reference);
    }
    return TALEA_OK;
}

int account_copy_balance(const Talea__V1__Balance *balance, const char *member_id,
                         struct talea_balance *out, struct talea_error *error)
{
    struct talea_balance copy = {.lots = NULL};
    client_copy(copy.member_id, sizeof copy.member_id, member_id);
    if (balance != NULL && balance->n_lots > 0) {
        copy.lots = calloc(balance->n_lots, sizeof copy.lots[0]);
        if (copy.lots == NULL) {
            return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                               "There is no memory.");
        }
    }
    if (balance != NULL) {
        copy.available_points = balance->available_points;
        copy.pending_points = balance->pending_points;
        copy.held_points = balance->held_points;
        copy.debt_points = balance->debt_points;
        copy.as_of_unix_ms = balance->as_of_unix_ms;
        copy.lot_count = balance->n_lots;
    }
    for (size_t i = 0; i < copy.lot_count; i++) {
        const Talea__V1__Lot *lot = balance->lots[i];
        copy.lots[i] = (struct talea_lot){.tariff = lot->tariff,
                                          .active_from_unix_ms = lot->active_from_unix_ms,
                                          .expires_at_unix_ms = lot->expires_at_unix_ms,
                                          .free_points = lot->free_points,
                                          .held_points = lot->held_points,
                                          .idle_months = lot->idle_months};
        client_copy(copy.lots[i].issuer, sizeof copy.lots[i].issuer, lot->issuer);
    }
    *out = copy;
    return TALEA_OK;
}

void talea_balance_free(struct talea_balance *balance)
{
    if (balance != NULL) {
        free(balance->lots);
        free(balance->expiring);
        *balance = (struct talea_balance){.lots = NULL};
    }
}

static int copy_expiring(const Talea__V1__GetBalanceResponse *reply, struct talea_balance *balance,
                         struct talea_error *error)
{
    if (reply->n_expiring == 0) {
        return TALEA_OK;
    }
    balance->expiring = calloc(reply->n_expiring, sizeof balance->expiring[0]);
    if (balance->expiring == NULL) {
        return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                           "There is no memory.");
    }
    for (size_t i = 0; i < reply->n_expiring; i++) {
        const Talea__V1__Expiry *expiry = reply->expiring[i];
        balance->expiring[i] = (struct talea_expiry){expiry->expires_at_unix_ms, expiry->points};
    }
    balance->expiry_count = reply->n_expiring;
    return TALEA_OK;
}

static int copy_answer(const Talea__V1__GetBalanceResponse *reply, struct talea_balance *out,
                       struct talea_error *error)
{
    struct talea_balance copy;
    int code = account_copy_balance(reply->balance, reply->member_id, &copy, error);
    if (code != TALEA_OK) {
        return code;
    }
    code = copy_expiring(reply, &copy, error);
    if (code != TALEA_OK) {
        talea_balance_free(&copy);
        return code;
    }
    *out = copy;
    return TALEA_OK;
}

int talea_get_balance_at(struct talea_client *client, const struct talea_selector *member,
                         int64_t as_of_unix_ms, int64_t timeout_ms,
                         struct talea_balance *out_balance, struct talea_error *error)
{
    Talea__V1__GetBalanceRequest request;
    talea__v1__get_balance_request__init(&request);
    Talea__V1__MemberSelector selector;
    ProtobufCMessage *message = NULL;
    int code = account_select(member, &selector, error);
    request.member = &selector;
    request.as_of_unix_ms = as_of_unix_ms;
    if (code == TALEA_OK) {
        code = client_call(client, &talea__v1__till_service__descriptor, "GetBalance",
                           &request.base, timeout_ms, &message, error);
    }
    if (code == TALEA_OK) {
        code = copy_answer((const Talea__V1__GetBalanceResponse *)message, out_balance, error);
    }
    client_free(message);
    return code;
}

int talea_get_balance(struct talea_client *client, const struct talea_selector *member,
                      int64_t timeout_ms, struct talea_balance *out_balance,
                      struct talea_error *error)
{
    return talea_get_balance_at(client, member, 0, timeout_ms, out_balance, error);
}

static void copy_history_row(const Talea__V1__HistoryRow *row, struct talea_history_row *out)
{
    *out = (struct talea_history_row){.journal_row = row->journal_row,
                                      .kind = (int)row->kind,
                                      .recorded_unix_ms = row->recorded_unix_ms,
                                      .business_unix_ms = row->business_unix_ms,
                                      .available_delta_points = row->available_delta_points,
                                      .pending_delta_points = row->pending_delta_points,
                                      .held_delta_points = row->held_delta_points,
                                      .debt_delta_points = row->debt_delta_points};
    client_copy(out->transaction_id, sizeof out->transaction_id, row->transaction_id);
    client_copy(out->partner, sizeof out->partner, row->partner);
    client_copy(out->reference, sizeof out->reference, row->reference);
}

static int copy_history(const Talea__V1__ListHistoryResponse *reply, struct talea_history *out,
                        struct talea_error *error)
{
    struct talea_history copy = {.row_count = reply->n_rows};
    copy.rows = calloc(reply->n_rows + 1, sizeof copy.rows[0]);
    if (copy.rows == NULL) {
        return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                           "There is no memory.");
    }
    for (size_t i = 0; i < reply->n_rows; i++) {
        copy_history_row(reply->rows[i], &copy.rows[i]);
    }
    client_copy(copy.next_page, sizeof copy.next_page, reply->next_page_token);
    *out = copy;
    return TALEA_OK;
}

int talea_list_history(struct talea_client *client, const struct talea_selector *member,
                       uint32_t row_max, const char *page, int64_t timeout_ms,
                       struct talea_history *out_history, struct talea_error *error)
{
    static const struct talea_history_filter all;
    return talea_list_history_of(client, member, &all, row_max, page, timeout_ms, out_history,
                                 error);
}

int talea_list_history_of(struct talea_client *client, const struct talea_selector *member,
                          const struct talea_history_filter *filter, uint32_t row_max,
                          const char *page, int64_t timeout_ms, struct talea_history *out_history,
                          struct talea_error *error)
{
    Talea__V1__HistoryKind kind = (Talea__V1__HistoryKind)filter->kind;
    Talea__V1__ListHistoryRequest request;
    talea__v1__list_history_request__init(&request);
    Talea__V1__MemberSelector selector;
    ProtobufCMessage *message = NULL;
    int code = account_select(member, &selector, error);
    request.member = &selector;
    request.page_size = row_max;
    request.page_token = client_text(page);
    request.account = (Talea__V1__HistoryAccount)filter->account;
    request.kinds = &kind;
    request.n_kinds = filter->kind == 0 ? 0 : 1;
    request.from_unix_ms = filter->from_unix_ms;
    request.to_unix_ms = filter->to_unix_ms;
    request.transaction_id = client_text(filter->transaction_id);
    if (code == TALEA_OK) {
        code = client_call(client, &talea__v1__till_service__descriptor, "ListHistory",
                           &request.base, timeout_ms, &message, error);
    }
    if (code == TALEA_OK) {
        code = copy_history((const Talea__V1__ListHistoryResponse *)message, out_history, error);
    }
    client_free(message);
    return code;
}

void talea_history_free(struct talea_history *history)
{
    if (history != NULL) {
        free(history->rows);
        *history = (struct talea_history){.rows = NULL};
    }
}
