#include "peer/netting_page.h"

#include <string.h>

#include "peer/netting.h"
#include "peer/pair.h"

#define WORDS_MAX (1 + NETTING_ROUNDS_MAX) /* of one partner */

/* ---- As it is handed on ---- */

/* A page in the making. */
struct making {
    const struct peer_host *host;
    struct period period;
    struct arena *arena;
    struct netting_page page;
    size_t bytes; /* of envelopes */
};

/* Keeps an envelope that is borrowed until the next read. */
static enum err keep_envelope(struct making *making, struct slice bytes,
                              struct signed_message *out_message, size_t *in_out_bytes)
{
    uint8_t *copy = arena_alloc(making->arena, bytes.length + 1);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(copy, bytes.at, bytes.length);
    *in_out_bytes += bytes.length;
    return signed_decode(slice_of(copy, bytes.length), out_message);
}

/* Is there room for so many more bytes? There is for the first of a page. */
static bool has_room(struct making *making, size_t bytes)
{
    bool is_first = making->page.statement_count + making->page.word_count == 0;
    bool fits = is_first || making->bytes + bytes <= LIMIT_PAGE_BYTES;
    making->page.is_more = !fits;
    making->bytes += bytes;
    return fits;
}

static enum err add_statement(struct making *making, const struct partner_id *other)
{
    const struct peer_host *host = making->host;
    CLEANUP(pair_row_fini) struct pair_row row = {0};
    CLEANUP(buffer_fini) struct buffer own = {0};
    size_t bytes = 0;
    enum err err = pair_row_load(&host->view, other, making->period, &row);
    if (err != ERR_OK || row.pair.state != PAIR_MATCHED) {
        return err;
    }
    struct netting_agreed *agreed = &making->page.statements[making->page.statement_count];
    agreed->other = *other;
    TRY(peer_renew(host, row.pair.own_signed, &own));
    TRY(keep_envelope(making, buffer_slice(&own), &agreed->statement, &bytes));
    TRY(keep_envelope(making, row.pair.partner_countersigned, &agreed->countersignature, &bytes));
    making->page.statement_count += has_room(making, bytes) ? 1 : 0;
    return ERR_OK;
}

/* What is kept of a partner's: its word, and its vote of each round. */
static enum err add_words(struct making *making, const struct partner_id *partner)
{
    struct netting_said *said = &making->page.words[making->page.word_count];
    size_t count = 0;
    size_t bytes = 0;
    for (uint32_t i = 0; i < WORDS_MAX; i++) {
        struct slice word;
        enum err err = i == 0
                           ? netting_word_of(making->host, making->period, partner, &word)
                           : netting_vote_in(making->host, making->period, partner, i - 1, &word);
        if (err == ERR_OK) {
            said[count].partner = *partner;
            err = keep_envelope(making, word, &said[count++].word, &bytes);
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    if (count > 0 && has_room(making, bytes)) {
        making->page.word_count += count;
    }
    return ERR_OK;
}

static enum err make(struct making *making, const struct netting_place *after)
{
    const struct roster *roster = making->host->roster;
    for (int is_words = after->is_words ? 1 : 0; is_words <= 1; is_words++) {
        bool goes_on = is_words == (after->is_words ? 1 : 0);
        for (size_t i = 0; i < roster->partner_count && !making->page.is_more; i++) {
            const struct partner_id *partner = &roster->partners[i].id;
            if (goes_on && partner_id_compare(partner, &after->partner) <= 0) {
                continue;
            }
            if (is_words) {
                TRY(add_words(making, partner));
            } else if (!roster_is_self(roster, partner)) {
                TRY(add_statement(making, partner));
            }
        }
    }
    return ERR_OK;
}

enum err netting_page_make(const struct peer_host *host, struct period period,
                           const struct netting_place *after, struct arena *arena,
                           struct netting_page *out_page)
{
    size_t count = host->roster->partner_count;
    struct making making = {.host = host, .period = period, .arena = arena};
    making.page.statements = arena_alloc(arena, count * sizeof *making.page.statements);
    making.page.words = arena_alloc(arena, count * WORDS_MAX * sizeof *making.page.words);
    if (making.page.statements == NULL || making.page.words == NULL) {
        return ERR_RESOURCE;
    }
    TRY(make(&making, after));
    *out_page = making.page;
    return ERR_OK;
}

/* ---- As it is taken ---- */

void netting_reading_begin(struct netting_reading *reading, struct period period)
{
    if (!period_equal(reading->period, period)) {
        *reading = (struct netting_reading){.period = period};
    }
    reading->pages = 0;
}

static enum err go_on(struct netting_place *place, bool is_words, const struct partner_id *partner,
                      struct note *note)
{
    bool is_behind =
        is_words == place->is_words ? partner_id_compare(partner, &place->partner) > 0 : is_words;
    if (!is_behind) {
        return note_set(note, ERR_INPUT, "a page of the net goes back to %s", partner->text);
    }
    *place = (struct netting_place){is_words, *partner};
    return ERR_OK;
}

/* Is each part behind the one before? Moves the place behind the last. */
static enum err check_order(const struct netting_page *page, struct netting_place *place,
                            struct note *note)
{
    size_t said = 0; /* by one partner */
    if (page->is_more && page->statement_count + page->word_count == 0) {
        return note_set(note, ERR_INPUT, "a page of the net is empty, and not the last one");
    }
    for (size_t i = 0; i < page->statement_count; i++) {
        TRY(go_on(place, false, &page->statements[i].other, note));
    }
    for (size_t i = 0; i < page->word_count; i++) {
        const struct partner_id *partner = &page->words[i].partner;
        if (i > 0 && said < WORDS_MAX && partner_id_equal(partner, &place->partner)) {
            said++;
            continue;
        }
        TRY(go_on(place, true, partner, note));
        said = 1;
    }
    return ERR_OK;
}

static enum err take(const struct peer_host *host, const struct partner_id *partner,
                     struct period period, const struct netting_page *page, struct note *note)
{
    for (size_t i = 0; i < page->statement_count; i++) {
        const struct netting_agreed *agreed = &page->statements[i];
        if (!roster_is_self(host->roster, &agreed->other)) {
            TRY(netting_take_statement(host, period, partner, &agreed->other, &agreed->statement,
                                       &agreed->countersignature, note));
        }
    }
    for (size_t i = 0; i < page->word_count; i++) {
        const struct netting_said *said = &page->words[i];
        if (!roster_is_self(host->roster, &said->partner)) {
            enum err err = netting_take_word(host, period, &said->partner, &said->word, note);
            TRY(err == ERR_DISAGREE ? ERR_OK : err); /* its signer's streams are frozen for it */
        }
    }
    return ERR_OK;
}

enum err netting_page_take(const struct peer_host *host, const struct partner_id *partner,
                           struct netting_reading *reading, const struct netting_page *page,
                           bool *out_is_more, struct note *note)
{
    struct netting_place place = reading->place;
    enum err err = check_order(page, &place, note);
    if (err == ERR_OK) {
        err = take(host, partner, reading->period, page, note);
    }
    if (err == ERR_OK && page->is_more) {
        reading->place = place;
        reading->pages++;
    } else {
        *reading = (struct netting_reading){.period = reading->period};
    }
    *out_is_more = err == ERR_OK && page->is_more && reading->pages < LIMIT_NETTING_PAGES;
    return err;
}
