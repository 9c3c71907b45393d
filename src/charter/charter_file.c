#include "charter/charter_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "charter/introduction_wire.h"

/* One partner's signature. */
struct given_signature {
    struct partner_id partner;
    struct signature signature;
};

/* A payload and its signatures, sorted by partner. */
struct signed_copy {
    struct slice payload; /* borrowed */
    struct given_signature *signatures;
    size_t count;
};

static void signed_copy_fini(struct signed_copy *copy)
{
    free(copy->signatures);
}

/* In its place among the others; a partner's second one is left out, it would be the same. */
static void signed_copy_add(struct signed_copy *copy, const struct given_signature *given)
{
    size_t place = 0;
    while (place < copy->count &&
           partner_id_compare(&copy->signatures[place].partner, &given->partner) < 0) {
        place++;
    }
    struct given_signature *at = &copy->signatures[place];
    if (place < copy->count && partner_id_equal(&at->partner, &given->partner)) {
        return;
    }
    memmove(at + 1, at, (copy->count - place) * sizeof *at);
    *at = *given;
    copy->count++;
}

static enum err signed_copy_pack(const struct signed_copy *copy, struct buffer *out)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct fields fields = fields_begin("charter", NULL);
    Talea__V1__SignedCharter m;
    talea__v1__signed_charter__init(&m);
    Talea__V1__CharterSignature *rows = fields_array(&fields, &arena, copy->count, sizeof *rows);
    uint8_t *payload = fields_array(&fields, &arena, copy->payload.length, 1);
    m.signatures = fields_array(&fields, &arena, copy->count, sizeof *m.signatures);
    TRY(fields.err);
    memcpy(payload, copy->payload.at, copy->payload.length);
    m.payload = binary_of(payload, copy->payload.length);
    for (size_t i = 0; i < copy->count; i++) {
        struct given_signature *given = &copy->signatures[i];
        talea__v1__charter_signature__init(&rows[i]);
        rows[i].partner = given->partner.text;
        rows[i].signature = binary_of(given->signature.bytes, sizeof given->signature.bytes);
        m.signatures[i] = &rows[i];
    }
    m.n_signatures = copy->count;
    return fields_pack(&m.base, out);
}

/* Takes the signatures out of a file's bytes that charter_open took, which were therefore verified.
 */
static enum err signed_copy_take(struct signed_copy *copy, struct slice bytes, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct fields fields = fields_begin("charter", note);
    const Talea__V1__SignedCharter *m =
        (const void *)fields_unpack(&fields, &talea__v1__signed_charter__descriptor, bytes, &arena);
    if (m == NULL) {
        return fields.err;
    }
    for (size_t i = 0; i < m->n_signatures; i++) {
        struct given_signature given;
        field_partner(&fields, "a signature", m->signatures[i]->partner, &given.partner);
        field_bytes(&fields, "a signature", &m->signatures[i]->signature, given.signature.bytes,
                    sizeof given.signature.bytes);
        TRY(fields.err);
        signed_copy_add(copy, &given);
    }
    return ERR_OK;
}

/* Room for a signature of every partner. */
static enum err signed_copy_begin(const struct charter *charter, struct signed_copy *out_copy,
                                  struct note *note)
{
    out_copy->payload = charter->payload;
    out_copy->signatures = calloc(charter->partner_count + 1, sizeof *out_copy->signatures);
    return out_copy->signatures == NULL
               ? note_set(note, ERR_RESOURCE, "charter: there is no memory for its signatures")
               : ERR_OK;
}

static void charter_end(struct charter **charter)
{
    charter_close(*charter);
}

enum err charter_sign(struct slice bytes, const struct signing_key *root,
                      const struct partner_id *partner, struct buffer *out, struct note *note)
{
    CLEANUP(charter_end) struct charter *charter = NULL;
    CLEANUP(signed_copy_fini) struct signed_copy copy = {.count = 0};
    TRY(charter_open(bytes, &charter, note));
    const struct charter_partner *found = charter_partner_find(charter, partner);
    if (found == NULL) {
        return note_set(note, ERR_NOT_FOUND, "charter: %s is no partner of it", partner->text);
    }
    if (!public_key_equal(&found->root, &root->public_key)) {
        return note_set(note, ERR_DENIED, "charter: the key is not the root key of %s in it",
                        partner->text);
    }
    struct given_signature given = {.partner = *partner};
    struct signing_scope scope = {
        .coalition = charter->coalition, .purpose = PURPOSE_CHARTER, .epoch = charter->epoch};
    TRY(signing_sign(root, &scope, charter->payload, &given.signature));
    TRY(signed_copy_begin(charter, &copy, note));
    TRY(signed_copy_take(&copy, bytes, note));
    signed_copy_add(&copy, &given);
    return signed_copy_pack(&copy, out);
}

enum err charter_merge_signatures(struct slice a, struct slice b, struct buffer *out,
                                  struct note *note)
{
    CLEANUP(charter_end) struct charter *first = NULL;
    CLEANUP(charter_end) struct charter *second = NULL;
    CLEANUP(signed_copy_fini) struct signed_copy copy = {.count = 0};
    TRY(charter_open(a, &first, note));
    TRY(charter_open(b, &second, note));
    if (!slice_equal(first->payload, second->payload)) {
        return note_set(note, ERR_CONFLICT,
                        "charter: the two copies are not of the same charter; their signatures "
                        "cannot be joined");
    }
    TRY(signed_copy_begin(first, &copy, note));
    TRY(signed_copy_take(&copy, a, note));
    TRY(signed_copy_take(&copy, b, note));
    return signed_copy_pack(&copy, out);
}

static enum err check_path(const char *path, struct note *note)
{
    size_t length = strlen(path);
    size_t ending = strlen(TALEA_FILE_EXTENSION);
    if (length <= ending || strcmp(path + length - ending, TALEA_FILE_EXTENSION) != 0) {
        return note_set(note, ERR_INPUT, "%.400s: charters and introductions end in %s", path,
                        TALEA_FILE_EXTENSION);
    }
    return ERR_OK;
}

enum err charter_file_read(const char *path, struct buffer *out_bytes, struct note *note)
{
    TRY(check_path(path, note));
    TRY(file_read(path, FILE_PUBLIC, LIMIT_CHARTER_BYTES, out_bytes, note));
    return out_bytes->length == 0 ? note_set(note, ERR_INPUT, "%.400s: the file is empty", path)
                                  : ERR_OK;
}

enum err charter_file_write(const char *path, struct slice bytes, struct note *note)
{
    TRY(check_path(path, note));
    return file_create(path, FILE_PUBLIC, bytes, note);
}

enum err charter_load(const char *path, struct charter **out_charter, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct note reason = {{0}};
    TRY(charter_file_read(path, &bytes, note));
    enum err err = charter_open(buffer_slice(&bytes), out_charter, &reason);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "%.160s: %.320s", path, reason.text);
}
