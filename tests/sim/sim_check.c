#include "sim_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/lots.h"
#include "model_dispute.h"
#include "sim_dispute.h"
#include "sim_liar.h"
#include "sim_mandates.h"
#include "sim_restore.h"
#include "sim_settle.h"
#include "sim_workload.h"
#include "wire/messages.h"

static struct ledger_view view_of(struct sim_node *node)
{
    return sim_store_view(&node->store);
}

static struct stream stream_of(struct sim_node *node, enum stream_direction direction,
                               unsigned partner)
{
    struct ledger_view view = view_of(node);
    struct stream stream;
    ASSERT(ledger_get_stream(&view, &node->roster, direction, &node->sim->nodes[partner].id,
                             &stream) == ERR_OK);
    return stream;
}

/* ---- streams ---- */

uint64_t sim_check_number(struct sim_node *node, enum stream_direction direction, unsigned partner)
{
    struct stream stream = stream_of(node, direction, partner);
    return direction == STREAM_IN ? stream.last_number : stream.receipted_number;
}

void sim_check_foul(struct sim_node *node, enum stream_direction direction, unsigned partner,
                    bool is_foul, uint64_t before)
{
    if (is_foul && sim_check_number(node, direction, partner) != before) {
        (void)sim_fail(node->sim, "%s believes a lie of %s", node->id.text,
                       node->sim->nodes[partner].id.text);
    }
}

bool sim_check_is_lying_pair(const struct sim_node *node, unsigned partner)
{
    return node->is_liar || node->sim->nodes[partner].is_liar;
}

/* What it took is not what the partner's ledger has. */
static bool check_story(struct sim_node *node, unsigned partner, const struct stream *stream)
{
    struct sim *sim = node->sim;
    struct sim_link *link = &node->links[partner];
    if (link->forked_at != 0) {
        return stream->last_number == link->forked_at ||
               sim_fail(sim, "%s went on behind the fork of %s", node->id.text,
                        sim->nodes[partner].id.text);
    }
    const struct sim_story *story =
        sim_liar_story(sim, partner, node->index, stream->last_number, &stream->last_hash);
    struct model_stream *told = &sim->model->streams[partner][node->index];
    if (story != NULL && told->taken < story->number && story->number <= told->count) {
        told->entries[story->number - 1].points = story->points;
        told->entries[story->number - 1].business_ms = story->business_ms;
        link->forked_at = story->number;
    }
    return true;
}

static bool check_incoming(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    struct model_stream *expected = &sim->model->streams[partner][node->index];
    struct stream stream = stream_of(node, STREAM_IN, partner);
    if (stream.last_number < expected->taken || stream.last_number > expected->count) {
        return sim_fail(sim,
                        "%s holds entries of %s up to %" PRIu64 "; it took %zu, and %zu were made",
                        node->id.text, sim->nodes[partner].id.text, stream.last_number,
                        expected->taken, expected->count);
    }
    size_t first = expected->taken;
    if (sim->nodes[partner].is_liar && !check_story(node, partner, &stream)) {
        return false;
    }
    while (expected->taken < stream.last_number) {
        const struct model_entry *entry = &expected->entries[expected->taken];
        model_take_entry(sim->model, partner, node->index, node->ledger_ms);
        const struct sim_op *op = sim->ops[entry->op];
        sim_tell(sim, "%s takes %s %zu of %s: %s of %" PRId64 " for %zu, %s", node->id.text,
                 entry_kind_name(entry->kind), expected->taken, sim->nodes[partner].id.text,
                 sim_op_name(op->kind), entry->points, op->index,
                 verdict_describe(entry->verdict)->name);
        if (!sim_check_is_lying_pair(node, partner) && !model_is_honoured(sim->model, entry)) {
            return sim_fail(sim, "%s does not honour what its mandate covers: %s of %zu, %s",
                            node->id.text, sim_op_name(op->kind), op->index,
                            verdict_describe(entry->verdict)->name);
        }
    }
    for (size_t i = first; i < expected->taken; i++) {
        const struct model_entry *entry = &expected->entries[i];
        const struct model_member *member = &sim->model->members[entry->member];
        if (entry->kind == ENTRY_MOVED_LOT) {
            member = &sim->model->members[member->moved_to];
        }
        bool is_here = entry->disputed == 0 || member->home == node->index;
        if (is_here && entry->kind != ENTRY_PERIOD_MARK && !entry_kind_is_card_news(entry->kind) &&
            !sim_check_member(node, member)) {
            return false;
        }
    }
    return !stream.is_frozen || sim_check_is_lying_pair(node, partner) ||
           sim_fail(sim, "%s froze what comes from %s: %s", node->id.text,
                    sim->nodes[partner].id.text, node->trouble);
}

/* Entries that were refused are reversed, and may be sent to another home. */
static bool check_receipts(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    struct model_stream *expected = &sim->model->streams[node->index][partner];
    struct stream stream = stream_of(node, STREAM_OUT, partner);
    if (stream.receipted_number < expected->receipted ||
        stream.receipted_number > expected->taken) {
        return sim_fail(sim,
                        "%s has receipts of %s up to %" PRIu64 "; it had %zu, and %zu were taken",
                        node->id.text, sim->nodes[partner].id.text, stream.receipted_number,
                        expected->receipted, expected->taken);
    }
    while (expected->receipted < stream.receipted_number) {
        model_take_receipt(sim->model, node->index, partner, node->ledger_ms);
    }
    expected->is_frozen_out = stream.is_frozen;
    return !stream.is_frozen || sim_check_is_lying_pair(node, partner) ||
           sim_fail(sim, "%s froze what goes to %s: %s", node->id.text, sim->nodes[partner].id.text,
                    node->trouble);
}

static bool check_outgoing(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    struct model_stream *expected = &sim->model->streams[node->index][partner];
    struct stream stream = stream_of(node, STREAM_OUT, partner);
    while (stream.last_number > expected->count && model_tell(sim->model, node->index, partner)) {
    }
    return stream.last_number == expected->count ||
           sim_fail(sim, "%s has %" PRIu64 " entries for %s, and %zu were made", node->id.text,
                    stream.last_number, sim->nodes[partner].id.text, expected->count);
}

static bool is_comparable(const struct sim_node *node, unsigned partner)
{
    return partner != node->index && !sim_restore_is_lost(node, partner) &&
           !sim_restore_is_gone(node->sim, node->index, partner);
}

bool sim_check_streams(struct sim_node *node)
{
    if (sim_restore_is_stale(node)) {
        return true;
    }
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (!sim_adopt(&node->sim->nodes[i])) { /* it may have sent what the model knows not yet */
            return false;
        }
    }
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (is_comparable(node, i) && !(check_incoming(node, i) && check_receipts(node, i))) {
            return false;
        }
    }
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (is_comparable(node, i) && !check_outgoing(node, i)) {
            return false;
        }
    }
    return true;
}

/* ---- receipts ---- */

static const char *refusal_of(const struct clearing_receipt *receipt, uint64_t number)
{
    for (size_t i = 0; i < receipt->refused_count; i++) {
        if (receipt->refused[i].number == number) {
            return receipt->refused[i].reason;
        }
    }
    return verdict_describe(VERDICT_OK)->name;
}

static bool check_verdicts(struct sim_node *node, unsigned sender,
                           const struct clearing_receipt *receipt)
{
    const struct model_stream *stream = &node->sim->model->streams[sender][node->index];
    for (uint64_t number = receipt->first_number; number <= receipt->last_number; number++) {
        const char *said = refusal_of(receipt, number);
        const char *expected = verdict_describe(stream->entries[number - 1].verdict)->name;
        if (strcmp(said, expected) != 0) {
            return sim_fail(node->sim, "%s says of entry %" PRIu64 " of %s: %s; the model: %s",
                            node->id.text, number, node->sim->nodes[sender].id.text, said,
                            expected);
        }
    }
    return true;
}

/* Applied entries up to a number, by kind. */
static void totals_up_to(const struct model_stream *stream, uint64_t number,
                         struct entry_total out_totals[ENTRY_KIND_END])
{
    memset(out_totals, 0, ENTRY_KIND_END * sizeof out_totals[0]);
    for (size_t i = 0; i < ENTRY_KIND_END && number == stream->taken; i++) {
        out_totals[i] = (struct entry_total){stream->totals[i].count, stream->totals[i].points};
    }
    for (size_t i = 0; i < number && number != stream->taken; i++) {
        if (stream->entries[i].verdict == VERDICT_OK) {
            out_totals[stream->entries[i].kind].count++;
            out_totals[stream->entries[i].kind].points += stream->entries[i].points;
        }
    }
}

static bool check_totals(struct sim_node *node, unsigned sender,
                         const struct clearing_receipt *receipt)
{
    struct entry_total expected[ENTRY_KIND_END];
    totals_up_to(&node->sim->model->streams[sender][node->index], receipt->last_number, expected);
    for (size_t i = 0; i < receipt->total_count; i++) {
        const struct receipt_total *total = &receipt->totals[i];
        struct entry_total *of_kind = &expected[total->kind];
        if (of_kind->count != total->count || of_kind->points != total->points) {
            return sim_fail(node->sim,
                            "%s says that %s gave it %s: %" PRIu64 ", %" PRId64
                            " points; the model: %" PRIu64 ", %" PRId64,
                            node->id.text, node->sim->nodes[sender].id.text,
                            entry_kind_name(total->kind), total->count, total->points,
                            of_kind->count, of_kind->points);
        }
        *of_kind = (struct entry_total){0, 0};
    }
    for (size_t i = 0; i < ENTRY_KIND_END; i++) {
        if (expected[i].count != 0) {
            return sim_fail(node->sim, "%s forgets its total of %s", node->id.text,
                            entry_kind_name((enum entry_kind)i));
        }
    }
    return true;
}

void sim_check_receipt(struct sim_node *node, unsigned sender, const struct signed_message *message)
{
    struct clearing_receipt receipt;
    struct arena arena;
    struct note note = {""};
    if (!sim_check_streams(node)) {
        return;
    }
    arena_init(&arena, 1u << 20);
    if (wire_receipt_decode(message->payload, &arena, &receipt, &note) != ERR_OK) {
        (void)sim_fail(node->sim, "%s gives a receipt that can't be read: %s", node->id.text,
                       note.text);
    } else if (receipt.last_number > node->sim->model->streams[sender][node->index].taken) {
        (void)sim_fail(node->sim, "%s gives a receipt for what it did not take", node->id.text);
    } else if (check_verdicts(node, sender, &receipt)) {
        (void)check_totals(node, sender, &receipt);
    }
    arena_fini(&arena);
}

/* ---- what was under way ---- */

void sim_check_doubt(struct sim_node *node, const struct sim_doubt *doubt)
{
    struct sim *sim = node->sim;
    struct sim_op *op = doubt->op;
    struct model_op *m = doubt->is_at_home ? model_at_home(sim->model, op, node->index)
                                           : model_op_of(sim->model, op);
    const struct partner_id *origin = &op->command.origin;
    bool is_mandate = op->kind == SIM_OP_GIVE_MANDATE || op->kind == SIM_OP_TAKE_MANDATE;
    bool is_recorded = is_mandate ? sim_mandate_is_recorded(node, op)
                                  : sim_op_is_recorded(node, origin, &op->command.transaction_id);
    sim_tell(sim, "%s: %s %zu was under way and is %s", node->id.text, sim_op_name(op->kind),
             op->index, is_recorded ? "there" : "not there");
    if (!is_recorded || m == NULL) {
        return;
    }
    if (doubt->is_at_home && !m->is_decided_at_home) {
        if (m->op == op) {
            sim_abroad_lead(sim, op);
        }
        model_decide_at_home(sim->model, m, doubt->capture_by, doubt->deliver_by, doubt->ledger_ms);
    } else if (!doubt->is_at_home && !m->is_decided) {
        op->business_ms = doubt->business_ms;
        op->capture_by = doubt->capture_by;
        op->deliver_by = doubt->deliver_by;
        model_decide(sim->model, op, doubt->ledger_ms);
    }
}

/* ---- members ---- */

bool sim_check_member(struct sim_node *node, const struct model_member *expected)
{
    static struct member row;
    struct ledger_view view = view_of(node);
    struct note note = {""};
    if (!expected->is_enrolled) {
        return true;
    }
    struct unix_ms now = {node->ledger_ms};
    enum err err = ledger_get_member(&view, &expected->id, &row);
    if (err == ERR_OK) {
        err = member_check(&row, &note);
        member_settle_view(&row, now);
    }
    if (err != ERR_OK) {
        return sim_fail(node->sim, "%s, member %zu: %s %s", node->id.text,
                        (size_t)(expected - node->sim->model->members), err_name(err), note.text);
    }
    struct model_sums sums = model_sums_at(expected, now.ms);
    if (row.available.minor != sums.available || row.pending.minor != sums.pending ||
        row.held.minor != sums.held || row.debt.minor != sums.debt) {
        return sim_fail(node->sim,
                        "%s, member %zu has %" PRId64 " + %" PRId64 " pending + %" PRId64
                        " held - %" PRId64 "; the model says %" PRId64 " + %" PRId64 " + %" PRId64
                        " - %" PRId64,
                        node->id.text, (size_t)(expected - node->sim->model->members),
                        row.available.minor, row.pending.minor, row.held.minor, row.debt.minor,
                        sums.available, sums.pending, sums.held, sums.debt);
    }
    return true;
}

bool sim_check_members_of(struct sim_node *node)
{
    const struct model *model = node->sim->model;
    for (size_t i = 0; i < model->member_count; i++) {
        if (model->members[i].home == node->index && !sim_check_member(node, &model->members[i])) {
            return false;
        }
    }
    return true;
}

/* ---- accounts ---- */

struct sums {
    int64_t debit;
    int64_t credit;
    struct sim_node *node;
};

static void add_account(void *context, struct slice key, struct slice value)
{
    struct sums *sums = context;
    struct account account;
    (void)key;
    ASSERT(account_decode(value, &account) == ERR_OK);
    sums->debit += account.debit;
    sums->credit += account.credit;
}

/* Credit less debit. */
static int64_t balance_of(struct sim_node *node, struct account_ref ref)
{
    struct ledger_view view = view_of(node);
    struct account account;
    ASSERT(ledger_get_account(&view, &ref, &account) == ERR_OK);
    return account.credit - account.debit;
}

static bool check_balance(struct sim_node *node, struct account_ref ref, int64_t expected)
{
    int64_t balance = balance_of(node, ref);
    if (balance != expected) {
        return sim_fail(node->sim, "%s, account %s %s %u: %" PRId64 ", the model says %" PRId64,
                        node->id.text, account_kind_name(ref.kind), ref.partner.text,
                        ref.period.code, balance, expected);
    }
    return true;
}

static struct account_ref own(enum account_kind kind)
{
    return (struct account_ref){.kind = kind};
}

static bool check_exposure(struct sim_node *node, unsigned partner)
{
    struct ledger_view view = view_of(node);
    struct model_exposure expected = model_exposure(node->sim->model, node->index, partner);
    struct exposure row;
    ASSERT(ledger_get_exposure(&view, &node->sim->nodes[partner].id, &row) == ERR_OK);
    struct exposure_line line = row.line_count > 0 ? row.lines[0] : (struct exposure_line){0};
    return (row.promised.minor == expected.promised && line.issued == expected.earned &&
            line.redeemed == expected.redeemed) ||
           sim_fail(node->sim,
                    "%s counts %" PRId64 " points earned, %" PRId64 " redeemed, %" PRId64
                    " promised that it owes %s; the model %" PRId64 ", %" PRId64 ", %" PRId64,
                    node->id.text, line.issued, line.redeemed, row.promised.minor,
                    node->sim->nodes[partner].id.text, expected.earned, expected.redeemed,
                    expected.promised);
}

static bool check_pair_books(struct sim_node *node, unsigned partner)
{
    const struct model_books *books = &node->sim->model->books[node->index];
    for (unsigned p = 0; p < MODEL_PERIODS; p++) {
        struct account_ref ref = {.kind = ACCOUNT_RECEIVABLE,
                                  .partner = node->sim->nodes[partner].id,
                                  .period = sim_nth_period(node->sim, p)};
        if (!check_balance(node, ref, -books->receivable[partner][p])) {
            return false;
        }
        ref.kind = ACCOUNT_PAYABLE;
        if (!check_balance(node, ref, books->payable[partner][p])) {
            return false;
        }
        ref.kind = ACCOUNT_SUSPENSE;
        if (!check_balance(node, ref, books->suspense[partner][p])) {
            return false;
        }
    }
    return true;
}

static bool check_books(struct sim_node *node)
{
    const struct model_books *books = &node->sim->model->books[node->index];
    struct sums sums = {.node = node};
    sim_store_each(&node->store, TABLE_ACCOUNT, add_account, &sums);
    if (sums.debit != sums.credit) {
        return sim_fail(node->sim, "%s: debits of %" PRId64 ", credits of %" PRId64, node->id.text,
                        sums.debit, sums.credit);
    }
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (i != node->index && !check_pair_books(node, i)) {
            return false;
        }
        if (is_comparable(node, i) && !sim_check_is_lying_pair(node, i) &&
            !check_exposure(node, i)) {
            return false;
        }
    }
    return check_balance(node, own(ACCOUNT_ISSUED), -books->issued) &&
           check_balance(node, own(ACCOUNT_REDEEMED), books->redeemed) &&
           check_balance(node, own(ACCOUNT_ADJUSTMENT), -books->adjustment);
}

bool sim_check_node(struct sim_node *node)
{
    return !node->is_up ||
           (sim_adopt(node) && sim_check_streams(node) && sim_check_members_of(node) &&
            check_books(node) && sim_mandates_check(node) && sim_dispute_check(node));
}
