/* A backup on this machine, proven with a home's charter. */
#ifndef CLI_BACKUP_CHECK_H
#define CLI_BACKUP_CHECK_H

#include "backup/backup.h"
#include "cli/cli.h"
#include "cli/progress.h"

/* Checks the backup in `folder` with a progress line, and follows the hash chain of the journal in
 * it, in the words of `talea verify`; signatures by the charter of --charter or
 * the home's, which is taken as missing when `may_lack_charter` and the home has none.
 * `*out_is_signed`: the signature was checked. */
MUST_USE enum err backup_check_here(struct cli *cli, const char *folder, bool may_lack_charter,
                                    struct backup_manifest *out_manifest, bool *out_is_signed,
                                    struct note *note);
/* What a manifest says, for a person. */
void backup_print(struct cli *cli, const struct backup_manifest *manifest);
/* For a progress line; `progress` begins and ends around it. */
bool backup_show_progress(void *progress, uint64_t bytes_done, uint64_t bytes_total);

#endif
