/* OpenSSL's objects with scoped cleanup, PEM in and out, and its errors as ours. For src/pki alone.
 *
 * OpenSSL keeps a queue of errors for each thread, which TLS in the same thread looks at: every
 * failure here empties it.
 */
#ifndef PKI_OPENSSL_H
#define PKI_OPENSSL_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/calendar.h"

/* Before the first other use of OpenSSL: it must not clear up when the process ends, since threads
 * of C core that nobody can wait for may use it until then, and their own memory could not be freed
 * any more. Again does no harm. */
MUST_USE enum err ossl_start(void);

void ossl_x509_free(X509 **certificate);
void ossl_key_free(EVP_PKEY **key);
void ossl_chain_free(STACK_OF(X509) * *chain);
void ossl_names_free(GENERAL_NAMES **names);

/* ERR_INTERNAL with OpenSSL's own reason in the note. */
enum err ossl_failed(struct note *note, const char *what);

/* All certificates of a PEM text, 1 to LIMIT_CHAIN_CERTIFICATES; text around them and other PEM
 * objects are passed over. ERR_INPUT, ERR_RANGE. */
MUST_USE enum err ossl_chain_of_pem(struct slice pem, STACK_OF(X509) * *out_chain,
                                    struct note *note);
/* The first certificate of a PEM text. */
MUST_USE enum err ossl_leaf_of_pem(struct slice pem, X509 **out_leaf, struct note *note);
MUST_USE enum err ossl_key_of_pem(struct slice pem, EVP_PKEY **out_key, struct note *note);

MUST_USE enum err ossl_pem_of_certificate(X509 *certificate, struct buffer *out_pem);
MUST_USE enum err ossl_pem_of_key(EVP_PKEY *key, struct buffer *out_pem);

/* ERR_RANGE beyond the years 1970 to 9999. */
MUST_USE enum err ossl_time_set(ASN1_TIME *time, struct unix_ms at);
MUST_USE enum err ossl_time_get(const ASN1_TIME *time, struct unix_ms *out_at);

#endif
