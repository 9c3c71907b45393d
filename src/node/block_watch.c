#include "node/block_watch.h"

#include "node/node.h"
#include "node/readers.h"

static bool was_told(const struct block_watch *watch, const struct uid *id)
{
    size_t first = watch->count > LIMIT_BLOCKS_TOLD ? watch->count - LIMIT_BLOCKS_TOLD : 0;
    for (size_t i = first; i < watch->count; i++) {
        if (uid_equal(&watch->told[i % LIMIT_BLOCKS_TOLD], id)) {
            return true;
        }
    }
    return false;
}

static void tell(struct node *node, const struct block_row *row)
{
    char id[UID_TEXT_MAX];
    uid_format(&row->terms.id, id);
    log_event(&node->log, LOG_LEVEL_WARNING, "block_low", LOG_TEXT("block", id),
              LOG_TEXT("seller", row->terms.seller.text), LOG_TEXT("buyer", row->terms.buyer.text),
              LOG_INT("points", row->terms.points.minor), LOG_INT("left", row->left));
}

static void look_at(struct node *node, struct block_watch *watch, const struct ledger_view *view,
                    const struct partner_id *seller, const struct partner_id *buyer)
{
    struct block_line line;
    if (ledger_get_block_line(view, seller, buyer, &line) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < line.count; i++) {
        struct block_row row;
        bool is_low = ledger_get_block(view, seller, buyer, &line.places[i].id, &row) == ERR_OK &&
                      row.state == BLOCK_LIVE && block_is_low(&row.terms, row.left);
        if (is_low && !was_told(watch, &row.terms.id)) {
            tell(node, &row);
            watch->told[watch->count++ % LIMIT_BLOCKS_TOLD] = row.terms.id;
        }
    }
}

void blocks_look(struct node *node, struct block_watch *watch)
{
    struct state_reader *reader;
    struct snapshot *snapshot = node_snapshot(node);
    const struct roster *roster = &snapshot->roster;
    if (readers_take(node->readers, &reader) == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        for (size_t i = 0; i < roster->partner_count; i++) {
            const struct partner_id *partner = &roster->partners[i].id;
            if (!roster_is_self(roster, partner)) {
                look_at(node, watch, &view, &roster->self, partner);
                look_at(node, watch, &view, partner, &roster->self);
            }
        }
        readers_give(node->readers, reader);
    }
    snapshot_release(snapshot);
}
