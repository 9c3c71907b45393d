/* An issue of codes that the brand takes back. A first command keeps who revoked it and why; then
 * page after page of its codes, each as it is found: those that were revoked before are passed
 * over, so a repeat goes on. */
#include <string.h>

#include "node/coupon_codes.h"
#include "node/coupon_revoking.h"
#include "node/requests.h"

#define CODES_PER_COMMAND (LIMIT_STANDING_OWNERS - 1u) /* and the programme's own numbers */
#define CODES_PER_CALL    4096u                        /* or members that were looked at */

/* A command's codes. */
struct revoked_part {
    size_t codes;
    int64_t taken; /* times that sales took them */
    size_t groups; /* where its bytes begin in the buffer, which may still move */
    size_t end;
    struct standing_owner first;
};

/* False: refused. */
static bool read_issue(struct revoking *r)
{
    struct command_standing change;
    enum err err = judging_read_change(r->node, r->snapshot, &r->issue, &r->arena, &change);
    err = err == ERR_OK ? kept_issue_decode(change.evidence, &r->kept) : err;
    if (err == ERR_NOT_FOUND) {
        refuse(r->call, NOT_FOUND, "COUPON_UNKNOWN",
               "No codes were issued under this transaction id, or it is past its retention.");
        return false;
    }
    if (err != ERR_OK) {
        refuse_err(r->call, err, NULL);
        return false;
    }
    r->rules = r->snapshot->version->rules;
    r->place =
        r->rules == NULL ? NO_COUPON : coupon_issued_as(rules_text(r->rules), r->kept.coupon);
    if (r->place == NO_COUPON) {
        refuse(r->call, NOT_FOUND, "COUPON_UNKNOWN",
               "The programme in force has no such coupon any more.");
        return false;
    }
    r->coupon = &rules_text(r->rules)->coupons[r->place];
    return true;
}

static enum err gather(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct revoking *r = context;
    struct reader in = reader_of(key);
    if (r->count == CODES_PER_CALL) { /* the next page begins with it */
        hex_format(key.at, key.length, r->token);
        return ERR_NOT_FOUND;
    }
    read_copy(&in, r->members[r->count].bytes, sizeof r->members[0].bytes);
    TRY(reader_finish(&in));
    r->count++;
    return ERR_OK;
}

static enum err turn_members(struct revoking *r)
{
    struct uid from = {{0}};
    const char *token = r->request->page_token;
    bool has_token = token[0] != '\0';
    r->members = arena_alloc(&r->arena, CODES_PER_CALL * sizeof r->members[0]);
    if (r->members == NULL) {
        return ERR_RESOURCE;
    }
    if (has_token && hex_parse(token, from.bytes, sizeof from.bytes) != ERR_OK) {
        return ERR_INPUT;
    }
    TRY(has_token ? ERR_OK : engine_checkpoint(r->node->engine));
    return state_scan(r->node->state, TABLE_MEMBER, slice_of(NULL, 0),
                      slice_of(from.bytes, has_token ? sizeof from.bytes : 0), gather, r);
}

static enum err turn_numbers(struct revoking *r)
{
    const char *token = r->request->page_token;
    uint8_t bytes[8] = {0};
    if (token[0] != '\0' && hex_parse(token, bytes, sizeof bytes) != ERR_OK) {
        return ERR_INPUT;
    }
    r->first = get_u64_be(bytes);
    if (r->first >= r->kept.count) {
        return ERR_INPUT;
    }
    uint64_t left = r->kept.count - r->first;
    r->count = left < CODES_PER_CALL ? (size_t)left : CODES_PER_CALL;
    if (left > CODES_PER_CALL) {
        put_u64_be(bytes, r->first + r->count);
        hex_format(bytes, sizeof bytes, r->token);
    }
    return ERR_OK;
}

/* False: refused. */
static bool turn_page(struct revoking *r)
{
    enum err err = r->kept.count > 0 ? turn_numbers(r) : turn_members(r);
    if (err == ERR_INPUT) {
        refuse(r->call, 3, "INVALID_PAGE_TOKEN", "page_token is not one of an earlier answer.");
    } else if (err != ERR_OK) {
        refuse_err(r->call, err, NULL);
    }
    return err == ERR_OK;
}

static void make_code(const struct revoking *r, size_t i, char out_code[LIMIT_CODE_BYTES + 1])
{
    if (r->kept.count > 0) {
        judging_make_code(r->kept.seed, (uint32_t)(r->first + i), r->coupon->prefix, out_code);
        return;
    }
    struct standing_owner owner = standing_of_member(&r->members[i]);
    coupon_own_code(r->kept.seed, &owner, r->coupon->prefix, out_code);
}

static void end_part(struct revoking *r)
{
    struct revoked_part *part = &r->parts[r->part_count];
    if (part->codes > 0) {
        revoking_write_count(r, part->codes, part->taken);
        part->end = r->bytes.length;
        r->part_count++;
    }
}

static void add_code(struct revoking *r, const struct looked_code *code)
{
    struct revoked_part *part = &r->parts[r->part_count];
    if (part->codes == CODES_PER_COMMAND) {
        end_part(r);
        part = &r->parts[r->part_count];
    }
    if (part->codes == 0) {
        part->groups = r->bytes.length;
        part->first = code->owner;
    }
    revoking_write_code(r, code);
    part->codes++;
    part->taken += code->taken;
}

/* Looks at all codes of the page, and writes the groups of those that are to be revoked. */
static enum err look_at_page(struct revoking *r, const struct ledger_view *view)
{
    Talea__V1__RevokeCouponsResponse *response = &r->response;
    response->revoked = response->used = response->held = 0;
    buffer_clear(&r->bytes);
    r->part_count = 0;
    memset(r->parts, 0, (CODES_PER_CALL / CODES_PER_COMMAND + 2) * sizeof r->parts[0]);
    for (size_t i = 0; i < r->count; i++) {
        char code[LIMIT_CODE_BYTES + 1];
        struct looked_code looked;
        make_code(r, i, code);
        TRY(revoking_look(r, view, code, &looked));
        response->used += looked.fate == FATE_USED ? 1 : 0;
        response->revoked += looked.fate == FATE_REVOKED || looked.fate == FATE_GOOD ? 1 : 0;
        response->held += looked.fate != FATE_UNKNOWN && looked.held % COUPON_REVOKED != 0 ? 1 : 0;
        if (looked.fate == FATE_GOOD) {
            add_code(r, &looked);
        }
    }
    end_part(r);
    return r->bytes.err;
}

static enum err tell_parts(struct revoking *r, enum verdict *out_verdict)
{
    struct command *commands = arena_alloc(&r->arena, (r->part_count + 1) * sizeof *commands);
    struct outcome *outcomes = arena_alloc(&r->arena, (r->part_count + 1) * sizeof *outcomes);
    *out_verdict = VERDICT_OK;
    if (commands == NULL || outcomes == NULL || r->part_count == 0) {
        return r->part_count == 0 ? ERR_OK : ERR_RESOURCE;
    }
    for (size_t i = 0; i < r->part_count; i++) {
        const struct revoked_part *part = &r->parts[i];
        struct uid occasion =
            coupon_derived_id(&r->id, slice_of(part->first.id, sizeof part->first.id));
        commands[i] = revoking_change(r, &occasion);
        commands[i].standing.groups =
            slice_of(r->bytes.at + part->groups, part->end - part->groups);
    }
    TRY(engine_execute_batch(r->node->engine, commands, r->part_count, false, outcomes));
    for (size_t i = 0; i < r->part_count && *out_verdict == VERDICT_OK; i++) {
        *out_verdict = outcomes[i].verdict;
    }
    return ERR_OK;
}

static enum err pass(struct revoking *r, enum verdict *out_verdict)
{
    struct state_reader *reader;
    TRY(readers_take(r->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = look_at_page(r, &view);
    readers_give(r->node->readers, reader);
    TRY(err);
    return tell_parts(r, out_verdict);
}

/* Who, and why, before any code is: so that another order under this id is refused. False: refused.
 */
static bool tell_head(struct revoking *r)
{
    r->said = hash_of(HASH_DOMAIN_BODY, slice_of(r->issue.bytes, sizeof r->issue.bytes));
    revoking_write_evidence(r, slice_of(NULL, 0));
    struct command head = revoking_change(r, &r->id);
    head.standing.evidence = buffer_slice(&r->evidence);
    struct outcome outcome = engine_execute(r->node->engine, &head);
    if (outcome.err != ERR_OK) {
        refuse_err(r->call, outcome.err, NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(r->call, outcome.verdict);
    } else if (!outcome.is_repeat) {
        revoking_log(r);
    }
    r->response.journal_row = outcome.answer.row;
    return outcome.err == ERR_OK && outcome.verdict == VERDICT_OK;
}

void coupon_revoke_issue(struct revoking *r)
{
    enum verdict verdict = VERDICT_STANDING_LIMIT;
    enum err err = ERR_OK;
    r->parts =
        arena_alloc(&r->arena, (CODES_PER_CALL / CODES_PER_COMMAND + 2) * sizeof r->parts[0]);
    if (r->parts == NULL) {
        refuse_err(r->call, ERR_RESOURCE, NULL);
        return;
    }
    if (!read_issue(r) || !turn_page(r) || !tell_head(r)) {
        return;
    }
    for (unsigned i = 0; i < REVOKING_TRIES && err == ERR_OK && judging_has_moved(verdict); i++) {
        err = pass(r, &verdict);
    }
    if (err != ERR_OK || judging_has_moved(verdict)) {
        refuse_err(r->call, err != ERR_OK ? err : ERR_UNAVAILABLE, NULL);
    } else if (verdict != VERDICT_OK) {
        refuse_verdict(r->call, verdict);
    } else {
        r->response.next_page_token = r->token;
        r->response.looked_at = r->count;
        r->response.codes = r->kept.count;
        rpc_call_reply(r->call, &r->response.base);
    }
}
