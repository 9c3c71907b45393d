/* libtalea: the C client of a Talea node, for tills, web shops and back offices.
 *
 * Build:   cc till.c $(pkg-config --cflags --libs talea)
 *
 *   #include <stdio.h>
 *   #include <talea/talea.h>
 *
 *   int main(void)
 *   {
 *       struct talea_options options = {
 *           .address = "127.0.0.1:7101",
 *           .coalition = "demo",
 *           .partner = "grocer",
 *           .certificate = "grocer/tls/till.pem",
 *           .key = "grocer/tls/till.key",
 *           .ca = "grocer/tls/ca.pem",
 *       };
 *       struct talea_client *client;
 *       struct talea_error error;
 *       if (talea_connect(&options, &client, &error) != TALEA_OK) {
 *           fprintf(stderr, "%s (%s)\n", error.message, error.reason);
 *           return 1;
 *       }
 *       struct talea_earn earn = {.card = "6100010000000013", .amount_minor = 1250};
 *       struct talea_earned earned;
 *       talea_uuid_v7(earn.transaction_id);
 *       if (talea_earn(client, &earn, 5000, &earned, &error) == TALEA_OK) {
 *           printf("%lld points\n", (long long)earned.points);
 *       } else {
 *           fprintf(stderr, "%s (%s)\n", error.message, error.reason);
 *       }
 *       talea_disconnect(client);
 *       return 0;
 *   }
 *
 * Units: points are in the coalition's minor unit, money is in the minor unit of its currency
 * (cents), times are milliseconds since 1970-01-01T00:00:00Z; what is 0, NULL or "" in a request is
 * left to the node. Texts are UTF-8.
 *
 * Transaction ids: each call that changes something carries a UUID made by the caller with
 * talea_uuid_v7, once for each thing that happens at the till, and kept until the outcome is known.
 * The same id with the same contents gives the same answer again, however often it is sent; so a
 * call here repeats itself with the same id while the node can't be reached or restarts, until its
 * timeout. After TALEA_UNAVAILABLE, TALEA_CANCELLED or TALEA_DEADLINE_EXCEEDED the outcome is
 * unknown: call again with the same id, also after a restart of the till.
 *
 * Results: every function that returns int gives TALEA_OK or a code below, and fills `error`, which
 * may be NULL. Outputs are untouched on failure. Error reasons are those of proto/README.md.
 *
 * Threads: a client may be used by many threads at once; talea_disconnect by one, when no other
 * uses it any more. Don't fork after talea_connect.
 */
#ifndef TALEA_TALEA_H
#define TALEA_TALEA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TALEA_API __attribute__((visibility("default")))
#else
#define TALEA_API
#endif

/* The codes of gRPC. */
enum talea_code {
    TALEA_OK = 0,
    TALEA_CANCELLED = 1, /* the node stopped meanwhile: the outcome is unknown */
    TALEA_UNKNOWN = 2,
    TALEA_INVALID_ARGUMENT = 3,
    TALEA_DEADLINE_EXCEEDED = 4, /* the outcome is unknown */
    TALEA_NOT_FOUND = 5,
    TALEA_ALREADY_EXISTS = 6,
    TALEA_PERMISSION_DENIED = 7,
    TALEA_RESOURCE_EXHAUSTED = 8,  /* the node is full: later */
    TALEA_FAILED_PRECONDITION = 9, /* refused: too few points, a blocked card, ... */
    TALEA_ABORTED = 10,
    TALEA_OUT_OF_RANGE = 11,
    TALEA_UNIMPLEMENTED = 12,
    TALEA_INTERNAL = 13,
    TALEA_UNAVAILABLE = 14, /* no connection: the outcome is unknown */
    TALEA_DATA_LOSS = 15,
    TALEA_UNAUTHENTICATED = 16
};

struct talea_error {
    int code;          /* enum talea_code */
    char reason[64];   /* for machines: "INSUFFICIENT_POINTS" */
    char message[512]; /* one sentence for people */
};

/* Sizes of texts with their final NUL. */
#define TALEA_UUID_SIZE      37
#define TALEA_CARD_SIZE      20
#define TALEA_PARTNER_SIZE   16
#define TALEA_REFERENCE_SIZE 65
#define TALEA_NAME_SIZE      129
#define TALEA_TOKEN_SIZE     256

/* A new id of version 7 (RFC 9562). */
TALEA_API void talea_uuid_v7(char out_uuid[TALEA_UUID_SIZE]);

/* "0.1.0" */
TALEA_API const char *talea_version(void);

/* Connection. */

struct talea_client;

struct talea_options {
    const char *address;   /* "host:port" */
    const char *coalition; /* with `partner` the name that the node's certificate must carry */
    const char *partner;
    /* Each a path, or the PEM text itself (it starts with "-----BEGIN"). */
    const char *certificate;
    const char *key;
    const char *ca;
};

/* Does not wait for the node: the first call does. The client is the caller's, to be ended by
 * talea_disconnect. TALEA_INVALID_ARGUMENT says which option is wrong. */
TALEA_API int talea_connect(const struct talea_options *options, struct talea_client **out_client,
                            struct talea_error *error);
/* Cancels what is under way. NULL is allowed. */
TALEA_API void talea_disconnect(struct talea_client *client);

/* Members and cards. */

/* Whose account: exactly one of them, the others NULL. */
struct talea_selector {
    const char *card;
    const char *member_id;
    const char *reference; /* the brand's own customer number */
};

struct talea_enrol {
    char transaction_id[TALEA_UUID_SIZE];
    const char *reference;                 /* at most 64 bytes */
    const char *display_name;              /* at most 128 bytes */
    const char *birthday;                  /* "MM-DD" or "YYYY-MM-DD"; NULL: not said */
    const struct talea_selector *referrer; /* who brought the member; NULL: nobody */
};

struct talea_enrolled {
    char member_id[TALEA_UUID_SIZE];
    char card[TALEA_CARD_SIZE];
};

TALEA_API int talea_enrol(struct talea_client *client, const struct talea_enrol *request,
                          int64_t timeout_ms, struct talea_enrolled *out_enrolled,
                          struct talea_error *error);
/* One more card for a member. */
TALEA_API int talea_issue_card(struct talea_client *client, const char *transaction_id,
                               const struct talea_selector *member, int64_t timeout_ms,
                               char out_card[TALEA_CARD_SIZE], struct talea_error *error);
TALEA_API int talea_block_card(struct talea_client *client, const char *transaction_id,
                               const char *card, int64_t timeout_ms, struct talea_error *error);

struct talea_lot {
    char issuer[TALEA_PARTNER_SIZE];
    uint32_t tariff;
    int64_t active_from_unix_ms; /* 0: already */
    int64_t expires_at_unix_ms;  /* 0: never */
    int64_t free_points;
    int64_t held_points;
    uint32_t idle_months; /* ends so many months after the member's last activity; 0: never */
};

struct talea_expiry {
    int64_t expires_at_unix_ms;
    int64_t points;
};

struct talea_balance {
    char member_id[TALEA_UUID_SIZE];
    int64_t available_points;
    int64_t pending_points;
    int64_t held_points;
    int64_t debt_points;
    int64_t as_of_unix_ms;
    struct talea_lot *lots; /* the one that expires first is first */
    size_t lot_count;
    struct talea_expiry *expiring; /* soonest first; not of talea_get_member */
    size_t expiry_count;
};

/* Of a member of this brand. The caller ends it with talea_balance_free. */
TALEA_API int talea_get_balance(struct talea_client *client, const struct talea_selector *member,
                                int64_t timeout_ms, struct talea_balance *out_balance,
                                struct talea_error *error);
/* As it was at a time gone by, or as it will be if nothing else happens; 0 is now. */
TALEA_API int talea_get_balance_at(struct talea_client *client, const struct talea_selector *member,
                                   int64_t as_of_unix_ms, int64_t timeout_ms,
                                   struct talea_balance *out_balance, struct talea_error *error);
TALEA_API void talea_balance_free(struct talea_balance *balance);

enum talea_history_kind {
    TALEA_HISTORY_ENROL = 1,
    TALEA_HISTORY_CARD = 2,
    TALEA_HISTORY_EARN = 3,
    TALEA_HISTORY_HOLD = 4,
    TALEA_HISTORY_CAPTURE = 5,
    TALEA_HISTORY_VOID = 6,
    TALEA_HISTORY_EARN_RETURN = 7,
    TALEA_HISTORY_BURN_RETURN = 8,
    TALEA_HISTORY_EXPIRY = 9,
    TALEA_HISTORY_ACTIVATION = 10,
    TALEA_HISTORY_ADJUSTMENT = 11,
    TALEA_HISTORY_TRANSFER = 12,
    TALEA_HISTORY_POOL = 13,
    TALEA_HISTORY_BLOCK = 14,
    TALEA_HISTORY_MERGE = 15,
    TALEA_HISTORY_ERASURE = 16,
    TALEA_HISTORY_MOVE = 17,
    TALEA_HISTORY_CONSENT = 18,
    TALEA_HISTORY_HOLD_EXPIRED = 19 /* VOID is one that was given back */
};

enum talea_history_account {
    TALEA_HISTORY_AVAILABLE = 1,
    TALEA_HISTORY_PENDING = 2,
    TALEA_HISTORY_HELD = 3,
    TALEA_HISTORY_DEBT = 4
};

/* What of a history is wanted; zeros for everything. */
struct talea_history_filter {
    int account; /* enum talea_history_account: only what changed this balance */
    int kind;    /* enum talea_history_kind */
    int64_t from_unix_ms;
    int64_t to_unix_ms; /* not this time itself */
    const char *transaction_id;
};

struct talea_history_row {
    uint64_t journal_row;
    int kind; /* enum talea_history_kind, or what a newer node says */
    char transaction_id[TALEA_UUID_SIZE];
    int64_t recorded_unix_ms;
    int64_t business_unix_ms;
    char partner[TALEA_PARTNER_SIZE];
    int64_t available_delta_points;
    int64_t pending_delta_points;
    int64_t held_delta_points;
    int64_t debt_delta_points;
    char reference[TALEA_REFERENCE_SIZE];
};

struct talea_history {
    struct talea_history_row *rows; /* newest first */
    size_t row_count;
    char next_page[TALEA_TOKEN_SIZE]; /* "" when there are no older rows */
};

/* At most `row_max` rows (1 to 1,000; 0 means 50) from `page` on: `next_page` of the answer before,
 * or NULL. The caller ends it with talea_history_free. */
TALEA_API int talea_list_history(struct talea_client *client, const struct talea_selector *member,
                                 uint32_t row_max, const char *page, int64_t timeout_ms,
                                 struct talea_history *out_history, struct talea_error *error);
/* The same, of what the filter lets through: a page may be short, or empty, before the last one. */
TALEA_API int talea_list_history_of(struct talea_client *client,
                                    const struct talea_selector *member,
                                    const struct talea_history_filter *filter, uint32_t row_max,
                                    const char *page, int64_t timeout_ms,
                                    struct talea_history *out_history, struct talea_error *error);
TALEA_API void talea_history_free(struct talea_history *history);

/* Points for a purchase. */

#define TALEA_CODE_SIZE       65
#define TALEA_CODES_MAX       16 /* shown with one purchase */
#define TALEA_GIVEN_CODES_MAX 12 /* given by one */
#define TALEA_LINES_MAX       1000
#define TALEA_DIGEST_SIZE     32

/* A line of a basket. Texts as the brand writes them, at most 64 bytes each; NULL: unknown. */
struct talea_line {
    const char *product;
    const char *category;
    const char *brand;
    int64_t quantity_milli; /* thousandths of a unit */
    int64_t amount_minor;   /* of the whole line, before what the programme takes off it */
};

struct talea_earn {
    char transaction_id[TALEA_UUID_SIZE];
    const char *card;
    int64_t amount_minor; /* with lines their sum, or 0 */
    const char *currency; /* ISO 4217; NULL: the programme's */
    const char *receipt;  /* at most 64 bytes */
    int64_t business_unix_ms;
    int64_t fixed_points; /* instead of the programme's; not for tills, but for a promotion */
    uint32_t promotion;   /* of the charter, that pays for fixed_points; 0: none */
    const struct talea_line *lines;
    size_t line_count;        /* 0: one line of amount_minor; at most TALEA_LINES_MAX */
    const char *const *codes; /* coupons' codes that were shown */
    size_t code_count;        /* at most TALEA_CODES_MAX */
    const char *store;        /* for the programme's rules; at most 64 bytes each */
    const char *channel;
    int64_t paid_in_points_minor; /* of amount_minor, what is paid in points */
    const char *till;             /* for the programme's fraud rules; at most 64 bytes each */
    const char *cashier;
};

/* What became of a code that was shown. */
struct talea_coupon {
    char code[TALEA_CODE_SIZE];
    int is_taken;
    char rule[TALEA_CODE_SIZE]; /* that took it, or that did not; "": none is for it */
    char reason[32];            /* "fired", or why not: "code_unknown", "code_over", "code_used" */
};

struct talea_earned {
    char sale_id[TALEA_UUID_SIZE]; /* a return names the purchase by it */
    int64_t points;
    char home[TALEA_PARTNER_SIZE];
    int is_home;              /* 1: the member is this brand's, and the next field is known */
    int64_t available_points; /* after it */
    uint64_t journal_row;
    int64_t discount_minor;                     /* what the programme took off */
    struct talea_coupon codes[TALEA_CODES_MAX]; /* those that were shown, in their order */
    size_t code_count;
    char given_codes[TALEA_GIVEN_CODES_MAX][TALEA_CODE_SIZE]; /* coupons for the next time */
    size_t given_code_count;
};

TALEA_API int talea_earn(struct talea_client *client, const struct talea_earn *request,
                         int64_t timeout_ms, struct talea_earned *out_earned,
                         struct talea_error *error);

/* A basket before it is paid. What a quote says holds until its time is over, whatever happens
 * meanwhile: confirm it when the basket was paid, release it when it was given up. */
struct talea_quoted {
    char quote_id[TALEA_UUID_SIZE];
    int64_t until_unix_ms;
    int64_t gross_minor; /* what the lines cost */
    int64_t discount_minor;
    int64_t to_pay_minor; /* without the discount, and what is paid in points */
    int64_t points;       /* given when it is confirmed */
    int64_t spendable_points;
    int64_t payable_minor;                      /* what these would pay of it */
    int is_balance_known;                       /* 0: another brand's member, who may have fewer */
    unsigned char digest[TALEA_DIGEST_SIZE];    /* of all that is promised */
    struct talea_coupon codes[TALEA_CODES_MAX]; /* those that were shown, in their order */
    size_t code_count;
};

/* The request's transaction id becomes the quote's; it has no receipt, time, fixed_points or
 * promotion. `out_line_discounts_minor` has room for one of each line, or is NULL. */
TALEA_API int talea_quote(struct talea_client *client, const struct talea_earn *request,
                          int64_t timeout_ms, struct talea_quoted *out_quoted,
                          int64_t *out_line_discounts_minor, struct talea_error *error);
/* The transaction id is the sale's. QUOTE_OVER after the quote's time, OCCASION_ENDED when it was
 * confirmed under another id, or released. `receipt` may be NULL. */
TALEA_API int talea_confirm(struct talea_client *client, const char *transaction_id,
                            const char *quote_id, const char *receipt, int64_t timeout_ms,
                            struct talea_earned *out_earned, struct talea_error *error);
TALEA_API int talea_release(struct talea_client *client, const char *quote_id, int64_t timeout_ms,
                            struct talea_error *error);

#define TALEA_RETURNED_LINES_MAX 400

/* A line of a purchase that comes back. */
struct talea_returned_line {
    uint32_t line; /* its place on the receipt, from 1 on */
    int64_t
        quantity_milli; /* of a line without a quantity in thousandths of it; 0: all that is left */
};

struct talea_return_purchase {
    char transaction_id[TALEA_UUID_SIZE];
    const char *sale_id;
    int64_t amount_minor; /* 0: all that is left, or what the lines come to */
    int64_t business_unix_ms;
    const char *receipt;
    /* Of a purchase that rules judged: it loses what the rest doesn't deserve. Without lines it
     * loses its share of the amount. */
    const struct talea_returned_line *lines;
    size_t line_count; /* at most TALEA_RETURNED_LINES_MAX */
};

struct talea_purchase_returned {
    int64_t taken_points;
    int64_t debt_points;
    uint64_t journal_row;
    int64_t written_off_points; /* beyond the programme's limit on debts */
    int64_t amount_minor;       /* that came back with it */
};

TALEA_API int talea_return_purchase(struct talea_client *client,
                                    const struct talea_return_purchase *request, int64_t timeout_ms,
                                    struct talea_purchase_returned *out_returned,
                                    struct talea_error *error);

/* Paying with points: reserve, then take. */

struct talea_authorise {
    char transaction_id[TALEA_UUID_SIZE];
    const char *card;
    int64_t points;
    const char *receipt;
    uint32_t capture_within_seconds;
};

/* Who stands behind a hold. */
enum talea_authority {
    TALEA_AUTHORITY_UNKNOWN = 0, /* the node is older than this */
    TALEA_AUTHORITY_OWN = 1,     /* the node is the card's home */
    TALEA_AUTHORITY_GRANT = 2,   /* the card's home granted it */
    TALEA_AUTHORITY_MANDATE = 3  /* the home did not answer in time; its mandate stands in */
};

struct talea_hold {
    char hold_id[TALEA_UUID_SIZE];
    int64_t held_points;
    int64_t capture_by_unix_ms;
    int64_t deliver_by_unix_ms;
    char home[TALEA_PARTNER_SIZE];
    enum talea_authority authorised_by;
};

/* Asks the card's home where that is another brand, and answers within the timeout in any case.
 * FAILED_PRECONDITION with HOME_UNREACHABLE is final: begin anew with another transaction id. */
TALEA_API int talea_authorise_burn(struct talea_client *client,
                                   const struct talea_authorise *request, int64_t timeout_ms,
                                   struct talea_hold *out_hold, struct talea_error *error);

struct talea_captured {
    int64_t captured_points;
    int64_t left_points;
    uint64_t journal_row;
};

/* `points` 0 takes all that is left. */
TALEA_API int talea_capture_burn(struct talea_client *client, const char *transaction_id,
                                 const char *hold_id, int64_t points, int64_t timeout_ms,
                                 struct talea_captured *out_captured, struct talea_error *error);
TALEA_API int talea_void_burn(struct talea_client *client, const char *transaction_id,
                              const char *hold_id, int64_t timeout_ms, int64_t *out_voided_points,
                              struct talea_error *error);
/* Goods that were paid with points came back; `points` 0 means all. */
TALEA_API int talea_return_burn(struct talea_client *client, const char *transaction_id,
                                const char *hold_id, int64_t points, const char *receipt,
                                int64_t timeout_ms, int64_t *out_returned_points,
                                struct talea_error *error);

/* Back office. */

struct talea_card {
    char number[TALEA_CARD_SIZE];
    int is_blocked;
};

struct talea_member {
    char member_id[TALEA_UUID_SIZE];
    char reference[TALEA_REFERENCE_SIZE];
    char display_name[TALEA_NAME_SIZE];
    int64_t enrolled_unix_ms;
    struct talea_card *cards;
    size_t card_count;
    struct talea_balance balance;
};

/* The caller ends it with talea_member_free. */
TALEA_API int talea_get_member(struct talea_client *client, const struct talea_selector *member,
                               int64_t timeout_ms, struct talea_member *out_member,
                               struct talea_error *error);
TALEA_API void talea_member_free(struct talea_member *member);

struct talea_account {
    char account[32]; /* "issued", "receivable", ... */
    char partner[TALEA_PARTNER_SIZE];
    uint32_t period; /* year * 100 + month, or 0 */
    int64_t debit_points;
    int64_t credit_points;
};

struct talea_report {
    struct talea_account *accounts;
    size_t account_count;
    uint64_t members;
    int64_t available_points;
    int64_t pending_points;
    int64_t held_points;
    int64_t debt_points;
    uint64_t journal_rows;
};

/* The caller ends it with talea_report_free. */
TALEA_API int talea_get_report(struct talea_client *client, int64_t timeout_ms,
                               struct talea_report *out_report, struct talea_error *error);
TALEA_API void talea_report_free(struct talea_report *report);

#ifdef __cplusplus
}
#endif

#endif
