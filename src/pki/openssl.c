#include "pki/openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"

enum err ossl_start(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) == 1 ? ERR_OK : ERR_INTERNAL;
}

void ossl_x509_free(X509 **certificate)
{
    X509_free(*certificate);
}

void ossl_key_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

void ossl_chain_free(STACK_OF(X509) * *chain)
{
    sk_X509_pop_free(*chain, X509_free);
}

void ossl_names_free(GENERAL_NAMES **names)
{
    GENERAL_NAMES_free(*names);
}

static void bio_free(BIO **bio)
{
    BIO_free(*bio);
}

enum err ossl_failed(struct note *note, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    note_set(note, ERR_INTERNAL, "%s: %s", what, reason == NULL ? "no reason given" : reason);
    ERR_clear_error();
    return ERR_INTERNAL;
}

static enum err open_pem(struct slice pem, BIO **out_bio, struct note *note)
{
    if (pem.length == 0 || pem.length > LIMIT_PEM_BYTES) {
        return note_set(note, pem.length == 0 ? ERR_INPUT : ERR_RANGE,
                        "a PEM text of %zu bytes; 1 to %u are allowed", pem.length,
                        LIMIT_PEM_BYTES);
    }
    TRY(ossl_start());
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.length);
    if (bio == NULL) {
        return ERR_RESOURCE;
    }
    *out_bio = bio;
    return ERR_OK;
}

/* Whether reading ended because the text did, and not at something malformed. */
static bool ended_at_end(void)
{
    unsigned long code = ERR_peek_last_error();
    bool is_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return is_end;
}

enum err ossl_chain_of_pem(struct slice pem, STACK_OF(X509) * *out_chain, struct note *note)
{
    CLEANUP(bio_free) BIO *bio = NULL;
    TRY(open_pem(pem, &bio, note));
    CLEANUP(ossl_chain_free) STACK_OF(X509) *chain = sk_X509_new_null();
    if (chain == NULL) {
        return ERR_RESOURCE;
    }
    ERR_clear_error();
    X509 *certificate = NULL;
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_num(chain) == (int)LIMIT_CHAIN_CERTIFICATES ||
            sk_X509_push(chain, certificate) == 0) {
            X509_free(certificate);
            return note_set(note, ERR_RANGE, "more than %u certificates in one PEM text",
                            LIMIT_CHAIN_CERTIFICATES);
        }
    }
    int count = sk_X509_num(chain);
    if (!ended_at_end() || count == 0) {
        return note_set(note, ERR_INPUT, "%s after %d certificates of the PEM text",
                        count == 0 ? "no certificate" : "something malformed", count);
    }
    *out_chain = chain;
    chain = NULL;
    return ERR_OK;
}

enum err ossl_leaf_of_pem(struct slice pem, X509 **out_leaf, struct note *note)
{
    CLEANUP(ossl_chain_free) STACK_OF(X509) *chain = NULL;
    TRY(ossl_chain_of_pem(pem, &chain, note));
    *out_leaf = sk_X509_shift(chain);
    return ERR_OK;
}

/* Without this OpenSSL would ask the terminal for the password of an encrypted key. */
static int no_password(char *buffer, int size, int is_writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

enum err ossl_key_of_pem(struct slice pem, EVP_PKEY **out_key, struct note *note)
{
    CLEANUP(bio_free) BIO *bio = NULL;
    TRY(open_pem(pem, &bio, note));
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    ERR_clear_error();
    if (key == NULL) {
        return note_set(note, ERR_INPUT, "not an unencrypted private key in PEM");
    }
    *out_key = key;
    return ERR_OK;
}

/* Moves what was written to a BIO into an empty buffer. */
static enum err take_bio(BIO *bio, struct buffer *out_pem)
{
    char *at = NULL;
    long length = BIO_get_mem_data(bio, &at);
    struct buffer pem = {0};
    write_bytes(&pem, at, length < 0 ? 0 : (size_t)length);
    if (pem.err != ERR_OK) {
        return pem.err;
    }
    *out_pem = pem;
    return ERR_OK;
}

enum err ossl_pem_of_certificate(X509 *certificate, struct buffer *out_pem)
{
    CLEANUP(bio_free) BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_X509(bio, certificate) != 1) {
        ERR_clear_error();
        return ERR_RESOURCE;
    }
    return take_bio(bio, out_pem);
}

enum err ossl_pem_of_key(EVP_PKEY *key, struct buffer *out_pem)
{
    CLEANUP(bio_free) BIO *bio = BIO_new(BIO_s_secmem());
    if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
        ERR_clear_error();
        return ERR_RESOURCE;
    }
    return take_bio(bio, out_pem);
}

enum err ossl_time_set(ASN1_TIME *time, struct unix_ms at)
{
    static const int64_t year_10000_s = INT64_C(253402300800);
    int64_t seconds = at.ms / 1000;
    if (at.ms < 0 || seconds >= year_10000_s) {
        return ERR_RANGE;
    }
    if (ASN1_TIME_set(time, (time_t)seconds) == NULL) {
        ERR_clear_error();
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

enum err ossl_time_get(const ASN1_TIME *time, struct unix_ms *out_at)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1) {
        ERR_clear_error();
        return ERR_INPUT;
    }
    struct civil civil = {.year = tm.tm_year + 1900,
                          .month = tm.tm_mon + 1,
                          .day = tm.tm_mday,
                          .hour = tm.tm_hour,
                          .minute = tm.tm_min,
                          .second = tm.tm_sec};
    return civil_to_unix(&civil, out_at);
}
