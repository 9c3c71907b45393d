#include "node/partner_points.h"

#include "node/node.h"
#include "node/readers.h"
#include "peer/standin.h"

int64_t partner_mandates_left(struct node *node, const struct partner_id *partner, bool is_given)
{
    const struct partner_id *self = &node->config.partner;
    struct standin_mandates mandates = {.count = 0};
    struct state_reader *reader;
    if (readers_take(node->readers, &reader) != ERR_OK) {
        return -1;
    }
    struct ledger_view view = state_reader_view(reader);
    enum err err = standin_mandates(&view, is_given ? self : partner, is_given ? partner : self,
                                    node_now(node), &mandates);
    readers_give(node->readers, reader);
    return err == ERR_OK ? standin_left(&mandates) : -1;
}

static enum err blocks_left(const struct ledger_view *view, const struct partner_id *seller,
                            const struct partner_id *buyer, int64_t *out_points)
{
    struct block_line line = {.count = 0};
    int64_t points = 0;
    enum err err = ledger_get_block_line(view, seller, buyer, &line);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    for (size_t i = 0; err == ERR_OK && i < line.count; i++) {
        struct block_row row;
        TRY(ledger_get_block(view, seller, buyer, &line.places[i].id, &row));
        TRY(int64_add(points, row.state == BLOCK_LIVE ? row.left : 0, &points));
    }
    *out_points = points;
    return ERR_OK;
}

int64_t partner_blocks_left(struct node *node, const struct partner_id *partner, bool is_sold)
{
    const struct partner_id *self = &node->config.partner;
    int64_t points = -1;
    struct state_reader *reader;
    if (readers_take(node->readers, &reader) != ERR_OK) {
        return -1;
    }
    struct ledger_view view = state_reader_view(reader);
    enum err err = blocks_left(&view, is_sold ? self : partner, is_sold ? partner : self, &points);
    readers_give(node->readers, reader);
    return err == ERR_OK ? points : -1;
}
