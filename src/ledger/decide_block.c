/* Cards and members that are blocked, and unblocked.
 *
 * A blocked member neither earns nor burns nor transfers, and gets no card; what was promised
 * before goes on: captures and voids of its holds, returns, expiry. Partners are told of each card
 * that their tills are to refuse, or to take again. */
#include "ledger/decision.h"

#include <string.h>

bool reason_is_code(const char *reason)
{
    size_t length = strlen(reason);
    return length > 0 && strspn(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length;
}

/* What partners hear of a card that is blocked by itself, or of one that is as its member is. */
static enum err changed_card(const struct decision *d, const struct card_number *number,
                             bool is_blocked, bool is_member_blocked,
                             struct card_change *out_change)
{
    struct card_status status;
    TRY(ledger_get_card_status(d->view, number, &status));
    bool is_moved = status.moved_to.digits[0] != '\0';
    *out_change = (struct card_change){.card = *number, .kind = ENTRY_CARD_UNBLOCK};
    if (is_blocked || (is_member_blocked && !is_moved)) {
        out_change->kind = ENTRY_CARD_BLOCK;
    } else if (is_moved) {
        out_change->kind = ENTRY_CARD_MOVED;
        out_change->moved_to = status.moved_to;
    }
    return ERR_OK;
}

enum err decide_announce_cards(struct decision *d, const struct profile *profile,
                               enum entry_kind kind)
{
    struct card_change changes[LIMIT_CARDS_PER_MEMBER];
    size_t count = 0;
    for (size_t i = 0; i < profile->card_count; i++) {
        struct card card;
        TRY(ledger_get_card(d->view, &profile->cards[i], &card));
        if (!card.is_blocked) {
            changes[count++] = (struct card_change){.card = profile->cards[i], .kind = kind};
        }
    }
    return decide_announce(d, changes, count, NULL, NULL);
}

/* The card is what the command says, and the member's history has it. */
static enum err put_blocked(struct decision *d, struct card *card, bool is_blocked)
{
    const struct card_number *number = &d->command->card.card;
    struct member_work work;
    struct card_change change;
    card->is_blocked = is_blocked;
    decide_put_card(d, number, card);
    d->plan->answer.card = *number;
    TRY(work_begin(d, &card->member, &work));
    TRY(changed_card(d, number, is_blocked, work.row.is_blocked, &change));
    if (is_blocked || change.kind != ENTRY_CARD_BLOCK) {
        TRY(decide_announce(d, &change, 1, NULL, NULL));
    }
    work_end(d, &work);
    return ERR_OK;
}

/* The card that the command names. May refuse. */
static enum err named_card(struct decision *d, struct card *card)
{
    enum err err = ledger_get_card(d->view, &d->command->card.card, card);
    return err == ERR_NOT_FOUND ? decide_refuse(d, VERDICT_CARD_UNKNOWN) : err;
}

enum err decide_block_card(struct decision *d)
{
    struct card card;
    TRY(named_card(d, &card));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    return card.is_blocked ? decide_refuse(d, VERDICT_CARD_BLOCKED) : put_blocked(d, &card, true);
}

enum err decide_unblock_card(struct decision *d)
{
    struct card card;
    TRY(named_card(d, &card));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (uid_is_nil(&card.member)) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    return card.is_blocked ? put_blocked(d, &card, false)
                           : decide_refuse(d, VERDICT_CARD_NOT_BLOCKED);
}

enum err decide_block_member(struct decision *d)
{
    const struct command_block *block = &d->command->block;
    struct member_work work;
    struct profile profile;
    if (!reason_is_code(block->reason)) {
        return decide_refuse(d, VERDICT_REASON_UNKNOWN);
    }
    TRY(work_begin_good(d, &block->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(ledger_get_profile(d->view, &work.id, &profile));
    TRY(decide_announce_cards(d, &profile, ENTRY_CARD_BLOCK));
    work.row.is_blocked = true;
    work_mark(d, &work);
    work_end(d, &work);
    return ERR_OK;
}

enum err decide_unblock_member(struct decision *d)
{
    const struct command_block *block = &d->command->block;
    struct member_work work;
    struct profile profile;
    struct card_number moved_to;
    if (block->reason[0] != '\0' && !reason_is_code(block->reason)) {
        return decide_refuse(d, VERDICT_REASON_UNKNOWN);
    }
    TRY(work_find(d, &block->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (work.row.is_erased) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    if (!work.row.is_blocked) {
        return decide_refuse(d, VERDICT_MEMBER_NOT_BLOCKED);
    }
    TRY(ledger_get_profile(d->view, &work.id, &profile));
    TRY(move_of_member(d, &profile, &moved_to));
    if (moved_to.digits[0] != '\0') {
        return decide_refuse(d, VERDICT_MEMBER_MOVED);
    }
    TRY(work_open(d, &work));
    TRY(decide_announce_cards(d, &profile, ENTRY_CARD_UNBLOCK));
    work.row.is_blocked = false;
    work_mark(d, &work);
    work_end(d, &work);
    return ERR_OK;
}

enum err decide_withdraw_block(struct decision *d)
{
    const struct command_withdrawal *told = &d->command->withdrawal;
    struct block_row row;
    enum err err =
        ledger_get_block(d->view, &d->terms->roster->self, &told->buyer, &told->block, &row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_BLOCK_UNKNOWN);
    }
    TRY(err);
    if (row.state != BLOCK_OFFERED) {
        return decide_refuse(d, VERDICT_BLOCK_NOT_OPEN);
    }
    d->plan->answer.points = row.terms.points;
    return prepaid_withdraw(d, &row);
}
