#include "receipts/sort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "receipts/sort_file.h"

/* A record in memory: lengths of key and body as 4 bytes each, then both. */
struct sort_item {
    uint64_t prefix; /* the first 8 bytes of the key, to compare without looking further */
    size_t offset;
};

struct sorter {
    char *folder;
    size_t memory_bytes;
    struct buffer records;
    struct sort_item *items;
    size_t item_count;
    size_t item_capacity;
    struct sort_file file;
};

enum err sorter_create(size_t memory_bytes, const char *folder, struct sorter **out_sorter,
                       struct note *note)
{
    const char *from_environment = getenv("TMPDIR");
    if (folder == NULL) {
        folder = from_environment == NULL ? "/var/tmp" : from_environment;
    }
    struct sorter *sorter = calloc(1, sizeof *sorter);
    char *copy = strdup(folder);
    if (sorter == NULL || copy == NULL) {
        free(sorter);
        free(copy);
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    sorter->folder = copy;
    sorter->memory_bytes = memory_bytes;
    sorter->file.fd = -1;
    *out_sorter = sorter;
    return ERR_OK;
}

void sorter_destroy(struct sorter *sorter)
{
    if (sorter == NULL) {
        return;
    }
    sort_file_close(&sorter->file);
    buffer_fini(&sorter->records);
    free(sorter->items);
    free(sorter->folder);
    free(sorter);
}

static uint64_t prefix_of(struct slice key)
{
    uint8_t bytes[8] = {0};
    if (key.length > 0) {
        memcpy(bytes, key.at, key.length < sizeof bytes ? key.length : sizeof bytes);
    }
    return get_u64_be(bytes);
}

static int compare_items(const void *left, const void *right, void *context)
{
    const struct sort_item *a = left;
    const struct sort_item *b = right;
    const struct buffer *records = context;
    if (a->prefix != b->prefix) {
        return a->prefix < b->prefix ? -1 : 1;
    }
    return sort_key_compare(sort_record_key(records->at + a->offset),
                            sort_record_key(records->at + b->offset));
}

static void sort_memory(struct sorter *sorter)
{
    if (sorter->item_count > 1) {
        qsort_r(sorter->items, sorter->item_count, sizeof *sorter->items, compare_items,
                &sorter->records);
    }
}

static enum err spill(struct sorter *sorter, struct note *note)
{
    sort_memory(sorter);
    TRY(sort_file_open(&sorter->file, sorter->folder, note));
    TRY(sort_file_begin_run(&sorter->file, note));
    for (size_t i = 0; i < sorter->item_count; i++) {
        const uint8_t *record = sorter->records.at + sorter->items[i].offset;
        TRY(sort_file_write(&sorter->file, slice_of(record, sort_record_size(record)), note));
    }
    TRY(sort_file_end_run(&sorter->file, note));
    buffer_clear(&sorter->records);
    sorter->item_count = 0;
    return ERR_OK;
}

static enum err reserve_item(struct sorter *sorter, struct note *note)
{
    if (sorter->item_count < sorter->item_capacity) {
        return ERR_OK;
    }
    size_t capacity = sorter->item_capacity == 0 ? 1024 : sorter->item_capacity * 2;
    struct sort_item *items = realloc(sorter->items, capacity * sizeof *items);
    if (items == NULL) {
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    sorter->items = items;
    sorter->item_capacity = capacity;
    return ERR_OK;
}

enum err sorter_add(struct sorter *sorter, struct slice key, struct slice record, struct note *note)
{
    size_t used = sorter->records.length + sorter->item_count * sizeof *sorter->items;
    if (sorter->item_count > 0 && used + key.length + record.length > sorter->memory_bytes) {
        TRY(spill(sorter, note));
    }
    TRY(reserve_item(sorter, note));
    size_t offset = sorter->records.length;
    write_u32(&sorter->records, (uint32_t)key.length);
    write_u32(&sorter->records, (uint32_t)record.length);
    write_bytes(&sorter->records, key.at, key.length);
    write_bytes(&sorter->records, record.at, record.length);
    if (sorter->records.err != ERR_OK) {
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    sorter->items[sorter->item_count++] =
        (struct sort_item){.prefix = prefix_of(key), .offset = offset};
    return ERR_OK;
}

enum err sorter_finish(struct sorter *sorter, sorter_on_record *on_record, void *context,
                       struct note *note)
{
    if (sorter->file.fd >= 0) {
        TRY(spill(sorter, note));
        buffer_fini(&sorter->records);
        free(sorter->items);
        sorter->items = NULL;
        sorter->item_capacity = 0;
        return sort_file_merge(&sorter->file, sorter->folder, on_record, context, note);
    }
    sort_memory(sorter);
    for (size_t i = 0; i < sorter->item_count; i++) {
        const uint8_t *record = sorter->records.at + sorter->items[i].offset;
        TRY(on_record(context, sort_record_key(record), sort_record_body(record), note));
    }
    return ERR_OK;
}
