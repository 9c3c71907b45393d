/* Imported sales that rules judge or fraud rules find something about, and what their returns take
 * back. A customer's sales are judged
 * one after the other, each on what the one before it left; whoever's standing moved meanwhile by
 * a till's doing is judged again when the group ends. */
#include <stdlib.h>
#include <string.h>

#include "node/import_receipts.h"
#include "node/judging_lines.h"
#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"

#define RESTORE_BYTES (2u << 20)
#define MILLI         1000

bool import_is_judged(const struct import *import, const struct command *command)
{
    return command->kind == COMMAND_EARN && !command->earn.is_fixed &&
           programmes_at(import->snapshot->programmes, command->business_time)->rules != NULL;
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

/* Thousandths of millionths, rounded half up as a trial does. */
static int64_t milli_of(int64_t micro)
{
    return micro / MILLI + (micro % MILLI >= MILLI / 2 ? 1 : 0);
}

/* The lines live as long as `lines`; what texts the message has is borrowed. */
static enum err read_occasion(struct import *import,
                              const Talea__V1__ImportReceiptsRequest *request,
                              const struct command *command, struct basket_line *lines,
                              struct judging_case *judged, struct note *note)
{
    for (size_t i = 0; i < request->n_lines; i++) {
        const Talea__V1__ReceiptLine *line = request->lines[i];
        lines[i] = (struct basket_line){.product = text_of(line->product),
                                        .category = text_of(line->category),
                                        .brand = text_of(line->brand),
                                        .quantity_milli = milli_of(line->quantity_micro),
                                        .amount = money_of(line->amount_minor)};
    }
    judged->snapshot = import->snapshot;
    judged->version = programmes_at(import->snapshot->programmes, command->business_time);
    judged->occasion = (struct occasion){.kind = OCCASION_SALE,
                                         .store = text_of(request->store),
                                         .channel = text_of(request->channel),
                                         .lines = lines,
                                         .line_count = request->n_lines};
    TRY(judged_codes_read(request->codes, request->n_codes, judged, note));
    judged->occasion.local =
        request->local_unix_ms != 0
            ? (struct unix_ms){request->local_unix_ms}
            : judging_local(import->node, judged->version, command->business_time);
    judged->id = command->transaction_id;
    judged->said = judging_said(&judged->occasion);
    judged->give = *command;
    return ERR_OK;
}

static enum err try_case(struct import *import, struct import_item *item, struct note *note)
{
    struct ledger_view view = state_reader_view(import->reader);
    struct judging_case *judged = &item->judged->judged;
    TRY(judging_find_owner(&view, judged));
    return judging_try(import->node, &view, judged, note);
}

/* Of what is the receipt's fault. */
static enum err refuse_case(struct import_item *item, enum err err, const struct note *note)
{
    if (err != ERR_INPUT && err != ERR_RANGE) {
        return err;
    }
    import_refuse(&item->refusal, "INVALID_INPUT", "The programme can't judge it: %s.", note->text);
    return ERR_OK;
}

static void judged_done(void *context, const struct outcome *outcome)
{
    struct import_item *item = context;
    struct import_judged *judged = item->judged;
    import_item_done(item, judged->outcomes, judged->judged.command_count, outcome->err);
    if (outcome->err == ERR_OK && item->verdict == VERDICT_OK) {
        raiser_tell(item->import->node->raiser, &judged->judged);
    }
    in_flight_end(&item->import->in_flight);
}

static enum err submit(struct import_item *item)
{
    struct in_flight *in_flight = &item->import->in_flight;
    struct import_judged *judged = item->judged;
    in_flight_wait(in_flight, LIMIT_IMPORT_GROUP - 1);
    in_flight_begin(in_flight);
    enum err err = engine_submit_batch(item->import->node->engine, judged->judged.commands,
                                       judged->judged.command_count, true, judged->outcomes,
                                       judged_done, item);
    if (err != ERR_OK) {
        in_flight_end(in_flight);
    }
    return err;
}

/* For all before it in the group. */
static enum err wait_for_all(struct import *import, const struct import_item *item)
{
    in_flight_wait(&import->in_flight, 0);
    import->settled = (size_t)(item - import->group); /* this one is not sent yet */
    return import_judge_moved(import);
}

/* Somebody's earlier sale of the group may be under way, or must be judged again first. */
static enum err wait_for_earlier(struct import *import, const struct import_item *item)
{
    for (size_t i = import->settled; i < import->count; i++) {
        const struct import_item *earlier = &import->group[i];
        if (earlier != item && earlier->sale.who == item->sale.who) {
            return wait_for_all(import, item);
        }
    }
    return ERR_OK;
}

/* Nothing came of it: fraud rules don't count it. */
static void uncount(struct import_item *item)
{
    struct judging_case *judged = &item->judged->judged;
    fraud_gate_drop(item->import->node->fraud_gate, &judged->give, &judged->fraud);
    judged->fraud.is_counted = false;
}

/* What can't be told to the ledger isn't counted either. */
static enum err send(struct import_item *item)
{
    enum err err = submit(item);
    if (err != ERR_OK) {
        uncount(item);
    }
    return err;
}

static enum err refuse_found(struct import_item *item, const struct fraud_decision *decision)
{
    struct note words;
    fraud_gate_words(decision, &words);
    import_refuse(&item->refusal, "FRAUD_LIMIT", "%s", words.text);
    return fraud_gate_raise(item->import->node->fraud_gate, decision);
}

/* Its points are too many, unless nothing comes of those that are under way. */
static enum err try_doubted(struct import *import, struct import_item *item, struct note *note)
{
    struct judging_case *judged = &item->judged->judged;
    if (!judged->fraud.is_anew) {
        return ERR_OK;
    }
    TRY(wait_for_all(import, item));
    TRY(fraud_gate_admit_again(import->node->fraud_gate, FRAUD_GIVES_JUDGED, FRAUD_TOLD_BY_OFFICE,
                               &judged->give, &judged->fraud));
    return judged->fraud.is_refused ? ERR_OK : try_case(import, item, note);
}

enum err import_judge(struct import *import, const Talea__V1__ImportReceiptsRequest *request,
                      struct import_item *item, const struct command *command)
{
    struct basket_line lines[LIMIT_RECEIPT_LINES];
    struct note note = {""};
    item->judged = calloc(1, sizeof *item->judged);
    if (item->judged == NULL) {
        return ERR_RESOURCE;
    }
    struct judging_case *judged = &item->judged->judged;
    enum err err = read_occasion(import, request, command, lines, judged, &note);
    if (err != ERR_OK) {
        return refuse_case(item, err, &note);
    }
    if (judged->version->number == 0) {
        return ERR_UNAVAILABLE; /* the ledger doesn't write yet, and keeps it then */
    }
    TRY(wait_for_earlier(import, item));
    TRY(import_admit(item, FRAUD_GIVES_JUDGED, &judged->give, &judged->fraud));
    if (item->refusal.code != NULL) {
        return ERR_OK;
    }
    err = try_case(import, item, &note);
    if (err == ERR_OK && judged->fraud.is_refused) {
        err = try_doubted(import, item, &note);
    }
    arena_fini(&judged->arena);
    if (err == ERR_OK && judged->fraud.is_refused) {
        return refuse_found(item, &judged->fraud);
    }
    if (err != ERR_OK) {
        uncount(item);
        return refuse_case(item, err, &note);
    }
    return send(item);
}

enum err import_admit(struct import_item *item, enum fraud_giving giving, struct command *command,
                      struct fraud_decision *out_decision)
{
    struct fraud_gate *gate = item->import->node->fraud_gate;
    TRY(fraud_gate_admit(gate, giving, FRAUD_TOLD_BY_OFFICE, command, out_decision));
    if (out_decision->is_refused && out_decision->is_anew) {
        TRY(wait_for_all(item->import, item));
        TRY(fraud_gate_admit_again(gate, giving, FRAUD_TOLD_BY_OFFICE, command, out_decision));
    }
    return out_decision->is_refused ? refuse_found(item, out_decision) : ERR_OK;
}

enum err import_send_found(struct import_item *item, const struct command *command,
                           const struct fraud_decision *decision)
{
    item->judged = calloc(1, sizeof *item->judged);
    if (item->judged == NULL) {
        return ERR_RESOURCE;
    }
    struct judging_case *judged = &item->judged->judged;
    judged->give = *command;
    judged->fraud = *decision;
    judged->commands[0] = *command;
    judged->commands[1] = decision->alert;
    judged->command_count = 2;
    return send(item);
}

/* The message is gone: the occasion is in what was to be kept of it. */
static enum err judge_again(struct import *import, struct import_item *item, struct arena *arena,
                            struct note *note)
{
    struct judging_case *judged = &item->judged->judged;
    struct kept_case kept;
    struct buffer *bytes = &judged->evidence;
    uint8_t *copy = arena_alloc(arena, bytes->length + 1);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(copy, bytes->at, bytes->length);
    TRY(kept_case_decode(slice_of(copy, bytes->length), arena, &kept));
    judged->occasion = kept.occasion;
    TRY(try_case(import, item, note));
    if (judged->fraud.is_refused) {
        return refuse_found(item, &judged->fraud);
    }
    TRY(engine_execute_batch(import->node->engine, judged->commands, judged->command_count, true,
                             item->judged->outcomes));
    import_item_done(item, item->judged->outcomes, judged->command_count, ERR_OK);
    if (item->verdict == VERDICT_OK) {
        raiser_tell(import->node->raiser, judged);
    }
    return ERR_OK;
}

enum err import_judge_moved(struct import *import)
{
    for (size_t i = 0; i < import->count; i++) {
        struct import_item *item = &import->group[i];
        while (item->judged != NULL && judging_has_moved(item->verdict) &&
               item->judged->judged.tried < JUDGING_TRIES) {
            struct arena arena;
            struct note note = {""};
            item->verdict = VERDICT_OK;
            item->done = 0;
            arena_init(&arena, RESTORE_BYTES);
            enum err err = judge_again(import, item, &arena, &note);
            arena_fini(&arena);
            arena_fini(&item->judged->judged.arena);
            TRY(err == ERR_OK ? ERR_OK : refuse_case(item, err, &note));
        }
        if (item->judged != NULL && judging_has_moved(item->verdict)) {
            return ERR_UNAVAILABLE;
        }
        if (item->judged != NULL && (item->err != ERR_OK || item->verdict != VERDICT_OK)) {
            uncount(item);
        }
    }
    return ERR_OK;
}

void import_judged_fini(struct import_judged *judged)
{
    if (judged != NULL) {
        judging_fini(&judged->judged);
        free(judged);
    }
}

/* What comes back of one sale, in `lines`; 0: that is not known. */
static size_t lines_of_take(const struct import_item *item, size_t take, struct line_back *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < item->part_count; i++) {
        const struct return_part *part = &item->parts[i];
        if (part->take == take && count == LIMIT_RETURNED_LINES) {
            return 0;
        }
        if (part->take == take) {
            lines[count++] = (struct line_back){part->line, part->quantity_milli};
        }
    }
    return count;
}

/* A till may have taken a line back before. */
static enum err take_lines(struct import_item *item, const struct command *command,
                           const struct line_back *lines, size_t count, struct outcome *out_outcome)
{
    struct note note = {""};
    struct command by_line = *command;
    by_line.return_sale.amount = money_of(0);
    enum err err = judging_return_lines(item->import->node, item->import->snapshot, &by_line, lines,
                                        count, out_outcome, &note);
    if (err == ERR_INPUT) {
        *out_outcome = (struct outcome){.verdict = VERDICT_RETURN_EXCEEDS_SALE};
        return ERR_OK;
    }
    return err;
}

/* By amount also what can't be judged again, and what went so before. */
enum err import_take_judged(struct import_item *item, size_t take, const struct command *command)
{
    struct line_back lines[LIMIT_RETURNED_LINES];
    struct outcome outcome;
    size_t count = lines_of_take(item, take, lines);
    enum err err = count == 0 ? ERR_UNSUPPORTED : take_lines(item, command, lines, count, &outcome);
    bool is_by_amount = err == ERR_UNSUPPORTED ||
                        (err == ERR_OK && outcome.verdict == VERDICT_TRANSACTION_ID_REUSED);
    if (is_by_amount && item->takes[take].is_of_lines) {
        return ERR_OK;
    }
    if (is_by_amount) {
        err = judging_return_both(item->import->node, item->import->snapshot, command,
                                  slice_of(NULL, 0), &outcome);
    }
    TRY(err);
    import_item_done(item, &outcome, 1, ERR_OK);
    return ERR_OK;
}
