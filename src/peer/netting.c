#include "peer/netting.h"

#include <string.h>

#include "peer/pair.h"
#include "peer/payment.h"
#include "wire/messages.h"

#define TURN_STEPS_MAX 4u

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
                         const struct partner_id *second, struct netting_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_netting(kind, period, first, second, &key);
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
                               &table->partners[b], &row);
                err = err == ERR_OK ? add_signed_statement(table, row.first_signed, arena) : err;
            }
            TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
        }
    }
    return ERR_OK;
}

static enum err load_words(const struct peer_host *host, struct netting_table *table,
                           struct arena *arena)
{
    static const struct partner_id none = {{0}};
    for (size_t i = 0; i < table->count; i++) {
        struct netting_row row;
        struct signed_message message;
        struct netting_set set;
        enum err err =
            load_row(host, NETTING_WORD, table->period, &table->partners[i], &none, &row);
        if (err == ERR_NOT_FOUND) {
            continue;
        }
        TRY(err);
        TRY(signed_decode(row.first_signed, &message));
        TRY(wire_netting_decode(message.payload, arena, &set, NULL));
        /* One that another epoch's charter was needed for says nothing here. */
        err = netting_add_word(table, &table->partners[i], &set, row.is_commitment);
        TRY(err == ERR_INPUT ? ERR_OK : err);
    }
    return ERR_OK;
}

enum err netting_load(const struct peer_host *host, struct period period, struct arena *arena,
                      struct netting_table *out_table)
{
    struct partner_id *partners;
    size_t count;
    TRY(charter_partners_in(host->charter, period, arena, &partners, &count));
    TRY(netting_table_make(host->charter->coalition, period, partners, count, &host->roster->self,
                           arena, out_table));
    TRY(load_pairs(host, out_table, arena));
    return load_words(host, out_table, arena);
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
    enum err err = load_row(host, NETTING_STATEMENT, period, low, high, &row);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    CLEANUP(buffer_fini) struct buffer first_bytes = {0};
    CLEANUP(buffer_fini) struct buffer second_bytes = {0};
    TRY(peer_verify(host, statement, PURPOSE_STATEMENT, first, note));
    TRY(peer_verify(host, countersignature, PURPOSE_STATEMENT_COUNTERSIGN, second, note));
    TRY(check_statement(statement, countersignature, period, low, high, note));
    TRY(signed_encode(statement, &first_bytes));
    TRY(signed_encode(countersignature, &second_bytes));
    row = (struct netting_row){.first_signed = buffer_slice(&first_bytes),
                               .second_signed = buffer_slice(&second_bytes)};
    return keep(host, NETTING_STATEMENT, period, low, high, &row);
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
    TRY(peer_verify(host, word, PURPOSE_NETTING, partner, note));
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_IN, partner, &in));
    note_set(note, ERR_DISAGREE, "%s bound itself to two different nets of period %u",
             partner->text, set->period.yyyymm);
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
    static const struct partner_id none = {{0}};
    struct netting_set set;
    struct netting_row known;
    CLEANUP(arena_fini) struct arena arena;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    enum purpose purpose = word->purpose == PURPOSE_NETTING ? PURPOSE_NETTING : PURPOSE_NETTING_SET;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(wire_netting_decode(word->payload, &arena, &set, note));
    enum err err = load_row(host, NETTING_WORD, period, partner, &none, &known);
    if (err == ERR_OK && known.is_commitment && purpose == PURPOSE_NETTING) {
        return check_bound(host, partner, &known, &set, word, note);
    }
    if (err == ERR_OK &&
        (known.is_commitment || (known.number >= set.number && purpose != PURPOSE_NETTING))) {
        return ERR_OK;
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    TRY(peer_verify(host, word, purpose, partner, note));
    if (set.period.yyyymm != period.yyyymm || roster_is_self(host->roster, partner)) {
        return note_set(note, ERR_INPUT, "the word is about another period, or our own");
    }
    TRY(signed_encode(word, &bytes));
    struct netting_row row = {.is_commitment = purpose == PURPOSE_NETTING,
                              .number = set.number,
                              .first_signed = buffer_slice(&bytes)};
    return keep(host, NETTING_WORD, period, partner, &none, &row);
}

enum err netting_word_of(const struct peer_host *host, struct period period,
                         const struct partner_id *partner, struct slice *out_signed)
{
    static const struct partner_id none = {{0}};
    struct netting_row row;
    TRY(load_row(host, NETTING_WORD, period, partner, &none, &row));
    *out_signed = row.first_signed;
    return ERR_OK;
}

enum err netting_statement_of(const struct peer_host *host, struct period period,
                              const struct partner_id *first, const struct partner_id *second,
                              struct slice *out_signed, struct slice *out_countersigned)
{
    struct netting_row row;
    TRY(load_row(host, NETTING_STATEMENT, period, first, second, &row));
    *out_signed = row.first_signed;
    *out_countersigned = row.second_signed;
    return ERR_OK;
}

/* Signed and durable before anybody hears it: a commitment binds. */
static enum err say(const struct peer_host *host, const struct netting_table *table,
                    const struct netting_word *word, bool is_commitment, struct arena *arena)
{
    static const struct partner_id none = {{0}};
    struct netting_set set = {.period = table->period, .number = word->number, .set = word->set};
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
    TRY(peer_sign(host, is_commitment ? PURPOSE_NETTING : PURPOSE_NETTING_SET,
                  buffer_slice(&payload), &bytes));
    struct netting_row row = {.is_commitment = is_commitment,
                              .number = word->number,
                              .first_signed = buffer_slice(&bytes)};
    return keep(host, NETTING_WORD, table->period, &host->roster->self, &none, &row);
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

enum err netting_turn(const struct peer_host *host, struct period period, bool is_past_grace,
                      bool is_past_second_grace, struct netting_outcome *out_outcome,
                      struct note *note)
{
    enum netting_step step = NETTING_PROPOSES;
    enum err err = ERR_OK;
    *out_outcome = (struct netting_outcome){.is_done = false};
    for (size_t i = 0; i < TURN_STEPS_MAX && err == ERR_OK &&
                       (step == NETTING_PROPOSES || step == NETTING_COMMITS);
         i++) {
        struct netting_table table;
        struct netting_word word;
        struct arena arena;
        arena_init(&arena, LIMIT_DECODED_BYTES);
        err = netting_load(host, period, &arena, &table);
        if (err == ERR_OK) {
            step = netting_decide(&table, is_past_grace, is_past_second_grace, &word, note);
        }
        if (err == ERR_OK && (step == NETTING_PROPOSES || step == NETTING_COMMITS)) {
            err = say(host, &table, &word, step == NETTING_COMMITS, &arena);
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
