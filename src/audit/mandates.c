/* What was taken without a grant: each such capture must be within a mandate of ours. */
#include <inttypes.h>

#include "audit/rooms.h"
#include "ledger/decide.h"

static const char invariant[] = "invariant 4: no capture without grant or mandate";

/* Under a mandate that we gave, within its floor and what is left of its cap. The derived tables
 * are as they were before. */
static const char *mandate_problem(const struct audit *audit, const struct hold *hold,
                                   int64_t stood_in)
{
    struct mandate_row row;
    if (ledger_get_mandate(&audit->store.view, &audit->options->self, &hold->redeemer,
                           &hold->mandate, &row) != ERR_OK) {
        return "it stands in under a mandate that was not given";
    }
    if (hold->captured.minor > row.mandate.floor.minor) {
        return "it takes more than the mandate allows for one burn";
    }
    return stood_in > row.mandate.daily_cap.minor - row.used.minor
               ? "it takes more than the mandate allows for all"
               : NULL;
}

/* Nothing of the hold moves but what is captured now, and granted that moment. */
static const char *step_problem(const struct hold *before, const struct hold *after)
{
    int64_t grown = after->stood_in.minor - before->stood_in.minor;
    bool may_be = before->state == HOLD_EXPIRED ||
                  (before->state == HOLD_CAPTURED && uid_equal(&before->mandate, &after->mandate));
    if (grown <= 0 || after->granted.minor - before->granted.minor != grown ||
        after->captured.minor - before->captured.minor != grown) {
        return "what is captured under the mandate is not what was granted with it";
    }
    if (after->role != before->role || !uid_equal(&after->member, &before->member) ||
        after->voided.minor != before->voided.minor ||
        after->returned.minor != before->returned.minor || after->state != HOLD_CAPTURED) {
        return "it becomes another hold";
    }
    return may_be ? NULL : "it had ended already";
}

enum err audit_stood_in(struct audit *audit, uint64_t row, const struct hold *before,
                        const struct hold *after)
{
    static const struct hold none = {.role = HOLD_HOME, .state = HOLD_EXPIRED};
    struct hold fresh = none;
    fresh.member = after->member;
    const char *problem = step_problem(before == NULL ? &fresh : before, after);
    if (problem == NULL) {
        problem = mandate_problem(
            audit, after, after->stood_in.minor - (before == NULL ? 0 : before->stood_in.minor));
    }
    return problem == NULL
               ? ERR_OK
               : audit_found(audit, row, invariant, "row %" PRIu64 ": %s", row, problem);
}

enum err audit_mandate(struct audit *audit, uint64_t row, const struct effect_row *effect)
{
    const struct ledger_view *view = &audit->store.view;
    struct mandate_row before = {0};
    struct mandate_row after;
    struct slice value;
    enum err err = view->get(view->context, TABLE_MANDATE, effect->key, &value);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    bool has_before = err == ERR_OK && mandate_row_decode(value, &before) == ERR_OK;
    if (effect->is_deleted || mandate_row_decode(effect->value, &after) != ERR_OK) {
        return audit_found(audit, row, "journal record",
                           "row %" PRIu64 ": a mandate is malformed or deleted", row);
    }
    bool is_ours = partner_id_equal(&after.mandate.home, &audit->options->self);
    bool is_sound = has_before ? mandates_equal(&before.mandate, &after.mandate) &&
                                     (!is_ours || after.used.minor > before.used.minor)
                               : after.used.minor == 0 && after.burns == 0;
    return is_sound
               ? ERR_OK
               : audit_found(audit, row, invariant,
                             "row %" PRIu64 ": a mandate changes, or what was used shrinks", row);
}

enum err audit_count_stood_in(struct sums *sums, const struct hold *hold)
{
    struct ledger_key key;
    if (hold->stood_in.minor == 0) {
        return ERR_OK;
    }
    key_origin(&hold->redeemer, &hold->mandate, &key);
    return sums_add(sums, &key, hold->stood_in.minor, 1, 0);
}

enum err audit_mandate_used(struct audit *audit, const struct sums *sums, struct slice value)
{
    struct mandate_row row;
    struct ledger_key key;
    char id[UID_TEXT_MAX];
    if (mandate_row_decode(value, &row) != ERR_OK) {
        return audit_found(audit, 0, "derived rows", "a mandate's row is malformed");
    }
    if (!partner_id_equal(&row.mandate.home, &audit->options->self)) {
        return ERR_OK;
    }
    key_origin(&row.mandate.redeemer, &row.mandate.id, &key);
    const struct sum *sum = sums_find(sums, slice_of(key.bytes, key.length));
    int64_t used = sum == NULL ? 0 : sum->first;
    if (used != row.used.minor || (sum == NULL ? 0 : sum->second) != (int64_t)row.burns) {
        return audit_found(
            audit, 0, invariant,
            "mandate %s for %s: %" PRId64 " points were used, the holds say %" PRId64,
            uid_format(&row.mandate.id, id), row.mandate.redeemer.text, row.used.minor, used);
    }
    return ERR_OK;
}
