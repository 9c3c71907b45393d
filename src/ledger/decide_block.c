#include "ledger/decision.h"

enum err decide_unblock_card(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}

enum err decide_block_member(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}

enum err decide_unblock_member(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}
