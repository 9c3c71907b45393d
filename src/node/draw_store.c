#include "node/draw_store.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/box.h"
#include "crypto/hmac.h"
#include "draw/kept.h"
#include "node/judging.h"
#include "node/node.h"
#include "node/requests.h"
#include "store/vault.h"

/* Of a draw's own standing; both stay as they are. */
#define SLOT_STAGE  (4u | (unsigned)SLOT_STAYS)
#define SLOT_OPENED (8u | (unsigned)SLOT_STAYS)

#define PAGE_BYTES     (1u << 20)
#define PAGES_TOGETHER 8u
#define KEPT_BYTES     (1u << 20)

#define DAYS_OF_MONTH 30
#define DAYS_TO_SPARE 14

static void add_text(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, slice_of(text, strlen(text) + 1));
}

static struct standing_owner owner_named(const char *name)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_DRAW);
    add_text(&hasher, "name");
    add_text(&hasher, name);
    struct hash hash = hasher_finish(&hasher);
    return standing_of_code(&hash);
}

enum err draw_find(struct node *node, const char *name, struct draw_state *out_state)
{
    struct draw_state state = {.owner = owner_named(name)};
    struct standing_row *row;
    TRY(readers_standing(node->readers, &state.owner, &row));
    struct standing standing = standing_of_row(row);
    state.stage = (unsigned)standing_value(&standing, SLOT_STAGE, 0);
    state.opened.ms = standing_value(&standing, SLOT_OPENED, 0);
    free(row);
    *out_state = state;
    return ERR_OK;
}

struct uid draw_step_id(const struct draw_state *state, enum draw_step step,
                        const struct hash *salt, uint64_t number)
{
    struct hasher hasher;
    uint8_t bytes[1 + 8];
    put_u64_be(put_u8(bytes, (unsigned)step), number);
    hasher_init(&hasher, HASH_DOMAIN_DRAW);
    add_text(&hasher, "step");
    hasher_add(&hasher, slice_of(state->owner.id, sizeof state->owner.id));
    hasher_add(&hasher, slice_of(bytes, sizeof bytes));
    if (salt != NULL) {
        hasher_add(&hasher, slice_of(salt->bytes, sizeof salt->bytes));
    }
    struct hash hash = hasher_finish(&hasher);
    return uid_v8(state->opened.ms, hash.bytes);
}

static enum err read_step(struct node *node, const struct snapshot *snapshot,
                          const struct draw_state *state, enum draw_step step, struct arena *arena,
                          struct draw_kept *out_kept)
{
    struct command_standing change;
    struct draw_kept_step kept;
    struct uid id = draw_step_id(state, step, NULL, 0);
    TRY(judging_read_change(node, snapshot, &id, arena, &change));
    TRY(draw_kept_step_decode(change.evidence, &kept));
    *out_kept = (struct draw_kept){kept.text, kept.sealed};
    return ERR_OK;
}

/* A change of standings for an occasion of the node's own. */
static struct command change_of(struct node *node, const struct uid *id, struct slice groups,
                                struct slice evidence)
{
    struct uid transaction = standing_transaction(STANDING_ID_CHANGE, &node->config.partner, id);
    struct command command = command_now(node, COMMAND_CHANGE_STANDING, &transaction);
    command.standing = (struct command_standing){.issuer = node->config.partner,
                                                 .occasion = *id,
                                                 .said = hash_of(HASH_DOMAIN_BODY, evidence),
                                                 .groups = groups,
                                                 .evidence = evidence};
    return command;
}

enum err draw_write_step(struct node *node, const struct draw_state *state, enum draw_step step,
                         const struct draw_kept *kept, struct outcome *out_outcome)
{
    CLEANUP(buffer_fini) struct buffer groups = {0};
    CLEANUP(buffer_fini) struct buffer evidence = {0};
    struct standing_step steps[2] = {
        {.how = STANDING_SET, .slot = SLOT_STAGE, .before = (int64_t)step - 1, .after = step},
        {.how = STANDING_SET, .slot = SLOT_OPENED, .after = state->opened.ms}};
    struct draw_kept_step encoded = {kept->text, kept->sealed};
    struct uid id = draw_step_id(state, step, NULL, 0);
    standing_write_group(&groups, &state->owner, steps, step == DRAW_STEP_OPEN ? 2 : 1);
    draw_kept_step_encode(&encoded, &evidence);
    TRY(groups.err != ERR_OK ? groups.err : evidence.err);
    if (evidence.length > LIMIT_JUDGED_BYTES) {
        return ERR_RESOURCE;
    }
    struct command command = change_of(node, &id, buffer_slice(&groups), buffer_slice(&evidence));
    *out_outcome = engine_execute(node->engine, &command);
    return out_outcome->err;
}

enum err draw_read_steps(struct node *node, const struct snapshot *snapshot,
                         const struct draw_state *state, struct arena *arena,
                         struct buffer *out_text, struct slice *out_sealed)
{
    struct draw_kept kept[DRAW_STAGE_END];
    unsigned step = state->stage;
    ASSERT(step >= DRAW_STEP_OPEN && step < DRAW_STAGE_END);
    TRY(read_step(node, snapshot, state, (enum draw_step)step, arena, &kept[step]));
    while (step > DRAW_STEP_OPEN && !draw_is_whole(kept[step].text)) {
        step--;
        TRY(read_step(node, snapshot, state, (enum draw_step)step, arena, &kept[step]));
    }
    *out_sealed = kept[step].sealed;
    for (; step <= state->stage; step++) {
        write_bytes(out_text, kept[step].text.at, kept[step].text.length);
    }
    return out_text->err;
}

int64_t draw_days_kept(const struct node *node)
{
    int64_t days = (int64_t)node->config.limits.id_retention_months * DAYS_OF_MONTH - DAYS_TO_SPARE;
    return days;
}

/* ---- The list ---- */

static struct slice owner_bytes(const struct standing_owner *owner,
                                uint8_t out[1 + STANDING_OWNER_BYTES])
{
    out[0] = (uint8_t)owner->kind;
    memcpy(out + 1, owner->id, STANDING_OWNER_BYTES);
    return slice_of(out, 1 + STANDING_OWNER_BYTES);
}

static bool read_owner(struct slice bytes, struct standing_owner *out_owner)
{
    bool is_good = bytes.length == 1 + STANDING_OWNER_BYTES &&
                   (bytes.at[0] == OWNER_MEMBER || bytes.at[0] == OWNER_CARD);
    if (is_good) {
        out_owner->kind = (enum standing_owner_kind)bytes.at[0];
        memcpy(out_owner->id, bytes.at + 1, STANDING_OWNER_BYTES);
    }
    return is_good;
}

static void encode_page(const struct draw_member *members, size_t count, struct buffer *out)
{
    uint8_t owner[1 + STANDING_OWNER_BYTES];
    draw_kept_page_begin(out, count);
    for (size_t i = 0; i < count; i++) {
        struct draw_kept_row row = {members[i].entrant, owner_bytes(&members[i].owner, owner)};
        draw_kept_row_write(out, &row);
    }
}

static enum err submit_pages(struct node *node, const struct command *commands, size_t count)
{
    struct outcome outcomes[PAGES_TOGETHER];
    TRY(engine_execute_batch(node->engine, commands, count, false, outcomes));
    for (size_t i = 0; i < count; i++) {
        TRY(outcomes[i].err);
        if (outcomes[i].verdict != VERDICT_OK) {
            return ERR_CONFLICT;
        }
    }
    return ERR_OK;
}

enum err draw_write_pages(struct node *node, const struct draw_state *state,
                          const struct hash *list, const struct draw_member *members, size_t count,
                          bool (*tell)(void *context, uint64_t done), void *context)
{
    struct buffer pages[PAGES_TOGETHER] = {{0}};
    struct command commands[PAGES_TOGETHER];
    size_t open = 0;
    enum err err = ERR_OK;
    for (size_t at = 0; err == ERR_OK && at < count; at += DRAW_PAGE_MEMBERS) {
        size_t here = count - at < DRAW_PAGE_MEMBERS ? count - at : DRAW_PAGE_MEMBERS;
        struct uid id = draw_step_id(state, DRAW_STEP_PAGE, list, at / DRAW_PAGE_MEMBERS);
        buffer_clear(&pages[open]);
        encode_page(members + at, here, &pages[open]);
        err = pages[open].err;
        commands[open] = change_of(node, &id, slice_of(NULL, 0), buffer_slice(&pages[open]));
        open++;
        if (err == ERR_OK && (open == PAGES_TOGETHER || at + here == count)) {
            err = submit_pages(node, commands, open);
            open = 0;
            err = err == ERR_OK && !tell(context, at + here) ? ERR_CANCELLED : err;
        }
    }
    for (size_t i = 0; i < PAGES_TOGETHER; i++) {
        buffer_fini(&pages[i]);
    }
    return err;
}

static enum err decode_page(struct slice bytes, struct draw_member *out_members, size_t *out_count)
{
    struct reader in = reader_of(bytes);
    size_t count = draw_kept_page_read(&in, DRAW_PAGE_MEMBERS);
    for (size_t i = 0; i < count; i++) {
        struct draw_kept_row row;
        draw_kept_row_read(&in, &row);
        out_members[i].entrant = row.entrant;
        if (!read_owner(row.owner, &out_members[i].owner)) {
            return ERR_CORRUPT;
        }
    }
    *out_count = count;
    return reader_finish(&in);
}

enum err draw_read_page(struct node *node, const struct snapshot *snapshot,
                        const struct draw_state *state, const struct hash *list, uint64_t page,
                        struct draw_member *out_members, size_t *out_count)
{
    struct uid id = draw_step_id(state, DRAW_STEP_PAGE, list, page);
    struct command_standing change;
    struct arena arena;
    arena_init(&arena, PAGE_BYTES);
    enum err err = judging_read_change(node, snapshot, &id, &arena, &change);
    if (err == ERR_OK) {
        err = decode_page(change.evidence, out_members, out_count);
    }
    arena_fini(&arena);
    return err;
}

size_t draw_member_at(const struct draw_member *members, size_t count,
                      const uint8_t id[DRAW_ID_BYTES])
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(members[middle].entrant.id, id, DRAW_ID_BYTES);
        if (order == 0) {
            return middle;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return SIZE_MAX;
}

/* Halves the pages until one is left that may have it. */
static enum err find_in_pages(struct node *node, const struct snapshot *snapshot,
                              const struct draw_state *state, const struct draw_closing *closing,
                              const uint8_t id[DRAW_ID_BYTES], struct draw_member *members,
                              size_t *out_at)
{
    uint64_t low = 0;
    uint64_t high = (closing->entrants + DRAW_PAGE_MEMBERS - 1) / DRAW_PAGE_MEMBERS;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        size_t count = 0;
        TRY(draw_read_page(node, snapshot, state, &closing->list, middle, members, &count));
        if (count == 0) {
            return ERR_CORRUPT;
        }
        if (memcmp(id, members[0].entrant.id, DRAW_ID_BYTES) < 0) {
            high = middle;
        } else if (memcmp(id, members[count - 1].entrant.id, DRAW_ID_BYTES) > 0) {
            low = middle + 1;
        } else {
            *out_at = draw_member_at(members, count, id);
            return *out_at == SIZE_MAX ? ERR_NOT_FOUND : ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err draw_find_entrant(struct node *node, const struct snapshot *snapshot,
                           const struct draw_state *state, const struct draw_closing *closing,
                           const uint8_t id[DRAW_ID_BYTES], struct draw_member *out_member)
{
    struct draw_member *members = calloc(DRAW_PAGE_MEMBERS, sizeof members[0]);
    size_t at = 0;
    if (members == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = find_in_pages(node, snapshot, state, closing, id, members, &at);
    if (err == ERR_OK) {
        *out_member = members[at];
    }
    free(members);
    return err;
}

enum err draw_read_list(struct node *node, const struct snapshot *snapshot,
                        const struct draw_state *state, const struct draw_closing *closing,
                        struct draw_member **out_members)
{
    size_t count = (size_t)closing->entrants;
    struct draw_member *members =
        calloc(count + DRAW_PAGE_MEMBERS, sizeof members[0]); /* room for a whole page at the end */
    if (members == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = ERR_OK;
    for (size_t at = 0; err == ERR_OK && at < count;) {
        size_t here = 0;
        err = draw_read_page(node, snapshot, state, &closing->list, at / DRAW_PAGE_MEMBERS,
                             members + at, &here);
        bool is_whole = here == DRAW_PAGE_MEMBERS || at + here == count;
        err = err == ERR_OK && !is_whole ? ERR_CORRUPT : err;
        at += here;
    }
    if (err != ERR_OK) {
        free(members);
        return err;
    }
    *out_members = members;
    return ERR_OK;
}

/* ---- Who is who ---- */

enum err draw_open_secret(struct node *node, struct slice sealed,
                          uint8_t out_secret[DRAW_SECRET_BYTES])
{
    uint8_t bytes[DRAW_SECRET_BYTES + VAULT_SEALED_EXTRA];
    struct buffer plain = {.at = bytes, .capacity = sizeof bytes, .limit = sizeof bytes};
    enum err err = vault_open_sealed(node->vault, sealed, &plain);
    if (err == ERR_OK && plain.length != DRAW_SECRET_BYTES) {
        err = ERR_CORRUPT;
    }
    if (err == ERR_OK) {
        memcpy(out_secret, bytes, DRAW_SECRET_BYTES);
    }
    secret_forget(bytes, sizeof bytes);
    return err;
}

const char *draw_owner_text(const struct standing_owner *owner, char out_text[DRAW_OWNER_MAX])
{
    _Static_assert(UID_TEXT_MAX <= DRAW_OWNER_MAX && STANDING_OWNER_BYTES < DRAW_OWNER_MAX,
                   "both fit");
    if (owner->kind == OWNER_MEMBER) {
        struct uid member;
        memcpy(member.bytes, owner->id, sizeof member.bytes);
        return uid_format(&member, out_text);
    }
    memcpy(out_text, owner->id, STANDING_OWNER_BYTES);
    out_text[STANDING_OWNER_BYTES] = '\0';
    return out_text;
}

void draw_blind(const char *name, const uint8_t secret[DRAW_SECRET_BYTES],
                const struct standing_owner *owner, uint8_t out_blind[DRAW_BLIND_BYTES],
                uint8_t out_id[DRAW_ID_BYTES])
{
    char text[DRAW_OWNER_MAX];
    draw_owner_text(owner, text);
    struct slice part = slice_of(text, strlen(text));
    struct slice key = slice_of(secret + DRAW_SEED_BYTES, DRAW_SECRET_BYTES - DRAW_SEED_BYTES);
    struct hmac hmac = hmac_sha256(key, &part, 1);
    memcpy(out_blind, hmac.bytes, DRAW_BLIND_BYTES);
    draw_entrant_id(name, text, out_blind, out_id);
}

enum err draw_write_won(struct node *node, const struct draw_state *state, uint64_t winner,
                        const struct standing_owner *owner, const char *prize)
{
    CLEANUP(buffer_fini) struct buffer evidence = {0};
    bool is_member = owner->kind == OWNER_MEMBER;
    struct draw_kept_won won = {slice_of(prize, strlen(prize)),
                                slice_of(owner->id, is_member ? sizeof(struct uid) : 0)};
    struct uid id = draw_step_id(state, DRAW_STEP_WON, NULL, winner);
    draw_kept_won_encode(&won, &evidence);
    TRY(evidence.err);
    struct command command = change_of(node, &id, slice_of(NULL, 0), buffer_slice(&evidence));
    struct outcome outcome = engine_execute(node->engine, &command);
    return outcome.err;
}
