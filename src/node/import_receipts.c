#include "node/import_receipts.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "node/alerts.h"
#include "node/requests.h"
#include "node/services.h"

#define ANSWERS_BYTES (32u << 20) /* what became of LIMIT_SHOWN_CODES codes of each receipt */

void import_item_done(struct import_item *item, const struct outcome *outcomes, size_t count,
                      enum err err)
{
    const struct outcome *outcome = err == ERR_OK ? judging_outcome(outcomes, count) : outcomes;
    item->done++;
    if (err != ERR_OK) {
        item->err = err;
    } else if (outcome->verdict == VERDICT_OK) {
        item->accepted++;
        item->points += outcome->answer.points.minor;
        item->home = outcome->answer.home;
    } else if (item->verdict == VERDICT_OK) {
        item->verdict = outcome->verdict;
    }
    item->repeats += err == ERR_OK && outcome->is_repeat ? 1 : 0;
}

/* On the writer's thread; one item's commands end in the order of their submission. */
static void command_done(void *context, const struct outcome *outcome)
{
    struct import_item *item = context;
    import_item_done(item, outcome, 1, outcome->err);
    in_flight_end(&item->import->in_flight);
}

static enum err submit(struct import_item *item, const struct command *command)
{
    struct in_flight *in_flight = &item->import->in_flight;
    in_flight_wait(in_flight, LIMIT_IMPORT_GROUP - 1);
    in_flight_begin(in_flight);
    enum err err = engine_submit(item->import->node->engine, command, command_done, item);
    if (err != ERR_OK) {
        in_flight_end(in_flight);
    }
    return err;
}

/* Of one return and one of its sales, always the same. */
static struct uid take_id(const struct import_item *item, const struct uid *sale)
{
    uint8_t ids[2 * sizeof sale->bytes];
    memcpy(ids, item->transaction.bytes, sizeof sale->bytes);
    memcpy(ids + sizeof sale->bytes, sale->bytes, sizeof sale->bytes);
    struct hash hash = hash_of(HASH_DOMAIN_IDENTIFIER, slice_of(ids, sizeof ids));
    return uid_v8(item->time.ms, hash.bytes);
}

static enum err submit_takes(struct import_item *item)
{
    for (size_t i = 0; i < item->take_count; i++) {
        const struct return_take *take = &item->takes[i];
        struct uid id = take_id(item, &take->sale);
        struct command command = command_now(item->import->node, COMMAND_RETURN_SALE, &id);
        command.business_time = item->time;
        command.is_dated = true;
        command.return_sale.sale = take->sale;
        command.return_sale.amount = money_of(take->amount_minor);
        memcpy(command.return_sale.receipt, item->receipt, sizeof item->receipt);
        if (judging_was_judged(item->import->node, &take->sale)) {
            TRY(import_take_judged(item, i, &command));
        } else if (!take->is_of_lines) {
            TRY(submit(item, &command));
        }
    }
    return ERR_OK;
}

static void refuse_result(struct import_item *item, enum return_result result)
{
    switch (result) {
    case RETURN_FOUND:
    case RETURN_RESULT_COUNT:
        return;
    case RETURN_NO_SALE:
        import_refuse(&item->refusal, "NO_SALE_FOUND", "No sale that was imported fits.");
        return;
    case RETURN_NOT_UNIQUE:
        import_refuse(&item->refusal, "NO_UNIQUE_SALE", "More than one sale fits.");
        return;
    case RETURN_EXCEEDS_SALE:
        import_refuse_verdict(&item->refusal, VERDICT_RETURN_EXCEEDS_SALE);
        return;
    }
}

/* An exact copy of `length` bytes, or NULL; none for 0. */
static enum err copy_of(const void *bytes, size_t length, void **out_copy)
{
    void *copy = length > 0 ? malloc(length) : NULL;
    if (length > 0 && copy == NULL) {
        return ERR_RESOURCE;
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    *out_copy = copy;
    return ERR_OK;
}

static enum err match_return(struct import_item *item, struct archive_txn *txn)
{
    struct import *import = item->import;
    struct return_allocation *allocation = &import->allocation;
    void *takes;
    void *parts;
    void *matched;
    enum err err =
        return_allocate(import->matcher, txn, &item->request, allocation, &item->is_kept);
    if (err == ERR_CONFLICT) {
        import_refuse_verdict(&item->refusal, VERDICT_TRANSACTION_ID_REUSED);
        return ERR_OK;
    }
    TRY(err);
    TRY(copy_of(allocation->line_matched, allocation->line_count * sizeof(bool), &matched));
    item->line_matched = matched;
    TRY(copy_of(allocation->takes, allocation->take_count * sizeof(struct return_take), &takes));
    item->takes = takes;
    item->take_count = allocation->take_count;
    TRY(copy_of(allocation->parts, allocation->part_count * sizeof(struct return_part), &parts));
    item->parts = parts;
    item->part_count = allocation->part_count;
    refuse_result(item, allocation->result);
    return ERR_OK;
}

/* The group's sales into the archive, its returns out of it: what comes later in the group sees
 * what came before. */
static enum err archive_group(struct import *import, struct archive_txn *txn)
{
    for (size_t i = 0; i < import->count; i++) {
        struct import_item *item = &import->group[i];
        if (item->refusal.code != NULL) {
            continue;
        }
        if (item->is_return) {
            TRY(match_return(item, txn));
        } else if (item->accepted > 0) {
            TRY(archive_add_sale(txn, &item->sale));
        }
    }
    return ERR_OK;
}

static enum err run_archive(struct import *import)
{
    struct archive_txn *txn;
    TRY(archive_begin(import->node->archive, &txn));
    enum err err = archive_group(import, txn);
    if (err != ERR_OK) {
        archive_abort(txn);
        return err;
    }
    return archive_commit(txn);
}

/* Waits for what is under way; ERR_UNAVAILABLE when the outcome of something is not known. */
static enum err settle(struct import *import)
{
    in_flight_wait(&import->in_flight, 0);
    TRY(import_judge_moved(import));
    for (size_t i = 0; i < import->count; i++) {
        if (import->group[i].err != ERR_OK) {
            return ERR_UNAVAILABLE;
        }
    }
    return ERR_OK;
}

static enum err run_group(struct import *import)
{
    TRY(settle(import));
    enum err err = run_archive(import);
    if (err != ERR_OK) {
        log_event(&import->node->log, LOG_LEVEL_ERROR, "archive_failed",
                  LOG_TEXT("error", err_name(err)),
                  LOG_TEXT("detail", err_describe(err)->sentence));
        return ERR_UNAVAILABLE;
    }
    for (size_t i = 0; i < import->count; i++) {
        if (submit_takes(&import->group[i]) != ERR_OK) {
            return ERR_UNAVAILABLE;
        }
    }
    return settle(import);
}

static bool is_repeat(const struct import_item *item)
{
    return item->is_return ? item->is_kept && item->repeats == item->done
                           : item->done > 0 && item->repeats == item->done;
}

/* By which alert the sale is held; empty: by none. */
static const char *held_by(const struct import_item *item, bool is_repeat, char out[UID_TEXT_MAX])
{
    struct node *node = item->import->node;
    struct uid alert;
    out[0] = '\0';
    if (item->accepted == 0 || item->is_return || !fraud_gate_is_needed(item->import->snapshot)) {
        return out;
    }
    if (is_repeat) {
        return alert_holds_sale(node, &item->transaction, &alert) ? uid_format(&alert, out) : out;
    }
    const struct fraud_decision *fraud = item->judged == NULL ? NULL : &item->judged->judged.fraud;
    bool is_held = fraud != NULL && fraud->has_alert && fraud->alert.finding.action == ALERT_HELD;
    return is_held ? uid_format(&fraud->alert.transaction_id, out) : out;
}

/* What became of codes that were shown, with a sale that took place. */
static enum err fill_codes(struct import_item *item, Talea__V1__ImportReceiptsResponse *response)
{
    struct judged_codes codes = {.count = 0};
    if (item->judged != NULL && item->refusal.code == NULL) {
        TRY(judged_codes_answer(item->import->node, &item->judged->judged, item->repeats > 0,
                                &item->import->memory, &codes));
    }
    response->codes = codes.at;
    response->n_codes = codes.count;
    return ERR_OK;
}

static enum err answer(struct import_item *item)
{
    Talea__V1__ImportReceiptsResponse response;
    talea__v1__import_receipts_response__init(&response);
    char transaction[UID_TEXT_MAX];
    char alert[UID_TEXT_MAX];
    protobuf_c_boolean matched[LIMIT_RECEIPT_LINES];
    if (item->refusal.code == NULL && item->verdict != VERDICT_OK && item->accepted == 0) {
        import_refuse_verdict(&item->refusal, item->verdict);
    }
    response.transaction_id = (char *)(uintptr_t)uid_format(&item->transaction, transaction);
    if (item->refusal.code != NULL) {
        response.refusal = (char *)(uintptr_t)item->refusal.code;
        response.message = item->refusal.message.text;
    }
    response.is_repeat = is_repeat(item);
    response.alert_id = (char *)(uintptr_t)held_by(item, response.is_repeat, alert);
    response.points = item->points;
    response.home = item->home.text;
    TRY(fill_codes(item, &response));
    if (item->line_matched != NULL) {
        for (size_t i = 0; i < item->request.line_count; i++) {
            matched[i] = item->line_matched[i] ? 1 : 0;
        }
        response.line_matched = matched;
        response.n_line_matched = item->request.line_count;
    }
    return rpc_stream_send(item->import->stream, &response.base);
}

static void forget_group(struct import *import)
{
    for (size_t i = 0; i < import->count; i++) {
        free(import->group[i].takes);
        free(import->group[i].parts);
        free(import->group[i].line_matched);
        import_judged_fini(import->group[i].judged);
    }
    import->count = 0;
    arena_reset(&import->memory);
    import->settled = 0;
    import->sale_line_count = 0;
    import->return_line_count = 0;
    snapshot_release(import->snapshot);
    import->snapshot = NULL;
}

/* Ends the group: everything durable, then everything answered. */
static enum err flush(void *context)
{
    struct import *import = context;
    enum err err = import->count > 0 ? run_group(import) : ERR_OK;
    in_flight_wait(&import->in_flight, 0);
    for (size_t i = 0; i < import->count && err == ERR_OK; i++) {
        err = answer(&import->group[i]);
    }
    forget_group(import);
    return err;
}

/* A sale must not overtake a return of the same customer, nor one of nobody in particular. */
static bool has_return_of(const struct import *import, uint64_t who)
{
    for (size_t i = 0; i < import->count; i++) {
        const struct import_item *item = &import->group[i];
        bool may_be_theirs = item->request.who == 0 || item->request.who == who;
        if (item->is_return && item->refusal.code == NULL && may_be_theirs) {
            return true;
        }
    }
    return false;
}

static bool group_has_room(const struct import *import,
                           const Talea__V1__ImportReceiptsRequest *request)
{
    return import->count < LIMIT_IMPORT_GROUP &&
           import->sale_line_count + request->n_lines <= LIMIT_IMPORT_GROUP_LINES &&
           import->return_line_count + request->n_lines <= LIMIT_IMPORT_GROUP_LINES;
}

static void item_begin(struct import *import, const struct uid *transaction,
                       struct import_item *item)
{
    *item = (struct import_item){.import = import, .transaction = *transaction};
    if (import->snapshot == NULL) {
        import->snapshot = node_snapshot(import->node);
    }
}

/* Unless fraud rules refuse it. */
static enum err take_by_rate(struct import_item *item, struct command *command)
{
    struct fraud_decision fraud;
    TRY(import_admit(item, FRAUD_GIVES_BY_RATE, command, &fraud));
    if (item->refusal.code != NULL) {
        return ERR_OK;
    }
    return fraud.has_alert ? import_send_found(item, command, &fraud) : submit(item, command);
}

/* Into the group, at whose end `item` stands. */
static enum err add(struct import *import, const Talea__V1__ImportReceiptsRequest *request,
                    const struct uid *transaction)
{
    struct command command;
    struct import_item *item = &import->group[import->count];
    item_begin(import, transaction, item);
    TRY(import_read(import, request, item, &command));
    if (!item->is_return && item->refusal.code == NULL && has_return_of(import, item->sale.who)) {
        TRY(flush(import));
        item = &import->group[0];
        item_begin(import, transaction, item);
        TRY(import_read(import, request, item, &command));
    }
    import->count++;
    bool has_command = !item->is_return && item->refusal.code == NULL;
    if (has_command && import_is_judged(import, &command)) {
        enum err err = import_judge(import, request, item, &command);
        return err == ERR_OK ? ERR_OK : ERR_UNAVAILABLE;
    }
    return has_command && take_by_rate(item, &command) != ERR_OK ? ERR_UNAVAILABLE : ERR_OK;
}

static enum err take(void *context, const ProtobufCMessage *message)
{
    struct import *import = context;
    const Talea__V1__ImportReceiptsRequest *request =
        (const Talea__V1__ImportReceiptsRequest *)(const void *)message;
    struct uid transaction;
    if (uid_parse(request->transaction_id, &transaction) != ERR_OK || uid_is_nil(&transaction)) {
        TRY(flush(import));
        return note_set(&import->note, ERR_INPUT,
                        "transaction_id is not a UUID in its 36-character form");
    }
    if (request->n_lines <= LIMIT_RECEIPT_LINES && !group_has_room(import, request)) {
        TRY(flush(import));
    }
    TRY(add(import, request, &transaction));
    return import->count == LIMIT_IMPORT_GROUP ? flush(import) : ERR_OK;
}

static enum err run(struct import *import)
{
    struct in_flight_group group = {import, &import->count, take, flush};
    TRY(return_matcher_create(&import->matcher));
    enum err err = readers_take(import->node->readers, &import->reader);
    if (err == ERR_OK) {
        err = in_flight_serve(import->stream, &group);
        in_flight_wait(&import->in_flight, 0);
        readers_give(import->node->readers, import->reader);
    }
    forget_group(import);
    return_matcher_destroy(import->matcher);
    return err;
}

struct rpc_status office_import_receipts(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct import *import = calloc(1, sizeof *import);
    if (import == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    import->node = node;
    import->stream = stream;
    in_flight_init(&import->in_flight);
    arena_init(&import->memory, ANSWERS_BYTES);
    enum err err = run(import);
    arena_fini(&import->memory);
    in_flight_fini(&import->in_flight);
    struct note note = import->note;
    free(import);
    return err == ERR_NOT_FOUND ? rpc_status_ok()
                                : rpc_status_of(err, note.text[0] != '\0' ? &note : NULL);
}
