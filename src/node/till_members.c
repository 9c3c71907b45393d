/* A till's members and cards: enrolment, more cards, blocking. */
#include "crypto/random.h"
#include "node/consent.h"
#include "node/node.h"
#include "node/personal.h"
#include "node/referrer.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/till.pb-c.h"

static void send_enrolled(struct reply *reply)
{
    Talea__V1__EnrolResponse response;
    talea__v1__enrol_response__init(&response);
    char member[UID_TEXT_MAX];
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    uid_format(&reply->outcome.answer.member, member);
    response.member_id = member;
    response.card = reply->outcome.answer.card.digits;
    rpc_call_reply(reply->call, &response.base);
}

void till_enrol(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__EnrolRequest *request = (const Talea__V1__EnrolRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_ENROL, &transaction);
    struct random_source random = random_system();
    struct personal personal = {.reference = ""};
    struct consent_change change;
    uint8_t sealed[LIMIT_SEALED_PROFILE_BYTES];
    command.enrol.member = uid_new(&random, command.business_time);
    if (!request_text(call, "reference", request->reference, personal.reference,
                      sizeof personal.reference) ||
        !request_text(call, "display_name", request->display_name, personal.name,
                      sizeof personal.name) ||
        !request_consents(call, request->language, request->consents, request->n_consents,
                          &change)) {
        return;
    }
    if (!request_birthday(node, call, request->birthday, &personal.birthday) ||
        !request_referrer(node, call, request->referrer, &command.enrol.referrer)) {
        return;
    }
    notify_wishes_change(&personal.wishes, change.language, change.changed, change.agreed);
    enum err err = personal_seal(node, &personal, sealed, &command.enrol);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    reply_after(node, call, &command, NULL, send_enrolled);
}

static void send_issued_card(struct reply *reply)
{
    Talea__V1__IssueCardResponse response;
    talea__v1__issue_card_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.card = reply->outcome.answer.card.digits;
    rpc_call_reply(reply->call, &response.base);
}

void till_issue_card(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__IssueCardRequest *request =
        (const Talea__V1__IssueCardRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_ISSUE_CARD, &transaction);
    if (request_member_now(node, call, request->member, &command.card.member)) {
        reply_after(node, call, &command, NULL, send_issued_card);
    }
}

static void send_blocked_card(struct reply *reply)
{
    Talea__V1__BlockCardResponse response;
    talea__v1__block_card_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    rpc_call_reply(reply->call, &response.base);
}

void till_block_card(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__BlockCardRequest *request =
        (const Talea__V1__BlockCardRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_BLOCK_CARD, &transaction);
    if (request_card(call, request->card, &command.card.card)) {
        reply_after(node, call, &command, NULL, send_blocked_card);
    }
}
