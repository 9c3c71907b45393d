/* Members and their cards: enrolment, more cards, and personal data anew. */
#include "ledger/decision.h"

#include <string.h>

void decide_put_profile(struct decision *d, const struct uid *member, const struct profile *profile)
{
    struct ledger_key key;
    key_member(member, &key);
    buffer_clear(&d->plan->scratch);
    profile_encode(profile, &d->plan->scratch);
    plan_row(d->plan, TABLE_PROFILE, &key, buffer_slice(&d->plan->scratch));
}

void decide_put_card(struct decision *d, const struct card_number *number, const struct card *card)
{
    struct ledger_key key;
    key_card(number, &key);
    buffer_clear(&d->plan->scratch);
    card_encode(card, &d->plan->scratch);
    plan_row(d->plan, TABLE_CARD, &key, buffer_slice(&d->plan->scratch));
}

enum err decide_count_members(struct decision *d, int change)
{
    uint64_t count;
    TRY(decide_get_u64(d, META_MEMBER_COUNT, &count));
    decide_put_u64(d, META_MEMBER_COUNT, change > 0 ? count + 1 : count - (count > 0 ? 1 : 0));
    return ERR_OK;
}

/* The next free card number under our own prefix, given to the member. */
static enum err give_card(struct decision *d, const struct uid *member, struct profile *profile)
{
    const struct roster *roster = d->terms->roster;
    const struct roster_partner *self = roster_find(roster, &roster->self);
    uint64_t serial;
    struct card_number number;
    ASSERT(self != NULL);
    TRY(decide_get_u64(d, META_CARD_SERIAL, &serial));
    serial++;
    TRY(card_number_make(&self->prefix, serial, &number));
    profile->cards[profile->card_count++] = number;
    decide_put_card(d, &number, &(struct card){.member = *member});
    decide_put_u64(d, META_CARD_SERIAL, serial);
    d->plan->answer.member = *member;
    d->plan->answer.card = number;
    d->plan->answer.home = roster->self;
    return ERR_OK;
}

static enum err put_reference(struct decision *d, const struct command_enrol *enrol)
{
    struct ledger_key key;
    struct slice value;
    key_reference(enrol->reference_tag, &key);
    enum err err = view_get(d->view, TABLE_REFERENCE, &key, &value);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_REFERENCE_EXISTS);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    plan_row(d->plan, TABLE_REFERENCE, &key,
             slice_of(enrol->member.bytes, sizeof enrol->member.bytes));
    return ERR_OK;
}

bool tag_is_none(const uint8_t tag[PERSONAL_TAG_SIZE])
{
    static const uint8_t none[PERSONAL_TAG_SIZE] = {0};
    return memcmp(tag, none, sizeof none) == 0;
}

static enum err profile_take(struct profile *profile, struct slice sealed)
{
    if (sealed.length > sizeof profile->sealed) {
        return ERR_INPUT;
    }
    if (sealed.length > 0) {
        memcpy(profile->sealed, sealed.at, sealed.length);
    }
    profile->sealed_length = sealed.length;
    return ERR_OK;
}

enum err decide_enrol(struct decision *d)
{
    const struct command_enrol *enrol = &d->command->enrol;
    struct ledger_key key;
    struct member row;
    struct profile profile = {0};
    if (!tag_is_none(enrol->reference_tag)) {
        TRY(put_reference(d, enrol));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    if (!uid_is_nil(&enrol->referrer)) {
        TRY(decide_put_referrer(d, &enrol->member, &enrol->referrer));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    TRY(profile_take(&profile, enrol->sealed));
    memcpy(profile.reference_tag, enrol->reference_tag, sizeof profile.reference_tag);
    member_empty(&row, d->command->business_time);
    key_member(&enrol->member, &key);
    buffer_clear(&d->plan->scratch);
    member_encode(&row, &d->plan->scratch);
    plan_row(d->plan, TABLE_MEMBER, &key, buffer_slice(&d->plan->scratch));
    TRY(give_card(d, &enrol->member, &profile));
    decide_put_profile(d, &enrol->member, &profile);
    TRY(decide_count_members(d, 1));
    plan_history(d->plan, &enrol->member, 0, false);
    return ERR_OK;
}

enum err decide_issue_card(struct decision *d)
{
    struct member_work work;
    struct profile profile;
    TRY(work_begin_good(d, &d->command->card.member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(ledger_get_profile(d->view, &work.id, &profile));
    if (profile.card_count == LIMIT_CARDS_PER_MEMBER) {
        return decide_refuse(d, VERDICT_TOO_MANY_CARDS);
    }
    TRY(give_card(d, &work.id, &profile));
    decide_put_profile(d, &work.id, &profile);
    work_end(d, &work);
    return ERR_OK;
}

struct hash profile_hash(const struct profile *profile)
{
    return hash_of(HASH_DOMAIN_PROFILE, slice_of(profile->sealed, profile->sealed_length));
}

/* A blocked member may change it, too: a consent can be taken back at any time. */
enum err decide_set_profile(struct decision *d)
{
    const struct command_profile *change = &d->command->profile;
    struct member_work work;
    struct profile profile;
    TRY(work_find(d, &change->member, &work));
    if (decision_is_refused(d) || work.row.is_pool) {
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    if (work.row.is_erased) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    TRY(ledger_get_profile(d->view, &work.id, &profile));
    struct hash hash = profile_hash(&profile);
    if (!hash_equal(&hash, &change->replaces)) {
        return decide_refuse(d, VERDICT_PROFILE_CHANGED);
    }
    TRY(work_open(d, &work));
    TRY(profile_take(&profile, change->sealed));
    decide_put_profile(d, &work.id, &profile);
    work_end(d, &work);
    return ERR_OK;
}
