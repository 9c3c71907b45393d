#include "charter/charter_store.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "charter/charter_file.h"

#define STORE_FOLDER    "charters"
#define EPOCH_DIGITS    10
#define FORK_START      "fork-"
#define FORK_HASH_BYTES 16 /* hexadecimal digits in a name */

struct store_path {
    char text[LIMIT_PATH_BYTES + 96];
};

static struct store_path path_in(const char *folder, const char *name)
{
    struct store_path path;
    snprintf(path.text, sizeof path.text, "%s/" STORE_FOLDER "%s%s", folder,
             *name == '\0' ? "" : "/", name);
    return path;
}

static enum err make_folder(const char *folder, struct note *note)
{
    struct store_path path = path_in(folder, "");
    if (mkdir(path.text, 0755) != 0 && errno != EEXIST) {
        return note_set(note, ERR_STORAGE, "%s: %s", path.text, strerror(errno));
    }
    return ERR_OK;
}

/* Under another name first: a name that is there stands for a whole file. */
static enum err put(const char *folder, const char *name, struct slice bytes, struct note *note)
{
    struct store_path path = path_in(folder, name);
    struct store_path beside = path;
    size_t length = strlen(beside.text);
    TRY(make_folder(folder, note));
    if (access(path.text, F_OK) == 0) {
        return ERR_OK;
    }
    snprintf(beside.text + length, sizeof beside.text - length, ".new");
    unlink(beside.text); /* of a start that was cut off */
    TRY(file_create(beside.text, FILE_PUBLIC, bytes, note));
    if (rename(beside.text, path.text) != 0) {
        return note_set(note, ERR_STORAGE, "%s: %s", path.text, strerror(errno));
    }
    return file_flush_folder(path.text, note);
}

enum err charter_store_put(const char *folder, const struct charter *charter, struct note *note)
{
    char name[64];
    snprintf(name, sizeof name, "%0*" PRIu64 TALEA_FILE_EXTENSION, EPOCH_DIGITS, charter->epoch);
    return put(folder, name, charter->bytes, note);
}

/* The epoch that a file's name stands for; 0 for other files. */
static uint64_t epoch_of_name(const char *name)
{
    char expected[64];
    char *end;
    uint64_t epoch = strtoull(name, &end, 10);
    snprintf(expected, sizeof expected, "%0*" PRIu64 TALEA_FILE_EXTENSION, EPOCH_DIGITS, epoch);
    return strcmp(name, expected) == 0 ? epoch : 0;
}

struct epochs {
    uint64_t numbers[LIMIT_CHARTER_EPOCHS];
    size_t count;
    size_t forks;
};

static int compare_epochs(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;
    return *first < *second ? -1 : *first > *second;
}

static enum err list_epochs(const char *folder, struct epochs *out, struct note *note)
{
    struct store_path path = path_in(folder, "");
    DIR *listing = opendir(path.text);
    const struct dirent *entry;
    enum err err = ERR_OK;
    if (listing == NULL) {
        return errno == ENOENT ? ERR_OK
                               : note_set(note, ERR_STORAGE, "%s: %s", path.text, strerror(errno));
    }
    while (err == ERR_OK && (entry = readdir(listing)) != NULL) {
        uint64_t epoch = epoch_of_name(entry->d_name);
        out->forks += strncmp(entry->d_name, FORK_START, sizeof FORK_START - 1) == 0;
        if (epoch != 0 && out->count == LIMIT_CHARTER_EPOCHS) {
            err = note_set(note, ERR_RESOURCE, "%s holds more than %u charters", path.text,
                           LIMIT_CHARTER_EPOCHS);
        } else if (epoch != 0) {
            out->numbers[out->count++] = epoch;
        }
    }
    closedir(listing);
    qsort(out->numbers, out->count, sizeof out->numbers[0], compare_epochs);
    return err;
}

/* What lies here was checked before it was kept; what changed since is found by the same rules. */
static enum err check_link(const struct charter_chain *chain, const struct charter *charter,
                           struct note *note)
{
    const struct charter *last = charter_chain_last(chain);
    TRY(charter_check_signatures(charter, note));
    return last != NULL && last->epoch + 1 == charter->epoch ? charter_follows(charter, last, note)
                                                             : ERR_OK;
}

static enum err load_one(const char *folder, uint64_t epoch, struct charter_chain *chain,
                         struct note *note)
{
    char name[64];
    struct charter *charter;
    struct note why = {""};
    snprintf(name, sizeof name, "%0*" PRIu64 TALEA_FILE_EXTENSION, EPOCH_DIGITS, epoch);
    struct store_path path = path_in(folder, name);
    TRY(charter_load(path.text, &charter, note));
    enum err err = charter->epoch == epoch
                       ? check_link(chain, charter, &why)
                       : note_set(&why, ERR_CORRUPT, "it is of epoch %" PRIu64, charter->epoch);
    if (err == ERR_OK) {
        err = charter_chain_add(chain, charter);
    }
    if (err != ERR_OK) {
        charter_close(charter);
        return note_set(note, err, "%s: %.300s", path.text, why.text);
    }
    return ERR_OK;
}

enum err charter_store_load(const char *folder, struct charter_chain *out_chain, struct note *note)
{
    struct charter_chain chain = {NULL, 0};
    struct epochs *epochs = calloc(1, sizeof *epochs);
    enum err err = epochs == NULL ? ERR_RESOURCE : list_epochs(folder, epochs, note);
    for (size_t i = 0; err == ERR_OK && i < epochs->count; i++) {
        err = load_one(folder, epochs->numbers[i], &chain, note);
    }
    free(epochs);
    if (err != ERR_OK) {
        charter_chain_fini(&chain);
        return err;
    }
    *out_chain = chain;
    return ERR_OK;
}

static enum err read_anchor(const char *path, struct charter **out_charter, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct charter *charter;
    TRY(file_read(path, FILE_PUBLIC, LIMIT_CHARTER_BYTES, &bytes, note));
    TRY(charter_open(buffer_slice(&bytes), &charter, note));
    enum err err = charter_check_signatures(charter, note);
    if (err != ERR_OK) {
        charter_close(charter);
        return err;
    }
    *out_charter = charter;
    return ERR_OK;
}

/* Takes the charter's hold when it puts it behind the others. */
static enum err add_anchor(struct charter_chain *chain, struct charter *charter, bool *out_is_added,
                           struct note *note)
{
    const struct charter *last = charter_chain_last(chain);
    *out_is_added = false;
    switch (charter_chain_standing(chain, charter)) {
    case CHARTER_KNOWN:
    case CHARTER_PAST:
        return ERR_OK;
    case CHARTER_OTHER:
        return note_set(note, ERR_CONFLICT,
                        "another charter of epoch %" PRIu64 " than the one accepted before",
                        charter->epoch);
    case CHARTER_NEXT:
        TRY(charter_follows(charter, last, note));
        break;
    case CHARTER_AHEAD:
        if (last != NULL && strcmp(last->coalition, charter->coalition) != 0) {
            return note_set(note, ERR_CONFLICT,
                            "the charter is of %s, the ones accepted before are "
                            "of %s",
                            charter->coalition, last->coalition);
        }
        break;
    }
    *out_is_added = true;
    return charter_chain_add(chain, charter);
}

enum err charter_store_open(const char *folder, const char *charter_path,
                            struct charter_chain *out_chain, struct note *note)
{
    struct charter_chain chain = {NULL, 0};
    struct charter *anchor = NULL;
    struct note why = {""};
    bool is_added = false;
    TRY(charter_store_load(folder, &chain, note));
    enum err err = read_anchor(charter_path, &anchor, &why);
    if (err == ERR_OK) {
        err = add_anchor(&chain, anchor, &is_added, &why);
    }
    if (err != ERR_OK || !is_added) {
        charter_close(anchor);
    }
    if (err != ERR_OK) {
        charter_chain_fini(&chain);
        bool names_it = strstr(why.text, charter_path) != NULL;
        return note_set(note, err, "%.200s%s%.300s", names_it ? "" : charter_path,
                        names_it ? "" : ": ", why.text);
    }
    *out_chain = chain;
    return ERR_OK;
}

enum err charter_store_put_fork(const char *folder, const struct charter *charter, bool *out_is_new,
                                struct note *note)
{
    char name[96];
    char hash[HASH_TEXT_MAX];
    struct epochs *epochs = calloc(1, sizeof *epochs);
    hash_format(&charter->payload_hash, hash);
    snprintf(name, sizeof name, FORK_START "%0*" PRIu64 "-%.*s" TALEA_FILE_EXTENSION, EPOCH_DIGITS,
             charter->epoch, FORK_HASH_BYTES, hash);
    struct store_path path = path_in(folder, name);
    enum err err = epochs == NULL ? ERR_RESOURCE : list_epochs(folder, epochs, note);
    bool is_new = err == ERR_OK && access(path.text, F_OK) != 0;
    if (is_new && epochs->forks < LIMIT_CHARTER_FORKS) {
        err = put(folder, name, charter->bytes, note);
    }
    free(epochs);
    TRY(err);
    *out_is_new = is_new;
    return ERR_OK;
}
