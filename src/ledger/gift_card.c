#include "ledger/gift_card.h"

#include "base/amount.h"
#include "ledger/codec.h"

#define NUMBER_MODULUS UINT64_C(100000000000000) /* 14 digits */
#define THING_MASK     UINT64_C(0x3FFFFFFFFFFFFFFF)

enum state {
    STATE_USED = 1,
    STATE_CANCELLED = 2
};

/* What is kept of a card. Numbers are stored; never renumber. */
enum number_of {
    OF_BALANCE = 0,
    OF_VALUE = 1,
    OF_KIND = 2,
    OF_UNTIL = 3,
    OF_ISSUED = 4,
    OF_THING = 5,
    OF_STATE = 6,
    OF_BLOCKED = 7,
    OF_WRONG_PINS = 8,
    OF_LOCKED_UNTIL = 9
};

static uint64_t slot_of(enum number_of number)
{
    return slot_named(number == OF_BALANCE ? SLOT_GIFT_BALANCE : SLOT_GIFT_CARD, (unsigned)number,
                      "");
}

/* ---- Numbers ---- */

enum err gift_number_parse(const char *text, struct gift_number *out_number)
{
    struct gift_number number = {""};
    size_t length = 0;
    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '-') {
            continue;
        }
        if (*text < '0' || *text > '9' || length == GIFT_CARD_DIGITS) {
            return ERR_INPUT;
        }
        number.digits[length++] = *text;
    }
    if (length != GIFT_CARD_DIGITS || number.digits[0] != '0' ||
        number.digits[length - 1] != card_check_digit(number.digits, length - 1)) {
        return ERR_INPUT;
    }
    *out_number = number;
    return ERR_OK;
}

struct gift_number gift_number_make(uint64_t value)
{
    struct gift_number number = {"0"};
    uint64_t rest = value % NUMBER_MODULUS;
    for (size_t i = GIFT_CARD_DIGITS - 2; i > 0; i--) {
        number.digits[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    number.digits[GIFT_CARD_DIGITS - 1] = card_check_digit(number.digits, GIFT_CARD_DIGITS - 1);
    return number;
}

struct standing_owner standing_of_gift_card(const struct gift_number *number)
{
    struct standing_owner owner = {.kind = OWNER_GIFT_CARD};
    memcpy(owner.id, number->digits, GIFT_CARD_DIGITS);
    return owner;
}

struct gift_number gift_number_of(const struct standing_owner *owner)
{
    struct gift_number number = {""};
    memcpy(number.digits, owner->id, GIFT_CARD_DIGITS);
    return number;
}

int64_t gift_thing(struct slice name)
{
    struct hash hash = hash_of(HASH_DOMAIN_STANDING, name);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++) {
        number = number << 8 | hash.bytes[i];
    }
    number &= THING_MASK;
    return number == 0 ? 1 : (int64_t)number;
}

/* ---- What is on one ---- */

struct gift_card gift_card_of_row(const struct standing_row *row)
{
    struct standing numbers = standing_of_row(row);
    struct gift_card card = {.value = standing_value(&numbers, slot_of(OF_VALUE), 0)};
    int64_t state = standing_value(&numbers, slot_of(OF_STATE), 0);
    card.kind = standing_value(&numbers, slot_of(OF_KIND), 0) == GIFT_CARD_THING ? GIFT_CARD_THING
                                                                                 : GIFT_CARD_MONEY;
    card.balance = standing_value(&numbers, slot_of(OF_BALANCE), 0);
    card.until_day = standing_value(&numbers, slot_of(OF_UNTIL), 0);
    card.issued_day = standing_value(&numbers, slot_of(OF_ISSUED), 0);
    card.thing = standing_value(&numbers, slot_of(OF_THING), 0);
    card.is_used = (state & STATE_USED) != 0;
    card.is_cancelled = (state & STATE_CANCELLED) != 0;
    card.is_blocked = standing_value(&numbers, slot_of(OF_BLOCKED), 0) != 0;
    card.wrong_pins = standing_value(&numbers, slot_of(OF_WRONG_PINS), 0);
    card.locked_until.ms = standing_value(&numbers, slot_of(OF_LOCKED_UNTIL), 0);
    if (card.value == 0) {
        card = (struct gift_card){.value = 0};
    }
    return card;
}

/* ---- Changes ---- */

struct steps {
    size_t count;
    struct standing_step at[GIFT_CARD_STEPS];
};

static void set(struct steps *steps, enum number_of number, int64_t before, int64_t after)
{
    if (before != after) {
        ASSERT(steps->count < GIFT_CARD_STEPS);
        steps->at[steps->count++] = (struct standing_step){
            .how = STANDING_SET, .slot = slot_of(number), .before = before, .after = after};
    }
}

static void change_balance(struct steps *steps, enum standing_how how, int64_t delta)
{
    ASSERT(delta != 0 && steps->count < GIFT_CARD_STEPS);
    steps->at[steps->count++] = (struct standing_step){
        .how = how, .slot = slot_of(OF_BALANCE), .delta = delta, .least = 0, .most = INT64_MAX};
}

static void forget_wrong_pins(struct steps *steps, const struct gift_card *card)
{
    set(steps, OF_WRONG_PINS, card->wrong_pins, 0);
    set(steps, OF_LOCKED_UNTIL, card->locked_until.ms, 0);
}

static void write_group(struct buffer *groups, const struct gift_number *number,
                        struct steps *steps)
{
    struct standing_owner owner = standing_of_gift_card(number);
    standing_write_group(groups, &owner, steps->at, steps->count);
}

void gift_card_write_issue(struct buffer *groups, const struct gift_number *number,
                           const struct gift_card *card)
{
    struct steps steps = {.count = 0};
    ASSERT(card->value > 0 && card->value <= GIFT_VALUE_MAX);
    set(&steps, OF_VALUE, 0, card->value);
    set(&steps, OF_KIND, 0, card->kind);
    set(&steps, OF_UNTIL, 0, card->until_day);
    set(&steps, OF_ISSUED, 0, card->issued_day);
    set(&steps, OF_THING, 0, card->thing);
    change_balance(&steps, STANDING_ADD, card->value);
    write_group(groups, number, &steps);
}

void gift_card_write_payment(struct buffer *groups, const struct gift_number *number,
                             const struct gift_card *card, int64_t amount)
{
    struct steps steps = {.count = 0};
    set(&steps, OF_STATE, card->is_used ? STATE_USED : 0, STATE_USED);
    forget_wrong_pins(&steps, card);
    change_balance(&steps, STANDING_ADD, -amount);
    write_group(groups, number, &steps);
}

void gift_card_write_refund(struct buffer *groups, const struct gift_number *number, int64_t amount)
{
    struct steps steps = {.count = 0};
    change_balance(&steps, STANDING_TAKE, amount);
    write_group(groups, number, &steps);
}

void gift_card_write_block(struct buffer *groups, const struct gift_number *number,
                           const struct gift_card *card, bool is_blocked)
{
    struct steps steps = {.count = 0};
    set(&steps, OF_BLOCKED, card->is_blocked, is_blocked);
    if (!is_blocked) {
        forget_wrong_pins(&steps, card);
    }
    write_group(groups, number, &steps);
}

void gift_card_write_wrong_pin(struct buffer *groups, const struct gift_number *number,
                               const struct gift_card *card, struct unix_ms now)
{
    struct steps steps = {.count = 0};
    bool is_last = card->wrong_pins + 1 >= GIFT_PIN_TRIES;
    set(&steps, OF_WRONG_PINS, card->wrong_pins, is_last ? 0 : card->wrong_pins + 1);
    set(&steps, OF_LOCKED_UNTIL, card->locked_until.ms, is_last ? now.ms + GIFT_PIN_LOCKED_MS : 0);
    write_group(groups, number, &steps);
}

void gift_card_write_right_pin(struct buffer *groups, const struct gift_number *number,
                               const struct gift_card *card)
{
    struct steps steps = {.count = 0};
    forget_wrong_pins(&steps, card);
    write_group(groups, number, &steps);
}

void gift_card_write_cancel(struct buffer *groups, const struct gift_number *number, int64_t value)
{
    struct steps steps = {.count = 0};
    set(&steps, OF_STATE, 0, STATE_CANCELLED);
    change_balance(&steps, STANDING_TAKE, -value);
    write_group(groups, number, &steps);
}

static enum gift_move move_of(const struct standing_step *step, bool is_issue)
{
    if (step->how == STANDING_TAKE) {
        return step->delta > 0 ? GIFT_MOVE_REFUNDED : GIFT_MOVE_TAKEN_BACK;
    }
    return step->delta < 0 ? GIFT_MOVE_SPENT : is_issue ? GIFT_MOVE_ISSUED : GIFT_MOVE_REFUNDED;
}

void gift_card_read_change(struct reader *in, uint32_t count, struct gift_change *out_change)
{
    struct gift_change change = {.move = GIFT_MOVE_NONE};
    struct standing_step balance = {.delta = 0};
    for (uint32_t i = 0; i < count && in->err == ERR_OK; i++) {
        struct standing_step step;
        standing_read_step(in, &step);
        if (step.slot == slot_of(OF_VALUE)) {
            change.issued.value = step.after;
        } else if (step.slot == slot_of(OF_KIND)) {
            change.issued.kind = (enum gift_card_kind)step.after;
        } else if (step.slot == slot_of(OF_UNTIL)) {
            change.issued.until_day = step.after;
        } else if (step.slot == slot_of(OF_BALANCE) && step.how != STANDING_SET) {
            balance = step;
        }
    }
    if (balance.delta != 0) {
        change.move = move_of(&balance, change.issued.value > 0);
        change.amount = balance.delta < 0 ? -balance.delta : balance.delta;
    }
    *out_change = change;
}
