#include "store/readers.h"

#include "store/copy_rooms.h"
#include "store/state_rooms.h"

void journal_drop_dead_readers(const struct journal_file *file)
{
    environment_drop_dead_readers(journal_file_environment(file));
}

void state_drop_dead_readers(const struct state *state)
{
    environment_drop_dead_readers(state->environment);
}

void archive_drop_dead_readers(const struct archive *archive)
{
    environment_drop_dead_readers(archive_environment(archive));
}
