/* Loads a YAML file into a struct that a libcyaml schema describes.
 *
 * Schemas declare every single value as a string and leave its meaning to config/check.h: libcyaml
 * 1.3.1 reads "1 2" as 1, "010" as 8 and "maybe" as true. What libcyaml decides is the shape:
 * unknown keys, missing keys, a list where a mapping belongs, too many entries. Its complaints are
 * turned into one note that names file, line and key.
 */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include <cyaml/cyaml.h>

#include "base/bytes.h"
#include "config/check.h"
#include "config/positions.h"

struct document_source {
    struct slice text;
    const char *name; /* for error texts */
};

/* A text of 1 to LIMIT_CONFIG_VALUE_BYTES bytes, as char pointer: required, and optional (NULL). */
#define YAML_TEXT(key, structure, member)                                                          \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, structure, member, 1, LIMIT_CONFIG_VALUE_BYTES)
#define YAML_TEXT_OPTIONAL(key, structure, member)                                                 \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure, member, 1,    \
                           LIMIT_CONFIG_VALUE_BYTES)

/* `schema` is a mapping by pointer. On success the document is freed with document_free (same
 * schema) and the positions with positions_destroy. ERR_INPUT for what the file says, ERR_RESOURCE
 * without memory. */
MUST_USE enum err document_load(const struct document_source *source,
                                const cyaml_schema_value_t *schema, void **out_document,
                                struct positions **out_positions, struct note *note);
/* The same, and goes on behind keys that belong nowhere: each is put down in `faults`, as far as
 * there is room, and nothing below it is looked at. */
MUST_USE enum err document_load_all(const struct document_source *source,
                                    const cyaml_schema_value_t *schema, struct check_faults *faults,
                                    void **out_document, struct positions **out_positions,
                                    struct note *note);
void document_free(const cyaml_schema_value_t *schema, void *document); /* NULL is allowed */

/* The whole of a regular file of at most LIMIT_CONFIG_FILE_BYTES, appended to the buffer, which the
 * caller owns in any case. ERR_NOT_FOUND, ERR_DENIED, ERR_INPUT (too long, not a file),
 * ERR_STORAGE. */
MUST_USE enum err document_read_file(const char *path, struct buffer *buffer, struct note *note);

#endif
