/* How the program ends, for scripts. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include "base/error.h"

enum cli_exit {
    CLI_OK = 0,
    CLI_REFUSED = 1,     /* the ledger said no, or two halves do not match */
    CLI_USAGE = 2,       /* the command line or a file given to it is wrong */
    CLI_UNREACHABLE = 3, /* no answer: nothing was done, or it is unknown what was */
    CLI_CORRUPT = 4,     /* a signature, a hash or stored bytes do not verify */
    CLI_INTERNAL = 70    /* sysexits.h: EX_SOFTWARE; also a full disk or no memory */
};

/* The exit of a failure on this side, before or after the node was asked. */
enum cli_exit exit_of(enum err err);
/* The exit of a call that ended with this gRPC code. */
enum cli_exit exit_of_status(int code);

#endif
