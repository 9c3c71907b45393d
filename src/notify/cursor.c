#include "notify/cursor.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define CURSOR_VERSION 1

enum err notify_cursor_encode(const struct notify_cursor *cursor, struct buffer *out)
{
    char member[UID_TEXT_MAX] = "";
    uid_format(&cursor->pass_from, member);
    json_t *json = json_pack(
        "{s:i, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I}", "version", CURSOR_VERSION, "next_row",
        (json_int_t)cursor->next_row, "next_place", (json_int_t)cursor->next_place,
        "told_until_unix_ms", (json_int_t)cursor->told_until.ms, "pass_until_unix_ms",
        (json_int_t)cursor->pass_until.ms, "pass_from", member, "passed_at_unix_ms",
        (json_int_t)cursor->passed_at.ms, "sent", (json_int_t)cursor->sent, "aside",
        (json_int_t)cursor->aside, "stale", (json_int_t)cursor->stale);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    if (text == NULL) {
        return ERR_RESOURCE;
    }
    write_bytes(out, text, strlen(text));
    write_u8(out, '\n');
    free(text);
    return out->err;
}

static enum err decode(json_t *json, struct notify_cursor *out_cursor)
{
    int version = 0;
    const char *member = "";
    json_int_t numbers[8] = {0};
    struct notify_cursor cursor;
    if (json_unpack(json, "{s:i}", "version", &version) != 0) {
        return ERR_CORRUPT;
    }
    if (version != CURSOR_VERSION) {
        return ERR_UNSUPPORTED;
    }
    if (json_unpack(json, "{s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s?I}", "next_row", &numbers[0],
                    "told_until_unix_ms", &numbers[1], "pass_until_unix_ms", &numbers[2],
                    "pass_from", &member, "passed_at_unix_ms", &numbers[3], "sent", &numbers[4],
                    "aside", &numbers[5], "stale", &numbers[6], "next_place", &numbers[7]) != 0) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i] < 0) {
            return ERR_CORRUPT;
        }
    }
    cursor = (struct notify_cursor){
        .next_row = (uint64_t)numbers[0],
        .told_until = {numbers[1]},
        .pass_until = {numbers[2]},
        .passed_at = {numbers[3]},
        .sent = (uint64_t)numbers[4],
        .aside = (uint64_t)numbers[5],
        .stale = (uint64_t)numbers[6],
        .next_place = (uint64_t)numbers[7],
    };
    if (uid_parse(member, &cursor.pass_from) != ERR_OK || cursor.next_row == 0) {
        return ERR_CORRUPT;
    }
    *out_cursor = cursor;
    return ERR_OK;
}

enum err notify_cursor_decode(struct slice text, struct notify_cursor *out_cursor)
{
    json_t *json = json_loadb((const char *)text.at, text.length, JSON_REJECT_DUPLICATES, NULL);
    enum err err = json == NULL ? ERR_CORRUPT : decode(json, out_cursor);
    json_decref(json);
    return err;
}
