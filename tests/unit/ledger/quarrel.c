#include "quarrel.h"

#include <string.h>

/* ---- The shop's day ---- */

struct uid quarrel_earn(struct pair *pair)
{
    struct command command = desk_command(&pair->alfa, COMMAND_EARN);
    command.earn = (struct command_earn){.card = pair->card,
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(GIVEN),
                                         .rate = {.per_minor = 1}};
    desk_do(&pair->alfa, &command);
    return command.transaction_id;
}

/* Beta grants a hold to alfa's till, if it does; alfa has it in any case. */
struct uid quarrel_hold(struct pair *pair, bool is_granted)
{
    struct command command = desk_command(&pair->alfa, COMMAND_FOREIGN_HOLD);
    command.hold = (struct command_hold){.redeemer = pair->alfa.roster.self,
                                         .card = pair->card,
                                         .asked = pair->card,
                                         .points = points_of(BURNT),
                                         .capture_by = {pair->alfa.now.ms + DAY_MS},
                                         .deliver_by = {pair->alfa.now.ms + 2 * DAY_MS}};
    if (is_granted) {
        struct command granted = command;
        granted.kind = COMMAND_HOLD;
        granted.origin = pair->alfa.roster.self;
        desk_do(&pair->beta, &granted);
    }
    desk_do(&pair->alfa, &command);
    return command.transaction_id;
}

void quarrel_use(struct pair *pair, enum command_kind kind, const struct uid *hold)
{
    struct command command = desk_command(&pair->alfa, kind);
    command.use = (struct command_hold_use){.hold = *hold, .points = points_of(BURNT)};
    desk_do(&pair->alfa, &command);
}

/* ---- Steps ---- */

static struct command about(struct quarrel *q, struct desk *desk, enum command_kind kind)
{
    struct command command = desk_command(desk, kind);
    command.dispute =
        (struct command_dispute){.partner = pair_other(q->pair, desk)->roster.self,
                                 .direction = desk == &q->pair->alfa ? STREAM_OUT : STREAM_IN,
                                 .number = q->number};
    return command;
}

enum verdict quarrel_open(struct quarrel *q, int64_t claim)
{
    struct command command = about(q, q->opener, COMMAND_OPEN_DISPUTE);
    command.dispute.points = points_of(claim);
    command.dispute.reason = DISPUTE_DOUBLED;
    memcpy(command.dispute.note, "till 4", 7);
    return desk_tell(q->opener, &command);
}

enum verdict quarrel_step(struct quarrel *q, struct desk *desk, enum dispute_step step)
{
    struct command command = about(q, desk, COMMAND_STEP_DISPUTE);
    command.dispute.step = step;
    return desk_tell(desk, &command);
}

struct dispute quarrel_row(struct quarrel *q, const struct desk *desk)
{
    struct dispute row;
    struct partner_id partner = pair_other(q->pair, desk)->roster.self;
    enum stream_direction direction = desk == &q->pair->alfa ? STREAM_OUT : STREAM_IN;
    assert_int_equal(ledger_get_dispute(&desk->store.view, &partner, direction, q->number, &row),
                     ERR_OK);
    return row;
}

/* Each step that either side said stands in both ledgers, with what the other made of it. */
static size_t assert_lines(struct quarrel *q, struct desk *desk)
{
    struct desk *teller = pair_other(q->pair, desk);
    const struct pair_stream *streams[] = {pair_stream_of(q->pair, desk),
                                           pair_stream_of(q->pair, teller)};
    enum stream_direction direction = desk == &q->pair->alfa ? STREAM_OUT : STREAM_IN;
    size_t found = 0;
    for (unsigned i = 0; i < 2; i++) {
        for (size_t k = 0; k < streams[i]->count; k++) {
            const struct clearing_entry *entry = &streams[i]->entries[k];
            enum verdict verdict = streams[i]->verdicts[k];
            bool is_taken = k < streams[i]->taken && verdict == VERDICT_OK;
            struct dispute_line line;
            if (entry->dispute.number != q->number || (i == 1 && !is_taken)) {
                continue;
            }
            assert_int_equal(ledger_get_dispute_line(&desk->store.view, &teller->roster.self,
                                                     direction, q->number,
                                                     i == 0 ? STREAM_OUT : STREAM_IN, k + 1, &line),
                             ERR_OK);
            assert_int_equal(line.step, entry->dispute.step);
            assert_int_equal(line.said.ms, entry->business_time.ms);
            assert_string_equal(line.note, entry->dispute.note);
            assert_int_equal(line.verdict,
                             i == 0 && k < streams[i]->receipted ? verdict : VERDICT_OK);
            assert_true(line.noted.ms >= line.said.ms && line.noted.ms <= desk->now.ms);
            found++;
        }
    }
    return found;
}

void quarrel_assert_state(struct quarrel *q, enum dispute_state state)
{
    assert_true(assert_lines(q, q->opener) > 0);
    assert_true(assert_lines(q, q->answerer) > 0);
    assert_string_equal(dispute_state_name(quarrel_row(q, q->opener).state),
                        dispute_state_name(state));
    assert_string_equal(dispute_state_name(quarrel_row(q, q->answerer).state),
                        dispute_state_name(state));
}

/* Something to dispute: the last entry of alfa's. Refused ones are of a card that beta blocks for
 * the moment, of a hold that it did not grant, or under a tariff that it does not have just now. */
void quarrel_make(struct quarrel *q, enum entry_kind kind, bool is_applied)
{
    struct pair *pair = q->pair;
    q->kind = kind;
    q->earn = quarrel_earn(pair);
    if (kind == ENTRY_CAPTURE || kind == ENTRY_BURN_RETURN) {
        pair_settle(pair);
        q->hold = quarrel_hold(pair, true);
        quarrel_use(pair, COMMAND_CAPTURE, &q->hold);
    }
    if (kind == ENTRY_EARN_RETURN || kind == ENTRY_BURN_RETURN) {
        pair_settle(pair);
        if (kind == ENTRY_EARN_RETURN) {
            assert_int_equal(desk_return_sale(&pair->alfa, &q->earn), VERDICT_OK);
        } else {
            quarrel_use(pair, COMMAND_RETURN_BURN, &q->hold);
        }
    }
    pair->beta.tariff.id = is_applied ? 1 : 2;
    pair_take(pair, &pair->alfa);
    pair->beta.tariff.id = 1;
    pair_settle(pair);
    q->number = pair->from_alfa.count;
    assert_int_equal(pair->from_alfa.entries[q->number - 1].kind, kind);
    assert_int_equal(pair->from_alfa.verdicts[q->number - 1],
                     is_applied ? VERDICT_OK : VERDICT_TARIFF_UNKNOWN);
    q->opener = is_applied ? &pair->beta : &pair->alfa;
    q->answerer = pair_other(pair, q->opener);
}
