/* An obligation: what one partner has to pay another for a settled period, and how far it is paid.
 * Pure steps over a value.
 *
 *                    debtor's file           creditor's signature     both signatures met
 *     netted ------> instructed ------------> paid ----------------> closed
 *        |                ^  part payment      |                        |
 *        +----------------+  (residual > 0)    | a booking more or less |
 *        |  received in part                   v                        v
 *        +-------------------------------> paid or instructed again, until both agree anew
 *
 * Each figure has one owner, who signs it in its notices: the debtor what it instructed and what
 * it acknowledges as received, the creditor what it received and whose acknowledgement it saw. Only
 * the creditor's signature makes an obligation paid; closed is when each side holds the other's
 * signature over the same sum. A booking counts once, by its bank's reference. What is received
 * beyond the amount is a credit: a negative residual. An obligation of nothing is closed at once.
 */
#ifndef SETTLEMENT_OBLIGATION_H
#define SETTLEMENT_OBLIGATION_H

#include "base/period.h"
#include "base/limits.h"
#include "settlement/payments.h"

#define PAYMENT_REFERENCE_MAX 36 /* Max35Text of ISO 20022, with NUL */
#define BANK_REFERENCE_MAX    64 /* bytes, with NUL */

/* What is owed. Both sides derive it from what both signed, and so say the same. */
struct obligation_terms {
    struct payment payment; /* of an even pair the amount is 0, and the first id the debtor's */
    char currency[4];
    char reference[PAYMENT_REFERENCE_MAX]; /* end to end: in the payment file and on statements */
    bool is_multilateral;
};

/* One entry of a bank's statement. */
struct booking {
    char bank_reference[BANK_REFERENCE_MAX];
    struct money amount; /* negative: given back */
    struct unix_ms booked_at;
};

struct obligation_figures {
    struct money instructed;   /* the debtor's: in payment files so far */
    struct money received;     /* the creditor's */
    struct money acknowledged; /* the debtor's: of what the creditor signed */
    struct money echoed;       /* the creditor's: of what the debtor acknowledged */
};

/* What one side says, signed, to the other. */
struct payment_notice {
    char coalition[32];
    struct period period;
    struct obligation_terms terms;
    struct obligation_figures figures;
    uint64_t number; /* of the signer's notices about this obligation, from 1 */
    uint64_t heard;  /* the highest number of the other's that the signer holds */
};

enum obligation_step {
    OBLIGATION_NETTED = 1,
    OBLIGATION_INSTRUCTED = 2,
    OBLIGATION_PAID = 3,
    OBLIGATION_CLOSED = 4
};

struct obligation {
    struct obligation_terms terms;
    struct obligation_figures figures;
    struct money told;      /* our own figure as signed last */
    struct money sent;      /* at the debtor: by its bank's bookings */
    struct money in_file;   /* at the debtor: of the latest file */
    struct money paid_then; /* received when that was made */
    struct uid file;        /* its id; nil: none */
    struct unix_ms instructed_at;
    struct unix_ms since; /* when the step it is at began */
    uint64_t number;      /* of our latest notice */
    uint64_t heard;       /* of the partner's */
    uint64_t heard_back;  /* of ours, as the partner says */
    struct slice own_signed;
    struct slice partner_signed;
    size_t booking_count;
    struct booking bookings[LIMIT_BOOKINGS];
};

/* Why a step is refused: nothing was changed then. */
enum obligation_answer {
    OBLIGATION_OK = 0,
    OBLIGATION_NOT_OURS, /* the debtor instructs */
    OBLIGATION_NOTHING_DUE,
    OBLIGATION_BOOKING_KNOWN,
    OBLIGATION_BOOKINGS_FULL,
    OBLIGATION_AMOUNT_INVALID, /* nothing, or more than fits */
    OBLIGATION_STALE           /* not what is to be said now, or heard before */
};

const char *obligation_step_name(enum obligation_step step);

/* 'T', the period, '-' and 26 hexadecimal digits of a hash: of the characters that every bank
 * takes. Alike on both sides, and of no other coalition, period or pair. */
void payment_reference(const char *coalition, struct period period, const struct partner_id *debtor,
                       const struct partner_id *creditor,
                       char out_reference[PAYMENT_REFERENCE_MAX]);
/* The period that such a reference names. ERR_INPUT for what is none. */
MUST_USE enum err payment_reference_period(const char *reference, struct period *out_period);

/* What a pair owes by its own statement. */
void obligation_of_statement(const struct pair_statement *statement,
                             struct obligation_terms *out_terms);
/* The same of a payment that nets more than a pair. */
void obligation_of_payment(const struct payment *payment, const char *coalition,
                           struct period period, const char *currency,
                           struct obligation_terms *out_terms);
bool obligation_terms_equal(const struct obligation_terms *a, const struct obligation_terms *b);

enum obligation_step obligation_step(const struct obligation *obligation);
/* What is left to pay; negative: a credit. */
struct money obligation_residual(const struct obligation *obligation);
/* What a payment file made now would order. A residual is only ordered again when it is asked for,
 * after the creditor signed a part that it had not signed when the last file was made: until then
 * the rest may be on its way. */
struct money obligation_to_instruct(const struct obligation *obligation, bool is_residual);

enum obligation_answer obligation_instruct(struct obligation *obligation,
                                           const struct partner_id *self, const struct uid *file,
                                           bool is_residual, struct unix_ms now);
/* At either side: at the debtor it was sent, at the creditor received. */
enum obligation_answer obligation_book(struct obligation *obligation, const struct partner_id *self,
                                       const struct booking *booking);
/* Is there something to sign that the last notice does not say? */
bool obligation_needs_notice(const struct obligation *obligation, const struct partner_id *self);
/* The next notice, of these figures. */
void obligation_next_notice(const struct obligation *obligation, const struct partner_id *self,
                            const char *coalition, struct period period,
                            struct payment_notice *out_notice);
/* Our own notice was signed. `signed_bytes` are borrowed. */
enum obligation_answer obligation_say(struct obligation *obligation, const struct partner_id *self,
                                      const struct payment_notice *notice,
                                      struct slice signed_bytes);
/* The partner's, verified. Its own figures count, and no others. */
enum obligation_answer obligation_hear(struct obligation *obligation, const struct partner_id *self,
                                       const struct payment_notice *notice,
                                       struct slice signed_bytes);

#endif
