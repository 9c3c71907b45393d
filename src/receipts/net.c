/* Netting: what one receipt sells and takes back of the same product. */
#include <string.h>

#include "receipts/assemble.h"

struct net {
    struct decimal quantity;
    int64_t amount;
    int64_t points;
};

static enum err net_add(struct net *net, const struct entry *entry)
{
    int64_t sign = entry->is_return ? -1 : 1;
    struct decimal quantity = {sign * entry->quantity.mantissa, entry->quantity.scale};
    struct net sum;
    TRY(decimal_add(net->quantity, quantity, &sum.quantity));
    TRY(int64_add(net->amount, sign * entry->amount, &sum.amount));
    TRY(int64_add(net->points, sign * entry->points, &sum.points));
    *net = sum;
    return ERR_OK;
}

static bool is_same_product(const struct held_row *a, const struct held_row *b)
{
    return strcmp(a->entry.product, b->entry.product) == 0;
}

/* Sums the rows from `first` on of its product. False when they have one sign only, or when the sum
 * has two. */
static bool net_product(const struct held_row *held, size_t count, size_t first,
                        struct net *out_net, bool *out_is_mixed)
{
    struct net net = {.quantity = {0, 0}};
    bool has_sale = false;
    bool has_return = false;
    bool fits = true;
    for (size_t i = first; i < count; i++) {
        if (is_same_product(&held[i], &held[first])) {
            has_return = has_return || held[i].entry.is_return;
            has_sale = has_sale || !held[i].entry.is_return;
            fits = fits && net_add(&net, &held[i].entry) == ERR_OK;
        }
    }
    *out_is_mixed = has_sale && has_return;
    *out_net = net;
    bool is_above = net.quantity.mantissa >= 0 && net.amount >= 0 && net.points >= 0;
    bool is_below = net.quantity.mantissa <= 0 && net.amount <= 0 && net.points <= 0;
    return fits && *out_is_mixed && (is_above || is_below);
}

static void merge_product(struct held_row *held, size_t count, size_t first, const struct net *net)
{
    bool is_return = net->quantity.mantissa < 0 || net->amount < 0 || net->points < 0;
    int64_t sign = is_return ? -1 : 1;
    for (size_t i = first; i < count; i++) {
        if (is_same_product(&held[i], &held[first])) {
            held[i].into = first;
            held[i].side = is_return ? RECEIPT_RETURN : RECEIPT_SALE;
        }
    }
    struct entry *entry = &held[first].entry;
    entry->quantity = (struct decimal){sign * net->quantity.mantissa, net->quantity.scale};
    entry->amount = sign * net->amount;
    entry->points = sign * net->points;
}

static void mark_own_returns(struct held_row *held, size_t count, size_t first)
{
    for (size_t i = first; i < count; i++) {
        if (is_same_product(&held[i], &held[first]) && held[i].entry.is_return) {
            held[i].is_own_original = true;
        }
    }
}

static bool came_before(const struct held_row *held, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (is_same_product(&held[i], &held[at])) {
            return true;
        }
    }
    return false;
}

void net_rows(struct held_row *held, size_t count)
{
    size_t returns = 0;
    for (size_t i = 0; i < count; i++) {
        held[i].into = i;
        held[i].side = held[i].entry.is_return ? RECEIPT_RETURN : RECEIPT_SALE;
        held[i].is_own_original = false;
        returns += held[i].entry.is_return ? 1 : 0;
    }
    if (returns == 0 || returns == count) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct net net;
        bool is_mixed;
        if (held[i].entry.product[0] == '\0' || came_before(held, i)) {
            continue;
        }
        if (net_product(held, count, i, &net, &is_mixed)) {
            merge_product(held, count, i, &net);
        } else if (is_mixed) {
            mark_own_returns(held, count, i);
        }
    }
}
