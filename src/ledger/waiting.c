/* Points that a shop gives to another home's member when the pair owes as much as the charter lets
 * it, and the charter says that new debt waits: the sale stands, and its entry goes to the home
 * once there is room, in the order in which sales came. Nothing is posted, and nothing owed,
 * before. What returns meanwhile is not sent. A home may refuse for the cap what its partner
 * thought to be within it: that waits once more. */
#include "ledger/decision.h"

enum {
    WAITING_RETRY_MS = 20000,
    EARNS_AT_ONCE = 32
};

static const struct uid no_id = {{0}};

static void expect_sending(struct decision *d, const struct partner_id *home)
{
    struct ledger_key key;
    key_due((struct unix_ms){d->now.ms + WAITING_RETRY_MS}, DUE_EARNS, home, &no_id, &key);
    plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
}

enum err decide_must_wait(struct decision *d, const struct partner_id *home, uint32_t tariff,
                          struct points points, bool *out_must_wait)
{
    struct stream *stream;
    *out_must_wait = false;
    if (!d->terms->roster->waits_at_cap || points.minor == 0) {
        return ERR_OK;
    }
    TRY(decide_out_stream(d, home, &stream));
    TRY(decide_owe(d, home, STREAM_OUT, ENTRY_EARN, tariff, stream->period, points.minor));
    TRY(decide_is_beyond_cap(d, home, STREAM_OUT, out_must_wait));
    return decide_owe(d, home, STREAM_OUT, ENTRY_EARN, tariff, stream->period, -points.minor);
}

enum err decide_keep_waiting(struct decision *d, const struct partner_id *home,
                             const struct uid *id)
{
    uint64_t kept;
    uint64_t gone;
    struct ledger_key key;
    TRY(decide_get_partner_u64(d, META_EARNS_KEPT, home, &kept));
    TRY(decide_get_partner_u64(d, META_EARNS_GONE, home, &gone));
    kept++;
    key_waiting(home, kept, &key);
    buffer_clear(&d->plan->scratch);
    waiting_encode(id, &d->plan->scratch);
    plan_row(d->plan, TABLE_WAITING, &key, buffer_slice(&d->plan->scratch));
    decide_put_partner_u64(d, META_EARNS_KEPT, home, kept);
    if (kept - gone == 1) { /* else it is expected already */
        expect_sending(d, home);
    }
    return ERR_OK;
}

enum err decide_count_waiting(const struct decision *d, const struct partner_id *home,
                              uint64_t *out_count)
{
    uint64_t gone;
    TRY(decide_get_partner_u64(d, META_EARNS_KEPT, home, out_count));
    TRY(decide_get_partner_u64(d, META_EARNS_GONE, home, &gone));
    *out_count -= gone;
    return ERR_OK;
}

/* ---- There may be room ---- */

/* Sales on their way out of the queue. */
struct leaving_queue {
    const struct partner_id *home;
    struct stream *stream;
    bool is_over; /* no more of them now */
    size_t count;
    struct uid ids[EARNS_AT_ONCE]; /* as this record writes them: their rows are those of before */
};

static bool is_done(const struct leaving_queue *queue, const struct uid *id)
{
    size_t i = 0;
    while (i < queue->count && !uid_equal(&queue->ids[i], id)) {
        i++;
    }
    return i < queue->count;
}

static enum err send(struct decision *d, const struct leaving_queue *queue, const struct uid *id,
                     const struct sale *sale, struct points points)
{
    struct account_ref issued = account_of_programme(ACCOUNT_ISSUED);
    struct account_ref payable =
        account_of_partner(ACCOUNT_PAYABLE, queue->home, queue->stream->period);
    struct clearing_entry entry = {.kind = ENTRY_EARN,
                                   .business_time = sale->business_time,
                                   .transaction_id = *id,
                                   .card = sale->card,
                                   .points = points,
                                   .tariff = sale->lot.tariff,
                                   .active_from = sale->lot.active_from,
                                   .expires_at = sale->lot.expires_at,
                                   .promotion = sale->promotion};
    TRY(plan_entry(d->plan, d->terms, queue->home, queue->stream, &entry));
    plan_post(d->plan, &issued, &payable, points);
    TRY(decide_give_entry(d, &entry, 1));
    return decide_owe(d, queue->home, STREAM_OUT, entry.kind, entry.tariff, queue->stream->period,
                      points.minor);
}

/* The partner left before there was room: nothing stands. */
static enum err drop(struct decision *d, struct leaving_queue *queue, const struct uid *id,
                     struct sale *sale, struct points points)
{
    sale->is_waiting = false;
    sale->is_reversed = true;
    decide_put_sale(d, id, sale);
    queue->is_over = sale->promotion != 0; /* its row is written once in a record */
    return promotion_take_back(d, sale, id, points.minor);
}

/* `*out_is_gone`: it waits no longer. */
static enum err leave_queue(struct decision *d, struct leaving_queue *queue, const struct uid *id,
                            bool *out_is_gone)
{
    struct sale sale;
    bool must_wait;
    enum err err = ledger_get_sale(d->view, &d->terms->roster->self, id, &sale);
    bool waits = err == ERR_OK && sale.is_waiting && partner_id_equal(&sale.home, queue->home);
    *out_is_gone = true;
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    if (!waits || is_done(queue, id)) {
        return ERR_OK;
    }
    struct points points = points_of(sale.points.minor - sale.taken.minor);
    if (decide_is_after_end(d, queue->home, queue->stream->period)) {
        return drop(d, queue, id, &sale, points);
    }
    TRY(decide_must_wait(d, queue->home, sale.lot.tariff, points, &must_wait));
    if (must_wait || !decide_may_send(d, queue->home, queue->stream) ||
        !decide_has_room(d, queue->stream, ENTRY_EARN)) {
        *out_is_gone = false;
        return ERR_OK;
    }
    if (points.minor > 0) {
        TRY(send(d, queue, id, &sale, points));
    }
    sale.is_waiting = false;
    decide_put_sale(d, id, &sale);
    queue->ids[queue->count++] = *id;
    return ERR_OK;
}

static enum err waiting_sale(const struct decision *d, const struct partner_id *home,
                             uint64_t number, struct uid *out_id)
{
    struct ledger_key key;
    struct slice value;
    key_waiting(home, number, &key);
    TRY(view_get(d->view, TABLE_WAITING, &key, &value));
    return waiting_decode(value, out_id);
}

enum err decide_send_earns(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    struct leaving_queue queue = {.home = &due->redeemer};
    struct ledger_key key;
    uint64_t kept;
    uint64_t gone;
    bool is_gone = true;
    key_due(due->due, DUE_EARNS, queue.home, &due->id, &key);
    plan_delete(d->plan, TABLE_DUE, &key);
    TRY(decide_get_partner_u64(d, META_EARNS_KEPT, queue.home, &kept));
    TRY(decide_get_partner_u64(d, META_EARNS_GONE, queue.home, &gone));
    TRY(decide_out_stream(d, queue.home, &queue.stream));
    uint64_t first = gone;
    while (is_gone && !queue.is_over && gone < kept && gone - first < EARNS_AT_ONCE) {
        struct uid id;
        enum err err = waiting_sale(d, queue.home, gone + 1, &id);
        TRY(err == ERR_NOT_FOUND ? ERR_CORRUPT : err);
        TRY(leave_queue(d, &queue, &id, &is_gone));
        if (is_gone) {
            gone++;
            key_waiting(queue.home, gone, &key);
            plan_delete(d->plan, TABLE_WAITING, &key);
        }
    }
    if (gone != first) {
        decide_put_partner_u64(d, META_EARNS_GONE, queue.home, gone);
    }
    if (gone < kept) {
        expect_sending(d, queue.home);
    }
    return ERR_OK;
}
