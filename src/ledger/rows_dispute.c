/* Stored bytes of disputes. */
#include "ledger/dispute_line.h"
#include "ledger/codec.h"

enum {
    DISPUTE_VERSION = 1,
    LINE_VERSION = 1
};

enum {
    FLAG_OPEN = 1,
    FLAG_APPLIED = 2,
    FLAG_SUSPENDED = 4,
    FLAG_MACHINE = 8,
    FLAG_SILENT = 16,
    FLAG_APART = 32, /* the other side's tariff follows at the end */
    FLAGS_END = 64
};

static void write_disputed(struct buffer *out, const struct disputed_entry *entry)
{
    write_u8(out, (uint8_t)entry->kind);
    write_varint(out, entry->tariff);
    write_card(out, &entry->card);
    write_points(out, entry->points);
    write_uid(out, &entry->transaction_id);
    write_uid(out, &entry->subject);
    write_uid(out, &entry->mandate);
    write_period(out, entry->period);
    write_time(out, entry->business_time);
    write_time(out, entry->active_from);
    write_time(out, entry->expires_at);
    write_time(out, entry->delivered);
}

static void read_disputed(struct reader *in, struct disputed_entry *out_entry)
{
    out_entry->kind = (enum entry_kind)read_choice(in, ENTRY_EARN, ENTRY_KIND_END);
    read_expect(in, dispute_may_be_about(out_entry->kind));
    out_entry->tariff = read_varint32(in);
    read_card(in, &out_entry->card);
    out_entry->points = read_points(in);
    read_uid(in, &out_entry->transaction_id);
    read_uid(in, &out_entry->subject);
    read_uid(in, &out_entry->mandate);
    out_entry->period = read_period(in);
    out_entry->business_time = read_time(in);
    out_entry->active_from = read_time(in);
    out_entry->expires_at = read_time(in);
    out_entry->delivered = read_time(in);
}

static unsigned flags_of(const struct dispute *dispute)
{
    return (dispute->is_open ? FLAG_OPEN : 0u) | (dispute->was_applied ? FLAG_APPLIED : 0u) |
           (dispute->is_suspended ? FLAG_SUSPENDED : 0u) |
           (dispute->is_machine ? FLAG_MACHINE : 0u) | (dispute->is_silent ? FLAG_SILENT : 0u) |
           (dispute->is_apart ? FLAG_APART : 0u);
}

static void read_flags(struct reader *in, struct dispute *out_dispute)
{
    unsigned flags = read_choice(in, 0, FLAGS_END);
    out_dispute->is_open = (flags & FLAG_OPEN) != 0;
    out_dispute->was_applied = (flags & FLAG_APPLIED) != 0;
    out_dispute->is_suspended = (flags & FLAG_SUSPENDED) != 0;
    out_dispute->is_machine = (flags & FLAG_MACHINE) != 0;
    out_dispute->is_silent = (flags & FLAG_SILENT) != 0;
    out_dispute->is_apart = (flags & FLAG_APART) != 0;
}

void dispute_encode(const struct dispute *dispute, struct buffer *out)
{
    write_u8(out, DISPUTE_VERSION);
    write_u8(out, (uint8_t)flags_of(dispute));
    write_u8(out, (uint8_t)dispute->state);
    write_u8(out, (uint8_t)dispute->side);
    write_u8(out, (uint8_t)dispute->reason);
    write_u8(out, (uint8_t)dispute->pending);
    write_u8(out, (uint8_t)dispute->own_ruling);
    write_u8(out, (uint8_t)dispute->partner_ruling);
    write_u8(out, (uint8_t)dispute->outcome);
    write_u8(out, (uint8_t)dispute->declined);
    write_uid(out, &dispute->id);
    write_points(out, dispute->claim);
    write_time(out, dispute->opened_at);
    write_time(out, dispute->moved_at);
    write_time(out, dispute->due);
    write_period(out, dispute->corrected_in);
    write_text(out, dispute->opener_note, sizeof dispute->opener_note);
    write_text(out, dispute->answerer_note, sizeof dispute->answerer_note);
    write_disputed(out, &dispute->entry);
    if (dispute->is_apart) {
        write_varint(out, dispute->other_tariff);
    }
}

static enum dispute_ruling read_ruling(struct reader *in)
{
    return (enum dispute_ruling)read_choice(in, RULING_NONE, RULING_DISMISSED + 1);
}

enum err dispute_decode(struct slice value, struct dispute *out_dispute)
{
    struct reader in = reader_of(value);
    struct dispute dispute;
    read_version(&in, DISPUTE_VERSION);
    read_flags(&in, &dispute);
    dispute.state = (enum dispute_state)read_choice(&in, DISPUTE_OPENED, DISPUTE_STATE_END);
    dispute.side = (enum dispute_side)read_choice(&in, 0, DISPUTE_ANSWERER + 1);
    dispute.reason = (enum dispute_reason)read_choice(&in, 0, DISPUTE_REASON_END);
    dispute.pending = (enum dispute_step)read_choice(&in, 0, STEP_END);
    dispute.own_ruling = read_ruling(&in);
    dispute.partner_ruling = read_ruling(&in);
    dispute.outcome = read_ruling(&in);
    dispute.declined = read_verdict(&in);
    read_uid(&in, &dispute.id);
    dispute.claim = read_points_held(&in);
    dispute.opened_at = read_time(&in);
    dispute.moved_at = read_time(&in);
    dispute.due = read_time(&in);
    dispute.corrected_in = read_period(&in);
    read_text(&in, dispute.opener_note, sizeof dispute.opener_note);
    read_text(&in, dispute.answerer_note, sizeof dispute.answerer_note);
    read_disputed(&in, &dispute.entry);
    dispute.other_tariff = dispute.is_apart ? read_varint32(&in) : 0;
    bool has_ended = dispute.state == DISPUTE_ACCEPTED || dispute.state == DISPUTE_RULED ||
                     dispute.state == DISPUTE_ADJUSTED;
    read_expect(&in, dispute.is_open ? dispute.side != 0 && dispute.claim.minor > 0
                                     : dispute.state == DISPUTE_DECLINED);
    read_expect(&in, has_ended == (dispute.outcome != RULING_NONE));
    TRY(reader_finish(&in));
    *out_dispute = dispute;
    return ERR_OK;
}

void dispute_line_encode(const struct dispute_line *line, struct buffer *out)
{
    write_u8(out, LINE_VERSION);
    write_u8(out, (uint8_t)line->step);
    write_u8(out, (uint8_t)line->verdict);
    write_time(out, line->said);
    write_time(out, line->noted);
    write_text(out, line->note, sizeof line->note);
}

enum err dispute_line_decode(struct slice value, struct dispute_line *out_line)
{
    struct reader in = reader_of(value);
    struct dispute_line line;
    read_version(&in, LINE_VERSION);
    line.step = (enum dispute_step)read_choice(&in, STEP_OPEN, STEP_END);
    line.verdict = read_verdict(&in);
    line.said = read_time(&in);
    line.noted = read_time(&in);
    read_text(&in, line.note, sizeof line.note);
    TRY(reader_finish(&in));
    *out_line = line;
    return ERR_OK;
}
