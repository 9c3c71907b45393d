#include "ledger/decision.h"

enum err decide_transfer(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}
