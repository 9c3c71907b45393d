#include "ledger/decision.h"

enum err decide_open_pool(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}

enum err decide_join_pool(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}

enum err decide_leave_pool(struct decision *d)
{
    return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
}
