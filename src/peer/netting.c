#include "peer/netting.h"

#include <string.h>

#include "peer/netting_parts.h"
#include "peer/pair.h"
#include "peer/payment.h"
#include "wire/messages.h"

#define TURN_STEPS_MAX 6u
#define LISTEN_MS_MAX  60000

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
    bool is_theirs = value.period.code == period.code &&
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
    enum err err = netting_row_load(host, NETTING_STATEMENT, period, low, high, 0, &row);
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

/* Bound by one word, it signed another: kept as proof, and nothing more goes either way. */
static enum err check_bound(const struct peer_host *host, const struct partner_id *partner,
                            const struct netting_row *known, const struct netting_set *set,
                            const struct signed_message *word, struct note *note)
{
    struct signed_message kept;
    struct netting_set said;
    struct stream in;
    CLEANUP(arena_fini) struct arena arena;
    CLEANUP(buffer_fini) struct buffer first = {0};
    CLEANUP(buffer_fini) struct buffer second = {0};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(signed_decode(known->first_signed, &kept));
    TRY(wire_netting_decode(kept.payload, &arena, &said, NULL));
    if (!netting_sets_contradict(&said, set)) {
        return ERR_OK;
    }
    TRY(peer_verify_past(host, word, PURPOSE_NETTING, partner, set->period, note));
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_IN, partner, &in));
    char text[PERIOD_TEXT_MAX];
    note_set(note, ERR_DISAGREE, "%s bound itself to two different nets of period %s",
             partner->text, period_format(set->period, text));
    if (!in.is_frozen) {
        TRY(signed_encode(&kept, &first));
        TRY(signed_encode(word, &second));
        TRY(engine_freeze_proven(host->engine, partner, STREAM_IN, EVIDENCE_TWO_NETS, note->text,
                                 buffer_slice(&first), buffer_slice(&second)));
        TRY(engine_freeze(host->engine, partner, STREAM_OUT, note->text, slice_of(NULL, 0)));
    }
    return ERR_DISAGREE;
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
    enum err err = netting_row_load(host, kind_of(purpose), period, partner, &nobody,
                                    netting_round_of(set.number), &known);
    if (err == ERR_OK && known.is_commitment && purpose == PURPOSE_NETTING) {
        TRY(check_bound(host, partner, &known, &set, word, note));
    }
    if (err == ERR_OK && is_known(&known, &set, purpose)) {
        return ERR_OK;
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    TRY(peer_verify_past(host, word, purpose, partner, period, note));
    if (set.period.code != period.code || roster_is_self(host->roster, partner) ||
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
    TRY(netting_row_load(host, NETTING_WORD, period, partner, &nobody, 0, &row));
    *out_signed = row.first_signed;
    return ERR_OK;
}

enum err netting_statement_of(const struct peer_host *host, struct period period,
                              const struct partner_id *first, const struct partner_id *second,
                              struct slice *out_signed, struct slice *out_countersigned)
{
    struct netting_row row;
    TRY(netting_row_load(host, NETTING_STATEMENT, period, first, second, 0, &row));
    *out_signed = row.first_signed;
    *out_countersigned = row.second_signed;
    return ERR_OK;
}

enum err netting_vote_in(const struct peer_host *host, struct period period,
                         const struct partner_id *partner, uint32_t round, struct slice *out_signed)
{
    struct netting_row row;
    TRY(netting_row_load(host, NETTING_VOTE, period, partner, &nobody, round, &row));
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

static enum err take_turn(const struct peer_host *host, struct period period,
                          const struct netting_wait *wait, struct netting_memory *memory,
                          struct netting_outcome *out_outcome, struct note *note)
{
    enum netting_step step = NETTING_PROPOSES;
    enum err err = ERR_OK;
    for (size_t i = 0; i < TURN_STEPS_MAX && err == ERR_OK && says_something(step); i++) {
        struct netting_table table;
        struct netting_times times;
        struct netting_word word;
        struct arena arena;
        arena_init(&arena, LIMIT_NETTING_BYTES);
        err = netting_load(host, period, memory, &arena, &table, &times);
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

enum err netting_turn(const struct peer_host *host, struct period period,
                      const struct netting_wait *wait, struct netting_memory *memory,
                      struct netting_outcome *out_outcome, struct note *note)
{
    struct netting_memory own = {.count = 0};
    *out_outcome = (struct netting_outcome){.is_done = false};
    enum err err = take_turn(host, period, wait, memory == NULL ? &own : memory, out_outcome, note);
    netting_memory_fini(&own);
    return err;
}
