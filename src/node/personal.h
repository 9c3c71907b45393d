/* Members' personal data on its way into the ledger and out of it: the ledger keeps reference and
 * name, language, consents and birthday sealed by the vault, and finds a member by the tag of its
 * reference.
 * Any thread.
 *
 * Erasing a member destroys the vault's key once the ledger has forgotten the member durably, and
 * at the next start when the node ended between the two.
 */
#ifndef NODE_PERSONAL_H
#define NODE_PERSONAL_H

#include "engine/engine.h"
#include "node/birthday.h"
#include "notify/words.h"

struct node;

struct personal {
    char reference[LIMIT_REFERENCE_BYTES + 1]; /* may be empty */
    char name[LIMIT_NAME_BYTES + 1];           /* may be empty */
    struct notify_wishes wishes;
    struct birthday birthday;
};

/* Fills in tags and sealed bytes of an enrolment, whose referrer is part of what was said.
 * `storage` is what `enrol->sealed` points into afterwards, and must stay until the command's
 * outcome is known. ERR_STORAGE when the vault can't make a key. */
MUST_USE enum err personal_seal(struct node *node, const struct personal *personal,
                                uint8_t storage[LIMIT_SEALED_PROFILE_BYTES],
                                struct command_enrol *enrol);
/* Under the key that `sealed` names, which may be the storage of the result: what takes its place.
 * ERR_NOT_FOUND when the key is gone. */
MUST_USE enum err personal_reseal(struct node *node, const struct personal *personal,
                                  struct slice sealed, struct buffer *out_sealed);
/* What was asked of a member's wishes, so that a repeat is known. */
void personal_wishes_tag(struct node *node, enum notify_language language, uint8_t changed,
                         uint8_t agreed, uint8_t out_tag[PERSONAL_TAG_SIZE]);
/* The same of a birthday. */
void personal_birthday_tag(struct node *node, const struct birthday *birthday,
                           uint8_t out_tag[PERSONAL_TAG_SIZE]);
/* Empty texts for empty bytes, as a pool or an erased member has them, and for a key that is gone.
 * ERR_CORRUPT when they do not open. */
MUST_USE enum err personal_open(struct node *node, struct slice sealed,
                                struct personal *out_personal);
/* The same for a screen: what does not open is logged, and its name is "(damaged)", so that one
 * damaged key does not hide all members. */
MUST_USE enum err personal_show(struct node *node, const struct uid *member, struct slice sealed,
                                struct personal *out_personal);
/* What a member is found by: the key of TABLE_REFERENCE. The reference is not empty. */
void personal_reference_tag(struct node *node, const char *reference,
                            uint8_t out_tag[PERSONAL_TAG_SIZE]);
/* An enrolment's outcome: what was sealed for one that was refused, or is known already, is not
 * kept. */
void personal_enrolled(struct node *node, struct slice sealed, const struct outcome *outcome);

/* The keys that an erasure is about: the member's, and those of all that were merged into it. */
struct personal_erasure {
    size_t count;
    uint64_t slots[1 + LIMIT_MERGED_PER_MEMBER];
};

/* Before COMMAND_ERASE_MEMBER is submitted. ERR_RESOURCE while too many are under way. */
MUST_USE enum err personal_begin_erasure(struct node *node, const struct command_erase *erase,
                                         struct personal_erasure *out_erasure);
/* With its outcome. An unknown one is settled at the next start. */
void personal_end_erasure(struct node *node, const struct personal_erasure *erasure,
                          const struct outcome *outcome);
/* What was under way when the node ended last. After recovery. */
MUST_USE enum err personal_recover(struct node *node, struct note *note);

#endif
