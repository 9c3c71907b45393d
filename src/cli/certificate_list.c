/* talea certificate list: what stands in the home's tls folder, and how long it is good for. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "pki/certificate.h"
#include "pki/trust.h"

struct found {
    char identity[IDENTITY_URI_MAX];
    struct unix_ms not_after;
    int64_t days_left; /* whole ones, rounded down: below 0 it has ended */
};

static int is_pem(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".pem") == 0;
}

static int64_t days_between(struct unix_ms from, struct unix_ms to)
{
    int64_t ms = to.ms - from.ms;
    return ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS);
}

static enum err look_at(const struct node_config *config, const char *folder, const char *name,
                        struct unix_ms now, struct found *out, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return note_set(note, ERR_RANGE, "--home: the path is too long");
    }
    CLEANUP(buffer_fini) struct buffer pem = {0};
    struct identity identity;
    TRY(file_read(path, FILE_PUBLIC, LIMIT_PEM_BYTES, &pem, note));
    TRY(pki_not_after(buffer_slice(&pem), &out->not_after, note));
    out->days_left = days_between(now, out->not_after);
    if (pki_identity_of(buffer_slice(&pem), &identity, note) == ERR_OK) {
        identity_format(&identity, out->identity);
    } else {
        TRY(certificate_is_authority_of(buffer_slice(&pem), config->coalition, &config->partner,
                                        note));
        snprintf(out->identity, sizeof out->identity, "the authority of %s in %s",
                 config->partner.text, config->coalition);
    }
    return ERR_OK;
}

static json_t *row_json(const char *name, const struct found *found)
{
    char time[TIME_TEXT_MAX];
    return json_pack("{s:s, s:s, s:s, s:I}", "file", name, "identity", found->identity, "not_after",
                     unix_ms_format(found->not_after, time), "days_left",
                     (json_int_t)found->days_left);
}

static void row_cells(struct table *table, const char *name, const struct found *found)
{
    char time[TIME_TEXT_MAX];
    table_cell(table, "%s", name);
    table_cell(table, "%s", found->identity);
    table_cell(table, "%s", amounts_time(found->not_after.ms, time));
    if (found->days_left < 0) {
        table_cell(table, "expired");
    } else {
        table_cell(table, "%lld", (long long)found->days_left);
    }
}

/* What can't be read is told and passed over. */
static enum cli_exit list(struct cli *cli, const struct node_config *config, const char *folder,
                          struct dirent **entries, size_t count)
{
    static const char *const titles[] = {"file", "identity", "not after UTC", ">days left"};
    struct clock_port clock = clock_of_system();
    struct unix_ms now = clock_now(&clock);
    struct table table;
    enum cli_exit outcome = CLI_OK;
    json_t *rows = json_array();
    table_init(&table, titles, 4);
    for (size_t i = 0; i < count; i++) {
        struct found found;
        struct note note = {""};
        const char *name = entries[i]->d_name;
        enum err err = look_at(config, folder, name, now, &found, &note);
        if (err != ERR_OK) {
            outcome = cli_fail(cli, exit_of(err), err_name(err), NULL, "%s: %s", name, note.text);
            continue;
        }
        json_array_append_new(rows, row_json(name, &found));
        row_cells(&table, name, &found);
    }
    if (cli->is_json) {
        enum cli_exit printed = cli_print_json(cli, rows);
        outcome = outcome == CLI_OK ? printed : outcome;
    } else {
        table_print(&table, cli->out, cli->is_coloured);
        json_decref(rows);
    }
    table_fini(&table);
    return outcome;
}

enum cli_exit run_certificate_list(struct cli *cli)
{
    const struct node_config *config;
    struct note note = {""};
    char folder[LIMIT_PATH_BYTES + 1];
    enum err err = cli_config(cli, &config, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    int length = snprintf(folder, sizeof folder, "%s/tls", cli_home(cli));
    struct dirent **entries = NULL;
    int count = length > 0 && (size_t)length < sizeof folder
                    ? scandir(folder, &entries, is_pem, alphasort)
                    : -1;
    if (count < 0) {
        return cli_fail(cli, CLI_USAGE, "NOT_FOUND", NULL, "%s: %s", folder, strerror(errno));
    }
    enum cli_exit outcome = list(cli, config, folder, entries, (size_t)count);
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    return outcome;
}
