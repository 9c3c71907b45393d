/* Random commands about blocks of points that are paid in advance, and partners' entries about
 * those that were sold. */
#include "commands.h"
#include "model_parts.h"

/* NULL: there is none. */
static const struct model_block *pick_block(const struct model *m, uint32_t number, bool is_sold,
                                            int partner)
{
    const struct model_block *best = NULL;
    uint32_t best_mix = 0;
    size_t first = m->block_count > 12 ? m->block_count - 12 : 0; /* of the latest */
    for (size_t i = first; i < m->block_count; i++) {
        const struct model_block *block = &m->blocks[i];
        uint32_t mix = random_mix((uint32_t)i, number);
        bool is_wanted = block->is_sold == is_sold && (partner == 0 || block->partner == partner);
        if (is_wanted && (best == NULL || mix > best_mix)) {
            best = block;
            best_mix = mix;
        }
    }
    return best;
}

static void make_block(const struct making *making, bool is_sold)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    int64_t now = making->step->at.ms;
    struct command_block_of_points *block = &making->command->block_of_points;
    const struct model_block *known = pick_block(m, n[5], is_sold, 0);
    int partner = one_in(n[3] >> 8, 25) ? 0 : 1 + (int)(n[3] % 2);
    making->command->kind = is_sold ? COMMAND_SELL_BLOCK : COMMAND_BUY_BLOCK;
    block->terms = (struct block_terms){
        .id = making->command->transaction_id,
        .seller = m->roster->partners[is_sold ? 0 : partner].id,
        .buyer = m->roster->partners[is_sold ? partner : 0].id,
        .points = points_of(pick_points(n[4], 600)),
        .tariff = one_in(n[6], 20) ? 1 + n[6] / 20 % 9 : MODEL_PREPAID,
        .offered_until = {now + ((int64_t)(n[7] % 72) - (one_in(n[7], 15) ? 72 : 0)) * HOUR_MS},
        .valid_from = {one_in(n[8], 4) ? now + (int64_t)(n[8] % 48) * HOUR_MS : 0},
        .refuses_when_empty = one_in(n[9] >> 4, 3)};
    block->terms.valid_until.ms = block->terms.offered_until.ms +
                                  ((int64_t)(n[9] % 400) - (one_in(n[9], 30) ? 400 : 0)) * HOUR_MS;
    if (known != NULL && one_in(n[5], 25)) {
        block->terms.id = known->id;
    }
    if (!is_sold) {
        block->evidence = slice_of("signed", 6);
    }
}

void make_sell_block(const struct making *making)
{
    make_block(making, true);
}

void make_buy_block(const struct making *making)
{
    make_block(making, false);
}

void make_block_due(const struct making *making)
{
    const struct model *m = making->m;
    for (size_t i = 0; i < m->block_count; i++) {
        const struct model_block *block = &m->blocks[i];
        if (block->due != 0 && block->due <= making->step->at.ms) {
            making->command->kind = COMMAND_BLOCK_DUE;
            making->command->due = (struct command_due){
                block->id, m->roster->partners[block->partner].id, {block->due}};
            making->command->business_time.ms = block->due;
            return;
        }
    }
    make_sell_block(making);
}

void make_withdraw_block(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model_block *block = pick_block(making->m, n[5], true, 0);
    if (block == NULL) {
        make_sell_block(making);
        return;
    }
    int buyer = one_in(n[6], 10) ? 3 - block->partner : block->partner;
    making->command->kind = COMMAND_WITHDRAW_BLOCK;
    making->command->withdrawal =
        (struct command_withdrawal){block->id, making->m->roster->partners[buyer].id};
}

/* A draw of one that the sender has bought, its purchase, or its end. */
void make_block_entry(const struct making *making, int sender, struct clearing_entry *entry)
{
    const uint32_t *n = making->step->numbers;
    const struct model_block *block = pick_block(making->m, n[6], true, sender);
    entry->tariff = one_in(n[8], 40) ? 1 : MODEL_PREPAID;
    entry->subject = block == NULL || one_in(n[7], 25) ? pick_id(n[6] % 7, ID_NOBODY) : block->id;
    entry->points = points_of(1 + (n[5] >> 8) % 90);
    bool buys = block == NULL || block->state == BLOCK_OFFERED ? !one_in(n[9] >> 3, 6)
                                                               : one_in(n[9] >> 3, 8);
    bool ends = !buys && block != NULL &&
                (making->step->at.ms >= block->valid_until || one_in(n[9] >> 7, 12));
    entry->kind = buys ? ENTRY_BLOCK_BOUGHT : ends ? ENTRY_BLOCK_ENDED : ENTRY_EARN;
    if (entry->kind == ENTRY_EARN) {
        entry->card = pick_card(making->m, n[7] >> 4);
        make_terms(making, &entry->active_from, &entry->expires_at);
        entry->tariff = MODEL_PREPAID;
    } else if (ends) {
        entry->points =
            points_of(one_in(n[5], 3) || block->left <= 0 ? 1 + (n[5] >> 8) % 900 : block->left);
    } else if (block != NULL) {
        entry->points = points_of(one_in(n[5], 10) ? 1 : block->points);
        entry->active_from.ms = block->valid_from;
        entry->refuses_when_empty = block->refuses;
    }
    if (buys) {
        entry->expires_at.ms = block == NULL ? making->step->at.ms + 1 : block->valid_until;
    }
}
