/* Which offers of a campaign fit a member best, and why. Pure; any thread.
 *
 * What fits is what the member is likelier to buy than others are: goods that shoppers buy next who
 * bought what the member bought (learn.h), or goods that the member buys again and again and that
 * are due. Offers are ranked by how much likelier; of equal ones the first in the file goes first.
 */
#ifndef OFFERS_CHOOSE_H
#define OFFERS_CHOOSE_H

#include "base/limits.h"
#include "offers/learn.h"

enum choice_reason {
    CHOICE_NEXT, /* not bought lately; who bought `thing` does buy it */
    CHOICE_AGAIN /* bought before, and due */
};

struct choice {
    uint16_t offer; /* its place in the text */
    enum choice_reason reason;
    uint32_t thing;       /* of NEXT */
    uint32_t times;       /* of NEXT: days with it among the last RECENT_DAYS; of AGAIN: all */
    bool was_ever_bought; /* the offer's goods, of NEXT */
    uint32_t every_days;  /* of AGAIN: between two times, on average */
    uint32_t since_days;  /* of AGAIN: since the last one */
    struct share share;   /* of the shoppers like this */
    int64_t base_ppm;     /* of all shoppers */
    int64_t gain_ppm;     /* how much likelier at least; above 0 */
};

/* Those of the campaign that fit, best first: at most as many as it lets a member have. `fitting`
 * has a bit for each offer that the member may be given. Room for LIMIT_OFFERS; returns how many.
 */
size_t choose_offers(const struct learned *learned, size_t member, size_t campaign,
                     uint64_t fitting, int64_t today, struct choice out_choices[LIMIT_OFFERS]);

/* Offers to members of these segments: a bit for each, by place, as the answer has one for each
 * offer. */
uint64_t offers_fitting(const struct rules_text *text, uint64_t segments);

/* A sentence without a full stop: "bought coffee 6 times in 90 days; 34 % of ...". Cut to fit. */
#define REASON_TEXT_MAX (LIMIT_OFFER_REASON + 1)
const char *choice_reason_text(const struct learned *learned, const struct choice *choice,
                               char out_text[REASON_TEXT_MAX]);
/* "34 %", "3.4 %". */
#define PPM_TEXT_MAX 24
const char *ppm_text(int64_t ppm, char out_text[PPM_TEXT_MAX]);

#endif
