/* A journal record, its command, its effects, and what they do to an empty ledger. */
#include "fuzz.h"
#include "ledger/apply.h"
#include "ledger/memory_store.h"

static void read_command(const struct record *record)
{
    struct id_table ids = record->ids;
    CLEANUP(buffer_fini) struct buffer again = {.names = &ids};
    struct command command;
    CLEANUP(buffer_fini) struct buffer said = {0};
    enum err err = record_command(record, &command);
    if (err != ERR_OK) {
        ASSERT(err == ERR_CORRUPT);
        return;
    }
    ASSERT(command.kind == record->kind);
    command_encode(&command, &again);
    fuzz_expect_same(record->body, &again);
    command_said(&command, &said);
    ASSERT(said.err == ERR_OK && said.length <= COMMAND_SAID_BYTES_MAX);
}

static void read_effects(const struct record *record)
{
    struct id_table ids = record->ids;
    CLEANUP(buffer_fini) struct buffer again = {.names = &ids};
    struct reader in = record_effects(record);
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        ASSERT(in.err == ERR_OK);
        effect_encode(&effect, &again);
    }
    ASSERT(reader_finish(&in) == ERR_OK);
    fuzz_expect_same(record->effects, &again);
}

/* Twice, as a record that comes again; what can't be applied is said to be corrupt. */
static void apply(const struct record *record)
{
    struct memory_store *memory = NULL;
    ASSERT(memory_store_create(&memory) == ERR_OK);
    struct ledger_store store = memory_store_port(memory);
    for (unsigned i = 0; i < 2; i++) {
        struct note note = {{0}};
        enum err err = ledger_apply(&store, record, &note);
        if (err != ERR_OK) {
            ASSERT(err == ERR_CORRUPT);
            fuzz_expect_refusal(err, &note);
            break;
        }
    }
    memory_store_destroy(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct slice bytes = slice_of(at, length);
    struct record record;
    enum err err = record_decode(bytes, &record);
    if (err != ERR_OK) {
        ASSERT(err == ERR_CORRUPT);
        return 0;
    }
    record_encode(&record, &again);
    fuzz_expect_same(bytes, &again);
    read_command(&record);
    read_effects(&record);
    apply(&record);
    return 0;
}
