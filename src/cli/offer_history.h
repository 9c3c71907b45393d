/* What shoppers bought, and what is known of them, for the commands `talea offer ...`: from an
 * export of receipts, or from the node. Internal to the commands. */
#ifndef CLI_OFFER_HISTORY_H
#define CLI_OFFER_HISTORY_H

#include "cli/programme.h"
#include "offers/choose.h"
#include "talea/v1/programme.pb-c.h"

/* One of the history's members. */
struct offer_shopper {
    uint64_t segments;  /* a bit for each that the member is in */
    uint64_t campaigns; /* a bit for each that it is in already */
};

struct offer_source {
    struct programme_opened programme;
    struct history *history;
    struct offer_shopper *shoppers; /* of each member of the history; malloc */
    int64_t today;                  /* on the brand's clock */
    uint64_t without_member;        /* receipts, of an export */
    uint64_t rejected;              /* rows of it */
};

/* By --receipts and --map, else from the node; by --programme, else the one in force. What is wrong
 * is printed. The caller closes the source whatever comes out. */
MUST_USE enum cli_exit offer_source_open(struct cli *cli, struct offer_source *out_source);
void offer_source_close(struct offer_source *source);

/* Pages of the node; what the callback gives but ERR_OK ends the reading. What is wrong is printed.
 */
typedef enum err offer_on_purchase(void *context, const Talea__V1__Purchase *purchase,
                                   struct note *note);
MUST_USE enum cli_exit offer_read_purchases(struct cli *cli, offer_on_purchase *on_purchase,
                                            void *context);
typedef enum err offer_on_shopper(void *context, const Talea__V1__Shopper *shopper,
                                  struct note *note);
MUST_USE enum cli_exit offer_read_shoppers(struct cli *cli, offer_on_shopper *on_shopper,
                                           void *context);

/* The text of either kind; empty for nobody. */
struct slice offer_key_text(const Talea__V1__ShopperKey *key);
/* The campaign of this name, by place; what is wrong is printed. */
MUST_USE enum cli_exit offer_find_campaign(struct cli *cli, const struct rules_text *text,
                                           const char *name, size_t *out_campaign);
MUST_USE enum cli_exit offer_call(struct cli *cli, const char *method,
                                  const ProtobufCMessage *request, ProtobufCMessage **out_reply);

#endif
