/* Making a charter: from terms and introductions to a file that carries enough signatures.
 *
 *   introductions + terms -> charter_make -> a SignedCharter without signatures
 *   each partner, offline:   charter_sign -> a copy with one signature more
 *   of any two copies:       charter_merge_signatures
 *
 * Files hold binary protobuf (proto/talea/v1/charter.proto) and end in ".talea". Partners, tariffs
 * and signatures stand in the order of their ids, so that the same terms always give the same
 * bytes.
 */
#ifndef CHARTER_CHARTER_FILE_H
#define CHARTER_CHARTER_FILE_H

#include "charter/charter.h"

#define TALEA_FILE_EXTENSION ".talea"

struct charter_tariff {
    struct tariff prices;
    const char *name;
};

/* As a promotion is written down. */
struct charter_promotion {
    struct promotion promotion;
    const char *name;
};

/* A partner leaves: its streams end with this period. */
struct charter_departure {
    struct partner_id partner;
    struct period last_period;
};

/* All borrowed. */
struct charter_terms {
    const char *coalition;
    uint64_t epoch;
    struct hash previous_hash; /* zeros for epoch 1; not looked at where there is `previous` */
    /* The charter before, whose lasting terms are taken over: when streams began, who leaves, which
     * keys are revoked. NULL for epoch 1. */
    const struct charter *previous;
    uint32_t required_signatures;
    const char *points_name;
    unsigned points_decimals;
    const char *currency;
    unsigned currency_decimals;
    struct unix_ms valid_from;
    const struct charter_tariff *tariffs;
    size_t tariff_count;
    const struct charter_promotion *promotions;
    size_t promotion_count;
    struct money net_debit_cap; /* 0: none */
    bool waits_at_cap;
    uint32_t dispute_answer_s; /* 0: 14 days */
    uint32_t dispute_escalate_s;
    bool is_multilateral;
    struct period_calendar calendar; /* charter_calendar.h makes one that may follow */
    const struct charter_departure *departures;
    size_t departure_count;
    const struct charter_revocation *revocations; /* in any order */
    size_t revocation_count;
};

/* Appends an unsigned SignedCharter that charter_open takes. `introductions` are bytes of
 * PartnerIntroduction messages, in any order. ERR_INPUT, ERR_DENIED or ERR_SIGNATURE with a note
 * for what it would not take; ERR_CONFLICT when it could not follow the previous one. */
MUST_USE enum err charter_make(const struct charter_terms *terms, const struct slice *introductions,
                               size_t introduction_count, struct buffer *out, struct note *note);

/* Appends a partner's introduction out of a charter. ERR_NOT_FOUND when it is no partner of it. */
MUST_USE enum err charter_introduction(const struct charter *charter,
                                       const struct partner_id *partner, struct buffer *out,
                                       struct note *note);

/* Appends a copy with the partner's signature; a copy as it was if that is there already.
 * ERR_DENIED when the key is not the partner's root key, ERR_NOT_FOUND when it is no partner, and
 * all that charter_open says. */
MUST_USE enum err charter_sign(struct slice bytes, const struct signing_key *root,
                               const struct partner_id *partner, struct buffer *out,
                               struct note *note);

/* Appends a copy with the signatures of both. ERR_CONFLICT when they are not of the same payload.
 */
MUST_USE enum err charter_merge_signatures(struct slice a, struct slice b, struct buffer *out,
                                           struct note *note);

/* Replaces the contents of `out_bytes` by a charter's or an introduction's file. ERR_INPUT for
 * another ending or an empty file; errors of base/file.h. */
MUST_USE enum err charter_file_read(const char *path, struct buffer *out_bytes, struct note *note);
/* Makes a new file; never overwrites. */
MUST_USE enum err charter_file_write(const char *path, struct slice bytes, struct note *note);
/* Both steps at once; the note names the file. */
MUST_USE enum err charter_load(const char *path, struct charter **out_charter, struct note *note);

#endif
