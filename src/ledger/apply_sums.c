/* The sums of accounts, kept while many records are applied. */
#include "ledger/applier.h"

static bool is_account(const struct applied_sum *sum, const struct account_ref *account)
{
    return sum->account.kind == account->kind &&
           (!account_kind_is_partner(account->kind) ||
            (sum->account.period.code == account->period.code &&
             partner_id_equal(&sum->account.partner, &account->partner)));
}

static enum err sums_load(struct ledger_applier *a, const struct ledger_key *key,
                          struct account *out_sums)
{
    struct slice value;
    enum err err = view_get(&a->store.view, TABLE_ACCOUNT, key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_sums = (struct account){0};
        return ERR_OK;
    }
    TRY(err);
    return account_decode(value, out_sums) == ERR_OK
               ? ERR_OK
               : applier_corrupt(a, "an account's row is damaged");
}

static enum err sums_store(struct ledger_applier *a, const struct ledger_key *key,
                           const struct account *sums)
{
    buffer_clear(&a->scratch);
    account_encode(sums, &a->scratch);
    return applier_put(a, TABLE_ACCOUNT, key);
}

static enum err sums_add(const struct ledger_applier *a, struct account *sums, enum side side,
                         struct points points)
{
    int64_t *sum = side == SIDE_DEBIT ? &sums->debit : &sums->credit;
    if (int64_add(*sum, points.minor, sum) != ERR_OK) {
        return applier_corrupt(a, "a posting overflows an account");
    }
    return ERR_OK;
}

static struct applied_sum *sums_find(struct ledger_applier *a, const struct account_ref *account)
{
    for (size_t i = 0; i < a->sum_count; i++) {
        if (is_account(&a->sums[i], account)) {
            return &a->sums[i];
        }
    }
    return NULL;
}

/* A place for one more account; NULL when there is no more room. */
static enum err sums_place(struct ledger_applier *a, const struct account_ref *account,
                           const struct ledger_key *key, struct applied_sum **out_sum)
{
    *out_sum = NULL;
    if (a->sum_count == APPLIER_SUMS) {
        return ERR_OK;
    }
    struct applied_sum *sum = &a->sums[a->sum_count];
    *sum = (struct applied_sum){.account = *account};
    TRY(sums_load(a, key, &sum->sums));
    a->sum_count++;
    *out_sum = sum;
    return ERR_OK;
}

static void keep_before(const struct ledger_applier *a, struct applied_sum *sum)
{
    if (sum->mark != a->mark) {
        sum->mark = a->mark;
        sum->before = sum->sums;
        sum->was_dirty = sum->is_dirty;
    }
}

static enum err post_kept(struct ledger_applier *a, struct applied_sum *sum, enum side side,
                          struct points points)
{
    keep_before(a, sum);
    sum->is_dirty = true;
    return sums_add(a, &sum->sums, side, points);
}

/* A posting whose account has no place. */
static enum err post_stored(struct ledger_applier *a, const struct ledger_key *key, enum side side,
                            struct points points)
{
    struct account sums;
    TRY(sums_load(a, key, &sums));
    TRY(sums_add(a, &sums, side, points));
    return sums_store(a, key, &sums);
}

enum err applier_post(struct ledger_applier *a, const struct account_ref *account, enum side side,
                      struct points points)
{
    struct account_ref all = *account;
    struct ledger_key key;
    struct applied_sum *sum = sums_find(a, account);
    if (sum != NULL && a->store.has_applied == NULL) {
        return post_kept(a, sum, side, points);
    }
    all.member = (struct uid){{0}}; /* of members, the sum over all */
    key_account(&all, &key);
    if (applier_has(a, TABLE_ACCOUNT, slice_of(key.bytes, key.length))) {
        return ERR_OK;
    }
    if (sum == NULL) {
        TRY(sums_place(a, &all, &key, &sum));
    }
    return sum != NULL ? post_kept(a, sum, side, points) : post_stored(a, &key, side, points);
}

enum err applier_sums_flush(struct ledger_applier *a)
{
    struct ledger_key key;
    for (size_t i = 0; i < a->sum_count; i++) {
        struct applied_sum *sum = &a->sums[i];
        if (sum->is_dirty) {
            key_account(&sum->account, &key);
            TRY(sums_store(a, &key, &sum->sums));
            sum->is_dirty = false;
        }
    }
    if (a->sum_count == APPLIER_SUMS) {
        a->sum_count = 0; /* so that places go to those in use */
    }
    return ERR_OK;
}

void applier_sums_undo(struct ledger_applier *a)
{
    for (size_t i = 0; i < a->sum_count; i++) {
        struct applied_sum *sum = &a->sums[i];
        if (sum->mark == a->mark) {
            sum->sums = sum->before;
            sum->is_dirty = sum->was_dirty;
        }
    }
}
