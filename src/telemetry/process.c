#include "telemetry/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Fields of /proc/self/stat, numbered as in proc(5). */
#define STAT_FIRST      3 /* the first one after the command's name */
#define STAT_THREADS    20
#define STAT_START_TIME 22
#define STAT_VIRTUAL    23
#define STAT_RESIDENT   24

static size_t read_text(const char *path, char *out, size_t room)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        out[0] = '\0';
        return 0;
    }
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length + 1 < room) {
        got = read(file, out + length, room - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    close(file);
    out[length] = '\0';
    return length;
}

/* The command's name stands in parentheses and may hold anything, so count from the last one. */
static int64_t read_stat(int field)
{
    char text[2048];
    read_text("/proc/self/stat", text, sizeof text);
    const char *at = strrchr(text, ')');
    for (int i = STAT_FIRST; at != NULL && i <= field; i++) {
        at = strchr(at + 1, ' ');
    }
    int64_t value = 0;
    return at != NULL && sscanf(at, " %" SCNd64, &value) == 1 ? value : 0;
}

static int64_t read_cpu_us(void *context)
{
    (void)context;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* The system's start in unix seconds, and ours in clock ticks after it. */
static int64_t read_start_ms(void *context)
{
    (void)context;
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL) {
        return 0;
    }
    char line[512];
    int64_t boot_s = 0;
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "btime %" SCNd64, &boot_s) != 1) {
    }
    fclose(file);
    int64_t ticks_per_s = sysconf(_SC_CLK_TCK);
    return boot_s * 1000 + (ticks_per_s > 0 ? read_stat(STAT_START_TIME) * 1000 / ticks_per_s : 0);
}

static int64_t read_resident(void *context)
{
    (void)context;
    return read_stat(STAT_RESIDENT) * sysconf(_SC_PAGESIZE);
}

static int64_t read_virtual(void *context)
{
    (void)context;
    return read_stat(STAT_VIRTUAL);
}

static int64_t read_threads(void *context)
{
    (void)context;
    return read_stat(STAT_THREADS);
}

static int64_t read_open_files(void *context)
{
    (void)context;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return 0;
    }
    int64_t count = -1; /* the folder's own */
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

static int64_t read_max_files(void *context)
{
    (void)context;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    return limit.rlim_cur > (rlim_t)INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

enum err process_metrics_add(struct metrics *metrics)
{
    static const struct {
        struct metric_spec spec;
        metric_read *read;
    } gauges[] = {
        {{"process_start_time_seconds", "Start of the process in unix time.", 3}, read_start_ms},
        {{"process_resident_memory_bytes", "Memory of the process that is in RAM.", 0},
         read_resident},
        {{"process_virtual_memory_bytes", "Address space of the process.", 0}, read_virtual},
        {{"process_open_fds", "Open file descriptors.", 0}, read_open_files},
        {{"process_max_fds", "Most file descriptors that may be open.", 0}, read_max_files},
        {{"process_threads", "Threads of the process.", 0}, read_threads},
    };
    static const struct metric_spec cpu = {"process_cpu_seconds_total",
                                           "User and system time spent.", 6};
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        TRY(metrics_add_gauge_read(metrics, &gauges[i].spec, METRIC_NO_LABELS, gauges[i].read,
                                   NULL));
    }
    return metrics_add_counter_read(metrics, &cpu, METRIC_NO_LABELS, read_cpu_us, NULL);
}
