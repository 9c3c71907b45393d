/* The tariffs of coalition.yaml. Internal to the module. */
#ifndef CONFIG_COALITION_TARIFF_H
#define CONFIG_COALITION_TARIFF_H

#include "config/coalition_file.h"
#include "config/document.h"

#define ITEM_PATH_BYTES 64

struct item_path {
    char text[ITEM_PATH_BYTES];
};

/* "tariffs[2].id". */
struct item_path item_path(const char *list, size_t index, const char *key);

struct tariff_tax_yaml {
    char *code;
    char *percent;
    char *on;
};

struct tariff_yaml {
    char *id;
    char *name;
    char *issue_price;
    char *redemption_price;
    char *rounding;
    char **partners;
    unsigned partners_count;
    char *valid_from;
    char *issue_fee;
    char *redemption_fee;
    char *minimum_fee;
    struct tariff_tax_yaml *tax; /* NULL: none */
    char *funding;
};

extern const cyaml_schema_value_t coalition_tariff_schema;

/* Into its place in `out`, which knows the settlement's decimals; no id twice. */
void coalition_check_tariff(struct check *check, const struct tariff_yaml *yaml, size_t index,
                            struct coalition_file *out);

#endif
