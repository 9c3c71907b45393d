/* Random commands of the back office: members, cards, pools, transfers, corrections. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "model_parts.h"

static size_t living_members(const struct model *m)
{
    size_t living = 0;
    for (size_t i = 0; i < m->member_count; i++) {
        const struct model_member *member = &m->members[i];
        living += !member->is_pool && !member->is_erased && member->merged_into < 0;
    }
    return living;
}

void make_enrol(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command_enrol *enrol = &making->command->enrol;
    const struct model *m = making->m;
    bool is_full = living_members(m) >= making->mood->member_max ||
                   m->member_count == MODEL_MEMBERS || m->card_count + 16 > MODEL_CARDS;
    making->command->kind = COMMAND_ENROL;
    *enrol = (struct command_enrol){0};
    enrol->member = pick_id(making->step->serial, ID_MEMBER);
    put_u32_be(enrol->said_tag, making->step->serial + 1);
    enrol->sealed = slice_of("sealed", 6);
    if (one_in(n[5], 3)) {
        enrol->referrer = pick_member_id(m, n[6], one_in(n[7], 6) ? MEMBER_ANY : MEMBER_LIVING);
    }
    if (is_full || !one_in(n[3], 5)) {
        put_u32_be(enrol->reference_tag, 1 + n[4] % 50);
    }
    if (!is_full) {
        return;
    }
    for (size_t i = 0; i < m->member_count; i++) { /* somebody else's number: refused */
        if (m->members[i].has_reference) {
            memcpy(enrol->reference_tag, m->members[i].reference_tag, PERSONAL_TAG_SIZE);
            return;
        }
    }
    make_block_card(making);
}

void make_issue_card(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    bool is_full = making->m->card_count + 16 > MODEL_CARDS;
    making->command->kind = COMMAND_ISSUE_CARD;
    making->command->card = (struct command_card){0};
    making->command->card.member = is_full ? pick_id(making->step->serial, ID_NOBODY)
                                           : pick_member_id(making->m, n[4],
                                                            one_in(n[5], 5)   ? MEMBER_POOL
                                                            : one_in(n[5], 7) ? MEMBER_ANY
                                                                              : MEMBER_LIVING);
}

/* A card or a member that is blocked, now and then another. */
static struct card_number blocked_card(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    size_t start = n[4] % (making->m->card_count + 1);
    for (size_t i = 0; i < making->m->card_count && !one_in(n[5], 5); i++) {
        const struct model_card *card = &making->m->cards[(start + i) % making->m->card_count];
        if (card->is_blocked) {
            return card->number;
        }
    }
    return pick_card(making->m, n[4]);
}

void make_block_card(const struct making *making)
{
    making->command->kind = COMMAND_BLOCK_CARD;
    making->command->card = (struct command_card){0};
    making->command->card.card = one_in(making->step->numbers[3], 8)
                                     ? blocked_card(making)
                                     : pick_card(making->m, making->step->numbers[4]);
}

void make_unblock_card(const struct making *making)
{
    making->command->kind = COMMAND_UNBLOCK_CARD;
    making->command->card = (struct command_card){0};
    making->command->card.card = blocked_card(making);
}

static void fill_reason(const struct making *making, char reason[LIMIT_REASON_BYTES + 1])
{
    static const char *const reasons[] = {"GOODWILL", "FRAUD", "LOST_2", "good will", ""};
    uint32_t number = making->step->numbers[8];
    size_t which = one_in(number, 15) ? 3 + (number >> 8) % 2 : (number >> 8) % 3;
    (void)snprintf(reason, LIMIT_REASON_BYTES + 1, "%s", reasons[which]);
}

void make_block_member(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    making->command->kind = COMMAND_BLOCK_MEMBER;
    making->command->block = (struct command_block){0};
    making->command->block.member = pick_member_id(making->m, n[4], (enum member_taste)(n[5] % 3));
    fill_reason(making, making->command->block.reason);
}

void make_unblock_member(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    make_block_member(making);
    making->command->kind = COMMAND_UNBLOCK_MEMBER;
    size_t start = n[7] % (m->member_count + 1);
    for (size_t i = 0; i < m->member_count && !one_in(n[6], 5); i++) {
        const struct model_member *member = &m->members[(start + i) % m->member_count];
        if (member->is_blocked) {
            making->command->block.member = member->id;
            break;
        }
    }
}

void make_set_referrer(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    making->command->kind = COMMAND_SET_REFERRER;
    making->command->referrer = (struct command_referrer){
        .member = pick_member_id(making->m, n[4], one_in(n[5], 5) ? MEMBER_ANY : MEMBER_LIVING),
        .referrer = pick_member_id(making->m, n[6], one_in(n[7], 5) ? MEMBER_ANY : MEMBER_LIVING)};
}

void make_set_profile(const struct making *making)
{
    static const char *const texts[] = {"anew", "sealed", "other"};
    const uint32_t *n = making->step->numbers;
    struct command_profile *change = &making->command->profile;
    enum member_taste taste = one_in(n[5], 5)   ? MEMBER_ANY
                              : one_in(n[5], 4) ? MEMBER_POOL
                                                : MEMBER_LIVING;
    const char *text = texts[n[6] % 3];
    const char *was = texts[n[7] % 3];
    making->command->kind = COMMAND_SET_PROFILE;
    *change = (struct command_profile){.sealed = slice_of(text, strlen(text))};
    change->member = pick_member_id(making->m, n[4], taste);
    put_u32_be(change->said_tag, making->step->serial + 1);
    for (size_t i = 0; i < making->m->member_count && !one_in(n[8], 5); i++) {
        if (uid_equal(&making->m->members[i].id, &change->member)) {
            was = making->m->members[i].personal;
        }
    }
    change->replaces = hash_of(HASH_DOMAIN_PROFILE, slice_of(was, strlen(was)));
}

void make_erase(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    enum member_taste taste = one_in(n[5], 5)   ? MEMBER_ANY
                              : one_in(n[5], 4) ? MEMBER_POOL
                                                : MEMBER_LIVING;
    making->command->kind = COMMAND_ERASE_MEMBER;
    making->command->erase.member = pick_member_id(making->m, n[4], taste);
}

/* Somebody who is in the pool, mostly. */
static struct uid some_pool_member(const struct making *making, int pool, uint32_t number)
{
    const struct model *m = making->m;
    size_t start = number % (m->member_count + 1);
    for (size_t i = 0; i < m->member_count && pool >= 0 && !one_in(number, 9); i++) {
        size_t member = (start + i) % m->member_count;
        if ((m->members[pool].pool_members >> member & 1) != 0) {
            return m->members[member].id;
        }
    }
    return one_in(number, 3) ? (struct uid){{0}} : pick_member_id(m, number, MEMBER_LIVING);
}

void make_transfer(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command_transfer *transfer = &making->command->transfer;
    enum member_taste from_taste = one_in(n[3], 5) ? MEMBER_POOL : MEMBER_LIVING;
    enum member_taste to_taste = one_in(n[4], 4) ? MEMBER_POOL : MEMBER_LIVING;
    int from = pick_member(making->m, n[5], from_taste);
    making->command->kind = COMMAND_TRANSFER;
    *transfer = (struct command_transfer){0};
    transfer->from = pick_member_id(making->m, n[5], from_taste);
    transfer->to =
        one_in(n[4] >> 4, 40) ? transfer->from : pick_member_id(making->m, n[6], to_taste);
    from = from < 0 ? -1 : model_follow(making->m, from);
    int64_t there = from < 0 ? 0 : model_balances(making->m, from, making->step->at).available;
    transfer->points =
        points_of(pick_points_of(n[7], making->mood->is_hoarding ? 20000 : 200, there));
    if ((from >= 0 && making->m->members[from].is_pool) || one_in(n[9], 30)) {
        transfer->by = some_pool_member(making, from, n[8]);
    }
}

void make_open_pool(const struct making *making)
{
    const struct model *m = making->m;
    if (m->member_count == MODEL_MEMBERS || m->card_count + 16 > MODEL_CARDS) {
        make_transfer(making);
        return;
    }
    making->command->kind = COMMAND_OPEN_POOL;
    making->command->pool = (struct command_pool){0};
    making->command->pool.pool = pick_id(making->step->serial, ID_POOL);
    making->command->pool.member =
        pick_member_id(m, making->step->numbers[4],
                       one_in(making->step->numbers[5], 6) ? MEMBER_ANY : MEMBER_LIVING);
    (void)snprintf(making->command->pool.name, sizeof making->command->pool.name, "family");
}

void make_join_pool(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    making->command->kind = COMMAND_JOIN_POOL;
    making->command->pool = (struct command_pool){0};
    making->command->pool.pool = pick_member_id(making->m, n[4], MEMBER_POOL);
    making->command->pool.member =
        pick_member_id(making->m, n[5], one_in(n[6], 8) ? MEMBER_ANY : MEMBER_LIVING);
}

void make_leave_pool(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    int pool = pick_member(making->m, n[4], MEMBER_POOL);
    make_join_pool(making);
    making->command->kind = COMMAND_LEAVE_POOL;
    if (one_in(n[7], 5)) {
        return;
    }
    struct uid member = some_pool_member(making, pool, n[5]);
    if (!uid_is_nil(&member)) {
        making->command->pool.member = member;
    }
}

void make_propose(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command_adjustment *adjustment = &making->command->adjustment;
    making->command->kind = COMMAND_PROPOSE_ADJUSTMENT;
    *adjustment = (struct command_adjustment){0};
    adjustment->member = pick_member_id(making->m, n[4], (enum member_taste)(n[5] % 3));
    adjustment->points = points_of(pick_points(n[6], 400));
    if (one_in(n[7], making->mood->is_hoarding ? 9 : 2)) {
        adjustment->points.minor = -adjustment->points.minor;
    }
    if (one_in(n[7] >> 2, 3)) {
        adjustment->expires_at.ms =
            making->step->at.ms + (n[7] >> 8) % (20 * making->mood->pause_hours) * HOUR_MS;
    }
    fill_reason(making, adjustment->reason);
    (void)snprintf(adjustment->maker, sizeof adjustment->maker, "alfa/office/%u", n[9] % 3);
}

void make_rule(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    struct command_ruling *ruling = &making->command->ruling;
    making->command->kind = COMMAND_RULE_ADJUSTMENT;
    *ruling = (struct command_ruling){0};
    ruling->adjustment = pick_id(n[4] % 5, ID_NOBODY);
    size_t window = m->adjustment_count < 6 ? m->adjustment_count : 6;
    for (size_t i = 0; i < window && !one_in(n[4], 20); i++) {
        const struct model_adjustment *known = &m->adjustments[m->adjustment_count - 1 - i];
        ruling->adjustment = known->id;
        if (!known->is_ruled && !one_in(n[4] >> (4 + i), 3)) {
            break;
        }
    }
    ruling->is_approved = !one_in(n[5], 4);
    (void)snprintf(ruling->checker, sizeof ruling->checker, "alfa/office/%u", n[6] % 3);
    struct unix_ms from;
    make_terms(making, &from, &ruling->points_expire_at);
    ruling->idle_months = one_in(n[9], 4) ? (uint8_t)(1 + (n[9] >> 8) % 12) : 0;
}

void make_merge(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    struct command_merge *merge = &making->command->merge;
    making->command->kind = COMMAND_MERGE_MEMBERS;
    if (m->merge_count == MODEL_MERGES) {
        make_transfer(making);
        return;
    }
    merge->from = pick_member_id(m, n[4], one_in(n[6], 9) ? MEMBER_POOL : MEMBER_LIVING);
    merge->into = one_in(n[5], 30) ? merge->from
                                   : pick_member_id(m, making->mood->is_merging ? 9 : n[5],
                                                    one_in(n[6], 10) ? MEMBER_ANY : MEMBER_LIVING);
}

void make_unmerge(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    struct command_unmerge *unmerge = &making->command->unmerge;
    making->command->kind = COMMAND_UNMERGE_MEMBERS;
    unmerge->merge = pick_id(n[4] % 5, ID_NOBODY);
    size_t start = n[4] % (m->merge_count + 1);
    for (size_t i = 0; i < m->merge_count && !one_in(n[4] >> 8, 12); i++) {
        const struct model_merge *known = &m->merges[(start + i) % m->merge_count];
        unmerge->merge = known->id;
        if (!known->is_undone && !one_in(n[5], 5)) {
            break;
        }
    }
}

/* A few old transaction ids and one that nobody used. */
void make_prune(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    size_t count = n[3] % 5;
    size_t length = 0;
    for (size_t i = 0; i <= count; i++) {
        const struct model_command *known = pick_command(making->m, n[4 + i], false);
        struct ledger_key key;
        key_origin(known == NULL ? &command->origin : &known->command.origin,
                   known == NULL || i == count ? &command->transaction_id
                                               : &known->command.transaction_id,
                   &key);
        ASSERT(key.length == TRANSACTION_KEY_SIZE);
        memcpy(making->room->keys + length, key.bytes, TRANSACTION_KEY_SIZE);
        length += TRANSACTION_KEY_SIZE;
    }
    command->kind = COMMAND_PRUNE;
    command->transaction_id = pick_id(making->step->serial, ID_DUE);
    command->prune.keys = slice_of(making->room->keys, length);
}
