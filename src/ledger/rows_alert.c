/* Stored bytes of alerts. */
#include "ledger/alert_row.h"
#include "ledger/codec.h"

enum {
    ALERT_VERSION = 1,
    ALERT_SEALED = 2 /* version 1, and behind it the reason, sealed */
};

void write_finding(struct buffer *out, const struct alert_finding *finding)
{
    write_u8(out, (uint8_t)finding->action);
    write_text(out, finding->rule, sizeof finding->rule);
    write_text(out, finding->subject, sizeof finding->subject);
    write_text(out, finding->found, sizeof finding->found);
    write_uid(out, &finding->sale);
    write_time(out, finding->begins_at);
}

void read_finding(struct reader *in, struct alert_finding *out_finding)
{
    out_finding->action = (enum alert_action)read_choice(in, ALERT_ONLY, ALERT_ACTION_END);
    read_text(in, out_finding->rule, sizeof out_finding->rule);
    read_text(in, out_finding->subject, sizeof out_finding->subject);
    read_text(in, out_finding->found, sizeof out_finding->found);
    read_uid(in, &out_finding->sale);
    out_finding->begins_at = read_time(in);
    read_expect(in, out_finding->action != ALERT_HELD || !uid_is_nil(&out_finding->sale));
}

void alert_encode(const struct alert *alert, struct buffer *out)
{
    write_u8(out, alert->reason.is_sealed ? ALERT_SEALED : ALERT_VERSION);
    write_u8(out, (uint8_t)alert->state);
    write_finding(out, &alert->finding);
    write_time(out, alert->raised_at);
    write_time(out, alert->closed_at);
    write_text(out, alert->by, sizeof alert->by);
    kept_remark_write_text(out, &alert->reason);
    kept_remark_write_sealed(out, &alert->reason);
}

enum err alert_decode(struct slice value, struct alert *out_alert)
{
    struct reader in = reader_of(value);
    struct alert alert;
    unsigned version = read_choice(&in, ALERT_VERSION, ALERT_SEALED + 1);
    alert.state = (enum alert_state)read_choice(&in, ALERT_OPEN, ALERT_STATE_END);
    read_finding(&in, &alert.finding);
    alert.raised_at = read_time(&in);
    alert.closed_at = read_time(&in);
    read_text(&in, alert.by, sizeof alert.by);
    kept_remark_read_text(&in, &alert.reason);
    if (version == ALERT_SEALED) {
        kept_remark_read_sealed(&in, &alert.reason);
    }
    read_expect(&in, (alert.state == ALERT_OPEN) == (alert.by[0] == '\0'));
    TRY(reader_finish(&in));
    *out_alert = alert;
    return ERR_OK;
}

enum err ledger_get_alert(const struct ledger_view *view, const struct uid *id,
                          struct alert *out_alert)
{
    struct ledger_key key;
    struct slice value;
    key_id(id, &key);
    TRY(view_get(view, TABLE_ALERT, &key, &value));
    return alert_decode(value, out_alert);
}
