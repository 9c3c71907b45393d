/* What an office says of a member in its own words, on its way into the ledger and out of it: under
 * the key of the member's personal data, so that an erasure takes it along. What is said of a
 * member that is erased already, or that nobody knows, is not kept at all; of a pool, a till or
 * another home's member, for whom this node has no key, it is kept plain.
 * Any thread.
 */
#ifndef NODE_REMARKS_H
#define NODE_REMARKS_H

#include "base/arena.h"
#include "ledger/alert_row.h"
#include "ledger/command.h"

struct node;

/* Of the member's, or the pool's: seals `remark->text`, printable, into the arena and clears it;
 * nothing for an empty one. ERR_RESOURCE, ERR_STORAGE, ERR_CORRUPT when the key is damaged. */
MUST_USE enum err remark_seal_about(struct node *node, struct arena *arena,
                                    const struct uid *member, struct remark *remark);
/* The same of whom the alert is about: who has its purchase, or the card that it names. NULL: of
 * nobody known. */
MUST_USE enum err remark_seal_alert(struct node *node, struct arena *arena,
                                    const struct alert_finding *finding, struct remark *remark);

/* Was this very text kept plain, by an older version? Then a repeat says so again, and nothing new
 * is written. */
bool remark_is_kept_plain(const struct kept_remark *kept, const struct remark *remark);

/* A longer text about a member, under its key. ERR_NOT_FOUND: it is nobody with a key; it is empty
 * where the key is gone already. */
MUST_USE enum err remark_seal_text(struct node *node, const struct ledger_view *view,
                                   struct arena *arena, const struct uid *member, struct slice text,
                                   struct slice *out_sealed);
/* What a repeat of a text agrees in. */
void remark_tag(struct node *node, struct slice text, uint8_t out_tag[PERSONAL_TAG_SIZE]);
/* Its text into the arena: empty when its key is gone, "(damaged)" when that is damaged. */
MUST_USE enum err remark_open_text(struct node *node, struct arena *arena, struct slice sealed,
                                   char **out_text);

struct shown_remark {
    char *text; /* in the arena */
    bool is_erased;
};

/* A plain one of an erased member is not shown any more either; one whose key is damaged is
 * "(damaged)". */
MUST_USE enum err remark_show_about(struct node *node, struct arena *arena,
                                    const struct uid *member, const struct kept_remark *kept,
                                    struct shown_remark *out_shown);
MUST_USE enum err remark_show_alert(struct node *node, struct arena *arena,
                                    const struct alert_finding *finding,
                                    const struct kept_remark *kept, struct shown_remark *out_shown);

#endif
