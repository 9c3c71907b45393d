/* The calls of a till that change something. */
#include <talea/v1/till.pb-c.h>

#include "client/account.h"

static int till_call(struct talea_client *client, const char *method,
                     const ProtobufCMessage *request, int64_t timeout_ms,
                     ProtobufCMessage **out_reply, struct talea_error *error)
{
    return client_call(client, &talea__v1__till_service__descriptor, method, request, timeout_ms,
                       out_reply, error);
}

int talea_enrol(struct talea_client *client, const struct talea_enrol *request, int64_t timeout_ms,
                struct talea_enrolled *out_enrolled, struct talea_error *error)
{
    Talea__V1__EnrolRequest message;
    talea__v1__enrol_request__init(&message);
    Talea__V1__MemberSelector referrer;
    ProtobufCMessage *reply = NULL;
    int code = TALEA_OK;
    if (request->referrer != NULL) {
        code = account_select(request->referrer, &referrer, error);
        message.referrer = &referrer;
    }
    message.birthday = client_text(request->birthday);
    message.transaction_id = client_text(request->transaction_id);
    message.reference = client_text(request->reference);
    message.display_name = client_text(request->display_name);
    if (code == TALEA_OK) {
        code = till_call(client, "Enrol", &message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        const Talea__V1__EnrolResponse *answer = (const Talea__V1__EnrolResponse *)reply;
        client_copy(out_enrolled->member_id, sizeof out_enrolled->member_id, answer->member_id);
        client_copy(out_enrolled->card, sizeof out_enrolled->card, answer->card);
    }
    client_free(reply);
    return code;
}

int talea_issue_card(struct talea_client *client, const char *transaction_id,
                     const struct talea_selector *member, int64_t timeout_ms,
                     char out_card[TALEA_CARD_SIZE], struct talea_error *error)
{
    Talea__V1__IssueCardRequest message;
    talea__v1__issue_card_request__init(&message);
    Talea__V1__MemberSelector selector;
    ProtobufCMessage *reply = NULL;
    int code = account_select(member, &selector, error);
    message.transaction_id = client_text(transaction_id);
    message.member = &selector;
    if (code == TALEA_OK) {
        code = till_call(client, "IssueCard", &message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        client_copy(out_card, TALEA_CARD_SIZE, ((const Talea__V1__IssueCardResponse *)reply)->card);
    }
    client_free(reply);
    return code;
}

int talea_block_card(struct talea_client *client, const char *transaction_id, const char *card,
                     int64_t timeout_ms, struct talea_error *error)
{
    Talea__V1__BlockCardRequest message;
    talea__v1__block_card_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.card = client_text(card);
    int code = till_call(client, "BlockCard", &message.base, timeout_ms, &reply, error);
    client_free(reply);
    return code;
}

static enum talea_authority authority_of(Talea__V1__AuthorisedBy by)
{
    switch (by) {
    case TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_OWN:
        return TALEA_AUTHORITY_OWN;
    case TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_GRANT:
        return TALEA_AUTHORITY_GRANT;
    case TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_MANDATE:
        return TALEA_AUTHORITY_MANDATE;
    case TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_UNSPECIFIED:
    case _TALEA__V1__AUTHORISED_BY_IS_INT_SIZE:
        break;
    }
    return TALEA_AUTHORITY_UNKNOWN;
}

int talea_authorise_burn(struct talea_client *client, const struct talea_authorise *request,
                         int64_t timeout_ms, struct talea_hold *out_hold, struct talea_error *error)
{
    Talea__V1__AuthoriseBurnRequest message;
    talea__v1__authorise_burn_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(request->transaction_id);
    message.card = client_text(request->card);
    message.points = request->points;
    message.receipt = client_text(request->receipt);
    message.capture_within_seconds = request->capture_within_seconds;
    int code = till_call(client, "AuthoriseBurn", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__AuthoriseBurnResponse *answer =
            (const Talea__V1__AuthoriseBurnResponse *)reply;
        *out_hold = (struct talea_hold){.held_points = answer->held_points,
                                        .authorised_by = authority_of(answer->authorised_by),
                                        .capture_by_unix_ms = answer->capture_by_unix_ms,
                                        .deliver_by_unix_ms = answer->deliver_by_unix_ms};
        client_copy(out_hold->hold_id, sizeof out_hold->hold_id, answer->hold_id);
        client_copy(out_hold->home, sizeof out_hold->home, answer->home);
    }
    client_free(reply);
    return code;
}

int talea_capture_burn(struct talea_client *client, const char *transaction_id, const char *hold_id,
                       int64_t points, int64_t timeout_ms, struct talea_captured *out_captured,
                       struct talea_error *error)
{
    Talea__V1__CaptureBurnRequest message;
    talea__v1__capture_burn_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.hold_id = client_text(hold_id);
    message.points = points;
    int code = till_call(client, "CaptureBurn", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__CaptureBurnResponse *answer =
            (const Talea__V1__CaptureBurnResponse *)reply;
        *out_captured = (struct talea_captured){answer->captured_points, answer->left_points,
                                                answer->journal_row};
    }
    client_free(reply);
    return code;
}

int talea_void_burn(struct talea_client *client, const char *transaction_id, const char *hold_id,
                    int64_t timeout_ms, int64_t *out_voided_points, struct talea_error *error)
{
    Talea__V1__VoidBurnRequest message;
    talea__v1__void_burn_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.hold_id = client_text(hold_id);
    int code = till_call(client, "VoidBurn", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        *out_voided_points = ((const Talea__V1__VoidBurnResponse *)reply)->voided_points;
    }
    client_free(reply);
    return code;
}

int talea_return_burn(struct talea_client *client, const char *transaction_id, const char *hold_id,
                      int64_t points, const char *receipt, int64_t timeout_ms,
                      int64_t *out_returned_points, struct talea_error *error)
{
    Talea__V1__ReturnBurnRequest message;
    talea__v1__return_burn_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.hold_id = client_text(hold_id);
    message.points = points;
    message.receipt = client_text(receipt);
    int code = till_call(client, "ReturnBurn", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        *out_returned_points = ((const Talea__V1__ReturnBurnResponse *)reply)->returned_points;
    }
    client_free(reply);
    return code;
}
