/* A simulated disk under a journal: batches that are durable, or are lost when the machine stops.
 *
 * The next appends can be made to fail: the batch is not written and the caller is told so, it is
 * written and the caller is told that it was not, or the machine stops before or after it. Once it
 * has stopped nothing answers until it is started again.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "store/journal.h"

enum sim_disk_fault {
    SIM_DISK_SOUND,
    SIM_DISK_FULL,         /* nothing is written */
    SIM_DISK_UNSURE,       /* written, and reported as failed */
    SIM_DISK_CRASH_BEFORE, /* the machine stops, and the batch is lost */
    SIM_DISK_CRASH_AFTER   /* the machine stops, and the batch is there */
};

struct sim_batch {
    uint64_t first_row;
    uint32_t count;
    size_t length;
    uint8_t *bytes;
};

struct sim_disk {
    struct sim_batch *batches;
    size_t count;
    size_t room;
    uint64_t next_row;
    enum sim_disk_fault fault; /* of the appends after `appends_left` more */
    unsigned appends_left;
    bool is_stopped;
    bool has_file; /* a journal on a real file, beside the batches in memory */
    struct journal file;
    uint64_t appends;
    uint64_t bytes;
};

void sim_disk_init(struct sim_disk *disk);
void sim_disk_fini(struct sim_disk *disk);
/* What is appended goes into this one, too, and what is read comes from it. */
void sim_disk_use_file(struct sim_disk *disk, struct journal file);
/* After a stop: only the first batches are there. */
void sim_disk_cut(struct sim_disk *disk, size_t batches);
/* Writes them all into an empty file. */
void sim_disk_write_file(const struct sim_disk *disk, struct journal file);
struct journal sim_disk_journal(struct sim_disk *disk);
void sim_disk_set_fault(struct sim_disk *disk, enum sim_disk_fault fault, unsigned appends_left);
/* After a stop: what is there is there. */
void sim_disk_start(struct sim_disk *disk);

#endif
