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
    xmlTextReaderPtr reader = xmlReaderForMemory((const char *)bytes.at, (int)bytes.length, NULL,
                                                 NULL, XML_PARSE_NONET | XML_PARSE_NOCDATA);
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

void xml_plain_text(const char *text, char *out, size_t capacity)
{
    size_t length = 0;
    while (*text != '\0' && length + 1 < capacity) {
        unsigned char c = (unsigned char)*text;
        unsigned code = c;
        size_t more = c < 0x80 ? 0 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        code = more == 0 ? c : c & (0x3Fu >> more);
        text++;
        for (size_t i = 0; i < more && ((unsigned char)*text & 0xC0) == 0x80; i++) {
            code = code << 6 | ((unsigned char)*text++ & 0x3Fu);
        }
        out[length++] = code < 0x80 ? (is_plain((char)code) ? (char)code : '.') : base_letter(code);
    }
    out[length] = '\0';
}
