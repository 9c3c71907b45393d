/* AssignOffers: who has which offer of a campaign.
 *
 * That a member has an offer, and that it is in the campaign, are numbers of its standing, set in
 * one record whose evidence says what and why (offers/kept_offers.h). The record's id follows from
 * the campaign, the member and the time since when, which the standing has: so it is found again.
 * Whoever is in the campaign already stays as it is. A
 * code that comes with an offer is issued by the same record. */
#include <stdlib.h>

#include "node/judging.h"
#include "node/node.h"
#include "node/offer_codes.h"
#include "node/offers_given.h"
#include "node/remarks.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/shopper_key.h"
#include "offers/control.h"
#include "offers/kept_offers.h"
#include "programme/offer.h"

#define ASSIGN_BYTES (24u << 20)
#define UID_TIME     6u /* bytes at the head of an id of version 7: its time, big-endian */

/* One call. */
struct assigning {
    struct node *node;
    struct rpc_call *call;
    struct snapshot *snapshot;
    const struct programme_version *version;
    const struct rules_text *text;
    size_t campaign;
    int64_t since_ms;
    int64_t day; /* of the brand's clock */
    struct ledger_view view;
    struct arena arena;
    Talea__V1__OfferOutcome outcomes[LIMIT_OFFER_BATCH];
    size_t places[LIMIT_OFFER_BATCH]; /* of each command, the assignment */
    struct command commands[LIMIT_OFFER_BATCH];
    struct outcome done[LIMIT_OFFER_BATCH];
    size_t command_count;
};

static int64_t time_of_id(const struct uid *id)
{
    int64_t time_ms = 0;
    for (unsigned i = 0; i < UID_TIME; i++) {
        time_ms = time_ms * 256 + id->bytes[i];
    }
    return time_ms;
}

struct uid offers_occasion(const char *campaign, const struct standing_owner *owner,
                           int64_t since_ms)
{
    struct hasher hasher;
    uint8_t kind = (uint8_t)owner->kind;
    hasher_init(&hasher, HASH_DOMAIN_OFFERED);
    hasher_add(&hasher, slice_of(&kind, 1));
    hasher_add(&hasher, slice_of(owner->id, sizeof owner->id));
    hasher_add(&hasher, slice_of(campaign, strlen(campaign)));
    struct hash hash = hasher_finish(&hasher);
    return uid_v8(since_ms, hash.bytes);
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

/* The campaign's offer of this name; the count of offers where it has none. */
static size_t offer_named(const struct assigning *a, const char *name)
{
    size_t o = 0;
    while (o < a->text->offer_count && (a->text->offers[o].campaign != a->campaign ||
                                        strcmp(a->text->offers[o].name, name) != 0)) {
        o++;
    }
    return o;
}

/* ---- What is asked for ---- */

static bool read_offers(const struct assigning *a, const Talea__V1__OfferAssignment *assignment)
{
    const struct campaign *campaign = &a->text->campaigns[a->campaign];
    char reason[LIMIT_OFFER_REASON + 1];
    if (assignment->n_offers == 0 || assignment->n_offers > campaign->most) {
        refuse(a->call, 3, "INVALID_OFFERS",
               "A member gets 1 to %u offers of campaign %s, not %zu.", campaign->most,
               campaign->name, assignment->n_offers);
        return false;
    }
    for (size_t i = 0; i < assignment->n_offers; i++) {
        const Talea__V1__ChosenOffer *chosen = assignment->offers[i];
        if (offer_named(a, chosen->offer) == a->text->offer_count) {
            refuse(a->call, 3, "OFFER_UNKNOWN", "Campaign %s has no offer that is called so.",
                   campaign->name);
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(assignment->offers[k]->offer, chosen->offer) == 0) {
                refuse(a->call, 3, "INVALID_OFFERS", "An offer is named twice for one member.");
                return false;
            }
        }
        if (!request_text(a->call, "reason", chosen->reason, reason, sizeof reason)) {
            return false;
        }
    }
    return true;
}

static bool read_request(struct assigning *a, const Talea__V1__AssignOffersRequest *request)
{
    struct uid id;
    struct unix_ms now = node_now(a->node);
    if (!request_transaction(a->call, request->transaction_id, &id)) {
        return false;
    }
    a->since_ms = time_of_id(&id);
    if (a->since_ms < now.ms - DAY_MS || a->since_ms > now.ms + DAY_MS) {
        refuse(a->call, 3, "INVALID_TIME",
               "The transaction id's time is not within a day of the node's.");
        return false;
    }
    if (request->n_assignments > LIMIT_OFFER_BATCH) {
        refuse(a->call, 3, "TOO_MANY_ASSIGNMENTS", "At most %u members are given offers at once.",
               LIMIT_OFFER_BATCH);
        return false;
    }
    while (a->campaign < a->text->campaign_count &&
           strcmp(a->text->campaigns[a->campaign].name, request->campaign) != 0) {
        a->campaign++;
    }
    if (a->campaign == a->text->campaign_count) {
        refuse(a->call, 5, "CAMPAIGN_UNKNOWN",
               "The programme in force has no campaign that is called so.");
        return false;
    }
    for (size_t i = 0; i < request->n_assignments; i++) {
        if (!read_offers(a, request->assignments[i])) {
            return false;
        }
    }
    a->day = unix_day(judging_local(a->node, a->version, now));
    return true;
}

/* ---- What is written ---- */

static struct standing_step set(uint64_t slot, int64_t before, int64_t after)
{
    return (struct standing_step){
        .how = STANDING_SET, .slot = slot, .before = before, .after = after};
}

/* The offers' ends, unless it is control, and the campaign. */
static void write_member(const struct assigning *a, const Talea__V1__OfferAssignment *assignment,
                         const struct standing_owner *owner, const struct standing *standing,
                         bool is_control, struct buffer *out)
{
    struct standing_step steps[LIMIT_OFFERS + 1];
    size_t count = 0;
    for (size_t i = 0; i < assignment->n_offers && !is_control; i++) {
        size_t offer = offer_named(a, assignment->offers[i]->offer);
        uint64_t slot = offer_slot(a->version->rules, offer);
        int64_t before = standing_value(standing, slot, 0);
        int64_t after = a->day + a->text->offers[offer].days;
        if (before < after) {
            steps[count++] = set(slot, before, after);
        }
    }
    steps[count++] = set(campaign_slot(&a->text->campaigns[a->campaign]), 0,
                         campaign_number(a->since_ms, is_control));
    standing_write_group(out, owner, steps, count);
}

/* What the member gets, or would get. */
static enum err list_offers(struct assigning *a, const Talea__V1__OfferAssignment *assignment,
                            const struct uid *occasion, bool is_control,
                            struct kept_offers *out_kept)
{
    struct kept_offer *at = arena_alloc(&a->arena, (assignment->n_offers + 1) * sizeof at[0]);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < assignment->n_offers; i++) {
        const Talea__V1__ChosenOffer *chosen = assignment->offers[i];
        const struct offer *offer = &a->text->offers[offer_named(a, chosen->offer)];
        at[i] = (struct kept_offer){.name = text_of(offer->name),
                                    .reason = text_of(chosen->reason),
                                    .until_day = a->day + offer->days};
        if (offer->coupon != NULL && !is_control) {
            TRY(offer_code_make(a->node, occasion, i, &a->text->coupons[*offer->coupon], &a->arena,
                                &at[i].code));
        }
    }
    *out_kept = (struct kept_offers){.programme = a->version->number,
                                     .campaign = text_of(a->text->campaigns[a->campaign].name),
                                     .is_control = is_control,
                                     .at = at,
                                     .count = assignment->n_offers};
    return ERR_OK;
}

/* Of what was said, not of what is kept: that is another each time it is sealed. */
static enum err said_of(struct assigning *a, const struct kept_offers *kept, struct hash *out)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct kept_offers said = *kept;
    struct kept_offer *at = arena_alloc(&a->arena, (kept->count + 1) * sizeof at[0]);
    uint8_t *tags = arena_alloc(&a->arena, (kept->count + 1) * PERSONAL_TAG_SIZE);
    if (at == NULL || tags == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept->count; i++) {
        uint8_t *tag = tags + i * PERSONAL_TAG_SIZE;
        at[i] = kept->at[i];
        remark_tag(a->node, at[i].reason, tag);
        at[i].reason = slice_of(tag, PERSONAL_TAG_SIZE);
    }
    said.at = at;
    kept_offers_encode(&said, &bytes);
    *out = hash_of(HASH_DOMAIN_OFFERED, buffer_slice(&bytes));
    return bytes.err;
}

/* Why a member of ours has an offer goes with it when it is erased. */
static enum err seal_reasons(struct assigning *a, const struct standing_owner *owner,
                             struct kept_offers *kept)
{
    struct uid member;
    struct kept_offer *at = arena_alloc(&a->arena, (kept->count + 1) * sizeof at[0]);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    if (owner->kind != OWNER_MEMBER) {
        return ERR_OK;
    }
    memcpy(member.bytes, owner->id, sizeof member.bytes);
    for (size_t i = 0; i < kept->count; i++) {
        at[i] = kept->at[i];
        enum err err = remark_seal_text(a->node, &a->view, &a->arena, &member, kept->at[i].reason,
                                        &at[i].reason);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND ? ERR_OK : err; /* a pool */
        }
    }
    kept->at = at;
    kept->is_sealed = true;
    return ERR_OK;
}

static enum err keep_bytes(struct arena *arena, const struct buffer *bytes, struct slice *out)
{
    uint8_t *copy = arena_alloc(arena, bytes->length + 1);
    if (copy == NULL || bytes->err != ERR_OK) {
        return ERR_RESOURCE;
    }
    memcpy(copy, bytes->at, bytes->length);
    *out = slice_of(copy, bytes->length);
    return ERR_OK;
}

static enum err make_command(struct assigning *a, const Talea__V1__OfferAssignment *assignment,
                             const struct standing_owner *owner, const struct standing *standing,
                             struct command *out)
{
    CLEANUP(buffer_fini) struct buffer groups = {0};
    CLEANUP(buffer_fini) struct buffer evidence = {0};
    const struct campaign *campaign = &a->text->campaigns[a->campaign];
    struct shopper_text name = shopper_text(owner);
    bool is_control = is_in_control(campaign, text_of(name.text));
    struct uid occasion = offers_occasion(campaign->name, owner, a->since_ms);
    struct uid id = standing_transaction(STANDING_ID_CHANGE, &a->node->config.partner, &occasion);
    struct kept_offers kept;
    TRY(list_offers(a, assignment, &occasion, is_control, &kept));
    write_member(a, assignment, owner, standing, is_control, &groups);
    TRY(offer_codes_write(a->text, &kept, text_of(name.text), &a->arena, &groups));
    struct hash said;
    TRY(said_of(a, &kept, &said));
    TRY(seal_reasons(a, owner, &kept));
    kept_offers_encode(&kept, &evidence);
    *out = command_now(a->node, COMMAND_CHANGE_STANDING, &id);
    out->standing = (struct command_standing){
        .issuer = a->node->config.partner, .occasion = occasion, .said = said};
    TRY(keep_bytes(&a->arena, &groups, &out->standing.groups));
    TRY(keep_bytes(&a->arena, &evidence, &out->standing.evidence));
    a->outcomes[a->places[a->command_count]] = is_control
                                                   ? TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_CONTROL
                                                   : TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_GIVEN;
    return ERR_OK;
}

/* Of one that came into it by this very call, the first answer. */
static Talea__V1__OfferOutcome outcome_before(const struct assigning *a, int64_t number)
{
    if (campaign_since(number) != a->since_ms) {
        return TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_ALREADY;
    }
    return campaign_is_control(number) ? TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_CONTROL
                                       : TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_GIVEN;
}

static enum err prepare(struct assigning *a, const Talea__V1__OfferAssignment *assignment,
                        size_t place)
{
    struct standing_owner named;
    struct standing_owner owner;
    struct standing_row row;
    a->outcomes[place] = TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_UNKNOWN;
    if (!shopper_key_read(assignment->shopper, &named)) {
        return ERR_OK;
    }
    enum err err = ledger_follow_owner(&a->view, &a->snapshot->roster, &named, &owner);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    TRY(standing_get_row(&a->view, &owner, &row));
    struct standing standing = standing_of_row(&row);
    uint64_t slot = campaign_slot(&a->text->campaigns[a->campaign]);
    int64_t number = standing_value(&standing, slot, 0);
    if (number != 0) {
        a->outcomes[place] = outcome_before(a, number);
        return ERR_OK;
    }
    a->places[a->command_count] = place;
    TRY(make_command(a, assignment, &owner, &standing, &a->commands[a->command_count]));
    a->command_count++;
    return ERR_OK;
}

/* Twice in one call, or by two calls at once: the first one counts. */
static Talea__V1__OfferOutcome outcome_of(const struct assigning *a, size_t command)
{
    switch ((int)a->done[command].verdict) {
    case VERDICT_OK:
        return a->outcomes[a->places[command]];
    case VERDICT_STANDING_MOVED:
        return TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_ALREADY;
    case VERDICT_STANDING_FULL:
        return TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_FULL;
    default:
        return TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_UNKNOWN;
    }
}

static enum err assign(struct assigning *a, const Talea__V1__AssignOffersRequest *request)
{
    struct state_reader *reader;
    TRY(readers_take(a->node->readers, &reader));
    a->view = state_reader_view(reader);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < request->n_assignments; i++) {
        err = prepare(a, request->assignments[i], i);
    }
    readers_give(a->node->readers, reader);
    TRY(err);
    if (a->command_count > 0) {
        TRY(engine_execute_batch(a->node->engine, a->commands, a->command_count, false, a->done));
    }
    for (size_t i = 0; i < a->command_count; i++) {
        a->outcomes[a->places[i]] = outcome_of(a, i);
    }
    return ERR_OK;
}

void offers_assign(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__AssignOffersRequest *request =
        (const Talea__V1__AssignOffersRequest *)(const void *)message;
    static const struct rules_text nothing = {.goods = NULL};
    struct assigning *a = calloc(1, sizeof *a);
    if (a == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    a->node = node;
    a->call = call;
    a->snapshot = node_snapshot(node);
    a->version = programmes_at(a->snapshot->programmes, node_now(node));
    a->text = a->version->rules == NULL ? &nothing : rules_text(a->version->rules);
    arena_init(&a->arena, ASSIGN_BYTES);
    if (read_request(a, request)) {
        enum err err = assign(a, request);
        if (err == ERR_OK) {
            Talea__V1__AssignOffersResponse response;
            talea__v1__assign_offers_response__init(&response);
            response.outcomes = a->outcomes;
            response.n_outcomes = request->n_assignments;
            rpc_call_reply(call, &response.base);
        } else {
            refuse_err(call, err, NULL);
        }
    }
    arena_fini(&a->arena);
    snapshot_release(a->snapshot);
    free(a);
}
