/* A new home's acceptance of a member (proto/talea/v1/peer.proto). */
#include "talea/v1/peer.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"

static enum err check_acceptance(struct fields *fields, const struct move_acceptance *acceptance)
{
    field_pair(fields, &acceptance->old_home, &acceptance->new_home);
    field_require(fields, !card_number_equal(&acceptance->card, &acceptance->new_card), "new_card",
                  "is the old one");
    field_time(fields, "valid_until_unix_ms", acceptance->valid_until);
    field_require(fields, acceptance->valid_until.ms > 0, "valid_until_unix_ms", "is missing");
    return fields->err;
}

enum err wire_move_acceptance_encode(const struct move_acceptance *acceptance, struct buffer *out)
{
    struct fields fields = fields_begin("MoveAcceptance", NULL);
    TRY(check_acceptance(&fields, acceptance));
    struct move_acceptance a = *acceptance;
    Talea__V1__MoveAcceptance m;
    talea__v1__move_acceptance__init(&m);
    m.old_home = a.old_home.text;
    m.new_home = a.new_home.text;
    m.card = a.card.digits;
    m.new_card = a.new_card.digits;
    m.valid_until_unix_ms = a.valid_until.ms;
    return fields_pack(&m.base, out);
}

enum err wire_move_acceptance_decode(struct slice bytes, struct move_acceptance *out_acceptance,
                                     struct note *note)
{
    struct fields fields = fields_begin("MoveAcceptance", note);
    struct scratch scratch;
    const Talea__V1__MoveAcceptance *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__move_acceptance__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct move_acceptance a = {.valid_until = {m->valid_until_unix_ms}};
    field_partner(&fields, "old_home", m->old_home, &a.old_home);
    field_partner(&fields, "new_home", m->new_home, &a.new_home);
    field_card(&fields, "card", m->card, &a.card);
    field_card(&fields, "new_card", m->new_card, &a.new_card);
    TRY(fields.err);
    TRY(check_acceptance(&fields, &a));
    *out_acceptance = a;
    return ERR_OK;
}
