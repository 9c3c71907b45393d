#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t measure_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* The number behind `label` in a file of /proc. */
static uint64_t read_number(pid_t pid, const char *file, const char *label)
{
    char path[64];
    char line[256];
    uint64_t number = 0;
    if (pid == 0) {
        snprintf(path, sizeof path, "/proc/self/%s", file);
    } else {
        snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    }
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return 0;
    }
    while (fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, label, strlen(label)) == 0) {
            number = strtoull(line + strlen(label), NULL, 10);
            break;
        }
    }
    fclose(stream);
    return number;
}

uint64_t measure_written(pid_t pid)
{
    return read_number(pid, "io", "write_bytes:");
}

uint64_t measure_memory(pid_t pid)
{
    return read_number(pid, "smaps_rollup", "Anonymous:") * 1024u;
}
