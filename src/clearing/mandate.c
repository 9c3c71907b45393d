#include "clearing/mandate.h"

#include "base/limits.h"

static enum err check_points(const struct mandate *mandate, struct note *note)
{
    int64_t floor = mandate->floor.minor;
    int64_t cap = mandate->daily_cap.minor;
    if (floor <= 0 || cap <= 0) {
        return note_set(note, ERR_INPUT, "the mandate allows nothing");
    }
    if (floor > cap || cap > LIMIT_POINTS_PER_COMMAND) {
        return note_set(note, ERR_INPUT,
                        "the mandate allows more for one burn than for all, or too much");
    }
    return ERR_OK;
}

enum err mandate_check(const struct mandate *mandate, struct note *note)
{
    int64_t from = mandate->valid_from.ms;
    int64_t until = mandate->valid_until.ms;
    if (uid_is_nil(&mandate->id)) {
        return note_set(note, ERR_INPUT, "the mandate has no id");
    }
    if (partner_id_equal(&mandate->home, &mandate->redeemer)) {
        return note_set(note, ERR_INPUT, "the mandate is from %s to itself", mandate->home.text);
    }
    if (from < 0 || until <= from || until - from > MANDATE_LIFE_MS_MAX) {
        return note_set(note, ERR_INPUT, "the mandate ends before it begins, or after a day");
    }
    return check_points(mandate, note);
}

bool mandate_is_valid_at(const struct mandate *mandate, struct unix_ms time)
{
    return time.ms >= mandate->valid_from.ms && time.ms <= mandate->valid_until.ms;
}

bool mandates_equal(const struct mandate *a, const struct mandate *b)
{
    return uid_equal(&a->id, &b->id) && partner_id_equal(&a->home, &b->home) &&
           partner_id_equal(&a->redeemer, &b->redeemer) && a->floor.minor == b->floor.minor &&
           a->daily_cap.minor == b->daily_cap.minor && a->valid_from.ms == b->valid_from.ms &&
           a->valid_until.ms == b->valid_until.ms;
}
