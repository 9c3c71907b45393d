/* talea payment import: the bookings of a bank's statement or notification. The file is read here
 * and not by the node, which sees nothing but bookings. */
#include <stdlib.h>
#include <string.h>

#include "bank/camt.h"
#include "base/decimal.h"
#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/payment.h"

struct bookings {
    struct camt_booking *rows;
    size_t count;
    size_t capacity;
    size_t others; /* without a reference of a settlement */
};

struct importing {
    struct cli *cli;
    const char *path;
    const struct units *units;
    struct bookings bookings;
    size_t outcomes[16];
    json_t *json;
};

/* A brand's account sees much that is no settlement. */
static enum err keep(void *context, const struct camt_booking *booking)
{
    struct bookings *bookings = context;
    struct period period;
    if (payment_reference_period(booking->reference, &period) != ERR_OK) {
        bookings->others++;
        return ERR_OK;
    }
    if (bookings->count == bookings->capacity) {
        size_t capacity = bookings->capacity == 0 ? 64 : 2 * bookings->capacity;
        struct camt_booking *rows = realloc(bookings->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            return ERR_RESOURCE;
        }
        bookings->rows = rows;
        bookings->capacity = capacity;
    }
    bookings->rows[bookings->count++] = *booking;
    return ERR_OK;
}

/* In the settlement currency's minor unit; of other currencies the node says that they are wrong.
 */
static int64_t minor_of(const struct importing *importing, const struct camt_booking *booking)
{
    static const struct decimal_style style = {'.', 0};
    struct decimal value;
    int64_t minor = 0;
    bool is_ours = strcmp(booking->currency, importing->units->currency) == 0;
    unsigned decimals = is_ours ? importing->units->currency_decimals
                                : amounts_currency_decimals(booking->currency);
    if (decimal_parse(booking->amount, strlen(booking->amount), style, &value) != ERR_OK ||
        decimal_to_minor_exact(value, decimals, &minor) != ERR_OK) {
        return 0;
    }
    return minor;
}

static const char *outcome_word(Talea__V1__BookingOutcome outcome)
{
    static const char *const words[] = {"?",
                                        "recorded",
                                        "known already",
                                        "no payment of this brand has the reference",
                                        "another currency than the settlement's",
                                        "the money went the wrong way",
                                        "another account than this brand's",
                                        "an amount that can't be",
                                        "more bookings than a payment may have"};
    return (unsigned)outcome < sizeof words / sizeof words[0] ? words[outcome] : words[0];
}

static bool is_fine(Talea__V1__BookingOutcome outcome)
{
    return outcome == TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_RECORDED ||
           outcome == TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_KNOWN;
}

static void tell(struct importing *importing, const struct camt_booking *booking,
                 const Talea__V1__BookingResult *result)
{
    struct cli *cli = importing->cli;
    const char *state = result->payment == NULL ? "" : payment_state_word(result->payment->state);
    importing->outcomes[(unsigned)result->outcome & 15]++;
    if (cli->is_json) {
        json_array_append_new(importing->json,
                              json_pack("{s:i, s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "line",
                                        booking->line, "reference", booking->reference,
                                        "bank_reference", booking->bank_reference, "amount",
                                        booking->amount, "currency", booking->currency, "is_credit",
                                        (int)booking->is_credit, "outcome",
                                        outcome_word(result->outcome), "state", state));
        return;
    }
    fprintf(cli->out, "%s:%d: %s %s %s %s: %s%s%s\n", importing->path, booking->line,
            booking->reference, booking->is_credit ? "in" : "out", booking->amount,
            booking->currency, outcome_word(result->outcome), state[0] == '\0' ? "" : "; now ",
            state);
}

static void fill(const struct importing *importing, const struct camt_booking *booking,
                 Talea__V1__Booking *out)
{
    talea__v1__booking__init(out);
    out->reference = message_text(booking->reference);
    out->bank_reference = message_text(booking->bank_reference);
    out->amount_minor = minor_of(importing, booking);
    out->currency = message_text(booking->currency);
    out->is_credit = booking->is_credit;
    out->is_reversal = booking->is_reversal;
    out->booked_unix_ms = booking->booked_at.ms;
    out->account_iban = message_text(booking->account);
}

static enum cli_exit send_part(struct importing *importing, size_t from, size_t count)
{
    Talea__V1__ImportBookingsRequest request;
    talea__v1__import_bookings_request__init(&request);
    Talea__V1__Booking *rows = calloc(count, sizeof *rows);
    request.bookings = calloc(count, sizeof *request.bookings);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = CLI_INTERNAL;
    if (rows != NULL && request.bookings != NULL) {
        for (size_t i = 0; i < count; i++) {
            fill(importing, &importing->bookings.rows[from + i], &rows[i]);
            request.bookings[request.n_bookings++] = &rows[i];
        }
        outcome = payment_call(importing->cli, "ImportBookings", &request.base, &message);
    }
    const Talea__V1__ImportBookingsResponse *reply =
        (const Talea__V1__ImportBookingsResponse *)message;
    for (size_t i = 0; outcome == CLI_OK && i < reply->n_results && i < count; i++) {
        tell(importing, &importing->bookings.rows[from + i], reply->results[i]);
    }
    free(rows);
    free(request.bookings);
    return outcome;
}

static enum cli_exit finish(struct importing *importing)
{
    struct cli *cli = importing->cli;
    size_t refused = 0;
    for (size_t i = 0; i < sizeof importing->outcomes / sizeof importing->outcomes[0]; i++) {
        refused += is_fine((Talea__V1__BookingOutcome)i) ? 0 : importing->outcomes[i];
    }
    size_t recorded = importing->outcomes[TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_RECORDED];
    size_t known = importing->outcomes[TALEA__V1__BOOKING_OUTCOME__BOOKING_OUTCOME_KNOWN];
    if (cli->is_json) {
        enum cli_exit outcome = cli_print_json(
            cli, json_pack("{s:O, s:I, s:I, s:I, s:I}", "bookings", importing->json, "recorded",
                           (json_int_t)recorded, "known", (json_int_t)known, "not_taken",
                           (json_int_t)refused, "without_reference",
                           (json_int_t)importing->bookings.others));
        return outcome == CLI_OK && refused > 0 ? CLI_REFUSED : outcome;
    }
    fprintf(cli->out, "%zu recorded, %zu known already, %zu not taken, %zu of other business\n",
            recorded, known, refused, importing->bookings.others);
    return refused > 0 ? CLI_REFUSED : CLI_OK;
}

static enum cli_exit import(struct importing *importing)
{
    struct note note = {""};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    enum err err = file_read(importing->path, FILE_PUBLIC, LIMIT_BANK_FILE_BYTES, &bytes, &note);
    if (err != ERR_OK) {
        return cli_fail_err(importing->cli, err, &note);
    }
    err = camt_read(buffer_slice(&bytes), keep, &importing->bookings, &note);
    if (err != ERR_OK) {
        struct note where;
        (void)note_set(&where, err, "%.200s: %.300s", importing->path, note.text);
        return cli_fail_err(importing->cli, err, &where);
    }
    for (size_t from = 0; from < importing->bookings.count; from += LIMIT_BOOKINGS_PER_CALL) {
        size_t left = importing->bookings.count - from;
        enum cli_exit outcome = send_part(
            importing, from, left < LIMIT_BOOKINGS_PER_CALL ? left : LIMIT_BOOKINGS_PER_CALL);
        if (outcome != CLI_OK) {
            return outcome;
        }
    }
    return finish(importing);
}

enum cli_exit run_payment_import(struct cli *cli)
{
    struct importing importing = {.cli = cli, .path = cli_argument(cli, 0)};
    enum cli_exit outcome = session_units(cli, &importing.units);
    importing.json = json_array();
    if (outcome == CLI_OK) {
        outcome = import(&importing);
    }
    json_decref(importing.json);
    free(importing.bookings.rows);
    return outcome;
}
