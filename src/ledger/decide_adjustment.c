#include "ledger/decision.h"

enum err decide_propose_adjustment(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}

enum err decide_rule_adjustment(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}
