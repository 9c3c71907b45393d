#include "sim_charter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/decide.h"
#include "model.h"
#include "peer/pair.h"
#include "sim_check.h"
#include "sim_restore.h"
#include "sim_settle.h"
#include "sim_workload.h"
#include "wire/messages.h"

#define FIRST_KEYS   2u /* of each node, in the first epoch */
#define HEARD_MS_MAX (15 * SIM_MINUTE)

const struct charter *sim_charter_of(const struct sim_node *node)
{
    return &node->sim->epochs[node->epoch]->charter;
}

static struct charter_partner *partner_of(const struct sim_epoch *epoch, const struct sim *sim,
                                          unsigned node)
{
    const struct charter_partner *partner =
        charter_partner_find(&epoch->charter, &sim->nodes[node].id);
    ASSERT(partner != NULL);
    return (struct charter_partner *)(uintptr_t)partner;
}

static void add_key(const struct sim *sim, struct charter_partner *partner, unsigned node)
{
    const struct signing_key *key = &sim->nodes[node].keys[partner->online_count];
    partner->online[partner->online_count++] =
        (struct charter_key){.key = key->public_key, .id = key->id, .valid_until = {INT64_MAX}};
}

static void add_partner(const struct sim *sim, struct sim_epoch *epoch, unsigned node,
                        struct period first_period)
{
    struct charter_partner *partner = &epoch->partners[epoch->charter.partner_count++];
    char prefix[CARD_PREFIX_MAX + 1];
    (void)snprintf(prefix, sizeof prefix, "70%02u", node + 10);
    *partner = (struct charter_partner){.id = sim->nodes[node].id, .first_period = first_period};
    for (unsigned k = 0; k < FIRST_KEYS; k++) {
        add_key(sim, partner, node);
    }
    ASSERT(card_prefix_parse(prefix, &partner->prefix) == ERR_OK);
}

void sim_charter_init(struct sim *sim)
{
    struct sim_epoch *epoch = calloc(1, sizeof *epoch);
    ASSERT(epoch != NULL);
    struct charter *charter = &epoch->charter;
    sim->tariffs[0] =
        (struct tariff){.id = 1, .issue_price = {100}, .redemption_price = {90}, .per = {100}};
    *charter = (struct charter){.epoch = 1,
                                .required_signatures = sim->node_count,
                                .points_name = "points",
                                .currency = "EUR",
                                .currency_decimals = 2,
                                .valid_from = {SIM_START_MS - DAY_MS},
                                .partners = epoch->partners,
                                .tariffs = sim->tariffs,
                                .tariff_count = 1,
                                .net_debit_cap = {sim->model->cap},
                                .dispute_answer_s = (uint32_t)(sim->model->answer_ms / 1000),
                                .dispute_escalate_s = (uint32_t)(sim->model->escalate_ms / 1000),
                                .revocations = epoch->revocations};
    memcpy(charter->coalition, SIM_COALITION, sizeof SIM_COALITION);
    sim->first_period = period_of(charter->valid_from);
    sim->leaver = SIM_NODES_MAX;
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct sim_node *node = &sim->nodes[i];
        bool comes_later = i + 1 == sim->node_count && sim_parts_of_seed(sim->options.seed);
        node->is_partner = node->has_joined = !comes_later;
        if (node->is_partner) {
            add_partner(sim, epoch, i, sim->first_period);
        }
    }
    sim->epochs[sim->epoch_count++] = epoch;
}

void sim_charter_fini(struct sim *sim)
{
    for (size_t i = 0; i < sim->epoch_count; i++) {
        free(sim->epochs[i]);
    }
}

/* ---- a new epoch ---- */

static void copy_epoch(const struct sim_epoch *from, struct sim_epoch *to)
{
    *to = *from;
    to->charter.epoch++;
    to->charter.partners = to->partners;
    to->charter.revocations = to->revocations;
    for (size_t i = 0; i < to->charter.revocation_count; i++) {
        to->revocations[i].streams = to->streams[i];
    }
    for (size_t i = 0; i < to->charter.partner_count; i++) {
        for (size_t k = 0; k < to->partners[i].online_count; k++) {
            struct charter_key *key = &to->partners[i].online[k];
            if (key->revocation != NULL) {
                key->revocation = &to->revocations[key->revocation - from->revocations];
            }
        }
    }
}

static uint64_t receipts_given(struct sim_node *node, unsigned partner)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct stream stream;
    ASSERT(ledger_get_stream(&view, &node->roster, STREAM_IN, &node->sim->nodes[partner].id,
                             &stream) == ERR_OK);
    return stream.receipt_number;
}

/* What it signed up to now counts. */
static void revoke(struct sim *sim, struct sim_epoch *epoch, unsigned node, unsigned key)
{
    size_t at = epoch->charter.revocation_count++;
    struct charter_revocation *revocation = &epoch->revocations[at];
    *revocation = (struct charter_revocation){.partner = sim->nodes[node].id,
                                              .key = sim->nodes[node].keys[key].id,
                                              .streams = epoch->streams[at]};
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (i != node && sim->nodes[i].is_partner) {
            epoch->streams[at][revocation->stream_count++] = (struct charter_revoked_stream){
                .peer = sim->nodes[i].id,
                .last_entry = sim_check_number(&sim->nodes[i], STREAM_IN, node),
                .last_receipt = receipts_given(&sim->nodes[node], i)};
        }
    }
    partner_of(epoch, sim, node)->online[key].revocation = revocation;
    sim_tell(sim, "key %u of %s is revoked in epoch %llu", key, sim->nodes[node].id.text,
             (unsigned long long)epoch->charter.epoch);
}

/* After the last one; NULL: there is no room for one more. */
static struct sim_epoch *next_epoch(const struct sim *sim)
{
    if (sim->epoch_count == SIM_EPOCHS_MAX) {
        return NULL;
    }
    struct sim_epoch *epoch = calloc(1, sizeof *epoch);
    ASSERT(epoch != NULL);
    copy_epoch(sim->epochs[sim->epoch_count - 1], epoch);
    return epoch;
}

static void hear_later(struct sim_node *node, uint64_t epoch, int64_t in_ms)
{
    sim_events_add(&node->sim->events, (struct sim_event){.at = node->sim->now + in_ms,
                                                          .kind = SIM_EVENT_EPOCH,
                                                          .node = node->index,
                                                          .number = epoch});
}

/* Every node hears of it at its own time. */
static void publish(struct sim *sim, struct sim_epoch *epoch)
{
    sim->epochs[sim->epoch_count++] = epoch;
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].is_partner) {
            hear_later(&sim->nodes[i], sim->epoch_count - 1,
                       (int64_t)sim_random_below(&sim->luck, HEARD_MS_MAX));
        }
    }
}

void sim_charter_change(struct sim *sim, unsigned node, bool revokes)
{
    const struct sim_epoch *last = sim->epochs[sim->epoch_count - 1];
    if (!sim->nodes[node].is_partner || sim->epoch_count == SIM_EPOCHS_MAX) {
        return;
    }
    size_t keys = partner_of(last, sim, node)->online_count;
    if (keys == SIM_KEYS) {
        return;
    }
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].is_partner && !sim->nodes[i].is_up) {
            return; /* nobody would know the numbers */
        }
    }
    struct sim_epoch *epoch = next_epoch(sim);
    add_key(sim, partner_of(epoch, sim, node), node);
    if (revokes) {
        revoke(sim, epoch, node, (unsigned)keys - 1);
    }
    publish(sim, epoch);
}

/* ---- partners that come and go ---- */

void sim_charter_admit(struct sim *sim)
{
    struct sim_node *node = &sim->nodes[sim->node_count - 1];
    struct sim_epoch *epoch = node->has_joined ? NULL : next_epoch(sim);
    if (epoch == NULL) {
        return;
    }
    add_partner(sim, epoch, node->index, sim_nth_period(sim, sim->closed_periods));
    model_join(sim->model, node->index, sim->closed_periods);
    publish(sim, epoch);
    node->is_partner = node->has_joined = true;
    node->first_period = sim->closed_periods;
    node->epoch = sim->epoch_count - 1;
    sim_node_join(node);
    sim->counts.joined++;
    sim_tell(sim, "%s joins by epoch %llu", node->id.text,
             (unsigned long long)epoch->charter.epoch);
    sim_node_start(node);
}

void sim_charter_dismiss(struct sim *sim, unsigned node, bool is_soon)
{
    bool may_leave = sim->leaver == SIM_NODES_MAX && sim->nodes[node].is_partner;
    struct sim_epoch *epoch = may_leave ? next_epoch(sim) : NULL;
    if (epoch == NULL) {
        return;
    }
    sim->leaver = node;
    sim->leaver_last = sim->closed_periods + (is_soon ? 0 : 1);
    partner_of(epoch, sim, node)->last_period = sim_nth_period(sim, sim->leaver_last);
    publish(sim, epoch);
    sim->counts.left++;
    sim_tell(sim, "%s leaves by epoch %llu", sim->nodes[node].id.text,
             (unsigned long long)epoch->charter.epoch);
}

/* Both sides of all its pairs say so. */
static bool has_parted(struct sim *sim)
{
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (i != sim->leaver && sim->nodes[i].is_partner &&
            !(sim_settle_is_over(&sim->nodes[i], sim->leaver) &&
              sim_settle_is_over(&sim->nodes[sim->leaver], i))) {
            return false;
        }
    }
    return true;
}

void sim_charter_drop(struct sim *sim)
{
    bool may_drop = sim->leaver != SIM_NODES_MAX && sim->nodes[sim->leaver].is_partner &&
                    sim->epoch_count < SIM_EPOCHS_MAX && has_parted(sim);
    if (!may_drop) {
        return;
    }
    struct sim_epoch *epoch = next_epoch(sim);
    struct charter_partner *partner = partner_of(epoch, sim, sim->leaver);
    size_t behind = (size_t)(&epoch->partners[epoch->charter.partner_count] - partner) - 1;
    memmove(partner, partner + 1, behind * sizeof *partner);
    epoch->charter.partner_count--;
    sim->nodes[sim->leaver].is_partner = false;
    publish(sim, epoch);
    sim->counts.dropped++;
    sim_tell(sim, "%s is no partner any more by epoch %llu", sim->nodes[sim->leaver].id.text,
             (unsigned long long)epoch->charter.epoch);
}

unsigned sim_charter_first(const struct sim *sim, unsigned a, unsigned b)
{
    unsigned first = sim->nodes[a].first_period;
    unsigned second = sim->nodes[b].first_period;
    return first > second ? first : second;
}

unsigned sim_charter_end(const struct sim *sim, unsigned a, unsigned b)
{
    bool leaves = sim->leaver == a || sim->leaver == b;
    return leaves && sim->leaver_last < sim->closed_periods ? sim->leaver_last + 1
                                                            : sim->closed_periods;
}

/* ---- what a node knows ---- */

unsigned sim_charter_next_key(const struct sim_node *node, unsigned key)
{
    const struct charter_partner *self = charter_partner_find(sim_charter_of(node), &node->id);
    do {
        key = (key + 1) % (unsigned)self->online_count;
    } while (self->online[key].revocation != NULL);
    return key;
}

bool sim_charter_is_awaited(const struct sim *sim)
{
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].is_partner && sim->nodes[i].epoch + 1 < sim->epoch_count) {
            return true;
        }
    }
    return false;
}

void sim_charter_tell_model(const struct sim_node *node)
{
    const struct sim *sim = node->sim;
    struct model_roster *roster = &sim->model->rosters[node->index];
    for (unsigned i = 0; i < sim->node_count; i++) {
        const struct charter_partner *partner =
            charter_partner_find(sim_charter_of(node), &sim->nodes[i].id);
        roster->is_known[i] = partner != NULL;
        roster->last_period[i] = MODEL_STAYS;
        if (partner != NULL && partner->last_period.code != 0) {
            roster->last_period[i] = sim->leaver_last;
        }
    }
}

void sim_charter_learn(struct sim_node *node, uint64_t epoch)
{
    struct note note = {""};
    struct roster before = node->roster;
    bool is_partner = charter_partner_find(&node->sim->epochs[epoch]->charter, &node->id) != NULL;
    if (epoch <= node->epoch || !is_partner) {
        return;
    }
    if (!node->is_up) { /* what is under way there was decided by the older one */
        hear_later(node, epoch, SIM_MINUTE / 2);
        return;
    }
    node->epoch = epoch;
    ASSERT(charter_roster(sim_charter_of(node), &node->id, &node->roster, &note) == ERR_OK);
    sim_tell(node->sim, "%s hears of epoch %llu", node->id.text,
             (unsigned long long)node->roster.epoch);
    sim_charter_tell_model(node);
    sim_adopt_left(node);
    const struct charter_partner *self = charter_partner_find(sim_charter_of(node), &node->id);
    bool is_void = self->online[node->key].revocation != NULL;
    unsigned key = is_void ? (unsigned)self->online_count - 1 : node->key;
    sim_node_sign_with(node, key);
    charter_roster_fini(&before);
    if (node->is_up) {
        sim_session_follow(node);
    }
}

/* Up to where the key counts on the stream to the node. */
static uint64_t last_entry(const struct charter_revocation *revocation, const struct sim_node *node)
{
    for (size_t i = 0; i < revocation->stream_count; i++) {
        if (partner_id_equal(&revocation->streams[i].peer, &node->id)) {
            return revocation->streams[i].last_entry;
        }
    }
    return 0;
}

bool sim_charter_is_void(const struct sim_node *node, unsigned from,
                         const struct signed_message *batch)
{
    const struct charter_partner *partner =
        charter_partner_find(sim_charter_of(node), &node->sim->nodes[from].id);
    struct batch_head head;
    struct note note = {""};
    if (partner == NULL || batch == NULL || sim_charter_of(node)->revocation_count == 0 ||
        wire_head_decode(batch->payload, &head, &note) != ERR_OK) {
        return false;
    }
    for (size_t k = 0; k < partner->online_count; k++) {
        const struct charter_key *key = &partner->online[k];
        if (key_id_equal(&key->id, &batch->key_id) && key->revocation != NULL) {
            return head.first_number + head.count - 1 > last_entry(key->revocation, node);
        }
    }
    return false;
}
