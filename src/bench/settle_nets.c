/* The net of a whole coalition's period, from what one brand's ledger keeps of it: each pair's
 * agreed statement, each partner's commitment and vote. Timed are the turns in which this brand
 * proposes, commits and nets. Signatures were checked when all of it was taken: here they are
 * empty. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/ledger.h"
#include "bench/measure.h"
#include "bench/settle.h"
#include "peer/netting.h"
#include "wire/messages.h"

enum {
    BATCH = 1024,
    PARTNERS_FULL = LIMIT_PARTNERS,
    PARTNERS_QUICK = 250,
    PARTNERS_TINY = 30
};

/* Large; on the heap. */
struct nets {
    struct bench *bench;
    struct ledger ledger;
    struct charter charter;
    struct charter_partner partners[LIMIT_PARTNERS]; /* this brand is the first */
    struct period period;
    struct unix_ms now;
    size_t count; /* of commands that are not in the ledger yet */
    struct command commands[BATCH];
    struct outcome outcomes[BATCH];
    struct buffer first[BATCH];
    struct buffer second[BATCH];
};

static void make_charter(struct nets *nets, size_t partners)
{
    nets->charter = *nets->ledger.home.charter;
    for (size_t i = 0; i < partners; i++) {
        nets->partners[i] = (struct charter_partner){.first_period = nets->period};
        snprintf(nets->partners[i].id.text, sizeof nets->partners[i].id.text, "p%04u", (unsigned)i);
    }
    nets->partners[0].id = nets->ledger.home.roster.self;
    nets->charter.partners = nets->partners;
    nets->charter.partner_count = partners;
    nets->charter.is_multilateral = true;
}

static enum err flush(struct nets *nets)
{
    enum err err = nets->count == 0 ? ERR_OK
                                    : engine_execute_batch(nets->ledger.engine, nets->commands,
                                                           nets->count, false, nets->outcomes);
    for (size_t i = 0; i < nets->count; i++) {
        err = err == ERR_OK ? nets->outcomes[i].err : err;
        buffer_clear(&nets->first[i]);
        buffer_clear(&nets->second[i]);
    }
    nets->count = 0;
    return err;
}

static enum err wrap(struct slice payload, enum purpose purpose, struct buffer *out)
{
    struct signed_message message = {.payload = payload, .charter_epoch = 1, .purpose = purpose};
    return signed_encode(&message, out);
}

static struct command *next_command(struct nets *nets, enum command_kind kind)
{
    struct command *command = &nets->commands[nets->count];
    *command =
        (struct command){.kind = kind, .origin = nets->partners[0].id, .business_time = nets->now};
    return command;
}

static enum err added(struct nets *nets)
{
    return ++nets->count == BATCH ? flush(nets) : ERR_OK;
}

static void fill_statement(const struct nets *nets, size_t a, size_t b, struct receipt_total *line,
                           struct pair_statement *out)
{
    const struct charter_partner *first = &nets->partners[a];
    const struct charter_partner *second = &nets->partners[b];
    bool first_pays = (a + b) % 2 == 0;
    *line = (struct receipt_total){ENTRY_EARN, 1, 1 + a, 100 + (int64_t)b};
    *out = (struct pair_statement){.charter_epoch = 1,
                                   .period = nets->period,
                                   .debtor = first_pays ? first->id : second->id,
                                   .creditor = first_pays ? second->id : first->id,
                                   .net = money_of(1 + (int64_t)(a * 7919 + b * 104729) % 1000000)};
    memcpy(out->coalition, nets->charter.coalition, sizeof out->coalition);
    memcpy(out->currency, nets->charter.currency, sizeof out->currency);
    for (unsigned i = 0; i < 2; i++) {
        out->halves[i] = (struct statement_half){.sender = i == 0 ? first->id : second->id,
                                                 .receiver = i == 0 ? second->id : first->id,
                                                 .first_number = 1,
                                                 .last_number = 1 + a + b,
                                                 .totals = line,
                                                 .total_count = 1};
    }
}

static enum err add_statement(struct nets *nets, size_t a, size_t b)
{
    struct buffer *first = &nets->first[nets->count];
    struct buffer *second = &nets->second[nets->count];
    struct pair_statement statement;
    struct receipt_total line;
    CLEANUP(buffer_fini) struct buffer payload = {0};
    fill_statement(nets, a, b, &line, &statement);
    TRY(wire_statement_encode(&statement, &payload));
    TRY(wrap(buffer_slice(&payload), PURPOSE_STATEMENT, first));
    TRY(wrap(buffer_slice(&payload), PURPOSE_STATEMENT_COUNTERSIGN, second));
    struct slice said = buffer_slice(first);
    struct slice countersigned = buffer_slice(second);
    if (a == 0) { /* our own pair's */
        struct command *put = next_command(nets, COMMAND_PUT_PAIR);
        put->put_pair = (struct command_put_pair){
            nets->partners[b].id,
            nets->period,
            {PAIR_MATCHED, "", said, said, countersigned, countersigned, {0}}};
    } else {
        struct command *keep = next_command(nets, COMMAND_KEEP_NETTING);
        keep->netting =
            (struct command_netting){NETTING_STATEMENT,
                                     nets->period,
                                     nets->partners[a].id,
                                     nets->partners[b].id,
                                     {.first_signed = said, .second_signed = countersigned}};
    }
    return added(nets);
}

static enum err add_word(struct nets *nets, size_t who, enum netting_row_kind kind,
                         const struct hash *set)
{
    struct netting_set said = {.period = nets->period, .number = netting_number(0, 1), .set = *set};
    struct buffer *first = &nets->first[nets->count];
    CLEANUP(buffer_fini) struct buffer payload = {0};
    memcpy(said.coalition, nets->charter.coalition, sizeof said.coalition);
    TRY(wire_netting_encode(&said, &payload));
    TRY(wrap(buffer_slice(&payload), kind == NETTING_WORD ? PURPOSE_NETTING : PURPOSE_NETTING_VOTE,
             first));
    struct command *keep = next_command(nets, COMMAND_KEEP_NETTING);
    keep->netting = (struct command_netting){
        kind,
        nets->period,
        nets->partners[who].id,
        {{0}},
        {.is_commitment = true, .number = said.number, .first_signed = buffer_slice(first)}};
    return added(nets);
}

static enum err fill(struct nets *nets)
{
    for (size_t b = 1; b < nets->charter.partner_count; b++) {
        for (size_t a = 0; a < b; a++) {
            TRY(add_statement(nets, a, b));
        }
    }
    return flush(nets);
}

static enum err add_words(struct nets *nets, enum netting_row_kind kind, const struct hash *set)
{
    for (size_t i = 1; i < nets->charter.partner_count; i++) {
        TRY(add_word(nets, i, kind, set));
    }
    return flush(nets);
}

static enum err own_set(const struct peer_host *host, struct period period, struct hash *out_set)
{
    struct slice bytes;
    struct signed_message word;
    struct netting_set said;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(netting_word_of(host, period, &host->roster->self, &bytes));
    TRY(signed_decode(bytes, &word));
    TRY(wire_netting_decode(word.payload, &arena, &said, NULL));
    *out_set = said.set;
    return ERR_OK;
}

static enum err take_turn(struct nets *nets, struct netting_memory *memory, struct hash *out_set,
                          bool *out_is_counted, uint64_t *ns)
{
    static const struct netting_wait wait = {.grace_ms = INT64_MAX / 4, .awake_ms = 0};
    struct home *home = &nets->ledger.home;
    struct netting_outcome outcome;
    struct state_reader *reader;
    TRY(state_reader_create(nets->ledger.state, &reader));
    struct peer_host host = {.engine = nets->ledger.engine,
                             .signer = &home->signer,
                             .charter = &nets->charter,
                             .roster = &home->roster,
                             .view = state_reader_view(reader),
                             .now = nets->now};
    uint64_t begun = measure_ns();
    enum err err = netting_turn(&host, nets->period, &wait, memory, &outcome, nets->bench->note);
    *ns += measure_ns() - begun;
    *out_is_counted = outcome.is_counted;
    state_reader_destroy(reader);
    if (err == ERR_OK) { /* of what is durable by now */
        err = state_reader_create(nets->ledger.state, &reader);
        host.view = state_reader_view(reader);
        err = err == ERR_OK ? own_set(&host, nets->period, out_set) : err;
        state_reader_destroy(reader);
    }
    return err;
}

static enum err run(struct nets *nets, uint64_t *out_ns)
{
    struct netting_memory memory = {.count = 0};
    struct hash set;
    bool is_counted = false;
    *out_ns = 0;
    enum err err = take_turn(nets, &memory, &set, &is_counted, out_ns);
    for (unsigned kind = NETTING_WORD; err == ERR_OK && kind <= NETTING_VOTE; kind++) {
        err = add_words(nets, (enum netting_row_kind)kind, &set);
        err = err == ERR_OK ? take_turn(nets, &memory, &set, &is_counted, out_ns) : err;
    }
    netting_memory_fini(&memory);
    return err != ERR_OK || is_counted
               ? err
               : note_set(nets->bench->note, ERR_INTERNAL, "the net does not count");
}

static enum err measure(struct nets *nets, size_t partners, uint64_t *out_ns)
{
    struct bench *bench = nets->bench;
    struct clock_port clock = clock_of_system();
    TRY(home_make(bench->workplace, bench->options->program, "nets", &nets->ledger.home,
                  bench->note));
    nets->ledger.is_made = true;
    TRY(ledger_open(&nets->ledger, bench->note));
    nets->now = clock_now(&clock);
    nets->period = (struct period){202610};
    make_charter(nets, partners);
    bench_tell(bench, "preparing the statements of %zu partners", partners);
    TRY(fill(nets));
    return run(nets, out_ns);
}

enum err nets_measure(struct bench *bench, uint64_t *out_ns)
{
    enum bench_scale scale = bench->options->scale;
    size_t partners = scale == BENCH_FULL    ? PARTNERS_FULL
                      : scale == BENCH_QUICK ? PARTNERS_QUICK
                                             : PARTNERS_TINY;
    struct nets *nets = calloc(1, sizeof *nets);
    if (nets == NULL) {
        return ERR_RESOURCE;
    }
    nets->bench = bench;
    enum err err = measure(nets, partners, out_ns);
    ledger_close(&nets->ledger);
    if (nets->ledger.is_made) {
        home_fini(&nets->ledger.home);
    }
    for (size_t i = 0; i < BATCH; i++) {
        buffer_fini(&nets->first[i]);
        buffer_fini(&nets->second[i]);
    }
    free(nets);
    return err;
}
