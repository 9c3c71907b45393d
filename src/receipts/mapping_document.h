/* The mapping as YAML gives it, before it is judged. Internal to mapping*.c. */
#ifndef RECEIPTS_MAPPING_DOCUMENT_H
#define RECEIPTS_MAPPING_DOCUMENT_H

#include "receipts/mapping.h"

struct mapping_format {
    char *delimiter;
    char *quote;
    enum mapping_encoding encoding;
    bool *header;
};

enum mapping_rows {
    MAPPING_ROWS_LINES,
    MAPPING_ROWS_RECEIPTS
};
enum mapping_repeated {
    MAPPING_REPEATED_KEEP,
    MAPPING_REPEATED_REJECT
};
enum mapping_rows_are {
    MAPPING_ROWS_ARE_SALES,
    MAPPING_ROWS_ARE_RETURNS
};

struct mapping_time {
    struct mapping_values formats;
    char *offset;
};

struct mapping_number {
    char *point;
    char *group;
};

struct mapping_money {
    unsigned *decimals;
    char *rounding;
};

struct mapping_sales {
    struct mapping_values values;
};

struct mapping_returns {
    enum mapping_rows_are rows_are;
    char *prefix;
    struct mapping_values values;
    bool *negative;
    enum match_key *match;
    unsigned match_count;
    bool unique;
};

struct mapping_columns {
    struct mapping_column *of[ROLE_COUNT];
};

struct mapping_exclude {
    struct mapping_values of[ROLE_COUNT];
};

/* What libcyaml fills. */
struct mapping_tree {
    struct mapping_format format;
    enum mapping_rows rows;
    bool *grouped;
    enum mapping_repeated repeated;
    enum column_role *receipt_from;
    unsigned receipt_from_count;
    struct mapping_columns columns;
    struct mapping_time time;
    struct mapping_number number;
    struct mapping_money money;
    struct mapping_sales sales;
    struct mapping_returns returns;
    struct mapping_exclude exclude;
    char *cards;
};

struct mapping_document {
    struct mapping_tree *tree;
    char *name;
    char *cards_path; /* NULL until mapping_load joins it with the folder */
};

/* Loads by the schema. ERR_INPUT with file, line and key. */
MUST_USE enum err mapping_tree_load(const char *text, size_t length, const char *name,
                                    struct mapping_tree **out_tree, struct note *note);
void mapping_tree_destroy(struct mapping_tree *tree);

/* The line of the text, from 1, on which the key stands that `path` names ("columns.time.column");
 * of its nearest ancestor when it isn't there; 1 when nothing is. */
unsigned mapping_line_of(const char *text, size_t length, const char *path);

/* Fills `mapping` (zeroed) from the tree, or says what in it cannot be. */
MUST_USE enum err mapping_resolve(const char *text, size_t length, const struct mapping_tree *tree,
                                  struct mapping *mapping, struct note *note);

#endif
