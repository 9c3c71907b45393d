/* Members and cards: enrolment, more cards, blocking; and the steps on a member's working copy. */
#include "ledger/decision.h"

#include <string.h>

static void put_profile(struct decision *d, const struct uid *member, const struct profile *profile)
{
    struct ledger_key key;
    key_member(member, &key);
    buffer_clear(&d->plan->scratch);
    profile_encode(profile, &d->plan->scratch);
    plan_row(d->plan, TABLE_PROFILE, &key, buffer_slice(&d->plan->scratch));
}

static void put_card(struct decision *d, const struct card_number *number, const struct card *card)
{
    struct ledger_key key;
    key_card(number, &key);
    buffer_clear(&d->plan->scratch);
    card_encode(card, &d->plan->scratch);
    plan_row(d->plan, TABLE_CARD, &key, buffer_slice(&d->plan->scratch));
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
    put_card(d, &number, &(struct card){.member = *member});
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

static bool tag_is_none(const uint8_t tag[PERSONAL_TAG_SIZE])
{
    static const uint8_t none[PERSONAL_TAG_SIZE] = {0};
    return memcmp(tag, none, sizeof none) == 0;
}

static enum err profile_take(struct profile *profile, const struct command_enrol *enrol)
{
    if (enrol->sealed.length > sizeof profile->sealed) {
        return ERR_INPUT;
    }
    if (enrol->sealed.length > 0) {
        memcpy(profile->sealed, enrol->sealed.at, enrol->sealed.length);
    }
    profile->sealed_length = enrol->sealed.length;
    memcpy(profile->reference_tag, enrol->reference_tag, sizeof profile->reference_tag);
    return ERR_OK;
}

enum err decide_enrol(struct decision *d)
{
    const struct command_enrol *enrol = &d->command->enrol;
    struct ledger_key key;
    struct member row = {.enrolled = d->command->business_time};
    struct profile profile = {0};
    uint64_t member_count;
    if (!tag_is_none(enrol->reference_tag)) {
        TRY(put_reference(d, enrol));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    TRY(profile_take(&profile, enrol));
    key_member(&enrol->member, &key);
    buffer_clear(&d->plan->scratch);
    member_encode(&row, &d->plan->scratch);
    plan_row(d->plan, TABLE_MEMBER, &key, buffer_slice(&d->plan->scratch));
    TRY(give_card(d, &enrol->member, &profile));
    put_profile(d, &enrol->member, &profile);
    TRY(decide_get_u64(d, META_MEMBER_COUNT, &member_count));
    decide_put_u64(d, META_MEMBER_COUNT, member_count + 1);
    plan_history(d->plan, &enrol->member, 0, false);
    return ERR_OK;
}

enum err decide_issue_card(struct decision *d)
{
    const struct uid *member = &d->command->card.member;
    struct profile profile;
    struct member row;
    enum err err = ledger_get_member(d->view, member, &row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    TRY(err);
    TRY(ledger_get_profile(d->view, member, &profile));
    if (profile.card_count == LIMIT_CARDS_PER_MEMBER) {
        return decide_refuse(d, VERDICT_TOO_MANY_CARDS);
    }
    TRY(give_card(d, member, &profile));
    put_profile(d, member, &profile);
    plan_history(d->plan, member, row.last_row, false);
    return ERR_OK;
}

enum err decide_block_card(struct decision *d)
{
    const struct card_number *number = &d->command->card.card;
    struct card card;
    struct member row;
    enum err err = ledger_get_card(d->view, number, &card);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_CARD_UNKNOWN);
    }
    TRY(err);
    if (card.is_blocked) {
        return decide_refuse(d, VERDICT_CARD_BLOCKED);
    }
    TRY(ledger_get_member(d->view, &card.member, &row));
    card.is_blocked = true;
    put_card(d, number, &card);
    plan_history(d->plan, &card.member, row.last_row, false);
    d->plan->answer.member = card.member;
    d->plan->answer.card = *number;
    return ERR_OK;
}
