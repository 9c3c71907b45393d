/* The node's TLS identity and whom it trusts, read again when told to. */
#ifndef NODE_CREDENTIALS_H
#define NODE_CREDENTIALS_H

#include "base/clock.h"
#include "node/snapshot.h"
#include "rpc/client.h"
#include "rpc/server.h"

struct credentials;

MUST_USE enum err credentials_open(const struct node_config *config, struct snapshot *snapshot,
                                   struct clock_port clock, struct credentials **out_credentials,
                                   struct note *note);
void credentials_close(struct credentials *credentials);
/* Reads the files again and takes the snapshot's roots; on failure the old ones stay. */
MUST_USE enum err credentials_reload(struct credentials *credentials, struct snapshot *snapshot,
                                     struct note *note);
/* The same for a charter that came from a partner: when the files don't fit it (this brand has a
 * new authority in it and its certificate is still the old one's), the certificate in use goes on,
 * and the note says so. */
MUST_USE enum err credentials_follow(struct credentials *credentials, struct snapshot *snapshot,
                                     struct note *note);
struct rpc_server_tls credentials_server_tls(struct credentials *credentials);
/* A channel to a partner's node: its certificate must come from that partner's own CA and carry the
 * partner's name. */
MUST_USE enum err credentials_connect(struct credentials *credentials,
                                      const struct charter_partner *partner,
                                      struct rpc_client **out_client, struct note *note);
/* Grows with each reload: a channel made under an older one offers an older certificate. */
uint64_t credentials_generation(struct credentials *credentials);
/* When the node's own certificate ends, for metrics. */
struct unix_ms credentials_not_after(struct credentials *credentials);

#endif
