#include "peer/half.h"

enum err half_root(const struct ledger_view *view, enum stream_direction direction,
                   const struct partner_id *partner, struct period period, const struct half *half,
                   struct hash *out_root)
{
    struct half_tree tree;
    enum err err = ledger_get_half_tree(view, direction, partner, period, &tree);
    *out_root = (struct hash){{0}};
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    bool is_whole = tree.first_number == half->first_number &&
                    tree.frontier.count == half->last_number - half->first_number + 1;
    if (is_whole) {
        *out_root = tree_root(&tree.frontier);
    }
    return ERR_OK;
}

static enum err add_leaf(void *context, uint64_t number, struct slice bytes)
{
    struct half_view *half = context;
    (void)number;
    half->leaves[half->leaf_count++] = tree_leaf(entry_body(bytes));
    return ERR_OK;
}

static enum err load_block(struct half_view *half, uint64_t block)
{
    uint64_t first = block * HALF_BLOCK;
    uint64_t left = half->tree.count - first;
    uint64_t count = left < HALF_BLOCK ? left : HALF_BLOCK;
    half->block = UINT64_MAX;
    half->leaf_count = 0;
    TRY(half_entries(half, half->first_number + first, count, add_leaf, half));
    if (half->leaf_count != count) {
        return ERR_CORRUPT;
    }
    half->block = block;
    return ERR_OK;
}

static enum err read_row(const struct half_view *half, struct tree_place place,
                         struct hash *out_hash)
{
    struct ledger_key key;
    struct slice value;
    key_tree(half->direction, &half->partner, half->period, place, &key);
    enum err err = view_get(&half->host->view, TABLE_TREE, &key, &value);
    return err == ERR_OK          ? tree_row_decode(value, out_hash)
           : err == ERR_NOT_FOUND ? ERR_UNAVAILABLE
                                  : err;
}

/* A whole subtree: folded from the next level below that has rows, or from entries. */
static enum err whole(void *context, struct tree_place place, struct hash *out_hash)
{
    struct half_view *half = context;
    struct hash parts[HALF_BLOCK];
    unsigned up = place.level % TREE_ROW_LEVELS;
    struct tree_place base = {place.level - up, place.index << up};
    size_t count = (size_t)1 << up;
    if (base.level > 0) {
        for (size_t i = 0; i < count; i++) {
            TRY(read_row(half, (struct tree_place){base.level, base.index + i}, &parts[i]));
        }
    } else {
        uint64_t block = base.index / HALF_BLOCK;
        if (half->block != block) {
            TRY(load_block(half, block));
        }
        for (size_t i = 0; i < count; i++) {
            parts[i] = half->leaves[base.index % HALF_BLOCK + i];
        }
    }
    *out_hash = tree_fold(parts, count);
    return ERR_OK;
}

/* How much of it is looked at. */
static enum err find_end(const struct half_view *half, uint64_t *last_number, struct note *note)
{
    struct half ended;
    if (*last_number != 0) {
        return ERR_OK;
    }
    enum err err =
        ledger_get_half(&half->host->view, half->direction, &half->partner, half->period, &ended);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_UNAVAILABLE, "the period is open with %s", half->partner.text);
    }
    TRY(err);
    *last_number = ended.last_number;
    return ERR_OK;
}

static enum err bound(struct half_view *half, const struct half_tree *tree, uint64_t last_number,
                      struct note *note)
{
    struct stream stream;
    struct half ended;
    TRY(ledger_get_stream(&half->host->view, half->host->roster, half->direction, &half->partner,
                          &stream));
    uint64_t count = last_number < tree->first_number ? 0 : last_number - tree->first_number + 1;
    bool is_known = ledger_get_half(&half->host->view, half->direction, &half->partner,
                                    half->period, &ended) == ERR_OK;
    uint64_t first = is_known ? ended.first_number : stream.period_first_number;
    bool is_open = half->period.code == stream.period.code;
    if ((is_known || is_open) && first != tree->first_number) {
        return note_set(note, ERR_UNSUPPORTED, "the half began before trees were kept");
    }
    if (is_open && count > tree->frontier.count && last_number <= stream.last_number) {
        return note_set(note, ERR_UNAVAILABLE, "the half changes just now");
    }
    half->first_number = tree->first_number;
    half->tree.count = count < tree->frontier.count ? count : tree->frontier.count;
    return ERR_OK;
}

void half_begin(struct half_view *half, const struct peer_host *host,
                const struct partner_id *partner, enum stream_direction direction)
{
    half->host = host;
    half->partner = *partner;
    half->direction = direction;
    half->period = (struct period){0};
    half->block = UINT64_MAX;
    half->leaf_count = 0;
    half->tree = (struct tree_reader){.context = half, .whole = whole};
    outbox_reader_init(&half->outbox, engine_journal(host->engine), host->view);
}

enum err half_open(struct half_view *half, const struct peer_host *host,
                   const struct partner_id *partner, enum stream_direction direction,
                   struct period period, uint64_t last_number, struct note *note)
{
    struct half_tree tree;
    struct stream stream;
    half_begin(half, host, partner, direction);
    half->period = period;
    TRY(find_end(half, &last_number, note));
    enum err err = ledger_get_half_tree(&host->view, direction, partner, period, &tree);
    if (err == ERR_NOT_FOUND) { /* no entry yet */
        TRY(ledger_get_stream(&host->view, host->roster, direction, partner, &stream));
        half->first_number = stream.period_first_number;
        return ERR_OK;
    }
    TRY(err);
    return bound(half, &tree, last_number, note);
}

void half_close(struct half_view *half)
{
    outbox_reader_fini(&half->outbox);
}
