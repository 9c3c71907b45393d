/* A statement's file as a partner could make it: by the wrong one, with signatures of something
 * else, with figures that don't follow, or that fit nowhere. None of them is ever an agreed one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dossier/statement_audit.h"
#include "crypto/domain.h"
#include "samples.h"
#include "wire/fields.h"
#include "wire/messages.h"

enum member_number {
    FUEL,
    GROCER,
    HOTEL
};

static struct charter_chain chain;

/* What is done to a statement before and after fuel makes it and grocer countersigns it. */
struct hostile {
    const char *name;
    void (*change)(struct pair_statement *statement); /* what is signed; NULL: nothing */
    unsigned maker;
    unsigned countersigner;
    enum purpose maker_purpose;
    enum purpose countersigner_purpose;
    bool is_replayed;  /* the signatures are of the unchanged statement */
    const char *where; /* which part of the proof says why: "own", "counter", "figures", "" */
    const char *why;   /* in its words */
};

static void other_period(struct pair_statement *statement)
{
    statement->period.code = SAMPLE_PERIOD + 1;
}

static void other_pair(struct pair_statement *statement)
{
    assert_int_equal(partner_id_parse("hotel", &statement->halves[1].sender), ERR_OK);
    statement->halves[0].receiver = statement->halves[1].sender;
    struct partner_id *grocers = partner_id_equal(&statement->debtor, &statement->halves[0].sender)
                                     ? &statement->creditor
                                     : &statement->debtor;
    *grocers = statement->halves[1].sender;
}

static void more_net(struct pair_statement *statement)
{
    statement->net.minor += 1;
}

static void other_debtor(struct pair_statement *statement)
{
    struct partner_id debtor = statement->debtor;
    statement->debtor = statement->creditor;
    statement->creditor = debtor;
}

static void more_points(struct pair_statement *statement)
{
    statement->halves[0].totals[0].points += 100;
}

static void overflowing_total(struct pair_statement *statement)
{
    statement->halves[0].totals[0].points = INT64_MAX;
    statement->net.minor = INT64_MAX;
}

static void overflowing_owed(struct pair_statement *statement)
{
    statement->halves[0].owed.minor = INT64_MAX;
    statement->halves[1].owed.minor = INT64_MIN;
}

static void unknown_tariff(struct pair_statement *statement)
{
    statement->halves[0].totals[0].tariff = 999;
}

#define MADE    PURPOSE_STATEMENT
#define COUNTER PURPOSE_STATEMENT_COUNTERSIGN

static const struct hostile cases[] = {
    {"as it should be", NULL, FUEL, GROCER, MADE, COUNTER, false, "", ""},
    {"made by a third", NULL, HOTEL, GROCER, MADE, COUNTER, false, "own", "neither partner's"},
    {"countersigned by a third", NULL, FUEL, HOTEL, MADE, COUNTER, false, "counter",
     "neither partner's"},
    {"countersigned by its maker", NULL, FUEL, FUEL, MADE, COUNTER, false, "counter", "own maker"},
    {"its own signature as the countersignature", NULL, FUEL, FUEL, MADE, MADE, false, "counter",
     "does not verify"},
    {"a partner's own statement as its countersignature", NULL, FUEL, GROCER, MADE, MADE, false,
     "counter", "does not verify"},
    {"a payment's signature", NULL, FUEL, GROCER, PURPOSE_PAYMENT, COUNTER, false, "own",
     "does not verify"},
    {"signatures of another period", other_period, FUEL, GROCER, MADE, COUNTER, true, "own",
     "other bytes"},
    {"signatures of another pair", other_pair, FUEL, GROCER, MADE, COUNTER, true, "own",
     "other bytes"},
    {"signatures of another net", more_net, FUEL, GROCER, MADE, COUNTER, true, "own",
     "other bytes"},
    {"a net that does not follow", more_net, FUEL, GROCER, MADE, COUNTER, false, "figures", "net"},
    {"who is owed pays", other_debtor, FUEL, GROCER, MADE, COUNTER, false, "figures", ""},
    {"totals that were more", more_points, FUEL, GROCER, MADE, COUNTER, false, "figures", ""},
    {"totals that overflow", overflowing_total, FUEL, GROCER, MADE, COUNTER, false, "figures", ""},
    {"debts that overflow", overflowing_owed, FUEL, GROCER, MADE, COUNTER, false, "figures", ""},
    {"a tariff that there is not", unknown_tariff, FUEL, GROCER, MADE, COUNTER, false, "figures",
     ""},
};

static void make(const struct hostile *hostile, struct arena *arena,
                 Talea__V1__GetStatementResponse *out_document, struct buffer parts[4])
{
    struct note note = {""};
    struct roster roster;
    struct pair_statement statement;
    const struct charter *charter = charter_chain_last(&chain);
    struct receipt_total totals[2] = {{ENTRY_EARN, 1, 2, 20000}, {ENTRY_PERIOD_MARK, 0, 1, 0}};
    struct receipt_total marks[1] = {{ENTRY_PERIOD_MARK, 0, 1, 0}};
    struct statement_half halves[2] = {
        {.first_number = 1, .last_number = 3, .totals = totals, .total_count = 2},
        {.first_number = 1, .last_number = 1, .totals = marks, .total_count = 1}};
    halves[0].sender = halves[1].receiver = charter->partners[FUEL].id;
    halves[1].sender = halves[0].receiver = charter->partners[GROCER].id;
    assert_int_equal(charter_roster(charter, &halves[0].sender, &roster, &note), ERR_OK);
    assert_int_equal(statement_make(&roster, charter->coalition, charter->currency,
                                    (struct period){SAMPLE_PERIOD}, halves, arena, &statement),
                     ERR_OK);
    statement.charter_epoch = charter->epoch;
    assert_true(statement.net.minor > 0);
    assert_int_equal(wire_statement_encode(&statement, &parts[0]), ERR_OK);
    if (hostile->change != NULL) {
        hostile->change(&statement);
    }
    if (wire_statement_encode(&statement, &parts[1]) != ERR_OK) {
        fail_msg("%s: no partner could write this", hostile->name);
    }
    const struct buffer *signed_part = &parts[hostile->is_replayed ? 0 : 1];
    sample_sign(hostile->maker, hostile->maker_purpose, signed_part, &parts[2]);
    sample_sign(hostile->countersigner, hostile->countersigner_purpose, signed_part, &parts[3]);
    talea__v1__get_statement_response__init(out_document);
    out_document->statement = binary_of(parts[1].at, parts[1].length);
    out_document->own_signed = binary_of(parts[2].at, parts[2].length);
    out_document->partner_countersigned = binary_of(parts[3].at, parts[3].length);
    charter_roster_fini(&roster);
}

static void look(const struct hostile *hostile, const struct statement_proof *proof)
{
    bool is_own = strcmp(hostile->where, "own") == 0;
    bool is_counter = strcmp(hostile->where, "counter") == 0;
    const char *why = is_own       ? proof->own.why
                      : is_counter ? proof->countersigned.why
                                   : proof->figures_why;
    bool is_good = hostile->where[0] == '\0';
    bool is_invalid = is_own       ? proof->own.state == PROOF_INVALID
                      : is_counter ? proof->countersigned.state == PROOF_INVALID
                                   : proof->figures == PROOF_INVALID;
    if (statement_is_agreed(proof) != is_good || (!is_good && !statement_is_broken(proof)) ||
        is_invalid == is_good) {
        fail_msg("%s: agreed %d, own \"%s\", counter \"%s\", figures \"%s\"", hostile->name,
                 statement_is_agreed(proof), proof->own.why, proof->countersigned.why,
                 proof->figures_why);
    }
    if (!is_good && (why[0] == '\0' || strstr(why, hostile->why) == NULL)) {
        fail_msg("%s: \"%s\" does not say \"%s\"", hostile->name, why, hostile->why);
    }
}

static void test_hostile(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(arena_fini) struct arena arena;
        struct buffer parts[4] = {{0}, {0}, {0}, {0}};
        Talea__V1__GetStatementResponse document;
        struct statement_proof proof;
        struct note note = {""};
        arena_init(&arena, 1 << 20);
        make(&cases[i], &arena, &document, parts);
        if (statement_prove(&document, &chain, &arena, &proof, &note) != ERR_OK) {
            fail_msg("%s: %s", cases[i].name, note.text);
        }
        look(&cases[i], &proof);
        for (unsigned k = 0; k < 4; k++) {
            buffer_fini(&parts[k]);
        }
    }
}

/* ---- What was set apart ---- */

#define SOLD 2u /* that both have; one more is only with its sender */

/* Of fuel's half: a sale that grocer has not. */
struct apart_case {
    struct buffer terms;
    struct buffer entry;
    struct buffer envelopes[2];
    struct buffer statement;
    struct buffer signatures[2];
    struct receipt_total totals[2];
    struct receipt_total marks[1];
    struct receipt_total claimed[1];
};

static void make_terms(struct apart_case *c, struct apart_half *out_half)
{
    const struct charter *charter = charter_chain_last(&chain);
    struct clearing_entry entry = {.number = 2,
                                   .kind = ENTRY_EARN,
                                   .period = {SAMPLE_PERIOD},
                                   .business_time = {1790000000000},
                                   .points = points_of(700),
                                   .tariff = 1};
    entry.transaction_id.bytes[0] = 1;
    memcpy(entry.card.digits, "7001000000000426", 17);
    assert_int_equal(wire_entry_encode(&entry, &c->entry), ERR_OK);
    *out_half = (struct apart_half){.period = {SAMPLE_PERIOD},
                                    .sender = charter->partners[FUEL].id,
                                    .receiver = charter->partners[GROCER].id,
                                    .first_number = 1,
                                    .last_number = SOLD + 2,
                                    .receipt_number = 1,
                                    .count = SOLD + 1,
                                    .sent_count = 1,
                                    .sent = {buffer_slice(&c->entry)}};
    snprintf(out_half->coalition, sizeof out_half->coalition, "%s", charter->coalition);
    out_half->last_hash.bytes[0] = 3;
    out_half->root.bytes[0] = 4;
    assert_int_equal(wire_apart_encode(out_half, &c->terms), ERR_OK);
    sample_sign(FUEL, PURPOSE_SET_APART, &c->terms, &c->envelopes[0]);
    sample_sign(GROCER, PURPOSE_SET_APART, &c->terms, &c->envelopes[1]);
}

static void make_apart(struct apart_case *c, struct arena *arena)
{
    const struct charter *charter = charter_chain_last(&chain);
    struct apart_half half;
    struct roster roster;
    struct note note = {""};
    struct pair_statement statement;
    make_terms(c, &half);
    c->totals[0] = (struct receipt_total){ENTRY_EARN, 1, SOLD, 20000};
    c->totals[1] = (struct receipt_total){ENTRY_PERIOD_MARK, 1, 1, 0};
    c->marks[0] = (struct receipt_total){ENTRY_PERIOD_MARK, 1, 1, 0};
    c->claimed[0] = (struct receipt_total){ENTRY_EARN, 1, 1, 700};
    struct statement_half halves[2] = {
        {half.sender, half.receiver, half.first_number, half.last_number, half.last_hash, half.root,
         c->totals, 2, .apart = c->claimed, .apart_count = 1,
         .apart_hash = hash_of(HASH_DOMAIN_APART, buffer_slice(&c->terms))},
        {half.receiver, half.sender, 1, 1, .totals = c->marks, .total_count = 1}};
    assert_int_equal(charter_roster(charter, &half.sender, &roster, &note), ERR_OK);
    assert_int_equal(statement_make(&roster, charter->coalition, charter->currency, half.period,
                                    halves, arena, &statement),
                     ERR_OK);
    statement.charter_epoch = charter->epoch;
    assert_int_equal(wire_statement_encode(&statement, &c->statement), ERR_OK);
    sample_sign(FUEL, MADE, &c->statement, &c->signatures[0]);
    sample_sign(GROCER, COUNTER, &c->statement, &c->signatures[1]);
    charter_roster_fini(&roster);
}

static void apart_case_fini(struct apart_case *c)
{
    struct buffer *const parts[] = {&c->terms,        &c->entry,     &c->envelopes[0],
                                    &c->envelopes[1], &c->statement, &c->signatures[0],
                                    &c->signatures[1]};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        buffer_fini(parts[i]);
    }
}

enum apart_lie {
    APART_SOUND,
    APART_ABSENT,
    APART_BY_ONE,       /* the sender signed twice */
    APART_OTHER_TOTALS, /* the stream has one entry more */
    APART_OTHER_STREAM, /* it ends otherwise */
    APART_LIES
};

static enum err audit_apart(enum apart_lie lie, struct note *note)
{
    struct apart_case c = {.terms = {0}};
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, 1 << 20);
    make_apart(&c, &arena);
    Talea__V1__GetStatementResponse document;
    Talea__V1__AgreedApart agreed;
    Talea__V1__AgreedApart *list[1] = {&agreed};
    talea__v1__get_statement_response__init(&document);
    talea__v1__agreed_apart__init(&agreed);
    document.statement = binary_of(c.statement.at, c.statement.length);
    document.own_signed = binary_of(c.signatures[0].at, c.signatures[0].length);
    document.partner_countersigned = binary_of(c.signatures[1].at, c.signatures[1].length);
    document.apart = list;
    document.n_apart = lie == APART_ABSENT ? 0 : 1;
    agreed.sender_signed = binary_of(c.envelopes[0].at, c.envelopes[0].length);
    agreed.receiver_signed = lie == APART_BY_ONE
                                 ? agreed.sender_signed
                                 : binary_of(c.envelopes[1].at, c.envelopes[1].length);
    const struct charter *charter = charter_chain_last(&chain);
    struct receipt_total sent[2] = {{ENTRY_EARN, 1, SOLD + 1, 20700}, c.totals[1]};
    sent[0].count += lie == APART_OTHER_TOTALS;
    struct stream_summary streams[2] = {
        {.is_ended = true, .last_hash = {{3}}, .totals = sent, .total_count = 2},
        {.is_ended = true, .totals = c.marks, .total_count = 1}};
    streams[0].last_hash.bytes[1] = lie == APART_OTHER_STREAM;
    streams[0].head = (struct stream_head){.first_number = 1, .last_number = SOLD + 2};
    streams[1].head = (struct stream_head){.first_number = 1, .last_number = 1};
    streams[0].head.sender = streams[1].head.receiver = charter->partners[FUEL].id;
    streams[1].head.sender = streams[0].head.receiver = charter->partners[GROCER].id;
    struct dossier dossier = {.holder = charter->partners[FUEL].id,
                              .period = {SAMPLE_PERIOD},
                              .chain = chain,
                              .streams = streams,
                              .stream_count = 2};
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {.report = &report, .file = "statement"};
    struct statement_proof proof;
    bool is_there;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    assert_int_equal(fields_pack(&document.base, &bytes), ERR_OK);
    enum err err =
        statement_audit(buffer_slice(&bytes), &dossier, &place, &arena, &proof, &is_there);
    snprintf(note->text, sizeof note->text, "%s", report.flaw.what);
    apart_case_fini(&c);
    return err;
}

static void test_what_was_set_apart(void **state)
{
    (void)state;
    for (int lie = APART_SOUND; lie < APART_LIES; lie++) {
        struct note note = {""};
        enum err err = audit_apart((enum apart_lie)lie, &note);
        if (err != (lie == APART_SOUND ? ERR_OK : ERR_CORRUPT)) {
            fail_msg("lie %d: %s, %s", lie, err_name(err), note.text);
        }
    }
}

static int begin(void **state)
{
    (void)state;
    sample_chain(&chain);
    return 0;
}

static int end(void **state)
{
    (void)state;
    charter_chain_fini(&chain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile),
                                       cmocka_unit_test(test_what_was_set_apart)};
    return cmocka_run_group_tests(tests, begin, end);
}
