#include "notify/template.h"

#include <string.h>

#include "base/text.h"
#include "notify/phrase.h"

/* A piece of a text: plain, or a place. */
struct piece {
    bool is_place;
    struct slice plain;
    struct slice field;
    unsigned form_count; /* 0: the value itself */
    struct slice forms[NOTIFY_FORMS_MAX];
    bool has_more_forms; /* than any language has */
};

static struct slice span(const char *from, const char *to)
{
    return slice_of(from, (size_t)(to - from));
}

static void read_forms(const char *at, const char *end, struct piece *piece)
{
    const char *from = at;
    for (;; at++) {
        if (at != end && *at != '|') {
            continue;
        }
        if (piece->form_count == NOTIFY_FORMS_MAX) {
            piece->has_more_forms = true;
        } else {
            piece->forms[piece->form_count++] = span(from, at);
        }
        if (at == end) {
            return;
        }
        from = at + 1;
    }
}

/* The next piece of what is left; false where a brace stands alone. */
static bool read_piece(const char **text, struct piece *piece)
{
    const char *at = *text;
    *piece = (struct piece){.is_place = false};
    if ((at[0] == '{' && at[1] == '{') || (at[0] == '}' && at[1] == '}')) {
        piece->plain = slice_of(at, 1);
        *text = at + 2;
        return true;
    }
    if (at[0] == '}') {
        return false;
    }
    if (at[0] != '{') {
        size_t length = strcspn(at, "{}");
        piece->plain = slice_of(at, length);
        *text = at + length;
        return true;
    }
    const char *end = at + 1 + strcspn(at + 1, "{}");
    if (*end != '}') {
        return false;
    }
    const char *colon = memchr(at + 1, ':', (size_t)(end - at - 1));
    piece->is_place = true;
    piece->field = span(at + 1, colon == NULL ? end : colon);
    if (colon != NULL) {
        read_forms(colon + 1, end, piece);
    }
    *text = end + 1;
    return true;
}

static enum err check_place(enum notify_kind kind, enum notify_language language,
                            const struct piece *piece, struct note *note)
{
    enum notify_field field;
    int length = piece->field.length < 64 ? (int)piece->field.length : 64;
    const char *name = (const char *)piece->field.at;
    unsigned wanted = notify_form_count(language);
    if (notify_field_parse(piece->field, &field) != ERR_OK || !notify_kind_has(kind, field)) {
        return note_set(note, ERR_INPUT, "{%.*s} is nothing that %s tells", length, name,
                        notify_kind_name(kind));
    }
    if (piece->form_count == 0) {
        return ERR_OK;
    }
    if (!notify_field_is_count(field)) {
        return note_set(note, ERR_INPUT, "{%.*s:...}: no forms go with it, it is no number", length,
                        name);
    }
    return piece->form_count == wanted && !piece->has_more_forms
               ? ERR_OK
               : note_set(note, ERR_INPUT, "{%.*s:...}: %s has %u form%s, with | between them",
                          length, name, notify_language_name(language), wanted,
                          wanted == 1 ? "" : "s");
}

enum err notify_template_check(enum notify_kind kind, enum notify_language language,
                               const char *text, struct note *note)
{
    struct piece piece;
    if (text[0] == '\0' || strlen(text) > LIMIT_NOTIFY_TEMPLATE_BYTES) {
        return note_set(note, ERR_INPUT, "has 1 to %u bytes", LIMIT_NOTIFY_TEMPLATE_BYTES);
    }
    if (!text_is_utf8(slice_of(text, strlen(text)))) {
        return note_set(note, ERR_INPUT, "is not UTF-8");
    }
    while (*text != '\0') {
        if (!read_piece(&text, &piece)) {
            return note_set(note, ERR_INPUT, "a brace stands alone: {{ and }} are braces");
        }
        if (piece.is_place) {
            TRY(check_place(kind, language, &piece, note));
        }
    }
    return ERR_OK;
}

static void write_text_of(struct buffer *out, const char *text)
{
    write_bytes(out, text, strlen(text));
}

static void write_field(struct buffer *out, enum notify_field field, enum notify_language language,
                        const struct notify_filling *filling)
{
    const struct notify_message *message = filling->message;
    switch (field) {
    case NOTIFY_FIELD_NAME:
        write_text_of(out, filling->name);
        break;
    case NOTIFY_FIELD_BRAND:
        write_text_of(out, filling->brand);
        break;
    case NOTIFY_FIELD_BALANCE:
        notify_write_number(out, language, filling->balance.minor, filling->points_decimals);
        break;
    case NOTIFY_FIELD_POINTS:
        notify_write_number(out, language, message->points.minor, filling->points_decimals);
        break;
    case NOTIFY_FIELD_DATE:
        notify_write_date(out, language, message->until);
        break;
    case NOTIFY_FIELD_SHOP:
        write_text_of(out, message->shop.text);
        break;
    case NOTIFY_FIELD_CARD:
        write_text_of(out, message->card.digits);
        break;
    case NOTIFY_FIELD_TIER:
    case NOTIFY_FIELD_COUPON:
    case NOTIFY_FIELD_PRIZE:
    case NOTIFY_FIELD_RULE:
        write_text_of(out, message->subject);
        break;
    case NOTIFY_FIELD_ABOUT:
        write_text_of(out, message->about);
        break;
    case NOTIFY_FIELD_FOUND:
        write_text_of(out, message->found);
        break;
    case NOTIFY_FIELD_END:
        break;
    }
}

static void write_form(struct buffer *out, enum notify_field field, enum notify_language language,
                       const struct notify_filling *filling, const struct piece *piece)
{
    int64_t minor =
        field == NOTIFY_FIELD_BALANCE ? filling->balance.minor : filling->message->points.minor;
    unsigned form = notify_form_of(language, minor, filling->points_decimals);
    ASSERT(form < piece->form_count);
    write_bytes(out, piece->forms[form].at, piece->forms[form].length);
}

void notify_template_fill(const char *text, enum notify_language language,
                          const struct notify_filling *filling, struct buffer *out)
{
    while (*text != '\0') {
        struct piece piece;
        enum notify_field field;
        ASSERT(read_piece(&text, &piece));
        if (!piece.is_place) {
            write_bytes(out, piece.plain.at, piece.plain.length);
            continue;
        }
        ASSERT(notify_field_parse(piece.field, &field) == ERR_OK);
        if (piece.form_count > 0) {
            write_form(out, field, language, filling, &piece);
        } else {
            write_field(out, field, language, filling);
        }
    }
}

const char *notify_text(const struct notify_texts *texts, enum notify_kind kind,
                        enum notify_language language)
{
    const char *own = texts->texts[kind][language];
    return own != NULL ? own : notify_default_text(kind, language);
}
