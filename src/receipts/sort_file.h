/* The temporary file behind a sorter: runs of sorted records, and their merging. Internal to
 * receipts/sort.c. */
#ifndef RECEIPTS_SORT_FILE_H
#define RECEIPTS_SORT_FILE_H

#include "receipts/sort.h"

struct sort_run {
    uint64_t start;
    uint64_t end;
};

struct sort_file {
    int fd; /* -1 while there is none */
    uint64_t size;
    struct sort_run *runs;
    size_t run_count;
    size_t run_capacity;
    struct buffer pending; /* written in large pieces */
};

/* A record in bytes: lengths of key and body as 4 bytes each, little-endian, then both. */
#define SORT_RECORD_HEAD 8u
struct slice sort_record_key(const uint8_t *record);
struct slice sort_record_body(const uint8_t *record);
size_t sort_record_size(const uint8_t *record);
int sort_key_compare(struct slice a, struct slice b);

/* Does nothing when it is open. */
MUST_USE enum err sort_file_open(struct sort_file *file, const char *folder, struct note *note);
void sort_file_close(struct sort_file *file);
MUST_USE enum err sort_file_begin_run(struct sort_file *file, struct note *note);
MUST_USE enum err sort_file_write(struct sort_file *file, struct slice record, struct note *note);
MUST_USE enum err sort_file_end_run(struct sort_file *file, struct note *note);

/* Gives the records of all runs in order; merges LIMIT_IMPORT_RUNS at a time. */
MUST_USE enum err sort_file_merge(struct sort_file *file, const char *folder,
                                  sorter_on_record *on_record, void *context, struct note *note);

#endif
