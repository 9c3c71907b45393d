#include "cli/introduction.h"

#include <talea/v1/charter.pb-c.h>

#include "cli/message.h"
#include "crypto/signing.h"

static enum err attest_online_key(const struct introduction *introduction,
                                  struct buffer *out_payload, struct signature *out_signature)
{
    Talea__V1__OnlineKey key = TALEA__V1__ONLINE_KEY__INIT;
    key.public_key =
        message_bytes(slice_of(introduction->online_key.bytes, sizeof introduction->online_key));
    key.valid_from_unix_ms = introduction->valid_from.ms;
    key.valid_until_unix_ms = introduction->valid_until.ms;
    key.partner = message_text(introduction->plan->partner.text);
    TRY(message_pack(&key.base, out_payload));
    struct signing_scope scope = {introduction->plan->coalition, PURPOSE_ONLINE_KEY, 0};
    return signing_sign(introduction->root, &scope, buffer_slice(out_payload), out_signature);
}

enum err introduction_make(const struct introduction *introduction, struct buffer *out,
                           struct note *note)
{
    const struct init_plan *plan = introduction->plan;
    CLEANUP(buffer_fini) struct buffer payload = {0};
    CLEANUP(buffer_fini) struct buffer pem = {0};
    struct signature signature;
    enum err err = attest_online_key(introduction, &payload, &signature);
    if (err != ERR_OK) {
        return note_set(note, err, "the online key can't be signed");
    }
    write_bytes(&pem, introduction->tls_ca_pem.at, introduction->tls_ca_pem.length);
    write_u8(&pem, 0);
    TRY(pem.err);

    char address[ADDRESS_TEXT_MAX];
    Talea__V1__Signed attested = TALEA__V1__SIGNED__INIT;
    attested.payload = message_bytes(slice_of(payload.at, payload.length));
    attested.key_id =
        message_bytes(slice_of(introduction->root->id.bytes, sizeof introduction->root->id));
    attested.purpose = TALEA__V1__PURPOSE__PURPOSE_ONLINE_KEY;
    attested.signature = message_bytes(slice_of(signature.bytes, sizeof signature));
    Talea__V1__Signed *online_keys[] = {&attested};

    Talea__V1__PartnerIntroduction message = TALEA__V1__PARTNER_INTRODUCTION__INIT;
    message.partner = message_text(plan->partner.text);
    message.display_name = message_text(plan->display_name);
    message.address = message_text(address_format(&plan->reach, address));
    message.card_prefix = message_text(plan->prefix.digits);
    message.root_public_key = message_bytes(
        slice_of(introduction->root->public_key.bytes, sizeof introduction->root->public_key));
    message.online_keys = online_keys;
    message.n_online_keys = 1;
    message.tls_ca_pem = message_text((const char *)pem.at);
    message.coalition = message_text(plan->coalition);
    return message_pack(&message.base, out);
}
