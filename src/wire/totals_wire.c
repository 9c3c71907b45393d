#include "wire/totals_wire.h"

static bool follows(const struct receipt_total *before, const struct receipt_total *after)
{
    return before->kind != after->kind ? before->kind < after->kind
                                       : before->tariff < after->tariff;
}

void field_totals(struct fields *fields, const struct receipt_total *totals, size_t count)
{
    field_require(fields, count <= RECEIPT_TOTALS_MAX, "totals", "are too many");
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        const struct receipt_total *t = &totals[i];
        field_require(fields, entry_kind_is_known((unsigned)t->kind), "totals",
                      "are of a kind that is not known");
        field_require(fields, t->count > 0 && t->points >= 0, "totals",
                      "are of no entry, or of negative points");
        field_require(fields, i == 0 || follows(t - 1, t), "totals",
                      "are not sorted by kind and tariff");
    }
}

Talea__V1__EntryTotal **totals_to_wire(struct fields *fields, struct arena *arena,
                                       const struct receipt_total *totals, size_t count)
{
    Talea__V1__EntryTotal **lines = fields_array(fields, arena, count, sizeof(void *));
    Talea__V1__EntryTotal *rows = fields_array(fields, arena, count, sizeof *rows);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        talea__v1__entry_total__init(&rows[i]);
        rows[i].kind = (Talea__V1__EntryKind)totals[i].kind;
        rows[i].tariff = totals[i].tariff;
        rows[i].count = totals[i].count;
        rows[i].points = totals[i].points;
        lines[i] = &rows[i];
    }
    return lines;
}

struct receipt_total *totals_from_wire(struct fields *fields, struct arena *arena,
                                       Talea__V1__EntryTotal *const *totals, size_t count)
{
    field_require(fields, count <= RECEIPT_TOTALS_MAX, "totals", "are too many");
    struct receipt_total *rows = fields_array(fields, arena, count, sizeof *rows);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        fields_require_known(fields, &totals[i]->base);
        rows[i] = (struct receipt_total){.kind = (enum entry_kind)totals[i]->kind,
                                         .tariff = totals[i]->tariff,
                                         .count = totals[i]->count,
                                         .points = totals[i]->points};
    }
    return rows;
}
