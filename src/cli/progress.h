/* One line on the terminal that shows how far something is; nothing where nobody watches. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

#include "cli/cli.h"

struct progress {
    FILE *out; /* NULL: nobody watches */
    const char *label;
    int permille; /* as last shown; -1 for not yet */
};

void progress_begin(struct progress *progress, const struct cli *cli, const char *label);
/* Prints when it has moved on visibly. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total);
/* Wipes the line. */
void progress_end(struct progress *progress);

#endif
