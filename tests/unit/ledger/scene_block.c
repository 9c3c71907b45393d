/* Blocks of points that are paid in advance, and how what is said of them comes to be refused. The
 * tariff for blocks is in the charter where they are about something: else earns to beta's members
 * would draw. */
#include "scene.h"

static struct block_terms terms_of(struct scene *s, bool is_sold)
{
    struct desk *desk = &s->desk;
    return (struct block_terms){.id = desk_id(desk),
                                .seller = desk->partners[is_sold ? 0 : 1].id,
                                .buyer = desk->partners[is_sold ? 1 : 0].id,
                                .points = points_of(50),
                                .tariff = 2,
                                .offered_until = desk_in_days(desk, 1),
                                .valid_until = desk_in_days(desk, 10)};
}

static struct uid put_block(struct scene *s, bool is_sold, enum block_state state, int64_t left)
{
    struct desk *desk = &s->desk;
    struct block_row row = {.terms = terms_of(s, is_sold), .state = state, .left = left};
    struct block_line line;
    struct ledger_key key;
    struct buffer value = {0};
    if (ledger_get_block_line(&desk->store.view, &row.terms.seller, &row.terms.buyer, &line) !=
        ERR_OK) {
        line.count = 0;
    }
    row.terms.refuses_when_empty = !is_sold;
    line.places[line.count++] = (struct block_place){row.terms.id, row.terms.valid_until};
    key_block(&row.terms.seller, &row.terms.buyer, &row.terms.id, &key);
    block_row_encode(&row, &value);
    assert_int_equal(desk->store.put(desk->store.context, TABLE_BLOCK,
                                     slice_of(key.bytes, key.length), buffer_slice(&value)),
                     ERR_OK);
    buffer_clear(&value);
    key_block_line(&row.terms.seller, &row.terms.buyer, &key);
    block_line_encode(&line, &value);
    assert_int_equal(desk->store.put(desk->store.context, TABLE_BLOCK_LINE,
                                     slice_of(key.bytes, key.length), buffer_slice(&value)),
                     ERR_OK);
    buffer_fini(&value);
    return row.terms.id;
}

void scene_make_blocks(struct scene *s)
{
    s->desk.tariffs[1] = (struct tariff){.id = 2,
                                         .funding = FUNDED_IN_ADVANCE,
                                         .issue_price = {3},
                                         .redemption_price = {1},
                                         .per = {2}};
    s->block_offered = put_block(s, true, BLOCK_OFFERED, 50);
    s->block_sold = put_block(s, true, BLOCK_LIVE, 50);
    s->block_bought = put_block(s, false, BLOCK_LIVE, 1);
}

void scene_fill_block(struct scene *s, struct command *c)
{
    s->desk.roster.tariff_count = 2;
    if (c->kind == COMMAND_BLOCK_DUE) {
        c->due = (struct command_due){s->block_bought, s->desk.partners[1].id,
                                      desk_in_days(&s->desk, 0)};
        return;
    }
    if (c->kind == COMMAND_WITHDRAW_BLOCK) {
        c->withdrawal = (struct command_withdrawal){s->block_offered, s->desk.partners[1].id};
        return;
    }
    c->block_of_points.terms = terms_of(s, c->kind == COMMAND_SELL_BLOCK);
    c->block_of_points.evidence =
        c->kind == COMMAND_BUY_BLOCK ? slice_of("signed", 6) : slice_of(NULL, 0);
}

static bool provoke_buy(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_STREAM_FROZEN:
        scene_freeze(s);
        return c->kind == COMMAND_BUY_BLOCK;
    case VERDICT_OUTBOX_FULL:
        s->desk.terms.outbox_entries = 1;
        return c->kind == COMMAND_BUY_BLOCK;
    case VERDICT_NET_DEBIT_CAP:
        s->desk.roster.net_debit_cap = money_of(1);
        return c->kind == COMMAND_BUY_BLOCK;
    default:
        return false;
    }
}

static bool provoke_withdrawal(const struct scene *s, struct command *c, enum verdict verdict)
{
    c->withdrawal.block = verdict == VERDICT_BLOCK_NOT_OPEN ? s->block_sold : s->block_bought;
    return verdict == VERDICT_BLOCK_NOT_OPEN || verdict == VERDICT_BLOCK_UNKNOWN;
}

bool provoke_block_of_points(struct scene *s, struct command *c, enum verdict verdict)
{
    if (c->kind == COMMAND_WITHDRAW_BLOCK) {
        return provoke_withdrawal(s, c, verdict);
    }
    struct block_terms *terms = &c->block_of_points.terms;
    struct partner_id *other = c->kind == COMMAND_SELL_BLOCK ? &terms->buyer : &terms->seller;
    switch ((int)verdict) {
    case VERDICT_PARTNER_UNKNOWN:
        *other = s->desk.roster.self;
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        return true;
    case VERDICT_POINTS_NOT_POSITIVE:
        terms->points = points_of(0);
        return true;
    case VERDICT_POINTS_TOO_LARGE:
        terms->points = points_of(LIMIT_POINTS_PER_COMMAND + 1);
        return true;
    case VERDICT_TARIFF_UNKNOWN:
        terms->tariff = 99;
        return true;
    case VERDICT_TARIFF_NOT_IN_FORCE:
        s->desk.tariffs[1].funding = FUNDED_AT_BURN;
        return true;
    case VERDICT_BLOCK_TERMS:
        terms->valid_from = terms->valid_until;
        return true;
    case VERDICT_BLOCK_EXPIRED:
        terms->offered_until.ms = s->desk.now.ms - 1;
        return true;
    case VERDICT_BLOCK_EXISTS:
        terms->id = c->kind == COMMAND_SELL_BLOCK ? s->block_sold : s->block_bought;
        return true;
    default:
        return provoke_buy(s, c, verdict);
    }
}

static void be_draw(struct scene *s, struct command *c, const struct uid *block, int64_t points)
{
    s->desk.roster.tariff_count = 2;
    c->take_entry.entry.kind = ENTRY_EARN;
    c->take_entry.entry.card = s->rich_card;
    c->take_entry.entry.points = points_of(points);
    c->take_entry.entry.tariff = 2;
    c->take_entry.entry.subject = *block;
}

bool provoke_block_entry(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_BLOCK_UNKNOWN:
        be_draw(s, c, &s->nobody, 5);
        return true;
    case VERDICT_BLOCK_TERMS:
        be_draw(s, c, &s->block_sold, 5);
        c->take_entry.entry.kind = ENTRY_BLOCK_ENDED; /* too soon */
        c->take_entry.entry.card = (struct card_number){{0}};
        return true;
    case VERDICT_BLOCK_NOT_OPEN:
        be_draw(s, c, &s->block_offered, 5);
        return true;
    case VERDICT_BLOCK_EXPIRED:
        be_draw(s, c, &s->block_sold, 5);
        c->take_entry.entry.business_time = desk_in_days(&s->desk, 10);
        return true;
    case VERDICT_BLOCK_EXCEEDED:
        be_draw(s, c, &s->block_sold, 51);
        return true;
    default:
        return false;
    }
}
