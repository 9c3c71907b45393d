/* Errors: what went wrong that is not a business refusal (those are verdicts, ledger/verdict.h).
 *
 * A function that can fail returns `enum err` and must be listened to. On any result but ERR_OK its
 * outputs are untouched and nothing has changed. One table gives each code its name, its category,
 * its gRPC status, whether asking again can help, and a sentence. Where a person needs to know what
 * and where, the function also takes a `struct note` and writes one line there.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Scoped cleanup: `CLEANUP(file_close) FILE *f = ...` calls file_close(&f) when f leaves scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

enum err {
    ERR_OK = 0,
    ERR_INPUT,       /* malformed or out of range, by the caller's fault */
    ERR_RANGE,       /* a number does not fit, or arithmetic would overflow */
    ERR_NOT_FOUND,   /* what was named does not exist */
    ERR_EXISTS,      /* what was to be made exists already */
    ERR_DENIED,      /* the caller's identity does not allow this */
    ERR_SIGNATURE,   /* a signature does not verify, or its key or purpose is wrong */
    ERR_CONFLICT,    /* same id with another body, or a state that moved on */
    ERR_DISAGREE,    /* two honest-looking halves differ */
    ERR_UNAVAILABLE, /* a peer, a lock or a service is away; ask again */
    ERR_DEADLINE,    /* the time allowed ran out; the outcome may be unknown */
    ERR_CANCELLED,   /* the caller went away */
    ERR_RESOURCE,    /* memory, queue, disk or a configured limit is exhausted */
    ERR_STORAGE,     /* the disk refused; nothing was acknowledged */
    ERR_CORRUPT,     /* stored bytes are not what was written */
    ERR_UNSUPPORTED, /* a version or a method this build does not know */
    ERR_INTERNAL,    /* our own mistake */
    ERR_DISK_FULL,   /* too little room is left; nothing was done */
    ERR_REVOKED,     /* signed by a key that was revoked before */
    ERR_KEY_ENDED,   /* this node has no key that it may sign with now */
    ERR_COUNT
};

enum err_category {
    ERR_CATEGORY_NONE,
    ERR_CATEGORY_INPUT,
    ERR_CATEGORY_REFUSED,
    ERR_CATEGORY_CONFLICT,
    ERR_CATEGORY_TRANSIENT,
    ERR_CATEGORY_CORRUPT,
    ERR_CATEGORY_RESOURCE,
    ERR_CATEGORY_INTERNAL
};

struct err_row {
    const char *name;     /* machine-readable, upper snake case: "NOT_FOUND" */
    const char *sentence; /* for people, ends with a full stop */
    enum err_category category;
    int grpc_status; /* numeric code of the gRPC specification, 0 for OK */
    bool may_retry;  /* the same request may succeed later */
};

/* Never NULL; an unknown code gives the row of ERR_INTERNAL. */
const struct err_row *err_describe(enum err code);
const char *err_name(enum err code);

/* One line for a person: what failed and where. Empty unless a function wrote to it. */
struct note {
    char text[512];
};

/* Writes the line (cut to fit; bytes that are not printable UTF-8 become '?') and returns `code`,
 * so that `return note_set(note, ERR_INPUT, ...)` reads well. `note` may be NULL. */
enum err note_set(struct note *note, enum err code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Returns from the enclosing function on any result but ERR_OK. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        enum err try_err_ = (expression);                                                          \
        if (try_err_ != ERR_OK) {                                                                  \
            return try_err_;                                                                       \
        }                                                                                          \
    } while (0)

/* Assertions are for our own mistakes only and are always on. */
#define ASSERT(condition)                                                                          \
    ((condition) ? (void)0 : assert_fail(#condition, __FILE__, __LINE__, __func__))
_Noreturn void assert_fail(const char *condition, const char *file, int line, const char *function);

#endif
