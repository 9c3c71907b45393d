#include "store/shard.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/pages.h"

#define CHANGES_FIRST 64u
#define CHANGES_MAX   (UINT32_C(1) << 31)

/* How a thread waits for a lock: it looks again so often, then lets others run, then sleeps. */
#define LOOKS    64u
#define YIELDS   16u
#define SLEEP_NS 50000

void shard_wait(struct shard *shard)
{
    unsigned turns = 0;
    do {
        for (unsigned i = 0; i < LOOKS && atomic_load_explicit(&shard->lock, memory_order_relaxed);
             i++) {
        }
        if (turns++ < YIELDS) {
            (void)sched_yield();
        } else {
            (void)nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
        }
    } while (atomic_exchange_explicit(&shard->lock, true, memory_order_acquire));
}

void shard_init(struct shard *shard)
{
    shard->change_used = 1;
}

void shard_fini(struct shard *shard)
{
    row_index_fini(&shard->index);
    free(shard->changes);
}

static uint32_t change_of(const struct row *row)
{
    return atomic_load_explicit(&row->change, memory_order_relaxed);
}

enum sight shard_version(const struct shard *shard, const struct row *row, uint64_t epoch,
                         const struct row **out_row)
{
    uint32_t number = change_of(row);
    if (number == 0 || shard->changes[number].epoch <= epoch) {
        *out_row = row;
        return SIGHT_ROW;
    }
    const struct version *version = shard->changes[number].older;
    while (version != NULL && version->epoch > epoch) {
        version = version->older;
    }
    if (version == NULL) {
        return SIGHT_BELOW;
    }
    *out_row = version->row;
    return SIGHT_ROW;
}

uint32_t shard_take_change(struct shard *shard)
{
    uint32_t number = shard->change_free;
    if (number != 0) {
        shard->change_free = shard->changes[number].next;
        __builtin_prefetch(&shard->changes[shard->change_free], 1);
        return number;
    }
    if (shard->change_used >= shard->change_room) {
        uint32_t room = shard->change_room == 0 ? CHANGES_FIRST : shard->change_room * 2;
        struct change *changes = room >= CHANGES_MAX ? NULL : pages_take(room * sizeof changes[0]);
        if (changes == NULL) {
            return 0;
        }
        if (shard->change_used > 1) {
            memcpy(changes, shard->changes, shard->change_used * sizeof changes[0]);
        }
        free(shard->changes);
        shard->changes = changes;
        shard->change_room = room;
    }
    return shard->change_used++;
}

static struct change_list *list_of(struct shard *shard, const struct change *change)
{
    return &shard->lists[row_table(change->row)];
}

void shard_link(struct shard *shard, uint32_t number)
{
    struct change *change = &shard->changes[number];
    struct change_list *list = list_of(shard, change);
    change->next = 0;
    change->previous = list->tail;
    *(list->tail == 0 ? &list->head : &shard->changes[list->tail].next) = number;
    list->tail = number;
}

void shard_drop_change(struct shard *shard, uint32_t number)
{
    struct change *change = &shard->changes[number];
    struct change_list *list = list_of(shard, change);
    *(change->previous == 0 ? &list->head : &shard->changes[change->previous].next) = change->next;
    *(change->next == 0 ? &list->tail : &shard->changes[change->next].previous) = change->previous;
    /* Whoever sees the 0 sees what was done before: the row is in LMDB. */
    atomic_store_explicit(&change->row->change, 0, memory_order_release);
    change->row = NULL;
    change->next = shard->change_free;
    shard->change_free = number;
}

struct version *shard_take_stale(struct shard *shard, struct change *change, uint64_t durable_epoch)
{
    uint64_t cut = shard->cuts[row_table(change->row)];
    if (cut == CUT_PENDING) {
        return NULL;
    }
    bool wants_durable = change->epoch > durable_epoch;
    bool wants_cut = cut != 0 && change->epoch > cut;
    struct version *stale = NULL;
    struct version **link = &change->older;
    while (*link != NULL) {
        struct version *version = *link;
        bool is_durable = version->epoch <= durable_epoch;
        bool is_cut = version->epoch <= cut;
        if (!is_durable || (is_durable && wants_durable) || (is_cut && wants_cut)) {
            wants_durable = wants_durable && !is_durable;
            wants_cut = wants_cut && !is_cut;
            link = &version->older;
        } else {
            *link = version->older;
            version->older = stale;
            stale = version;
        }
    }
    return stale;
}

static void discard(struct shard *shard, struct version **link)
{
    while (*link != NULL) {
        struct version *version = *link;
        *link = version->older;
        version->older = shard->garbage;
        shard->garbage = version;
        atomic_store_explicit(&shard->has_garbage, true, memory_order_relaxed);
    }
}

bool shard_written(struct shard *shard, uint32_t number, uint64_t cut)
{
    struct change *change = &shard->changes[number];
    struct version **link = &change->older;
    bool is_all = change->epoch <= cut;
    while (!is_all && *link != NULL && (*link)->epoch > cut) {
        link = &(*link)->older;
    }
    discard(shard, link);
    if (is_all) {
        shard_drop_change(shard, number);
    }
    return is_all;
}

void shard_end_cut(struct shard *shard, enum ledger_table table, uint64_t cut)
{
    uint32_t number = shard->lists[table].head;
    while (number != 0 && shard->changes[number].first_epoch <= cut) {
        shard->changes[number].first_epoch = cut + 1;
        number = shard->changes[number].next;
    }
}

struct version *shard_rescue(struct shard *shard, const struct row *row)
{
    for (struct version **link = &shard->garbage; *link != NULL; link = &(*link)->older) {
        if ((*link)->row == row) {
            struct version *version = *link;
            *link = version->older;
            return version;
        }
    }
    return NULL;
}
