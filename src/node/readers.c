/* A pool of readers' views: taken for one query, given back. */
#include "node/readers.h"

#include <pthread.h>
#include <stdlib.h>

struct idle_reader {
    struct idle_reader *next;
    struct state_reader *reader;
};

struct reader_pool {
    pthread_mutex_t lock;
    struct state *state;
    struct idle_reader *idle;
    struct idle_reader *spare; /* list cells without a reader */
};

enum err readers_open(struct state *state, struct reader_pool **out_pool)
{
    struct reader_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        return ERR_RESOURCE;
    }
    pool->state = state;
    pthread_mutex_init(&pool->lock, NULL);
    *out_pool = pool;
    return ERR_OK;
}

void readers_close(struct reader_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    while (pool->idle != NULL) {
        struct idle_reader *cell = pool->idle;
        pool->idle = cell->next;
        state_reader_destroy(cell->reader);
        free(cell);
    }
    while (pool->spare != NULL) {
        struct idle_reader *cell = pool->spare;
        pool->spare = cell->next;
        free(cell);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

enum err readers_take(struct reader_pool *pool, struct state_reader **out_reader)
{
    pthread_mutex_lock(&pool->lock);
    struct idle_reader *cell = pool->idle;
    if (cell != NULL) {
        pool->idle = cell->next;
        cell->next = pool->spare;
        pool->spare = cell;
        *out_reader = cell->reader;
    }
    pthread_mutex_unlock(&pool->lock);
    return cell != NULL ? ERR_OK : state_reader_create(pool->state, out_reader);
}

void readers_give(struct reader_pool *pool, struct state_reader *reader)
{
    pthread_mutex_lock(&pool->lock);
    struct idle_reader *cell = pool->spare;
    if (cell != NULL) {
        pool->spare = cell->next;
    } else {
        cell = malloc(sizeof *cell);
    }
    if (cell != NULL) {
        cell->reader = reader;
        cell->next = pool->idle;
        pool->idle = cell;
    }
    pthread_mutex_unlock(&pool->lock);
    if (cell == NULL) {
        state_reader_destroy(reader);
    }
}

enum err readers_standing(struct reader_pool *pool, const struct standing_owner *owner,
                          struct standing_row **out_row)
{
    struct state_reader *reader;
    struct standing_row *row = malloc(sizeof *row);
    enum err err = row == NULL ? ERR_RESOURCE : readers_take(pool, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = standing_get_row(&view, owner, row);
        readers_give(pool, reader);
    }
    if (err != ERR_OK) {
        free(row);
        return err;
    }
    *out_row = row;
    return ERR_OK;
}
