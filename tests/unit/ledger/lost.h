/* The scene's ledger as an older copy that recovers from beta. */
#ifndef LEDGER_LOST_H
#define LEDGER_LOST_H

#include "scene.h"

void lost_begin(struct scene *scene);
/* One that comes back (RECOVER_ENTRY: our own, RECOVER_TAKEN: beta's), in its place in the stream.
 * `subject` may be NULL. */
struct command lost_entry(struct scene *scene, enum command_kind kind, enum entry_kind entry,
                          int64_t points, const struct card_number *card,
                          const struct uid *subject);
/* What was told first, under the id of what came back. */
struct command lost_told_again(struct desk *desk, const struct command *recovered,
                               enum command_kind kind);
/* Decides, and leaves the ledger as it is. */
enum err lost_decide(struct desk *desk, const struct command *command);
struct partner_recovery lost_recovery(const struct desk *desk);

#endif
