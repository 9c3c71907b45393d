/* Members and cards: enrolled, blocked, erased. */
#include "model_parts.h"

#include <string.h>

static void add_card(struct model *m, int member, const struct command *command,
                     struct model_answer *answer)
{
    ASSERT(m->card_count < MODEL_CARDS);
    struct model_card *card = &m->cards[m->card_count++];
    *card = (struct model_card){
        .name = get_u32_be(command->transaction_id.bytes + 12), .member = member, .bearer = -1};
    ASSERT(card_number_make(&m->roster->partners[0].prefix, ++m->card_serial, &card->number) ==
           ERR_OK);
    m->members[member].card_count++;
    answer->card = card->number;
    model_touch(m, member);
}

enum verdict model_step_enrol(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    static const uint8_t none[PERSONAL_TAG_SIZE];
    const struct command_enrol *enrol = &command->enrol;
    bool has_reference = memcmp(enrol->reference_tag, none, sizeof none) != 0;
    for (size_t i = 0; i < m->member_count && has_reference; i++) {
        if (m->members[i].has_reference &&
            memcmp(m->members[i].reference_tag, enrol->reference_tag, sizeof none) == 0) {
            return VERDICT_REFERENCE_EXISTS;
        }
    }
    if (!uid_is_nil(&enrol->referrer) && !model_may_bring(m, &enrol->referrer)) {
        return VERDICT_REFERRER_UNKNOWN;
    }
    int index = model_add_member(m, &enrol->member, command->business_time.ms);
    if (!uid_is_nil(&enrol->referrer)) {
        model_bring(m, index, &enrol->referrer);
    }
    struct model_member *member = &m->members[index];
    member->has_reference = has_reference;
    member->personal = "sealed";
    memcpy(member->reference_tag, enrol->reference_tag, sizeof none);
    add_card(m, index, command, answer);
    return VERDICT_OK;
}

int model_add_member(struct model *m, const struct uid *id, int64_t enrolled)
{
    ASSERT(m->member_count < MODEL_MEMBERS);
    struct model_member *member = &m->members[m->member_count];
    member->id = *id;
    member->has_reference = false;
    member->personal = "";
    member->enrolled = enrolled;
    member->active_at = 0;
    member->is_blocked = false;
    member->is_pool = false;
    member->is_erased = false;
    member->merged_into = -1;
    member->merged_from = 0;
    member->pool_members = 0;
    member->card_count = 0;
    member->debt = 0;
    member->lot_count = 0;
    return (int)m->member_count++;
}

enum verdict model_step_set_profile(struct model *m, const struct command *command,
                                    struct model_answer *answer)
{
    int index = model_account_of(m, &command->profile.member);
    (void)answer;
    if (index < 0 || m->members[index].is_pool) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    struct model_member *member = &m->members[index];
    if (member->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    struct hash hash =
        hash_of(HASH_DOMAIN_PROFILE, slice_of(member->personal, strlen(member->personal)));
    if (memcmp(hash.bytes, command->profile.replaces.bytes, sizeof hash.bytes) != 0) {
        return VERDICT_PROFILE_CHANGED;
    }
    member->personal = (const char *)command->profile.sealed.at; /* of a constant */
    model_touch(m, index);
    return VERDICT_OK;
}

enum verdict model_step_issue_card(struct model *m, const struct command *command,
                                   struct model_answer *answer)
{
    int member = model_account_of(m, &command->card.member);
    bool is_full = member >= 0 && m->members[member].card_count == LIMIT_CARDS_PER_MEMBER;
    enum verdict verdict = model_first(m, is_full ? VERDICT_TOO_MANY_CARDS : VERDICT_OK,
                                       model_judge_member(m, member));
    if (verdict == VERDICT_OK) {
        add_card(m, member, command, answer);
    }
    return verdict;
}

enum verdict model_step_block_card(struct model *m, const struct command *command,
                                   struct model_answer *answer)
{
    bool is_to_block = command->kind == COMMAND_BLOCK_CARD;
    struct model_card *card = model_card(m, &command->card.card);
    (void)answer;
    if (card == NULL) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (card->is_blocked == is_to_block) {
        return is_to_block ? VERDICT_CARD_BLOCKED : VERDICT_CARD_NOT_BLOCKED;
    }
    if (card->member < 0) {
        return VERDICT_MEMBER_ERASED; /* its cards stay blocked */
    }
    card->is_blocked = is_to_block;
    int member = model_follow(m, card->member);
    if (is_to_block) {
        model_tell(m, ENTRY_CARD_BLOCK, &card->number);
    } else if (model_has_moved(m, &card->number)) {
        model_tell(m, ENTRY_CARD_MOVED, &card->number);
    } else if (!m->members[member].is_blocked) {
        model_tell(m, ENTRY_CARD_UNBLOCK, &card->number);
    }
    return VERDICT_OK;
}

bool model_is_reason(const char *reason)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return reason[0] != '\0' && strspn(reason, allowed) == strlen(reason);
}

enum verdict model_step_block_member(struct model *m, const struct command *command,
                                     struct model_answer *answer)
{
    bool is_to_block = command->kind == COMMAND_BLOCK_MEMBER;
    const char *reason = command->block.reason;
    int member = model_account_of(m, &command->block.member);
    (void)answer;
    if (!model_is_reason(reason) && (is_to_block || reason[0] != '\0')) {
        return VERDICT_REASON_UNKNOWN;
    }
    if (member < 0) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (m->members[member].is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    if (m->members[member].is_blocked == is_to_block) {
        return is_to_block ? VERDICT_MEMBER_BLOCKED : VERDICT_MEMBER_NOT_BLOCKED;
    }
    if (!is_to_block && model_member_moved(m, member)) {
        return VERDICT_MEMBER_MOVED;
    }
    m->members[member].is_blocked = is_to_block;
    model_tell_member(m, member, is_to_block ? ENTRY_CARD_BLOCK : ENTRY_CARD_UNBLOCK);
    model_touch(m, member);
    return VERDICT_OK;
}

static bool has_held(const struct model_member *member)
{
    for (size_t i = 0; i < member->lot_count; i++) {
        if (member->lots[i].held > 0) {
            return true;
        }
    }
    return false;
}

size_t model_pools_of(const struct model *m, int member)
{
    size_t pools = 0;
    for (size_t i = 0; i < m->member_count; i++) {
        pools += m->members[i].pool_members >> member & 1;
    }
    return pools;
}

bool model_has_holds(const struct model *m, int member)
{
    return has_held(&m->members[member]);
}

void model_forget_member(struct model *m, int index)
{
    for (size_t i = 0; i < m->member_count; i++) {
        if (model_follow(m, (int)i) == index) {
            m->members[i].has_reference = false;
            model_forget_standing(m, (int)i);
        }
    }
    model_tell_member(m, index, ENTRY_CARD_BLOCK);
    for (size_t i = 0; i < m->card_count; i++) {
        struct model_card *card = &m->cards[i];
        if (card->member == index) {
            card->member = -1;
            card->is_blocked = true;
        }
    }
    m->members[index].is_erased = true;
    m->members[index].is_blocked = false;
    m->members[index].card_count = 0;
}

enum verdict model_step_erase(struct model *m, const struct command *command,
                              struct model_answer *answer)
{
    int index = model_account_of(m, &command->erase.member);
    if (index < 0 || m->members[index].is_pool) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    struct model_member *member = &m->members[index];
    if (member->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    if (has_held(member)) {
        return VERDICT_MEMBER_HAS_HOLDS;
    }
    if (model_pools_of(m, index) > 0) {
        return VERDICT_ALREADY_IN_POOL;
    }
    model_settle(m, member);
    for (size_t i = 0; i < member->lot_count; i++) {
        answer->points += member->lots[i].free;
    }
    member->lot_count = 0;
    model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_BREAKAGE, 0, (struct period){0}, answer->points);
    answer->written_off = member->debt;
    model_post(m, ACCOUNT_ADJUSTMENT, ACCOUNT_DEBT, 0, (struct period){0}, member->debt);
    member->debt = 0;
    model_forget_member(m, index);
    model_touch(m, index);
    return VERDICT_OK;
}
