/* Moves that lead in a circle: offices of several homes moved the same person at once, each to the
 * next one, and none could know. Points would go round for ever, and no home would serve the
 * member.
 *
 * Every brand that hears of all these moves sees the same circle, and the same card in it opens it:
 * the smallest. Tills take the cards of the circle there, and that card's home takes its member
 * back as soon as it hears what closes the circle. What it says then, that the card is its own
 * again, ends the circle for all; the others' moves stand, and lead to it. Points that came to one
 * of the others wait there meanwhile. */
#include "base/mutant.h"
#include "ledger/circle.h"

enum err circle_carry(struct decision *d, const struct card_circle *circle,
                      const struct standing_owner *to)
{
    for (size_t i = 0; i < circle->count; i++) {
        struct standing_owner from = standing_of_card(&circle->cards[i]);
        TRY(standing_carry_to(d, &from, to));
    }
    return ERR_OK;
}

/* The stream is one partner's: of two members of ours the second one's points wait for a move that
 * is told again. */
enum err circle_let_go(struct decision *d, const struct card_circle *circle,
                       const struct card_number *opener)
{
    size_t first = 0;
    while (!card_number_equal(&circle->cards[first], opener)) {
        first++;
    }
    for (size_t i = 1; i < circle->count; i++) {
        const struct card_number *number = &circle->cards[(first + i) % circle->count];
        struct card card;
        struct member_work work;
        enum err err = ledger_get_card(d->view, number, &card);
        if (err == ERR_OK && !uid_is_nil(&card.member)) {
            TRY(work_begin(d, &card.member, &work));
            TRY(move_onward(d, &work, number));
            work_end(d, &work);
            return ERR_OK;
        }
        if (err != ERR_OK && err != ERR_NOT_FOUND) {
            return err;
        }
    }
    return ERR_OK;
}

enum err circle_open(struct decision *d, const struct card_circle *circle)
{
    static const struct card_number nowhere = {{0}};
    const struct roster *roster = d->terms->roster;
    const struct card_number *first = circle_opens_at(circle);
    const struct roster_partner *home = roster_home_of(roster, first);
    struct card card;
    struct member_work work;
    struct profile profile;
    if (home == NULL || !roster_is_self(roster, &home->id) || MUTANT(CIRCLE_STAYS)) {
        return ERR_OK;
    }
    TRY(ledger_get_card(d->view, first, &card));
    if (uid_is_nil(&card.member)) {
        return ERR_OK; /* erased since */
    }
    TRY(work_begin(d, &card.member, &work));
    TRY(ledger_get_profile(d->view, &work.id, &profile));
    TRY(move_lead_cards(d, &profile, &nowhere, NULL, NULL));
    struct standing_owner owner = standing_of_member(&work.id);
    TRY(circle_carry(d, circle, &owner));
    work.row.is_blocked = false;
    work_mark(d, &work);
    work_end(d, &work);
    return ERR_OK;
}
