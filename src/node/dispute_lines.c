/* What the two sides said in a dispute, by the time when this node heard of it. */
#include <stdlib.h>
#include <string.h>

#include "ledger/dispute_line.h"
#include "node/disputes.h"
#include "node/messages.h"
#include "node/node.h"

/* More than two offices ever say; what comes after is not shown. */
#define LINES_MAX 256u

struct line {
    enum stream_direction way;
    uint64_t number;
    struct dispute_line row;
};

struct gathering {
    struct line lines[LINES_MAX];
    size_t count;
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct gathering *gathering = context;
    struct line *line = &gathering->lines[gathering->count];
    if (gathering->count == LINES_MAX) {
        return ERR_NOT_FOUND;
    }
    TRY(key_dispute_line_parse(key, &line->way, &line->number));
    TRY(dispute_line_decode(value, &line->row));
    gathering->count++;
    return ERR_OK;
}

/* Of one moment, by what can follow on what: steps are numbered so. */
static int compare_lines(const void *left, const void *right)
{
    const struct line *a = left;
    const struct line *b = right;
    if (a->row.noted.ms != b->row.noted.ms) {
        return a->row.noted.ms < b->row.noted.ms ? -1 : 1;
    }
    return (a->row.step > b->row.step) - (a->row.step < b->row.step);
}

static Talea__V1__DisputeLine *message_of(struct arena *arena, const struct line *line,
                                          uint64_t receipted_number)
{
    Talea__V1__DisputeLine *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__dispute_line__init(message);
    const char *refusal =
        line->row.verdict == VERDICT_OK ? "" : verdict_describe(line->row.verdict)->name;
    message->is_ours = line->way == STREAM_OUT;
    message->number = line->number;
    message->step = (Talea__V1__DisputeStep)line->row.step;
    message->note = message_copy(arena, line->row.note, sizeof line->row.note);
    message->said_unix_ms = line->row.said.ms;
    message->noted_unix_ms = line->row.noted.ms;
    message->refusal = message_copy(arena, refusal, strlen(refusal) + 1);
    message->is_under_way = message->is_ours && line->number > receipted_number;
    return message->note == NULL || message->refusal == NULL ? NULL : message;
}

static enum err show(struct arena *arena, struct gathering *gathering, uint64_t receipted_number,
                     Talea__V1__GetDisputeResponse *response)
{
    qsort(gathering->lines, gathering->count, sizeof gathering->lines[0], compare_lines);
    response->lines = arena_alloc(arena, (gathering->count + 1) * sizeof *response->lines);
    if (response->lines == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < gathering->count; i++) {
        Talea__V1__DisputeLine *message = message_of(arena, &gathering->lines[i], receipted_number);
        if (message == NULL) {
            return ERR_RESOURCE;
        }
        response->lines[response->n_lines++] = message;
    }
    return ERR_OK;
}

enum err disputes_lines(struct node *node, struct arena *arena, const struct partner_id *partner,
                        enum stream_direction direction, uint64_t number, uint64_t receipted_number,
                        Talea__V1__GetDisputeResponse *response)
{
    struct ledger_key prefix;
    struct gathering *gathering = calloc(1, sizeof *gathering);
    if (gathering == NULL) {
        return ERR_RESOURCE;
    }
    key_dispute(partner, direction, number, &prefix);
    enum err err = state_checkpoint_table(node->state, TABLE_DISPUTE_LINE);
    if (err == ERR_OK) {
        err = state_scan(node->state, TABLE_DISPUTE_LINE, slice_of(prefix.bytes, prefix.length),
                         slice_of(NULL, 0), gather, gathering);
    }
    if (err == ERR_OK) {
        err = show(arena, gathering, receipted_number, response);
    }
    free(gathering);
    return err;
}
