/* A draw as the ledger has it. Its stage is a standing of its own; each of its steps, and each page
 * of its list, is what a change of standings carries with it, under an id that follows from the
 * draw, so that a step that is told again is known. What is published of a step is kept as text.
 *
 * Any thread.
 */
#ifndef NODE_DRAW_STORE_H
#define NODE_DRAW_STORE_H

#include "draw/paper.h"
#include "ledger/standings.h"
#include "node/snapshot.h"

struct node;
struct outcome;

#define DRAW_SECRET_BYTES 64 /* the seed, and the key of the blinds */

/* What is remembered of a draw of this name. */
struct draw_state {
    struct standing_owner owner;
    unsigned stage; /* enum draw_stage; 0: not opened */
    struct unix_ms opened;
};

enum draw_step {
    DRAW_STEP_OPEN = 1,
    DRAW_STEP_CLOSE = 2,
    DRAW_STEP_REVEAL = 3,
    DRAW_STEP_PAGE = 4,
    DRAW_STEP_WON = 5,
    DRAW_STEP_EVENT = 6
};

MUST_USE enum err draw_find(struct node *node, const char *name, struct draw_state *out_state);
/* The occasion's id of a step; `salt` (may be NULL) and `number` tell pages and winners apart. */
struct uid draw_step_id(const struct draw_state *state, enum draw_step step,
                        const struct hash *salt, uint64_t number);

/* The text of all steps up to one, and the sealed secret: so each step is known for as long as its
 * own record is. Steps of a ledger that is older have what they added, and OPEN alone the secret.
 */
struct draw_kept {
    struct slice text; /* in the arena, as is all */
    struct slice sealed;
};
/* Moves on by one stage; waits. Of OPEN, `state` has the time. */
MUST_USE enum err draw_write_step(struct node *node, const struct draw_state *state,
                                  enum draw_step step, const struct draw_kept *kept,
                                  struct outcome *out_outcome);
/* The texts of all steps so far, one behind the other, and the sealed secret, in the arena.
 * ERR_NOT_FOUND: a record that has some of it is forgotten. */
MUST_USE enum err draw_read_steps(struct node *node, const struct snapshot *snapshot,
                                  const struct draw_state *state, struct arena *arena,
                                  struct buffer *out_text, struct slice *out_sealed);

/* One who takes part. */
struct draw_member {
    struct draw_entrant entrant;
    struct standing_owner owner; /* when the list was fixed */
};

#define DRAW_PAGE_MEMBERS 2048u

/* Writes the list by the page; `tell` hears how far it is (false: give up). Waits. */
MUST_USE enum err draw_write_pages(struct node *node, const struct draw_state *state,
                                   const struct hash *list, const struct draw_member *members,
                                   size_t count, bool (*tell)(void *context, uint64_t done),
                                   void *context);
/* `out_members` has room for DRAW_PAGE_MEMBERS. */
MUST_USE enum err draw_read_page(struct node *node, const struct snapshot *snapshot,
                                 const struct draw_state *state, const struct hash *list,
                                 uint64_t page, struct draw_member *out_members, size_t *out_count);
/* Who has the id in the list of so many pages; looks at a few of them. ERR_NOT_FOUND: nobody, or
 * the pages are forgotten. */
MUST_USE enum err draw_find_entrant(struct node *node, const struct snapshot *snapshot,
                                    const struct draw_state *state,
                                    const struct draw_closing *closing,
                                    const uint8_t id[DRAW_ID_BYTES],
                                    struct draw_member *out_member);
/* All of them; the caller frees it. */
MUST_USE enum err draw_read_list(struct node *node, const struct snapshot *snapshot,
                                 const struct draw_state *state, const struct draw_closing *closing,
                                 struct draw_member **out_members);

/* The secret of a draw, as it was sealed when it was opened. ERR_NOT_FOUND: its key is gone. */
MUST_USE enum err draw_open_secret(struct node *node, struct slice sealed,
                                   uint8_t out_secret[DRAW_SECRET_BYTES]);
/* The place among `count`, by id, of whoever has this one; SIZE_MAX: nobody. */
size_t draw_member_at(const struct draw_member *members, size_t count,
                      const uint8_t id[DRAW_ID_BYTES]);
/* For so many days what is written down now is not forgotten, with some to spare for what follows.
 */
int64_t draw_days_kept(const struct node *node);
/* A member's id or a card's digits. */
#define DRAW_OWNER_MAX 40
const char *draw_owner_text(const struct standing_owner *owner, char out_text[DRAW_OWNER_MAX]);
/* An owner's blind and id in the list. */
void draw_blind(const char *name, const uint8_t secret[DRAW_SECRET_BYTES],
                const struct standing_owner *owner, uint8_t out_blind[DRAW_BLIND_BYTES],
                uint8_t out_id[DRAW_ID_BYTES]);

/* Tells that a member won; members hear it by what follows the journal. Waits. */
MUST_USE enum err draw_write_won(struct node *node, const struct draw_state *state, uint64_t winner,
                                 const struct standing_owner *owner, const char *prize);

#endif
