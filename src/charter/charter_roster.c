/* A charter as the ledger sees it, and what makes it count: signatures and the epoch before. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "charter/charter_continuity.h"

enum err charter_roster(const struct charter *charter, const struct partner_id *self,
                        struct roster *out_roster, struct note *note)
{
    if (charter_partner_find(charter, self) == NULL) {
        return note_set(note, ERR_NOT_FOUND, "%s is no partner of the charter of %s", self->text,
                        charter->coalition);
    }
    struct roster roster = {.self = *self,
                            .epoch = charter->epoch,
                            .first_period = charter_partner_find(charter, self)->first_period,
                            .partner_count = charter->partner_count,
                            .tariff_count = charter->tariff_count,
                            .promotion_count = charter->promotion_count,
                            .net_debit_cap = charter->net_debit_cap,
                            .waits_at_cap = charter->waits_at_cap,
                            .dispute_answer_s = charter->dispute_answer_s,
                            .dispute_escalate_s = charter->dispute_escalate_s,
                            .calendar = charter->calendar};
    roster.partners = calloc(charter->partner_count, sizeof *roster.partners);
    roster.tariffs = calloc(charter->tariff_count, sizeof *roster.tariffs);
    roster.promotions = calloc(charter->promotion_count + 1, sizeof *roster.promotions);
    enum err err = ERR_OK;
    if (roster.partners == NULL || roster.tariffs == NULL || roster.promotions == NULL) {
        err = note_set(note, ERR_RESOURCE, "there is no memory for the roster");
    } else {
        for (size_t i = 0; i < charter->partner_count; i++) {
            const struct charter_partner *partner = &charter->partners[i];
            roster.partners[i] = (struct roster_partner){.id = partner->id,
                                                         .prefix = partner->prefix,
                                                         .first_period = partner->first_period,
                                                         .last_period = partner->last_period};
        }
        memcpy(roster.tariffs, charter->tariffs, charter->tariff_count * sizeof *roster.tariffs);
        for (size_t i = 0; i < charter->promotion_count; i++) {
            roster.promotions[i] = charter->promotions[i];
        }
        err = roster_prepare(&roster, note);
    }
    if (err != ERR_OK) {
        charter_roster_fini(&roster);
        return err;
    }
    *out_roster = roster;
    return ERR_OK;
}

void charter_roster_fini(struct roster *roster)
{
    if (roster != NULL) {
        free(roster->partners);
        free(roster->tariffs);
        free(roster->promotions);
        *roster = (struct roster){.partners = NULL};
    }
}

/* The partners that have not signed, as far as they fit. */
#define MISSING_TEXT_MAX 256

static void list_missing(const struct charter *charter, char out_text[MISSING_TEXT_MAX])
{
    size_t used = 0;
    out_text[0] = '\0';
    for (size_t i = 0; i < charter->partner_count; i++) {
        const char *id = charter->partners[i].id.text;
        size_t length = strlen(id) + (used == 0 ? 0 : 2);
        if (charter->partners[i].has_signed) {
            continue;
        }
        if (used + length + sizeof ", ..." > MISSING_TEXT_MAX) {
            snprintf(out_text + used, MISSING_TEXT_MAX - used, ", ...");
            return;
        }
        snprintf(out_text + used, MISSING_TEXT_MAX - used, "%s%s", used == 0 ? "" : ", ", id);
        used += length;
    }
}

enum err charter_check_payers(const struct charter *charter, const struct charter *previous,
                              struct note *note)
{
    for (size_t i = 0; i < charter->promotion_count; i++) {
        const struct promotion *promotion = &charter->promotions[i];
        bool is_known = previous != NULL && charter_promotion_find(previous, promotion->id) != NULL;
        for (size_t k = 0; k < promotion->part_count && !is_known; k++) {
            const struct partner_id *payer = &promotion->parts[k].partner;
            const struct charter_partner *partner = charter_partner_find(charter, payer);
            if (partner == NULL || !partner->has_signed) {
                return note_set(note, ERR_SIGNATURE,
                                "charter of %s, epoch %" PRIu64
                                ": %s, who pays for promotion %u, has not signed",
                                charter->coalition, charter->epoch, payer->text, promotion->id);
            }
        }
    }
    return ERR_OK;
}

enum err charter_check_signatures(const struct charter *charter, struct note *note)
{
    if (charter->signature_count >= charter->required_signatures) {
        return charter->epoch == 1 ? charter_check_payers(charter, NULL, note) : ERR_OK;
    }
    char missing[MISSING_TEXT_MAX];
    list_missing(charter, missing);
    return note_set(note, ERR_SIGNATURE,
                    "charter of %s, epoch %" PRIu64 ": %u of %u signatures; not signed by %s",
                    charter->coalition, charter->epoch, charter->signature_count,
                    charter->required_signatures, missing);
}

/* Partners of the previous charter whose same root key has signed this one. */
static unsigned count_heirs(const struct charter *charter, const struct charter *previous)
{
    unsigned count = 0;
    for (size_t i = 0; i < previous->partner_count; i++) {
        const struct charter_partner *old = &previous->partners[i];
        const struct charter_partner *now = charter_partner_find(charter, &old->id);
        if (now != NULL && now->has_signed && public_key_equal(&now->root, &old->root)) {
            count++;
        }
    }
    return count;
}

enum err charter_follows(const struct charter *charter, const struct charter *previous,
                         struct note *note)
{
    if (strcmp(charter->coalition, previous->coalition) != 0) {
        return note_set(note, ERR_CONFLICT, "the charter is of %s, not of %s", charter->coalition,
                        previous->coalition);
    }
    if (previous->epoch == UINT64_MAX || charter->epoch != previous->epoch + 1) {
        return note_set(note, ERR_CONFLICT,
                        "the charter is of epoch %" PRIu64 ", which is not the one after %" PRIu64,
                        charter->epoch, previous->epoch);
    }
    if (!hash_equal(&charter->previous_hash, &previous->payload_hash)) {
        return note_set(note, ERR_CONFLICT,
                        "the charter of epoch %" PRIu64 " follows on from another epoch %" PRIu64,
                        charter->epoch, previous->epoch);
    }
    TRY(charter_check_continuity(charter, previous, note));
    unsigned heirs = count_heirs(charter, previous);
    if (heirs < previous->required_signatures) {
        return note_set(note, ERR_SIGNATURE,
                        "the charter of epoch %" PRIu64 " is signed by %u root keys of the epoch "
                        "before; %u are required",
                        charter->epoch, heirs, previous->required_signatures);
    }
    return charter_check_payers(charter, previous, note);
}
