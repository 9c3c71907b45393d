#include "charter/introduction.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "charter/introduction_wire.h"
#include "pki/certificate.h"
#include "wire/signed_fields.h"

void field_public_key(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                      struct public_key *out_key)
{
    struct public_key key;
    char text[PUBLIC_KEY_TEXT_MAX];
    field_bytes(fields, field, in, key.bytes, sizeof key.bytes);
    field_require(fields,
                  fields->err != ERR_OK ||
                      public_key_parse(public_key_format(&key, text), out_key) == ERR_OK,
                  field, "is no public key");
}

void field_display_name(struct fields *fields, const char *field, const char *text)
{
    size_t length = strnlen(text, LIMIT_NAME_BYTES + 1);
    field_require(fields,
                  length > 0 && length <= LIMIT_NAME_BYTES &&
                      text_is_printable(slice_of(text, length)),
                  field, "is empty, too long or holds characters that cannot be shown");
}

static void field_address(struct fields *fields, const char *text)
{
    struct address address;
    field_require(fields, address_parse(text, &address) == ERR_OK && address.port != 0, "address",
                  "is not host:port");
}

/* The dated key inside an envelope whose signature was verified. */
static enum err online_key_decode(struct fields *fields, struct slice payload,
                                  const struct partner_id *partner, struct charter_key *out_key)
{
    struct scratch scratch;
    const Talea__V1__OnlineKey *m = (const void *)fields_unpack_small(
        fields, &talea__v1__online_key__descriptor, payload, &scratch);
    if (m == NULL) {
        return fields->err;
    }
    struct charter_key key = {.valid_from = {m->valid_from_unix_ms},
                              .valid_until = {m->valid_until_unix_ms}};
    field_public_key(fields, "online key", &m->public_key, &key.key);
    field_time(fields, "valid_from_unix_ms", key.valid_from);
    field_time(fields, "valid_until_unix_ms", key.valid_until);
    field_require(fields, key.valid_from.ms < key.valid_until.ms, "online key",
                  "ends before it begins");
    field_require(fields, strcmp(m->partner, partner->text) == 0, "online key",
                  "is another partner's");
    TRY(fields->err);
    key.id = key_id_of(&key.key);
    *out_key = key;
    return ERR_OK;
}

static enum err open_online_key(struct fields *fields, const Talea__V1__Signed *m,
                                const char *coalition, struct charter_partner *partner)
{
    struct signed_message message;
    struct charter_key key;
    field_signed(fields, "online key", m, &message);
    TRY(fields->err);
    if (message.charter_epoch != 0 ||
        signed_verify(&message, coalition, PURPOSE_ONLINE_KEY, &partner->root) != ERR_OK) {
        return note_set(fields->note, ERR_SIGNATURE,
                        "%s: an online key is not signed by the root key", fields->message);
    }
    TRY(online_key_decode(fields, message.payload, &partner->id, &key));
    field_require(fields, !public_key_equal(&key.key, &partner->root), "online key",
                  "is the root key");
    for (size_t i = 0; i < partner->online_count; i++) {
        field_require(fields, !public_key_equal(&key.key, &partner->online[i].key), "online key",
                      "is there twice");
    }
    TRY(fields->err);
    partner->online[partner->online_count++] = key;
    return ERR_OK;
}

static enum err check_authority(const char *message, const struct introduction *introduction,
                                struct note *note)
{
    const char *pem = introduction->partner.tls_ca_pem;
    struct note reason = {{0}};
    size_t length = strnlen(pem, LIMIT_PEM_BYTES + 1);
    if (length == 0 || length > LIMIT_PEM_BYTES) {
        return note_set(note, ERR_INPUT, "%s: tls_ca_pem is empty or too long", message);
    }
    enum err err = certificate_is_authority_of(slice_of(pem, length), introduction->coalition,
                                               &introduction->partner.id, &reason);
    return err == ERR_OK ? ERR_OK
                         : note_set(note, err, "%s: tls_ca_pem: %.400s", message, reason.text);
}

static void copy_text(struct fields *fields, const char *field, const char *text, char *out,
                      size_t capacity)
{
    size_t length = strnlen(text, capacity);
    field_require(fields, length < capacity, field, "is too long");
    if (fields->err == ERR_OK) {
        memcpy(out, text, length + 1);
    }
}

/* Signed by the partner's own root key, for this coalition: a majority that signs the charter can't
 * send another's money elsewhere. */
static enum err open_account(struct fields *fields, const Talea__V1__Signed *m,
                             const char *coalition, struct charter_partner *partner)
{
    struct signed_message message;
    struct scratch scratch = {.used = 0};
    struct note reason = {""};
    field_signed(fields, "account", m, &message);
    TRY(fields->err);
    if (message.charter_epoch != 0 ||
        signed_verify(&message, coalition, PURPOSE_BANK_ACCOUNT, &partner->root) != ERR_OK) {
        return note_set(fields->note, ERR_SIGNATURE,
                        "%s: the bank account is not signed by the root key", fields->message);
    }
    const Talea__V1__BankAccount *a = (const void *)fields_unpack_small(
        fields, &talea__v1__bank_account__descriptor, message.payload, &scratch);
    if (a == NULL) {
        return fields->err;
    }
    struct bank_account account = {"", "", ""};
    field_require(fields,
                  strcmp(a->partner, partner->id.text) == 0 && strcmp(a->coalition, coalition) == 0,
                  "account", "is another partner's");
    copy_text(fields, "iban", a->iban, account.iban, sizeof account.iban);
    copy_text(fields, "bic", a->bic, account.bic, sizeof account.bic);
    copy_text(fields, "holder", a->holder, account.holder, sizeof account.holder);
    TRY(fields->err);
    if (bank_account_check(&account, &reason) != ERR_OK) {
        return note_set(fields->note, ERR_INPUT, "%s: account: %.300s", fields->message,
                        reason.text);
    }
    partner->account = account;
    return ERR_OK;
}

#define MESSAGE_NAME_MAX 48

enum err introduction_from_wire(const Talea__V1__PartnerIntroduction *m,
                                struct introduction *out_introduction, struct note *note)
{
    struct introduction i = {.partner = {.display_name = m->display_name,
                                         .address = m->address,
                                         .tls_ca_pem = m->tls_ca_pem}};
    struct fields fields = fields_begin("PartnerIntroduction", note);
    fields_require_known(&fields, &m->base);
    field_partner(&fields, "partner", m->partner, &i.partner.id);
    TRY(fields.err);
    char message[MESSAGE_NAME_MAX];
    snprintf(message, sizeof message, "introduction of %s", i.partner.id.text);
    fields.message = message;
    field_name(&fields, "coalition", m->coalition, i.coalition, sizeof i.coalition);
    field_display_name(&fields, "display_name", m->display_name);
    field_address(&fields, m->address);
    field_require(&fields, card_prefix_parse(m->card_prefix, &i.partner.prefix) == ERR_OK,
                  "card_prefix", "is not 4 to 8 digits, the first not 0");
    field_public_key(&fields, "root_public_key", &m->root_public_key, &i.partner.root);
    field_require(&fields, m->n_online_keys > 0 && m->n_online_keys <= CHARTER_ONLINE_KEYS_MAX,
                  "online_keys", "are none or too many");
    TRY(fields.err);
    for (size_t k = 0; k < m->n_online_keys; k++) {
        TRY(open_online_key(&fields, m->online_keys[k], i.coalition, &i.partner));
    }
    if (m->account != NULL) {
        TRY(open_account(&fields, m->account, i.coalition, &i.partner));
    }
    TRY(check_authority(message, &i, note));
    *out_introduction = i;
    return ERR_OK;
}

enum err introduction_open(struct slice bytes, struct arena *arena,
                           struct introduction *out_introduction, struct note *note)
{
    struct fields fields = fields_begin("PartnerIntroduction", note);
    field_require(&fields, bytes.length <= LIMIT_SIGNED_BYTES, "bytes", "are too many");
    TRY(fields.err);
    const Talea__V1__PartnerIntroduction *m = (const void *)fields_unpack(
        &fields, &talea__v1__partner_introduction__descriptor, bytes, arena);
    return m == NULL ? fields.err : introduction_from_wire(m, out_introduction, note);
}

static enum err sign_online_key(const struct introduction_terms *terms,
                                const struct introduction_key *online, const struct signer *signer,
                                struct buffer *payload, struct signed_message *out_message)
{
    struct introduction_key key = *online;
    struct partner_id partner = terms->partner;
    Talea__V1__OnlineKey m;
    talea__v1__online_key__init(&m);
    m.public_key = binary_of(key.key.bytes, sizeof key.key.bytes);
    m.valid_from_unix_ms = key.valid_from.ms;
    m.valid_until_unix_ms = key.valid_until.ms;
    m.partner = partner.text;
    TRY(fields_pack(&m.base, payload));
    *out_message = (struct signed_message){
        .payload = buffer_slice(payload), .key_id = signer->key_id, .purpose = PURPOSE_ONLINE_KEY};
    return signer->sign(signer->context, PURPOSE_ONLINE_KEY, 0, out_message->payload,
                        &out_message->signature);
}

/* An account's envelope, with what it borrows. */
struct account_envelope {
    struct buffer payload;
    struct signed_message message;
    Talea__V1__Signed row;
};

static void account_envelope_fini(struct account_envelope *envelope)
{
    buffer_fini(&envelope->payload);
}

static enum err account_envelope_make(const struct introduction_terms *terms,
                                      const struct signing_key *root,
                                      struct account_envelope *out_envelope)
{
    struct key_signer adapter;
    struct signer signer;
    struct bank_account account = *terms->account;
    struct partner_id partner = terms->partner;
    char coalition[COALITION_NAME_MAX];
    Talea__V1__BankAccount m;
    snprintf(coalition, sizeof coalition, "%s", terms->coalition);
    talea__v1__bank_account__init(&m);
    m.partner = partner.text;
    m.coalition = coalition;
    m.iban = account.iban;
    m.bic = account.bic;
    m.holder = account.holder;
    TRY(fields_pack(&m.base, &out_envelope->payload));
    TRY(key_signer_init(&adapter, root, terms->coalition, &signer));
    out_envelope->message = (struct signed_message){.payload = buffer_slice(&out_envelope->payload),
                                                    .key_id = signer.key_id,
                                                    .purpose = PURPOSE_BANK_ACCOUNT};
    TRY(signer.sign(signer.context, PURPOSE_BANK_ACCOUNT, 0, out_envelope->message.payload,
                    &out_envelope->message.signature));
    signed_to_wire(&out_envelope->message, &out_envelope->row);
    return ERR_OK;
}

/* The envelopes of the online keys, with what they borrow. */
struct online_envelopes {
    struct buffer payloads[CHARTER_ONLINE_KEYS_MAX];
    struct signed_message messages[CHARTER_ONLINE_KEYS_MAX];
    Talea__V1__Signed rows[CHARTER_ONLINE_KEYS_MAX];
    Talea__V1__Signed *lines[CHARTER_ONLINE_KEYS_MAX];
};

static void online_envelopes_fini(struct online_envelopes *envelopes)
{
    for (size_t i = 0; i < CHARTER_ONLINE_KEYS_MAX; i++) {
        buffer_fini(&envelopes->payloads[i]);
    }
}

static enum err online_envelopes_make(const struct introduction_terms *terms,
                                      const struct signing_key *root,
                                      struct online_envelopes *out_envelopes, struct note *note)
{
    struct key_signer adapter;
    struct signer signer;
    if (terms->online_count == 0 || terms->online_count > CHARTER_ONLINE_KEYS_MAX) {
        return note_set(note, ERR_INPUT, "introduction of %s: %zu online keys; 1 to %u are allowed",
                        terms->partner.text, terms->online_count, CHARTER_ONLINE_KEYS_MAX);
    }
    if (key_signer_init(&adapter, root, terms->coalition, &signer) != ERR_OK) {
        return note_set(note, ERR_INPUT,
                        "introduction of %s: the coalition's name is empty or "
                        "too long",
                        terms->partner.text);
    }
    for (size_t i = 0; i < terms->online_count; i++) {
        TRY(sign_online_key(terms, &terms->online[i], &signer, &out_envelopes->payloads[i],
                            &out_envelopes->messages[i]));
        signed_to_wire(&out_envelopes->messages[i], &out_envelopes->rows[i]);
        out_envelopes->lines[i] = &out_envelopes->rows[i];
    }
    return ERR_OK;
}

/* Our own introduction must be one that others take. */
static enum err check_made(struct slice bytes, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct introduction opened;
    return introduction_open(bytes, &arena, &opened, note);
}

enum err introduction_make(const struct introduction_terms *terms, const struct signing_key *root,
                           struct buffer *out, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    CLEANUP(online_envelopes_fini) struct online_envelopes envelopes = {.lines = {NULL}};
    CLEANUP(buffer_fini) struct buffer packed = {0};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(online_envelopes_make(terms, root, &envelopes, note));
    CLEANUP(account_envelope_fini) struct account_envelope account = {.payload = {0}};
    if (terms->account != NULL) {
        TRY(account_envelope_make(terms, root, &account));
    }
    struct fields fields = fields_begin("PartnerIntroduction", note);
    struct partner_id partner = terms->partner;
    struct card_prefix prefix = terms->prefix;
    struct public_key key = root->public_key;
    Talea__V1__PartnerIntroduction m;
    talea__v1__partner_introduction__init(&m);
    m.partner = partner.text;
    m.display_name = fields_text(&fields, &arena, terms->display_name);
    m.address = fields_text(&fields, &arena, terms->address);
    m.card_prefix = prefix.digits;
    m.root_public_key = binary_of(key.bytes, sizeof key.bytes);
    m.n_online_keys = terms->online_count;
    m.online_keys = envelopes.lines;
    m.tls_ca_pem = fields_text(&fields, &arena, terms->tls_ca_pem);
    m.coalition = fields_text(&fields, &arena, terms->coalition);
    m.account = terms->account == NULL ? NULL : &account.row;
    TRY(fields.err);
    TRY(fields_pack(&m.base, &packed));
    TRY(check_made(buffer_slice(&packed), note));
    write_bytes(out, packed.at, packed.length);
    return out->err;
}
