/* talea uuid, completion: what needs no node. */
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "crypto/random.h"

enum cli_exit run_uuid(struct cli *cli)
{
    struct random_source source = random_system();
    struct clock_port clock = clock_of_system();
    struct uid uid = uid_new(&source, clock_now(&clock));
    char text[UID_TEXT_MAX];
    if (cli->is_json) {
        return cli_print_json(cli, json_string(uid_format(&uid, text)));
    }
    fprintf(cli->out, "%s\n", uid_format(&uid, text));
    return CLI_OK;
}

enum cli_exit run_completion(struct cli *cli)
{
    if (strcmp(cli_argument(cli, 0), "bash") != 0) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "there is one for bash",
                        "no completion for \"%s\"", cli_argument(cli, 0));
    }
    command_print_bash_completion(cli->out);
    return CLI_OK;
}
