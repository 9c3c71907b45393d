#include "notebook.h"

#include <stdlib.h>

struct standing_step set_step(uint64_t slot, int64_t bucket, int64_t before, int64_t after)
{
    return (struct standing_step){
        .how = STANDING_SET, .slot = slot, .bucket = bucket, .before = before, .after = after};
}

struct standing_step add_step(uint64_t slot, int64_t delta, int64_t least, int64_t most)
{
    return (struct standing_step){
        .how = STANDING_ADD, .slot = slot, .delta = delta, .least = least, .most = most};
}

struct standing_step take_step(uint64_t slot, int64_t delta)
{
    return (struct standing_step){.how = STANDING_TAKE, .slot = slot, .delta = delta};
}

/* One group; the caller frees. */
struct buffer group_of(const struct standing_owner *owner, struct standing_step *steps,
                       size_t count)
{
    struct buffer groups = {0};
    standing_write_group(&groups, owner, steps, count);
    return groups;
}

struct command change_of(struct desk *desk, struct uid occasion, struct slice groups)
{
    struct command c = desk_command(desk, COMMAND_CHANGE_STANDING);
    c.standing = (struct command_standing){
        .issuer = desk->roster.self, .occasion = occasion, .groups = groups};
    c.transaction_id = standing_transaction(STANDING_ID_CHANGE, &desk->roster.self, &occasion);
    return c;
}

enum verdict change(struct desk *desk, struct uid occasion, const struct standing_owner *owner,
                    struct standing_step step)
{
    struct buffer groups = group_of(owner, &step, 1);
    struct command c = change_of(desk, occasion, buffer_slice(&groups));
    enum verdict verdict = desk_tell(desk, &c);
    buffer_fini(&groups);
    return verdict;
}

enum verdict change_now(struct desk *desk, const struct standing_owner *owner,
                        struct standing_step step)
{
    return change(desk, desk_id(desk), owner, step);
}

enum verdict take_back(struct desk *desk, struct uid occasion, const struct standing_owner *owner,
                       struct standing_step step)
{
    struct buffer groups = group_of(owner, &step, 1);
    struct command c = change_of(desk, occasion, buffer_slice(&groups));
    c.standing.returned = desk_id(desk);
    c.transaction_id =
        standing_transaction(STANDING_ID_CHANGE, &desk->roster.self, &c.standing.returned);
    enum verdict verdict = desk_tell(desk, &c);
    buffer_fini(&groups);
    return verdict;
}

int64_t value_at(struct desk *desk, const struct standing_owner *owner, uint64_t slot,
                 int64_t bucket)
{
    struct standing_row row;
    assert_int_equal(ledger_get_standing(&desk->store.view, &desk->roster, owner, &row), ERR_OK);
    struct standing standing = standing_of_row(&row);
    assert_int_equal(standing_check(&standing), ERR_OK);
    return standing_value(&standing, slot, bucket);
}

int64_t value(struct desk *desk, const struct standing_owner *owner, uint64_t slot)
{
    return value_at(desk, owner, slot, 0);
}

size_t count_of(struct desk *desk, const struct standing_owner *owner)
{
    struct standing_row row;
    assert_int_equal(standing_get_row(&desk->store.view, owner, &row), ERR_OK);
    return row.count;
}

struct command reserve_of(struct desk *desk, enum reserve_step step, struct uid quote,
                          struct slice groups)
{
    struct command c = desk_command(desk, COMMAND_RESERVE);
    c.reserve = (struct command_reserve){
        .step = step, .quote = quote, .until = desk_in_days(desk, 1), .groups = groups};
    c.transaction_id =
        standing_transaction(step == RESERVE_BEGIN ? STANDING_ID_RESERVE : STANDING_ID_RELEASE,
                             &desk->roster.self, &quote);
    return c;
}

struct uid quote(struct desk *desk, const struct standing_owner *owner, struct standing_step step,
                 enum verdict *out_verdict)
{
    struct uid id = desk_id(desk);
    struct buffer groups = group_of(owner, &step, 1);
    struct command c = reserve_of(desk, RESERVE_BEGIN, id, buffer_slice(&groups));
    *out_verdict = desk_tell(desk, &c);
    buffer_fini(&groups);
    return id;
}

enum verdict expire(struct desk *desk, struct uid quote_id, struct unix_ms until)
{
    struct command c = desk_command(desk, COMMAND_RESERVE);
    c.transaction_id = (struct uid){{0}};
    c.reserve = (struct command_reserve){.step = RESERVE_EXPIRE, .quote = quote_id, .until = until};
    return desk_tell(desk, &c);
}
