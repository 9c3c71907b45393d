/* An earn that came too late: the card's member had moved. The refusal says where, and the earn is
 * sent again to the new home, as the same sale; what returns of it goes after it. */
#include "base/mutant.h"
#include "ledger/decision.h"

#include <string.h>

static const struct account_ref issued = {.kind = ACCOUNT_ISSUED};

/* Where the sale's card leads now, by the partner's word and by what is known beyond it. Nowhere
 * when the partner's word can't be taken. */
static enum err new_route(struct decision *d, const struct partner_id *partner,
                          const struct receipted_entry *entry, const struct card_number *card,
                          struct card_route *out_route)
{
    const struct roster *roster = d->terms->roster;
    struct clearing_entry news = {
        .kind = ENTRY_CARD_MOVED, .card = *card, .moved_to = entry->moved_to};
    bool loops = true;
    *out_route = (struct card_route){.home = NULL};
    if (entry->moved_to.digits[0] == '\0') {
        return ledger_route_card(d->view, roster, card, out_route);
    }
    if (!decide_is_their_card(d, partner, card)) {
        return ERR_OK;
    }
    TRY(ledger_route_loops(d->view, card, &entry->moved_to, &loops));
    if (loops) {
        return ERR_OK;
    }
    TRY(decide_hear_of_card(d, partner, &news));
    return ledger_route_card(d->view, roster, &entry->moved_to, out_route);
}

/* The member of our own card, if it may earn and has room; nobody else would do. */
static enum err own_member(struct decision *d, const struct card_number *number,
                           const struct lot_key *lot, struct uid *out_member, bool *out_is_good)
{
    struct card card;
    struct member member;
    *out_is_good = false;
    enum err err = ledger_get_card(d->view, number, &card);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && card.is_blocked)) {
        return ERR_OK;
    }
    TRY(err);
    TRY(ledger_follow_member(d->view, &card.member, &member));
    bool has_room = member.lot_count < LIMIT_LOTS_PER_MEMBER || lots_find(&member, lot) != NULL;
    *out_is_good = standing_verdict(&member) == VERDICT_OK && has_room;
    *out_member = card.member;
    return ERR_OK;
}

/* The member came to us: the sale is one of our own. */
static enum err give_at_home(struct decision *d, const struct receipted_entry *entry,
                             const struct card_number *card, struct sale *sale, bool *out_is_given)
{
    struct lot_key lot = sale->lot;
    struct member_work work;
    struct uid member;
    if (lot.active_from.ms <= d->now.ms) {
        lot.active_from = (struct unix_ms){0};
    }
    TRY(own_member(d, card, &lot, &member, out_is_given));
    if (!*out_is_given) {
        return ERR_OK;
    }
    TRY(work_begin(d, &member, &work));
    TRY(work_give(d, &work, &issued, &lot, entry->points));
    work_end(d, &work);
    sale->role = SALE_OWN;
    sale->member = work.id;
    sale->lot = lot;
    return ERR_OK;
}

static enum err send_to(struct decision *d, const struct partner_id *home,
                        struct clearing_entry *entry, const struct account_ref *from, bool is_given,
                        bool *out_is_sent)
{
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, home, &stream));
    *out_is_sent = decide_may_send(d, home, &stream);
    if (!*out_is_sent) {
        return ERR_OK;
    }
    struct account_ref payable = account_of_partner(ACCOUNT_PAYABLE, home, stream.period);
    TRY(plan_entry(d->plan, d->terms, home, &stream, entry));
    plan_post(d->plan, is_given ? from : &payable, is_given ? &payable : from, entry->points);
    TRY(decide_give_entry(d, entry, 1));
    return decide_owe(d, home, STREAM_OUT, entry->kind, entry->tariff, stream.period,
                      entry->points.minor);
}

/* A block is one pair's, and this one refused: without it the sale comes under the usual tariff. */
static void leave_block(const struct decision *d, const struct partner_id *home, struct sale *sale)
{
    const struct roster *roster = d->terms->roster;
    const struct tariff *tariff = roster_tariff(roster, sale->lot.tariff);
    if (tariff != NULL && tariff_is_prepaid(tariff)) {
        sale->lot.tariff = roster_tariff_for(roster, &roster->self, home, sale->business_time)->id;
    }
}

enum err resend_earn(struct decision *d, const struct partner_id *partner,
                     const struct receipted_entry *refused, struct sale *sale, bool *out_is_sent)
{
    struct card_route route;
    struct card_number card = sale->card;
    *out_is_sent = false;
    TRY(new_route(d, partner, refused, &card, &route));
    if (route.home == NULL || route.is_blocked || partner_id_equal(&route.home->id, partner)) {
        return ERR_OK;
    }
    leave_block(d, &route.home->id, sale);
    if (roster_is_self(d->terms->roster, &route.home->id)) {
        TRY(give_at_home(d, refused, &route.card, sale, out_is_sent));
    } else {
        struct clearing_entry entry = {
            .kind = ENTRY_EARN,
            .business_time = sale->business_time,
            .transaction_id = refused->transaction_id,
            .card = route.card,
            .points = refused->points,
            .tariff = sale->lot.tariff,
            .active_from = sale->lot.active_from,
            .expires_at = sale->lot.expires_at,
            .promotion = sale->promotion,
        };
        TRY(send_to(d, &route.home->id, &entry, &issued, true, out_is_sent));
    }
    if (*out_is_sent) {
        sale->home = route.home->id;
        sale->card = route.card;
    }
    return ERR_OK;
}

enum err resend_undrawn(struct decision *d, const struct receipted_entry *refused,
                        struct sale *sale, bool *out_is_sent)
{
    bool is_earn = refused->kind == ENTRY_EARN;
    struct stream *stream;
    TRY(decide_out_stream(d, &sale->home, &stream));
    leave_block(d, &sale->home, sale);
    *out_is_sent = decide_may_send(d, &sale->home, stream);
    if (!*out_is_sent) {
        return ERR_OK;
    }
    struct clearing_entry entry = {
        .kind = refused->kind,
        .business_time = is_earn ? sale->business_time : d->command->business_time,
        .transaction_id = refused->transaction_id,
        .card = sale->card,
        .points = refused->points,
        .tariff = sale->lot.tariff,
    };
    if (is_earn) {
        entry.active_from = sale->lot.active_from;
        entry.expires_at = sale->lot.expires_at;
        entry.promotion = sale->promotion;
    } else {
        entry.subject = refused->subject;
    }
    struct account_ref payable = account_of_partner(ACCOUNT_PAYABLE, &sale->home, stream->period);
    TRY(plan_entry(d->plan, d->terms, &sale->home, stream, &entry));
    plan_post(d->plan, is_earn ? &issued : &payable, is_earn ? &payable : &issued, entry.points);
    TRY(decide_give_entry(d, &entry, 1));
    return decide_owe(d, &sale->home, STREAM_OUT, entry.kind, entry.tariff, stream->period,
                      entry.points.minor);
}

/* The cards tell, if their moves are known here. If not, what the copy had of the sale is older
 * than what comes back, but for the home that its own command named. */
enum err resend_came_later(const struct decision *d, const struct partner_id *home,
                           const struct clearing_entry *entry, const struct sale *sale,
                           bool *out_came_later)
{
    bool leads_back;
    bool leads_on;
    struct command told;
    struct answer answer;
    TRY(ledger_route_loops(d->view, &sale->card, &entry->card, &leads_back));
    TRY(ledger_route_loops(d->view, &entry->card, &sale->card, &leads_on));
    *out_came_later = leads_on && !leads_back;
    if (leads_back || leads_on) {
        return ERR_OK;
    }
    enum err err = decide_recall_command(d, &entry->transaction_id, &told);
    if (err == ERR_OK) {
        err = decide_recall_answer(d, &entry->transaction_id, &answer);
    }
    if (err == ERR_OK) {
        *out_came_later = told.kind == COMMAND_EARN && !partner_id_equal(&answer.home, home);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err resend_return(struct decision *d, const struct receipted_entry *refused,
                       const struct sale *sale, bool *out_is_sent)
{
    struct member_work work;
    struct clearing_entry entry = {
        .kind = ENTRY_EARN_RETURN,
        .business_time = d->command->business_time,
        .transaction_id = refused->transaction_id,
        .card = sale->card,
        .points = refused->points,
        .tariff = refused->tariff,
        .subject = refused->subject,
    };
    if (MUTANT(DROP_LATE_RETURN)) {
        *out_is_sent = true;
        return ERR_OK;
    }
    if (sale->role != SALE_OWN) {
        return send_to(d, &sale->home, &entry, &issued, false, out_is_sent);
    }
    *out_is_sent = true;
    TRY(work_begin(d, &sale->member, &work));
    TRY(work_take(d, &work, &issued, &sale->lot, refused->points));
    work_end(d, &work);
    return ERR_OK;
}
