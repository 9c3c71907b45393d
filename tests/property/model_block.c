/* Blocks of points that are paid in advance: sold to partners, bought of them. */
#include "model_parts.h"

enum {
    BLOCKS_OPEN = 16,
    DAYS_OF_GRACE = 7
};

static struct model_block *block_of(struct model *m, bool is_sold, int partner,
                                    const struct uid *id)
{
    for (size_t i = 0; i < m->block_count; i++) {
        struct model_block *block = &m->blocks[i];
        if (block->is_sold == is_sold && block->partner == partner && uid_equal(&block->id, id)) {
            return block;
        }
    }
    return NULL;
}

/* ---- Bought ---- */

enum verdict model_draw(struct model *m, int partner, int64_t points, int64_t time,
                        size_t *out_block)
{
    bool refuses = false;
    *out_block = 0;
    for (size_t i = 0; i < m->block_count && points > 0; i++) {
        const struct model_block *block = &m->blocks[i];
        bool is_here = !block->is_sold && block->partner == partner && block->is_listed &&
                       block->state == BLOCK_LIVE && time >= block->valid_from &&
                       time < block->valid_until;
        bool is_sooner =
            *out_block == 0 || block->valid_until < m->blocks[*out_block - 1].valid_until;
        if (is_here && block->left >= points && is_sooner) {
            *out_block = i + 1;
        }
        refuses = refuses || (is_here && block->refuses);
    }
    return *out_block == 0 && refuses ? VERDICT_BLOCK_EMPTY : VERDICT_OK;
}

void model_change_block(struct model *m, size_t number, int64_t points)
{
    struct model_block *block = number == 0 ? NULL : &m->blocks[number - 1];
    if (block == NULL || points == 0) {
        return;
    }
    block->left += points;
    if (!block->is_sold && block->state == BLOCK_ENDED && block->left > 0 && block->due == 0) {
        block->due = m->now + 60000;
    }
}

void model_block_receipted(struct model *m, int partner, const struct model_entry *entry,
                           bool is_good)
{
    struct model_block *block = block_of(m, false, partner, &entry->subject);
    if (entry->kind == ENTRY_BLOCK_BOUGHT) {
        block->state = is_good ? BLOCK_LIVE : BLOCK_DECLINED;
        block->due = is_good ? block->valid_until : 0;
        block->is_listed = is_good;
        block->left = is_good ? block->left : 0;
    } else if (entry->kind == ENTRY_BLOCK_ENDED && !is_good) {
        block->left += entry->points;
        block->due = block->due == 0 ? m->now + 3600000 : block->due;
    }
}

enum verdict model_step_block_due(struct model *m, const struct command *command,
                                  struct model_answer *answer)
{
    int partner = model_partner(m, &command->due.redeemer);
    struct model_block *block = block_of(m, false, partner, &command->due.id);
    bool may_send = !m->is_frozen_out[partner] && model_may_send(m, partner, false);
    (void)answer;
    block->due = 0;
    if (block->left > 0 && !may_send) {
        block->due = m->now + 60000;
        return VERDICT_OK;
    }
    block->is_listed = false;
    block->state = BLOCK_ENDED;
    if (block->left > 0) {
        model_send(m, partner,
                   (struct model_entry){.kind = ENTRY_BLOCK_ENDED,
                                        .points = block->left,
                                        .subject = block->id,
                                        .lot = {.tariff = MODEL_PREPAID}});
        block->left = 0;
    }
    return VERDICT_OK;
}

/* ---- Sold ---- */

enum verdict model_judge_draw(struct model *m, int sender, const struct clearing_entry *entry,
                              size_t *out_block)
{
    *out_block = 0;
    if (uid_is_nil(&entry->subject)) {
        return VERDICT_OK;
    }
    struct model_block *block = block_of(m, true, sender, &entry->subject);
    if (block == NULL) {
        return VERDICT_BLOCK_UNKNOWN;
    }
    if (block->state != BLOCK_LIVE) {
        return VERDICT_BLOCK_NOT_OPEN;
    }
    int64_t time = entry->business_time.ms;
    if (time < block->valid_from || time >= block->valid_until ||
        m->now > block->valid_until + DAYS_OF_GRACE * DAY_MS) {
        return VERDICT_BLOCK_EXPIRED;
    }
    *out_block = (size_t)(block - m->blocks) + 1;
    return entry->points.minor > block->left ? VERDICT_BLOCK_EXCEEDED : VERDICT_OK;
}

static enum verdict take_bought(struct model *m, int sender, struct model_block *block,
                                const struct clearing_entry *entry)
{
    if (entry->points.minor != block->points || entry->active_from.ms != block->valid_from ||
        entry->expires_at.ms != block->valid_until || entry->refuses_when_empty != block->refuses) {
        return VERDICT_BLOCK_TERMS;
    }
    if (block->state != BLOCK_OFFERED) {
        return VERDICT_BLOCK_NOT_OPEN;
    }
    if (entry->business_time.ms > block->offered_until ||
        m->now > block->offered_until + DAYS_OF_GRACE * DAY_MS) {
        return VERDICT_BLOCK_EXPIRED;
    }
    int64_t price = roster_tariff(m->roster, MODEL_PREPAID)->issue_price.minor;
    if (!model_may_be_owed(m, sender, block->points * price)) {
        return VERDICT_NET_DEBIT_CAP;
    }
    block->state = BLOCK_LIVE;
    return VERDICT_OK;
}

enum verdict model_take_block(struct model *m, int sender, const struct clearing_entry *entry)
{
    struct model_block *block = block_of(m, true, sender, &entry->subject);
    if (block == NULL) {
        return VERDICT_BLOCK_UNKNOWN;
    }
    if (entry->tariff != MODEL_PREPAID) {
        return VERDICT_BLOCK_TERMS;
    }
    if (entry->kind == ENTRY_BLOCK_BOUGHT) {
        return take_bought(m, sender, block, entry);
    }
    if (m->now < block->valid_until) {
        return VERDICT_BLOCK_TERMS;
    }
    if (block->state != BLOCK_LIVE && block->state != BLOCK_ENDED) {
        return VERDICT_BLOCK_NOT_OPEN;
    }
    if (entry->points.minor > block->left) {
        return VERDICT_BLOCK_EXCEEDED;
    }
    block->left -= entry->points.minor;
    block->state = BLOCK_ENDED;
    block->is_listed = false;
    return VERDICT_OK;
}

/* ---- The offices ---- */

static enum verdict judge_terms(const struct model *m, const struct block_terms *terms)
{
    if (terms->points.minor <= 0) {
        return VERDICT_POINTS_NOT_POSITIVE;
    }
    if (terms->points.minor > LIMIT_POINTS_PER_COMMAND) {
        return VERDICT_POINTS_TOO_LARGE;
    }
    if (roster_tariff(m->roster, terms->tariff) == NULL) {
        return VERDICT_TARIFF_UNKNOWN;
    }
    if (terms->tariff != MODEL_PREPAID) {
        return VERDICT_TARIFF_NOT_IN_FORCE;
    }
    if (terms->valid_until.ms <= terms->valid_from.ms ||
        terms->valid_until.ms <= terms->offered_until.ms) {
        return VERDICT_BLOCK_TERMS;
    }
    return terms->offered_until.ms < m->now ? VERDICT_BLOCK_EXPIRED : VERDICT_OK;
}

static size_t count_listed(struct model *m, bool is_sold, int partner)
{
    size_t count = 0;
    for (size_t i = 0; i < m->block_count; i++) {
        const struct model_block *block = &m->blocks[i];
        int64_t end = block->state == BLOCK_OFFERED ? block->offered_until : block->valid_until;
        bool is_over = is_sold && end + DAYS_OF_GRACE * DAY_MS < m->now;
        count +=
            block->is_sold == is_sold && block->partner == partner && block->is_listed && !is_over;
    }
    return count;
}

/* What is over is not listed again when a new one has taken its place; nobody asks for it. */
static void add_block(struct model *m, bool is_sold, int partner, const struct block_terms *terms)
{
    ASSERT(m->block_count < MODEL_BLOCKS);
    m->blocks[m->block_count++] =
        (struct model_block){.id = terms->id,
                             .is_sold = is_sold,
                             .partner = partner,
                             .state = is_sold ? BLOCK_OFFERED : BLOCK_BOUGHT,
                             .points = terms->points.minor,
                             .left = terms->points.minor,
                             .offered_until = terms->offered_until.ms,
                             .valid_from = terms->valid_from.ms,
                             .valid_until = terms->valid_until.ms,
                             .refuses = terms->refuses_when_empty,
                             .is_listed = true};
}

enum verdict model_step_block(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    const struct block_terms *terms = &command->block_of_points.terms;
    bool is_sold = command->kind == COMMAND_SELL_BLOCK;
    int partner = model_partner(m, is_sold ? &terms->buyer : &terms->seller);
    if (partner <= 0) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    enum verdict verdict = judge_terms(m, terms);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (block_of(m, is_sold, partner, &terms->id) != NULL ||
        count_listed(m, is_sold, partner) >= BLOCKS_OPEN) {
        return VERDICT_BLOCK_EXISTS;
    }
    if (!is_sold && m->is_frozen_out[partner]) {
        return VERDICT_STREAM_FROZEN;
    }
    if (!is_sold && !model_may_send(m, partner, true)) {
        return VERDICT_OUTBOX_FULL;
    }
    int64_t price = roster_tariff(m->roster, MODEL_PREPAID)->issue_price.minor;
    if (!is_sold && !model_may_owe(m, partner, terms->points.minor * price)) {
        return VERDICT_NET_DEBIT_CAP;
    }
    add_block(m, is_sold, partner, terms);
    if (!is_sold) {
        model_send(m, partner,
                   (struct model_entry){.kind = ENTRY_BLOCK_BOUGHT,
                                        .points = terms->points.minor,
                                        .transaction_id = command->transaction_id,
                                        .subject = terms->id,
                                        .lot = {.tariff = MODEL_PREPAID}});
    }
    answer->points = terms->points.minor;
    return VERDICT_OK;
}

enum verdict model_step_withdraw(struct model *m, const struct command *command,
                                 struct model_answer *answer)
{
    int buyer = model_partner(m, &command->withdrawal.buyer);
    struct model_block *block = block_of(m, true, buyer, &command->withdrawal.block);
    if (block == NULL) {
        return VERDICT_BLOCK_UNKNOWN;
    }
    if (block->state != BLOCK_OFFERED) {
        return VERDICT_BLOCK_NOT_OPEN;
    }
    block->state = BLOCK_WITHDRAWN;
    block->is_listed = false;
    block->left = 0;
    answer->points = block->points;
    return VERDICT_OK;
}
