#include "seeds.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

void seed_write(const char *folder, const char *target, const char *name, struct slice bytes)
{
    char path[LIMIT_PATH_BYTES];
    struct note note = {{0}};
    int length = snprintf(path, sizeof path, "%s/%s", folder, target);
    ASSERT(length > 0 && (size_t)length < sizeof path);
    (void)mkdir(path, 0755);
    length = snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    ASSERT(length > 0 && (size_t)length < sizeof path);
    (void)unlink(path);
    if (file_create(path, FILE_PUBLIC, bytes, &note) != ERR_OK) {
        fprintf(stderr, "%s\n", note.text);
        _exit(1);
    }
}

void seed_write_choice(const char *folder, const char *target, const char *name, unsigned choice,
                       struct slice bytes)
{
    CLEANUP(buffer_fini) struct buffer whole = {0};
    write_u8(&whole, (uint8_t)choice);
    write_bytes(&whole, bytes.at, bytes.length);
    ASSERT(whole.err == ERR_OK);
    seed_write(folder, target, name, buffer_slice(&whole));
}
