#include "peer/host.h"
#include "base/mutant.h"

#include <inttypes.h>
#include <string.h>

void peer_tell(const struct peer_host *host, const struct peer_event *event)
{
    if (host->on_event != NULL) {
        host->on_event(host->context, event);
    }
}

/* What was signed before stays signed. A partner may know the next epoch sooner than we do, but not
 * the one after it. */
static enum err check_epoch(const struct peer_host *host, const struct signed_message *message,
                            const struct partner_id *partner, struct note *note)
{
    uint64_t epoch = message->charter_epoch;
    if (epoch == 0 || epoch > host->charter->epoch + 1) {
        return note_set(note, ERR_SIGNATURE,
                        "the %s of %s is of charter epoch %" PRIu64 ", here %" PRIu64
                        " is in force",
                        purpose_name(message->purpose), partner->text, epoch, host->charter->epoch);
    }
    return ERR_OK;
}

enum err peer_verify_by(const struct peer_host *host, const struct signed_message *message,
                        enum purpose purpose, const struct charter_key *key)
{
    return host->verify != NULL
               ? host->verify(host->context, message, purpose, key)
               : signed_verify(message, host->charter->coalition, purpose, &key->key);
}

enum err peer_verify(const struct peer_host *host, const struct signed_message *message,
                     enum purpose purpose, const struct partner_id *partner, struct note *note)
{
    const struct charter_key *key =
        charter_key_find(host->charter, partner, &message->key_id, host->now);
    if (key == NULL) {
        return note_set(note, ERR_SIGNATURE, "%s has no such online key now", partner->text);
    }
    enum err err = peer_verify_by(host, message, purpose, key);
    if (err != ERR_OK && !MUTANT(ACCEPT_UNSIGNED)) {
        return note_set(note, ERR_SIGNATURE, "the %s of %s does not verify", purpose_name(purpose),
                        partner->text);
    }
    TRY(check_epoch(host, message, partner, note));
    bool has_number = purpose == PURPOSE_CLEARING_BATCH || purpose == PURPOSE_CLEARING_RECEIPT;
    return has_number ? ERR_OK : peer_check_place(host, message, partner, 0, note);
}

enum err peer_verify_past(const struct peer_host *host, const struct signed_message *message,
                          enum purpose purpose, const struct partner_id *partner,
                          struct period period, struct note *note)
{
    enum err err = peer_verify(host, message, purpose, partner, note);
    if (err != ERR_SIGNATURE || host->chain == NULL) {
        return err;
    }
    const struct charter_key *key = charter_chain_key(host->chain, partner, &message->key_id);
    if (key == NULL || key->revocation != NULL ||
        !period_may_have_begun(period, key->valid_until)) {
        return err;
    }
    TRY(check_epoch(host, message, partner, note));
    return peer_verify_by(host, message, purpose, key) == ERR_OK ? ERR_OK : err;
}

enum err peer_check_place(const struct peer_host *host, const struct signed_message *message,
                          const struct partner_id *partner, uint64_t number, struct note *note)
{
    const struct charter_key *key = charter_key_by_id(host->charter, partner, &message->key_id);
    struct charter_place place = {message->purpose, &host->roster->self, number};
    return key == NULL ? note_set(note, ERR_SIGNATURE, "%s has no such online key", partner->text)
           : MUTANT(ACCEPT_REVOKED) ? ERR_OK
                                    : charter_key_counts(key, &place, note);
}

enum err peer_sign(const struct peer_host *host, enum purpose purpose, struct slice payload,
                   struct buffer *out_signed)
{
    return signed_make(host->signer, host->roster->epoch, purpose, payload, out_signed);
}

enum err peer_renew(const struct peer_host *host, struct slice kept, struct buffer *out_signed)
{
    struct signed_message message;
    TRY(signed_decode(kept, &message));
    if (memcmp(&message.key_id, &host->signer->key_id, sizeof message.key_id) == 0) {
        write_bytes(out_signed, kept.at, kept.length);
        return out_signed->err;
    }
    return peer_sign(host, message.purpose, message.payload, out_signed);
}
