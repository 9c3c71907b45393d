#include "node/given_items.h"

#include <string.h>

#include "node/judging_groups.h"
#include "node/node.h"
#include "programme/reward.h"
#include "store/vault.h"

#define NUMBER_DOMAIN "gift card number"
#define PIN_DOMAIN    "gift card pin"
#define NUMBER_TRIES  8u

/* ---- Numbers and PINs ---- */

static uint64_t number_of(const uint8_t tag[VAULT_TAG_BYTES])
{
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++) {
        number = number << 8 | tag[i];
    }
    return number;
}

enum err gift_new_number(const struct node *node, const struct ledger_view *view,
                         const struct uid *issue, uint32_t index, struct gift_number *out_number)
{
    for (uint32_t try = 0; try < NUMBER_TRIES; try++) {
        uint8_t said[sizeof issue->bytes + 8];
        uint8_t tag[VAULT_TAG_BYTES];
        struct standing_row row;
        memcpy(said, issue->bytes, sizeof issue->bytes);
        put_u64_be(said + sizeof issue->bytes, (uint64_t)index << 32 | try);
        vault_tag(node->vault, NUMBER_DOMAIN, slice_of(said, sizeof said), tag);
        struct gift_number number = gift_number_make(number_of(tag));
        struct standing_owner owner = standing_of_gift_card(&number);
        TRY(standing_get_row(view, &owner, &row));
        if (row.count == 0) {
            *out_number = number;
            return ERR_OK;
        }
    }
    return ERR_CONFLICT;
}

void gift_pin(const struct node *node, const struct gift_number *number,
              char out_pin[GIFT_PIN_DIGITS + 1])
{
    uint8_t tag[VAULT_TAG_BYTES];
    vault_tag(node->vault, PIN_DOMAIN, slice_of(number->digits, GIFT_CARD_DIGITS), tag);
    uint64_t rest = number_of(tag);
    for (size_t i = GIFT_PIN_DIGITS; i > 0; i--) {
        out_pin[i - 1] = (char)('0' + rest % 10);
        rest /= 10;
    }
    out_pin[GIFT_PIN_DIGITS] = '\0';
}

/* ---- What an occasion gives ---- */

/* What is handed over at once needs none, and coupons have codes of their own. */
static bool has_card(const struct rule *rule, const struct kept_item *item)
{
    return item->code_count == 0 &&
           (reward_is(rule) || item->worth.minor > 0 || item->until_day != INT64_MAX);
}

static enum err card_of(const struct judging_case *judged, const struct kept_item *item,
                        struct gift_card *out_card)
{
    bool is_money = item->worth.minor > 0;
    int64_t value = item->count;
    if (is_money) {
        TRY(int64_mul_div(item->worth.minor, item->count, 1, ROUNDING_DOWN, &value));
    }
    if (value > GIFT_VALUE_MAX) {
        return ERR_RANGE;
    }
    *out_card = (struct gift_card){.kind = is_money ? GIFT_CARD_MONEY : GIFT_CARD_THING,
                                   .value = value,
                                   .until_day = item->until_day == INT64_MAX ? 0 : item->until_day,
                                   .issued_day = occasion_day(&judged->occasion),
                                   .thing = gift_thing(item->name)};
    return ERR_OK;
}

enum err given_write_cards(const struct node *node, const struct ledger_view *view,
                           struct judging_case *judged, struct note *note)
{
    const struct kept_case *kept = &judged->kept;
    const struct rules_text *text = rules_text(judged->version->rules);
    uint32_t count = 0;
    for (size_t i = 0; i < kept->item_count; i++) {
        const struct kept_item *item = &kept->items[i];
        struct gift_number number;
        struct gift_card card;
        if (!has_card(&text->rules[item->rule], item)) {
            continue;
        }
        if (count == GIVEN_CODES_MAX || card_of(judged, item, &card) != ERR_OK) {
            return note_set(note, ERR_INPUT,
                            "the programme gives more than %u gift cards at once, or more than "
                            "fits on one",
                            GIVEN_CODES_MAX);
        }
        TRY(gift_new_number(node, view, &judged->id, count++, &number));
        gift_card_write_issue(&judged->groups, &number, &card);
    }
    return judged->groups.err;
}

/* ---- How it is told ---- */

static enum err tell_card(const struct node *node, const struct gift_number *number,
                          struct arena *arena, Talea__V1__GivenItem *item)
{
    char pin[GIFT_PIN_DIGITS + 1];
    Talea__V1__ItemCard *code = arena_alloc(arena, sizeof *code);
    if (code == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__item_card__init(code);
    gift_pin(node, number, pin);
    code->number = arena_text(arena, slice_of(number->digits, GIFT_CARD_DIGITS));
    code->pin = arena_text(arena, slice_of(pin, GIFT_PIN_DIGITS));
    item->card = code;
    return code->number == NULL || code->pin == NULL ? ERR_RESOURCE : ERR_OK;
}

/* The next gift card among the changes. */
static bool next_card(struct reader *groups, struct gift_number *out_number)
{
    while (groups->err == ERR_OK && groups->at != groups->end) {
        struct standing_owner owner;
        uint32_t count;
        standing_read_group(groups, &owner, &count);
        for (uint32_t i = 0; i < count; i++) {
            struct standing_step step;
            standing_read_step(groups, &step);
        }
        if (groups->err == ERR_OK && owner.kind == OWNER_GIFT_CARD) {
            *out_number = gift_number_of(&owner);
            return true;
        }
    }
    return false;
}

enum err given_tell_cards(const struct node *node, const struct programme_version *version,
                          const struct kept_case *kept, struct slice groups, struct arena *arena,
                          Talea__V1__GivenItem **items)
{
    const struct rules_text *text = rules_text(version->rules);
    struct reader in = reader_of(groups);
    for (size_t i = 0; i < kept->item_count; i++) {
        struct gift_number number;
        const struct kept_item *item = &kept->items[i];
        if (item->rule < text->rule_count && has_card(&text->rules[item->rule], item) &&
            next_card(&in, &number)) {
            TRY(tell_card(node, &number, arena, items[i]));
        }
    }
    return in.err;
}

enum err given_keep_cards(const struct programme_version *version, const struct kept_case *sold,
                          const struct judgement *rest, struct slice groups, struct buffer *out)
{
    const struct rules_text *text = rules_text(version->rules);
    struct reader in = reader_of(groups);
    for (size_t i = 0; i < sold->item_count; i++) {
        const struct kept_item *item = &sold->items[i];
        struct gift_number number;
        if (item->rule >= text->rule_count || !has_card(&text->rules[item->rule], item) ||
            !next_card(&in, &number)) {
            continue;
        }
        int64_t worth = item->worth.minor > 0 ? item->worth.minor : 1; /* of a voucher a piece */
        int64_t count = judging_item_count(rest, item);
        int64_t value;
        TRY(int64_mul_div(worth, count < item->count ? count : item->count, 1, ROUNDING_DOWN,
                          &value));
        if (value > 0) {
            gift_card_write_refund(out, &number, value);
        }
    }
    return in.err == ERR_OK ? out->err : in.err;
}
