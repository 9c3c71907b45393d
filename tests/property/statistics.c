#include "statistics.h"

#include <inttypes.h>
#include <stdio.h>

struct reachable {
    enum command_kind kind;
    enum verdict verdict;
};

static const struct reachable reachable[] = {
    {COMMAND_ENROL, VERDICT_OK},
    {COMMAND_ENROL, VERDICT_REFERENCE_EXISTS},
};

void statistics_print(const struct statistics *statistics)
{
    for (unsigned kind = 1; kind < COMMAND_KIND_END; kind++) {
        for (unsigned verdict = 0; verdict < VERDICT_END; verdict++) {
            uint64_t count = statistics->counts[kind][verdict];
            if (count > 0) {
                (void)printf("%9" PRIu64 " %s %s\n", count,
                             command_kind_name((enum command_kind)kind),
                             verdict_describe((enum verdict)verdict)->name);
            }
        }
    }
}

size_t statistics_print_missing(const struct statistics *statistics)
{
    size_t missing = 0;
    for (size_t i = 0; i < sizeof reachable / sizeof reachable[0]; i++) {
        if (statistics->counts[reachable[i].kind][reachable[i].verdict] == 0) {
            (void)printf("no %s was answered %s\n", command_kind_name(reachable[i].kind),
                         verdict_describe(reachable[i].verdict)->name);
            missing++;
        }
    }
    return missing;
}
