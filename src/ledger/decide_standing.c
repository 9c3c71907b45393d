/* What an occasion changes of what programmes remember, and what a quote holds of it.
 *
 * A quote's adds take place when it is made, so that nobody else gets what it promises; they are
 * given back when it ends, and the occasion that confirms it changes everything anew in the same
 * record. An occasion's own changes stay in its record: of these a return takes back, and what was
 * taken back so far is kept, so that all returns together take no more than the occasion gave. */
#include "ledger/standing_work.h"

static const struct partner_id *self_of(const struct decision *d)
{
    return &d->terms->roster->self;
}

/* ---- Changing owners' numbers ---- */

enum {
    FORMER_GROUPS_MAX = LIMIT_MERGED_PER_MEMBER,
    /* a quote's, and the command's own */
    CHANGED_GROUPS_MAX = 2 * LIMIT_STANDING_OWNERS + FORMER_GROUPS_MAX
};

struct changed_group {
    struct standing_owner owner; /* as it is now */
    struct reader steps;
    uint32_t count;
    bool is_gone; /* there is nobody any more: nothing of it takes place */
    enum standing_way way;
    bool is_done;
};

struct changing {
    size_t count;
    size_t former_count; /* of these groups */
    struct changed_group groups[CHANGED_GROUPS_MAX];
    bool is_unknown; /* an owner that the command needs is no member */
    bool is_erased;
    bool is_merged; /* one that the command needs was merged meanwhile */
    bool is_forced; /* it is given back, whether or not there is room */
    struct standing_refusals refusals;
};

static enum err note_missing(const struct decision *d, const struct standing_owner *owner,
                             struct changing *changing)
{
    struct uid member;
    struct member row;
    memcpy(member.bytes, owner->id, sizeof member.bytes);
    enum err err =
        owner->kind == OWNER_MEMBER ? ledger_follow_member(d->view, &member, &row) : ERR_NOT_FOUND;
    changing->is_erased = changing->is_erased || err == ERR_OK;
    changing->is_unknown = changing->is_unknown || err == ERR_NOT_FOUND;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Whoever was merged keeps its own row, for when that is undone: what is given back, or taken, of
 * what it had before leaves that as well. */
static enum err add_former(const struct decision *d, struct changing *changing,
                           const struct standing_owner *named, const struct changed_group *group)
{
    struct uid member;
    struct member row;
    memcpy(member.bytes, named->id, sizeof member.bytes);
    while (changing->former_count < FORMER_GROUPS_MAX) {
        TRY(ledger_get_member(d->view, &member, &row));
        if (!row.is_merged) {
            break;
        }
        struct changed_group *former = &changing->groups[changing->count++];
        *former = *group;
        former->owner = standing_of_member(&member);
        former->way = STANDING_OF_FORMER;
        changing->former_count++;
        member = row.merged_into;
    }
    return ERR_OK;
}

/* Groups that were checked. What is given back, or taken, does without owners that are gone. */
static enum err add_groups(const struct decision *d, struct changing *changing, struct slice groups,
                           bool is_needed, bool is_reversed)
{
    struct reader in = reader_of(groups);
    while (in.err == ERR_OK && in.at != in.end) {
        ASSERT(changing->count < CHANGED_GROUPS_MAX - FORMER_GROUPS_MAX + changing->former_count);
        struct changed_group *group = &changing->groups[changing->count++];
        struct standing_owner named;
        *group = (struct changed_group){.way = is_reversed ? STANDING_REVERSED : STANDING_AS_SAID};
        standing_read_group(&in, &named, &group->count);
        group->steps = in;
        for (uint32_t i = 0; i < group->count; i++) {
            struct standing_step step;
            standing_read_step(&in, &step);
        }
        enum err err = ledger_follow_owner(d->view, d->terms->roster, &named, &group->owner);
        group->is_gone = err == ERR_NOT_FOUND;
        if (group->is_gone && is_needed) {
            TRY(note_missing(d, &named, changing));
        }
        TRY(group->is_gone ? ERR_OK : err);
        bool is_same = group->is_gone || standing_owner_equal(&named, &group->owner);
        changing->is_merged = changing->is_merged || (is_needed && !is_same);
        if (!is_same && !is_needed && named.kind == OWNER_MEMBER) {
            TRY(add_former(d, changing, &named, group));
        }
    }
    return in.err;
}

/* All groups of one owner, in their order: several may have come to be the same. */
static enum err change_owner(struct decision *d, struct changing *changing, size_t first)
{
    struct standing_work works[2];
    size_t now = 0;
    const struct standing_owner owner = changing->groups[first].owner;
    TRY(standing_work_get(d, &owner, &works[now]));
    for (size_t i = first; i < changing->count; i++) {
        struct changed_group *group = &changing->groups[i];
        if (group->is_gone || !standing_owner_equal(&group->owner, &owner)) {
            continue;
        }
        standing_work_steps(&works[now], group->steps, group->count, group->way, &works[1 - now],
                            &changing->refusals);
        group->is_done = true;
        now = 1 - now;
    }
    if (works[now].count > LIMIT_STANDING_NUMBERS && changing->is_forced) {
        works[now].count = LIMIT_STANDING_NUMBERS;
    }
    changing->refusals.is_full =
        changing->refusals.is_full || works[now].count > LIMIT_STANDING_NUMBERS;
    if (standing_refused(&changing->refusals) == VERDICT_OK) {
        standing_work_put(d, &owner, &works[now]);
    }
    return ERR_OK;
}

/* May refuse. */
static enum err change_owners(struct decision *d, struct changing *changing)
{
    for (size_t i = 0; i < changing->count; i++) {
        if (!changing->groups[i].is_gone && !changing->groups[i].is_done) {
            TRY(change_owner(d, changing, i));
        }
    }
    enum verdict verdict = standing_refused(&changing->refusals);
    return verdict == VERDICT_OK ? ERR_OK : decide_refuse(d, verdict);
}

static enum verdict owners_verdict(const struct changing *changing)
{
    return changing->is_unknown  ? VERDICT_MEMBER_UNKNOWN
           : changing->is_erased ? VERDICT_MEMBER_ERASED
                                 : VERDICT_OK;
}

/* ---- Rows of quotes and of what was taken back ---- */

static void put_occasion(struct decision *d, enum occasion_row_kind kind,
                         const struct partner_id *issuer, const struct uid *id,
                         const struct occasion_row *row)
{
    struct ledger_key key;
    key_occasion(kind, issuer, id, &key);
    buffer_clear(&d->plan->scratch);
    occasion_row_encode(row, &d->plan->scratch);
    plan_row(d->plan, TABLE_OCCASION, &key, buffer_slice(&d->plan->scratch));
}

static void quote_due_key(const struct decision *d, const struct uid *quote, struct unix_ms until,
                          struct ledger_key *out_key)
{
    key_due(until, DUE_QUOTE, self_of(d), quote, out_key);
}

/* The quote's hold is over, and its adds go back. */
static enum err end_quote(struct decision *d, const struct uid *quote,
                          const struct occasion_row *row, struct changing *changing)
{
    struct ledger_key key;
    key_occasion(OCCASION_QUOTE, self_of(d), quote, &key);
    plan_delete(d->plan, TABLE_OCCASION, &key);
    quote_due_key(d, quote, row->until, &key);
    plan_delete(d->plan, TABLE_DUE, &key);
    return add_groups(d, changing, row->groups, false, true);
}

/* A quote that there was, and that ended; or there was none. */
static enum err refuse_quote(struct decision *d, const struct uid *quote)
{
    struct uid id = standing_transaction(STANDING_ID_RESERVE, self_of(d), quote);
    struct record record;
    enum err err = decide_recall_record(d, &id, &record);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    bool was_there = err == ERR_OK && record.verdict == VERDICT_OK;
    return decide_refuse(d, was_there ? VERDICT_OCCASION_ENDED : VERDICT_OCCASION_UNKNOWN);
}

/* A copy of the row: what is read next is read from the same view. */
static enum err get_quote(const struct decision *d, const struct uid *quote, struct buffer *bytes,
                          struct occasion_row *out_row)
{
    TRY(ledger_get_occasion(d->view, OCCASION_QUOTE, self_of(d), quote, out_row));
    write_bytes(bytes, out_row->groups.at, out_row->groups.length);
    out_row->groups = buffer_slice(bytes);
    return bytes->err;
}

/* ---- Returns ---- */

/* What was taken back of an occasion, each number once. Large. */
struct taken_line {
    struct standing_owner owner;
    struct standing_step step;
};

struct tally {
    size_t count;
    struct taken_line lines[LIMIT_STANDING_STEPS];
};

static struct taken_line *tally_find(struct tally *tally, const struct standing_owner *owner,
                                     const struct standing_step *step)
{
    for (size_t i = 0; i < tally->count; i++) {
        struct taken_line *line = &tally->lines[i];
        if (line->step.slot == step->slot && line->step.bucket == step->bucket &&
            standing_owner_equal(&line->owner, owner)) {
            return line;
        }
    }
    return NULL;
}

static enum err tally_read(struct slice groups, struct tally *out_tally)
{
    struct reader in = reader_of(groups);
    out_tally->count = 0;
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner owner;
        uint32_t count;
        standing_read_group(&in, &owner, &count);
        for (uint32_t i = 0; i < count && out_tally->count < LIMIT_STANDING_STEPS; i++) {
            struct taken_line *line = &out_tally->lines[out_tally->count++];
            line->owner = owner;
            standing_read_step(&in, &line->step);
        }
    }
    return in.err;
}

static void tally_write(struct tally *tally, struct buffer *out)
{
    struct standing_step steps[LIMIT_STANDING_STEPS];
    for (size_t i = 0; i < tally->count; i++) {
        const struct standing_owner owner = tally->lines[i].owner;
        size_t count = 0;
        for (size_t j = i; j < tally->count; j++) {
            struct taken_line *line = &tally->lines[j];
            if (line->step.delta != 0 && standing_owner_equal(&line->owner, &owner)) {
                steps[count++] = line->step;
                line->step.delta = 0; /* written */
            }
        }
        standing_write_group(out, &owner, steps, count);
    }
}

/* By how much the occasion changed the number. */
static int64_t given(struct slice groups, const struct standing_owner *owner,
                     const struct standing_step *taken)
{
    struct reader in = reader_of(groups);
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner at;
        uint32_t count;
        standing_read_group(&in, &at, &count);
        bool is_owner = standing_owner_equal(&at, owner);
        for (uint32_t i = 0; i < count; i++) {
            struct standing_step step;
            int64_t delta;
            standing_read_step(&in, &step);
            if (!is_owner || step.slot != taken->slot || step.bucket != taken->bucket) {
                continue;
            }
            enum err err = step.how == STANDING_SET ? int64_sub(step.after, step.before, &delta)
                                                    : int64_add(step.delta, 0, &delta);
            return err == ERR_OK ? delta : 0;
        }
    }
    return 0;
}

/* Is it a part of what was given, the other way round? */
static bool is_part(int64_t taken, int64_t given)
{
    return taken < 0 ? given > 0 && taken >= -given
                     : given < 0 && given >= INT64_MIN + 1 && taken <= -given;
}

/* The command's steps of TAKE come to the tally. May refuse. */
static enum err tally_add(struct decision *d, struct slice gave, struct tally *tally)
{
    struct reader in = reader_of(d->command->standing.groups);
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner owner;
        uint32_t count;
        standing_read_group(&in, &owner, &count);
        for (uint32_t i = 0; i < count; i++) {
            struct standing_step step;
            standing_read_step(&in, &step);
            if (step.how != STANDING_TAKE) {
                continue;
            }
            struct taken_line *line = tally_find(tally, &owner, &step);
            int64_t sum = step.delta;
            bool fits = line == NULL || int64_add(line->step.delta, sum, &sum) == ERR_OK;
            int64_t whole = given(gave, &owner, &step);
            if (!fits || !is_part(step.delta, whole) || !is_part(sum, whole)) {
                return decide_refuse(d, VERDICT_RETURN_EXCEEDS_SALE);
            }
            if (line == NULL) {
                ASSERT(tally->count < LIMIT_STANDING_STEPS); /* each is one of the occasion's */
                line = &tally->lines[tally->count++];
            }
            step.delta = sum;
            *line = (struct taken_line){owner, step};
        }
    }
    return in.err;
}

/* What the occasion changed; borrowed from its record. May refuse. */
static enum err find_given(struct decision *d, struct slice *out_groups)
{
    const struct command_standing *standing = &d->command->standing;
    struct uid id =
        standing_transaction(STANDING_ID_CHANGE, &standing->issuer, &standing->occasion);
    struct record record;
    struct command told;
    enum err err = decide_recall_record(d, &id, &record);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && record.verdict != VERDICT_OK)) {
        return decide_refuse(d, VERDICT_OCCASION_UNKNOWN);
    }
    TRY(err);
    TRY(record_command(&record, &told));
    if (told.kind != COMMAND_CHANGE_STANDING) {
        return ERR_CORRUPT;
    }
    *out_groups = told.standing.groups;
    return uid_is_nil(&told.standing.returned) ? ERR_OK
                                               : decide_refuse(d, VERDICT_OCCASION_UNKNOWN);
}

/* May refuse. */
static enum err count_taken(struct decision *d)
{
    const struct command_standing *standing = &d->command->standing;
    struct occasion_row row = {0};
    struct tally tally;
    struct buffer groups = {0};
    struct slice gave = {0};
    TRY(find_given(d, &gave));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    enum err err =
        ledger_get_occasion(d->view, OCCASION_TAKEN, &standing->issuer, &standing->occasion, &row);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    TRY(tally_read(row.groups, &tally));
    TRY(tally_add(d, gave, &tally));
    if (decision_is_refused(d) || tally.count == 0) {
        return ERR_OK;
    }
    tally_write(&tally, &groups);
    row = (struct occasion_row){.groups = buffer_slice(&groups)};
    put_occasion(d, OCCASION_TAKEN, &standing->issuer, &standing->occasion, &row);
    err = groups.err;
    buffer_fini(&groups);
    return err;
}

/* ---- Commands ---- */

/* Are all steps such as the command may have? What confirms a quote may take, as a return does. */
static bool are_steps(struct slice groups, bool is_reserve, bool is_return, bool is_quoted)
{
    struct reader in = reader_of(groups);
    while (in.at != in.end) {
        struct standing_owner owner;
        uint32_t count;
        standing_read_group(&in, &owner, &count);
        for (uint32_t i = 0; i < count; i++) {
            struct standing_step step;
            standing_read_step(&in, &step);
            bool is_state = step.how == STANDING_SET && slot_merge_of(step.slot) != SLOT_SUMS;
            bool is_fine = is_return ? step.how == STANDING_TAKE || is_state
                                     : (step.how == STANDING_TAKE && is_quoted) ||
                                           step.how == STANDING_ADD ||
                                           (step.how == STANDING_SET && !is_reserve);
            if (!is_fine) {
                return false;
            }
        }
    }
    return true;
}

static bool is_id(const struct decision *d, enum standing_id what, const struct partner_id *issuer,
                  const struct uid *id)
{
    struct uid expected = standing_transaction(what, issuer, id);
    return partner_id_equal(&d->command->origin, self_of(d)) &&
           uid_equal(&d->command->transaction_id, &expected);
}

static bool is_sound_change(const struct decision *d)
{
    const struct command_standing *standing = &d->command->standing;
    bool is_return = !uid_is_nil(&standing->returned);
    return is_id(d, STANDING_ID_CHANGE, &standing->issuer,
                 is_return ? &standing->returned : &standing->occasion) &&
           (!is_return || uid_is_nil(&standing->quote)) &&
           standing->evidence.length <= LIMIT_JUDGED_BYTES &&
           standing_check_groups(standing->groups) == ERR_OK &&
           are_steps(standing->groups, false, is_return, !uid_is_nil(&standing->quote));
}

/* What the quote held goes back, before the occasion changes anything. May refuse. */
static enum err confirm_quote(struct decision *d, struct buffer *bytes, struct changing *changing)
{
    const struct uid *quote = &d->command->standing.quote;
    struct occasion_row row;
    enum err err = get_quote(d, quote, bytes, &row);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && d->now.ms >= row.until.ms)) {
        return refuse_quote(d, quote);
    }
    TRY(err);
    return end_quote(d, quote, &row, changing);
}

/* May refuse. */
static enum err change_standing(struct decision *d, struct buffer *quoted)
{
    const struct command_standing *standing = &d->command->standing;
    struct changing changing = {.count = 0};
    bool is_return = !uid_is_nil(&standing->returned);
    if (!uid_is_nil(&standing->quote)) {
        TRY(confirm_quote(d, quoted, &changing));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    if (is_return) {
        TRY(count_taken(d));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    TRY(add_groups(d, &changing, standing->groups, !is_return, false));
    enum verdict verdict = owners_verdict(&changing);
    return verdict != VERDICT_OK ? decide_refuse(d, verdict) : change_owners(d, &changing);
}

enum err decide_change_standing(struct decision *d)
{
    struct buffer quoted = {0};
    if (!is_sound_change(d)) {
        return ERR_INPUT;
    }
    enum err err = change_standing(d, &quoted);
    buffer_fini(&quoted);
    return err;
}

/* May refuse. */
static enum err begin_quote(struct decision *d)
{
    const struct command_reserve *reserve = &d->command->reserve;
    struct occasion_row row;
    struct changing changing = {.count = 0};
    struct ledger_key key;
    enum err err = ledger_get_occasion(d->view, OCCASION_QUOTE, self_of(d), &reserve->quote, &row);
    if (err == ERR_OK || reserve->until.ms <= d->now.ms) {
        return decide_refuse(d, VERDICT_OCCASION_ENDED);
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    TRY(add_groups(d, &changing, reserve->groups, true, false));
    changing.refusals.is_moved = changing.is_merged; /* what was merged has no part in it */
    enum verdict verdict = owners_verdict(&changing);
    if (verdict != VERDICT_OK) {
        return decide_refuse(d, verdict);
    }
    TRY(change_owners(d, &changing));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    row = (struct occasion_row){reserve->until, reserve->groups};
    put_occasion(d, OCCASION_QUOTE, self_of(d), &reserve->quote, &row);
    quote_due_key(d, &reserve->quote, reserve->until, &key);
    plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
    return ERR_OK;
}

/* Given up by who asked for it, or too late. May refuse. */
static enum err give_up_quote(struct decision *d, bool is_expiry, struct buffer *quoted)
{
    const struct command_reserve *reserve = &d->command->reserve;
    struct changing changing = {.is_forced = true};
    struct occasion_row row;
    struct ledger_key key;
    enum err err = get_quote(d, &reserve->quote, quoted, &row);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    bool is_there = err == ERR_OK && (!is_expiry || row.until.ms == reserve->until.ms);
    if (!is_there && is_expiry) {
        quote_due_key(d, &reserve->quote, reserve->until, &key);
        plan_delete(d->plan, TABLE_DUE, &key);
        return ERR_OK;
    }
    if (!is_there) {
        return refuse_quote(d, &reserve->quote);
    }
    if (is_expiry && d->now.ms < row.until.ms) {
        return ERR_OK;
    }
    TRY(end_quote(d, &reserve->quote, &row, &changing));
    return change_owners(d, &changing);
}

static bool is_sound_reserve(const struct decision *d)
{
    const struct command_reserve *reserve = &d->command->reserve;
    switch (reserve->step) {
    case RESERVE_BEGIN:
        return is_id(d, STANDING_ID_RESERVE, self_of(d), &reserve->quote) &&
               reserve->evidence.length <= LIMIT_JUDGED_BYTES &&
               standing_check_groups(reserve->groups) == ERR_OK &&
               are_steps(reserve->groups, true, false, false);
    case RESERVE_RELEASE:
        return is_id(d, STANDING_ID_RELEASE, self_of(d), &reserve->quote);
    case RESERVE_EXPIRE:
        return uid_is_nil(&d->command->transaction_id);
    case RESERVE_STEP_END:
        break;
    }
    return false;
}

enum err decide_reserve(struct decision *d)
{
    struct buffer quoted = {0};
    if (!is_sound_reserve(d)) {
        return ERR_INPUT;
    }
    enum reserve_step step = d->command->reserve.step;
    enum err err =
        step == RESERVE_BEGIN ? begin_quote(d) : give_up_quote(d, step == RESERVE_EXPIRE, &quoted);
    buffer_fini(&quoted);
    return err;
}
