/* ListPurchases: what was bought in our shops and judged by rules, as the journal has it.
 *
 * A sale is two records, one behind the other: the earn, which says whose it is, and the change of
 * standings, which has the basket. A page looks at so many rows, whatever is in them. */
#include <stdlib.h>

#include "ledger/batch.h"
#include "node/judging.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/shopper_key.h"
#include "node/till_judged.h"

#define PURCHASES_MAX (LIMIT_PURCHASE_ROWS + 2) /* of a page; a sale takes two rows */

/* The journal, read on in order. */
struct purchase_reader {
    struct node *node;
    const struct snapshot *snapshot;
    struct ledger_view view;
    struct buffer batch; /* a copy; empty when none is kept */
    struct batch_view batch_view;
    struct arena *arena;
    bool has_earn; /* the earn that was read last, of rules */
    struct uid earn;
    struct standing_owner named;
    struct unix_ms business_time;
    Talea__V1__ListPurchasesResponse *response;
};

static enum err read_row(struct purchase_reader *in, uint64_t row, struct record *out_record)
{
    const struct journal *journal = &in->node->journal;
    struct slice bytes;
    uint64_t first_row;
    bool is_kept = in->batch.length > 0 && row >= in->batch_view.first_row &&
                   row - in->batch_view.first_row < in->batch_view.count;
    if (!is_kept) {
        buffer_clear(&in->batch);
        TRY(journal->read(journal->context, row, &first_row, &in->batch));
        TRY(batch_open(buffer_slice(&in->batch), &in->batch_view));
        if (row < in->batch_view.first_row ||
            row - in->batch_view.first_row >= in->batch_view.count) {
            return ERR_CORRUPT;
        }
    }
    TRY(batch_record_sound(&in->batch_view, (uint32_t)(row - in->batch_view.first_row), &bytes));
    return record_decode(bytes, out_record);
}

static void keep_earn(struct purchase_reader *in, const struct command *command)
{
    const struct command_earn *earn = &command->earn;
    in->has_earn = earn->is_judged;
    in->earn = command->transaction_id;
    in->named = earn->card.digits[0] != '\0' ? standing_of_card(&earn->card)
                                             : standing_of_member(&earn->member);
    in->business_time = command->business_time;
}

static enum err add_lines(struct arena *arena, const struct occasion *occasion,
                          Talea__V1__Purchase *purchase)
{
    purchase->lines = arena_alloc(arena, (occasion->line_count + 1) * sizeof(void *));
    for (size_t i = 0; purchase->lines != NULL && i < occasion->line_count; i++) {
        const struct basket_line *from = &occasion->lines[i];
        Talea__V1__BasketLine *line = arena_alloc(arena, sizeof *line);
        if (line == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__basket_line__init(line);
        line->product = arena_text(arena, from->product);
        line->category = arena_text(arena, from->category);
        line->brand = arena_text(arena, from->brand);
        line->quantity_milli = from->quantity_milli;
        line->amount_minor = from->amount.minor;
        if (line->product == NULL || line->category == NULL || line->brand == NULL) {
            return ERR_RESOURCE;
        }
        purchase->lines[purchase->n_lines++] = line;
    }
    return purchase->lines == NULL ? ERR_RESOURCE : ERR_OK;
}

/* Names of rules are the version's, which the snapshot holds. */
static enum err add_awards(const struct purchase_reader *in, const struct kept_case *kept,
                           Talea__V1__Purchase *purchase)
{
    const struct programme_version *version =
        programmes_find(in->snapshot->programmes, kept->programme);
    purchase->awards = arena_alloc(in->arena, (kept->award_count + 1) * sizeof(void *));
    for (size_t i = 0; purchase->awards != NULL && i < kept->award_count; i++) {
        const struct award *from = &kept->awards[i];
        Talea__V1__Award *award = arena_alloc(in->arena, sizeof *award);
        if (award == NULL) {
            return ERR_RESOURCE;
        }
        if (version == NULL || from->rule >= version->file.rules.rule_count) {
            continue; /* of a version that is not kept: its rule has no name */
        }
        const struct rule *rule = &version->file.rules.rules[from->rule];
        talea__v1__award__init(award);
        award->rule = (char *)(uintptr_t)rule->name;
        award_fill(&version->file.rules, rule, from->given, award);
        purchase->awards[purchase->n_awards++] = award;
    }
    return purchase->awards == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_purchase(struct purchase_reader *in, uint64_t row, struct slice evidence)
{
    struct kept_case kept;
    struct standing_owner owner;
    enum err err = ledger_follow_owner(&in->view, &in->snapshot->roster, &in->named, &owner);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK; /* who was erased is forgotten */
    }
    TRY(err);
    TRY(kept_case_decode(evidence, in->arena, &kept));
    Talea__V1__Purchase *purchase = arena_alloc(in->arena, sizeof *purchase);
    if (purchase == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__purchase__init(purchase);
    purchase->shopper = shopper_key_message(in->arena, &owner);
    purchase->journal_row = row;
    purchase->business_unix_ms = in->business_time.ms;
    purchase->local_unix_ms = kept.occasion.local.ms;
    purchase->gross_minor = kept.gross.minor;
    purchase->discount_minor = kept.discount.minor;
    purchase->earned_points = kept.points.minor;
    purchase->store = arena_text(in->arena, kept.occasion.store);
    purchase->channel = arena_text(in->arena, kept.occasion.channel);
    purchase->paid_in_points_minor = kept.occasion.paid_in_points.minor;
    TRY(add_lines(in->arena, &kept.occasion, purchase));
    TRY(add_awards(in, &kept, purchase));
    ASSERT(in->response->n_purchases < PURCHASES_MAX);
    in->response->purchases[in->response->n_purchases++] = purchase;
    bool is_whole =
        purchase->shopper != NULL && purchase->store != NULL && purchase->channel != NULL;
    return is_whole ? ERR_OK : ERR_RESOURCE;
}

/* Of an event, of offers, or of a return there is nothing to say. */
static bool is_sale(const struct purchase_reader *in, const struct command_standing *change)
{
    return in->has_earn && uid_equal(&change->occasion, &in->earn) &&
           uid_is_nil(&change->returned) && kept_case_is_sale(change->evidence);
}

static enum err look_at(struct purchase_reader *in, uint64_t row)
{
    struct record record;
    struct command command;
    TRY(read_row(in, row, &record));
    bool may_be_part = record.kind == COMMAND_EARN || record.kind == COMMAND_CHANGE_STANDING;
    if (!may_be_part || record.verdict != VERDICT_OK) {
        in->has_earn = false;
        return ERR_OK;
    }
    TRY(record_command(&record, &command));
    if (command.kind == COMMAND_EARN) {
        keep_earn(in, &command);
        return ERR_OK;
    }
    bool is_wanted = is_sale(in, &command.standing);
    in->has_earn = false;
    return is_wanted ? add_purchase(in, row, command.standing.evidence) : ERR_OK;
}

/* Never between the two records of a sale. */
static enum err fill(struct purchase_reader *in, struct rpc_call *call, size_t most)
{
    Talea__V1__ListPurchasesResponse *response = in->response;
    size_t rows = 0;
    while (response->next_row <= response->last_row &&
           (in->has_earn ? rows <= most : rows < most && in->arena->used < LIMIT_PAGE_BYTES)) {
        if (rows % 64 == 0 && rpc_call_is_cancelled(call)) {
            return ERR_CANCELLED;
        }
        TRY(look_at(in, response->next_row));
        response->next_row++;
        rows++;
    }
    return ERR_OK;
}

/* Row 0 is the journal's first that is left. */
static uint64_t first_row(const struct purchase_reader *in)
{
    struct record record;
    struct purchase_reader look = *in;
    uint64_t low = 1;
    uint64_t high = in->response->last_row;
    look.batch = (struct buffer){0};
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (read_row(&look, middle, &record) == ERR_NOT_FOUND) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    buffer_fini(&look.batch);
    return low;
}

static enum err list(struct node *node, struct rpc_call *call,
                     const Talea__V1__ListPurchasesRequest *request, struct purchase_reader *in)
{
    struct state_reader *reader;
    size_t most = request->rows_max == 0 || request->rows_max > LIMIT_PURCHASE_ROWS
                      ? LIMIT_PURCHASE_ROWS
                      : request->rows_max;
    TRY(readers_take(node->readers, &reader));
    in->view = state_reader_view(reader);
    in->response->last_row = atomic_load(&node->events.last_row);
    in->response->next_row = request->from_row == 0 ? first_row(in) : request->from_row;
    in->response->purchases =
        arena_alloc(in->arena, PURCHASES_MAX * sizeof *in->response->purchases);
    enum err err = in->response->purchases == NULL ? ERR_RESOURCE : fill(in, call, most);
    readers_give(node->readers, reader);
    return err;
}

void offers_list_purchases(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListPurchasesRequest *request =
        (const Talea__V1__ListPurchasesRequest *)(const void *)message;
    Talea__V1__ListPurchasesResponse response;
    talea__v1__list_purchases_response__init(&response);
    struct arena arena;
    struct snapshot *snapshot = node_snapshot(node);
    struct purchase_reader in = {
        .node = node, .snapshot = snapshot, .arena = &arena, .response = &response};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = list(node, call, request, &in);
    if (err == ERR_NOT_FOUND) {
        refuse(call, 11, "JOURNAL_TRIMMED", "The journal no longer has row %llu.",
               (unsigned long long)response.next_row);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
    buffer_fini(&in.batch);
    arena_fini(&arena);
    snapshot_release(snapshot);
}
