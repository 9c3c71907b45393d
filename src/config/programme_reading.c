#include "config/programme_reading.h"

#include <stdio.h>
#include <string.h>

struct key_path reading_key(const struct reading *r, const char *key)
{
    struct key_path path;
    int length = snprintf(path.text, sizeof path.text, "%s.%s", r->path, key);
    ASSERT(length > 0 && (size_t)length < sizeof path.text);
    return path;
}

void reading_enter(struct reading *r, const char *list, size_t index)
{
    int length = snprintf(r->path, sizeof r->path, "%s[%zu]", list, index);
    ASSERT(length > 0 && (size_t)length < sizeof r->path);
    check_next(r->check);
}

void *reading_take(struct reading *r, size_t count, size_t size)
{
    void *at = arena_alloc(r->arena, (count + 1) * size);
    if (at == NULL) {
        if (r->check->err == ERR_OK) {
            r->check->err = note_set(r->check->note, ERR_RESOURCE, "the programme is too large");
        }
        return NULL;
    }
    memset(at, 0, (count + 1) * size);
    return at;
}

struct slice reading_slice(struct reading *r, const char *text)
{
    char *copy = reading_take(r, strlen(text), 1);
    if (copy == NULL) {
        return slice_of("", 0);
    }
    memcpy(copy, text, strlen(text));
    return slice_of(copy, strlen(text));
}

const char *reading_name(struct reading *r, const char *key, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    char name[LIMIT_RULE_NAME_BYTES + 1];
    check_text(r->check, reading_key(r, key).text, text, name, sizeof name);
    return (const char *)reading_slice(r, text).at;
}

const uint16_t *reading_place(struct reading *r, uint16_t place)
{
    uint16_t *kept = reading_take(r, 1, sizeof kept[0]);
    if (kept != NULL) {
        *kept = place;
    }
    return kept;
}

bool reading_yes(struct reading *r, const char *key, const char *text)
{
    static const char *const no_yes[] = {"no", "yes"};
    unsigned is_yes = 0;
    check_choice(r->check, reading_key(r, key).text, text, no_yes, 2, &is_yes);
    return is_yes != 0;
}

uint16_t reading_goods(struct reading *r, const char *key, const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < r->goods_count; i++) {
        if (r->goods[i].name != NULL && strcmp(r->goods[i].name, name) == 0) {
            return (uint16_t)i;
        }
        nearest_offer(&nearest, r->goods[i].name);
    }
    check_fail_name(r->check, reading_key(r, key).text, "goods are", &nearest);
    return 0;
}

uint16_t reading_metric(struct reading *r, const char *key, const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < r->metric_count; i++) {
        if (r->metrics[i].name != NULL && strcmp(r->metrics[i].name, name) == 0) {
            return (uint16_t)i;
        }
        nearest_offer(&nearest, r->metrics[i].name);
    }
    check_fail_name(r->check, reading_key(r, key).text, "metric is", &nearest);
    return 0;
}

void reading_window(struct reading *r, const char *key, const char *text, const char *length_key,
                    const char *length, struct window *out)
{
    const char *words[WINDOW_KIND_COUNT];
    for (size_t i = 0; i < WINDOW_KIND_COUNT; i++) {
        words[i] = window_kind_name((enum window_kind)i);
    }
    unsigned kind = WINDOW_EVER; /* the default */
    check_choice(r->check, reading_key(r, key).text, text, words, WINDOW_KIND_COUNT, &kind);
    out->kind = (enum window_kind)kind;
    check_unsigned(r->check, reading_key(r, length_key).text, length, 1, LIMIT_ROLLING_BUCKETS,
                   &out->length);
    if (window_check(*out) != ERR_OK) {
        check_fail(r->check, reading_key(r, length == NULL ? key : length_key).text,
                   length == NULL ? "needs a length" : "is for rolling windows only");
    }
}

void reading_term(struct reading *r, const char *months, const char *days, const char *end_of,
                  struct term *out)
{
    static const char *const words[] = {"day", "week", "month", "year"};
    static const enum window_kind kinds[] = {WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_YEAR};
    unsigned kind = 0;
    check_unsigned(r->check, reading_key(r, "months").text, months, 1, LIMIT_TERM_MONTHS,
                   &out->months);
    check_unsigned(r->check, reading_key(r, "days").text, days, 1, LIMIT_TERM_DAYS, &out->days);
    check_choice(r->check, reading_key(r, "end_of").text, end_of, words,
                 sizeof words / sizeof words[0], &kind);
    out->end_of = end_of == NULL ? WINDOW_EVER : kinds[kind];
    if (months == NULL && days == NULL && end_of == NULL) {
        check_fail(r->check, r->path, "names neither months nor days nor end_of");
    }
}

const struct slice *reading_texts(struct reading *r, char *const *texts, unsigned count)
{
    struct slice *slices = reading_take(r, count, sizeof slices[0]);
    for (unsigned i = 0; slices != NULL && i < count; i++) {
        slices[i] = reading_slice(r, texts[i]);
    }
    return slices;
}
