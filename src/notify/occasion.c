#include "notify/occasion.h"

#include <string.h>

#include "base/text.h"
#include "draw/kept.h"
#include "ledger/lots.h"

static struct notify_message message_of(const struct record *record, enum notify_kind kind)
{
    return (struct notify_message){
        .kind = kind, .row = record->row, .time = record->time, .member = record->answer.member};
}

static bool of_till(const struct record *record, const struct partner_id *self,
                    struct notify_message *out_message)
{
    const struct answer *answer = &record->answer;
    switch ((int)record->kind) {
    case COMMAND_ENROL:
        *out_message = message_of(record, NOTIFY_WELCOME);
        out_message->card = answer->card;
        return true;
    case COMMAND_EARN:
        *out_message = message_of(record, NOTIFY_POINTS_EARNED);
        break;
    case COMMAND_CAPTURE:
        *out_message = message_of(record, NOTIFY_POINTS_SPENT);
        break;
    default:
        return false;
    }
    out_message->points = answer->points;
    out_message->shop = *self;
    return answer->points.minor > 0;
}

/* At a partner's shop. */
static enum err of_entry(const struct record *record, struct notify_message *out_message)
{
    struct command command;
    TRY(record_command(record, &command));
    const struct clearing_entry *entry = &command.take_entry.entry;
    if (entry->kind == ENTRY_EARN) {
        *out_message = message_of(record, NOTIFY_POINTS_EARNED);
    } else if (entry->kind == ENTRY_CAPTURE) {
        *out_message = message_of(record, NOTIFY_POINTS_SPENT);
    } else {
        return ERR_NOT_FOUND;
    }
    out_message->points = entry->points;
    out_message->shop = command.take_entry.sender;
    return entry->points.minor > 0 ? ERR_OK : ERR_NOT_FOUND;
}

/* Who won a draw. */
static enum err of_change(const struct record *record, struct notify_message *out_message)
{
    struct command command;
    struct draw_kept_won won;
    struct uid member;
    char prize[LIMIT_NAME_BYTES + 1];
    TRY(record_command(record, &command));
    if (!draw_kept_is(command.standing.evidence, DRAW_KEPT_WON)) {
        return ERR_NOT_FOUND;
    }
    TRY(draw_kept_won_decode(command.standing.evidence, &won));
    if (won.member.length != sizeof member.bytes) {
        return ERR_NOT_FOUND;
    }
    memcpy(member.bytes, won.member.at, sizeof member.bytes);
    (void)text_clean_line(prize, sizeof prize, won.prize);
    *out_message = notify_named(record, NOTIFY_DRAW_WON, &member, prize, (struct unix_ms){0});
    return ERR_OK;
}

enum err notify_of_record(const struct record *record, const struct partner_id *self,
                          struct notify_message *out_message)
{
    if (record->verdict == VERDICT_OK && record->kind == COMMAND_CHANGE_STANDING) {
        return of_change(record, out_message);
    }
    if (record->verdict != VERDICT_OK || uid_is_nil(&record->answer.member)) {
        return ERR_NOT_FOUND;
    }
    if (record->kind == COMMAND_TAKE_ENTRY) {
        return of_entry(record, out_message);
    }
    return of_till(record, self, out_message) ? ERR_OK : ERR_NOT_FOUND;
}

struct notify_message notify_named(const struct record *record, enum notify_kind kind,
                                   const struct uid *member, const char *subject,
                                   struct unix_ms until)
{
    struct notify_message message = message_of(record, kind);
    message.member = *member;
    message.until = until;
    (void)text_clean_line(message.subject, sizeof message.subject,
                          slice_of(subject, strlen(subject)));
    return message;
}

bool notify_of_lots(const struct uid *id, const struct member *member, struct unix_ms after,
                    struct unix_ms until, struct notify_message *out_message)
{
    struct notify_message message = {.kind = NOTIFY_POINTS_EXPIRING, .member = *id};
    for (size_t i = 0; i < member->lot_count; i++) {
        const struct lot *lot = &member->lots[i];
        struct unix_ms end = lots_end(member, &lot->key);
        if (end.ms <= after.ms || end.ms > until.ms || lot->free.minor == 0) {
            continue;
        }
        message.points.minor += lot->free.minor;
        message.time = message.time.ms == 0 || end.ms < message.time.ms ? end : message.time;
    }
    message.until = message.time;
    *out_message = message;
    return message.points.minor > 0;
}
