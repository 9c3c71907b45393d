/* Stand-in: mandates given and held, what a till is told while a home is away, and who bears what
 * was burned so. */
#include "model_parts.h"

#include <string.h>

struct model_mandate *model_mandate(struct model *m, bool is_given, int partner,
                                    const struct uid *id)
{
    for (size_t i = 0; i < m->mandate_count; i++) {
        struct model_mandate *mandate = &m->mandates[i];
        if (mandate->is_given == is_given && mandate->partner == partner &&
            uid_equal(&mandate->id, id)) {
            return mandate;
        }
    }
    return NULL;
}

const struct model_mandate *model_last_mandate(const struct model *m, bool is_given, int partner)
{
    for (size_t i = m->mandate_count; i > 0; i--) {
        const struct model_mandate *mandate = &m->mandates[i - 1];
        if (mandate->is_given == is_given && mandate->partner == partner) {
            return mandate;
        }
    }
    return NULL;
}

static bool is_sound(const struct model *m, const struct mandate *mandate)
{
    int64_t from = mandate->valid_from.ms;
    int64_t until = mandate->valid_until.ms;
    return mandate->floor.minor > 0 && mandate->floor.minor <= mandate->daily_cap.minor &&
           mandate->daily_cap.minor <= LIMIT_POINTS_PER_COMMAND && from < until &&
           until - from <= DAY_MS && until > m->now && from - m->now <= DAY_MS;
}

enum verdict model_step_mandate(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    const struct mandate *mandate = &command->mandate.mandate;
    bool is_given = command->kind == COMMAND_GRANT_MANDATE;
    int home = model_partner(m, &mandate->home);
    int redeemer = model_partner(m, &mandate->redeemer);
    int other = is_given ? redeemer : home;
    if (other <= 0) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    if ((is_given ? home : redeemer) != 0 || !is_sound(m, mandate)) {
        return VERDICT_MANDATE_INVALID;
    }
    const struct model_mandate *last = model_last_mandate(m, is_given, other);
    bool overlaps = last != NULL && (mandate->valid_from.ms < last->until || last->from > m->now);
    if (overlaps || model_mandate(m, is_given, other, &mandate->id) != NULL) {
        return VERDICT_MANDATE_EXISTS;
    }
    ASSERT(m->mandate_count < MODEL_MANDATES);
    m->mandates[m->mandate_count++] = (struct model_mandate){.id = mandate->id,
                                                             .is_given = is_given,
                                                             .partner = other,
                                                             .floor = mandate->floor.minor,
                                                             .cap = mandate->daily_cap.minor,
                                                             .from = mandate->valid_from.ms,
                                                             .until = mandate->valid_until.ms};
    answer->points = mandate->daily_cap.minor;
    return VERDICT_OK;
}

static enum verdict judge(const struct model_mandate *mandate, int64_t time, int64_t burn,
                          int64_t points)
{
    if (mandate == NULL) {
        return VERDICT_MANDATE_UNKNOWN;
    }
    if (time < mandate->from || time > mandate->until) {
        return VERDICT_MANDATE_EXPIRED;
    }
    return burn > mandate->floor                   ? VERDICT_MANDATE_FLOOR_EXCEEDED
           : mandate->used + points > mandate->cap ? VERDICT_MANDATE_CAP_EXCEEDED
                                                   : VERDICT_OK;
}

/* What all that is asked of another home has in common. */
static enum verdict begin(struct model *m, const struct command *command, int *out_home)
{
    int64_t points = command->hold.points.minor;
    const struct card_number *asked = &command->hold.asked;
    enum verdict verdict = model_judge_points(points);
    *out_home = model_home(m, asked);
    if (model_hold(m, 0, &command->transaction_id) != NULL) {
        return VERDICT_HOLD_EXISTS;
    }
    if (verdict == VERDICT_OK && *out_home <= 0) {
        verdict = VERDICT_PARTNER_UNKNOWN;
    }
    if (verdict == VERDICT_OK && command->kind == COMMAND_STAND_IN_HOLD) {
        verdict = model_status(m, asked)->is_blocked ? VERDICT_CARD_BLOCKED
                  : model_has_moved(m, asked)        ? VERDICT_CARD_MOVED
                                                     : VERDICT_OK;
    }
    if (verdict == VERDICT_OK && m->is_frozen_out[*out_home]) {
        verdict = VERDICT_STREAM_FROZEN;
    }
    return verdict;
}

enum verdict model_step_stand_in(struct model *m, const struct command *command,
                                 struct model_answer *answer)
{
    int home;
    int64_t points = command->hold.points.minor;
    enum verdict verdict = begin(m, command, &home);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    struct model_mandate *mandate = model_mandate(m, false, home, &command->hold.mandate);
    verdict = judge(mandate, m->now, points, points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    struct model_hold *hold = model_add_hold(m, command);
    hold->capture_by = model_least(hold->capture_by, mandate->until);
    hold->mandate = (int)(mandate - m->mandates);
    mandate->used += points;
    m->hold_count++;
    answer->points = points;
    return VERDICT_OK;
}

enum verdict model_step_give_up(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    int home;
    (void)answer;
    enum verdict verdict = begin(m, command, &home);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (!model_may_send(m, home, false)) {
        return VERDICT_OUTBOX_FULL;
    }
    struct model_hold *hold = model_add_hold(m, command);
    hold->left = 0;
    hold->has_ended = true;
    hold->is_voided = true;
    m->hold_count++;
    model_send(m, home,
               (struct model_entry){.kind = ENTRY_VOID,
                                    .transaction_id = command->transaction_id,
                                    .subject = hold->id,
                                    .card = hold->card});
    return VERDICT_OK;
}

/* ---- At home ---- */

struct model_hold *model_entry_hold(struct model *m, int sender, const struct clearing_entry *entry)
{
    ASSERT(m->hold_count < MODEL_HOLDS);
    struct model_hold *hold = &m->holds[m->hold_count++];
    *hold = (struct model_hold){.partner = sender,
                                .id = entry->subject,
                                .card = entry->card,
                                .member = -1,
                                .mandate = -1,
                                .has_ended = true};
    return hold;
}

static void note_lot(struct model_hold *hold, const struct model_key *key, int64_t points)
{
    for (size_t i = 0; i < hold->lot_count; i++) {
        if (model_keys_equal(&hold->lots[i].key, key)) {
            hold->lots[i].captured += points;
            return;
        }
    }
    if (hold->lot_count == LIMIT_LOTS_PER_HOLD) { /* those of one issuer are one */
        for (size_t i = 0; i < hold->lot_count; i++) {
            if (hold->lots[i].key.issuer == key->issuer &&
                hold->lots[i].key.tariff == key->tariff) {
                hold->lots[i].captured += points;
                return;
            }
        }
        hold->unbacked += points;
        return;
    }
    hold->lots[hold->lot_count++] = (struct model_hold_lot){*key, 0, points};
}

/* What is left of it when the member gave what there is. */
static int64_t take_all(struct model *m, struct model_member *member, struct model_hold *hold,
                        int64_t points)
{
    for (int is_pending = 0; is_pending < 2; is_pending++) {
        struct model_lot *lot;
        while (points > 0 && (lot = model_first_lot(m, member, is_pending != 0)) != NULL) {
            int64_t part = model_least(lot->free, points);
            struct model_key key = lot->key;
            lot->free -= part;
            points -= part;
            model_spend(m, &key, part);
            note_lot(hold, &key, part);
        }
    }
    model_drop_empty(member);
    return points;
}

static void bear(struct model *m, struct model_hold *hold, const struct clearing_entry *entry,
                 struct model_answer *answer)
{
    int index = model_follow(m, hold->member);
    int64_t left = entry->points.minor;
    if (index >= 0) {
        struct model_member *member = &m->members[index];
        model_settle(m, member);
        model_active(m, index);
        left = member->is_erased ? left : take_all(m, member, hold, left);
        if (!member->is_erased && !member->is_blocked) {
            member->debt += left;
            hold->unbacked += left;
            answer->debt = left;
            left = 0;
        }
        model_touch(m, index);
    }
    hold->lost += left;
    answer->written_off = left;
    model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_PAYABLE, hold->partner, entry->period,
               entry->points.minor - left);
    model_post(m, ACCOUNT_ADJUSTMENT, ACCOUNT_PAYABLE, hold->partner, entry->period, left);
}

bool model_may_stand_in(const struct model_hold *hold)
{
    return hold->has_ended && !hold->is_voided && (hold->is_expired || hold->mandate >= 0);
}

bool model_mandate_allows(struct model *m, int sender, const struct model_hold *hold,
                          const struct clearing_entry *entry)
{
    int64_t points = entry->points.minor;
    const struct model_mandate *mandate = model_mandate(m, true, sender, &entry->mandate);
    return judge(mandate, entry->business_time.ms, hold->captured + points, points) == VERDICT_OK;
}

enum verdict model_stand_in_capture(struct model *m, int sender, struct model_hold *hold,
                                    const struct clearing_entry *entry, struct model_answer *answer)
{
    int64_t points = entry->points.minor;
    struct model_mandate *mandate = model_mandate(m, true, sender, &entry->mandate);
    if (hold != NULL && hold->mandate >= 0 && mandate != &m->mandates[hold->mandate]) {
        return VERDICT_MANDATE_UNKNOWN;
    }
    enum verdict verdict = judge(mandate, entry->business_time.ms,
                                 points + (hold == NULL ? 0 : hold->captured), points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (hold == NULL) {
        const struct model_card *card = model_card(m, &entry->card);
        hold = model_entry_hold(m, sender, entry);
        hold->member = card == NULL || card->is_blocked ? -1 : model_follow(m, card->member);
    }
    bear(m, hold, entry, answer);
    hold->mandate = (int)(mandate - m->mandates);
    hold->is_expired = false;
    hold->captured += points;
    hold->tariff = entry->tariff;
    mandate->used += points;
    return VERDICT_OK;
}
