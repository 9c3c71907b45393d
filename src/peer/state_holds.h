/* The holds of a state, for who is asked what it holds of a partner (peer/holdings.h). */
#ifndef PEER_STATE_HOLDS_H
#define PEER_STATE_HOLDS_H

#include "peer/host.h"
#include "store/state.h"

/* The state is borrowed. */
struct hold_scan hold_scan_of(struct state *state);

#endif
