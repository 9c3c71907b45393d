#include "node/judging_groups.h"

#include <string.h>

#include "programme/coupon.h"
#include "programme/coupon_code.h"

/* Room for one group after the other. */
struct writing {
    struct judging_case *judged;
    struct note *note;
    struct standing_step *steps; /* of the group, LIMIT_STANDING_STEPS */
    size_t count;
    size_t total; /* in all groups */
};

struct standing_owner judging_code_owner(struct slice code)
{
    struct hash hash = hash_of(HASH_DOMAIN_COUPON, code);
    return standing_of_code(&hash);
}

bool judging_groups_owner(struct slice groups, struct standing_owner *out_owner)
{
    struct reader in = reader_of(groups);
    while (in.err == ERR_OK && in.at != in.end) {
        uint32_t count;
        struct standing_step step;
        standing_read_group(&in, out_owner, &count);
        if (in.err == ERR_OK &&
            (out_owner->kind == OWNER_MEMBER || out_owner->kind == OWNER_CARD)) {
            return true;
        }
        for (uint32_t i = 0; i < count && in.err == ERR_OK; i++) {
            standing_read_step(&in, &step);
        }
    }
    return false;
}

void judging_make_code(const uint8_t seed[32], uint32_t number, struct slice prefix,
                       char out_text[LIMIT_CODE_BYTES + 1])
{
    uint8_t bytes[36];
    memcpy(bytes, seed, 32);
    put_u32_be(bytes + 32, number);
    struct hash hash = hash_of(HASH_DOMAIN_CODE, slice_of(bytes, sizeof bytes));
    coupon_code_write(prefix, hash.bytes, out_text);
}

static enum err add_step(struct writing *w, const struct standing_step *step)
{
    if (w->total == LIMIT_STANDING_STEPS) {
        return note_set(w->note, ERR_INPUT, "the programme changes more than %u numbers at once",
                        LIMIT_STANDING_STEPS);
    }
    w->total++;
    w->steps[w->count++] = *step;
    return ERR_OK;
}

static enum err end_group(struct writing *w, const struct standing_owner *owner)
{
    if (w->count > 0) {
        standing_write_group(&w->judged->groups, owner, w->steps, w->count);
    }
    w->count = 0;
    return w->judged->groups.err;
}

/* ---- The member's ---- */

static enum err set_number(struct writing *w, const struct standing_change *change)
{
    struct standing_step step = {.how = STANDING_SET,
                                 .slot = change->slot,
                                 .bucket = change->bucket,
                                 .before = change->before,
                                 .after = change->after};
    return change->before == change->after ? ERR_OK : add_step(w, &step);
}

/* What passed is dropped, unless this is judged by a version that is over: slots that a later one
 * has are none of its business. */
static enum err drop_passed(struct writing *w, const struct standing *before,
                            const struct standing *kept)
{
    const struct judging_case *judged = w->judged;
    size_t k = 0;
    if (judged->version != judged->snapshot->version) {
        return ERR_OK;
    }
    for (size_t i = 0; i < before->count && w->total < LIMIT_STANDING_STEPS; i++) {
        const struct standing_number *number = &before->at[i];
        bool is_kept = k < kept->count && kept->at[k].slot == number->slot &&
                       kept->at[k].bucket == number->bucket;
        k += is_kept ? 1 : 0;
        if (!is_kept && number->bucket != STANDING_KEPT) {
            struct standing_change gone = {number->slot, number->bucket, number->value, 0};
            TRY(set_number(w, &gone));
        }
    }
    return ERR_OK;
}

/* Counts are added, so that they are right whatever happens between quote and sale. Held they have
 * the bound that nobody counted more meanwhile than was seen: else it is judged again. What was
 * promised for stamps that are a return's by now is given, and what is left of them taken. */
static enum err add_number(struct writing *w, const struct standing_change *change)
{
    bool is_held = w->judged->purpose == JUDGING_QUOTE;
    struct standing_step step = {.how = STANDING_ADD,
                                 .slot = change->slot,
                                 .bucket = change->bucket,
                                 .least = INT64_MIN,
                                 .most = INT64_MAX};
    TRY(int64_sub(change->after, change->before, &step.delta));
    if (is_held && step.delta > 0) {
        step.most = change->after;
    } else if (is_held) {
        step.least = change->after;
    } else if (step.delta < 0) {
        step.how = STANDING_TAKE;
    }
    return step.delta == 0 || step.delta == INT64_MIN ? ERR_OK : add_step(w, &step);
}

/* What a quote holds; of a metric with a remark that so much is only promised, or spent. */
static enum err hold_number(struct writing *w, const struct standing_change *change,
                            const struct held_marks *marks)
{
    struct standing_step step = {
        .how = STANDING_ADD, .bucket = change->bucket, .least = INT64_MIN, .most = INT64_MAX};
    TRY(add_number(w, change));
    TRY(int64_sub(change->after, change->before, &step.delta));
    step.slot = step.delta > 0 ? marks->promised : marks->withheld;
    step.delta = step.delta > 0 ? step.delta : -step.delta;
    return step.slot == 0 || step.delta == 0 ? ERR_OK : add_step(w, &step);
}

/* A day that was promised, where it isn't as late already. */
static enum err keep_promise(struct writing *w, const struct standing *now,
                             const struct standing_change *change)
{
    struct standing_change step = *change;
    step.before = standing_value(now, change->slot, change->bucket);
    bool is_day = slot_merge_of(change->slot) == SLOT_LATEST;
    return is_day && step.before >= change->after ? ERR_OK : set_number(w, &step);
}

static enum err write_number(struct writing *w, const struct standing *now,
                             const struct standing_change *change)
{
    struct held_marks marks;
    bool is_held = rules_is_held(w->judged->version->rules, change->slot, &marks);
    switch (w->judged->purpose) {
    case JUDGING_QUOTE: /* a day, and what is paid for it, is held by nobody */
        return is_held ? hold_number(w, change, &marks) : ERR_OK;
    case JUDGING_CONFIRM:
        return is_held ? add_number(w, change) : keep_promise(w, now, change);
    case JUDGING_SALE:
        break;
    }
    return set_number(w, change);
}

static enum err write_member(struct writing *w, const struct standing *before,
                             const struct standing *kept)
{
    const struct standing_changes *changes = &w->judged->judgement.changes;
    for (size_t i = 0; i < changes->count; i++) {
        TRY(write_number(w, before, &changes->at[i]));
    }
    if (w->judged->purpose == JUDGING_SALE) {
        TRY(drop_passed(w, before, kept));
    }
    return end_group(w, &w->judged->owner);
}

/* ---- What many may change at once: added with their bounds ---- */

static enum err add_claims(struct writing *w, enum cap_of of, size_t code)
{
    const struct judgement *judgement = &w->judged->judgement;
    bool is_bounded = w->judged->purpose != JUDGING_CONFIRM; /* else the quote held it */
    for (size_t i = 0; i < judgement->claim_count; i++) {
        const struct claim *claim = &judgement->claims[i];
        struct standing_step step = {.how = STANDING_ADD,
                                     .slot = claim->slot,
                                     .bucket = claim->bucket,
                                     .delta = claim->delta,
                                     .least = INT64_MIN,
                                     .most = is_bounded ? claim->most : INT64_MAX};
        if (claim->of == of && (of != CAP_OF_CODE || claim->code == code)) {
            TRY(add_step(w, &step));
        }
    }
    return ERR_OK;
}

/* Of a coupon, how many more codes were issued or used. */
static enum err count_coupon(struct writing *w, uint64_t slot, int64_t count)
{
    struct standing_step step = {
        .how = STANDING_ADD, .slot = slot, .delta = count, .least = INT64_MIN, .most = INT64_MAX};
    return count == 0 ? ERR_OK : add_step(w, &step);
}

static bool is_code_used(const struct judging_case *judged, size_t code, uint16_t coupon)
{
    const struct rules_text *text = rules_text(judged->version->rules);
    return judged->judgement.codes[code].reason == TRACE_FIRED &&
           coupon_of_code(text, judged->occasion.codes[code].text) == coupon;
}

static int64_t codes_used(const struct judging_case *judged, uint16_t coupon)
{
    int64_t used = 0;
    for (size_t i = 0; i < judged->occasion.code_count; i++) {
        used += is_code_used(judged, i, coupon) ? 1 : 0;
    }
    return used;
}

/* Their revocation counted only what sales had taken by then. */
static int64_t revoked_codes_used(const struct judging_case *judged, uint16_t coupon)
{
    int64_t used = 0;
    for (size_t i = 0; i < judged->occasion.code_count && i < LIMIT_SHOWN_CODES; i++) {
        used += judged->is_code_revoked[i] && is_code_used(judged, i, coupon) ? 1 : 0;
    }
    return used;
}

static int64_t codes_given(const struct judging_case *judged, uint16_t coupon)
{
    const struct rules_text *text = rules_text(judged->version->rules);
    int64_t given = 0;
    for (size_t i = 0; i < judged->kept.item_count; i++) {
        const struct kept_item *item = &judged->kept.items[i];
        bool is_it = item->code_count > 0 && coupon_issued_as(text, item->name) == coupon;
        given += is_it ? (int64_t)item->code_count : 0;
    }
    return given;
}

/* A quote holds no use: its code may be revoked before it is paid, or it may be given up. */
static enum err write_programme(struct writing *w)
{
    const struct rules_text *text = rules_text(w->judged->version->rules);
    bool is_held = w->judged->purpose == JUDGING_QUOTE;
    struct standing_owner all = standing_of_programme();
    TRY(add_claims(w, CAP_OF_ALL, 0));
    for (uint16_t c = 0; c < text->coupon_count; c++) {
        const struct coupon *coupon = &text->coupons[c];
        TRY(count_coupon(w, coupon_used_slot(coupon), is_held ? 0 : codes_used(w->judged, c)));
        TRY(count_coupon(w, coupon_issued_slot(coupon), codes_given(w->judged, c)));
        TRY(count_coupon(w, coupon_revoked_uses_slot(coupon), revoked_codes_used(w->judged, c)));
    }
    return end_group(w, &all);
}

/* Of a code that was issued and is taken: what a revocation goes by (programme/coupon.h). */
static enum err count_taken(struct writing *w, size_t code)
{
    const struct judging_case *judged = w->judged;
    const struct rules_text *text = rules_text(judged->version->rules);
    uint16_t place = coupon_of_code(text, judged->occasion.codes[code].text);
    if (place == NO_COUPON || text->coupons[place].code_count > 0 ||
        judged->judgement.codes[code].reason != TRACE_FIRED) {
        return ERR_OK;
    }
    const struct coupon *coupon = &text->coupons[place];
    bool is_held = judged->purpose == JUDGING_QUOTE;
    bool is_revoked =
        code < LIMIT_SHOWN_CODES && judged->is_code_revoked[code]; /* promised before */
    struct standing_step step = {.how = STANDING_ADD,
                                 .slot =
                                     is_held ? coupon_held_slot(coupon) : coupon_taken_slot(coupon),
                                 .delta = 1,
                                 .least = INT64_MIN,
                                 .most = is_revoked ? INT64_MAX : COUPON_TAKEN_MAX};
    return add_step(w, &step);
}

static enum err write_codes(struct writing *w)
{
    const struct occasion *occasion = &w->judged->occasion;
    for (size_t i = 0; i < occasion->code_count; i++) {
        struct standing_owner owner = judging_code_owner(occasion->codes[i].text);
        TRY(add_claims(w, CAP_OF_CODE, i));
        TRY(count_taken(w, i));
        TRY(end_group(w, &owner));
    }
    return ERR_OK;
}

/* ---- Codes that are given ---- */

static struct slice make_code(struct judging_case *judged, const struct coupon *coupon,
                              uint32_t number)
{
    char text[LIMIT_CODE_BYTES + 1];
    judging_make_code(judged->seed, number, coupon->prefix, text);
    char *copy = arena_text(&judged->arena, slice_of(text, strlen(text)));
    return slice_of(copy, copy == NULL ? 0 : strlen(copy));
}

static enum err make_item(struct writing *w, const struct item *given, uint32_t *number,
                          struct kept_item *out_item)
{
    struct judging_case *judged = w->judged;
    const struct rules_text *text = rules_text(judged->version->rules);
    uint16_t place = coupon_issued_as(text, given->name);
    *out_item = (struct kept_item){.rule = given->rule,
                                   .name = given->name,
                                   .count = given->count,
                                   .worth = given->worth,
                                   .until_day = given->until_day};
    if (place == NO_COUPON || judged->purpose == JUDGING_QUOTE) {
        return ERR_OK;
    }
    if (given->count > LIMIT_GIVEN_CODES - *number) {
        return note_set(w->note, ERR_INPUT, "the programme gives more than %u coupons at once",
                        LIMIT_GIVEN_CODES);
    }
    struct slice *codes = arena_alloc(&judged->arena, LIMIT_GIVEN_CODES * sizeof *codes);
    for (size_t i = 0; codes != NULL && i < (size_t)given->count; i++) {
        codes[i] = make_code(judged, &text->coupons[place], (*number)++);
        codes = codes[i].at == NULL ? NULL : codes;
    }
    out_item->codes = codes;
    out_item->code_count = (size_t)given->count;
    return codes == NULL ? ERR_RESOURCE : ERR_OK;
}

int64_t judging_item_count(const struct judgement *judgement, const struct kept_item *given)
{
    int64_t count = 0;
    for (size_t i = 0; i < judgement->item_count; i++) {
        const struct item *item = &judgement->items[i];
        bool is_it = item->rule == given->rule && slice_equal(item->name, given->name);
        count += is_it ? item->count : 0;
    }
    return count;
}

/* Of a coupon as many codes as the rest of the sale deserves, and those that were used anyway. */
static void keep_item(const struct judgement *rest, const struct sold_item *sold,
                      struct kept_item *out_item)
{
    size_t count = (size_t)judging_item_count(rest, &sold->given);
    count = count > sold->used ? count : sold->used;
    *out_item = sold->given;
    out_item->code_count = count < sold->given.code_count ? count : sold->given.code_count;
}

static enum err keep_items(struct writing *w)
{
    struct judging_case *judged = w->judged;
    struct kept_item *items = arena_alloc(&judged->arena, (judged->sold_count + 1) * sizeof *items);
    if (items == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < judged->sold_count; i++) {
        keep_item(&judged->judgement, &judged->sold[i], &items[i]);
    }
    judged->kept.items = items;
    judged->kept.item_count = judged->sold_count;
    return ERR_OK;
}

static enum err make_items(struct writing *w)
{
    struct judging_case *judged = w->judged;
    const struct judgement *judgement = &judged->judgement;
    struct kept_item *items =
        arena_alloc(&judged->arena, (judgement->item_count + 1) * sizeof *items);
    uint32_t number = 0;
    if (items == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < judgement->item_count; i++) {
        TRY(make_item(w, &judgement->items[i], &number, &items[i]));
    }
    judged->kept.items = items;
    judged->kept.item_count = judgement->item_count;
    return ERR_OK;
}

static enum err write_given_code(struct writing *w, const struct coupon *coupon, struct slice code,
                                 int64_t until_day)
{
    struct standing_owner owner = judging_code_owner(code);
    struct standing_changes changes;
    TRY(coupon_issue(coupon, until_day, w->judged->occasion.shopper.key, &w->judged->arena,
                     &changes));
    for (size_t i = 0; i < changes.count; i++) {
        TRY(set_number(w, &changes.at[i]));
    }
    return end_group(w, &owner);
}

static enum err write_given(struct writing *w)
{
    const struct rules_text *text = rules_text(w->judged->version->rules);
    for (size_t i = 0; i < w->judged->kept.item_count; i++) {
        const struct kept_item *item = &w->judged->kept.items[i];
        uint16_t coupon = coupon_issued_as(text, item->name);
        for (size_t c = 0; c < item->code_count; c++) {
            TRY(write_given_code(w, &text->coupons[coupon], item->codes[c], item->until_day));
        }
    }
    return ERR_OK;
}

enum err judging_write_groups(struct judging_case *judged, const struct standing *before,
                              const struct standing *kept, struct note *note)
{
    struct writing w = {.judged = judged, .note = note};
    w.steps = arena_alloc(&judged->arena, LIMIT_STANDING_STEPS * sizeof *w.steps);
    if (w.steps == NULL) {
        return ERR_RESOURCE;
    }
    buffer_clear(&judged->groups);
    judged->kept.item_count = 0;
    if (!judged->has_owner) {
        return ERR_OK;
    }
    TRY(judged->sold != NULL ? keep_items(&w) : make_items(&w));
    TRY(write_member(&w, before, kept));
    TRY(write_programme(&w));
    TRY(write_codes(&w));
    return write_given(&w);
}
