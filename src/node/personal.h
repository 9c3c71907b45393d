/* Members' personal data on its way into the ledger and out of it: the ledger keeps reference and
 * name sealed, and finds a member by the tag of its reference. Any thread.
 */
#ifndef NODE_PERSONAL_H
#define NODE_PERSONAL_H

#include "ledger/command.h"

struct node;

struct personal {
    char reference[LIMIT_REFERENCE_BYTES + 1]; /* may be empty */
    char name[LIMIT_NAME_BYTES + 1];           /* may be empty */
};

/* Fills in tags and sealed bytes of an enrolment. `storage` is what `enrol->sealed` points into
 * afterwards, and must stay until the command's outcome is known. */
MUST_USE enum err personal_seal(struct node *node, const struct personal *personal,
                                uint8_t storage[LIMIT_SEALED_PROFILE_BYTES],
                                struct command_enrol *enrol);
/* Empty texts for empty bytes, as a pool or an erased member has them. ERR_CORRUPT when they do not
 * open. */
MUST_USE enum err personal_open(struct node *node, struct slice sealed,
                                struct personal *out_personal);
/* What a member is found by: the key of TABLE_REFERENCE. The reference is not empty. */
void personal_reference_tag(struct node *node, const char *reference,
                            uint8_t out_tag[PERSONAL_TAG_SIZE]);

#endif
