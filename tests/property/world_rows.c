#include "world_rows.h"

#include <stdio.h>
#include <string.h>

#include "ledger/route.h"

#include "model_parts.h"
#include "world_compare.h"

bool cards_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (size_t i = 0; i < m->card_count; i++) {
        const struct model_card *card = &m->cards[i];
        struct card row;
        if (ledger_get_card(view, &card->number, &row) != ERR_OK) {
            return complain(complaint, "there is no such card", 0, (int64_t)i);
        }
        if (row.is_blocked != card->is_blocked) {
            return complain(complaint, "is the card blocked", row.is_blocked, card->is_blocked);
        }
        struct card_status status;
        if (ledger_get_card_status(view, &card->number, &status) != ERR_OK ||
            strcmp(status.moved_to.digits, model_status(m, &card->number)->moved_to.digits) != 0) {
            return complain(complaint, "where the card moved", 0, (int64_t)i);
        }
        int member = uid_is_nil(&row.member) ? -1 : model_member(m, &row.member);
        if (member != card->member) {
            return complain(complaint, "the card's member", member, card->member);
        }
    }
    return true;
}

bool holds_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (size_t i = 0; i < m->hold_count; i++) {
        const struct model_hold *hold = &m->holds[i];
        const struct partner_id *redeemer =
            &m->roster->partners[hold->is_foreign ? 0 : hold->partner].id;
        struct hold row;
        if (ledger_get_hold(view, redeemer, &hold->id, &row) != ERR_OK) {
            return complain(complaint, "there is no such hold", 0, (int64_t)i);
        }
        if (row.captured.minor != hold->captured) {
            return complain(complaint, "a hold's captured", row.captured.minor, hold->captured);
        }
        if (row.returned.minor != hold->returned) {
            return complain(complaint, "a hold's returned", row.returned.minor, hold->returned);
        }
        if ((row.state == HOLD_OPEN) == hold->has_ended) {
            return complain(complaint, "has a hold ended", row.state != HOLD_OPEN, hold->has_ended);
        }
        if (!hold->has_ended && hold_left(&row).minor != hold->left) {
            return complain(complaint, "a hold's left", hold_left(&row).minor, hold->left);
        }
    }
    return true;
}

bool mandates_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (size_t i = 0; i < m->mandate_count; i++) {
        const struct model_mandate *mandate = &m->mandates[i];
        const struct partner_id *self = &m->roster->partners[0].id;
        const struct partner_id *other = &m->roster->partners[mandate->partner].id;
        struct mandate_row row;
        if (ledger_get_mandate(view, mandate->is_given ? self : other,
                               mandate->is_given ? other : self, &mandate->id, &row) != ERR_OK) {
            return complain(complaint, "there is no such mandate", 0, (int64_t)i);
        }
        if (row.used.minor != mandate->used) {
            return complain(complaint, "used of a mandate", row.used.minor, mandate->used);
        }
    }
    return true;
}

bool sales_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (size_t i = 0; i < m->sale_count; i++) {
        const struct model_sale *sale = &m->sales[i];
        struct sale row;
        if (ledger_get_sale(view, &m->roster->partners[sale->issuer].id, &sale->id, &row) !=
            ERR_OK) {
            return complain(complaint, "there is no such sale", 0, (int64_t)i);
        }
        if (row.points.minor != sale->points || row.taken.minor != sale->taken) {
            return complain(complaint, "a sale's points left", row.points.minor - row.taken.minor,
                            sale->points - sale->taken);
        }
        if (row.returned.minor != sale->returned) {
            return complain(complaint, "a sale's returned", row.returned.minor, sale->returned);
        }
    }
    return true;
}

static bool payment_agrees(const struct obligation *row, const struct model_payment *payment,
                           char *complaint)
{
    const struct obligation_figures *figures = &row->figures;
    int64_t pairs[][2] = {
        {row->terms.payment.amount.minor, payment->amount},
        {figures->instructed.minor, payment->instructed},
        {figures->received.minor, payment->received},
        {figures->acknowledged.minor, payment->acknowledged},
        {figures->echoed.minor, payment->echoed},
        {row->sent.minor, payment->sent},
        {(int64_t)row->number, (int64_t)payment->said},
        {(int64_t)row->heard, (int64_t)payment->heard},
        {(int64_t)row->booking_count, __builtin_popcountll(payment->booked)},
    };
    static const char *const names[] = {"a payment's amount", "instructed",    "received",
                                        "acknowledged",       "echoed",        "sent",
                                        "notices said",       "notices heard", "bookings"};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] != pairs[i][1]) {
            return complain(complaint, names[i], pairs[i][0], pairs[i][1]);
        }
    }
    bool is_whole = payment->received >= payment->amount;
    bool is_met =
        payment->acknowledged == payment->received && payment->echoed == payment->received;
    bool is_begun = payment->instructed != 0 || payment->received != 0;
    enum obligation_step step = is_whole && (is_met || payment->received == 0) ? OBLIGATION_CLOSED
                                : is_whole                                     ? OBLIGATION_PAID
                                : is_begun ? OBLIGATION_INSTRUCTED
                                           : OBLIGATION_NETTED;
    return obligation_step(row) == step ||
           complain(complaint, "a payment's step", obligation_step(row), step);
}

bool payments_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (int partner = 1; partner < MODEL_PARTNERS; partner++) {
        for (unsigned month = 0; month < MODEL_MONTHS; month++) {
            const struct model_payment *payment = &m->payments[partner][month];
            struct obligation row;
            enum err err = ledger_get_obligation(view, &m->roster->partners[partner].id,
                                                 (struct period){MODEL_FIRST_MONTH + month}, &row);
            if ((err == ERR_OK) != payment->is_there) {
                return complain(complaint, "is a payment there", err == ERR_OK, payment->is_there);
            }
            if (err == ERR_OK && !payment_agrees(&row, payment, complaint)) {
                return false;
            }
        }
    }
    return true;
}

static bool funding_agrees(const struct ledger_view *view, const struct model *m, int issuer,
                           int64_t expected, char *complaint)
{
    int64_t points = 0;
    if (ledger_get_funding(view, &m->roster->partners[issuer].id, MODEL_AT_BURN, &points) !=
        ERR_OK) {
        return complain(complaint, "points to be funded can't be read", 0, issuer);
    }
    return points == expected || complain(complaint, "points to be funded", points, expected);
}

bool fundings_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    bool agree = funding_agrees(view, m, 0, m->abroad, complaint);
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        agree = agree && funding_agrees(view, m, i, m->untold[i], complaint);
    }
    return agree;
}

static bool promotion_agrees(const struct ledger_view *view, uint32_t promotion,
                             const struct partner_id *payer, int64_t expected, char *complaint)
{
    int64_t points = 0;
    if (ledger_get_promotion(view, promotion, payer, &points) != ERR_OK) {
        return complain(complaint, "a promotion can't be read", 0, promotion);
    }
    return points == expected || complain(complaint, "points of a promotion", points, expected);
}

static bool refusal_agrees(const struct ledger_view *view, const struct partner_id *payer,
                           int64_t expected, char *complaint)
{
    int64_t points;
    if (ledger_get_promotion_refused(view, MODEL_OUR_PROMOTION, payer, &points) != ERR_OK) {
        return complain(complaint, "what is refused of a promotion can't be read", 0, 0);
    }
    return points == expected ||
           complain(complaint, "points of a promotion that are refused", points, expected);
}

bool promotions_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    static const struct partner_id nobody = {{0}};
    bool agree =
        promotion_agrees(view, MODEL_OUR_PROMOTION, &nobody, m->promoted, complaint) &&
        promotion_agrees(view, MODEL_BETAS_PROMOTION, &nobody, m->promotion_paid, complaint);
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        agree =
            agree &&
            promotion_agrees(view, MODEL_OUR_PROMOTION, &m->roster->partners[i].id,
                             m->promotion_told[i], complaint) &&
            refusal_agrees(view, &m->roster->partners[i].id, m->promotion_refused[i], complaint);
    }
    return agree;
}

bool blocks_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (size_t i = 0; i < m->block_count; i++) {
        const struct model_block *block = &m->blocks[i];
        const struct partner_id *self = &m->roster->partners[0].id;
        const struct partner_id *partner = &m->roster->partners[block->partner].id;
        struct block_row row;
        if (ledger_get_block(view, block->is_sold ? self : partner, block->is_sold ? partner : self,
                             &block->id, &row) != ERR_OK) {
            return complain(complaint, "a block can't be read", 0, (int64_t)i);
        }
        if (row.state != block->state) {
            return complain(complaint, "a block's state", row.state, block->state);
        }
        if (row.left != block->left) {
            return complain(complaint, "what is left of a block", row.left, block->left);
        }
    }
    return true;
}

bool exposures_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (int i = 1; i < MODEL_PARTNERS; i++) {
        struct exposure row;
        if (ledger_get_exposure(view, &m->roster->partners[i].id, &row) != ERR_OK) {
            return complain(complaint, "an exposure can't be read", 0, i);
        }
        int64_t owed = exposure_owed(&row, m->roster).minor;
        int64_t promised =
            exposure_promised(&row, m->roster, &m->roster->partners[i].id, (struct unix_ms){0})
                .minor;
        if (owed != model_owed(m, i)) {
            return complain(complaint, "owed to a partner", owed, model_owed(m, i));
        }
        if (promised != model_promised(m, i)) {
            return complain(complaint, "promised to a partner", promised, model_promised(m, i));
        }
    }
    return true;
}

/* A span is what each counts it by. */
static bool rights_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (size_t i = 0; i < m->right_count; i++) {
        const struct model_right *right = &m->rights[i];
        struct pool_right row;
        if (ledger_get_pool_right(view, &m->members[right->pool].id, &m->members[right->member].id,
                                  &row) != ERR_OK) {
            return complain(complaint, "there is no such right", 0, (int64_t)i);
        }
        if (row.kind != right->kind || row.limit.minor != right->limit) {
            return complain(complaint, "a right's limit", row.limit.minor, right->limit);
        }
        if (row.held.minor != right->held || row.spent.minor != right->spent) {
            return complain(complaint, "spent of a pool", row.held.minor + row.spent.minor,
                            right->held + right->spent);
        }
    }
    return true;
}

bool pools_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    if (!rights_agree(view, m, complaint)) {
        return false;
    }
    for (size_t i = 0; i < m->member_count; i++) {
        const struct model_member *pool = &m->members[i];
        for (size_t j = 0; j < m->member_count && pool->is_pool; j++) {
            bool is_in = ledger_get_pool_member(view, &pool->id, &m->members[j].id) == ERR_OK;
            if (is_in != ((pool->pool_members >> j & 1) != 0) && j != i) {
                return complain(complaint, "is it in the pool", is_in, !is_in);
            }
        }
    }
    return true;
}

/* When something happens to the member by itself; INT64_MAX: nothing will. */
static int64_t next_due(const struct model_member *member)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < member->lot_count; i++) {
        const struct model_lot *lot = &member->lots[i];
        if (lot->free > 0) {
            due = model_least(due, model_end(member, &lot->key));
            due = model_least(due, lot->key.active_from == 0 ? INT64_MAX : lot->key.active_from);
        }
    }
    return due;
}

enum err dues_add(struct dues *dues, enum ledger_table table, struct slice key)
{
    struct unix_ms time;
    enum due_kind kind;
    struct partner_id origin;
    struct uid id;
    dues->standings += table == TABLE_STANDING;
    if (table != TABLE_DUE) {
        return ERR_OK;
    }
    TRY(key_due_parse(key, &time, &kind, &origin, &id));
    if (kind == DUE_CARD_NEWS) {
        (void)complain(dues->complaint, "somebody is to be told of a card", time.ms, 0);
        return ERR_DISAGREE;
    }
    if (kind == DUE_FUNDING || kind == DUE_EARNS) { /* there may be more of them than it takes */
        return model_partner(dues->model, &origin) > 0 ? ERR_OK : ERR_DISAGREE;
    }
    for (size_t i = 0; kind == DUE_BLOCK && i < dues->model->block_count; i++) {
        const struct model_block *block = &dues->model->blocks[i];
        if (!block->is_sold && uid_equal(&block->id, &id) && block->due == time.ms &&
            model_partner(dues->model, &origin) == block->partner) {
            dues->blocks++;
            return ERR_OK;
        }
    }
    for (size_t i = 0; kind == DUE_QUOTE && i < dues->model->quote_count; i++) {
        const struct model_quote *quote = &dues->model->quotes[i];
        if (quote->is_open && uid_equal(&quote->id, &id) && quote->until == time.ms) {
            dues->quotes++;
            return ERR_OK;
        }
    }
    if (kind == DUE_QUOTE) {
        (void)complain(dues->complaint, "a quote is due that is none", time.ms, 0);
        return ERR_DISAGREE;
    }
    if (kind == DUE_BLOCK) {
        (void)complain(dues->complaint, "a block is due that is none", time.ms, 0);
        return ERR_DISAGREE;
    }
    if (kind == DUE_MEMBER) {
        int member = model_member(dues->model, &id);
        int64_t due = member < 0 ? 0 : next_due(&dues->model->members[member]);
        dues->members++;
        return due == time.ms || complain(dues->complaint, "a member is due", time.ms, due)
                   ? ERR_OK
                   : ERR_DISAGREE;
    }
    for (size_t i = 0; i < dues->model->hold_count; i++) {
        const struct model_hold *hold = &dues->model->holds[i];
        bool is_open = !hold->is_foreign && !hold->has_ended;
        if (is_open && uid_equal(&hold->id, &id) && hold->deliver_by == time.ms) {
            dues->holds++;
            return ERR_OK;
        }
    }
    (void)complain(dues->complaint, "a hold is due that is none", time.ms, 0);
    return ERR_DISAGREE;
}

bool dues_agree(const struct dues *dues)
{
    size_t members = 0;
    size_t holds = 0;
    size_t blocks = 0;
    size_t quotes = 0;
    for (size_t i = 0; i < dues->model->quote_count; i++) {
        quotes += dues->model->quotes[i].is_open;
    }
    if (quotes != dues->quotes) {
        return complain(dues->complaint, "quotes that are due", (int64_t)dues->quotes,
                        (int64_t)quotes);
    }
    for (size_t i = 0; i < dues->model->block_count; i++) {
        blocks += dues->model->blocks[i].due != 0;
    }
    if (blocks != dues->blocks) {
        return complain(dues->complaint, "blocks that are due", (int64_t)dues->blocks,
                        (int64_t)blocks);
    }
    for (size_t i = 0; i < dues->model->member_count; i++) {
        members += next_due(&dues->model->members[i]) != INT64_MAX;
    }
    for (size_t i = 0; i < dues->model->hold_count; i++) {
        holds += !dues->model->holds[i].is_foreign && !dues->model->holds[i].has_ended;
    }
    if (members != dues->members) {
        return complain(dues->complaint, "members that are due", (int64_t)dues->members,
                        (int64_t)members);
    }
    return holds == dues->holds ||
           complain(dues->complaint, "holds that are due", (int64_t)dues->holds, (int64_t)holds);
}

static bool is_first_of_owner(const struct model *m, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (standing_owner_equal(&m->numbers[i].owner, &m->numbers[at].owner)) {
            return false;
        }
    }
    return true;
}

bool standings_agree(const struct ledger_view *view, const struct model *m, size_t row_count,
                     char *complaint)
{
    size_t owners = 0;
    for (size_t i = 0; i < m->number_count; i++) {
        struct standing_row row;
        size_t count = 0;
        const struct model_number *n = &m->numbers[i];
        if (standing_get_row(view, &n->owner, &row) != ERR_OK) {
            return complain(complaint, "a standing that can't be read", 0, (int64_t)i);
        }
        struct standing standing = standing_of_row(&row);
        int64_t value = standing_value(&standing, n->slot, n->bucket);
        for (size_t j = 0; j < m->number_count; j++) {
            count += standing_owner_equal(&n->owner, &m->numbers[j].owner);
        }
        if (value != n->value) {
            return complain(complaint, "a number that is remembered", value, n->value);
        }
        if (row.count != count) {
            return complain(complaint, "numbers of an owner", (int64_t)row.count, (int64_t)count);
        }
        owners += is_first_of_owner(m, i);
    }
    return owners == row_count || complain(complaint, "owners of whom something is remembered",
                                           (int64_t)row_count, (int64_t)owners);
}
