/* The first gate for every YAML file, and the lines of its keys. The input is a key path, a line
 * feed, and the file. */
#include <string.h>

#include "config/positions.h"
#include "fuzz.h"

static void look_up(const struct positions *positions, const char *path, unsigned lines)
{
    unsigned line = positions_line(positions, path);
    unsigned near = positions_line_near(positions, path);
    ASSERT(line <= lines && near >= 1 && near <= lines);
    ASSERT(line == 0 || near == line);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    const uint8_t *end = length > 0 ? memchr(at, '\n', length) : NULL;
    struct note note = {{0}};
    if (end == NULL) {
        return 0;
    }
    struct slice path_bytes = slice_of(at, (size_t)(end - at));
    struct slice yaml = slice_of(end + 1, length - path_bytes.length - 1);
    enum err err = positions_read(yaml, "file.yaml", &positions, &note);
    if (err != ERR_OK) {
        ASSERT(positions == NULL);
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    CLEANUP(fuzz_text_free) char *path = fuzz_text(path_bytes);
    ASSERT(path != NULL);
    look_up(positions, path, (unsigned)yaml.length + 1); /* no file has more lines */
    look_up(positions, "", (unsigned)yaml.length + 1);
    fuzz_expect_refusal(positions_refuse(positions, &note, path, "is wrong"), &note);
    return 0;
}
