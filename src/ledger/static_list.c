#include "ledger/static_list.h"

#define CREATED_NAME "created"
#define PIECE_NAME   "name"
#define PIECE_BYTES  8u /* of the name, in each number */
#define PIECES       (LIMIT_RULE_NAME_BYTES / PIECE_BYTES)

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

static struct standing_step step_of(uint64_t slot, int64_t after)
{
    return (struct standing_step){
        .how = STANDING_SET, .slot = slot, .bucket = STANDING_KEPT, .after = after};
}

static uint64_t piece_slot(unsigned piece)
{
    return slot_named(SLOT_LIST, 2 + piece, PIECE_NAME);
}

static uint64_t created_slot(void)
{
    return slot_named(SLOT_LIST, 1, CREATED_NAME);
}

size_t list_steps(const struct static_list *list, struct standing_step *out_steps)
{
    size_t count = 0;
    out_steps[count++] = step_of(created_slot(), list->created.ms);
    for (unsigned p = 0; p < PIECES; p++) {
        uint8_t bytes[PIECE_BYTES] = {0};
        size_t at = p * PIECE_BYTES;
        size_t length = strlen(list->name);
        size_t rest = length > at ? length - at : 0;
        memcpy(bytes, list->name + at, rest < PIECE_BYTES ? rest : PIECE_BYTES);
        int64_t value = (int64_t)get_u64_be(bytes);
        if (value != 0) { /* what is not there is 0 */
            out_steps[count++] = step_of(piece_slot(p), value);
        }
    }
    return count;
}

bool list_read(const struct standing *standing, struct static_list *out_list)
{
    struct static_list list = {
        .created = {standing_value(standing, created_slot(), STANDING_KEPT)}};
    for (unsigned p = 0; p < PIECES; p++) {
        int64_t value = standing_value(standing, piece_slot(p), STANDING_KEPT);
        put_u64_be((uint8_t *)list.name + (size_t)p * PIECE_BYTES, (uint64_t)value);
    }
    if (list.created.ms == 0 || list.name[0] == '\0') {
        return false;
    }
    *out_list = list;
    return true;
}
