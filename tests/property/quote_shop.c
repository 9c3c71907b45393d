#include "quote_shop.h"

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "ledger/batch.h"
#include "ledger/referral.h"
#include "ledger/static_list.h"
#include "node/judging_groups.h"
#include "node/readers.h"

static struct unix_ms read_clock(void *context)
{
    return ((const struct desk *)context)->now;
}

static void change_standing(struct shop *shop, const struct standing_owner *owner,
                            struct standing_step *steps, size_t count)
{
    struct desk *desk = &shop->desk;
    struct buffer groups = {0};
    struct command command = desk_command(desk, COMMAND_CHANGE_STANDING);
    struct uid occasion = desk_id(desk);
    if (count == 0) {
        return;
    }
    standing_write_group(&groups, owner, steps, count);
    command.standing = (struct command_standing){
        .issuer = desk->roster.self, .occasion = occasion, .groups = buffer_slice(&groups)};
    command.transaction_id =
        standing_transaction(STANDING_ID_CHANGE, &desk->roster.self, &occasion);
    desk_do(desk, &command);
    buffer_fini(&groups);
}

static void issue_codes(struct shop *shop, const struct drawn *drawn)
{
    for (size_t c = 0; c < CODE_COUNT; c++) {
        struct arena arena;
        struct standing_changes changes;
        struct standing_step steps[4];
        struct standing_owner owner = judging_code_owner(code_text(c));
        arena_init(&arena, 1u << 12);
        assert_int_equal(draw_code(drawn, c, &arena, &changes), ERR_OK);
        for (size_t i = 0; i < changes.count; i++) {
            steps[i] = (struct standing_step){.how = STANDING_SET,
                                              .slot = changes.at[i].slot,
                                              .bucket = changes.at[i].bucket,
                                              .after = changes.at[i].after};
        }
        change_standing(shop, &owner, steps, changes.count);
        arena_fini(&arena);
    }
}

static void know_members(struct shop *shop)
{
    struct standing_step steps[REFERRAL_STEPS];
    struct standing_owner first = shop_owner(shop, 0);
    struct standing_owner second = shop_owner(shop, 1);
    size_t count = referral_steps(&shop->members[0], steps);
    change_standing(shop, &second, steps, count);
    steps[0] = (struct standing_step){.how = STANDING_SET,
                                      .slot = list_slot(slice_of("vip", 3)),
                                      .bucket = STANDING_KEPT,
                                      .after = 1};
    change_standing(shop, &first, steps, 1);
}

static struct card_number partners_card(struct shop *shop)
{
    struct card_number card;
    assert_int_equal(
        card_number_make(&shop->desk.partners[1].prefix, ++shop->foreign_serial, &card), ERR_OK);
    return card;
}

static void make_version(struct shop *shop, uint32_t place, const struct rules_text *text)
{
    struct programme_version *version = &shop->versions[place];
    struct note note = {""};
    version->number = place + 1;
    version->file.rules = *text;
    version->file.burn = (struct burn_terms){
        .share = {375, 1}, .smallest_minor = 5, .points_minor = 3, .worth_minor = 50};
    if (rules_create(&version->file.rules, &version->rules, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

/* What is counted stays the same. */
static void change_rules(struct shop *shop, const struct rules_text *text)
{
    struct rules_text changed = *text;
    for (size_t r = 0; r < text->rule_count; r++) {
        struct rule *rule = &shop->changed[r];
        *rule = text->rules[r];
        rule->gift.points_minor = 1 + rule->gift.points_minor * 2 / 3;
        rule->gift.ratio.mantissa += 7;
        for (size_t c = 0; c < rule->cap_count; c++) {
            struct cap *cap = &shop->changed_caps[r][c];
            *cap = rule->caps[c];
            cap->amount_max = 1 + cap->amount_max / 2;
            cap->uses_max = cap->uses_max == INT64_MAX ? INT64_MAX : 1 + cap->uses_max / 2;
        }
        rule->caps = shop->changed_caps[r];
    }
    changed.rules = shop->changed;
    make_version(shop, 1, &changed);
}

static enum err look_at_record(void *context, uint64_t row,
                               enum err (*visit)(void *visitor, uint64_t first_row,
                                                 struct slice batch),
                               void *visitor)
{
    const struct shop *shop = context;
    struct batch_builder builder = {.count = 0};
    struct buffer bytes = {0};
    struct record record;
    struct slice at;
    struct hash head = {{0}};
    assert_int_equal(shop->desk.store.view.record(shop->desk.store.view.record_context, row, &at),
                     ERR_OK);
    assert_int_equal(record_decode(at, &record), ERR_OK);
    batch_begin(&builder, row);
    batch_add(&builder, &record);
    assert_int_equal(batch_seal(&builder, &shop->signer, 1, shop->desk.now, &head, &bytes, &head),
                     ERR_OK);
    enum err err = visit(visitor, row, buffer_slice(&bytes));
    batch_builder_fini(&builder);
    buffer_fini(&bytes);
    return err;
}

/* The node reads the desk's tables, as many at once as one call may, and its records. */
static void open_readers(struct shop *shop)
{
    uint8_t seed[SIGNING_SEED_BYTES] = {3};
    assert_int_equal(readers_open(NULL, &shop->node->readers), ERR_OK);
    for (unsigned i = 0; i < 4; i++) {
        struct state_reader *reader;
        assert_int_equal(state_reader_over(&shop->desk.store.view, &reader), ERR_OK);
        readers_give(shop->node->readers, reader);
    }
    signing_key_from_seed(seed, &shop->key);
    assert_int_equal(key_signer_init(&shop->key_signer, &shop->key, "model", &shop->signer),
                     ERR_OK);
    shop->node->journal = (struct journal){.context = shop, .look = look_at_record};
}

static struct programmes *list_versions(struct shop *shop)
{
    struct programmes *programmes =
        malloc(sizeof *programmes + SHOP_VERSIONS * sizeof programmes->at[0]);
    assert_non_null(programmes);
    programmes->count = SHOP_VERSIONS;
    for (size_t v = 0; v < SHOP_VERSIONS; v++) {
        programmes->at[v] = &shop->versions[v];
    }
    return programmes;
}

void shop_open(struct shop *shop, struct node *node, struct drawn *drawn)
{
    memset(shop, 0, sizeof *shop);
    desk_init(&shop->desk);
    shop->desk.now = (struct unix_ms){FIRST_DAY * DAY_MS};
    shop->node = node;
    node->config.partner = shop->desk.roster.self;
    node->config.limits.hold_minutes = 10;
    node->clock = (struct clock_port){&shop->desk, read_clock};
    for (size_t m = 0; m < SHOP_OWN; m++) {
        shop->members[m] = desk_enrol(&shop->desk, &shop->cards[m]);
        shop->is_own[m] = true;
    }
    shop->cards[SHOP_OWN] = partners_card(shop);
    drawn->person = slice_of(shop->person, strlen(uid_format(&shop->members[1], shop->person)));
    make_version(shop, 0, &drawn->text);
    change_rules(shop, &drawn->text);
    shop->snapshot.roster = shop->desk.roster;
    shop->snapshot.version = &shop->versions[0];
    open_readers(shop);
    shop->snapshot.programmes = list_versions(shop);
    know_members(shop);
    issue_codes(shop, drawn);
}

void shop_close(struct shop *shop)
{
    readers_close(shop->node->readers);
    free(shop->snapshot.programmes);
    for (size_t v = 0; v < SHOP_VERSIONS; v++) {
        rules_destroy(shop->versions[v].rules);
    }
    desk_fini(&shop->desk);
}

void shop_activate(struct shop *shop)
{
    shop->snapshot.version = &shop->versions[1];
}

const struct rules_text *shop_text(const struct shop *shop)
{
    return &shop->snapshot.version->file.rules;
}

struct standing_owner shop_owner(const struct shop *shop, unsigned member)
{
    return member == SHOP_MEMBERS ? standing_of_programme()
           : shop->is_own[member] ? standing_of_member(&shop->members[member])
                                  : standing_of_card(&shop->cards[member]);
}

struct standing shop_standing(const struct shop *shop, const struct standing_owner *owner,
                              struct standing_row *row)
{
    assert_int_equal(standing_get_row(&shop->desk.store.view, owner, row), ERR_OK);
    return standing_of_row(row);
}

int64_t shop_balance(const struct shop *shop, unsigned member)
{
    struct member row;
    assert_int_equal(ledger_get_member(&shop->desk.store.view, &shop->members[member], &row),
                     ERR_OK);
    return row.available.minor;
}

int64_t shop_net(const struct shop *shop, unsigned member)
{
    struct member row;
    assert_int_equal(ledger_get_member(&shop->desk.store.view, &shop->members[member], &row),
                     ERR_OK);
    return row.available.minor - row.debt.minor;
}

void shop_begin(struct shop *shop, unsigned member, struct judging_case *out_judged)
{
    struct judging_case *judged = out_judged;
    memset(judged, 0, sizeof *judged);
    judged->snapshot = &shop->snapshot;
    judged->version = shop->snapshot.version;
    judged->give = desk_command(&shop->desk, COMMAND_EARN);
    judged->give.earn = (struct command_earn){
        .card = shop->cards[member], .currency = "EUR", .rate = {.per_minor = 1}};
    judged->id = judged->give.transaction_id;
}

enum err shop_judge(struct shop *shop, struct judging_case *judged, struct note *note)
{
    const struct ledger_view *view = &shop->desk.store.view;
    TRY(judging_find_owner(view, judged));
    return judging_try(shop->node, view, judged, note);
}

/* Of what is paid in points the hold and what takes it, in their order; all else has other kinds.
 */
static bool is_payment(const struct command *command)
{
    return command->kind == COMMAND_HOLD || command->kind == COMMAND_CAPTURE;
}

/* What the ledger would say. */
static enum verdict ask(struct shop *shop, const struct command *command)
{
    struct desk *desk = &shop->desk;
    bool is_repeat;
    assert_int_equal(
        ledger_decide(&desk->store.view, &desk->terms, command, desk->now, &desk->plan, &is_repeat),
        ERR_OK);
    return desk->plan.verdict;
}

/* What is given is asked for first, and comes last: where the standing is refused it is not given.
 * What is paid comes first: an event is never refused for its standing. */
enum verdict shop_tell(struct shop *shop, const struct judging_case *judged)
{
    enum verdict verdict = ask(shop, &judged->commands[0]);
    for (size_t i = 0; i < judged->command_count && verdict == VERDICT_OK; i++) {
        if (is_payment(&judged->commands[i])) {
            verdict = desk_tell(&shop->desk, &judged->commands[i]);
        }
    }
    for (size_t i = judged->command_count; i > 0 && verdict == VERDICT_OK; i--) {
        if (!is_payment(&judged->commands[i - 1])) {
            verdict = desk_tell(&shop->desk, &judged->commands[i - 1]);
        }
    }
    return verdict;
}

enum verdict shop_release(struct shop *shop, const struct uid *quote)
{
    struct command command = desk_command(&shop->desk, COMMAND_RESERVE);
    command.transaction_id =
        standing_transaction(STANDING_ID_RELEASE, &shop->desk.roster.self, quote);
    command.reserve = (struct command_reserve){.step = RESERVE_RELEASE, .quote = *quote};
    return desk_tell(&shop->desk, &command);
}

void shop_expire(struct shop *shop, const struct uid *quote, struct unix_ms until)
{
    struct command command = desk_command(&shop->desk, COMMAND_RESERVE);
    command.transaction_id = (struct uid){{0}};
    command.reserve =
        (struct command_reserve){.step = RESERVE_EXPIRE, .quote = *quote, .until = until};
    desk_do(&shop->desk, &command);
}

static enum err tell_all(void *context, const struct command *commands, size_t count,
                         struct outcome *out_outcomes)
{
    struct shop *shop = context;
    bool is_refused = false;
    for (size_t i = 0; i < count; i++) {
        out_outcomes[i] = (struct outcome){.verdict = ask(shop, &commands[i])};
        is_refused = is_refused || out_outcomes[i].verdict != VERDICT_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_refused) {
            desk_do(&shop->desk, &commands[i]);
        } else if (out_outcomes[i].verdict == VERDICT_OK) {
            out_outcomes[i].verdict = VERDICT_LINKED_REFUSED;
        }
    }
    return ERR_OK;
}

enum err shop_return(struct shop *shop, const struct uid *sale, int64_t amount,
                     const struct line_back *lines, size_t count, enum verdict *out_verdict,
                     struct note *note)
{
    struct command command = desk_command(&shop->desk, COMMAND_RETURN_SALE);
    struct outcome outcome = {.verdict = VERDICT_OK};
    command.return_sale.sale = *sale;
    command.return_sale.amount = money_of(amount);
    enum err err = judging_return_told(shop->node, &shop->snapshot, &command, lines, count,
                                       tell_all, shop, &outcome, note);
    *out_verdict = outcome.verdict;
    return err;
}

int64_t shop_money_left(const struct shop *shop, const struct uid *sale)
{
    struct sale row;
    assert_int_equal(ledger_get_sale(&shop->desk.store.view, &shop->desk.roster.self, sale, &row),
                     ERR_OK);
    return row.amount.minor - row.returned.minor;
}

enum verdict shop_move_out(struct shop *shop, unsigned member)
{
    struct command move = desk_command(&shop->desk, COMMAND_MOVE_MEMBER);
    struct card_number card = partners_card(shop);
    move.move = (struct command_move){
        .card = shop->cards[member], .to = shop->desk.partners[1].id, .new_card = card};
    enum verdict verdict = desk_tell(&shop->desk, &move);
    if (verdict == VERDICT_OK) {
        shop->cards[member] = card;
        shop->is_own[member] = false;
    }
    return verdict;
}

/* The partner says that its card is one of ours from now on. */
void shop_move_in(struct shop *shop, unsigned member)
{
    struct desk *desk = &shop->desk;
    struct card_number card;
    struct uid id = desk_enrol(desk, &card);
    struct command command = desk_command(desk, COMMAND_TAKE_ENTRY);
    command.take_entry =
        (struct command_take_entry){.sender = desk->partners[1].id, .bytes = slice_of("entry", 5)};
    command.take_entry.entry = (struct clearing_entry){.number = ++desk->entry_number,
                                                       .period = {202609},
                                                       .business_time = desk->now,
                                                       .transaction_id = desk_id(desk),
                                                       .kind = ENTRY_CARD_MOVED,
                                                       .card = shop->cards[member],
                                                       .moved_to = card,
                                                       .tariff = 1};
    desk_do(desk, &command);
    shop->members[member] = id;
    shop->cards[member] = card;
    shop->is_own[member] = true;
}
