/* Online keys: which of them there are, and what a revoked one still vouches for. */
#include <inttypes.h>

#include "charter/charter.h"

const struct charter_key *charter_key_by_id(const struct charter *charter,
                                            const struct partner_id *partner,
                                            const struct key_id *id)
{
    const struct charter_partner *found = charter_partner_find(charter, partner);
    for (size_t i = 0; found != NULL && i < found->online_count; i++) {
        if (key_id_equal(&found->online[i].id, id)) {
            return &found->online[i];
        }
    }
    return NULL;
}

const struct charter_key *charter_key_find(const struct charter *charter,
                                           const struct partner_id *partner,
                                           const struct key_id *id, struct unix_ms now)
{
    const struct charter_key *key = charter_key_by_id(charter, partner, id);
    bool is_valid = key != NULL && key->valid_from.ms <= now.ms && now.ms < key->valid_until.ms;
    return is_valid ? key : NULL;
}

/* The numbers of one pair; zeros when nothing counts. */
static struct charter_revoked_stream revoked_stream(const struct charter_revocation *revocation,
                                                    const struct partner_id *peer)
{
    for (size_t i = 0; i < revocation->stream_count; i++) {
        if (partner_id_equal(&revocation->streams[i].peer, peer)) {
            return revocation->streams[i];
        }
    }
    return (struct charter_revoked_stream){.peer = *peer};
}

enum err charter_key_counts(const struct charter_key *key, const struct charter_place *place,
                            struct note *note)
{
    char id[KEY_ID_TEXT_MAX];
    if (key->revocation == NULL) {
        return ERR_OK;
    }
    key_id_format(&key->id, id);
    struct charter_revoked_stream last = revoked_stream(key->revocation, place->peer);
    uint64_t limit = place->purpose == PURPOSE_CLEARING_BATCH     ? last.last_entry
                     : place->purpose == PURPOSE_CLEARING_RECEIPT ? last.last_receipt
                                                                  : 0;
    if (place->number > 0 && place->number <= limit) {
        return ERR_OK;
    }
    return note_set(note, ERR_REVOKED,
                    "key %s of %s is revoked behind number %" PRIu64
                    " towards %s; this is %s %" PRIu64,
                    id, key->revocation->partner.text, limit, place->peer->text,
                    purpose_name(place->purpose), place->number);
}
