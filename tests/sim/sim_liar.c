#include "sim_liar.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "charter/evidence_proof.h"
#include "ledger/batch.h"
#include "sim_charter.h"
#include "wire/messages.h"

enum lie {
    LIE_FORK,     /* another entry under a number, and the true ones after it */
    LIE_LATE,     /* a capture dated after what the grant allows */
    LIE_PURPOSE,  /* signed for something else */
    LIE_CHAIN,    /* entries that do not follow one on the other */
    LIE_RECEIVER, /* meant for somebody else */
    LIE_END
};

/* What a lie is made of; one at a time. */
static struct {
    struct buffer entry;
    struct buffer payload;
    struct slice entries[LIMIT_CLEARING_BATCH];
    struct signed_message envelope;
} room;

static enum err sign(struct sim_node *node, enum purpose purpose)
{
    const struct signer *signer = &node->signers[node->key];
    room.envelope = (struct signed_message){.payload = buffer_slice(&room.payload),
                                            .key_id = signer->key_id,
                                            .charter_epoch = node->roster.epoch,
                                            .purpose = purpose};
    return signer->sign(signer->context, purpose, node->roster.epoch, room.envelope.payload,
                        &room.envelope.signature);
}

static void remember(struct sim *sim, struct sim_story story)
{
    sim->stories = realloc(sim->stories, (sim->story_count + 1) * sizeof *sim->stories);
    ASSERT(sim->stories != NULL);
    sim->stories[sim->story_count++] = story;
}

static bool change_entry(enum lie lie, struct clearing_entry *entry)
{
    if (lie == LIE_LATE) {
        entry->business_time.ms += 40 * DAY_MS;
        return entry->kind == ENTRY_CAPTURE;
    }
    entry->points.minor += 1;
    return entry->points.minor > 1;
}

/* Puts another entry in the place of number `at`; its hash. */
static bool replace(const struct clear_request *request, size_t at, enum lie lie,
                    struct clearing_entry *out_entry, struct hash *out_hash)
{
    if (wire_entry_decode(request->entries[at], out_entry, NULL) != ERR_OK ||
        !change_entry(lie, out_entry)) {
        return false;
    }
    buffer_clear(&room.entry);
    ASSERT(wire_entry_encode(out_entry, &room.entry) == ERR_OK);
    memcpy(room.entries, request->entries, request->count * sizeof room.entries[0]);
    room.entries[at] = buffer_slice(&room.entry);
    *out_hash = entry_hash(room.entries[at]);
    return true;
}

/* A batch that is sound by itself, with another last entry. */
static bool tell_story(struct sim_node *node, unsigned partner, enum lie lie,
                       struct clear_request *request, struct batch_head *head)
{
    struct clearing_entry entry;
    if (!replace(request, request->count - 1, lie, &entry, &head->last_hash)) {
        return false;
    }
    node->links[partner].has_lied = true;
    remember(node->sim, (struct sim_story){node->index, partner, entry.number, head->last_hash,
                                           entry.points.minor, entry.business_time.ms});
    request->entries = room.entries;
    return true;
}

static bool break_chain(struct clear_request *request)
{
    struct clearing_entry entry;
    struct hash hash;
    if (request->count < 2 || !replace(request, 0, LIE_FORK, &entry, &hash)) {
        return false;
    }
    request->entries = room.entries;
    return true;
}

static bool is_told(struct sim_node *node, unsigned partner, enum lie lie,
                    struct clear_request *request, struct batch_head *head)
{
    struct sim *sim = node->sim;
    switch (lie) {
    case LIE_FORK:
    case LIE_LATE:
        return tell_story(node, partner, lie, request, head);
    case LIE_CHAIN:
        return break_chain(request);
    case LIE_RECEIVER:
        head->receiver = sim->nodes[(partner + 1) % sim->node_count].id;
        return !partner_id_equal(&head->receiver, &head->sender);
    case LIE_PURPOSE:
        return true;
    case LIE_END:
        break;
    }
    return false;
}

static bool is_stand_in(const struct clear_request *request)
{
    struct clearing_entry last;
    return wire_entry_decode(request->entries[request->count - 1], &last, NULL) == ERR_OK &&
           last.kind == ENTRY_CAPTURE && !uid_is_nil(&last.mandate);
}

/* What is seldom possible is done when it is. */
static enum lie choose(struct sim *sim, const struct clear_request *request)
{
    struct clearing_entry last;
    if (request->count > 1 && sim_random_chance(&sim->luck, 400)) {
        return LIE_CHAIN;
    }
    bool is_capture =
        wire_entry_decode(request->entries[request->count - 1], &last, NULL) == ERR_OK &&
        last.kind == ENTRY_CAPTURE;
    if (is_capture && sim_random_chance(&sim->luck, 800)) {
        return LIE_LATE;
    }
    return (enum lie)sim_random_below(&sim->luck, LIE_END);
}

void sim_liar_request(struct sim_node *node, unsigned partner, struct clear_request *request,
                      bool *out_is_foul)
{
    struct sim *sim = node->sim;
    struct batch_head head;
    *out_is_foul = false;
    if (request->head == NULL || sim->is_healing ||
        !sim_random_chance(&sim->luck, is_stand_in(request) ? 500 : 60)) {
        return;
    }
    enum lie lie = choose(sim, request);
    struct clear_request other = *request;
    ASSERT(wire_head_decode(request->head->payload, &head, NULL) == ERR_OK);
    if (!is_told(node, partner, lie, &other, &head)) {
        return;
    }
    buffer_clear(&room.payload);
    ASSERT(wire_head_encode(&head, &room.payload) == ERR_OK);
    ASSERT(sign(node, lie == LIE_PURPOSE ? PURPOSE_CLEARING_RECEIPT : PURPOSE_CLEARING_BATCH) ==
           ERR_OK);
    other.head = &room.envelope;
    *request = other;
    *out_is_foul = lie != LIE_FORK && lie != LIE_LATE;
    sim_tell(sim, "%s lies to %s, %d, entries from %" PRIu64, node->id.text,
             sim->nodes[partner].id.text, (int)lie, head.first_number);
}

bool sim_liar_response(struct sim_node *node, unsigned partner, struct clear_response *response,
                       bool *out_is_foul)
{
    struct sim *sim = node->sim;
    struct clearing_receipt receipt;
    struct arena arena;
    *out_is_foul = false;
    if (response->receipt == NULL || sim->is_healing || !sim_random_chance(&sim->luck, 40)) {
        return true;
    }
    uint64_t draw = sim_random_below(&sim->luck, 3);
    arena_init(&arena, 1u << 20);
    bool is_readable =
        wire_receipt_decode(response->receipt->payload, &arena, &receipt, NULL) == ERR_OK &&
        receipt.total_count > 0;
    if (draw > 0 && is_readable) {
        receipt.totals[0].points += draw == 1 ? 1 : 0;
        buffer_clear(&room.payload);
        ASSERT(wire_receipt_encode(&receipt, &room.payload) == ERR_OK);
        ASSERT(sign(node, draw == 1 ? PURPOSE_CLEARING_RECEIPT : PURPOSE_CLEARING_BATCH) == ERR_OK);
        response->receipt = &room.envelope;
        *out_is_foul = true;
        sim_tell(sim, "%s gives %s a false receipt %" PRIu64, node->id.text,
                 sim->nodes[partner].id.text, receipt.receipt_number);
    }
    arena_fini(&arena);
    return draw > 0;
}

const struct sim_story *sim_liar_story(const struct sim *sim, unsigned liar, unsigned to,
                                       uint64_t number, const struct hash *hash)
{
    for (size_t i = 0; i < sim->story_count; i++) {
        const struct sim_story *story = &sim->stories[i];
        if (story->liar == liar && story->to == to && story->number == number &&
            hash_equal(&story->hash, hash)) {
            return story;
        }
    }
    return NULL;
}

/* ---- evidence ---- */

/* Does it prove what it says? ERR_OK: `*out_proves` tells. */
static enum err prove(struct sim *sim, struct slice bytes, struct evidence *out_evidence,
                      bool *out_proves, struct note *note)
{
    struct charter *charters[SIM_EPOCHS_MAX];
    struct charter_chain chain = {charters, sim->epoch_count};
    struct arena arena;
    for (size_t i = 0; i < sim->epoch_count; i++) {
        charters[i] = &sim->epochs[i]->charter;
    }
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = wire_evidence_decode(bytes, &arena, out_evidence, note);
    if (err == ERR_OK) {
        err = evidence_prove(out_evidence, &chain, &arena, out_proves, note);
    }
    arena_fini(&arena);
    return err;
}

/* Who is honest can prove it, and who is not can prove nothing of those who are. That a receipt is
 * for another entry than the one its sender shows is for the receiver to explain. */
static bool check_proof(struct sim_node *node, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct evidence evidence;
    bool proves = false;
    struct note note = {""};
    if (prove(sim, bytes, &evidence, &proves, &note) != ERR_OK) {
        return sim_fail(sim, "%s froze a stream with no evidence: %s", node->id.text, note.text);
    }
    bool is_decisive = evidence.kind != EVIDENCE_CLAIM && evidence.kind != EVIDENCE_ANOTHER_ENTRY;
    sim->counts.frozen++;
    sim->counts.proven += proves && is_decisive;
    if (is_decisive && proves == node->is_liar) {
        return sim_fail(sim, "%s %s what it says of %s: %s", node->id.text,
                        proves ? "can prove" : "can't prove", evidence.partner.text, note.text);
    }
    return true;
}

static bool check_record(struct sim_node *node, struct slice bytes)
{
    struct record record;
    struct command command;
    ASSERT(record_decode(bytes, &record) == ERR_OK);
    if (record.kind != COMMAND_FREEZE_STREAM) {
        return true;
    }
    ASSERT(record_command(&record, &command) == ERR_OK);
    return check_proof(node, command.freeze.evidence);
}

bool sim_liar_check_evidence(struct sim_node *node)
{
    for (size_t i = 0; i < node->store.disk.count; i++) {
        const struct sim_batch *stored = &node->store.disk.batches[i];
        struct batch_view batch;
        ASSERT(batch_open(slice_of(stored->bytes, stored->length), &batch) == ERR_OK);
        for (uint32_t row = 0; row < batch.count; row++) {
            struct slice record;
            ASSERT(batch_record(&batch, row, &record) == ERR_OK);
            if (!check_record(node, record)) {
                return false;
            }
        }
    }
    return true;
}

void sim_liar_fini(struct sim *sim)
{
    free(sim->stories);
    buffer_fini(&room.entry);
    buffer_fini(&room.payload);
    room.entry = room.payload = (struct buffer){0};
}
