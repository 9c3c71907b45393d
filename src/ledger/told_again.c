/* A command that is told again by who never heard that it was lost with an older copy: does it say
 * what came back under its id, as far as entries and grants show what was said? */
#include "ledger/told_again.h"
#include "ledger/route.h"

#include <string.h>

bool recovered_is_given_up(const struct clearing_entry *entry)
{
    return entry->kind == ENTRY_VOID && uid_equal(&entry->transaction_id, &entry->subject);
}

static bool is_step_of(const struct clearing_entry *entry, const struct command *told)
{
    return entry->dispute.number == told->dispute.number &&
           entry->dispute.is_of_sender == (told->dispute.direction == STREAM_OUT) &&
           strcmp(entry->dispute.note, told->dispute.note) == 0;
}

/* The till showed the card that the entry names, or one that led there then: it may lead further
 * now, or be blocked. */
static bool leads_to(const struct decision *d, const struct card_number *shown,
                     const struct card_number *named, bool is_any_card)
{
    struct card_number at = *shown;
    if (is_any_card) {
        return true;
    }
    for (unsigned hops = 0; hops <= LIMIT_CARD_HOPS; hops++) {
        struct card_status status;
        if (card_number_equal(&at, named)) {
            return true;
        }
        if (ledger_get_card_status(d->view, &at, &status) != ERR_OK ||
            status.moved_to.digits[0] == '\0') {
            return false;
        }
        at = status.moved_to;
    }
    return false;
}

static bool is_card_of(const struct decision *d, const struct card_number *number,
                       const struct uid *member)
{
    struct card card;
    return ledger_get_card(d->view, number, &card) == ERR_OK && uid_equal(&card.member, member);
}

static bool entry_says(const struct decision *d, const struct clearing_entry *entry,
                       const struct command *told, bool is_any_card)
{
    switch ((int)told->kind) {
    case COMMAND_EARN:
        return entry->kind == ENTRY_EARN &&
               leads_to(d, &told->earn.card, &entry->card, is_any_card) &&
               (!told->earn.is_fixed || told->earn.fixed_points.minor == entry->points.minor);
    case COMMAND_RETURN_SALE:
        return entry->kind == ENTRY_EARN_RETURN &&
               uid_equal(&entry->subject, &told->return_sale.sale);
    case COMMAND_CAPTURE:
    case COMMAND_RETURN_BURN:
        return entry->kind == (told->kind == COMMAND_CAPTURE ? ENTRY_CAPTURE : ENTRY_BURN_RETURN) &&
               uid_equal(&entry->subject, &told->use.hold) &&
               (told->use.points.minor == 0 || told->use.points.minor == entry->points.minor);
    case COMMAND_FOREIGN_HOLD: /* a till asks again; how the request ended is not its to say */
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        return recovered_is_given_up(entry) &&
               (leads_to(d, &told->hold.card, &entry->card, is_any_card) ||
                card_number_equal(&told->hold.asked, &entry->card));
    case COMMAND_VOID:
        return entry->kind == ENTRY_VOID && uid_equal(&entry->subject, &told->use.hold);
    case COMMAND_BLOCK_CARD:
        return entry->kind == ENTRY_CARD_BLOCK && card_number_equal(&entry->card, &told->card.card);
    case COMMAND_UNBLOCK_CARD: /* of a member who moved, partners heard where the card leads */
        return (entry->kind == ENTRY_CARD_UNBLOCK || entry->kind == ENTRY_CARD_MOVED) &&
               card_number_equal(&entry->card, &told->card.card);
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
        return entry->kind ==
                   (told->kind == COMMAND_BLOCK_MEMBER ? ENTRY_CARD_BLOCK : ENTRY_CARD_UNBLOCK) &&
               is_card_of(d, &entry->card, &told->block.member);
    case COMMAND_MOVE_MEMBER:
        return (entry->kind == ENTRY_CARD_MOVED || entry->kind == ENTRY_MOVED_LOT) &&
               card_number_equal(&entry->card, &told->move.card) &&
               card_number_equal(&entry->moved_to, &told->move.new_card);
    case COMMAND_CLOSE_PERIOD:
        return entry->kind == ENTRY_PERIOD_MARK &&
               entry->period.code == told->close_period.period.code;
    case COMMAND_BUY_BLOCK:
        return entry->kind == ENTRY_BLOCK_BOUGHT &&
               uid_equal(&entry->subject, &told->block_of_points.terms.id);
    case COMMAND_OPEN_DISPUTE:
        return is_step_of(entry, told) && entry->dispute.step == STEP_OPEN &&
               entry->dispute.reason == told->dispute.reason &&
               (told->dispute.points.minor == 0 ||
                told->dispute.points.minor == entry->points.minor);
    case COMMAND_STEP_DISPUTE:
        return is_step_of(entry, told) &&
               (entry->dispute.step == told->dispute.step ||
                (dispute_step_ruling(told->dispute.step) != RULING_NONE &&
                 dispute_step_ruling(told->dispute.step) ==
                     dispute_step_ruling(entry->dispute.step)));
    default:
        return false;
    }
}

static bool hold_says(const struct decision *d, const struct command_recover_hold *hold,
                      const struct command *told, bool is_any_card)
{
    const struct partner_id *self = &d->terms->roster->self;
    bool is_kind = partner_id_equal(&hold->home, self) ? told->kind == COMMAND_HOLD
                                                       : command_asks_abroad(told->kind);
    return is_kind && partner_id_equal(&hold->redeemer, &told->hold.redeemer) &&
           (card_number_equal(&hold->card, &told->hold.card) ||
            card_number_equal(&hold->card, &told->hold.asked) ||
            leads_to(d, &told->hold.card, &hold->card, is_any_card)) &&
           hold->points.minor == told->hold.points.minor;
}

bool recovered_says(const struct decision *d, const struct command *recovered, bool is_any_card)
{
    return recovered->kind == COMMAND_RECOVER_HOLD
               ? hold_says(d, &recovered->recover_hold, d->command, is_any_card)
               : entry_says(d, &recovered->recover_entry.entry, d->command, is_any_card);
}

/* Is it the one that the office opened, as far as the row shows? */
static bool row_says(const struct dispute *row, const struct command *told)
{
    return row->is_open && row->side == DISPUTE_OPENER &&
           uid_equal(&row->id, &told->transaction_id) && row->reason == told->dispute.reason &&
           (told->dispute.points.minor == 0 || told->dispute.points.minor == row->claim.minor);
}

enum err recovered_dispute(const struct decision *d, const struct command *recovered,
                           struct answer *answer, bool *out_says)
{
    const struct command_dispute *told = &d->command->dispute;
    struct dispute row;
    bool may_come_back;
    *out_says = false;
    if (d->command->kind != COMMAND_OPEN_DISPUTE || recovered->kind != COMMAND_RECOVER_ENTRY ||
        recovered->recover_entry.entry.kind != ENTRY_MOVED_LOT) {
        return ERR_OK;
    }
    enum err err = ledger_get_dispute(d->view, &told->partner, told->direction, told->number, &row);
    if (err == ERR_OK && row_says(&row, d->command)) {
        *answer =
            (struct answer){.points = row.claim, .card = row.entry.card, .home = told->partner};
        *out_says = true;
        return ERR_OK;
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(decide_is_recovering(d, &may_come_back));
    return may_come_back ? ERR_UNAVAILABLE : ERR_OK;
}
