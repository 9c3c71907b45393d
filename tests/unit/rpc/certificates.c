#include "certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static char *take_bio_text(BIO *bio)
{
    char *at;
    long length = BIO_get_mem_data(bio, &at);
    char *text = calloc(1, (size_t)length + 1);
    ASSERT(text != NULL);
    memcpy(text, at, (size_t)length);
    BIO_free(bio);
    return text;
}

static char *pem_of_certificate(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    ASSERT(PEM_write_bio_X509(bio, certificate) == 1);
    return take_bio_text(bio);
}

static char *pem_of_key(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    ASSERT(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
    return take_bio_text(bio);
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ASSERT(extension != NULL);
    ASSERT(X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *begin_certificate(EVP_PKEY *key, const char *name, long valid_s)
{
    X509 *certificate = X509_new();
    uint64_t serial;
    ASSERT(RAND_bytes((unsigned char *)&serial, sizeof serial) == 1);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    return certificate;
}

void authority_init(struct authority *authority, const char *name)
{
    authority->key = EVP_EC_gen("P-256");
    authority->certificate = begin_certificate(authority->key, name, DAY_S);
    X509 *certificate = authority->certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
    ASSERT(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
    authority->pem = pem_of_certificate(certificate);
}

void authority_fini(struct authority *authority)
{
    EVP_PKEY_free(authority->key);
    X509_free(authority->certificate);
    free(authority->pem);
}

void certificate_issue(const struct authority *authority, const char *names, long valid_s,
                       struct certificate *out_certificate)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = begin_certificate(key, "leaf", valid_s);
    X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate));
    add_extension(certificate, authority->certificate, NID_subject_alt_name, names);
    add_extension(certificate, authority->certificate, NID_key_usage, "critical,digitalSignature");
    ASSERT(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
    out_certificate->pem = pem_of_certificate(certificate);
    out_certificate->key = pem_of_key(key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void certificate_fini(struct certificate *certificate)
{
    free(certificate->pem);
    free(certificate->key);
    *certificate = (struct certificate){NULL, NULL};
}
