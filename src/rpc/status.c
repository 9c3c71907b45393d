#include "rpc/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct rpc_status rpc_status_ok(void)
{
    return (struct rpc_status){0};
}

/* What does not fit is cut; a cut never leaves half a UTF-8 sequence behind. */
static void cut(char *out, size_t capacity, const char *text)
{
    size_t length = strnlen(text, capacity - 1);
    while (length > 0 && text[length] != '\0' && ((unsigned char)text[length] & 0xc0) == 0x80) {
        length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

struct rpc_status rpc_status_of(enum err err, const struct note *note)
{
    struct rpc_status status = {0};
    if (err == ERR_OK) {
        return status;
    }
    const struct err_row *row = err_describe(err);
    bool is_noted = note != NULL && note->text[0] != '\0';
    status.code = row->grpc_status;
    cut(status.reason, sizeof status.reason, row->name);
    cut(status.message, sizeof status.message, is_noted ? note->text : row->sentence);
    return status;
}

struct rpc_status rpc_status_make(int code, const char *reason, const char *format, ...)
{
    struct rpc_status status = {.code = code};
    va_list args;
    char message[RPC_MESSAGE_MAX + 4];
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    cut(status.reason, sizeof status.reason, reason);
    cut(status.message, sizeof status.message, message);
    return status;
}

enum err rpc_status_err(const struct rpc_status *status)
{
    if (status->code == 0) {
        return ERR_OK;
    }
    enum err same_code = ERR_INTERNAL;
    for (enum err err = ERR_COUNT - 1; err > ERR_OK; err--) {
        const struct err_row *row = err_describe(err);
        if (row->grpc_status != status->code) {
            continue;
        }
        if (strcmp(row->name, status->reason) == 0) {
            return err;
        }
        same_code = err;
    }
    return same_code;
}

const char *rpc_code_name(int code)
{
    static const char *const names[] = {"OK",
                                        "CANCELLED",
                                        "UNKNOWN",
                                        "INVALID_ARGUMENT",
                                        "DEADLINE_EXCEEDED",
                                        "NOT_FOUND",
                                        "ALREADY_EXISTS",
                                        "PERMISSION_DENIED",
                                        "RESOURCE_EXHAUSTED",
                                        "FAILED_PRECONDITION",
                                        "ABORTED",
                                        "OUT_OF_RANGE",
                                        "UNIMPLEMENTED",
                                        "INTERNAL",
                                        "UNAVAILABLE",
                                        "DATA_LOSS",
                                        "UNAUTHENTICATED"};
    bool is_known = code >= 0 && (size_t)code < sizeof names / sizeof names[0];
    return is_known ? names[code] : "UNKNOWN";
}

void rpc_message_shorten(char *message)
{
    static const char all[] = "failed to connect to all addresses; last error: ";
    static const char one[] = "Failed to connect to remote host: ";
    if (strncmp(message, all, sizeof all - 1) != 0) {
        return;
    }
    char *at = message + sizeof all - 1;
    at += strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    at += strspn(at, ": ");
    memmove(message, at, strlen(at) + 1);
    at = strstr(message, one);
    if (at != NULL) {
        memmove(at, at + sizeof one - 1, strlen(at + sizeof one - 1) + 1);
    }
}
