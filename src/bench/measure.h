/* What the machine says of a process: time, bytes written, memory. Any thread. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <sys/types.h>

/* A monotonic clock, in nanoseconds. */
uint64_t measure_ns(void);

/* Bytes that a process made the kernel write to a disk so far (write_bytes of proc(5), io); pid 0
 * is this one. 0 where the kernel doesn't tell. */
uint64_t measure_written(pid_t pid);

/* Resident memory that is the process's own: `Anonymous` of /proc/PID/smaps_rollup, which is heap,
 * stacks and what it changed in private mappings. Pages of files that are merely mapped (LMDB's
 * tables, the programs) are the page cache's, which the kernel takes back as it likes, and are not
 * counted. 0 where the kernel doesn't tell. */
uint64_t measure_memory(pid_t pid);

#endif
