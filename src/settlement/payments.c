#include "settlement/payments.h"

/* A heap of positions, the largest on top; of debts (side 1) or of claims (side -1). */
struct heap {
    struct net_position *rows;
    size_t count;
    int64_t side;
};

/* Claims are negative; INT64_MIN is no position (see sum_is_zero). */
static int64_t size_of(const struct heap *heap, size_t i)
{
    return heap->rows[i].owed.minor * heap->side;
}

static bool is_before(const struct heap *heap, size_t a, size_t b)
{
    int64_t of_a = size_of(heap, a);
    int64_t of_b = size_of(heap, b);
    return of_a != of_b ? of_a > of_b
                        : partner_id_compare(&heap->rows[a].partner, &heap->rows[b].partner) < 0;
}

static void swap(struct net_position *a, struct net_position *b)
{
    struct net_position held = *a;
    *a = *b;
    *b = held;
}

static void sift_down(struct heap *heap, size_t i)
{
    for (;;) {
        size_t first = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < heap->count; child++) {
            first = is_before(heap, child, first) ? child : first;
        }
        if (first == i) {
            return;
        }
        swap(&heap->rows[i], &heap->rows[first]);
        i = first;
    }
}

static void heap_make(struct heap *heap)
{
    for (size_t i = heap->count / 2; i > 0; i--) {
        sift_down(heap, i - 1);
    }
}

/* The top is paid by so much; it goes when nothing is left. */
static void heap_pay(struct heap *heap, int64_t amount)
{
    heap->rows[0].owed.minor -= amount * heap->side;
    if (heap->rows[0].owed.minor == 0) {
        heap->count--;
        swap(&heap->rows[0], &heap->rows[heap->count]);
    }
    sift_down(heap, 0);
}

static enum err sum_is_zero(const struct net_position *positions, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (positions[i].owed.minor == INT64_MIN) {
            return ERR_RANGE;
        }
        TRY(int64_add(sum, positions[i].owed.minor, &sum));
    }
    return sum == 0 ? ERR_OK : ERR_INPUT;
}

/* Debts first, then claims, then those who are even. Gives both counts. */
static void part(struct net_position *positions, size_t count, size_t *out_debts,
                 size_t *out_claims)
{
    size_t debts = 0;
    for (size_t i = 0; i < count; i++) {
        if (positions[i].owed.minor > 0) {
            swap(&positions[i], &positions[debts++]);
        }
    }
    size_t claims = 0;
    for (size_t i = debts; i < count; i++) {
        if (positions[i].owed.minor < 0) {
            swap(&positions[i], &positions[debts + claims++]);
        }
    }
    *out_debts = debts;
    *out_claims = claims;
}

enum err payments_plan(struct net_position *positions, size_t count, struct payment *out_payments,
                       size_t *out_count)
{
    size_t debt_count;
    size_t claim_count;
    size_t made = 0;
    TRY(sum_is_zero(positions, count));
    part(positions, count, &debt_count, &claim_count);
    struct heap debts = {positions, debt_count, 1};
    struct heap claims = {positions + debt_count, claim_count, -1};
    heap_make(&debts);
    heap_make(&claims);
    while (debts.count > 0) { /* the sums are equal: so there are claims, too */
        int64_t debt = size_of(&debts, 0);
        int64_t claim = size_of(&claims, 0);
        int64_t amount = debt < claim ? debt : claim;
        out_payments[made++] = (struct payment){.debtor = debts.rows[0].partner,
                                                .creditor = claims.rows[0].partner,
                                                .amount = money_of(amount)};
        heap_pay(&debts, amount);
        heap_pay(&claims, amount);
    }
    ASSERT(claims.count == 0);
    *out_count = made;
    return ERR_OK;
}

static bool is_among(const struct partner_id *partner, const struct partner_id *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (partner_id_equal(partner, &list[i])) {
            return true;
        }
    }
    return false;
}

size_t statements_without(struct pair_statement *statements, size_t count,
                          const struct partner_id *left_out, size_t left_out_count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct statement_half *half = &statements[i].halves[0];
        if (!is_among(&half->sender, left_out, left_out_count) &&
            !is_among(&half->receiver, left_out, left_out_count)) {
            statements[kept++] = statements[i];
        }
    }
    return kept;
}
