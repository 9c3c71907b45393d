#include "bank/xml.h"

#include <string.h>

/* libxml2 tells more than one problem of a bad file: the first is the one to know. */
static void keep_problem(void *context, xmlErrorPtr error)
{
    struct note *note = context;
    if (note == NULL || note->text[0] != '\0' || error == NULL || error->message == NULL) {
        return;
    }
    size_t length = strcspn(error->message, "\n");
    (void)note_set(note, ERR_INPUT, "line %d: %.*s", error->line,
                   (int)(length < 300 ? length : 300), error->message);
}

xmlTextReaderPtr xml_reader_open(struct slice bytes, struct note *note)
{
    if (bytes.length > LIMIT_BANK_FILE_BYTES) {
        (void)note_set(note, ERR_INPUT, "the file is larger than %u bytes", LIMIT_BANK_FILE_BYTES);
        return NULL;
    }
    xmlTextReaderPtr reader =
        xmlReaderForMemory((const char *)bytes.at, (int)bytes.length, NULL, NULL,
                           XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES);
    if (reader != NULL) {
        xmlTextReaderSetStructuredErrorHandler(reader, keep_problem, note);
    }
    return reader;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(" /-?:().,'+", c) != NULL);
}

/* Latin letters of U+00C0 to U+017F without their marks; banks do the same. */
static char base_letter(unsigned code)
{
    static const char latin1[] = "AAAAAAACEEEEIIIIDNOOOOO.OUUUUYTsaaaaaaaceeeeiiiidnooooo.ouuuuyty";
    static const char extended[] = "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLl"
                                   "LlLlNnNnNnnNnOoOoOoOoRrRrRrSsS"
                                   "sSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
    if (code >= 0xC0 && code < 0x100) {
        return latin1[code - 0xC0];
    }
    return code >= 0x100 && code < 0x100 + sizeof extended - 1 ? extended[code - 0x100] : '.';
}

/* Cyrillic, as passports and banks write it (ICAO Doc 9303, part 3), from U+0410 and from U+0430;
 * with it what Ukrainian and Kazakh have beyond Russian. NULL: no letter of these. */
static const char *cyrillic(unsigned code)
{
    static const char *const letters[] = {
        "A", "B", "V", "G", "D", "E",  "ZH", "Z",  "I",  "I",    "K",  "L", "M", "N", "O",  "P",
        "R", "S", "T", "U", "F", "KH", "TS", "CH", "SH", "SHCH", "IE", "Y", "",  "E", "IU", "IA"};
    static const struct {
        unsigned code;
        const char *text;
    } others[] = {{0x401, "E"}, {0x404, "IE"}, {0x406, "I"}, {0x407, "I"}, {0x490, "G"},
                  {0x492, "G"}, {0x49A, "K"},  {0x4A2, "N"}, {0x4AE, "U"}, {0x4B0, "U"},
                  {0x4BA, "H"}, {0x4D8, "A"},  {0x4E8, "O"}};
    unsigned capital = code >= 0x430 && code < 0x450   ? code - 0x20
                       : code >= 0x450 && code < 0x460 ? code - 0x50
                       : code >= 0x490                 ? code & ~1u
                                                       : code;
    if (capital >= 0x410 && capital < 0x430) {
        return letters[capital - 0x410];
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].code == capital) {
            return others[i].text;
        }
    }
    return NULL;
}

/* Marks that no bank takes, and the closest it does. */
static char plain_mark(unsigned code)
{
    switch (code) {
    case '"':
    case '`':
    case 0xAB:
    case 0xBB:
    case 0x2018:
    case 0x2019:
    case 0x201C:
    case 0x201D:
    case 0x201E:
        return '\'';
    case '&':
        return '+';
    case '_':
    case 0x2010:
    case 0x2011:
    case 0x2013:
    case 0x2014:
        return '-';
    case 0xA0:
    case 0x202F:
        return ' ';
    default:
        return '.';
    }
}

static unsigned next_code(const char **text)
{
    unsigned char c = (unsigned char)*(*text)++;
    size_t more = c < 0xC0 ? 0 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    unsigned code = more == 0 ? c : c & (0x3Fu >> more);
    for (size_t i = 0; i < more && ((unsigned char)**text & 0xC0) == 0x80; i++) {
        code = code << 6 | ((unsigned char)*(*text)++ & 0x3Fu);
    }
    return code;
}

void xml_plain_text(const char *text, char *out, size_t capacity)
{
    size_t length = 0;
    while (*text != '\0' && length + 1 < capacity) {
        unsigned code = next_code(&text);
        const char *letters = cyrillic(code);
        if (letters != NULL) {
            for (; *letters != '\0' && length + 1 < capacity; letters++) {
                out[length++] = *letters;
            }
        } else if (code < 0x80 && is_plain((char)code)) {
            out[length++] = (char)code;
        } else {
            char letter = base_letter(code);
            out[length++] = letter != '.' ? letter : plain_mark(code);
        }
    }
    out[length] = '\0';
}
