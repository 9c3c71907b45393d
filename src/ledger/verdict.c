#include "ledger/verdict.h"

#include <string.h>

/* Numeric status codes of the gRPC specification. */
enum {
    GRPC_OK = 0,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_INTERNAL = 13
};

static const struct verdict_row verdict_rows[VERDICT_END] = {
    [VERDICT_OK] = {"OK", "Done.", GRPC_OK},
    [VERDICT_TRANSACTION_ID_REUSED] = {"TRANSACTION_ID_REUSED",
                                       "This transaction id was used for another request.",
                                       GRPC_ALREADY_EXISTS},
    [VERDICT_LINKED_REFUSED] =
        {"LINKED_REFUSED",
         "Another command of the same group was refused, and the group goes together.",
         GRPC_FAILED_PRECONDITION},
    [VERDICT_POINTS_NOT_POSITIVE] = {"POINTS_NOT_POSITIVE", "The points must be more than zero.",
                                     GRPC_INVALID_ARGUMENT},
    [VERDICT_POINTS_TOO_LARGE] = {"POINTS_TOO_LARGE",
                                  "These are more points than one request may move.",
                                  GRPC_INVALID_ARGUMENT},
    [VERDICT_AMOUNT_NEGATIVE] = {"AMOUNT_NEGATIVE", "The amount must not be negative.",
                                 GRPC_INVALID_ARGUMENT},
    [VERDICT_CURRENCY_MISMATCH] = {"CURRENCY_MISMATCH",
                                   "The amount is not in the currency of the programme.",
                                   GRPC_INVALID_ARGUMENT},
    [VERDICT_TRANSFER_TO_SELF] = {"TRANSFER_TO_SELF",
                                  "Points can't be transferred to the account they are in.",
                                  GRPC_INVALID_ARGUMENT},
    [VERDICT_REASON_UNKNOWN] =
        {"REASON_UNKNOWN", "The reason must be a code of capital letters, digits and underscores.",
         GRPC_INVALID_ARGUMENT},
    [VERDICT_POINTS_ZERO] = {"POINTS_ZERO", "The points must not be zero.", GRPC_INVALID_ARGUMENT},
    [VERDICT_PARTNER_UNKNOWN] = {"PARTNER_UNKNOWN",
                                 "No brand of the coalition has this card's prefix.",
                                 GRPC_NOT_FOUND},
    [VERDICT_STREAM_FROZEN] = {"STREAM_FROZEN",
                               "Clearing with this brand is frozen until its streams are settled.",
                               GRPC_FAILED_PRECONDITION},
    [VERDICT_CARD_UNKNOWN] = {"CARD_UNKNOWN", "There is no such card.", GRPC_NOT_FOUND},
    [VERDICT_CARD_BLOCKED] = {"CARD_BLOCKED", "This card is blocked.", GRPC_FAILED_PRECONDITION},
    [VERDICT_CARD_EXISTS] = {"CARD_EXISTS", "There is such a card already.", GRPC_ALREADY_EXISTS},
    [VERDICT_TOO_MANY_CARDS] = {"TOO_MANY_CARDS",
                                "This member has as many cards as a member may have.",
                                GRPC_FAILED_PRECONDITION},
    [VERDICT_CARD_NOT_BLOCKED] = {"CARD_NOT_BLOCKED", "This card is not blocked.",
                                  GRPC_FAILED_PRECONDITION},
    [VERDICT_MEMBER_UNKNOWN] = {"MEMBER_UNKNOWN", "There is no such member.", GRPC_NOT_FOUND},
    [VERDICT_REFERENCE_EXISTS] = {"REFERENCE_EXISTS", "Another member has this reference already.",
                                  GRPC_ALREADY_EXISTS},
    [VERDICT_MEMBER_BLOCKED] = {"MEMBER_BLOCKED", "This member is blocked.",
                                GRPC_FAILED_PRECONDITION},
    [VERDICT_MEMBER_NOT_BLOCKED] = {"MEMBER_NOT_BLOCKED", "This member is not blocked.",
                                    GRPC_FAILED_PRECONDITION},
    [VERDICT_MEMBER_ERASED] = {"MEMBER_ERASED", "This member was erased.",
                               GRPC_FAILED_PRECONDITION},
    [VERDICT_MEMBER_MERGED] =
        {"MEMBER_MERGED", "This member was merged into another, or too many are merged already.",
         GRPC_FAILED_PRECONDITION},
    [VERDICT_MEMBER_HAS_HOLDS] = {"MEMBER_HAS_HOLDS",
                                  "This member has points on hold; capture or void them first.",
                                  GRPC_FAILED_PRECONDITION},
    [VERDICT_NOT_A_POOL] = {"NOT_A_POOL", "There is no pool with this id.", GRPC_NOT_FOUND},
    [VERDICT_NOT_IN_POOL] = {"NOT_IN_POOL", "This member is not in the pool.",
                             GRPC_FAILED_PRECONDITION},
    [VERDICT_ALREADY_IN_POOL] = {"ALREADY_IN_POOL", "This member is in a pool.",
                                 GRPC_ALREADY_EXISTS},
    [VERDICT_HOLD_UNKNOWN] = {"HOLD_UNKNOWN", "There is no such hold.", GRPC_NOT_FOUND},
    [VERDICT_HOLD_ENDED] = {"HOLD_ENDED", "This hold was captured, voided or expired already.",
                            GRPC_FAILED_PRECONDITION},
    [VERDICT_HOLD_EXCEEDED] = {"HOLD_EXCEEDED", "The hold does not have that many points left.",
                               GRPC_FAILED_PRECONDITION},
    [VERDICT_CAPTURE_TOO_LATE] = {"CAPTURE_TOO_LATE",
                                  "The capture came after the time the hold allows.",
                                  GRPC_FAILED_PRECONDITION},
    [VERDICT_HOLD_EXISTS] = {"HOLD_EXISTS", "There is a hold with this id already.",
                             GRPC_ALREADY_EXISTS},
    [VERDICT_SALE_UNKNOWN] = {"SALE_UNKNOWN", "There is no such sale.", GRPC_NOT_FOUND},
    [VERDICT_RETURN_EXCEEDS_SALE] = {"RETURN_EXCEEDS_SALE",
                                     "More would be returned than is left of the sale.",
                                     GRPC_FAILED_PRECONDITION},
    [VERDICT_SALE_EXISTS] = {"SALE_EXISTS", "There is a sale with this id already.",
                             GRPC_ALREADY_EXISTS},
    [VERDICT_INSUFFICIENT_POINTS] = {"INSUFFICIENT_POINTS",
                                     "The member does not have that many points to spend.",
                                     GRPC_FAILED_PRECONDITION},
    [VERDICT_TOO_MANY_LOTS] = {"TOO_MANY_LOTS",
                               "The points would be in more lots than a row may hold.",
                               GRPC_FAILED_PRECONDITION},
    [VERDICT_PERIOD_NOT_OPEN] = {"PERIOD_NOT_OPEN", "This settlement period is not open.",
                                 GRPC_FAILED_PRECONDITION},
    [VERDICT_TARIFF_UNKNOWN] = {"TARIFF_UNKNOWN", "The charter has no such tariff.",
                                GRPC_NOT_FOUND},
    [VERDICT_TARIFF_NOT_IN_FORCE] = {"TARIFF_NOT_IN_FORCE",
                                     "The tariff is not the one of this pair at that time.",
                                     GRPC_FAILED_PRECONDITION},
    [VERDICT_NOT_AGREED] = {"NOT_AGREED", "No agreement or ruling backs this correction.",
                            GRPC_FAILED_PRECONDITION},
    [VERDICT_ADJUSTMENT_UNKNOWN] = {"ADJUSTMENT_UNKNOWN", "There is no such adjustment.",
                                    GRPC_NOT_FOUND},
    [VERDICT_ADJUSTMENT_ENDED] = {"ADJUSTMENT_ENDED",
                                  "This adjustment was approved or rejected already.",
                                  GRPC_FAILED_PRECONDITION},
    [VERDICT_CHECKER_IS_MAKER] = {"CHECKER_IS_MAKER",
                                  "Who proposed an adjustment can't rule on it.",
                                  GRPC_PERMISSION_DENIED},
    [VERDICT_ADJUSTMENT_EXPIRED] = {"ADJUSTMENT_EXPIRED",
                                    "This adjustment was not ruled on in time.",
                                    GRPC_FAILED_PRECONDITION},
    [VERDICT_MERGE_UNKNOWN] = {"MERGE_UNKNOWN", "There is no such merge.", GRPC_NOT_FOUND},
    [VERDICT_MERGE_ENDED] = {"MERGE_ENDED", "This merge was undone already.",
                             GRPC_FAILED_PRECONDITION},
    [VERDICT_MERGE_TO_SELF] = {"MERGE_TO_SELF", "A member can't be merged into itself.",
                               GRPC_INVALID_ARGUMENT},
    [VERDICT_POOL_NOT_EMPTY] = {"POOL_NOT_EMPTY",
                                "The pool still has points; its last member can't leave it.",
                                GRPC_FAILED_PRECONDITION},
    [VERDICT_ADJUSTMENT_EXISTS] = {"ADJUSTMENT_EXISTS",
                                   "There is an adjustment with this id already.",
                                   GRPC_ALREADY_EXISTS},
    [VERDICT_NET_DEBIT_CAP] = {"NET_DEBIT_CAP",
                               "These brands owe each other as much as the charter allows; what "
                               "was promised is honoured, nothing new is begun until they settle.",
                               GRPC_FAILED_PRECONDITION},
    [VERDICT_HOLD_TOO_LATE] = {"HOLD_TOO_LATE",
                               "The time until which this hold could be used is past.",
                               GRPC_FAILED_PRECONDITION},
    [VERDICT_OUTBOX_FULL] = {"OUTBOX_FULL",
                             "As many entries wait for this brand as may; what was promised is "
                             "honoured, nothing new is begun until it takes them.",
                             GRPC_FAILED_PRECONDITION},
    [VERDICT_MERGE_EXISTS] = {"MERGE_EXISTS", "There is a merge with this id already.",
                              GRPC_ALREADY_EXISTS},
    [VERDICT_MANDATE_UNKNOWN] = {"MANDATE_UNKNOWN", "The card's home gave no such mandate.",
                                 GRPC_FAILED_PRECONDITION},
    [VERDICT_MANDATE_EXPIRED] = {"MANDATE_EXPIRED",
                                 "The mandate of the card's home is not valid at this time.",
                                 GRPC_FAILED_PRECONDITION},
    [VERDICT_MANDATE_FLOOR_EXCEEDED] =
        {"MANDATE_FLOOR_EXCEEDED",
         "The card's home can't be asked, and this is more than it allows for one burn.",
         GRPC_FAILED_PRECONDITION},
    [VERDICT_MANDATE_CAP_EXCEEDED] =
        {"MANDATE_CAP_EXCEEDED",
         "The card's home can't be asked, and what it allows for a day is used up.",
         GRPC_FAILED_PRECONDITION},
    [VERDICT_MANDATE_EXISTS] = {"MANDATE_EXISTS", "There is a mandate for this time already.",
                                GRPC_ALREADY_EXISTS},
    [VERDICT_MANDATE_INVALID] = {"MANDATE_INVALID", "This is no mandate between these two brands.",
                                 GRPC_INVALID_ARGUMENT},
    [VERDICT_CARD_MOVED] = {"CARD_MOVED",
                            "This card's member has moved to another brand, and has a card there.",
                            GRPC_FAILED_PRECONDITION},
    [VERDICT_CARD_NOT_THEIRS] = {"CARD_NOT_THEIRS",
                                 "The card is another brand's than the one that speaks of it.",
                                 GRPC_PERMISSION_DENIED},
    [VERDICT_MOVE_TO_SELF] = {"MOVE_TO_SELF",
                              "A member moves from one brand to another, not within one.",
                              GRPC_INVALID_ARGUMENT},
    [VERDICT_MOVE_LOOPS] = {"MOVE_LOOPS", "The new card leads back to the old one.",
                            GRPC_FAILED_PRECONDITION},
    [VERDICT_MOVE_NOT_AWAITED] = {"MOVE_NOT_AWAITED",
                                  "The new home has not agreed to take this card's points.",
                                  GRPC_FAILED_PRECONDITION},
    [VERDICT_MEMBER_MOVED] = {"MEMBER_MOVED", "This member has moved to another brand.",
                              GRPC_FAILED_PRECONDITION},
    [VERDICT_MEMBER_HAS_DEBT] = {"MEMBER_HAS_DEBT",
                                 "This member owes points, which must be repaid first.",
                                 GRPC_FAILED_PRECONDITION},
    [VERDICT_PARTNER_LEFT] = {"PARTNER_LEFT", "The card's brand or this one leaves the coalition.",
                              GRPC_FAILED_PRECONDITION},
};

bool verdict_is_known(unsigned number)
{
    return number < VERDICT_END && verdict_rows[number].name != NULL;
}

const struct verdict_row *verdict_describe(enum verdict verdict)
{
    static const struct verdict_row unknown = {"UNKNOWN", "A verdict this version does not know.",
                                               GRPC_INTERNAL};
    return verdict_is_known((unsigned)verdict) ? &verdict_rows[verdict] : &unknown;
}

enum err verdict_parse(const char *name, enum verdict *out_verdict)
{
    for (unsigned i = 0; i < VERDICT_END; i++) {
        if (verdict_is_known(i) && strcmp(verdict_rows[i].name, name) == 0) {
            *out_verdict = (enum verdict)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}
