#include "node/judged_codes.h"

#include <string.h>

#include "base/text.h"
#include "node/till_judged.h"
#include "programme/coupon.h"

#define CASE_BYTES (2u << 20)

static enum err check_code(const struct judging_case *judged, size_t place, struct slice code,
                           struct note *note)
{
    bool is_text = code.length > 0 && code.length <= LIMIT_CODE_BYTES && text_is_printable(code);
    if (!is_text) {
        return note_set(note, ERR_INPUT, "code %zu is not 1 to %u bytes of printable UTF-8",
                        place + 1, LIMIT_CODE_BYTES);
    }
    for (size_t i = 0; i < place; i++) {
        if (coupon_is_alike(judged->codes[i].text, code)) {
            return note_set(note, ERR_INPUT, "code %zu was shown before", place + 1);
        }
    }
    return ERR_OK;
}

enum err judged_codes_read(char *const *codes, size_t count, struct judging_case *judged,
                           struct note *note)
{
    if (count > LIMIT_SHOWN_CODES) {
        return note_set(note, ERR_INPUT, "%zu codes are shown, more than %u", count,
                        LIMIT_SHOWN_CODES);
    }
    for (size_t i = 0; i < count; i++) {
        struct slice code = coupon_typed(slice_of(codes[i], strlen(codes[i])));
        TRY(check_code(judged, i, code, note));
        judged->codes[i] = (struct shown_code){.text = code};
    }
    judged->occasion.codes = judged->codes;
    judged->occasion.code_count = count;
    return ERR_OK;
}

/* The case itself is gone: it is in what the ledger was to keep of it. */
static enum err read_own(const struct judging_case *judged, struct arena *scratch,
                         struct kept_case *out_kept)
{
    const struct buffer *evidence = &judged->evidence;
    uint8_t *copy = arena_alloc(scratch, evidence->length + 1);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(copy, evidence->at, evidence->length);
    return kept_case_decode(slice_of(copy, evidence->length), scratch, out_kept);
}

static enum err answer(struct node *node, const struct judging_case *judged, bool is_repeat,
                       struct arena *scratch, struct arena *arena, struct judged_codes *out_codes)
{
    struct kept_case kept;
    TRY(is_repeat ? judging_read_case(node, judged->snapshot, &judged->id, scratch, &kept)
                  : read_own(judged, scratch, &kept));
    const struct programme_version *version =
        programmes_find(judged->snapshot->programmes, kept.programme);
    return version == NULL || version->rules == NULL
               ? ERR_CORRUPT
               : judged_answer_codes(version, &kept, arena, &out_codes->at, &out_codes->count);
}

enum err judged_codes_answer(struct node *node, const struct judging_case *judged, bool is_repeat,
                             struct arena *arena, struct judged_codes *out_codes)
{
    struct arena scratch;
    *out_codes = (struct judged_codes){.count = 0};
    if (judged->occasion.code_count == 0) {
        return ERR_OK;
    }
    arena_init(&scratch, CASE_BYTES);
    enum err err = answer(node, judged, is_repeat, &scratch, arena, out_codes);
    arena_fini(&scratch);
    return err;
}
