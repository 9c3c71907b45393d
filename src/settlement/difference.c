/* What kind of difference it is. */
#include <string.h>

#include "settlement/reconcile.h"

const char *difference_kind_name(enum difference_kind kind)
{
    static const char *const names[DIFFERENCE_KIND_END] = {
        [DIFFERENCE_MISSING_HERE] = "missing-here", [DIFFERENCE_MISSING_THERE] = "missing-there",
        [DIFFERENCE_BODY] = "different-body",       [DIFFERENCE_PERIOD] = "different-period",
        [DIFFERENCE_TARIFF] = "different-tariff",
    };
    return kind > 0 && kind < DIFFERENCE_KIND_END ? names[kind] : "unknown";
}

/* One command makes no two entries of a kind about one card. */
static bool is_same_entry(const struct clearing_entry *a, const struct clearing_entry *b)
{
    return uid_equal(&a->transaction_id, &b->transaction_id) && a->kind == b->kind &&
           strcmp(a->card.digits, b->card.digits) == 0;
}

/* All that is in a body but the period and the tariff. */
static bool says_the_same(const struct clearing_entry *a, const struct clearing_entry *b)
{
    return is_same_entry(a, b) && a->business_time.ms == b->business_time.ms &&
           a->points.minor == b->points.minor && uid_equal(&a->subject, &b->subject) &&
           a->active_from.ms == b->active_from.ms && a->expires_at.ms == b->expires_at.ms &&
           uid_equal(&a->mandate, &b->mandate) &&
           strcmp(a->moved_to.digits, b->moved_to.digits) == 0 &&
           partner_id_equal(&a->issuer, &b->issuer);
}

bool entries_alike(const struct clearing_entry *a, const struct clearing_entry *b)
{
    return says_the_same(a, b) && a->period.code == b->period.code && a->tariff == b->tariff;
}

static enum difference_kind compare(const struct clearing_entry *ours,
                                    const struct clearing_entry *theirs)
{
    bool is_same_period = ours->period.code == theirs->period.code;
    bool is_same_tariff = ours->tariff == theirs->tariff;
    if (!says_the_same(ours, theirs) || is_same_period == is_same_tariff) {
        return DIFFERENCE_BODY;
    }
    return is_same_period ? DIFFERENCE_TARIFF : DIFFERENCE_PERIOD;
}

#define NOWHERE SIZE_MAX

/* Which pair has the same entry on the other side: of each of ours and each of theirs. */
struct matching {
    size_t of_ours[RECONCILE_DIFFERENCES];
    size_t of_theirs[RECONCILE_DIFFERENCES];
};

static bool is_pair(const struct entry_pair *pairs, size_t ours, size_t theirs)
{
    return pairs[ours].has_ours && pairs[theirs].has_theirs &&
           is_same_entry(&pairs[ours].ours, &pairs[theirs].theirs);
}

/* First those under the same number, then the others, each once. */
static void match(const struct entry_pair *pairs, size_t count, struct matching *matching)
{
    for (size_t i = 0; i < count; i++) {
        size_t same = is_pair(pairs, i, i) ? i : NOWHERE;
        matching->of_ours[i] = same;
        matching->of_theirs[i] = same;
    }
    for (size_t o = 0; o < count; o++) {
        for (size_t t = 0; t < count && matching->of_ours[o] == NOWHERE; t++) {
            if (matching->of_theirs[t] == NOWHERE && is_pair(pairs, o, t)) {
                matching->of_ours[o] = t;
                matching->of_theirs[t] = o;
            }
        }
    }
}

/* One that is there on this side and matches none. */
static bool is_single(bool has, size_t match)
{
    return has && match == NOWHERE;
}

/* Ours is there as well, so much further on as what one side lacks has moved it. */
static bool is_displaced(const struct entry_pair *pairs, const struct matching *matching, size_t i,
                         int64_t shift)
{
    size_t theirs = matching->of_ours[i];
    return pairs[i].has_ours && theirs != NOWHERE &&
           (int64_t)(pairs[theirs].number - pairs[i].number) == shift &&
           entries_alike(&pairs[i].ours, &pairs[theirs].theirs);
}

/* Ours is there as well, on the other side of the mark. */
static bool is_of_another_period(const struct entry_pair *pairs, const struct matching *matching,
                                 size_t i)
{
    size_t theirs = matching->of_ours[i];
    return theirs != NOWHERE && theirs != i &&
           compare(&pairs[i].ours, &pairs[theirs].theirs) == DIFFERENCE_PERIOD;
}

/* Then the mark stands elsewhere, too; what lies between is told by itself. */
static bool is_moved_mark(const struct entry_pair *pairs, const struct matching *matching, size_t i)
{
    size_t theirs = matching->of_ours[i];
    return pairs[i].ours.kind == ENTRY_PERIOD_MARK && theirs != NOWHERE && theirs != i &&
           entries_alike(&pairs[i].ours, &pairs[theirs].theirs);
}

size_t differences_classify(const struct entry_pair *pairs, size_t count, bool is_cut,
                            struct difference *out_differences)
{
    struct matching matching;
    size_t found = 0;
    int64_t shift = 0; /* theirs less ours, behind what one side lacks */
    count = count > RECONCILE_DIFFERENCES ? RECONCILE_DIFFERENCES : count;
    match(pairs, count, &matching);
    for (size_t i = 0; i < count; i++) {
        const struct entry_pair *pair = &pairs[i];
        bool ours_only = is_single(pair->has_ours, matching.of_ours[i]);
        bool theirs_only = is_single(pair->has_theirs, matching.of_theirs[i]);
        size_t distance = (size_t)(shift < 0 ? -shift : shift);
        struct difference difference = {pair->number, DIFFERENCE_BODY, i};
        if (is_cut && distance > 0 && count - i <= distance) {
            break; /* what they are on the other side is not among the pairs */
        }
        if (!pair->has_theirs || (ours_only && !theirs_only)) {
            if (!ours_only) {
                continue; /* it is there, under another number */
            }
            difference.kind = DIFFERENCE_MISSING_THERE;
            shift--;
        } else if (!pair->has_ours || (theirs_only && !ours_only)) {
            if (!theirs_only) {
                continue;
            }
            difference.kind = DIFFERENCE_MISSING_HERE;
            shift++;
        } else if (shift != 0 && is_displaced(pairs, &matching, i, shift)) {
            continue;
        } else if (shift == 0 && is_moved_mark(pairs, &matching, i)) {
            continue;
        } else if (shift == 0 && is_of_another_period(pairs, &matching, i)) {
            difference.kind = DIFFERENCE_PERIOD;
        } else if (shift == 0 || matching.of_ours[i] == i) {
            difference.kind = compare(&pair->ours, &pair->theirs);
        }
        out_differences[found++] = difference;
    }
    return found;
}
