#include "engine/retention.h"

#include <string.h>

#include "ledger/batch.h"

#define ROWS_PER_STEP 16384u

void retention_init(struct retention *retention, struct engine *engine,
                    const struct partner_id *self, struct clock_port clock, unsigned months)
{
    ASSERT(months > 0);
    *retention = (struct retention){.engine = engine,
                                    .self = *self,
                                    .clock = clock,
                                    .months = months,
                                    .next_pass = {INT64_MIN}};
}

/* The same time of the same day so many months before, or of the last day that month has. The epoch
 * for what lies before it. */
static struct unix_ms months_before(struct unix_ms now, unsigned months)
{
    struct civil civil = civil_from_unix(now);
    int64_t month = (int64_t)civil.year * 12 + civil.month - 1 - (int64_t)months;
    struct unix_ms time = {0};
    civil.year = (int)(month / 12);
    civil.month = (int)(month % 12) + 1;
    int days = civil_days_in_month(civil.year, civil.month);
    civil.day = civil.day < days ? civil.day : days;
    return civil_to_unix(&civil, &time) == ERR_OK ? time : (struct unix_ms){0};
}

/* Was the batch with this row made before `time`? Rows that were trimmed are old. */
static enum err is_before(const struct journal *journal, uint64_t row, struct unix_ms time,
                          struct buffer *bytes, bool *out_is_before)
{
    struct batch_view batch;
    uint64_t first_row;
    enum err err = journal->read(journal->context, row, &first_row, bytes);
    if (err == ERR_NOT_FOUND) {
        *out_is_before = true;
        return ERR_OK;
    }
    TRY(err);
    TRY(batch_open(buffer_slice(bytes), &batch));
    *out_is_before = batch.time.ms < time.ms;
    return ERR_OK;
}

/* The first journal row that was recorded at `time` or later, by halving: rows are in order of
 * time. */
static enum err find_row(const struct journal *journal, struct unix_ms time, uint64_t *out_row)
{
    struct buffer bytes = {0};
    uint64_t low = 1;
    uint64_t high;
    TRY(journal->next_row(journal->context, &high));
    enum err err = ERR_OK;
    while (err == ERR_OK && low < high) {
        uint64_t middle = low + (high - low) / 2;
        bool is_old;
        err = is_before(journal, middle, time, &bytes, &is_old);
        if (err == ERR_OK && is_old) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    buffer_fini(&bytes);
    TRY(err);
    *out_row = low;
    return ERR_OK;
}

/* What one look into the table found. */
struct slice_walk {
    uint64_t cut_off_row;
    unsigned looked_at;
    struct ledger_key last;
    uint8_t keys[LIMIT_PRUNE_KEYS * TRANSACTION_KEY_SIZE];
    size_t length;
};

/* ERR_NOT_FOUND ends the scan. */
static enum err look_at(void *context, struct slice key, struct slice value)
{
    struct slice_walk *walk = context;
    struct transaction transaction;
    if (walk->looked_at == ROWS_PER_STEP || walk->length == sizeof walk->keys) {
        return ERR_NOT_FOUND;
    }
    if (key.length != TRANSACTION_KEY_SIZE || transaction_decode(value, &transaction) != ERR_OK) {
        return ERR_CORRUPT;
    }
    walk->looked_at++;
    memcpy(walk->last.bytes, key.at, key.length);
    walk->last.length = key.length;
    if (transaction.row < walk->cut_off_row) {
        memcpy(walk->keys + walk->length, key.at, key.length);
        walk->length += key.length;
    }
    return ERR_OK;
}

static enum err forget(struct retention *retention, const struct slice_walk *walk)
{
    struct command command = {.kind = COMMAND_PRUNE,
                              .origin = retention->self,
                              .business_time = clock_now(&retention->clock)};
    command.prune.keys = slice_of(walk->keys, walk->length);
    if (walk->length == 0) {
        return ERR_OK;
    }
    struct outcome outcome = engine_execute(retention->engine, &command);
    TRY(outcome.err);
    retention->forgotten += walk->length / TRANSACTION_KEY_SIZE;
    return ERR_OK;
}

/* Just behind the last key: the next step begins there. */
static void move_on(struct retention *retention, const struct ledger_key *last)
{
    retention->from = *last;
    ASSERT(retention->from.length < sizeof retention->from.bytes);
    retention->from.bytes[retention->from.length++] = 0;
}

static enum err step(struct retention *retention, bool *out_is_more)
{
    struct slice_walk *walk = &(struct slice_walk){.cut_off_row = retention->cut_off_row};
    const struct tables *tables = engine_tables(retention->engine);
    TRY(tables->scan(tables->context, TABLE_TRANSACTION, slice_of(NULL, 0),
                     slice_of(retention->from.bytes, retention->from.length), look_at, walk));
    TRY(forget(retention, walk));
    bool is_end = walk->looked_at < ROWS_PER_STEP && walk->length < sizeof walk->keys;
    if (is_end) {
        retention->is_running = false;
        retention->next_pass.ms = clock_now(&retention->clock).ms + DAY_MS;
    } else {
        move_on(retention, &walk->last);
    }
    *out_is_more = !is_end;
    return ERR_OK;
}

enum err retention_step(struct retention *retention, bool *out_is_more)
{
    struct unix_ms now = clock_now(&retention->clock);
    *out_is_more = false;
    if (!retention->is_running) {
        if (now.ms < retention->next_pass.ms) {
            return ERR_OK;
        }
        TRY(find_row(engine_journal(retention->engine), months_before(now, retention->months),
                     &retention->cut_off_row));
        retention->from.length = 0;
        retention->is_running = true;
    }
    return step(retention, out_is_more);
}
