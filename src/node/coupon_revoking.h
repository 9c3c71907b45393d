/* Codes that are being taken back, one or a whole issue: what both have in common.
 *
 * A revocation adds to what sales and quotes count of a code, up to just what it saw of them
 * (programme/coupon.h): who comes at the same time is refused by the ledger and looks again. A code
 * that is used up stays so. What an open quote promises holds; when it is given up, nobody else has
 * it. One thread has a revocation: that of its call. */
#ifndef NODE_COUPON_REVOKING_H
#define NODE_COUPON_REVOKING_H

#include "base/arena.h"
#include "ledger/command.h"
#include "ledger/decide.h"
#include "node/judging_groups.h"
#include "node/node.h"
#include "programme/coupon.h"
#include "programme/kept_issue.h"
#include "talea/v1/programme.pb-c.h"

#define FAILED_PRECONDITION   9
#define NOT_FOUND             5
#define REVOKING_TRIES        16u /* while others use the codes */
#define REVOKING_REASON_BYTES 64u

struct revoked_part; /* a command's codes */

struct revoking {
    struct node *node;
    struct rpc_call *call;
    const Talea__V1__RevokeCouponsRequest *request;
    struct snapshot *snapshot;
    const struct rules *rules;
    uint16_t place; /* of the coupon */
    const struct coupon *coupon;
    struct uid id;
    struct uid issue; /* nil: one code */
    struct kept_issue kept;
    struct hash said;
    char reason[REVOKING_REASON_BYTES + 1];
    struct uid *members; /* of an issue in which each gets one: those of this page */
    uint64_t first;      /* of an issue by number: where this page begins */
    size_t count;        /* codes of this page, or members */
    char token[UID_TEXT_MAX];
    struct arena arena;
    struct buffer bytes; /* groups of all commands of one pass */
    struct buffer evidence;
    struct standing_row *row;
    struct revoked_part *parts; /* of one pass */
    size_t part_count;
    Talea__V1__RevokeCouponsResponse response;
};

/* What a code is. */
enum code_fate {
    FATE_UNKNOWN, /* nobody issued it */
    FATE_REVOKED,
    FATE_USED,
    FATE_GOOD
};

struct looked_code {
    enum code_fate fate;
    struct standing_owner owner;
    int64_t taken; /* as they stand */
    int64_t held;
};

/* As the view has it. Errors are the store's. */
MUST_USE enum err revoking_look(struct revoking *r, const struct ledger_view *view,
                                const char *code, struct looked_code *out);
/* Groups of a command, behind those in `r->bytes`: a code's own, and how many codes of the coupon
 * were revoked that had been used so often. */
void revoking_write_code(struct revoking *r, const struct looked_code *code);
void revoking_write_count(struct revoking *r, size_t codes, int64_t taken);
/* The command under an id; groups and evidence are still to be filled in. */
struct command revoking_change(const struct revoking *r, const struct uid *occasion);
/* Who, why and which, into `r->evidence`; no code: the issue. */
void revoking_write_evidence(struct revoking *r, struct slice code);
void revoking_log(struct revoking *r);
/* All codes of `r->issue`, page by page: answers the call. */
void coupon_revoke_issue(struct revoking *r);

#endif
