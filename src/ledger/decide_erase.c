#include "ledger/decision.h"

enum err decide_erase_member(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}
