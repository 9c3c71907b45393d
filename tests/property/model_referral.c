/* Who brought whom: the halves of an id in two numbers of the member. */
#include "model_parts.h"

#include <string.h>

static uint64_t slot_of_half(unsigned half)
{
    return slot_named(SLOT_REFERRER, half, "referrer");
}

static struct uid referrer_of(struct model *m, int member)
{
    struct standing_owner owner = standing_of_member(&m->members[member].id);
    struct uid id;
    for (unsigned half = 0; half < 2; half++) {
        int64_t value = model_standing(m, &owner, slot_of_half(half), -1);
        put_u64_be(id.bytes + 8u * half, (uint64_t)value);
    }
    return id;
}

static bool may_bring(const struct model *m, int index)
{
    return index >= 0 && !m->members[index].is_erased && !m->members[index].is_pool;
}

static void remember(struct model *m, int member, const struct uid *referrer)
{
    struct standing_owner owner = standing_of_member(&m->members[member].id);
    for (unsigned half = 0; half < 2; half++) {
        model_put_standing(m, &owner, slot_of_half(half), -1,
                           (int64_t)get_u64_be(referrer->bytes + 8u * half));
    }
}

bool model_may_bring(const struct model *m, const struct uid *referrer)
{
    return may_bring(m, model_account_of(m, referrer));
}

void model_bring(struct model *m, int member, const struct uid *referrer)
{
    remember(m, member, referrer);
}

enum verdict model_step_set_referrer(struct model *m, const struct command *command,
                                     struct model_answer *answer)
{
    int member = model_account_of(m, &command->referrer.member);
    int referrer = model_account_of(m, &command->referrer.referrer);
    (void)answer;
    if (member < 0 || m->members[member].is_pool) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (m->members[member].is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    struct standing_owner owner = standing_of_member(&m->members[member].id);
    if (!model_is_there(m, &owner)) { /* moved to a card that is nobody's */
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (!may_bring(m, referrer)) {
        return VERDICT_REFERRER_UNKNOWN;
    }
    if (referrer == member) {
        return VERDICT_REFERRER_IS_SELF;
    }
    struct uid known = referrer_of(m, member);
    if (!uid_is_nil(&known)) {
        return VERDICT_REFERRER_EXISTS;
    }
    int at = referrer;
    for (size_t i = 0; i < 64 && at >= 0; i++) {
        struct uid next = referrer_of(m, at);
        at = uid_is_nil(&next) ? -1 : model_account_of(m, &next);
        if (at == member) {
            return VERDICT_REFERRER_LOOPS;
        }
    }
    remember(m, member, &command->referrer.referrer);
    model_touch(m, member);
    return VERDICT_OK;
}
