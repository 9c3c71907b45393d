/* The programme's versions, and why a purchase got what it got. */
#include <string.h>

#include "node/in_force.h"
#include "node/judging.h"
#include "node/messages.h"
#include "node/programme_log.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/shopper.h"
#include "programme/kept_return.h"
#include "talea/v1/programme.pb-c.h"

#define EXPLAIN_BYTES (16u << 20)

static Talea__V1__ProgrammeVersion *version_message(struct node *node, struct arena *arena,
                                                    const struct programme_version *version,
                                                    const struct snapshot *snapshot)
{
    Talea__V1__ProgrammeVersion *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__programme_version__init(message);
    message->number = version->number;
    message->version = version->programme.version;
    message->from_unix_ms = version->from.ms;
    message->activated_unix_ms = version->activated.ms;
    message->by = message_copy(arena, version->by, sizeof version->by);
    message->rules = (uint32_t)version->file.rules.rule_count;
    message->is_in_force = programmes_at(snapshot->programmes, node_now(node)) == version;
    return message->by == NULL ? NULL : message;
}

/* ---- Versions ---- */

static void send_activated(struct node *node, struct rpc_call *call,
                           const struct programme_version *read, const struct outcome *outcome)
{
    Talea__V1__ActivateProgrammeResponse response;
    talea__v1__activate_programme_response__init(&response);
    struct snapshot *snapshot = node_snapshot(node);
    const struct programmes *list = snapshot->programmes;
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i]->programme.version == read->programme.version) {
            response.programme = version_message(node, rpc_call_arena(call), list->at[i], snapshot);
        }
    }
    response.journal_row = outcome->answer.row;
    if (response.programme == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
    snapshot_release(snapshot);
}

void programme_activate(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ActivateProgrammeRequest *request =
        (const Talea__V1__ActivateProgrammeRequest *)(const void *)message;
    struct programme_activation activation = {.from = {request->from_unix_ms}};
    struct note note = {""};
    struct outcome outcome;
    if (!request_transaction(call, request->transaction_id, &activation.transaction)) {
        return;
    }
    if (request->from_unix_ms < 0) {
        refuse(call, 3, "INVALID_TIME", "from_unix_ms is before 1970.");
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    unsigned decimals = snapshot->charter->points_decimals;
    snapshot_release(snapshot);
    enum err err = programme_version_read(slice_of(request->text.data, request->text.len),
                                          "the programme", decimals, &activation.version, &note);
    if (err != ERR_OK) {
        refuse_err(call, err, &note);
        return;
    }
    activation.by = rpc_call_identity(call)->name;
    err = in_force_activate(node, &activation, &outcome, &note);
    if (err != ERR_OK) {
        refuse_err(call, err, note.text[0] != '\0' ? &note : NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(call, outcome.verdict);
    } else {
        send_activated(node, call, activation.version, &outcome);
    }
    programme_version_release(activation.version);
}

void programme_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    (void)message;
    Talea__V1__ListProgrammesResponse response;
    talea__v1__list_programmes_response__init(&response);
    struct snapshot *snapshot = node_snapshot(node);
    const struct programmes *list = snapshot->programmes;
    struct arena *arena = rpc_call_arena(call);
    response.programmes = arena_alloc(arena, list->count * sizeof *response.programmes);
    bool has_all = response.programmes != NULL;
    for (size_t i = 0; has_all && i < list->count; i++) {
        response.programmes[i] = version_message(node, arena, list->at[i], snapshot);
        has_all = response.programmes[i] != NULL;
        response.n_programmes++;
    }
    if (has_all) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, ERR_RESOURCE, NULL);
    }
    snapshot_release(snapshot);
}

void programme_get(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetProgrammeRequest *request =
        (const Talea__V1__GetProgrammeRequest *)(const void *)message;
    Talea__V1__GetProgrammeResponse response;
    talea__v1__get_programme_response__init(&response);
    struct snapshot *snapshot = node_snapshot(node);
    const struct programme_version *version =
        programmes_find(snapshot->programmes, request->number);
    if (version == NULL) {
        refuse(call, 5, "NOT_FOUND", "No version of the programme has this number.");
    } else {
        response.programme = version_message(node, rpc_call_arena(call), version, snapshot);
        response.text = (ProtobufCBinaryData){version->text.length, version->text.at};
        rpc_call_reply(call, &response.base);
    }
    snapshot_release(snapshot);
}

/* ---- Why ---- */

struct explaining {
    struct node *node;
    struct rpc_call *call;
    struct snapshot *snapshot;
    const struct programme_version *version;
    struct arena arena;
    struct kept_case kept;
    struct judgement judgement;
    Talea__V1__ExplainPurchaseResponse response;
};

static char *text_of(struct explaining *e, struct slice text)
{
    return arena_text(&e->arena, text);
}

static enum err add_lines(struct explaining *e)
{
    const struct occasion *occasion = &e->kept.occasion;
    e->response.lines = arena_alloc(&e->arena, (occasion->line_count + 1) * sizeof(void *));
    if (e->response.lines == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < occasion->line_count; i++) {
        const struct basket_line *line = &occasion->lines[i];
        Talea__V1__BasketLine *row = arena_alloc(&e->arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__basket_line__init(row);
        row->product = text_of(e, line->product);
        row->category = text_of(e, line->category);
        row->brand = text_of(e, line->brand);
        row->quantity_milli = line->quantity_milli;
        row->amount_minor = line->amount.minor;
        if (row->product == NULL || row->category == NULL || row->brand == NULL) {
            return ERR_RESOURCE;
        }
        e->response.lines[e->response.n_lines++] = row;
    }
    return ERR_OK;
}

static enum err add_reasons(struct explaining *e)
{
    const struct rules_text *text = rules_text(e->version->rules);
    e->response.rules = arena_alloc(&e->arena, (e->judgement.trace_count + 1) * sizeof(void *));
    if (e->response.rules == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < e->judgement.trace_count; i++) {
        const struct trace_row *trace = &e->judgement.trace[i];
        Talea__V1__RuleReason *row = arena_alloc(&e->arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__rule_reason__init(row);
        row->rule = (char *)(uintptr_t)text->rules[trace->rule].name;
        row->reason = (char *)(uintptr_t)trace_reason_name(trace->reason);
        row->has = trace->has;
        row->wants = trace->wants;
        if (trace->metric != NO_METRIC) {
            row->metric = (char *)(uintptr_t)text->metrics[trace->metric].name;
        }
        row->is_discount = rule_stage(&text->rules[trace->rule]) == STAGE_DISCOUNT;
        e->response.rules[e->response.n_rules++] = row;
    }
    return ERR_OK;
}

static enum err fill_explanation(struct explaining *e)
{
    const struct occasion *occasion = &e->kept.occasion;
    Talea__V1__ExplainPurchaseResponse *response = &e->response;
    response->programme = version_message(e->node, &e->arena, e->version, e->snapshot);
    response->event = text_of(e, occasion->event);
    response->store = text_of(e, occasion->store);
    response->channel = text_of(e, occasion->channel);
    if (response->programme == NULL || response->event == NULL || response->store == NULL ||
        response->channel == NULL) {
        return ERR_RESOURCE;
    }
    response->local_unix_ms = occasion->local.ms;
    response->paid_in_points_minor = occasion->paid_in_points.minor;
    response->gross_minor = e->kept.gross.minor;
    response->discount_minor = e->kept.discount.minor;
    response->earned_points = e->kept.points.minor;
    TRY(add_lines(e));
    return add_reasons(e);
}

static enum err differs(const struct explaining *e, struct note *note)
{
    return e->version->needs_birthday
               ? note_set(note, ERR_UNSUPPORTED,
                          "the member's birthday is another one now, or forgotten: what rules "
                          "about it gave can't be explained any more")
               : note_set(note, ERR_INTERNAL,
                          "judged again it would get something else: this version of the node "
                          "reads the programme otherwise");
}

/* ---- Of a return ---- */

static enum err add_change(struct explaining *e, const struct kept_change *change)
{
    const struct rules_text *text = rules_text(e->version->rules);
    Talea__V1__RuleChange *row = arena_alloc(&e->arena, sizeof *row);
    if (row == NULL || change->rule >= text->rule_count) {
        return row == NULL ? ERR_RESOURCE : ERR_CORRUPT;
    }
    talea__v1__rule_change__init(row);
    row->rule = (char *)(uintptr_t)text->rules[change->rule].name;
    row->before = change->before;
    row->after = change->after;
    row->is_discount = rule_stage(&text->rules[change->rule]) == STAGE_DISCOUNT;
    e->response.changes[e->response.n_changes++] = row;
    return ERR_OK;
}

static enum err add_back(struct explaining *e, const struct kept_back *back)
{
    Talea__V1__ReturnedLine *row = arena_alloc(&e->arena, sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__returned_line__init(row);
    row->line = back->line;
    row->quantity_milli = back->after - back->before;
    e->response.returned_lines[e->response.n_returned_lines++] = row;
    return ERR_OK;
}

static enum err fill_return(struct explaining *e, const struct command_standing *change)
{
    struct kept_return kept = {.programme = 0};
    Talea__V1__ExplainPurchaseResponse *response = &e->response;
    enum err err = kept_return_decode(change->evidence, &e->arena, &kept);
    response->sale_id = message_uid(&e->arena, &change->occasion);
    response->returned_lines = arena_alloc(&e->arena, (kept.line_count + 1) * sizeof(void *));
    response->changes = arena_alloc(&e->arena, (kept.rule_count + 1) * sizeof(void *));
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    if (response->sale_id == NULL || response->returned_lines == NULL ||
        response->changes == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept.line_count; i++) {
        TRY(add_back(e, &kept.lines[i]));
    }
    for (size_t i = 0; i < kept.rule_count; i++) {
        TRY(add_change(e, &kept.rules[i]));
    }
    return ERR_OK;
}

/* Judges once more what was kept, with a trace. What comes out must be what was given. */
static enum err explain(struct explaining *e, const struct uid *id, struct note *note)
{
    struct command_standing change;
    TRY(judging_read_change(e->node, e->snapshot, id, &e->arena, &change));
    bool is_return = !uid_is_nil(&change.returned);
    TRY(judging_read_case(e->node, e->snapshot, is_return ? &change.occasion : id, &e->arena,
                          &e->kept));
    e->version = programmes_find(e->snapshot->programmes, e->kept.programme);
    if (e->version == NULL || e->version->rules == NULL) {
        return note_set(note, ERR_CORRUPT, "the programme that it was judged by is not kept");
    }
    TRY(shopper_add_birthday(e->node, e->version, &e->kept.occasion.shopper));
    TRY(judge(e->version->rules, &e->kept.standing, &e->kept.occasion, true, &e->arena,
              &e->judgement, note));
    if (e->judgement.points.minor != e->kept.points.minor ||
        e->judgement.discount.minor != e->kept.discount.minor) {
        return differs(e, note);
    }
    TRY(fill_explanation(e));
    return is_return ? fill_return(e, &change) : ERR_OK;
}

void programme_explain(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ExplainPurchaseRequest *request =
        (const Talea__V1__ExplainPurchaseRequest *)(const void *)message;
    struct uid id;
    struct note note = {""};
    if (!request_transaction(call, request->transaction_id, &id)) {
        return;
    }
    struct explaining e = {.node = node, .call = call, .snapshot = node_snapshot(node)};
    talea__v1__explain_purchase_response__init(&e.response);
    arena_init(&e.arena, EXPLAIN_BYTES);
    enum err err = explain(&e, &id, &note);
    if (err == ERR_NOT_FOUND) {
        refuse(call, 5, "NOT_FOUND", "No purchase with this id was judged by rules.");
    } else if (err != ERR_OK) {
        refuse_err(call, err, note.text[0] != '\0' ? &note : NULL);
    } else {
        rpc_call_reply(call, &e.response.base);
    }
    arena_fini(&e.arena);
    snapshot_release(e.snapshot);
}
