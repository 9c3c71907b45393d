/* Statements of closed periods: shown to a partner, compared, signed by both. */
#include "sim_settle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model_dispute.h"
#include "peer/exchange.h"
#include "sim_charter.h"
#include "sim_network.h"
#include "wire/messages.h"

/* What a partner is asked. */
struct sim_question {
    struct exchange exchange;
    uint64_t call;
};

struct period sim_nth_period(const struct sim *sim, unsigned n)
{
    struct period period = sim->first_period;
    while (n-- > 0) {
        period = period_next(period);
    }
    return period;
}

static void forget(struct sim_link *link)
{
    if (link->question != NULL) {
        exchange_fini(&link->question->exchange);
        free(link->question);
        link->question = NULL;
    }
}

void sim_settle_down(struct sim_node *node)
{
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        forget(&node->links[i]);
    }
}

static enum pair_state state_of(struct sim_node *node, unsigned partner, unsigned n)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct pair_row row = {.value = {0}};
    ASSERT(pair_row_load(&view, &node->sim->nodes[partner].id, sim_nth_period(node->sim, n),
                         &row) == ERR_OK);
    enum pair_state state = row.pair.state;
    pair_row_fini(&row);
    return state;
}

static const Talea__V1__Signed *
message_of(const struct buffer *bytes, struct signed_message *envelope, Talea__V1__Signed *message)
{
    if (bytes->length == 0) {
        return NULL;
    }
    ASSERT(signed_decode(buffer_slice(bytes), envelope) == ERR_OK);
    signed_to_message(envelope, message);
    return message;
}

static Talea__V1__Signed *not_const(const Talea__V1__Signed *message)
{
    return (Talea__V1__Signed *)(uintptr_t)message;
}

void sim_settle_look(struct sim_node *node, unsigned partner)
{
    bool *is_agreed = node->sim->model->is_agreed[node->index][partner];
    for (unsigned n = 0; n < node->sim->closed_periods; n++) {
        is_agreed[n] = is_agreed[n] || state_of(node, partner, n) == PAIR_MATCHED;
    }
}

static void ask(struct sim_node *node, unsigned partner, unsigned n)
{
    struct sim *sim = node->sim;
    struct note note = {""};
    struct peer_host host = sim_node_host(node);
    forget(&node->links[partner]);
    struct sim_question *question = calloc(1, sizeof *question);
    ASSERT(question != NULL);
    node->links[partner].question = question;
    exchange_init(&question->exchange, &sim->nodes[partner].id, sim_nth_period(node->sim, n));
    enum err err = exchange_begin(&question->exchange, &host, &note);
    if (!sim_node_after(node) || err != ERR_OK) {
        forget(&node->links[partner]);
        return;
    }
    Talea__V1__ExchangeStatementRequest request = TALEA__V1__EXCHANGE_STATEMENT_REQUEST__INIT;
    Talea__V1__Signed message;
    struct signed_message envelope;
    request.statement = not_const(message_of(&question->exchange.own_signed, &envelope, &message));
    question->call = ++sim->next_connection;
    (void)sim_network_send(node, partner, SIM_MESSAGE_STATEMENT, question->call, &request.base,
                           NULL);
}

/* Are all closed periods agreed? */
static bool is_agreed(struct sim_node *node, unsigned partner)
{
    const struct sim *sim = node->sim;
    struct sim_link *link = &node->links[partner];
    unsigned first = sim_charter_first(sim, node->index, partner);
    unsigned end = sim_charter_end(sim, node->index, partner);
    link->agreed = link->agreed < first ? first : link->agreed;
    while (link->agreed < end && state_of(node, partner, link->agreed) == PAIR_MATCHED) {
        link->agreed++;
    }
    return link->agreed >= end;
}

void sim_settle_round(struct sim_node *node, unsigned partner)
{
    if (partner != node->index && sim_node_knows(node, partner) && !is_agreed(node, partner)) {
        ask(node, partner, node->links[partner].agreed);
    }
}

bool sim_settle_is_over(struct sim_node *node, unsigned partner)
{
    bool is_over = false;
    if (!node->is_up && node->sim->options.folder != NULL) {
        return false; /* nobody can look into its files now */
    }
    struct ledger_view view = sim_store_view(&node->store);
    ASSERT(pair_is_over(&view, &node->roster, &node->sim->nodes[partner].id, &is_over) == ERR_OK);
    return is_over;
}

void sim_settle_ask(struct sim_node *node, unsigned from, uint64_t call, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct signed_message theirs;
    struct exchange exchange;
    struct note note = {""};
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__exchange_statement_request__descriptor, bytes);
    if (message == NULL ||
        signed_of_message(
            ((const Talea__V1__ExchangeStatementRequest *)(const void *)message)->statement,
            &theirs) != ERR_OK) {
        return;
    }
    struct peer_host host = sim_node_host(node);
    exchange_init(&exchange, &sim->nodes[from].id, (struct period){0});
    enum err err = exchange_answer(&exchange, &host, &theirs, &note);
    bool is_up = sim_node_after(node);
    if (is_up) {
        sim_settle_look(node, from);
    }
    if (is_up && err == ERR_OK) {
        Talea__V1__ExchangeStatementResponse response;
        talea__v1__exchange_statement_response__init(&response);
        Talea__V1__Signed messages[2];
        struct signed_message envelopes[2];
        response.statement =
            not_const(message_of(&exchange.own_signed, &envelopes[0], &messages[0]));
        response.countersignature =
            not_const(message_of(&exchange.countersigned, &envelopes[1], &messages[1]));
        (void)sim_network_send(node, from, SIM_MESSAGE_STATEMENT_ANSWER, call, &response.base,
                               NULL);
    }
    exchange_fini(&exchange);
    if (err == ERR_OK && exchange.countersigned.length == 0 && note.text[0] != '\0' &&
        !sim->nodes[from].is_liar && !node->is_liar) {
        (void)sim_fail(sim, "%s and %s do not say the same: %s", node->id.text,
                       sim->nodes[from].id.text, note.text);
    }
}

static const struct signed_message *optional(const Talea__V1__Signed *message,
                                             struct signed_message *room)
{
    return message != NULL && signed_of_message(message, room) == ERR_OK ? room : NULL;
}

void sim_settle_answer(struct sim_node *node, unsigned from, uint64_t call, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct sim_question *question = node->links[from].question;
    struct signed_message rooms[2];
    struct note note = {""};
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__exchange_statement_response__descriptor, bytes);
    if (message == NULL || question == NULL || question->call != call) {
        return;
    }
    const Talea__V1__ExchangeStatementResponse *response =
        (const Talea__V1__ExchangeStatementResponse *)(const void *)message;
    struct peer_host host = sim_node_host(node);
    enum err err =
        exchange_take(&question->exchange, &host, optional(response->statement, &rooms[0]),
                      optional(response->countersignature, &rooms[1]), &note);
    sim_tell(sim, "%s and %s, statement of %u: %s %s", node->id.text, sim->nodes[from].id.text,
             question->exchange.period.code, err_name(err), note.text);
    if (sim_node_after(node)) {
        sim_settle_look(node, from);
        forget(&node->links[from]);
    }
}

/* ---- the end ---- */

bool sim_settle_is_done(struct sim *sim)
{
    for (unsigned a = 0; a < sim->node_count; a++) {
        for (unsigned b = 0; b < sim->node_count; b++) {
            bool is_fair = a != b && !sim->nodes[a].is_liar && !sim->nodes[b].is_liar &&
                           sim->nodes[a].is_partner && sim->nodes[b].is_partner;
            if (is_fair && sim->nodes[a].is_up && !is_agreed(&sim->nodes[a], b)) {
                return false;
            }
        }
    }
    return true;
}

/* What was applied in the period, by kind, as the model has it: what settles, and what is disputed
 * and waits. */
static struct entry_total expected_total(const struct model_stream *stream, unsigned n,
                                         enum entry_kind kind, struct entry_total *out_waits)
{
    struct entry_total total = {0, 0};
    *out_waits = total;
    for (size_t i = 0; i < stream->taken; i++) {
        const struct model_entry *entry = &stream->entries[i];
        if (entry->period == n && entry->kind == kind && entry->verdict == VERDICT_OK) {
            int64_t suspended = model_suspended(entry);
            total.count++;
            total.points += entry->points - suspended;
            out_waits->count += suspended > 0;
            out_waits->points += suspended;
        }
    }
    return total;
}

static struct entry_total said_total(const struct receipt_total *totals, size_t count,
                                     enum entry_kind kind)
{
    for (size_t i = 0; i < count; i++) {
        if (totals[i].kind == kind) {
            return (struct entry_total){totals[i].count, totals[i].points};
        }
    }
    return (struct entry_total){0, 0};
}

static bool check_total(struct sim *sim, const struct statement_half *half, const char *what,
                        enum entry_kind kind, struct entry_total said, struct entry_total expected)
{
    return (said.count == expected.count && said.points == expected.points) ||
           sim_fail(sim,
                    "the statement of %s and %s says %s %s: %" PRIu64 ", %" PRId64
                    " points; the model: %" PRIu64 ", %" PRId64,
                    half->sender.text, half->receiver.text, entry_kind_name(kind), what, said.count,
                    said.points, expected.count, expected.points);
}

static bool check_half(struct sim *sim, const struct statement_half *half, unsigned n,
                       unsigned sender, unsigned receiver)
{
    const struct model_stream *stream = &sim->model->streams[sender][receiver];
    for (int k = ENTRY_EARN; k < ENTRY_KIND_END; k++) {
        enum entry_kind kind = (enum entry_kind)k;
        struct entry_total waits;
        struct entry_total settles = expected_total(stream, n, kind, &waits);
        if (!check_total(sim, half, "that settle", kind,
                         said_total(half->totals, half->total_count, kind), settles) ||
            !check_total(sim, half, "that wait", kind,
                         said_total(half->suspended, half->suspended_count, kind), waits)) {
            return false;
        }
    }
    return true;
}

/* By whom, for what, over which payload. */
static bool is_signed(const struct sim_node *signer, struct slice bytes, enum purpose purpose,
                      struct signed_message *out_message)
{
    bool is_signed = false;
    if (bytes.length == 0 || signed_decode(bytes, out_message) != ERR_OK) {
        return false;
    }
    for (unsigned k = 0; k < SIM_KEYS; k++) {
        is_signed = is_signed || signed_verify(out_message, SIM_COALITION, purpose,
                                               &signer->keys[k].public_key) == ERR_OK;
    }
    return is_signed;
}

static bool check_statement(struct sim_node *node, unsigned partner, unsigned n)
{
    struct sim *sim = node->sim;
    struct sim_node *other = &sim->nodes[partner];
    struct ledger_view view = sim_store_view(&node->store);
    struct pair_row row = {.value = {0}};
    struct signed_message own;
    struct signed_message theirs;
    struct signed_message countersigned;
    struct pair_statement statement;
    struct arena arena;
    struct note note = {""};
    arena_init(&arena, 1u << 20);
    ASSERT(pair_row_load(&view, &other->id, sim_nth_period(node->sim, n), &row) == ERR_OK);
    bool is_good = is_signed(node, row.pair.own_signed, PURPOSE_STATEMENT, &own) &&
                   is_signed(other, row.pair.partner_signed, PURPOSE_STATEMENT, &theirs) &&
                   is_signed(other, row.pair.partner_countersigned, PURPOSE_STATEMENT_COUNTERSIGN,
                             &countersigned) &&
                   slice_equal(countersigned.payload, own.payload) &&
                   wire_statement_decode(own.payload, &arena, &statement, &note) == ERR_OK;
    if (!is_good) {
        (void)sim_fail(sim, "%s does not hold a statement of period %u that %s signed, too: %s",
                       node->id.text, n, other->id.text, note.text);
    } else {
        unsigned first = node->index < partner ? node->index : partner;
        unsigned second = node->index < partner ? partner : node->index;
        is_good = check_half(sim, &statement.halves[0], n, first, second) &&
                  check_half(sim, &statement.halves[1], n, second, first);
        sim->counts.statements++;
    }
    pair_row_fini(&row);
    arena_fini(&arena);
    return is_good;
}

bool sim_settle_check(struct sim_node *node, unsigned partner)
{
    unsigned end = sim_charter_end(node->sim, node->index, partner);
    for (unsigned n = sim_charter_first(node->sim, node->index, partner); n < end; n++) {
        if (!check_statement(node, partner, n)) {
            return false;
        }
    }
    return true;
}
