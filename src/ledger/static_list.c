#include "ledger/static_list.h"

uint64_t list_slot(struct slice name)
{
    char text[LIMIT_RULE_NAME_BYTES + 1] = {0};
    ASSERT(name.length < sizeof text);
    memcpy(text, name.at, name.length);
    return slot_named(SLOT_LIST, 0, text);
}

bool list_has(const struct standing *standing, struct slice name)
{
    return name.length <= LIMIT_RULE_NAME_BYTES &&
           standing_value(standing, list_slot(name), STANDING_KEPT) != 0;
}
