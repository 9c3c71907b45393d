/* Where a bench works: a folder of its own and the processes that it starts, both gone at the end.
 *
 * SIGINT, SIGTERM and SIGHUP are caught while there is a workplace: the processes are killed, the
 * folder is removed, and the program ends. So open it before any other thread is started: threads
 * inherit the signal mask. One workplace in a process; its functions may be called by any thread.
 */
#ifndef BENCH_WORKPLACE_H
#define BENCH_WORKPLACE_H

#include <sys/types.h>

#include "base/error.h"
#include "base/limits.h"

struct workplace;

/* A new folder under `parent` (NULL: $TMPDIR, else /tmp). */
MUST_USE enum err workplace_open(const char *parent, struct workplace **out_workplace,
                                 struct note *note);
/* Kills what still runs, removes the folder. NULL is allowed. */
void workplace_close(struct workplace *workplace);
const char *workplace_folder(const struct workplace *workplace);

/* Removes a folder with all that is in it; what is not there is no error. */
void workplace_remove(const char *path);

#define CHILD_ARGUMENTS_MAX 40u

/* A program that runs beside: `arguments` ends with NULL, the first is its path. It is
 * killed when this process is. Its output goes to
 * `log` (made anew), or is read through *out_fd where that is not NULL. */
MUST_USE enum err child_start(struct workplace *workplace, const char *const *arguments,
                              const char *log, int *out_fd, pid_t *out_pid, struct note *note);
/* Sends the signal (0: none) and waits for the end. The exit code; 128 + the signal that ended it.
 */
int child_end(struct workplace *workplace, pid_t pid, int signal_number);
/* Whether it still runs; does not wait. */
bool child_is_running(pid_t pid);
/* Runs to the end. ERR_INTERNAL when that is not exit code 0: the note holds the log's last line.
 */
MUST_USE enum err child_run(struct workplace *workplace, const char *const *arguments,
                            const char *log, struct note *note);

#endif
