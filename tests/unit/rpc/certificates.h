/* Throw-away certificate authorities and certificates, made with libcrypto. */
#ifndef TEST_CERTIFICATES_H
#define TEST_CERTIFICATES_H

#include <openssl/x509.h>

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
    char *pem;
};

struct certificate {
    char *pem;
    char *key;
};

#define DAY_S 86400

void authority_init(struct authority *authority, const char *name);
void authority_fini(struct authority *authority);
/* `names` is an OpenSSL subjectAltName ("URI:talea://...,DNS:node.example"), valid from yesterday
 * for `valid_s` seconds from now, which may be negative. */
void certificate_issue(const struct authority *authority, const char *names, long valid_s,
                       struct certificate *out_certificate);
void certificate_fini(struct certificate *certificate);

#endif
