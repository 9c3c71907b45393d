#include "peer/netting.h"

#include <string.h>

#include "peer/pair.h"
#include "peer/payment.h"
#include "wire/messages.h"

#define TURN_STEPS_MAX 6u
#define LISTEN_MS_MAX  60000

/* In the place of a pair's other. */
static const struct partner_id nobody = {{0}};

/* Those whose streams run in the period. */
static enum err partners_of(const struct charter *charter, struct period period,
                            struct arena *arena, struct partner_id **out_partners,
                            size_t *out_count)
{
    struct partner_id *partners = arena_alloc(arena, charter->partner_count * sizeof *partners);
    size_t count = 0;
    if (partners == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < charter->partner_count; i++) {
        const struct charter_partner *partner = &charter->partners[i];
        bool has_begun = !period_is_before(period, partner->first_period);
        bool has_ended =
            partner->last_period.yyyymm != 0 && period_is_before(partner->last_period, period);
        if (has_begun && !has_ended) {
            partners[count++] = partner->id;
        }
    }
    *out_partners = partners;
    *out_count = count;
    return ERR_OK;
}

static enum err add_signed_statement(struct netting_table *table, struct slice signed_bytes,
                                     struct arena *arena)
{
    struct signed_message message;
    struct pair_statement statement;
    TRY(signed_decode(signed_bytes, &message));
    TRY(wire_statement_decode(message.payload, arena, &statement, NULL));
    return netting_add_statement(table, &statement);
}

static enum err load_own_pair(const struct peer_host *host, struct netting_table *table,
                              size_t other, struct arena *arena)
{
    struct pair_row row = {0};
    enum err err = pair_row_load(&host->view, &table->partners[other], table->period, &row);
    if (err == ERR_OK && row.pair.state == PAIR_MATCHED) {
        err = add_signed_statement(table, row.pair.own_signed, arena);
    }
    pair_row_fini(&row);
    return err;
}

static enum err load_row(const struct peer_host *host, enum netting_row_kind kind,
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

static enum err load_pairs(const struct peer_host *host, struct netting_table *table,
                           struct arena *arena)
{
    for (size_t b = 0; b < table->count; b++) {
        for (size_t a = 0; a < b; a++) {
            struct netting_row row;
            enum err err;
            if (a == table->self || b == table->self) {
                err = load_own_pair(host, table, a == table->self ? b : a, arena);
            } else {
                err = load_row(host, NETTING_STATEMENT, table->period, &table->partners[a],
                               &table->partners[b], 0, &row);
                err = err == ERR_OK ? add_signed_statement(table, row.first_signed, arena) : err;
            }
            TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
        }
    }
    return ERR_OK;
}

/* When what is decided on began, as this ledger kept it; 0: not known. */
struct netting_times {
    struct unix_ms closed_at; /* this brand's half, with the last of them */
    struct unix_ms said_at;   /* its word */
    struct unix_ms round_at;  /* its vote in the round before, or the first it heard of this one */
};

static void first_of(struct unix_ms *time, struct unix_ms other)
{
    if (other.ms != 0 && (time->ms == 0 || other.ms < time->ms)) {
        *time = other;
    }
}

static enum err decode_set(struct slice signed_bytes, struct arena *arena,
                           struct netting_set *out_set)
{
    struct signed_message message;
    TRY(signed_decode(signed_bytes, &message));
    return wire_netting_decode(message.payload, arena, out_set, NULL);
}

static enum err load_words(const struct peer_host *host, struct netting_table *table,
                           struct arena *arena, struct netting_times *times)
{
    for (size_t i = 0; i < table->count; i++) {
        struct netting_row row;
        struct netting_set set;
        enum err err =
            load_row(host, NETTING_WORD, table->period, &table->partners[i], &nobody, 0, &row);
        if (err == ERR_NOT_FOUND) {
            continue;
        }
        TRY(err);
        TRY(decode_set(row.first_signed, arena, &set));
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
                           struct arena *arena)
{
    bool is_more = true;
    for (uint32_t round = 0; is_more && round < NETTING_ROUNDS_MAX; round++) {
        is_more = round < netting_round(table);
        for (size_t i = 0; i < table->count; i++) {
            struct netting_row row;
            struct netting_set set;
            enum err err = load_row(host, NETTING_VOTE, table->period, &table->partners[i], &nobody,
                                    round, &row);
            if (err == ERR_OK) {
                err = decode_set(row.first_signed, arena, &set);
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
        enum err err = is_here ? load_row(host, kind, table->period, &table->partners[i], &nobody,
                                          round - 1, &row)
                               : ERR_NOT_FOUND;
        if (err == ERR_OK) {
            first_of(&times->round_at, row.at);
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    return ERR_OK;
}

/* All that is known here of the period. */
static enum err load(const struct peer_host *host, struct period period, struct arena *arena,
                     struct netting_table *out_table, struct netting_times *out_times)
{
    struct partner_id *partners;
    size_t count;
    *out_times = (struct netting_times){{0}, {0}, {0}};
    TRY(partners_of(host->charter, period, arena, &partners, &count));
    TRY(netting_table_make(host->charter->coalition, period, partners, count, &host->roster->self,
                           arena, out_table));
    TRY(load_pairs(host, out_table, arena));
    TRY(load_words(host, out_table, arena, out_times));
    TRY(load_votes(host, out_table, arena));
    TRY(load_pairs_state(host, out_table, out_times));
    return load_round(host, out_table, out_times);
}

/* A refusal says that as much is known. */
static enum err keep(const struct peer_host *host, enum netting_row_kind kind, struct period period,
                     const struct partner_id *first, const struct partner_id *second,
                     const struct netting_row *row)
{
    struct command command = {
        .kind = COMMAND_KEEP_NETTING, .origin = host->roster->self, .business_time = host->now};
    command.netting.kind = kind;
    command.netting.period = period;
    command.netting.first = *first;
    command.netting.second = *second;
    command.netting.row = *row;
    return engine_execute(host->engine, &command).err;
}

static enum err check_statement(const struct signed_message *statement,
                                const struct signed_message *countersignature, struct period period,
                                const struct partner_id *first, const struct partner_id *second,
                                struct note *note)
{
    struct pair_statement value;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(wire_statement_decode(statement->payload, &arena, &value, note));
    bool is_theirs = value.period.yyyymm == period.yyyymm &&
                     partner_id_equal(&value.halves[0].sender, first) &&
                     partner_id_equal(&value.halves[1].sender, second);
    if (!is_theirs || !slice_equal(statement->payload, countersignature->payload)) {
        return note_set(note, ERR_INPUT, "this is no agreed statement of %s and %s", first->text,
                        second->text);
    }
    return ERR_OK;
}

enum err netting_take_statement(const struct peer_host *host, struct period period,
                                const struct partner_id *first, const struct partner_id *second,
                                const struct signed_message *statement,
                                const struct signed_message *countersignature, struct note *note)
{
    bool is_sorted = partner_id_compare(first, second) < 0;
    const struct partner_id *low = is_sorted ? first : second;
    const struct partner_id *high = is_sorted ? second : first;
    struct netting_row row;
    enum err err = load_row(host, NETTING_STATEMENT, period, low, high, 0, &row);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    CLEANUP(buffer_fini) struct buffer first_bytes = {0};
    CLEANUP(buffer_fini) struct buffer second_bytes = {0};
    TRY(peer_verify_past(host, statement, PURPOSE_STATEMENT, first, period, note));
    TRY(peer_verify_past(host, countersignature, PURPOSE_STATEMENT_COUNTERSIGN, second, period,
                         note));
    TRY(check_statement(statement, countersignature, period, low, high, note));
    TRY(signed_encode(statement, &first_bytes));
    TRY(signed_encode(countersignature, &second_bytes));
    row = (struct netting_row){.first_signed = buffer_slice(&first_bytes),
                               .second_signed = buffer_slice(&second_bytes)};
    return keep(host, NETTING_STATEMENT, period, low, high, &row);
}

static enum netting_row_kind kind_of(enum purpose purpose)
{
    return purpose == PURPOSE_NETTING_VOTE ? NETTING_VOTE : NETTING_WORD;
}

/* Does the word say nothing that is not known? */
static bool is_known(const struct netting_row *known, const struct netting_set *set,
                     enum purpose purpose)
{
    uint32_t round = netting_round_of(set->number);
    uint32_t known_round = netting_round_of(known->number);
    return purpose == PURPOSE_NETTING_VOTE || known_round > round ||
           (known_round == round &&
            (known->is_commitment || (known->number >= set->number && purpose != PURPOSE_NETTING)));
}

enum err netting_take_word(const struct peer_host *host, struct period period,
                           const struct partner_id *partner, const struct signed_message *word,
                           struct note *note)
{
    struct netting_set set;
    struct netting_row known;
    CLEANUP(arena_fini) struct arena arena;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    enum purpose purpose = word->purpose == PURPOSE_NETTING || word->purpose == PURPOSE_NETTING_VOTE
                               ? (enum purpose)word->purpose
                               : PURPOSE_NETTING_SET;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(wire_netting_decode(word->payload, &arena, &set, note));
    enum err err = load_row(host, kind_of(purpose), period, partner, &nobody,
                            netting_round_of(set.number), &known);
    if (err == ERR_OK && is_known(&known, &set, purpose)) {
        return ERR_OK;
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    TRY(peer_verify_past(host, word, purpose, partner, period, note));
    if (set.period.yyyymm != period.yyyymm || roster_is_self(host->roster, partner) ||
        netting_round_of(set.number) >= NETTING_ROUNDS_MAX) {
        return note_set(note, ERR_INPUT, "the word is about another period, or our own");
    }
    TRY(signed_encode(word, &bytes));
    struct netting_row row = {.is_commitment = purpose == PURPOSE_NETTING ||
                                               (purpose == PURPOSE_NETTING_VOTE && !set.is_against),
                              .number = set.number,
                              .first_signed = buffer_slice(&bytes)};
    return keep(host, kind_of(purpose), period, partner, &nobody, &row);
}

enum err netting_word_of(const struct peer_host *host, struct period period,
                         const struct partner_id *partner, struct slice *out_signed)
{
    struct netting_row row;
    TRY(load_row(host, NETTING_WORD, period, partner, &nobody, 0, &row));
    *out_signed = row.first_signed;
    return ERR_OK;
}

enum err netting_vote_in(const struct peer_host *host, struct period period,
                         const struct partner_id *partner, uint32_t round, struct slice *out_signed)
{
    struct netting_row row;
    TRY(load_row(host, NETTING_VOTE, period, partner, &nobody, round, &row));
    *out_signed = row.first_signed;
    return ERR_OK;
}

static enum purpose purpose_of_step(enum netting_step step)
{
    return step == NETTING_PROPOSES  ? PURPOSE_NETTING_SET
           : step == NETTING_COMMITS ? PURPOSE_NETTING
                                     : PURPOSE_NETTING_VOTE;
}

/* Signed and durable before anybody hears it: a commitment binds, and so does a vote. */
static enum err say(const struct peer_host *host, const struct netting_table *table,
                    const struct netting_word *word, enum netting_step step, struct arena *arena)
{
    enum purpose purpose = purpose_of_step(step);
    bool is_vote = purpose == PURPOSE_NETTING_VOTE;
    struct netting_set set = {.period = table->period,
                              .number = is_vote ? netting_number(netting_round_of(word->number), 1)
                                                : word->number,
                              .set = word->set,
                              .is_against = step == NETTING_VOTES_AGAINST};
    CLEANUP(buffer_fini) struct buffer payload = {0};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    memcpy(set.coalition, table->coalition, sizeof set.coalition);
    set.left_out = arena_alloc(arena, table->count * sizeof *set.left_out);
    if (set.left_out == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (partner_set_has(&word->left_out, i)) {
            set.left_out[set.left_out_count++] = table->partners[i];
        }
    }
    TRY(wire_netting_encode(&set, &payload));
    TRY(peer_sign(host, purpose, buffer_slice(&payload), &bytes));
    struct netting_row row = {.is_commitment = step == NETTING_COMMITS || step == NETTING_VOTES_FOR,
                              .number = set.number,
                              .first_signed = buffer_slice(&bytes)};
    return keep(host, kind_of(purpose), table->period, &host->roster->self, &nobody, &row);
}

static enum err net_set(const struct peer_host *host, const struct netting_table *table,
                        const struct netting_word *word, struct arena *arena)
{
    const struct partner_id *self = &host->roster->self;
    struct payment *payments;
    size_t count;
    TRY(netting_payments(table, &word->left_out, arena, &payments, &count));
    for (size_t i = 0; i < count; i++) {
        struct obligation_terms terms;
        bool is_debtor = partner_id_equal(&payments[i].debtor, self);
        if (is_debtor || partner_id_equal(&payments[i].creditor, self)) {
            obligation_of_payment(&payments[i], host->charter->coalition, table->period,
                                  host->charter->currency, &terms);
            TRY(payment_net(host, is_debtor ? &payments[i].creditor : &payments[i].debtor,
                            table->period, &terms));
        }
    }
    return ERR_OK;
}

/* Pairs that are settled by themselves. A pair that has not matched yet is still to come. */
static enum err net_apart(const struct peer_host *host, const struct netting_table *table,
                          const struct netting_word *counted, bool *out_is_done)
{
    *out_is_done = true;
    for (size_t i = 0; i < table->count; i++) {
        struct note ignored = {""};
        bool is_in_set = counted != NULL && !partner_set_has(&counted->left_out, i);
        if (i == table->self || is_in_set) {
            continue;
        }
        enum err err = ERR_UNAVAILABLE;
        if (netting_is_apart(table, i, table->self)) {
            err = payment_net_pair(host, &table->partners[i], table->period, &ignored);
        }
        *out_is_done = *out_is_done && err == ERR_OK;
        TRY(err == ERR_UNAVAILABLE ? ERR_OK : err);
    }
    return ERR_OK;
}

/* Since then, or, where that is not known, since this process looked first. */
static bool has_passed(const struct peer_host *host, const struct netting_wait *wait,
                       struct unix_ms since, int64_t term_ms)
{
    return since.ms == 0 ? wait->awake_ms >= term_ms : host->now.ms - since.ms >= term_ms;
}

/* A process that was away listens for a while before it does without somebody. */
static struct netting_patience patience_of(const struct peer_host *host,
                                           const struct netting_wait *wait, uint32_t round,
                                           const struct netting_times *times)
{
    int64_t listen_ms = wait->grace_ms / 4 < LISTEN_MS_MAX ? wait->grace_ms / 4 : LISTEN_MS_MAX;
    bool is_awake = wait->awake_ms >= listen_ms;
    bool is_first = round == 0;
    return (struct netting_patience){
        .is_past_grace =
            is_awake && (!is_first || has_passed(host, wait, times->closed_at, wait->grace_ms)),
        .is_past_second_grace =
            is_awake && (is_first ? has_passed(host, wait, times->closed_at, 2 * wait->grace_ms)
                                  : has_passed(host, wait, times->round_at, wait->grace_ms)),
        .is_commitment_old = is_awake && has_passed(host, wait, times->said_at, wait->grace_ms),
    };
}

static bool says_something(enum netting_step step)
{
    return step == NETTING_PROPOSES || step == NETTING_COMMITS || step == NETTING_VOTES_FOR ||
           step == NETTING_VOTES_AGAINST;
}

enum err netting_turn(const struct peer_host *host, struct period period,
                      const struct netting_wait *wait, struct netting_outcome *out_outcome,
                      struct note *note)
{
    enum netting_step step = NETTING_PROPOSES;
    enum err err = ERR_OK;
    *out_outcome = (struct netting_outcome){.is_done = false};
    for (size_t i = 0; i < TURN_STEPS_MAX && err == ERR_OK && says_something(step); i++) {
        struct netting_table table;
        struct netting_times times;
        struct netting_word word;
        struct arena arena;
        arena_init(&arena, LIMIT_DECODED_BYTES);
        err = load(host, period, &arena, &table, &times);
        if (err == ERR_OK) {
            struct netting_patience patience =
                patience_of(host, wait, netting_round(&table), &times);
            step = netting_decide(&table, &patience, &word, note);
        }
        if (err == ERR_OK && says_something(step)) {
            err = say(host, &table, &word, step, &arena);
        } else if (err == ERR_OK) {
            out_outcome->is_counted = step == NETTING_COUNTS;
            err = step == NETTING_COUNTS ? net_set(host, &table, &word, &arena) : ERR_OK;
            err = err == ERR_OK ? net_apart(host, &table, step == NETTING_COUNTS ? &word : NULL,
                                            &out_outcome->is_done)
                                : err;
        }
        arena_fini(&arena);
    }
    return err;
}
