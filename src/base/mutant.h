/* Deliberate bugs. The simulation's build (tests/sim, TALEA_MUTANTS) has each of them in its place
 * and chooses one, or none, as it runs: it must find every one. In all other builds they are false
 * by constant, and nothing of them is left.
 */
#ifndef BASE_MUTANT_H
#define BASE_MUTANT_H

#include <stdbool.h>

#define MUTANTS(MUTANT_ROW)                                                                        \
    MUTANT_ROW(SEND_BEFORE_STORING, "a receipt goes out though the batch could not be stored")     \
    MUTANT_ROW(ANSWER_BEFORE_DURABLE, "a till is answered before the journal has the command")     \
    MUTANT_ROW(SKIP_ROLLBACK, "what could not be stored stays in the tables")                      \
    MUTANT_ROW(SKIP_DUPLICATE_CHECK, "an id that was used is not looked up")                       \
    MUTANT_ROW(ANSWER_REPEAT_ANEW, "a repeat is answered without what was recorded")               \
    MUTANT_ROW(FORGET_HOLD_AT_RESTART, "a recovery leaves out holds")                              \
    MUTANT_ROW(FORGET_STREAM_AT_RESTART, "a recovery leaves out where streams end")                \
    MUTANT_ROW(APPLY_TWICE_AT_RESTART, "a recovery applies what a checkpoint holds already")       \
    MUTANT_ROW(FORGET_DUE_AT_RESTART, "after a start nothing falls due that was due before")       \
    MUTANT_ROW(RELEASE_AT_T1, "a hold expires at T1")                                              \
    MUTANT_ROW(EXPIRE_TWICE, "an expired hold is not marked as ended")                             \
    MUTANT_ROW(CAPTURE_MORE_THAN_GRANTED, "a capture is not held against what is left")            \
    MUTANT_ROW(CAPTURE_TOO_LATE, "a home takes captures of after T1")                              \
    MUTANT_ROW(SPEND_LAST_LOT_FIRST, "what ends last is spent first")                              \
    MUTANT_ROW(REFUND_TO_WRONG_LOT, "returned points go to the wrong lots")                        \
    MUTANT_ROW(FORGET_DEBT, "points that are given repay no debt")                                 \
    MUTANT_ROW(IGNORE_REFUSAL, "the sender takes refused entries for applied ones")                \
    MUTANT_ROW(SKIP_REVERSAL, "what was refused is not taken back")                                \
    MUTANT_ROW(WRONG_TOTAL_KIND, "captures count as earns in the totals")                          \
    MUTANT_ROW(COUNT_REFUSED, "refused entries count in the totals")                               \
    MUTANT_ROW(LOSE_RECEIPT_CHAIN, "a receipt does not name the one before")                       \
    MUTANT_ROW(PERIOD_BY_CLOCK, "a mark leaves the period open")                                   \
    MUTANT_ROW(SIGN_REENCODED, "a body is encoded anew before it is sent")                         \
    MUTANT_ROW(NO_REWIND, "after a reconnection sending goes on where it was")                     \
    MUTANT_ROW(ACCEPT_UNSIGNED, "a signature that does not verify is good enough")                 \
    MUTANT_ROW(ACCEPT_WRONG_PURPOSE, "a signature for another purpose is good enough")             \
    MUTANT_ROW(ACCEPT_GAP, "a batch may begin beyond what is here")                                \
    MUTANT_ROW(APPLY_BATCH_TWICE, "a batch that came before is taken again")                       \
    MUTANT_ROW(TAKE_FORK, "a batch may follow on from another entry than the last one")            \
    MUTANT_ROW(SKIP_PREVIOUS_HASH, "entries of a batch need not be one chain")                     \
    MUTANT_ROW(SEND_BEFORE_RECOVERY, "a restored ledger writes on before its partners were asked") \
    MUTANT_ROW(REFUSE_BEFORE_RECOVERY,                                                             \
               "a restored shop refuses for good what names something that may still come back")   \
    MUTANT_ROW(GRANT_BEFORE_RECOVERY,                                                              \
               "a restored home grants holds before it was shown what it promised")                \
    MUTANT_ROW(RECOVER_WITHOUT_POSTING, "an own entry that comes back is not posted again")        \
    MUTANT_ROW(RECOVER_BY_VERDICT, "what our receipt says is judged anew when it comes back")      \
    MUTANT_ROW(ACCEPT_REVOKED, "a key that was revoked signs on")                                  \
    MUTANT_ROW(STAND_IN_BEYOND_CAP, "a mandate's cap is not looked at before a stand-in")          \
    MUTANT_ROW(FORGET_MANDATE_AT_RESTART, "a recovery leaves out what is used of mandates")        \
    MUTANT_ROW(FORGET_MANDATE_AT_RESTORE,                                                          \
               "a restored home takes back no mandate that it is shown")                           \
    MUTANT_ROW(HONOUR_LATE_STAND_IN, "a home honours stand-ins of after its mandate's end")        \
    MUTANT_ROW(FORGET_EARLY_VOID, "a home grants what was given up before it was asked")           \
    MUTANT_ROW(SEND_TO_NOBODY, "what concerns a brand that left the charter is sent to it")        \
    MUTANT_ROW(SEND_AFTER_END, "a stream goes on after the last period of a brand that leaves")    \
    MUTANT_ROW(TAKE_AFTER_END, "a home takes what comes after the sender's last period")           \
    MUTANT_ROW(GRANT_WHILE_LEAVING, "a brand that leaves is granted holds as before")              \
    MUTANT_ROW(SKIP_NEWCOMER, "a brand that joins is not told which cards are blocked")            \
    MUTANT_ROW(BEGIN_BEFORE_JOINING, "streams with a brand that joins begin in the first period")  \
    MUTANT_ROW(MOVE_AND_KEEP, "a member who moves keeps its points at the old home, too")          \
    MUTANT_ROW(MOVE_UNAWAITED, "a home takes the points of members that it does not await")        \
    MUTANT_ROW(LEAVE_BEHIND, "points that come back to a member who moved stay at the old home")   \
    MUTANT_ROW(DROP_LATE_EARN, "an earn that came after its member had moved is only reversed")    \
    MUTANT_ROW(DROP_LATE_RETURN, "what returned of an earn does not go after it")                  \
    MUTANT_ROW(MOVE_CROSSWISE, "a member moves to one whom its own home awaits as it")             \
    MUTANT_ROW(CIRCLE_STAYS, "moves that lead in a circle stay so")                                \
    MUTANT_ROW(CIRCLE_TURNS, "points go round in a circle that is known")                          \
    MUTANT_ROW(OUTBOX_FOR_EVER, "any number of entries may wait for a partner")                    \
    MUTANT_ROW(OUTBOX_NO_RESERVE, "what was promised has no more room than new points")            \
    MUTANT_ROW(CAP_WITHOUT_PROMISES, "a grant is held against what is owed alone")                 \
    MUTANT_ROW(CAP_BY_DEBTOR_ALONE, "a home takes earns of a partner beyond its cap")              \
    MUTANT_ROW(OWE_FOR_EVER, "what an agreed period owed is owed for ever")                        \
    MUTANT_ROW(SPEND_ANY_POOL, "somebody who is not in a pool spends what is in it")               \
    MUTANT_ROW(CLOSE_FULL_POOL, "a pool closes with its last member, whatever is in it")           \
    MUTANT_ROW(DISPUTE_ONE_SIDED, "who is told of a dispute leaves the points where they are")     \
    MUTANT_ROW(RETURN_WHILE_DISPUTED, "what is disputed can be returned meanwhile")                \
    MUTANT_ROW(MACHINE_FOR_HOME, "a machine rules for the home, whatever was granted")             \
    MUTANT_ROW(RULE_ALONE, "what one office rules binds the other")                                \
    MUTANT_ROW(SILENCE_IS_NOTHING, "a side that is silent past its deadline is waited for")        \
    MUTANT_ROW(KEEP_DISPUTED, "a claim that is upheld moves no points of the member")              \
    MUTANT_ROW(DISPUTE_TWICE, "what was disputed to the end can be disputed again")                \
    MUTANT_ROW(RECOVER_OUT_OF_TURN,                                                                \
               "a restored ledger hears all that its partner said before its own answers")

#define MUTANT_NAME(name, what) MUTANT_##name,
enum mutant {
    MUTANT_NONE,
    MUTANTS(MUTANT_NAME) MUTANT_END
};
#undef MUTANT_NAME

#ifdef TALEA_MUTANTS
extern enum mutant mutant_chosen; /* tests/sim */
#define MUTANT(name) (mutant_chosen == MUTANT_##name)
#else
#define MUTANT(name) ((void)MUTANT_##name, false)
#endif

#endif
