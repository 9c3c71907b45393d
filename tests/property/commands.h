/* What a step means: a command, made against the model as it is. Leaves streams' numbers and hashes
 * to the caller. */
#ifndef PROPERTY_COMMANDS_H
#define PROPERTY_COMMANDS_H

#include "picks.h"
#include "steps.h"

/* What a command points to; valid until the next one is made. */
struct command_room {
    struct clearing_entry entry;
    struct receipted_entry entries[64];
    uint8_t keys[8 * TRANSACTION_KEY_SIZE];
    uint8_t sealed[16];
    uint8_t groups[512]; /* of changes of standings */
};

/* All that a command is made from. */
struct making {
    const struct step *step;
    const struct mood *mood;
    const struct model *m;
    struct command_room *room;
    struct command *command;
};

void step_command(const struct step *step, const struct mood *mood, const struct model *m,
                  struct command_room *room, struct command *out_command);
/* Two lines at most for a person. */
void command_print(const struct command *command, struct unix_ms now);

/* By kind; what they find nothing for becomes another kind. */
typedef void make_fn(const struct making *making);
make_fn make_enrol;
make_fn make_issue_card;
make_fn make_block_card;
make_fn make_unblock_card;
make_fn make_block_member;
make_fn make_unblock_member;
make_fn make_erase;
make_fn make_set_profile;
make_fn make_set_referrer;
make_fn make_transfer;
make_fn make_open_pool;
make_fn make_join_pool;
make_fn make_leave_pool;
make_fn make_propose;
make_fn make_rule;
make_fn make_merge;
make_fn make_unmerge;
make_fn make_await;
make_fn make_move;
make_fn make_tell;
make_fn make_tell_funding;
make_fn make_send_earns;
make_fn make_sell_block;
make_fn make_buy_block;
make_fn make_block_due;
make_fn make_withdraw_block;
void make_block_entry(const struct making *making, int sender, struct clearing_entry *entry);
make_fn make_pool_right;
make_fn make_bear_card;
make_fn make_raise_alert;
make_fn make_rule_alert;
/* A card of a pool, mostly; one that somebody carries, if wanted. */
struct card_number pick_pool_card(const struct model *m, uint32_t number, bool wants_carried);
make_fn make_prune;
make_fn make_earn;
make_fn make_hold;
make_fn make_partner_hold;
make_fn make_foreign_hold;
make_fn make_capture;
make_fn make_void;
make_fn make_return_sale;
make_fn make_return_burn;
make_fn make_settle;
make_fn make_expire_hold;
make_fn make_entry;
make_fn make_receipt;
make_fn make_batch_end;
make_fn make_close;
make_fn make_pair;
make_fn make_freeze;
make_fn make_payment;
make_fn make_netting;
make_fn make_programme;
make_fn make_standing;
make_fn make_reserve;
make_fn make_repeat;
make_fn make_grant_mandate;
make_fn make_take_mandate;
make_fn make_stand_in;
make_fn make_give_up;
make_fn make_stand_in_entry;

/* T1 and T2 of a hold that is told now. */
void make_hold_times(const struct making *making, struct command_hold *hold);
/* When lots begin and end. */
void make_terms(const struct making *making, struct unix_ms *out_from, struct unix_ms *out_until);

#endif
