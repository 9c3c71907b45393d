/* The stored formats of what an office says of members, sealed. */
#include "ledger_test.h"

#include "formats_remark.h"

static void bytes_of_command(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    sample_seal(rng, kind == COMMAND_RULE_ALERT ? &command.alert_ruling.reason
                                                : &command.adjustment.note);
    command_encode(&command, out);
}

static enum err recode_command(int kind, struct slice bytes, struct buffer *out)
{
    struct command command;
    TRY(command_decode((enum command_kind)kind, bytes, &command));
    command_encode(&command, out);
    return ERR_OK;
}

static struct kept_remark sample_kept(struct rng *rng)
{
    struct remark remark;
    sample_seal(rng, &remark);
    return remark_kept(&remark);
}

static void bytes_of_adjustment(struct rng *rng, int kind, struct buffer *out)
{
    struct adjustment adjustment = sample_adjustment(rng);
    (void)kind;
    adjustment.note = sample_kept(rng);
    adjustment_encode(&adjustment, out);
}

static enum err recode_adjustment(int kind, struct slice bytes, struct buffer *out)
{
    struct adjustment adjustment;
    (void)kind;
    TRY(adjustment_decode(bytes, &adjustment));
    adjustment_encode(&adjustment, out);
    return ERR_OK;
}

static void bytes_of_alert(struct rng *rng, int kind, struct buffer *out)
{
    struct alert alert = sample_alert(rng);
    (void)kind;
    alert.reason = sample_kept(rng);
    alert_encode(&alert, out);
}

static enum err recode_alert(int kind, struct slice bytes, struct buffer *out)
{
    struct alert alert;
    (void)kind;
    TRY(alert_decode(bytes, &alert));
    alert_encode(&alert, out);
    return ERR_OK;
}

size_t formats_remark(struct format *out_formats)
{
    static const struct format sealed[] = {
        {"sealed-adjustment", 0, bytes_of_adjustment, recode_adjustment},
        {"sealed-alert", 0, bytes_of_alert, recode_alert},
        {"sealed-proposal", COMMAND_PROPOSE_ADJUSTMENT, bytes_of_command, recode_command},
        {"sealed-ruling", COMMAND_RULE_ALERT, bytes_of_command, recode_command},
    };
    memcpy(out_formats, sealed, sizeof sealed);
    return sizeof sealed / sizeof sealed[0];
}
