/* Requests' fields into domain values, and refusals back. Each reader refuses the call by itself
 * and returns false when the field is not what it must be.
 */
#ifndef NODE_REQUESTS_H
#define NODE_REQUESTS_H

#include "ledger/command.h"
#include "rpc/server.h"
#include "talea/v1/types.pb-c.h"

struct node;

void refuse(struct rpc_call *call, int code, const char *reason, const char *format, ...)
    PRINTF_LIKE(4, 5);
void refuse_verdict(struct rpc_call *call, enum verdict verdict);
void refuse_err(struct rpc_call *call, enum err err, const struct note *note);

MUST_USE bool request_transaction(struct rpc_call *call, const char *text, struct uid *out_id);
/* `field` names it in the refusal. */
MUST_USE bool request_uid(struct rpc_call *call, const char *field, const char *text,
                          struct uid *out_id);
MUST_USE bool request_card(struct rpc_call *call, const char *text, struct card_number *out_card);
/* Year * 100 + month. */
MUST_USE bool request_period(struct rpc_call *call, uint32_t code, struct period *out_period);
/* Printable, at most capacity - 1 bytes. */
MUST_USE bool request_text(struct rpc_call *call, const char *field, const char *text, char *out,
                           size_t capacity);
/* 0 is now; else from 1970 to a day ahead. `*out_is_given` tells which. */
MUST_USE bool request_time(struct rpc_call *call, const struct node *node, int64_t ms,
                           struct unix_ms *out_time, bool *out_is_given);
/* What a till gives or reserves by one call has a bound in the configuration. */
MUST_USE bool request_within_bound(struct rpc_call *call, const struct node *node, bool is_within);
/* Rows of one page; 0 asks for PAGE_ROWS_DEFAULT. */
#define PAGE_ROWS_DEFAULT 50u
MUST_USE bool request_page_size(struct rpc_call *call, uint32_t asked, size_t *out_size);
/* The id at which a page begins; nil for the first one, whose token is empty. */
MUST_USE bool request_page_id(struct rpc_call *call, const char *token, struct uid *out_from);
/* The member that the selector names, as published, or where it went when it was merged. */
MUST_USE bool request_member(struct node *node, struct rpc_call *call,
                             const struct ledger_view *view,
                             const Talea__V1__MemberSelector *selector, struct uid *out_member);
/* The same with its row, which is large: never copy it. */
MUST_USE bool request_member_row(struct node *node, struct rpc_call *call,
                                 const struct ledger_view *view,
                                 const Talea__V1__MemberSelector *selector, struct uid *out_member,
                                 struct member *out_row);
/* Looks such a member up, and on the same view gives its answer. */
typedef void request_answer(struct node *node, struct rpc_call *call,
                            const struct ledger_view *view, const struct uid *member);
void request_about_member(struct node *node, struct rpc_call *call,
                          const Talea__V1__MemberSelector *selector, request_answer *answer);
/* For a command: the id as it stands on card, reference or request, on a view of its own. The
 * ledger follows merges by itself; and so a repeat says the same as before the merge. */
MUST_USE bool request_member_now(struct node *node, struct rpc_call *call,
                                 const Talea__V1__MemberSelector *selector, struct uid *out_member);

/* The same without a call to refuse: ERR_INPUT when the selector names nobody, ERR_NOT_FOUND when
 * there is none, except by an id, which the ledger looks at. */
MUST_USE enum err member_selected(struct node *node, const struct ledger_view *view,
                                  const Talea__V1__MemberSelector *selector,
                                  struct uid *out_member);

/* T1 and T2 of a hold of so many seconds from a time on; 0 is the node's default. False: too long.
 */
MUST_USE bool hold_times(const struct node *node, struct unix_ms from, uint32_t seconds,
                         struct command_hold *hold);

/* A command of ours, dated now. */
struct command command_now(const struct node *node, enum command_kind kind,
                           const struct uid *transaction);

#endif
