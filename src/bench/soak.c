#include "bench/bench.h"

enum err bench_soak(const struct bench_options *options, uint64_t commands, struct note *note)
{
    (void)options;
    (void)commands;
    return note_set(note, ERR_UNSUPPORTED, "the soak is not there yet");
}
