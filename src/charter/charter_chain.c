#include "charter/charter_chain.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"

void charter_chain_fini(struct charter_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        charter_close(chain->charters[i]);
    }
    free(chain->charters);
    *chain = (struct charter_chain){NULL, 0};
}

/* Room for one more, so that adding can be told to fail before anything is held. */
static enum err make_room(struct charter_chain *chain, size_t count)
{
    if (count > LIMIT_CHARTER_EPOCHS) {
        return ERR_RESOURCE;
    }
    struct charter **more = realloc(chain->charters, count * sizeof(struct charter *));
    if (more == NULL) {
        return ERR_RESOURCE;
    }
    chain->charters = more;
    return ERR_OK;
}

enum err charter_chain_copy(const struct charter_chain *chain, struct charter_chain *out_copy)
{
    struct charter_chain copy = {NULL, 0};
    TRY(make_room(&copy, chain->count + 1));
    for (size_t i = 0; i < chain->count; i++) {
        copy.charters[copy.count++] = charter_hold(chain->charters[i]);
    }
    *out_copy = copy;
    return ERR_OK;
}

enum err charter_chain_add(struct charter_chain *chain, struct charter *charter)
{
    TRY(make_room(chain, chain->count + 1));
    chain->charters[chain->count++] = charter;
    return ERR_OK;
}

struct charter *charter_chain_last(const struct charter_chain *chain)
{
    return chain->count == 0 ? NULL : chain->charters[chain->count - 1];
}

struct charter *charter_chain_find(const struct charter_chain *chain, uint64_t epoch)
{
    size_t low = 0;
    size_t high = chain->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chain->charters[middle]->epoch == epoch) {
            return chain->charters[middle];
        }
        if (chain->charters[middle]->epoch < epoch) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

enum charter_standing charter_chain_standing(const struct charter_chain *chain,
                                             const struct charter *charter)
{
    const struct charter *last = charter_chain_last(chain);
    const struct charter *same = charter_chain_find(chain, charter->epoch);
    if (same != NULL) {
        return hash_equal(&same->payload_hash, &charter->payload_hash) ? CHARTER_KNOWN
                                                                       : CHARTER_OTHER;
    }
    if (last == NULL || charter->epoch > last->epoch) {
        return last != NULL && charter->epoch == last->epoch + 1 ? CHARTER_NEXT : CHARTER_AHEAD;
    }
    return CHARTER_PAST;
}

enum err charter_chain_may_add(const struct charter_chain *chain, const struct charter *charter,
                               struct note *note)
{
    const struct charter *last = charter_chain_last(chain);
    if (last == NULL) {
        return note_set(note, ERR_CONFLICT, "there is no charter yet that it could follow");
    }
    if (chain->count >= LIMIT_CHARTER_EPOCHS) {
        return note_set(note, ERR_RESOURCE, "%u epochs are kept; there is no room for one more",
                        LIMIT_CHARTER_EPOCHS);
    }
    if (charter_chain_standing(chain, charter) == CHARTER_OTHER) {
        return note_set(note, ERR_DISAGREE,
                        "another charter of epoch %" PRIu64 " than the one that is in force here",
                        charter->epoch);
    }
    TRY(charter_follows(charter, last, note));
    return charter_check_signatures(charter, note);
}

const struct charter_key *charter_chain_key(const struct charter_chain *chain,
                                            const struct partner_id *partner,
                                            const struct key_id *id)
{
    for (size_t i = chain->count; i > 0; i--) {
        const struct charter_key *key = charter_key_by_id(chain->charters[i - 1], partner, id);
        if (key != NULL) {
            return key;
        }
    }
    return NULL;
}

const struct charter_key *charter_chain_key_at(const struct charter_chain *chain,
                                               const struct partner_id *partner,
                                               const struct key_id *id, struct unix_ms time)
{
    for (size_t i = chain->count; i > 0; i--) {
        const struct charter_key *key = charter_key_find(chain->charters[i - 1], partner, id, time);
        if (key != NULL) {
            return key;
        }
    }
    return NULL;
}
