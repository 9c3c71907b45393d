#include "charter/charter_continuity.h"

#include <inttypes.h>
#include <string.h>

#include "charter/charter_calendar.h"
#include "charter/charter_checks.h"

static enum err check_units(const struct charter *now, const struct charter *before,
                            struct note *note)
{
    if (now->points_decimals != before->points_decimals ||
        now->currency_decimals != before->currency_decimals ||
        strcmp(now->currency, before->currency) != 0) {
        return note_set(note, ERR_CONFLICT,
                        "the charter of epoch %" PRIu64
                        " has other decimals or another currency than the one before",
                        now->epoch);
    }
    if (now->is_multilateral != before->is_multilateral) {
        return note_set(note, ERR_CONFLICT,
                        "the charter of epoch %" PRIu64
                        " nets otherwise than the one before: periods are under way",
                        now->epoch);
    }
    return ERR_OK;
}

static const struct tariff *find_tariff(const struct charter *charter, uint32_t id)
{
    for (size_t i = 0; i < charter->tariff_count; i++) {
        if (charter->tariffs[i].id == id) {
            return &charter->tariffs[i];
        }
    }
    return NULL;
}

static enum err check_tariffs(const struct charter *now, const struct charter *before,
                              struct note *note)
{
    for (size_t i = 0; i < before->tariff_count; i++) {
        const struct tariff *old = &before->tariffs[i];
        const struct tariff *kept = find_tariff(now, old->id);
        if (kept == NULL) {
            return note_set(note, ERR_CONFLICT, "the new charter no longer has tariff %u", old->id);
        }
        if (!tariff_equal(kept, old)) {
            return note_set(note, ERR_CONFLICT,
                            "the new charter has other prices for tariff %u: new prices need a "
                            "tariff of their own",
                            old->id);
        }
    }
    return ERR_OK;
}

const struct promotion *charter_promotion_find(const struct charter *charter, uint32_t id)
{
    for (size_t i = 0; i < charter->promotion_count; i++) {
        if (charter->promotions[i].id == id) {
            return &charter->promotions[i];
        }
    }
    return NULL;
}

/* What returns of them comes whenever it comes: they stay. */
static enum err check_promotions(const struct charter *now, const struct charter *before,
                                 struct note *note)
{
    for (size_t i = 0; i < before->promotion_count; i++) {
        const struct promotion *old = &before->promotions[i];
        const struct promotion *kept = charter_promotion_find(now, old->id);
        if (kept == NULL || !promotion_equal(kept, old)) {
            return note_set(note, ERR_CONFLICT,
                            "the new charter no longer has promotion %u as it was agreed", old->id);
        }
    }
    for (size_t i = 0; i < now->promotion_count; i++) {
        const struct promotion *promotion = &now->promotions[i];
        if (charter_promotion_find(before, promotion->id) == NULL &&
            charter_check_promotion_partners(now, promotion, note) != ERR_OK) {
            return ERR_CONFLICT; /* the note says whom */
        }
    }
    return ERR_OK;
}

/* Not before everybody can know of it. */
static enum err check_new_tariffs(const struct charter *now, const struct charter *before,
                                  struct note *note)
{
    for (size_t i = 0; i < now->tariff_count; i++) {
        const struct tariff *tariff = &now->tariffs[i];
        bool is_in_use = !tariff_is_for_all(tariff) || tariff->valid_from.ms != 0;
        if (find_tariff(before, tariff->id) != NULL) {
            continue;
        }
        if (charter_check_tariff_pair(now, tariff, note) != ERR_OK) {
            return ERR_CONFLICT; /* the note says whom */
        }
        if (is_in_use && tariff->valid_from.ms < now->valid_from.ms) {
            return note_set(note, ERR_CONFLICT,
                            "tariff %u: valid_from lies before the charter that brings it",
                            tariff->id);
        }
    }
    return ERR_OK;
}

static enum err check_gone(const struct charter *now, const struct charter_partner *old,
                           struct note *note)
{
    char text[PERIOD_TEXT_MAX];
    if (old->last_period.code == 0) {
        return note_set(note, ERR_CONFLICT,
                        "%s is no longer in the charter of epoch %" PRIu64
                        ", and no epoch before said that it leaves",
                        old->id.text, now->epoch);
    }
    if (!period_is_before(old->last_period, charter_period(now))) {
        return note_set(note, ERR_CONFLICT, "%s is in the charter until %s has ended", old->id.text,
                        period_format(old->last_period, text));
    }
    return ERR_OK;
}

static enum err check_kept(const struct charter *now, const struct charter_partner *old,
                           const struct charter_partner *kept, struct note *note)
{
    struct period earliest = old->last_period.code != 0 ? old->last_period : charter_period(now);
    char texts[2][PERIOD_TEXT_MAX];
    if (strcmp(kept->prefix.digits, old->prefix.digits) != 0) {
        return note_set(note, ERR_CONFLICT, "%s has card prefix %s in epoch %" PRIu64 ", not %s",
                        old->id.text, kept->prefix.digits, now->epoch, old->prefix.digits);
    }
    if (kept->first_period.code != old->first_period.code) {
        return note_set(note, ERR_CONFLICT,
                        "the streams of %s begin in %s, as the epoch before says; not in %s",
                        old->id.text, period_format(old->first_period, texts[0]),
                        period_format(kept->first_period, texts[1]));
    }
    if (kept->last_period.code == 0 && old->last_period.code != 0) {
        return note_set(note, ERR_CONFLICT, "%s leaves, as the epoch before says", old->id.text);
    }
    if (kept->last_period.code != 0 && period_is_before(kept->last_period, earliest)) {
        return note_set(note, ERR_CONFLICT, "the streams of %s can't end in %s: not before %s",
                        old->id.text, period_format(kept->last_period, texts[0]),
                        period_format(earliest, texts[1]));
    }
    return ERR_OK;
}

static enum err check_partners(const struct charter *now, const struct charter *before,
                               struct note *note)
{
    for (size_t i = 0; i < before->partner_count; i++) {
        const struct charter_partner *old = &before->partners[i];
        const struct charter_partner *kept = charter_partner_find(now, &old->id);
        TRY(kept == NULL ? check_gone(now, old, note) : check_kept(now, old, kept, note));
    }
    return ERR_OK;
}

static bool reaches_beyond(const struct charter_revocation *now,
                           const struct charter_revocation *before)
{
    for (size_t i = 0; i < now->stream_count; i++) {
        const struct charter_revoked_stream *stream = &now->streams[i];
        uint64_t last_entry = 0;
        uint64_t last_receipt = 0;
        for (size_t k = 0; k < before->stream_count; k++) {
            if (partner_id_equal(&before->streams[k].peer, &stream->peer)) {
                last_entry = before->streams[k].last_entry;
                last_receipt = before->streams[k].last_receipt;
            }
        }
        if (stream->last_entry > last_entry || stream->last_receipt > last_receipt) {
            return true;
        }
    }
    return false;
}

static enum err check_revocations(const struct charter *now, const struct charter *before,
                                  struct note *note)
{
    char id[KEY_ID_TEXT_MAX];
    for (size_t i = 0; i < before->revocation_count; i++) {
        const struct charter_revocation *old = &before->revocations[i];
        const struct charter_key *key = charter_key_by_id(now, &old->partner, &old->key);
        if (key == NULL) { /* no longer listed: it signs nothing at all */
            continue;
        }
        if (key->revocation == NULL || reaches_beyond(key->revocation, old)) {
            return note_set(note, ERR_CONFLICT,
                            "key %s of %s is revoked in the epoch before; it can't count again",
                            key_id_format(&old->key, id), old->partner.text);
        }
    }
    return ERR_OK;
}

enum err charter_check_continuity(const struct charter *charter, const struct charter *previous,
                                  struct note *note)
{
    TRY(check_units(charter, previous, note));
    TRY(charter_calendar_follows(&charter->calendar, &previous->calendar, charter->valid_from,
                                 note));
    TRY(check_tariffs(charter, previous, note));
    TRY(check_new_tariffs(charter, previous, note));
    TRY(check_promotions(charter, previous, note));
    TRY(check_partners(charter, previous, note));
    return check_revocations(charter, previous, note);
}
