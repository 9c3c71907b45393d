/* What a webhook has to say next: out of the journal, and of members whose points end soon. */
#include <string.h>

#include "node/judging.h"
#include "node/notify_parts.h"
#include "node/personal.h"

#define HOUR_MS   INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

static bool is_wanted(const struct notify_collector *collector, enum notify_kind kind)
{
    return (collector->webhook->kinds >> (unsigned)kind & 1u) != 0;
}

static void begin(struct notify_round *round, enum round_source source,
                  const struct notify_cursor *cursor)
{
    round->source = source;
    round->count = 0;
    round->after = *cursor;
    buffer_clear(&round->texts);
}

/* The texts stay where they are from now on. */
static enum err finish(struct notify_round *round)
{
    TRY(round->texts.err);
    for (size_t i = 0; i < round->count; i++) {
        size_t end = i + 1 < round->count ? round->text_at[i + 1] : round->texts.length;
        round->items[i].text =
            slice_of(round->texts.at + round->text_at[i], end - round->text_at[i]);
    }
    return ERR_OK;
}

/* What clocks show at the brand's when points end; other ends are written so already. */
static struct unix_ms shown_until(struct node *node, const struct notify_message *message)
{
    struct unix_ms until = message->until;
    if (message->kind == NOTIFY_POINTS_EXPIRING) {
        struct snapshot *snapshot = node_snapshot(node);
        until = judging_local(node, snapshot->version, until);
        snapshot_release(snapshot);
    }
    return until;
}

static void add(const struct notify_collector *collector, const struct notify_message *message,
                const struct personal *personal, struct points balance, struct notify_round *round)
{
    const struct notify_file *file = collector->file;
    struct notify_item *item = &round->items[round->count];
    struct notify_message shown = *message;
    shown.until = shown_until(collector->node, message);
    const struct notify_filling filling = {&shown, personal->name, file->brand, balance,
                                           collector->points_decimals};
    enum notify_language language = personal->wishes.language != NOTIFY_LANGUAGE_NONE
                                        ? personal->wishes.language
                                        : file->language;
    round->text_at[round->count++] = round->texts.length;
    notify_template_fill(notify_text(&file->texts, message->kind, language), language, &filling,
                         &round->texts);
    *item = (struct notify_item){.message = *message, .language = language};
    memcpy(item->reference, personal->reference, sizeof item->reference);
}

/* To the brand's own staff: nobody has to agree. */
static void tell_staff(const struct notify_collector *collector,
                       const struct notify_message *message, struct notify_round *round)
{
    const struct personal nobody = {.wishes = {.language = NOTIFY_LANGUAGE_NONE}};
    add(collector, message, &nobody, points_of(0), round);
}

/* Nothing for who is gone, is a pool, or did not agree. */
static enum err tell(const struct notify_collector *collector, const struct ledger_view *view,
                     const struct notify_message *message, struct notify_round *round)
{
    struct node *node = collector->node;
    struct uid id = message->member;
    struct member member;
    struct profile profile;
    struct personal personal;
    TRY(ledger_follow_member(view, &id, &member));
    if (member.is_erased || member.is_pool) {
        return ERR_OK;
    }
    TRY(ledger_get_profile(view, &id, &profile));
    if (profile.sealed_length == 0) {
        return ERR_OK;
    }
    enum err err = personal_open(node, slice_of(profile.sealed, profile.sealed_length), &personal);
    if (err == ERR_CORRUPT) { /* what it agreed to is not known; the others go on */
        return ERR_OK;
    }
    TRY(err);
    bool is_service = (collector->file->service >> (unsigned)message->kind & 1u) != 0;
    if (is_service || notify_may_send(&personal.wishes, collector->webhook->channel)) {
        member_settle_view(&member, node_now(node));
        add(collector, message, &personal, member.available, round);
    }
    return ERR_OK;
}

static enum err consider(const struct notify_collector *collector,
                         const struct notify_message *message, struct notify_round *round)
{
    struct state_reader *reader;
    TRY(readers_take(collector->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = tell(collector, &view, message, round);
    readers_give(collector->node->readers, reader);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* What is trimmed says nothing. */
static enum err read_row(struct notify_collector *collector, uint64_t row)
{
    struct node *node = collector->node;
    struct record record;
    collector->said.count = 0;
    enum err err = record_reader_get(&collector->records, row, &record);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(notify_of_record(&record, &node->config.partner, &collector->said));
    return is_wanted(collector, NOTIFY_TIER_REACHED)
               ? notify_of_judged(node, &record, &collector->said)
               : ERR_OK;
}

static enum err collect_message(const struct notify_collector *collector,
                                const struct notify_message *message, struct notify_round *round)
{
    if (!is_wanted(collector, message->kind)) {
        return ERR_OK;
    }
    if (message->time.ms + collector->webhook->stale_hours * HOUR_MS <
        node_now(collector->node).ms) {
        round->after.stale++;
        return ERR_OK;
    }
    if (message->kind == NOTIFY_ALERT_RAISED) {
        tell_staff(collector, message, round);
        return ERR_OK;
    }
    return consider(collector, message, round);
}

/* From the place on where the webhook is; what has no room is left for the next request. */
static enum err collect_row(struct notify_collector *collector, size_t room,
                            struct notify_round *round)
{
    struct notify_cursor *at = &round->after;
    const struct notify_row *said = &collector->said;
    TRY(read_row(collector, at->next_row));
    while (at->next_place < said->count) {
        if (round->count == room) {
            return ERR_OK;
        }
        TRY(collect_message(collector, &said->messages[at->next_place], round));
        at->next_place++;
    }
    at->next_row++;
    at->next_place = 0;
    return ERR_OK;
}

enum err notify_collect_rows(struct notify_collector *collector, const struct notify_cursor *cursor,
                             size_t room, struct notify_round *round)
{
    uint64_t last = atomic_load(&collector->node->events.last_row);
    begin(round, ROUND_ROWS, cursor);
    for (unsigned i = 0;
         i < LIMIT_NOTIFY_ROWS && round->after.next_row <= last && round->count < room; i++) {
        TRY(collect_row(collector, room, round));
    }
    return finish(round);
}

/* ---- What expires ---- */

struct pass {
    const struct notify_cursor *cursor;
    size_t room;
    size_t looked_at;
    size_t count;
    struct notify_message messages[LIMIT_NOTIFY_BATCH];
    bool is_more;
    struct uid next;
    struct member member; /* too large for a visitor's stack */
};

/* ERR_NOT_FOUND ends the scan. */
static enum err look(void *context, struct slice key, struct slice value)
{
    struct pass *pass = context;
    struct reader in = reader_of(key);
    struct uid id;
    read_copy(&in, id.bytes, sizeof id.bytes);
    TRY(reader_finish(&in));
    if (pass->count == pass->room || pass->looked_at == LIMIT_NOTIFY_MEMBERS) {
        pass->is_more = true;
        pass->next = id;
        return ERR_NOT_FOUND;
    }
    pass->looked_at++;
    TRY(member_decode(value, &pass->member));
    if (!pass->member.is_erased && !pass->member.is_pool &&
        notify_of_lots(&id, &pass->member, pass->cursor->told_until, pass->cursor->pass_until,
                       &pass->messages[pass->count])) {
        pass->count++;
    }
    return ERR_OK;
}

bool notify_pass_is_due(const struct notify_file *file, const struct notify_webhook *webhook,
                        struct unix_ms now, struct notify_cursor *cursor)
{
    if (file->expiring_days == 0 ||
        (webhook->kinds >> (unsigned)NOTIFY_POINTS_EXPIRING & 1u) == 0) {
        return false;
    }
    if (cursor->pass_until.ms != 0) {
        return true;
    }
    if (now.ms < cursor->passed_at.ms + file->expiring_minutes * MINUTE_MS) {
        return false;
    }
    cursor->told_until.ms = cursor->told_until.ms > now.ms ? cursor->told_until.ms : now.ms;
    cursor->pass_until.ms = now.ms + file->expiring_days * DAY_MS;
    cursor->pass_from = (struct uid){{0}};
    if (cursor->pass_until.ms <= cursor->told_until.ms) {
        cursor->pass_until.ms = 0;
        return false;
    }
    return true;
}

static enum err scan(struct notify_collector *collector, struct pass *pass)
{
    struct node *node = collector->node;
    bool is_first = uid_is_nil(&pass->cursor->pass_from);
    if (is_first) {
        TRY(engine_checkpoint(node->engine)); /* so that the scan sees them all */
    }
    return state_scan(node->state, TABLE_MEMBER, slice_of(NULL, 0),
                      slice_of(pass->cursor->pass_from.bytes,
                               is_first ? 0 : sizeof pass->cursor->pass_from.bytes),
                      look, pass);
}

enum err notify_collect_members(struct notify_collector *collector,
                                const struct notify_cursor *cursor, size_t room,
                                struct notify_round *round)
{
    struct pass pass = {.cursor = cursor, .room = room};
    begin(round, ROUND_MEMBERS, cursor);
    TRY(scan(collector, &pass));
    for (size_t i = 0; i < pass.count; i++) {
        TRY(consider(collector, &pass.messages[i], round));
    }
    if (pass.is_more) {
        round->after.pass_from = pass.next;
    } else {
        round->after.told_until = cursor->pass_until;
        round->after.passed_at = node_now(collector->node);
        round->after.pass_until.ms = 0;
    }
    return finish(round);
}
