/* Stored bytes of holds, sales, answers and the transactions they answer. */
#include <stddef.h>
#include <string.h>

#include "ledger/codec.h"

enum {
    HOLD_VERSION = 1,
    HOLD_VERSION_MANDATE = 2, /* has a mandate, and what hangs on it */
    HOLD_VERSION_FORCED = 3,  /* has none, but captured points that are of no lot */
    HOLD_IS_PRICED = 3,       /* added to each of these: ends with the tariff of what is captured */
    SALE_VERSION = 1,
    SALE_WAITS = 2, /* in the place of whether it was reversed */
};

static void write_hold_lots(struct buffer *out, const struct hold *hold)
{
    write_varint(out, hold->lot_count);
    for (size_t i = 0; i < hold->lot_count; i++) {
        write_lot_key(out, &hold->lots[i].key);
        write_points(out, hold->lots[i].held);
        write_points(out, hold->lots[i].captured);
    }
}

static void read_hold_lots(struct reader *in, struct hold *hold)
{
    hold->lot_count = read_count(in, LIMIT_LOTS_PER_HOLD);
    for (size_t i = 0; i < hold->lot_count; i++) {
        read_lot_key(in, &hold->lots[i].key);
        hold->lots[i].held = read_points_held(in);
        hold->lots[i].captured = read_points_held(in);
    }
}

void hold_encode(const struct hold *hold, struct buffer *out)
{
    bool has_mandate = !uid_is_nil(&hold->mandate);
    bool is_forced = !has_mandate && (hold->unbacked.minor > 0 || hold->lost.minor > 0);
    int version = has_mandate ? HOLD_VERSION_MANDATE
                  : is_forced ? HOLD_VERSION_FORCED
                              : HOLD_VERSION;
    write_u8(out, (uint8_t)(version + (hold->tariff != 0 ? HOLD_IS_PRICED : 0)));
    write_u8(out, (uint8_t)hold->role);
    write_u8(out, (uint8_t)hold->state);
    write_partner(out, &hold->redeemer);
    write_partner(out, &hold->home);
    write_uid(out, &hold->member);
    write_card(out, &hold->card);
    write_points(out, hold->granted);
    write_points(out, hold->captured);
    write_points(out, hold->voided);
    write_points(out, hold->returned);
    write_time(out, hold->capture_by);
    write_time(out, hold->deliver_by);
    if (has_mandate) {
        write_uid(out, &hold->mandate);
        write_points(out, hold->stood_in);
    }
    if (has_mandate || is_forced) {
        write_points(out, hold->unbacked);
        write_points(out, hold->lost);
    }
    write_hold_lots(out, hold);
    if (hold->tariff != 0) {
        write_varint(out, hold->tariff);
    }
}

/* No more is captured and given back than was granted. What was returned may exceed what is
 * captured for a while: when a home refuses a capture, and then the return of it. */
static bool hold_adds_up(const struct hold *hold)
{
    return hold->captured.minor <= hold->granted.minor &&
           hold->voided.minor <= hold->granted.minor - hold->captured.minor &&
           hold->stood_in.minor <= hold->captured.minor;
}

static void read_hold_mandate(struct reader *in, int version, struct hold *hold)
{
    hold->mandate = (struct uid){{0}};
    hold->stood_in = points_of(0);
    hold->unbacked = points_of(0);
    hold->lost = points_of(0);
    if (version == HOLD_VERSION_MANDATE) {
        read_uid(in, &hold->mandate);
        read_expect(in, !uid_is_nil(&hold->mandate));
        hold->stood_in = read_points_held(in);
    }
    if (version != HOLD_VERSION) {
        hold->unbacked = read_points_held(in);
        hold->lost = read_points_held(in);
    }
    read_expect(in,
                version != HOLD_VERSION_FORCED || hold->unbacked.minor > 0 || hold->lost.minor > 0);
}

enum err hold_decode(struct slice value, struct hold *out_hold)
{
    struct reader in = reader_of(value);
    struct hold hold;
    uint8_t version = read_choice(&in, HOLD_VERSION, HOLD_VERSION_FORCED + HOLD_IS_PRICED + 1);
    bool is_priced = version > HOLD_IS_PRICED;
    hold.role = (enum hold_role)read_choice(&in, HOLD_HOME, HOLD_FOREIGN + 1);
    hold.state = (enum hold_state)read_choice(&in, HOLD_OPEN, HOLD_EXPIRED + 1);
    read_partner(&in, &hold.redeemer);
    read_partner(&in, &hold.home);
    read_uid(&in, &hold.member);
    read_card(&in, &hold.card);
    hold.granted = read_points_held(&in);
    hold.captured = read_points_held(&in);
    hold.voided = read_points_held(&in);
    hold.returned = read_points_held(&in);
    hold.capture_by = read_time(&in);
    hold.deliver_by = read_time(&in);
    read_hold_mandate(&in, is_priced ? version - HOLD_IS_PRICED : version, &hold);
    read_hold_lots(&in, &hold);
    hold.tariff = is_priced ? read_varint32(&in) : 0;
    read_expect(&in, hold_adds_up(&hold) && (hold.tariff != 0) == is_priced);
    TRY(reader_finish(&in));
    memcpy(out_hold, &hold, offsetof(struct hold, lots) + hold.lot_count * sizeof hold.lots[0]);
    return ERR_OK;
}

enum {
    SALE_MAX = 4 + 2 * PUT_PARTNER_MAX + 2 * PUT_UID_MAX + PUT_CARD_MAX + 6 * VARINT_MAX +
               PUT_EARN_RATE_MAX + 1 + sizeof((struct sale *)0)->currency + PUT_LOT_KEY_MAX
};

void sale_encode(const struct sale *sale, struct buffer *out)
{
    struct id_table *names = out->names;
    uint8_t *to = write_reserve(out, SALE_MAX);
    if (to == NULL) {
        return;
    }
    to = put_u8(to, SALE_VERSION);
    to = put_u8(to, sale->role);
    to = put_partner(to, names, &sale->issuer);
    to = put_partner(to, names, &sale->home);
    to = put_uid(to, names, &sale->member);
    to = put_card(to, &sale->card);
    to = put_svarint(to, sale->amount.minor);
    to = put_svarint(to, sale->returned.minor);
    to = put_svarint(to, sale->points.minor);
    to = put_svarint(to, sale->taken.minor);
    to = put_u8(to, (sale->is_fixed ? EARN_IS_FIXED : 0u) |
                        (sale->promotion != 0 ? EARN_IS_PROMOTED : 0u) |
                        (uid_is_nil(&sale->block) ? 0u : SALE_IS_DRAWN));
    to = sale->promotion != 0 ? put_varint(to, sale->promotion) : to;
    to = uid_is_nil(&sale->block) ? to : put_uid(to, names, &sale->block);
    to = put_u8(to, sale->is_waiting ? SALE_WAITS : sale->is_reversed);
    to = put_earn_rate(to, &sale->rate);
    to = put_text(to, sale->currency, sizeof sale->currency);
    to = put_lot_key(to, names, &sale->lot);
    write_end(out, put_svarint(to, sale->business_time.ms));
}

enum err sale_decode(struct slice value, struct sale *out_sale)
{
    struct reader in = reader_of(value);
    struct sale sale;
    read_version(&in, SALE_VERSION);
    sale.role = (enum sale_role)read_choice(&in, SALE_OWN, SALE_ADVISED + 1);
    read_partner(&in, &sale.issuer);
    read_partner(&in, &sale.home);
    read_uid(&in, &sale.member);
    read_card(&in, &sale.card);
    sale.amount = read_money(&in);
    sale.returned = read_money(&in);
    sale.points = read_points_held(&in);
    sale.taken = read_points_held(&in);
    unsigned flags = read_choice(&in, 0, SALE_FLAGS_END);
    sale.is_fixed = (flags & EARN_IS_FIXED) != 0;
    sale.promotion = read_promotion(&in, flags);
    sale.block = (struct uid){{0}};
    if (flags & SALE_IS_DRAWN) {
        read_uid(&in, &sale.block);
        read_expect(&in, !uid_is_nil(&sale.block));
    }
    unsigned standing = read_choice(&in, 0, SALE_WAITS + 1);
    sale.is_reversed = standing == 1;
    sale.is_waiting = standing == SALE_WAITS;
    read_earn_rate(&in, &sale.rate);
    read_text(&in, sale.currency, sizeof sale.currency);
    read_lot_key(&in, &sale.lot);
    sale.business_time = read_time(&in);
    read_expect(&in, sale.returned.minor >= 0 && sale.returned.minor <= sale.amount.minor &&
                         sale.taken.minor <= sale.points.minor);
    TRY(reader_finish(&in));
    *out_sale = sale;
    return ERR_OK;
}

static unsigned answer_fields(const struct answer *answer)
{
    unsigned fields = 0;
    fields |= uid_is_nil(&answer->member) ? 0 : ANSWER_MEMBER;
    fields |= answer->card.digits[0] == '\0' ? 0 : ANSWER_CARD;
    fields |= answer->home.text[0] == '\0' ? 0 : ANSWER_HOME;
    fields |= answer->points.minor == 0 ? 0 : ANSWER_POINTS;
    fields |= answer->left.minor == 0 ? 0 : ANSWER_LEFT;
    fields |= answer->debt.minor == 0 ? 0 : ANSWER_DEBT;
    fields |= answer->capture_by.ms == 0 ? 0 : ANSWER_CAPTURE_BY;
    fields |= answer->deliver_by.ms == 0 ? 0 : ANSWER_DELIVER_BY;
    fields |= answer->row == 0 ? 0 : ANSWER_ROW;
    fields |= answer->written_off.minor == 0 ? 0 : ANSWER_WRITTEN_OFF;
    fields |= answer->amount.minor == 0 ? 0 : ANSWER_AMOUNT;
    fields |= uid_is_nil(&answer->mandate) ? 0 : ANSWER_MANDATE;
    return fields;
}

static uint8_t *put_optional(uint8_t *to, int64_t value)
{
    return value == 0 ? to : put_svarint(to, value);
}

uint8_t *put_answer(uint8_t *to, struct id_table *names, const struct answer *answer,
                    unsigned left_out)
{
    unsigned fields = answer_fields(answer) & ~left_out;
    to = put_varint(to, fields);
    to = fields & ANSWER_MEMBER ? put_uid(to, names, &answer->member) : to;
    to = fields & ANSWER_CARD ? put_card(to, &answer->card) : to;
    to = fields & ANSWER_HOME ? put_partner(to, names, &answer->home) : to;
    to = put_optional(to, answer->points.minor);
    to = put_optional(to, answer->left.minor);
    to = put_optional(to, answer->debt.minor);
    to = put_optional(to, answer->capture_by.ms);
    to = put_optional(to, answer->deliver_by.ms);
    to = fields & ANSWER_ROW ? put_varint(to, answer->row) : to;
    to = put_optional(to, answer->written_off.minor);
    to = put_optional(to, answer->amount.minor);
    return fields & ANSWER_MANDATE ? put_uid(to, names, &answer->mandate) : to;
}

void answer_encode(const struct answer *answer, struct buffer *out)
{
    uint8_t *to = write_reserve(out, PUT_ANSWER_MAX);
    if (to != NULL) {
        write_end(out, put_answer(to, out->names, answer, 0));
    }
}

static int64_t read_optional(struct reader *in, unsigned fields, unsigned field)
{
    return fields & field ? read_svarint(in) : 0;
}

void answer_read(struct reader *in, struct answer *out_answer)
{
    struct answer answer = {0};
    unsigned fields = read_count(in, ANSWER_FIELDS_END - 1);
    if (fields & ANSWER_MEMBER) {
        read_uid(in, &answer.member);
    }
    if (fields & ANSWER_CARD) {
        read_card(in, &answer.card);
    }
    if (fields & ANSWER_HOME) {
        read_partner(in, &answer.home);
    }
    answer.points.minor = read_optional(in, fields, ANSWER_POINTS);
    answer.left.minor = read_optional(in, fields, ANSWER_LEFT);
    answer.debt.minor = read_optional(in, fields, ANSWER_DEBT);
    answer.capture_by.ms = read_optional(in, fields, ANSWER_CAPTURE_BY);
    answer.deliver_by.ms = read_optional(in, fields, ANSWER_DELIVER_BY);
    answer.row = fields & ANSWER_ROW ? read_varint(in) : 0;
    answer.written_off.minor = read_optional(in, fields, ANSWER_WRITTEN_OFF);
    answer.amount.minor = read_optional(in, fields, ANSWER_AMOUNT);
    if (fields & ANSWER_MANDATE) {
        read_uid(in, &answer.mandate);
    }
    read_expect(in, answer_fields(&answer) == fields); /* a field that is there is not zero */
    *out_answer = answer;
}

void transaction_encode(const struct transaction *transaction, struct buffer *out)
{
    write_varint(out, transaction->row);
}

enum err transaction_decode(struct slice value, struct transaction *out_transaction)
{
    struct reader in = reader_of(value);
    struct transaction transaction = {.row = read_varint(&in)};
    read_expect(&in, transaction.row >= 1);
    TRY(reader_finish(&in));
    *out_transaction = transaction;
    return ERR_OK;
}
