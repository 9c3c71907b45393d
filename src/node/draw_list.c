#include "node/draw_list.h"

#include <stdlib.h>
#include <string.h>

#include "node/judging.h"
#include "node/node.h"
#include "node/shopper.h"
#include "programme/segment.h"

#define GROW_FIRST    4096u
#define SEGMENT_BYTES (4u << 20)

struct gathering {
    struct node *node;
    const struct snapshot *snapshot;
    const struct programme_version *version;
    const struct draw_plan *draw;
    uint64_t slot;
    uint64_t held; /* of what quotes only promise */
    int64_t unit;  /* of the metric for one ticket */
    int64_t today; /* on the brand's clock */
    struct arena arena;
    struct standing_row *row;
    struct member *member;
    struct draw_member *members;
    size_t count;
    size_t capacity;
};

static void gathering_fini(struct gathering *g)
{
    arena_fini(&g->arena);
    free(g->row);
    free(g->member);
    free(g->members);
}

static enum err gathering_init(struct gathering *g, struct node *node,
                               const struct snapshot *snapshot,
                               const struct programme_version *version,
                               const struct draw_plan *draw)
{
    const struct metric *metric = &version->file.rules.metrics[draw->metric];
    unsigned decimals = metric_of_decimals(metric->of, snapshot->charter->points_decimals,
                                           version->file.money_decimals);
    *g = (struct gathering){.node = node,
                            .snapshot = snapshot,
                            .version = version,
                            .draw = draw,
                            .slot = rules_metric_slot(version->rules, draw->metric),
                            .held = rules_held_slot(version->rules, draw->metric),
                            .unit = 1,
                            .today = unix_day(judging_local(node, version, node_now(node)))};
    for (unsigned i = 0; i < decimals; i++) {
        g->unit *= 10;
    }
    arena_init(&g->arena, SEGMENT_BYTES);
    g->row = malloc(sizeof *g->row);
    g->member = malloc(sizeof *g->member);
    return g->row == NULL || g->member == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add(struct gathering *g, struct slice key, uint64_t tickets)
{
    if (g->count == g->capacity) {
        size_t capacity = g->capacity == 0 ? GROW_FIRST : 2 * g->capacity;
        struct draw_member *grown = capacity > 2 * (size_t)LIMIT_DRAW_ENTRANTS
                                        ? NULL
                                        : realloc(g->members, capacity * sizeof grown[0]);
        if (grown == NULL) {
            return ERR_RESOURCE;
        }
        g->members = grown;
        g->capacity = capacity;
    }
    struct draw_member *member = &g->members[g->count++];
    *member = (struct draw_member){.entrant.tickets = tickets,
                                   .owner.kind = (enum standing_owner_kind)key.at[0]};
    memcpy(member->owner.id, key.at + 1, STANDING_OWNER_BYTES);
    return ERR_OK;
}

/* What the metric has that took place. */
static int64_t value_of(const struct gathering *g, const struct standing *standing)
{
    return standing_value(standing, g->slot, 0) - standing_value(standing, g->held, 0);
}

static enum err visit(void *context, struct slice key, struct slice value)
{
    struct gathering *g = context;
    if (key.length != 1 + STANDING_OWNER_BYTES ||
        (key.at[0] != OWNER_MEMBER && key.at[0] != OWNER_CARD)) {
        return ERR_OK;
    }
    TRY(standing_row_decode(value, g->row));
    struct standing standing = standing_of_row(g->row);
    int64_t has = value_of(g, &standing);
    return has < g->unit ? ERR_OK : add(g, key, (uint64_t)(has / g->unit));
}

/* In one of the draw's segments; a draw of none is for everybody. */
static enum err is_in_segment(struct gathering *g, const struct ledger_view *view,
                              const struct standing_owner *owner, bool *out_is)
{
    const struct trace_row *rows;
    struct shopper shopper;
    *out_is = g->draw->segment_count == 0;
    if (*out_is) {
        return ERR_OK;
    }
    arena_reset(&g->arena);
    TRY(ledger_get_standing(view, &g->snapshot->roster, owner, g->row));
    struct standing standing = standing_of_row(g->row);
    TRY(shopper_fill(g->node, view, g->version, owner, &standing, &g->arena, &shopper));
    TRY(segments_of(g->version->rules, &standing, g->today, &shopper, &g->arena, &rows));
    for (size_t i = 0; i < g->draw->segment_count; i++) {
        *out_is = *out_is || rows[g->draw->segments[i]].reason == TRACE_FIRED;
    }
    return ERR_OK;
}

/* Of our own a member that is there and not blocked; others are their homes' business. */
static enum err is_welcome(struct gathering *g, const struct ledger_view *view,
                           const struct standing_owner *owner, bool *out_is)
{
    struct uid id;
    enum err err = ERR_OK;
    *out_is = true;
    if (owner->kind == OWNER_MEMBER) {
        memcpy(id.bytes, owner->id, sizeof id.bytes);
        err = ledger_get_member(view, &id, g->member);
        *out_is = err == ERR_OK && !g->member->is_blocked && !g->member->is_erased;
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    return *out_is ? is_in_segment(g, view, owner, out_is) : ERR_OK;
}

static enum err drop_unwelcome(struct gathering *g)
{
    struct state_reader *reader;
    size_t kept = 0;
    enum err err = readers_take(g->node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        for (size_t i = 0; err == ERR_OK && i < g->count; i++) {
            bool is = false;
            err = is_welcome(g, &view, &g->members[i].owner, &is);
            if (is) {
                g->members[kept++] = g->members[i];
            }
        }
        readers_give(g->node->readers, reader);
    }
    g->count = kept;
    return err;
}

static int compare_members(const void *a, const void *b)
{
    const struct draw_member *x = a;
    const struct draw_member *y = b;
    return memcmp(x->entrant.id, y->entrant.id, DRAW_ID_BYTES);
}

static enum err make_list(struct gathering *g, const uint8_t secret[DRAW_SECRET_BYTES],
                          struct draw_list *out)
{
    uint8_t blind[DRAW_BLIND_BYTES];
    for (size_t i = 0; i < g->count; i++) {
        draw_blind(g->draw->name, secret, &g->members[i].owner, blind, g->members[i].entrant.id);
    }
    qsort(g->members, g->count, sizeof g->members[0], compare_members);
    out->entrants = calloc(g->count, sizeof out->entrants[0]);
    if (out->entrants == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < g->count; i++) {
        out->entrants[i] = g->members[i].entrant;
    }
    TRY(draw_list_hash(out->entrants, g->count, &out->hash, &out->tickets));
    out->members = g->members;
    out->count = g->count;
    g->members = NULL;
    return ERR_OK;
}

static enum err gather(struct gathering *g, struct note *note)
{
    TRY(state_checkpoint_table(g->node->state, TABLE_STANDING));
    enum err err =
        state_scan(g->node->state, TABLE_STANDING, slice_of(NULL, 0), slice_of(NULL, 0), visit, g);
    TRY(err == ERR_OK ? drop_unwelcome(g) : err);
    if (g->count > LIMIT_DRAW_ENTRANTS) {
        return note_set(note, ERR_RESOURCE, "more than %u take part", LIMIT_DRAW_ENTRANTS);
    }
    return g->count == 0 ? note_set(note, ERR_NOT_FOUND, "nobody has a ticket") : ERR_OK;
}

enum err draw_list_make(struct node *node, const struct snapshot *snapshot,
                        const struct programme_version *version, const struct draw_plan *draw,
                        const uint8_t secret[DRAW_SECRET_BYTES], struct draw_list *out_list,
                        struct note *note)
{
    struct gathering g;
    struct draw_list list = {.count = 0};
    enum err err = gathering_init(&g, node, snapshot, version, draw);
    err = err == ERR_OK ? gather(&g, note) : err;
    err = err == ERR_OK ? make_list(&g, secret, &list) : err;
    gathering_fini(&g);
    if (err != ERR_OK) {
        draw_list_fini(&list);
        return err;
    }
    *out_list = list;
    return ERR_OK;
}

void draw_list_fini(struct draw_list *list)
{
    free(list->members);
    free(list->entrants);
}

enum err draw_tickets_of(struct node *node, const struct snapshot *snapshot,
                         const struct programme_version *version, const struct draw_plan *draw,
                         const struct standing_owner *owner, uint64_t *out_tickets)
{
    struct gathering g;
    struct state_reader *reader;
    enum err err = gathering_init(&g, node, snapshot, version, draw);
    err = err == ERR_OK ? readers_take(node->readers, &reader) : err;
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        bool is = false;
        err = ledger_get_standing(&view, &snapshot->roster, owner, g.row);
        struct standing standing = standing_of_row(g.row);
        int64_t value = err == ERR_OK ? value_of(&g, &standing) : 0;
        err = err == ERR_OK ? is_welcome(&g, &view, owner, &is) : err;
        *out_tickets = is && value > 0 ? (uint64_t)(value / g.unit) : 0;
        readers_give(node->readers, reader);
    }
    gathering_fini(&g);
    return err;
}
