/* What `talea offer choose` found, for people, programs and spreadsheets. Internal to the commands.
 */
#ifndef CLI_OFFER_PRINT_H
#define CLI_OFFER_PRINT_H

#include "cli/offer_history.h"

/* What one offer comes to. */
struct offer_count {
    uint64_t offered;
    uint64_t control; /* would have been offered it */
};

struct campaign_count {
    uint64_t offered; /* shoppers */
    uint64_t control;
    uint64_t already; /* were in it before */
};

/* What was chosen for one shopper. */
struct offer_pick {
    uint32_t member;
    uint16_t campaign;
    bool is_control;
    struct choice choice;
};

struct offer_picks {
    struct offer_pick *at; /* malloc; by campaign, then by member, best first */
    size_t count;
    size_t capacity;
    struct campaign_count campaigns[LIMIT_CAMPAIGNS];
    struct offer_count offers[LIMIT_OFFERS];
};

/* `campaigns` has a bit for each that was asked for. */
void offer_print_picks(struct cli *cli, const struct offer_source *source,
                       const struct learned *learned, const struct offer_picks *picks,
                       uint64_t campaigns);
/* A row for each pick, to a new file. What is wrong is printed. */
MUST_USE enum cli_exit offer_write_picks(struct cli *cli, const char *path,
                                         const struct offer_source *source,
                                         const struct learned *learned,
                                         const struct offer_picks *picks);

#endif
