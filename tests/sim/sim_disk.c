#include "sim_disk.h"

#include <stdlib.h>
#include <string.h>

void sim_disk_init(struct sim_disk *disk)
{
    *disk = (struct sim_disk){.next_row = 1};
}

void sim_disk_fini(struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->count; i++) {
        free(disk->batches[i].bytes);
    }
    free(disk->batches);
}

void sim_disk_use_file(struct sim_disk *disk, struct journal file)
{
    disk->has_file = true;
    disk->file = file;
}

void sim_disk_set_fault(struct sim_disk *disk, enum sim_disk_fault fault, unsigned appends_left)
{
    disk->fault = fault;
    disk->appends_left = appends_left;
}

void sim_disk_start(struct sim_disk *disk)
{
    disk->is_stopped = false;
    disk->fault = SIM_DISK_SOUND;
}

void sim_disk_cut(struct sim_disk *disk, size_t batches)
{
    ASSERT(batches <= disk->count);
    while (disk->count > batches) {
        free(disk->batches[--disk->count].bytes);
    }
    disk->next_row =
        batches == 0 ? 1 : disk->batches[batches - 1].first_row + disk->batches[batches - 1].count;
}

void sim_disk_write_file(const struct sim_disk *disk, struct journal file)
{
    for (size_t i = 0; i < disk->count; i++) {
        const struct sim_batch *batch = &disk->batches[i];
        ASSERT(file.append(file.context, batch->first_row, batch->count,
                           slice_of(batch->bytes, batch->length), 0) == ERR_OK);
    }
}

static void store(struct sim_disk *disk, uint64_t first_row, uint32_t count, struct slice batch)
{
    if (disk->has_file) {
        ASSERT(disk->file.append(disk->file.context, first_row, count, batch, 0) == ERR_OK);
    }
    if (disk->count == disk->room) {
        disk->room = disk->room == 0 ? 64 : disk->room * 2;
        disk->batches = realloc(disk->batches, disk->room * sizeof *disk->batches);
        ASSERT(disk->batches != NULL);
    }
    struct sim_batch *to = &disk->batches[disk->count++];
    *to = (struct sim_batch){first_row, count, batch.length, malloc(batch.length)};
    ASSERT(to->bytes != NULL);
    memcpy(to->bytes, batch.at, batch.length);
    disk->next_row = first_row + count;
    disk->appends++;
    disk->bytes += batch.length;
}

static enum sim_disk_fault fault_of_append(struct sim_disk *disk)
{
    if (disk->fault == SIM_DISK_SOUND) {
        return SIM_DISK_SOUND;
    }
    if (disk->appends_left > 0) {
        disk->appends_left--;
        return SIM_DISK_SOUND;
    }
    return disk->fault;
}

static bool is_last(const struct sim_disk *disk, uint64_t first_row, struct slice batch)
{
    const struct sim_batch *last = disk->count == 0 ? NULL : &disk->batches[disk->count - 1];
    return last != NULL && last->first_row == first_row &&
           slice_equal(slice_of(last->bytes, last->length), batch);
}

static enum err disk_append(void *context, uint64_t first_row, uint32_t count, struct slice batch,
                            uint64_t fence)
{
    struct sim_disk *disk = context;
    (void)fence;
    if (disk->is_stopped) {
        return ERR_STORAGE;
    }
    if (first_row != disk->next_row) {
        return is_last(disk, first_row, batch) ? ERR_OK : ERR_CONFLICT;
    }
    switch (fault_of_append(disk)) {
    case SIM_DISK_SOUND:
        store(disk, first_row, count, batch);
        return ERR_OK;
    case SIM_DISK_FULL:
        return ERR_STORAGE;
    case SIM_DISK_UNSURE:
        store(disk, first_row, count, batch);
        return ERR_STORAGE;
    case SIM_DISK_CRASH_BEFORE:
        disk->is_stopped = true;
        return ERR_STORAGE;
    case SIM_DISK_CRASH_AFTER:
        store(disk, first_row, count, batch);
        disk->is_stopped = true;
        return ERR_STORAGE;
    }
    return ERR_INTERNAL;
}

/* The batch that holds the row. */
static const struct sim_batch *batch_of(const struct sim_disk *disk, uint64_t row)
{
    size_t low = 0;
    size_t high = disk->count;
    if (row == 0 || row >= disk->next_row) {
        return NULL;
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (disk->batches[middle].first_row <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &disk->batches[low];
}

static enum err
disk_replay(void *context, uint64_t from_row,
            enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch), void *visitor)
{
    struct sim_disk *disk = context;
    uint64_t from = from_row == 0 ? 1 : from_row;
    if (disk->is_stopped) {
        return ERR_STORAGE;
    }
    if (disk->has_file) {
        return disk->file.replay(disk->file.context, from_row, visit, visitor);
    }
    if (from == disk->next_row) {
        return ERR_OK;
    }
    const struct sim_batch *batch = batch_of(disk, from);
    if (batch == NULL) {
        return ERR_NOT_FOUND;
    }
    for (; batch < disk->batches + disk->count; batch++) {
        TRY(visit(visitor, batch->first_row, slice_of(batch->bytes, batch->length)));
    }
    return ERR_OK;
}

static enum err disk_look(void *context, uint64_t row,
                          enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch),
                          void *visitor)
{
    const struct sim_disk *disk = context;
    const struct sim_batch *batch = batch_of(disk, row);
    if (disk->is_stopped) {
        return ERR_STORAGE;
    }
    if (disk->has_file) {
        return disk->file.look(disk->file.context, row, visit, visitor);
    }
    if (batch == NULL) {
        return ERR_NOT_FOUND;
    }
    return visit(visitor, batch->first_row, slice_of(batch->bytes, batch->length));
}

static enum err disk_read(void *context, uint64_t row, uint64_t *out_first_row, struct buffer *out)
{
    const struct sim_disk *disk = context;
    const struct sim_batch *batch = batch_of(disk, row);
    if (disk->is_stopped) {
        return ERR_STORAGE;
    }
    if (disk->has_file) {
        return disk->file.read(disk->file.context, row, out_first_row, out);
    }
    if (batch == NULL) {
        return ERR_NOT_FOUND;
    }
    buffer_clear(out);
    write_bytes(out, batch->bytes, batch->length);
    *out_first_row = batch->first_row;
    return out->err;
}

static enum err disk_trim(void *context, uint64_t row)
{
    (void)context;
    (void)row;
    return ERR_UNSUPPORTED;
}

static enum err disk_next_row(void *context, uint64_t *out_row)
{
    const struct sim_disk *disk = context;
    if (disk->is_stopped) {
        return ERR_STORAGE;
    }
    if (disk->has_file) {
        return disk->file.next_row(disk->file.context, out_row);
    }
    *out_row = disk->next_row;
    return ERR_OK;
}

struct journal sim_disk_journal(struct sim_disk *disk)
{
    return (struct journal){disk,      disk_append, disk_replay,  disk_read,
                            disk_look, disk_trim,   disk_next_row};
}
