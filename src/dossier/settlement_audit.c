#include "dossier/settlement_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct settling {
    const struct dossier *dossiers;
    size_t count;
    struct audit_report *report;
    struct arena *arena;
    const struct charter *charter;
    size_t capacity; /* of payments */
    bool has_votes;  /* what is netted counts by votes */
};

static struct audit_place place_of(const struct settling *settling, const char *file)
{
    return (struct audit_place){settling->report, file, ""};
}

static enum err no_sum(const struct settling *settling, enum err err)
{
    struct audit_place place = place_of(settling, "");
    return err == ERR_RESOURCE ? err
                               : audit_flawed(&place, 0, "net of the agreed statements",
                                              "a sum that fits", err_describe(err)->sentence);
}

static void add_payment(struct settling *settling, const struct obligation_terms *terms,
                        bool is_planned)
{
    struct audit_report *report = settling->report;
    ASSERT(report->payment_count < settling->capacity);
    report->payments[report->payment_count++] =
        (struct audit_payment){.terms = *terms, .is_planned = is_planned};
}

static enum err make_room(struct settling *settling, size_t payments, size_t positions)
{
    struct audit_report *report = settling->report;
    settling->capacity = payments;
    report->payments = arena_alloc(settling->arena, (payments + 1) * sizeof *report->payments);
    report->positions = arena_alloc(settling->arena, (positions + 1) * sizeof *report->positions);
    return report->payments == NULL || report->positions == NULL ? ERR_RESOURCE : ERR_OK;
}

/* ---- Each pair by itself ---- */

static enum err net_by_pair(struct settling *settling)
{
    struct audit_report *report = settling->report;
    size_t capacity = 2 * report->pair_count + 1;
    size_t count = 0;
    struct pair_statement *statements =
        arena_alloc(settling->arena, (report->pair_count + 1) * sizeof *statements);
    if (statements == NULL) {
        return ERR_RESOURCE;
    }
    TRY(make_room(settling, report->pair_count, capacity));
    for (size_t i = 0; i < report->pair_count; i++) {
        struct obligation_terms terms;
        if (report->pairs[i].is_agreed) {
            statements[count++] = report->pairs[i].statement;
            obligation_of_statement(&report->pairs[i].statement, &terms);
            add_payment(settling, &terms, false);
        }
    }
    enum err err =
        statement_net(statements, count, report->positions, capacity, &report->position_count);
    return err == ERR_OK ? ERR_OK : no_sum(settling, err);
}

/* ---- All pairs together ---- */

static const struct dossier *first_with_net(const struct settling *settling)
{
    for (size_t i = 0; i < settling->count; i++) {
        if (settling->dossiers[i].has_net) {
            return &settling->dossiers[i];
        }
    }
    return NULL;
}

/* What each dossier has of the net, in one table. */
static enum err gather(struct settling *settling, const struct dossier *first,
                       struct netting_table *out_table)
{
    TRY(net_table_make(&first->chain, first->period, &first->holder, settling->arena, out_table));
    for (size_t i = 0; i < settling->count; i++) {
        const struct dossier *dossier = &settling->dossiers[i];
        struct audit_place place = place_of(settling, dossier->folder);
        if (dossier->has_net) {
            settling->has_votes = settling->has_votes || dossier->has_votes;
            TRY(net_merge(out_table, &dossier->net, &place));
        }
    }
    return ERR_OK;
}

static enum err add_positions(const struct settling *settling, const struct netting_table *table)
{
    struct audit_report *report = settling->report;
    for (size_t i = 0; i < table->count; i++) {
        report->positions[i] = (struct net_position){table->partners[i], {0}};
    }
    report->position_count = table->count;
    for (size_t b = 0; b < table->count; b++) {
        for (size_t a = 0; a < b; a++) {
            const struct netting_pair *pair = netting_pair_of(table, a, b);
            if (pair->is_there) {
                struct money *debt = &report->positions[pair->debtor].owed;
                struct money *claim = &report->positions[pair->creditor].owed;
                TRY(money_add(*debt, pair->net, debt));
                TRY(money_sub(*claim, pair->net, claim));
            }
        }
    }
    return ERR_OK;
}

static enum err add_plan(struct settling *settling, const struct netting_table *table,
                         const struct partner_set *left_out, bool is_planned)
{
    struct payment *payments;
    size_t count;
    enum err err = netting_payments(table, left_out, settling->arena, &payments, &count);
    if (err != ERR_OK) {
        return no_sum(settling, err);
    }
    for (size_t i = 0; i < count; i++) {
        struct obligation_terms terms;
        obligation_of_payment(&payments[i], table->coalition, table->period,
                              settling->charter->currency, &terms);
        add_payment(settling, &terms, is_planned);
    }
    return ERR_OK;
}

/* Has everybody in the set signed it, and more than half of them that it holds? Then it is what
 * they pay. What is hashed in it is computed from the statements. */
static enum err add_set(struct settling *settling, struct netting_table *table, size_t place,
                        bool *out_counts)
{
    struct netting_word word = table->words[place];
    struct hash hash;
    size_t a;
    size_t b;
    bool holds =
        settling->has_votes ? netting_counts(table, place) : netting_all_committed(table, place);
    *out_counts =
        holds && netting_hash(table, (uint32_t)(word.number >> 32), &word.left_out, &hash, &a, &b);
    if (!*out_counts) {
        return ERR_OK;
    }
    if (!hash_equal(&hash, &word.set)) {
        struct audit_place at = place_of(settling, "");
        snprintf(at.stream, sizeof at.stream, "the word of %s", table->partners[place].text);
        return audit_flawed_hashes(&at, 0, "statements that are netted", &hash, &word.set);
    }
    return add_plan(settling, table, &word.left_out, false);
}

static enum err add_sets(struct settling *settling, struct netting_table *table,
                         struct partner_set *out_netted)
{
    *out_netted = (struct partner_set){{0}};
    for (size_t i = 0; i < table->count; i++) {
        bool counts = false;
        if (!partner_set_has(out_netted, i)) {
            TRY(add_set(settling, table, i, &counts));
        }
        for (size_t j = 0; counts && j < table->count; j++) {
            if (!partner_set_has(&table->words[i].left_out, j)) {
                partner_set_add(out_netted, j);
            }
        }
    }
    return ERR_OK;
}

/* Pairs that are settled by themselves. Gives how many agreed ones are still to be netted. */
static size_t add_apart(struct settling *settling, const struct netting_table *table,
                        const struct partner_set *netted)
{
    size_t left = 0;
    for (size_t b = 0; b < table->count; b++) {
        for (size_t a = 0; a < b; a++) {
            const struct netting_pair *pair = netting_pair_of(table, a, b);
            bool is_apart = netting_is_apart(table, a, b) || netting_voted_apart(table, a, b);
            if (pair->is_there && is_apart) {
                struct obligation_terms terms;
                bool is_even = pair->net.minor == 0; /* as obligation_of_statement */
                struct payment payment = {table->partners[is_even ? a : pair->debtor],
                                          table->partners[is_even ? b : pair->creditor], pair->net};
                obligation_of_payment(&payment, table->coalition, table->period,
                                      settling->charter->currency, &terms);
                terms.is_multilateral = false;
                add_payment(settling, &terms, false);
            } else {
                left +=
                    pair->is_there && !(partner_set_has(netted, a) && partner_set_has(netted, b));
            }
        }
    }
    return left;
}

static enum err show_vote(const struct settling *settling, const struct netting_table *table,
                          uint32_t round, size_t place)
{
    struct audit_report *report = settling->report;
    const struct netting_vote *vote = netting_vote_of(table, round, place);
    struct audit_vote shown = {table->partners[place], round, vote->is_for, 0, NULL};
    if (!vote->is_there) {
        return ERR_OK;
    }
    shown.left_out = arena_alloc(settling->arena, table->count * sizeof *shown.left_out);
    if (shown.left_out == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (partner_set_has(&vote->left_out, i)) {
            shown.left_out[shown.left_out_count++] = table->partners[i];
        }
    }
    report->votes[report->vote_count++] = shown;
    return ERR_OK;
}

static enum err show_votes(const struct settling *settling, const struct netting_table *table)
{
    struct audit_report *report = settling->report;
    report->votes =
        arena_alloc(settling->arena, NETTING_ROUNDS_MAX * table->count * sizeof *report->votes);
    if (report->votes == NULL) {
        return ERR_RESOURCE;
    }
    for (uint32_t round = 0; round < NETTING_ROUNDS_MAX; round++) {
        for (size_t i = 0; i < table->count; i++) {
            TRY(show_vote(settling, table, round, i));
        }
    }
    return ERR_OK;
}

static enum err net_together(struct settling *settling)
{
    static const struct partner_set nobody;
    struct audit_report *report = settling->report;
    const struct dossier *first = first_with_net(settling);
    struct netting_table table;
    struct partner_set netted;
    if (first == NULL) {
        return net_by_pair(settling);
    }
    TRY(gather(settling, first, &table));
    TRY(show_votes(settling, &table));
    TRY(make_room(settling, table.count * (table.count + 1) / 2, table.count));
    enum err err = add_positions(settling, &table);
    if (err != ERR_OK) {
        return no_sum(settling, err);
    }
    TRY(add_sets(settling, &table, &netted));
    report->netting =
        add_apart(settling, &table, &netted) == 0 ? AUDIT_NET_COUNTED : AUDIT_NET_OPEN;
    return report->netting == AUDIT_NET_OPEN && report->payment_count == 0
               ? add_plan(settling, &table, &nobody, true)
               : ERR_OK;
}

/* ---- What was paid ---- */

static struct audit_payment *find_payment(const struct settling *settling,
                                          const struct payment *wanted)
{
    struct audit_report *report = settling->report;
    for (size_t i = 0; i < report->payment_count; i++) {
        const struct payment *payment = &report->payments[i].terms.payment;
        if (partner_id_equal(&payment->debtor, &wanted->debtor) &&
            partner_id_equal(&payment->creditor, &wanted->creditor) &&
            !report->payments[i].is_planned) {
            return &report->payments[i];
        }
    }
    return NULL;
}

static void say_terms(const struct obligation_terms *terms, char out[FINDING_TEXT_MAX])
{
    snprintf(out, FINDING_TEXT_MAX, "%s pays %s %" PRId64 " %s, %s", terms->payment.debtor.text,
             terms->payment.creditor.text, terms->payment.amount.minor, terms->currency,
             terms->is_multilateral ? "of all pairs" : "of the pair");
}

/* A side's figures: the higher number is the later word; two under one number must be the same. */
static enum err take_word(const struct audit_place *place, const struct payment_word *word,
                          bool is_creditor, struct audit_payment *payment)
{
    bool *has = is_creditor ? &payment->has_creditor : &payment->has_debtor;
    struct obligation_figures *figures = &payment->figures;
    struct money *first = is_creditor ? &figures->received : &figures->instructed;
    struct money *second = is_creditor ? &figures->echoed : &figures->acknowledged;
    struct money said[2] = {is_creditor ? word->figures.received : word->figures.instructed,
                            is_creditor ? word->figures.echoed : word->figures.acknowledged};
    if (!word->is_there || !word->counts || (*has && word->number < payment->words[is_creditor])) {
        return ERR_OK;
    }
    if (*has && word->number == payment->words[is_creditor] &&
        (first->minor != said[0].minor || second->minor != said[1].minor)) {
        return audit_flawed_numbers(place, 0, "what one side signed under one number",
                                    (uint64_t)first->minor, (uint64_t)said[0].minor);
    }
    *has = true;
    payment->words[is_creditor] = word->number;
    *first = said[0];
    *second = said[1];
    return ERR_OK;
}

static enum err check_payment(const struct settling *settling, const struct dossier_payment *said)
{
    char texts[2][FINDING_TEXT_MAX];
    struct audit_place place = place_of(settling, said->file);
    struct audit_payment *payment = find_payment(settling, &said->terms.payment);
    say_terms(&said->terms, texts[1]);
    if (payment == NULL) {
        return audit_flawed(&place, 0, "the payment", "one that follows from signed statements",
                            texts[1]);
    }
    if (!obligation_terms_equal(&payment->terms, &said->terms)) {
        say_terms(&payment->terms, texts[0]);
        return audit_flawed(&place, 0, "what is paid", texts[0], texts[1]);
    }
    TRY(take_word(&place, &said->debtor, false, payment));
    return take_word(&place, &said->creditor, true, payment);
}

/* Nothing to pay, and nobody paid: of no interest. */
static void drop_even(struct audit_report *report)
{
    size_t kept = 0;
    for (size_t i = 0; i < report->payment_count; i++) {
        const struct audit_payment *payment = &report->payments[i];
        if (payment->terms.payment.amount.minor != 0 || payment->has_debtor ||
            payment->has_creditor) {
            report->payments[kept++] = *payment;
        }
    }
    report->payment_count = kept;
}

enum err settlement_audit(const struct dossier *dossiers, size_t count, struct audit_report *report,
                          struct arena *arena)
{
    struct settling settling = {.dossiers = dossiers,
                                .count = count,
                                .report = report,
                                .arena = arena,
                                .charter = charter_chain_last(&dossiers[0].chain)};
    TRY(settling.charter->is_multilateral ? net_together(&settling) : net_by_pair(&settling));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < dossiers[i].payment_count; j++) {
            TRY(check_payment(&settling, &dossiers[i].payments[j]));
        }
    }
    drop_even(report);
    return ERR_OK;
}
