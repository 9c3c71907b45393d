/* What a partner sends to the engine of an engine_world. */
#ifndef PROPERTY_ENGINE_PARTNER_H
#define PROPERTY_ENGINE_PARTNER_H

#include "engine_world.h"

/* A batch of one entry, sometimes sent twice. The command says which, but for its place in the
 * stream. As engine_world_run. */
bool engine_partner_sends(struct engine_world *w, struct command *command, bool is_sent_twice);

#endif
