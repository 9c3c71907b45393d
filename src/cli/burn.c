/* talea burn: hold, capture, void, and the two in one go. */
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/pb_json.h"
#include "cli/selector.h"
#include "cli/till.h"
#include "crypto/hash.h"

#define WITHIN_MAX_S (31 * 86400)

const struct argp_option burn_options[] = {
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's receipt or order number", 0},
    {"within", OPT_WITHIN, "SECONDS", 0, "How long the hold must last (default: the node's)", 0},
    TRANSACTION_OPTION,
    {0}};

const struct argp_option burn_capture_options[] = {
    {"points", OPT_POINTS, "POINTS", 0, "Take so many (default: all that is left)", 0},
    TRANSACTION_OPTION,
    {0}};

const struct argp_option burn_void_options[] = {TRANSACTION_OPTION, {0}};

static enum cli_exit authorise(struct cli *cli, ProtobufCMessage **out_reply)
{
    Talea__V1__AuthoriseBurnRequest request;
    talea__v1__authorise_burn_request__init(&request);
    struct note note = {""};
    char card[20];
    const char *id;
    int64_t within;
    if (args_number(&cli->args, OPT_WITHIN, "within", 1, WITHIN_MAX_S, 0, &within, &note) !=
        ERR_OK) {
        return cli_fail_err(cli, ERR_INPUT, &note);
    }
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_points(cli, "POINTS", cli_argument(cli, 1), &request.points);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.card = card;
    request.capture_within_seconds = (uint32_t)within;
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request.receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    return till_call(cli, "AuthoriseBurn", &request.base, out_reply);
}

/* Who stands behind it; nothing for our own members. */
static void print_authority(struct cli *cli, const Talea__V1__AuthoriseBurnResponse *reply)
{
    if (reply->authorised_by == TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_GRANT) {
        fprintf(cli->out, "granted    by %s\n", reply->home);
    } else if (reply->authorised_by == TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_MANDATE) {
        fprintf(cli->out, "stood in   for %s, which did not answer, under mandate %s\n",
                reply->home, reply->mandate_id);
    }
}

enum cli_exit run_burn_authorise(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = authorise(cli, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__AuthoriseBurnResponse *reply =
        (const Talea__V1__AuthoriseBurnResponse *)message;
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "hold       %s\n", reply->hold_id);
    fprintf(cli->out, "held       %s %s\n", amounts_points(units, reply->held_points, text),
            units->points_name);
    fprintf(cli->out, "home       %s\n", reply->home);
    print_authority(cli, reply);
    fprintf(cli->out, "capture by %s UTC\n", amounts_time(reply->capture_by_unix_ms, time));
    fprintf(cli->out, "deliver by %s UTC\n", amounts_time(reply->deliver_by_unix_ms, time));
    return CLI_OK;
}

static enum cli_exit print_capture(struct cli *cli, const ProtobufCMessage *message)
{
    if (cli->is_json) {
        return session_print_json(cli, message);
    }
    const Talea__V1__CaptureBurnResponse *reply = (const Talea__V1__CaptureBurnResponse *)message;
    const struct units *units;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        char text[AMOUNT_TEXT_MAX];
        fprintf(cli->out, "captured   %s %s\n", amounts_points(units, reply->captured_points, text),
                units->points_name);
        fprintf(cli->out, "left       %s\n", amounts_points(units, reply->left_points, text));
    }
    return outcome;
}

enum cli_exit run_burn_capture(struct cli *cli)
{
    Talea__V1__CaptureBurnRequest request;
    talea__v1__capture_burn_request__init(&request);
    const char *id;
    const char *points = cli_option(cli, OPT_POINTS);
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK && points != NULL) {
        outcome = amounts_read_points(cli, "--points", points, &request.points);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.hold_id = message_text(cli_argument(cli, 0));
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "CaptureBurn", &request.base, &message);
    return outcome == CLI_OK ? print_capture(cli, message) : outcome;
}

static enum cli_exit void_hold(struct cli *cli, const char *id, const char *hold,
                               ProtobufCMessage **out_reply)
{
    Talea__V1__VoidBurnRequest request;
    talea__v1__void_burn_request__init(&request);
    request.transaction_id = message_text(id);
    request.hold_id = message_text(hold);
    return till_call(cli, "VoidBurn", &request.base, out_reply);
}

enum cli_exit run_burn_void(struct cli *cli)
{
    const char *id;
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = void_hold(cli, id, cli_argument(cli, 0), &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        char text[AMOUNT_TEXT_MAX];
        const Talea__V1__VoidBurnResponse *reply = (const Talea__V1__VoidBurnResponse *)message;
        fprintf(cli->out, "voided     %s %s\n", amounts_points(units, reply->voided_points, text),
                units->points_name);
    }
    return outcome;
}

/* The id of what follows a hold follows from the hold's, so that the whole command may be repeated
 * with one --transaction-id. */
static void derive_id(const char *hold, const char *step, char out_text[UID_TEXT_MAX])
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of(step, strlen(step) + 1));
    hasher_add(&hasher, slice_of(hold, strlen(hold)));
    struct hash hash = hasher_finish(&hasher);
    struct uid uid = {{0}};
    int64_t unix_ms = 0;
    if (uid_parse(hold, &uid) == ERR_OK) { /* the first 6 bytes of version 7 are its time */
        for (unsigned i = 0; i < 6; i++) {
            unix_ms = unix_ms << 8 | uid.bytes[i];
        }
    }
    uid = uid_v8(unix_ms, hash.bytes);
    uid_format(&uid, out_text);
}

/* What was taken, and by whose word. */
static enum cli_exit print_burn(struct cli *cli, const ProtobufCMessage *captured,
                                const ProtobufCMessage *held)
{
    if (cli->is_json) {
        json_t *whole = pb_json(captured);
        json_t *hold = pb_json(held);
        json_object_update_missing(whole, hold);
        json_decref(hold);
        return cli_print_json(cli, whole);
    }
    enum cli_exit outcome = print_capture(cli, captured);
    if (outcome == CLI_OK) {
        print_authority(cli, (const Talea__V1__AuthoriseBurnResponse *)held);
    }
    return outcome;
}

enum cli_exit run_burn(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *held = NULL;
    enum cli_exit outcome = authorise(cli, &held);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const char *hold = ((const Talea__V1__AuthoriseBurnResponse *)held)->hold_id;
    char id[UID_TEXT_MAX];
    derive_id(hold, "capture", id);
    Talea__V1__CaptureBurnRequest request;
    talea__v1__capture_burn_request__init(&request);
    request.transaction_id = id;
    request.hold_id = message_text(hold);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "CaptureBurn", &request.base, &message);
    if (outcome == CLI_OK) {
        return print_burn(cli, message, held);
    }
    if (outcome == CLI_REFUSED) { /* then nobody waits for the hold */
        CLEANUP(message_release) ProtobufCMessage *ignored = NULL;
        derive_id(hold, "void", id);
        if (void_hold(cli, id, hold, &ignored) != CLI_OK) {
            return outcome;
        }
    }
    return outcome;
}
