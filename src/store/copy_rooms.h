/* What copy.c copies from. Internal to the module. */
#ifndef STORE_COPY_ROOMS_H
#define STORE_COPY_ROOMS_H

#include "store/archive.h"
#include "store/environment.h"
#include "store/journal.h"

struct environment *journal_file_environment(const struct journal_file *file);
struct environment *archive_environment(const struct archive *archive);

#endif
