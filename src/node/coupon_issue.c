/* Codes of coupons, issued by hand.
 *
 * A first command keeps the secret that all codes of the issue are made of, so that a repeat gives
 * the same ones, and goes on where it stopped. Then each command issues as many codes as one may
 * change owners' numbers; of codes for somebody, one, so that it is told to whom it is for. Where
 * each member gets one, code and command follow from the member instead of a number, so that nobody
 * gets two however often and in whatever order they are named. */
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "node/coupon_codes.h"
#include "node/judging_groups.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/shopper.h"
#include "programme/coupon.h"
#include "programme/kept_issue.h"
#include "talea/v1/programme.pb-c.h"

#define CODES_MAX         10000000u
#define CODES_PER_COMMAND (LIMIT_STANDING_OWNERS - 1u) /* and the programme's own numbers */
#define COMMANDS_PER_CALL 128u
#define MEMBERS_PER_CALL  1000u
#define ISSUE_BYTES       (24u << 20)

/* Whom a code is for. */
struct recipient {
    struct standing_owner owner;
    struct slice key; /* as rules know the shopper */
    bool is_gone;     /* there is no such member, and the others get theirs */
};

struct issuing {
    struct node *node;
    struct rpc_call *call;
    const Talea__V1__IssueCouponsRequest *request;
    struct snapshot *snapshot;
    const struct coupon *coupon;
    struct uid id;
    int64_t until_day;
    uint8_t seed[ISSUE_SEED_BYTES];
    struct recipient *recipients; /* NULL: nobody in particular */
    uint64_t count;               /* of this call */
    struct arena arena;
    struct buffer bytes; /* groups and evidence of all commands */
    Talea__V1__IssueCouponsResponse response;
};

/* ---- What was asked for ---- */

static bool find_coupon(struct issuing *issuing)
{
    const struct programme_version *version = issuing->snapshot->version;
    const char *name = issuing->request->coupon;
    uint16_t place = version->rules == NULL ? NO_COUPON
                                            : coupon_issued_as(rules_text(version->rules),
                                                               slice_of(name, strlen(name)));
    if (place == NO_COUPON) {
        refuse(issuing->call, 5, "NOT_FOUND",
               "coupon: the programme has no such coupon whose codes are issued.");
        return false;
    }
    issuing->coupon = &rules_text(version->rules)->coupons[place];
    return true;
}

static bool read_selector(struct issuing *issuing, const struct ledger_view *view,
                          const Talea__V1__MemberSelector *selector,
                          struct standing_owner *out_named)
{
    struct rpc_call *call = issuing->call;
    struct card_number card;
    struct uid member;
    if (selector->by_case == TALEA__V1__MEMBER_SELECTOR__BY_CARD) {
        if (!request_card(call, selector->card, &card)) {
            return false;
        }
        *out_named = standing_of_card(&card);
        return true;
    }
    bool is_by_id = selector->by_case == TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
    if (issuing->request->one_each && is_by_id) { /* who is gone is so for itself */
        if (!request_uid(call, "member_id", selector->member_id, &member)) {
            return false;
        }
    } else if (!request_member(issuing->node, call, view, selector, &member)) {
        return false;
    }
    *out_named = standing_of_member(&member);
    return true;
}

static bool read_recipient(struct issuing *issuing, const struct ledger_view *view,
                           const Talea__V1__MemberSelector *selector, struct recipient *recipient)
{
    struct rpc_call *call = issuing->call;
    struct standing_owner named;
    *recipient = (struct recipient){.is_gone = false};
    if (!read_selector(issuing, view, selector, &named)) {
        return false;
    }
    enum err err = ledger_follow_owner(view, &issuing->snapshot->roster, &named, &recipient->owner);
    if (err == ERR_OK) {
        err = shopper_key(&recipient->owner, &issuing->arena, &recipient->key);
    }
    bool is_card = err == ERR_OK && recipient->owner.kind == OWNER_CARD;
    if (issuing->request->one_each && is_card && named.kind == OWNER_CARD) {
        refuse(
            call, 3, "INVALID_INPUT",
            "With one_each all are members of this brand: an issue is taken back by its members.");
        return false;
    }
    if (issuing->request->one_each && (err == ERR_NOT_FOUND || is_card)) {
        recipient->is_gone = true; /* erased, or another home's by now */
        return true;
    }
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_MEMBER_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
    return err == ERR_OK;
}

static bool read_recipients(struct issuing *issuing)
{
    const Talea__V1__IssueCouponsRequest *request = issuing->request;
    struct state_reader *reader;
    if (request->n_members == 0) {
        return true;
    }
    issuing->recipients =
        arena_alloc(&issuing->arena, request->n_members * sizeof *issuing->recipients);
    enum err err =
        issuing->recipients == NULL ? ERR_RESOURCE : readers_take(issuing->node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(issuing->call, err, NULL);
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_read = true;
    for (size_t i = 0; is_read && i < request->n_members; i++) {
        is_read = read_recipient(issuing, &view, request->members[i], &issuing->recipients[i]);
    }
    readers_give(issuing->node->readers, reader);
    return is_read;
}

static bool check_one_each(struct issuing *issuing)
{
    const Talea__V1__IssueCouponsRequest *request = issuing->request;
    if (request->count != 0 || request->first != 0 || request->n_members == 0 ||
        request->n_members > MEMBERS_PER_CALL) {
        refuse(issuing->call, 3, "INVALID_INPUT",
               "With one_each, count and first are 0, and there are 1 to %u members.",
               MEMBERS_PER_CALL);
        return false;
    }
    issuing->count = request->n_members;
    return true;
}

static bool check_counts(struct issuing *issuing)
{
    const Talea__V1__IssueCouponsRequest *request = issuing->request;
    struct rpc_call *call = issuing->call;
    bool is_for_members = request->n_members > 0;
    if (request->one_each) {
        return check_one_each(issuing);
    }
    if (request->count == 0 || request->count > CODES_MAX || request->first >= request->count) {
        refuse(call, 3, "INVALID_INPUT", "count is 0 or more than %u, or first is not below it.",
               CODES_MAX);
        return false;
    }
    uint64_t left = request->count - request->first;
    uint64_t most = CODES_PER_COMMAND * COMMANDS_PER_CALL;
    if (request->n_members > MEMBERS_PER_CALL || request->n_members > left) {
        refuse(call, 3, "INVALID_INPUT", "members: there are more than codes, or than %u.",
               MEMBERS_PER_CALL);
        return false;
    }
    if (!is_for_members && request->first % most != 0) {
        refuse(call, 3, "INVALID_INPUT", "first is not the `next` of an answer.");
        return false;
    }
    if (!is_for_members && issuing->coupon->is_personal) {
        refuse(call, 9, "COUPON_PERSONAL",
               "Codes of this coupon are each for one member: say whom.");
        return false;
    }
    issuing->count = is_for_members ? request->n_members : left < most ? left : most;
    return true;
}

static bool read_until(struct issuing *issuing)
{
    int64_t ms = issuing->request->until_local_ms;
    struct unix_ms now =
        judging_local(issuing->node, issuing->snapshot->version, node_now(issuing->node));
    if (ms != 0 && (ms % DAY_MS != 0 || ms / DAY_MS > DAY_LAST)) {
        refuse(issuing->call, 3, "INVALID_TIME",
               "Codes are good until a day of the calendar begins: until_local_ms is no midnight.");
        return false;
    }
    if (ms != 0 && ms <= now.ms) {
        struct civil over = civil_of_day(ms / DAY_MS);
        struct civil today = civil_of_day(now.ms / DAY_MS);
        refuse(issuing->call, 3, "INVALID_TIME",
               "The codes would be over from %04d-%02d-%02d on, and it is %04d-%02d-%02d by the "
               "brand's clock: say a later day.",
               over.year, over.month, over.day, today.year, today.month, today.day);
        return false;
    }
    issuing->until_day = ms == 0 ? INT64_MAX : ms / DAY_MS;
    return true;
}

static bool read_request(struct issuing *issuing)
{
    const Talea__V1__IssueCouponsRequest *request = issuing->request;
    char name[LIMIT_RULE_NAME_BYTES + 1];
    return request_transaction(issuing->call, request->transaction_id, &issuing->id) &&
           request_text(issuing->call, "coupon", request->coupon, name, sizeof name) &&
           find_coupon(issuing) && check_counts(issuing) && read_recipients(issuing);
}

/* ---- The secret of the issue ---- */

static struct command change_of(const struct issuing *issuing, const struct uid *occasion)
{
    const struct partner_id *self = &issuing->node->config.partner;
    struct uid id = standing_transaction(STANDING_ID_CHANGE, self, occasion);
    struct command command = command_now(issuing->node, COMMAND_CHANGE_STANDING, &id);
    command.standing.issuer = *self;
    command.standing.occasion = *occasion;
    return command;
}

/* Of all that a repeat must agree in. */
static struct hash said_of(const struct issuing *issuing)
{
    const Talea__V1__IssueCouponsRequest *request = issuing->request;
    CLEANUP(buffer_fini) struct buffer said = {0};
    write_block(&said, slice_of(request->coupon, strlen(request->coupon)));
    write_varint(&said, request->count);
    write_i64(&said, request->until_local_ms);
    write_u8(&said, request->one_each ? 2 : issuing->recipients != NULL ? 1 : 0);
    return hash_of(HASH_DOMAIN_BODY, buffer_slice(&said));
}

/* The first call's, where it isn't this. */
static enum err recall_seed(struct issuing *issuing)
{
    struct command_standing change;
    struct kept_issue issue;
    TRY(judging_read_change(issuing->node, issuing->snapshot, &issuing->id, &issuing->arena,
                            &change));
    enum err err = kept_issue_decode(change.evidence, &issue);
    TRY(err == ERR_NOT_FOUND ? ERR_CORRUPT : err);
    memcpy(issuing->seed, issue.seed, sizeof issuing->seed);
    issuing->until_day = issue.until_day;
    return ERR_OK;
}

/* False: refused. A repeat finds the time that it was issued until; only a new one is checked. */
static bool settle_seed(struct issuing *issuing)
{
    struct random_source random = random_system();
    random_fill(&random, issuing->seed, sizeof issuing->seed);
    bool is_known = judging_was_judged(issuing->node, &issuing->id);
    if (!is_known && !read_until(issuing)) {
        return false;
    }
    struct kept_issue issue = {.coupon =
                                   slice_of(issuing->coupon->name, strlen(issuing->coupon->name)),
                               .count = issuing->request->count,
                               .until_day = issuing->until_day};
    memcpy(issue.seed, issuing->seed, sizeof issue.seed);
    buffer_clear(&issuing->bytes);
    kept_issue_encode(&issue, &issuing->bytes);
    struct command head = change_of(issuing, &issuing->id);
    head.standing.said = said_of(issuing);
    head.standing.evidence = buffer_slice(&issuing->bytes);
    struct outcome outcome = engine_execute(issuing->node->engine, &head);
    enum err err = issuing->bytes.err != ERR_OK ? issuing->bytes.err : outcome.err;
    if (err == ERR_OK && outcome.verdict == VERDICT_OK && outcome.is_repeat) {
        err = recall_seed(issuing);
    }
    if (err != ERR_OK) {
        refuse_err(issuing->call, err, NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(issuing->call, outcome.verdict);
    }
    issuing->response.journal_row = outcome.answer.row;
    return err == ERR_OK && outcome.verdict == VERDICT_OK;
}

/* ---- Codes ---- */

static void make_code(const struct issuing *issuing, uint64_t number,
                      char out_code[LIMIT_CODE_BYTES + 1])
{
    struct slice prefix = issuing->coupon->prefix;
    if (issuing->request->one_each) {
        coupon_own_code(issuing->seed, &issuing->recipients[number].owner, prefix, out_code);
    } else {
        judging_make_code(issuing->seed, (uint32_t)number, prefix, out_code);
    }
}

static enum err keep_code(struct issuing *issuing, const char *code)
{
    char *copy = arena_text(&issuing->arena, slice_of(code, strlen(code)));
    issuing->response.codes[issuing->response.n_codes++] = copy;
    return copy == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err write_code(struct issuing *issuing, uint64_t number, const char *code)
{
    struct standing_owner owner = judging_code_owner(slice_of(code, strlen(code)));
    const struct recipient *recipient =
        issuing->recipients == NULL ? NULL : &issuing->recipients[number - issuing->request->first];
    struct slice key = recipient == NULL ? slice_of(NULL, 0) : recipient->key;
    struct standing_changes changes;
    struct standing_step steps[COUPON_ISSUE_STEPS];
    TRY(coupon_issue(issuing->coupon, issuing->until_day, key, &issuing->arena, &changes));
    ASSERT(changes.count <= COUPON_ISSUE_STEPS);
    for (size_t i = 0; i < changes.count; i++) {
        steps[i] = (struct standing_step){.how = STANDING_SET,
                                          .slot = changes.at[i].slot,
                                          .before = 0,
                                          .after = changes.at[i].after};
    }
    standing_write_group(&issuing->bytes, &owner, steps, changes.count);
    return issuing->bytes.err;
}

/* Where a command's bytes lie in the buffer, which may still move. */
struct part {
    size_t groups;
    size_t evidence;
    size_t end;
};

static enum err write_part(struct issuing *issuing, uint64_t first, uint64_t count,
                           struct part *out_part)
{
    struct standing_owner all = standing_of_programme();
    struct standing_step issued = {.how = STANDING_ADD,
                                   .slot = coupon_issued_slot(issuing->coupon),
                                   .delta = (int64_t)count,
                                   .least = INT64_MIN,
                                   .most = INT64_MAX};
    out_part->groups = issuing->bytes.length;
    standing_write_group(&issuing->bytes, &all, &issued, 1);
    for (uint64_t i = 0; i < count; i++) {
        char code[LIMIT_CODE_BYTES + 1];
        make_code(issuing, first + i, code);
        TRY(write_code(issuing, first + i, code));
        TRY(keep_code(issuing, code));
    }
    out_part->evidence = issuing->bytes.length;
    const struct recipient *recipient =
        issuing->recipients == NULL ? NULL : &issuing->recipients[first - issuing->request->first];
    if (recipient != NULL && recipient->owner.kind == OWNER_MEMBER) {
        const char *code = issuing->response.codes[issuing->response.n_codes - 1];
        const char *name = issuing->coupon->name;
        struct kept_code kept = {.coupon = slice_of(name, strlen(name)),
                                 .code = slice_of(code, strlen(code)),
                                 .until_day = issuing->until_day};
        memcpy(kept.member.bytes, recipient->owner.id, sizeof kept.member.bytes);
        kept_code_encode(&kept, &issuing->bytes);
    }
    out_part->end = issuing->bytes.length;
    return issuing->bytes.err;
}

/* Follows from the issue's and the first code's number, or from whom it is for; and sorts by the
 * same time. */
static struct uid part_id(const struct issuing *issuing, uint64_t first)
{
    uint8_t what[1 + STANDING_OWNER_BYTES];
    if (issuing->request->one_each) {
        const struct standing_owner *owner = &issuing->recipients[first].owner;
        what[0] = (uint8_t)owner->kind;
        memcpy(what + 1, owner->id, sizeof owner->id);
        return coupon_derived_id(&issuing->id, slice_of(what, sizeof what));
    }
    put_u64_be(what, first);
    return coupon_derived_id(&issuing->id, slice_of(what, 8));
}

static struct command part_command(const struct issuing *issuing, uint64_t first,
                                   const struct part *part)
{
    struct uid occasion = part_id(issuing, first);
    struct command command = change_of(issuing, &occasion);
    const uint8_t *at = issuing->bytes.at;
    struct slice said = issuing->recipients == NULL
                            ? slice_of(NULL, 0)
                            : issuing->recipients[first - issuing->request->first].key;
    command.standing.said = hash_of(HASH_DOMAIN_BODY, said);
    command.standing.groups = slice_of(at + part->groups, part->evidence - part->groups);
    command.standing.evidence = slice_of(at + part->evidence, part->end - part->evidence);
    return command;
}

/* The first thing that went wrong; codes that were issued before are so. */
static enum err issue_parts(struct issuing *issuing, const struct command *commands, size_t count,
                            enum verdict *out_verdict)
{
    struct outcome *outcomes = arena_alloc(&issuing->arena, count * sizeof *outcomes);
    *out_verdict = VERDICT_OK;
    if (outcomes == NULL) {
        return ERR_RESOURCE;
    }
    if (count == 0) {
        return ERR_OK;
    }
    TRY(engine_execute_batch(issuing->node->engine, commands, count, false, outcomes));
    for (size_t i = 0; i < count; i++) {
        if (outcomes[i].verdict != VERDICT_OK) {
            *out_verdict = outcomes[i].verdict;
            return ERR_OK;
        }
        issuing->response.journal_row = outcomes[i].answer.row;
    }
    return ERR_OK;
}

static enum err issue_codes(struct issuing *issuing, enum verdict *out_verdict)
{
    const Talea__V1__IssueCouponsRequest *request = issuing->request;
    uint64_t step = issuing->recipients == NULL ? CODES_PER_COMMAND : 1;
    size_t count = (size_t)((issuing->count + step - 1) / step);
    struct part *parts = arena_alloc(&issuing->arena, count * sizeof *parts);
    struct command *commands = arena_alloc(&issuing->arena, count * sizeof *commands);
    issuing->response.codes =
        arena_alloc(&issuing->arena, (size_t)issuing->count * sizeof *issuing->response.codes);
    if (parts == NULL || commands == NULL || issuing->response.codes == NULL) {
        return ERR_RESOURCE;
    }
    buffer_clear(&issuing->bytes);
    for (size_t i = 0; i < count; i++) {
        uint64_t left = issuing->count - i * step;
        bool is_gone = issuing->recipients != NULL && issuing->recipients[i].is_gone;
        parts[i] = (struct part){.groups = 0};
        TRY(is_gone ? keep_code(issuing, "")
                    : write_part(issuing, request->first + i * step, left < step ? left : step,
                                 &parts[i]));
    }
    size_t there = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].end > 0) {
            commands[there++] = part_command(issuing, request->first + i * step, &parts[i]);
        }
    }
    return issue_parts(issuing, commands, there, out_verdict);
}

static void issue(struct issuing *issuing)
{
    const Talea__V1__IssueCouponsRequest *request = issuing->request;
    enum verdict verdict;
    if (!read_request(issuing) || !settle_seed(issuing)) {
        return;
    }
    enum err err = issue_codes(issuing, &verdict);
    if (err != ERR_OK) {
        refuse_err(issuing->call, err, NULL);
    } else if (verdict != VERDICT_OK) {
        refuse_verdict(issuing->call, verdict);
    } else {
        uint64_t next = request->first + issuing->count;
        issuing->response.next = request->one_each || next == request->count ? 0 : next;
        rpc_call_reply(issuing->call, &issuing->response.base);
    }
}

void coupon_issue_codes(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct issuing issuing = {.node = node,
                              .call = call,
                              .request =
                                  (const Talea__V1__IssueCouponsRequest *)(const void *)message,
                              .snapshot = node_snapshot(node)};
    talea__v1__issue_coupons_response__init(&issuing.response);
    arena_init(&issuing.arena, ISSUE_BYTES);
    issue(&issuing);
    arena_fini(&issuing.arena);
    buffer_fini(&issuing.bytes);
    snapshot_release(issuing.snapshot);
}
