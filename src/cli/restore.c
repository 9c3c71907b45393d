/* talea restore: a backup becomes a home's ledger. */
#include <string.h>

#include "base/clock.h"
#include "cli/backup_check.h"
#include "cli/commands.h"
#include "cli/session.h"

const struct argp_option restore_options[] = {
    {"to", OPT_TO, "HOME", 0, "The home whose ledger it is to be (default: --home)", 0},
    {"force", OPT_FORCE, NULL, 0, "Put a ledger that is there aside; it is kept", 0},
    {"charter", OPT_CHARTER, "FILE", 0, "Judge the signature by this one (default: the home's)", 0},
    {0}};

static enum err restore(struct cli *cli, struct backup_manifest *out_manifest, char *out_aside,
                        const struct node_config **out_config, struct note *note)
{
    struct clock_port clock = clock_of_system();
    bool is_signed;
    TRY(cli_config(cli, out_config, note));
    const struct node_config *config = *out_config;
    TRY(backup_check_here(cli, cli_argument(cli, 0), false, out_manifest, &is_signed, note));
    struct backup_target target = {
        .data_folder = config->data.text,
        .coalition = config->coalition,
        .partner = config->partner,
        .is_forced = cli_option(cli, OPT_FORCE) != NULL,
        .now = clock_now(&clock),
    };
    struct progress progress;
    progress_begin(&progress, cli, "MiB restored");
    struct backup_progress watch = {&progress, backup_show_progress};
    enum err err =
        backup_restore(cli_argument(cli, 0), out_manifest, &target, &watch, out_aside, note);
    progress_end(&progress);
    return err;
}

static const char *advice_of(enum err err)
{
    switch ((int)err) {
    case ERR_EXISTS:
        return "restore into another home, or put it aside with --force";
    case ERR_SIGNATURE:
    case ERR_CORRUPT:
        return "use another backup; nothing was changed";
    case ERR_NOT_FOUND:
    case ERR_DENIED:
        return "nothing was changed";
    default:
        return NULL;
    }
}

static enum cli_exit tell(struct cli *cli, const struct backup_manifest *manifest,
                          const struct node_config *config, const char *aside)
{
    if (cli->is_json) {
        return cli_print_json(cli,
                              json_pack("{s:s, s:I, s:s}", "data", config->data.text, "journal_row",
                                        (json_int_t)manifest->journal_row, "put_aside", aside));
    }
    fprintf(cli->out, "restored to %s\n\n", config->data.text);
    backup_print(cli, manifest);
    if (aside[0] != '\0') {
        fprintf(cli->out, "before     kept in %s\n", aside);
    }
    fprintf(
        cli->out,
        "\nNext: talea verify --data %s, then start the node.\n"
        "What this node recorded after row %llu is not in it. When it starts, it asks each partner "
        "what it holds:\nentries, receipts and promises between both come back under their old "
        "numbers before anything new is\nwritten, and talea status says what came. A partner that "
        "does not answer is not waited for; nothing is\nwritten for it before it does. What never "
        "left this node can't be known: let tills and imports send\nagain. What is known is "
        "answered as before, what is not is done now.\n",
        config->data.text, (unsigned long long)manifest->journal_row);
    return CLI_OK;
}

enum cli_exit run_restore(struct cli *cli)
{
    struct note note = {""};
    struct backup_manifest manifest;
    const struct node_config *config;
    char aside[LIMIT_PATH_BYTES + 1] = "";
    if (cli_option(cli, OPT_TO) != NULL) {
        cli->args.options[OPT_HOME - OPT_FIRST] = cli_option(cli, OPT_TO);
    }
    enum err err = restore(cli, &manifest, aside, &config, &note);
    if (err != ERR_OK) {
        return cli_fail(cli, exit_of(err), err_name(err), advice_of(err), "%s",
                        note.text[0] != '\0' ? note.text : err_describe(err)->sentence);
    }
    return tell(cli, &manifest, config, aside);
}
