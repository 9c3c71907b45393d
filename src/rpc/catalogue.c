#include "rpc/catalogue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "rpc/protowire.h"

#define NAMES_BYTES_MAX (4u << 20)

/* google/protobuf/descriptor.proto */
enum {
    SET_FILE = 1,
    FILE_NAME = 1,
    FILE_PACKAGE = 2,
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    ANY_NAME = 1, /* of a message, an enum, a service or a method */
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    SERVICE_METHOD = 2,
    METHOD_CLIENT_STREAMING = 5,
    METHOD_SERVER_STREAMING = 6
};

struct file {
    const char *name;
    struct slice bytes;
};

struct symbol {
    const char *name;
    size_t file;
    bool is_method;
    enum call_kind kind;
};

struct catalogue {
    struct arena names;
    struct file files[LIMIT_DESCRIPTOR_FILES];
    size_t file_count;
    struct symbol symbols[LIMIT_DESCRIPTOR_SYMBOLS];
    size_t symbol_count;
};

/* The last length-delimited or varint field of that number; zero when there is none. */
static struct wire_field field_of(struct slice message, uint32_t number)
{
    struct reader reader = reader_of(message);
    struct wire_field field;
    struct wire_field found = {0};
    while (wire_next_field(&reader, &field)) {
        if (field.number == number) {
            found = field;
        }
    }
    return found;
}

/* "scope.name", or "name" in the empty scope. NULL without room. */
static const char *qualify(struct catalogue *c, const char *scope, struct slice name)
{
    size_t scope_length = strlen(scope);
    char *text = arena_alloc(&c->names, scope_length + name.length + 2);
    if (text == NULL || name.length == 0) {
        return NULL;
    }
    char *at = text;
    if (scope_length > 0) {
        memcpy(at, scope, scope_length);
        at += scope_length;
        *at++ = '.';
    }
    memcpy(at, name.at, name.length);
    at[name.length] = '\0';
    return text;
}

/* Adds the symbol that `message` names in `scope`. */
static enum err add_symbol(struct catalogue *c, const char *scope, struct slice message,
                           struct symbol **out_symbol)
{
    const char *name = qualify(c, scope, field_of(message, ANY_NAME).bytes);
    if (name == NULL || c->symbol_count == LIMIT_DESCRIPTOR_SYMBOLS) {
        return ERR_RESOURCE;
    }
    *out_symbol = &c->symbols[c->symbol_count++];
    **out_symbol = (struct symbol){.name = name, .file = c->file_count - 1};
    return ERR_OK;
}

static enum err add_method(struct catalogue *c, const char *service, struct slice method)
{
    struct symbol *symbol;
    TRY(add_symbol(c, service, method, &symbol));
    bool is_client = field_of(method, METHOD_CLIENT_STREAMING).value != 0;
    bool is_server = field_of(method, METHOD_SERVER_STREAMING).value != 0;
    symbol->is_method = true;
    symbol->kind = is_client && is_server ? CALL_BIDI
                   : is_client            ? CALL_CLIENT_STREAM
                   : is_server            ? CALL_SERVER_STREAM
                                          : CALL_UNARY;
    return ERR_OK;
}

static enum err add_service(struct catalogue *c, const char *scope, struct slice service)
{
    struct symbol *symbol;
    struct reader reader = reader_of(service);
    struct wire_field field;
    TRY(add_symbol(c, scope, service, &symbol));
    while (wire_next_field(&reader, &field)) {
        if (field.number == SERVICE_METHOD) {
            TRY(add_method(c, symbol->name, field.bytes));
        }
    }
    return reader_finish(&reader);
}

/* Recursion is bounded by LIMIT_MESSAGE_DEPTH. */
static enum err add_message(struct catalogue *c, const char *scope, struct slice message,
                            unsigned depth)
{
    struct symbol *symbol;
    struct symbol *nested;
    struct reader reader = reader_of(message);
    struct wire_field field;
    if (depth == LIMIT_MESSAGE_DEPTH) {
        return ERR_RESOURCE;
    }
    TRY(add_symbol(c, scope, message, &symbol));
    while (wire_next_field(&reader, &field)) {
        if (field.number == MESSAGE_NESTED) {
            TRY(add_message(c, symbol->name, field.bytes, depth + 1));
        } else if (field.number == MESSAGE_ENUM) {
            TRY(add_symbol(c, symbol->name, field.bytes, &nested));
        }
    }
    return reader_finish(&reader);
}

static enum err add_file(struct catalogue *c, struct slice bytes)
{
    struct symbol *symbol;
    struct slice existing;
    struct reader reader = reader_of(bytes);
    struct wire_field field;
    const char *name = arena_text(&c->names, field_of(bytes, FILE_NAME).bytes);
    const char *package = arena_text(&c->names, field_of(bytes, FILE_PACKAGE).bytes);
    if (name == NULL || package == NULL || c->file_count == LIMIT_DESCRIPTOR_FILES) {
        return ERR_RESOURCE;
    }
    if (catalogue_find_file(c, name, &existing) == ERR_OK) {
        return ERR_OK;
    }
    c->files[c->file_count++] = (struct file){name, bytes};
    while (wire_next_field(&reader, &field)) {
        if (field.number == FILE_MESSAGE) {
            TRY(add_message(c, package, field.bytes, 0));
        } else if (field.number == FILE_ENUM) {
            TRY(add_symbol(c, package, field.bytes, &symbol));
        } else if (field.number == FILE_SERVICE) {
            TRY(add_service(c, package, field.bytes));
        }
    }
    return reader_finish(&reader);
}

static enum err add_set(struct catalogue *c, struct slice set)
{
    struct reader reader = reader_of(set);
    struct wire_field field;
    while (wire_next_field(&reader, &field)) {
        if (field.number == SET_FILE) {
            TRY(add_file(c, field.bytes));
        }
    }
    return reader_finish(&reader);
}

enum err catalogue_create(const struct slice *sets, size_t set_count,
                          struct catalogue **out_catalogue, struct note *note)
{
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return ERR_RESOURCE;
    }
    arena_init(&c->names, NAMES_BYTES_MAX);
    for (size_t i = 0; i < set_count; i++) {
        enum err err = add_set(c, sets[i]);
        if (err != ERR_OK) {
            catalogue_destroy(c);
            return note_set(note, err, "the file descriptor set can't be read: %s", err_name(err));
        }
    }
    *out_catalogue = c;
    return ERR_OK;
}

void catalogue_destroy(struct catalogue *catalogue)
{
    if (catalogue != NULL) {
        arena_fini(&catalogue->names);
        free(catalogue);
    }
}

static const struct symbol *find(const struct catalogue *c, const char *name)
{
    for (size_t i = 0; i < c->symbol_count; i++) {
        if (strcmp(c->symbols[i].name, name) == 0) {
            return &c->symbols[i];
        }
    }
    return NULL;
}

enum err catalogue_find_method(const struct catalogue *catalogue, const char *full_name,
                               enum call_kind *out_kind)
{
    const struct symbol *symbol = find(catalogue, full_name);
    if (symbol == NULL || !symbol->is_method) {
        return ERR_NOT_FOUND;
    }
    *out_kind = symbol->kind;
    return ERR_OK;
}

enum err catalogue_find_file(const struct catalogue *catalogue, const char *file_name,
                             struct slice *out_bytes)
{
    for (size_t i = 0; i < catalogue->file_count; i++) {
        if (strcmp(catalogue->files[i].name, file_name) == 0) {
            *out_bytes = catalogue->files[i].bytes;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err catalogue_find_symbol(const struct catalogue *catalogue, const char *symbol,
                               struct slice *out_bytes)
{
    const struct symbol *found = find(catalogue, symbol);
    if (found == NULL) {
        return ERR_NOT_FOUND;
    }
    *out_bytes = catalogue->files[found->file].bytes;
    return ERR_OK;
}
