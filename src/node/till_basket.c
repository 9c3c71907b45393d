/* What a till says of a purchase: lines, codes, and where it was. */
#include <string.h>

#include "node/requests.h"
#include "node/till_judged.h"
#include "programme/coupon.h"

/* At most 64 printable bytes. */
static bool read_goods(struct rpc_call *call, const char *field, const char *text,
                       struct slice *out_text)
{
    char copy[LIMIT_GOODS_TEXT_BYTES + 1];
    *out_text = slice_of(text, strlen(text));
    return request_text(call, field, text, copy, sizeof copy);
}

static bool read_line(struct rpc_call *call, const Talea__V1__BasketLine *said,
                      struct basket_line *out_line)
{
    if (said->amount_minor < 0 || said->quantity_milli < 0) {
        refuse_verdict(call, VERDICT_AMOUNT_NEGATIVE);
        return false;
    }
    out_line->amount = money_of(said->amount_minor);
    out_line->quantity_milli = said->quantity_milli;
    return read_goods(call, "lines.product", said->product, &out_line->product) &&
           read_goods(call, "lines.category", said->category, &out_line->category) &&
           read_goods(call, "lines.brand", said->brand, &out_line->brand);
}

static bool read_lines(struct rpc_call *call, const Talea__V1__EarnRequest *request,
                       struct basket_line *lines, struct occasion *occasion)
{
    occasion->line_count = request->n_lines == 0 ? 1 : request->n_lines;
    lines[0] = (struct basket_line){.amount = money_of(request->amount_minor)};
    if (request->amount_minor < 0) {
        refuse_verdict(call, VERDICT_AMOUNT_NEGATIVE);
        return false;
    }
    for (size_t i = 0; i < request->n_lines; i++) {
        lines[i] = (struct basket_line){.amount = {0}};
        if (!read_line(call, request->lines[i], &lines[i])) {
            return false;
        }
    }
    occasion->lines = lines;
    return true;
}

bool till_read_codes(struct rpc_call *call, char *const *codes, size_t count,
                     struct occasion *occasion)
{
    char copy[LIMIT_CODE_BYTES + 1];
    if (count > LIMIT_SHOWN_CODES) {
        refuse(call, 3, "TOO_MANY_CODES", "At most %u codes are allowed.", LIMIT_SHOWN_CODES);
        return false;
    }
    struct shown_code *shown = arena_alloc(rpc_call_arena(call), (count + 1) * sizeof *shown);
    if (shown == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        shown[i] = (struct shown_code){.text = coupon_typed(slice_of(codes[i], strlen(codes[i])))};
        if (!request_text(call, "codes", codes[i], copy, sizeof copy)) {
            return false;
        }
        if (shown[i].text.length == 0) {
            refuse(call, 3, "INVALID_INPUT", "codes: code %zu is empty.", i + 1);
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (coupon_is_alike(shown[i].text, shown[k].text)) {
                refuse(call, 3, "INVALID_INPUT", "codes: the same code is shown twice.");
                return false;
            }
        }
    }
    occasion->codes = shown;
    occasion->code_count = count;
    return true;
}

bool till_read_basket(struct rpc_call *call, const Talea__V1__EarnRequest *request,
                      struct occasion *out_occasion)
{
    struct money total;
    struct note note = {""};
    if (request->n_lines > LIMIT_RECEIPT_LINES) {
        refuse(call, 3, "TOO_MANY_LINES", "At most %u lines are allowed.", LIMIT_RECEIPT_LINES);
        return false;
    }
    struct basket_line *lines =
        arena_alloc(rpc_call_arena(call), (request->n_lines + 1) * sizeof *lines);
    if (lines == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return false;
    }
    *out_occasion = (struct occasion){.kind = OCCASION_SALE};
    if (!read_lines(call, request, lines, out_occasion) ||
        !read_goods(call, "store", request->store, &out_occasion->store) ||
        !read_goods(call, "channel", request->channel, &out_occasion->channel) ||
        !till_read_codes(call, request->codes, request->n_codes, out_occasion)) {
        return false;
    }
    out_occasion->paid_in_points = money_of(request->paid_in_points_minor);
    enum err err = occasion_check(out_occasion, &total, &note);
    if (err == ERR_OK && request->amount_minor != 0 && request->amount_minor != total.minor) {
        refuse(
            call, 3, "AMOUNT_MISMATCH",
            "The lines cost %lld in all and the purchase %lld, in minor units: say no amount, or "
            "the lines' sum.",
            (long long)total.minor, (long long)request->amount_minor);
        return false;
    }
    if (err != ERR_OK) {
        refuse_err(call, err, &note);
    }
    return err == ERR_OK;
}

struct hash till_said_by(const struct occasion *occasion, const struct card_number *card)
{
    struct hasher hasher;
    struct hash basket = judging_said(occasion);
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(basket.bytes, sizeof basket.bytes));
    hasher_add(&hasher, slice_of(card->digits, sizeof card->digits));
    return hasher_finish(&hasher);
}
