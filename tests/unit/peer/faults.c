#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/payment.h"
#include "wire/messages.h"

enum {
    PLACE = 40 /* of the entry that is wrong */
};

const char *fault_name(enum fault fault)
{
    static const char *const names[FAULT_KINDS] = {
        "dropped",        "doubled", "altered amount", "altered period",
        "altered tariff", "swapped", "forked"};
    return names[fault];
}

const char *stage_name(enum stage stage)
{
    static const char *const names[STAGES] = {"open",   "closing",   "proposed",   "matched",
                                              "agreed", "netted",    "instructed", "paid",
                                              "closed", "differing", "frozen"};
    return names[stage];
}

/* ---- Lists ---- */

static struct hash hash_of_entry(const struct clearing_entry *entry)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    assert_int_equal(wire_entry_encode(entry, &bytes), ERR_OK);
    return entry_hash(buffer_slice(&bytes));
}

static void link_again(struct entry_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        list->entries[i].number = list->entries[i - 1].number + 1;
        list->entries[i].previous_hash = hash_of_entry(&list->entries[i - 1]);
    }
}

void fault_put(enum fault fault, struct entry_list *list)
{
    struct clearing_entry *at = &list->entries[PLACE];
    size_t behind = list->count - PLACE;
    struct clearing_entry other = list->entries[PLACE + 9];
    switch (fault) {
    case FAULT_DROPPED:
        memmove(at, at + 1, (behind - 1) * sizeof *at);
        list->count--;
        break;
    case FAULT_DOUBLED:
        memmove(at + 1, at, behind * sizeof *at);
        list->count++;
        break;
    case FAULT_AMOUNT:
    case FAULT_FORKED:
        at->points.minor += 2;
        break;
    case FAULT_PERIOD:
        at->period = period_next(at->period);
        break;
    case FAULT_TARIFF:
        at->tariff = 2;
        break;
    case FAULT_SWAPPED:
        list->entries[PLACE + 9] = *at;
        *at = other;
        break;
    case FAULT_KINDS:
        break;
    }
    link_again(list);
}

/* The last sale comes behind the mark. */
void fault_put_in_stream(enum fault fault, bool has_mark, struct entry_list *list)
{
    if (fault != FAULT_PERIOD || !has_mark) {
        fault_put(fault, list);
        return;
    }
    struct clearing_entry mark = list->entries[list->count - 1];
    list->entries[list->count - 1] = list->entries[list->count - 2];
    list->entries[list->count - 1].period = period_next(mark.period);
    list->entries[list->count - 2] = mark;
    list->entries[list->count - 2].number = list->entries[list->count - 3].number + 1;
    link_again(list);
}

static enum err keep(void *context, uint64_t number, struct slice bytes)
{
    struct entry_list *list = context;
    (void)number;
    assert_true(list->count < sizeof list->entries / sizeof list->entries[0]);
    return wire_entry_decode(bytes, &list->entries[list->count++], NULL);
}

void faults_read(struct street *street, unsigned index, enum stream_direction direction,
                 struct period period, struct entry_list *out_list)
{
    struct shop_host host = shop_host(street, index);
    struct stream stream =
        brand_stream(&street->shops[index].brand, direction, &street->shops[1 - index].brand);
    uint64_t last = stream.period.code == period.code ? stream.receipted_number : 0;
    struct half_view *half = calloc(1, sizeof *half);
    struct note note = {""};
    assert_non_null(half);
    out_list->count = 0;
    assert_int_equal(half_open(half, &host.host, &street->shops[1 - index].brand.id, direction,
                               period, last, &note),
                     ERR_OK);
    assert_int_equal(half_entries(half, half->first_number, half->tree.count, keep, out_list),
                     ERR_OK);
    half_close(half);
    free(half);
    shop_host_end(&host);
}

/* ---- The pair ---- */

void faults_sell(struct street *street, unsigned count)
{
    struct brand *brand = &street->shops[0].brand;
    struct command commands[FAULT_ENTRIES];
    struct outcome outcomes[FAULT_ENTRIES];
    assert_true(count <= FAULT_ENTRIES);
    for (unsigned i = 0; i < count; i++) {
        commands[i] = brand_command(brand, COMMAND_EARN, 5000 + i);
        commands[i].earn = (struct command_earn){.card = street->shops[1].card,
                                                 .amount = money_of(500 + 100 * (i % 9)),
                                                 .rate = {1, 100, ROUNDING_DOWN, 0}};
    }
    assert_int_equal(engine_execute_batch(brand->engine, commands, count, true, outcomes), ERR_OK);
}

static void use_two_tariffs(struct street *street)
{
    static struct tariff tariffs[2];
    struct note note;
    tariffs[0] = street->shops[0].brand.tariffs[0];
    tariffs[1] = tariffs[0];
    tariffs[1].id = 2;
    tariffs[1].issue_price.minor = 300;
    tariffs[1].valid_from.ms = street->shops[0].brand.now.ms + 400 * DAY_MS;
    memcpy(street->charter.currency, "EUR", 4);
    for (unsigned i = 0; i < BRANDS; i++) {
        struct brand *brand = &street->shops[i].brand;
        brand_close(brand);
        brand->is_driven = true; /* no threads: these tests are many */
        brand->roster.tariffs = tariffs;
        brand->roster.tariff_count = 2;
        assert_int_equal(roster_prepare(&brand->roster, &note), ERR_OK);
        brand_open(brand);
    }
}

void faults_open(struct street *street)
{
    street_init(street, 1);
    use_two_tariffs(street);
}

void faults_begin(struct street *street)
{
    faults_open(street);
    faults_sell(street, FAULT_ENTRIES);
}

static void net(struct street *street, struct period period)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        struct shop_host host = shop_host(street, i);
        struct note note = {""};
        assert_int_equal(
            payment_net_pair(&host.host, &street->shops[1 - i].brand.id, period, &note), ERR_OK);
        shop_host_end(&host);
    }
}

static struct command payment_step(struct street *street, unsigned index, enum command_kind kind,
                                   struct period period)
{
    struct command command = brand_command(&street->shops[index].brand, kind, ++street->serial);
    command.payment.partner = street->shops[1 - index].brand.id;
    command.payment.period = period;
    return command;
}

/* The first shop is the debtor: what it gave the other's member it pays for. */
static void instruct(struct street *street, struct period period)
{
    struct command command = payment_step(street, 0, COMMAND_INSTRUCT_PAYMENT, period);
    command.payment.file = id_of(++street->serial);
    assert_int_equal(engine_execute(street->shops[0].brand.engine, &command).verdict, VERDICT_OK);
}

static void book(struct street *street, struct period period)
{
    struct shop_host host = shop_host(street, 1);
    struct obligation obligation;
    struct command command = payment_step(street, 1, COMMAND_BOOK_PAYMENT, period);
    assert_int_equal(
        ledger_get_obligation(&host.host.view, &street->shops[0].brand.id, period, &obligation),
        ERR_OK);
    command.payment.booking =
        (struct booking){"BANK-1", obligation.terms.payment.amount, street->shops[1].brand.now};
    shop_host_end(&host);
    assert_int_equal(engine_execute(street->shops[1].brand.engine, &command).verdict, VERDICT_OK);
}

/* The shop's notice to the other. */
static void notify(struct street *street, unsigned index, struct period period)
{
    struct shop_host ours = shop_host(street, index);
    struct shop_host theirs = shop_host(street, 1 - index);
    struct buffer bytes = {0};
    struct signed_message message;
    struct note note = {""};
    assert_int_equal(payment_say(&ours.host, &theirs.host.roster->self, period, &bytes), ERR_OK);
    if (bytes.length > 0) {
        assert_int_equal(signed_decode(buffer_slice(&bytes), &message), ERR_OK);
        assert_int_equal(
            payment_hear(&theirs.host, &ours.host.roster->self, period, &message, &note), ERR_OK);
    }
    buffer_fini(&bytes);
    shop_host_end(&ours);
    shop_host_end(&theirs);
}

static enum obligation_step step_at(struct street *street, unsigned index, struct period period)
{
    struct shop_host host = shop_host(street, index);
    struct obligation obligation;
    assert_int_equal(ledger_get_obligation(&host.host.view, &street->shops[1 - index].brand.id,
                                           period, &obligation),
                     ERR_OK);
    shop_host_end(&host);
    return obligation_step(&obligation);
}

static void freeze_both(struct street *street)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        const struct partner_id *partner = &street->shops[1 - i].brand.id;
        struct engine *engine = street->shops[i].brand.engine;
        assert_int_equal(engine_freeze(engine, partner, STREAM_OUT, "test", slice_of(NULL, 0)),
                         ERR_OK);
        assert_int_equal(engine_freeze(engine, partner, STREAM_IN, "test", slice_of(NULL, 0)),
                         ERR_OK);
    }
}

static void exchange(struct street *street, unsigned index, struct period period, bool is_lost)
{
    struct note note = {""};
    enum err err = street_exchange(street, index, period, is_lost, &note);
    if (err != ERR_OK) {
        fail_msg("exchange: %s: %s", err_name(err), note.text);
    }
}

static void go_to(struct street *street, struct period period, enum stage stage)
{
    switch (stage) {
    case STAGE_CLOSING:
        street_close_period(street, 0, period);
        shop_clear(street, 0);
        break;
    case STAGE_PROPOSED:
        street_close_period(street, 1, period);
        shop_clear(street, 1);
        street_propose(street, 0, period);
        break;
    case STAGE_MATCHED:
        exchange(street, 0, period, true);
        break;
    case STAGE_AGREED:
        exchange(street, 0, period, false);
        exchange(street, 1, period, false);
        break;
    case STAGE_NETTED:
        net(street, period);
        break;
    case STAGE_INSTRUCTED:
        instruct(street, period);
        notify(street, 0, period);
        assert_int_equal(step_at(street, 0, period), OBLIGATION_INSTRUCTED);
        break;
    case STAGE_PAID:
        book(street, period);
        notify(street, 1, period);
        assert_int_equal(step_at(street, 1, period), OBLIGATION_PAID);
        break;
    case STAGE_CLOSED:
        notify(street, 0, period);
        notify(street, 1, period);
        notify(street, 0, period);
        assert_int_equal(step_at(street, 0, period), OBLIGATION_CLOSED);
        assert_int_equal(step_at(street, 1, period), OBLIGATION_CLOSED);
        break;
    case STAGE_FROZEN:
        freeze_both(street);
        break;
    case STAGE_OPEN:
    case STAGE_DIFFERING:
    case STAGES:
        break;
    }
}

void faults_reach(struct street *street, struct period period, enum stage from, enum stage to)
{
    if (to == STAGE_FROZEN) {
        go_to(street, period, to);
        return;
    }
    for (int stage = (int)from + 1; stage <= (int)to; stage++) {
        go_to(street, period, (enum stage)stage);
    }
}
