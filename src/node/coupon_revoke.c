/* Codes of coupons that the brand takes back: one, or all of an issue.
 *
 * A revocation adds to what sales and quotes count of a code, up to just what it saw of them
 * (programme/coupon.h): who comes at the same time is refused by the ledger and looks again. A code
 * that is used up stays so. What an open quote promises holds; when it is given up, nobody else has
 * it. Of an issue a first command keeps who revoked it and why; then page after page of its codes,
 * each as it is found: those that were revoked before are passed over, so a repeat goes on. */
#include <stdlib.h>
#include <string.h>

#include "node/coupon_codes.h"
#include "node/judging_groups.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "programme/coupon.h"
#include "programme/kept_issue.h"
#include "talea/v1/programme.pb-c.h"

#define FAILED_PRECONDITION 9
#define NOT_FOUND           5
#define CODES_PER_COMMAND   (LIMIT_STANDING_OWNERS - 1u) /* and the programme's own numbers */
#define CODES_PER_CALL      4096u                        /* or members that were looked at */
#define TRIES               16u
#define REVOKE_BYTES        (24u << 20)
#define REASON_BYTES        64u

/* A command's codes. */
struct revoked_part {
    size_t codes;
    int64_t taken; /* times that sales took them */
    size_t groups; /* where its bytes begin in the buffer, which may still move */
    size_t end;
    struct standing_owner first;
};

struct revoking {
    struct node *node;
    struct rpc_call *call;
    const Talea__V1__RevokeCouponsRequest *request;
    struct snapshot *snapshot;
    const struct rules *rules;
    uint16_t place; /* of the coupon */
    const struct coupon *coupon;
    struct uid id;
    struct uid issue; /* nil: one code */
    struct kept_issue kept;
    struct hash said;
    char reason[REASON_BYTES + 1];
    struct uid *members; /* of an issue in which each gets one: those of this page */
    uint64_t first;      /* of an issue by number: where this page begins */
    size_t count;        /* codes of this page, or members */
    char token[UID_TEXT_MAX];
    struct arena arena;
    struct buffer bytes; /* groups of all commands of one pass */
    struct buffer evidence;
    struct standing_row *row;
    struct revoked_part *parts; /* of one pass */
    size_t part_count;
    Talea__V1__RevokeCouponsResponse response;
};

/* ---- What a code is ---- */

enum code_fate {
    FATE_UNKNOWN, /* nobody issued it */
    FATE_REVOKED,
    FATE_USED,
    FATE_GOOD
};

struct looked_code {
    enum code_fate fate;
    struct standing_owner owner;
    int64_t taken; /* as they stand */
    int64_t held;
};

static enum err look(struct revoking *r, const struct ledger_view *view, const char *code,
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

/* ---- What is changed ---- */

/* More, if it is still what was seen. */
static struct standing_step revoking_step(uint64_t slot, int64_t seen)
{
    return (struct standing_step){.how = STANDING_ADD,
                                  .slot = slot,
                                  .delta = COUPON_REVOKED,
                                  .least = INT64_MIN,
                                  .most = COUPON_REVOKED + seen};
}

static void write_code(struct revoking *r, const struct looked_code *code)
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
static void write_count(struct revoking *r, size_t codes, int64_t taken)
{
    struct standing_owner all = standing_of_programme();
    struct standing_step steps[] = {
        counting_step(coupon_revoked_slot(r->coupon), (int64_t)codes),
        counting_step(coupon_revoked_uses_slot(r->coupon), taken),
    };
    standing_write_group(&r->bytes, &all, steps, taken > 0 ? 2 : 1);
}

static struct command change_of(const struct revoking *r, const struct uid *occasion)
{
    const struct partner_id *self = &r->node->config.partner;
    struct uid id = standing_transaction(STANDING_ID_CHANGE, self, occasion);
    struct command command = command_now(r->node, COMMAND_CHANGE_STANDING, &id);
    command.standing.issuer = *self;
    command.standing.occasion = *occasion;
    command.standing.said = r->said;
    return command;
}

static void write_evidence(struct revoking *r, struct slice code)
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

static void log_revoked(struct revoking *r)
{
    log_event(&r->node->log, LOG_LEVEL_INFO, "coupon_revoked", LOG_TEXT("coupon", r->coupon->name),
              LOG_TEXT("transaction", r->request->transaction_id),
              LOG_TEXT("by", rpc_call_identity(r->call)->name), LOG_TEXT("reason", r->reason));
}

/* ---- One code ---- */

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
    enum err err = look(r, &view, code, out);
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
        write_count(r, 1, looked.taken);
        write_code(r, &looked);
    }
    write_evidence(r, slice_of(code, strlen(code)));
    struct command command = change_of(r, &r->id);
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
    for (unsigned i = 0; i < TRIES && judging_has_moved(outcome.verdict); i++) {
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
        log_revoked(r);
    }
    r->response.revoked = 1;
    r->response.journal_row = outcome.answer.row;
    rpc_call_reply(r->call, &r->response.base);
}

/* ---- An issue ---- */

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
        write_count(r, part->codes, part->taken);
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
    write_code(r, code);
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
        TRY(look(r, view, code, &looked));
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
        commands[i] = change_of(r, &occasion);
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
    write_evidence(r, slice_of(NULL, 0));
    struct command head = change_of(r, &r->id);
    head.standing.evidence = buffer_slice(&r->evidence);
    struct outcome outcome = engine_execute(r->node->engine, &head);
    if (outcome.err != ERR_OK) {
        refuse_err(r->call, outcome.err, NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(r->call, outcome.verdict);
    } else if (!outcome.is_repeat) {
        log_revoked(r);
    }
    r->response.journal_row = outcome.answer.row;
    return outcome.err == ERR_OK && outcome.verdict == VERDICT_OK;
}

static void revoke_issue(struct revoking *r)
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
    for (unsigned i = 0; i < TRIES && err == ERR_OK && judging_has_moved(verdict); i++) {
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
            revoke_issue(r);
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
