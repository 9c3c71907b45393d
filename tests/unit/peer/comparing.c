#include "comparing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/pair.h"

/* Large. */
static struct compare_room room;

static enum err ask_once(const struct peer_host *ours, const struct peer_host *theirs,
                         struct comparison *comparison, lie_fn *lie, struct note *note)
{
    struct compare_request request;
    struct compare_answer answer;
    struct buffer claim = {0};
    comparison_ask(comparison, &request);
    enum err err =
        reconciling_answer(theirs, &ours->roster->self, &request, &room, &answer, &claim, note);
    if (err == ERR_OK && lie != NULL) {
        lie(&answer, room.hashes);
    }
    if (err == ERR_OK) {
        err = comparison_take(comparison, ours, &answer, note);
    }
    buffer_fini(&claim);
    return err;
}

static enum err show(const struct peer_host *ours, const struct peer_host *theirs,
                     struct comparison *comparison, struct note *note)
{
    static struct entry_span spans[RECONCILE_DIFFERENCES];
    static struct slice entries[RECONCILE_DIFFERENCES];
    struct entries_request request;
    struct buffer bytes = {0};
    comparison_show(comparison, &request);
    enum err err = reconciling_show(theirs, &ours->roster->self, &request, spans, &bytes);
    for (size_t i = 0; i < request.count; i++) {
        entries[i] = slice_of(bytes.at + spans[i].at, spans[i].length);
    }
    if (err == ERR_OK) {
        err = comparison_take_shown(comparison, ours, entries, request.count, note);
    }
    buffer_fini(&bytes);
    return err;
}

enum err street_compare(struct street *street, unsigned index, enum stream_direction direction,
                        struct period period, struct comparison *comparison, lie_fn *lie,
                        struct note *note)
{
    struct shop_host ours = shop_host(street, index);
    struct shop_host theirs = shop_host(street, 1 - index);
    memset(comparison, 0, sizeof *comparison);
    enum err err = comparison_open(comparison, &ours.host, &street->shops[1 - index].brand.id,
                                   direction, period, note);
    while (err == ERR_OK && !comparison_is_over(comparison)) {
        err = ask_once(&ours.host, &theirs.host, comparison, lie, note);
    }
    if (err == ERR_OK && comparison->search.stage == RECONCILE_DIFFERENT) {
        err = show(&ours.host, &theirs.host, comparison, note);
    }
    shop_host_end(&ours);
    shop_host_end(&theirs);
    return err;
}

/* The page with the entry, in room of its own. NULL when there is none. */
static const struct recover_page *find_page(const struct peer_host *holder,
                                            const struct partner_id *caller,
                                            struct recover_request request, uint64_t number,
                                            struct holdings_page *page_room,
                                            struct recover_page *page)
{
    struct page_search search;
    const struct recover_page *found;
    bool is_found;
    struct note note;
    page_search_begin(&search, request.number);
    do {
        request.number = search.next;
        holdings_page_fini(page_room);
        memset(page_room, 0, sizeof *page_room);
        found =
            holdings_find(holder, caller, &request, page_room, page, &note) == ERR_OK ? page : NULL;
    } while (page_search_goes_on(&search, found, number, &is_found));
    return is_found ? found : NULL;
}

enum mend_action street_mend(struct street *street, unsigned index, struct comparison *comparison,
                             size_t difference, enum ruling *out_ruling, struct note *note)
{
    struct shop_host ours = shop_host(street, index);
    struct shop_host theirs = shop_host(street, 1 - index);
    struct holdings_page *rooms = calloc(2, sizeof *rooms);
    struct recover_page pages[2];
    struct recover_request asked[2];
    struct mend_case mend = {.comparison = comparison, .ruling = RULING_OPEN};
    enum mend_action action;
    assert_non_null(rooms);
    mend.kind = comparison->differences[difference].kind;
    mend.pair = &comparison->pairs[comparison->differences[difference].pair];
    if (ruling_pages(comparison, &ours.host, mend.pair->number, &asked[0], &asked[1]) == ERR_OK) {
        mend.ours = find_page(&ours.host, &theirs.host.roster->self, asked[1], mend.pair->number,
                              &rooms[0], &pages[0]);
        mend.theirs = find_page(&theirs.host, &ours.host.roster->self, asked[0], mend.pair->number,
                                &rooms[1], &pages[1]);
        mend.ruling = ruling_of_pages(comparison, &ours.host, mend.pair, mend.ours, mend.theirs);
    }
    comparison->half.host = &ours.host;
    enum err err = mending_act(&ours.host, &mend, &action, note);
    if (err != ERR_OK) {
        fail_msg("mending: %s: %s", err_name(err), note->text);
    }
    *out_ruling = mend.ruling;
    for (unsigned i = 0; i < 2; i++) {
        holdings_page_fini(&rooms[i]);
    }
    free(rooms);
    shop_host_end(&ours);
    shop_host_end(&theirs);
    return action;
}

enum err street_set_apart(struct street *street, const struct comparison *comparison,
                          struct period period, bool loses_answer, struct note *note)
{
    struct shop_host ours = shop_host(street, 0);
    struct shop_host theirs = shop_host(street, 1);
    struct apart_found found = {comparison->pairs, comparison->pair_count, comparison->differences,
                                comparison->difference_count, 0};
    struct buffer terms = {0};
    struct buffer answer = {0};
    struct signed_message messages[2];
    enum err err = ERR_OK;
    for (unsigned i = 0; err == ERR_OK && i < 2 && answer.length == 0; i++) {
        buffer_clear(&terms);
        err = apart_propose(&ours.host, &street->shops[1].brand.id, period, &found, &terms, note);
        if (err == ERR_OK) {
            assert_int_equal(signed_decode(buffer_slice(&terms), &messages[0]), ERR_OK);
            err = apart_answer(&theirs.host, &street->shops[0].brand.id, &messages[0], &answer,
                               &found.received_refused, note);
        }
    }
    if (err == ERR_OK && !loses_answer) {
        assert_int_equal(signed_decode(buffer_slice(&answer), &messages[1]), ERR_OK);
        err = apart_take(&ours.host, &street->shops[1].brand.id, buffer_slice(&terms), &messages[1],
                         note);
    }
    buffer_fini(&terms);
    buffer_fini(&answer);
    shop_host_end(&ours);
    shop_host_end(&theirs);
    return err;
}

enum err street_ask_apart(struct street *street, struct period period, struct note *note)
{
    struct shop_host ours = shop_host(street, 0);
    struct shop_host theirs = shop_host(street, 1);
    struct buffer shown = {0};
    struct signed_message message;
    enum err err = apart_show(&theirs.host, &street->shops[0].brand.id, period, &shown);
    if (err == ERR_OK) {
        assert_int_equal(signed_decode(buffer_slice(&shown), &message), ERR_OK);
        err = apart_take_shown(&ours.host, &street->shops[1].brand.id, period, &message, note);
    }
    buffer_fini(&shown);
    shop_host_end(&ours);
    shop_host_end(&theirs);
    return err;
}

enum err street_fetch_apart(struct street *street, unsigned index, struct period period,
                            struct note *note)
{
    struct shop_host ours = shop_host(street, index);
    struct shop_host theirs = shop_host(street, 1 - index);
    struct buffer shown[2] = {{0}, {0}};
    struct signed_message messages[2];
    enum err err = apart_show_both(&theirs.host, &street->shops[index].brand.id,
                                   index == 0 ? STREAM_IN : STREAM_OUT, period, shown);
    if (err == ERR_OK) {
        assert_int_equal(signed_decode(buffer_slice(&shown[0]), &messages[0]), ERR_OK);
        assert_int_equal(signed_decode(buffer_slice(&shown[1]), &messages[1]), ERR_OK);
        err = apart_take_again(&ours.host, &street->shops[1 - index].brand.id,
                               index == 0 ? STREAM_OUT : STREAM_IN, period, &messages[0],
                               &messages[1], note);
    }
    buffer_fini(&shown[0]);
    buffer_fini(&shown[1]);
    shop_host_end(&ours);
    shop_host_end(&theirs);
    return err;
}

enum err street_check(struct street *street, unsigned index, struct period period,
                      uint32_t *out_mended, struct note *note)
{
    struct shop_host host = shop_host(street, index);
    struct half_check checks[2];
    enum err err =
        mending_check_pair(&host.host, &street->shops[1 - index].brand.id, period, checks, note);
    *out_mended = err == ERR_OK ? half_check_mended(&checks[0]) + half_check_mended(&checks[1]) : 0;
    shop_host_end(&host);
    return err;
}

/* ---- Statements ---- */

/* NULL for what was not sent. */
static const struct signed_message *open_signed(const struct buffer *bytes,
                                                struct signed_message *message)
{
    if (bytes->length == 0) {
        return NULL;
    }
    assert_int_equal(signed_decode(buffer_slice(bytes), message), ERR_OK);
    return message;
}

void street_propose(struct street *street, unsigned index, struct period period)
{
    struct shop_host host = shop_host(street, index);
    struct exchange exchange;
    struct note note = {""};
    exchange_init(&exchange, &street->shops[1 - index].brand.id, period);
    if (exchange_begin(&exchange, &host.host, &note) != ERR_OK) {
        fail_msg("propose: %s", note.text);
    }
    exchange_fini(&exchange);
    shop_host_end(&host);
}

enum err street_exchange(struct street *street, unsigned index, struct period period, bool is_lost,
                         struct note *note)
{
    struct shop_host ours = shop_host(street, index);
    struct shop_host theirs = shop_host(street, 1 - index);
    struct exchange caller;
    struct exchange callee;
    struct signed_message messages[3];
    exchange_init(&caller, &theirs.host.roster->self, period);
    exchange_init(&callee, &ours.host.roster->self, (struct period){0});
    note->text[0] = '\0';
    enum err err = exchange_begin(&caller, &ours.host, note);
    if (err == ERR_OK) {
        err = exchange_answer(&callee, &theirs.host, open_signed(&caller.own_signed, &messages[0]),
                              note);
    }
    if (err == ERR_OK && !is_lost) {
        note->text[0] = '\0';
        err = exchange_take(&caller, &ours.host, open_signed(&callee.own_signed, &messages[1]),
                            open_signed(&callee.countersigned, &messages[2]), note);
    }
    exchange_fini(&caller);
    exchange_fini(&callee);
    shop_host_end(&ours);
    shop_host_end(&theirs);
    return err;
}

struct pair_row street_pair(struct street *street, unsigned index, struct period period)
{
    struct shop_host host = shop_host(street, index);
    struct pair_row row = {0};
    assert_int_equal(
        pair_row_load(&host.host.view, &street->shops[1 - index].brand.id, period, &row), ERR_OK);
    shop_host_end(&host);
    return row;
}

void street_close_period(struct street *street, unsigned index, struct period period)
{
    struct brand *brand = &street->shops[index].brand;
    struct command command = {.kind = COMMAND_CLOSE_PERIOD,
                              .origin = brand->id,
                              .business_time = brand->now,
                              .close_period = {.period = period}};
    command.transaction_id.bytes[0] = 0x77;
    command.transaction_id.bytes[1] = (uint8_t)index;
    command.transaction_id.bytes[2] = (uint8_t)(period.code % 100);
    assert_int_equal(engine_execute(brand->engine, &command).verdict, VERDICT_OK);
}
