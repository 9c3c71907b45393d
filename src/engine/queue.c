#include "engine/queue.h"

#include "base/patience.h"

void queue_init(struct queue *queue, size_t capacity)
{
    *queue = (struct queue){.capacity = capacity};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->has_work, NULL);
}

void queue_fini(struct queue *queue)
{
    ASSERT(queue->first == NULL);
    pthread_cond_destroy(&queue->has_work);
    pthread_mutex_destroy(&queue->lock);
}

static size_t weight(const struct submission *submission)
{
    return submission->kind == SUBMISSION_COMMANDS ? submission->count : 1;
}

static enum err put_locked(struct queue *queue, struct submission *submission)
{
    if (queue->is_closed) {
        return ERR_UNAVAILABLE;
    }
    if (queue->length >= queue->capacity && submission->kind != SUBMISSION_TERMS) {
        return ERR_RESOURCE;
    }
    submission->next = NULL;
    if (queue->last == NULL) {
        queue->first = submission;
    } else {
        queue->last->next = submission;
    }
    queue->last = submission;
    queue->length += weight(submission);
    atomic_store(&queue->is_calling, true);
    return ERR_OK;
}

enum err queue_put(struct queue *queue, struct submission *submission)
{
    pthread_mutex_lock(&queue->lock);
    enum err err = put_locked(queue, submission);
    bool is_first = err == ERR_OK && queue->first == submission;
    pthread_mutex_unlock(&queue->lock);
    if (is_first) {
        pthread_cond_signal(&queue->has_work);
    }
    return err;
}

static struct submission *cut_front(struct queue *queue, size_t limit)
{
    struct submission *first = queue->first;
    struct submission *cut = first;
    size_t taken = weight(cut);
    while (taken < limit && cut->next != NULL) {
        cut = cut->next;
        taken += weight(cut);
    }
    queue->first = cut->next;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    queue->length -= taken;
    cut->next = NULL;
    return first;
}

struct submission *queue_take(struct queue *queue, size_t limit, bool *out_is_over)
{
    patience_wait(&queue->is_calling);
    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->is_nudged && !queue->is_closed) {
        pthread_cond_wait(&queue->has_work, &queue->lock);
    }
    queue->is_nudged = false;
    struct submission *taken = queue->first == NULL ? NULL : cut_front(queue, limit);
    *out_is_over = taken == NULL && queue->is_closed;
    atomic_store(&queue->is_calling, queue->first != NULL || queue->is_closed);
    pthread_mutex_unlock(&queue->lock);
    return taken;
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
