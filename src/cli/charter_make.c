/* talea charter example, make: from terms and introductions to a charter that waits for its
 * signatures. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "charter/charter_file.h"
#include "cli/commands.h"
#include "cli/init_files.h"
#include "config/coalition_file.h"

const struct argp_option charter_make_options[] = {
    {"terms", OPT_TERMS, "FILE", 0, "What the partners agreed on (talea charter example)", 0},
    {"out", OPT_OUT, "FILE", 0, "The charter, a new file that ends in .talea", 0},
    {"previous", OPT_PREVIOUS, "FILE", 0, "The charter before, when the epoch is not 1", 0},
    {"valid-from", OPT_VALID_FROM, "TIME", 0, "2026-10-03 or 2026-10-03T17:00:00Z (default: now)",
     0},
    {0}};

struct maker {
    struct coalition_file file;
    struct charter_tariff tariffs[LIMIT_TARIFFS];
    struct charter_terms terms;
    struct buffer *introductions;
    struct slice *slices;
    size_t count;
    struct buffer charter;
};

enum cli_exit run_charter_example(struct cli *cli)
{
    CLEANUP(buffer_fini) struct buffer yaml = {0};
    init_write_coalition_yaml(&yaml);
    fwrite(yaml.at, 1, yaml.length, cli->out);
    return CLI_OK;
}

static enum err power_of_ten(unsigned exponent, int64_t *out_power)
{
    int64_t power = 1;
    for (unsigned i = 0; i < exponent; i++) {
        TRY(int64_mul_div(power, 10, 1, ROUNDING_DOWN, &power));
    }
    *out_power = power;
    return ERR_OK;
}

/* Prices in whole minor units for the fewest points that make both exact. */
static enum err convert_tariff(const struct coalition_file *file,
                               const struct coalition_tariff *tariff, struct charter_tariff *out)
{
    unsigned scale = tariff->issue_price.scale;
    if (tariff->redemption_price.scale > scale) {
        scale = tariff->redemption_price.scale;
    }
    unsigned more = scale > file->settlement_decimals ? scale - file->settlement_decimals : 0;
    unsigned decimals = file->settlement_decimals + more;
    struct tariff prices = {.id = tariff->id};
    TRY(power_of_ten(file->points_decimals + more, &prices.per.minor));
    TRY(decimal_to_minor_exact(tariff->issue_price, decimals, &prices.issue_price.minor));
    TRY(decimal_to_minor_exact(tariff->redemption_price, decimals, &prices.redemption_price.minor));
    *out = (struct charter_tariff){prices, tariff->name};
    return ERR_OK;
}

static enum err convert_terms(struct maker *maker, struct note *note)
{
    const struct coalition_file *file = &maker->file;
    for (size_t i = 0; i < file->tariff_count; i++) {
        if (convert_tariff(file, &file->tariffs[i], &maker->tariffs[i]) != ERR_OK) {
            return note_set(note, ERR_RANGE,
                            "tariffs: the prices of tariff %u have too many digits",
                            file->tariffs[i].id);
        }
    }
    maker->terms = (struct charter_terms){.coalition = file->coalition,
                                          .epoch = file->epoch,
                                          .required_signatures = file->required_signatures,
                                          .points_name = file->points_name,
                                          .points_decimals = file->points_decimals,
                                          .currency = file->settlement_currency.code,
                                          .currency_decimals = file->settlement_decimals,
                                          .tariffs = maker->tariffs,
                                          .tariff_count = file->tariff_count,
                                          .net_debit_cap = {file->net_debit_minor}};
    return ERR_OK;
}

/* Those on the command line take the place of the terms'. */
static enum err read_introductions(const struct cli *cli, struct maker *maker, struct note *note)
{
    size_t given = cli->args.count;
    size_t count = given > 0 ? given : maker->file.partner_count;
    if (count == 0) {
        return note_set(note, ERR_INPUT,
                        "no partners: name their introductions on the command line or in the "
                        "terms, under `partners`");
    }
    maker->introductions = calloc(count, sizeof maker->introductions[0]);
    maker->slices = calloc(count, sizeof maker->slices[0]);
    if (maker->introductions == NULL || maker->slices == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = given > 0 ? cli_argument(cli, i) : maker->file.partners[i].text;
        maker->count++;
        TRY(charter_file_read(path, &maker->introductions[i], note));
        maker->slices[i] = buffer_slice(&maker->introductions[i]);
    }
    return ERR_OK;
}

static enum err link_previous(const struct cli *cli, struct maker *maker, struct note *note)
{
    const char *path = cli_option(cli, OPT_PREVIOUS);
    bool is_first = maker->terms.epoch == 1;
    if (is_first != (path == NULL)) {
        return note_set(note, ERR_INPUT,
                        is_first ? "epoch 1 follows no charter: leave out --previous"
                                 : "epoch %u follows a charter: name it by --previous",
                        maker->file.epoch);
    }
    if (is_first) {
        return ERR_OK;
    }
    struct charter *before;
    TRY(charter_load(path, &before, note));
    enum err err = ERR_OK;
    if (strcmp(before->coalition, maker->terms.coalition) != 0 ||
        before->epoch + 1 != maker->terms.epoch) {
        err = note_set(note, ERR_INPUT, "%s is of %s, epoch %llu; the terms are of %s, epoch %u",
                       path, before->coalition, (unsigned long long)before->epoch,
                       maker->terms.coalition, maker->file.epoch);
    }
    maker->terms.previous_hash = before->payload_hash;
    charter_close(before);
    return err;
}

static enum err make(const struct cli *cli, struct maker *maker, struct note *note)
{
    const char *terms = cli_option(cli, OPT_TERMS);
    const char *out = cli_option(cli, OPT_OUT);
    if (terms == NULL || out == NULL) {
        return note_set(note, ERR_INPUT, "--%s is missing", terms == NULL ? "terms" : "out");
    }
    TRY(coalition_file_load(terms, &maker->file, note));
    TRY(convert_terms(maker, note));
    struct clock_port clock = clock_of_system();
    maker->terms.valid_from = clock_now(&clock);
    const char *text = cli_option(cli, OPT_VALID_FROM);
    if (text != NULL && unix_ms_parse(text, &maker->terms.valid_from) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--valid-from: \"%s\" is no date or time", text);
    }
    TRY(link_previous(cli, maker, note));
    TRY(read_introductions(cli, maker, note));
    TRY(charter_make(&maker->terms, maker->slices, maker->count, &maker->charter, note));
    return charter_file_write(out, buffer_slice(&maker->charter), note);
}

static void maker_fini(struct maker *maker)
{
    for (size_t i = 0; i < maker->count; i++) {
        buffer_fini(&maker->introductions[i]);
    }
    free(maker->introductions);
    free(maker->slices);
    buffer_fini(&maker->charter);
    coalition_file_fini(&maker->file);
}

enum cli_exit run_charter_make(struct cli *cli)
{
    struct note note = {""};
    struct maker *maker = calloc(1, sizeof *maker);
    if (maker == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    enum err err = make(cli, maker, &note);
    if (err == ERR_OK) {
        const char *out = cli_option(cli, OPT_OUT);
        fprintf(cli->out,
                "Made %s: %s, epoch %u, %zu partners, %u signatures needed.\n"
                "Each partner signs it: talea charter sign --key root.key %s\n",
                out, maker->file.coalition, maker->file.epoch, maker->count,
                maker->file.required_signatures, out);
    }
    maker_fini(maker);
    free(maker);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}
