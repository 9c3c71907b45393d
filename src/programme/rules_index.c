#include "programme/rules_index.h"

#include <stdlib.h>
#include <string.h>

#include "programme/coupon.h"

#define WORD_BITS 64

/* What a rule is found by when it is not for a set of goods. */
enum found_by {
    FOUND_BY_STORE,
    FOUND_BY_EVENT,
    FOUND_BY_COUPON, /* by its name */
    FOUND_AT_ANY,    /* at each sale and event; the text is empty */
    FOUND_ALWAYS     /* at each sale; the text is empty */
};

struct finding {
    enum found_by by;
    struct slice text;
    uint16_t rank;
};

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static bool goes_before(const struct rule *a, const struct rule *b)
{
    if (rule_stage(a) != rule_stage(b)) {
        return rule_stage(a) < rule_stage(b);
    }
    return a->priority > b->priority;
}

/* Insertion by halves: stable, and programmes have some thousand rules at most. */
static void put_in_order(const struct rules_text *text, struct rules_index *index)
{
    const struct rule *rule = text->rules;
    for (size_t i = 0; i < text->rule_count; i++) {
        size_t low = 0;
        size_t high = i;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (goes_before(&rule[i], &rule[index->order[middle]])) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        memmove(index->order + low + 1, index->order + low, (i - low) * sizeof index->order[0]);
        index->order[low] = (uint16_t)i;
    }
}

static int compare_texts(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a;
    const struct finding *y = b;
    if (x->by != y->by) {
        return x->by < y->by ? -1 : 1;
    }
    int order = compare_texts(x->text, y->text);
    return order != 0 ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static void add_finding(struct rules_index *index, enum found_by by, struct slice text,
                        uint16_t rank)
{
    index->findings[index->finding_count++] = (struct finding){by, text, rank};
}

static void place_findings(const struct rules_text *text, struct rules_index *index)
{
    for (size_t rank = 0; rank < text->rule_count; rank++) {
        const struct rule *rule = &text->rules[index->order[rank]];
        if (rule->when.coupon != NULL) {
            struct slice name = text_of(text->coupons[*rule->when.coupon].name);
            add_finding(index, FOUND_BY_COUPON, name, (uint16_t)rank);
        } else if (rule->is_on_any) {
            add_finding(index, FOUND_AT_ANY, slice_of(NULL, 0), (uint16_t)rank);
        } else if (rule->on == OCCASION_EVENT) {
            add_finding(index, FOUND_BY_EVENT, rule->event, (uint16_t)rank);
        } else if (rule->goods_count > 0) {
            continue; /* by its goods */
        } else if (rule->when.store_count > 0) {
            for (size_t s = 0; s < rule->when.store_count; s++) {
                add_finding(index, FOUND_BY_STORE, rule->when.stores[s], (uint16_t)rank);
            }
        } else {
            add_finding(index, FOUND_ALWAYS, slice_of(NULL, 0), (uint16_t)rank);
        }
    }
    qsort(index->findings, index->finding_count, sizeof index->findings[0], compare_findings);
}

/* By how many sets it is found: a coupon is rarer than any goods. */
static size_t goods_found(const struct rule *rule)
{
    return rule->when.coupon == NULL ? rule->goods_count : 0;
}

static void place_goods(const struct rules_text *text, struct rules_index *index)
{
    for (size_t rank = 0; rank < text->rule_count; rank++) {
        const struct rule *rule = &text->rules[index->order[rank]];
        for (size_t g = 0; g < goods_found(rule); g++) {
            index->goods_first[rule->goods[g] + 1]++;
        }
    }
    for (size_t s = 0; s < text->goods_count; s++) {
        index->goods_first[s + 1] += index->goods_first[s];
    }
    /* A set's beginning stands one further on while it is filled, and is its end afterwards. */
    for (size_t s = text->goods_count; s > 0; s--) {
        index->goods_first[s] = index->goods_first[s - 1];
    }
    for (size_t rank = 0; rank < text->rule_count; rank++) {
        const struct rule *rule = &text->rules[index->order[rank]];
        for (size_t g = 0; g < goods_found(rule); g++) {
            index->goods_ranks[index->goods_first[rule->goods[g] + 1]++] = (uint16_t)rank;
        }
    }
}

static size_t count_goods(const struct rules_text *text)
{
    size_t count = 0;
    for (size_t r = 0; r < text->rule_count; r++) {
        count += text->rules[r].goods_count;
    }
    return count;
}

static size_t count_findings(const struct rules_text *text)
{
    size_t count = 0;
    for (size_t r = 0; r < text->rule_count; r++) {
        count += 1 + text->rules[r].when.store_count;
    }
    return count;
}

static enum err reserve(const struct rules_text *text, struct rules_index *index)
{
    index->order = calloc(text->rule_count + 1, sizeof index->order[0]);
    index->goods_first = calloc(text->goods_count + 2, sizeof index->goods_first[0]);
    index->goods_ranks = calloc(count_goods(text) + 1, sizeof index->goods_ranks[0]);
    index->findings = calloc(count_findings(text) + 1, sizeof index->findings[0]);
    bool has_all = index->order != NULL && index->goods_first != NULL &&
                   index->goods_ranks != NULL && index->findings != NULL;
    return has_all ? ERR_OK : ERR_RESOURCE;
}

enum err rules_index_init(const struct rules_text *text, struct rules_index *out_index)
{
    struct rules_index index = {0};
    enum err err = reserve(text, &index);
    if (err != ERR_OK) {
        rules_index_fini(&index);
        return err;
    }
    put_in_order(text, &index);
    place_findings(text, &index);
    place_goods(text, &index);
    *out_index = index;
    return ERR_OK;
}

void rules_index_fini(struct rules_index *index)
{
    free(index->order);
    free(index->goods_first);
    free(index->goods_ranks);
    free(index->findings);
}

static void mark(uint64_t *bits, uint16_t rank)
{
    bits[rank / WORD_BITS] |= UINT64_C(1) << (rank % WORD_BITS);
}

static void mark_found(const struct rules_index *index, enum found_by by, struct slice text,
                       uint64_t *bits)
{
    struct finding wanted = {by, text, 0};
    size_t low = 0;
    size_t high = index->finding_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_findings(&index->findings[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i < index->finding_count; i++) {
        const struct finding *f = &index->findings[i];
        if (f->by != by || compare_texts(f->text, text) != 0) {
            break;
        }
        mark(bits, f->rank);
    }
}

static void mark_goods(const struct rules_index *index, struct goods_list list, uint64_t *bits)
{
    for (size_t i = 0; i < list.count; i++) {
        uint32_t end = index->goods_first[list.at[i] + 1];
        for (uint32_t r = index->goods_first[list.at[i]]; r < end; r++) {
            mark(bits, index->goods_ranks[r]);
        }
    }
}

void rules_index_mark(const struct rules_index *index, const struct rules_text *text,
                      const struct occasion *occasion, const struct goods_list *lines,
                      uint64_t *bits)
{
    for (size_t i = 0; i < occasion->code_count; i++) {
        uint16_t coupon = coupon_of_code(text, occasion->codes[i].text);
        if (coupon != NO_COUPON) {
            mark_found(index, FOUND_BY_COUPON, text_of(text->coupons[coupon].name), bits);
        }
    }
    mark_found(index, FOUND_AT_ANY, slice_of(NULL, 0), bits);
    if (occasion->kind == OCCASION_EVENT) {
        mark_found(index, FOUND_BY_EVENT, occasion->event, bits);
        return;
    }
    mark_found(index, FOUND_ALWAYS, slice_of(NULL, 0), bits);
    mark_found(index, FOUND_BY_STORE, occasion->store, bits);
    for (size_t i = 0; i < occasion->line_count; i++) {
        mark_goods(index, lines[i], bits);
    }
}
