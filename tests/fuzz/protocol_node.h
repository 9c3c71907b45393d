/* One brand's node in memory, for a partner that says anything: the real engine, driven by its
 * caller, the real protocol, a journal and tables that simulate a disk. Only the partner's
 * signatures are not real: what begins with PROTOCOL_SIGNED counts as signed. */
#ifndef TESTS_FUZZ_PROTOCOL_NODE_H
#define TESTS_FUZZ_PROTOCOL_NODE_H

#include "peer/incoming.h"
#include "peer/outgoing.h"
#include "sim_disk.h"
#include "sim_tables.h"

#define PROTOCOL_SIGNED    0x5a
#define PROTOCOL_CARDS     3u
#define PROTOCOL_IDS       8u
#define PROTOCOL_SENT_KEPT 8u

/* A batch of ours that the partner got. */
struct protocol_batch {
    struct batch_head head;
    struct receipt_total total; /* of all its entries, if they are of one kind */
};

struct protocol_node {
    struct sim_disk disk;
    struct sim_tables *tables;
    struct engine *engine;
    struct unix_ms now;
    struct signing_key key;
    struct key_signer key_signer;
    struct signer signer;
    struct charter charter;
    struct charter_partner charter_partners[2];
    struct roster roster;
    struct roster_partner partners[2]; /* fuel, who says anything, and grocer, the node */
    struct tariff tariffs[2];
    struct uid member;
    struct card_number cards[PROTOCOL_CARDS]; /* of the member; fuel's; nobody's */
    struct incoming incoming;
    struct taking taking;
    struct outgoing outgoing;
    bool is_open;                                   /* the partner's stream to us */
    struct buffer last_answer;                      /* payload of the latest receipt that we gave */
    struct protocol_batch sent[PROTOCOL_SENT_KEPT]; /* oldest first */
    size_t sent_count;
    uint64_t serial; /* of ids that the node's own till makes */
};

extern const struct partner_id protocol_fuel;
extern const struct partner_id protocol_grocer;

void protocol_begin(struct protocol_node *node);
void protocol_end(struct protocol_node *node);
struct peer_host protocol_host(struct protocol_node *node);
/* As if the process ended, and began again; with tables as they were last written down, or (wiped)
 * from the journal alone. */
void protocol_restart(struct protocol_node *node, bool is_wiped);
/* One of a few ids, so that messages meet. */
struct uid protocol_id(unsigned number);
/* The node's own till; what it is answered does not matter. */
struct outcome protocol_tell(struct protocol_node *node, struct command *command);
/* An envelope that counts as signed by fuel. */
struct signed_message protocol_signed(const struct protocol_node *node, enum purpose purpose,
                                      struct slice payload);
/* What must hold whatever was said: every member's row, debits and credits, and that the journal
 * alone gives the same tables. */
void protocol_check(struct protocol_node *node);

#endif
