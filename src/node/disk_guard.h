/* Refuses new work before the disk is full, while there is still room for a checkpoint, a log and a
 * repair; takes it again when there is room.
 *
 * It lets go at an eighth more than the bound, so that it does not flicker.
 *
 * Threads: one calls disk_guard_look, any the rest.
 */
#ifndef NODE_DISK_GUARD_H
#define NODE_DISK_GUARD_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"

/* How much room is left for this process. */
struct disk_port {
    void *context;
    enum err (*free_bytes)(void *context, uint64_t *out_bytes);
};

/* The disk of this folder; `path` is borrowed. */
struct disk_port disk_of_folder(const char *path);

struct disk_guard {
    struct disk_port port;
    uint64_t min_free_bytes; /* 0: never refuses */
    _Atomic uint64_t free_bytes;
    atomic_bool is_full;
};

enum disk_change {
    DISK_SAME,
    DISK_FILLED,
    DISK_FREED
};

void disk_guard_init(struct disk_guard *guard, struct disk_port port, uint64_t min_free_bytes);
/* Looks at the disk. When that fails, what was known before stays. */
enum disk_change disk_guard_look(struct disk_guard *guard);
bool disk_guard_is_full(const struct disk_guard *guard);
/* As last looked at. */
uint64_t disk_guard_free_bytes(const struct disk_guard *guard);

#endif
