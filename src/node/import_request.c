/* Imported receipts: from the message to a command and to what the archive goes by. */
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "node/personal.h"
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

static bool check_texts(const receipt_message *request, struct import_refusal *refusal)
{
    const char *original = request->match != NULL ? request->match->receipt : "";
    return import_check_text(refusal, "receipt", request->receipt, LIMIT_REFERENCE_BYTES) &&
           import_check_text(refusal, "channel", request->channel, LIMIT_GOODS_TEXT_BYTES) &&
           import_check_text(refusal, "till", request->till, LIMIT_DESK_BYTES) &&
           import_check_text(refusal, "cashier", request->cashier, LIMIT_DESK_BYTES) &&
           import_check_text(refusal, "store", request->store, LIMIT_REFERENCE_BYTES) &&
           import_check_text(refusal, "customer", request->customer, LIMIT_REFERENCE_BYTES) &&
           import_check_text(refusal, "match.receipt", original, LIMIT_REFERENCE_BYTES);
}

/* `number` counts from 1. */
static bool check_line(const Talea__V1__ReceiptLine *line, size_t number,
                       struct import_refusal *refusal)
{
    char field[48];
    (void)snprintf(field, sizeof field, "The product of line %zu", number);
    if (!import_check_text(refusal, field, line->product, LIMIT_REFERENCE_BYTES)) {
        return false;
    }
    (void)snprintf(field, sizeof field, "The category of line %zu", number);
    if (!import_check_text(refusal, field, line->category, LIMIT_REFERENCE_BYTES)) {
        return false;
    }
    (void)snprintf(field, sizeof field, "The brand of line %zu", number);
    if (!import_check_text(refusal, field, line->brand, LIMIT_GOODS_TEXT_BYTES)) {
        return false;
    }
    if (line->amount_minor < 0) {
        return import_refuse(refusal, verdict_describe(VERDICT_AMOUNT_NEGATIVE)->name,
                             "The amount of line %zu is negative.", number);
    }
    if (line->quantity_micro < 0) {
        return import_refuse(refusal, "QUANTITY_NEGATIVE", "The quantity of line %zu is negative.",
                             number);
    }
    return true;
}

static bool check_lines(const receipt_message *request, int64_t *out_total,
                        struct import_refusal *refusal)
{
    int64_t total = 0;
    for (size_t i = 0; i < request->n_lines; i++) {
        if (!check_line(request->lines[i], i + 1, refusal)) {
            return false;
        }
        if (int64_add(total, request->lines[i]->amount_minor, &total) != ERR_OK) {
            return import_refuse(refusal, "AMOUNT_TOO_LARGE",
                                 "The lines' amounts add up to more than 64 bits hold.");
        }
    }
    *out_total = total;
    return true;
}

static bool check_time(const struct import *import, int64_t ms, struct import_refusal *refusal)
{
    if (ms <= 0) {
        return import_refuse(refusal, "INVALID_TIME",
                             "The business time is missing or before 1970.");
    }
    if (ms > node_now(import->node).ms + DAY_MS) {
        return import_refuse(refusal, "INVALID_TIME",
                             "The business time is more than a day ahead.");
    }
    return true;
}

static bool check_request(const struct import *import, const receipt_message *request,
                          int64_t *out_total, struct import_refusal *refusal)
{
    if (request->kind != TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_SALE &&
        request->kind != TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_RETURN) {
        return import_refuse(refusal, "INVALID_KIND", "The kind is neither a sale nor a return.");
    }
    if (!check_time(import, request->business_unix_ms, refusal)) {
        return false;
    }
    if (request->n_lines > LIMIT_RECEIPT_LINES) {
        return import_refuse(refusal, "TOO_MANY_LINES",
                             "The receipt has %zu lines; at most %u are allowed.", request->n_lines,
                             LIMIT_RECEIPT_LINES);
    }
    if (strlen(request->currency) >= sizeof((struct command_earn){0}.currency)) {
        return import_refuse(refusal, verdict_describe(VERDICT_CURRENCY_MISMATCH)->name,
                             "The currency is longer than three letters.");
    }
    if (request->promotion != 0 && (!request->has_fixed_points ||
                                    request->kind != TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_SALE)) {
        return import_refuse(refusal, verdict_describe(VERDICT_POINTS_NOT_POSITIVE)->name,
                             "A promotion pays for the points that a sale itself says.");
    }
    return check_texts(request, refusal) && check_lines(request, out_total, refusal);
}

/* Whose receipt it is. */
struct buyer {
    struct card_number card; /* or none */
    struct uid member;       /* or nil: another brand's, or nobody's we know */
    uint64_t who;            /* as the archive knows the buyer; 0: nobody named */
};

static enum err buyer_by_card(const struct ledger_view *view, const char *text, struct buyer *buyer,
                              struct import_refusal *refusal)
{
    struct card card;
    if (card_number_parse(text, &buyer->card) != ERR_OK) {
        import_refuse(refusal, "INVALID_CARD",
                      "The card is not 12 to 19 digits with a right check digit.");
        return ERR_OK;
    }
    enum err err = ledger_get_card(view, &buyer->card, &card);
    if (err == ERR_OK) {
        buyer->member = card.member;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err buyer_by_reference(struct import *import, const struct ledger_view *view,
                                   const char *reference, struct buyer *buyer,
                                   struct import_refusal *refusal)
{
    uint8_t tag[PERSONAL_TAG_SIZE];
    personal_reference_tag(import->node, reference, tag);
    enum err err = ledger_get_reference(view, tag, &buyer->member);
    if (err == ERR_NOT_FOUND) {
        import_refuse_verdict(refusal, VERDICT_MEMBER_UNKNOWN);
        return ERR_OK;
    }
    return err;
}

/* A member is the same by any of its cards and by the customer number. */
static enum err find_buyer(struct import *import, const receipt_message *request,
                           struct buyer *out_buyer, struct import_refusal *refusal)
{
    struct ledger_view view = state_reader_view(import->reader);
    struct buyer buyer = {0};
    bool has_card = request->card[0] != '\0';
    bool has_customer = request->customer[0] != '\0';
    if (has_card && has_customer) {
        import_refuse(refusal, "INVALID_SELECTOR", "Both card and customer are given.");
    } else if (has_card) {
        TRY(buyer_by_card(&view, request->card, &buyer, refusal));
    } else if (has_customer) {
        TRY(buyer_by_reference(import, &view, request->customer, &buyer, refusal));
    }
    if (!uid_is_nil(&buyer.member)) {
        buyer.who = hash_bytes("member", buyer.member.bytes, sizeof buyer.member.bytes);
    } else {
        buyer.who = import_hash("card", buyer.card.digits);
    }
    *out_buyer = buyer;
    return ERR_OK;
}

/* Rate, lot and currency; the sentence says which currencies differ. */
static bool read_terms(struct import *import, const receipt_message *request,
                       struct import_refusal *refusal, struct command *command)
{
    enum verdict verdict =
        earning_terms(import->node, import->snapshot, node_now(import->node), command);
    if (verdict == VERDICT_CURRENCY_MISMATCH) {
        return import_refuse(refusal, verdict_describe(verdict)->name,
                             "The receipt is in %s, the programme in %s.", request->currency,
                             programmes_at(import->snapshot->programmes, command->business_time)
                                 ->file.currency.code);
    }
    return verdict == VERDICT_OK || import_refuse_verdict(refusal, verdict);
}

static void keep_sale(struct import *import, const receipt_message *request, uint64_t who,
                      struct import_item *item)
{
    item->sale = (struct archive_sale){
        .id = item->transaction,
        .time = item->time,
        .who = who,
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

/* What one person gives alone has a bound, also in a file. */
static bool is_within_hand(const struct import *import, const struct command_earn *earn,
                           struct import_refusal *refusal)
{
    const struct programme_guard *guard = &import->snapshot->version->file.guard;
    char bound[AMOUNT_TEXT_MAX];
    if (!earn->is_fixed || earn->promotion != 0 || earn->fixed_points.minor <= guard->by_hand) {
        return true;
    }
    return import_refuse(
        refusal, "NEEDS_SECOND_PERSON",
        "By hand one person gives %s points at most (by_hand.points of the programme).",
        amount_format(guard->by_hand, guard->fraud.points_decimals, bound));
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
        import_refuse(&item->refusal, "NO_CARD", "The sale names neither card nor customer.");
        return;
    }
    earn->card = buyer->card;
    if (buyer->card.digits[0] == '\0') {
        earn->member = buyer->member;
    }
    earn->amount = money_of(total);
    memcpy(earn->currency, request->currency, strlen(request->currency));
    memcpy(earn->receipt, item->receipt, sizeof earn->receipt);
    memcpy(earn->till, request->till, strlen(request->till));
    memcpy(earn->cashier, request->cashier, strlen(request->cashier));
    earn->is_fixed = request->has_fixed_points;
    earn->fixed_points = points_of(request->has_fixed_points ? request->fixed_points : 0);
    earn->promotion = request->promotion;
    if (!is_within_hand(import, earn, &item->refusal)) {
        return;
    }
    if (read_terms(import, request, &item->refusal, command)) {
        keep_sale(import, request, buyer->who, item);
    }
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
        import_refuse(&item->refusal, "NO_CARD",
                      "The return names neither card nor customer to find its sale by.");
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
    if (!check_request(import, request, &total, &item->refusal)) {
        return ERR_OK;
    }
    item->time = (struct unix_ms){request->business_unix_ms};
    memcpy(item->receipt, request->receipt, strlen(request->receipt));
    TRY(find_buyer(import, request, &buyer, &item->refusal));
    if (item->refusal.code != NULL) {
        return ERR_OK;
    }
    if (item->is_return) {
        read_return(import, request, &buyer, item);
    } else {
        read_sale(import, request, &buyer, total, item, out_command);
    }
    return ERR_OK;
}
