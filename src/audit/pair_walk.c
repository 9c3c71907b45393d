#include "audit/pair_walk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "audit/rooms.h"

void pair_walk_fini(struct pair_walk *walk)
{
    for (size_t i = 0; i < walk->pending_count; i++) {
        free(walk->pending[i].entries);
    }
    free(walk->pending);
    free(walk->sums);
    *walk = (struct pair_walk){0};
}

static struct pair_sum *find_sum(const struct pair_walk *walk, const struct partner_id *partner,
                                 struct period period)
{
    for (size_t i = walk->sum_count; i > 0; i--) { /* the open periods are the newest */
        struct pair_sum *sum = &walk->sums[i - 1];
        if (sum->period.code == period.code && partner_id_equal(&sum->partner, partner)) {
            return sum;
        }
    }
    return NULL;
}

/* The pair's sum, made when there is none; NULL without memory. */
static struct pair_sum *sum_of(struct pair_walk *walk, const struct partner_id *partner,
                               struct period period)
{
    struct pair_sum *sum = find_sum(walk, partner, period);
    if (sum != NULL) {
        return sum;
    }
    if (walk->sum_count == walk->sum_capacity) {
        size_t capacity = walk->sum_capacity * 2 + 8;
        struct pair_sum *sums = realloc(walk->sums, capacity * sizeof sums[0]);
        if (sums == NULL) {
            return NULL;
        }
        walk->sums = sums;
        walk->sum_capacity = capacity;
    }
    sum = &walk->sums[walk->sum_count++];
    *sum = (struct pair_sum){.partner = *partner, .period = period};
    return sum;
}

/* The account that an entry moves, and by how much: of who sent it, or of who applied it. */
struct pair_move {
    enum account_kind account; /* ACCOUNT_KIND_END: none */
    int64_t points;
};

static struct pair_move move_of(enum stream_direction direction, enum entry_kind kind,
                                struct points points)
{
    bool is_sender = direction == STREAM_OUT;
    enum account_kind of_earns = is_sender ? ACCOUNT_PAYABLE : ACCOUNT_RECEIVABLE;
    enum account_kind of_burns = is_sender ? ACCOUNT_RECEIVABLE : ACCOUNT_PAYABLE;
    switch (kind) {
    case ENTRY_EARN:
    case ENTRY_MOVED_LOT:
        return (struct pair_move){of_earns, points.minor};
    case ENTRY_EARN_RETURN:
        return (struct pair_move){of_earns, -points.minor};
    case ENTRY_CAPTURE:
        return (struct pair_move){of_burns, points.minor};
    case ENTRY_BURN_RETURN:
        return (struct pair_move){of_burns, -points.minor};
    case ENTRY_ADJUSTMENT: /* who sends a correction pays */
    case ENTRY_BURN_ADJUSTMENT:
        return (struct pair_move){is_sender ? ACCOUNT_PAYABLE : ACCOUNT_RECEIVABLE, points.minor};
    case ENTRY_VOID:
    case ENTRY_PERIOD_MARK:
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
    case ENTRY_FUNDING: /* money alone */
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
    case ENTRY_KIND_END:
        break;
    }
    return (struct pair_move){ACCOUNT_KIND_END, 0};
}

static enum err add_move(struct audit *audit, uint64_t row, const struct partner_id *partner,
                         struct period period, struct pair_move move)
{
    if (move.account == ACCOUNT_KIND_END) {
        return ERR_OK;
    }
    struct pair_sum *sum = sum_of(&audit->pairs, partner, period);
    if (sum == NULL) {
        return ERR_RESOURCE;
    }
    int64_t *line = move.account == ACCOUNT_RECEIVABLE ? &sum->receivable : &sum->payable;
    if (int64_add(*line, move.points, line) != ERR_OK) {
        return audit_found(audit, row, "invariant 3: accounts follow from entries",
                           "row %" PRIu64 ": what is between us and %s overflows", row,
                           partner->text);
    }
    sum->last_row = row;
    return ERR_OK;
}

enum err audit_pair_applied(struct audit *audit, uint64_t row, const struct partner_id *partner,
                            const struct clearing_entry *entry)
{
    return add_move(audit, row, partner, entry->period,
                    move_of(STREAM_IN, entry->kind, entry->points));
}

enum err audit_pair_moved(struct audit *audit, uint64_t row, const struct partner_id *partner,
                          const struct clearing_entry *entry, struct period to,
                          struct points points)
{
    struct pair_move move = move_of(STREAM_IN, entry->kind, points);
    TRY(add_move(audit, row, partner, to, move));
    move.points = -move.points;
    return add_move(audit, row, partner, entry->period, move);
}

static struct pending_entries *find_pending(const struct pair_walk *walk,
                                            const struct partner_id *partner)
{
    for (size_t i = 0; i < walk->pending_count; i++) {
        if (partner_id_equal(&walk->pending[i].partner, partner)) {
            return &walk->pending[i];
        }
    }
    return NULL;
}

static struct pending_entries *pending_of(struct pair_walk *walk, const struct partner_id *partner)
{
    struct pending_entries *pending = find_pending(walk, partner);
    if (pending != NULL) {
        return pending;
    }
    struct pending_entries *more =
        realloc(walk->pending, (walk->pending_count + 1) * sizeof walk->pending[0]);
    if (more == NULL) {
        return NULL;
    }
    walk->pending = more;
    pending = &more[walk->pending_count++];
    *pending = (struct pending_entries){.partner = *partner};
    return pending;
}

static enum err make_room(struct pending_entries *pending)
{
    if (pending->count < pending->capacity) {
        return ERR_OK;
    }
    size_t capacity = pending->capacity * 2 + 64;
    struct pending_entry *entries = calloc(capacity, sizeof entries[0]);
    if (entries == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < pending->count; i++) {
        entries[i] = pending->entries[(pending->first + i) % pending->capacity];
    }
    free(pending->entries);
    pending->entries = entries;
    pending->capacity = capacity;
    pending->first = 0;
    return ERR_OK;
}

enum err audit_pair_sent(struct audit *audit, uint64_t row, const struct partner_id *partner,
                         const struct clearing_entry *entry)
{
    struct pending_entries *pending = pending_of(&audit->pairs, partner);
    if (pending == NULL) {
        return ERR_RESOURCE;
    }
    TRY(make_room(pending));
    size_t place = (pending->first + pending->count) % pending->capacity;
    pending->entries[place] =
        (struct pending_entry){entry->number, entry->kind, entry->points, entry->period};
    pending->count++;
    return add_move(audit, row, partner, entry->period,
                    move_of(STREAM_OUT, entry->kind, entry->points));
}

static bool is_refused(const struct clearing_receipt *receipt, uint64_t number)
{
    for (size_t i = 0; i < receipt->refused_count; i++) {
        if (receipt->refused[i].number == number) {
            return true;
        }
    }
    return false;
}

enum err audit_pair_receipted(struct audit *audit, uint64_t row, const struct partner_id *partner,
                              const struct clearing_receipt *receipt)
{
    struct pending_entries *pending = find_pending(&audit->pairs, partner);
    while (pending != NULL && pending->count > 0) {
        const struct pending_entry *entry = &pending->entries[pending->first];
        if (entry->number > receipt->last_number) {
            break;
        }
        if (is_refused(receipt, entry->number)) {
            struct pair_move move = move_of(STREAM_OUT, entry->kind, entry->points);
            move.points = -move.points;
            TRY(add_move(audit, row, partner, entry->period, move));
        }
        pending->first = (pending->first + 1) % pending->capacity;
        pending->count--;
    }
    return ERR_OK;
}

/* The account's net, its debit side first for a receivable. */
static int64_t net_of(const struct audit *audit, enum account_kind kind,
                      const struct pair_sum *pair)
{
    struct account_ref ref = {.kind = kind, .partner = pair->partner, .period = pair->period};
    struct ledger_key key;
    key_account(&ref, &key);
    const struct sum *sum = sums_find(&audit->accounts, slice_of(key.bytes, key.length));
    if (sum == NULL) {
        return 0;
    }
    return kind == ACCOUNT_RECEIVABLE ? sum->first - sum->second : sum->second - sum->first;
}

/* Is it out of its partner's account? */
static bool is_waiting(const struct dispute *dispute)
{
    return dispute->is_open && dispute->is_suspended && dispute->state != DISPUTE_ADJUSTED &&
           dispute->state != DISPUTE_DECLINED;
}

/* What the disputed entry moved, from its partner's account into suspense (1), or back (-1). */
static enum err suspend(struct audit *audit, uint64_t row, const struct partner_id *partner,
                        enum stream_direction direction, const struct dispute *dispute, int way,
                        bool is_back)
{
    struct pair_move move = move_of(direction, dispute->entry.kind, dispute->claim);
    struct pair_sum *sum = sum_of(&audit->pairs, partner, dispute->entry.period);
    if (sum == NULL) {
        return ERR_RESOURCE;
    }
    int64_t credit = move.account == ACCOUNT_PAYABLE ? move.points : -move.points;
    sum->suspense += way * credit;
    sum->last_row = row;
    move.points = -way * move.points;
    return way > 0 || is_back ? add_move(audit, row, partner, dispute->entry.period, move) : ERR_OK;
}

/* One that is on its way is owed against suspense. */
static enum err count_correction(struct audit *audit, uint64_t row,
                                 const struct partner_id *partner, const struct dispute *dispute,
                                 int way)
{
    if (!dispute->is_open || dispute->pending != STEP_ADJUST) {
        return ERR_OK;
    }
    struct pair_sum *sum = sum_of(&audit->pairs, partner, dispute->corrected_in);
    if (sum == NULL) {
        return ERR_RESOURCE;
    }
    sum->suspense += way * dispute->claim.minor;
    sum->last_row = row;
    return ERR_OK;
}

enum err audit_dispute(struct audit *audit, uint64_t row, const struct effect_row *effect)
{
    const struct ledger_view *view = &audit->store.view;
    struct partner_id partner;
    enum stream_direction direction;
    uint64_t number;
    struct dispute before = {.is_open = false};
    struct dispute after;
    struct slice value;
    if (effect->is_deleted || dispute_decode(effect->value, &after) != ERR_OK ||
        key_dispute_parse(effect->key, &partner, &direction, &number) != ERR_OK) {
        return audit_found(audit, row, "journal record", "row %" PRIu64 ": a dispute is malformed",
                           row);
    }
    enum err err = view->get(view->context, TABLE_DISPUTE, effect->key, &value);
    if (err == ERR_OK) {
        err = dispute_decode(value, &before);
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(count_correction(audit, row, &partner, &before, 1));
    TRY(count_correction(audit, row, &partner, &after, -1));
    if (is_waiting(&before) == is_waiting(&after)) {
        return ERR_OK;
    }
    return is_waiting(&after) ? suspend(audit, row, &partner, direction, &after, 1, false)
                              : suspend(audit, row, &partner, direction, &before, -1,
                                        after.state == DISPUTE_DECLINED);
}

enum err audit_pair_loose(struct audit *audit, const struct account_ref *account)
{
    struct pair_sum *sum = sum_of(&audit->pairs, &account->partner, account->period);
    if (sum == NULL) {
        return ERR_RESOURCE;
    }
    sum->is_loose = true;
    return ERR_OK;
}

static enum err check_account(struct audit *audit, enum account_kind kind,
                              const struct pair_sum *pair, int64_t expected)
{
    char period[PERIOD_TEXT_MAX];
    int64_t net = net_of(audit, kind, pair);
    if (net == expected) {
        return ERR_OK;
    }
    return audit_found(audit, pair->last_row, "invariant 3: accounts follow from entries",
                       "%s of %s in %s: the account has %" PRId64 " points, the entries of the "
                       "two streams add up to %" PRId64,
                       account_kind_name(kind), pair->partner.text,
                       period_format(pair->period, period), net, expected);
}

/* An account that no entry moved must have nothing. */
static enum err check_unmoved(struct audit *audit, const struct sum *sum)
{
    struct account_ref ref;
    if (sum->key_length == 0 ||
        key_account_parse(slice_of(sum->key, sum->key_length), &ref) != ERR_OK ||
        (ref.kind != ACCOUNT_RECEIVABLE && ref.kind != ACCOUNT_PAYABLE) ||
        find_sum(&audit->pairs, &ref.partner, ref.period) != NULL) {
        return ERR_OK;
    }
    struct pair_sum none = {
        .partner = ref.partner, .period = ref.period, .last_row = sum->last_row};
    return check_account(audit, ref.kind, &none, 0);
}

enum err audit_pairs(struct audit *audit)
{
    const struct audit_options *options = audit->options;
    if (options->decode_entry == NULL || options->open_receipt == NULL) {
        return ERR_OK; /* what was refused is not known */
    }
    for (size_t i = 0; i < audit->pairs.sum_count; i++) {
        const struct pair_sum *pair = &audit->pairs.sums[i];
        TRY(check_account(audit, ACCOUNT_RECEIVABLE, pair, pair->receivable));
        TRY(check_account(audit, ACCOUNT_PAYABLE, pair, pair->payable));
        if (!pair->is_loose) {
            TRY(check_account(audit, ACCOUNT_SUSPENSE, pair, pair->suspense));
        }
    }
    for (size_t i = 0; i < audit->accounts.capacity; i++) {
        TRY(check_unmoved(audit, &audit->accounts.places[i]));
    }
    return ERR_OK;
}
