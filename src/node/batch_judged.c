/* Batches of which rules judge some purchases, or fraud rules look at them. Commands go to the
 * ledger in their order, a purchase with what it changes of the standing and the alert about it; a
 * customer's purchases are judged one after the other, each on what the one before it left.
 * Whoever's standing moved meanwhile by a till's doing is judged again when what was sent is done.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "node/batch.h"
#include "node/in_flight.h"
#include "node/judging_lines.h"
#include "node/raised.h"

struct batch_judging;

/* A purchase that is on its way. */
struct batch_sale {
    struct batch_judging *batch;
    size_t at; /* among the room's commands */
    struct judging_case judged;
    struct outcome outcomes[JUDGING_COMMANDS];
    struct basket_line *lines; /* malloc */
};

struct batch_judging {
    struct batch_room *room;
    struct snapshot *snapshot;
    struct state_reader *reader;
    struct in_flight in_flight;
    struct batch_sale *sales[LIMIT_IMPORT_GROUP]; /* since all that was sent was done */
    size_t sale_count;
    size_t doubted; /* place of one that fraud rules refused while others were under way */
    bool is_counted[LIMIT_BATCH_COMMANDS]; /* by fraud rules, of those by the rate without alert */
    enum err err; /* the first; written while commands are in flight, on the engine's thread */
};

static void keep_err(struct batch_judging *batch, enum err err)
{
    if (batch->err == ERR_OK) {
        batch->err = err;
    }
}

/* ---- What is said of a purchase ---- */

static bool is_text_sound(const char *text)
{
    size_t length = strlen(text);
    return length <= LIMIT_GOODS_TEXT_BYTES &&
           (length == 0 || text_is_printable(slice_of(text, length)));
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static bool read_line(const Talea__V1__BasketLine *said, struct basket_line *out_line)
{
    *out_line = (struct basket_line){.product = text_of(said->product),
                                     .category = text_of(said->category),
                                     .brand = text_of(said->brand),
                                     .quantity_milli = said->quantity_milli,
                                     .amount = money_of(said->amount_minor)};
    return is_text_sound(said->product) && is_text_sound(said->category) &&
           is_text_sound(said->brand);
}

/* The texts are the message's. ERR_INPUT: it can't be judged. */
static enum err read_basket(const Talea__V1__BatchEarn *said, struct batch_sale *sale)
{
    struct occasion *occasion = &sale->judged.occasion;
    struct note unused = {""};
    struct money total;
    size_t count = said->n_lines == 0 ? 1 : said->n_lines;
    if (count > LIMIT_RECEIPT_LINES || !is_text_sound(said->store) ||
        !is_text_sound(said->channel)) {
        return ERR_INPUT;
    }
    sale->lines = calloc(count, sizeof sale->lines[0]);
    if (sale->lines == NULL) {
        return ERR_RESOURCE;
    }
    sale->lines[0].amount = money_of(said->amount_minor);
    for (size_t i = 0; i < said->n_lines; i++) {
        if (!read_line(said->lines[i], &sale->lines[i])) {
            return ERR_INPUT;
        }
    }
    *occasion = (struct occasion){.kind = OCCASION_SALE,
                                  .store = text_of(said->store),
                                  .channel = text_of(said->channel),
                                  .lines = sale->lines,
                                  .line_count = count};
    TRY(judged_codes_read(said->codes, said->n_codes, &sale->judged, &unused));
    TRY(occasion_check(occasion, &total, &unused));
    return said->amount_minor == 0 || said->amount_minor == total.minor ? ERR_OK : ERR_INPUT;
}

static enum err read_sale(struct batch_judging *batch, size_t at, struct batch_sale *sale)
{
    const struct batch_room *room = batch->room;
    const struct command *command = &room->commands[at];
    struct judging_case *judged = &sale->judged;
    judged->snapshot = batch->snapshot;
    judged->version = programmes_at(batch->snapshot->programmes, command->business_time);
    TRY(read_basket(room->said[room->places[at]]->earn, sale));
    if (judged->version->rules == NULL || judged->version->number == 0) {
        return ERR_UNAVAILABLE; /* the programme moved, or the ledger doesn't write it yet */
    }
    judged->occasion.local = judging_local(room->node, judged->version, command->business_time);
    judged->id = command->transaction_id;
    judged->said = judging_said(&judged->occasion);
    judged->give = *command;
    return ERR_OK;
}

static void drop_sale(struct batch_sale *sale)
{
    judging_fini(&sale->judged);
    free(sale->lines);
    free(sale);
}

/* ---- To the ledger ---- */

static void keep_outcome(struct batch_sale *sale, enum err err)
{
    sale->batch->room->outcomes[sale->at] =
        *judging_outcome(sale->outcomes, sale->judged.command_count);
    keep_err(sale->batch, err);
}

/* Events that it raised are due. */
static void tell_raised(struct batch_sale *sale)
{
    const struct batch_room *room = sale->batch->room;
    if (sale->batch->err == ERR_OK && room->outcomes[sale->at].verdict == VERDICT_OK) {
        raiser_tell(room->node->raiser, &sale->judged);
    }
}

static void sale_done(void *context, const struct outcome *outcome)
{
    struct batch_sale *sale = context;
    keep_outcome(sale, outcome->err);
    tell_raised(sale);
    in_flight_end(&sale->batch->in_flight);
}

static void plain_done(void *context, const struct outcome *outcome)
{
    struct batch_judging *batch = context;
    keep_err(batch, outcome->err);
    in_flight_end(&batch->in_flight);
}

/* While the ledger's queue is full of our own, it is asked again when they are done. */
static enum err submit(struct batch_judging *batch, const struct command *commands, size_t count,
                       bool is_linked, struct outcome *outcomes, engine_done *done, void *context)
{
    enum err err = ERR_RESOURCE;
    for (int tries = 0; tries < 2 && err == ERR_RESOURCE; tries++) {
        in_flight_wait(&batch->in_flight, tries == 0 ? LIMIT_IMPORT_GROUP - 1 : 0);
        in_flight_begin(&batch->in_flight);
        err = engine_submit_batch(batch->room->node->engine, commands, count, is_linked, outcomes,
                                  done, context);
        if (err != ERR_OK) {
            in_flight_end(&batch->in_flight);
        }
    }
    return err;
}

/* Before the ledger hears of it. ERR_OK: more than a till may give. */
static enum err refuse_sale(struct batch_sale *sale, enum err err)
{
    struct batch_room *room = sale->batch->room;
    uint16_t *refusal = &room->refusals[room->places[sale->at]];
    if (err != ERR_OK && err != ERR_INPUT && err != ERR_RANGE) {
        return err;
    }
    *refusal = err == ERR_OK ? (uint16_t)TALEA__V1__REFUSAL__REFUSAL_POINTS_TOO_LARGE
                             : (uint16_t)TALEA__V1__REFUSAL__REFUSAL_INVALID_LINES;
    return ERR_OK;
}

/* False: more than a till may give. */
static bool is_within(const struct batch_sale *sale)
{
    const struct batch_judging *batch = sale->batch;
    return batch->room->is_office ||
           sale->judged.judgement.points.minor <= batch->snapshot->till_points_max.minor;
}

static enum err judge_sale(struct batch_sale *sale)
{
    struct note note = {""};
    struct ledger_view view = state_reader_view(sale->batch->reader);
    TRY(judging_find_owner(&view, &sale->judged));
    return judging_try(sale->batch->room->node, &view, &sale->judged, &note);
}

/* Whatever moved meanwhile. Nothing is in flight. */
static enum err judge_again(struct batch_sale *sale)
{
    struct batch_room *room = sale->batch->room;
    struct outcome *outcome = &room->outcomes[sale->at];
    while (judging_has_moved(outcome->verdict) && sale->judged.tried < JUDGING_TRIES) {
        TRY(judge_sale(sale));
        if (sale->judged.fraud.is_refused) {
            *outcome = (struct outcome){.err = ERR_OK};
            return batch_refuse_fraud(room, sale->at, &sale->judged.fraud);
        }
        TRY(engine_execute_batch(room->node->engine, sale->judged.commands,
                                 sale->judged.command_count, true, sale->outcomes));
        keep_outcome(sale, ERR_OK);
        tell_raised(sale);
    }
    return judging_has_moved(outcome->verdict) ? ERR_UNAVAILABLE : ERR_OK;
}

/* As far as it is known. */
static bool has_happened(const struct outcome *outcome)
{
    return outcome->err == ERR_OK && outcome->verdict == VERDICT_OK && outcome->answer.row != 0;
}

/* What became of it for fraud rules. */
static void tell_gate(const struct batch_sale *sale)
{
    struct batch_room *room = sale->batch->room;
    const struct judging_case *judged = &sale->judged;
    if (!has_happened(&room->outcomes[sale->at])) {
        fraud_gate_drop(room->node->fraud_gate, &judged->give, &judged->fraud);
    } else {
        batch_tell_held(room, sale->at, &judged->fraud);
    }
}

/* What became of its codes, once it took place. */
static enum err keep_codes(struct batch_sale *sale)
{
    struct batch_room *room = sale->batch->room;
    const struct outcome *outcome = &room->outcomes[sale->at];
    bool is_refused = outcome->verdict != VERDICT_OK || room->refusals[room->places[sale->at]] != 0;
    return is_refused ? ERR_OK
                      : judged_codes_answer(room->node, &sale->judged, outcome->is_repeat,
                                            &room->memory, &room->codes[sale->at]);
}

/* Waits for all that was sent. */
static enum err settle(struct batch_judging *batch)
{
    in_flight_wait(&batch->in_flight, 0);
    enum err err = batch->err;
    for (size_t i = 0; i < batch->sale_count; i++) {
        err = err == ERR_OK ? judge_again(batch->sales[i]) : err;
        tell_gate(batch->sales[i]);
        err = err == ERR_OK ? keep_codes(batch->sales[i]) : err;
        drop_sale(batch->sales[i]);
    }
    batch->sale_count = 0;
    return err;
}

/* Somebody's purchase before it may be under way. */
static bool is_under_way(const struct batch_judging *batch, const struct batch_sale *sale)
{
    for (size_t i = 0; i < batch->sale_count; i++) {
        if (batch->sales[i]->judged.has_owner &&
            standing_owner_equal(&batch->sales[i]->judged.owner, &sale->judged.owner)) {
            return true;
        }
    }
    return batch->sale_count == LIMIT_IMPORT_GROUP;
}

/* Before it is refused, what became of those before it must be known. */
static enum err admit(struct batch_judging *batch, enum fraud_giving giving, struct command *earn,
                      struct fraud_decision *out_fraud)
{
    struct fraud_gate *gate = batch->room->node->fraud_gate;
    enum fraud_teller teller = batch_teller(batch->room);
    TRY(fraud_gate_admit(gate, giving, teller, earn, out_fraud));
    if (!out_fraud->is_refused || !out_fraud->is_anew) {
        return ERR_OK;
    }
    TRY(settle(batch));
    return fraud_gate_admit_again(gate, giving, teller, earn, out_fraud);
}

/* Its points are too many, unless nothing comes of those that are under way. */
static enum err judge_doubted(struct batch_sale *sale)
{
    struct batch_judging *batch = sale->batch;
    struct judging_case *judged = &sale->judged;
    TRY(settle(batch));
    TRY(fraud_gate_admit_again(batch->room->node->fraud_gate, FRAUD_GIVES_JUDGED,
                               batch_teller(batch->room), &judged->give, &judged->fraud));
    return judged->fraud.is_refused ? ERR_OK : judge_sale(sale);
}

/* Judges it on the standing as those before it leave it, unless fraud rules refuse it. */
static enum err prepare_sale(struct batch_judging *batch, size_t at, struct batch_sale *sale)
{
    struct ledger_view view = state_reader_view(batch->reader);
    TRY(read_sale(batch, at, sale));
    TRY(judging_find_owner(&view, &sale->judged));
    if (is_under_way(batch, sale)) {
        TRY(settle(batch));
    }
    TRY(admit(batch, FRAUD_GIVES_JUDGED, &sale->judged.give, &sale->judged.fraud));
    if (sale->judged.fraud.is_refused) {
        return ERR_OK;
    }
    TRY(judge_sale(sale));
    return sale->judged.fraud.is_refused && sale->judged.fraud.is_anew ? judge_doubted(sale)
                                                                       : ERR_OK;
}

static struct batch_sale *make_sale(struct batch_judging *batch, size_t at)
{
    struct batch_sale *sale = calloc(1, sizeof *sale);
    if (sale != NULL) {
        sale->batch = batch;
        sale->at = at;
    }
    return sale;
}

/* Takes the sale over. */
static enum err send_sale(struct batch_sale *sale)
{
    struct batch_judging *batch = sale->batch;
    batch->room->outcomes[sale->at] = (struct outcome){.err = ERR_OK};
    batch->sales[batch->sale_count++] = sale;
    arena_fini(&sale->judged.arena); /* what the ledger is told is not in it */
    return submit(batch, sale->judged.commands, sale->judged.command_count, true, sale->outcomes,
                  sale_done, sale);
}

static enum err take_sale(struct batch_judging *batch, size_t at)
{
    struct batch_sale *sale = make_sale(batch, at);
    if (sale == NULL) {
        return ERR_RESOURCE;
    }
    struct judging_case *judged = &sale->judged;
    enum err err = prepare_sale(batch, at, sale);
    if (err == ERR_OK && judged->fraud.is_refused) {
        err = batch_refuse_fraud(batch->room, at, &judged->fraud);
    } else if (err != ERR_OK || !is_within(sale)) {
        fraud_gate_drop(batch->room->node->fraud_gate, &judged->give, &judged->fraud);
        err = refuse_sale(sale, err);
    } else {
        return send_sale(sale);
    }
    drop_sale(sale);
    return err;
}

/* One by the rate that a fraud rule refuses, or that goes with an alert. */
static enum err take_found(struct batch_judging *batch, size_t at,
                           const struct fraud_decision *fraud)
{
    if (fraud->is_refused) {
        return batch_refuse_fraud(batch->room, at, fraud);
    }
    if (batch->sale_count == LIMIT_IMPORT_GROUP) {
        TRY(settle(batch));
    }
    struct batch_sale *sale = make_sale(batch, at);
    if (sale == NULL) {
        return ERR_RESOURCE;
    }
    sale->judged.give = batch->room->commands[at];
    sale->judged.fraud = *fraud;
    sale->judged.commands[0] = sale->judged.give;
    sale->judged.commands[1] = fraud->alert;
    sale->judged.command_count = 2;
    return send_sale(sale);
}

static enum err return_lines(struct batch_judging *batch, size_t at,
                             const Talea__V1__BatchReturnPurchase *said,
                             struct outcome *out_outcome)
{
    struct batch_room *room = batch->room;
    struct note unused = {""};
    struct line_back *lines = calloc(said->n_lines, sizeof lines[0]);
    if (lines == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < said->n_lines; i++) {
        lines[i] = (struct line_back){said->lines[i]->line, said->lines[i]->quantity_milli};
    }
    enum err err = judging_return_lines(room->node, batch->snapshot, &room->commands[at], lines,
                                        said->n_lines, out_outcome, &unused);
    free(lines);
    if (err == ERR_INPUT || err == ERR_NOT_FOUND || err == ERR_UNSUPPORTED) {
        room->refusals[room->places[at]] = (uint16_t)TALEA__V1__REFUSAL__REFUSAL_INVALID_LINES;
        return ERR_OK;
    }
    return err;
}

static enum err take_return(struct batch_judging *batch, size_t at)
{
    struct batch_room *room = batch->room;
    const Talea__V1__BatchReturnPurchase *said = room->said[room->places[at]]->return_purchase;
    struct outcome outcome = {.err = ERR_OK};
    TRY(settle(batch));
    TRY(said->n_lines > 0 ? return_lines(batch, at, said, &outcome)
                          : judging_return_both(room->node, batch->snapshot, &room->commands[at],
                                                slice_of(NULL, 0), &outcome));
    room->outcomes[at] = outcome;
    return ERR_OK;
}

static bool is_by_rate(const struct batch_room *room, size_t at)
{
    return at < room->submitted &&
           (room->ways[at] == BATCH_PLAIN || room->ways[at] == BATCH_WATCHED);
}

/* One of a run that begins at `first`: does it end the run? It comes again behind it if so. */
static enum err admit_next(struct batch_judging *batch, size_t first, size_t at,
                           struct fraud_decision *out_fraud)
{
    struct batch_room *room = batch->room;
    struct fraud_gate *gate = room->node->fraud_gate;
    struct command *earn = &room->commands[at];
    if (room->ways[at] != BATCH_WATCHED) {
        out_fraud->is_refused = false;
        out_fraud->has_alert = false;
        return ERR_OK;
    }
    enum fraud_teller teller = batch_teller(room);
    room->outcomes[at] = (struct outcome){.err = ERR_OK};
    TRY(fraud_gate_admit(gate, FRAUD_GIVES_BY_RATE, teller, earn, out_fraud));
    batch->is_counted[at] = out_fraud->is_counted && !out_fraud->has_alert;
    bool is_doubted = out_fraud->is_refused && (out_fraud->is_anew || batch->doubted == at);
    if (is_doubted && at > first) {
        batch->doubted = at;
    } else if (is_doubted) {
        TRY(settle(batch));
        return fraud_gate_admit_again(gate, FRAUD_GIVES_BY_RATE, teller, earn, out_fraud);
    }
    return ERR_OK;
}

/* From `at` on, up to one about which fraud rules found something; gives where the next one begins.
 * What the ledger refuses of these is in the journal, where fraud rules see it. */
static enum err take_plain(struct batch_judging *batch, size_t *at)
{
    struct batch_room *room = batch->room;
    size_t first = *at;
    struct fraud_decision fraud = {.is_refused = false};
    bool is_found = false;
    while (!is_found && is_by_rate(room, *at)) {
        TRY(admit_next(batch, first, *at, &fraud));
        is_found = fraud.is_refused || fraud.has_alert;
        *at += is_found ? 0 : 1;
    }
    if (*at > first) {
        TRY(submit(batch, &room->commands[first], *at - first, false, &room->outcomes[first],
                   plain_done, batch));
    }
    bool is_doubted = is_found && batch->doubted == *at && *at > first;
    return is_found && !is_doubted ? take_found(batch, (*at)++, &fraud) : ERR_OK;
}

static enum err take_all(struct batch_judging *batch)
{
    const struct batch_room *room = batch->room;
    for (size_t at = 0; at < room->submitted;) {
        if (is_by_rate(room, at)) {
            TRY(take_plain(batch, &at));
        } else if (room->ways[at] == BATCH_JUDGED) {
            TRY(take_sale(batch, at++));
        } else {
            TRY(take_return(batch, at++));
        }
    }
    return ERR_OK;
}

/* The ledger could not take all of it: fraud rules don't count what it didn't. */
static void uncount_failed(const struct batch_judging *batch)
{
    static const struct fraud_decision counted = {.is_counted = true};
    const struct batch_room *room = batch->room;
    for (size_t at = 0; at < room->submitted; at++) {
        if (batch->is_counted[at] && !has_happened(&room->outcomes[at])) {
            fraud_gate_drop(room->node->fraud_gate, &room->commands[at], &counted);
        }
    }
}

enum err batch_submit_judged(struct batch_room *room)
{
    struct batch_judging *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return ERR_RESOURCE;
    }
    batch->room = room;
    batch->snapshot = node_snapshot(room->node);
    batch->doubted = SIZE_MAX;
    in_flight_init(&batch->in_flight);
    enum err err = readers_take(room->node->readers, &batch->reader);
    if (err == ERR_OK && room->is_linked) {
        err = batch_submit_link(room);
        readers_give(room->node->readers, batch->reader);
    } else if (err == ERR_OK) {
        err = take_all(batch);
        enum err last = settle(batch); /* also what was sent before a failure */
        err = err == ERR_OK ? last : err;
        readers_give(room->node->readers, batch->reader);
        if (err != ERR_OK) {
            uncount_failed(batch);
        }
    }
    if (err == ERR_OK) {
        batch_tell_repeats(room);
    }
    in_flight_fini(&batch->in_flight);
    snapshot_release(batch->snapshot);
    free(batch);
    room->err = err;
    return err;
}
