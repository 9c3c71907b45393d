/* A version of the programme is put into force, now or later. What it says is the node's business:
 * the ledger keeps its text, so that a purchase can be judged, and its points explained, by what
 * was in force when it was made.
 */
#include <string.h>

#include "ledger/decision.h"
#include "ledger/programme_row.h"

/* The one before this number; nothing for the first. */
static enum err version_before(const struct decision *d, uint32_t number, uint32_t *out_version,
                               bool *out_is_next)
{
    struct programme_row row = {.version = 0};
    enum err err = ledger_get_programme(d->view, number, &row);
    if (err != ERR_NOT_FOUND) {
        *out_is_next = false;
        return err;
    }
    err = number > 1 ? ledger_get_programme(d->view, number - 1, &row) : ERR_OK;
    *out_is_next = number > 0 && err == ERR_OK;
    *out_version = row.version;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err decide_activate_programme(struct decision *d)
{
    const struct command_programme *programme = &d->command->programme;
    uint32_t version = 0;
    bool is_next = false;
    TRY(version_before(d, programme->number, &version, &is_next));
    if (!is_next) {
        return decide_refuse(d, VERDICT_PROGRAMME_MOVED);
    }
    if (programme->version <= version) {
        return decide_refuse(d, VERDICT_PROGRAMME_VERSION_OLD);
    }
    bool is_past = programme->from.ms < d->command->business_time.ms;
    if (programme->from.ms < 0 || (is_past && programme->number > 1)) {
        return decide_refuse(d, VERDICT_PROGRAMME_TIME_PAST);
    }
    struct programme_row row = {.version = programme->version,
                                .from = programme->from,
                                .activated = d->now,
                                .text = programme->text};
    struct ledger_key key;
    memcpy(row.by, programme->by, sizeof row.by);
    key_programme(programme->number, &key);
    buffer_clear(&d->plan->scratch);
    programme_row_encode(&row, &d->plan->scratch);
    plan_row(d->plan, TABLE_PROGRAMME, &key, buffer_slice(&d->plan->scratch));
    return ERR_OK;
}
