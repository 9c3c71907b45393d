#include "peer/pair.h"

#include <stdio.h>
#include <string.h>

#include "peer/apart.h"
#include "peer/half.h"
#include "wire/messages.h"

void pair_row_fini(struct pair_row *row)
{
    buffer_fini(&row->value);
}

enum err pair_row_load(const struct ledger_view *view, const struct partner_id *partner,
                       struct period period, struct pair_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_pair(partner, period, &key);
    out_row->pair = (struct pair_period){.state = PAIR_OPEN};
    buffer_clear(&out_row->value);
    enum err err = view_get(view, TABLE_PAIR, &key, &value);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    write_bytes(&out_row->value, value.at, value.length);
    if (out_row->value.err != ERR_OK) {
        return out_row->value.err;
    }
    return pair_period_decode(buffer_slice(&out_row->value), &out_row->pair);
}

/* The total of a kind and tariff, and what of it is disputed and waits. */
struct line_totals {
    struct entry_total all;
    struct entry_total suspended;
};

static enum err line_load(const struct ledger_view *view, enum stream_direction direction,
                          const struct partner_id *partner, struct period period,
                          enum entry_kind kind, uint32_t tariff, struct line_totals *out_line)
{
    TRY(ledger_get_total(view, direction, partner, period, kind, tariff, &out_line->all));
    return ledger_get_suspended(view, direction, partner, period, kind, tariff,
                                &out_line->suspended);
}

/* With what is disputed (`is_suspended`) or what settles. */
static enum err gather_lines(const struct ledger_view *view, const struct roster *roster,
                             enum stream_direction direction, const struct partner_id *partner,
                             struct period period, bool is_suspended, struct arena *arena,
                             struct receipt_total **out_totals, size_t *out_count)
{
    size_t capacity = (ENTRY_KIND_END - 1) * roster->tariff_count;
    struct receipt_total *totals = arena_alloc(arena, capacity * sizeof *totals);
    size_t count = 0;
    if (totals == NULL) {
        return ERR_RESOURCE;
    }
    for (int kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
        for (size_t t = 0; t < roster->tariff_count; t++) {
            struct line_totals line;
            uint32_t tariff = roster->tariffs[t].id;
            TRY(line_load(view, direction, partner, period, (enum entry_kind)kind, tariff, &line));
            line.all.points -= line.suspended.points;
            const struct entry_total *total = is_suspended ? &line.suspended : &line.all;
            if (total->count > 0) {
                totals[count++] = (struct receipt_total){(enum entry_kind)kind, tariff,
                                                         total->count, total->points};
            }
        }
    }
    *out_totals = totals;
    *out_count = count;
    return ERR_OK;
}

enum err pair_totals(const struct ledger_view *view, const struct roster *roster,
                     enum stream_direction direction, const struct partner_id *partner,
                     struct period period, struct arena *arena, struct receipt_total **out_totals,
                     size_t *out_count)
{
    return gather_lines(view, roster, direction, partner, period, false, arena, out_totals,
                        out_count);
}

enum err pair_suspended(const struct ledger_view *view, const struct roster *roster,
                        enum stream_direction direction, const struct partner_id *partner,
                        struct period period, struct arena *arena,
                        struct receipt_total **out_totals, size_t *out_count)
{
    return gather_lines(view, roster, direction, partner, period, true, arena, out_totals,
                        out_count);
}

enum err pair_apart(const struct ledger_view *view, enum stream_direction direction,
                    const struct partner_id *partner, struct period period, struct arena *arena,
                    struct receipt_total **out_totals, size_t *out_count)
{
    struct apart_of_half apart = {.line_count = 0};
    enum err err = apart_load(view, direction, partner, period, arena, &apart);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    *out_totals = apart.lines;
    *out_count = apart.line_count;
    return ERR_OK;
}

/* Then the half is as both signed that it is without what is set apart. */
static enum err set_apart(const struct ledger_view *view, enum stream_direction direction,
                          const struct partner_id *partner, struct period period,
                          struct arena *arena, struct statement_half *half)
{
    struct apart_of_half apart;
    enum err err = apart_load(view, direction, partner, period, arena, &apart);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    half->first_number = apart.half.first_number;
    half->last_number = apart.half.last_number;
    half->last_hash = apart.half.last_hash;
    half->root = apart.half.root;
    half->apart = apart.lines;
    half->apart_count = apart.line_count;
    half->apart_hash = apart.hash;
    return ERR_OK;
}

static enum err half_load(const struct ledger_view *view, const struct roster *roster,
                          enum stream_direction direction, const struct partner_id *partner,
                          struct period period, struct arena *arena,
                          struct statement_half *out_half, struct note *note)
{
    struct stream stream;
    struct half half;
    enum err err = ledger_get_half(view, direction, partner, period, &half);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_UNAVAILABLE,
                        direction == STREAM_OUT ? "the period is open here"
                                                : "waiting for the period mark of %s",
                        partner->text);
    }
    TRY(err);
    TRY(ledger_get_stream(view, roster, direction, partner, &stream));
    if (direction == STREAM_OUT && stream.receipted_number < half.last_number) {
        return note_set(note, ERR_UNAVAILABLE, "waiting for the receipt of %s for our period mark",
                        partner->text);
    }
    *out_half = (struct statement_half){
        .sender = direction == STREAM_OUT ? roster->self : *partner,
        .receiver = direction == STREAM_OUT ? *partner : roster->self,
        .first_number = half.first_number,
        .last_number = half.last_number,
        .last_hash = half.last_hash,
    };
    TRY(half_root(view, direction, partner, period, &half, &out_half->root));
    TRY(set_apart(view, direction, partner, period, arena, out_half));
    TRY(pair_suspended(view, roster, direction, partner, period, arena, &out_half->suspended,
                       &out_half->suspended_count));
    return pair_totals(view, roster, direction, partner, period, arena, &out_half->totals,
                       &out_half->total_count);
}

enum err pair_statement_compute(const struct ledger_view *view, const struct charter *charter,
                                const struct roster *roster, const struct partner_id *partner,
                                struct period period, struct arena *arena,
                                struct pair_statement *out_statement, struct note *note)
{
    struct statement_half halves[2];
    TRY(half_load(view, roster, STREAM_OUT, partner, period, arena, &halves[0], note));
    TRY(half_load(view, roster, STREAM_IN, partner, period, arena, &halves[1], note));
    return statement_make(roster, charter->coalition, charter->currency, period, halves, arena,
                          out_statement);
}

static enum err has_ended(const struct ledger_view *view, const struct roster *roster,
                          enum stream_direction direction, const struct partner_id *partner,
                          bool *out_has_ended)
{
    struct stream stream;
    struct period last = roster_last_period(roster, partner);
    TRY(ledger_get_stream(view, roster, direction, partner, &stream));
    *out_has_ended = period_is_before(last, stream.period) && !stream.is_recovering &&
                     stream.receipted_number == stream.last_number;
    return ERR_OK;
}

static enum err is_period_matched(const struct ledger_view *view, const struct partner_id *partner,
                                  struct period period, bool *out_is_matched)
{
    struct pair_row row = {.value = {0}};
    enum err err = pair_row_load(view, partner, period, &row);
    *out_is_matched = err == ERR_OK && row.pair.state == PAIR_MATCHED;
    pair_row_fini(&row);
    return err;
}

enum err pair_is_over(const struct ledger_view *view, const struct roster *roster,
                      const struct partner_id *partner, bool *out_is_over)
{
    struct period period = roster_first_period(roster, partner);
    struct period last = roster_last_period(roster, partner);
    bool is_over = last.code != 0;
    if (is_over) {
        TRY(has_ended(view, roster, STREAM_OUT, partner, &is_over));
    }
    if (is_over) {
        TRY(has_ended(view, roster, STREAM_IN, partner, &is_over));
    }
    while (is_over && !period_is_before(last, period)) {
        TRY(is_period_matched(view, partner, period, &is_over));
        period = calendar_next(&roster->calendar, period);
    }
    *out_is_over = is_over;
    return ERR_OK;
}

static void settle_state(struct pair_period *pair)
{
    bool is_matched = pair->own_signed.length > 0 && pair->partner_signed.length > 0 &&
                      pair->own_countersigned.length > 0 && pair->partner_countersigned.length > 0;
    if (is_matched) {
        pair->state = PAIR_MATCHED;
        memset(pair->detail, 0, sizeof pair->detail);
    } else if (pair->detail[0] != '\0') {
        pair->state = PAIR_DIFFERING;
    } else {
        pair->state = pair->own_signed.length > 0 ? PAIR_PROPOSED : PAIR_CLOSING;
    }
}

static enum err put_pair(const struct peer_host *host, const struct partner_id *partner,
                         struct period period, const struct pair_period *pair)
{
    struct command command = {
        .kind = COMMAND_PUT_PAIR, .origin = host->roster->self, .business_time = host->now};
    command.put_pair.partner = *partner;
    command.put_pair.period = period;
    command.put_pair.pair = *pair;
    settle_state(&command.put_pair.pair);
    if (command.put_pair.pair.state == PAIR_MATCHED) {
        peer_tell(host, &(struct peer_event){
                            .kind = PEER_PERIOD_MATCHED, .partner = *partner, .period = period});
    }
    return engine_execute(host->engine, &command).err;
}

/* Reads the row, lets `change` alter it, writes it when it says so. */
typedef enum err change_fn(const struct peer_host *host, struct pair_period *pair, void *context,
                           bool *out_has_changed);

static enum err change_pair(const struct peer_host *host, const struct partner_id *partner,
                            struct period period, change_fn *change, void *context)
{
    struct pair_row row = {0};
    bool has_changed = false;
    enum err err = pair_row_load(&host->view, partner, period, &row);
    if (err == ERR_OK) {
        err = change(host, &row.pair, context, &has_changed);
    }
    if (err == ERR_OK && has_changed) {
        err = put_pair(host, partner, period, &row.pair);
    }
    pair_row_fini(&row);
    return err;
}

struct proposal {
    const struct pair_statement *statement;
    struct buffer *out_signed;
};

/* What we signed before stands, unless this ledger was wrong then and nobody has signed it since:
 * then it is said anew, under the next number. */
static enum err next_revision(const struct pair_period *pair, struct pair_statement *statement,
                              bool *out_stands)
{
    struct signed_message own;
    struct pair_statement said;
    struct note note;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    *out_stands = pair->own_signed.length > 0;
    if (!*out_stands || pair->own_countersigned.length > 0 ||
        pair->partner_countersigned.length > 0) {
        return ERR_OK;
    }
    TRY(signed_decode(pair->own_signed, &own));
    TRY(wire_statement_decode(own.payload, &arena, &said, NULL));
    *out_stands = statement_equal(statement, &said, &note);
    statement->revision = said.revision + !*out_stands;
    return ERR_OK;
}

static enum err propose(const struct peer_host *host, struct pair_period *pair, void *context,
                        bool *out_has_changed)
{
    struct proposal *proposal = context;
    struct buffer payload = {0};
    struct pair_statement statement = *proposal->statement;
    bool stands;
    buffer_clear(proposal->out_signed);
    TRY(next_revision(pair, &statement, &stands));
    if (stands) {
        return peer_renew(host, pair->own_signed, proposal->out_signed);
    }
    enum err err = wire_statement_encode(&statement, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, PURPOSE_STATEMENT, buffer_slice(&payload), proposal->out_signed);
    }
    buffer_fini(&payload);
    TRY(err);
    pair->own_signed = buffer_slice(proposal->out_signed);
    *out_has_changed = true;
    return ERR_OK;
}

enum err pair_propose(const struct peer_host *host, const struct partner_id *partner,
                      struct period period, const struct pair_statement *statement,
                      struct buffer *out_signed, struct note *note)
{
    struct proposal proposal = {statement, out_signed};
    enum err err = change_pair(host, partner, period, propose, &proposal);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "the statement can't be recorded");
}

struct taking {
    const struct partner_id *partner;
    struct period period;
    const struct pair_statement *ours;
    const struct signed_message *theirs;
    struct buffer *out_countersigned;
    struct buffer bytes;
    struct note *note;
};

/* As it was. A partner that lost its statement with an older copy may say the same under a later
 * charter: what is equal is signed again, over its bytes. */
static enum err countersign_again(const struct peer_host *host, const struct pair_period *pair,
                                  const struct signed_message *theirs, struct buffer *out_signed)
{
    struct signed_message kept;
    TRY(signed_decode(pair->own_countersigned, &kept));
    return slice_equal(kept.payload, theirs->payload)
               ? peer_renew(host, pair->own_countersigned, out_signed)
               : peer_sign(host, PURPOSE_STATEMENT_COUNTERSIGN, theirs->payload, out_signed);
}

/* Two statements under one number: kept as proof, and nothing more goes either way. */
static enum err freeze_pair(const struct peer_host *host, const struct taking *taking,
                            const struct pair_period *pair)
{
    struct stream in;
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_IN, taking->partner, &in));
    note_set(taking->note, ERR_DISAGREE, "%s signed two different statements of period %u",
             taking->partner->text, taking->period.code);
    if (!in.is_frozen) {
        TRY(engine_freeze_proven(host->engine, taking->partner, STREAM_IN, EVIDENCE_TWO_STATEMENTS,
                                 taking->note->text, pair->partner_signed,
                                 buffer_slice(&taking->bytes)));
        TRY(engine_freeze(host->engine, taking->partner, STREAM_OUT, taking->note->text,
                          slice_of(NULL, 0)));
    }
    return ERR_DISAGREE;
}

/* Does it go with what the partner said of this period before? */
static enum err check_said_before(const struct peer_host *host, const struct taking *taking,
                                  const struct pair_period *pair,
                                  const struct pair_statement *statement, bool is_equal)
{
    struct signed_message kept;
    struct pair_statement said;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (pair->partner_signed.length == 0) {
        return ERR_OK;
    }
    TRY(signed_decode(pair->partner_signed, &kept));
    TRY(wire_statement_decode(kept.payload, &arena, &said, NULL));
    if (statements_contradict(&said, statement)) {
        return freeze_pair(host, taking, pair);
    }
    return is_equal || statement->revision >= said.revision
               ? ERR_OK
               : note_set(taking->note, ERR_CONFLICT, "%s said something else since",
                          taking->partner->text);
}

static enum err take_statement(const struct peer_host *host, struct pair_period *pair,
                               void *context, bool *out_has_changed)
{
    struct taking *taking = context;
    struct pair_statement statement;
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = wire_statement_decode(taking->theirs->payload, &arena, &statement, taking->note);
    bool is_equal = err == ERR_OK && statement_equal(taking->ours, &statement, taking->note);
    if (err == ERR_OK) {
        err = signed_encode(taking->theirs, &taking->bytes);
    }
    if (err == ERR_OK) {
        err = check_said_before(host, taking, pair, &statement, is_equal);
    }
    arena_fini(&arena);
    TRY(err);
    bool is_settled = pair->state == PAIR_MATCHED; /* what both signed, neither takes back */
    bool is_known = slice_equal(pair->partner_signed, buffer_slice(&taking->bytes));
    if (is_settled && !is_equal) {
        return note_set(taking->note, ERR_CONFLICT,
                        "the period is settled; a correction goes into the open one");
    }
    if ((is_known || is_settled) && is_equal && pair->own_countersigned.length > 0) {
        return countersign_again(host, pair, taking->theirs, taking->out_countersigned);
    }
    if (is_equal) {
        TRY(peer_sign(host, PURPOSE_STATEMENT_COUNTERSIGN, taking->theirs->payload,
                      taking->out_countersigned));
        memset(pair->detail, 0, sizeof pair->detail);
    } else {
        snprintf(pair->detail, sizeof pair->detail, "%.*s", (int)sizeof pair->detail - 1,
                 taking->note->text);
    }
    *out_has_changed = !is_known || is_equal;
    pair->partner_signed = buffer_slice(&taking->bytes);
    pair->own_countersigned = buffer_slice(taking->out_countersigned);
    return ERR_OK;
}

enum err pair_take_statement(const struct peer_host *host, const struct partner_id *partner,
                             struct period period, const struct pair_statement *ours,
                             const struct signed_message *theirs, struct buffer *out_countersigned,
                             struct note *note)
{
    struct taking taking = {partner, period, ours, theirs, out_countersigned, {0}, note};
    buffer_clear(out_countersigned);
    enum err err = change_pair(host, partner, period, take_statement, &taking);
    buffer_fini(&taking.bytes);
    return err;
}

static enum err take_countersignature(const struct peer_host *host, struct pair_period *pair,
                                      void *context, bool *out_has_changed)
{
    (void)host;
    struct taking *taking = context;
    struct signed_message own;
    TRY(signed_decode(pair->own_signed, &own));
    if (!slice_equal(own.payload, taking->theirs->payload)) {
        return note_set(taking->note, ERR_DISAGREE,
                        "the counter-signature is over another statement than ours");
    }
    TRY(signed_encode(taking->theirs, &taking->bytes));
    *out_has_changed = !slice_equal(pair->partner_countersigned, buffer_slice(&taking->bytes));
    pair->partner_countersigned = buffer_slice(&taking->bytes);
    return ERR_OK;
}

enum err pair_take_countersignature(const struct peer_host *host, const struct partner_id *partner,
                                    struct period period,
                                    const struct signed_message *countersignature,
                                    struct note *note)
{
    struct taking taking = {partner, period, NULL, countersignature, NULL, {0}, note};
    TRY(peer_verify(host, countersignature, PURPOSE_STATEMENT_COUNTERSIGN, partner, note));
    enum err err = change_pair(host, partner, period, take_countersignature, &taking);
    buffer_fini(&taking.bytes);
    return err;
}

/* The periods of a pair, as the calendar has them from its first one on, and at last the one that
 * is open: a stream whose node learned of a calendar late may be in another. */
static struct period after(const struct roster *roster, struct period period, struct period open)
{
    struct period next = calendar_next(&roster->calendar, period);
    return period_is_before(next, open) ? next : open;
}

/* Of one that has left, nobody says when it began. */
static bool has_period(const struct ledger_view *view, const struct roster *roster,
                       const struct partner_id *partner, struct period period)
{
    struct half half;
    return roster_find(roster, partner) != NULL ||
           ledger_get_half(view, STREAM_OUT, partner, period, &half) == ERR_OK;
}

static enum err visit_periods(const struct ledger_view *view, const struct roster *roster,
                              const struct partner_id *partner, struct period only,
                              pair_visit *visit, void *visitor)
{
    struct stream stream;
    TRY(ledger_get_stream(view, roster, STREAM_OUT, partner, &stream));
    struct period first = roster_first_period(roster, partner);
    size_t ahead = 0;
    first = period_is_before(stream.period, first) ? stream.period : first;
    for (struct period p = first; !period_equal(p, stream.period);
         p = after(roster, p, stream.period)) {
        ahead++;
    }
    for (struct period p = first;; p = after(roster, p, stream.period), ahead--) {
        bool is_wanted = only.code == 0 ? ahead < PAIR_PERIODS_MAX : period_equal(only, p);
        if (is_wanted && has_period(view, roster, partner, p)) {
            TRY(visit(visitor, partner, p));
        }
        if (period_equal(p, stream.period)) {
            return ERR_OK;
        }
    }
}

enum err pair_visit_all(const struct ledger_view *view, const struct roster *roster,
                        const struct partner_id *partners, size_t count, struct period only,
                        pair_visit *visit, void *visitor)
{
    for (size_t i = 0; i < count; i++) {
        if (!roster_is_self(roster, &partners[i])) {
            TRY(visit_periods(view, roster, &partners[i], only, visit, visitor));
        }
    }
    return ERR_OK;
}
