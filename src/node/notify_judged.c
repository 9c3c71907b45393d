/* What the record of an occasion that rules judged says to its member. */
#include <string.h>

#include "node/notify_parts.h"
#include "notify/occasion.h"
#include "programme/tier_reached.h"

#define CASE_BYTES (2u << 20)

/* ERR_NOT_FOUND: nothing. */
static enum err of_case(const struct snapshot *snapshot, const struct record *record,
                        const struct kept_case *kept, struct notify_message *out_message)
{
    const struct programme_version *version =
        programmes_find(snapshot->programmes, kept->programme);
    struct slice key = kept->occasion.shopper.key;
    char text[UID_TEXT_MAX] = "";
    struct uid member;
    if (version == NULL || version->rules == NULL || key.length >= sizeof text) {
        return ERR_NOT_FOUND;
    }
    memcpy(text, key.at, key.length);
    uint16_t tier = tier_reached(version->rules, kept);
    if (tier == NO_TIER || uid_parse(text, &member) != ERR_OK) {
        return ERR_NOT_FOUND;
    }
    *out_message = notify_named(record, NOTIFY_TIER_REACHED, &member,
                                version->file.rules.tiers[tier].name, (struct unix_ms){0});
    return ERR_OK;
}

enum err notify_of_judged(struct node *node, const struct record *record,
                          struct notify_message *out_message)
{
    struct command command;
    struct kept_case kept;
    struct arena arena;
    if (record->kind != COMMAND_CHANGE_STANDING || record->verdict != VERDICT_OK) {
        return ERR_NOT_FOUND;
    }
    TRY(record_command(record, &command));
    if (!kept_case_is(command.standing.evidence)) {
        return ERR_NOT_FOUND; /* of a return, a list, a draw, a survey */
    }
    arena_init(&arena, CASE_BYTES);
    enum err err = kept_case_decode(command.standing.evidence, &arena, &kept);
    if (err == ERR_OK) {
        struct snapshot *snapshot = node_snapshot(node);
        err = of_case(snapshot, record, &kept, out_message);
        snapshot_release(snapshot);
    }
    arena_fini(&arena);
    return err;
}
