#include "crypto/signing.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/domain.h"

size_t signing_payload_max(enum purpose purpose)
{
    return purpose == PURPOSE_CHARTER ? LIMIT_CHARTER_BYTES : LIMIT_SIGNED_BYTES;
}

static bool is_coalition(const char *name)
{
    size_t length = strnlen(name, SIGNING_COALITION_MAX + 1);
    return length > 0 && length <= SIGNING_COALITION_MAX;
}

/* Composes the signed bytes; the caller frees them. */
static enum err compose(const struct signing_scope *scope, struct slice payload,
                        struct buffer *out_bytes)
{
    if (!is_coalition(scope->coalition) || !purpose_is_known((uint32_t)scope->purpose)) {
        return ERR_INPUT;
    }
    if (payload.length > signing_payload_max(scope->purpose)) {
        return ERR_RANGE;
    }
    size_t name_length = strlen(scope->coalition);
    write_bytes(out_bytes, SIGNED_DOMAIN, sizeof SIGNED_DOMAIN);
    write_u32(out_bytes, (uint32_t)name_length);
    write_bytes(out_bytes, scope->coalition, name_length);
    write_u32(out_bytes, (uint32_t)scope->purpose);
    write_u64(out_bytes, scope->epoch);
    write_u64(out_bytes, payload.length);
    write_bytes(out_bytes, payload.at, payload.length);
    return out_bytes->err;
}

enum err signing_sign(const struct signing_key *key, const struct signing_scope *scope,
                      struct slice payload, struct signature *out_signature)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    TRY(compose(scope, payload, &bytes));
    *out_signature = ed25519_sign(key, buffer_slice(&bytes));
    return ERR_OK;
}

enum err signing_verify(const struct public_key *key, const struct signing_scope *scope,
                        struct slice payload, const struct signature *signature)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    TRY(compose(scope, payload, &bytes));
    return ed25519_verifies(key, buffer_slice(&bytes), signature) ? ERR_OK : ERR_SIGNATURE;
}

static enum err key_signer_sign(void *context, enum purpose purpose, uint64_t epoch,
                                struct slice payload, struct signature *out_signature)
{
    const struct key_signer *signer = context;
    struct signing_scope scope = {
        .coalition = signer->coalition, .purpose = purpose, .epoch = epoch};
    return signing_sign(signer->key, &scope, payload, out_signature);
}

enum err key_signer_init(struct key_signer *signer, const struct signing_key *key,
                         const char *coalition, struct signer *out_port)
{
    if (!is_coalition(coalition)) {
        return ERR_INPUT;
    }
    TRY(text_copy(signer->coalition, sizeof signer->coalition, coalition));
    signer->key = key;
    *out_port = (struct signer){.context = signer,
                                .key_id = key->id,
                                .public_key = key->public_key,
                                .sign = key_signer_sign};
    return ERR_OK;
}
