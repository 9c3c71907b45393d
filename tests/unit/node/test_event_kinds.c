/* What the change feed calls the journal's rows: every kind of command has a name there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/command.h"
#include "talea/v1/ledger.pb-c.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_kind_has_a_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
