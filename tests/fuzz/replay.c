/* replay FOLDER: what a fuzz target makes of each file of its corpus, in the order of their names.
 * Stands in for libFuzzer where that is not built in. Fails without a file. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "fuzz.h"

#define REPLAY_FILE_BYTES (1u << 20)

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool replay(const char *folder, const char *name)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct note note = {{0}};
    char path[LIMIT_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    ASSERT(length > 0 && (size_t)length < sizeof path);
    if (file_read(path, FILE_PUBLIC, REPLAY_FILE_BYTES, &bytes, &note) != ERR_OK) {
        fprintf(stderr, "%s\n", note.text);
        return false;
    }
    fprintf(stderr, "%s\n", name); /* the last one printed is the one that crashed */
    uint8_t *exact = malloc(bytes.length > 0 ? bytes.length : 1); /* no byte more: it is watched */
    ASSERT(exact != NULL);
    if (bytes.length > 0) {
        memcpy(exact, bytes.at, bytes.length);
    }
    (void)LLVMFuzzerTestOneInput(exact, bytes.length);
    free(exact);
    return true;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int count = scandir(argv[1], &entries, is_file, alphasort);
    int failed = 0;
    for (int i = 0; i < count; i++) {
        failed += replay(argv[1], entries[i]->d_name) ? 0 : 1;
        free(entries[i]);
    }
    free(entries);
    printf("%d inputs\n", count);
    return count > 0 && failed == 0 ? 0 : 1;
}
