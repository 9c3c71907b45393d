/* What the tests of this folder share. Include after cmocka.h. */
#ifndef CONFIG_TEST_H
#define CONFIG_TEST_H

#include <string.h>

#include "base/bytes.h"

static inline struct slice text_slice(const char *text)
{
    return slice_of(text, strlen(text));
}

/* `text` with its one occurrence of `from` replaced by `to`; fails the test when there is none. */
static inline const char *edited(const char *text, const char *from, const char *to, char *out,
                                 size_t room)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    int length = snprintf(out, room, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_true(length > 0 && (size_t)length < room);
    return out;
}

struct edit {
    const char *from;
    const char *to;
    const char *note; /* the whole error text */
};

#endif
