/* What the record of an occasion that rules judged says to its member. */
#include <string.h>

#include "node/notify_parts.h"
#include "programme/tier_reached.h"

#define CASE_BYTES (2u << 20)

static void of_case(const struct snapshot *snapshot, const struct record *record,
                    const struct kept_case *kept, struct notify_row *row)
{
    const struct programme_version *version =
        programmes_find(snapshot->programmes, kept->programme);
    struct slice key = kept->occasion.shopper.key;
    char text[UID_TEXT_MAX] = "";
    struct uid member;
    if (version == NULL || version->rules == NULL || key.length >= sizeof text) {
        return;
    }
    memcpy(text, key.at, key.length);
    uint16_t tier = tier_reached(version->rules, kept);
    if (tier == NO_TIER || uid_parse(text, &member) != ERR_OK) {
        return;
    }
    ASSERT(row->count < NOTIFY_ROW_MESSAGES);
    row->messages[row->count++] =
        notify_named(record, NOTIFY_TIER_REACHED, &member, version->file.rules.tiers[tier].name,
                     (struct unix_ms){0});
}

enum err notify_of_judged(struct node *node, const struct record *record, struct notify_row *row)
{
    struct command command;
    struct kept_case kept;
    struct arena arena;
    if (record->kind != COMMAND_CHANGE_STANDING || record->verdict != VERDICT_OK) {
        return ERR_OK;
    }
    TRY(record_command(record, &command));
    if (!kept_case_is(command.standing.evidence)) {
        return ERR_OK; /* of a return, a list, a draw, a survey */
    }
    arena_init(&arena, CASE_BYTES);
    enum err err = kept_case_decode(command.standing.evidence, &arena, &kept);
    if (err == ERR_OK) {
        struct snapshot *snapshot = node_snapshot(node);
        of_case(snapshot, record, &kept, row);
        snapshot_release(snapshot);
    }
    arena_fini(&arena);
    return err;
}
