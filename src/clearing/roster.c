#include "clearing/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mutant.h"

static int compare_partners(const void *a, const void *b)
{
    const struct roster_partner *first = a;
    const struct roster_partner *second = b;
    return partner_id_compare(&first->id, &second->id);
}

static int compare_tariffs(const void *a, const void *b)
{
    const struct tariff *first = a;
    const struct tariff *second = b;
    return first->id < second->id ? -1 : first->id > second->id;
}

/* Does one of them begin the other? Equal ones do, too. */
static bool prefixes_clash(const struct card_prefix *a, const struct card_prefix *b)
{
    size_t length_a = strnlen(a->digits, CARD_PREFIX_MAX);
    size_t length_b = strnlen(b->digits, CARD_PREFIX_MAX);
    return strncmp(a->digits, b->digits, length_a < length_b ? length_a : length_b) == 0;
}

static enum err check_partner(const struct roster *roster, size_t index, struct note *note)
{
    const struct roster_partner *partner = &roster->partners[index];
    struct card_prefix prefix;
    if (card_prefix_parse(partner->prefix.digits, &prefix) != ERR_OK) {
        return note_set(note, ERR_INPUT, "partner %s: '%s' is no card prefix", partner->id.text,
                        partner->prefix.digits);
    }
    if (index > 0 && partner_id_equal(&roster->partners[index - 1].id, &partner->id)) {
        return note_set(note, ERR_INPUT, "partner %s is there twice", partner->id.text);
    }
    for (size_t i = 0; i < index; i++) {
        const struct roster_partner *other = &roster->partners[i];
        if (prefixes_clash(&other->prefix, &partner->prefix)) {
            return note_set(
                note, ERR_INPUT, "partners %s and %s: card prefix %s and %s can't be told apart",
                other->id.text, partner->id.text, other->prefix.digits, partner->prefix.digits);
        }
    }
    return ERR_OK;
}

static enum err check_tariff(const struct roster *roster, size_t index, struct note *note)
{
    const struct tariff *tariff = &roster->tariffs[index];
    if (index > 0 && roster->tariffs[index - 1].id == tariff->id) {
        return note_set(note, ERR_INPUT, "tariff %u is there twice", tariff->id);
    }
    TRY(tariff_check(tariff, note));
    return ERR_OK;
}

static enum err check_promotions(const struct roster *roster, struct note *note)
{
    for (size_t i = 0; i < roster->promotion_count; i++) {
        const struct promotion *promotion = &roster->promotions[i];
        if (i > 0 && promotion->id <= promotion[-1].id) {
            return note_set(note, ERR_INPUT, "promotion %u is there twice or not in order",
                            promotion->id);
        }
        TRY(promotion_check(promotion, note));
    }
    return ERR_OK;
}

static enum err check_period(struct period period, struct note *note)
{
    if (!period_is_valid(period)) {
        return note_set(note, ERR_INPUT, "the first period, %u, is no month, week or day",
                        period.code);
    }
    return ERR_OK;
}

static bool has_tariff_for_all(const struct roster *roster)
{
    for (size_t i = 0; i < roster->tariff_count; i++) {
        const struct tariff *tariff = &roster->tariffs[i];
        if (tariff_is_for_all(tariff) && tariff->valid_from.ms == 0 && !tariff_is_prepaid(tariff)) {
            return true;
        }
    }
    return false;
}

enum err roster_prepare(struct roster *roster, struct note *note)
{
    if (roster->partner_count == 0 || roster->partner_count > LIMIT_PARTNERS) {
        return note_set(note, ERR_INPUT, "%zu partners; there must be 1 to %u",
                        roster->partner_count, LIMIT_PARTNERS);
    }
    if (roster->tariff_count == 0 || roster->tariff_count > LIMIT_TARIFFS) {
        return note_set(note, ERR_INPUT, "%zu tariffs; there must be 1 to %u", roster->tariff_count,
                        LIMIT_TARIFFS);
    }
    if (roster->net_debit_cap.minor < 0) {
        return note_set(note, ERR_INPUT, "the net debit cap is below zero");
    }
    TRY(check_period(roster->first_period, note));
    TRY(calendar_check(&roster->calendar, note));
    qsort(roster->partners, roster->partner_count, sizeof roster->partners[0], compare_partners);
    qsort(roster->tariffs, roster->tariff_count, sizeof roster->tariffs[0], compare_tariffs);
    for (size_t i = 0; i < roster->partner_count; i++) {
        TRY(check_partner(roster, i, note));
    }
    for (size_t i = 0; i < roster->tariff_count; i++) {
        TRY(check_tariff(roster, i, note));
    }
    TRY(check_promotions(roster, note));
    if (!has_tariff_for_all(roster)) {
        return note_set(note, ERR_INPUT, "no tariff is for everybody from the beginning");
    }
    if (roster_find(roster, &roster->self) == NULL) {
        return note_set(note, ERR_INPUT, "%s itself is not among the partners", roster->self.text);
    }
    return ERR_OK;
}

const struct roster_partner *roster_find(const struct roster *roster,
                                         const struct partner_id *partner)
{
    struct roster_partner key = {.id = *partner};
    return bsearch(&key, roster->partners, roster->partner_count, sizeof roster->partners[0],
                   compare_partners);
}

const struct roster_partner *roster_home_of(const struct roster *roster,
                                            const struct card_number *card)
{
    for (size_t i = 0; i < roster->partner_count; i++) {
        if (card_has_prefix(card, &roster->partners[i].prefix)) {
            return &roster->partners[i];
        }
    }
    return NULL;
}

const struct promotion *roster_promotion(const struct roster *roster, uint32_t promotion)
{
    for (size_t i = 0; i < roster->promotion_count; i++) {
        if (roster->promotions[i].id == promotion) {
            return &roster->promotions[i];
        }
    }
    return NULL;
}

const struct tariff *roster_tariff(const struct roster *roster, uint32_t tariff)
{
    struct tariff key = {.id = tariff};
    if (roster->tariff_count == 0) {
        return NULL;
    }
    return bsearch(&key, roster->tariffs, roster->tariff_count, sizeof roster->tariffs[0],
                   compare_tariffs);
}

struct period roster_first_period(const struct roster *roster, const struct partner_id *partner)
{
    const struct roster_partner *found = roster_find(roster, partner);
    bool is_later = found != NULL && period_is_before(roster->first_period, found->first_period);
    return is_later && !MUTANT(BEGIN_BEFORE_JOINING) ? found->first_period : roster->first_period;
}

struct period roster_last_period(const struct roster *roster, const struct partner_id *partner)
{
    const struct roster_partner *found = roster_find(roster, partner);
    const struct roster_partner *self = roster_find(roster, &roster->self);
    struct period last = found == NULL ? (struct period){0} : found->last_period;
    if (found == NULL || self == NULL || self->last_period.code == 0) {
        return last;
    }
    bool is_sooner = last.code == 0 || period_is_before(self->last_period, last);
    return is_sooner ? self->last_period : last;
}

bool roster_is_leaving(const struct roster *roster, const struct partner_id *partner)
{
    return roster_last_period(roster, partner).code != 0;
}

bool roster_is_self(const struct roster *roster, const struct partner_id *partner)
{
    return partner_id_equal(&roster->self, partner);
}

static bool is_better(const struct tariff *tariff, const struct tariff *than)
{
    bool is_own = !tariff_is_for_all(tariff);
    bool is_than_own = !tariff_is_for_all(than);
    return is_own != is_than_own ? is_own : tariff->valid_from.ms > than->valid_from.ms;
}

const struct tariff *roster_tariff_for(const struct roster *roster, const struct partner_id *one,
                                       const struct partner_id *other, struct unix_ms time)
{
    const struct tariff *best = NULL;
    for (size_t i = 0; i < roster->tariff_count; i++) {
        const struct tariff *tariff = &roster->tariffs[i];
        bool is_candidate = tariff_is_for(tariff, one, other) && tariff->valid_from.ms <= time.ms &&
                            !tariff_is_prepaid(tariff);
        if (is_candidate && (best == NULL || is_better(tariff, best))) {
            best = tariff;
        }
    }
    for (size_t i = 0; best == NULL; i++) { /* no time is before 1970 */
        best = tariff_is_prepaid(&roster->tariffs[i]) ? NULL : &roster->tariffs[i];
    }
    return best;
}

bool roster_tariff_holds(const struct roster *roster, const struct tariff *tariff,
                         const struct partner_id *one, const struct partner_id *other,
                         struct unix_ms time)
{
    struct unix_ms then = {time.ms - LIMIT_TARIFF_GRACE_MS};
    return tariff_is_for(tariff, one, other) && tariff->valid_from.ms <= time.ms &&
           !tariff_is_prepaid(tariff) &&
           (then.ms < 0 || !is_better(roster_tariff_for(roster, one, other, then), tariff));
}

static int64_t term_ms(uint32_t seconds)
{
    return (int64_t)(seconds == 0 ? DISPUTE_TERM_S : seconds) * 1000;
}

int64_t roster_dispute_answer_ms(const struct roster *roster)
{
    return term_ms(roster->dispute_answer_s);
}

int64_t roster_dispute_escalate_ms(const struct roster *roster)
{
    return term_ms(roster->dispute_escalate_s);
}
