#include "node/offer_codes.h"

#include <string.h>

#include "node/judging_groups.h"
#include "node/node.h"
#include "programme/kept_issue.h"
#include "store/vault.h"

#define CODE_DOMAIN "offer code"

enum err offer_code_make(const struct node *node, const struct uid *occasion, size_t place,
                         const struct coupon *coupon, struct arena *arena, struct slice *out_code)
{
    uint8_t seed[ISSUE_SEED_BYTES] = {0};
    char text[LIMIT_CODE_BYTES + 1];
    vault_tag(node->vault, CODE_DOMAIN, slice_of(occasion->bytes, sizeof occasion->bytes), seed);
    judging_make_code(seed, (uint32_t)place, coupon->prefix, text);
    size_t length = strlen(text);
    char *copy = arena_text(arena, slice_of(text, length));
    *out_code = slice_of(copy, copy == NULL ? 0 : length);
    return copy == NULL ? ERR_RESOURCE : ERR_OK;
}

static const struct coupon *coupon_of(const struct rules_text *text, const struct kept_offer *kept)
{
    size_t o = 0;
    while (!slice_equal(slice_of(text->offers[o].name, strlen(text->offers[o].name)), kept->name)) {
        o++;
        ASSERT(o < text->offer_count);
    }
    return &text->coupons[*text->offers[o].coupon];
}

/* How many more codes of each coupon were issued. */
static void write_counts(const struct rules_text *text, const struct kept_offers *kept,
                         struct buffer *out)
{
    struct standing_owner all = standing_of_programme();
    struct standing_step steps[LIMIT_OFFERS];
    size_t count = 0;
    for (size_t i = 0; i < kept->count; i++) {
        size_t s = 0;
        if (kept->at[i].code.length == 0) {
            continue;
        }
        uint64_t slot = coupon_issued_slot(coupon_of(text, &kept->at[i]));
        while (s < count && steps[s].slot != slot) {
            s++;
        }
        if (s == count) {
            steps[count++] = (struct standing_step){
                .how = STANDING_ADD, .slot = slot, .least = INT64_MIN, .most = INT64_MAX};
        }
        steps[s].delta++;
    }
    if (count > 0) {
        standing_write_group(out, &all, steps, count);
    }
}

static enum err write_code(const struct rules_text *text, const struct kept_offer *offer,
                           struct slice key, struct arena *arena, struct buffer *out)
{
    struct standing_owner owner = judging_code_owner(offer->code);
    struct standing_changes changes;
    struct standing_step steps[COUPON_ISSUE_STEPS];
    TRY(coupon_issue(coupon_of(text, offer), offer->until_day, key, arena, &changes));
    ASSERT(changes.count <= COUPON_ISSUE_STEPS);
    for (size_t i = 0; i < changes.count; i++) {
        steps[i] = (struct standing_step){
            .how = STANDING_SET, .slot = changes.at[i].slot, .after = changes.at[i].after};
    }
    standing_write_group(out, &owner, steps, changes.count);
    return ERR_OK;
}

enum err offer_codes_write(const struct rules_text *text, const struct kept_offers *kept,
                           struct slice key, struct arena *arena, struct buffer *out_groups)
{
    write_counts(text, kept, out_groups);
    for (size_t i = 0; i < kept->count; i++) {
        if (kept->at[i].code.length > 0) {
            TRY(write_code(text, &kept->at[i], key, arena, out_groups));
        }
    }
    return out_groups->err;
}
