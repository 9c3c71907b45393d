/* Rooms for batches: made when first needed, kept until the end. */
#include <pthread.h>
#include <stdlib.h>

#include "node/batch.h"

#define ROOM_BYTES (64u << 20) /* what became of LIMIT_SHOWN_CODES codes of each command */

struct batch_rooms {
    pthread_mutex_t lock;
    pthread_cond_t is_given;
    struct node *node;
    struct batch_room *idle;
    unsigned in_use;
    unsigned streams;
};

struct batch_room *batch_room_create(struct node *node)
{
    struct batch_room *room = malloc(sizeof *room);
    if (room != NULL) {
        room->node = node;
        room->next = NULL;
        room->call = NULL;
        room->count = 0;
        arena_init(&room->memory, ROOM_BYTES);
    }
    return room;
}

void batch_room_destroy(struct batch_room *room)
{
    if (room != NULL) {
        arena_fini(&room->memory);
    }
    free(room);
}

enum err batch_rooms_open(struct node *node, struct batch_rooms **out_rooms)
{
    struct batch_rooms *rooms = calloc(1, sizeof *rooms);
    if (rooms == NULL) {
        return ERR_RESOURCE;
    }
    rooms->node = node;
    pthread_mutex_init(&rooms->lock, NULL);
    pthread_cond_init(&rooms->is_given, NULL);
    *out_rooms = rooms;
    return ERR_OK;
}

void batch_rooms_close(struct batch_rooms *rooms)
{
    if (rooms == NULL) {
        return;
    }
    ASSERT(rooms->in_use == 0 && rooms->streams == 0);
    while (rooms->idle != NULL) {
        struct batch_room *room = rooms->idle;
        rooms->idle = room->next;
        batch_room_destroy(room);
    }
    pthread_cond_destroy(&rooms->is_given);
    pthread_mutex_destroy(&rooms->lock);
    free(rooms);
}

struct batch_room *batch_rooms_take(struct batch_rooms *rooms)
{
    pthread_mutex_lock(&rooms->lock);
    while (rooms->in_use == LIMIT_BATCH_ROOMS) {
        pthread_cond_wait(&rooms->is_given, &rooms->lock);
    }
    struct batch_room *room = rooms->idle;
    if (room != NULL) {
        rooms->idle = room->next;
    } else {
        room = batch_room_create(rooms->node);
    }
    rooms->in_use += room != NULL ? 1 : 0;
    pthread_mutex_unlock(&rooms->lock);
    return room;
}

void batch_rooms_give(struct batch_rooms *rooms, struct batch_room *room)
{
    pthread_mutex_lock(&rooms->lock);
    room->next = rooms->idle;
    rooms->idle = room;
    rooms->in_use--;
    pthread_cond_signal(&rooms->is_given);
    pthread_mutex_unlock(&rooms->lock);
}

bool batch_rooms_begin_stream(struct batch_rooms *rooms)
{
    pthread_mutex_lock(&rooms->lock);
    bool has_room = rooms->streams < LIMIT_BATCH_STREAMS;
    rooms->streams += has_room ? 1 : 0;
    pthread_mutex_unlock(&rooms->lock);
    return has_room;
}

void batch_rooms_end_stream(struct batch_rooms *rooms)
{
    pthread_mutex_lock(&rooms->lock);
    rooms->streams--;
    pthread_mutex_unlock(&rooms->lock);
}
