/* A draw's paper, read and checked. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "draw/paper_parts.h"

struct reading {
    struct slice text;
    size_t at;
    unsigned line; /* of `at`, from 1 */
    struct draw_paper *paper;
    struct note *note;
};

static enum err fail(const struct reading *r, const char *what)
{
    return note_set(r->note, ERR_CORRUPT, "line %u: %s", r->line, what);
}

/* The rest of the line that begins with `start`; false: it begins otherwise. */
static bool take_line(struct reading *r, const char *start, struct slice *out_value)
{
    size_t length = strlen(start);
    const uint8_t *line = r->text.at + r->at;
    size_t left = r->text.length - r->at;
    const uint8_t *end = left == 0 ? NULL : memchr(line, '\n', left);
    if (end == NULL || (size_t)(end - line) < length || memcmp(line, start, length) != 0) {
        return false;
    }
    *out_value = slice_of(line + length, (size_t)(end - line) - length);
    r->at += (size_t)(end - line) + 1;
    r->line++;
    return true;
}

static bool is_next(const struct reading *r, const char *label)
{
    struct reading copy = *r;
    struct slice value;
    char start[32];
    snprintf(start, sizeof start, DRAW_LABEL, label);
    return take_line(&copy, start, &value);
}

/* The value behind a label: 1 byte to capacity - 1, printable. */
static enum err take_value(struct reading *r, const char *label, char *out_value, size_t capacity)
{
    char start[32];
    struct slice value;
    struct reading before = *r;
    snprintf(start, sizeof start, DRAW_LABEL, label);
    if (!take_line(r, start, &value)) {
        return note_set(r->note, ERR_CORRUPT, "line %u: no \"%s\"", r->line, label);
    }
    if (value.length == 0 || value.length >= capacity || value.at[0] == ' ' ||
        !text_is_printable(value)) {
        return note_set(r->note, ERR_CORRUPT, "line %u: \"%s\" is empty, too long or no text",
                        before.line, label);
    }
    memcpy(out_value, value.at, value.length);
    out_value[value.length] = '\0';
    return ERR_OK;
}

/* Digits as they are written: no more zeros than there must be. Moves behind them. */
static bool read_number(const char **text, uint64_t max, uint64_t *out_number)
{
    const char *at = *text;
    uint64_t number = 0;
    bool is_short = at[0] != '0' || at[1] < '0' || at[1] > '9';
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (max - digit) / 10 || digit > max) {
            return false;
        }
        number = number * 10 + digit;
    }
    bool is_there = at != *text && is_short;
    *text = at;
    *out_number = number;
    return is_there;
}

static enum err take_number(struct reading *r, const char *label, uint64_t max,
                            uint64_t *out_number)
{
    char value[DRAW_VALUE_MAX];
    const char *at = value;
    TRY(take_value(r, label, value, sizeof value));
    return read_number(&at, max, out_number) && *at == '\0'
               ? ERR_OK
               : fail(r, "the line before is no number");
}

static enum err take_time(struct reading *r, const char *label, struct unix_ms *out_time)
{
    char value[DRAW_VALUE_MAX];
    char again[TIME_TEXT_MAX];
    TRY(take_value(r, label, value, sizeof value));
    return unix_ms_parse(value, out_time) == ERR_OK &&
                   strcmp(unix_ms_format(*out_time, again), value) == 0
               ? ERR_OK
               : fail(r, "the line before is no time");
}

/* Lower-case digits. */
static bool read_hex(const char *text, uint8_t *out_bytes, size_t length)
{
    for (size_t i = 0; i < 2 * length; i++) {
        bool is_digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (!is_digit) {
            return false;
        }
    }
    char copy[2 * 64 + 1];
    ASSERT(length <= 64);
    memcpy(copy, text, 2 * length);
    copy[2 * length] = '\0';
    return hex_parse(copy, out_bytes, length) == ERR_OK;
}

static enum err take_hex(struct reading *r, const char *label, uint8_t *out_bytes, size_t length)
{
    char value[DRAW_VALUE_MAX];
    TRY(take_value(r, label, value, sizeof value));
    return strlen(value) == 2 * length && read_hex(value, out_bytes, length)
               ? ERR_OK
               : fail(r, "the line before is not as many hexadecimal digits as it must be");
}

static enum err take_prize(struct reading *r, struct draw_terms *terms)
{
    char value[DRAW_VALUE_MAX];
    const char *at = value;
    uint64_t count;
    TRY(take_value(r, "prize", value, sizeof value));
    if (terms->prize_count == LIMIT_DRAW_PRIZES) {
        return fail(r, "too many prizes");
    }
    struct draw_prize *prize = &terms->prizes[terms->prize_count++];
    if (!read_number(&at, LIMIT_DRAW_WINNERS, &count) || *at != ' ' ||
        text_copy(prize->name, sizeof prize->name, at + 1) != ERR_OK) {
        return fail(r, "the line before is no prize");
    }
    prize->count = (uint32_t)count;
    return ERR_OK;
}

static enum err take_terms(struct reading *r, struct draw_terms *terms)
{
    char value[DRAW_VALUE_MAX];
    struct slice title;
    uint64_t reserves;
    char day[] = "0000-00-00";
    if (!take_line(r, "talea draw 1", &title) || title.length > 0) {
        return fail(r, "it is not of a draw");
    }
    TRY(take_value(r, "coalition", terms->coalition, sizeof terms->coalition));
    TRY(take_value(r, "brand", value, sizeof value));
    if (partner_id_parse(value, &terms->brand) != ERR_OK) {
        return fail(r, "the line before is no brand");
    }
    TRY(take_value(r, "draw", terms->name, sizeof terms->name));
    TRY(take_time(r, "opened", &terms->opened));
    TRY(take_value(r, "tickets", terms->metric, sizeof terms->metric));
    TRY(take_value(r, "until", day, sizeof day));
    if (day_parse(day, &terms->until_day) != ERR_OK) {
        return fail(r, "the line before is no day");
    }
    if (is_next(r, "beacon")) {
        TRY(take_value(r, "beacon", terms->beacon, sizeof terms->beacon));
    }
    TRY(take_value(r, "once", value, sizeof value));
    terms->is_once = strcmp(value, "yes") == 0;
    if (!terms->is_once && strcmp(value, "no") != 0) {
        return fail(r, "the line before is neither yes nor no");
    }
    while (is_next(r, "prize")) {
        TRY(take_prize(r, terms));
    }
    TRY(take_number(r, "reserve", LIMIT_DRAW_WINNERS, &reserves));
    terms->reserves = (uint32_t)reserves;
    TRY(take_hex(r, "commitment", terms->commitment.bytes, HASH_BYTES));
    struct note note = {""};
    return draw_terms_check(terms, &note) == ERR_OK ? ERR_OK : fail(r, note.text);
}

static enum err take_signature(struct reading *r, struct draw_signature *out)
{
    char key[KEY_ID_TEXT_MAX];
    char again[KEY_ID_TEXT_MAX];
    out->said = slice_of(r->text.at, r->at);
    TRY(take_value(r, "key", key, sizeof key));
    if (key_id_parse(key, &out->key) != ERR_OK ||
        strcmp(key_id_format(&out->key, again), key) != 0) {
        return fail(r, "the line before is no key");
    }
    TRY(take_number(r, "epoch", UINT64_MAX, &out->epoch));
    return take_hex(r, "signature", out->signature.bytes, sizeof out->signature.bytes);
}

static enum err take_closing(struct reading *r, struct draw_closing *closing)
{
    TRY(take_time(r, "closed", &closing->closed));
    TRY(take_number(r, "entrants", LIMIT_DRAW_ENTRANTS, &closing->entrants));
    TRY(take_number(r, "total", LIMIT_DRAW_TICKETS, &closing->tickets));
    TRY(take_hex(r, "list", closing->list.bytes, HASH_BYTES));
    return closing->entrants > 0 && closing->tickets >= closing->entrants
               ? ERR_OK
               : fail(r, "there are no tickets");
}

static enum err take_winner(struct reading *r, struct draw_result *result)
{
    char value[DRAW_VALUE_MAX];
    const char *at = value;
    uint64_t number;
    TRY(take_value(r, "winner", value, sizeof value));
    if (result->winner_count == LIMIT_DRAW_WINNERS) {
        return fail(r, "too many winners");
    }
    struct draw_place *winner = &result->winners[result->winner_count++];
    bool is_good = read_number(&at, LIMIT_DRAW_WINNERS, &number) &&
                   number == result->winner_count && *at++ == ' ' &&
                   read_hex(at, winner->id, DRAW_ID_BYTES);
    at += is_good ? 2 * DRAW_ID_BYTES : 0;
    is_good = is_good && *at++ == ' ' && read_number(&at, LIMIT_DRAW_TICKETS, &winner->ticket) &&
              *at == '\0';
    return is_good ? ERR_OK : fail(r, "the line before is no winner, or not the next");
}

static enum err take_result(struct reading *r, struct draw_result *result)
{
    TRY(take_time(r, "revealed", &result->revealed));
    TRY(take_hex(r, "seed", result->seed.bytes, DRAW_SEED_BYTES));
    if (is_next(r, "value")) {
        TRY(take_value(r, "value", result->value, sizeof result->value));
    }
    while (is_next(r, "winner")) {
        TRY(take_winner(r, result));
    }
    return ERR_OK;
}

static bool read_entrant(struct slice value, struct draw_entrant *out)
{
    char text[DRAW_LINE_MAX];
    const char *at = text + 2 * DRAW_ID_BYTES;
    if (value.length <= 2 * DRAW_ID_BYTES || value.length >= sizeof text ||
        memchr(value.at, '\0', value.length) != NULL) {
        return false;
    }
    memcpy(text, value.at, value.length);
    text[value.length] = '\0';
    return read_hex(text, out->id, DRAW_ID_BYTES) && *at++ == ' ' &&
           read_number(&at, LIMIT_DRAW_TICKETS, &out->tickets) && *at == '\0';
}

/* As many as were announced, or none at all. */
static enum err take_entrants(struct reading *r, struct draw_paper *paper)
{
    struct slice value;
    size_t count = (size_t)paper->closing.entrants;
    /* "entrant " and an id: so many can't be in fewer bytes. */
    if (count > (r->text.length - r->at) / (8 + 2 * DRAW_ID_BYTES)) {
        return fail(r, "the list is shorter than it was said to be");
    }
    paper->entrants = calloc(count, sizeof paper->entrants[0]);
    if (paper->entrants == NULL) {
        return ERR_RESOURCE;
    }
    for (; paper->entrant_count < count; paper->entrant_count++) {
        if (!take_line(r, "entrant ", &value) ||
            !read_entrant(value, &paper->entrants[paper->entrant_count])) {
            return fail(r, "it is no line of the list");
        }
    }
    return ERR_OK;
}

static enum err take_all(struct reading *r)
{
    struct draw_paper *paper = r->paper;
    TRY(take_terms(r, &paper->terms));
    TRY(take_signature(r, &paper->signatures[0]));
    paper->stage = DRAW_OPENED;
    if (is_next(r, "closed")) {
        TRY(take_closing(r, &paper->closing));
        TRY(take_signature(r, &paper->signatures[1]));
        paper->stage = DRAW_CLOSED;
    }
    if (paper->stage == DRAW_CLOSED && is_next(r, "revealed")) {
        TRY(take_result(r, &paper->result));
        TRY(take_signature(r, &paper->signatures[2]));
        paper->stage = DRAW_REVEALED;
    }
    if (paper->stage != DRAW_OPENED && r->at < r->text.length) {
        TRY(take_entrants(r, paper));
    }
    return r->at == r->text.length ? ERR_OK : fail(r, "there is more than a draw has");
}

enum err draw_read(struct slice text, struct draw_paper **out_paper, struct note *note)
{
    struct draw_paper *paper = calloc(1, sizeof *paper);
    if (paper == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the draw");
    }
    struct reading r = {.text = text, .line = 1, .paper = paper, .note = note};
    enum err err = take_all(&r);
    if (err != ERR_OK) {
        draw_paper_fini(paper);
        return err;
    }
    *out_paper = paper;
    return ERR_OK;
}

void draw_paper_fini(struct draw_paper *paper)
{
    if (paper != NULL) {
        free(paper->entrants);
        free(paper);
    }
}

/* ---- Does it hold together? ---- */

static enum err check_list(const struct draw_paper *paper, struct note *note)
{
    struct hash hash;
    uint64_t tickets;
    enum err err = draw_list_hash(paper->entrants, paper->entrant_count, &hash, &tickets);
    if (err != ERR_OK) {
        return note_set(note, ERR_DISAGREE,
                        "the list is not in order, has somebody twice or without tickets");
    }
    if (!hash_equal(&hash, &paper->closing.list) || tickets != paper->closing.tickets ||
        paper->entrant_count != paper->closing.entrants) {
        return note_set(note, ERR_DISAGREE, "the list is not the one that was fixed");
    }
    return ERR_OK;
}

static enum err check_winners(const struct draw_paper *paper, struct note *note)
{
    const struct draw_result *result = &paper->result;
    struct draw_rules rules = {draw_wanted(&paper->terms), paper->terms.is_once};
    struct draw_winner *winners = calloc(rules.wanted, sizeof winners[0]);
    size_t count = 0;
    if (winners == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = draw_select(&rules, &result->seed, result->value, paper->entrants,
                               paper->entrant_count, winners, &count);
    if (err == ERR_OK && count != result->winner_count) {
        err = note_set(note, ERR_DISAGREE, "%zu win, not %zu", count, result->winner_count);
    }
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        const struct draw_entrant *entrant = &paper->entrants[winners[i].entrant];
        if (winners[i].ticket != result->winners[i].ticket ||
            memcmp(entrant->id, result->winners[i].id, DRAW_ID_BYTES) != 0) {
            err = note_set(note, ERR_DISAGREE, "winner %zu is somebody else", i + 1);
        }
    }
    free(winners);
    return err;
}

enum err draw_check(const struct draw_paper *paper, struct note *note)
{
    const struct draw_result *result = &paper->result;
    bool has_list = paper->entrants != NULL;
    if (has_list) {
        TRY(check_list(paper, note));
    }
    if (paper->stage != DRAW_REVEALED) {
        return ERR_OK;
    }
    struct hash commitment = draw_commitment(paper->terms.name, &result->seed);
    if (!hash_equal(&commitment, &paper->terms.commitment)) {
        return note_set(note, ERR_DISAGREE, "the seed is not the one that was committed to");
    }
    if ((result->value[0] != '\0') != (paper->terms.beacon[0] != '\0')) {
        return note_set(note, ERR_DISAGREE, "a public value was %s",
                        result->value[0] != '\0' ? "mixed in that the opening doesn't name"
                                                 : "named and not mixed in");
    }
    return has_list ? check_winners(paper, note) : ERR_OK;
}

enum err draw_check_earlier(const struct draw_paper *paper, struct slice text,
                            const struct draw_paper *earlier, struct slice earlier_text,
                            struct note *note)
{
    const struct draw_signature *last = &earlier->signatures[earlier->stage - DRAW_OPENED];
    size_t signed_end = last->said.length;
    bool is_part = earlier->stage <= paper->stage && signed_end <= text.length &&
                   memcmp(text.at, earlier_text.at, signed_end) == 0;
    return is_part ? ERR_OK
                   : note_set(note, ERR_DISAGREE,
                              "it is not what was published before: another draw, or another %s",
                              earlier->stage == DRAW_OPENED ? "opening" : "list");
}
