#include "node/programmes.h"

#include <stdlib.h>
#include <string.h>

#include "config/document.h"
#include "node/shopper.h"

static enum expiry_kind expiry_of_file(enum programme_file_expiry kind)
{
    switch (kind) {
    case PROGRAMME_FILE_EXPIRY_MONTHS:
        return EXPIRY_MONTHS;
    case PROGRAMME_FILE_EXPIRY_END_OF_MONTH:
        return EXPIRY_END_OF_MONTH_AFTER;
    case PROGRAMME_FILE_EXPIRY_FIXED_DATE:
        return EXPIRY_FIXED_DATE;
    case PROGRAMME_FILE_EXPIRY_INACTIVITY:
        return EXPIRY_INACTIVITY;
    case PROGRAMME_FILE_EXPIRY_NEVER:
        break;
    }
    return EXPIRY_NONE;
}

/* Without `earn` the rate gives nothing. */
static struct programme programme_of_file(const struct programme_file *file)
{
    struct earn_rate rate = {file->earn_points_minor, file->earn_per_minor, file->earn_rounding,
                             file->earn_minimum_minor};
    if (rate.per_minor == 0) {
        rate.per_minor = 1;
    }
    return (struct programme){
        .version = file->version,
        .rate = rate,
        .pending_days = file->pending_days,
        .expiry_months = file->expiry_months,
        .expiry_kind = expiry_of_file(file->expiry),
        .expiry_month = file->expiry_month,
        .expiry_day = file->expiry_day,
    };
}

static enum err read_text(struct slice text, const char *name, unsigned points_decimals,
                          struct programme_version *version, struct note *note)
{
    if (text.length > LIMIT_PROGRAMME_BYTES) {
        return note_set(note, ERR_INPUT, "%s has more than %u KiB", name,
                        LIMIT_PROGRAMME_BYTES >> 10);
    }
    write_bytes(&version->text, text.at, text.length);
    TRY(version->text.err);
    version->hash = hash_of(HASH_DOMAIN_BODY, text);
    TRY(programme_file_parse(text, name, points_decimals, &version->file, note));
    const struct programme_file *file = &version->file;
    version->programme = programme_of_file(file);
    version->refund_grace_ms = (int64_t)file->refund_expired_grace_days * DAY_MS;
    version->debt_limit = points_of(file->debt_limit_minor);
    if (file->has_rules) {
        TRY(rules_create(&file->rules, &version->rules, note));
        version->needs_birthday = shopper_needs_birthday(&file->rules);
    }
    return programme_check(&version->programme, note);
}

enum err programme_version_read(struct slice text, const char *name, unsigned points_decimals,
                                struct programme_version **out_version, struct note *note)
{
    struct programme_version *version = calloc(1, sizeof *version);
    if (version == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the programme");
    }
    atomic_init(&version->references, 1);
    enum err err = read_text(text, name, points_decimals, version, note);
    if (err != ERR_OK) {
        programme_version_release(version);
        return err;
    }
    *out_version = version;
    return ERR_OK;
}

enum err programme_version_load(const char *path, unsigned points_decimals,
                                struct programme_version **out_version, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    TRY(document_read_file(path, &text, note));
    return programme_version_read(buffer_slice(&text), path, points_decimals, out_version, note);
}

enum err programme_version_of_row(uint32_t number, const struct programme_row *row,
                                  unsigned points_decimals, struct programme_version **out_version,
                                  struct note *note)
{
    struct programme_version *version;
    TRY(programme_version_read(row->text, "a programme that was activated", points_decimals,
                               &version, note));
    version->number = number;
    version->from = row->from;
    version->activated = row->activated;
    memcpy(version->by, row->by, sizeof version->by);
    *out_version = version;
    return ERR_OK;
}

struct programme_version *programme_version_hold(struct programme_version *version)
{
    atomic_fetch_add(&version->references, 1);
    return version;
}

void programme_version_release(struct programme_version *version)
{
    if (version == NULL || atomic_fetch_sub(&version->references, 1) != 1) {
        return;
    }
    rules_destroy(version->rules);
    programme_file_fini(&version->file);
    buffer_fini(&version->text);
    free(version);
}

enum err programmes_add(const struct programmes *before, struct programme_version *version,
                        struct programmes **out_programmes)
{
    size_t kept = before == NULL || version->number == 1 ? 0 : before->count;
    struct programmes *list =
        kept < LIMIT_PROGRAMMES ? malloc(sizeof *list + (kept + 1) * sizeof list->at[0]) : NULL;
    if (list == NULL) {
        programme_version_release(version);
        return ERR_RESOURCE;
    }
    atomic_init(&list->references, 1);
    for (size_t i = 0; i < kept; i++) {
        list->at[i] = programme_version_hold(before->at[i]);
    }
    list->at[kept] = version;
    list->count = kept + 1;
    *out_programmes = list;
    return ERR_OK;
}

struct programmes *programmes_hold(struct programmes *programmes)
{
    atomic_fetch_add(&programmes->references, 1);
    return programmes;
}

void programmes_release(struct programmes *programmes)
{
    if (programmes == NULL || atomic_fetch_sub(&programmes->references, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < programmes->count; i++) {
        programme_version_release(programmes->at[i]);
    }
    free(programmes);
}

const struct programme_version *programmes_at(const struct programmes *programmes,
                                              struct unix_ms time)
{
    for (size_t i = programmes->count; i > 1; i--) {
        if (programmes->at[i - 1]->from.ms <= time.ms) {
            return programmes->at[i - 1];
        }
    }
    return programmes->at[0];
}

const struct programme_version *programmes_find(const struct programmes *programmes,
                                                uint32_t number)
{
    for (size_t i = 0; i < programmes->count; i++) {
        if (programmes->at[i]->number == number) {
            return programmes->at[i];
        }
    }
    return NULL;
}

const struct programme_version *programmes_last(const struct programmes *programmes)
{
    return programmes->at[programmes->count - 1];
}
