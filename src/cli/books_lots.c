/* The journal's changes of lots, told to the layers (accounting/lot_ages.h). */
#include <stdlib.h>
#include <string.h>

#include "cli/books.h"

void books_lots_init(struct books_lots *lots, const struct books_terms *terms)
{
    *lots = (struct books_lots){.currency = terms->units == NULL ? "" : terms->units->currency};
}

void books_lots_fini(struct books_lots *lots)
{
    lot_ages_fini(&lots->ages);
    free(lots->moves);
    *lots = (struct books_lots){.currency = ""};
}

static bool is_members(const Talea__V1__EventAccount *account)
{
    return account != NULL &&
           (strcmp(account->account, "available") == 0 ||
            strcmp(account->account, "pending") == 0 || strcmp(account->account, "held") == 0);
}

static bool is_one_of(const char *account, const char *one, const char *other)
{
    return strcmp(account, one) == 0 || strcmp(account, other) == 0;
}

/* What became of points: spent here or at a partner (or moved there), expired, given back. */
static enum err read_postings(const Talea__V1__Event *event, struct lot_event *out)
{
    for (size_t i = 0; i < event->n_postings; i++) {
        const Talea__V1__Posting *posting = event->postings[i];
        if (is_members(posting->debit) == is_members(posting->credit)) {
            continue;
        }
        const char *other =
            is_members(posting->debit) ? posting->credit->account : posting->debit->account;
        if (is_one_of(other, "redeemed", "payable")) {
            int64_t *sum = is_members(posting->debit) ? &out->redeemed : &out->returned;
            TRY(int64_add(*sum, posting->points, sum));
        } else if (is_members(posting->debit) && strcmp(other, "breakage") == 0) {
            TRY(int64_add(out->expired, posting->points, &out->expired));
        } else if (is_members(posting->credit) && strcmp(other, "issued") == 0) {
            out->sale = money_of(event->amount_minor);
        }
    }
    return ERR_OK;
}

static enum err read_lots(struct books_lots *lots, const Talea__V1__Event *event,
                          struct lot_event *out)
{
    if (event->n_lots > lots->move_capacity) {
        size_t capacity = event->n_lots * 2;
        struct lot_move *moves = realloc(lots->moves, capacity * sizeof *moves);
        if (moves == NULL) {
            return ERR_RESOURCE;
        }
        lots->moves = moves;
        lots->move_capacity = capacity;
    }
    for (size_t i = 0; i < event->n_lots; i++) {
        const Talea__V1__LotChange *lot = event->lots[i];
        struct lot_move *move = &lots->moves[i];
        *move = (struct lot_move){.lot = {.tariff = lot->tariff,
                                          .idle_months = lot->idle_months,
                                          .expires_at_ms = lot->expires_at_unix_ms}};
        TRY(uid_parse(lot->member_id, &move->lot.member));
        TRY(partner_id_parse(lot->issuer, &move->lot.issuer));
        TRY(int64_add(lot->free_delta_points, lot->held_delta_points, &move->points));
    }
    out->moves = lots->moves;
    out->count = event->n_lots;
    return ERR_OK;
}

enum err books_lots_add(struct books_lots *lots, const Talea__V1__Event *event, struct note *note)
{
    struct lot_event change = {.at = {event->recorded_unix_ms}};
    if (event->n_lots == 0) {
        return ERR_OK;
    }
    TRY(read_postings(event, &change));
    if (change.sale.minor != 0 && strcmp(event->currency, lots->currency) != 0) {
        lots->has_other_currency = true;
        change.sale = money_of(0);
    }
    TRY(read_lots(lots, event, &change));
    enum err err = lot_ages_apply(&lots->ages, &change);
    return err == ERR_CORRUPT ? note_set(note, err, "row %llu takes more of a lot than there is",
                                         (unsigned long long)event->journal_row)
                              : err;
}
