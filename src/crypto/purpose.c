#include "crypto/purpose.h"

#include <stddef.h>

static const char *const names[PURPOSE_LAST + 1] = {
    [PURPOSE_ONLINE_KEY] = "online-key",
    [PURPOSE_CHARTER] = "charter",
    [PURPOSE_JOURNAL_HEAD] = "journal-head",
    [PURPOSE_CLEARING_BATCH] = "clearing-batch",
    [PURPOSE_CLEARING_RECEIPT] = "clearing-receipt",
    [PURPOSE_HOLD_REQUEST] = "hold-request",
    [PURPOSE_HOLD_GRANT] = "hold-grant",
    [PURPOSE_HOLD_REFUSAL] = "hold-refusal",
    [PURPOSE_STATEMENT] = "statement",
    [PURPOSE_STATEMENT_COUNTERSIGN] = "statement-countersign",
    [PURPOSE_MANDATE] = "mandate",
    [PURPOSE_CARD_BLOCK] = "card-block",
    [PURPOSE_HOLDINGS] = "holdings",
    [PURPOSE_BACKUP] = "backup",
    [PURPOSE_MOVE_ACCEPTANCE] = "move-acceptance",
    [PURPOSE_HALF_ROOT] = "half-root",
    [PURPOSE_BLOCK_OFFER] = "block-offer",
    [PURPOSE_DRAW] = "draw",
    [PURPOSE_MEMBER_RECEIPT] = "member-receipt",
    [PURPOSE_PAYMENT] = "payment",
    [PURPOSE_NETTING_SET] = "netting-set",
    [PURPOSE_NETTING] = "netting",
    [PURPOSE_NETTING_VOTE] = "netting-vote",
    [PURPOSE_SET_APART] = "set-apart",
    [PURPOSE_BANK_ACCOUNT] = "bank-account",
};

bool purpose_is_known(uint32_t number)
{
    return number <= PURPOSE_LAST && names[number] != NULL;
}

const char *purpose_name(enum purpose purpose)
{
    return purpose_is_known((uint32_t)purpose) ? names[purpose] : "unknown";
}

enum err purpose_of(uint32_t number, enum purpose *out_purpose)
{
    if (!purpose_is_known(number)) {
        return ERR_UNSUPPORTED;
    }
    *out_purpose = (enum purpose)number;
    return ERR_OK;
}
