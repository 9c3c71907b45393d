#include "store/damage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#define TEXT_MAX     (PATH_MAX + 200)
#define EXIT_DAMAGED 4
#define EXIT_MACHINE 70

static struct slice slice_of_text(const char *text)
{
    return slice_of(text, strlen(text));
}

/* Lower case, as the kernel writes it; moves on. */
static uintptr_t read_hex(struct slice *line)
{
    uintptr_t value = 0;
    while (line->length > 0) {
        uint8_t digit = line->at[0];
        bool is_letter = digit >= 'a' && digit <= 'f';
        if (!is_letter && (digit < '0' || digit > '9')) {
            break;
        }
        value = value << 4 | (uintptr_t)(is_letter ? digit - 'a' + 10 : digit - '0');
        line->at++;
        line->length--;
    }
    return value;
}

bool damage_is_mapped(struct slice line, uintptr_t address, struct slice *out_path)
{
    struct slice rest = line;
    uintptr_t begin = read_hex(&rest);
    if (rest.length == 0 || rest.at[0] != '-') {
        return false;
    }
    rest.at++;
    rest.length--;
    uintptr_t end = read_hex(&rest);
    if (address < begin || address >= end) {
        return false;
    }
    const uint8_t *path = memchr(rest.at, '/', rest.length);
    size_t before = path == NULL ? rest.length : (size_t)(path - rest.at);
    *out_path = slice_of(rest.at + before, rest.length - before);
    return true;
}

static bool ends_with(struct slice text, const char *ending)
{
    size_t length = strlen(ending);
    return text.length >= length && memcmp(text.at + text.length - length, ending, length) == 0;
}

static size_t put(char *text, size_t capacity, size_t length, struct slice part)
{
    size_t room = capacity - length;
    size_t count = part.length < room ? part.length : room;
    memcpy(text + length, part.at, count);
    return length + count;
}

static bool is_lock(struct slice path)
{
    return ends_with(path, ".mdb-lock");
}

static const char *what_of(struct slice path)
{
    if (is_lock(path)) {
        return ": can't be written: no room on its disk (STORAGE_FAILED)\n";
    }
    return ends_with(path, "/state.mdb")
               ? ": damaged: a page of it leads nowhere (DATA_CORRUPT); talea rebuild derives it "
                 "anew "
                 "from the journal\n"
               : ": damaged: a page of it leads nowhere (DATA_CORRUPT); keep the data folder as it "
                 "is\n";
}

size_t damage_text(struct slice program, struct slice path, char *text, size_t capacity)
{
    const struct slice parts[] = {
        program,
        slice_of_text(": "),
        path.length > 0 ? path : slice_of_text("the ledger's files"),
        slice_of_text(what_of(path)),
    };
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        length = put(text, capacity, length, parts[i]);
    }
    return length;
}

int damage_exit(struct slice path)
{
    return is_lock(path) ? EXIT_MACHINE : EXIT_DAMAGED;
}

#ifndef SANITIZED

/* Whose memory an address is; copies the path. False when it is nobody's. */
static bool find_path(uintptr_t address, char *path, size_t capacity, size_t *out_length)
{
    char line[TEXT_MAX];
    size_t length = 0;
    bool is_found = false;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && !is_found && length < sizeof line && read(fd, line + length, 1) == 1) {
        if (line[length++] != '\n') {
            continue;
        }
        struct slice name;
        if (damage_is_mapped(slice_of(line, length - 1), address, &name)) {
            is_found = true;
            *out_length = put(path, capacity, 0, name);
        }
        length = 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return is_found;
}

/* The instruction that faulted; 0 where it is not known how to ask. */
static uintptr_t instruction_of(const void *context)
{
#if defined(__x86_64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

/* Was it reading a ledger's file, or LMDB that had read one? The first gives the file's path. */
static bool is_damage(uintptr_t address, uintptr_t instruction, char *path, size_t capacity,
                      size_t *out_length)
{
    if (find_path(address, path, capacity, out_length) &&
        (ends_with(slice_of(path, *out_length), ".mdb") || is_lock(slice_of(path, *out_length)))) {
        return true;
    }
    bool is_lmdb = find_path(instruction, path, capacity, out_length) &&
                   memmem(path, *out_length, "/liblmdb", strlen("/liblmdb")) != NULL;
    *out_length = 0;
    return is_lmdb;
}

/* Only async-signal-safe calls. Where it is none of ours it returns, the instruction faults again,
 * and the signal does what it does by default. */
static void on_fault(int number, siginfo_t *about, void *context)
{
    int before = errno;
    char path[PATH_MAX];
    char text[TEXT_MAX];
    size_t length = 0;
    if (is_damage((uintptr_t)about->si_addr, instruction_of(context), path, sizeof path, &length)) {
        struct slice at = slice_of(path, length);
        length = damage_text(slice_of_text(program_invocation_short_name), at, text, sizeof text);
        ssize_t written = write(STDERR_FILENO, text, length);
        (void)written; /* there is nobody else to tell */
        _exit(damage_exit(at));
    }
    (void)signal(number, SIG_DFL);
    errno = before;
}

void damage_catch(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, NULL); /* can't fail for these two */
    (void)sigaction(SIGSEGV, &action, NULL);
}

#else

void damage_catch(void)
{
}

#endif
