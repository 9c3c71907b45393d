#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invariants.h"
#include "ledger/codec.h"
#include "model_parts.h"
#include "shrink.h"
#include "world_compare.h"
#include "world_rows.h"

enum {
    ALL_EVERY = 100 /* steps between two looks at everything */
};

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

void world_roster(struct roster_partner partners[MODEL_PARTNERS],
                  struct tariff tariffs[MODEL_PREPAID],
                  struct promotion promotions[MODEL_PROMOTIONS], struct roster *out_roster)
{
    static const char *const names[MODEL_PARTNERS] = {"alfa", "beta", "gamma"};
    static const char *const prefixes[MODEL_PARTNERS] = {"200200", "100100", "300300"};
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        ASSERT(partner_id_parse(names[i], &partners[i].id) == ERR_OK);
        ASSERT(card_prefix_parse(prefixes[i], &partners[i].prefix) == ERR_OK);
    }
    tariffs[0] = (struct tariff){.id = 1, .issue_price = {2}, .redemption_price = {1}, .per = {1}};
    tariffs[1] = (struct tariff){.id = 2, .issue_price = {3}, .redemption_price = {2}, .per = {1}};
    tariffs[2] = (struct tariff){.id = MODEL_AT_BURN,
                                 .funding = FUNDED_AT_BURN,
                                 .issue_price = {4},
                                 .redemption_price = {3},
                                 .per = {1}};
    tariffs[3] = (struct tariff){.id = MODEL_PREPAID,
                                 .funding = FUNDED_IN_ADVANCE,
                                 .issue_price = {5},
                                 .redemption_price = {1},
                                 .per = {1}};
    promotions[0] = (struct promotion){
        .id = MODEL_OUR_PROMOTION,
        .shop = partners[0].id,
        .valid_until = {INT64_MAX},
        .budget = {2000},
        .per_purchase = {150},
        .part_count = 3,
        .parts = {{partners[0].id, 4000}, {partners[1].id, 3500}, {partners[2].id, 2500}}};
    promotions[1] = (struct promotion){.id = MODEL_BETAS_PROMOTION,
                                       .shop = partners[1].id,
                                       .valid_until = {INT64_MAX},
                                       .budget = {1000},
                                       .per_purchase = {80},
                                       .part_count = 2,
                                       .parts = {{partners[2].id, 6667}, {partners[0].id, 3333}}};
    *out_roster = (struct roster){.self = partners[0].id,
                                  .epoch = 1,
                                  .first_period = {202609},
                                  .partners = partners,
                                  .partner_count = MODEL_PARTNERS,
                                  .tariffs = tariffs,
                                  .tariff_count = MODEL_PREPAID,
                                  .promotions = promotions,
                                  .promotion_count = MODEL_PROMOTIONS};
    ASSERT(roster_prepare(out_roster, NULL) == ERR_OK);
}

void world_init(struct world *w, enum model_flaw flaw)
{
    *w = (struct world){0};
    world_roster(w->partners, w->tariffs, w->promotions, &w->roster);
    w->terms.roster = &w->roster;
    w->terms.codec = (struct entry_codec){NULL, encode_entry, decode_entry};
    w->model = calloc(1, sizeof *w->model);
    ASSERT(w->model != NULL);
    w->model->flaw = flaw;
    plan_init(&w->plan);
    run_journal_init(&w->journal);
}

void world_fini(struct world *w)
{
    ledger_applier_destroy(w->applier);
    memory_store_destroy(w->tables);
    plan_fini(&w->plan);
    run_journal_fini(&w->journal);
    buffer_fini(&w->body);
    buffer_fini(&w->record);
    buffer_fini(&w->entry_bytes);
    free(w->model);
}

static void world_reset(struct world *w)
{
    ledger_applier_destroy(w->applier);
    memory_store_destroy(w->tables);
    w->applier = NULL;
    w->tables = NULL;
    ASSERT(memory_store_create(&w->tables) == ERR_OK);
    w->store = memory_store_port(w->tables);
    ASSERT(ledger_applier_create(&w->store, &w->applier) == ERR_OK);
    w->terms.refund_grace_ms = w->mood.refund_grace_ms;
    w->terms.debt_limit = points_of(w->mood.debt_limit);
    w->terms.outbox_entries = w->mood.outbox_entries;
    w->roster.net_debit_cap = money_of(w->mood.net_debit_cap);
    w->roster.waits_at_cap = w->mood.waits_at_cap;
    w->now.ms = STEPS_START_MS;
    w->row = 1;
    w->complaint[0] = '\0';
    run_journal_begin(&w->journal);
    model_reset(w->model, &w->roster, w->mood.refund_grace_ms, w->mood.debt_limit,
                w->mood.outbox_entries);
}

/* What only the caller of the ledger knows: where streams stand. */
static void fill_streams(struct world *w, struct command *command)
{
    struct stream stream;
    if (command->kind == COMMAND_TAKE_ENTRY) {
        struct clearing_entry *entry = &command->take_entry.entry;
        ASSERT(ledger_get_stream(&w->store.view, &w->roster, STREAM_IN, &command->take_entry.sender,
                                 &stream) == ERR_OK);
        entry->number = stream.last_number + 1;
        entry->previous_hash = stream.last_hash;
        ASSERT(entry_check(entry, NULL) == ERR_OK);
        buffer_clear(&w->entry_bytes);
        ASSERT(encode_entry(NULL, entry, &w->entry_bytes) == ERR_OK);
        command->take_entry.bytes = buffer_slice(&w->entry_bytes);
    } else if (command->kind == COMMAND_TAKE_RECEIPT) {
        ASSERT(ledger_get_stream(&w->store.view, &w->roster, STREAM_OUT,
                                 &command->take_receipt.receiver, &stream) == ERR_OK);
        command->take_receipt.receipt_number = stream.receipt_number + 1;
        command->take_receipt.receipt_hash = hash_of("test", slice_of("r", 1));
    }
}

static bool apply(struct world *w, const struct command *command)
{
    struct note note = {{0}};
    struct record record = {.row = w->row++,
                            .time = w->now,
                            .kind = command->kind,
                            .verdict = w->plan.verdict,
                            .origin = command->origin,
                            .transaction_id = command->transaction_id,
                            .business_time = command->business_time,
                            .answer = w->plan.answer,
                            .effect_count = w->plan.effect_count,
                            .effects = buffer_slice(&w->plan.effects)};
    buffer_clear(&w->body);
    w->body.names = &w->plan.ids;
    command_encode(command, &w->body);
    record.body = buffer_slice(&w->body);
    record.ids = w->plan.ids;
    record.is_dated = command->is_dated;
    buffer_clear(&w->record);
    record_encode(&record, &w->record);
    ASSERT(memory_store_keep_record(w->tables, record.row, buffer_slice(&w->record)) == ERR_OK);
    if (w->is_audited) {
        run_journal_add(&w->journal, &record);
    }
    enum err err = ledger_applier_apply(w->applier, &record, &note);
    if (err != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "the plan does not apply: %.400s",
                       note.text);
    }
    return err == ERR_OK;
}

static void print_answer(const struct model_answer *answer)
{
    (void)printf("    -> %s%s", verdict_describe(answer->verdict)->name,
                 answer->is_repeat ? " again" : "");
    if (answer->points != 0 || answer->left != 0 || answer->debt != 0 || answer->written_off != 0) {
        (void)printf(", points %" PRId64 " left %" PRId64 " debt %" PRId64 " written off %" PRId64,
                     answer->points, answer->left, answer->debt, answer->written_off);
    }
    (void)printf("\n");
}

/* A partner's hold for which there is no room under the cap. */
static bool must_wait(const struct world *w, const struct command *command)
{
    int partner = model_partner(w->model, &command->hold.redeemer);
    return command->kind == COMMAND_HOLD && w->roster.waits_at_cap && partner > 0 &&
           !model_may_owe(w->model, partner,
                          command->hold.points.minor * w->roster.tariffs[0].redemption_price.minor);
}

static bool tell(struct world *w, struct command *command)
{
    struct model_answer answer;
    bool is_repeat = false;
    fill_streams(w, command);
    if (w->is_loud) {
        command_print(command, w->now);
    }
    plan_reset(&w->plan);
    enum err err = ledger_decide(&w->store.view, &w->terms, command, w->now, &w->plan, &is_repeat);
    if (err == ERR_UNAVAILABLE && must_wait(w, command)) {
        return true; /* nothing is remembered of it */
    }
    if (err != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "no decision: %s", err_name(err));
        return false;
    }
    if (!is_repeat && !apply(w, command)) {
        return false;
    }
    model_step(w->model, command, w->now, &answer);
    if (w->is_loud) {
        print_answer(&answer);
    }
    if (!answers_agree(w->plan.verdict, &w->plan.answer, is_repeat, &answer, w->complaint)) {
        return false;
    }
    if (w->statistics != NULL) {
        w->statistics->counts[command->kind][answer.verdict]++;
    }
    for (size_t i = 0; i < w->model->member_count; i++) {
        if ((w->model->touched >> i & 1) != 0 &&
            !member_agrees(&w->store.view, w->model, (int)i, w->now, w->complaint)) {
            return false;
        }
    }
    return true;
}

struct sum {
    struct invariants invariants;
    struct dues dues;
    struct note note;
};

static enum err sum_row(void *context, enum ledger_table table, struct slice key,
                        struct slice value)
{
    struct sum *sum = context;
    TRY(dues_add(&sum->dues, table, key));
    return invariants_add(&sum->invariants, table, key, value, &sum->note);
}

static bool invariants_hold(struct world *w)
{
    struct sum sum = {.dues = {.model = w->model, .complaint = w->complaint}};
    enum err err = memory_store_each(w->tables, sum_row, &sum);
    if (err == ERR_DISAGREE || (err == ERR_OK && !dues_agree(&sum.dues)) ||
        (err == ERR_OK &&
         !standings_agree(&w->store.view, w->model, sum.dues.standings, w->complaint))) {
        return false;
    }
    err = err == ERR_OK ? invariants_check(&sum.invariants, &sum.note) : err;
    if (err != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "%s: %.400s", err_name(err),
                       sum.note.text);
    }
    return err == ERR_OK;
}

/* Everybody is settled first, so that what expired is posted on both sides. */
static bool all_agree(struct world *w)
{
    bool was_loud = w->is_loud;
    w->is_loud = false;
    for (size_t i = 0; i < w->model->member_count; i++) {
        struct command command = {
            .kind = COMMAND_SETTLE_MEMBER, .origin = w->roster.self, .business_time = w->now};
        command.due.id = w->model->members[i].id;
        if (!tell(w, &command)) {
            w->is_loud = was_loud;
            return false;
        }
    }
    w->is_loud = was_loud;
    ASSERT(ledger_applier_flush(w->applier) == ERR_OK);
    return accounts_agree(&w->store.view, w->model, w->complaint) && invariants_hold(w);
}

static bool rows_agree(struct world *w)
{
    const struct ledger_view *view = &w->store.view;
    return payments_agree(view, w->model, w->complaint) &&
           exposures_agree(view, w->model, w->complaint) &&
           fundings_agree(view, w->model, w->complaint) &&
           promotions_agree(view, w->model, w->complaint) &&
           blocks_agree(view, w->model, w->complaint) &&
           cards_agree(view, w->model, w->complaint) && holds_agree(view, w->model, w->complaint) &&
           mandates_agree(view, w->model, w->complaint) &&
           sales_agree(view, w->model, w->complaint) && pools_agree(view, w->model, w->complaint);
}

static bool audit_agrees(struct world *w)
{
    struct note note = {{0}};
    enum err err = w->is_audited ? run_journal_audit(&w->journal, &w->roster.self, &note) : ERR_OK;
    if (err != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "%s: %.400s", err_name(err), note.text);
    }
    return err == ERR_OK;
}

bool world_run(struct world *w, const struct step *steps, size_t count, size_t *out_ran)
{
    struct command command;
    world_reset(w);
    for (size_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;
        w->now = steps[i].at;
        step_command(&steps[i], &w->mood, w->model, &w->room, &command);
        *out_ran = i + 1;
        if (!tell(w, &command) || (((i + 1) % ALL_EVERY == 0 || is_last) && !all_agree(w)) ||
            (is_last && !(rows_agree(w) && audit_agrees(w)))) {
            return false;
        }
    }
    return true;
}

static bool fails(void *context, const struct step *steps, size_t count, size_t *out_ran)
{
    return !world_run(context, steps, count, out_ran);
}

size_t world_explain(struct world *w, struct step *steps, size_t count, unsigned seconds)
{
    struct shrink_subject subject = {w, fails};
    struct statistics *statistics = w->statistics;
    size_t ran;
    w->statistics = NULL;
    count = shrink(&subject, steps, count, seconds);
    (void)printf("%zu steps are enough (%s, grace %" PRId64 " ms, debt limit %" PRId64 "):\n",
                 count, w->mood.name, w->mood.refund_grace_ms, w->mood.debt_limit);
    w->is_loud = true;
    (void)world_run(w, steps, count, &ran);
    w->is_loud = false;
    w->statistics = statistics;
    (void)printf("    !! %s\n", w->complaint);
    return count;
}
