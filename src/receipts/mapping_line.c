#include <string.h>
#include <yaml.h>

#include "receipts/mapping_document.h"

/* The value of the key that is the first component of `path`; tells the key's line. */
static yaml_node_t *child_of(yaml_document_t *document, const yaml_node_t *node, const char *path,
                             size_t length, unsigned *line)
{
    if (node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(document, pair->key);
        if (key != NULL && key->type == YAML_SCALAR_NODE && key->data.scalar.length == length &&
            memcmp(key->data.scalar.value, path, length) == 0) {
            *line = (unsigned)key->start_mark.line + 1;
            return yaml_document_get_node(document, pair->value);
        }
    }
    return NULL;
}

static unsigned line_in(yaml_document_t *document, const char *path)
{
    unsigned line = 1;
    const yaml_node_t *node = yaml_document_get_root_node(document);
    while (node != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        node = child_of(document, node, path, length, &line);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    return line;
}

unsigned mapping_line_of(const char *text, size_t length, const char *path)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (yaml_parser_initialize(&parser) == 0) {
        return 1;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    unsigned line = 1;
    if (yaml_parser_load(&parser, &document) != 0) {
        line = line_in(&document, path);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return line;
}
