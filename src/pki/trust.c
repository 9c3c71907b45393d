#include "pki/trust.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <string.h>
#include <time.h>

#include "pki/openssl.h"

/* 112 bits: RSA from 2,048 bits, no SHA-1 (SSL_CTX_set_security_level(3ssl)). */
#define SECURITY_LEVEL 2

static void store_free(X509_STORE **store)
{
    X509_STORE_free(*store);
}

static void context_free(X509_STORE_CTX **context)
{
    X509_STORE_CTX_free(*context);
}

static enum err one_authority(struct slice pem, X509 **out_authority, struct note *note)
{
    CLEANUP(ossl_chain_free) STACK_OF(X509) *chain = NULL;
    TRY(ossl_chain_of_pem(pem, &chain, note));
    if (sk_X509_num(chain) != 1) {
        return note_set(note, ERR_INPUT, "%d certificates where one authority is expected",
                        sk_X509_num(chain));
    }
    *out_authority = sk_X509_shift(chain);
    return ERR_OK;
}

static enum err verify(X509_STORE *store, STACK_OF(X509) * chain, struct unix_ms at,
                       struct note *note)
{
    CLEANUP(context_free) X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context == NULL ||
        X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) != 1 ||
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) != 1) {
        return ossl_failed(note, "preparing to verify a certificate");
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)(at.ms / 1000));
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    bool is_good = X509_verify_cert(context) == 1;
    int reason = X509_STORE_CTX_get_error(context);
    ERR_clear_error();
    if (!is_good && reason == X509_V_ERR_CERT_HAS_EXPIRED) {
        return note_set(note, ERR_DENIED,
                        "the certificate has expired: talea certificate issue --replace makes "
                        "another");
    }
    if (!is_good) {
        return note_set(note, ERR_DENIED, "the certificate is not of this authority: %s",
                        X509_verify_cert_error_string(reason));
    }
    return ERR_OK;
}

enum err pki_chain_is_of(struct slice chain_pem, struct slice authority_pem, struct unix_ms at,
                         struct note *note)
{
    CLEANUP(ossl_x509_free) X509 *authority = NULL;
    CLEANUP(ossl_chain_free) STACK_OF(X509) *chain = NULL;
    TRY(one_authority(authority_pem, &authority, note));
    TRY(ossl_chain_of_pem(chain_pem, &chain, note));
    if (X509_check_ca(sk_X509_value(chain, 0)) != 0) {
        return note_set(note, ERR_DENIED, "an authority's certificate identifies nobody");
    }
    CLEANUP(store_free) X509_STORE *store = X509_STORE_new();
    if (store == NULL || X509_STORE_add_cert(store, authority) != 1) {
        return ossl_failed(note, "trusting an authority");
    }
    return verify(store, chain, at, note);
}

/* The SAN's only URI as text; NULL when there is not exactly one, or it holds a NUL byte. */
static const char *only_uri(const GENERAL_NAMES *names)
{
    const char *uri = NULL;
    int count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type = 0;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        if (type != GEN_URI) {
            continue;
        }
        count++;
        uri = (const char *)ASN1_STRING_get0_data(value);
        if (strlen(uri) != (size_t)ASN1_STRING_length(value)) {
            return NULL;
        }
    }
    return count == 1 ? uri : NULL;
}

enum err pki_identity_of(struct slice chain_pem, struct identity *out_identity, struct note *note)
{
    CLEANUP(ossl_x509_free) X509 *leaf = NULL;
    TRY(ossl_leaf_of_pem(chain_pem, &leaf, note));
    CLEANUP(ossl_names_free)
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    ERR_clear_error();
    const char *uri = names == NULL ? NULL : only_uri(names);
    if (uri == NULL) {
        return note_set(note, ERR_DENIED, "the certificate does not name exactly one URI");
    }
    if (identity_parse(uri, out_identity) != ERR_OK) {
        return note_set(note, ERR_DENIED, "the certificate's URI is no identity of a coalition");
    }
    return ERR_OK;
}

/* False for another kind of name, and for one that does not fit. */
static bool read_host(const GENERAL_NAME *name, struct host_name *out)
{
    int type = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    const unsigned char *at = ASN1_STRING_get0_data(value);
    size_t length = (size_t)ASN1_STRING_length(value);
    if (type == GEN_IPADD) {
        int family = length == 4 ? AF_INET : AF_INET6;
        return (length == 4 || length == 16) &&
               inet_ntop(family, at, out->text, sizeof out->text) != NULL;
    }
    if (length >= sizeof out->text || memchr(at, '\0', length) != NULL) {
        return false;
    }
    memcpy(out->text, at, length);
    out->text[length] = '\0';
    return true;
}

enum err pki_hosts_of(struct slice chain_pem, struct host_name *out_hosts, size_t capacity,
                      size_t *out_count, struct note *note)
{
    CLEANUP(ossl_x509_free) X509 *leaf = NULL;
    TRY(ossl_leaf_of_pem(chain_pem, &leaf, note));
    CLEANUP(ossl_names_free)
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    ERR_clear_error();
    size_t count = 0;
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_IPADD) {
            continue;
        }
        if (count == capacity || !read_host(name, &out_hosts[count])) {
            return note_set(note, ERR_RANGE, "the certificate names more hosts than can be");
        }
        count++;
    }
    *out_count = count;
    return ERR_OK;
}

enum err pki_accept(struct slice chain_pem, struct slice authority_pem, const char *coalition,
                    const struct partner_id *partner, struct unix_ms at,
                    struct identity *out_identity, struct note *note)
{
    TRY(pki_chain_is_of(chain_pem, authority_pem, at, note));
    struct identity identity;
    TRY(pki_identity_of(chain_pem, &identity, note));
    if (strcmp(identity.coalition, coalition) != 0) {
        return note_set(note, ERR_DENIED, "the certificate is for coalition %s, not %s",
                        identity.coalition, coalition);
    }
    if (!partner_id_equal(&identity.partner, partner)) {
        return note_set(note, ERR_DENIED, "the authority of %s vouches for a certificate of %s",
                        partner->text, identity.partner.text);
    }
    *out_identity = identity;
    return ERR_OK;
}

enum err pki_not_after(struct slice chain_pem, struct unix_ms *out_not_after, struct note *note)
{
    CLEANUP(ossl_x509_free) X509 *leaf = NULL;
    TRY(ossl_leaf_of_pem(chain_pem, &leaf, note));
    if (ossl_time_get(X509_get0_notAfter(leaf), out_not_after) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the certificate's end is no date");
    }
    return ERR_OK;
}

enum err pki_fingerprint(struct slice chain_pem, struct fingerprint *out_fingerprint,
                         struct note *note)
{
    CLEANUP(ossl_x509_free) X509 *leaf = NULL;
    TRY(ossl_leaf_of_pem(chain_pem, &leaf, note));
    struct fingerprint fingerprint;
    unsigned length = sizeof fingerprint.bytes;
    if (X509_digest(leaf, EVP_sha256(), fingerprint.bytes, &length) != 1) {
        return ossl_failed(note, "hashing a certificate");
    }
    *out_fingerprint = fingerprint;
    return ERR_OK;
}
