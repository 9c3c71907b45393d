/* Coupons' codes, events and answers to surveys: talea/programme.h. */
#include <stdlib.h>
#include <talea/programme.h>
#include <talea/v1/measure.pb-c.h>
#include <talea/v1/programme.pb-c.h>

#include "client/account.h"

int talea_get_coupon(struct talea_client *client, const char *code, const char *card,
                     int64_t timeout_ms, struct talea_coupon_code *out_code,
                     struct talea_error *error)
{
    Talea__V1__GetCouponRequest message;
    talea__v1__get_coupon_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.code = client_text(code);
    message.card = client_text(card);
    int result = client_call(client, &talea__v1__programme_service__descriptor, "GetCoupon",
                             &message.base, timeout_ms, &reply, error);
    if (result == TALEA_OK) {
        const Talea__V1__GetCouponResponse *answer = (const Talea__V1__GetCouponResponse *)reply;
        *out_code = (struct talea_coupon_code){.state = (int)answer->state,
                                               .until_local_ms = answer->until_local_ms,
                                               .is_personal = answer->is_personal ? 1 : 0,
                                               .is_for_card = answer->is_for_card ? 1 : 0};
        client_copy(out_code->coupon, sizeof out_code->coupon, answer->coupon);
    }
    client_free(reply);
    return result;
}

/* A request with room for its members. */
struct issue {
    Talea__V1__IssueCouponsRequest message;
    Talea__V1__MemberSelector *members;
    Talea__V1__MemberSelector **list;
};

static void issue_fini(struct issue *issue)
{
    free(issue->members);
    free(issue->list);
}

/* To be ended whatever comes out. */
static int issue_init(struct issue *issue, const struct talea_coupon_issue *request,
                      struct talea_error *error)
{
    *issue = (struct issue){.members = NULL};
    talea__v1__issue_coupons_request__init(&issue->message);
    if (request->member_count == 0 || request->member_count > TALEA_COUPONS_MAX) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_INPUT",
                           "A call issues codes for 1 to 1,000 members.");
    }
    issue->members = calloc(request->member_count, sizeof issue->members[0]);
    issue->list = calloc(request->member_count, sizeof(void *));
    if (issue->members == NULL || issue->list == NULL) {
        return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                           "There is no memory.");
    }
    for (size_t i = 0; i < request->member_count; i++) {
        int code = account_select(&request->members[i], &issue->members[i], error);
        if (code != TALEA_OK) {
            return code;
        }
        issue->list[i] = &issue->members[i];
    }
    issue->message.transaction_id = client_text(request->transaction_id);
    issue->message.coupon = client_text(request->coupon);
    issue->message.until_local_ms = request->until_local_ms;
    issue->message.members = issue->list;
    issue->message.n_members = request->member_count;
    issue->message.one_each = 1;
    return TALEA_OK;
}

int talea_issue_coupons(struct talea_client *client, const struct talea_coupon_issue *request,
                        int64_t timeout_ms, char (*out_codes)[TALEA_CODE_SIZE],
                        struct talea_error *error)
{
    struct issue issue;
    ProtobufCMessage *reply = NULL;
    int code = issue_init(&issue, request, error);
    if (code == TALEA_OK) {
        code = client_call(client, &talea__v1__programme_service__descriptor, "IssueCoupons",
                           &issue.message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        const Talea__V1__IssueCouponsResponse *answer =
            (const Talea__V1__IssueCouponsResponse *)reply;
        for (size_t i = 0; i < request->member_count; i++) {
            client_copy(out_codes[i], TALEA_CODE_SIZE, i < answer->n_codes ? answer->codes[i] : "");
        }
    }
    client_free(reply);
    issue_fini(&issue);
    return code;
}

int talea_answer_survey(struct talea_client *client, const struct talea_survey_answer *request,
                        int64_t timeout_ms, struct talea_survey_answered *out_answered,
                        struct talea_error *error)
{
    Talea__V1__AnswerSurveyRequest message;
    talea__v1__answer_survey_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.survey = client_text(request->survey);
    message.sale_id = client_text(request->sale_id);
    message.card = client_text(request->card);
    message.receipt = client_text(request->receipt);
    message.score = request->score;
    message.comment = client_text(request->comment);
    int code = client_call(client, &talea__v1__measure_service__descriptor, "AnswerSurvey",
                           &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__AnswerSurveyResponse *answer =
            (const Talea__V1__AnswerSurveyResponse *)reply;
        *out_answered = (struct talea_survey_answered){answer->earned_points, answer->journal_row,
                                                       answer->is_repeat ? 1 : 0};
    }
    client_free(reply);
    return code;
}
