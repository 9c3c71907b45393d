#include "node/audience.h"

#include "node/judging.h"
#include "node/node.h"
#include "node/shopper.h"
#include "programme/rules.h"

int64_t audience_today(struct node *node, const struct programme_version *version)
{
    return unix_day(judging_local(node, version, node_now(node)));
}

/* ERR_NOT_FOUND: nobody that counts. */
static enum err find_somebody(const struct ledger_view *view, const struct uid *member,
                              struct member *out_row)
{
    TRY(ledger_get_member(view, member, out_row));
    return out_row->is_pool || out_row->is_merged || out_row->is_erased ? ERR_NOT_FOUND : ERR_OK;
}

static enum err judge_segments(const struct programme_version *version, int64_t day,
                               struct arena *arena, struct audience_member *member)
{
    struct standing kept;
    if (version->rules == NULL || version->file.rules.segment_count == 0) {
        return ERR_OK;
    }
    TRY(rules_drop_passed(version->rules, &member->standing, day, arena, &kept));
    return segments_of(version->rules, &kept, day, &member->shopper, arena, &member->segments);
}

enum err audience_look(struct node *node, const struct ledger_view *view,
                       const struct snapshot *snapshot, const struct uid *member, int64_t day,
                       struct arena *arena, struct audience_member *out_member)
{
    const struct programme_version *version = programmes_at(snapshot->programmes, node_now(node));
    struct audience_member found = {.is_somebody = true};
    struct standing_owner owner = standing_of_member(member);
    struct standing_row *row = arena_alloc(arena, sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = find_somebody(view, member, &found.row);
    if (err == ERR_NOT_FOUND) {
        *out_member = (struct audience_member){.is_somebody = false};
        return ERR_OK;
    }
    TRY(err);
    TRY(ledger_get_standing(view, &snapshot->roster, &owner, row));
    found.standing = standing_of_row(row);
    TRY(shopper_fill(node, view, version, &owner, &found.standing, arena, &found.shopper));
    TRY(judge_segments(version, day, arena, &found));
    *out_member = found;
    return ERR_OK;
}

struct lists_found {
    struct static_list *lists;
    size_t count;
};

static enum err gather_list(void *context, struct slice key, struct slice value)
{
    (void)key;
    struct lists_found *found = context;
    struct standing_row row;
    TRY(standing_row_decode(value, &row));
    struct standing standing = standing_of_row(&row);
    found->count += list_read(&standing, &found->lists[found->count]) ? 1 : 0;
    return found->count == LIMIT_LISTS ? ERR_NOT_FOUND : ERR_OK;
}

enum err audience_lists(struct node *node, struct static_list out_lists[LIMIT_LISTS],
                        size_t *out_count)
{
    const uint8_t kind = OWNER_LIST;
    struct lists_found found = {.lists = out_lists};
    TRY(state_checkpoint_table(node->state, TABLE_STANDING));
    TRY(state_scan(node->state, TABLE_STANDING, slice_of(&kind, 1), slice_of(NULL, 0), gather_list,
                   &found));
    *out_count = found.count;
    return ERR_OK;
}
