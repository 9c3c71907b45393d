#include "notify/occasion.h"

#include <string.h>

#include "base/text.h"
#include "draw/kept.h"
#include "ledger/lots.h"
#include "ledger/standings.h"
#include "offers/kept_offers.h"
#include "programme/kept_case.h"
#include "programme/kept_issue.h"

#define CASE_BYTES (2u << 20)

static struct notify_message message_of(const struct record *record, enum notify_kind kind)
{
    return (struct notify_message){
        .kind = kind, .row = record->row, .time = record->time, .member = record->answer.member};
}

static void add(struct notify_row *row, const struct notify_message *message)
{
    ASSERT(row->count < NOTIFY_ROW_MESSAGES);
    row->messages[row->count++] = *message;
}

static void add_points(struct notify_row *row, const struct record *record, enum notify_kind kind,
                       struct points points, const struct partner_id *shop)
{
    struct notify_message message = message_of(record, kind);
    message.points = points;
    message.shop = *shop;
    if (points.minor > 0) {
        add(row, &message);
    }
}

static void of_till(const struct record *record, const struct partner_id *self,
                    struct notify_row *row)
{
    const struct answer *answer = &record->answer;
    if (record->kind == COMMAND_ENROL) {
        struct notify_message message = message_of(record, NOTIFY_WELCOME);
        message.card = answer->card;
        add(row, &message);
    } else if (record->kind == COMMAND_EARN) {
        add_points(row, record, NOTIFY_POINTS_EARNED, answer->points, self);
    } else if (record->kind == COMMAND_CAPTURE) {
        add_points(row, record, NOTIFY_POINTS_SPENT, answer->points, self);
    }
}

/* At a partner's shop. */
static enum err of_entry(const struct record *record, struct notify_row *row)
{
    struct command command;
    TRY(record_command(record, &command));
    const struct clearing_entry *entry = &command.take_entry.entry;
    const struct partner_id *shop = &command.take_entry.sender;
    if (entry->kind == ENTRY_EARN) {
        add_points(row, record, NOTIFY_POINTS_EARNED, entry->points, shop);
    } else if (entry->kind == ENTRY_CAPTURE) {
        add_points(row, record, NOTIFY_POINTS_SPENT, entry->points, shop);
    }
    return ERR_OK;
}

/* Who won a draw. */
static enum err of_won(const struct record *record, const struct command_standing *change,
                       struct notify_row *row)
{
    struct draw_kept_won won;
    struct uid member;
    char prize[LIMIT_NAME_BYTES + 1];
    TRY(draw_kept_won_decode(change->evidence, &won));
    if (won.member.length != sizeof member.bytes) {
        return ERR_OK; /* another home's */
    }
    memcpy(member.bytes, won.member.at, sizeof member.bytes);
    (void)text_clean_line(prize, sizeof prize, won.prize);
    struct notify_message message =
        notify_named(record, NOTIFY_DRAW_WON, &member, prize, (struct unix_ms){0});
    add(row, &message);
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

static void add_code(struct notify_row *row, const struct record *record, const struct uid *member,
                     struct slice code, int64_t until_day)
{
    struct notify_message message = of_code(record, member, code, until_day);
    message.nth = (unsigned)row->count;
    add(row, &message);
}

/* Every code that a purchase gave. */
static enum err of_case(const struct record *record, const struct command_standing *change,
                        struct arena *arena, struct notify_row *row)
{
    struct kept_case kept;
    struct uid member;
    if (!find_member(change->groups, &member)) {
        return ERR_OK;
    }
    TRY(kept_case_decode(change->evidence, arena, &kept));
    for (size_t i = 0; i < kept.item_count; i++) {
        const struct kept_item *item = &kept.items[i];
        for (size_t c = 0; c < item->code_count && row->count < LIMIT_GIVEN_CODES; c++) {
            add_code(row, record, &member, item->codes[c], item->until_day);
        }
    }
    return ERR_OK;
}

/* Those that came with offers. */
static enum err of_offers(const struct record *record, const struct command_standing *change,
                          struct arena *arena, struct notify_row *row)
{
    struct kept_offers kept;
    struct uid member;
    if (!find_member(change->groups, &member)) {
        return ERR_OK;
    }
    TRY(kept_offers_decode(change->evidence, arena, &kept));
    for (size_t i = 0; i < kept.count && row->count < LIMIT_GIVEN_CODES; i++) {
        if (kept.at[i].code.length > 0) {
            add_code(row, record, &member, kept.at[i].code, kept.at[i].until_day);
        }
    }
    return ERR_OK;
}

/* A prize; coupons' codes for the member: issued by hand, given by a purchase or with an offer. */
static enum err of_change(const struct record *record, struct notify_row *row)
{
    struct command command;
    struct kept_code code;
    struct arena arena;
    TRY(record_command(record, &command));
    struct slice evidence = command.standing.evidence;
    enum err err = kept_code_decode(evidence, &code);
    if (err == ERR_OK) {
        add_code(row, record, &code.member, code.code, code.until_day);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (draw_kept_is(evidence, DRAW_KEPT_WON)) {
        return of_won(record, &command.standing, row);
    }
    if (!kept_case_is(evidence) && !kept_offers_is(evidence)) {
        return ERR_OK;
    }
    arena_init(&arena, CASE_BYTES);
    err = kept_case_is(evidence) ? of_case(record, &command.standing, &arena, row)
                                 : of_offers(record, &command.standing, &arena, row);
    arena_fini(&arena);
    return err;
}

/* For the staff. */
static enum err of_alert(const struct record *record, struct notify_row *row)
{
    struct command command;
    TRY(record_command(record, &command));
    const struct alert_finding *finding = &command.finding;
    struct notify_message message = message_of(record, NOTIFY_ALERT_RAISED);
    message.alert = record->transaction_id;
    memcpy(message.subject, finding->rule, sizeof finding->rule);
    memcpy(message.about, finding->subject, sizeof message.about);
    memcpy(message.found, finding->found, sizeof message.found);
    add(row, &message);
    return ERR_OK;
}

enum err notify_of_record(const struct record *record, const struct partner_id *self,
                          struct notify_row *out_row)
{
    out_row->count = 0;
    if (record->verdict != VERDICT_OK) {
        return ERR_OK;
    }
    if (record->kind == COMMAND_CHANGE_STANDING) {
        return of_change(record, out_row);
    }
    if (record->kind == COMMAND_RAISE_ALERT) {
        return of_alert(record, out_row);
    }
    if (uid_is_nil(&record->answer.member)) {
        return ERR_OK;
    }
    if (record->kind == COMMAND_TAKE_ENTRY) {
        return of_entry(record, out_row);
    }
    of_till(record, self, out_row);
    return ERR_OK;
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
