/* A draw's paper, written. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "draw/paper_parts.h"

const char *draw_stage_name(enum draw_stage stage)
{
    static const char *const names[] = {"planned", "open", "closed", "revealed"};
    return (unsigned)stage < DRAW_STAGE_END ? names[stage] : "unknown";
}

bool draw_is_whole(struct slice text)
{
    size_t length = strlen(DRAW_TITLE);
    return text.length >= length && memcmp(text.at, DRAW_TITLE, length) == 0;
}

size_t draw_wanted(const struct draw_terms *terms)
{
    size_t wanted = terms->reserves;
    for (size_t i = 0; i < terms->prize_count; i++) {
        wanted += terms->prizes[i].count;
    }
    return wanted;
}

const struct draw_prize *draw_prize_of(const struct draw_terms *terms, size_t winner)
{
    size_t end = 0;
    for (size_t i = 0; i < terms->prize_count; i++) {
        end += terms->prizes[i].count;
        if (winner < end) {
            return &terms->prizes[i];
        }
    }
    return NULL;
}

static bool is_line(const char *text)
{
    struct slice bytes = slice_of(text, strlen(text));
    return bytes.length > 0 && text[0] != ' ' && text_is_printable(bytes);
}

enum err draw_terms_check(const struct draw_terms *terms, struct note *note)
{
    bool are_lines = is_line(terms->coalition) && is_line(terms->name) && is_line(terms->metric) &&
                     (terms->beacon[0] == '\0' || is_line(terms->beacon));
    bool has_prizes = terms->prize_count > 0 && terms->prize_count <= LIMIT_DRAW_PRIZES;
    for (size_t i = 0; has_prizes && i < terms->prize_count; i++) {
        are_lines = are_lines && is_line(terms->prizes[i].name);
        has_prizes = terms->prizes[i].count > 0 && terms->prizes[i].count <= LIMIT_DRAW_WINNERS;
    }
    if (!are_lines) {
        return note_set(note, ERR_INPUT, "a name of the draw is empty or not printable");
    }
    if (!has_prizes || terms->reserves > LIMIT_DRAW_WINNERS ||
        draw_wanted(terms) > LIMIT_DRAW_WINNERS) {
        return note_set(note, ERR_INPUT, "it has no prize, or more than %u with its reserves",
                        LIMIT_DRAW_WINNERS);
    }
    return ERR_OK;
}

static void PRINTF_LIKE(3, 4)
    write_line(struct buffer *out, const char *label, const char *format, ...)
{
    char line[DRAW_VALUE_MAX + 32];
    char value[DRAW_VALUE_MAX];
    va_list values;
    va_start(values, format);
    int size = vsnprintf(value, sizeof value, format, values);
    va_end(values);
    ASSERT(size >= 0 && (size_t)size < sizeof value);
    int length = snprintf(line, sizeof line, DRAW_LABEL "%s\n", label, value);
    write_bytes(out, line, (size_t)length);
}

static void write_hash(struct buffer *out, const char *label, const struct hash *hash)
{
    char text[HASH_TEXT_MAX];
    write_line(out, label, "%s", hash_format(hash, text));
}

static void write_time(struct buffer *out, const char *label, struct unix_ms time)
{
    char text[TIME_TEXT_MAX];
    write_line(out, label, "%s", unix_ms_format(time, text));
}

void draw_write_terms(const struct draw_terms *terms, struct buffer *out)
{
    struct civil until = civil_of_day(terms->until_day);
    write_bytes(out, DRAW_TITLE, sizeof DRAW_TITLE - 1);
    write_line(out, "coalition", "%s", terms->coalition);
    write_line(out, "brand", "%s", terms->brand.text);
    write_line(out, "draw", "%s", terms->name);
    write_time(out, "opened", terms->opened);
    write_line(out, "tickets", "%s", terms->metric);
    write_line(out, "until", "%04d-%02d-%02d", until.year, until.month, until.day);
    if (terms->beacon[0] != '\0') {
        write_line(out, "beacon", "%s", terms->beacon);
    }
    write_line(out, "once", "%s", terms->is_once ? "yes" : "no");
    for (size_t i = 0; i < terms->prize_count; i++) {
        write_line(out, "prize", "%" PRIu32 " %s", terms->prizes[i].count, terms->prizes[i].name);
    }
    write_line(out, "reserve", "%" PRIu32, terms->reserves);
    write_hash(out, "commitment", &terms->commitment);
}

void draw_write_closing(const struct draw_closing *closing, struct buffer *out)
{
    write_time(out, "closed", closing->closed);
    write_line(out, "entrants", "%" PRIu64, closing->entrants);
    write_line(out, "total", "%" PRIu64, closing->tickets);
    write_hash(out, "list", &closing->list);
}

void draw_write_result(const struct draw_result *result, struct buffer *out)
{
    char hex[2 * DRAW_SEED_BYTES + 1];
    write_time(out, "revealed", result->revealed);
    write_line(out, "seed", "%s", hex_format(result->seed.bytes, sizeof result->seed.bytes, hex));
    if (result->value[0] != '\0') {
        write_line(out, "value", "%s", result->value);
    }
    for (size_t i = 0; i < result->winner_count; i++) {
        const struct draw_place *winner = &result->winners[i];
        write_line(out, "winner", "%zu %s %" PRIu64, i + 1,
                   hex_format(winner->id, DRAW_ID_BYTES, hex), winner->ticket);
    }
}

struct hash draw_said(struct slice text)
{
    struct hasher hasher;
    hasher_init_file(&hasher);
    hasher_add(&hasher, text);
    return hasher_finish(&hasher);
}

enum err draw_sign(const struct signer *signer, uint64_t epoch, struct buffer *text)
{
    struct signature signature;
    char id[KEY_ID_TEXT_MAX];
    char hex[2 * sizeof signature.bytes + 1];
    TRY(text->err);
    struct hash said = draw_said(buffer_slice(text));
    TRY(signer->sign(signer->context, PURPOSE_DRAW, epoch, slice_of(said.bytes, HASH_BYTES),
                     &signature));
    write_line(text, "key", "%s", key_id_format(&signer->key_id, id));
    write_line(text, "epoch", "%" PRIu64, epoch);
    write_line(text, "signature", "%s", hex_format(signature.bytes, sizeof signature.bytes, hex));
    return text->err;
}
