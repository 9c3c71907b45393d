#include "node/burning.h"

#include "programme/quote.h"

#define FAILED_PRECONDITION 9

bool burning_is_enough(const struct snapshot *snapshot, struct unix_ms time, struct points points)
{
    const struct programme_version *version = programmes_at(snapshot->programmes, time);
    return points.minor >= version->file.burn.smallest_minor;
}

enum err burning_look(struct judging_case *judged, struct till_refusal *out_refusal)
{
    const struct burn_terms *terms = &judged->version->file.burn;
    int64_t paid = judged->occasion.paid_in_points.minor;
    struct money most;
    if (paid == 0) {
        return ERR_OK;
    }
    TRY(burn_terms_most(judged->version->rules, terms, &judged->occasion, &judged->judgement,
                        &judged->arena, &most));
    if (paid > most.minor) {
        *out_refusal =
            (struct till_refusal){.code = FAILED_PRECONDITION, .reason = "BURN_SHARE_EXCEEDED"};
        note_set(&out_refusal->text, ERR_INPUT,
                 "Points pay %lld of this basket, and may pay %lld at most, in minor units.",
                 (long long)paid, (long long)most.minor);
    }
    return ERR_OK;
}
