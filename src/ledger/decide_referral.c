/* Who brought a member: told at its enrolment, or once later. It never changes, so that nobody gets
 * twice what is given for it, and it never leads back to the member itself. */
#include "ledger/decision.h"
#include "ledger/referral.h"
#include "ledger/standing_work.h"

#define REFERRALS_FOLLOWED 64u /* a longer chain is not looked at to its end */

/* `*id` is where it was merged to. May refuse. */
static enum err find_referrer(struct decision *d, struct uid *id)
{
    struct member row;
    enum err err = ledger_follow_member(d->view, id, &row);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && (row.is_erased || row.is_pool))) {
        return decide_refuse(d, VERDICT_REFERRER_UNKNOWN);
    }
    return err;
}

/* The owner had none. May refuse. */
static enum err put_referral(struct decision *d, const struct standing_owner *owner,
                             const struct standing_work *before, const struct uid *referrer)
{
    struct standing_step steps[REFERRAL_STEPS];
    struct standing_work after;
    struct buffer group = {0};
    struct standing_refusals refusals = {false};
    struct standing_owner unused;
    uint32_t count = 0;
    standing_write_group(&group, owner, steps, referral_steps(referrer, steps));
    struct reader in = reader_of(buffer_slice(&group));
    standing_read_group(&in, &unused, &count);
    standing_work_steps(before, in, count, false, &after, &refusals);
    enum err err = group.err == ERR_OK ? in.err : group.err;
    buffer_fini(&group);
    TRY(err);
    if (after.count > LIMIT_STANDING_NUMBERS) {
        return decide_refuse(d, VERDICT_STANDING_FULL);
    }
    standing_work_put(d, owner, &after);
    return ERR_OK;
}

enum err decide_put_referrer(struct decision *d, const struct uid *member,
                             const struct uid *referrer)
{
    struct uid at = *referrer;
    struct standing_owner owner = standing_of_member(member);
    const struct standing_work nothing = {.count = 0};
    TRY(find_referrer(d, &at));
    return decision_is_refused(d) ? ERR_OK : put_referral(d, &owner, &nothing, referrer);
}

/* The chain of who brought whom, from `at` on; both are where they were merged to. */
static enum err leads_to(const struct decision *d, struct uid at, const struct uid *member,
                         bool *out_leads)
{
    struct standing_row row;
    struct member unused;
    *out_leads = false;
    for (unsigned i = 0; i < REFERRALS_FOLLOWED && !*out_leads; i++) {
        struct standing_owner owner = standing_of_member(&at);
        TRY(ledger_get_standing(d->view, d->terms->roster, &owner, &row));
        struct standing standing = standing_of_row(&row);
        at = referral_of(&standing);
        enum err err =
            uid_is_nil(&at) ? ERR_NOT_FOUND : ledger_follow_member(d->view, &at, &unused);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND ? ERR_OK : err;
        }
        *out_leads = uid_equal(&at, member);
    }
    return ERR_OK;
}

/* May refuse. */
static enum err check_referrer(struct decision *d, const struct uid *member,
                               const struct standing_work *work, struct uid referrer)
{
    const struct standing standing = {work->numbers, work->count};
    struct uid known = referral_of(&standing);
    bool leads_back = false;
    TRY(find_referrer(d, &referrer));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (uid_equal(&referrer, member)) {
        return decide_refuse(d, VERDICT_REFERRER_IS_SELF);
    }
    if (!uid_is_nil(&known)) {
        return decide_refuse(d, VERDICT_REFERRER_EXISTS);
    }
    TRY(leads_to(d, referrer, member, &leads_back));
    return leads_back ? decide_refuse(d, VERDICT_REFERRER_LOOPS) : ERR_OK;
}

enum err decide_set_referrer(struct decision *d)
{
    const struct command_referrer *command = &d->command->referrer;
    struct member_work member;
    struct standing_owner named;
    struct standing_owner owner;
    struct standing_work work;
    TRY(work_find(d, &command->member, &member));
    if (decision_is_refused(d) || member.row.is_pool) {
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    if (member.row.is_erased) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    named = standing_of_member(&member.id);
    enum err err = ledger_follow_owner(d->view, d->terms->roster, &named, &owner);
    if (err == ERR_NOT_FOUND) { /* it moved, to a card that is nobody's */
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    TRY(err);
    TRY(standing_work_get(d, &owner, &work));
    TRY(check_referrer(d, &member.id, &work, command->referrer));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(put_referral(d, &owner, &work, &command->referrer));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_open(d, &member));
    work_end(d, &member);
    return ERR_OK;
}
