#include "programme/segment.h"

#include "base/limits.h"
#include "programme/judging.h"

static bool are_before(const uint16_t *at, size_t count, size_t place)
{
    for (size_t i = 0; i < count; i++) {
        if (at[i] >= place) {
            return false;
        }
    }
    return true;
}

static enum err check_one(const struct rules_text *text, size_t place, struct note *note)
{
    const struct segment *segment = &text->segments[place];
    if (segment->metric_count + segment->list_count + segment->all_count + segment->any_count +
            segment->none_count ==
        0) {
        return note_set(note, ERR_INPUT, "segment %s: it says nothing", segment->name);
    }
    if (!are_before(segment->all, segment->all_count, place) ||
        !are_before(segment->any, segment->any_count, place) ||
        !are_before(segment->none, segment->none_count, place)) {
        return note_set(note, ERR_INPUT, "segment %s: it names one that isn't before it",
                        segment->name);
    }
    for (size_t m = 0; m < segment->metric_count; m++) {
        const struct metric_bounds *bounds = &segment->metrics[m];
        if (bounds->metric >= text->metric_count || bounds->at_least >= bounds->below ||
            bounds->counts_this) {
            return note_set(note, ERR_INPUT, "segment %s: the bounds of a metric leave nothing",
                            segment->name);
        }
    }
    return ERR_OK;
}

enum err segments_check(const struct rules_text *text, struct note *note)
{
    if (text->segment_count > LIMIT_SEGMENTS) {
        return note_set(note, ERR_INPUT, "a programme has at most %u segments", LIMIT_SEGMENTS);
    }
    for (size_t s = 0; s < text->segment_count; s++) {
        TRY(check_one(text, s, note));
    }
    return ERR_OK;
}

static bool is_in(const struct judging *j, uint16_t segment)
{
    return j->segments[segment].reason == TRACE_FIRED;
}

static enum err match_metrics(const struct judging *j, const struct segment *segment,
                              struct trace_row *row)
{
    for (size_t m = 0; m < segment->metric_count && row->reason == TRACE_FIRED; m++) {
        TRY(metric_bounded(j, &segment->metrics[m], row));
    }
    return ERR_OK;
}

static bool is_listed(const struct judging *j, const struct segment *segment)
{
    const struct shopper *shopper = &j->occasion->shopper;
    for (size_t i = 0; i < segment->list_count; i++) {
        for (size_t k = 0; k < shopper->list_count; k++) {
            if (slice_equal(segment->lists[i], shopper->lists[k])) {
                return true;
            }
        }
    }
    return segment->list_count == 0;
}

/* The segment that stands in the way; NO_RULE for none. */
static uint16_t in_the_way(const struct judging *j, const struct segment *segment)
{
    for (size_t i = 0; i < segment->all_count; i++) {
        if (!is_in(j, segment->all[i])) {
            return segment->all[i];
        }
    }
    for (size_t i = 0; i < segment->none_count; i++) {
        if (is_in(j, segment->none[i])) {
            return segment->none[i];
        }
    }
    for (size_t i = 0; i < segment->any_count; i++) {
        if (is_in(j, segment->any[i])) {
            return NO_RULE;
        }
    }
    return segment->any_count > 0 ? segment->any[0] : NO_RULE;
}

enum err segments_look_up(struct judging *j)
{
    if (j->segments != NULL) {
        return ERR_OK;
    }
    size_t count = j->text->segment_count;
    j->segments = arena_alloc(j->arena, (count + 1) * sizeof j->segments[0]);
    if (j->segments == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t s = 0; s < count; s++) {
        const struct segment *segment = &j->text->segments[s];
        struct trace_row row = {(uint16_t)s, TRACE_FIRED, NO_METRIC, 0, 0};
        TRY(match_metrics(j, segment, &row));
        if (row.reason == TRACE_FIRED && !is_listed(j, segment)) {
            row.reason = TRACE_LIST;
        }
        uint16_t other = in_the_way(j, segment);
        if (row.reason == TRACE_FIRED && other != NO_RULE) {
            row.reason = TRACE_SEGMENT;
            row.has = other;
        }
        j->segments[s] = row;
    }
    return ERR_OK;
}

enum err segments_of(const struct rules *rules, const struct standing *standing, int64_t day,
                     const struct shopper *shopper, struct arena *arena,
                     const struct trace_row **out_rows)
{
    const struct occasion occasion = {.kind = OCCASION_EVENT, .shopper = *shopper};
    struct judging j = {.rules = rules,
                        .text = rules_text(rules),
                        .standing = standing,
                        .occasion = &occasion,
                        .arena = arena,
                        .day = day};
    TRY(segments_look_up(&j));
    *out_rows = j.segments;
    return ERR_OK;
}
