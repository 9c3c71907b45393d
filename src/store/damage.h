/* What a damaged page does to a process. LMDB's pages carry no checksum: it follows what stands in
 * them, beyond the end of the file (SIGBUS) or anywhere (SIGSEGV). Whoever maps a ledger's files
 * says then which of them it was, and ends as with other damaged data. A lock file that LMDB makes
 * on a full disk is a SIGBUS, too, and said to be that. A fault of another kind ends the process as
 * ever.
 *
 * Thread rule: once, at the start of a program.
 */
#ifndef STORE_DAMAGE_H
#define STORE_DAMAGE_H

#include "base/bytes.h"

/* Catches both signals from now on. Builds whose sanitizer has them for itself: nothing. */
void damage_catch(void);

/* Does a line of /proc/self/maps, without its end, map `address`? Its path, which is empty for
 * memory that is no file's. Async-signal-safe. */
MUST_USE bool damage_is_mapped(struct slice line, uintptr_t address, struct slice *out_path);

/* What is said of it, into `text`; its length. An empty path: some file of the ledger's.
 * Async-signal-safe. */
size_t damage_text(struct slice program, struct slice path, char *text, size_t capacity);
/* 4 as of all damaged data, 70 where the disk is full. */
int damage_exit(struct slice path);

#endif
