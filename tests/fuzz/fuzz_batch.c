/* A journal batch, whole or damaged. */
#include "fuzz.h"
#include "ledger/batch.h"

/* Each record lies within the batch; what a sound batch holds need not be sound for that. */
static void read_records(const struct batch_view *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        struct slice bytes;
        struct record record;
        enum err err = batch_record(batch, i, &bytes);
        if (err != ERR_OK) {
            ASSERT(err == ERR_CORRUPT);
            continue;
        }
        ASSERT(bytes.at >= batch->records.at);
        ASSERT(bytes.at + bytes.length <= batch->records.at + batch->records.length);
        err = record_decode(bytes, &record);
        ASSERT(err == ERR_OK || err == ERR_CORRUPT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct batch_view batch;
    struct note note = {{0}};
    uint64_t bad_row = 0;
    enum err err = batch_open(slice_of(at, length), &batch);
    if (err != ERR_OK) {
        fuzz_expect_blame(err);
        return 0;
    }
    ASSERT(batch.covered.length < length && batch.count <= LIMIT_BATCH_RECORDS);
    err = batch_check(&batch, &bad_row, &note);
    if (err != ERR_OK) {
        ASSERT(err == ERR_CORRUPT);
        ASSERT(bad_row >= batch.first_row && bad_row - batch.first_row <= batch.count);
        fuzz_expect_refusal(err, &note);
    }
    struct slice none;
    read_records(&batch);
    ASSERT(batch_record(&batch, batch.count, &none) != ERR_OK);
    return 0;
}
