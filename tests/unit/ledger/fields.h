/* A random value, its bytes, and what comes back of them: field by field. */
#ifndef TESTS_LEDGER_FIELDS_H
#define TESTS_LEDGER_FIELDS_H

#include "ledger_test.h"

#define SAME(field)                                                                                \
    do {                                                                                           \
        if (memcmp(&before.field, &after.field, sizeof before.field) != 0) {                       \
            fail_msg(#field " does not come back");                                                \
        }                                                                                          \
    } while (0)

#define COMES_BACK(type)                                                                           \
    struct type before = sample_##type(rng);                                                       \
    struct type after;                                                                             \
    struct buffer bytes = {0};                                                                     \
    type##_encode(&before, &bytes);                                                                \
    assert_int_equal(type##_decode(buffer_slice(&bytes), &after), ERR_OK)

#define COMMAND_COMES_BACK(kind_)                                                                  \
    struct command before = sample_command(rng, kind_);                                            \
    struct command after;                                                                          \
    struct buffer bytes = {0};                                                                     \
    command_encode(&before, &bytes);                                                               \
    assert_int_equal(command_decode(kind_, buffer_slice(&bytes), &after), ERR_OK)

#define SAME_SLICE(field) assert_true(slice_equal(before.field, after.field))

#endif
