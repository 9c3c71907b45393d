/* What other brands say of their cards, and whom we await from them.
 *
 * A card's home alone says that it is blocked, taken again, or moved. From then on our own tills
 * follow it without asking the home, which remains the judge: an earn that crossed the news on its
 * way is applied or refused there by the home's own state of the card. */
#include "ledger/circle.h"

static bool is_idle(const struct card_status *status)
{
    return !status->is_blocked && status->moved_to.digits[0] == '\0' &&
           status->awaited_by.digits[0] == '\0';
}

static enum err get_status(const struct decision *d, const struct card_number *card,
                           struct card_status *out_status, bool *out_is_there)
{
    struct ledger_key key;
    struct slice value;
    key_card(card, &key);
    enum err err = view_get(d->view, TABLE_CARD_STATUS, &key, &value);
    *out_is_there = err == ERR_OK;
    if (err == ERR_NOT_FOUND) {
        *out_status = (struct card_status){0};
        return ERR_OK;
    }
    TRY(err);
    return card_status_decode(value, out_status);
}

/* So many cards of one partner are known and no more: the partner decides what it sends. May
 * refuse. */
static enum err count_known(struct decision *d, const struct partner_id *partner, bool is_there,
                            bool is_kept)
{
    uint64_t count;
    if (is_there == is_kept) {
        return ERR_OK;
    }
    TRY(decide_get_partner_u64(d, META_CARDS_KNOWN, partner, &count));
    if (is_kept && count >= LIMIT_CARDS_KNOWN) {
        return decide_refuse(d, VERDICT_TOO_MANY_CARDS);
    }
    decide_put_partner_u64(d, META_CARDS_KNOWN, partner,
                           is_kept ? count + 1 : count - (count > 0 ? 1 : 0));
    return ERR_OK;
}

/* What the card's standings make of it that it moved, or is its home's again. */
static enum err carry_standings(struct decision *d, const struct clearing_entry *entry,
                                const struct card_circle *circle)
{
    struct standing_owner owner = standing_of_card(&entry->card);
    if (entry->kind == ENTRY_CARD_MOVED && !circle_has(circle, &entry->card)) {
        return standing_carry(d, &owner, &entry->moved_to);
    }
    bool is_opened = entry->kind == ENTRY_CARD_UNBLOCK && circle_has(circle, &entry->card);
    return is_opened ? circle_carry(d, circle, &owner) : ERR_OK;
}

enum err decide_know_card(struct decision *d, const struct partner_id *home,
                          const struct clearing_entry *entry)
{
    struct card_status status;
    struct card_circle circle;
    struct ledger_key key;
    bool is_there;
    TRY(get_status(d, &entry->card, &status, &is_there));
    TRY(ledger_get_circle(d->view, &entry->card,
                          entry->kind == ENTRY_CARD_MOVED ? &entry->moved_to : &status.moved_to,
                          &circle));
    status.is_blocked = entry->kind == ENTRY_CARD_BLOCK;
    status.number = entry->number != 0 ? entry->number : status.number;
    if (entry->kind != ENTRY_CARD_BLOCK) {
        status.moved_to = entry->moved_to;
    }
    TRY(count_known(d, home, is_there, !is_idle(&status)));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(carry_standings(d, entry, &circle));
    if (entry->kind == ENTRY_CARD_MOVED && circle.count > 0) {
        TRY(circle_open(d, &circle));
    }
    if (entry->kind == ENTRY_CARD_UNBLOCK && circle_has(&circle, &entry->card)) {
        TRY(circle_let_go(d, &circle, &entry->card));
    }
    if (!is_idle(&status)) {
        decide_put_card_status(d, &entry->card, &status);
    } else if (is_there) {
        key_card(&entry->card, &key);
        plan_delete(d->plan, TABLE_CARD_STATUS, &key);
    }
    return ERR_OK;
}

enum err decide_hear_of_card(struct decision *d, const struct partner_id *home,
                             const struct clearing_entry *entry)
{
    struct card_status status;
    bool is_there;
    uint64_t count;
    TRY(get_status(d, &entry->card, &status, &is_there));
    TRY(decide_get_partner_u64(d, META_CARDS_KNOWN, home, &count));
    bool has_room = is_there || count < LIMIT_CARDS_KNOWN;
    return has_room ? decide_know_card(d, home, entry) : ERR_OK;
}

bool decide_is_their_card(const struct decision *d, const struct partner_id *partner,
                          const struct card_number *card)
{
    const struct roster_partner *home = roster_home_of(d->terms->roster, card);
    return home != NULL && partner_id_equal(&home->id, partner);
}

/* A member may have moved to a brand that joined, of which we have not heard yet: until the charter
 * says whose card that is, it is nobody's. */
enum err take_card_news(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    struct card_circle circle = {.count = 0};
    bool loops = false;
    if (!decide_is_their_card(d, &take->sender, &entry->card)) {
        return decide_refuse(d, VERDICT_CARD_NOT_THEIRS);
    }
    if (entry->kind == ENTRY_CARD_MOVED) {
        TRY(ledger_route_loops(d->view, &entry->card, &entry->moved_to, &loops));
        TRY(ledger_get_circle(d->view, &entry->card, &entry->moved_to, &circle));
        if (loops && circle.count == 0) { /* further than is followed */
            return decide_refuse(d, VERDICT_MOVE_LOOPS);
        }
    }
    return decide_know_card(d, &take->sender, entry);
}

enum err decide_await_move(struct decision *d)
{
    const struct command_await *await = &d->command->await;
    const struct roster_partner *home = roster_home_of(d->terms->roster, &await->card);
    struct member_work work;
    struct card_status status;
    bool is_there;
    if (home == NULL) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    if (roster_is_self(d->terms->roster, &home->id)) {
        return decide_refuse(d, VERDICT_MOVE_TO_SELF);
    }
    TRY(work_begin_by_card(d, &await->own_card, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(get_status(d, &await->card, &status, &is_there));
    if (status.moved_to.digits[0] != '\0') {
        return decide_refuse(d, VERDICT_MEMBER_MOVED);
    }
    status.awaited_by = await->own_card;
    decide_put_card_status(d, &await->card, &status);
    work_end(d, &work);
    d->plan->answer.home = home->id;
    d->plan->answer.card = await->own_card;
    return ERR_OK;
}
