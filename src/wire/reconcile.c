#include "wire/reconcile.h"

#include <string.h>

#include "base/limits.h"
#include "wire/fields.h"

static enum err check_root(struct fields *fields, const struct half_root *root)
{
    field_pair(fields, &root->sender, &root->receiver);
    field_period(fields, "period", root->period);
    field_time(fields, "said_unix_ms", root->said);
    field_require(fields,
                  partner_id_equal(&root->holder, &root->sender) ||
                      partner_id_equal(&root->holder, &root->receiver),
                  "holder", "is neither the sender nor the receiver");
    field_require(fields,
                  root->first_number > 0 && root->count > 0 &&
                      root->count < UINT64_C(1) << TREE_LEVELS && !hash_is_zero(&root->root),
                  "count", "is of no half");
    return fields->err;
}

enum err wire_half_root_encode(const struct half_root *root, struct buffer *out)
{
    struct fields fields = fields_begin("HalfRoot", NULL);
    TRY(check_root(&fields, root));
    struct half_root r = *root;
    Talea__V1__HalfRoot m;
    talea__v1__half_root__init(&m);
    m.holder = r.holder.text;
    m.sender = r.sender.text;
    m.receiver = r.receiver.text;
    m.period = r.period.code;
    m.first_number = r.first_number;
    m.count = r.count;
    m.root = binary_of(r.root.bytes, sizeof r.root.bytes);
    m.said_unix_ms = r.said.ms;
    return fields_pack(&m.base, out);
}

enum err wire_half_root_decode(struct slice bytes, struct half_root *out_root, struct note *note)
{
    struct fields fields = fields_begin("HalfRoot", note);
    struct scratch scratch;
    const Talea__V1__HalfRoot *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__half_root__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct half_root r = {.period = {m->period},
                          .first_number = m->first_number,
                          .count = m->count,
                          .said = {m->said_unix_ms}};
    field_partner(&fields, "holder", m->holder, &r.holder);
    field_partner(&fields, "sender", m->sender, &r.sender);
    field_partner(&fields, "receiver", m->receiver, &r.receiver);
    field_hash(&fields, "root", &m->root, &r.root);
    TRY(check_root(&fields, &r));
    *out_root = r;
    return ERR_OK;
}

enum err compare_request_of_message(const Talea__V1__CompareHalfRequest *message,
                                    struct compare_request *out_request, struct note *note)
{
    struct fields fields = fields_begin("CompareHalfRequest", note);
    field_period(&fields, "period", (struct period){message->period});
    field_require(&fields, message->n_indexes > 0 && message->n_indexes <= RECONCILE_PLACES,
                  "indexes", "are none, or too many");
    field_require(&fields, message->level <= TREE_LEVELS, "level", "is of no tree");
    TRY(fields.err);
    *out_request = (struct compare_request){
        .half = {{message->period}, message->sent_by_caller, message->last_number},
        .level = message->level,
        .indexes = message->indexes,
        .count = message->n_indexes};
    return ERR_OK;
}

enum err compare_answer_of_message(const Talea__V1__CompareHalfResponse *message,
                                   struct compare_room *room, struct compare_answer *out_answer,
                                   struct note *note)
{
    size_t count = message->hashes.len / HASH_BYTES;
    struct compare_answer answer = {.first_number = message->first_number,
                                    .count = message->count,
                                    .hashes = room->hashes,
                                    .hash_count = count};
    if (message->hashes.len % HASH_BYTES != 0 || count > RECONCILE_PLACES) {
        return note_set(note, ERR_INPUT, "hashes of %zu bytes are not %u or fewer hashes",
                        message->hashes.len, RECONCILE_PLACES);
    }
    if (count > 0) {
        memcpy(room->hashes, message->hashes.data, message->hashes.len);
    }
    if (message->claim != NULL) {
        if (signed_of_message(message->claim, &room->claim) != ERR_OK) {
            return note_set(note, ERR_INPUT, "the claim's envelope is malformed");
        }
        answer.claim = &room->claim;
    }
    *out_answer = answer;
    return ERR_OK;
}

void compare_request_to_message(const struct compare_request *request,
                                Talea__V1__CompareHalfRequest *out_message)
{
    talea__v1__compare_half_request__init(out_message);
    out_message->period = request->half.period.code;
    out_message->sent_by_caller = request->half.sent_by_caller;
    out_message->last_number = request->half.last_number;
    out_message->level = request->level;
    out_message->n_indexes = request->count;
    out_message->indexes = (uint64_t *)(uintptr_t)request->indexes;
}

void compare_answer_to_message(const struct compare_answer *answer, struct compare_room *room,
                               Talea__V1__CompareHalfResponse *out_message)
{
    talea__v1__compare_half_response__init(out_message);
    out_message->first_number = answer->first_number;
    out_message->count = answer->count;
    out_message->hashes =
        binary_of((void *)(uintptr_t)answer->hashes, answer->hash_count * sizeof answer->hashes[0]);
    if (answer->claim != NULL) {
        signed_to_message(answer->claim, &room->claim_message);
        out_message->claim = &room->claim_message;
    }
}

enum err entries_request_of_message(const Talea__V1__ShowEntriesRequest *message,
                                    struct entries_request *out_request, struct note *note)
{
    struct fields fields = fields_begin("ShowEntriesRequest", note);
    field_require(&fields, message->n_numbers > 0 && message->n_numbers <= RECONCILE_DIFFERENCES,
                  "numbers", "are none, or too many");
    for (size_t i = 0; i < message->n_numbers && fields.err == ERR_OK; i++) {
        uint64_t before = i == 0 ? 0 : message->numbers[i - 1];
        field_require(&fields, message->numbers[i] > before, "numbers", "do not ascend from 1");
    }
    TRY(fields.err);
    *out_request =
        (struct entries_request){message->sent_by_caller, message->numbers, message->n_numbers};
    return ERR_OK;
}

enum err entries_answer_check(const Talea__V1__ShowEntriesResponse *message, size_t asked,
                              struct note *note)
{
    struct fields fields = fields_begin("ShowEntriesResponse", note);
    field_require(&fields, message->n_entries == asked, "entries", "are not those asked for");
    for (size_t i = 0; i < message->n_entries; i++) {
        field_require(&fields, message->entries[i].len <= LIMIT_CLEARING_ENTRY_BYTES, "entries",
                      "are too long");
    }
    return fields.err;
}
