/* Cards and members that are blocked, and unblocked.
 *
 * A blocked member neither earns nor burns nor transfers, and gets no card; what was promised
 * before goes on: captures and voids of its holds, returns, expiry. */
#include "ledger/decision.h"

#include <string.h>

bool reason_is_code(const char *reason)
{
    size_t length = strlen(reason);
    return length > 0 && strspn(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length;
}

/* The card is what the command says, and the member's history has it. */
static enum err put_blocked(struct decision *d, struct card *card, bool is_blocked)
{
    const struct card_number *number = &d->command->card.card;
    struct member_work work;
    card->is_blocked = is_blocked;
    decide_put_card(d, number, card);
    d->plan->answer.card = *number;
    TRY(work_begin(d, &card->member, &work));
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
    if (!reason_is_code(block->reason)) {
        return decide_refuse(d, VERDICT_REASON_UNKNOWN);
    }
    TRY(work_begin_good(d, &block->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    work.row.is_blocked = true;
    work_mark(d, &work);
    work_end(d, &work);
    return ERR_OK;
}

enum err decide_unblock_member(struct decision *d)
{
    const struct command_block *block = &d->command->block;
    struct member_work work;
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
    TRY(work_open(d, &work));
    work.row.is_blocked = false;
    work_mark(d, &work);
    work_end(d, &work);
    return ERR_OK;
}
