#include "fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void folder_make(struct folder *folder)
{
    snprintf(folder->parent, sizeof folder->parent, "/tmp/talea-store-XXXXXX");
    assert_non_null(mkdtemp(folder->parent));
    snprintf(folder->path, sizeof folder->path, "%s/node", folder->parent);
}

void folder_remove(const struct folder *folder)
{
    static const char *const names[] = {"journal.mdb",  "journal.mdb-lock", "journal.lock",
                                        "journal.tail", "state.mdb",        "state.mdb-lock",
                                        "state.lock"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder->path, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder->path);
    assert_int_equal(rmdir(folder->parent), 0);
}

struct journal_file *open_journal(const struct folder *folder, enum journal_mode mode)
{
    struct note note = {""};
    struct journal_file *file = NULL;
    enum err err = journal_file_open(folder->path, mode, &file, &note);
    if (err != ERR_OK) {
        fail_msg("%s: %s", err_name(err), note.text);
    }
    return file;
}

static struct state *open_with(const struct folder *folder, enum state_mode mode,
                               size_t cache_bytes)
{
    struct note note = {""};
    struct state *state = NULL;
    struct state_options options = {folder->path, mode, cache_bytes};
    enum err err = state_open(&options, &state, &note);
    if (err != ERR_OK) {
        fail_msg("%s: %s", err_name(err), note.text);
    }
    return state;
}

struct state *open_state(const struct folder *folder, enum state_mode mode)
{
    return open_with(folder, mode, 0);
}

struct state *open_small_state(const struct folder *folder, size_t cache_bytes)
{
    return open_with(folder, STATE_WRITE, cache_bytes);
}

void make_visible(struct state *state, struct state_writer *writer, uint64_t last_row)
{
    assert_ok(state_writer_seal(writer, last_row));
    state_make_durable(state, last_row);
}

struct slice member_key(const char *text, uint8_t out[16])
{
    memset(out, 0, 16);
    memcpy(out, text, strlen(text));
    return slice_of(out, 16);
}

uint64_t seed_begin(void)
{
    const char *given = getenv("TALEA_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10)
                                  : (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    print_message("TALEA_TEST_SEED=%" PRIu64 "\n", seed);
    return seed;
}

/* Marsaglia, "Xorshift RNGs", 2003, with a multiplication at the end. */
uint64_t random_next(uint64_t *seed)
{
    uint64_t x = *seed == 0 ? 1 : *seed;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *seed = x;
    return x * UINT64_C(2685821657736338717);
}

uint64_t random_below(uint64_t *seed, uint64_t bound)
{
    return (random_next(seed) >> 11) % bound;
}

uint32_t batch_count(uint64_t first_row)
{
    uint64_t seed = first_row;
    return (uint32_t)(1 + random_below(&seed, 50));
}

void batch_fill(uint64_t first_row, size_t bytes_max, struct buffer *out)
{
    uint64_t seed = first_row + 1000;
    size_t length = random_below(&seed, bytes_max + 1);
    buffer_clear(out);
    uint8_t *at = write_reserve(out, length);
    assert_true(length == 0 || at != NULL);
    for (size_t i = 0; i < length; i++) {
        at[i] = (uint8_t)(random_next(&seed) >> 56);
    }
}

static int fault_step(void *context)
{
    struct fault *fault = context;
    if (fault->result == 0 || fault->countdown-- > 0) {
        return 0;
    }
    int result = fault->result;
    fault->result = 0;
    return result;
}

struct store_faults fault_hook(struct fault *fault)
{
    return (struct store_faults){fault, fault_step};
}
