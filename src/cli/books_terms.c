#include "cli/books.h"

#include <string.h>
#include <talea/v1/admin.pb-c.h>

#include "cli/message.h"

static enum cli_exit read_file(struct cli *cli, struct accounting_file *file)
{
    const char *path = cli_option(cli, OPT_ACCOUNTS);
    struct note note = {""};
    accounting_file_default(file);
    enum err err = path == NULL ? ERR_OK : accounting_file_load(path, file, &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

/* Whose books, and up to which row. */
static enum cli_exit read_status(struct cli *cli, struct books_terms *terms)
{
    Talea__V1__GetStatusRequest request;
    talea__v1__get_status_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, &talea__v1__admin_service__descriptor, "GetStatus",
                                         &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__GetStatusResponse *status = (const Talea__V1__GetStatusResponse *)message;
    terms->end_row = status->journal_rows + 1;
    enum err err = partner_id_parse(status->partner, &terms->self);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, NULL);
}

static enum cli_exit read_prices(struct cli *cli, struct books_terms *terms)
{
    struct note note = {""};
    enum err err = session_chain(cli, &terms->chain, &note);
    if (err == ERR_OK) {
        err =
            charter_roster(charter_chain_last(&terms->chain), &terms->self, &terms->roster, &note);
        terms->has_roster = err == ERR_OK;
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

enum cli_exit books_terms_open(struct cli *cli, bool with_prices, struct books_terms *out_terms)
{
    memset(out_terms, 0, sizeof *out_terms);
    enum cli_exit outcome = read_file(cli, &out_terms->file);
    outcome = outcome == CLI_OK ? session_open(cli) : outcome;
    outcome = outcome == CLI_OK ? session_units(cli, &out_terms->units) : outcome;
    outcome = outcome == CLI_OK ? read_status(cli, out_terms) : outcome;
    return outcome == CLI_OK && with_prices ? read_prices(cli, out_terms) : outcome;
}

/* The price of one point as minor units for so many smallest parts of points. */
enum err books_terms_liability(const struct books_terms *books, struct liability_terms *out_terms)
{
    const struct accounting_file *file = &books->file;
    const struct units *units = books->units;
    struct decimal per = {1, 0};
    unsigned more = 0;
    liability_terms_default(&books->roster, out_terms);
    out_terms->breakage = file->breakage;
    if (file->age_count > 0) {
        out_terms->age_count = file->age_count;
        memcpy(out_terms->ages, file->ages, sizeof out_terms->ages);
    }
    if (!file->has_price) {
        return ERR_OK;
    }
    more = file->price.scale > units->currency_decimals
               ? file->price.scale - units->currency_decimals
               : 0;
    out_terms->has_price = true;
    TRY(decimal_to_minor_exact(per, units->points_decimals + more, &out_terms->per.minor));
    return decimal_to_minor_exact(file->price, units->currency_decimals + more,
                                  &out_terms->price.minor);
}

void books_terms_fini(struct books_terms *terms)
{
    if (terms->has_roster) {
        charter_roster_fini(&terms->roster);
    }
    charter_chain_fini(&terms->chain);
}
