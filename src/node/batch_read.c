/* From a batch's message to commands. */
#include <string.h>

#include "base/text.h"
#include "clearing/roster.h"
#include "node/batch.h"
#include "node/burning.h"
#include "node/earning.h"
#include "node/judging.h"
#include "node/requests.h"
#include "node/services.h"

/* Numbers of the proto's enum Refusal; 0 is none. */
#define REFUSE(name) ((unsigned)TALEA__V1__REFUSAL__REFUSAL_##name)
#define READ_OK      0u

/* What all commands of one batch have in common. */
struct batch_reading {
    struct node *node;
    const struct snapshot *snapshot;
    struct unix_ms now;
    bool is_office; /* the caller may do more than a till */
    bool is_linked;
    bool is_watched;    /* there are fraud rules */
    enum batch_way way; /* of the command that was read last */
    /* The programme's terms for a purchase of this moment, once there was one. */
    bool has_terms;
    struct command_earn terms;
};

static unsigned read_id(ProtobufCBinaryData bytes, struct uid *out_id)
{
    if (bytes.len != sizeof out_id->bytes) {
        return REFUSE(INVALID_ID);
    }
    memcpy(out_id->bytes, bytes.data, sizeof out_id->bytes);
    return uid_is_nil(out_id) ? REFUSE(INVALID_ID) : READ_OK;
}

/* Into a field that is zero. */
static unsigned read_text(const char *text, char *out, size_t capacity)
{
    size_t length = strlen(text);
    if (length >= capacity) {
        return REFUSE(TEXT_TOO_LONG);
    }
    if (length > 0 && !text_is_printable(slice_of(text, length))) {
        return REFUSE(INVALID_TEXT);
    }
    memcpy(out, text, length);
    return READ_OK;
}

static unsigned read_time(const struct batch_reading *reading, int64_t ms, struct command *command)
{
    if (ms < 0 || ms > reading->now.ms + DAY_MS) {
        return REFUSE(INVALID_TIME);
    }
    command->is_dated = ms != 0;
    command->business_time = ms != 0 ? (struct unix_ms){ms} : reading->now;
    return READ_OK;
}

static unsigned read_earner(const Talea__V1__BatchEarn *said, struct command_earn *earn)
{
    bool has_card = said->card[0] != '\0';
    if (has_card == (said->member_id.len > 0)) {
        return REFUSE(INVALID_CARD);
    }
    if (!has_card) {
        return read_id(said->member_id, &earn->member);
    }
    return card_number_parse(said->card, &earn->card) == ERR_OK ? READ_OK : REFUSE(INVALID_CARD);
}

/* Purchases of this moment, the most, all have the same terms. */
static unsigned read_terms(struct batch_reading *reading, struct command *command)
{
    struct command_earn *earn = &command->earn;
    bool is_usual = !command->is_dated && earn->currency[0] == '\0';
    if (is_usual && reading->has_terms) {
        memcpy(earn->currency, reading->terms.currency, sizeof earn->currency);
        earn->rate = reading->terms.rate;
        earn->active_from = reading->terms.active_from;
        earn->expires_at = reading->terms.expires_at;
        earn->idle_months = reading->terms.idle_months;
        return READ_OK;
    }
    enum verdict verdict = earning_terms(reading->node, reading->snapshot, reading->now, command);
    if (is_usual && verdict == VERDICT_OK) {
        reading->terms = *earn;
        reading->has_terms = true;
    }
    return (unsigned)verdict;
}

/* Were purchases of that time judged by rules? */
static bool has_rules(const struct batch_reading *reading, struct unix_ms time)
{
    return programmes_at(reading->snapshot->programmes, time)->rules != NULL;
}

/* What rules give depends on what was bought, and on the member as the purchase before left it. */
static bool is_judged(const struct batch_reading *reading, const struct command *command)
{
    return !command->earn.is_fixed && has_rules(reading, command->business_time) &&
           !earning_was_by_rate(reading->node, &command->transaction_id);
}

/* Of what was bought when there were rules? A return may be of any time. */
static bool is_return_of_judged(const struct batch_reading *reading, const struct command *command)
{
    const struct programmes *programmes = reading->snapshot->programmes;
    for (size_t i = 0; i < programmes->count; i++) {
        if (programmes->at[i]->rules != NULL) {
            return judging_was_judged(reading->node, &command->return_sale.sale);
        }
    }
    return false;
}

/* The office may move more than a till. */
static bool may_give(const struct batch_reading *reading, const struct command_earn *earn)
{
    return reading->is_office || earning_is_within(earn, reading->snapshot->till_points_max);
}

/* Points by hand are the office's to give, unless a promotion bounds them. */
static unsigned read_promotion(const struct batch_reading *reading,
                               const Talea__V1__BatchEarn *said)
{
    if (said->promotion != 0) {
        return said->fixed_points == 0 ? REFUSE(POINTS_NOT_POSITIVE) : READ_OK;
    }
    bool is_within =
        reading->is_office && said->fixed_points <= reading->snapshot->version->file.guard.by_hand;
    return said->fixed_points != 0 && !is_within ? REFUSE(ROLE_NOT_ALLOWED) : READ_OK;
}

static unsigned read_earn(struct batch_reading *reading, const Talea__V1__BatchCommand *said,
                          struct command *command)
{
    struct command_earn *earn = &command->earn;
    unsigned refusal = read_earner(said->earn, earn);
    if (refusal == READ_OK) {
        refusal = read_text(said->receipt, earn->receipt, sizeof earn->receipt);
    }
    if (refusal == READ_OK) {
        refusal = read_text(said->earn->currency, earn->currency, sizeof earn->currency);
    }
    if (refusal == READ_OK) {
        refusal = read_promotion(reading, said->earn);
    }
    if (refusal == READ_OK) {
        refusal = read_text(said->earn->till, earn->till, sizeof earn->till);
    }
    if (refusal == READ_OK) {
        refusal = read_text(said->earn->cashier, earn->cashier, sizeof earn->cashier);
    }
    if (refusal != READ_OK) {
        return refusal;
    }
    earn->amount = money_of(said->earn->amount_minor);
    earn->is_fixed = said->earn->fixed_points != 0;
    earn->fixed_points = points_of(said->earn->fixed_points);
    earn->promotion = said->earn->promotion;
    if (is_judged(reading, command)) {
        reading->way = BATCH_JUDGED;
        return reading->is_linked ? REFUSE(PROGRAMME_HAS_RULES) : read_terms(reading, command);
    }
    reading->way = reading->is_watched ? BATCH_WATCHED : BATCH_PLAIN;
    refusal = read_terms(reading, command);
    return refusal == READ_OK && !may_give(reading, earn) ? REFUSE(POINTS_TOO_LARGE) : refusal;
}

static unsigned read_authorise(struct batch_reading *reading, const Talea__V1__BatchCommand *said,
                               struct command *command)
{
    struct command_hold *hold = &command->hold;
    if (card_number_parse(said->authorise->card, &hold->card) != ERR_OK) {
        return REFUSE(INVALID_CARD);
    }
    const struct roster_partner *home = roster_home_of(&reading->snapshot->roster, &hold->card);
    if (home == NULL) {
        return REFUSE(PARTNER_UNKNOWN);
    }
    if (!roster_is_self(&reading->snapshot->roster, &home->id)) {
        return REFUSE(FOREIGN_CARD);
    }
    if (!hold_times(reading->node, reading->now, said->authorise->capture_within_seconds, hold)) {
        return REFUSE(INVALID_TIME);
    }
    hold->redeemer = reading->node->config.partner;
    hold->points = points_of(said->authorise->points);
    if (!reading->is_office && hold->points.minor > reading->snapshot->till_points_max.minor) {
        return REFUSE(POINTS_TOO_LARGE);
    }
    if (hold->points.minor > 0 &&
        !burning_is_enough(reading->snapshot, reading->now, hold->points)) {
        return REFUSE(BURN_TOO_SMALL);
    }
    return read_text(said->receipt, hold->receipt, sizeof hold->receipt);
}

static unsigned read_use(const Talea__V1__BatchCommand *said, ProtobufCBinaryData hold,
                         int64_t points, struct command *command)
{
    struct command_hold_use *use = &command->use;
    use->points = points_of(points);
    unsigned refusal = read_id(hold, &use->hold);
    return refusal != READ_OK ? refusal
                              : read_text(said->receipt, use->receipt, sizeof use->receipt);
}

static unsigned read_return(struct batch_reading *reading, const Talea__V1__BatchCommand *said,
                            struct command *command)
{
    struct command_return_sale *body = &command->return_sale;
    body->amount = money_of(said->return_purchase->amount_minor);
    size_t lines = said->return_purchase->n_lines;
    unsigned refusal = read_id(said->return_purchase->sale_id, &body->sale);
    if (refusal == READ_OK && lines > LIMIT_RECEIPT_LINES) {
        return REFUSE(INVALID_LINES);
    }
    if (refusal == READ_OK && (lines > 0 || is_return_of_judged(reading, command))) {
        reading->way = BATCH_RETURNED;
        refusal = reading->is_linked ? REFUSE(PROGRAMME_HAS_RULES) : READ_OK;
    }
    return refusal != READ_OK ? refusal
                              : read_text(said->receipt, body->receipt, sizeof body->receipt);
}

static unsigned read_transfer(const struct batch_reading *reading,
                              const Talea__V1__BatchCommand *said, struct command *command)
{
    struct command_transfer *body = &command->transfer;
    const Talea__V1__BatchTransfer *transfer = said->transfer;
    if (!reading->is_office) {
        return REFUSE(ROLE_NOT_ALLOWED);
    }
    unsigned refusal = read_id(transfer->from_id, &body->from);
    if (refusal == READ_OK) {
        refusal = read_id(transfer->to_id, &body->to);
    }
    if (refusal == READ_OK && transfer->by_id.len > 0) {
        refusal = read_id(transfer->by_id, &body->by);
    }
    body->points = points_of(transfer->points);
    return refusal != READ_OK ? refusal
                              : read_text(said->receipt, body->receipt, sizeof body->receipt);
}

static enum command_kind kind_of(const Talea__V1__BatchCommand *said)
{
    switch (said->command_case) {
    case TALEA__V1__BATCH_COMMAND__COMMAND_EARN:
        return COMMAND_EARN;
    case TALEA__V1__BATCH_COMMAND__COMMAND_AUTHORISE:
        return COMMAND_HOLD;
    case TALEA__V1__BATCH_COMMAND__COMMAND_CAPTURE:
        return COMMAND_CAPTURE;
    case TALEA__V1__BATCH_COMMAND__COMMAND_VOID_HOLD:
        return COMMAND_VOID;
    case TALEA__V1__BATCH_COMMAND__COMMAND_RETURN_PURCHASE:
        return COMMAND_RETURN_SALE;
    case TALEA__V1__BATCH_COMMAND__COMMAND_RETURN_BURN:
        return COMMAND_RETURN_BURN;
    case TALEA__V1__BATCH_COMMAND__COMMAND_TRANSFER:
        return COMMAND_TRANSFER;
    case TALEA__V1__BATCH_COMMAND__COMMAND__NOT_SET:
    case _TALEA__V1__BATCH_COMMAND__COMMAND__CASE_IS_INT_SIZE:
        break;
    }
    return COMMAND_KIND_END;
}

static unsigned read_body(struct batch_reading *reading, const Talea__V1__BatchCommand *said,
                          struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_EARN:
        return read_earn(reading, said, command);
    case COMMAND_HOLD:
        return read_authorise(reading, said, command);
    case COMMAND_CAPTURE:
        return read_use(said, said->capture->hold_id, said->capture->points, command);
    case COMMAND_VOID:
        return read_use(said, said->void_hold->hold_id, 0, command);
    case COMMAND_RETURN_SALE:
        return read_return(reading, said, command);
    case COMMAND_RETURN_BURN:
        return read_use(said, said->return_burn->hold_id, said->return_burn->points, command);
    case COMMAND_TRANSFER:
        return read_transfer(reading, said, command);
    default:
        return REFUSE(INVALID_COMMAND);
    }
}

static unsigned read_command(struct batch_reading *reading, const Talea__V1__BatchCommand *said,
                             struct command *command)
{
    *command = (struct command){.kind = kind_of(said), .origin = reading->node->config.partner};
    unsigned refusal = read_id(said->transaction_id, &command->transaction_id);
    if (refusal == READ_OK) {
        refusal = read_time(reading, said->business_unix_ms, command);
    }
    return refusal != READ_OK ? refusal : read_body(reading, said, command);
}

static size_t codes_of(const struct batch_said *said)
{
    size_t codes = 0;
    for (size_t i = 0; i < said->count; i++) {
        const Talea__V1__BatchCommand *command = said->commands[i];
        bool is_earn = command->command_case == TALEA__V1__BATCH_COMMAND__COMMAND_EARN;
        codes += is_earn ? command->earn->n_codes : 0;
    }
    return codes;
}

static bool is_count_right(const struct batch_said *said)
{
    return said->count >= 1 && said->count <= LIMIT_BATCH_COMMANDS;
}

bool batch_fits(const struct batch_said *said)
{
    return is_count_right(said) && codes_of(said) <= BATCH_CODES_MAX;
}

struct rpc_status batch_refusal(const struct batch_said *said)
{
    return is_count_right(said)
               ? rpc_status_make(3, "INVALID_BATCH",
                                 "A batch shows at most %u codes, not %zu: make it smaller.",
                                 BATCH_CODES_MAX, codes_of(said))
               : rpc_status_make(3, "INVALID_BATCH", "A batch has 1 to %u commands, not %zu.",
                                 LIMIT_BATCH_COMMANDS, said->count);
}

/* One that can't be done undoes the others of its link. */
static void refuse_linked(struct batch_room *room)
{
    for (size_t i = 0; i < room->count; i++) {
        if (room->refusals[i] == READ_OK) {
            room->refusals[i] = REFUSE(LINKED_REFUSED);
        }
    }
    room->submitted = 0;
}

void batch_read(struct batch_room *room, const struct identity *caller,
                const struct batch_said *said)
{
    ASSERT(batch_fits(said));
    struct snapshot *snapshot = node_snapshot(room->node);
    struct batch_reading reading = {
        .node = room->node,
        .snapshot = snapshot,
        .now = node_now(room->node),
        .is_office = ((unsigned)caller->role & ROLES_OFFICE) != 0,
        .is_linked = said->is_linked,
        .is_watched = fraud_gate_is_needed(snapshot),
    };
    room->is_watched = reading.is_watched;
    if (room->is_watched) {
        memset(room->messages, 0, said->count * sizeof room->messages[0]);
        memset(room->alerts, 0, said->count * sizeof room->alerts[0]);
    }
    room->count = said->count;
    room->is_linked = said->is_linked;
    room->submitted = 0;
    room->judged = 0;
    arena_reset(&room->memory);
    room->is_office = reading.is_office;
    room->said = said->commands;
    for (size_t i = 0; i < said->count; i++) {
        reading.way = BATCH_PLAIN;
        unsigned refusal =
            read_command(&reading, said->commands[i], &room->commands[room->submitted]);
        room->refusals[i] = (uint16_t)refusal;
        if (refusal == READ_OK) {
            room->ways[room->submitted] = (uint8_t)reading.way;
            room->codes[room->submitted] = (struct judged_codes){.count = 0};
            room->judged += reading.way == BATCH_PLAIN ? 0 : 1;
            room->places[room->submitted++] = (uint16_t)i;
        }
    }
    snapshot_release(snapshot);
    if (room->is_linked && room->submitted < room->count) {
        refuse_linked(room);
    }
}
