/* One brand's ledger behind a desk: commands are told, decided, recorded, applied, and after each
 * of them the invariants are looked at. Alfa is the brand itself, beta its partner. */
#ifndef LEDGER_DESK_H
#define LEDGER_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/decide.h"
#include "ledger/memory_store.h"
#include "ledger/precedence.h"

struct desk {
    struct roster_partner partners[2];
    union {
        struct tariff tariff; /* the usual one */
        struct tariff tariffs[2];
    };
    struct roster roster;
    struct ledger_terms terms;
    struct memory_store *tables;
    struct ledger_store store;
    struct plan plan;
    uint64_t row;
    uint64_t serial; /* of ids */
    uint64_t entry_number;
    struct unix_ms now;
    struct answer answer; /* to the last command */
};

void desk_init(struct desk *desk);
void desk_fini(struct desk *desk);
/* A desk of its own in `*state`, for each test. */
int desk_setup(void **state);
int desk_teardown(void **state);
/* A new one each time. */
struct uid desk_id(struct desk *desk);
/* A command of alfa's, not yet filled in; its transaction id is new. */
struct command desk_command(struct desk *desk, enum command_kind kind);
/* Fails when a refusal is not one that the command's kind may get, or an invariant is broken. */
enum verdict desk_tell(struct desk *desk, const struct command *command);
/* The same for what must be OK. */
void desk_do(struct desk *desk, const struct command *command);
/* Told of what a restored ledger has of the partner. */
void desk_recover(struct desk *desk, const struct partner_id *partner, enum recovery_step step);

struct uid desk_enrol(struct desk *desk, struct card_number *out_card);
/* Points by hand, as one lot; gives the sale's id. */
struct uid desk_give(struct desk *desk, const struct uid *member, int64_t points,
                     struct unix_ms expires_at);
/* A hold for alfa's own till. */
struct uid desk_hold(struct desk *desk, const struct card_number *card, int64_t points);
void desk_capture(struct desk *desk, const struct uid *hold, int64_t points);
enum verdict desk_transfer(struct desk *desk, const struct uid *from, const struct uid *to,
                           int64_t points);
struct uid desk_merge(struct desk *desk, const struct uid *from, const struct uid *into);
struct hash desk_profile_hash(struct desk *desk, const struct uid *member);
void desk_erase(struct desk *desk, const struct uid *member);
void desk_block(struct desk *desk, const struct uid *member);
/* As its row says. */
void desk_member(struct desk *desk, const struct uid *id, struct member *out_member);
int64_t desk_account(struct desk *desk, enum account_kind kind); /* credit less debit */

struct unix_ms desk_in_days(const struct desk *desk, int64_t days);
/* The whole of it. */
enum verdict desk_return_sale(struct desk *desk, const struct uid *sale);
/* A new member who owes so many points. */
struct uid desk_debtor(struct desk *desk, struct card_number *card, int64_t debt);
void desk_assert_balances(struct desk *desk, const struct uid *id, int64_t available, int64_t held,
                          int64_t debt);
/* The free points of the lots that expire then. */
void desk_assert_lot(struct desk *desk, const struct uid *id, struct unix_ms expires_at,
                     int64_t free_points);

#endif
