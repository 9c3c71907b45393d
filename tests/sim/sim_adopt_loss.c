/* What a ledger that was put back has lost, before any partner shows anything. */
#include <string.h>

#include "ledger/decide.h"
#include "model.h"
#include "sim_charter.h"
#include "sim_restore.h"
#include "sim_settle.h"

static struct stream stream_of(struct sim_node *node, enum stream_direction direction,
                               unsigned partner)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct stream stream;
    ASSERT(ledger_get_stream(&view, &node->roster, direction, &node->sim->nodes[partner].id,
                             &stream) == ERR_OK);
    return stream;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void count_totals(struct model_stream *stream)
{
    memset(stream->totals, 0, sizeof stream->totals);
    for (size_t i = 0; i < stream->taken; i++) {
        const struct model_entry *entry = &stream->entries[i];
        if (entry->verdict == VERDICT_OK) {
            stream->totals[entry->kind].count++;
            stream->totals[entry->kind].points += entry->points;
        }
    }
}

/* The period that is open behind so many entries, of a stream that began in `first`. */
void sim_adopt_marks(struct model_stream *stream, unsigned first, size_t entries)
{
    stream->period = first;
    for (size_t i = 0; i < entries; i++) {
        stream->period += stream->entries[i].kind == ENTRY_PERIOD_MARK;
    }
}

/* Our entries that the partner has not got and the copy has not got were never made. */
static void lose_made(struct model_stream *stream, unsigned first, size_t in_copy)
{
    stream->count = larger(in_copy, stream->taken);
    sim_adopt_marks(stream, first, in_copy);
}

/* The partner's entries, of which it has no receipt and the copy knows nothing, were never taken.
 */
static void lose_taken(struct model_stream *stream, size_t in_copy)
{
    size_t taken = larger(in_copy, stream->receipted);
    for (size_t i = taken; i < stream->taken; i++) {
        stream->entries[i].verdict = VERDICT_OK;
    }
    for (size_t i = in_copy; i < taken; i++) {
        stream->entries[i].taken_ms = 0;
    }
    stream->taken = taken;
    count_totals(stream);
}

/* With who has left there is nobody to show anything: the copy is all there is. */
static void lose_for_good(struct sim_node *node, unsigned partner)
{
    struct model_stream *made = &node->sim->model->streams[node->index][partner];
    struct model_stream *taken = &node->sim->model->streams[partner][node->index];
    struct stream out = stream_of(node, STREAM_OUT, partner);
    made->count = out.last_number;
    made->taken = made->taken < made->count ? made->taken : made->count;
    made->receipted = out.receipted_number;
    sim_adopt_marks(made, sim_charter_first(node->sim, node->index, partner), made->count);
    taken->taken = stream_of(node, STREAM_IN, partner).last_number;
    made->is_recovering = false;
    node->restore->links[partner].is_gone = true;
    node->restore->links[partner].is_lost = false;
}

void sim_adopt_left(struct sim_node *node)
{
    for (unsigned i = 0; i < node->sim->node_count && node->restore != NULL; i++) {
        if (sim_restore_is_lost(node, i) && !sim_node_knows(node, i)) {
            node->restore->is_stale = true;
            lose_for_good(node, i);
            sim_restore_tried(node, i);
        }
    }
}

void sim_adopt_loss(struct sim_node *node)
{
    struct sim *sim = node->sim;
    memset(sim->model->is_agreed[node->index], 0, sizeof sim->model->is_agreed[node->index]);
    for (unsigned i = 0; i < sim->node_count; i++) {
        bool is_other = i != node->index && sim->nodes[i].has_joined;
        if (is_other && !sim->nodes[i].is_partner) {
            lose_for_good(node, i);
        } else if (is_other && !sim_settle_is_over(node, i)) {
            lose_made(&sim->model->streams[node->index][i], sim_charter_first(sim, node->index, i),
                      stream_of(node, STREAM_OUT, i).last_number);
            lose_taken(&sim->model->streams[i][node->index],
                       stream_of(node, STREAM_IN, i).last_number);
            sim->model->streams[node->index][i].is_recovering = true;
            node->restore->links[i].is_lost = true;
        }
    }
}
