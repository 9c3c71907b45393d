#include "audit/ahead.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "audit/rooms.h"

#define SLOTS 4u /* batches that are held */

struct slot {
    struct ahead_batch batch;
    struct buffer bytes; /* what the batch's slices point into */
    struct record *records;
    size_t capacity;
};

/* Slots from `taken` to `filled` are the worker's, all others the reader's. */
struct ahead {
    struct audit frames; /* the place in the journal, and what is wrong with it */
    enum err result;     /* of the reader, once it is finished */
    pthread_t thread;
    pthread_mutex_t lock; /* over all below */
    pthread_cond_t changed;
    uint64_t filled;
    uint64_t taken;
    bool is_finished;
    bool is_cancelled;
    bool has_given; /* the worker looks at the slot at `taken`; the worker's */
    struct audit_finding finding;
    struct slot slots[SLOTS];
};

/* ERR_CANCELLED: nobody wants more. */
static enum err wait_for_slot(struct ahead *ahead, struct slot **out_slot)
{
    pthread_mutex_lock(&ahead->lock);
    while (ahead->filled - ahead->taken == SLOTS && !ahead->is_cancelled) {
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    }
    bool is_cancelled = ahead->is_cancelled;
    *out_slot = &ahead->slots[ahead->filled % SLOTS];
    pthread_mutex_unlock(&ahead->lock);
    return is_cancelled ? ERR_CANCELLED : ERR_OK;
}

static void publish(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->filled++;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

static enum err make_room(struct slot *slot, size_t count)
{
    if (count > slot->capacity) {
        struct record *records = realloc(slot->records, count * sizeof records[0]);
        if (records == NULL) {
            return ERR_RESOURCE;
        }
        slot->records = records;
        slot->capacity = count;
    }
    return ERR_OK;
}

/* Up to the first that can't be: whoever comes to it says so. */
static enum err decode_records(struct slot *slot)
{
    struct ahead_batch *batch = &slot->batch;
    struct slice record;
    TRY(make_room(slot, batch->view.count));
    expected_clear(&batch->expected);
    uint32_t i = 0;
    while (i < batch->view.count && batch_record(&batch->view, i, &record) == ERR_OK &&
           record_decode(record, &slot->records[i]) == ERR_OK) {
        TRY(expected_add(&batch->expected, &slot->records[i]));
        i++;
    }
    batch->records = slot->records;
    batch->record_count = i;
    return ERR_OK;
}

static enum err read_batch(void *context, uint64_t first_row, struct slice bytes)
{
    struct ahead *ahead = context;
    struct audit *frames = &ahead->frames;
    struct slot *slot;
    if (first_row >= frames->end_row) {
        frames->is_done = true;
        return ERR_NOT_FOUND;
    }
    TRY(wait_for_slot(ahead, &slot));
    buffer_clear(&slot->bytes);
    write_bytes(&slot->bytes, bytes.at, bytes.length);
    TRY(slot->bytes.err);
    const struct batch_view *view = &slot->batch.view;
    TRY(audit_frame(frames, first_row, buffer_slice(&slot->bytes), &slot->batch.view));
    TRY(decode_records(slot));
    frames->next_row = first_row + view->count;
    frames->batch_time = view->time;
    frames->head = view->hash;
    publish(ahead);
    return ERR_OK;
}

static enum err read_journal(struct ahead *ahead)
{
    struct audit *frames = &ahead->frames;
    const struct journal *journal = &frames->options->journal;
    enum err err = journal->replay(journal->context, 0, read_batch, ahead);
    bool is_ended = err != ERR_CORRUPT && frames->is_done; /* the visitor had enough */
    return audit_frames_end(frames, is_ended ? ERR_OK : err);
}

static void *read_ahead(void *context)
{
    struct ahead *ahead = context;
    ahead->result = read_journal(ahead);
    pthread_mutex_lock(&ahead->lock);
    ahead->is_finished = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

enum err ahead_begin(const struct audit_options *options, uint64_t end_row,
                     struct ahead **out_ahead)
{
    struct ahead *ahead = calloc(1, sizeof *ahead);
    if (ahead == NULL) {
        return ERR_RESOURCE;
    }
    ahead->frames = (struct audit){.options = options,
                                   .finding = &ahead->finding,
                                   .next_row = 1,
                                   .end_row = end_row,
                                   .batch_time = {INT64_MIN}};
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    for (unsigned i = 0; i < SLOTS; i++) {
        ahead->slots[i].bytes.limit = LIMIT_JOURNAL_BATCH_BYTES;
    }
    if (pthread_create(&ahead->thread, NULL, read_ahead, ahead) != 0) {
        pthread_cond_destroy(&ahead->changed);
        pthread_mutex_destroy(&ahead->lock);
        free(ahead);
        return ERR_RESOURCE;
    }
    *out_ahead = ahead;
    return ERR_OK;
}

/* The batch that was given out goes back; is there another one? */
static bool wait_for_batch(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    if (ahead->has_given) {
        ahead->taken++;
        pthread_cond_signal(&ahead->changed);
    }
    while (ahead->filled == ahead->taken && !ahead->is_finished) {
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    }
    ahead->has_given = ahead->filled > ahead->taken;
    pthread_mutex_unlock(&ahead->lock);
    return ahead->has_given;
}

enum err ahead_next(struct ahead *ahead, const struct ahead_batch **out_batch,
                    struct audit_finding *out_finding)
{
    if (wait_for_batch(ahead)) {
        *out_batch = &ahead->slots[ahead->taken % SLOTS].batch;
        return ERR_OK;
    }
    if (ahead->result != ERR_OK) {
        *out_finding = ahead->finding;
        return ahead->result;
    }
    *out_batch = NULL;
    return ERR_OK;
}

void ahead_end(struct ahead *ahead)
{
    if (ahead == NULL) {
        return;
    }
    pthread_mutex_lock(&ahead->lock);
    ahead->is_cancelled = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    for (unsigned i = 0; i < SLOTS; i++) {
        buffer_fini(&ahead->slots[i].bytes);
        free(ahead->slots[i].records);
        expected_fini(&ahead->slots[i].batch.expected);
    }
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}
