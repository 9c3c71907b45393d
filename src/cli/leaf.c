#include "cli/leaf.h"

#include "base/text.h"

enum err leaf_issue(const struct certificate_pair *authority, const struct leaf *leaf,
                    struct certificate_pair *out_pair, struct note *note)
{
    bool is_node = leaf->role == ROLE_PEER;
    struct certificate_order order = {
        .identity = {.partner = leaf->partner, .role = leaf->role},
        .not_before = {leaf->now.ms - LEAF_CLOCK_SLACK_MS},
        .not_after = {leaf->now.ms + leaf->days * DAY_MS},
        .hosts = is_node ? leaf->hosts : NULL,
        .host_count = is_node ? leaf->host_count : 0,
    };
    if (text_copy(order.identity.coalition, sizeof order.identity.coalition, leaf->coalition) !=
            ERR_OK ||
        text_copy(order.identity.name, sizeof order.identity.name, leaf->name) != ERR_OK) {
        return note_set(note, ERR_INPUT, "\"%.80s\" is too long a name for a certificate",
                        leaf->name);
    }
    return certificate_issue(authority, &order, out_pair, note);
}
