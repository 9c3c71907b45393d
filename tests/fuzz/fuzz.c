#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void fuzz_expect_same(struct slice bytes, const struct buffer *again)
{
    ASSERT(again->err == ERR_OK);
    ASSERT(slice_equal(bytes, buffer_slice(again)));
}

void fuzz_expect_blame(enum err err)
{
    enum err_category category = err_describe(err)->category;
    ASSERT(category != ERR_CATEGORY_INTERNAL && category != ERR_CATEGORY_NONE);
}

void fuzz_expect_refusal(enum err err, const struct note *note)
{
    size_t length = strnlen(note->text, sizeof note->text);
    fuzz_expect_blame(err);
    ASSERT(length > 0 && length < sizeof note->text);
    ASSERT(text_is_printable(slice_of(note->text, length)));
}

bool fuzz_choose(struct slice *bytes, unsigned count, unsigned *out_choice)
{
    if (bytes->length == 0 || bytes->at[0] >= count) {
        return false;
    }
    *out_choice = bytes->at[0];
    *bytes = slice_of(bytes->at + 1, bytes->length - 1);
    return true;
}

char *fuzz_text(struct slice bytes)
{
    return strndup((const char *)bytes.at, bytes.length);
}

void fuzz_text_free(char **text)
{
    free(*text);
}
