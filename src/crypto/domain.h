/* Every domain of a hash or a signature, in one place: the same bytes hashed for two reasons never
 * give the same hash. A domain's text never changes its meaning; a new format takes a new text.
 */
#ifndef CRYPTO_DOMAIN_H
#define CRYPTO_DOMAIN_H

#define HASH_DOMAIN_ENTRY      "talea.v1.entry"     /* one clearing entry, linked to the previous */
#define HASH_DOMAIN_JOURNAL    "talea.v1.journal"   /* a journal batch, linked to the previous */
#define HASH_DOMAIN_BODY       "talea.v1.body"      /* a command's body, for idempotency */
#define HASH_DOMAIN_CHARTER    "talea.v1.charter"   /* a charter's payload */
#define HASH_DOMAIN_KEY        "talea.v1.key"       /* a public key; its head is the key id */
#define HASH_DOMAIN_TREE_LEAF  "talea.v1.tree.leaf" /* an entry within a statement's tree */
#define HASH_DOMAIN_TREE_NODE  "talea.v1.tree.node" /* two children of a statement's tree */
#define HASH_DOMAIN_STATEMENT  "talea.v1.statement" /* a statement's payload */
#define HASH_DOMAIN_BASKET     "talea.v1.basket"    /* what a hold is asked for */
#define HASH_DOMAIN_IDENTIFIER "talea.v1.identifier" /* identifiers derived from what they name */
#define HASH_DOMAIN_PROGRAMME  "talea.v1.programme"  /* a programme file, as it was when used */
#define HASH_DOMAIN_PROFILE    "talea.v1.profile"    /* a member's sealed personal data */
#define HASH_DOMAIN_APART      "talea.v1.apart"      /* what both sides set apart of a half */
#define HASH_DOMAIN_RECEIPT    "talea.v1.receipt" /* a clearing receipt, linked to the previous */
#define HASH_DOMAIN_VAULT_HEAD "talea.v1.vault.head" /* keyed: the head of a vault */
#define HASH_DOMAIN_VAULT_SLOT "talea.v1.vault.slot" /* keyed: a slot's number and key */
#define HASH_DOMAIN_VAULT_NOTE "talea.v1.vault.note" /* keyed: a key about to be destroyed */
#define HASH_DOMAIN_STANDING   "talea.v1.standing"   /* ids of what changes standings */
#define HASH_DOMAIN_CONTROL    "talea.v1.control"    /* who is in a campaign's control group */
#define HASH_DOMAIN_OFFERED    "talea.v1.offered"    /* ids of what gives a member offers */
#define HASH_DOMAIN_COUPON     "talea.v1.coupon"     /* a coupon's code: whose standing it is */
#define HASH_DOMAIN_CODE       "talea.v1.code"       /* codes that are made of a secret */
#define HASH_DOMAIN_QUOTE      "talea.v1.quote"      /* all that a quote promises */
#define HASH_DOMAIN_DRAW       "talea.v1.draw"       /* a draw's name, its steps, its pages */
#define HASH_DOMAIN_SURVEY     "talea.v1.survey"     /* an answer: which survey, of which sale */

/* The head of all signed bytes (crypto/signing.h). */
#define SIGNED_DOMAIN "talea.v1.signed"

#endif
