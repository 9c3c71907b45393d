#include "bench/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define FILL_BATCH       8190u
#define FILL_IN_FLIGHT   3u
#define POINTS_EACH      1000
#define POINTS_OF_SOURCE INT64_C(100000000000)

static void on_trouble(void *context, const char *what, const char *detail)
{
    struct ledger *ledger = context;
    note_set(&ledger->trouble, ERR_INTERNAL, "%s: %s", what, detail == NULL ? "" : detail);
}

static enum err open_files(struct ledger *ledger, struct note *note)
{
    char folder[LIMIT_PATH_BYTES + 1];
    home_path(&ledger->home, "data", folder);
    TRY(journal_file_open(folder, JOURNAL_WRITE, &ledger->file, note));
    TRY(vault_open(folder, VAULT_CREATE, &ledger->vault, note));
    struct state_options state = {
        .folder = folder, .mode = STATE_WRITE, .cache_bytes = ledger->cache_bytes};
    TRY(state_open(&state, &ledger->state, note));
    struct engine_options options = {
        .journal = journal_file_port(ledger->file),
        .tables = state_tables(ledger->state),
        .signer = ledger->home.signer,
        .coalition = HOME_COALITION,
        .clock = clock_of_system(),
        .terms = {.roster = &ledger->home.roster, .refund_grace_ms = DAY_MS},
        .dirty_bytes = ledger->dirty_bytes,
        .on_trouble = on_trouble,
        .hook_context = ledger,
    };
    return engine_open(&options, &ledger->engine, note);
}

enum err ledger_open(struct ledger *ledger, struct note *note)
{
    struct clock_port clock = clock_of_system();
    if (ledger->ids.base_ms == 0) {
        ledger->ids.base_ms = clock_now(&clock).ms;
    }
    enum err err = open_files(ledger, note);
    if (err != ERR_OK) {
        ledger_close(ledger);
    }
    return err;
}

void ledger_close(struct ledger *ledger)
{
    engine_close(ledger->engine);
    state_close(ledger->state);
    vault_close(ledger->vault);
    journal_file_close(ledger->file);
    ledger->engine = NULL;
    ledger->state = NULL;
    ledger->vault = NULL;
    ledger->file = NULL;
}

struct card_number ledger_card(uint64_t member)
{
    static const struct card_prefix prefix = {HOME_PREFIX};
    struct card_number card;
    ASSERT(card_number_make(&prefix, member + 1, &card) == ERR_OK);
    return card;
}

struct filling {
    struct ledger *ledger;
    uint64_t next;
    struct unix_ms now;
};

static struct command *begin(struct command *command, enum command_kind kind,
                             struct filling *filling)
{
    command->kind = kind;
    command->origin = filling->ledger->home.roster.self;
    command->transaction_id = id_source_next(&filling->ledger->ids);
    command->business_time = filling->now;
    return command;
}

static size_t fill_enrolments(void *context, struct command *commands, size_t count)
{
    struct filling *filling = context;
    for (size_t i = 0; i < count; i++) {
        begin(&commands[i], COMMAND_ENROL, filling)->enrol.member = draw_member(filling->next++);
    }
    return 0;
}

static size_t fill_earns(void *context, struct command *commands, size_t count)
{
    struct filling *filling = context;
    for (size_t i = 0; i < count; i++) {
        struct command_earn *earn = &begin(&commands[i], COMMAND_EARN, filling)->earn;
        earn->member = draw_member(filling->next++);
        earn->amount = money_of(POINTS_EACH * 100);
        earn->rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    }
    return 0;
}

static size_t fill_transfers(void *context, struct command *commands, size_t count)
{
    struct filling *filling = context;
    for (size_t i = 0; i < count; i++) {
        struct command_transfer *transfer =
            &begin(&commands[i], COMMAND_TRANSFER, filling)->transfer;
        transfer->from = draw_member(0);
        transfer->to = draw_member(filling->next++);
        transfer->points = points_of(POINTS_EACH);
    }
    return 0;
}

/* One command for each number from `first` to `end`: whole batches, then the rest. */
static enum err fill_range(struct ledger *ledger, load_fill *fill, uint64_t first, uint64_t end,
                           struct note *note)
{
    struct clock_port clock = clock_of_system();
    struct filling filling = {ledger, first, clock_now(&clock)};
    uint64_t whole = (end - first) / FILL_BATCH * FILL_BATCH;
    const uint64_t parts[2][2] = {{whole, FILL_BATCH}, {end - first - whole, end - first - whole}};
    for (int i = 0; i < 2; i++) {
        struct load load = {.engine = ledger->engine,
                            .fill = fill,
                            .context = &filling,
                            .commands = parts[i][0],
                            .batch = (size_t)parts[i][1],
                            .in_flight = FILL_IN_FLIGHT,
                            .repetitions = 1};
        if (parts[i][0] == 0) {
            continue;
        }
        struct load_result result;
        TRY(load_run(&load, &result, note));
        if (result.refused > 0) {
            return note_set(note, ERR_INTERNAL, "%llu commands were refused in preparation",
                            (unsigned long long)result.refused);
        }
    }
    return ERR_OK;
}

static enum err fill_source(struct ledger *ledger)
{
    struct clock_port clock = clock_of_system();
    struct filling filling = {ledger, 0, clock_now(&clock)};
    struct command command = {.kind = COMMAND_EARN};
    (void)fill_earns(&filling, &command, 1);
    command.earn.amount = money_of(POINTS_OF_SOURCE);
    command.earn.rate = (struct earn_rate){1, 1, ROUNDING_DOWN, 0};
    struct outcome outcome = engine_execute(ledger->engine, &command);
    TRY(outcome.err);
    return outcome.verdict == VERDICT_OK ? ERR_OK : ERR_INTERNAL;
}

enum err ledger_fill(struct ledger *ledger, uint64_t members, bool by_transfer, struct note *note)
{
    TRY(fill_range(ledger, fill_enrolments, 0, members, note));
    ledger->members = members;
    if (!by_transfer) {
        return fill_range(ledger, fill_earns, 0, members, note);
    }
    TRY(fill_source(ledger));
    TRY(fill_range(ledger, fill_transfers, 1, members, note));
    ledger->transfers = members - 1;
    return ERR_OK;
}
