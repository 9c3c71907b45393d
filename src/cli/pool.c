/* talea pool open, join, leave, show, list. */
#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/pool_rights.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

const struct argp_option pool_open_options[] = {TRANSACTION_OPTION, {0}};
const struct argp_option pool_change_options[] = {TRANSACTION_OPTION, {0}};

const struct argp_option pool_list_options[] = {
    SELECTOR_OPTIONS,
    {"limit", OPT_LIMIT, "ROWS", 0, "At most so many, by id (default: 50)", 0},
    {"page", OPT_PAGE, "TOKEN", 0, "From where an earlier list ended", 0},
    {0}};

enum cli_exit run_pool_open(struct cli *cli)
{
    Talea__V1__OpenPoolRequest request;
    talea__v1__open_pool_request__init(&request);
    Talea__V1__MemberSelector member;
    const char *id;
    enum cli_exit outcome = selector_read_text(cli, "MEMBER", cli_argument(cli, 1), &member);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.name = message_text(cli_argument(cli, 0));
    request.member = &member;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = account_call(cli, "OpenPool", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__OpenPoolResponse *reply = (const Talea__V1__OpenPoolResponse *)message;
    fprintf(cli->out, "pool       %s\n", reply->pool_id);
    fprintf(cli->out, "next       talea pool join %s CARD; talea transfer CARD %s POINTS\n",
            reply->pool_id, reply->pool_id);
    return CLI_OK;
}

static enum cli_exit read_change(struct cli *cli, char **out_transaction, char **out_pool,
                                 Talea__V1__MemberSelector *out_member)
{
    const char *id;
    const char *pool;
    enum cli_exit outcome = account_read_id(cli, 0, "POOL", &pool);
    if (outcome == CLI_OK) {
        outcome = selector_read_text(cli, "MEMBER", cli_argument(cli, 1), out_member);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        *out_transaction = message_text(id);
        *out_pool = message_text(pool);
    }
    return outcome;
}

enum cli_exit run_pool_join(struct cli *cli)
{
    Talea__V1__JoinPoolRequest request;
    talea__v1__join_pool_request__init(&request);
    Talea__V1__MemberSelector member;
    enum cli_exit outcome = read_change(cli, &request.transaction_id, &request.pool_id, &member);
    request.member = &member;
    return outcome == CLI_OK
               ? account_do(cli, "JoinPool", &request.base, "joined", cli_argument(cli, 1))
               : outcome;
}

enum cli_exit run_pool_leave(struct cli *cli)
{
    Talea__V1__LeavePoolRequest request;
    talea__v1__leave_pool_request__init(&request);
    Talea__V1__MemberSelector member;
    enum cli_exit outcome = read_change(cli, &request.transaction_id, &request.pool_id, &member);
    request.member = &member;
    return outcome == CLI_OK
               ? account_do(cli, "LeavePool", &request.base, "left", cli_argument(cli, 1))
               : outcome;
}

enum cli_exit run_pool_show(struct cli *cli)
{
    Talea__V1__GetPoolRequest request;
    talea__v1__get_pool_request__init(&request);
    const char *pool;
    enum cli_exit outcome = account_read_id(cli, 0, "POOL", &pool);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.pool_id = message_text(pool);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = account_call(cli, "GetPool", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetPoolResponse *reply = (const Talea__V1__GetPoolResponse *)message;
    fprintf(cli->out, "pool       %s\nname       %s\n", reply->pool_id, reply->name);
    outcome = selector_print_balance(cli, reply->balance);
    fputc('\n', cli->out);
    return outcome == CLI_OK ? pool_print_rights(cli, reply) : outcome;
}

static void print_pools(struct cli *cli, const struct units *units,
                        const Talea__V1__ListPoolsResponse *reply)
{
    static const char *const titles[] = {"pool", "name", ">members", ">available"};
    struct table table;
    table_init(&table, titles, 4);
    for (size_t i = 0; i < reply->n_pools; i++) {
        const Talea__V1__Pool *pool = reply->pools[i];
        char text[AMOUNT_TEXT_MAX];
        table_cell(&table, "%s", pool->pool_id);
        table_cell(&table, "%s", pool->name);
        table_cell(&table, "%u", pool->member_count);
        table_cell(&table, "%s",
                   pool->balance == NULL
                       ? "-"
                       : amounts_points(units, pool->balance->available_points, text));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->next_page_token[0] != '\0') {
        fprintf(cli->out, "more: --page %s\n", reply->next_page_token);
    }
}

enum cli_exit run_pool_list(struct cli *cli)
{
    Talea__V1__ListPoolsRequest request;
    talea__v1__list_pools_request__init(&request);
    Talea__V1__MemberSelector member;
    bool has_member = cli_argument(cli, 0) != NULL || cli_option(cli, OPT_MEMBER) != NULL ||
                      cli_option(cli, OPT_REFERENCE) != NULL;
    enum cli_exit outcome = till_read_page(cli, &request.page_size, &request.page_token);
    if (outcome == CLI_OK && has_member) {
        outcome = selector_read(cli, &member);
        request.member = &member;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = account_call(cli, "ListPools", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_pools(cli, units, (const Talea__V1__ListPoolsResponse *)message);
    }
    return outcome;
}
