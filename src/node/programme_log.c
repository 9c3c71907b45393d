#include "node/programme_log.h"

#include <inttypes.h>
#include <string.h>

#include "node/requests.h"

#define BY_FILE "configuration"

static enum err read_rows(const struct ledger_view *view, unsigned points_decimals,
                          struct programmes **list, struct note *note)
{
    struct programme_row row;
    for (uint32_t number = 1;; number++) {
        struct programme_version *version;
        struct programmes *longer;
        enum err err = ledger_get_programme(view, number, &row);
        if (err == ERR_NOT_FOUND) {
            return ERR_OK;
        }
        TRY(err);
        TRY(programme_version_of_row(number, &row, points_decimals, &version, note));
        TRY(programmes_add(*list, version, &longer));
        programmes_release(*list);
        *list = longer;
    }
}

enum err programme_log_read(struct node *node, const struct snapshot *before,
                            struct programmes **out_programmes, struct note *note)
{
    struct state_reader *reader;
    struct programmes *list = programmes_hold(before->programmes);
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = read_rows(&view, before->charter->points_decimals, &list, note);
        readers_give(node->readers, reader);
    }
    if (err != ERR_OK) {
        programmes_release(list);
        return err;
    }
    *out_programmes = list;
    return ERR_OK;
}

/* Tells the ledger; the version as it is kept, or NULL when it was refused or told before. */
static enum err store(struct node *node, const struct programmes *before,
                      const struct programme_activation *activation, struct outcome *out_outcome,
                      struct programme_version **out_version, struct note *note)
{
    const struct programme_version *version = activation->version;
    struct command command =
        command_now(node, COMMAND_ACTIVATE_PROGRAMME, &activation->transaction);
    struct command_programme *told = &command.programme;
    told->number = programmes_last(before)->number + 1;
    told->version = version->programme.version;
    command.is_dated = activation->from.ms != 0 || told->number == 1;
    told->from = command.is_dated ? activation->from : command.business_time;
    told->text = buffer_slice(&version->text);
    size_t length = strnlen(activation->by, sizeof told->by - 1);
    memcpy(told->by, activation->by, length);
    *out_version = NULL;
    *out_outcome = engine_execute(node->engine, &command);
    TRY(out_outcome->err);
    if (out_outcome->verdict != VERDICT_OK || out_outcome->is_repeat) {
        return ERR_OK;
    }
    struct programme_row row = {.version = told->version,
                                .from = told->from,
                                .activated = command.business_time,
                                .text = told->text};
    memcpy(row.by, told->by, sizeof row.by);
    TRY(programme_version_of_row(told->number, &row, node->snapshot->charter->points_decimals,
                                 out_version, note));
    log_event(&node->log, LOG_LEVEL_INFO, "programme_activated",
              LOG_INT("version", (int64_t)told->version), LOG_INT("from_unix_ms", told->from.ms),
              LOG_TEXT("by", row.by));
    return ERR_OK;
}

/* The same version is activated once, however often the node tries. */
static struct uid id_of(const struct programme_version *version, struct unix_ms from)
{
    return uid_v8(from.ms, version->hash.bytes);
}

/* What the configuration said until now is kept, too, for what was bought under it. */
static enum err keep_base(struct node *node, const struct programmes *before,
                          struct programmes **out_programmes, struct note *note)
{
    struct programme_version *base = before->at[0];
    struct programme_version *kept;
    struct outcome outcome;
    struct programme_activation activation = {id_of(base, (struct unix_ms){0}), base, {0}, BY_FILE};
    if (base->number != 0) {
        *out_programmes = programmes_hold((struct programmes *)(uintptr_t)before);
        return ERR_OK;
    }
    TRY(store(node, before, &activation, &outcome, &kept, note));
    if (kept == NULL) {
        return note_set(note, ERR_CONFLICT, "the programme in force can't be kept: %s",
                        verdict_describe(outcome.verdict)->name);
    }
    return programmes_add(before, kept, out_programmes);
}

enum err programme_log_activate(struct node *node, const struct programmes *before,
                                const struct programme_activation *activation,
                                struct outcome *out_outcome, struct programmes **out_programmes,
                                struct note *note)
{
    struct programmes *base;
    struct programme_version *kept;
    TRY(keep_base(node, before, &base, note));
    enum err err = store(node, base, activation, out_outcome, &kept, note);
    if (err != ERR_OK || kept == NULL) {
        *out_programmes = base;
        if (err != ERR_OK) {
            programmes_release(base);
        }
        return err;
    }
    err = programmes_add(base, kept, out_programmes);
    programmes_release(base);
    return err;
}

static bool guards_the_same(const struct programme_guard *a, const struct programme_guard *b)
{
    return fraud_rules_equal(&a->fraud, &b->fraud) && a->by_hand == b->by_hand &&
           a->transfers.per_gift == b->transfers.per_gift &&
           a->transfers.per_day == b->transfers.per_day &&
           a->transfers.per_month == b->transfers.per_month &&
           a->transfers.per_receiver == b->transfers.per_receiver;
}

static bool is_same(const struct programme_version *a, const struct programme_version *b)
{
    bool have_rules = a->rules != NULL || b->rules != NULL;
    bool give_the_same = programme_gives_the_same(&a->programme, &b->programme) &&
                         guards_the_same(&a->file.guard, &b->file.guard) &&
                         strcmp(a->file.currency.code, b->file.currency.code) == 0 &&
                         a->file.money_decimals == b->file.money_decimals &&
                         a->refund_grace_ms == b->refund_grace_ms &&
                         a->debt_limit.minor == b->debt_limit.minor;
    return hash_equal(&a->hash, &b->hash) || (!have_rules && give_the_same);
}

static const struct programme_version *with_version(const struct programmes *programmes,
                                                    uint32_t version)
{
    for (size_t i = 0; i < programmes->count; i++) {
        if (programmes->at[i]->programme.version == version) {
            return programmes->at[i];
        }
    }
    return NULL;
}

/* From now on. */
static enum err activate_file(struct node *node, const struct programmes *before,
                              struct programme_version *after, struct programmes **out_programmes,
                              struct note *note)
{
    struct outcome outcome;
    struct programmes *list;
    struct programme_activation activation = {id_of(after, node_now(node)), after, {0}, BY_FILE};
    TRY(programme_log_activate(node, before, &activation, &outcome, &list, note));
    if (outcome.verdict != VERDICT_OK) {
        programmes_release(list);
        return note_set(note, ERR_CONFLICT, "the programme can't be activated: %s",
                        verdict_describe(outcome.verdict)->name);
    }
    *out_programmes = list;
    return ERR_OK;
}

enum err programme_log_follow(struct node *node, const struct programmes *before,
                              struct programme_version *after, struct programmes **out_programmes,
                              struct note *note)
{
    const struct programme_version *known = with_version(before, after->programme.version);
    const struct programme_version *last = programmes_last(before);
    bool is_kept = last->number != 0;
    if (known != NULL && known != after && !is_same(known, after)) {
        return note_set(note, ERR_CONFLICT,
                        "the programme file has changed under version %" PRIu32
                        ", which is in force: raise its version",
                        after->programme.version);
    }
    if (known == NULL && after->programme.version < last->programme.version) {
        return note_set(note, ERR_CONFLICT,
                        "the programme file has version %" PRIu32 ", in force is %" PRIu32,
                        after->programme.version, last->programme.version);
    }
    if (known != NULL && (is_kept || after->rules == NULL)) {
        *out_programmes = programmes_hold((struct programmes *)(uintptr_t)before);
        return ERR_OK;
    }
    if (known != NULL) {
        return keep_base(node, before, out_programmes, note);
    }
    if (!is_kept && after->rules == NULL) {
        return programmes_add(NULL, programme_version_hold(after), out_programmes);
    }
    return activate_file(node, before, after, out_programmes, note);
}
