/* The rows of `talea bench settle`. */
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/settle.h"
#include "settlement/payments.h"

#define PARTNERS 1000u
#define PAIRS    (PARTNERS * (PARTNERS - 1) / 2)

static enum err case_close(struct bench *bench, const struct bench_case *which,
                           struct bench_row *row)
{
    struct settled *settled;
    (void)which;
    TRY(settled_of(bench, &settled));
    row->seconds = (double)settled->close_ns / 1e9;
    return ERR_OK;
}

static enum err case_close_memory(struct bench *bench, const struct bench_case *which,
                                  struct bench_row *row)
{
    struct settled *settled;
    (void)which;
    TRY(settled_of(bench, &settled));
    row->memory_bytes = (double)settled->node_bytes;
    return ERR_OK;
}

static enum err case_rounds(struct bench *bench, const struct bench_case *which,
                            struct bench_row *row)
{
    const struct searched *searched;
    TRY(searched_of(bench, (enum searched_name)which->measurement, &searched));
    row->operations = searched->rounds;
    return ERR_OK;
}

static enum err case_hashes(struct bench *bench, const struct bench_case *which,
                            struct bench_row *row)
{
    const struct searched *searched;
    TRY(searched_of(bench, (enum searched_name)which->measurement, &searched));
    row->operations = (double)searched->hashes;
    return ERR_OK;
}

static enum err case_search(struct bench *bench, const struct bench_case *which,
                            struct bench_row *row)
{
    const struct searched *searched;
    TRY(searched_of(bench, (enum searched_name)which->measurement, &searched));
    row->seconds = (double)searched->ns / 1e9;
    return ERR_OK;
}

static enum err case_search_memory(struct bench *bench, const struct bench_case *which,
                                   struct bench_row *row)
{
    const struct searched *searched;
    TRY(searched_of(bench, (enum searched_name)which->measurement, &searched));
    row->memory_bytes = (double)searched->memory_bytes;
    return ERR_OK;
}

static struct partner_id partner_of(unsigned number)
{
    struct partner_id id = {""};
    snprintf(id.text, sizeof id.text, "p%04u", number);
    return id;
}

/* Every pair owes something. */
static void make_pairs(struct pair_statement *statements)
{
    size_t at = 0;
    for (unsigned i = 0; i < PARTNERS; i++) {
        for (unsigned j = i + 1; j < PARTNERS; j++) {
            struct pair_statement *statement = &statements[at++];
            bool is_first = (i * 31 + j * 17) % 2 == 0;
            memcpy(statement->currency, "EUR", sizeof "EUR");
            statement->halves[0].sender = statement->halves[1].receiver = partner_of(i);
            statement->halves[1].sender = statement->halves[0].receiver = partner_of(j);
            statement->net = money_of(1 + (int64_t)(i * 7919 + j * 104729) % 1000000);
            statement->debtor = partner_of(is_first ? i : j);
            statement->creditor = partner_of(is_first ? j : i);
        }
    }
}

/* From the statements of all pairs to the payments. */
static enum err case_netting(struct bench *bench, const struct bench_case *which,
                             struct bench_row *row)
{
    struct net_position positions[PARTNERS];
    struct payment payments[PARTNERS];
    size_t count;
    size_t paid;
    struct pair_statement *statements = calloc(PAIRS, sizeof *statements);
    (void)bench;
    (void)which;
    if (statements == NULL) {
        return ERR_RESOURCE;
    }
    make_pairs(statements);
    uint64_t begun = measure_ns();
    enum err err = statement_net(statements, PAIRS, positions, PARTNERS, &count);
    if (err == ERR_OK) {
        err = payments_plan(positions, count, payments, &paid);
    }
    row->seconds = (double)(measure_ns() - begun) / 1e9;
    free(statements);
    return err;
}

static enum err case_turns(struct bench *bench, const struct bench_case *which,
                           struct bench_row *row)
{
    uint64_t ns;
    (void)which;
    TRY(nets_measure(bench, &ns));
    row->seconds = (double)ns / 1e9;
    return ERR_OK;
}

const struct bench_case bench_settle_cases[] = {
    {"@M entries: close to agreed, s", case_close, 0, 0, 10.0},
    {"@M entries: close to agreed, memory of both nodes", case_close_memory, 0, 0, BENCH_NONE},
    {"@M entries alike: round trips", case_rounds, SEARCHED_ALIKE, 0, 1.0},
    {"@M entries alike: compared, s", case_search, SEARCHED_ALIKE, 0, 1.0},
    {"3 of @M entries differ: round trips", case_rounds, SEARCHED_THREE, 0, 66.0},
    {"3 of @M entries differ: hashes asked for", case_hashes, SEARCHED_THREE, 0, BENCH_NONE},
    {"3 of @M entries differ: found, s", case_search, SEARCHED_THREE, 0, 1.0},
    {"3 of @M entries differ: memory", case_search_memory, SEARCHED_THREE, 0, 4194304.0},
    {"3 of 10k entries differ: memory", case_search_memory, SEARCHED_FEW, 0, BENCH_NONE},
    {"1,000 partners, all pairs: netted, s", case_netting, 0, 0, 1.0},
    {"1,000 partners: netted from the ledger, s", case_turns, 0, 0, 1.0},
    {NULL, NULL, 0, 0, 0.0}};
