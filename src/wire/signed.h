/* The Signed envelope of proto/talea/v1/peer.proto: payload bytes as they came, and who stands
 * behind them. */
#ifndef WIRE_SIGNED_H
#define WIRE_SIGNED_H

#include "crypto/purpose.h"
#include "crypto/signing.h"

struct signed_message {
    struct slice payload;
    struct key_id key_id;
    uint64_t charter_epoch;
    enum purpose purpose;
    struct signature signature;
};

/* Appends the packed envelope. */
MUST_USE enum err signed_encode(const struct signed_message *message, struct buffer *out);
/* `out_message->payload` points into `bytes`: nothing is copied or encoded again. ERR_INPUT for
 * anything malformed, oversized (LIMIT_SIGNED_BYTES) or of an unknown purpose. */
MUST_USE enum err signed_decode(struct slice bytes, struct signed_message *out_message);
/* Signs and appends the packed envelope. */
MUST_USE enum err signed_make(const struct signer *signer, uint64_t charter_epoch,
                              enum purpose purpose, struct slice payload, struct buffer *out);
/* Right purpose, right signature by this key. */
MUST_USE enum err signed_verify(const struct signed_message *message, const char *coalition,
                                enum purpose purpose, const struct public_key *key);

#endif
