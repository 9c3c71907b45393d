/* Imported receipts: from the message to a command and to what the archive goes by. */
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "node/earning.h"
#include "node/import_receipts.h"
#include "node/requests.h"

typedef Talea__V1__ImportReceiptsRequest receipt_message;

static uint64_t head_of(const struct hash *hash)
{
    uint64_t head = get_u64_be(hash->bytes);
    return head == 0 ? 1 : head;
}

static uint64_t hash_bytes(const char *kind, const void *bytes, size_t length)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of(kind, strlen(kind) + 1));
    hasher_add(&hasher, slice_of(bytes, length));
    struct hash hash = hasher_finish(&hasher);
    return head_of(&hash);
}

uint64_t import_hash(const char *kind, const char *text)
{
    return text[0] == '\0' ? 0 : hash_bytes(kind, text, strlen(text));
}

static const char *text_refusal(const char *text, size_t limit)
{
    size_t length = strlen(text);
    if (length > limit) {
        return "TEXT_TOO_LONG";
    }
    return text_is_printable(slice_of(text, length)) ? NULL : "INVALID_TEXT";
}

static const char *texts_refusal(const receipt_message *request)
{
    const char *const texts[] = {request->receipt, request->store, request->customer,
                                 request->match != NULL ? request->match->receipt : ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *refusal = text_refusal(texts[i], LIMIT_REFERENCE_BYTES);
        if (refusal != NULL) {
            return refusal;
        }
    }
    return NULL;
}

static const char *lines_refusal(const receipt_message *request, int64_t *out_total)
{
    int64_t total = 0;
    for (size_t i = 0; i < request->n_lines; i++) {
        const Talea__V1__ReceiptLine *line = request->lines[i];
        const char *refusal = text_refusal(line->product, LIMIT_REFERENCE_BYTES);
        if (refusal == NULL) {
            refusal = text_refusal(line->category, LIMIT_REFERENCE_BYTES);
        }
        if (refusal != NULL) {
            return refusal;
        }
        if (line->amount_minor < 0) {
            return verdict_describe(VERDICT_AMOUNT_NEGATIVE)->name;
        }
        if (line->quantity_micro < 0) {
            return "QUANTITY_NEGATIVE";
        }
        if (int64_add(total, line->amount_minor, &total) != ERR_OK) {
            return "AMOUNT_TOO_LARGE";
        }
    }
    *out_total = total;
    return NULL;
}

static const char *request_refusal(const struct import *import, const receipt_message *request,
                                   int64_t *out_total)
{
    int64_t latest = node_now(import->node).ms + DAY_MS;
    if (request->kind != TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_SALE &&
        request->kind != TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_RETURN) {
        return "INVALID_KIND";
    }
    if (request->business_unix_ms <= 0 || request->business_unix_ms > latest) {
        return "INVALID_TIME";
    }
    if (request->n_lines > LIMIT_RECEIPT_LINES) {
        return "TOO_MANY_LINES";
    }
    if (strlen(request->currency) >= sizeof((struct command_earn){0}.currency)) {
        return verdict_describe(VERDICT_CURRENCY_MISMATCH)->name;
    }
    const char *refusal = texts_refusal(request);
    return refusal != NULL ? refusal : lines_refusal(request, out_total);
}

/* Whose receipt it is. */
struct buyer {
    struct card_number card; /* or none */
    struct uid member;       /* or nil: another brand's, or nobody's we know */
    uint64_t who;            /* as the archive knows the buyer; 0: nobody named */
};

static enum err buyer_by_card(const struct ledger_view *view, const char *text, struct buyer *buyer,
                              const char **out_refusal)
{
    struct card card;
    if (card_number_parse(text, &buyer->card) != ERR_OK) {
        *out_refusal = "INVALID_CARD";
        return ERR_OK;
    }
    enum err err = ledger_get_card(view, &buyer->card, &card);
    if (err == ERR_OK) {
        buyer->member = card.member;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err buyer_by_reference(const struct ledger_view *view, const char *reference,
                                   struct buyer *buyer, const char **out_refusal)
{
    enum err err = ledger_get_reference(view, reference, &buyer->member);
    if (err == ERR_NOT_FOUND) {
        *out_refusal = verdict_describe(VERDICT_MEMBER_UNKNOWN)->name;
        return ERR_OK;
    }
    return err;
}

/* A member is the same by any of its cards and by the customer number. */
static enum err find_buyer(struct import *import, const receipt_message *request,
                           struct buyer *out_buyer, const char **out_refusal)
{
    struct ledger_view view = state_reader_view(import->reader);
    struct buyer buyer = {0};
    bool has_card = request->card[0] != '\0';
    bool has_customer = request->customer[0] != '\0';
    if (has_card && has_customer) {
        *out_refusal = "INVALID_SELECTOR";
    } else if (has_card) {
        TRY(buyer_by_card(&view, request->card, &buyer, out_refusal));
    } else if (has_customer) {
        TRY(buyer_by_reference(&view, request->customer, &buyer, out_refusal));
    }
    if (!uid_is_nil(&buyer.member)) {
        buyer.who = hash_bytes("member", buyer.member.bytes, sizeof buyer.member.bytes);
    } else {
        buyer.who = import_hash("card", buyer.card.digits);
    }
    *out_buyer = buyer;
    return ERR_OK;
}

static void read_sale(struct import *import, const receipt_message *request,
                      const struct buyer *buyer, int64_t total, struct import_item *item,
                      struct command *command)
{
    struct command_earn *earn = &command->earn;
    *command = command_now(import->node, COMMAND_EARN, &item->transaction);
    command->business_time = item->time;
    command->is_dated = true;
    if (buyer->who == 0) {
        item->refusal = "NO_CARD";
        return;
    }
    earn->card = buyer->card;
    if (buyer->card.digits[0] == '\0') {
        earn->member = buyer->member;
    }
    earn->amount = money_of(total);
    memcpy(earn->currency, request->currency, strlen(request->currency));
    memcpy(earn->receipt, item->receipt, sizeof earn->receipt);
    earn->is_fixed = request->has_fixed_points;
    earn->fixed_points = points_of(request->has_fixed_points ? request->fixed_points : 0);
    enum verdict verdict = earning_terms(import->snapshot, node_now(import->node), command);
    if (verdict != VERDICT_OK) {
        item->refusal = verdict_describe(verdict)->name;
        return;
    }
    item->sale = (struct archive_sale){
        .id = item->transaction,
        .time = item->time,
        .who = buyer->who,
        .store = import_hash("store", request->store),
        .receipt = import_hash("receipt", request->receipt),
        .line_count = request->n_lines,
        .lines = import->sale_lines + import->sale_line_count,
    };
    for (size_t i = 0; i < request->n_lines; i++) {
        const Talea__V1__ReceiptLine *line = request->lines[i];
        item->sale.lines[i] =
            (struct archive_line){.product = import_hash("product", line->product),
                                  .quantity_micro = line->quantity_micro,
                                  .amount_minor = line->amount_minor};
    }
    import->sale_line_count += request->n_lines;
}

static void add_text(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, slice_of(text, strlen(text) + 1));
}

static void add_number(struct hasher *hasher, int64_t number)
{
    uint8_t bytes[8];
    put_u64_be(bytes, (uint64_t)number);
    hasher_add(hasher, slice_of(bytes, sizeof bytes));
}

/* All that the caller said of a return. */
static void return_body_hash(const receipt_message *request, uint8_t out[RETURN_HASH_SIZE])
{
    Talea__V1__SaleMatch none;
    talea__v1__sale_match__init(&none);
    const Talea__V1__SaleMatch *match = request->match != NULL ? request->match : &none;
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    add_text(&hasher, request->receipt);
    add_text(&hasher, request->store);
    add_text(&hasher, request->card);
    add_text(&hasher, request->customer);
    add_text(&hasher, match->receipt);
    add_number(&hasher, (match->by_customer ? 1 : 0) | (match->by_store ? 2 : 0) |
                            (match->by_day ? 4 : 0) | (match->must_be_unique ? 8 : 0));
    add_number(&hasher, request->business_unix_ms);
    for (size_t i = 0; i < request->n_lines; i++) {
        add_text(&hasher, request->lines[i]->product);
        add_number(&hasher, request->lines[i]->quantity_micro);
        add_number(&hasher, request->lines[i]->amount_minor);
    }
    struct hash hash = hasher_finish(&hasher);
    memcpy(out, hash.bytes, RETURN_HASH_SIZE);
}

static void read_return(struct import *import, const receipt_message *request,
                        const struct buyer *buyer, struct import_item *item)
{
    const Talea__V1__SaleMatch *match = request->match;
    struct return_line *lines = import->return_lines + import->return_line_count;
    item->request = (struct return_request){
        .id = item->transaction,
        .time = item->time,
        .receipt = match != NULL ? import_hash("receipt", match->receipt) : 0,
        .who = buyer->who,
        .store = import_hash("store", request->store),
        .by_who = match != NULL && match->by_customer,
        .by_store = match != NULL && match->by_store,
        .by_day = match != NULL && match->by_day,
        .must_be_unique = match != NULL && match->must_be_unique,
        .lines = lines,
        .line_count = request->n_lines,
    };
    if (item->request.by_who && buyer->who == 0) {
        item->refusal = "NO_CARD";
        return;
    }
    return_body_hash(request, item->request.body_hash);
    for (size_t i = 0; i < request->n_lines; i++) {
        lines[i] = (struct return_line){import_hash("product", request->lines[i]->product),
                                        request->lines[i]->quantity_micro};
    }
    import->return_line_count += request->n_lines;
}

enum err import_read(struct import *import, const receipt_message *request,
                     struct import_item *item, struct command *out_command)
{
    struct buyer buyer;
    int64_t total = 0;
    item->is_return = request->kind == TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_RETURN;
    item->refusal = request_refusal(import, request, &total);
    if (item->refusal != NULL) {
        return ERR_OK;
    }
    item->time = (struct unix_ms){request->business_unix_ms};
    memcpy(item->receipt, request->receipt, strlen(request->receipt));
    TRY(find_buyer(import, request, &buyer, &item->refusal));
    if (item->refusal != NULL) {
        return ERR_OK;
    }
    if (item->is_return) {
        read_return(import, request, &buyer, item);
    } else {
        read_sale(import, request, &buyer, total, item, out_command);
    }
    return ERR_OK;
}
