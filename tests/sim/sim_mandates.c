#include "sim_mandates.h"

#include <inttypes.h>
#include <string.h>

#include "model.h"
#include "sim_check.h"
#include "sim_network.h"
#include "sim_op.h"
#include "wire/messages.h"

#define LOOKED_AT 3u /* of the mandates of a pair, the newest */

void sim_mandates_init(struct sim *sim)
{
    bool is_any = sim_random_chance(&sim->luck, 800);
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct standin_terms *terms = &sim->nodes[i].stand_in;
        int64_t floor = 20 + (int64_t)sim_random_below(&sim->luck, 600);
        *terms = (struct standin_terms){
            .floor = {is_any && sim_random_chance(&sim->luck, 850) ? floor : 0},
            .cap = {floor + (int64_t)sim_random_below(&sim->luck, 3 * (uint64_t)floor)},
            .life_ms = 15 * SIM_MINUTE + (int64_t)sim_random_below(&sim->luck, 4 * SIM_HOUR)};
    }
}

/* ---- at the redeemer ---- */

void sim_mandates_round(struct sim_node *node)
{
    struct sim *sim = node->sim;
    struct ledger_view view;
    struct unix_ms clock = {sim_node_clock(node)};
    if (sim->is_healing || !node->is_up) {
        return;
    }
    view = sim_store_view(&node->store);
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct standin_mandates mandates;
        Talea__V1__FetchMandateRequest request = TALEA__V1__FETCH_MANDATE_REQUEST__INIT;
        if (i == node->index || !sim_node_knows(node, i) || !sim_random_chance(&sim->luck, 150)) {
            continue;
        }
        ASSERT(standin_mandates(&view, &sim->nodes[i].id, &node->id, clock, &mandates) == ERR_OK);
        if (standin_is_due(&mandates, clock)) {
            node->links[i].fetch = ++sim->next_connection;
            (void)sim_network_send(node, i, SIM_MESSAGE_FETCH, node->links[i].fetch, &request.base,
                                   NULL);
        }
    }
}

/* An operation that nobody waits for. */
static struct sim_op *new_op(struct sim_node *node, enum sim_op_kind kind)
{
    struct sim_op *op = sim_op_new(node->sim, kind, node->index);
    op->is_given_up = true;
    node->sim->open_ops--;
    op->business_ms = sim_node_clock(node);
    return op;
}

bool sim_mandate_is_recorded(struct sim_node *node, const struct sim_op *op)
{
    const struct mandate *mandate = &op->command.mandate.mandate;
    struct ledger_view view = sim_store_view(&node->store);
    struct mandate_row row;
    return ledger_get_mandate(&view, &mandate->home, &mandate->redeemer, &mandate->id, &row) ==
           ERR_OK;
}

static void take_doubt(struct sim_node *node, struct sim_op *op)
{
    sim_node_doubt(
        node,
        (struct sim_doubt){.op = op, .ledger_ms = node->ledger_ms, .business_ms = op->business_ms});
}

static struct sim_op *new_take(struct sim_node *node, unsigned home, const struct mandate *mandate)
{
    struct sim_op *op = new_op(node, SIM_OP_TAKE_MANDATE);
    op->home = home;
    op->command.origin = mandate->home;
    op->command.transaction_id = mandate->id;
    op->command.mandate.mandate = *mandate;
    return op;
}

/* What the node made of it, beside what it should have. */
static void judge_take(struct sim_node *node, unsigned home, const struct mandate *said,
                       struct model_mandate *known, enum err err, bool is_new,
                       const struct note *note)
{
    struct sim *sim = node->sim;
    enum verdict verdict = VERDICT_OK;
    bool is_first = !known->is_taken;
    size_t at = (size_t)(known - sim->model->mandates[home][node->index].list);
    if (is_first) {
        const struct sim_op *op = new_take(node, home, said);
        model_decide(sim->model, op, node->ledger_ms);
        verdict = model_op_of(sim->model, op)->verdict;
    }
    const char *expected = verdict_describe(verdict)->name;
    bool is_good = known->is_taken ? err == ERR_OK && is_new == is_first
                                   : err == ERR_DISAGREE && strstr(note->text, expected) != NULL;
    sim_tell(sim, "%s takes mandate %zu of %s: %s%s %s", node->id.text, at,
             sim->nodes[home].id.text, err_name(err), is_new ? "" : " again", note->text);
    if (!is_good) {
        (void)sim_fail(sim, "%s, mandate %zu of %s: %s %s%s; the model says %s%s", node->id.text,
                       at, sim->nodes[home].id.text, err_name(err), note->text,
                       is_new ? "" : " again", expected, is_first ? "" : " again");
    }
}

static bool take_one(struct sim_node *node, unsigned home, const struct signed_message *envelope)
{
    struct sim *sim = node->sim;
    struct peer_host host = sim_node_host(node);
    struct mandate said;
    struct note note = {""};
    bool is_new = false;
    struct model_mandate *known = NULL;
    if (wire_mandate_decode(envelope->payload, &said, NULL) == ERR_OK) {
        known = model_mandate(sim->model, home, node->index, &said.id);
    }
    enum err err = standin_take(&host, &sim->nodes[home].id, envelope, &is_new, &note);
    if (node->store.disk.is_stopped) {
        if (known != NULL && !known->is_taken) {
            take_doubt(node, new_take(node, home, &said));
        }
        return false;
    }
    if (err == ERR_OK && known == NULL) {
        return sim_fail(sim, "%s takes a mandate that %s did not give", node->id.text,
                        sim->nodes[home].id.text);
    }
    if (known != NULL && (err == ERR_OK || err == ERR_DISAGREE)) {
        judge_take(node, home, &said, known, err, is_new, &note);
    }
    return err == ERR_OK;
}

void sim_mandates_take(struct sim_node *node, unsigned from, uint64_t call, struct slice bytes)
{
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__fetch_mandate_response__descriptor, bytes);
    if (message == NULL || node->links[from].fetch != call) {
        return;
    }
    const Talea__V1__FetchMandateResponse *response =
        (const Talea__V1__FetchMandateResponse *)(const void *)message;
    for (size_t i = 0; i < response->n_mandates && i < STANDIN_MANDATES_MAX; i++) {
        struct signed_message envelope;
        if (signed_of_message(response->mandates[i], &envelope) != ERR_OK ||
            !take_one(node, from, &envelope)) {
            break;
        }
    }
    (void)sim_node_after(node);
}

/* ---- at the home ---- */

/* What the home is expected to give now; NULL: nothing new. */
static struct sim_op *new_give(struct sim_node *node, unsigned redeemer)
{
    struct sim *sim = node->sim;
    int64_t from;
    if (node->stand_in.floor.minor == 0 ||
        !model_mandate_is_due(sim->model, node->index, redeemer, sim_node_clock(node), &from)) {
        return NULL;
    }
    struct sim_op *op = new_op(node, SIM_OP_GIVE_MANDATE);
    op->to = redeemer;
    op->command.mandate.mandate = (struct mandate){.id = op->command.transaction_id,
                                                   .home = node->id,
                                                   .redeemer = sim->nodes[redeemer].id,
                                                   .floor = node->stand_in.floor,
                                                   .daily_cap = node->stand_in.cap,
                                                   .valid_from = {from},
                                                   .valid_until = {from + node->stand_in.life_ms}};
    return op;
}

static bool is_among(const struct standin_mandates *mandates, const struct mandate *mandate)
{
    for (size_t i = 0; i < mandates->count; i++) {
        if (mandates_equal(&mandates->rows[i].mandate, mandate)) {
            return true;
        }
    }
    return false;
}

static void judge_give(struct sim_node *node, unsigned redeemer, const struct sim_op *op,
                       const struct standin_mandates *mandates)
{
    struct sim *sim = node->sim;
    enum verdict verdict = VERDICT_MANDATE_EXISTS;
    if (op != NULL) {
        model_decide(sim->model, op, node->ledger_ms);
        verdict = model_op_of(sim->model, op)->verdict;
        sim_tell(sim, "%s gives %s a mandate: %s", node->id.text, sim->nodes[redeemer].id.text,
                 verdict_describe(verdict)->name);
    }
    if (op != NULL && is_among(mandates, &op->command.mandate.mandate) != (verdict == VERDICT_OK)) {
        (void)sim_fail(sim, "%s gives %s another mandate than the model, which says %s",
                       node->id.text, sim->nodes[redeemer].id.text,
                       verdict_describe(verdict)->name);
    }
    for (size_t i = 0; i < mandates->count; i++) {
        if (model_mandate(sim->model, node->index, redeemer, &mandates->rows[i].mandate.id) ==
            NULL) {
            (void)sim_fail(sim, "%s gives %s one mandate too many", node->id.text,
                           sim->nodes[redeemer].id.text);
        }
    }
}

static void send(struct sim_node *node, unsigned to, uint64_t call,
                 const struct standin_mandates *mandates)
{
    struct peer_host host = sim_node_host(node);
    struct buffer bytes[STANDIN_MANDATES_MAX] = {{0}};
    struct signed_message envelopes[STANDIN_MANDATES_MAX];
    Talea__V1__Signed messages[STANDIN_MANDATES_MAX];
    Talea__V1__Signed *pointers[STANDIN_MANDATES_MAX];
    Talea__V1__FetchMandateResponse response = TALEA__V1__FETCH_MANDATE_RESPONSE__INIT;
    for (size_t i = 0; i < mandates->count; i++) {
        ASSERT(standin_sign(&host, &mandates->rows[i].mandate, &bytes[i]) == ERR_OK);
        ASSERT(signed_decode(buffer_slice(&bytes[i]), &envelopes[i]) == ERR_OK);
        signed_to_message(&envelopes[i], &messages[i]);
        pointers[i] = &messages[i];
    }
    response.mandates = pointers;
    response.n_mandates = mandates->count;
    (void)sim_network_send(node, to, SIM_MESSAGE_MANDATES, call, &response.base, NULL);
    for (size_t i = 0; i < STANDIN_MANDATES_MAX; i++) {
        buffer_fini(&bytes[i]);
    }
}

void sim_mandates_ask(struct sim_node *node, unsigned from, uint64_t call)
{
    struct sim *sim = node->sim;
    struct peer_host host = sim_node_host(node);
    struct standin_mandates mandates = {.count = 0};
    struct sim_op *op = new_give(node, from);
    struct uid id = {{1}}; /* of none, for none is due */
    if (op != NULL) {
        id = op->command.transaction_id;
    }
    enum err err = standin_give(&host, &sim->nodes[from].id, &node->stand_in, &id, &mandates);
    if (node->store.disk.is_stopped && op != NULL) {
        take_doubt(node, op);
    } else if (!node->store.disk.is_stopped && err == ERR_OK) {
        judge_give(node, from, op, &mandates);
    }
    if (sim_node_after(node) && err == ERR_OK) {
        send(node, from, call, &mandates);
    }
}

/* ---- what must hold ---- */

static bool check_side(struct sim_node *node, unsigned home, unsigned redeemer,
                       const struct model_mandate *mandate)
{
    struct sim *sim = node->sim;
    struct ledger_view view = sim_store_view(&node->store);
    struct mandate_row row = {.used = {0}};
    bool is_home = node->index == home;
    int64_t used = is_home ? mandate->given_used : mandate->taken_used;
    uint64_t burns = is_home ? mandate->given_burns : mandate->taken_burns;
    bool is_expected = is_home ? mandate->is_given : mandate->is_taken;
    enum err err = ledger_get_mandate(&view, &sim->nodes[home].id, &sim->nodes[redeemer].id,
                                      &mandate->id, &row);
    bool is_there = err == ERR_OK;
    if (is_there != is_expected || (is_there && (row.used.minor != used || row.burns != burns))) {
        return sim_fail(sim,
                        "%s, mandate of %s for %s, from %" PRId64 ": %s, %" PRId64
                        " used in %" PRIu64 "; the model says %s, %" PRId64 " in %" PRIu64,
                        node->id.text, sim->nodes[home].id.text, sim->nodes[redeemer].id.text,
                        mandate->from, err_name(err), row.used.minor, (uint64_t)row.burns,
                        is_expected ? "it is there" : "it is not there", used, burns);
    }
    return true;
}

static bool check_line(struct sim_node *node, unsigned home, unsigned redeemer)
{
    const struct model_mandates *line = &node->sim->model->mandates[home][redeemer];
    for (size_t i = line->count; i > 0 && line->count - i < LOOKED_AT; i--) {
        if (!check_side(node, home, redeemer, &line->list[i - 1])) {
            return false;
        }
    }
    return true;
}

bool sim_mandates_check(struct sim_node *node)
{
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (!check_line(node, node->index, i) || !check_line(node, i, node->index)) {
            return false;
        }
    }
    return true;
}

/* ---- after a restore ---- */

static bool find_row(struct sim_node *node, unsigned home, unsigned redeemer, const struct uid *id,
                     struct mandate_row *out_row)
{
    struct ledger_view view = sim_store_view(&node->store);
    *out_row = (struct mandate_row){.used = {0}};
    return ledger_get_mandate(&view, &node->sim->nodes[home].id, &node->sim->nodes[redeemer].id, id,
                              out_row) == ERR_OK;
}

static void adopt_given(struct sim_node *node, unsigned redeemer)
{
    struct model_mandates *line = &node->sim->model->mandates[node->index][redeemer];
    for (size_t i = 0; i < line->count; i++) {
        struct model_mandate *mandate = &line->list[i];
        struct mandate_row row;
        mandate->is_given = find_row(node, node->index, redeemer, &mandate->id, &row);
        mandate->given_used = row.used.minor;
        mandate->given_burns = row.burns;
    }
}

static void adopt_taken(struct sim_node *node, unsigned home)
{
    struct model_mandates *line = &node->sim->model->mandates[home][node->index];
    for (size_t i = 0; i < line->count; i++) {
        struct model_mandate *mandate = &line->list[i];
        struct mandate_row row;
        mandate->is_taken = find_row(node, home, node->index, &mandate->id, &row);
        mandate->is_miscounted = mandate->is_miscounted || row.used.minor < mandate->taken_used;
        mandate->taken_used = row.used.minor;
        mandate->taken_burns = row.burns;
    }
}

void sim_mandates_adopt(struct sim_node *node)
{
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (i != node->index) {
            adopt_given(node, i);
            adopt_taken(node, i);
        }
    }
}

bool sim_mandates_are_back(struct sim_node *node, unsigned redeemer)
{
    struct sim *sim = node->sim;
    const struct model_mandates *line = &sim->model->mandates[node->index][redeemer];
    unsigned looked_at = 0;
    for (size_t i = line->count; i-- > 0 && looked_at < STANDIN_MANDATES_MAX;) {
        const struct model_mandate *mandate = &line->list[i];
        struct mandate_row row;
        looked_at += mandate->is_taken;
        if (mandate->is_taken && mandate->until >= sim_node_clock(&sim->nodes[redeemer]) &&
            !find_row(node, node->index, redeemer, &mandate->id, &row)) {
            return sim_fail(sim, "%s has not got back mandate %zu, which %s may stand in by",
                            node->id.text, i, sim->nodes[redeemer].id.text);
        }
    }
    return true;
}

void sim_mandates_count(struct sim *sim)
{
    for (size_t i = 0; i < sim->model->op_count; i++) {
        const struct model_op *m = sim->model->ops[i];
        if (m == NULL || m->op->kind != SIM_OP_HOLD || m->op->home == m->op->shop) {
            continue;
        }
        bool is_honoured = !uid_is_nil(&m->home_hold.mandate);
        sim->counts.stood_in += !uid_is_nil(&m->hold.mandate);
        sim->counts.honoured += is_honoured;
        sim->counts.owed += is_honoured && (m->home_hold.unbacked > 0 || m->home_hold.lost > 0);
        sim->counts.given_up += m->hold.state == MODEL_VOIDED && m->is_decided &&
                                m->verdict == VERDICT_OK && m->points == 0;
    }
}
