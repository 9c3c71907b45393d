/* Codes of coupons that the brand takes back: the call, and one code. A whole issue is in
 * node/coupon_revoke_issue.c. */
#include <string.h>

#include "node/coupon_revoking.h"
#include "node/requests.h"
#include "node/services.h"

#define REVOKE_BYTES (24u << 20)

/* As the programme writes it. */
static void settle_code(const struct revoking *r, char code[LIMIT_CODE_BYTES + 1])
{
    const struct rules *rules = r->snapshot->version->rules;
    char room[LIMIT_CODE_BYTES];
    struct slice typed = coupon_typed(slice_of(code, strlen(code)));
    struct slice settled =
        rules == NULL ? typed : coupon_code_settle(rules_text(rules), typed, room);
    memmove(code, settled.at, settled.length);
    code[settled.length] = '\0';
}

/* False: refused. */
static bool find_coupon_of_code(struct revoking *r, struct slice code)
{
    const struct programme_version *version = r->snapshot->version;
    r->rules = version->rules;
    r->place = version->rules == NULL ? NO_COUPON : coupon_of_code(rules_text(r->rules), code);
    if (r->place == NO_COUPON) {
        refuse(r->call, NOT_FOUND, "COUPON_UNKNOWN", "No coupon of the programme has such a code.");
        return false;
    }
    r->coupon = &rules_text(r->rules)->coupons[r->place];
    if (r->coupon->code_count > 0) {
        refuse(r->call, FAILED_PRECONDITION, "COUPON_LISTED",
               "Anyone may say this code: take it out of the programme instead.");
        return false;
    }
    return true;
}

/* False: refused. */
static bool may_revoke(struct revoking *r, enum code_fate fate)
{
    switch (fate) {
    case FATE_UNKNOWN:
        refuse(r->call, NOT_FOUND, "COUPON_UNKNOWN", "Nobody issued this code.");
        return false;
    case FATE_REVOKED:
        refuse(r->call, FAILED_PRECONDITION, "COUPON_REVOKED", "The code was revoked before.");
        return false;
    case FATE_USED:
        refuse(r->call, FAILED_PRECONDITION, "COUPON_USED",
               "The code is used up: nothing of it is left to revoke.");
        return false;
    case FATE_GOOD:
        break;
    }
    return true;
}

static enum err look_once(struct revoking *r, const char *code, struct looked_code *out)
{
    struct state_reader *reader;
    TRY(readers_take(r->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = revoking_look(r, &view, code, out);
    readers_give(r->node->readers, reader);
    return err;
}

/* False: refused. */
static bool try_code(struct revoking *r, const char *code, bool is_known,
                     struct outcome *out_outcome)
{
    struct looked_code looked = {.fate = FATE_GOOD};
    enum err err = look_once(r, code, &looked);
    if (err != ERR_OK) {
        refuse_err(r->call, err, NULL);
        return false;
    }
    if (!is_known && !may_revoke(r, looked.fate)) {
        return false;
    }
    buffer_clear(&r->bytes);
    if (!is_known) {
        revoking_write_count(r, 1, looked.taken);
        revoking_write_code(r, &looked);
    }
    revoking_write_evidence(r, slice_of(code, strlen(code)));
    struct command command = revoking_change(r, &r->id);
    command.standing.groups = buffer_slice(&r->bytes);
    command.standing.evidence = buffer_slice(&r->evidence);
    *out_outcome = engine_execute(r->node->engine, &command);
    r->response.held =
        (uint64_t)coupon_held(r->coupon, &(struct standing){r->row->numbers, r->row->count});
    return true;
}

static void revoke_code(struct revoking *r, const char *code)
{
    struct outcome outcome = {.verdict = VERDICT_STANDING_LIMIT};
    bool is_known = judging_was_judged(r->node, &r->id);
    r->said = hash_of(HASH_DOMAIN_BODY, slice_of(code, strlen(code)));
    for (unsigned i = 0; i < REVOKING_TRIES && judging_has_moved(outcome.verdict); i++) {
        if (!try_code(r, code, is_known, &outcome)) {
            return;
        }
    }
    if (outcome.err != ERR_OK || judging_has_moved(outcome.verdict)) {
        refuse_err(r->call, outcome.err != ERR_OK ? outcome.err : ERR_UNAVAILABLE, NULL);
        return;
    }
    if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(r->call, outcome.verdict);
        return;
    }
    if (!outcome.is_repeat) {
        revoking_log(r);
    }
    r->response.revoked = 1;
    r->response.journal_row = outcome.answer.row;
    rpc_call_reply(r->call, &r->response.base);
}

/* ---- The call ---- */

static void revoke(struct revoking *r)
{
    const Talea__V1__RevokeCouponsRequest *request = r->request;
    char code[LIMIT_CODE_BYTES + 1];
    bool is_issue = request->issue_id[0] != '\0';
    r->row = arena_alloc(&r->arena, sizeof *r->row);
    if (r->row == NULL) {
        refuse_err(r->call, ERR_RESOURCE, NULL);
        return;
    }
    if (!request_transaction(r->call, request->transaction_id, &r->id) ||
        !request_text(r->call, "code", request->code, code, sizeof code) ||
        !request_text(r->call, "reason", request->reason, r->reason, sizeof r->reason)) {
        return;
    }
    if (is_issue == (code[0] != '\0')) {
        refuse(r->call, 3, "INVALID_INPUT", "Name one code, or one issue.");
    } else if (is_issue) {
        if (request_uid(r->call, "issue_id", request->issue_id, &r->issue)) {
            coupon_revoke_issue(r);
        }
    } else {
        settle_code(r, code);
        if (find_coupon_of_code(r, slice_of(code, strlen(code)))) {
            revoke_code(r, code);
        }
    }
}

void coupon_revoke_codes(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct revoking revoking = {.node = node,
                                .call = call,
                                .request =
                                    (const Talea__V1__RevokeCouponsRequest *)(const void *)message,
                                .snapshot = node_snapshot(node)};
    talea__v1__revoke_coupons_response__init(&revoking.response);
    arena_init(&revoking.arena, REVOKE_BYTES);
    revoke(&revoking);
    arena_fini(&revoking.arena);
    buffer_fini(&revoking.bytes);
    buffer_fini(&revoking.evidence);
    snapshot_release(revoking.snapshot);
}
