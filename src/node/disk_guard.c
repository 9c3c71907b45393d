#include "node/disk_guard.h"

#include <sys/statvfs.h>

static enum err folder_free_bytes(void *context, uint64_t *out_bytes)
{
    struct statvfs room;
    if (statvfs(context, &room) != 0) {
        return ERR_STORAGE;
    }
    *out_bytes = (uint64_t)room.f_bavail * room.f_frsize;
    return ERR_OK;
}

struct disk_port disk_of_folder(const char *path)
{
    return (struct disk_port){(void *)(uintptr_t)path, folder_free_bytes};
}

void disk_guard_init(struct disk_guard *guard, struct disk_port port, uint64_t min_free_bytes)
{
    guard->port = port;
    guard->min_free_bytes = min_free_bytes;
    atomic_init(&guard->free_bytes, 0);
    atomic_init(&guard->is_full, false);
}

enum disk_change disk_guard_look(struct disk_guard *guard)
{
    uint64_t bytes;
    if (guard->port.free_bytes(guard->port.context, &bytes) != ERR_OK) {
        return DISK_SAME;
    }
    atomic_store(&guard->free_bytes, bytes);
    uint64_t bound = guard->min_free_bytes;
    bool was_full = atomic_load(&guard->is_full);
    bool is_full = bytes < (was_full ? bound + bound / 8 : bound);
    atomic_store(&guard->is_full, is_full);
    return is_full == was_full ? DISK_SAME : is_full ? DISK_FILLED : DISK_FREED;
}

bool disk_guard_is_full(const struct disk_guard *guard)
{
    return atomic_load(&guard->is_full);
}

uint64_t disk_guard_free_bytes(const struct disk_guard *guard)
{
    return atomic_load(&guard->free_bytes);
}
