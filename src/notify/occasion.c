#include "notify/occasion.h"

#include <string.h>

#include "base/text.h"
#include "draw/kept.h"
#include "ledger/lots.h"
#include "ledger/standings.h"
#include "programme/kept_case.h"
#include "programme/kept_issue.h"

#define CASE_BYTES (2u << 20)

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
static enum err of_won(const struct record *record, const struct command_standing *change,
                       struct notify_message *out_message)
{
    struct draw_kept_won won;
    struct uid member;
    char prize[LIMIT_NAME_BYTES + 1];
    if (!draw_kept_is(change->evidence, DRAW_KEPT_WON)) {
        return ERR_NOT_FOUND;
    }
    TRY(draw_kept_won_decode(change->evidence, &won));
    if (won.member.length != sizeof member.bytes) {
        return ERR_NOT_FOUND;
    }
    memcpy(member.bytes, won.member.at, sizeof member.bytes);
    (void)text_clean_line(prize, sizeof prize, won.prize);
    *out_message = notify_named(record, NOTIFY_DRAW_WON, &member, prize, (struct unix_ms){0});
    return ERR_OK;
}

static struct notify_message of_code(const struct record *record, const struct uid *member,
                                     struct slice code, int64_t until_day)
{
    char text[LIMIT_CODE_BYTES + 1] = "";
    size_t length = code.length < sizeof text ? code.length : sizeof text - 1;
    memcpy(text, code.at, length);
    /* People are told the last day, and not the first one on which it is over. */
    struct unix_ms until = {until_day == INT64_MAX ? 0 : until_day * DAY_MS - 1};
    return notify_named(record, NOTIFY_COUPON_GIVEN, member, text, until);
}

/* Whose numbers a change is about; false: nobody's of ours. */
static bool find_member(struct slice groups, struct uid *out_member)
{
    struct reader in = reader_of(groups);
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner owner;
        uint32_t count;
        standing_read_group(&in, &owner, &count);
        if (in.err == ERR_OK && owner.kind == OWNER_MEMBER) {
            memcpy(out_member->bytes, owner.id, sizeof out_member->bytes);
            return true;
        }
        for (uint32_t i = 0; i < count && in.err == ERR_OK; i++) {
            struct standing_step step;
            standing_read_step(&in, &step);
        }
    }
    return false;
}

/* The first code that a purchase gave. */
static enum err of_case(const struct record *record, const struct command_standing *change,
                        struct arena *arena, struct notify_message *out_message)
{
    struct kept_case kept;
    struct uid member;
    if (!kept_case_is(change->evidence) || !find_member(change->groups, &member)) {
        return ERR_NOT_FOUND;
    }
    TRY(kept_case_decode(change->evidence, arena, &kept));
    for (size_t i = 0; i < kept.item_count; i++) {
        const struct kept_item *item = &kept.items[i];
        if (item->code_count > 0) {
            *out_message = of_code(record, &member, item->codes[0], item->until_day);
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

/* A prize; a coupon's code for the member: issued by hand, or given by a purchase. */
static enum err of_change(const struct record *record, struct notify_message *out_message)
{
    struct command command;
    struct kept_code code;
    struct arena arena;
    TRY(record_command(record, &command));
    enum err err = kept_code_decode(command.standing.evidence, &code);
    if (err == ERR_OK) {
        *out_message = of_code(record, &code.member, code.code, code.until_day);
    }
    if (err == ERR_NOT_FOUND) {
        err = of_won(record, &command.standing, out_message);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    arena_init(&arena, CASE_BYTES);
    err = of_case(record, &command.standing, &arena, out_message);
    arena_fini(&arena);
    return err;
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
