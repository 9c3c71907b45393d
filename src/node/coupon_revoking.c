#include "node/coupon_revoking.h"

#include <string.h>

#include "node/requests.h"

enum err revoking_look(struct revoking *r, const struct ledger_view *view, const char *code,
                       struct looked_code *out)
{
    const struct coupon *coupon = r->coupon;
    int64_t day = judging_local(r->node, r->snapshot->version, node_now(r->node)).ms / DAY_MS;
    bool is_used_up;
    *out = (struct looked_code){.owner = judging_code_owner(slice_of(code, strlen(code)))};
    TRY(ledger_get_standing(view, &r->snapshot->roster, &out->owner, r->row));
    struct standing standing = standing_of_row(r->row);
    out->taken = standing_value(&standing, coupon_taken_slot(coupon), 0);
    out->held = standing_value(&standing, coupon_held_slot(coupon), 0);
    TRY(coupon_use_up(r->rules, r->place, &standing, day, coupon_held(coupon, &standing),
                      &is_used_up));
    out->fate = coupon_until(coupon, &standing) == 0   ? FATE_UNKNOWN
                : coupon_is_revoked(coupon, &standing) ? FATE_REVOKED
                : is_used_up                           ? FATE_USED
                                                       : FATE_GOOD;
    return ERR_OK;
}

/* More, if it is still what was seen. */
static struct standing_step revoking_step(uint64_t slot, int64_t seen)
{
    return (struct standing_step){.how = STANDING_ADD,
                                  .slot = slot,
                                  .delta = COUPON_REVOKED,
                                  .least = INT64_MIN,
                                  .most = COUPON_REVOKED + seen};
}

void revoking_write_code(struct revoking *r, const struct looked_code *code)
{
    struct standing_step steps[] = {
        revoking_step(coupon_taken_slot(r->coupon), code->taken),
        revoking_step(coupon_held_slot(r->coupon), code->held),
    };
    standing_write_group(&r->bytes, &code->owner, steps, sizeof steps / sizeof steps[0]);
}

static struct standing_step counting_step(uint64_t slot, int64_t count)
{
    return (struct standing_step){
        .how = STANDING_ADD, .slot = slot, .delta = count, .least = INT64_MIN, .most = INT64_MAX};
}

/* How many codes of the coupon were, and how often these were used. */
void revoking_write_count(struct revoking *r, size_t codes, int64_t taken)
{
    struct standing_owner all = standing_of_programme();
    struct standing_step steps[] = {
        counting_step(coupon_revoked_slot(r->coupon), (int64_t)codes),
        counting_step(coupon_revoked_uses_slot(r->coupon), taken),
    };
    standing_write_group(&r->bytes, &all, steps, taken > 0 ? 2 : 1);
}

struct command revoking_change(const struct revoking *r, const struct uid *occasion)
{
    const struct partner_id *self = &r->node->config.partner;
    struct uid id = standing_transaction(STANDING_ID_CHANGE, self, occasion);
    struct command command = command_now(r->node, COMMAND_CHANGE_STANDING, &id);
    command.standing.issuer = *self;
    command.standing.occasion = *occasion;
    command.standing.said = r->said;
    return command;
}

void revoking_write_evidence(struct revoking *r, struct slice code)
{
    const char *by = rpc_call_identity(r->call)->name;
    struct kept_revocation kept = {.coupon = slice_of(r->coupon->name, strlen(r->coupon->name)),
                                   .code = code,
                                   .issue = r->issue,
                                   .by = slice_of(by, strlen(by)),
                                   .reason = slice_of(r->reason, strlen(r->reason))};
    buffer_clear(&r->evidence);
    kept_revocation_encode(&kept, &r->evidence);
}

void revoking_log(struct revoking *r)
{
    log_event(&r->node->log, LOG_LEVEL_INFO, "coupon_revoked", LOG_TEXT("coupon", r->coupon->name),
              LOG_TEXT("transaction", r->request->transaction_id),
              LOG_TEXT("by", rpc_call_identity(r->call)->name), LOG_TEXT("reason", r->reason));
}
