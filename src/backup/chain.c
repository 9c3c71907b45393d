#include "backup/files.h"

#include <inttypes.h>

#include "ledger/batch.h"
#include "store/journal.h"

/* A walk over a journal's batches. */
struct chain_walk {
    const char *folder;
    struct backup_count *count;
    struct backup_manifest *manifest; /* row, hash and time of the last batch that was sound */
    bool has_begun;
    struct note *note;
};

static enum err damaged(const struct chain_walk *walk, uint64_t row, const char *what)
{
    return note_set(walk->note, ERR_CORRUPT, "%s/journal.mdb: row %" PRIu64 ": %s", walk->folder,
                    row, what);
}

/* A journal that was trimmed begins with a batch whose predecessor nobody has. */
static enum err check_link(const struct chain_walk *walk, const struct batch_view *batch)
{
    const struct backup_manifest *last = walk->manifest;
    if (!walk->has_begun && batch->first_row != 1) {
        return ERR_OK;
    }
    if (batch->first_row != last->journal_row + 1) {
        return damaged(walk, last->journal_row + 1, "it is missing, another one follows");
    }
    return hash_equal(&batch->previous, &last->journal_hash)
               ? ERR_OK
               : damaged(walk, batch->first_row,
                         "its batch follows on from another one than the batch before it");
}

static enum err walk_batch(void *context, uint64_t first_row, struct slice bytes)
{
    struct chain_walk *walk = context;
    struct batch_view batch;
    struct note why = {""};
    uint64_t bad_row = first_row;
    if (batch_open(bytes, &batch) != ERR_OK || batch.first_row != first_row || batch.count == 0) {
        return damaged(walk, first_row, "its batch is damaged");
    }
    if (batch_check(&batch, &bad_row, &why) != ERR_OK) {
        return damaged(walk, bad_row, why.text);
    }
    TRY(check_link(walk, &batch));
    walk->has_begun = true;
    walk->manifest->journal_row = first_row + batch.count - 1;
    walk->manifest->journal_hash = batch.hash;
    walk->manifest->journal_time = batch.time;
    return backup_count_add(walk->count, bytes.length)
               ? ERR_OK
               : note_set(walk->note, ERR_CANCELLED, "cancelled at %s/journal.mdb", walk->folder);
}

enum err backup_journal_walk(const char *folder, struct backup_count *count,
                             struct backup_manifest *manifest, struct note *note)
{
    struct journal_file *file;
    struct chain_walk walk = {folder, count, manifest, false, note};
    manifest->journal_row = 0;
    manifest->journal_hash = (struct hash){{0}};
    TRY(journal_file_open(folder, JOURNAL_READ_ONLY, &file, note));
    struct journal journal = journal_file_port(file);
    enum err err = journal.replay(journal.context, 0, walk_batch, &walk);
    journal_file_close(file);
    if (err != ERR_OK && note->text[0] == '\0') {
        return note_set(note, err, "%s/journal.mdb: it can't be read behind row %" PRIu64, folder,
                        manifest->journal_row);
    }
    return err;
}
