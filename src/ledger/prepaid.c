/* Prepaid point blocks (clearing/block.h) as both sides keep them: what is drawn, given back,
 * ended.
 *
 * The buyer counts what it sends, the seller what it takes; what the seller refuses comes back to
 * the buyer's count with the receipt. So both agree on what is left at every receipted number. A
 * row is changed once by a decision at most: a receipt's parts end behind each refusal and each
 * block (engine/take.c). */
#include "ledger/decision.h"

enum {
    END_RETRY_MS = 60000,     /* the stream does not go on */
    END_REFUSED_MS = 3600000, /* the seller's clock, or its ledger, says otherwise */
    END_MORE_MS = 60000       /* what came back after the end is settled together */
};

/* ---- Rows ---- */

void prepaid_put(struct decision *d, const struct block_row *row)
{
    struct ledger_key key;
    key_block(&row->terms.seller, &row->terms.buyer, &row->terms.id, &key);
    buffer_clear(&d->plan->scratch);
    block_row_encode(row, &d->plan->scratch);
    plan_row(d->plan, TABLE_BLOCK, &key, buffer_slice(&d->plan->scratch));
}

static enum err get_line(const struct decision *d, const struct partner_id *seller,
                         const struct partner_id *buyer, struct block_line *out_line)
{
    enum err err = ledger_get_block_line(d->view, seller, buyer, out_line);
    if (err == ERR_NOT_FOUND) {
        out_line->count = 0;
        return ERR_OK;
    }
    return err;
}

/* One that a line names. */
static enum err get_named(const struct decision *d, const struct partner_id *seller,
                          const struct partner_id *buyer, const struct uid *id,
                          struct block_row *out_row)
{
    enum err err = ledger_get_block(d->view, seller, buyer, id, out_row);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static void put_line(struct decision *d, const struct partner_id *seller,
                     const struct partner_id *buyer, const struct block_line *line)
{
    struct ledger_key key;
    key_block_line(seller, buyer, &key);
    if (line->count == 0) {
        plan_delete(d->plan, TABLE_BLOCK_LINE, &key);
        return;
    }
    buffer_clear(&d->plan->scratch);
    block_line_encode(line, &d->plan->scratch);
    plan_row(d->plan, TABLE_BLOCK_LINE, &key, buffer_slice(&d->plan->scratch));
}

static void line_remove(struct block_line *line, const struct uid *id)
{
    size_t kept = 0;
    for (size_t i = 0; i < line->count; i++) {
        if (!uid_equal(&line->places[i].id, id)) {
            line->places[kept++] = line->places[i];
        }
    }
    line->count = kept;
}

/* Offers that nobody took, and blocks that are over at the seller, make room. */
static enum err line_tidy(const struct decision *d, const struct partner_id *seller,
                          const struct partner_id *buyer, struct block_line *line)
{
    for (size_t i = line->count; i > 0; i--) {
        const struct uid id = line->places[i - 1].id;
        struct block_row row;
        TRY(get_named(d, seller, buyer, &id, &row));
        struct unix_ms end =
            row.state == BLOCK_OFFERED ? row.terms.offered_until : row.terms.valid_until;
        bool is_over =
            end.ms + LIMIT_BLOCK_GRACE_MS < d->now.ms && roster_is_self(d->terms->roster, seller);
        if (is_over) {
            line_remove(line, &id);
        }
    }
    return ERR_OK;
}

enum err prepaid_open(struct decision *d, const struct block_row *row, bool *out_has_room)
{
    const struct block_terms *terms = &row->terms;
    struct block_line line;
    TRY(get_line(d, &terms->seller, &terms->buyer, &line));
    TRY(line_tidy(d, &terms->seller, &terms->buyer, &line));
    *out_has_room = line.count < LIMIT_BLOCKS_OPEN;
    if (!*out_has_room) {
        return ERR_OK;
    }
    size_t place = line.count++;
    while (place > 0 && line.places[place - 1].valid_until.ms > terms->valid_until.ms) {
        line.places[place] = line.places[place - 1];
        place--;
    }
    line.places[place] = (struct block_place){terms->id, terms->valid_until};
    put_line(d, &terms->seller, &terms->buyer, &line);
    prepaid_put(d, row);
    return ERR_OK;
}

/* It is not drawn from any more. */
static enum err close_block(struct decision *d, const struct block_terms *terms)
{
    struct block_line line;
    TRY(get_line(d, &terms->seller, &terms->buyer, &line));
    size_t before = line.count;
    line_remove(&line, &terms->id);
    if (line.count != before) {
        put_line(d, &terms->seller, &terms->buyer, &line);
    }
    return ERR_OK;
}

static void expect_end(struct decision *d, struct block_row *row, struct unix_ms time)
{
    struct ledger_key key;
    if (row->due.ms != 0) {
        return;
    }
    row->due = time;
    key_due(time, DUE_BLOCK, &row->terms.seller, &row->terms.id, &key);
    plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
}

/* ---- The buyer ---- */

bool prepaid_is_sold(const struct decision *d, const struct partner_id *seller)
{
    const struct roster *roster = d->terms->roster;
    for (size_t i = 0; i < roster->tariff_count; i++) {
        const struct tariff *tariff = &roster->tariffs[i];
        if (tariff_is_prepaid(tariff) && tariff_is_for(tariff, &roster->self, seller)) {
            return true;
        }
    }
    return false;
}

enum err prepaid_draw(struct decision *d, const struct partner_id *seller, struct sale *sale)
{
    const struct partner_id *self = &d->terms->roster->self;
    bool refuses = false;
    struct block_line line;
    if (sale->points.minor == 0 || !prepaid_is_sold(d, seller)) {
        return ERR_OK;
    }
    TRY(get_line(d, seller, self, &line));
    for (size_t i = 0; i < line.count; i++) {
        struct block_row row;
        TRY(get_named(d, seller, self, &line.places[i].id, &row));
        if (row.state != BLOCK_LIVE || !block_is_valid_at(&row.terms, sale->business_time)) {
            continue;
        }
        if (row.left >= sale->points.minor) {
            row.left -= sale->points.minor;
            prepaid_put(d, &row);
            sale->block = row.terms.id;
            sale->lot.tariff = row.terms.tariff;
            return ERR_OK;
        }
        refuses = refuses || row.terms.refuses_when_empty;
    }
    return refuses ? decide_refuse(d, VERDICT_BLOCK_EMPTY) : ERR_OK;
}

/* More or less is left. What comes back after the end is settled by another one. */
enum err prepaid_change(struct decision *d, const struct partner_id *seller,
                        const struct partner_id *buyer, const struct uid *id, int64_t points)
{
    struct block_row row;
    if (uid_is_nil(id) || points == 0) {
        return ERR_OK;
    }
    enum err err = ledger_get_block(d->view, seller, buyer, id, &row);
    if (err == ERR_NOT_FOUND) { /* lost with an older copy */
        return ERR_OK;
    }
    TRY(err);
    TRY(int64_add(row.left, points, &row.left));
    bool is_late = row.state == BLOCK_ENDED && row.left > 0 && row.due.ms == 0;
    if (is_late && roster_is_self(d->terms->roster, buyer)) {
        expect_end(d, &row, (struct unix_ms){d->now.ms + END_MORE_MS});
    }
    prepaid_put(d, &row);
    return ERR_OK;
}

enum err prepaid_refused(struct decision *d, const struct partner_id *seller, struct sale *sale)
{
    const struct uid block = sale->block;
    sale->block = (struct uid){{0}};
    return prepaid_change(d, seller, &sale->issuer, &block, sale->points.minor - sale->taken.minor);
}

enum err prepaid_receipted(struct decision *d, const struct partner_id *seller,
                           const struct receipted_entry *entry)
{
    struct block_row row;
    enum err err =
        ledger_get_block(d->view, seller, &d->terms->roster->self, &entry->subject, &row);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    bool is_good = entry->verdict == VERDICT_OK;
    if (entry->kind == ENTRY_BLOCK_ENDED && !is_good) {
        TRY(int64_add(row.left, entry->points.minor, &row.left));
        expect_end(d, &row, (struct unix_ms){d->now.ms + END_REFUSED_MS});
        prepaid_put(d, &row);
    } else if (row.state == BLOCK_BOUGHT && entry->kind == ENTRY_BLOCK_BOUGHT) {
        row.state = is_good ? BLOCK_LIVE : BLOCK_DECLINED;
        if (is_good) {
            expect_end(d, &row, row.terms.valid_until);
        } else {
            row.left = 0;
            TRY(close_block(d, &row.terms));
        }
        prepaid_put(d, &row);
    }
    return ERR_OK;
}

static enum err send_end(struct decision *d, struct block_row *row, struct stream *stream)
{
    struct clearing_entry entry = {.kind = ENTRY_BLOCK_ENDED,
                                   .points = points_of(row->left),
                                   .tariff = row->terms.tariff,
                                   .subject = row->terms.id,
                                   .business_time = d->now};
    row->left = 0;
    TRY(plan_entry(d->plan, d->terms, &row->terms.seller, stream, &entry));
    return decide_owe(d, &row->terms.seller, STREAM_OUT, entry.kind, entry.tariff, stream->period,
                      entry.points.minor);
}

/* Its time is over, or something came back after that. */
enum err decide_block_due(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    const struct partner_id *seller = &due->redeemer;
    struct ledger_key key;
    struct block_row row;
    struct stream *stream;
    key_due(due->due, DUE_BLOCK, seller, &due->id, &key);
    plan_delete(d->plan, TABLE_DUE, &key);
    enum err err = ledger_get_block(d->view, seller, &d->terms->roster->self, &due->id, &row);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    row.due = (struct unix_ms){0};
    TRY(decide_out_stream(d, seller, &stream));
    bool may_send =
        decide_may_send(d, seller, stream) && decide_has_room(d, stream, ENTRY_BLOCK_ENDED);
    if (row.left > 0 && !may_send && !decide_is_after_end(d, seller, stream->period)) {
        expect_end(d, &row, (struct unix_ms){d->now.ms + END_RETRY_MS});
    } else {
        TRY(close_block(d, &row.terms));
        row.state = BLOCK_ENDED;
        TRY(row.left > 0 && may_send ? send_end(d, &row, stream) : ERR_OK);
    }
    prepaid_put(d, &row);
    return ERR_OK;
}

/* An own entry that was lost is part of the stream again. */
enum err prepaid_again(struct decision *d, const struct partner_id *seller,
                       const struct clearing_entry *entry, struct partner_recovery *recovery)
{
    const struct partner_id *self = &d->terms->roster->self;
    struct block_row row;
    bool has_room = true;
    enum err err = ledger_get_block(d->view, seller, self, &entry->subject, &row);
    if (err == ERR_NOT_FOUND && entry->kind == ENTRY_BLOCK_BOUGHT) {
        row = (struct block_row){.terms = block_terms_of(entry, seller, self),
                                 .state = BLOCK_BOUGHT,
                                 .left = entry->points.minor};
        TRY(prepaid_open(d, &row, &has_room));
        if (!has_room) {
            prepaid_put(d, &row);
        }
        return ERR_OK;
    }
    if (err == ERR_NOT_FOUND || entry->kind != ENTRY_BLOCK_ENDED) {
        recovery->unreplayed++;
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(err);
    row.state = BLOCK_ENDED;
    row.left -= entry->points.minor;
    TRY(close_block(d, &row.terms));
    prepaid_put(d, &row);
    return ERR_OK;
}

/* ---- The seller ---- */

/* The block of ours that the sender's entry is about. May refuse. */
static enum err find_sold(struct decision *d, struct block_row *out_row)
{
    const struct command_take_entry *take = &d->command->take_entry;
    enum err err = ledger_get_block(d->view, &d->terms->roster->self, &take->sender,
                                    &take->entry.subject, out_row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_BLOCK_UNKNOWN);
    }
    return err == ERR_OK && out_row->terms.tariff != take->entry.tariff
               ? decide_refuse(d, VERDICT_BLOCK_TERMS)
               : err;
}

static bool is_beyond_grace(const struct decision *d, struct unix_ms end)
{
    return d->now.ms > end.ms + LIMIT_BLOCK_GRACE_MS;
}

enum err prepaid_withdraw(struct decision *d, struct block_row *row)
{
    row->state = BLOCK_WITHDRAWN;
    row->left = 0;
    TRY(close_block(d, &row->terms));
    prepaid_put(d, row);
    return ERR_OK;
}

enum err prepaid_take_draw(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    struct block_row row;
    TRY(find_sold(d, &row));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (row.state != BLOCK_LIVE) {
        return decide_refuse(d, VERDICT_BLOCK_NOT_OPEN);
    }
    if (!block_is_valid_at(&row.terms, entry->business_time) ||
        is_beyond_grace(d, row.terms.valid_until)) {
        return decide_refuse(d, VERDICT_BLOCK_EXPIRED);
    }
    if (entry->points.minor > row.left) {
        return decide_refuse(d, VERDICT_BLOCK_EXCEEDED);
    }
    row.left -= entry->points.minor;
    prepaid_put(d, &row);
    return ERR_OK;
}

/* The buyer accepts what we offered, all of it and nothing else. */
static bool is_as_offered(const struct block_row *row, const struct command_take_entry *take)
{
    struct block_terms accepted =
        block_terms_of(&take->entry, &row->terms.seller, &row->terms.buyer);
    accepted.offered_until = row->terms.offered_until;
    return block_terms_equal(&accepted, &row->terms);
}

static enum err take_bought(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    struct block_row row;
    TRY(find_sold(d, &row));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (!is_as_offered(&row, take)) {
        return decide_refuse(d, VERDICT_BLOCK_TERMS);
    }
    if (row.state != BLOCK_OFFERED) {
        return decide_refuse(d, VERDICT_BLOCK_NOT_OPEN);
    }
    if (entry->business_time.ms > row.terms.offered_until.ms ||
        is_beyond_grace(d, row.terms.offered_until)) {
        return decide_refuse(d, VERDICT_BLOCK_EXPIRED);
    }
    TRY(decide_owe(d, &take->sender, STREAM_IN, entry->kind, entry->tariff, entry->period,
                   entry->points.minor));
    TRY(decide_within_cap(d, &take->sender, STREAM_IN));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    row.state = BLOCK_LIVE;
    prepaid_put(d, &row);
    return ERR_OK;
}

static enum err take_ended(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    struct block_row row;
    TRY(find_sold(d, &row));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (d->now.ms < row.terms.valid_until.ms) { /* it has not ended yet */
        return decide_refuse(d, VERDICT_BLOCK_TERMS);
    }
    if (row.state != BLOCK_LIVE && row.state != BLOCK_ENDED) {
        return decide_refuse(d, VERDICT_BLOCK_NOT_OPEN);
    }
    if (entry->points.minor > row.left) {
        return decide_refuse(d, VERDICT_BLOCK_EXCEEDED);
    }
    row.left -= entry->points.minor;
    row.state = BLOCK_ENDED;
    TRY(close_block(d, &row.terms));
    prepaid_put(d, &row);
    return ERR_OK;
}

enum err take_prepaid(struct decision *d)
{
    return d->command->take_entry.entry.kind == ENTRY_BLOCK_BOUGHT ? take_bought(d) : take_ended(d);
}

/* It was applied: whatever is known of the offer. */
enum err force_prepaid(struct decision *d, struct partner_recovery *recovery)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct partner_id *self = &d->terms->roster->self;
    struct block_row row;
    bool has_room = true;
    enum err err = ledger_get_block(d->view, self, &take->sender, &take->entry.subject, &row);
    if (err == ERR_NOT_FOUND && take->entry.kind == ENTRY_BLOCK_BOUGHT) {
        row = (struct block_row){.terms = block_terms_of(&take->entry, self, &take->sender),
                                 .state = BLOCK_LIVE,
                                 .left = take->entry.points.minor};
        TRY(prepaid_open(d, &row, &has_room));
        if (!has_room) { /* it is not among those that are open, but it is there */
            prepaid_put(d, &row);
        }
        return ERR_OK;
    }
    if (err == ERR_NOT_FOUND) {
        recovery->unreplayed++;
        return ERR_OK;
    }
    TRY(err);
    if (take->entry.kind == ENTRY_BLOCK_BOUGHT) {
        bool was_withdrawn = row.state == BLOCK_WITHDRAWN; /* by this copy, and after that */
        row.left = was_withdrawn ? take->entry.points.minor : row.left;
        row.state = row.state == BLOCK_OFFERED || was_withdrawn ? BLOCK_LIVE : row.state;
    } else {
        row.state = BLOCK_ENDED;
        row.left -= take->entry.points.minor;
        TRY(close_block(d, &row.terms));
    }
    prepaid_put(d, &row);
    return ERR_OK;
}
