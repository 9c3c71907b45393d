#include "node/personal.h"

#include <string.h>

#include "crypto/hash.h"
#include "node/node.h"

enum {
    ENVELOPE_VERSION = 1
};

static void tag_of(const char *what, struct slice bytes, uint8_t out_tag[PERSONAL_TAG_SIZE])
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of(what, strlen(what) + 1));
    hasher_add(&hasher, bytes);
    struct hash hash = hasher_finish(&hasher);
    memcpy(out_tag, hash.bytes, PERSONAL_TAG_SIZE);
}

void personal_reference_tag(struct node *node, const char *reference,
                            uint8_t out_tag[PERSONAL_TAG_SIZE])
{
    (void)node;
    tag_of("reference", slice_of(reference, strlen(reference)), out_tag);
}

enum err personal_seal(struct node *node, const struct personal *personal,
                       uint8_t storage[LIMIT_SEALED_PROFILE_BYTES], struct command_enrol *enrol)
{
    struct buffer out = {.at = storage,
                         .capacity = LIMIT_SEALED_PROFILE_BYTES,
                         .limit = LIMIT_SEALED_PROFILE_BYTES};
    write_u8(&out, ENVELOPE_VERSION);
    write_block(&out, slice_of(personal->reference, strlen(personal->reference)));
    write_block(&out, slice_of(personal->name, strlen(personal->name)));
    TRY(out.err);
    enrol->sealed = buffer_slice(&out);
    tag_of("said", enrol->sealed, enrol->said_tag);
    if (personal->reference[0] != '\0') {
        personal_reference_tag(node, personal->reference, enrol->reference_tag);
    }
    return ERR_OK;
}

static void read_into(struct reader *in, char *out_text, size_t capacity)
{
    struct slice text = read_block(in);
    if (in->err == ERR_OK && text.length >= capacity) {
        in->err = ERR_CORRUPT;
    }
    if (in->err == ERR_OK && text.length > 0) {
        memcpy(out_text, text.at, text.length);
    }
}

enum err personal_open(struct node *node, struct slice sealed, struct personal *out_personal)
{
    (void)node;
    struct personal personal = {"", ""};
    if (sealed.length > 0) {
        struct reader in = reader_of(sealed);
        if (read_u8(&in) != ENVELOPE_VERSION) {
            return ERR_CORRUPT;
        }
        read_into(&in, personal.reference, sizeof personal.reference);
        read_into(&in, personal.name, sizeof personal.name);
        TRY(reader_finish(&in));
    }
    *out_personal = personal;
    return ERR_OK;
}
