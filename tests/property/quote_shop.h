/* A brand's desk that judges as its node does, without the node's threads and sockets: what is
 * judged on the ledger becomes commands, and these are told to it. */
#ifndef PROPERTY_QUOTE_SHOP_H
#define PROPERTY_QUOTE_SHOP_H

#include "crypto/signing.h"
#include "desk.h"
#include "node/judging_lines.h"
#include "node/node.h"
#include "programme_model.h"
#include "store/vault.h"

enum {
    SHOP_OWN = 2, /* members of ours, of whom the first brought the second; */
    SHOP_MEMBERS, /* and one of the partner's */
    SHOP_VERSIONS = 2
};

struct shop {
    struct desk desk;
    struct node *node;
    struct snapshot snapshot;
    struct programme_version versions[SHOP_VERSIONS];
    struct rule changed[RULES_MAX]; /* of the second one */
    struct cap changed_caps[RULES_MAX][CAPS_MAX];
    struct uid members[SHOP_MEMBERS]; /* of those whose home is here */
    char person[UID_TEXT_MAX];        /* whose the personal code is: the second member */
    struct card_number cards[SHOP_MEMBERS];
    bool is_own[SHOP_MEMBERS]; /* its home is here */
    uint64_t foreign_serial;   /* of the partner's cards */
    struct signing_key key;    /* of batches, as a node reads records */
    struct key_signer key_signer;
    struct signer signer;
};

/* Begins anew with the rules that were drawn, which the caller keeps; members are there, one is on
 * the list "vip", and the codes of `draw_code` are issued. `node` and `vault` last longer. */
void shop_open(struct shop *shop, struct node *node, struct drawn *drawn);
void shop_close(struct shop *shop);
/* From now on the second version is in force, whose rules give other amounts up to other caps. */
void shop_activate(struct shop *shop);
/* The one in force. */
const struct rules_text *shop_text(const struct shop *shop);
/* Standing of a member; of all for SHOP_MEMBERS. Its row is the caller's. */
struct standing_owner shop_owner(const struct shop *shop, unsigned member);
struct standing shop_standing(const struct shop *shop, const struct standing_owner *owner,
                              struct standing_row *row);
/* Points that a member of ours can spend, and less what it owes. */
int64_t shop_balance(const struct shop *shop, unsigned member);
int64_t shop_net(const struct shop *shop, unsigned member);

/* A case of the member's, now; the caller fills in the occasion. */
void shop_begin(struct shop *shop, unsigned member, struct judging_case *out_judged);
/* Judges it on the ledger as it is. */
MUST_USE enum err shop_judge(struct shop *shop, struct judging_case *judged, struct note *note);
/* Tells the ledger what it comes to, all or nothing: the first refusal. */
enum verdict shop_tell(struct shop *shop, const struct judging_case *judged);
/* Takes back so much of a sale, 0: all; or lines. */
MUST_USE enum err shop_return(struct shop *shop, const struct uid *sale, int64_t amount,
                              const struct line_back *lines, size_t count,
                              enum verdict *out_verdict, struct note *note);
/* What of the sale has not come back. */
int64_t shop_money_left(const struct shop *shop, const struct uid *sale);
/* To the partner, and from it. */
enum verdict shop_move_out(struct shop *shop, unsigned member);
void shop_move_in(struct shop *shop, unsigned member);
/* Gives a quote up, or lets its time end. */
enum verdict shop_release(struct shop *shop, const struct uid *quote);
void shop_expire(struct shop *shop, const struct uid *quote, struct unix_ms until);

#endif
