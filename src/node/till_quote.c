/* A basket before it is paid: quoted, confirmed, or given up. */
#include <string.h>

#include "ledger/route.h"
#include "node/earning.h"
#include "node/judging_quote.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/till_judged.h"

#define FAILED_PRECONDITION 9

/* ---- The answer ---- */

static enum err fill_lines(const struct kept_quote *kept, struct arena *arena,
                           Talea__V1__QuoteResponse *response)
{
    response->line_discounts_minor =
        arena_alloc(arena, (kept->line_count + 1) * sizeof *response->line_discounts_minor);
    for (size_t i = 0; response->line_discounts_minor != NULL && i < kept->line_count; i++) {
        response->line_discounts_minor[i] = kept->line_discounts[i].minor;
    }
    response->n_line_discounts_minor = kept->line_count;
    return response->line_discounts_minor == NULL ? ERR_RESOURCE : ERR_OK;
}

/* What the quote said, also when it is asked for again: of what was kept. */
static enum err fill_response(const struct programme_version *version,
                              const struct kept_quote *kept, const struct kept_case *judged,
                              struct arena *arena, struct judged_answer *answer)
{
    Talea__V1__QuoteResponse *response = arena_alloc(arena, sizeof *response);
    uint8_t *digest = arena_alloc(arena, sizeof kept->digest);
    if (response == NULL || digest == NULL) {
        return ERR_RESOURCE;
    }
    TRY(judged_answer_fill(version, judged, arena, answer));
    talea__v1__quote_response__init(response);
    TRY(fill_lines(kept, arena, response));
    memcpy(digest, kept->digest, sizeof kept->digest);
    response->gross_minor = judged->gross.minor;
    response->discount_minor = judged->discount.minor;
    response->earned_points = judged->points.minor;
    response->awards = answer->awards;
    response->n_awards = answer->award_count;
    response->codes = answer->codes;
    response->n_codes = answer->code_count;
    response->items = answer->items;
    response->n_items = answer->item_count;
    response->spendable_points = kept->spendable.minor;
    response->payable_minor = kept->payable.minor;
    response->is_balance_known = kept->is_balance_known;
    response->digest = (ProtobufCBinaryData){sizeof kept->digest, digest};
    response->programme_version = answer->programme_version;
    response->to_pay_minor =
        judged->gross.minor - judged->discount.minor - judged->occasion.paid_in_points.minor;
    answer->quote = response;
    return ERR_OK;
}

/* What was made just now, out of the case's own evidence. */
static enum err read_own(struct till_judged *till, struct arena *arena, struct kept_quote *out_kept,
                         struct kept_case *out_case, struct unix_ms *out_until)
{
    const struct buffer *evidence = &till->judged.evidence;
    uint8_t *copy = arena_alloc(arena, evidence->length + 1);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(copy, evidence->at, evidence->length);
    TRY(kept_quote_decode(slice_of(copy, evidence->length), arena, out_kept));
    *out_until = till->judged.until;
    return kept_case_decode(out_kept->judged, arena, out_case);
}

static enum err fill_quote(struct till_judged *till, bool is_repeat, struct judged_answer *answer)
{
    struct arena *arena = rpc_call_arena(till->call);
    struct kept_quote kept;
    struct kept_case judged;
    struct unix_ms until;
    struct standing_owner held_by;
    TRY(is_repeat ? judging_read_quote(till->node, &till->judged.quote_id, arena, &kept, &judged,
                                       &until, &held_by)
                  : read_own(till, arena, &kept, &judged, &until));
    const struct programme_version *version =
        programmes_find(till->snapshot->programmes, judged.programme);
    if (version == NULL || version->rules == NULL) {
        return ERR_CORRUPT;
    }
    TRY(fill_response(version, &kept, &judged, arena, answer));
    answer->quote->until_unix_ms = until.ms;
    return ERR_OK;
}

static void send_quote(struct node *node, struct rpc_call *call, const struct uid *id,
                       const struct outcome *outcome, const struct judged_answer *answer)
{
    char quote[UID_TEXT_MAX];
    (void)node;
    (void)outcome;
    uid_format(id, quote);
    answer->quote->quote_id = quote;
    rpc_call_reply(call, &answer->quote->base);
}

/* ---- The quote ---- */

static enum err own_card(const struct ledger_view *view, const struct card_number *number,
                         enum verdict *out_verdict)
{
    struct card card;
    struct member member;
    struct uid id;
    *out_verdict = VERDICT_CARD_UNKNOWN;
    TRY(ledger_get_card(view, number, &card));
    id = card.member;
    TRY(ledger_follow_member(view, &id, &member));
    *out_verdict = card.is_blocked     ? VERDICT_CARD_BLOCKED
                   : member.is_blocked ? VERDICT_MEMBER_BLOCKED
                                       : VERDICT_OK;
    return ERR_OK;
}

/* What an earn would be refused for, as far as it is known before. */
static enum err check_card(const struct ledger_view *view, const struct roster *roster,
                           const struct card_number *number, enum verdict *out_verdict)
{
    const struct roster_partner *home = roster_home_of(roster, number);
    struct card_status status;
    *out_verdict = VERDICT_PARTNER_UNKNOWN;
    if (home == NULL) {
        return ERR_OK;
    }
    if (roster_is_self(roster, &home->id)) {
        enum err err = own_card(view, number, out_verdict);
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(ledger_get_card_status(view, number, &status));
    *out_verdict = status.is_blocked ? VERDICT_CARD_BLOCKED : VERDICT_OK;
    return ERR_OK;
}

static bool is_card_good(struct node *node, struct rpc_call *call, const struct snapshot *snapshot,
                         const struct card_number *card)
{
    struct state_reader *reader;
    enum verdict verdict = VERDICT_OK;
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = check_card(&view, &snapshot->roster, card, &verdict);
        readers_give(node->readers, reader);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else if (verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
    }
    return err == ERR_OK && verdict == VERDICT_OK;
}

static bool read_purchase(struct node *node, struct rpc_call *call,
                          const Talea__V1__EarnRequest *purchase, struct command *out_give)
{
    struct uid transaction;
    if (purchase == NULL || purchase->business_unix_ms != 0 || purchase->fixed_points != 0 ||
        purchase->promotion != 0 || purchase->receipt[0] != '\0') {
        refuse(call, 3, "INVALID_INPUT",
               "purchase is missing, or has a receipt, a time, fixed_points or a promotion.");
        return false;
    }
    if (!request_transaction(call, purchase->transaction_id, &transaction)) {
        return false;
    }
    *out_give = command_now(node, COMMAND_EARN, &transaction);
    struct command_earn *earn = &out_give->earn;
    return request_card(call, purchase->card, &earn->card) &&
           request_text(call, "currency", purchase->currency, earn->currency,
                        sizeof earn->currency);
}

/* False: refused. */
static bool check_quote(struct node *node, struct rpc_call *call, const struct snapshot *snapshot,
                        struct command *give)
{
    const struct programme_version *version =
        programmes_at(snapshot->programmes, give->business_time);
    enum verdict verdict = earning_terms(node, snapshot, node_now(node), give);
    if (verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
        return false;
    }
    if (version->rules == NULL) {
        refuse(call, FAILED_PRECONDITION, "PROGRAMME_HAS_NO_RULES",
               "The programme gives points by `earn` alone: there is nothing to promise.");
        return false;
    }
    if (version->number == 0) { /* the ledger doesn't write yet, and keeps it then */
        refuse_err(call, ERR_UNAVAILABLE, NULL);
        return false;
    }
    return is_card_good(node, call, snapshot, &give->earn.card);
}

/* How long it holds: as the programme says, else as the node does. */
static struct unix_ms end_of_quote(const struct node *node, const struct programme_version *version,
                                   struct unix_ms now)
{
    int64_t own = version->file.quote_ms;
    int64_t ms = own != 0 ? own : (int64_t)node->config.limits.quote_seconds * 1000;
    return (struct unix_ms){now.ms + ms};
}

void till_make_quote(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__EarnRequest *purchase =
        ((const Talea__V1__QuoteRequest *)(const void *)message)->purchase;
    struct command give;
    if (!read_purchase(node, call, purchase, &give)) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    if (!check_quote(node, call, snapshot, &give)) {
        snapshot_release(snapshot);
        return;
    }
    struct till_judged *till = till_judged_create(node, call, snapshot);
    if (till == NULL) {
        return;
    }
    struct judging_case *judged = &till->judged;
    if (!till_read_basket(call, purchase, &judged->occasion)) {
        till_judged_drop(till);
        return;
    }
    judged->purpose = JUDGING_QUOTE;
    judged->version = programmes_at(snapshot->programmes, give.business_time);
    judged->occasion.local = judging_local(node, judged->version, give.business_time);
    judged->id = give.transaction_id;
    judged->quote_id = give.transaction_id;
    judged->until = end_of_quote(node, judged->version, give.business_time);
    judged->said = till_said_by(&judged->occasion, &give.earn.card);
    judged->give = give;
    till->has_bound = true;
    till->fill = fill_quote;
    till->send = send_quote;
    till_judged_run(till);
}

/* ---- What became of it ---- */

static bool is_same_digest(const Talea__V1__ConfirmQuoteRequest *request,
                           const struct kept_quote *kept)
{
    struct hash said;
    struct hash promised;
    memcpy(promised.bytes, kept->digest, sizeof promised.bytes);
    if (request->digest.len != sizeof said.bytes) {
        return request->digest.len == 0;
    }
    memcpy(said.bytes, request->digest.data, sizeof said.bytes);
    return hash_equal(&said, &promised);
}

static void send_confirmed(struct node *node, struct rpc_call *call, const struct uid *id,
                           const struct outcome *outcome, const struct judged_answer *judged)
{
    Talea__V1__ConfirmQuoteResponse response;
    Talea__V1__EarnResponse sale;
    talea__v1__confirm_quote_response__init(&response);
    response.sale = &sale;
    enum err err = till_fill_earned(node, rpc_call_arena(call), id, outcome, judged, &sale);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
}

/* Takes the snapshot over. */
static void confirm(struct node *node, struct rpc_call *call, struct snapshot *snapshot,
                    const struct command *give, const struct kept_quote *kept,
                    const struct kept_case *promised, const struct judging_case *of_quote)
{
    struct till_judged *till = till_judged_create(node, call, snapshot);
    if (till == NULL) {
        return;
    }
    struct judging_case *judged = &till->judged;
    judged->give = *give;
    judging_begin_confirm(judged, programmes_find(snapshot->programmes, promised->programme), kept,
                          promised);
    judged->id = give->transaction_id;
    judged->quote_id = of_quote->quote_id;
    judged->until = of_quote->until;
    judged->held_by = of_quote->held_by;
    enum err err = fraud_gate_admit(node->fraud_gate, FRAUD_GIVES_PROMISED, FRAUD_TOLD_BY_TILL,
                                    &judged->give, &judged->fraud);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        till_judged_drop(till);
        return;
    }
    till->send = send_confirmed;
    till_judged_run(till);
}

/* The journal is read: on a worker. */
void till_confirm_quote(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ConfirmQuoteRequest *request =
        (const Talea__V1__ConfirmQuoteRequest *)(const void *)message;
    struct uid transaction;
    struct judging_case of_quote = {.tried = 0};
    struct kept_quote *kept = arena_alloc(rpc_call_arena(call), sizeof *kept);
    struct kept_case *promised = arena_alloc(rpc_call_arena(call), sizeof *promised);
    if (kept == NULL || promised == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    if (!request_transaction(call, request->transaction_id, &transaction) ||
        !request_uid(call, "quote_id", request->quote_id, &of_quote.quote_id)) {
        return;
    }
    struct command give = command_now(node, COMMAND_EARN, &transaction);
    if (!request_text(call, "receipt", request->receipt, give.earn.receipt,
                      sizeof give.earn.receipt)) {
        return;
    }
    enum err err = judging_read_quote(node, &of_quote.quote_id, rpc_call_arena(call), kept,
                                      promised, &of_quote.until, &of_quote.held_by);
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_OCCASION_UNKNOWN);
        return;
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    if (!is_same_digest(request, kept)) {
        refuse(call, FAILED_PRECONDITION, "QUOTE_DIFFERS", "The quote promised something else.");
        return;
    }
    give.earn.card = kept->card;
    give.business_time = kept->time;
    give.is_dated = true;
    struct snapshot *snapshot = node_snapshot(node);
    enum verdict verdict = earning_terms(node, snapshot, node_now(node), &give);
    const struct programme_version *version =
        programmes_find(snapshot->programmes, promised->programme);
    if (verdict != VERDICT_OK || version == NULL || version->rules == NULL) {
        snapshot_release(snapshot);
        refuse_err(call, ERR_CORRUPT, NULL); /* versions are kept, and so is their currency */
        return;
    }
    confirm(node, call, snapshot, &give, kept, promised, &of_quote);
}

static void send_released(struct reply *reply)
{
    Talea__V1__ReleaseQuoteResponse response;
    talea__v1__release_quote_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

void till_release_quote(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ReleaseQuoteRequest *request =
        (const Talea__V1__ReleaseQuoteRequest *)(const void *)message;
    struct uid quote;
    if (!request_uid(call, "quote_id", request->quote_id, &quote)) {
        return;
    }
    struct uid id = standing_transaction(STANDING_ID_RELEASE, &node->config.partner, &quote);
    struct command command = command_now(node, COMMAND_RESERVE, &id);
    command.reserve.step = RESERVE_RELEASE;
    command.reserve.quote = quote;
    reply_after(node, call, &command, NULL, send_released);
}
