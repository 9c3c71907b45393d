#include "engine/queue.h"

#include "base/patience.h"

void queue_init(struct queue *queue, size_t capacity)
{
    *queue = (struct queue){.capacity = capacity};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->has_work, NULL);
}

static bool is_empty(const struct queue *queue)
{
    return queue->lanes[LANE_PROMPT].first == NULL && queue->lanes[LANE_BULK].first == NULL;
}

void queue_fini(struct queue *queue)
{
    ASSERT(is_empty(queue));
    pthread_cond_destroy(&queue->has_work);
    pthread_mutex_destroy(&queue->lock);
}

static enum lane_kind lane_of(const struct submission *submission)
{
    switch (submission->kind) {
    case SUBMISSION_COMMAND:
    case SUBMISSION_TERMS:
        return LANE_PROMPT;
    case SUBMISSION_COMMANDS:
    case SUBMISSION_TAKE_BATCH:
    case SUBMISSION_TAKE_RECEIPT:
        break;
    }
    return LANE_BULK;
}

/* What it counts as while it waits. */
static size_t weight(const struct submission *submission)
{
    return submission->kind == SUBMISSION_COMMANDS ? submission->count : 1;
}

/* How much there is to do. */
static size_t work(const struct submission *submission)
{
    return submission->kind == SUBMISSION_TAKE_BATCH ? submission->batch->count
                                                     : weight(submission);
}

static enum err put_locked(struct queue *queue, struct submission *submission)
{
    struct lane *lane = &queue->lanes[lane_of(submission)];
    if (queue->is_closed) {
        return ERR_UNAVAILABLE;
    }
    if (queue->length >= queue->capacity && submission->kind != SUBMISSION_TERMS) {
        return ERR_RESOURCE;
    }
    submission->next = NULL;
    if (lane->last == NULL) {
        lane->first = submission;
    } else {
        lane->last->next = submission;
    }
    lane->last = submission;
    queue->length += weight(submission);
    atomic_store(&queue->is_calling, true);
    return ERR_OK;
}

enum err queue_put(struct queue *queue, struct submission *submission)
{
    pthread_mutex_lock(&queue->lock);
    bool is_first = is_empty(queue);
    enum err err = put_locked(queue, submission);
    pthread_mutex_unlock(&queue->lock);
    if (err == ERR_OK && is_first) {
        pthread_cond_signal(&queue->has_work);
    }
    return err;
}

static struct submission *cut_front(struct queue *queue, struct lane *lane, size_t limit)
{
    struct submission *first = lane->first;
    struct submission *cut = first;
    size_t taken = work(cut);
    queue->length -= weight(cut);
    while (taken < limit && cut->next != NULL) {
        cut = cut->next;
        taken += work(cut);
        queue->length -= weight(cut);
    }
    lane->first = cut->next;
    if (lane->first == NULL) {
        lane->last = NULL;
    }
    cut->next = NULL;
    return first;
}

/* Both lanes have their turns: neither can keep the other waiting for more than one. */
static struct submission *take_locked(struct queue *queue)
{
    struct lane *prompt = &queue->lanes[LANE_PROMPT];
    struct lane *bulk = &queue->lanes[LANE_BULK];
    bool is_bulk = prompt->first == NULL || (queue->is_turn_of_bulk && bulk->first != NULL);
    queue->is_turn_of_bulk = !is_bulk && bulk->first != NULL;
    return is_bulk ? cut_front(queue, bulk, QUEUE_BULK_WORK)
                   : cut_front(queue, prompt, LIMIT_BATCH_RECORDS);
}

struct submission *queue_take(struct queue *queue, struct taken *out_taken)
{
    patience_wait(&queue->is_calling);
    pthread_mutex_lock(&queue->lock);
    while (is_empty(queue) && !queue->is_nudged && !queue->is_closed) {
        pthread_cond_wait(&queue->has_work, &queue->lock);
    }
    queue->is_nudged = false;
    struct submission *first = is_empty(queue) ? NULL : take_locked(queue);
    *out_taken = (struct taken){
        .is_over = first == NULL && queue->is_closed,
        .is_waited_for =
            first != NULL && lane_of(first) == LANE_PROMPT && queue->lanes[LANE_BULK].first != NULL,
    };
    atomic_store(&queue->is_calling, !is_empty(queue) || queue->is_closed);
    pthread_mutex_unlock(&queue->lock);
    return first;
}

void queue_nudge(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_nudged = true;
    atomic_store(&queue->is_calling, true);
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_signal(&queue->has_work);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    atomic_store(&queue->is_calling, true);
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_broadcast(&queue->has_work);
}

size_t queue_length(const struct queue *queue)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&queue->lock; /* no queue is const */
    pthread_mutex_lock(lock);
    size_t length = queue->length;
    pthread_mutex_unlock(lock);
    return length;
}
