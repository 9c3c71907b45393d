/* seeds_charter FOLDER: the charter of a coalition of three, signed by none to all of them, and
 * their introductions. */
#include <stdio.h>

#include "coalition.h"
#include "seeds.h"

static void write_charters(const char *folder, const struct coalition *coalition)
{
    struct note note = {{0}};
    CLEANUP(buffer_fini) struct buffer charter = {0};
    ASSERT(coalition_charter(coalition, &charter, &note) == ERR_OK);
    seed_write(folder, "charter", "unsigned", buffer_slice(&charter));
    for (unsigned i = 0; i < MEMBERS; i++) {
        CLEANUP(buffer_fini) struct buffer before = charter;
        const struct member *member = &coalition->members[i];
        char name[32];
        charter = (struct buffer){0};
        ASSERT(charter_sign(buffer_slice(&before), &member->root, &member->id, &charter, &note) ==
               ERR_OK);
        snprintf(name, sizeof name, "signed-%u", i + 1);
        seed_write(folder, "charter", name, buffer_slice(&charter));
    }
}

int main(int argc, char **argv)
{
    struct coalition coalition;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    coalition_begin(&coalition);
    write_charters(argv[1], &coalition);
    for (unsigned i = 0; i < MEMBERS; i++) {
        const struct member *member = &coalition.members[i];
        seed_write(argv[1], "introduction", member->id.text, buffer_slice(&member->introduction));
    }
    coalition_end(&coalition);
    return 0;
}
