/* What the change feed calls the journal's rows: every kind of command has a name there, and no
 * refusal has another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "ledger/command.h"
#include "node/refusal_number.h"

static void test_every_kind_has_a_name(void **state)
{
    (void)state;
    for (unsigned kind = 1; kind < COMMAND_KIND_END; kind++) {
        const ProtobufCEnumValue *value =
            protobuf_c_enum_descriptor_get_value(&talea__v1__event_kind__descriptor, (int)kind);
        if (command_kind_is_known(kind) != (value != NULL)) {
            fail_msg("%u, %s, is %s", kind, command_kind_name((enum command_kind)kind),
                     value == NULL ? "no event's kind" : value->name);
        }
    }
}

static void test_no_refusal_has_the_name_of_another(void **state)
{
    (void)state;
    for (unsigned verdict = VERDICT_OK + 1; verdict < VERDICT_END; verdict++) {
        char name[80];
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
            &talea__v1__refusal__descriptor, (int)refusal_number((enum verdict)verdict));
        if (verdict_is_known(verdict) && value != NULL) {
            snprintf(name, sizeof name, "REFUSAL_%s",
                     verdict_describe((enum verdict)verdict)->name);
            assert_string_equal(value->name, name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_kind_has_a_name),
                                       cmocka_unit_test(test_no_refusal_has_the_name_of_another)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
