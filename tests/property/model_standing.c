/* What programmes remember: one list of numbers, looked through each time. */
#include "model_parts.h"

#include <string.h>

/* ---- Whose ---- */

static bool follow_card(const struct model *m, struct standing_owner *at)
{
    struct card_number card;
    memcpy(card.digits, at->id, sizeof card.digits);
    for (unsigned hops = 0; hops < LIMIT_CARD_HOPS && model_has_moved(m, &card); hops++) {
        card = model_status(m, &card)->moved_to;
    }
    *at = standing_of_card(&card);
    if (model_home(m, &card) != 0) {
        return true;
    }
    int index = model_card_index(m, &card);
    if (index < 0 || m->cards[index].member < 0) {
        return false;
    }
    *at = standing_of_member(&m->members[m->cards[index].member].id);
    return true;
}

static bool follow_member(const struct model *m, struct standing_owner *at)
{
    struct uid id;
    memcpy(id.bytes, at->id, sizeof id.bytes);
    int index = model_member(m, &id) < 0 ? -1 : model_follow(m, model_member(m, &id));
    if (index < 0 || m->members[index].is_erased) {
        return false;
    }
    *at = standing_of_member(&m->members[index].id);
    for (size_t i = 0; i < m->card_count && m->members[index].is_blocked; i++) {
        const struct card_number *number = &m->cards[i].number;
        if (m->cards[i].member == index && model_has_moved(m, number)) {
            *at = standing_of_card(&model_status(m, number)->moved_to);
            return true;
        }
    }
    return true;
}

/* False: there is nobody any more. */
static bool follow(const struct model *m, struct standing_owner *at)
{
    for (unsigned hops = 0; hops < LIMIT_CARD_HOPS; hops++) {
        struct standing_owner before = *at;
        bool is_there = at->kind == OWNER_MEMBER ? follow_member(m, at)
                        : at->kind == OWNER_CARD ? follow_card(m, at)
                                                 : true;
        if (!is_there || standing_owner_equal(&before, at)) {
            return is_there;
        }
    }
    return true;
}

bool model_is_there(const struct model *m, const struct standing_owner *owner)
{
    struct standing_owner at = *owner;
    return follow(m, &at);
}

/* ---- Numbers ---- */

static struct model_number *number(struct model *m, const struct standing_owner *owner,
                                   uint64_t slot, int64_t bucket)
{
    for (size_t i = 0; i < m->number_count; i++) {
        struct model_number *n = &m->numbers[i];
        if (n->slot == slot && n->bucket == bucket && standing_owner_equal(&n->owner, owner)) {
            return n;
        }
    }
    return NULL;
}

static int64_t number_value(struct model *m, const struct standing_owner *owner, uint64_t slot,
                            int64_t bucket)
{
    const struct model_number *n = number(m, owner, slot, bucket);
    return n != NULL ? n->value : 0;
}

static void put(struct model *m, const struct standing_owner *owner, uint64_t slot, int64_t bucket,
                int64_t value)
{
    struct model_number *n = number(m, owner, slot, bucket);
    if (n != NULL && value == 0) {
        *n = m->numbers[--m->number_count];
    } else if (n != NULL) {
        n->value = value;
    } else if (value != 0) {
        ASSERT(m->number_count < MODEL_NUMBERS);
        m->numbers[m->number_count++] = (struct model_number){*owner, slot, bucket, value};
    }
}

int64_t model_standing(struct model *m, const struct standing_owner *owner, uint64_t slot,
                       int64_t bucket)
{
    struct standing_owner at = *owner;
    return follow(m, &at) ? number_value(m, &at, slot, bucket) : 0;
}

void model_put_standing(struct model *m, const struct standing_owner *owner, uint64_t slot,
                        int64_t bucket, int64_t value)
{
    struct standing_owner at = *owner;
    if (follow(m, &at)) {
        put(m, &at, slot, bucket, value);
    }
}

/* Down to what quotes make of it, without one that promised `own`; or to where it is when that is
 * lower. */
static void lessen(struct model *m, const struct standing_owner *at, uint64_t slot, int64_t bucket,
                   int64_t delta, int64_t own)
{
    int64_t value = number_value(m, at, slot, bucket);
    int64_t promised = number_value(m, at, slot_promised(slot), bucket) - own;
    int64_t floor =
        (promised > 0 ? promised : 0) - number_value(m, at, slot_withheld(slot), bucket);
    int64_t after = value + delta;
    floor = floor < value ? floor : value;
    put(m, at, slot, bucket, delta < 0 && after < floor ? floor : after);
}

/* The same of the rows that members keep who were merged since, and of where they went. */
static void lessen_all(struct model *m, const struct standing_owner *named, uint64_t slot,
                       int64_t bucket, int64_t delta, int64_t own)
{
    struct standing_owner at = *named;
    struct uid id;
    if (!follow(m, &at)) {
        return;
    }
    lessen(m, &at, slot, bucket, delta, own);
    memcpy(id.bytes, named->id, sizeof id.bytes);
    int index = named->kind == OWNER_MEMBER ? model_member(m, &id) : -1;
    while (index >= 0 && m->members[index].merged_into >= 0) {
        struct standing_owner former = standing_of_member(&m->members[index].id);
        lessen(m, &former, slot, bucket, delta, own);
        index = m->members[index].merged_into;
    }
}

/* ---- Changes ---- */

struct told_step {
    struct standing_owner owner;
    struct standing_step step;
};

static size_t read_steps(struct slice groups, struct told_step out_steps[MODEL_STEPS])
{
    struct reader in = reader_of(groups);
    size_t count = 0;
    while (in.at != in.end) {
        struct standing_owner owner;
        uint32_t in_group;
        standing_read_group(&in, &owner, &in_group);
        for (uint32_t i = 0; i < in_group; i++) {
            ASSERT(count < MODEL_STEPS);
            out_steps[count].owner = owner;
            standing_read_step(&in, &out_steps[count++].step);
        }
    }
    return count;
}

static enum verdict judge_owners(const struct model *m, const struct told_step *steps, size_t count)
{
    bool is_erased = false;
    for (size_t i = 0; i < count; i++) {
        struct standing_owner at = steps[i].owner;
        struct uid id;
        memcpy(id.bytes, at.id, sizeof id.bytes);
        if (follow(m, &at)) {
            continue;
        }
        if (steps[i].owner.kind != OWNER_MEMBER || model_member(m, &id) < 0) {
            return VERDICT_MEMBER_UNKNOWN;
        }
        is_erased = true;
    }
    return is_erased ? VERDICT_MEMBER_ERASED : VERDICT_OK;
}

static enum verdict take_step(struct model *m, const struct standing_owner *at,
                              const struct standing_step *step)
{
    int64_t value = number_value(m, at, step->slot, step->bucket);
    if (step->how == STANDING_SET) {
        put(m, at, step->slot, step->bucket, step->after);
        return value == step->before ? VERDICT_OK : VERDICT_STANDING_MOVED;
    }
    if (step->how == STANDING_TAKE) {
        lessen(m, at, step->slot, step->bucket, step->delta, 0);
        return VERDICT_OK;
    }
    int64_t after = value + step->delta;
    if (step->delta > 0 ? after > step->most : after < step->least) {
        return VERDICT_STANDING_LIMIT;
    }
    put(m, at, step->slot, step->bucket, after);
    return VERDICT_OK;
}

/* In place; after a refusal the caller puts back what was. */
static enum verdict take_steps(struct model *m, const struct told_step *steps, size_t count,
                               bool is_return)
{
    enum verdict verdict = VERDICT_OK;
    for (size_t i = 0; i < count; i++) {
        struct standing_owner at = steps[i].owner;
        if (is_return && steps[i].step.how == STANDING_TAKE) {
            lessen_all(m, &at, steps[i].step.slot, steps[i].step.bucket, steps[i].step.delta, 0);
        } else if (follow(m, &at)) {
            verdict = model_first(m, verdict, take_step(m, &at, &steps[i].step));
        }
    }
    return verdict;
}

static void save(struct model *m)
{
    m->saved_count = m->number_count;
    memcpy(m->saved, m->numbers, m->number_count * sizeof m->numbers[0]);
}

static void restore(struct model *m)
{
    m->number_count = m->saved_count;
    memcpy(m->numbers, m->saved, m->saved_count * sizeof m->numbers[0]);
}

/* ---- Quotes ---- */

static struct model_quote *find_quote(struct model *m, const struct uid *id)
{
    for (size_t i = 0; i < m->quote_count; i++) {
        if (uid_equal(&m->quotes[i].id, id)) {
            return &m->quotes[i];
        }
    }
    return NULL;
}

static void give_back(struct model *m, struct model_quote *quote)
{
    for (size_t i = 0; i < quote->count; i++) {
        const struct model_number *held = &quote->held[i];
        lessen_all(m, &held->owner, held->slot, held->bucket, -held->value, held->value);
    }
    quote->is_open = false;
}

/* Is the command that made it remembered? */
static enum verdict judge_ended(const struct model *m, const struct uid *quote)
{
    for (size_t i = 0; i < m->command_count; i++) {
        const struct model_command *known = &m->commands[i];
        if (!known->is_forgotten && known->command.kind == COMMAND_RESERVE &&
            known->command.reserve.step == RESERVE_BEGIN &&
            uid_equal(&known->command.reserve.quote, quote) &&
            known->answer.verdict == VERDICT_OK) {
            return VERDICT_OCCASION_ENDED;
        }
    }
    return VERDICT_OCCASION_UNKNOWN;
}

static enum verdict begin_quote(struct model *m, const struct command_reserve *reserve)
{
    struct told_step steps[MODEL_STEPS];
    struct model_quote *known = find_quote(m, &reserve->quote);
    if ((known != NULL && known->is_open) || reserve->until.ms <= m->now) {
        return VERDICT_OCCASION_ENDED;
    }
    size_t count = read_steps(reserve->groups, steps);
    enum verdict verdict = judge_owners(m, steps, count);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    save(m);
    verdict = take_steps(m, steps, count, false);
    for (size_t i = 0; i < count; i++) {
        struct standing_owner at = steps[i].owner;
        bool is_moved = follow(m, &at) && !standing_owner_equal(&at, &steps[i].owner);
        verdict = is_moved ? model_first(m, verdict, VERDICT_STANDING_MOVED) : verdict;
    }
    if (verdict != VERDICT_OK) {
        restore(m);
        return verdict;
    }
    ASSERT(known != NULL || m->quote_count < MODEL_QUOTES);
    struct model_quote *quote = known != NULL ? known : &m->quotes[m->quote_count++];
    *quote = (struct model_quote){
        .id = reserve->quote, .until = reserve->until.ms, .is_open = true, .count = count};
    for (size_t i = 0; i < count; i++) {
        quote->held[i] = (struct model_number){steps[i].owner, steps[i].step.slot,
                                               steps[i].step.bucket, steps[i].step.delta};
    }
    return VERDICT_OK;
}

enum verdict model_step_reserve(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    const struct command_reserve *reserve = &command->reserve;
    struct model_quote *quote = find_quote(m, &reserve->quote);
    (void)answer;
    if (reserve->step == RESERVE_BEGIN) {
        return begin_quote(m, reserve);
    }
    bool is_open = quote != NULL && quote->is_open;
    if (reserve->step == RESERVE_RELEASE && !is_open) {
        return judge_ended(m, &reserve->quote);
    }
    if (is_open && (reserve->step == RESERVE_RELEASE ||
                    (quote->until == reserve->until.ms && quote->until <= m->now))) {
        give_back(m, quote);
    }
    return VERDICT_OK;
}

/* ---- Occasions ---- */

/* All that the occasion changed; false: nothing is remembered of it. */
static bool is_known_occasion(const struct model *m, const struct command_standing *told)
{
    for (size_t i = 0; i < m->command_count; i++) {
        const struct model_command *known = &m->commands[i];
        const struct command_standing *other = &known->command.standing;
        if (!known->is_forgotten && known->command.kind == COMMAND_CHANGE_STANDING &&
            known->answer.verdict == VERDICT_OK && uid_is_nil(&other->returned) &&
            uid_equal(&other->occasion, &told->occasion)) {
            return true;
        }
    }
    return false;
}

static struct model_given *find_given(struct model *m, const struct uid *occasion,
                                      const struct told_step *told)
{
    for (size_t i = 0; i < m->given_count; i++) {
        struct model_given *given = &m->givens[i];
        if (uid_equal(&given->occasion, occasion) && given->number.slot == told->step.slot &&
            given->number.bucket == told->step.bucket &&
            standing_owner_equal(&given->number.owner, &told->owner)) {
            return given;
        }
    }
    return NULL;
}

static enum verdict judge_return(struct model *m, const struct uid *occasion,
                                 const struct told_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].step.how != STANDING_TAKE) {
            continue;
        }
        const struct model_given *given = find_given(m, occasion, &steps[i]);
        int64_t left = given == NULL ? 0 : given->number.value + given->taken;
        int64_t delta = steps[i].step.delta;
        bool is_part = left > 0 ? delta < 0 && delta >= -left : delta > 0 && delta <= -left;
        if (!is_part) {
            return VERDICT_RETURN_EXCEEDS_SALE;
        }
    }
    return VERDICT_OK;
}

static void keep_given(struct model *m, const struct uid *occasion, const struct told_step *told,
                       bool is_return)
{
    struct model_given *given = find_given(m, occasion, told);
    if (is_return && told->step.how == STANDING_TAKE) {
        given->taken += told->step.delta;
    } else if (!is_return) {
        ASSERT(m->given_count < MODEL_GIVENS);
        int64_t delta = told->step.how == STANDING_SET ? told->step.after - told->step.before
                                                       : told->step.delta;
        m->givens[m->given_count++] = (struct model_given){
            *occasion, {told->owner, told->step.slot, told->step.bucket, delta}, 0};
    }
}

enum verdict model_step_standing(struct model *m, const struct command *command,
                                 struct model_answer *answer)
{
    const struct command_standing *told = &command->standing;
    struct told_step steps[MODEL_STEPS];
    bool is_return = !uid_is_nil(&told->returned);
    struct model_quote *quote = uid_is_nil(&told->quote) ? NULL : find_quote(m, &told->quote);
    enum verdict verdict = VERDICT_OK;
    (void)answer;
    if (!uid_is_nil(&told->quote) && (quote == NULL || !quote->is_open || quote->until <= m->now)) {
        return judge_ended(m, &told->quote);
    }
    if (is_return && !is_known_occasion(m, told)) {
        return VERDICT_OCCASION_UNKNOWN;
    }
    size_t count = read_steps(told->groups, steps);
    verdict =
        is_return ? judge_return(m, &told->occasion, steps, count) : judge_owners(m, steps, count);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    save(m);
    if (quote != NULL) {
        give_back(m, quote);
    }
    verdict = take_steps(m, steps, count, is_return);
    if (verdict != VERDICT_OK) {
        restore(m);
        if (quote != NULL) {
            quote->is_open = true;
        }
        return verdict;
    }
    for (size_t i = 0; i < count; i++) {
        keep_given(m, &told->occasion, &steps[i], is_return);
    }
    return VERDICT_OK;
}

/* ---- Members ---- */

static int64_t merged(uint64_t slot, int64_t own, int64_t other)
{
    if (own == 0 || other == 0) {
        return own + other;
    }
    switch (slot & 3) {
    case 0:
        return own + other;
    case 1:
        return own > other ? own : other;
    case 2:
        return own < other ? own : other;
    default:
        return own;
    }
}

void model_merge_standing(struct model *m, int from, int into)
{
    struct standing_owner giver = standing_of_member(&m->members[from].id);
    struct standing_owner receiver = standing_of_member(&m->members[into].id);
    size_t count = m->number_count;
    save(m);
    for (size_t i = 0; i < count; i++) {
        const struct model_number *n = &m->saved[i];
        if (standing_owner_equal(&n->owner, &giver)) {
            put(m, &receiver, n->slot, n->bucket,
                merged(n->slot, number_value(m, &receiver, n->slot, n->bucket), n->value));
        }
    }
}

static int64_t saved_value(const struct model *m, const struct standing_owner *owner, uint64_t slot,
                           int64_t bucket)
{
    for (size_t i = 0; i < m->saved_count; i++) {
        const struct model_number *n = &m->saved[i];
        if (n->slot == slot && n->bucket == bucket && standing_owner_equal(&n->owner, owner)) {
            return n->value;
        }
    }
    return 0;
}

static int64_t back_of(int64_t there, int64_t came)
{
    return came > 0 ? model_least(there > 0 ? there : 0, came)
                    : -model_least(there < 0 ? -there : 0, -came);
}

/* Of a mark what came, and what of it goes back. */
static int64_t part(const struct model *m, int from, int into, uint64_t slot, int64_t bucket,
                    int64_t *out_back)
{
    struct standing_owner giver = standing_of_member(&m->members[from].id);
    struct standing_owner receiver = standing_of_member(&m->members[into].id);
    int64_t came = saved_value(m, &giver, slot, bucket);
    *out_back = back_of(saved_value(m, &receiver, slot, bucket), came);
    return came;
}

static void part_number(struct model *m, int from, int into, uint64_t slot, int64_t bucket)
{
    struct standing_owner giver = standing_of_member(&m->members[from].id);
    struct standing_owner receiver = standing_of_member(&m->members[into].id);
    int64_t promised = 0;
    int64_t withheld = 0;
    int64_t there = saved_value(m, &receiver, slot, bucket);
    int64_t sure = there - saved_value(m, &receiver, slot_promised(slot), bucket);
    int64_t came = saved_value(m, &giver, slot, bucket) -
                   part(m, from, into, slot_promised(slot), bucket, &promised) +
                   part(m, from, into, slot_withheld(slot), bucket, &withheld);
    int64_t back = back_of(sure + withheld, came) + promised - withheld;
    put(m, &receiver, slot, bucket, there - back);
    put(m, &giver, slot, bucket, back);
}

void model_unmerge_standing(struct model *m, int from, int into)
{
    struct standing_owner giver = standing_of_member(&m->members[from].id);
    struct standing_owner receiver = standing_of_member(&m->members[into].id);
    save(m);
    for (size_t i = 0; i < m->saved_count; i++) {
        const struct model_number *n = &m->saved[i];
        bool is_one = standing_owner_equal(&n->owner, &giver) ||
                      (standing_owner_equal(&n->owner, &receiver) &&
                       saved_value(m, &giver, n->slot, n->bucket) == 0);
        if (is_one && (n->slot & 3) == 0) {
            part_number(m, from, into, n->slot, n->bucket);
        }
    }
}

static void forget_owner(struct model *m, const struct standing_owner *owner)
{
    for (size_t i = 0; i < m->number_count;) {
        if (standing_owner_equal(&m->numbers[i].owner, owner)) {
            m->numbers[i] = m->numbers[--m->number_count];
        } else {
            i++;
        }
    }
}

void model_forget_standing(struct model *m, int member)
{
    struct standing_owner owner = standing_of_member(&m->members[member].id);
    forget_owner(m, &owner);
}

void model_carry_standing(struct model *m, const struct standing_owner *from,
                          const struct card_number *moved_to)
{
    struct standing_owner to = standing_of_card(moved_to);
    if (follow(m, &to)) {
        model_carry_standing_to(m, from, &to);
    }
}

void model_carry_standing_to(struct model *m, const struct standing_owner *from,
                             const struct standing_owner *to)
{
    if (standing_owner_equal(from, to)) {
        return;
    }
    save(m);
    for (size_t i = 0; i < m->saved_count; i++) {
        const struct model_number *n = &m->saved[i];
        if (standing_owner_equal(&n->owner, from)) {
            put(m, to, n->slot, n->bucket,
                merged(n->slot, number_value(m, to, n->slot, n->bucket), n->value));
        }
    }
    forget_owner(m, from);
}
