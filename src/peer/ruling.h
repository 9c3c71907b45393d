/* Which of two stories about an entry the signatures prove.
 *
 * A story is proven against a side when that side signed it: the sender the head of the batch that
 * the entry came in, the receiver its receipt. What we hold of the partner proves our story, what
 * the partner holds of us proves its own (peer/holdings.h has the pages).
 */
#ifndef PEER_RULING_H
#define PEER_RULING_H

#include "peer/reconciling.h"
#include "wire/recover.h"

/* Numbers are those of talea.v1.Ruling. */
enum ruling {
    RULING_OPEN = 1,
    RULING_OURS = 2,
    RULING_THEIRS = 3,
    RULING_BOTH = 4
};

/* "open", ...; "unknown" for none. */
const char *ruling_name(enum ruling ruling);

/* The page that shows the entry under the signatures there are: the one to ask the partner for, and
 * the one that this node has itself. ERR_NOT_FOUND when no receipt answers the entry. */
MUST_USE enum err ruling_pages(struct comparison *comparison, const struct peer_host *host,
                               uint64_t number, struct recover_request *out_theirs,
                               struct recover_request *out_ours);
/* The partner's receipts may be numbered otherwise than ours, when one of the two has forked: its
 * page about an entry is looked for from ours on. */
struct page_search {
    uint64_t low;
    uint64_t high; /* UINT64_MAX: not known */
    uint64_t step;
    uint64_t next; /* the receipt to ask for */
};
void page_search_begin(struct page_search *search, uint64_t receipt);
/* `page` is the answer; NULL: there is none. False when the search is over: it is the page, or
 * there is none (`*out_is_found`). */
bool page_search_goes_on(struct page_search *search, const struct recover_page *page,
                         uint64_t number, bool *out_is_found);

/* Does the page show this entry under its number, signed by the partner (`is_ours`: the page is
 * this node's own) or by this node (it is the partner's)? Whether the page is well-formed, and of
 * this stream, is looked at as well. */
bool ruling_is_proven(const struct comparison *comparison, const struct peer_host *host,
                      const struct recover_page *page, bool is_ours, uint64_t number,
                      const struct clearing_entry *entry);
enum ruling ruling_of(bool ours_is_proven, bool theirs_is_proven);
/* By the two pages; NULL: there is none. */
enum ruling ruling_of_pages(struct comparison *comparison, const struct peer_host *host,
                            const struct entry_pair *pair, const struct recover_page *ours,
                            const struct recover_page *theirs);

#endif
