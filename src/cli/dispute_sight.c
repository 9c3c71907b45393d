#include "cli/dispute_sight.h"

#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "cli/office.h"

#define STATUS_NOT_FOUND 5

/* What is asked for of each step, and what of it goes into the file. */
struct line_room {
    ProtobufCMessage *answer;
    Talea__V1__DisputeLineEvidence evidence;
};

/* NULL in `*out` when the node does not have it (any more). */
static enum cli_exit ask(struct cli *cli, Talea__V1__StreamEntry *entry, ProtobufCMessage **out)
{
    Talea__V1__GetDisputeEvidenceRequest request;
    talea__v1__get_dispute_evidence_request__init(&request);
    request.entry = entry;
    *out = NULL;
    struct rpc_status status = session_try(cli, &talea__v1__back_office_service__descriptor,
                                           "GetDisputeEvidence", &request.base, out);
    return status.code == 0 || status.code == STATUS_NOT_FOUND ? CLI_OK
                                                               : cli_fail_status(cli, &status);
}

static enum cli_exit ask_line(struct cli *cli, const Talea__V1__StreamEntry *disputed,
                              const Talea__V1__DisputeLine *line, struct line_room *room)
{
    Talea__V1__StreamEntry entry;
    talea__v1__stream_entry__init(&entry);
    entry.partner = disputed->partner;
    entry.is_sent = line->is_ours;
    entry.number = line->number;
    enum cli_exit outcome = line->is_under_way ? CLI_OK : ask(cli, &entry, &room->answer);
    const Talea__V1__GetDisputeEvidenceResponse *answer =
        (const Talea__V1__GetDisputeEvidenceResponse *)room->answer;
    if (answer != NULL) {
        talea__v1__dispute_line_evidence__init(&room->evidence);
        room->evidence.number = line->number;
        room->evidence.head = answer->head;
        room->evidence.n_entries = answer->n_entries;
        room->evidence.entries = answer->entries;
        room->evidence.receipt = answer->receipt;
    }
    return outcome;
}

/* All that was found, as one message. */
static enum cli_exit pack(struct cli *cli, const Talea__V1__GetDisputeEvidenceResponse *disputed,
                          struct line_room *rooms, size_t count, struct buffer *out)
{
    Talea__V1__GetDisputeEvidenceResponse whole = *disputed;
    Talea__V1__DisputeLineEvidence **lines = calloc(count + 1, sizeof *lines);
    enum err err = lines == NULL ? ERR_RESOURCE : ERR_OK;
    if (err == ERR_OK) {
        whole.lines = lines;
        whole.n_lines = 0;
        for (size_t i = 0; i < count; i++) {
            if (rooms[i].answer != NULL) {
                lines[whole.n_lines++] = &rooms[i].evidence;
            }
        }
        err = message_pack(&whole.base, out);
    }
    free(lines);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, NULL);
}

static enum cli_exit gather(struct cli *cli, Talea__V1__StreamEntry *entry,
                            struct dispute_sight *sight)
{
    size_t count = sight->answer->n_lines;
    CLEANUP(message_release) ProtobufCMessage *disputed = NULL;
    struct line_room *rooms = calloc(count + 1, sizeof *rooms);
    if (rooms == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    enum cli_exit outcome = ask(cli, entry, &disputed);
    for (size_t i = 0; i < count && outcome == CLI_OK && disputed != NULL; i++) {
        outcome = ask_line(cli, entry, sight->answer->lines[i], &rooms[i]);
    }
    if (outcome == CLI_OK && disputed != NULL) {
        outcome = pack(cli, (const Talea__V1__GetDisputeEvidenceResponse *)disputed, rooms, count,
                       &sight->evidence);
    }
    for (size_t i = 0; i < count; i++) {
        message_free(rooms[i].answer);
    }
    free(rooms);
    return outcome;
}

/* A flaw is kept in the report; it is for the caller to tell. */
static enum err prove(struct dispute_sight *sight, uint64_t number, struct note *note)
{
    struct audit_place place = {&sight->report, "the evidence", ""};
    if (sight->evidence.length == 0) {
        return ERR_OK;
    }
    enum err err = dispute_audit(buffer_slice(&sight->evidence), &sight->chain, number, &place,
                                 &sight->arena, &sight->proof, note);
    sight->has_proof = err == ERR_OK;
    return sight->report.is_flawed ? ERR_OK : err;
}

/* How long the charter lets a side be silent. */
static enum err read_terms(struct dispute_sight *sight, struct note *note)
{
    struct roster roster;
    TRY(charter_roster(charter_chain_last(&sight->chain), &sight->self, &roster, note));
    sight->answer_ms = roster_dispute_answer_ms(&roster);
    sight->escalate_ms = roster_dispute_escalate_ms(&roster);
    charter_roster_fini(&roster);
    return ERR_OK;
}

enum cli_exit dispute_sight_take(struct cli *cli, Talea__V1__StreamEntry *entry,
                                 struct dispute_sight *out)
{
    Talea__V1__GetDisputeRequest request;
    const struct node_config *config;
    struct note note = {""};
    ProtobufCMessage *answer = NULL;
    *out = (struct dispute_sight){.has_proof = false};
    arena_init(&out->arena, LIMIT_DISPUTE_DECODED_BYTES);
    talea__v1__get_dispute_request__init(&request);
    request.entry = entry;
    enum cli_exit outcome = office_call(cli, "GetDispute", &request.base, &answer);
    out->answer = (const Talea__V1__GetDisputeResponse *)answer;
    if (outcome == CLI_OK) {
        outcome = gather(cli, entry, out);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = cli_config(cli, &config, &note);
    if (err == ERR_OK) {
        err = session_chain(cli, &out->chain, &note);
    }
    if (err == ERR_OK) {
        out->self = config->partner;
        err = partner_id_parse(entry->partner, &out->partner);
    }
    if (err == ERR_OK) {
        err = read_terms(out, &note);
    }
    if (err == ERR_OK) {
        err = prove(out, entry->number, &note);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

bool dispute_deadline(const struct dispute_sight *sight, int64_t *out_unix_ms,
                      const struct partner_id **out_whose)
{
    const Talea__V1__Dispute *dispute = sight->answer->dispute;
    enum dispute_state state = (enum dispute_state)dispute->state;
    enum dispute_side turn = dispute_turn(state);
    bool is_ours = turn == (dispute->is_opener ? DISPUTE_OPENER : DISPUTE_ANSWERER);
    if (turn == 0 || dispute->dispute_id[0] == '\0') {
        return false;
    }
    int64_t term_ms = state == DISPUTE_REJECTED ? sight->escalate_ms : sight->answer_ms;
    *out_unix_ms = is_ours ? dispute->due_unix_ms : dispute->moved_unix_ms + term_ms;
    *out_whose = is_ours ? &sight->self : &sight->partner;
    return *out_unix_ms != 0;
}

void dispute_sight_fini(struct dispute_sight *sight)
{
    union {
        const Talea__V1__GetDisputeResponse *answer;
        ProtobufCMessage *message;
    } owned = {.answer = sight->answer};
    message_free(owned.message);
    buffer_fini(&sight->evidence);
    charter_chain_fini(&sight->chain);
    arena_fini(&sight->arena);
}
