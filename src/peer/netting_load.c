/* What this ledger knows of a period's net, as the table that is decided on. */
#include "peer/netting_parts.h"

#include <stdlib.h>
#include <string.h>

#include "peer/pair.h"
#include "wire/messages.h"

static enum err add_signed_statement(struct netting_table *table, struct slice signed_bytes,
                                     struct arena *scratch)
{
    struct signed_message message;
    struct pair_statement statement;
    arena_reset(scratch);
    TRY(signed_decode(signed_bytes, &message));
    TRY(wire_statement_decode_kept(message.payload, scratch, &statement));
    return netting_add_statement(table, &statement);
}

static enum err load_own_pair(const struct peer_host *host, struct netting_table *table,
                              size_t other, struct arena *scratch)
{
    struct pair_row row = {0};
    enum err err = pair_row_load(&host->view, &table->partners[other], table->period, &row);
    if (err == ERR_OK && row.pair.state == PAIR_MATCHED) {
        err = add_signed_statement(table, row.pair.own_signed, scratch);
    }
    pair_row_fini(&row);
    return err;
}

enum err netting_row_load(const struct peer_host *host, enum netting_row_kind kind,
                          struct period period, const struct partner_id *first,
                          const struct partner_id *second, uint32_t round,
                          struct netting_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_netting(kind, period, first, second, round, &key);
    TRY(view_get(&host->view, TABLE_NETTING, &key, &value));
    return netting_row_decode(value, out_row);
}

void netting_memory_fini(struct netting_memory *memory)
{
    free(memory->partners);
    free(memory->pairs);
    *memory = (struct netting_memory){.count = 0};
}

static bool is_of_table(const struct netting_memory *memory, const struct netting_table *table)
{
    return memory->count == table->count && period_equal(memory->period, table->period) &&
           strcmp(memory->coalition, table->coalition) == 0 &&
           memcmp(memory->partners, table->partners, table->count * sizeof *table->partners) == 0;
}

/* The table goes on with what was read before, when it was of the same partners. */
static enum err remember(struct netting_memory *memory, struct netting_table *table)
{
    if (!is_of_table(memory, table)) {
        netting_memory_fini(memory);
        memory->partners = calloc(table->count, sizeof *memory->partners);
        memory->pairs = calloc(netting_pair_count(table->count), sizeof *memory->pairs);
        if (memory->partners == NULL || memory->pairs == NULL) {
            netting_memory_fini(memory);
            return ERR_RESOURCE;
        }
        memory->period = table->period;
        memory->count = table->count;
        memcpy(memory->coalition, table->coalition, sizeof memory->coalition);
        memcpy(memory->partners, table->partners, table->count * sizeof *table->partners);
    }
    table->pairs = memory->pairs;
    return ERR_OK;
}

static enum err load_pairs(const struct peer_host *host, struct netting_table *table,
                           struct arena *scratch)
{
    for (size_t b = 0; b < table->count; b++) {
        for (size_t a = 0; a < b; a++) {
            struct netting_row row;
            enum err err;
            if (netting_pair_of(table, a, b)->is_there) {
                continue;
            }
            if (a == table->self || b == table->self) {
                err = load_own_pair(host, table, a == table->self ? b : a, scratch);
            } else {
                err = netting_row_load(host, NETTING_STATEMENT, table->period, &table->partners[a],
                                       &table->partners[b], 0, &row);
                err = err == ERR_OK ? add_signed_statement(table, row.first_signed, scratch) : err;
            }
            TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
        }
    }
    return ERR_OK;
}

static void first_of(struct unix_ms *time, struct unix_ms other)
{
    if (other.ms != 0 && (time->ms == 0 || other.ms < time->ms)) {
        *time = other;
    }
}

static enum err decode_set(struct slice signed_bytes, struct arena *scratch,
                           struct netting_set *out_set)
{
    struct signed_message message;
    arena_reset(scratch);
    TRY(signed_decode(signed_bytes, &message));
    return wire_netting_decode(message.payload, scratch, out_set, NULL);
}

static enum err load_words(const struct peer_host *host, struct netting_table *table,
                           struct arena *scratch, struct netting_times *times)
{
    for (size_t i = 0; i < table->count; i++) {
        struct netting_row row;
        struct netting_set set;
        enum err err = netting_row_load(host, NETTING_WORD, table->period, &table->partners[i],
                                        &nobody, 0, &row);
        if (err == ERR_NOT_FOUND) {
            continue;
        }
        TRY(err);
        TRY(decode_set(row.first_signed, scratch, &set));
        /* One that another epoch's charter was needed for says nothing here. */
        err = netting_add_word(table, &table->partners[i], &set, row.is_commitment);
        TRY(err == ERR_INPUT ? ERR_OK : err);
        if (i == table->self) {
            times->said_at = row.at;
        }
    }
    return ERR_OK;
}

/* Rounds follow on: behind one without a vote there is none. */
static enum err load_votes(const struct peer_host *host, struct netting_table *table,
                           struct arena *scratch)
{
    bool is_more = true;
    for (uint32_t round = 0; is_more && round < NETTING_ROUNDS_MAX; round++) {
        is_more = round < netting_round(table);
        for (size_t i = 0; i < table->count; i++) {
            struct netting_row row;
            struct netting_set set;
            enum err err = netting_row_load(host, NETTING_VOTE, table->period, &table->partners[i],
                                            &nobody, round, &row);
            if (err == ERR_OK) {
                err = decode_set(row.first_signed, scratch, &set);
            }
            if (err == ERR_OK) {
                is_more = true;
                err = netting_add_vote(table, &table->partners[i], &set);
                err = err == ERR_INPUT ? ERR_OK : err;
            }
            TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
        }
    }
    return ERR_OK;
}

/* What is netted for one pair stays so; and when this brand closed the period. */
static enum err load_pairs_state(const struct peer_host *host, struct netting_table *table,
                                 struct netting_times *times)
{
    for (size_t i = 0; i < table->count; i++) {
        struct obligation obligation;
        struct half half;
        if (i == table->self) {
            continue;
        }
        enum err err =
            ledger_get_obligation(&host->view, &table->partners[i], table->period, &obligation);
        if (err == ERR_OK && !obligation.terms.is_multilateral) {
            partner_set_add(&table->never, i);
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
        err = ledger_get_half(&host->view, STREAM_OUT, &table->partners[i], table->period, &half);
        if (err == ERR_OK && half.ended_at.ms > times->closed_at.ms) {
            times->closed_at = half.ended_at;
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    return ERR_OK;
}

/* The first that is known here of the round that this brand is in. */
static enum err load_round(const struct peer_host *host, const struct netting_table *table,
                           struct netting_times *times)
{
    uint32_t round = netting_round(table);
    for (size_t i = 0; round > 0 && i < table->count; i++) {
        struct netting_row row;
        enum netting_row_kind kind = i == table->self ? NETTING_VOTE : NETTING_WORD;
        bool is_here = i == table->self || (table->words[i].number >> 32) == round;
        enum err err = is_here ? netting_row_load(host, kind, table->period, &table->partners[i],
                                                  &nobody, round - 1, &row)
                               : ERR_NOT_FOUND;
        if (err == ERR_OK) {
            first_of(&times->round_at, row.at);
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    return ERR_OK;
}

enum err netting_load(const struct peer_host *host, struct period period,
                      struct netting_memory *memory, struct arena *arena,
                      struct netting_table *out_table, struct netting_times *out_times)
{
    struct partner_id *partners;
    size_t count;
    *out_times = (struct netting_times){{0}, {0}, {0}};
    TRY(charter_partners_in(host->charter, period, arena, &partners, &count));
    TRY(netting_table_make(host->charter->coalition, period, partners, count, &host->roster->self,
                           arena, out_table));
    TRY(remember(memory, out_table));
    CLEANUP(arena_fini) struct arena scratch; /* of one message */
    arena_init(&scratch, LIMIT_DECODED_BYTES);
    TRY(load_pairs(host, out_table, &scratch));
    TRY(load_words(host, out_table, &scratch, out_times));
    TRY(load_votes(host, out_table, &scratch));
    TRY(load_pairs_state(host, out_table, out_times));
    return load_round(host, out_table, out_times);
}
