/* Rows about a ledger at rest: its memory, and how long it takes to be there again. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/cases.h"
#include "bench/measure.h"

#define HOLD_SECONDS 4 /* more than LIMIT_LAG_ROWS transfers take */

/* The large ledger with all that it is to hold. */
static enum err full_ledger(struct bench *bench, const struct bench_case *which,
                            struct ledger **out_ledger)
{
    const struct load_result *result;
    TRY(bench_load_of(bench, LOAD_LARGE_8190, &result));
    return bench_ledger_of(bench, (enum ledger_size)which->measurement, out_ledger);
}

static enum err time_open(struct ledger *ledger, struct bench_row *row, struct note *note)
{
    uint64_t begun = measure_ns();
    TRY(ledger_open(ledger, note));
    row->seconds = (double)(measure_ns() - begun) / 1e9;
    return ERR_OK;
}

enum err case_start(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    struct ledger *ledger;
    TRY(full_ledger(bench, which, &ledger));
    ledger_close(ledger);
    return time_open(ledger, row, bench->note);
}

/* Waits for a part's word. */
static enum err wait_ready(int fd, struct note *note)
{
    char word[16] = "";
    FILE *stream = fdopen(fd, "r");
    bool is_ready = stream != NULL && fgets(word, sizeof word, stream) != NULL &&
                    strncmp(word, "ready", 5) == 0;
    if (stream != NULL) {
        fclose(stream);
    }
    return is_ready ? ERR_OK : note_set(note, ERR_INTERNAL, "a part of the bench did not start");
}

/* A process of its own holds the ledger and transfers points as fast as it can. Once that is as
 * many as there are members its memory is told. It writes a checkpoint then, and goes on: it is
 * killed when its state lies behind again as far as it may. */
static enum err kill_holder(struct bench *bench, const struct ledger *ledger,
                            uint64_t *out_memory_bytes)
{
    pid_t pid;
    int fd;
    char log[LIMIT_PATH_BYTES + 1];
    char members[24];
    snprintf(log, sizeof log, "%s/hold.log", workplace_folder(bench->workplace));
    snprintf(members, sizeof members, "%llu", (unsigned long long)ledger->members);
    const char *const arguments[] = {
        bench->options->program, "bench",     "ledger", "--part", "hold", "--home",
        ledger->home.folder,     "--members", members,  NULL};
    TRY(child_start(bench->workplace, arguments, log, &fd, &pid, bench->note));
    enum err err = wait_ready(fd, bench->note);
    *out_memory_bytes = err == ERR_OK ? measure_memory(pid) : 0;
    (void)nanosleep(&(struct timespec){.tv_sec = HOLD_SECONDS}, NULL);
    (void)child_end(bench->workplace, pid, SIGKILL);
    return err;
}

/* For as many transfers as there are members, at the rate that the ledger had. */
static bool has_time(const struct bench *bench)
{
    const struct load_result *load = bench->loads[LOAD_LARGE_8190];
    uint64_t members = bench->sizes.members[LEDGER_LARGE];
    double ms = (double)members * (double)load->ns / (double)load->operations / 1e6;
    return budget_allows(&bench->budget, measure_ns(), (uint64_t)ms + HOLD_SECONDS * 1000);
}

/* Once for both rows. */
static enum err measure_held(struct bench *bench, const struct bench_case *which)
{
    struct ledger *ledger;
    struct bench_row row = {0};
    if (bench->held.is_measured) {
        return ERR_OK;
    }
    TRY(full_ledger(bench, which, &ledger));
    if (!has_time(bench)) {
        bench_tell(bench, "left out: a process that serves it would take too long here");
        return ERR_UNSUPPORTED;
    }
    ledger_close(ledger);
    TRY(kill_holder(bench, ledger, &bench->held.memory_bytes));
    TRY(time_open(ledger, &row, bench->note));
    bench->held.start_seconds = row.seconds;
    bench->held.is_measured = true;
    return ERR_OK;
}

enum err case_memory(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    TRY(measure_held(bench, which));
    row->memory_bytes = (double)bench->held.memory_bytes;
    return ERR_OK;
}

enum err case_start_killed(struct bench *bench, const struct bench_case *which,
                           struct bench_row *row)
{
    TRY(measure_held(bench, which));
    row->seconds = bench->held.start_seconds;
    return ERR_OK;
}
