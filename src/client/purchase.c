/* Purchases: given points for, quoted before they are paid, or returned; and events. */
#include <stdlib.h>

#include <talea/programme.h>
#include <talea/v1/till.pb-c.h>

#include "client/client.h"

static int till_call(struct talea_client *client, const char *method,
                     const ProtobufCMessage *request, int64_t timeout_ms,
                     ProtobufCMessage **out_reply, struct talea_error *error)
{
    return client_call(client, &talea__v1__till_service__descriptor, method, request, timeout_ms,
                       out_reply, error);
}

/* A request as the API has it, with room for its lines. */
struct purchase {
    Talea__V1__EarnRequest message;
    Talea__V1__BasketLine *lines;
    Talea__V1__BasketLine **list;
};

static void purchase_fini(struct purchase *purchase)
{
    free(purchase->lines);
    free(purchase->list);
}

static int fill_lines(const struct talea_earn *request, struct purchase *purchase,
                      struct talea_error *error)
{
    if (request->line_count > TALEA_LINES_MAX || request->code_count > TALEA_CODES_MAX) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_INPUT",
                           "There are more lines or codes than one purchase may have.");
    }
    purchase->lines = calloc(request->line_count + 1, sizeof *purchase->lines);
    purchase->list = calloc(request->line_count + 1, sizeof *purchase->list);
    if (purchase->lines == NULL || purchase->list == NULL) {
        return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                           "There is no memory.");
    }
    for (size_t i = 0; i < request->line_count; i++) {
        const struct talea_line *said = &request->lines[i];
        Talea__V1__BasketLine *line = &purchase->lines[i];
        talea__v1__basket_line__init(line);
        line->product = client_text(said->product);
        line->category = client_text(said->category);
        line->brand = client_text(said->brand);
        line->quantity_milli = said->quantity_milli;
        line->amount_minor = said->amount_minor;
        purchase->list[i] = line;
    }
    purchase->message.lines = purchase->list;
    purchase->message.n_lines = request->line_count;
    return TALEA_OK;
}

/* To be ended whatever comes out. */
static int purchase_init(struct purchase *purchase, const struct talea_earn *request,
                         struct talea_error *error)
{
    Talea__V1__EarnRequest *message = &purchase->message;
    *purchase = (struct purchase){.lines = NULL};
    talea__v1__earn_request__init(message);
    message->transaction_id = client_text(request->transaction_id);
    message->card = client_text(request->card);
    message->amount_minor = request->amount_minor;
    message->currency = client_text(request->currency);
    message->receipt = client_text(request->receipt);
    message->business_unix_ms = request->business_unix_ms;
    message->fixed_points = request->fixed_points;
    message->promotion = request->promotion;
    message->store = client_text(request->store);
    message->channel = client_text(request->channel);
    message->paid_in_points_minor = request->paid_in_points_minor;
    message->till = client_text(request->till);
    message->cashier = client_text(request->cashier);
    message->codes = (char **)(uintptr_t)request->codes; /* protobuf-c does not write through it */
    message->n_codes = request->code_count;
    return fill_lines(request, purchase, error);
}

static size_t copy_codes(Talea__V1__CodeAnswer *const *answers, size_t count,
                         struct talea_coupon *out_codes)
{
    size_t kept = count < TALEA_CODES_MAX ? count : TALEA_CODES_MAX;
    for (size_t i = 0; i < kept; i++) {
        struct talea_coupon *code = &out_codes[i];
        client_copy(code->code, sizeof code->code, answers[i]->code);
        client_copy(code->rule, sizeof code->rule, answers[i]->rule);
        client_copy(code->reason, sizeof code->reason, answers[i]->reason);
        code->is_taken = answers[i]->is_taken ? 1 : 0;
    }
    return kept;
}

static void copy_given_codes(Talea__V1__GivenItem *const *items, size_t count,
                             struct talea_earned *out_earned)
{
    for (size_t i = 0; i < count; i++) {
        const Talea__V1__GivenItem *item = items[i];
        for (size_t c = 0;
             c < item->n_codes && out_earned->given_code_count < TALEA_GIVEN_CODES_MAX; c++) {
            client_copy(out_earned->given_codes[out_earned->given_code_count++], TALEA_CODE_SIZE,
                        item->codes[c]);
        }
    }
}

static void copy_earned(const Talea__V1__EarnResponse *answer, struct talea_earned *out_earned)
{
    *out_earned = (struct talea_earned){
        .points = answer->earned_points,
        .is_home = answer->balance != NULL,
        .available_points = answer->balance == NULL ? 0 : answer->balance->available_points,
        .journal_row = answer->journal_row,
        .discount_minor = answer->discount_minor};
    client_copy(out_earned->sale_id, sizeof out_earned->sale_id, answer->sale_id);
    client_copy(out_earned->home, sizeof out_earned->home, answer->home);
    out_earned->code_count = copy_codes(answer->codes, answer->n_codes, out_earned->codes);
    copy_given_codes(answer->items, answer->n_items, out_earned);
}

int talea_earn(struct talea_client *client, const struct talea_earn *request, int64_t timeout_ms,
               struct talea_earned *out_earned, struct talea_error *error)
{
    struct purchase purchase;
    ProtobufCMessage *reply = NULL;
    int code = purchase_init(&purchase, request, error);
    if (code == TALEA_OK) {
        code = till_call(client, "Earn", &purchase.message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        copy_earned((const Talea__V1__EarnResponse *)reply, out_earned);
    }
    client_free(reply);
    purchase_fini(&purchase);
    return code;
}

static void copy_quoted(const Talea__V1__QuoteResponse *answer, struct talea_quoted *out_quoted)
{
    *out_quoted = (struct talea_quoted){.until_unix_ms = answer->until_unix_ms,
                                        .gross_minor = answer->gross_minor,
                                        .discount_minor = answer->discount_minor,
                                        .to_pay_minor = answer->to_pay_minor,
                                        .points = answer->earned_points,
                                        .spendable_points = answer->spendable_points,
                                        .payable_minor = answer->payable_minor,
                                        .is_balance_known = answer->is_balance_known ? 1 : 0};
    client_copy(out_quoted->quote_id, sizeof out_quoted->quote_id, answer->quote_id);
    for (size_t i = 0; i < answer->digest.len && i < TALEA_DIGEST_SIZE; i++) {
        out_quoted->digest[i] = answer->digest.data[i];
    }
    out_quoted->code_count = copy_codes(answer->codes, answer->n_codes, out_quoted->codes);
}

int talea_quote(struct talea_client *client, const struct talea_earn *request, int64_t timeout_ms,
                struct talea_quoted *out_quoted, int64_t *out_line_discounts_minor,
                struct talea_error *error)
{
    struct purchase purchase;
    Talea__V1__QuoteRequest message;
    talea__v1__quote_request__init(&message);
    ProtobufCMessage *reply = NULL;
    int code = purchase_init(&purchase, request, error);
    message.purchase = &purchase.message;
    if (code == TALEA_OK) {
        code = till_call(client, "Quote", &message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        const Talea__V1__QuoteResponse *answer = (const Talea__V1__QuoteResponse *)reply;
        copy_quoted(answer, out_quoted);
        for (size_t i = 0; out_line_discounts_minor != NULL && i < request->line_count; i++) {
            out_line_discounts_minor[i] =
                i < answer->n_line_discounts_minor ? answer->line_discounts_minor[i] : 0;
        }
    }
    client_free(reply);
    purchase_fini(&purchase);
    return code;
}

int talea_confirm(struct talea_client *client, const char *transaction_id, const char *quote_id,
                  const char *receipt, int64_t timeout_ms, struct talea_earned *out_earned,
                  struct talea_error *error)
{
    Talea__V1__ConfirmQuoteRequest message;
    talea__v1__confirm_quote_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.transaction_id = client_text(transaction_id);
    message.quote_id = client_text(quote_id);
    message.receipt = client_text(receipt);
    int code = till_call(client, "ConfirmQuote", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        copy_earned(((const Talea__V1__ConfirmQuoteResponse *)reply)->sale, out_earned);
    }
    client_free(reply);
    return code;
}

int talea_release(struct talea_client *client, const char *quote_id, int64_t timeout_ms,
                  struct talea_error *error)
{
    Talea__V1__ReleaseQuoteRequest message;
    talea__v1__release_quote_request__init(&message);
    ProtobufCMessage *reply = NULL;
    message.quote_id = client_text(quote_id);
    int code = till_call(client, "ReleaseQuote", &message.base, timeout_ms, &reply, error);
    client_free(reply);
    return code;
}

int talea_record_event(struct talea_client *client, const struct talea_happening *request,
                       int64_t timeout_ms, struct talea_earned *out_earned,
                       struct talea_error *error)
{
    Talea__V1__RecordEventRequest message;
    talea__v1__record_event_request__init(&message);
    ProtobufCMessage *reply = NULL;
    if (request->code_count > TALEA_CODES_MAX) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_INPUT",
                           "There are more codes than one event may have.");
    }
    message.transaction_id = client_text(request->transaction_id);
    message.card = client_text(request->card);
    message.event = client_text(request->event);
    message.business_unix_ms = request->business_unix_ms;
    message.store = client_text(request->store);
    message.channel = client_text(request->channel);
    message.codes = (char **)(uintptr_t)request->codes; /* as above */
    message.n_codes = request->code_count;
    int code = till_call(client, "RecordEvent", &message.base, timeout_ms, &reply, error);
    if (code == TALEA_OK) {
        const Talea__V1__RecordEventResponse *answer =
            (const Talea__V1__RecordEventResponse *)reply;
        const Talea__V1__Balance *balance = answer->balance;
        *out_earned = (struct talea_earned){.points = answer->earned_points,
                                            .is_home = balance != NULL,
                                            .available_points =
                                                balance == NULL ? 0 : balance->available_points,
                                            .journal_row = answer->journal_row};
        client_copy(out_earned->home, sizeof out_earned->home, answer->home);
        out_earned->code_count = copy_codes(answer->codes, answer->n_codes, out_earned->codes);
        copy_given_codes(answer->items, answer->n_items, out_earned);
    }
    client_free(reply);
    return code;
}

/* A request with room for its lines. */
struct returning {
    Talea__V1__ReturnPurchaseRequest message;
    Talea__V1__ReturnedLine *lines;
    Talea__V1__ReturnedLine **list;
};

static void returning_fini(struct returning *returning)
{
    free(returning->lines);
    free(returning->list);
}

/* To be ended whatever comes out. */
static int returning_init(struct returning *returning, const struct talea_return_purchase *request,
                          struct talea_error *error)
{
    Talea__V1__ReturnPurchaseRequest *message = &returning->message;
    *returning = (struct returning){.lines = NULL};
    talea__v1__return_purchase_request__init(message);
    if (request->line_count > TALEA_RETURNED_LINES_MAX) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_INPUT",
                           "There are more lines than one return may have.");
    }
    returning->lines = calloc(request->line_count + 1, sizeof returning->lines[0]);
    returning->list = calloc(request->line_count + 1, sizeof(void *));
    if (returning->lines == NULL || returning->list == NULL) {
        return client_fail(error, TALEA_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED",
                           "There is no memory.");
    }
    for (size_t i = 0; i < request->line_count; i++) {
        talea__v1__returned_line__init(&returning->lines[i]);
        returning->lines[i].line = request->lines[i].line;
        returning->lines[i].quantity_milli = request->lines[i].quantity_milli;
        returning->list[i] = &returning->lines[i];
    }
    message->transaction_id = client_text(request->transaction_id);
    message->sale_id = client_text(request->sale_id);
    message->amount_minor = request->amount_minor;
    message->business_unix_ms = request->business_unix_ms;
    message->receipt = client_text(request->receipt);
    message->lines = returning->list;
    message->n_lines = request->line_count;
    return TALEA_OK;
}

int talea_return_purchase(struct talea_client *client, const struct talea_return_purchase *request,
                          int64_t timeout_ms, struct talea_purchase_returned *out_returned,
                          struct talea_error *error)
{
    struct returning returning;
    ProtobufCMessage *reply = NULL;
    int code = returning_init(&returning, request, error);
    if (code == TALEA_OK) {
        code =
            till_call(client, "ReturnPurchase", &returning.message.base, timeout_ms, &reply, error);
    }
    if (code == TALEA_OK) {
        const Talea__V1__ReturnPurchaseResponse *answer =
            (const Talea__V1__ReturnPurchaseResponse *)reply;
        *out_returned = (struct talea_purchase_returned){
            answer->taken_points, answer->debt_points, answer->journal_row,
            answer->written_off_points, answer->amount_minor};
    }
    client_free(reply);
    returning_fini(&returning);
    return code;
}
