#include "desk.h"

#include <string.h>

#include "ledger/apply.h"
#include "ledger/codec.h"

static enum err encode_entry(void *context, const struct clearing_entry *entry, struct buffer *out)
{
    (void)context;
    write_entry(out, entry);
    return out->err;
}

static enum err decode_entry(void *context, struct slice bytes, struct clearing_entry *out_entry)
{
    struct reader in = reader_of(bytes);
    (void)context;
    read_entry(&in, out_entry);
    return reader_finish(&in);
}

void desk_init(struct desk *desk)
{
    struct note note;
    *desk =
        (struct desk){.tariff = {.id = 1, .issue_price = {2}, .redemption_price = {1}, .per = {1}},
                      .row = 1,
                      .serial = 1,
                      .now = {INT64_C(1800000000000)}};
    assert_int_equal(partner_id_parse("alfa", &desk->partners[0].id), ERR_OK);
    assert_int_equal(partner_id_parse("beta", &desk->partners[1].id), ERR_OK);
    assert_int_equal(card_prefix_parse("100100", &desk->partners[0].prefix), ERR_OK);
    assert_int_equal(card_prefix_parse("200200", &desk->partners[1].prefix), ERR_OK);
    desk->roster = (struct roster){.self = desk->partners[0].id,
                                   .epoch = 1,
                                   .first_period = {202609},
                                   .partners = desk->partners,
                                   .partner_count = 2,
                                   .tariffs = desk->tariffs,
                                   .tariff_count = 1};
    assert_int_equal(roster_prepare(&desk->roster, &note), ERR_OK);
    desk->terms = (struct ledger_terms){.roster = &desk->roster,
                                        .codec = {NULL, encode_entry, decode_entry},
                                        .debt_limit = points_of(INT64_MAX)};
    assert_int_equal(memory_store_create(&desk->tables), ERR_OK);
    desk->store = memory_store_port(desk->tables);
    plan_init(&desk->plan);
}

void desk_fini(struct desk *desk)
{
    plan_fini(&desk->plan);
    memory_store_destroy(desk->tables);
}

int desk_setup(void **state)
{
    static struct desk desk;
    desk_init(&desk);
    *state = &desk;
    return 0;
}

int desk_teardown(void **state)
{
    desk_fini(*state);
    return 0;
}

struct uid desk_id(struct desk *desk)
{
    struct uid id = {{0}};
    put_u64_be(id.bytes + 8, ++desk->serial);
    return id;
}

struct command desk_command(struct desk *desk, enum command_kind kind)
{
    return (struct command){.kind = kind,
                            .origin = desk->roster.self,
                            .transaction_id = desk_id(desk),
                            .business_time = desk->now};
}

/* Sums over all members, and over all accounts. */
struct sums {
    int64_t members[ACCOUNT_DEBT + 1];
    int64_t accounts[ACCOUNT_KIND_END];
    int64_t debit;
    int64_t credit;
};

static enum err sum_row(void *context, enum ledger_table table, struct slice key,
                        struct slice value)
{
    struct sums *sums = context;
    if (table == TABLE_MEMBER) {
        struct member member;
        assert_int_equal(member_decode(value, &member), ERR_OK);
        sums->members[ACCOUNT_AVAILABLE] += member.available.minor;
        sums->members[ACCOUNT_PENDING] += member.pending.minor;
        sums->members[ACCOUNT_HELD] += member.held.minor;
        sums->members[ACCOUNT_DEBT] -= member.debt.minor;
        assert_true(member.debt.minor == 0 ||
                    (member.available.minor == 0 && member.pending.minor == 0));
    } else if (table == TABLE_ACCOUNT) {
        struct account account;
        struct account_ref ref;
        assert_int_equal(account_decode(value, &account), ERR_OK);
        assert_int_equal(key_account_parse(key, &ref), ERR_OK);
        sums->accounts[ref.kind] += account.credit - account.debit;
        sums->debit += account.debit;
        sums->credit += account.credit;
    }
    return ERR_OK;
}

/* Debits equal credits; what is issued and not gone is what members have. Nobody has points and
 * owes points at once. */
static void check_invariants(const struct desk *desk)
{
    struct sums sums = {{0}, {0}, 0, 0};
    assert_int_equal(memory_store_each(desk->tables, sum_row, &sums), ERR_OK);
    assert_int_equal(sums.debit, sums.credit);
    for (int kind = ACCOUNT_AVAILABLE; kind <= ACCOUNT_DEBT; kind++) {
        assert_int_equal(sums.members[kind], sums.accounts[kind]);
    }
}

static void check_verdict(const struct command *command, enum verdict verdict)
{
    const enum verdict *listed = command_verdicts(command->kind);
    if (verdict == VERDICT_OK || verdict == VERDICT_TRANSACTION_ID_REUSED) {
        return;
    }
    while (*listed != VERDICT_OK && *listed != verdict) {
        listed++;
    }
    if (*listed != verdict) {
        fail_msg("%s gets %s, which is not listed for it", command_kind_name(command->kind),
                 verdict_describe(verdict)->name);
    }
}

static void record_and_apply(struct desk *desk, const struct command *command)
{
    struct buffer body = {0};
    struct buffer bytes = {0};
    struct record decoded;
    struct note note = {""};
    desk->plan.answer.row = desk->row;
    body.names = &desk->plan.ids;
    command_encode(command, &body);
    struct record record = {.row = desk->row++,
                            .time = desk->now,
                            .kind = command->kind,
                            .verdict = desk->plan.verdict,
                            .origin = command->origin,
                            .transaction_id = command->transaction_id,
                            .business_time = command->business_time,
                            .is_dated = command->is_dated,
                            .body = buffer_slice(&body),
                            .answer = desk->plan.answer,
                            .effect_count = desk->plan.effect_count,
                            .ids = desk->plan.ids,
                            .effects = buffer_slice(&desk->plan.effects)};
    record_encode(&record, &bytes);
    assert_int_equal(record_decode(buffer_slice(&bytes), &decoded), ERR_OK);
    if (ledger_apply(&desk->store, &decoded, &note) != ERR_OK) {
        fail_msg("%s: %s", command_kind_name(command->kind), note.text);
    }
    assert_int_equal(memory_store_keep_record(desk->tables, record.row, buffer_slice(&bytes)),
                     ERR_OK);
    buffer_fini(&body);
    buffer_fini(&bytes);
}

enum verdict desk_tell(struct desk *desk, const struct command *command)
{
    bool is_repeat;
    assert_int_equal(
        ledger_decide(&desk->store.view, &desk->terms, command, desk->now, &desk->plan, &is_repeat),
        ERR_OK);
    desk->answer = desk->plan.answer;
    enum verdict verdict = desk->plan.verdict;
    check_verdict(command, verdict);
    if (!is_repeat) {
        record_and_apply(desk, command);
        check_invariants(desk);
    }
    return verdict;
}

void desk_do(struct desk *desk, const struct command *command)
{
    enum verdict verdict = desk_tell(desk, command);
    if (verdict != VERDICT_OK) {
        fail_msg("%s: %s", command_kind_name(command->kind), verdict_describe(verdict)->name);
    }
}

struct uid desk_enrol(struct desk *desk, struct card_number *out_card)
{
    struct command command = desk_command(desk, COMMAND_ENROL);
    command.enrol.member = desk_id(desk);
    memcpy(command.enrol.reference_tag, command.enrol.member.bytes, PERSONAL_TAG_SIZE);
    command.enrol.sealed = slice_of("sealed", 6);
    desk_do(desk, &command);
    *out_card = desk->answer.card;
    return command.enrol.member;
}

struct uid desk_give(struct desk *desk, const struct uid *member, int64_t points,
                     struct unix_ms expires_at)
{
    struct command command = desk_command(desk, COMMAND_EARN);
    command.earn = (struct command_earn){.member = *member,
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(points),
                                         .rate = {.per_minor = 1},
                                         .expires_at = expires_at};
    desk_do(desk, &command);
    return command.transaction_id;
}

struct uid desk_hold(struct desk *desk, const struct card_number *card, int64_t points)
{
    struct command command = desk_command(desk, COMMAND_HOLD);
    command.hold = (struct command_hold){.redeemer = desk->roster.self,
                                         .card = *card,
                                         .points = points_of(points),
                                         .capture_by = {desk->now.ms + DAY_MS},
                                         .deliver_by = {desk->now.ms + 2 * DAY_MS}};
    desk_do(desk, &command);
    return command.transaction_id;
}

void desk_capture(struct desk *desk, const struct uid *hold, int64_t points)
{
    struct command command = desk_command(desk, COMMAND_CAPTURE);
    command.use = (struct command_hold_use){.hold = *hold, .points = points_of(points)};
    desk_do(desk, &command);
}

enum verdict desk_transfer(struct desk *desk, const struct uid *from, const struct uid *to,
                           int64_t points)
{
    struct command command = desk_command(desk, COMMAND_TRANSFER);
    command.transfer =
        (struct command_transfer){.from = *from, .to = *to, .points = points_of(points)};
    return desk_tell(desk, &command);
}

struct uid desk_merge(struct desk *desk, const struct uid *from, const struct uid *into)
{
    struct command command = desk_command(desk, COMMAND_MERGE_MEMBERS);
    command.merge = (struct command_merge){*from, *into};
    desk_do(desk, &command);
    return command.transaction_id;
}

void desk_erase(struct desk *desk, const struct uid *member)
{
    struct command command = desk_command(desk, COMMAND_ERASE_MEMBER);
    command.erase.member = *member;
    desk_do(desk, &command);
}

struct hash desk_profile_hash(struct desk *desk, const struct uid *member)
{
    struct profile profile;
    assert_int_equal(ledger_get_profile(&desk->store.view, member, &profile), ERR_OK);
    return profile_hash(&profile);
}

void desk_block(struct desk *desk, const struct uid *member)
{
    struct command command = desk_command(desk, COMMAND_BLOCK_MEMBER);
    command.block = (struct command_block){.member = *member, .reason = "STOLEN"};
    desk_do(desk, &command);
}

void desk_member(struct desk *desk, const struct uid *id, struct member *out_member)
{
    assert_int_equal(ledger_get_member(&desk->store.view, id, out_member), ERR_OK);
}

int64_t desk_account(struct desk *desk, enum account_kind kind)
{
    struct account account;
    struct account_ref ref = {.kind = kind};
    assert_int_equal(ledger_get_account(&desk->store.view, &ref, &account), ERR_OK);
    return account.credit - account.debit;
}

struct unix_ms desk_in_days(const struct desk *desk, int64_t days)
{
    return (struct unix_ms){desk->now.ms + days * DAY_MS};
}

enum verdict desk_return_sale(struct desk *desk, const struct uid *sale)
{
    struct command command = desk_command(desk, COMMAND_RETURN_SALE);
    command.return_sale.sale = *sale;
    return desk_tell(desk, &command);
}

/* A member who owes so many points. */
struct uid desk_debtor(struct desk *desk, struct card_number *card, int64_t debt)
{
    struct uid member = desk_enrol(desk, card);
    struct uid sale = desk_give(desk, &member, debt, (struct unix_ms){0});
    struct uid hold = desk_hold(desk, card, debt);
    desk_capture(desk, &hold, debt);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    assert_int_equal(desk->answer.debt.minor, debt);
    return member;
}

void desk_assert_balances(struct desk *desk, const struct uid *id, int64_t available, int64_t held,
                          int64_t debt)
{
    struct member row;
    desk_member(desk, id, &row);
    assert_int_equal(row.available.minor, available);
    assert_int_equal(row.held.minor, held);
    assert_int_equal(row.debt.minor, debt);
}

void desk_assert_lot(struct desk *desk, const struct uid *id, struct unix_ms expires_at,
                     int64_t free_points)
{
    struct member row;
    int64_t found = 0;
    desk_member(desk, id, &row);
    for (size_t i = 0; i < row.lot_count; i++) {
        found += row.lots[i].key.expires_at.ms == expires_at.ms ? row.lots[i].free.minor : 0;
    }
    assert_int_equal(found, free_points);
}

void desk_recover(struct desk *desk, const struct partner_id *partner, enum recovery_step step)
{
    struct command command = desk_command(desk, COMMAND_RECOVERY);
    command.recovery.partner = *partner;
    command.recovery.step = step;
    desk_do(desk, &command);
}
