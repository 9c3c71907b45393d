/* A shopper's answers, over RPC, and what was written with them. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/programme_plans.h"
#include "measure/answer.h"
#include "node/given_event.h"
#include "node/judging.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/surveys.h"
#include "store/vault.h"
#include "talea/v1/measure.pb-c.h"

#define COMMENT_DOMAIN "talea.v1.survey.comment"
#define CASE_BYTES     (2u << 20)

/* Given again at each call of it, as all that an answer leads to. */
enum answer_part {
    PART_ANSWER = 1,
    PART_EVENT = 2
};

struct answering {
    struct node *node;
    struct rpc_call *call;
    struct snapshot *snapshot;
    const struct survey_plan *survey;
    const char *comment;
    unsigned score;
    struct uid sale;
    struct sale row;
    struct standing_owner owner; /* who bought */
    char store[LIMIT_GOODS_TEXT_BYTES + 1];
    struct buffer sealed;
};

const struct survey_plan *survey_in(const struct programme_version *version, const char *name)
{
    const struct programme_plans *plans = &version->file.plans;
    for (size_t i = 0; i < plans->survey_count; i++) {
        if (strcmp(plans->surveys[i].name, name) == 0) {
            return &plans->surveys[i];
        }
    }
    return NULL;
}

static struct uid part_id(const struct answering *a, enum answer_part part)
{
    struct hasher hasher;
    uint8_t number = (uint8_t)part;
    hasher_init(&hasher, HASH_DOMAIN_SURVEY);
    hasher_add(&hasher, slice_of(&number, 1));
    hasher_add(&hasher, slice_of(a->sale.bytes, sizeof a->sale.bytes));
    hasher_add(&hasher, slice_of(a->survey->name, strlen(a->survey->name)));
    struct hash hash = hasher_finish(&hasher);
    return uid_v8(a->row.business_time.ms, hash.bytes); /* always the same */
}

/* ---- What is asked, and of what ---- */

static bool read_sale(struct answering *a, const Talea__V1__AnswerSurveyRequest *request)
{
    struct card_number card;
    char receipt[LIMIT_REFERENCE_BYTES + 1];
    if (request->receipt[0] == '\0') {
        return request_uid(a->call, "sale_id", request->sale_id, &a->sale);
    }
    if (!request_card(a->call, request->card, &card) ||
        !request_text(a->call, "receipt", request->receipt, receipt, sizeof receipt)) {
        return false;
    }
    enum err err = survey_find_sale(a->node, &card, receipt, &a->sale);
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(a->call, VERDICT_SALE_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(a->call, err, NULL);
    }
    return err == ERR_OK;
}

static bool read_answer(struct answering *a, const Talea__V1__AnswerSurveyRequest *request)
{
    struct slice comment = slice_of(request->comment, strlen(request->comment));
    unsigned least = a->survey->scale == SURVEY_SCALE_1_5 ? 1 : 0;
    unsigned most = a->survey->scale == SURVEY_SCALE_1_5 ? 5 : SURVEY_SCORE_MAX;
    if (request->score < least || request->score > most) {
        refuse(a->call, 3, "SCORE_OUT_OF_SCALE", "The survey asks for %u to %u.", least, most);
        return false;
    }
    if (comment.length > LIMIT_COMMENT_BYTES || !text_is_utf8(comment)) {
        refuse(a->call, 3, "COMMENT_TOO_LONG", "A comment is text of up to %u bytes.",
               LIMIT_COMMENT_BYTES);
        return false;
    }
    if (comment.length > 0 && !a->survey->has_comment) {
        refuse(a->call, 9, "NO_COMMENT", "The survey asks for no comment.");
        return false;
    }
    a->score = request->score;
    a->comment = request->comment;
    return read_sale(a, request);
}

static enum err read_store(struct answering *a)
{
    struct kept_case kept;
    struct arena arena;
    arena_init(&arena, CASE_BYTES);
    enum err err = judging_read_case(a->node, a->snapshot, &a->sale, &arena, &kept);
    if (err == ERR_OK) {
        (void)text_clean_line(a->store, sizeof a->store, kept.occasion.store);
    }
    arena_fini(&arena);
    return err == ERR_NOT_FOUND ? ERR_OK : err; /* it was not judged: nobody said where it was */
}

/* The key of the member's personal data, so that what was written goes with it. */
static enum err seal_comment(struct answering *a, const struct ledger_view *view)
{
    struct profile profile;
    struct uid member;
    uint64_t slot;
    if (a->comment[0] == '\0') {
        return ERR_OK;
    }
    if (a->owner.kind != OWNER_MEMBER) {
        return ERR_DENIED;
    }
    memcpy(member.bytes, a->owner.id, sizeof member.bytes);
    TRY(ledger_get_profile(view, &member, &profile));
    if (profile.sealed_length == 0) {
        return ERR_DENIED;
    }
    TRY(vault_sealed_slot(slice_of(profile.sealed, profile.sealed_length), &slot));
    return vault_seal(a->node->vault, slot, slice_of(a->comment, strlen(a->comment)), &a->sealed);
}

static enum err find_sale(struct answering *a)
{
    struct state_reader *reader;
    TRY(readers_take(a->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_sale(&view, &a->node->config.partner, &a->sale, &a->row);
    if (err == ERR_OK) {
        struct standing_owner named = a->row.card.digits[0] != '\0'
                                          ? standing_of_card(&a->row.card)
                                          : standing_of_member(&a->row.member);
        err = ledger_follow_owner(&view, &a->snapshot->roster, &named, &a->owner);
    }
    err = err == ERR_OK ? seal_comment(a, &view) : err;
    readers_give(a->node->readers, reader);
    return err == ERR_OK ? read_store(a) : err;
}

/* False: the call was refused. */
static bool may_answer(struct answering *a)
{
    enum err err = find_sale(a);
    int64_t until = a->row.business_time.ms + (int64_t)a->survey->days * DAY_MS;
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(a->call, VERDICT_SALE_UNKNOWN);
    } else if (err == ERR_DENIED) {
        refuse(a->call, 9, "COMMENT_NOT_KEPT",
               "Comments are kept of this brand's own members only: leave it out.");
    } else if (err != ERR_OK) {
        refuse_err(a->call, err, NULL);
    } else if (node_now(a->node).ms >= until) {
        refuse(a->call, 9, "SURVEY_OVER", "It is asked for %u days after the purchase.",
               a->survey->days);
        err = ERR_CONFLICT;
    }
    return err == ERR_OK;
}

/* ---- Keeping it ---- */

/* The score, and the comment under the vault's key: who has the journal can't try out texts. */
static struct hash said_of(const struct answering *a)
{
    struct hasher hasher;
    uint8_t tag[VAULT_TAG_BYTES];
    uint8_t score = (uint8_t)a->score;
    vault_tag(a->node->vault, COMMENT_DOMAIN, slice_of(a->comment, strlen(a->comment)), tag);
    hasher_init(&hasher, HASH_DOMAIN_SURVEY);
    hasher_add(&hasher, slice_of(&score, 1));
    hasher_add(&hasher, slice_of(tag, sizeof tag));
    return hasher_finish(&hasher);
}

static struct outcome keep_answer(struct answering *a)
{
    CLEANUP(buffer_fini) struct buffer evidence = {0};
    struct survey_answer answer = {.survey = slice_of(a->survey->name, strlen(a->survey->name)),
                                   .sale = a->sale,
                                   .score = a->score,
                                   .store = slice_of(a->store, strlen(a->store)),
                                   .comment = buffer_slice(&a->sealed)};
    struct uid id = part_id(a, PART_ANSWER);
    struct uid transaction =
        standing_transaction(STANDING_ID_CHANGE, &a->node->config.partner, &id);
    struct command command = command_now(a->node, COMMAND_CHANGE_STANDING, &transaction);
    survey_answer_encode(&answer, &evidence);
    if (evidence.err != ERR_OK) {
        return (struct outcome){.err = evidence.err};
    }
    command.standing = (struct command_standing){.issuer = a->node->config.partner,
                                                 .occasion = id,
                                                 .said = said_of(a),
                                                 .evidence = buffer_slice(&evidence)};
    return engine_execute(a->node->engine, &command);
}

static void answer_call(struct answering *a, const struct outcome *kept)
{
    Talea__V1__AnswerSurveyResponse response;
    struct outcome given = {.verdict = VERDICT_OK};
    struct note note = {""};
    struct given_event event = {.id = part_id(a, PART_EVENT),
                                .owner = a->owner,
                                .event = a->survey->event,
                                .store = a->store,
                                .channel = ""};
    talea__v1__answer_survey_response__init(&response);
    enum err err = event.event == NULL
                       ? ERR_OK
                       : given_event_record(a->node, a->snapshot, &event, &given, &note);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        refuse_err(a->call, err, note.text[0] != '\0' ? &note : NULL);
        return;
    }
    response.earned_points = given.verdict == VERDICT_OK ? given.answer.points.minor : 0;
    response.journal_row = kept->answer.row;
    response.is_repeat = kept->is_repeat;
    rpc_call_reply(a->call, &response.base);
}

static void answer(struct answering *a)
{
    struct outcome kept = keep_answer(a);
    if (kept.err != ERR_OK) {
        refuse_err(a->call, kept.err, NULL);
    } else if (kept.verdict == VERDICT_TRANSACTION_ID_REUSED) {
        refuse(a->call, 6, "SURVEY_ANSWERED", "This purchase was answered for, and otherwise.");
    } else if (kept.verdict != VERDICT_OK) {
        refuse_verdict(a->call, kept.verdict);
    } else {
        answer_call(a, &kept);
    }
}

void measure_answer_survey(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__AnswerSurveyRequest *request =
        (const Talea__V1__AnswerSurveyRequest *)(const void *)message;
    struct answering a = {.node = node, .call = call, .snapshot = node_snapshot(node)};
    a.survey = survey_in(programmes_at(a.snapshot->programmes, node_now(node)), request->survey);
    if (a.survey == NULL) {
        refuse(call, 5, "SURVEY_UNKNOWN", "The programme in force has no survey of this name.");
    } else if (read_answer(&a, request) && may_answer(&a)) {
        answer(&a);
    }
    buffer_fini(&a.sealed);
    snapshot_release(a.snapshot);
}
