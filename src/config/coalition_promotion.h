/* The promotions of coalition.yaml. Internal to the module. */
#ifndef CONFIG_COALITION_PROMOTION_H
#define CONFIG_COALITION_PROMOTION_H

#include "config/coalition_file.h"
#include "config/document.h"

struct part_yaml {
    char *partner;
    char *percent;
};

struct promotion_yaml {
    char *id;
    char *name;
    char *shop;
    char *valid_from;
    char *valid_until;
    char *budget;
    char *per_purchase;
    struct part_yaml *split;
    unsigned split_count;
};

extern const cyaml_schema_value_t coalition_promotion_schema;

/* Into its place in `out`, which knows the points' decimals; no id twice. */
void coalition_check_promotion(struct check *check, const struct promotion_yaml *yaml, size_t index,
                               struct coalition_file *out);

#endif
