/* What must hold of the tables when the journal is through: the derived rows against the sums that
 * were kept apart from them, and the invariants over all of them. */
#include <inttypes.h>

#include "audit/rooms.h"
#include "ledger/lots.h"

struct outcome_walk {
    struct audit *audit;
    struct sums held;     /* by member: what open holds reserve */
    struct sums blocks;   /* by buyer and tariff: points left, and what disputes changed */
    struct sums stood_in; /* by redeemer and mandate of ours: points captured under it, holds */
    int64_t outstanding;  /* from the members' rows */
    int64_t debit;        /* of all accounts' rows */
    int64_t credit;
};

static struct account account_sum(const struct audit *audit, const struct account_ref *account)
{
    struct ledger_key key;
    key_account(account, &key);
    const struct sum *sum = sums_find(&audit->accounts, slice_of(key.bytes, key.length));
    return sum == NULL ? (struct account){0} : (struct account){sum->first, sum->second};
}

/* Does a balance of the member's row follow from the postings? */
static bool balance_follows(const struct audit *audit, const struct uid *id, enum account_kind kind,
                            struct points balance)
{
    struct account_ref ref = {.kind = kind, .member = *id};
    struct account sum = account_sum(audit, &ref);
    int64_t expected;
    enum err err = kind == ACCOUNT_DEBT ? int64_sub(sum.debit, sum.credit, &expected)
                                        : int64_sub(sum.credit, sum.debit, &expected);
    return err == ERR_OK && expected == balance.minor;
}

/* All that balance_follows will look at. */
static void expect_balances(const struct audit *audit, const struct uid *id)
{
    static const enum account_kind kinds[] = {ACCOUNT_AVAILABLE, ACCOUNT_PENDING, ACCOUNT_HELD,
                                              ACCOUNT_DEBT};
    struct ledger_key key;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct account_ref ref = {.kind = kinds[i], .member = *id};
        key_account(&ref, &key);
        sums_expect(&audit->accounts, sums_hash(slice_of(key.bytes, key.length)));
    }
}

static bool member_follows(const struct audit *audit, const struct uid *id,
                           const struct member *member)
{
    return balance_follows(audit, id, ACCOUNT_AVAILABLE, member->available) &&
           balance_follows(audit, id, ACCOUNT_PENDING, member->pending) &&
           balance_follows(audit, id, ACCOUNT_HELD, member->held) &&
           balance_follows(audit, id, ACCOUNT_DEBT, member->debt);
}

/* What no row in TABLE_DUE names never expires. */
static enum err check_member_due(struct audit *audit, const struct uid *id,
                                 const struct member *member, const char *text)
{
    static const struct partner_id none = {{0}};
    struct unix_ms due = lots_next_due(member);
    struct ledger_key key;
    struct slice value;
    if (due.ms == 0) {
        return ERR_OK;
    }
    key_due(due, DUE_MEMBER, &none, id, &key);
    enum err err = view_get(&audit->store.view, TABLE_DUE, &key, &value);
    if (err == ERR_NOT_FOUND) {
        return audit_found(audit, member->last_row, "derived rows",
                           "member %s: a lot is due, and nothing says so", text);
    }
    return err;
}

static enum err add_outstanding(struct outcome_walk *walk, const struct member *member)
{
    int64_t *sum = &walk->outstanding;
    TRY(int64_add(*sum, member->available.minor, sum));
    TRY(int64_add(*sum, member->pending.minor, sum));
    TRY(int64_add(*sum, member->held.minor, sum));
    return int64_sub(*sum, member->debt.minor, sum);
}

static enum err check_member(struct outcome_walk *walk, struct slice key, struct slice value)
{
    struct audit *audit = walk->audit;
    struct member member;
    struct note why = {{0}};
    struct uid id = {{0}};
    char text[UID_TEXT_MAX];
    struct reader in = reader_of(key);
    read_copy(&in, id.bytes, sizeof id.bytes);
    expect_balances(audit, &id);
    if (reader_finish(&in) != ERR_OK || member_decode(value, &member) != ERR_OK) {
        return audit_found(audit, 0, "derived rows", "a member's row is malformed");
    }
    (void)uid_format(&id, text);
    if (member_check(&member, &why) != ERR_OK) {
        return audit_found(audit, member.last_row, "invariant 1: lots equal balances",
                           "member %s: %s", text, why.text);
    }
    if (!member_follows(audit, &id, &member)) {
        return audit_found(audit, member.last_row, "invariant 6: balances follow from postings",
                           "member %s: the postings add up to other balances", text);
    }
    const struct sum *held = sums_find(&walk->held, key);
    if ((held == NULL ? 0 : held->first) != member.held.minor) {
        return audit_found(audit, member.last_row, "invariant 4: holds equal what is held",
                           "member %s: %" PRId64 " points are held, the holds reserve %" PRId64,
                           text, member.held.minor, held == NULL ? 0 : held->first);
    }
    TRY(check_member_due(audit, &id, &member, text));
    if (add_outstanding(walk, &member) != ERR_OK) {
        return audit_found(audit, 0, "invariant 2: issued equals outstanding",
                           "the members' balances overflow");
    }
    audit->summary->members++;
    return ERR_OK;
}

static enum err check_account(struct outcome_walk *walk, struct slice key, struct slice value)
{
    struct audit *audit = walk->audit;
    struct account_ref ref;
    struct account account;
    if (key_account_parse(key, &ref) != ERR_OK || account_decode(value, &account) != ERR_OK) {
        return audit_found(audit, 0, "derived rows", "an account's row is malformed");
    }
    const struct sum *sum = sums_find(&audit->accounts, key);
    if (sum == NULL || sum->first != account.debit || sum->second != account.credit) {
        return audit_found(audit, sum == NULL ? 0 : sum->last_row,
                           "invariant 6: balances follow from postings",
                           "the %s account (%s) does not follow from the postings",
                           account_kind_name(ref.kind), ref.partner.text);
    }
    if (int64_add(walk->debit, account.debit, &walk->debit) != ERR_OK ||
        int64_add(walk->credit, account.credit, &walk->credit) != ERR_OK) {
        return audit_found(audit, 0, "invariant 1: debits equal credits",
                           "the accounts' sums overflow");
    }
    return ERR_OK;
}

static enum err check_total(struct outcome_walk *walk, struct slice key, struct slice value)
{
    struct audit *audit = walk->audit;
    struct entry_total total;
    const struct sum *sum = sums_find(&audit->totals, key);
    if (entry_total_decode(value, &total) != ERR_OK || sum == NULL || sum->first < 0 ||
        (uint64_t)sum->first != total.count || sum->second != total.points) {
        return audit_found(audit, sum == NULL ? 0 : sum->last_row, "invariant 3: stream totals",
                           "a total is not the sum of the entries it counts");
    }
    return ERR_OK;
}

static enum err check_stream(struct outcome_walk *walk, struct slice key, struct slice value)
{
    struct audit *audit = walk->audit;
    enum stream_direction direction;
    struct partner_id partner;
    struct stream stream;
    if (!audit_stream_key(key, &direction, &partner) || stream_decode(value, &stream) != ERR_OK) {
        return audit_found(audit, 0, "derived rows", "a stream's row is malformed");
    }
    const struct stream_fold *fold = audit_stream(audit, direction, &partner);
    bool follows = fold == NULL
                       ? stream.last_number == 0
                       : stream.last_number == fold->last_number &&
                             hash_equal(&stream.last_hash, &fold->last_hash) &&
                             stream.period.code == fold->period.code && stream.bytes == fold->bytes;
    if (!follows || stream.receipted_number > stream.last_number) {
        return audit_found(audit, fold == NULL ? 0 : fold->last_row, "invariant 3: stream entries",
                           "the state of the stream %s %s does not follow from its entries",
                           direction == STREAM_OUT ? "to" : "from", partner.text);
    }
    return ERR_OK;
}

const char *audit_hold_problem(const struct hold *hold)
{
    int64_t reserved = 0;
    int64_t captured = 0;
    int64_t left = hold_left(hold).minor;
    for (size_t i = 0; i < hold->lot_count; i++) {
        if (int64_add(reserved, hold->lots[i].held.minor, &reserved) != ERR_OK ||
            int64_add(captured, hold->lots[i].captured.minor, &captured) != ERR_OK) {
            return "its lots overflow";
        }
    }
    if (left < 0) {
        return "captured and given back are more than was granted";
    }
    if (hold->state != HOLD_OPEN && left != 0) {
        return "it has ended, but points are left";
    }
    if (hold->role == HOLD_HOME && hold->state == HOLD_OPEN && left == 0) {
        return "nothing is left, but it has not ended";
    }
    if (hold->role == HOLD_HOME &&
        (reserved != left || captured != hold->captured.minor - hold->returned.minor -
                                             hold->unbacked.minor - hold->lost.minor)) {
        return "its lots don't add up to it";
    }
    return NULL;
}

static enum err check_hold(struct outcome_walk *walk, struct slice key, struct slice value)
{
    struct audit *audit = walk->audit;
    struct hold hold;
    struct ledger_key member;
    char text[2 * LEDGER_KEY_MAX + 1];
    if (hold_decode(value, &hold) != ERR_OK) {
        return audit_found(audit, 0, "derived rows", "a hold's row is malformed");
    }
    const char *problem = audit_hold_problem(&hold);
    if (problem != NULL) {
        return audit_found(audit, 0, "invariant 4: a hold ends exactly once", "hold %s of %s: %s",
                           hex_format(key.at + PARTNER_ID_MAX, key.length - PARTNER_ID_MAX, text),
                           hold.redeemer.text, problem);
    }
    audit->summary->holds++;
    if (hold.role != HOLD_HOME) {
        return ERR_OK;
    }
    TRY(audit_count_stood_in(&walk->stood_in, &hold));
    key_member(&hold.member, &member);
    return sums_add(&walk->held, &member, hold_left(&hold).minor, 0, 0);
}

/* Holds before members: what they reserve is compared there. */
static enum err visit_hold(void *context, enum ledger_table table, struct slice key,
                           struct slice value)
{
    (void)table;
    return check_hold(context, key, value);
}

static enum err visit_row(void *context, enum ledger_table table, struct slice key,
                          struct slice value)
{
    struct outcome_walk *walk = context;
    walk->audit->summary->table_rows++;
    switch (table) {
    case TABLE_MEMBER:
        return check_member(walk, key, value);
    case TABLE_ACCOUNT:
        return check_account(walk, key, value);
    case TABLE_TOTAL:
        return check_total(walk, key, value);
    case TABLE_STREAM:
        return check_stream(walk, key, value);
    case TABLE_BLOCK:
        return audit_count_block(walk->audit, &walk->blocks, value);
    case TABLE_DISPUTE:
        return audit_count_corrected(walk->audit, &walk->blocks, key, value);
    case TABLE_MANDATE:
        return audit_mandate_used(walk->audit, &walk->stood_in, value);
    case TABLE_PROFILE:
    case TABLE_CARD:
    case TABLE_REFERENCE:
    case TABLE_HOLD:
    case TABLE_SALE:
    case TABLE_TRANSACTION:
    case TABLE_OUTBOX:
    case TABLE_HALF:
    case TABLE_PAIR:
    case TABLE_DUE:
    case TABLE_META:
    case TABLE_RECEIPT:
    case TABLE_ADJUSTMENT:
    case TABLE_MERGE:
    case TABLE_POOL:
    case TABLE_CARD_STATUS:
    case TABLE_CARD_NEWS:
    case TABLE_RECEIPT_ROW:
    case TABLE_RECOVERY:
    case TABLE_MANDATE_LINE:
    case TABLE_BLOCK_LINE:
    case TABLE_EXPOSURE:
    case TABLE_EVIDENCE:
    case TABLE_TREE:
    case TABLE_SUSPENDED:
    case TABLE_OBLIGATION:
    case TABLE_NETTING:
    case TABLE_APART:
    case TABLE_FUNDING:
    case TABLE_PROMOTION:
    case TABLE_PROMOTION_REFUSED:
    case TABLE_WAITING:
    case TABLE_DISPUTE_LINE:
    case TABLE_STANDING:
    case TABLE_OCCASION:
    case TABLE_PROGRAMME:
    case TABLE_CARD_BEARER:
    case TABLE_ALERT:
    case TABLE_END:
        break;
    }
    return ERR_OK;
}

/* Has everything that was summed up a row? */
static enum err check_sums_have_rows(struct audit *audit, const struct sums *sums,
                                     enum ledger_table table)
{
    const struct ledger_view *view = &audit->store.view;
    struct slice value;
    for (size_t i = 0; i < sums->capacity; i++) {
        const struct sum *sum = &sums->places[i];
        struct slice key = slice_of(sum->key, sum->key_length);
        struct account_ref ref = {0};
        if (sum->key_length == 0 ||
            (table == TABLE_ACCOUNT && key_account_parse(key, &ref) == ERR_OK &&
             !uid_is_nil(&ref.member))) {
            continue; /* a member's: apply needs its row */
        }
        if (view->get(view->context, table, key, &value) != ERR_OK) {
            return audit_found(audit, sum->last_row, "invariant 6: balances follow from postings",
                               "table %s lacks a row that row %" PRIu64 " changes",
                               ledger_table_name(table), sum->last_row);
        }
    }
    return ERR_OK;
}

/* Adds each account's net to the summary's line of its kind. */
static enum err add_net(struct audit_summary *summary, enum account_kind kind, int64_t debit,
                        int64_t credit)
{
    int64_t *const lines[ACCOUNT_KIND_END] = {
        [ACCOUNT_RECEIVABLE] = &summary->receivable, [ACCOUNT_PAYABLE] = &summary->payable,
        [ACCOUNT_SUSPENSE] = &summary->suspense,     [ACCOUNT_ISSUED] = &summary->issued,
        [ACCOUNT_REDEEMED] = &summary->redeemed,     [ACCOUNT_BREAKAGE] = &summary->expired,
        [ACCOUNT_ADJUSTMENT] = &summary->adjusted,
    };
    if (lines[kind] == NULL) {
        return ERR_OK; /* of members */
    }
    bool is_debit_side = kind == ACCOUNT_ISSUED || kind == ACCOUNT_RECEIVABLE;
    int64_t net;
    TRY(is_debit_side ? int64_sub(debit, credit, &net) : int64_sub(credit, debit, &net));
    return int64_add(*lines[kind], net, lines[kind]);
}

static enum err sum_up(struct audit *audit)
{
    for (size_t i = 0; i < audit->accounts.capacity; i++) {
        const struct sum *sum = &audit->accounts.places[i];
        struct account_ref ref;
        if (sum->key_length == 0 ||
            key_account_parse(slice_of(sum->key, sum->key_length), &ref) != ERR_OK) {
            continue;
        }
        TRY(add_net(audit->summary, ref.kind, sum->first, sum->second));
    }
    return ERR_OK;
}

/* issued + receivable - redeemed - expired - payable - suspense - adjusted, all net. */
static enum err expect_outstanding(const struct audit_summary *summary, int64_t *out_points)
{
    int64_t points;
    TRY(int64_add(summary->issued, summary->receivable, &points));
    TRY(int64_sub(points, summary->redeemed, &points));
    TRY(int64_sub(points, summary->expired, &points));
    TRY(int64_sub(points, summary->payable, &points));
    TRY(int64_sub(points, summary->suspense, &points));
    return int64_sub(points, summary->adjusted, out_points);
}

static enum err check_books(struct outcome_walk *walk)
{
    struct audit *audit = walk->audit;
    int64_t expected = 0;
    if (walk->debit != walk->credit) {
        return audit_found(audit, 0, "invariant 1: debits equal credits",
                           "all debits are %" PRId64 ", all credits %" PRId64, walk->debit,
                           walk->credit);
    }
    audit->summary->outstanding = walk->outstanding;
    if (sum_up(audit) != ERR_OK || expect_outstanding(audit->summary, &expected) != ERR_OK ||
        expected != walk->outstanding) {
        return audit_found(audit, 0, "invariant 2: issued equals outstanding",
                           "members have %" PRId64 " points, the books say %" PRId64,
                           walk->outstanding, expected);
    }
    return ERR_OK;
}

/* Has every stream with entries a row? */
static enum err check_streams_have_rows(struct audit *audit)
{
    struct ledger_key key;
    struct slice value;
    for (size_t i = 0; i < audit->stream_count; i++) {
        const struct stream_fold *fold = &audit->streams[i];
        key_stream(fold->direction, &fold->partner, &key);
        if (view_get(&audit->store.view, TABLE_STREAM, &key, &value) != ERR_OK) {
            return audit_found(audit, fold->last_row, "invariant 3: stream entries",
                               "the stream with %s has entries and no row", fold->partner.text);
        }
    }
    return ERR_OK;
}

static enum err check_rows(struct outcome_walk *walk)
{
    const struct derived *derived = walk->audit->derived;
    TRY(derived_each(derived, TABLE_HOLD, visit_hold, walk));
    for (unsigned table = 1; table < TABLE_END; table++) {
        TRY(derived_each(derived, (enum ledger_table)table, visit_row, walk));
    }
    return ERR_OK;
}

static enum err check_all(struct outcome_walk *walk)
{
    struct audit *audit = walk->audit;
    TRY(check_rows(walk));
    TRY(check_sums_have_rows(audit, &audit->accounts, TABLE_ACCOUNT));
    TRY(check_sums_have_rows(audit, &audit->totals, TABLE_TOTAL));
    TRY(check_streams_have_rows(audit));
    TRY(audit_pairs(audit));
    TRY(audit_blocks(audit, &walk->blocks));
    return check_books(walk);
}

enum err audit_outcome(struct audit *audit)
{
    struct outcome_walk walk = {.audit = audit};
    enum err err = check_all(&walk);
    sums_fini(&walk.held);
    sums_fini(&walk.stood_in);
    sums_fini(&walk.blocks);
    return err;
}
