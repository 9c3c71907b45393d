#include "cli/receipt_request.h"

#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "crypto/hash.h"
#include "receipts/hash.h"

#define QUANTITY_DECIMALS 6

enum err receipt_request_init(struct receipt_request *request)
{
    *request = (struct receipt_request){.lines = NULL};
    request->lines = calloc(LIMIT_RECEIPT_LINES, sizeof request->lines[0]);
    request->line_pointers = calloc(LIMIT_RECEIPT_LINES, sizeof request->line_pointers[0]);
    request->line_of_row = calloc(LIMIT_RECEIPT_LINES, sizeof request->line_of_row[0]);
    if (request->lines == NULL || request->line_pointers == NULL || request->line_of_row == NULL) {
        receipt_request_fini(request);
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

void receipt_request_fini(struct receipt_request *request)
{
    free(request->lines);
    free(request->line_pointers);
    free(request->line_of_row);
    *request = (struct receipt_request){.lines = NULL};
}

/* Of the further requests of a return: the same for the same receipt and sale. */
static struct uid derive_id(const struct uid *receipt, struct unix_ms time, const char *original)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of("return", sizeof "return"));
    hasher_add(&hasher, slice_of(receipt->bytes, sizeof receipt->bytes));
    hasher_add(&hasher, slice_of(original, strlen(original)));
    struct hash hash = hasher_finish(&hasher);
    return uid_v8(time.ms, hash.bytes);
}

static void fill_match(struct receipt_request *request, const struct receipt *receipt,
                       const char *original)
{
    talea__v1__sale_match__init(&request->match);
    request->match.receipt = message_text(original);
    request->match.must_be_unique = receipt->is_match_unique;
    for (unsigned i = 0; i < receipt->match_count; i++) {
        enum match_key key = receipt->match[i];
        request->match.by_customer |= key == MATCH_CUSTOMER;
        request->match.by_store |= key == MATCH_STORE;
        request->match.by_day |= key == MATCH_DATE;
    }
    request->message.match = &request->match;
}

static enum err fill_line(const struct receipt_line *line, Talea__V1__ReceiptLine *out)
{
    talea__v1__receipt_line__init(out);
    out->product = message_text(line->product);
    out->category = message_text(line->category);
    out->amount_minor = line->amount.minor;
    return decimal_to_minor_exact(line->quantity, QUANTITY_DECIMALS, &out->quantity_micro);
}

/* Index of the line that a row is part of; lines stand by their first rows. */
static size_t find_line(const struct receipt *receipt, uint64_t row)
{
    size_t low = 0;
    size_t high = receipt->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (receipt->lines[middle].row < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Chooses the lines, and with them the rows. */
static enum err fill_lines(struct receipt_request *request, const struct receipt *receipt,
                           const char *original)
{
    Talea__V1__ImportReceiptsRequest *message = &request->message;
    size_t *place = request->line_of_row; /* first by line, then by row: in two passes */
    ASSERT(receipt->line_count <= LIMIT_RECEIPT_LINES);
    ASSERT(receipt->row_count <= LIMIT_RECEIPT_LINES);
    size_t places[LIMIT_RECEIPT_LINES];
    for (size_t i = 0; i < receipt->line_count; i++) {
        const struct receipt_line *line = &receipt->lines[i];
        places[i] = SIZE_MAX;
        if (strcmp(line->original, original) == 0) {
            places[i] = message->n_lines;
            TRY(fill_line(line, &request->lines[message->n_lines]));
            request->line_pointers[message->n_lines] = &request->lines[message->n_lines];
            message->n_lines++;
            message->fixed_points += receipt->has_points ? line->points.minor : 0;
        }
    }
    for (size_t i = 0; i < receipt->row_count; i++) {
        size_t line = find_line(receipt, receipt->rows[i].line_row);
        place[i] = line < receipt->line_count ? places[line] : SIZE_MAX;
    }
    message->lines = request->line_pointers;
    return ERR_OK;
}

enum err receipt_request_fill(struct receipt_request *request, const struct receipt *receipt,
                              const struct partner_id *partner, const char *original, bool is_first)
{
    Talea__V1__ImportReceiptsRequest *message = &request->message;
    talea__v1__import_receipts_request__init(message);
    struct uid uid = receipt_transaction_id(partner, receipt);
    if (!is_first) {
        uid = derive_id(&uid, receipt->time, original);
    }
    message->transaction_id = message_text(uid_format(&uid, request->transaction_id));
    bool is_return = receipt->kind == RECEIPT_RETURN;
    message->kind = is_return ? TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_RETURN
                              : TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_SALE;
    message->receipt = message_text(receipt->reference);
    message->store = message_text(receipt->store);
    if (receipt->card.digits[0] != '\0') {
        memcpy(request->card, receipt->card.digits, sizeof request->card);
        message->card = request->card;
    } else {
        message->customer = message_text(receipt->customer);
    }
    message->business_unix_ms = receipt->time.ms;
    struct unix_ms local;
    TRY(civil_to_unix(&receipt->local, &local));
    message->local_unix_ms = local.ms;
    message->currency = message_text(receipt->currency);
    message->till = message_text(receipt->till);
    message->cashier = message_text(receipt->cashier);
    message->has_fixed_points = receipt->has_points;
    message->promotion = receipt->promotion;
    message->codes = (char **)(uintptr_t)receipt->codes; /* protobuf-c does not write through it */
    message->n_codes = receipt->code_count;
    if (is_return) {
        fill_match(request, receipt, original);
    }
    return fill_lines(request, receipt, original);
}

struct receipt_job *receipt_request_job(const struct receipt_request *request,
                                        const struct receipt *receipt, bool keeps_text)
{
    size_t count = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < receipt->row_count; i++) {
        if (request->line_of_row[i] != SIZE_MAX) {
            count++;
            bytes += keeps_text ? receipt->rows[i].text.length : 0;
        }
    }
    struct receipt_job *job = malloc(sizeof *job + count * sizeof job->rows[0] + bytes);
    if (job == NULL) {
        return NULL;
    }
    uint8_t *text = (uint8_t *)&job->rows[count];
    memcpy(job->transaction_id, request->transaction_id, sizeof job->transaction_id);
    job->is_return = receipt->kind == RECEIPT_RETURN;
    job->part = receipt->part;
    job->row_count = 0;
    for (size_t i = 0; i < receipt->row_count; i++) {
        if (request->line_of_row[i] == SIZE_MAX) {
            continue;
        }
        struct slice row = keeps_text ? receipt->rows[i].text : slice_of(NULL, 0);
        if (row.length > 0) {
            memcpy(text, row.at, row.length);
        }
        job->rows[job->row_count++] = (struct receipt_job_row){
            receipt->rows[i].number, request->line_of_row[i], slice_of(text, row.length)};
        text += row.length;
    }
    return job;
}
