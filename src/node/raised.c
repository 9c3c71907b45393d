#include "node/raised.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/waiting.h"
#include "ledger/referral.h"
#include "node/node.h"
#include "node/own_event.h"
#include "node/requests.h"

#define QUEUE_EVENTS 1024u  /* beyond them a look at the table finds the rest */
#define SCAN_EVENTS  256u   /* of the table at once */
#define LOOK_MS      600000 /* between two looks for what was left */
#define RETRY_MS     1000   /* while the ledger does not write */
#define GIVE_UP_MS   (90 * DAY_MS)

/* ---- Written down ---- */

static enum err write_one(struct judging_case *judged, const struct node *node,
                          const struct uid *referrer, size_t place)
{
    const struct raised *raised = &judged->judgement.raised[place];
    const struct raised_event event = {.referrer = *referrer,
                                       .programme = judged->version->number,
                                       .rule = raised->rule,
                                       .depth = judged->depth + 1,
                                       .time = judged->give.business_time,
                                       .raised_at = node_now(node)};
    struct standing_owner owner = standing_of_raised(&judged->id, (unsigned)place);
    struct standing_step steps[RAISED_STEPS];
    size_t count = raised_steps(&event, false, steps);
    standing_write_group(&judged->groups, &owner, steps, count);
    return judged->groups.err;
}

enum err raised_write(const struct node *node, struct judging_case *judged, struct note *note)
{
    const struct judgement *judgement = &judged->judgement;
    char text[UID_TEXT_MAX] = "";
    struct slice key = judged->occasion.shopper.referrer;
    struct uid referrer;
    judged->raised_count = 0;
    write_bytes(&judged->groups, judged->ends.at, judged->ends.length);
    TRY(judged->groups.err);
    if (judgement->raised_count == 0 || judged->depth >= RAISED_DEPTH_MAX ||
        key.length >= sizeof text) {
        return ERR_OK;
    }
    if (judgement->raised_count > RAISED_PER_OCCASION) {
        return note_set(note, ERR_INPUT, "the programme raises more than %u events at once",
                        RAISED_PER_OCCASION);
    }
    memcpy(text, key.at, key.length);
    if (uid_parse(text, &referrer) != ERR_OK) {
        return ERR_OK;
    }
    for (size_t i = 0; i < judgement->raised_count; i++) {
        TRY(write_one(judged, node, &referrer, i));
    }
    judged->raised_count = judgement->raised_count;
    return ERR_OK;
}

#define TAKEN_BACK 128u /* the place of what takes back an event: its own, and so much */

/* The steps of an owner's group as they would be written for another, if something came to be. */
static enum err read_marks(struct reader *in, uint32_t count, struct standing_step *out_steps,
                           size_t *out_count)
{
    *out_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct standing_step step;
        standing_read_step(in, &step);
        if (in->err == ERR_OK && step.how == STANDING_SET && step.after != 0 &&
            *out_count < RAISED_STEPS) {
            out_steps[(*out_count)++] = step;
        }
    }
    return in->err;
}

enum err raised_take_back(const struct uid *occasion, struct slice gave, struct buffer *groups,
                          bool *out_is_any)
{
    struct reader in = reader_of(gave);
    while (in.err == ERR_OK && in.at < in.end) {
        struct standing_owner owner;
        struct standing_step steps[RAISED_STEPS];
        uint32_t count = 0;
        size_t marks = 0;
        standing_read_group(&in, &owner, &count);
        TRY(read_marks(&in, count, steps, &marks));
        unsigned place = owner.id[STANDING_OWNER_BYTES - 1];
        bool is_raised = owner.kind == OWNER_RAISED && marks > 0 &&
                         memcmp(owner.id, occasion->bytes, sizeof occasion->bytes) == 0;
        if (is_raised && place < TAKEN_BACK) {
            struct standing_owner back = standing_of_raised(occasion, place + TAKEN_BACK);
            standing_write_group(groups, &back, steps, marks);
            *out_is_any = true;
        }
    }
    return in.err;
}

/* ---- Judged ---- */

struct raiser {
    struct node *node;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
    bool has_more; /* than the queue holds */
    size_t count;
    struct standing_owner queue[QUEUE_EVENTS];
};

/* One that is being judged. */
struct raising {
    struct node *node;
    struct standing_owner owner; /* the event's */
    struct raised_event event;
    struct uid id;
    struct snapshot *snapshot;
    struct buffer ends;
    bool is_back; /* it is to be taken back */
};

/* ERR_NOT_FOUND: it was judged. */
static enum err read_event(struct raising *r)
{
    struct standing_row *row;
    TRY(readers_standing(r->node->readers, &r->owner, &row));
    struct standing standing = standing_of_row(row);
    bool is_there = raised_read(&standing, &r->event);
    free(row);
    return is_there ? ERR_OK : ERR_NOT_FOUND;
}

/* Ids follow from the occasion's: the event's, or of what takes it back. */
static void name_id(struct raising *r, unsigned place)
{
    struct uid occasion;
    memcpy(occasion.bytes, r->owner.id, sizeof occasion.bytes);
    r->id = standing_transaction((enum standing_id)(STANDING_ID_RAISED + place),
                                 &r->node->config.partner, &occasion);
}

static void name_event(struct raising *r)
{
    struct standing_step steps[RAISED_STEPS];
    unsigned place = r->owner.id[STANDING_OWNER_BYTES - 1];
    r->is_back = place >= TAKEN_BACK;
    name_id(r, place);
    buffer_clear(&r->ends);
    standing_write_group(&r->ends, &r->owner, steps, raised_steps(&r->event, true, steps));
}

/* The name in the rule that raised it; empty, which no rule is about: that version is not kept. */
static struct slice event_name(const struct raising *r)
{
    const struct programme_version *version =
        programmes_find(r->snapshot->programmes, r->event.programme);
    const struct rules_text *text =
        version == NULL || version->rules == NULL ? NULL : rules_text(version->rules);
    if (text == NULL || r->event.rule >= text->rule_count ||
        text->rules[r->event.rule].gift.gives != GIVES_EVENT) {
        return slice_of("", 0);
    }
    return text->rules[r->event.rule].gift.event;
}

/* Nobody is there to be given anything, or no rule is about it. */
static enum err drop_event(struct raising *r)
{
    struct uid id = standing_transaction(STANDING_ID_CHANGE, &r->node->config.partner, &r->id);
    struct command command = command_now(r->node, COMMAND_CHANGE_STANDING, &id);
    command.standing = (struct command_standing){
        .issuer = r->node->config.partner, .occasion = r->id, .groups = buffer_slice(&r->ends)};
    struct outcome outcome = engine_execute(r->node->engine, &command);
    TRY(outcome.err);
    return outcome.verdict == VERDICT_OK || outcome.verdict == VERDICT_TRANSACTION_ID_REUSED
               ? ERR_OK
               : ERR_UNAVAILABLE;
}

static void log_waiting(struct raising *r, const char *why)
{
    char text[UID_TEXT_MAX];
    log_event(&r->node->log, LOG_LEVEL_WARNING, "raised_event_waits",
              LOG_TEXT("event_id", uid_format(&r->id, text)), LOG_TEXT("detail", why));
}

/* ERR_CONFLICT: judged on what is no more so. */
static enum err judge_once(struct raising *r, struct slice name)
{
    const struct own_event event = {.id = r->id,
                                    .member = r->event.referrer,
                                    .name = name,
                                    .time = r->event.time,
                                    .depth = r->event.depth,
                                    .ends = buffer_slice(&r->ends)};
    struct note note = {""};
    enum err err = own_event_judge(r->node, r->snapshot, &event, &note);
    if (note.text[0] != '\0') {
        log_waiting(r, note.text);
    }
    return err == ERR_NOT_FOUND ? drop_event(r) : err;
}

/* The event was not judged yet: then it never is, and its mark goes with the other. */
static enum err drop_both(struct raising *r)
{
    struct standing_step steps[RAISED_STEPS];
    struct standing_owner event = r->owner;
    event.id[STANDING_OWNER_BYTES - 1] -= (uint8_t)TAKEN_BACK;
    standing_write_group(&r->ends, &event, steps, raised_steps(&r->event, true, steps));
    TRY(r->ends.err);
    name_id(r, event.id[STANDING_OWNER_BYTES - 1]);
    return drop_event(r);
}

/* ERR_NOT_FOUND: the event was judged. */
static enum err find_waiting(const struct raising *r)
{
    struct raising event = *r;
    event.owner.id[STANDING_OWNER_BYTES - 1] -= (uint8_t)TAKEN_BACK;
    return read_event(&event);
}

/* An event that took place is returned like a sale. */
static enum err take_back(struct raising *r)
{
    struct outcome outcome;
    unsigned place = r->owner.id[STANDING_OWNER_BYTES - 1];
    enum err err = find_waiting(r);
    if (err != ERR_NOT_FOUND) {
        return err == ERR_OK ? drop_both(r) : err;
    }
    struct command command = command_now(r->node, COMMAND_RETURN_SALE, &r->id);
    name_id(r, place - TAKEN_BACK);
    command.return_sale.sale = r->id;
    TRY(judging_return_both(r->node, r->snapshot, &command, buffer_slice(&r->ends), &outcome));
    if (outcome.verdict == VERDICT_OK) {
        return ERR_OK;
    }
    if (outcome.verdict == VERDICT_STANDING_MOVED) {
        return ERR_CONFLICT;
    }
    r->id = command.transaction_id; /* nothing was given, or it was taken back by hand */
    return drop_event(r);
}

static enum err settle_once(struct raising *r)
{
    enum err err = read_event(r);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    name_event(r);
    TRY(r->ends.err);
    if (r->is_back) {
        return take_back(r);
    }
    struct slice name = event_name(r);
    const struct programme_version *version = programmes_at(r->snapshot->programmes, r->event.time);
    if (version->number == 0) {
        return ERR_UNAVAILABLE; /* the ledger doesn't write yet, and keeps it then */
    }
    bool is_old = node_now(r->node).ms - r->event.raised_at.ms > GIVE_UP_MS;
    if (is_old || !own_event_is_heard_by(version, name)) {
        log_event(&r->node->log, LOG_LEVEL_WARNING, "raised_event_dropped",
                  LOG_TEXT("detail", is_old ? "nobody could be given it for too long"
                                            : "no rule of the programme is about it"));
        return drop_event(r);
    }
    return judge_once(r, name);
}

/* Judges the event, if it is still to be. Waits. ERR_INPUT: not now, and not soon. */
static enum err settle(struct node *node, const struct standing_owner *owner)
{
    struct raising r = {.node = node, .owner = *owner, .snapshot = node_snapshot(node)};
    enum err err = ERR_CONFLICT;
    for (unsigned i = 0; i < JUDGING_TRIES && err == ERR_CONFLICT; i++) {
        err = settle_once(&r);
    }
    buffer_fini(&r.ends);
    snapshot_release(r.snapshot);
    return err;
}

/* ---- The thread ---- */

struct found {
    size_t count;
    struct standing_owner owners[SCAN_EVENTS];
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct found *found = context;
    struct standing_owner owner = {.kind = OWNER_RAISED};
    struct reader in = reader_of(key);
    (void)read_u8(&in);
    read_copy(&in, owner.id, sizeof owner.id);
    TRY(reader_finish(&in));
    found->owners[found->count++] = owner;
    return found->count == SCAN_EVENTS ? ERR_NOT_FOUND : ERR_OK;
}

static bool is_stopping(struct raiser *raiser)
{
    pthread_mutex_lock(&raiser->lock);
    bool is_so = raiser->is_stopping;
    pthread_mutex_unlock(&raiser->lock);
    return is_so;
}

/* All that the table has, in slices. Not ERR_OK when some is left that could be judged soon. */
static enum err look(struct raiser *raiser)
{
    struct node *node = raiser->node;
    struct found *found = calloc(1, sizeof *found);
    const uint8_t kind = OWNER_RAISED;
    struct ledger_key from = {.length = 0};
    enum err result =
        found == NULL ? ERR_RESOURCE : state_checkpoint_table(node->state, TABLE_STANDING);
    bool is_more = result == ERR_OK;
    while (is_more && !is_stopping(raiser)) {
        found->count = 0;
        enum err err = state_scan(node->state, TABLE_STANDING, slice_of(&kind, 1),
                                  slice_of(from.bytes, from.length), gather, found);
        for (size_t i = 0; i < found->count && err == ERR_OK && !is_stopping(raiser); i++) {
            enum err settled = settle(node, &found->owners[i]);
            result = settled == ERR_OK || settled == ERR_INPUT ? result : settled;
        }
        is_more = err == ERR_OK && found->count == SCAN_EVENTS;
        if (is_more) { /* from the one behind: what is judged is gone by then, or is found so */
            key_standing(&found->owners[SCAN_EVENTS - 1], &from);
        }
        result = err == ERR_OK ? result : err;
    }
    free(found);
    return result;
}

/* What was told, taken out; false when there is nothing to do before the wait ends. */
static bool await(struct raiser *raiser, int64_t ms, struct found *out_found, bool *out_look)
{
    struct timespec until = monotonic_after(ms);
    int result = 0;
    pthread_mutex_lock(&raiser->lock);
    while (!raiser->is_stopping && raiser->count == 0 && !raiser->has_more && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&raiser->wake, &raiser->lock, &until);
    }
    out_found->count = raiser->count < SCAN_EVENTS ? raiser->count : SCAN_EVENTS;
    memcpy(out_found->owners, raiser->queue, out_found->count * sizeof raiser->queue[0]);
    raiser->count -= out_found->count;
    memmove(raiser->queue, raiser->queue + out_found->count,
            raiser->count * sizeof raiser->queue[0]);
    *out_look = result == ETIMEDOUT || (raiser->has_more && raiser->count == 0);
    raiser->has_more = raiser->has_more && raiser->count > 0;
    bool goes_on = !raiser->is_stopping;
    pthread_mutex_unlock(&raiser->lock);
    return goes_on;
}

static void *raise_all(void *context)
{
    struct raiser *raiser = context;
    struct found found;
    bool is_due = false;
    int64_t next_ms = clock_ms();
    while (await(raiser, next_ms - clock_ms(), &found, &is_due)) {
        bool has_failed = false;
        for (size_t i = 0; i < found.count && !is_stopping(raiser); i++) {
            enum err err = settle(raiser->node, &found.owners[i]);
            has_failed = has_failed || (err != ERR_OK && err != ERR_INPUT);
        }
        if (is_due) {
            next_ms = clock_ms() + (look(raiser) == ERR_OK ? LOOK_MS : RETRY_MS);
        } else if (has_failed && next_ms > clock_ms() + RETRY_MS) {
            next_ms = clock_ms() + RETRY_MS;
        }
    }
    return NULL;
}

enum err raiser_start(struct node *node, struct raiser **out_raiser)
{
    struct raiser *raiser = calloc(1, sizeof *raiser);
    if (raiser == NULL) {
        return ERR_RESOURCE;
    }
    raiser->node = node;
    pthread_mutex_init(&raiser->lock, NULL);
    cond_init_monotonic(&raiser->wake);
    if (pthread_create(&raiser->thread, NULL, raise_all, raiser) != 0) {
        pthread_cond_destroy(&raiser->wake);
        pthread_mutex_destroy(&raiser->lock);
        free(raiser);
        return ERR_RESOURCE;
    }
    *out_raiser = raiser;
    return ERR_OK;
}

void raiser_stop(struct raiser *raiser)
{
    if (raiser == NULL) {
        return;
    }
    pthread_mutex_lock(&raiser->lock);
    raiser->is_stopping = true;
    pthread_cond_signal(&raiser->wake);
    pthread_mutex_unlock(&raiser->lock);
    pthread_join(raiser->thread, NULL);
    pthread_cond_destroy(&raiser->wake);
    pthread_mutex_destroy(&raiser->lock);
    free(raiser);
}

void raiser_tell(struct raiser *raiser, const struct judging_case *judged)
{
    if (raiser == NULL || judged->raised_count == 0) {
        return;
    }
    pthread_mutex_lock(&raiser->lock);
    for (size_t i = 0; i < judged->raised_count; i++) {
        if (raiser->count == QUEUE_EVENTS) {
            raiser->has_more = true;
        } else {
            raiser->queue[raiser->count++] = standing_of_raised(&judged->id, (unsigned)i);
        }
    }
    pthread_cond_signal(&raiser->wake);
    pthread_mutex_unlock(&raiser->lock);
}

void raiser_look(struct raiser *raiser)
{
    if (raiser == NULL) {
        return;
    }
    pthread_mutex_lock(&raiser->lock);
    raiser->has_more = true;
    pthread_cond_signal(&raiser->wake);
    pthread_mutex_unlock(&raiser->lock);
}
