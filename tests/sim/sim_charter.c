#include "sim_charter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/decide.h"
#include "sim_check.h"
#include "wire/messages.h"

#define FIRST_KEYS   2u /* of each node, in the first epoch */
#define HEARD_MS_MAX (15 * SIM_MINUTE)

const struct charter *sim_charter_of(const struct sim_node *node)
{
    return &node->sim->epochs[node->epoch]->charter;
}

static void add_key(const struct sim *sim, struct charter_partner *partner, unsigned node)
{
    const struct signing_key *key = &sim->nodes[node].keys[partner->online_count];
    partner->online[partner->online_count++] =
        (struct charter_key){.key = key->public_key, .id = key->id, .valid_until = {INT64_MAX}};
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
                                .partner_count = sim->node_count,
                                .tariffs = sim->tariffs,
                                .tariff_count = 1,
                                .revocations = epoch->revocations};
    memcpy(charter->coalition, SIM_COALITION, sizeof SIM_COALITION);
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct charter_partner *partner = &epoch->partners[i];
        char prefix[CARD_PREFIX_MAX + 1];
        (void)snprintf(prefix, sizeof prefix, "70%02u", i + 10);
        *partner = (struct charter_partner){.id = sim->nodes[i].id,
                                            .first_period = period_of(charter->valid_from)};
        for (unsigned k = 0; k < FIRST_KEYS; k++) {
            add_key(sim, partner, i);
        }
        ASSERT(card_prefix_parse(prefix, &partner->prefix) == ERR_OK);
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
        if (i != node) {
            epoch->streams[at][revocation->stream_count++] = (struct charter_revoked_stream){
                .peer = sim->nodes[i].id,
                .last_entry = sim_check_number(&sim->nodes[i], STREAM_IN, node),
                .last_receipt = receipts_given(&sim->nodes[node], i)};
        }
    }
    epoch->partners[node].online[key].revocation = revocation;
    sim_tell(sim, "key %u of %s is revoked in epoch %llu", key, sim->nodes[node].id.text,
             (unsigned long long)epoch->charter.epoch);
}

void sim_charter_change(struct sim *sim, unsigned node, bool revokes)
{
    const struct sim_epoch *last = sim->epochs[sim->epoch_count - 1];
    size_t keys = last->partners[node].online_count;
    if (sim->epoch_count == SIM_EPOCHS_MAX || keys == SIM_KEYS) {
        return;
    }
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (!sim->nodes[i].is_up) {
            return; /* nobody would know the numbers */
        }
    }
    struct sim_epoch *epoch = calloc(1, sizeof *epoch);
    ASSERT(epoch != NULL);
    copy_epoch(last, epoch);
    add_key(sim, &epoch->partners[node], node);
    if (revokes) {
        revoke(sim, epoch, node, (unsigned)keys - 1);
    }
    sim->epochs[sim->epoch_count++] = epoch;
    for (unsigned i = 0; i < sim->node_count; i++) {
        sim_events_add(
            &sim->events,
            (struct sim_event){.at = sim->now + (int64_t)sim_random_below(&sim->luck, HEARD_MS_MAX),
                               .kind = SIM_EVENT_EPOCH,
                               .node = i,
                               .number = sim->epoch_count - 1});
    }
}

unsigned sim_charter_next_key(const struct sim_node *node, unsigned key)
{
    const struct charter_partner *self = &sim_charter_of(node)->partners[node->index];
    do {
        key = (key + 1) % (unsigned)self->online_count;
    } while (self->online[key].revocation != NULL);
    return key;
}

void sim_charter_learn(struct sim_node *node, uint64_t epoch)
{
    struct note note = {""};
    struct roster before = node->roster;
    if (epoch <= node->epoch) {
        return;
    }
    node->epoch = epoch;
    ASSERT(charter_roster(sim_charter_of(node), &node->id, &node->roster, &note) == ERR_OK);
    sim_tell(node->sim, "%s hears of epoch %llu", node->id.text,
             (unsigned long long)node->roster.epoch);
    const struct charter_partner *self = &sim_charter_of(node)->partners[node->index];
    bool is_void = self->online[node->key].revocation != NULL;
    unsigned key = is_void ? (unsigned)self->online_count - 1 : node->key;
    sim_node_sign_with(node, key);
    charter_roster_fini(&before);
}

bool sim_charter_is_void(const struct sim_node *node, unsigned from,
                         const struct signed_message *batch)
{
    const struct charter_partner *partner = &sim_charter_of(node)->partners[from];
    struct batch_head head;
    struct note note = {""};
    if (batch == NULL || sim_charter_of(node)->revocation_count == 0 ||
        wire_head_decode(batch->payload, &head, &note) != ERR_OK) {
        return false;
    }
    for (size_t k = 0; k < partner->online_count; k++) {
        const struct charter_key *key = &partner->online[k];
        if (key_id_equal(&key->id, &batch->key_id) && key->revocation != NULL) {
            unsigned at = node->index < from ? node->index : node->index - 1;
            return head.first_number + head.count - 1 > key->revocation->streams[at].last_entry;
        }
    }
    return false;
}
