#include "programme/kept_return.h"

#include "base/limits.h"

/* First byte; an occasion's is below, that of codes that were issued another. Never renumber. */
enum {
    KEPT_RETURN_1 = 0x90
};

enum err kept_return_compare(const struct judgement *before, const struct judgement *after,
                             size_t rules, struct arena *arena, struct kept_return *out_return)
{
    struct kept_change *changes = arena_alloc(arena, (rules + 1) * sizeof *changes);
    size_t count = 0;
    if (changes == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < rules; i++) {
        changes[i] = (struct kept_change){.rule = (uint16_t)i};
    }
    for (size_t i = 0; i < before->award_count; i++) {
        changes[before->awards[i].rule].before += before->awards[i].given;
    }
    for (size_t i = 0; i < after->award_count; i++) {
        changes[after->awards[i].rule].after += after->awards[i].given;
    }
    for (size_t i = 0; i < rules; i++) {
        if (changes[i].before != changes[i].after) {
            changes[count++] = changes[i];
        }
    }
    out_return->rules = changes;
    out_return->rule_count = count;
    return ERR_OK;
}

void kept_return_encode(const struct kept_return *kept, struct buffer *out)
{
    write_u8(out, KEPT_RETURN_1);
    write_varint(out, kept->programme);
    write_varint(out, kept->line_count);
    for (size_t i = 0; i < kept->line_count; i++) {
        write_varint(out, kept->lines[i].line);
        write_svarint(out, kept->lines[i].before);
        write_svarint(out, kept->lines[i].after);
    }
    write_varint(out, kept->rule_count);
    for (size_t i = 0; i < kept->rule_count; i++) {
        write_varint(out, kept->rules[i].rule);
        write_svarint(out, kept->rules[i].before);
        write_svarint(out, kept->rules[i].after);
    }
}

static enum err read_lines(struct reader *in, struct arena *arena, struct kept_return *kept)
{
    uint64_t count = read_varint(in);
    if (in->err != ERR_OK || count > LIMIT_RECEIPT_LINES) {
        return ERR_CORRUPT;
    }
    struct kept_back *lines = arena_alloc(arena, ((size_t)count + 1) * sizeof *lines);
    if (lines == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t line = read_varint(in);
        if (line == 0 || line > LIMIT_RECEIPT_LINES) {
            return ERR_CORRUPT;
        }
        lines[i].line = (uint32_t)line;
        lines[i].before = read_svarint(in);
        lines[i].after = read_svarint(in);
    }
    kept->lines = lines;
    kept->line_count = (size_t)count;
    return ERR_OK;
}

static enum err read_rules(struct reader *in, struct arena *arena, struct kept_return *kept)
{
    uint64_t count = read_varint(in);
    if (in->err != ERR_OK || count > LIMIT_RULES) {
        return ERR_CORRUPT;
    }
    struct kept_change *rules = arena_alloc(arena, ((size_t)count + 1) * sizeof *rules);
    if (rules == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t rule = read_varint(in);
        if (rule >= LIMIT_RULES) {
            return ERR_CORRUPT;
        }
        rules[i].rule = (uint16_t)rule;
        rules[i].before = read_svarint(in);
        rules[i].after = read_svarint(in);
    }
    kept->rules = rules;
    kept->rule_count = (size_t)count;
    return ERR_OK;
}

enum err kept_return_decode(struct slice bytes, struct arena *arena, struct kept_return *out_return)
{
    struct reader in = reader_of(bytes);
    struct kept_return kept = {.programme = 0};
    if (bytes.length == 0 || bytes.at[0] != KEPT_RETURN_1) {
        return ERR_NOT_FOUND;
    }
    (void)read_u8(&in);
    uint64_t programme = read_varint(&in);
    if (programme > UINT32_MAX) {
        return ERR_CORRUPT;
    }
    kept.programme = (uint32_t)programme;
    TRY(read_lines(&in, arena, &kept));
    TRY(read_rules(&in, arena, &kept));
    TRY(reader_finish(&in));
    *out_return = kept;
    return ERR_OK;
}
