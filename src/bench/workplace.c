#include "bench/workplace.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 16u
#define OPEN_FOLDERS 16
#define REMOVALS     3 /* files may still be made while the first removal is under way */

extern char **environ;

struct workplace {
    char folder[LIMIT_PATH_BYTES + 1];
    sigset_t before; /* the mask to go back to */
    pthread_t watcher;
    pthread_mutex_t mutex;
    pid_t children[CHILDREN_MAX];
};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

void workplace_remove(const char *path)
{
    (void)nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

static void kill_children(struct workplace *workplace)
{
    pthread_mutex_lock(&workplace->mutex);
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        if (workplace->children[i] != 0) {
            (void)kill(workplace->children[i], SIGKILL);
            (void)waitpid(workplace->children[i], NULL, 0);
            workplace->children[i] = 0;
        }
    }
    pthread_mutex_unlock(&workplace->mutex);
}

static void caught_set(sigset_t *out_set)
{
    sigemptyset(out_set);
    sigaddset(out_set, SIGINT);
    sigaddset(out_set, SIGTERM);
    sigaddset(out_set, SIGHUP);
    sigaddset(out_set, SIGUSR1); /* from workplace_close */
}

static void *watch(void *context)
{
    struct workplace *workplace = context;
    sigset_t caught;
    int number = 0;
    caught_set(&caught);
    if (sigwait(&caught, &number) == 0 && number != SIGUSR1) {
        kill_children(workplace);
        for (int i = 0; i < REMOVALS; i++) {
            workplace_remove(workplace->folder);
        }
        _exit(128 + number);
    }
    return NULL;
}

/* What was asked for, or what this machine can't do? */
static enum err failure_of(int reason)
{
    bool is_not_there = reason == ENOENT || reason == ENOTDIR;
    bool is_denied = reason == EACCES || reason == EPERM || reason == EROFS;
    return is_not_there ? ERR_NOT_FOUND : is_denied ? ERR_DENIED : ERR_STORAGE;
}

static enum err make_folder(const char *parent, struct workplace *workplace, struct note *note)
{
    const char *place = parent != NULL ? parent : getenv("TMPDIR");
    place = place == NULL || *place == '\0' ? "/tmp" : place;
    int length =
        snprintf(workplace->folder, sizeof workplace->folder, "%s/talea-bench.XXXXXX", place);
    if (length < 0 || (size_t)length >= sizeof workplace->folder - 128) {
        return note_set(note, ERR_RANGE, "the folder's path is too long");
    }
    if (mkdtemp(workplace->folder) == NULL) {
        return note_set(note, failure_of(errno), "no folder can be made in %s: %s", place,
                        strerror(errno));
    }
    return ERR_OK;
}

enum err workplace_open(const char *parent, struct workplace **out_workplace, struct note *note)
{
    struct workplace *workplace = calloc(1, sizeof *workplace);
    if (workplace == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = make_folder(parent, workplace, note);
    if (err != ERR_OK) {
        free(workplace);
        return err;
    }
    sigset_t caught;
    caught_set(&caught);
    pthread_sigmask(SIG_BLOCK, &caught, &workplace->before);
    pthread_mutex_init(&workplace->mutex, NULL);
    if (pthread_create(&workplace->watcher, NULL, watch, workplace) != 0) {
        pthread_sigmask(SIG_SETMASK, &workplace->before, NULL);
        workplace_remove(workplace->folder);
        free(workplace);
        return ERR_RESOURCE;
    }
    *out_workplace = workplace;
    return ERR_OK;
}

void workplace_close(struct workplace *workplace)
{
    if (workplace == NULL) {
        return;
    }
    kill_children(workplace);
    pthread_kill(workplace->watcher, SIGUSR1);
    pthread_join(workplace->watcher, NULL);
    workplace_remove(workplace->folder);
    pthread_sigmask(SIG_SETMASK, &workplace->before, NULL);
    pthread_mutex_destroy(&workplace->mutex);
    free(workplace);
}

const char *workplace_folder(const struct workplace *workplace)
{
    return workplace->folder;
}

/* Takes a place in the list, or gives it back: the pid that stands there becomes another. */
static bool replace_child(struct workplace *workplace, pid_t old, pid_t new)
{
    bool is_found = false;
    pthread_mutex_lock(&workplace->mutex);
    for (size_t i = 0; i < CHILDREN_MAX && !is_found; i++) {
        if (workplace->children[i] == old) {
            workplace->children[i] = new;
            is_found = true;
        }
    }
    pthread_mutex_unlock(&workplace->mutex);
    return is_found;
}

/* Its own copies of what posix_spawn takes as char *const *. Behind setpriv, where that is there,
 * so that the child is killed when this process is. */
static int spawn(const char *const *arguments, const posix_spawn_file_actions_t *actions,
                 pid_t *out_pid)
{
    static const char *const dependent[] = {"/usr/bin/setpriv", "--pdeathsig", "KILL", "--"};
    char *copies[CHILD_ARGUMENTS_MAX + 5] = {NULL};
    posix_spawnattr_t attributes;
    sigset_t none;
    size_t count = 0;
    for (; access(dependent[0], X_OK) == 0 && count < 4; count++) {
        copies[count] = strdup(dependent[count]);
    }
    for (size_t i = 0; arguments[i] != NULL && i < CHILD_ARGUMENTS_MAX; i++) {
        copies[count++] = strdup(arguments[i]);
    }
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int result = posix_spawn(out_pid, copies[0], actions, &attributes, copies, environ);
    posix_spawnattr_destroy(&attributes);
    for (size_t i = 0; i < count; i++) {
        free(copies[i]);
    }
    return result;
}

enum err child_start(struct workplace *workplace, const char *const *arguments, const char *log,
                     int *out_fd, pid_t *out_pid, struct note *note)
{
    int pipe_fds[2] = {-1, -1};
    pid_t pid = 0;
    posix_spawn_file_actions_t actions;
    if (access(arguments[0], X_OK) != 0) {
        return note_set(note, ERR_NOT_FOUND, "%s can't be started: %s", arguments[0],
                        strerror(errno));
    }
    if (out_fd != NULL && pipe2(pipe_fds, O_CLOEXEC) != 0) {
        return note_set(note, ERR_RESOURCE, "no pipe: %s", strerror(errno));
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, out_fd == NULL ? 2 : pipe_fds[1], 1);
    int result = spawn(arguments, &actions, &pid);
    posix_spawn_file_actions_destroy(&actions);
    if (out_fd != NULL) {
        close(pipe_fds[1]);
    }
    if (result != 0 || !replace_child(workplace, 0, pid)) {
        if (out_fd != NULL) {
            close(pipe_fds[0]);
        }
        return note_set(note, ERR_NOT_FOUND, "%s can't be started: %s", arguments[0],
                        strerror(result));
    }
    if (out_fd != NULL) {
        *out_fd = pipe_fds[0];
    }
    *out_pid = pid;
    return ERR_OK;
}

int child_end(struct workplace *workplace, pid_t pid, int signal_number)
{
    int status = 0;
    if (signal_number != 0) {
        (void)kill(pid, signal_number);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)replace_child(workplace, pid, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool child_is_running(pid_t pid)
{
    siginfo_t ended = {.si_pid = 0};
    return waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
}

/* The log's last line that is not empty. */
static void read_last_line(const char *path, char *out, size_t size)
{
    char line[1024];
    FILE *file = fopen(path, "re");
    out[0] = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0') {
            snprintf(out, size, "%s", line);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

enum err child_run(struct workplace *workplace, const char *const *arguments, const char *log,
                   struct note *note)
{
    pid_t pid;
    char last[1024];
    TRY(child_start(workplace, arguments, log, NULL, &pid, note));
    int code = child_end(workplace, pid, 0);
    if (code != 0) {
        read_last_line(log, last, sizeof last);
        return note_set(note, ERR_INTERNAL, "%s ended with %d: %s", arguments[0], code, last);
    }
    return ERR_OK;
}
