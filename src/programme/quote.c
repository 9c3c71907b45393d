#include "programme/quote.h"

#include <string.h>

#include "base/limits.h"

#define PERCENT 100

static int64_t unit_of(struct decimal value)
{
    int64_t unit = 1;
    for (unsigned i = 0; i < value.scale; i++) {
        unit *= 10;
    }
    return unit;
}

enum err burn_terms_check(const struct burn_terms *terms, size_t goods)
{
    bool is_right = terms->smallest_minor >= 0 && terms->points_minor >= 0 &&
                    (terms->points_minor == 0 || terms->worth_minor >= 1) &&
                    terms->share.mantissa >= 0 && terms->share.scale <= LIMIT_RATIO_DECIMALS &&
                    terms->share.mantissa <= PERCENT * unit_of(terms->share);
    for (size_t i = 0; is_right && i < terms->except_count; i++) {
        is_right = terms->except[i] < goods;
    }
    return is_right ? ERR_OK : ERR_INPUT;
}

/* What the lines that points may pay cost after discounts. */
static enum err payable_lines(const struct rules *rules, const struct burn_terms *terms,
                              const struct occasion *occasion, const struct judgement *judgement,
                              struct arena *arena, int64_t *out_minor)
{
    int64_t sum = 0; /* no more than the checked total */
    for (size_t i = 0; i < occasion->line_count; i++) {
        struct goods_list list;
        bool is_excepted = false;
        TRY(goods_of_line(rules_goods(rules), &occasion->lines[i], arena, &list));
        for (size_t e = 0; e < terms->except_count; e++) {
            is_excepted = is_excepted || goods_list_has(list, terms->except[e]);
        }
        if (!is_excepted) {
            sum += occasion->lines[i].amount.minor - judgement->line_discounts[i].minor;
        }
    }
    *out_minor = sum;
    return ERR_OK;
}

enum err burn_terms_most(const struct rules *rules, const struct burn_terms *terms,
                         const struct occasion *occasion, const struct judgement *judgement,
                         struct arena *arena, struct money *out_most)
{
    int64_t cost;
    TRY(payable_lines(rules, terms, occasion, judgement, arena, &cost));
    return int64_mul_div(cost, terms->share.mantissa, PERCENT * unit_of(terms->share),
                         ROUNDING_DOWN, &out_most->minor);
}

/* Whole points never pay more than the share, and what they pay is rounded down. */
static enum err find_payable(const struct burn_terms *terms, int64_t most, int64_t balance,
                             struct quote *out)
{
    int64_t points;
    int64_t money;
    out->spendable = points_of(0);
    out->payable = money_of(0);
    if (terms->points_minor == 0) {
        return ERR_OK;
    }
    TRY(int64_mul_div(most, terms->points_minor, terms->worth_minor, ROUNDING_DOWN, &points));
    points = points < balance ? points : balance;
    TRY(int64_mul_div(points, terms->worth_minor, terms->points_minor, ROUNDING_DOWN, &money));
    if (points >= terms->smallest_minor && money > 0) {
        out->spendable = points_of(points);
        out->payable = money_of(money);
    }
    return ERR_OK;
}

enum err quote_make(const struct rules *rules, const struct burn_terms *terms,
                    const struct standing *standing, const struct occasion *occasion,
                    struct arena *arena, struct quote *out_quote, struct note *note)
{
    struct quote quote;
    struct money most;
    if (burn_terms_check(terms, rules_text(rules)->goods_count) != ERR_OK) {
        return note_set(note, ERR_INPUT, "not terms on which points pay for a basket");
    }
    TRY(judge(rules, standing, occasion, false, arena, &quote.judgement, note));
    TRY(burn_terms_most(rules, terms, occasion, &quote.judgement, arena, &most));
    TRY(find_payable(terms, most.minor, occasion->shopper.balance.minor, &quote));
    *out_quote = quote;
    return ERR_OK;
}

static void write_occasion(const struct occasion *occasion, const struct judgement *judgement,
                           struct buffer *out)
{
    write_u8(out, (uint8_t)occasion->kind);
    write_i64(out, occasion->local.ms);
    write_block(out, occasion->event);
    write_block(out, occasion->store);
    write_block(out, occasion->channel);
    write_block(out, occasion->shopper.key);
    write_i64(out, occasion->paid_in_points.minor);
    write_varint(out, occasion->line_count);
    for (size_t i = 0; i < occasion->line_count; i++) {
        const struct basket_line *line = &occasion->lines[i];
        write_block(out, line->product);
        write_block(out, line->category);
        write_block(out, line->brand);
        write_i64(out, line->quantity_milli);
        write_i64(out, line->amount.minor);
        write_i64(out, judgement->line_discounts[i].minor);
    }
    write_varint(out, occasion->code_count);
    for (size_t i = 0; i < occasion->code_count; i++) {
        write_block(out, occasion->codes[i].text);
        write_varint(out, judgement->codes[i].reason == TRACE_FIRED ? 1 : 0);
    }
}

static void write_given(const struct rules *rules, const struct judgement *judgement,
                        struct buffer *out)
{
    write_varint(out, judgement->award_count);
    for (size_t i = 0; i < judgement->award_count; i++) {
        const char *name = rules_text(rules)->rules[judgement->awards[i].rule].name;
        write_block(out, slice_of(name, strlen(name)));
        write_i64(out, judgement->awards[i].given);
    }
    write_varint(out, judgement->changes.count);
    for (size_t i = 0; i < judgement->changes.count; i++) {
        const struct standing_change *change = &judgement->changes.at[i];
        write_u64(out, change->slot);
        write_i64(out, change->bucket);
        write_i64(out, change->before);
        write_i64(out, change->after);
    }
    write_varint(out, judgement->claim_count);
    for (size_t i = 0; i < judgement->claim_count; i++) {
        const struct claim *claim = &judgement->claims[i];
        write_u8(out, (uint8_t)claim->of);
        write_u64(out, claim->slot);
        write_i64(out, claim->bucket);
        write_i64(out, claim->delta);
    }
}

void quote_write(const struct rules *rules, const struct occasion *occasion,
                 const struct quote *quote, struct buffer *out)
{
    const struct judgement *judgement = &quote->judgement;
    write_occasion(occasion, judgement, out);
    write_i64(out, judgement->points.minor);
    write_i64(out, judgement->spent.minor);
    write_i64(out, judgement->due.minor);
    write_i64(out, judgement->refund.minor);
    write_i64(out, quote->spendable.minor);
    write_i64(out, quote->payable.minor);
    write_given(rules, judgement, out);
}
