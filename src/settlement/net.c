#include <string.h>

#include "settlement/statement.h"

struct positions {
    struct net_position *rows;
    size_t capacity;
    size_t count;
};

/* The place of a partner's row, or where it belongs. */
static size_t positions_place(const struct positions *positions, const struct partner_id *partner)
{
    size_t low = 0;
    size_t high = positions->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (partner_id_compare(&positions->rows[middle].partner, partner) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum err positions_add(struct positions *positions, const struct partner_id *partner,
                              struct money owed)
{
    size_t place = positions_place(positions, partner);
    struct net_position *row = &positions->rows[place];
    if (place == positions->count || !partner_id_equal(&row->partner, partner)) {
        if (positions->count == positions->capacity) {
            return ERR_RESOURCE;
        }
        memmove(row + 1, row, (positions->count - place) * sizeof *row);
        *row = (struct net_position){.partner = *partner};
        positions->count++;
    }
    return money_add(row->owed, owed, &row->owed);
}

/* The debtor and the creditor are the pair's two, or nobody when nothing is owed. */
static bool net_is_sound(const struct pair_statement *statement)
{
    const struct partner_id *first = &statement->halves[0].sender;
    const struct partner_id *second = &statement->halves[1].sender;
    const struct partner_id *debtor = &statement->debtor;
    const struct partner_id *creditor = &statement->creditor;
    if (statement->net.minor == 0) {
        return debtor->text[0] == '\0' && creditor->text[0] == '\0';
    }
    return statement->net.minor > 0 && !partner_id_equal(debtor, creditor) &&
           (partner_id_equal(debtor, first) || partner_id_equal(debtor, second)) &&
           (partner_id_equal(creditor, first) || partner_id_equal(creditor, second));
}

static enum err positions_add_pair(struct positions *positions,
                                   const struct pair_statement *statement)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct partner_id *partner = &statement->halves[i].sender;
        struct money owed = {0};
        if (partner_id_equal(partner, &statement->debtor)) {
            owed = statement->net;
        } else if (partner_id_equal(partner, &statement->creditor)) {
            owed = money_of(-statement->net.minor);
        }
        TRY(positions_add(positions, partner, owed));
    }
    return ERR_OK;
}

enum err statement_net(const struct pair_statement *statements, size_t count,
                       struct net_position *out_rows, size_t capacity, size_t *out_count)
{
    struct positions positions = {.rows = out_rows, .capacity = capacity};
    for (size_t i = 0; i < count; i++) {
        const struct pair_statement *statement = &statements[i];
        if (!net_is_sound(statement) || strcmp(statement->currency, statements[0].currency) != 0 ||
            strcmp(statement->coalition, statements[0].coalition) != 0) {
            return ERR_INPUT;
        }
        TRY(positions_add_pair(&positions, statement));
    }
    *out_count = positions.count;
    return ERR_OK;
}
