/* talea charter example, make: from terms and introductions to a charter that waits for its
 * signatures. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "charter/charter_calendar.h"
#include "charter/charter_file.h"
#include "charter/introduction.h"
#include "cli/commands.h"
#include "cli/init_files.h"
#include "cli/tariff_terms.h"
#include "config/coalition_file.h"

const struct argp_option charter_make_options[] = {
    {"terms", OPT_TERMS, "FILE", 0, "What the partners agreed on (talea charter example)", 0},
    {"out", OPT_OUT, "FILE", 0, "The charter, a new file that ends in .talea", 0},
    {"previous", OPT_PREVIOUS, "FILE", 0,
     "The charter before, when the epoch is not 1; its partners are taken over", 0},
    {"valid-from", OPT_VALID_FROM, "TIME", 0, "2026-10-03 or 2026-10-03T17:00:00Z (default: now)",
     0},
    {0}};

struct maker {
    struct coalition_file file;
    struct charter_tariff tariffs[LIMIT_TARIFFS];
    struct charter_promotion promotions[LIMIT_PROMOTIONS];
    struct charter_terms terms;
    struct charter *previous; /* NULL for epoch 1 */
    struct charter_departure *departures;
    struct charter_revocation *revocations;
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

static enum err convert_terms(struct maker *maker, struct note *note)
{
    const struct coalition_file *file = &maker->file;
    for (size_t i = 0; i < file->tariff_count; i++) {
        if (tariff_of_terms(file, &file->tariffs[i], &maker->tariffs[i]) != ERR_OK) {
            return note_set(note, ERR_RANGE,
                            "tariffs: the prices of tariff %u have too many digits",
                            file->tariffs[i].id);
        }
    }
    for (size_t i = 0; i < file->promotion_count; i++) {
        promotion_of_terms(&file->promotions[i], &maker->promotions[i]);
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
                                          .promotions = maker->promotions,
                                          .promotion_count = file->promotion_count,
                                          .net_debit_cap = {file->net_debit_minor},
                                          .waits_at_cap = file->waits_at_cap,
                                          .dispute_answer_s = file->dispute_answer_s,
                                          .dispute_escalate_s = file->dispute_escalate_s,
                                          .is_multilateral = file->is_multilateral};
    return ERR_OK;
}

/* Who leaves, and which keys no longer sign. */
static enum err convert_changes(struct maker *maker, struct note *note)
{
    const struct coalition_file *file = &maker->file;
    maker->departures = calloc(file->departure_count + 1, sizeof *maker->departures);
    maker->revocations = calloc(file->revoked_count + 1, sizeof *maker->revocations);
    if (maker->departures == NULL || maker->revocations == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < file->departure_count; i++) {
        maker->departures[i] = (struct charter_departure){file->departures[i].partner,
                                                          file->departures[i].last_period};
    }
    for (size_t i = 0; i < file->revoked_count; i++) {
        const struct coalition_revoked_key *row = &file->revoked[i];
        struct charter_revocation *out = &maker->revocations[i];
        out->partner = row->partner;
        out->streams = calloc(row->stream_count + 1, sizeof *out->streams);
        if (out->streams == NULL || key_id_parse(row->key, &out->key) != ERR_OK) {
            return note_set(note, ERR_INPUT, "revoked_keys: %s is no key id", row->key);
        }
        for (size_t k = 0; k < row->stream_count; k++) {
            out->streams[out->stream_count++] = (struct charter_revoked_stream){
                row->streams[k].peer, row->streams[k].entries, row->streams[k].receipts};
        }
    }
    maker->terms.departures = maker->departures;
    maker->terms.departure_count = file->departure_count;
    maker->terms.revocations = maker->revocations;
    maker->terms.revocation_count = file->revoked_count;
    return ERR_OK;
}

static bool is_introduced(const struct maker *maker, const struct partner_id *partner)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    for (size_t i = 0; i < maker->count; i++) {
        struct introduction introduction;
        if (introduction_open(maker->slices[i], &arena, &introduction, NULL) == ERR_OK &&
            partner_id_equal(&introduction.partner.id, partner)) {
            return true;
        }
    }
    return false;
}

/* How long one that has left stays in the charter: its last payments are still under way, and who
 * is in no charter is talked to no more. */
#define DAYS_AFTER_LEAVING 92

/* Those of the charter before that hand in nothing new, but for those that have left long since. */
static enum err take_over_partners(struct maker *maker, struct note *note)
{
    size_t count = maker->previous == NULL ? 0 : maker->previous->partner_count;
    int64_t begins = unix_day(maker->terms.valid_from);
    for (size_t i = 0; i < count; i++) {
        const struct charter_partner *partner = &maker->previous->partners[i];
        bool has_left = partner->last_period.code != 0 &&
                        period_last_day(partner->last_period) + DAYS_AFTER_LEAVING < begins;
        if (has_left || is_introduced(maker, &partner->id)) {
            continue;
        }
        struct buffer *out = &maker->introductions[maker->count];
        TRY(charter_introduction(maker->previous, &partner->id, out, note));
        maker->slices[maker->count++] = buffer_slice(out);
    }
    return ERR_OK;
}

/* Those on the command line take the place of the terms'. */
static enum err read_introductions(const struct cli *cli, struct maker *maker, struct note *note)
{
    size_t given = cli->args.count;
    size_t count = given > 0 ? given : maker->file.partner_count;
    size_t before = maker->previous == NULL ? 0 : maker->previous->partner_count;
    if (count + before == 0) {
        return note_set(note, ERR_INPUT,
                        "no partners: name their introductions on the command line or in the "
                        "terms, under `partners`");
    }
    maker->introductions = calloc(count + before, sizeof maker->introductions[0]);
    maker->slices = calloc(count + before, sizeof maker->slices[0]);
    if (maker->introductions == NULL || maker->slices == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = given > 0 ? cli_argument(cli, i) : maker->file.partners[i].text;
        maker->count++;
        TRY(charter_file_read(path, &maker->introductions[i], note));
        maker->slices[i] = buffer_slice(&maker->introductions[i]);
    }
    return take_over_partners(maker, note);
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
    maker->previous = before;
    maker->terms.previous = before;
    return err;
}

/* After the charter before is known. */
static enum err convert_calendar(struct maker *maker, struct note *note)
{
    const struct coalition_calendar *asked = &maker->file.calendar;
    struct period_rule rule = {.from_day = asked->from_day,
                               .unit = asked->unit,
                               .is_closed_by_node = asked->is_closed_by_node,
                               .grace_s = asked->grace_s};
    struct period_calendar first = {.rules = {rule}, .rule_count = 1};
    static const struct period_rule months = {.unit = PERIOD_MONTH};
    memcpy(rule.time_zone, asked->time_zone, sizeof rule.time_zone);
    if (maker->previous != NULL) {
        return charter_calendar_change(&maker->previous->calendar, &rule, maker->terms.valid_from,
                                       &maker->terms.calendar, note);
    }
    if (rule.from_day != 0) {
        return note_set(note, ERR_INPUT,
                        "calendar.from: the first epoch's calendar has no other "
                        "before it");
    }
    first.rules[0] = rule;
    first.rule_count = period_rule_equal(&rule, &months) ? 0 : 1;
    maker->terms.calendar = first;
    return ERR_OK;
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
    TRY(convert_calendar(maker, note));
    TRY(convert_changes(maker, note));
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
    for (size_t i = 0; maker->revocations != NULL && i < maker->file.revoked_count; i++) {
        free(maker->revocations[i].streams);
    }
    free(maker->revocations);
    free(maker->departures);
    charter_close(maker->previous);
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
