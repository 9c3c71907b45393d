#include "pki/certificate.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/file.h"
#include "base/limits.h"
#include "pki/openssl.h"

#define SERIAL_BITS     128
#define COMMON_NAME_MAX 65  /* bytes, with the final NUL: ub-common-name of RFC 5280 */
#define HOST_MAX        253 /* characters of a DNS name, RFC 1035 */

void certificate_pair_fini(struct certificate_pair *pair)
{
    if (pair == NULL) {
        return;
    }
    if (pair->key.at != NULL) {
        OPENSSL_cleanse(pair->key.at, pair->key.capacity);
    }
    buffer_fini(&pair->key);
    buffer_fini(&pair->certificate);
}

/* Subject, serial and validity. */

static bool name_add(X509_NAME *name, const char *field, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool is_set = number != NULL &&
                  BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                  !BN_is_zero(number) &&
                  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_set;
}

static enum err set_validity(X509 *certificate, struct unix_ms not_before, struct unix_ms not_after)
{
    TRY(ossl_time_set(X509_getm_notBefore(certificate), not_before));
    return ossl_time_set(X509_getm_notAfter(certificate), not_after);
}

static void authority_name(const char *coalition, const struct partner_id *partner,
                           char out_text[COMMON_NAME_MAX])
{
    int length = snprintf(out_text, COMMON_NAME_MAX, "Talea CA %s (%s)", partner->text, coalition);
    ASSERT(length > 0 && length < COMMON_NAME_MAX);
}

/* Extensions. */

/* `value` is in OpenSSL's configuration syntax: constants only, nothing from outside. */
static bool extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool extend_authority(X509 *certificate)
{
    return extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           extend(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           extend(certificate, certificate, NID_subject_key_identifier, "hash") &&
           extend(certificate, certificate, NID_authority_key_identifier, "keyid:always");
}

static bool extend_leaf(X509 *certificate, X509 *issuer, bool is_node)
{
    return extend(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           extend(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
           extend(certificate, issuer, NID_ext_key_usage,
                  is_node ? "clientAuth,serverAuth" : "clientAuth") &&
           extend(certificate, issuer, NID_subject_key_identifier, "hash") &&
           extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

/* Takes over `value`, also when it fails. */
static bool names_push(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
    GENERAL_NAME *name = value == NULL ? NULL : GENERAL_NAME_new();
    if (name == NULL) {
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) == 0) {
        GENERAL_NAME_free(name);
        return false;
    }
    return true;
}

static bool names_push_text(GENERAL_NAMES *names, int type, const char *text)
{
    ASN1_STRING *value = ASN1_IA5STRING_new();
    if (value != NULL && ASN1_STRING_set(value, text, -1) != 1) {
        ASN1_STRING_free(value);
        value = NULL;
    }
    return names_push(names, type, value);
}

static bool is_dns_name(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t length = strnlen(text, HOST_MAX + 1);
    return length > 0 && length <= HOST_MAX && strspn(text, allowed) == length && text[0] != '-' &&
           text[0] != '.' && strstr(text, "..") == NULL;
}

static enum err names_push_host(GENERAL_NAMES *names, const char *host, struct note *note)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    bool is_pushed;
    if (address != NULL) {
        is_pushed = names_push(names, GEN_IPADD, address);
    } else if (is_dns_name(host)) {
        is_pushed = names_push_text(names, GEN_DNS, host);
    } else {
        return note_set(note, ERR_INPUT, "\"%.64s\" is neither a host name nor an address", host);
    }
    return is_pushed ? ERR_OK : ossl_failed(note, "naming a host");
}

static enum err push_node_hosts(GENERAL_NAMES *names, const struct certificate_order *order,
                                struct note *note)
{
    static const char *const local[] = {"localhost", "127.0.0.1", "::1"};
    char own[PARTNER_ID_MAX + COALITION_NAME_MAX + sizeof ".talea"];
    snprintf(own, sizeof own, "%s.%s.talea", order->identity.partner.text,
             order->identity.coalition);
    TRY(names_push_host(names, own, note));
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        TRY(names_push_host(names, local[i], note));
    }
    for (size_t i = 0; i < order->host_count; i++) {
        TRY(names_push_host(names, order->hosts[i], note));
    }
    return ERR_OK;
}

static enum err extend_names(X509 *certificate, const struct certificate_order *order,
                             struct note *note)
{
    CLEANUP(ossl_names_free) GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    char uri[IDENTITY_URI_MAX];
    if (names == NULL || !names_push_text(names, GEN_URI, identity_format(&order->identity, uri))) {
        return ossl_failed(note, "naming the identity");
    }
    if (order->identity.role == ROLE_PEER) {
        TRY(push_node_hosts(names, order, note));
    }
    if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) != 1) {
        return ossl_failed(note, "adding the names");
    }
    return ERR_OK;
}

/* Making. */

/* Checks a coalition's name by way of an identity within it. */
static bool is_identity(const struct identity *identity)
{
    char uri[IDENTITY_URI_MAX];
    struct identity back;
    return identity_parse(identity_format(identity, uri), &back) == ERR_OK;
}

static enum err export_pair(X509 *certificate, EVP_PKEY *key, struct certificate_pair *out_pair)
{
    struct certificate_pair pair = {0};
    enum err err = ossl_pem_of_certificate(certificate, &pair.certificate);
    if (err == ERR_OK) {
        err = ossl_pem_of_key(key, &pair.key);
    }
    if (err != ERR_OK) {
        certificate_pair_fini(&pair);
        return err;
    }
    certificate_pair_fini(out_pair);
    *out_pair = pair;
    return ERR_OK;
}

/* A certificate with a fresh key in it, still without names, extensions and signature. */
static enum err begin(X509 **out_certificate, EVP_PKEY **out_key, struct note *note)
{
    TRY(ossl_start());
    CLEANUP(ossl_key_free) EVP_PKEY *key = EVP_EC_gen("P-256");
    CLEANUP(ossl_x509_free) X509 *certificate = X509_new();
    if (key == NULL || certificate == NULL || X509_set_version(certificate, X509_VERSION_3) != 1 ||
        !set_serial(certificate) || X509_set_pubkey(certificate, key) != 1) {
        return ossl_failed(note, "making a key");
    }
    *out_certificate = certificate;
    *out_key = key;
    certificate = NULL;
    key = NULL;
    return ERR_OK;
}

enum err certificate_make_authority(const char *coalition, const struct partner_id *partner,
                                    struct unix_ms not_before, struct certificate_pair *out_pair,
                                    struct note *note)
{
    struct identity probe = {.partner = *partner, .role = ROLE_ADMIN, .name = "authority"};
    size_t length = strnlen(coalition, sizeof probe.coalition);
    memcpy(probe.coalition, coalition, length < sizeof probe.coalition ? length : 0);
    if (!is_identity(&probe)) {
        return note_set(note, ERR_INPUT, "\"%.40s\" is no name for a coalition", coalition);
    }
    CLEANUP(ossl_x509_free) X509 *certificate = NULL;
    CLEANUP(ossl_key_free) EVP_PKEY *key = NULL;
    TRY(begin(&certificate, &key, note));
    struct unix_ms not_after;
    TRY(int64_add(not_before.ms, AUTHORITY_DAYS * DAY_MS, &not_after.ms));
    if (set_validity(certificate, not_before, not_after) != ERR_OK) {
        return note_set(note, ERR_RANGE, "an authority's time is beyond 1970 to 9999");
    }
    char name[COMMON_NAME_MAX];
    authority_name(coalition, partner, name);
    if (!name_add(X509_get_subject_name(certificate), "CN", name) ||
        X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) != 1 ||
        !extend_authority(certificate) || X509_sign(certificate, key, EVP_sha256()) == 0) {
        return ossl_failed(note, "making an authority");
    }
    return export_pair(certificate, key, out_pair);
}

/* Issuing. */

static enum err check_order(const struct certificate_order *order, struct note *note)
{
    if (!is_identity(&order->identity)) {
        return note_set(note, ERR_INPUT, "the identity to certify is malformed");
    }
    if (order->host_count > LIMIT_CERTIFICATE_HOSTS) {
        return note_set(note, ERR_INPUT, "%zu hosts; at most %u are allowed", order->host_count,
                        LIMIT_CERTIFICATE_HOSTS);
    }
    if (order->host_count > 0 && order->identity.role != ROLE_PEER) {
        return note_set(note, ERR_INPUT, "only a node's certificate names hosts");
    }
    if (order->not_before.ms / 1000 >= order->not_after.ms / 1000) {
        return note_set(note, ERR_RANGE, "the certificate would end before it begins");
    }
    return ERR_OK;
}

static enum err check_authority_name(X509 *authority, const char *coalition,
                                     const struct partner_id *partner, struct note *note)
{
    char expected[COMMON_NAME_MAX];
    char found[COMMON_NAME_MAX + 1];
    authority_name(coalition, partner, expected);
    int length = X509_NAME_get_text_by_NID(X509_get_subject_name(authority), NID_commonName, found,
                                           sizeof found);
    if (length < 0 || strcmp(found, expected) != 0) {
        return note_set(note, ERR_DENIED, "the authority is \"%s\"; \"%s\" is needed",
                        length < 0 ? "" : found, expected);
    }
    return ERR_OK;
}

#define PRIVATE_KEY_MARK "PRIVATE KEY-----"

enum err certificate_is_authority_of(struct slice pem, const char *coalition,
                                     const struct partner_id *partner, struct note *note)
{
    CLEANUP(ossl_chain_free) STACK_OF(X509) *chain = NULL;
    TRY(ossl_chain_of_pem(pem, &chain, note));
    if (sk_X509_num(chain) != 1) {
        return note_set(note, ERR_INPUT, "%d certificates where one authority is expected",
                        sk_X509_num(chain));
    }
    if (memmem(pem.at, pem.length, PRIVATE_KEY_MARK, strlen(PRIVATE_KEY_MARK)) != NULL) {
        return note_set(note, ERR_DENIED, "a private key stands beside the certificate");
    }
    X509 *authority = sk_X509_value(chain, 0);
    if (X509_check_ca(authority) != 1) {
        ossl_failed(NULL, "");
        return note_set(note, ERR_DENIED, "the certificate is not an authority's");
    }
    return check_authority_name(authority, coalition, partner, note);
}

/* The authority must be that partner's, hold its own key and live as long as what it issues. */
static enum err check_authority(X509 *authority, EVP_PKEY *key,
                                const struct certificate_order *order, struct note *note)
{
    TRY(check_authority_name(authority, order->identity.coalition, &order->identity.partner, note));
    bool is_own_key = X509_check_private_key(authority, key) == 1;
    struct unix_ms end;
    if (!is_own_key || X509_check_ca(authority) != 1) {
        ossl_failed(NULL, "");
        return note_set(note, ERR_DENIED, "the key or the certificate is not an authority's");
    }
    TRY(ossl_time_get(X509_get0_notAfter(authority), &end));
    if (order->not_after.ms > end.ms) {
        char text[TIME_TEXT_MAX];
        return note_set(note, ERR_RANGE,
                        "the certificate would outlive its authority, which ends %s",
                        unix_ms_format(end, text));
    }
    return ERR_OK;
}

static bool name_leaf(X509 *leaf, X509 *authority, const struct identity *identity)
{
    X509_NAME *subject = X509_get_subject_name(leaf);
    return name_add(subject, "O", identity->partner.text) &&
           name_add(subject, "OU", role_name(identity->role)) &&
           name_add(subject, "CN", identity->name) &&
           X509_set_issuer_name(leaf, X509_get_subject_name(authority)) == 1;
}

enum err certificate_issue(const struct certificate_pair *authority,
                           const struct certificate_order *order, struct certificate_pair *out_pair,
                           struct note *note)
{
    TRY(check_order(order, note));
    CLEANUP(ossl_x509_free) X509 *issuer = NULL;
    CLEANUP(ossl_key_free) EVP_PKEY *issuer_key = NULL;
    TRY(ossl_leaf_of_pem(buffer_slice(&authority->certificate), &issuer, note));
    TRY(ossl_key_of_pem(buffer_slice(&authority->key), &issuer_key, note));
    TRY(check_authority(issuer, issuer_key, order, note));

    CLEANUP(ossl_x509_free) X509 *leaf = NULL;
    CLEANUP(ossl_key_free) EVP_PKEY *key = NULL;
    TRY(begin(&leaf, &key, note));
    if (set_validity(leaf, order->not_before, order->not_after) != ERR_OK) {
        return note_set(note, ERR_RANGE, "the certificate's time is beyond 1970 to 9999");
    }
    TRY(extend_names(leaf, order, note));
    if (!name_leaf(leaf, issuer, &order->identity) ||
        !extend_leaf(leaf, issuer, order->identity.role == ROLE_PEER) ||
        X509_sign(leaf, issuer_key, EVP_sha256()) == 0) {
        return ossl_failed(note, "issuing a certificate");
    }
    return export_pair(leaf, key, out_pair);
}

/* Files. */

enum err certificate_pair_save(const struct certificate_pair *pair, const char *certificate_path,
                               const char *key_path, struct note *note)
{
    TRY(file_create(key_path, FILE_SECRET, buffer_slice(&pair->key), note));
    enum err err =
        file_create(certificate_path, FILE_PUBLIC, buffer_slice(&pair->certificate), note);
    if (err != ERR_OK) {
        unlink(key_path);
    }
    return err;
}

static enum err beside(const char *path, char out[LIMIT_PATH_BYTES + 1], struct note *note)
{
    int length = snprintf(out, LIMIT_PATH_BYTES + 1, "%s.new", path);
    if (length < 0 || length > (int)LIMIT_PATH_BYTES) {
        return note_set(note, ERR_RANGE, "%.80s...: the path is too long", path);
    }
    if (unlink(out) != 0 && errno != ENOENT) { /* of an attempt that was cut off */
        return note_set(note, ERR_STORAGE, "%s: %s", out, strerror(errno));
    }
    return ERR_OK;
}

enum err certificate_pair_replace(const struct certificate_pair *pair, const char *certificate_path,
                                  const char *key_path, struct note *note)
{
    char new_certificate[LIMIT_PATH_BYTES + 1];
    char new_key[LIMIT_PATH_BYTES + 1];
    TRY(beside(certificate_path, new_certificate, note));
    TRY(beside(key_path, new_key, note));
    TRY(certificate_pair_save(pair, new_certificate, new_key, note));
    if (rename(new_key, key_path) != 0) {
        int code = errno;
        unlink(new_key);
        unlink(new_certificate);
        return note_set(note, ERR_STORAGE, "%s: %s", key_path, strerror(code));
    }
    if (rename(new_certificate, certificate_path) != 0) {
        return note_set(note, ERR_STORAGE, "%s is replaced, but its certificate is still %s: %s",
                        key_path, new_certificate, strerror(errno));
    }
    return ERR_OK;
}

static enum err check_pair(const struct certificate_pair *pair, const char *key_path,
                           struct note *note)
{
    CLEANUP(ossl_x509_free) X509 *certificate = NULL;
    CLEANUP(ossl_key_free) EVP_PKEY *key = NULL;
    TRY(ossl_leaf_of_pem(buffer_slice(&pair->certificate), &certificate, note));
    TRY(ossl_key_of_pem(buffer_slice(&pair->key), &key, note));
    if (X509_check_private_key(certificate, key) != 1) {
        ossl_failed(NULL, "");
        return note_set(note, ERR_INPUT, "%s is not the key of the certificate beside it",
                        key_path);
    }
    return ERR_OK;
}

enum err certificate_pair_load(const char *certificate_path, const char *key_path,
                               struct certificate_pair *out_pair, struct note *note)
{
    CLEANUP(certificate_pair_fini) struct certificate_pair pair = {0};
    TRY(file_read(certificate_path, FILE_PUBLIC, LIMIT_PEM_BYTES, &pair.certificate, note));
    TRY(file_read(key_path, FILE_SECRET, LIMIT_PEM_BYTES, &pair.key, note));
    TRY(check_pair(&pair, key_path, note));
    certificate_pair_fini(out_pair);
    *out_pair = pair;
    pair = (struct certificate_pair){0};
    return ERR_OK;
}
