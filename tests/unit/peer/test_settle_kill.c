/* A period goes from open to closed between two ledgers, and one of them dies at each append of its
 * journal in turn, before it is durable or after, or a message is lost; then it goes on. Whatever
 * happens, there is one result: one mark, one statement, one net, one payment, closed by both.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/exchange.h"
#include "peer/netting.h"
#include "peer/payment.h"
#include "shop.h"

#define ROUNDS_MAX 40

static const struct period october = {202610};

/* What goes wrong in one run. */
struct fault {
    unsigned victim;
    int append; /* which one the victim dies with; -1: none */
    bool is_late;
    int message; /* which one is lost; -1: none */
};

/* Large. */
static struct street street;
static int messages; /* so far */
static struct fault fault;

static struct brand *brand(unsigned index)
{
    return &street.shops[index].brand;
}

/* Does this one arrive? Both ways count. */
static bool arrives(void)
{
    return messages++ != fault.message;
}

static enum err tell(unsigned index, struct command *command)
{
    command->business_time = brand(index)->now;
    struct outcome outcome = engine_execute(brand(index)->engine, command);
    return outcome.err;
}

/* The node's clock, each time under an id of its own: what is closed is not open any more. */
static enum err close_by_clock(unsigned index)
{
    static unsigned looks;
    struct command command = brand_command(brand(index), COMMAND_CLOSE_PERIOD, 20000 + looks++);
    struct stream stream = brand_stream(brand(index), STREAM_OUT, brand(1 - index));
    command.close_period.period = october;
    return stream.period.code == october.code ? tell(index, &command) : ERR_OK;
}

/* The first shop's node does it by the calendar. At the second two operators do it at once; the one
 * who comes later finds it done. */
static enum err close_period(unsigned index)
{
    if (index == 0) {
        return close_by_clock(index);
    }
    for (unsigned operator= 0; operator<2; operator++) {
        struct command command =
            brand_command(brand(index), COMMAND_CLOSE_PERIOD, 9000 + 10 * index + operator);
        command.close_period.period = october;
        TRY(tell(index, &command));
    }
    return ERR_OK;
}

static enum err exchange_with(struct exchange *ours, struct exchange *theirs,
                              const struct peer_host *caller, const struct peer_host *callee,
                              struct note *note)
{
    struct signed_message shown;
    struct signed_message answered;
    struct signed_message countersigned;
    TRY(exchange_begin(ours, caller, note));
    if (!arrives()) {
        return ERR_UNAVAILABLE;
    }
    TRY(signed_decode(buffer_slice(&ours->own_signed), &shown));
    TRY(exchange_answer(theirs, callee, &shown, note));
    if (!arrives()) {
        return ERR_UNAVAILABLE;
    }
    TRY(signed_decode(buffer_slice(&theirs->own_signed), &answered));
    TRY(signed_decode(buffer_slice(&theirs->countersigned), &countersigned));
    return exchange_take(ours, caller, &answered, &countersigned, note);
}

static enum err exchange(unsigned index, const struct peer_host *caller,
                         const struct peer_host *callee)
{
    struct exchange ours;
    struct exchange theirs;
    struct note note = {""};
    exchange_init(&ours, &brand(1 - index)->id, october);
    exchange_init(&theirs, &brand(index)->id, (struct period){0});
    enum err err = exchange_with(&ours, &theirs, caller, callee, &note);
    exchange_fini(&ours);
    exchange_fini(&theirs);
    return err;
}

/* What the callee has said, and then what there is to say here. */
static enum err net_together(unsigned index, const struct peer_host *caller,
                             const struct peer_host *callee)
{
    static const struct netting_wait wait = {.grace_ms = INT64_MAX / 4, .awake_ms = 0};
    const struct partner_id *other = &brand(1 - index)->id;
    struct netting_outcome outcome;
    struct note note = {""};
    struct slice bytes;
    struct signed_message word;
    for (unsigned i = 0; i < 2; i++) {
        enum err err = i == 0 ? netting_word_of(callee, october, other, &bytes)
                              : netting_vote_in(callee, october, other, 0, &bytes);
        if (err == ERR_OK && arrives()) {
            TRY(signed_decode(bytes, &word));
            TRY(netting_take_word(caller, october, other, &word, &note));
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    return netting_turn(caller, october, &wait, NULL, &outcome, &note);
}

static enum err net(unsigned index, const struct peer_host *caller, const struct peer_host *callee)
{
    struct note note = {""};
    return street.charter.is_multilateral
               ? net_together(index, caller, callee)
               : payment_net_pair(caller, &brand(1 - index)->id, october, &note);
}

/* Debtors order it, creditors see it booked: each tells it again and again. */
static enum err pay(unsigned index, const struct peer_host *host)
{
    struct obligation *obligation = calloc(1, sizeof *obligation);
    struct command command = {.kind = COMMAND_INSTRUCT_PAYMENT, .origin = brand(index)->id};
    assert_non_null(obligation);
    enum err err = ledger_get_obligation(&host->view, &brand(1 - index)->id, october, obligation);
    struct payment payment = obligation->terms.payment;
    free(obligation);
    TRY(err);
    command.payment.partner = brand(1 - index)->id;
    command.payment.period = october;
    command.payment.file = id_of(77);
    if (!partner_id_equal(&payment.debtor, &brand(index)->id)) {
        command.kind = COMMAND_BOOK_PAYMENT;
        command.payment.booking = (struct booking){"B1", payment.amount, {1}};
    }
    return tell(index, &command);
}

static enum err notify(unsigned index, const struct peer_host *from, const struct peer_host *to)
{
    struct note note = {""};
    struct signed_message notice;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    TRY(payment_say(from, &brand(1 - index)->id, october, &bytes));
    if (bytes.length == 0 || !arrives()) {
        return ERR_OK;
    }
    TRY(signed_decode(buffer_slice(&bytes), &notice));
    return payment_hear(to, &brand(index)->id, october, &notice, &note);
}

typedef enum err step_fn(unsigned index, const struct peer_host *caller,
                         const struct peer_host *callee);

static enum err pay_step(unsigned index, const struct peer_host *caller,
                         const struct peer_host *callee)
{
    (void)callee;
    return pay(index, caller);
}

/* Each on what is durable by then. */
static void take_step(unsigned index, step_fn *step)
{
    struct shop_host caller = shop_host(&street, index);
    struct shop_host callee = shop_host(&street, 1 - index);
    (void)!step(index, &caller.host, &callee.host); /* what failed comes again */
    shop_host_end(&caller);
    shop_host_end(&callee);
}

/* As a kill leaves it. */
static void revive(void)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        if (brand(i)->journal.is_dead) {
            struct brand copy;
            brand_copy(brand(i), &copy, i);
            brand(i)->journal.is_mortal = false;
            brand(i)->journal.is_dead = false;
            shop_restore(&street, i, &copy);
        }
    }
}

static void take_round(void)
{
    static step_fn *const steps[] = {exchange, net, pay_step, notify};
    struct note note = {""};
    for (unsigned i = 0; i < BRANDS; i++) {
        (void)!close_period(i);
        revive();
        if (arrives()) {
            (void)!shop_try_clear(&street, i, &note);
        }
        revive();
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
            take_step(i, steps[k]);
            revive();
        }
    }
}

static bool is_finished(unsigned index)
{
    struct shop_host host = shop_host(&street, index);
    bool is_so = false;
    enum err err =
        payment_is_finished(&host.host.view, &brand(1 - index)->id, october, false, &is_so);
    shop_host_end(&host);
    return err == ERR_OK && is_so;
}

static void check_half(unsigned index, struct slice statements[BRANDS], struct pair_row *row,
                       struct obligation *obligation)
{
    struct shop_host host = shop_host(&street, index);
    const struct partner_id *other = &brand(1 - index)->id;
    struct signed_message own;
    struct half half;
    assert_int_equal(pair_row_load(&host.host.view, other, october, row), ERR_OK);
    assert_int_equal(row->pair.state, PAIR_MATCHED);
    assert_int_equal(signed_decode(row->pair.own_signed, &own), ERR_OK);
    statements[index] = own.payload;
    assert_int_equal(ledger_get_obligation(&host.host.view, other, october, obligation), ERR_OK);
    assert_int_equal(obligation_step(obligation), OBLIGATION_CLOSED);
    assert_int_equal(obligation->figures.received.minor, obligation->terms.payment.amount.minor);
    assert_int_equal(obligation->terms.is_multilateral, street.charter.is_multilateral);
    assert_int_equal(ledger_get_half(&host.host.view, STREAM_OUT, other, october, &half), ERR_OK);
    struct stream stream = brand_stream(brand(index), STREAM_OUT, brand(1 - index));
    assert_int_equal(stream.period.code, 202611);
    assert_int_equal(stream.last_number, half.last_number); /* one mark, and nothing behind it */
    shop_host_end(&host);
}

static void check_result(void)
{
    static struct obligation obligations[BRANDS];
    struct pair_row rows[BRANDS] = {{{0}, {0}}, {{0}, {0}}};
    struct slice statements[BRANDS];
    for (unsigned i = 0; i < BRANDS; i++) {
        check_half(i, statements, &rows[i], &obligations[i]);
        brand_assert_audit(brand(i));
    }
    assert_true(slice_equal(statements[0], statements[1]));
    assert_string_equal(obligations[0].terms.reference, obligations[1].terms.reference);
    assert_int_equal(obligations[0].terms.payment.amount.minor,
                     obligations[1].terms.payment.amount.minor);
    assert_int_not_equal(obligations[0].terms.payment.amount.minor, 0);
    for (unsigned i = 0; i < BRANDS; i++) {
        pair_row_fini(&rows[i]);
    }
}

static void earn_abroad(unsigned index, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct command command = brand_command(brand(index), COMMAND_EARN, 100 * (index + 1) + i);
        command.earn = (struct command_earn){.card = street.shops[1 - index].card,
                                             .amount = money_of(50000 + 100 * i),
                                             .rate = {1, 100, ROUNDING_DOWN, 0}};
        assert_int_equal(tell(index, &command), ERR_OK);
    }
}

/* True when the fault happened: there may be a later one. */
static bool run(bool is_multilateral, struct fault what)
{
    fault = (struct fault){0, -1, false, -1};
    street_init(&street, 1);
    street.charter.is_multilateral = is_multilateral;
    memcpy(street.charter.currency, "EUR", 4);
    earn_abroad(0, 3);
    earn_abroad(1, 1);
    fault = what;
    messages = 0;
    struct faulty_journal *journal = &brand(what.victim)->journal;
    journal->is_mortal = what.append >= 0;
    journal->lives = what.append;
    journal->dies_late = what.is_late;
    int rounds = 0;
    while (!is_finished(0) || !is_finished(1)) {
        assert_true(rounds++ < ROUNDS_MAX);
        take_round();
    }
    bool has_happened =
        what.append >= 0 ? !brand(what.victim)->journal.is_mortal : messages > what.message;
    check_result();
    street_fini(&street);
    return has_happened;
}

static unsigned kill_everywhere(bool is_multilateral)
{
    unsigned points = 0;
    for (unsigned victim = 0; victim < BRANDS; victim++) {
        for (unsigned late = 0; late < 2; late++) {
            struct fault what = {victim, 0, late == 1, -1};
            for (; run(is_multilateral, what); what.append++) {
                points++;
            }
        }
    }
    return points;
}

static unsigned lose_everything(bool is_multilateral)
{
    struct fault what = {0, -1, false, 0};
    for (; run(is_multilateral, what); what.message++) {
    }
    return (unsigned)what.message;
}

/* The least says that the runs have gone through what they are about. */
static void test_a_pair_by_itself(void **state)
{
    (void)state;
    unsigned kills = kill_everywhere(false);
    unsigned losses = lose_everything(false);
    print_message("%u kills, %u losses\n", kills, losses);
    assert_true(kills >= 32 && losses >= 8);
}

static void test_all_pairs_together(void **state)
{
    (void)state;
    unsigned kills = kill_everywhere(true);
    unsigned losses = lose_everything(true);
    print_message("%u kills, %u losses\n", kills, losses);
    assert_true(kills >= 48 && losses >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pair_by_itself),
        cmocka_unit_test(test_all_pairs_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
