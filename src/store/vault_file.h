/* The vault's file: its head, its notes and its slots as bytes. Internal to the module. */
#ifndef STORE_VAULT_FILE_H
#define STORE_VAULT_FILE_H

#include "base/limits.h"
#include "crypto/box.h"
#include "store/vault.h"

#define VAULT_VERSION     1u
#define VAULT_SLOT_BYTES  64u
#define VAULT_NOTE_BYTES  32u
#define VAULT_NOTES_AT    4096u
#define VAULT_SLOTS_AT    8192u
#define VAULT_CHECK_BYTES 8u

enum vault_slot_state {
    VAULT_SLOT_FREE = 0, /* never written, or lost before it was durable */
    VAULT_SLOT_USED = 1,
    VAULT_SLOT_DESTROYED = 2
};

struct vault_note {
    uint64_t slot; /* 0: an empty place */
    struct uid subject;
};

/* Opens or makes the file with its lock taken. Reads head and notes. */
MUST_USE enum err vault_file_open(const char *folder, enum vault_mode mode, int *out_fd,
                                  struct box_key *out_pepper,
                                  struct vault_note out_notes[LIMIT_VAULT_NOTES],
                                  uint64_t *out_slot_count, struct note *note);

/* ERR_STORAGE. */
MUST_USE enum err vault_flush(int fd);

static inline uint64_t vault_slot_at(uint64_t slot)
{
    return VAULT_SLOTS_AT + (slot - 1) * VAULT_SLOT_BYTES;
}

void vault_slot_encode(const struct box_key *pepper, uint64_t slot, const struct box_key *key,
                       uint8_t out[VAULT_SLOT_BYTES]);
/* `*out_key` is set for VAULT_SLOT_USED only. ERR_CORRUPT. */
MUST_USE enum err vault_slot_decode(const struct box_key *pepper, uint64_t slot,
                                    const uint8_t in[VAULT_SLOT_BYTES],
                                    enum vault_slot_state *out_state, struct box_key *out_key);
void vault_note_encode(const struct box_key *pepper, const struct vault_note *note,
                       uint8_t out[VAULT_NOTE_BYTES]);

#endif
