/* A ledger that is a copy from before its half was set apart takes again what both signed. Without
 * it the partner's stream goes on under numbers that are not this copy's, and nothing that follows
 * could be recovered. */
#include <stdlib.h>
#include <string.h>

#include "peer/apart_parts.h"
#include "peer/recovery_parts.h"

enum err apart_show_both(const struct peer_host *host, const struct partner_id *caller,
                         enum stream_direction direction, struct period period,
                         struct buffer out_signed[2])
{
    struct apart_row known;
    TRY(ledger_get_apart(&host->view, direction, caller, period, &known));
    buffer_clear(&out_signed[0]);
    buffer_clear(&out_signed[1]);
    TRY(peer_renew(host, known.own_signed, &out_signed[0]));
    write_bytes(&out_signed[1], known.partner_signed.at, known.partner_signed.length);
    return out_signed[1].err;
}

static enum err check_terms(const struct peer_host *host, const struct partner_id *partner,
                            bool is_sender, struct period period, const struct apart_half *half,
                            struct note *note)
{
    const struct partner_id *self = &host->roster->self;
    bool is_it = partner_id_equal(&half->sender, is_sender ? self : partner) &&
                 partner_id_equal(&half->receiver, is_sender ? partner : self) &&
                 period_equal(half->period, period) &&
                 strcmp(half->coalition, host->charter->coalition) == 0;
    return is_it ? ERR_OK : note_set(note, ERR_DENIED, "the half is another one");
}

static enum err take(const struct peer_host *host, const struct partner_id *partner,
                     enum stream_direction direction, struct period period,
                     const struct signed_message *theirs, const struct signed_message *own,
                     struct apart_lists *lists, struct note *note)
{
    const struct apart_half *half = &lists->half;
    bool is_sender = direction == STREAM_OUT;
    CLEANUP(buffer_fini) struct buffer own_signed = {0};
    TRY(peer_verify(host, theirs, PURPOSE_SET_APART, partner, note));
    TRY(recovery_verify_own(host, own, PURPOSE_SET_APART, note));
    if (!slice_equal(theirs->payload, own->payload)) {
        return note_set(note, ERR_DISAGREE, "%s and we signed different terms", partner->text);
    }
    TRY(apart_decode(theirs->payload, lists, note));
    TRY(check_terms(host, partner, is_sender, period, half, note));
    lists->is_signed = true;
    TRY(apart_check(host, partner, direction, lists, note));
    if (lists->own_refused != (is_sender ? half->sent_refused : half->received_refused)) {
        return note_set(note, ERR_DISAGREE, "other entries of the half were refused here");
    }
    TRY(signed_encode(own, &own_signed));
    return apart_keep(host, partner, direction, half, buffer_slice(&own_signed), theirs, note);
}

enum err apart_take_again(const struct peer_host *host, const struct partner_id *partner,
                          enum stream_direction direction, struct period period,
                          const struct signed_message *theirs, const struct signed_message *own,
                          struct note *note)
{
    struct apart_row known;
    enum err err = ledger_get_apart(&host->view, direction, partner, period, &known);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    struct apart_lists *lists = calloc(1, sizeof *lists);
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    arena_init(&lists->arena, LIMIT_DECODED_BYTES);
    err = take(host, partner, direction, period, theirs, own, lists, note);
    arena_fini(&lists->arena);
    free(lists);
    return err;
}
