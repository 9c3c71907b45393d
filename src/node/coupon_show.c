/* What is known of coupons and their codes. */
#include <string.h>

#include "node/former_members.h"
#include "node/judging_groups.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/shopper.h"
#include "programme/coupon.h"
#include "programme/coupon_code.h"
#include "talea/v1/programme.pb-c.h"

#define STATE(name) TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_##name

struct showing {
    struct node *node;
    struct rpc_call *call;
    struct arena *arena; /* the call's */
    const struct snapshot *snapshot;
    const struct rules *rules;
    const struct rules_text *text;
    int64_t day; /* on the brand's clock */
    struct standing_row *row;
    struct standing standing; /* of the row */
};

static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text; /* protobuf-c does not write through it */
}

static char *copy_of(struct showing *show, struct slice text)
{
    return arena_text(show->arena, text);
}

static enum err load(struct showing *show, const struct ledger_view *view,
                     const struct standing_owner *owner)
{
    struct standing_row *row = arena_alloc(show->arena, sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    TRY(ledger_get_standing(view, &show->snapshot->roster, owner, row));
    show->row = row;
    show->standing = standing_of_row(row);
    return ERR_OK;
}

/* ---- One code ---- */

/* Of one cap, by the standing that was loaded. */
static enum err make_use(struct showing *show, uint16_t rule, size_t c,
                         Talea__V1__CouponUse **out_use)
{
    const struct cap *cap = &show->text->rules[rule].caps[c];
    Talea__V1__CouponUse *use = arena_alloc(show->arena, sizeof *use);
    if (use == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__coupon_use__init(use);
    use->rule = borrow(show->text->rules[rule].name);
    use->at_most = cap->uses_max;
    *out_use = use;
    return standing_sum(&show->standing, rules_cap_slot(show->rules, rule, c, SLOT_CAP_USES),
                        window_first_bucket(cap->window, show->day),
                        window_bucket(cap->window, show->day), &use->used);
}

static bool is_rule_of(const struct rule *rule, uint16_t coupon)
{
    return rule->when.coupon != NULL && *rule->when.coupon == coupon;
}

/* For as many uses as its rules have caps. */
static size_t rooms_of(const struct showing *show, uint16_t coupon)
{
    size_t rooms = 1;
    for (uint16_t r = 0; r < show->text->rule_count; r++) {
        rooms += is_rule_of(&show->text->rules[r], coupon) ? show->text->rules[r].cap_count : 0;
    }
    return rooms;
}

/* A rule without a bound always has a use left. */
static enum err add_uses(struct showing *show, uint16_t coupon,
                         Talea__V1__GetCouponResponse *response, bool *out_is_used_up)
{
    *out_is_used_up = true;
    response->uses = arena_alloc(show->arena, rooms_of(show, coupon) * sizeof *response->uses);
    if (response->uses == NULL) {
        return ERR_RESOURCE;
    }
    for (uint16_t r = 0; r < show->text->rule_count; r++) {
        const struct rule *rule = &show->text->rules[r];
        bool is_left = is_rule_of(rule, coupon);
        for (size_t c = 0; is_rule_of(rule, coupon) && c < rule->cap_count; c++) {
            if (rule->caps[c].of == CAP_OF_CODE && rule->caps[c].uses_max != INT64_MAX) {
                Talea__V1__CouponUse *use;
                TRY(make_use(show, r, c, &use));
                response->uses[response->n_uses++] = use;
                is_left = is_left && use->used < use->at_most;
            }
        }
        *out_is_used_up = *out_is_used_up && !is_left;
    }
    return ERR_OK;
}

static enum err show_code(struct showing *show, struct slice code, const struct slice *key,
                          Talea__V1__GetCouponResponse *response)
{
    uint16_t place = coupon_of_code(show->text, code);
    bool is_used_up;
    response->state = STATE(UNKNOWN);
    if (place == NO_COUPON) {
        return ERR_OK;
    }
    const struct coupon *coupon = &show->text->coupons[place];
    int64_t until = coupon_until(coupon, &show->standing);
    response->coupon = borrow(coupon->name);
    response->is_personal = coupon->is_personal;
    if (until == 0) {
        bool is_sound = coupon_code_is_sound(coupon->prefix, code);
        response->state = is_sound ? STATE(UNKNOWN) : STATE(MISTYPED);
        return ERR_OK;
    }
    response->until_local_ms = until == INT64_MAX ? 0 : until * DAY_MS;
    response->is_for_card = key != NULL && coupon_is_for(coupon, &show->standing, *key);
    TRY(add_uses(show, place, response, &is_used_up));
    if (coupon_is_revoked(coupon, &show->standing)) {
        response->state = STATE(REVOKED);
        return ERR_OK;
    }
    response->state = show->day >= until ? STATE(OVER) : is_used_up ? STATE(USED_UP) : STATE(GOOD);
    return ERR_OK;
}

static enum err show_in_view(struct showing *show, const struct ledger_view *view,
                             const struct card_number *card, struct slice code,
                             Talea__V1__GetCouponResponse *response)
{
    struct standing_owner owner = judging_code_owner(code);
    struct standing_owner named = standing_of_card(card);
    struct standing_owner holder;
    struct slice key;
    TRY(load(show, view, &owner));
    if (card->digits[0] == '\0') {
        return show_code(show, code, NULL, response);
    }
    TRY(ledger_follow_owner(view, &show->snapshot->roster, &named, &holder));
    TRY(shopper_key(&holder, show->arena, &key));
    TRY(former_members_take_code(view, show->text, &holder, key, code, show->row));
    return show_code(show, code, &key, response);
}

static struct showing showing_of(struct node *node, struct rpc_call *call,
                                 const struct snapshot *snapshot)
{
    const struct programme_version *version = snapshot->version;
    static const struct rules_text nothing = {.rule_count = 0};
    return (struct showing){.node = node,
                            .call = call,
                            .arena = rpc_call_arena(call),
                            .snapshot = snapshot,
                            .rules = version->rules,
                            .text = version->rules == NULL ? &nothing : rules_text(version->rules),
                            .day = judging_local(node, version, node_now(node)).ms / DAY_MS};
}

void coupon_get(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetCouponRequest *request =
        (const Talea__V1__GetCouponRequest *)(const void *)message;
    char text[LIMIT_CODE_BYTES + 1];
    struct card_number card = {""};
    struct state_reader *reader;
    Talea__V1__GetCouponResponse response;
    talea__v1__get_coupon_response__init(&response);
    if (!request_text(call, "code", request->code, text, sizeof text) ||
        (request->card[0] != '\0' && !request_card(call, request->card, &card))) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    struct showing show = showing_of(node, call, snapshot);
    char room[LIMIT_CODE_BYTES];
    struct slice code =
        coupon_code_settle(show.text, coupon_typed(slice_of(text, strlen(text))), room);
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = show_in_view(&show, &view, &card, code, &response);
        readers_give(node->readers, reader);
    }
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_CARD_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
    snapshot_release(snapshot);
}

/* ---- All coupons ---- */

/* How often each code may be used in all; INT64_MAX where some rule does not bound it. */
static int64_t uses_of_each(const struct showing *show, uint16_t coupon)
{
    int64_t most = 0;
    for (uint16_t r = 0; r < show->text->rule_count; r++) {
        const struct rule *rule = &show->text->rules[r];
        int64_t bound = is_rule_of(rule, coupon) ? INT64_MAX : 0;
        for (size_t c = 0; bound != 0 && c < rule->cap_count; c++) {
            const struct cap *cap = &rule->caps[c];
            bool is_bound = cap->of == CAP_OF_CODE && cap->window.kind == WINDOW_EVER &&
                            !cap->is_per_receipt && cap->uses_max < bound;
            bound = is_bound ? cap->uses_max : bound;
        }
        most = bound > most ? bound : most; /* one sale may use a code for several rules */
    }
    return most;
}

/* Of a rule of the coupon, by its caps of all together: what they leave for ever. */
static enum err add_caps_of_all(struct showing *show, uint16_t rule, Talea__V1__CouponRow *row,
                                int64_t *out_left)
{
    const struct rule *of = &show->text->rules[rule];
    *out_left = INT64_MAX;
    for (size_t c = 0; c < of->cap_count; c++) {
        const struct cap *cap = &of->caps[c];
        if (cap->of != CAP_OF_ALL || cap->is_per_receipt || cap->uses_max == INT64_MAX) {
            continue;
        }
        Talea__V1__CouponUse *use;
        TRY(make_use(show, rule, c, &use));
        row->of_all[row->n_of_all++] = use;
        int64_t left = use->used < use->at_most ? use->at_most - use->used : 0;
        *out_left = cap->window.kind == WINDOW_EVER && left < *out_left ? left : *out_left;
    }
    return ERR_OK;
}

/* What rules leave by their caps of all together; INT64_MAX where one doesn't bound it. */
static enum err count_left_of_all(struct showing *show, uint16_t place, Talea__V1__CouponRow *row,
                                  int64_t *out_left)
{
    row->of_all = arena_alloc(show->arena, rooms_of(show, place) * sizeof *row->of_all);
    *out_left = 0;
    if (row->of_all == NULL) {
        return ERR_RESOURCE;
    }
    for (uint16_t r = 0; r < show->text->rule_count; r++) {
        if (is_rule_of(&show->text->rules[r], place)) {
            int64_t left;
            TRY(add_caps_of_all(show, r, row, &left));
            *out_left = left > *out_left ? left : *out_left;
        }
    }
    return ERR_OK;
}

static enum err count_left(struct showing *show, uint16_t place, Talea__V1__CouponRow *row)
{
    const struct coupon *coupon = &show->text->coupons[place];
    int64_t each = uses_of_each(show, place);
    int64_t codes =
        coupon->code_count > 0 ? (int64_t)coupon->code_count : row->issued - row->revoked;
    int64_t left = INT64_MAX;
    int64_t of_codes;
    TRY(count_left_of_all(show, place, row, &left));
    if (each != INT64_MAX && int64_mul_div(codes, each, 1, ROUNDING_DOWN, &of_codes) == ERR_OK) {
        int64_t used =
            row->used - standing_value(&show->standing, coupon_revoked_uses_slot(coupon), 0);
        of_codes = of_codes > used ? of_codes - used : 0;
        left = of_codes < left ? of_codes : left;
    }
    row->is_bounded = left != INT64_MAX;
    row->left = row->is_bounded ? left : 0;
    return ERR_OK;
}

static enum err fill_row(struct showing *show, uint16_t place, Talea__V1__CouponRow *row)
{
    const struct coupon *coupon = &show->text->coupons[place];
    talea__v1__coupon_row__init(row);
    row->coupon = borrow(coupon->name);
    row->prefix = coupon->code_count > 0 ? borrow("") : copy_of(show, coupon->prefix);
    row->is_personal = coupon->is_personal;
    row->listed = arena_alloc(show->arena, (coupon->code_count + 1) * sizeof *row->listed);
    if (row->prefix == NULL || row->listed == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < coupon->code_count; i++) {
        row->listed[i] = copy_of(show, coupon->codes[i]);
        if (row->listed[i] == NULL) {
            return ERR_RESOURCE;
        }
        row->n_listed++;
    }
    row->issued = standing_value(&show->standing, coupon_issued_slot(coupon), 0);
    row->used = standing_value(&show->standing, coupon_used_slot(coupon), 0);
    row->revoked = standing_value(&show->standing, coupon_revoked_slot(coupon), 0);
    return count_left(show, place, row);
}

static enum err fill_rows(struct showing *show, const char *name,
                          Talea__V1__ListCouponsResponse *response)
{
    response->coupons =
        arena_alloc(show->arena, (show->text->coupon_count + 1) * sizeof *response->coupons);
    if (response->coupons == NULL) {
        return ERR_RESOURCE;
    }
    for (uint16_t c = 0; c < show->text->coupon_count; c++) {
        if (name[0] != '\0' && strcmp(show->text->coupons[c].name, name) != 0) {
            continue;
        }
        Talea__V1__CouponRow *row = arena_alloc(show->arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        TRY(fill_row(show, c, row));
        response->coupons[response->n_coupons++] = row;
    }
    return name[0] != '\0' && response->n_coupons == 0 ? ERR_NOT_FOUND : ERR_OK;
}

void coupon_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListCouponsRequest *request =
        (const Talea__V1__ListCouponsRequest *)(const void *)message;
    struct standing_owner all = standing_of_programme();
    struct state_reader *reader;
    Talea__V1__ListCouponsResponse response;
    talea__v1__list_coupons_response__init(&response);
    struct snapshot *snapshot = node_snapshot(node);
    struct showing show = showing_of(node, call, snapshot);
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = load(&show, &view, &all);
        readers_give(node->readers, reader);
    }
    err = err == ERR_OK ? fill_rows(&show, request->coupon, &response) : err;
    if (err == ERR_NOT_FOUND) {
        refuse(call, 5, "NOT_FOUND", "coupon: the programme has no such coupon.");
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
    snapshot_release(snapshot);
}
