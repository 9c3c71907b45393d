/* Evidence files (proto/talea/v1/evidence.proto). */
#include <string.h>

#include "talea/v1/evidence.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"

static void check_evidence(struct fields *fields, const struct evidence *evidence)
{
    field_require(fields, evidence->kind > 0 && evidence->kind < EVIDENCE_KIND_END, "kind",
                  "is unknown");
    field_require(fields,
                  evidence->statement_count > 0 &&
                      evidence->statement_count <= EVIDENCE_STATEMENTS_MAX,
                  "statements", "are not one or two");
    field_require(fields, evidence->entry_count <= LIMIT_CLEARING_BATCH, "entries",
                  "are more than a batch may hold");
    field_require(fields, memchr(evidence->reason, '\0', sizeof evidence->reason) != NULL, "reason",
                  "is too long");
    field_time(fields, "found_unix_ms", evidence->found);
}

static ProtobufCBinaryData *slices_to_wire(struct fields *fields, struct arena *arena,
                                           const struct slice *slices, size_t count)
{
    ProtobufCBinaryData *out = fields_array(fields, arena, count, sizeof *out);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        out[i] = binary_of((void *)(uintptr_t)slices[i].at, slices[i].length);
    }
    return out;
}

enum err wire_evidence_encode(const struct evidence *evidence, struct buffer *out)
{
    struct fields fields = fields_begin("Evidence", NULL);
    CLEANUP(arena_fini) struct arena arena;
    struct evidence e = *evidence;
    Talea__V1__Evidence m;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    check_evidence(&fields, evidence);
    TRY(fields.err);
    talea__v1__evidence__init(&m);
    m.coalition = e.coalition;
    m.kind = (Talea__V1__EvidenceKind)e.kind;
    m.partner = e.partner.text;
    m.witness = e.witness.text;
    m.found_unix_ms = e.found.ms;
    m.reason = e.reason;
    m.n_statements = e.statement_count;
    m.statements = slices_to_wire(&fields, &arena, e.statements, e.statement_count);
    m.n_entries = e.entry_count;
    m.entries = slices_to_wire(&fields, &arena, e.entries, e.entry_count);
    TRY(fields.err);
    return fields_pack(&m.base, out);
}

static void read_reason(struct fields *fields, const char *text, char out_reason[])
{
    size_t length = strlen(text);
    field_require(fields, length < EVIDENCE_REASON_MAX, "reason", "is too long");
    if (fields->err == ERR_OK) {
        memcpy(out_reason, text, length + 1);
    }
}

enum err wire_evidence_decode(struct slice bytes, struct arena *arena,
                              struct evidence *out_evidence, struct note *note)
{
    struct fields fields = fields_begin("Evidence", note);
    const Talea__V1__Evidence *m =
        (const void *)fields_unpack(&fields, &talea__v1__evidence__descriptor, bytes, arena);
    if (m == NULL) {
        return fields.err;
    }
    struct evidence e = {.kind = (enum evidence_kind)m->kind,
                         .found = {m->found_unix_ms},
                         .statement_count = m->n_statements,
                         .entry_count = m->n_entries};
    field_partner(&fields, "partner", m->partner, &e.partner);
    field_partner(&fields, "witness", m->witness, &e.witness);
    field_name(&fields, "coalition", m->coalition, e.coalition, sizeof e.coalition);
    read_reason(&fields, m->reason, e.reason);
    check_evidence(&fields, &e);
    struct slice *entries = fields_array(&fields, arena, m->n_entries, sizeof *entries);
    TRY(fields.err);
    for (size_t i = 0; i < m->n_statements; i++) {
        e.statements[i] = slice_of(m->statements[i].data, m->statements[i].len);
    }
    for (size_t i = 0; i < m->n_entries; i++) {
        entries[i] = slice_of(m->entries[i].data, m->entries[i].len);
    }
    e.entries = entries;
    *out_evidence = e;
    return ERR_OK;
}
