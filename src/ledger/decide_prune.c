#include "ledger/decision.h"

enum err decide_prune(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}
