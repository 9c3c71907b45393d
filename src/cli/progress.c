#include "cli/progress.h"

#include <string.h>

#define BAR_CELLS 30

void progress_begin(struct progress *progress, const struct cli *cli, const char *label)
{
    *progress = (struct progress){cli->is_watched ? cli->err : NULL, label, -1};
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
    if (progress->out == NULL) {
        return;
    }
    if (done > total) {
        done = total;
    }
    /* Files above 16 PB would overflow; nobody watches those. */
    int permille = total == 0 ? 1000 : (int)(done * 1000 / total);
    if (permille == progress->permille) {
        return;
    }
    progress->permille = permille;
    char bar[BAR_CELLS + 1];
    size_t full = (size_t)permille * BAR_CELLS / 1000;
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', full);
    bar[BAR_CELLS] = '\0';
    fprintf(progress->out, "\r[%s] %3d%% %s", bar, permille / 10, progress->label);
    fflush(progress->out);
}

void progress_end(struct progress *progress)
{
    if (progress->out != NULL && progress->permille >= 0) {
        fprintf(progress->out, "\r\033[K");
        fflush(progress->out);
    }
}
