#include "crypto/keyfile.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/seal.h"

#define SECRET_HEAD "talea-signing-key 1"
#define PUBLIC_HEAD "talea-public-key 1"

/* A key file's text, or one while it is taken apart: overwritten when it leaves scope. */
struct key_text {
    char text[LIMIT_KEY_FILE_BYTES + 1];
};

static void key_text_forget(struct key_text *text)
{
    sodium_memzero(text, sizeof *text);
}

static void signing_key_forget(struct signing_key *key)
{
    signing_key_fini(key);
}

struct seed {
    uint8_t bytes[SIGNING_SEED_BYTES];
};

static void seed_forget(struct seed *seed)
{
    sodium_memzero(seed, sizeof *seed);
}

const char *key_kind_name(enum key_kind kind)
{
    switch (kind) {
    case KEY_KIND_ROOT:
        return "root";
    case KEY_KIND_ONLINE:
        return "online";
    }
    return "unknown";
}

enum err key_kind_parse(const char *name, enum key_kind *out_kind)
{
    if (strcmp(name, "root") == 0) {
        *out_kind = KEY_KIND_ROOT;
        return ERR_OK;
    }
    if (strcmp(name, "online") == 0) {
        *out_kind = KEY_KIND_ONLINE;
        return ERR_OK;
    }
    return ERR_INPUT;
}

/* Writing. */

/* The lines that both kinds of file have; the number of characters. */
static size_t print_card(const struct key_card *card, const char *head, struct key_text *out)
{
    char public_hex[PUBLIC_KEY_TEXT_MAX];
    int length = snprintf(out->text, sizeof out->text, "%s\nkind %s\npartner %s\npublic %s\n", head,
                          key_kind_name(card->kind), card->partner.text,
                          public_key_format(&card->public_key, public_hex));
    ASSERT(length > 0 && (size_t)length < sizeof out->text);
    return (size_t)length;
}

static size_t print_secret(const struct seed *seed, struct key_text *out, size_t length)
{
    static const char word[] = "secret ";
    ASSERT(sizeof out->text - length > sizeof word + 2 * SIGNING_SEED_BYTES + 1);
    memcpy(out->text + length, word, sizeof word - 1);
    length += sizeof word - 1;
    hex_format(seed->bytes, sizeof seed->bytes, out->text + length);
    length += 2 * SIGNING_SEED_BYTES;
    out->text[length++] = '\n';
    out->text[length] = '\0';
    return length;
}

static size_t print_seal(const struct seal *seal, struct key_text *out, size_t length)
{
    char salt[2 * SEAL_SALT_BYTES + 1];
    char nonce[2 * SEAL_NONCE_BYTES + 1];
    char box[2 * SEAL_BOX_BYTES + 1];
    int more = snprintf(out->text + length, sizeof out->text - length,
                        "sealed argon2id %" PRIu32 " %" PRIu32 " %s %s %s\n", seal->operations,
                        seal->memory_kib, hex_format(seal->salt, sizeof seal->salt, salt),
                        hex_format(seal->nonce, sizeof seal->nonce, nonce),
                        hex_format(seal->box, sizeof seal->box, box));
    ASSERT(more > 0 && (size_t)more < sizeof out->text - length);
    return length + (size_t)more;
}

enum err keyfile_save(const char *path, enum key_kind kind, const struct partner_id *partner,
                      const struct signing_key *key, const char *passphrase, struct note *note)
{
    if (passphrase != NULL && passphrase[0] == '\0') {
        return note_set(note, ERR_INPUT, "%s: an empty passphrase seals nothing", path);
    }
    struct key_card card = {.kind = kind, .partner = *partner, .public_key = key->public_key};
    CLEANUP(key_text_forget) struct key_text out;
    CLEANUP(seed_forget) struct seed seed;
    signing_key_seed(key, seed.bytes);
    size_t length = print_card(&card, SECRET_HEAD, &out);
    if (passphrase == NULL) {
        length = print_secret(&seed, &out, length);
    } else {
        struct seal seal;
        enum err err = seal_make(kind, partner, seed.bytes, passphrase, &seal);
        if (err != ERR_OK) {
            return note_set(note, err, "%s: not enough memory to seal a key", path);
        }
        length = print_seal(&seal, &out, length);
    }
    return file_create(path, FILE_SECRET, slice_of(out.text, length), note);
}

enum err keyfile_save_public(const char *path, const struct key_card *card, struct note *note)
{
    CLEANUP(key_text_forget) struct key_text out;
    size_t length = print_card(card, PUBLIC_HEAD, &out);
    return file_create(path, FILE_PUBLIC, slice_of(out.text, length), note);
}

/* Reading. */

/* The lines left to read. `path` and `note` are for what goes wrong. */
struct lines {
    char *at;
    unsigned number; /* of the line read last, from 1 */
    const char *path;
    struct note *note;
};

static enum err bad_line(const struct lines *lines, const char *what)
{
    return note_set(lines->note, ERR_CORRUPT, "%s, line %u: %s", lines->path, lines->number, what);
}

/* Cuts off the next line; NULL when none is left. */
static char *next_line(struct lines *lines)
{
    char *line = lines->at;
    char *end = strchr(line, '\n');
    lines->number++;
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    lines->at = end + 1;
    return line;
}

/* The value of the next line, which must start with this word and a blank. */
static enum err next_value(struct lines *lines, const char *word, const char **out_value)
{
    const char *line = next_line(lines);
    size_t length = strlen(word);
    if (line == NULL || strncmp(line, word, length) != 0 || line[length] != ' ') {
        char what[64];
        snprintf(what, sizeof what, "expected \"%s ...\"", word);
        return bad_line(lines, what);
    }
    *out_value = line + length + 1;
    return ERR_OK;
}

static enum err read_text(const char *path, enum file_access access, struct key_text *out,
                          struct note *note)
{
    struct buffer bytes = {0};
    TRY(file_read(path, access, LIMIT_KEY_FILE_BYTES, &bytes, note));
    bool has_nul = bytes.length > 0 && memchr(bytes.at, '\0', bytes.length) != NULL;
    memcpy(out->text, bytes.at, bytes.length);
    out->text[bytes.length] = '\0';
    sodium_memzero(bytes.at, bytes.capacity);
    buffer_fini(&bytes);
    return has_nul ? note_set(note, ERR_CORRUPT, "%s holds a NUL byte", path) : ERR_OK;
}

static enum err parse_head(struct lines *lines, const char *head)
{
    const char *line = next_line(lines);
    if (line != NULL && strcmp(line, head) == 0) {
        return ERR_OK;
    }
    size_t word = strcspn(head, " ") + 1;
    if (line != NULL && strncmp(line, head, word) == 0) {
        return note_set(lines->note, ERR_UNSUPPORTED,
                        "%s has format \"%.40s\"; this build knows \"%s\"", lines->path, line,
                        head);
    }
    char what[64];
    snprintf(what, sizeof what, "expected \"%s\"", head);
    return bad_line(lines, what);
}

static enum err parse_card(struct lines *lines, const char *head, struct key_card *out_card)
{
    struct key_card card = {0};
    const char *value = NULL;
    TRY(parse_head(lines, head));
    TRY(next_value(lines, "kind", &value));
    if (key_kind_parse(value, &card.kind) != ERR_OK) {
        return bad_line(lines, "the kind is neither root nor online");
    }
    TRY(next_value(lines, "partner", &value));
    if (partner_id_parse(value, &card.partner) != ERR_OK) {
        return bad_line(lines, "not a partner's id");
    }
    TRY(next_value(lines, "public", &value));
    if (public_key_parse(value, &card.public_key) != ERR_OK) {
        return bad_line(lines, "not an Ed25519 public key");
    }
    *out_card = card;
    return ERR_OK;
}

/* Blank-separated fields of a value that is cut in place; NULL when none is left. */
static const char *next_field(char **cursor)
{
    char *field = *cursor;
    if (field == NULL) {
        return NULL;
    }
    char *blank = strchr(field, ' ');
    if (blank != NULL) {
        *blank++ = '\0';
    }
    *cursor = blank;
    return field;
}

/* A decimal number without sign or blanks. */
static bool parse_u32(const char *text, uint32_t *out_number)
{
    size_t length = text == NULL ? 0 : strlen(text);
    if (length == 0 || length > 9 || strspn(text, "0123456789") != length) {
        return false;
    }
    *out_number = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

static bool parse_hex_field(const char *text, void *out_bytes, size_t length)
{
    return text != NULL && hex_parse(text, out_bytes, length) == ERR_OK;
}

static enum err parse_seal(const struct lines *lines, char *value, struct seal *out_seal)
{
    char *cursor = value;
    const char *method = next_field(&cursor);
    if (method == NULL || strcmp(method, "argon2id") != 0) {
        return note_set(lines->note, ERR_UNSUPPORTED, "%s, line %u: sealed by \"%.40s\"",
                        lines->path, lines->number, method == NULL ? "" : method);
    }
    bool is_whole = parse_u32(next_field(&cursor), &out_seal->operations) &&
                    parse_u32(next_field(&cursor), &out_seal->memory_kib) &&
                    parse_hex_field(next_field(&cursor), out_seal->salt, SEAL_SALT_BYTES) &&
                    parse_hex_field(next_field(&cursor), out_seal->nonce, SEAL_NONCE_BYTES) &&
                    parse_hex_field(next_field(&cursor), out_seal->box, SEAL_BOX_BYTES) &&
                    cursor == NULL;
    return is_whole ? ERR_OK : bad_line(lines, "a malformed seal");
}

static enum err unseal(const struct lines *lines, char *value, const struct key_card *card,
                       const char *passphrase, struct seed *out_seed)
{
    struct seal seal;
    TRY(parse_seal(lines, value, &seal));
    if (passphrase == NULL) {
        return note_set(lines->note, ERR_DENIED, "%s is sealed: a passphrase is needed",
                        lines->path);
    }
    enum err err = seal_open(&seal, card->kind, &card->partner, passphrase, out_seed->bytes);
    if (err == ERR_DENIED) {
        return note_set(lines->note, err, "%s: wrong passphrase, or the file was changed",
                        lines->path);
    }
    if (err != ERR_OK) {
        return note_set(lines->note, err, "%s, line %u: the seal's costs are too high here",
                        lines->path, lines->number);
    }
    return ERR_OK;
}

static enum err parse_seed(struct lines *lines, const struct key_card *card, const char *passphrase,
                           struct seed *out_seed)
{
    static const char sealed[] = "sealed ";
    static const char secret[] = "secret ";
    char *line = next_line(lines);
    if (line != NULL && strncmp(line, sealed, sizeof sealed - 1) == 0) {
        return unseal(lines, line + sizeof sealed - 1, card, passphrase, out_seed);
    }
    if (line == NULL || strncmp(line, secret, sizeof secret - 1) != 0) {
        return bad_line(lines, "expected \"secret ...\" or \"sealed ...\"");
    }
    if (hex_parse(line + sizeof secret - 1, out_seed->bytes, sizeof out_seed->bytes) != ERR_OK) {
        return bad_line(lines, "the secret is not 64 hexadecimal digits");
    }
    return ERR_OK;
}

static enum err expect_end(struct lines *lines)
{
    lines->number++;
    return lines->at[0] == '\0' ? ERR_OK : bad_line(lines, "text behind the end");
}

enum err keyfile_load(const char *path, const char *passphrase, struct key_card *out_card,
                      struct signing_key *out_key, struct note *note)
{
    CLEANUP(key_text_forget) struct key_text text;
    TRY(read_text(path, FILE_SECRET, &text, note));
    struct lines lines = {.at = text.text, .path = path, .note = note};
    struct key_card card;
    TRY(parse_card(&lines, SECRET_HEAD, &card));
    CLEANUP(seed_forget) struct seed seed;
    TRY(parse_seed(&lines, &card, passphrase, &seed));
    TRY(expect_end(&lines));

    CLEANUP(signing_key_forget) struct signing_key key;
    signing_key_from_seed(seed.bytes, &key);
    if (!public_key_equal(&key.public_key, &card.public_key)) {
        return note_set(note, ERR_CORRUPT, "%s: the public key is not the secret's", path);
    }
    *out_card = card;
    *out_key = key;
    return ERR_OK;
}

enum err keyfile_peek(const char *path, struct key_card *out_card, bool *out_is_sealed,
                      struct note *note)
{
    CLEANUP(key_text_forget) struct key_text text;
    TRY(read_text(path, FILE_SECRET, &text, note));
    struct lines lines = {.at = text.text, .path = path, .note = note};
    struct key_card card;
    TRY(parse_card(&lines, SECRET_HEAD, &card));
    *out_is_sealed = strncmp(lines.at, "sealed ", 7) == 0;
    *out_card = card;
    return ERR_OK;
}

enum err keyfile_load_public(const char *path, struct key_card *out_card, struct note *note)
{
    CLEANUP(key_text_forget) struct key_text text;
    TRY(read_text(path, FILE_PUBLIC, &text, note));
    struct lines lines = {.at = text.text, .path = path, .note = note};
    struct key_card card;
    TRY(parse_card(&lines, PUBLIC_HEAD, &card));
    TRY(expect_end(&lines));
    *out_card = card;
    return ERR_OK;
}
