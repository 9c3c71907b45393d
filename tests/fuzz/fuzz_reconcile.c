/* A partner's part in the comparison of a half, as the first byte chooses: a question, an answer
 * that is held against a half of ours, a question for entries, their answer. Whatever it is, the
 * search ends, and refuses with a reason. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/reconcile.h"

#define LEAVES 37u

static struct hash leaf(uint64_t index)
{
    return tree_leaf(slice_of(&index, sizeof index));
}

static enum err whole(void *context, struct tree_place place, struct hash *out_hash)
{
    (void)context;
    struct hash hashes[LEAVES];
    size_t count = (size_t)1 << place.level;
    ASSERT((place.index << place.level) + count <= LEAVES);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = leaf((place.index << place.level) + i);
    }
    *out_hash = tree_fold(hashes, count);
    return ERR_OK;
}

static const struct tree_reader half = {NULL, LEAVES, whole};

static void take_question(const Talea__V1__CompareHalfRequest *message)
{
    static struct tree_place places[RECONCILE_PLACES];
    static struct hash hashes[RECONCILE_PLACES];
    struct compare_request request;
    struct note note = {{0}};
    enum err err = compare_request_of_message(message, &request, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return;
    }
    for (size_t i = 0; i < request.count; i++) {
        places[i] = (struct tree_place){request.level, request.indexes[i]};
    }
    ASSERT(reconcile_answer_places(&half, places, request.count, hashes) == ERR_OK);
}

/* The same answer again and again. */
static void take_answer(const Talea__V1__CompareHalfResponse *message)
{
    static struct reconcile reconcile;
    static struct compare_room room;
    struct compare_answer answer;
    struct note note = {{0}};
    enum err err = compare_answer_of_message(message, &room, &answer, &note);
    reconcile_begin(&reconcile, &half, 1);
    for (size_t i = 0; err == ERR_OK && !reconcile_is_over(&reconcile); i++) {
        size_t count;
        ASSERT(i <= TREE_LEVELS);
        (void)reconcile_ask(&reconcile, &count);
        ASSERT(count <= RECONCILE_PLACES);
        struct reconcile_answer part = {answer.first_number, answer.count, answer.hashes,
                                        answer.hash_count < count ? answer.hash_count : count};
        err = reconcile_take(&reconcile, &part, &note);
    }
    ASSERT(err == ERR_OK || note.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &talea__v1__compare_half_request__descriptor, &talea__v1__compare_half_response__descriptor,
        &talea__v1__show_entries_request__descriptor,
        &talea__v1__show_entries_response__descriptor};
    struct note note = {{0}};
    struct entries_request request;
    if (length == 0) {
        return 0;
    }
    unsigned choice = at[0] % 4;
    ProtobufCMessage *message = protobuf_c_message_unpack(types[choice], NULL, length - 1, at + 1);
    if (message == NULL) {
        return 0;
    }
    if (choice == 0) {
        take_question((const Talea__V1__CompareHalfRequest *)(const void *)message);
    } else if (choice == 1) {
        take_answer((const Talea__V1__CompareHalfResponse *)(const void *)message);
    } else if (choice == 2) {
        enum err err = entries_request_of_message(
            (const Talea__V1__ShowEntriesRequest *)(const void *)message, &request, &note);
        ASSERT(err == ERR_OK || note.text[0] != '\0');
    } else {
        enum err err = entries_answer_check(
            (const Talea__V1__ShowEntriesResponse *)(const void *)message, 2, &note);
        ASSERT(err == ERR_OK || note.text[0] != '\0');
    }
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}
