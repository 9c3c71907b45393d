/* A dispute about one clearing entry of a pair's two streams: what both sides' ledgers move alike,
 * as pure functions over values. It travels as entries on the clearing streams, so that each step
 * is signed, numbered, receipted and replayed like all others.
 *
 *                 ┌─────────────── machine ruling ───────────────┐
 *   opened ─┬─> answered ─┬─> accepted ──────────────────────────┼─> adjusted
 *           └─────────────┴─> rejected ─┬─> escalated ─> ruled ──┘
 *                                       └─ conceded ───> ruled
 *
 * In each state but `escalated` one side alone can go on, so that two steps never cross. Who is
 * silent past the deadline gives in: the side whose turn it is says so itself, by its own clock
 * since it took the entry before. In `escalated` both offices rule; a ruling holds when one side's
 * is confirmed by an entry of the other's that says the same, and until then either may change its
 * own. What the signatures decide (a capture) needs no people: the answering node rules when it
 * takes the dispute, and the opening one takes that ruling when its own evidence says the same or
 * the ruling is in its favour.
 *
 * What can be disputed, by whom (`upheld`: the claim is right; then points and money move back, or
 * what was refused takes effect):
 *
 *   entry        it was   opened by             the claim is
 *   earn         applied  home (receiver)       no such purchase, twice the same, too much
 *   earn         refused  issuer (sender)       it was to be taken
 *   earn-return  applied  home (receiver)       nothing came back, or less
 *   earn-return  refused  issuer (sender)       it was to be taken
 *   capture      applied  home (receiver)       not granted, twice the same, too much
 *   capture      refused  redeemer (sender)     it was granted, or mandated
 *   burn-return  applied  home (receiver)       nothing came back, or more
 *   burn-return  refused  redeemer (sender)     it was to be taken
 *
 * Who sent an entry that was applied needs no dispute to correct it: a return does. Moved lots
 * stand on a proof that both signed; voids, marks and news of cards carry no points; corrections
 * are the end of a dispute. An entry is disputed once.
 */
#ifndef CLEARING_DISPUTE_H
#define CLEARING_DISPUTE_H

#include "clearing/entry.h"

/* Numbers are stored. */
enum dispute_state {
    DISPUTE_OPENED = 1,
    DISPUTE_ANSWERED = 2,  /* the other side looks into it, and has the deadline once more */
    DISPUTE_ACCEPTED = 3,  /* by the other side, or by its silence: upheld */
    DISPUTE_REJECTED = 4,  /* the opener may escalate, or leave it at that */
    DISPUTE_ESCALATED = 5, /* both offices are to rule alike */
    DISPUTE_RULED = 6,     /* by machine, by both offices, or conceded */
    DISPUTE_ADJUSTED = 7,  /* the end: what had to be corrected is */
    DISPUTE_DECLINED = 8,  /* the other side's ledger refused to open it: there is none */
    DISPUTE_STATE_END
};

const char *dispute_state_name(enum dispute_state state);

enum dispute_side {
    DISPUTE_OPENER = 1,
    DISPUTE_ANSWERER = 2
};

const char *dispute_side_name(enum dispute_side side);
enum dispute_side dispute_other_side(enum dispute_side side);

enum dispute_ruling {
    RULING_NONE = 0,
    RULING_UPHELD = 1,
    RULING_DISMISSED = 2
};

const char *dispute_ruling_name(enum dispute_ruling ruling);

const char *dispute_reason_name(enum dispute_reason reason);
/* ERR_INPUT for a name that is none. */
MUST_USE enum err dispute_reason_parse(const char *name, enum dispute_reason *out_reason);

const char *dispute_step_name(enum dispute_step step);
/* The kind of the entry that carries a step; of STEP_ADJUST one of two, see dispute_payment. */
enum entry_kind dispute_step_kind(enum dispute_step step);
bool entry_kind_is_dispute(enum entry_kind kind); /* opened to ruled; no correction */
/* May an entry of this kind be disputed? */
bool dispute_may_be_about(enum entry_kind kind);
/* What a ruling step says; RULING_NONE for others. */
enum dispute_ruling dispute_step_ruling(enum dispute_step step);
/* Is it binding when the other side takes it? */
bool dispute_step_confirms(enum dispute_step step);
enum dispute_step dispute_step_of_ruling(enum dispute_ruling ruling, bool is_confirming);

/* The state after a step that is in order; DISPUTE_STATE_END when that side can't take it in that
 * state. Confirming steps lead to where they lead once the other side took them; rulings leave the
 * state as it is. */
enum dispute_state dispute_next(enum dispute_state state, enum dispute_side by,
                                enum dispute_step step);
/* How it ends for the claim once the state is accepted or, by such a last step, ruled. */
enum dispute_ruling dispute_outcome(enum dispute_step last_step);
/* Whose turn it is while there is a deadline; 0 for none. */
enum dispute_side dispute_turn(enum dispute_state state);
/* What that side's silence says. */
enum dispute_step dispute_silence(enum dispute_state state);

/* What a ledger knows of a burn, to rule by. */
struct dispute_evidence {
    bool has_grant; /* the home's, signed, in the ledger */
    struct points granted;
    struct unix_ms capture_by; /* T1 */
    struct unix_ms deliver_by; /* T2 */
    bool has_mandate;          /* the one that the capture names */
    struct unix_ms mandate_from;
    struct unix_ms mandate_until;
    struct points mandate_floor;
    struct points mandate_left; /* of its cap, the capture not counted */
};

/* Does grant or mandate cover a capture of so many points at this time, delivered then (0: it is
 * not known when)? */
bool dispute_is_covered(const struct dispute_evidence *evidence, struct points points,
                        struct unix_ms business_time, struct unix_ms delivered);
/* The machine's ruling about a disputed entry: for a capture, covered or not; RULING_NONE when
 * people must decide. `was_applied`: the claim is that it should not have been, else that it
 * should. */
enum dispute_ruling dispute_rule(enum entry_kind kind, bool was_applied, bool is_covered);

/* ---- Points and money ---- */

/* Who pays whom when it is over, beyond what the period's statement had of the entry. The one who
 * pays sends the correction, in its open period. */
enum dispute_payment {
    PAYMENT_NONE,
    PAYMENT_AS_ENTRY, /* as the entry itself: it was left out, or had been refused */
    PAYMENT_BACK      /* the other way: it was settled, wrongly */
};

/* `is_suspended`: it was left out of its period's statement. */
enum dispute_payment dispute_payment(enum dispute_ruling outcome, bool was_applied,
                                     bool is_suspended);
/* Does the sender of the disputed entry pay? Not for PAYMENT_NONE. */
bool dispute_sender_pays(enum entry_kind kind, enum dispute_payment payment);
/* The correction's kind: by the price that the entry has. */
enum entry_kind dispute_correction_kind(enum entry_kind kind);
/* Does the member get points by the entry (1), or give them (-1)? */
int dispute_member_side(enum entry_kind kind);

#endif
