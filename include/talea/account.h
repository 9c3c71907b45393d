/* libtalea for back offices: transfers, pools, adjustments by two people, blocking, merging,
 * erasure. Certificates of tills can't do these.
 *
 * As in talea.h: transaction ids are the caller's, calls repeat themselves until their timeout,
 * what is 0, NULL or "" is left to the node. Members and pools are named by a selector; a pool by
 * its member_id or a card of its own.
 */
#ifndef TALEA_ACCOUNT_H
#define TALEA_ACCOUNT_H

#include <talea/talea.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TALEA_REASON_SIZE   33
#define TALEA_IDENTITY_SIZE 65

struct talea_transfer {
    char transaction_id[TALEA_UUID_SIZE];
    struct talea_selector from;
    struct talea_selector to;
    int64_t points;
    const char *receipt;
    struct talea_selector by; /* the pool's member who asks; only when `from` is a pool */
};

struct talea_transferred {
    int64_t points;
    int64_t available_points; /* of `from`, afterwards */
    uint64_t journal_row;
};

/* The points that expire first go first, and keep their issuer and their expiry. */
TALEA_API int talea_transfer(struct talea_client *client, const struct talea_transfer *request,
                             int64_t timeout_ms, struct talea_transferred *out_transferred,
                             struct talea_error *error);

/* An account that several members share; `member` is the first who is in it. */
TALEA_API int talea_open_pool(struct talea_client *client, const char *transaction_id,
                              const char *name, const struct talea_selector *member,
                              int64_t timeout_ms, char out_pool_id[TALEA_UUID_SIZE],
                              struct talea_error *error);
TALEA_API int talea_join_pool(struct talea_client *client, const char *transaction_id,
                              const char *pool_id, const struct talea_selector *member,
                              int64_t timeout_ms, struct talea_error *error);
TALEA_API int talea_leave_pool(struct talea_client *client, const char *transaction_id,
                               const char *pool_id, const struct talea_selector *member,
                               int64_t timeout_ms, struct talea_error *error);

struct talea_pool {
    char pool_id[TALEA_UUID_SIZE];
    char name[TALEA_NAME_SIZE];
    uint32_t member_count;
    int64_t available_points;
};

struct talea_pools {
    struct talea_pool *rows; /* by id */
    size_t count;
    char next_page[TALEA_TOKEN_SIZE]; /* "" when there are no more */
};

/* The open pools, or with a `member` (else NULL) those that it is in: at most `row_max` (1 to
 * 1,000; 0 means 50) from `page` on: `next_page` of the answer before, or NULL. The caller ends it
 * with talea_pools_free. */
TALEA_API int talea_list_pools(struct talea_client *client, const struct talea_selector *member,
                               uint32_t row_max, const char *page, int64_t timeout_ms,
                               struct talea_pools *out_pools, struct talea_error *error);
TALEA_API void talea_pools_free(struct talea_pools *pools);

struct talea_proposal {
    char transaction_id[TALEA_UUID_SIZE]; /* becomes the adjustment's id */
    struct talea_selector member;
    int64_t points;     /* more than 0 gives, less than 0 takes */
    const char *reason; /* a code of [A-Z0-9_], at most 32 characters */
    const char *note;   /* for whoever rules on it, at most 128 bytes */
    int64_t expires_unix_ms;
};

/* Asks for a correction by hand; it moves nothing before somebody else approves it. The maker is
 * the client's certificate. */
TALEA_API int talea_propose_adjustment(struct talea_client *client,
                                       const struct talea_proposal *request, int64_t timeout_ms,
                                       struct talea_error *error);

struct talea_ruling {
    int64_t points; /* given, or taken when less than 0; 0 when rejected */
    int64_t debt_points;
    int64_t written_off_points;
    uint64_t journal_row;
};

/* `is_approved` 0 rejects it. The checker is the client's certificate, and not the maker's. */
TALEA_API int talea_rule_adjustment(struct talea_client *client, const char *transaction_id,
                                    const char *adjustment_id, int is_approved, int64_t timeout_ms,
                                    struct talea_ruling *out_ruling, struct talea_error *error);

/* A blocked member neither earns nor burns. `reason` is a code like an adjustment's. */
TALEA_API int talea_block_member(struct talea_client *client, const char *transaction_id,
                                 const struct talea_selector *member, const char *reason,
                                 int64_t timeout_ms, struct talea_error *error);
TALEA_API int talea_unblock_member(struct talea_client *client, const char *transaction_id,
                                   const struct talea_selector *member, const char *reason,
                                   int64_t timeout_ms, struct talea_error *error);
TALEA_API int talea_unblock_card(struct talea_client *client, const char *transaction_id,
                                 const char *card, int64_t timeout_ms, struct talea_error *error);

/* `channel` is "email", "sms", "push" or "chat". */
struct talea_consent {
    const char *channel;
    int is_given;
};

/* By which channels a member may be written to, and in which language ("en", "ru", "kk"; NULL: as
 * it is). What is not named stays as it is. PROFILE_CHANGED: somebody else changed it at the same
 * time; ask again under another id. */
TALEA_API int talea_set_consent(struct talea_client *client, const char *transaction_id,
                                const struct talea_selector *member, const char *language,
                                const struct talea_consent *consents, size_t count,
                                int64_t timeout_ms, struct talea_error *error);

/* "MM-DD" or "YYYY-MM-DD"; NULL: it is not known any more. PROFILE_CHANGED as above. */
TALEA_API int talea_set_birthday(struct talea_client *client, const char *transaction_id,
                                 const struct talea_selector *member, const char *birthday,
                                 int64_t timeout_ms, struct talea_error *error);
/* Who brought a member that is there already: said once (REFERRER_EXISTS), never the member itself
 * (REFERRER_IS_SELF) nor whom it brought (REFERRER_LOOPS). */
TALEA_API int talea_set_referrer(struct talea_client *client, const char *transaction_id,
                                 const struct talea_selector *member,
                                 const struct talea_selector *referrer, int64_t timeout_ms,
                                 struct talea_error *error);

struct talea_merged {
    int64_t points; /* moved */
    int64_t debt_points;
    int64_t available_points; /* of the account that stays, afterwards */
    uint64_t journal_row;
};

/* `from` becomes a part of `into`. The transaction id names the merge when it is undone. Name both
 * by member_id, since cards move with the merge and a repeat must say the same. */
TALEA_API int talea_merge_members(struct talea_client *client, const char *transaction_id,
                                  const struct talea_selector *from,
                                  const struct talea_selector *into, int64_t timeout_ms,
                                  struct talea_merged *out_merged, struct talea_error *error);
/* At the new home of somebody who comes from another brand: the points of its `card` may come to
 * our member of `own_card`. */
TALEA_API int talea_await_move(struct talea_client *client, const char *transaction_id,
                               const char *card, const char *own_card, int64_t timeout_ms,
                               struct talea_error *error);
/* At the old home, once the new one awaits it: all points move, and every card of the member leads
 * to `new_card` at all brands. `*out_points` is what moved. */
TALEA_API int talea_move_member(struct talea_client *client, const char *transaction_id,
                                const char *card, const char *to, const char *new_card,
                                int64_t timeout_ms, int64_t *out_points, struct talea_error *error);
TALEA_API int talea_unmerge_members(struct talea_client *client, const char *transaction_id,
                                    const char *merge_id, int64_t timeout_ms, int64_t *out_points,
                                    struct talea_error *error);

/* Destroys the member's personal data for ever; what is left of the points is gone. Name it by
 * member_id, by which a repeat finds it again. */
TALEA_API int talea_erase_member(struct talea_client *client, const char *transaction_id,
                                 const struct talea_selector *member, int64_t timeout_ms,
                                 struct talea_error *error);

#ifdef __cplusplus
}
#endif

#endif
