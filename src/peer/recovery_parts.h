/* What the two files of recovery share. */
#ifndef PEER_RECOVERY_PARTS_H
#define PEER_RECOVERY_PARTS_H

#include "peer/recovery.h"

struct command recovery_command(const struct peer_host *host, enum command_kind kind);
MUST_USE enum err recovery_streams(const struct recovery *recovery, const struct peer_host *host,
                                   struct stream *out_out, struct stream *out_in);
/* Freezes the stream for what the note says. ERR_DISAGREE. */
MUST_USE enum err recovery_disagree(const struct recovery *recovery, const struct peer_host *host,
                                    enum stream_direction direction, struct note *note);

/* A page carries our own signature on what is not here: the ledger is marked as a copy. */
MUST_USE enum err recovery_prove(struct recovery *recovery, const struct peer_host *host);

/* Signed by this node, at whatever time? Keys that are not used any more signed it then.
 * ERR_SIGNATURE with a note. */
MUST_USE enum err recovery_verify_own(const struct peer_host *host,
                                      const struct signed_message *message, enum purpose purpose,
                                      struct note *note);

/* recovery_page.c: pages, each whole or not at all. ERR_NOT_FOUND, if it may wait: something in the
 * other stream comes first. */
MUST_USE enum err recovery_take_answered(struct recovery *recovery, const struct peer_host *host,
                                         const struct recover_page *page, bool may_wait,
                                         struct note *note);
MUST_USE enum err recovery_take_own(struct recovery *recovery, const struct peer_host *host,
                                    const struct recover_page *page, bool may_wait,
                                    struct note *note);
/* Grants and mandates. */
MUST_USE enum err recovery_take_promises(const struct recovery *recovery,
                                         const struct peer_host *host,
                                         const struct recover_page *page, struct note *note);

#endif
