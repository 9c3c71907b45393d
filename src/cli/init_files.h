/* The texts that `talea init` writes for people to edit. */
#ifndef CLI_INIT_FILES_H
#define CLI_INIT_FILES_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/ident.h"

struct init_plan {
    const char *coalition;
    struct partner_id partner;
    const char *display_name;
    struct card_prefix prefix;
    struct address listen;
    struct address http;
    struct address reach; /* where other brands' nodes connect to */
};

/* Each appends to `out`, whose `err` tells of failures. */
void init_write_node_yaml(const struct init_plan *plan, struct buffer *out);
void init_write_programme_yaml(struct buffer *out);
/* Commented terms of a coalition. */
void init_write_coalition_yaml(struct buffer *out);

#endif
