/* What the kernel knows about this process, under the names that Prometheus clients share:
 * process_cpu_seconds_total, process_start_time_seconds, process_resident_memory_bytes,
 * process_virtual_memory_bytes, process_open_fds, process_max_fds, process_threads.
 *
 * Read from /proc at each rendering; a value that can't be read shows as 0.
 */
#ifndef TELEMETRY_PROCESS_H
#define TELEMETRY_PROCESS_H

#include "telemetry/metrics.h"

MUST_USE enum err process_metrics_add(struct metrics *metrics);

#endif
