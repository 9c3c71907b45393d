#include "store/shard.h"

void shard_fini(struct shard *shard, struct pages *pages)
{
    row_index_fini(&shard->index, pages);
    for (unsigned i = 0; i < TABLE_END; i++) {
        dirty_list_fini(&shard->dirty[i]);
    }
}

enum sight shard_version(const struct version_log *log, const struct row *row, uint64_t epoch,
                         const struct row **out_row)
{
    while (epoch_is_after(row->epoch, (uint32_t)epoch)) {
        if (row->older == 0) {
            return SIGHT_BELOW;
        }
        row = version_log_at(log, row->older);
    }
    *out_row = row;
    return SIGHT_ROW;
}

void shard_add_to(struct shard *shard, struct dirty_list *list, struct row *row, uint64_t epoch,
                  struct dirty_chunk **spare)
{
    dirty_list_add(list, row, epoch, spare);
    row_set_dirty(row, true);
    shard_count_dirty(shard, row_table(row), row_bytes(row), 0);
}

void shard_add_dirty(struct shard *shard, struct row *row, uint64_t epoch,
                     struct dirty_chunk **spare)
{
    shard_add_to(shard, &shard->dirty[row_table(row)], row, epoch, spare);
}

void shard_end_dirty(struct shard *shard, struct row *row)
{
    row_set_dirty(row, false);
    shard_count_dirty(shard, row_table(row), 0, row_bytes(row));
}

static void count_gone(struct shard *shard, enum ledger_table table, size_t plus, size_t minus)
{
    size_t bytes = atomic_load_explicit(&shard->gone_bytes[table], memory_order_relaxed);
    atomic_store_explicit(&shard->gone_bytes[table], bytes + plus - minus, memory_order_relaxed);
}

void shard_leave(struct shard *shard, struct row *row, struct row *elsewhere)
{
    enum ledger_table table = row_table(row);
    shard_count_dirty(shard, table, 0, row_bytes(row));
    count_gone(shard, table, row_capacity(row), 0);
    row_leave(row, elsewhere);
}

void shard_give_gone(struct shard *shard, enum ledger_table table, struct row *row)
{
    count_gone(shard, table, 0, row_capacity(row));
    row_leave(row, shard->gone);
    shard->gone = row;
    atomic_store_explicit(&shard->has_gone, true, memory_order_relaxed);
}

struct row *shard_take_gone(struct shard *shard)
{
    struct row *row = shard->gone;
    if (row != NULL) {
        shard->gone = row_elsewhere(row);
    }
    atomic_store_explicit(&shard->has_gone, shard->gone != NULL, memory_order_relaxed);
    return row;
}
