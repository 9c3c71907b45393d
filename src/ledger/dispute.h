/* What the decisions about disputes share. Internal to the module. */
#ifndef LEDGER_DISPUTE_H
#define LEDGER_DISPUTE_H

#include "ledger/decision.h"

/* A dispute at hand: its key, and a working copy of its row. */
struct dispute_work {
    struct partner_id partner;
    enum stream_direction direction; /* of the disputed entry */
    uint64_t number;
    bool is_known;
    struct unix_ms due_before;
    enum dispute_state state_before; /* DISPUTE_DECLINED: there was none */
    struct dispute row;
};

MUST_USE enum err dispute_load(struct decision *d, const struct partner_id *partner,
                               enum stream_direction direction, uint64_t number,
                               struct dispute_work *out_work);
/* Writes the row and what is due of it. */
void dispute_put(struct decision *d, const struct dispute_work *work);
/* The same, and how many there are. */
MUST_USE enum err dispute_store(struct decision *d, const struct dispute_work *work);

/* Fills in the disputed entry and whether it was applied, from the journal. May refuse. */
MUST_USE enum err dispute_find_entry(struct decision *d, struct dispute_work *work);
/* The hold or the sale that the entry belongs to. ERR_OK and `*out_has` false when there is none.
 */
MUST_USE enum err dispute_find_hold(const struct decision *d, const struct dispute_work *work,
                                    struct hold *out_hold, bool *out_has);
MUST_USE enum err dispute_find_sale(const struct decision *d, const struct dispute_work *work,
                                    struct sale *out_sale, bool *out_has);
/* The machine's ruling by what this ledger has. */
MUST_USE enum err dispute_machine(const struct decision *d, const struct dispute_work *work,
                                  enum dispute_ruling *out_ruling);

/* Takes a step that is in order: state, notes, ruling, deadline. */
void dispute_move(struct decision *d, struct dispute_work *work, enum dispute_side by,
                  const struct dispute_part *part);

/* Notes a step that is in order for people to read later: an entry of ours (OUT) or the partner's
 * (IN). After dispute_settle, if that is called. */
void dispute_note_line(struct decision *d, const struct dispute_work *work,
                       enum stream_direction way, const struct clearing_entry *entry);
/* The partner's ledger refused a step of ours. */
MUST_USE enum err dispute_refuse_line(struct decision *d, const struct dispute_work *work,
                                      uint64_t line_number, enum verdict verdict);

/* Is the argument over, and the outcome to be carried out? */
bool dispute_has_ended(const struct dispute *dispute);
enum dispute_payment dispute_payment_of(const struct dispute *dispute);
/* The outcome for what is booked here: whether the entry, as it was booked, is to be undone or, if
 * it was not applied, to be done. What was set apart is claimed by who has it: then it is the other
 * way round, and of a tariff nothing is undone. */
enum dispute_ruling dispute_books_outcome(const struct dispute *dispute);
/* Of the correction. */
uint32_t dispute_correction_tariff(const struct dispute *dispute);
/* Do we send the correction? */
bool dispute_is_payer(const struct dispute_work *work, enum dispute_payment payment);

/* What refused us, or what is not our turn to say, is said again after so long. */
#define DISPUTE_RETRY_MS (60 * 60 * 1000)

/* Our step as an entry at the end of the stream to the partner. */
MUST_USE enum err dispute_say(struct decision *d, struct dispute_work *work, const struct uid *id,
                              const struct dispute_part *part, struct stream *stream);
/* Most steps count once the partner took them. */
bool dispute_waits_for_receipt(enum dispute_step step);
void dispute_await_receipt(struct dispute_work *work, const struct dispute_part *part);
void dispute_move_pending(struct decision *d, struct dispute_work *work);
/* The partner's office ruled as ours did, and does not know that yet: it is told, now or later. */
MUST_USE enum err dispute_confirm(struct decision *d, struct dispute_work *work);
/* All of a step of ours: said, noted, stored. */
MUST_USE enum err dispute_tell(struct decision *d, struct dispute_work *work, const struct uid *id,
                               const struct dispute_part *part, struct stream *stream);

/* Common to both sides; a claim of 0 is all of the entry, a tariff of 0 is its own. May refuse. */
MUST_USE enum err dispute_open_checked(struct decision *d, struct dispute_work *work,
                                       enum dispute_side side, struct points claim,
                                       uint32_t tariff);
/* The row of a dispute that was opened by an entry of that period. */
void dispute_open_row(struct decision *d, struct dispute_work *work, enum dispute_side side,
                      const struct uid *id, struct points claim, const struct dispute_part *part,
                      struct period opened_in);

/* Points and money, dispute_books.c. */
/* Is the claim within what is left of the sale or the burn? Refuses with RETURN_EXCEEDS_SALE. */
MUST_USE enum err dispute_check_claim(struct decision *d, const struct dispute_work *work);
/* The entry's points into suspense, and out of its period's statement. At the entry's sender they
 * count as returned meanwhile, so that they can't be given back twice. */
MUST_USE enum err dispute_suspend(struct decision *d, const struct dispute_work *work);
/* What the entry put into its period's account counts in another period. */
void dispute_move_period(struct decision *d, const struct dispute_work *work, struct period to);
/* As if it had not been opened. */
MUST_USE enum err dispute_unsuspend(struct decision *d, const struct dispute_work *work);
/* The correction is on its way (1), or was refused (-1): what we owe by it, against suspense. */
MUST_USE enum err dispute_owe_correction(struct decision *d, const struct dispute_work *work,
                                         int way);
/* Does what the outcome says, once the correction (in row.corrected_in) is taken; or when there is
 * none. Before all else in its plan, which it may begin anew. */
MUST_USE enum err dispute_settle(struct decision *d, const struct dispute_work *work);

#endif
