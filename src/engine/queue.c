#include "engine/queue.h"

#include "base/patience.h"

void queue_init(struct queue *queue, size_t capacity)
{
    *queue = (struct queue){.capacity = capacity, .is_taken = true};
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

static enum err check_room(const struct queue *queue, const struct submission *submission)
{
    if (queue->is_closed) {
        return ERR_UNAVAILABLE;
    }
    bool is_full = queue->length + queue->held.work >= queue->capacity;
    return is_full && submission->kind != SUBMISSION_TERMS ? ERR_RESOURCE : ERR_OK;
}

static void append(struct lane *lane, struct submission *first, struct submission *last)
{
    last->next = NULL;
    if (lane->last == NULL) {
        lane->first = first;
    } else {
        lane->last->next = first;
    }
    lane->last = last;
}

static enum err put_locked(struct queue *queue, struct submission *submission)
{
    struct lane *lane = &queue->lanes[lane_of(submission)];
    TRY(check_room(queue, submission));
    append(lane, submission, submission);
    lane->work += work(submission);
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

/* True: there was nothing before. */
static bool put_held_locked(struct queue *queue)
{
    struct lane *held = &queue->held;
    struct lane *prompt = &queue->lanes[LANE_PROMPT];
    if (held->first == NULL) {
        return false;
    }
    bool is_first = is_empty(queue);
    append(prompt, held->first, held->last);
    prompt->work += held->work;
    queue->length += held->work;
    *held = (struct lane){0};
    atomic_store(&queue->is_calling, true);
    return is_first;
}

enum err queue_hold(struct queue *queue, struct submission *submission)
{
    bool is_first = false;
    ASSERT(submission->kind == SUBMISSION_COMMAND);
    pthread_mutex_lock(&queue->lock);
    enum err err = check_room(queue, submission);
    if (err == ERR_OK) {
        append(&queue->held, submission, submission);
        queue->held.work++;
        is_first = queue->held.work == QUEUE_HELD_MAX && put_held_locked(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    if (is_first) {
        pthread_cond_signal(&queue->has_work);
    }
    return err;
}

void queue_put_held(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool is_first = put_held_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    if (is_first) {
        pthread_cond_signal(&queue->has_work);
    }
}

/* A list of submissions. */
static struct lane cut_front(struct queue *queue, struct lane *lane, size_t limit)
{
    struct lane cut = {.first = lane->first};
    for (struct submission *s = lane->first; s != NULL && cut.work < limit; s = s->next) {
        cut.last = s;
        cut.work += work(s);
        queue->length -= weight(s);
    }
    if (cut.last != NULL) {
        lane->first = cut.last->next;
        lane->last = lane->first == NULL ? NULL : lane->last;
        lane->work -= cut.work;
        cut.last->next = NULL;
    }
    return cut;
}

static struct submission *join(struct lane *first, const struct lane *second)
{
    if (first->first == NULL) {
        return second->first;
    }
    first->last->next = second->first;
    return first->first;
}

/* Both lanes have their turns: neither can keep the other waiting for more than one. What bulk
 * there is goes along when it is short. */
static struct submission *take_locked(struct queue *queue)
{
    struct lane *prompt = &queue->lanes[LANE_PROMPT];
    struct lane *bulk = &queue->lanes[LANE_BULK];
    bool is_short = bulk->work < QUEUE_LONG_WORK;
    struct lane cut[LANE_COUNT] = {{0}};
    if (!queue->is_turn_of_bulk || is_short) {
        cut[LANE_PROMPT] = cut_front(queue, prompt, LIMIT_BATCH_RECORDS);
    }
    if (cut[LANE_PROMPT].first == NULL || is_short) {
        cut[LANE_BULK] = cut_front(queue, bulk, QUEUE_BULK_WORK);
    }
    queue->is_turn_of_bulk = cut[LANE_BULK].first == NULL && bulk->first != NULL;
    return join(&cut[LANE_PROMPT], &cut[LANE_BULK]);
}

static bool has_news(const struct queue *queue)
{
    return !is_empty(queue) || queue->is_nudged || queue->is_closed;
}

static void end_turn(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_taken = false;
    pthread_mutex_unlock(&queue->lock);
}

struct submission *queue_take(struct queue *queue, struct taken *out_taken)
{
    end_turn(queue);
    patience_wait(&queue->is_calling);
    pthread_mutex_lock(&queue->lock);
    while (queue->is_claimed || !has_news(queue)) {
        pthread_cond_wait(&queue->has_work, &queue->lock);
    }
    queue->is_taken = true;
    queue->is_nudged = false;
    struct submission *first = take_locked(queue);
    *out_taken = (struct taken){
        .is_over = first == NULL && queue->is_closed,
        .is_waited_for = queue->is_turn_of_bulk,
    };
    atomic_store(&queue->is_calling, !is_empty(queue) || queue->is_closed);
    pthread_mutex_unlock(&queue->lock);
    return first;
}

bool queue_claim(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool is_free = !queue->is_taken && !queue->is_claimed && !has_news(queue);
    queue->is_claimed = queue->is_claimed || is_free;
    pthread_mutex_unlock(&queue->lock);
    return is_free;
}

void queue_release(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_claimed = false;
    bool is_wanted = has_news(queue);
    pthread_mutex_unlock(&queue->lock);
    if (is_wanted) {
        pthread_cond_signal(&queue->has_work);
    }
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
    (void)put_held_locked(queue);
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
