/* Disputes where they are: beside the entries that they are about, and what is owed of those. */
#include "model_dispute.h"

#include <stdlib.h>

struct model_view model_view_of(struct model *model, const struct model_dispute *dispute,
                                bool is_sender)
{
    return (struct model_view){.model = model,
                               .node = is_sender ? dispute->sender : dispute->receiver,
                               .partner = is_sender ? dispute->receiver : dispute->sender,
                               .is_out = is_sender,
                               .number = dispute->number};
}

struct model_stream *model_view_stream(const struct model_view *view)
{
    return view->is_out ? &view->model->streams[view->node][view->partner]
                        : &view->model->streams[view->partner][view->node];
}

struct model_entry *model_view_entry(const struct model_view *view)
{
    return &model_view_stream(view)->entries[view->number - 1];
}

struct model_dispute *model_view_dispute(const struct model_view *view)
{
    const struct model_stream *stream = model_view_stream(view);
    bool is_there = view->number > 0 && view->number <= stream->count;
    return is_there ? stream->entries[view->number - 1].dispute : NULL;
}

struct model_claim *model_view_claim(const struct model_view *view)
{
    struct model_dispute *dispute = model_view_dispute(view);
    struct model_claim *claim = dispute == NULL ? NULL : &dispute->sides[view->is_out ? 0 : 1];
    return claim != NULL && claim->is_known ? claim : NULL;
}

struct model_claim *model_view_make_claim(const struct model_view *view)
{
    struct model *model = view->model;
    struct model_dispute *dispute = model_view_dispute(view);
    if (dispute == NULL) {
        dispute = calloc(1, sizeof *dispute);
        model->disputes =
            realloc(model->disputes, (model->dispute_count + 1) * sizeof(struct model_dispute *));
        ASSERT(dispute != NULL && model->disputes != NULL);
        dispute->sender = view->is_out ? view->node : view->partner;
        dispute->receiver = view->is_out ? view->partner : view->node;
        dispute->number = view->number;
        model->disputes[model->dispute_count++] = dispute;
        model_view_entry(view)->dispute = dispute;
    }
    return &dispute->sides[view->is_out ? 0 : 1];
}

bool model_dispute_is_there(const struct model *model, const struct model_dispute *dispute)
{
    const struct model_stream *stream = &model->streams[dispute->sender][dispute->receiver];
    return dispute->number <= stream->count &&
           stream->entries[dispute->number - 1].dispute == dispute;
}

bool model_stage_is_over(enum model_stage stage)
{
    return stage == MODEL_ADJUSTED || stage == MODEL_DECLINED;
}

static bool is_left_out(const struct model_claim *claim)
{
    return claim->is_open && claim->is_suspended && claim->stage != MODEL_DECLINED;
}

int64_t model_suspended(const struct model_entry *entry)
{
    const struct model_claim *claim = entry->dispute == NULL ? NULL : &entry->dispute->sides[0];
    return claim != NULL && is_left_out(claim) ? claim->points : 0;
}

int64_t model_owed_of(const struct model_entry *entry, bool is_sender, bool is_agreed)
{
    const struct model_claim *claim =
        entry->dispute == NULL ? NULL : &entry->dispute->sides[is_sender ? 0 : 1];
    bool waits = claim != NULL && is_left_out(claim);
    int64_t suspended = waits ? claim->points : 0;
    int64_t settles = is_agreed ? 0 : entry->points - suspended;
    return waits && claim->stage != MODEL_ADJUSTED ? settles + suspended : settles;
}
