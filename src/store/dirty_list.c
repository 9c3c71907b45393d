#include "store/dirty_list.h"

#include <stdlib.h>

void dirty_list_add(struct dirty_list *list, struct row *row, uint64_t epoch,
                    struct dirty_chunk **spare)
{
    if (list->first == NULL || list->first_epoch > epoch) {
        list->first_epoch = epoch;
    }
    if (list->last == NULL || list->last->count == DIRTY_CHUNK_ROWS) {
        struct dirty_chunk *chunk = *spare;
        *spare = chunk->next;
        chunk->next = NULL;
        chunk->count = 0;
        *(list->last == NULL ? &list->first : &list->last->next) = chunk;
        list->last = chunk;
    }
    list->last->rows[list->last->count++] = row;
}

void dirty_list_join(struct dirty_list *list, struct dirty_list *front)
{
    if (front->first == NULL) {
        return;
    }
    if (list->first == NULL) {
        *list = *front;
    } else {
        front->last->next = list->first;
        list->first = front->first;
        list->first_epoch =
            front->first_epoch < list->first_epoch ? front->first_epoch : list->first_epoch;
    }
    *front = (struct dirty_list){0};
}

void dirty_chunks_free(struct dirty_chunk *chunks)
{
    while (chunks != NULL) {
        struct dirty_chunk *next = chunks->next;
        free(chunks);
        chunks = next;
    }
}

void dirty_list_fini(struct dirty_list *list)
{
    dirty_chunks_free(list->first);
    *list = (struct dirty_list){0};
}
