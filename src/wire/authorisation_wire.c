/* Requests for holds and their answers, and mandates (proto/talea/v1/peer.proto). */
#include "talea/v1/peer.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"

static enum err check_request(struct fields *fields, const struct hold_request *request)
{
    field_require(fields, !uid_is_nil(&request->transaction_id), "transaction_id", "is empty");
    field_pair(fields, &request->redeemer, &request->home);
    field_points(fields, "points", request->points);
    field_require(fields, request->points.minor > 0, "points", "are 0");
    field_time(fields, "requested_unix_ms", request->requested);
    field_time(fields, "capture_by_unix_ms", request->capture_by);
    field_require(fields, request->capture_by.ms > 0, "capture_by_unix_ms", "is 0");
    return fields->err;
}

enum err wire_hold_request_encode(const struct hold_request *request, struct buffer *out)
{
    struct fields fields = fields_begin("HoldRequest", NULL);
    TRY(check_request(&fields, request));
    struct hold_request r = *request;
    Talea__V1__HoldRequest m;
    talea__v1__hold_request__init(&m);
    m.transaction_id = binary_of(r.transaction_id.bytes, sizeof r.transaction_id.bytes);
    m.redeemer = r.redeemer.text;
    m.home = r.home.text;
    m.card = r.card.digits;
    m.points = r.points.minor;
    m.requested_unix_ms = r.requested.ms;
    m.capture_by_unix_ms = r.capture_by.ms;
    return fields_pack(&m.base, out);
}

enum err wire_hold_request_decode(struct slice bytes, struct hold_request *out_request,
                                  struct note *note)
{
    struct fields fields = fields_begin("HoldRequest", note);
    struct scratch scratch;
    const Talea__V1__HoldRequest *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__hold_request__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct hold_request r = {.points = {m->points},
                             .requested = {m->requested_unix_ms},
                             .capture_by = {m->capture_by_unix_ms}};
    field_uid(&fields, "transaction_id", &m->transaction_id, &r.transaction_id);
    field_partner(&fields, "redeemer", m->redeemer, &r.redeemer);
    field_partner(&fields, "home", m->home, &r.home);
    field_card(&fields, "card", m->card, &r.card);
    TRY(check_request(&fields, &r));
    *out_request = r;
    return ERR_OK;
}

static enum err check_grant(struct fields *fields, const struct hold_grant *grant)
{
    field_require(fields, !uid_is_nil(&grant->hold), "hold_id", "is empty");
    field_pair(fields, &grant->redeemer, &grant->home);
    field_points(fields, "points", grant->points);
    field_require(fields, grant->points.minor > 0, "points", "are 0");
    field_time(fields, "capture_by_unix_ms", grant->capture_by);
    field_time(fields, "deliver_by_unix_ms", grant->deliver_by);
    field_require(fields, grant->capture_by.ms < grant->deliver_by.ms, "deliver_by_unix_ms",
                  "is not after capture_by_unix_ms");
    return fields->err;
}

enum err wire_hold_grant_encode(const struct hold_grant *grant, struct buffer *out)
{
    struct fields fields = fields_begin("HoldGrant", NULL);
    TRY(check_grant(&fields, grant));
    struct hold_grant g = *grant;
    Talea__V1__HoldGrant m;
    talea__v1__hold_grant__init(&m);
    m.hold_id = binary_of(g.hold.bytes, sizeof g.hold.bytes);
    m.redeemer = g.redeemer.text;
    m.home = g.home.text;
    m.card = g.card.digits;
    m.points = g.points.minor;
    m.capture_by_unix_ms = g.capture_by.ms;
    m.deliver_by_unix_ms = g.deliver_by.ms;
    return fields_pack(&m.base, out);
}

enum err wire_hold_grant_decode(struct slice bytes, struct hold_grant *out_grant, struct note *note)
{
    struct fields fields = fields_begin("HoldGrant", note);
    struct scratch scratch;
    const Talea__V1__HoldGrant *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__hold_grant__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct hold_grant g = {.points = {m->points},
                           .capture_by = {m->capture_by_unix_ms},
                           .deliver_by = {m->deliver_by_unix_ms}};
    field_uid(&fields, "hold_id", &m->hold_id, &g.hold);
    field_partner(&fields, "redeemer", m->redeemer, &g.redeemer);
    field_partner(&fields, "home", m->home, &g.home);
    field_card(&fields, "card", m->card, &g.card);
    TRY(check_grant(&fields, &g));
    *out_grant = g;
    return ERR_OK;
}

static enum err check_refusal(struct fields *fields, const struct hold_refusal *refusal)
{
    char reason[REASON_NAME_MAX];
    field_require(fields, !uid_is_nil(&refusal->hold), "hold_id", "is empty");
    field_pair(fields, &refusal->redeemer, &refusal->home);
    field_reason(fields, "reason", refusal->reason, reason, sizeof reason);
    return fields->err;
}

enum err wire_hold_refusal_encode(const struct hold_refusal *refusal, struct buffer *out)
{
    struct fields fields = fields_begin("HoldRefusal", NULL);
    TRY(check_refusal(&fields, refusal));
    struct hold_refusal r = *refusal;
    Talea__V1__HoldRefusal m;
    talea__v1__hold_refusal__init(&m);
    m.hold_id = binary_of(r.hold.bytes, sizeof r.hold.bytes);
    m.redeemer = r.redeemer.text;
    m.home = r.home.text;
    m.reason = r.reason;
    return fields_pack(&m.base, out);
}

enum err wire_hold_refusal_decode(struct slice bytes, struct hold_refusal *out_refusal,
                                  struct note *note)
{
    struct fields fields = fields_begin("HoldRefusal", note);
    struct scratch scratch;
    const Talea__V1__HoldRefusal *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__hold_refusal__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct hold_refusal r = {.reason = {0}};
    field_uid(&fields, "hold_id", &m->hold_id, &r.hold);
    field_partner(&fields, "redeemer", m->redeemer, &r.redeemer);
    field_partner(&fields, "home", m->home, &r.home);
    field_reason(&fields, "reason", m->reason, r.reason, sizeof r.reason);
    TRY(fields.err);
    TRY(check_refusal(&fields, &r));
    *out_refusal = r;
    return ERR_OK;
}

static enum err check_mandate(struct fields *fields, const struct mandate *mandate)
{
    field_pair(fields, &mandate->redeemer, &mandate->home);
    field_points(fields, "floor_points", mandate->floor);
    field_points(fields, "daily_cap_points", mandate->daily_cap);
    field_time(fields, "valid_from_unix_ms", mandate->valid_from);
    field_time(fields, "valid_until_unix_ms", mandate->valid_until);
    TRY(fields->err);
    return mandate_check(mandate, fields->note);
}

enum err wire_mandate_encode(const struct mandate *mandate, struct buffer *out)
{
    struct fields fields = fields_begin("Mandate", NULL);
    TRY(check_mandate(&fields, mandate));
    struct mandate a = *mandate;
    Talea__V1__Mandate m;
    talea__v1__mandate__init(&m);
    m.mandate_id = binary_of(a.id.bytes, sizeof a.id.bytes);
    m.home = a.home.text;
    m.redeemer = a.redeemer.text;
    m.floor_points = a.floor.minor;
    m.daily_cap_points = a.daily_cap.minor;
    m.valid_from_unix_ms = a.valid_from.ms;
    m.valid_until_unix_ms = a.valid_until.ms;
    return fields_pack(&m.base, out);
}

enum err wire_mandate_decode(struct slice bytes, struct mandate *out_mandate, struct note *note)
{
    struct fields fields = fields_begin("Mandate", note);
    struct scratch scratch;
    const Talea__V1__Mandate *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__mandate__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct mandate a = {.floor = {m->floor_points},
                        .daily_cap = {m->daily_cap_points},
                        .valid_from = {m->valid_from_unix_ms},
                        .valid_until = {m->valid_until_unix_ms}};
    field_uid(&fields, "mandate_id", &m->mandate_id, &a.id);
    field_partner(&fields, "home", m->home, &a.home);
    field_partner(&fields, "redeemer", m->redeemer, &a.redeemer);
    TRY(check_mandate(&fields, &a));
    *out_mandate = a;
    return ERR_OK;
}
