/* A partner's introduction made anew with its root key: online keys that come, go or get other
 * dates, another name or address. Works on bytes alone, so that the root key stays where it is.
 */
#ifndef CHARTER_INTRODUCTION_CHANGE_H
#define CHARTER_INTRODUCTION_CHANGE_H

#include "charter/introduction.h"

/* All borrowed; what is NULL or none stays as it is. */
struct introduction_change {
    const struct introduction_key *attest; /* keys to attest; those there get these dates */
    size_t attest_count;
    const struct key_id *drop; /* keys that go */
    size_t drop_count;
    const char *display_name;
    const char *address;    /* host:port */
    const char *tls_ca_pem; /* as another authority issues the certificates */
    const struct bank_account *account;
};

/* Appends the new introduction. ERR_DENIED when the root key is not the introduction's,
 * ERR_NOT_FOUND for a key to drop that is not there, ERR_CONFLICT when it would have too many keys
 * or none, and what introduction_open and introduction_make say. */
MUST_USE enum err introduction_change(struct slice introduction,
                                      const struct introduction_change *change,
                                      const struct signing_key *root, struct buffer *out,
                                      struct note *note);

#endif
