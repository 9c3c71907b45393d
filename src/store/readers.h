/* Readers that were killed pin pages for ever, and a file grows behind them: every few seconds
 * their slots are freed. Opening a file does the same. Any thread. */
#ifndef STORE_READERS_H
#define STORE_READERS_H

#include "store/archive.h"
#include "store/journal.h"
#include "store/state.h"

void journal_drop_dead_readers(const struct journal_file *file);
void state_drop_dead_readers(const struct state *state);
void archive_drop_dead_readers(const struct archive *archive);

#endif
