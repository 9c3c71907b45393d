#include "cli/exit.h"

enum cli_exit exit_of(enum err err)
{
    switch (err) {
    case ERR_OK:
        return CLI_OK;
    case ERR_INPUT:
    case ERR_RANGE:
    case ERR_NOT_FOUND:
    case ERR_EXISTS:
    case ERR_DENIED:
    case ERR_UNSUPPORTED:
        return CLI_USAGE;
    case ERR_CONFLICT:
    case ERR_DISAGREE:
        return CLI_REFUSED;
    case ERR_SIGNATURE:
    case ERR_REVOKED:
    case ERR_CORRUPT:
        return CLI_CORRUPT;
    case ERR_UNAVAILABLE:
    case ERR_KEY_ENDED:
    case ERR_DEADLINE:
    case ERR_CANCELLED:
        return CLI_UNREACHABLE;
    case ERR_RESOURCE:
    case ERR_STORAGE:
    case ERR_INTERNAL:
    case ERR_DISK_FULL:
    case ERR_COUNT:
    default:
        return CLI_INTERNAL;
    }
}

/* https://grpc.io/docs/guides/status-codes/ */
enum cli_exit exit_of_status(int code)
{
    switch (code) {
    case 0: /* OK */
        return CLI_OK;
    case 3: /* INVALID_ARGUMENT */
        return CLI_USAGE;
    case 5:  /* NOT_FOUND */
    case 6:  /* ALREADY_EXISTS */
    case 7:  /* PERMISSION_DENIED */
    case 8:  /* RESOURCE_EXHAUSTED */
    case 9:  /* FAILED_PRECONDITION */
    case 10: /* ABORTED */
    case 11: /* OUT_OF_RANGE */
    case 16: /* UNAUTHENTICATED */
        return CLI_REFUSED;
    case 1:  /* CANCELLED */
    case 2:  /* UNKNOWN */
    case 4:  /* DEADLINE_EXCEEDED */
    case 14: /* UNAVAILABLE */
        return CLI_UNREACHABLE;
    case 15: /* DATA_LOSS */
        return CLI_CORRUPT;
    default:
        return CLI_INTERNAL;
    }
}
