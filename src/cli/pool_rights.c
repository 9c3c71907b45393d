/* talea pool rights, pool card: what members may spend of a pool. */
#include "cli/pool_rights.h"

#include <string.h>

#include "cli/account.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"

const struct argp_option pool_rights_options[] = {
    {"spend", OPT_SPEND, "none|all|owner|N/day|N/month", 0,
     "All, up to so many points, or nothing; an owner may say it of others", 0},
    {"by", OPT_BY, "CARD|ID", 0, "An owner of the pool who asks; without it, the office", 0},
    TRANSACTION_OPTION,
    {0}};

/* "500/day": the points, and of what. */
static enum cli_exit read_limit(struct cli *cli, const char *text,
                                Talea__V1__SetPoolRightRequest *request)
{
    char points[AMOUNT_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - text);
    bool is_day = slash != NULL && strcmp(slash, "/day") == 0;
    if (length == 0 || length >= sizeof points || (!is_day && strcmp(slash, "/month") != 0)) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT",
                        "none, all, owner, or points with /day or /month: 500/month",
                        "--spend: \"%s\" is no right", text);
    }
    memcpy(points, text, length);
    points[length] = '\0';
    request->spend =
        is_day ? TALEA__V1__POOL_SPEND__POOL_SPEND_DAY : TALEA__V1__POOL_SPEND__POOL_SPEND_MONTH;
    return amounts_read_points(cli, "--spend", points, &request->limit_points);
}

static enum cli_exit read_spend(struct cli *cli, Talea__V1__SetPoolRightRequest *request)
{
    static const char *const names[] = {"", "all", "owner", "none"};
    const char *text = cli_option(cli, OPT_SPEND);
    if (text == NULL) {
        return cli_fail(cli, CLI_USAGE, "MISSING_OPTION", NULL, "--spend is missing");
    }
    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], text) == 0) {
            request->spend = (Talea__V1__PoolSpend)i;
            return CLI_OK;
        }
    }
    return read_limit(cli, text, request);
}

static enum cli_exit fill_right(struct cli *cli, Talea__V1__SetPoolRightRequest *request,
                                Talea__V1__MemberSelector selectors[2])
{
    const char *id;
    const char *pool;
    const char *by = cli_option(cli, OPT_BY);
    enum cli_exit outcome = account_read_id(cli, 0, "POOL", &pool);
    if (outcome == CLI_OK && strcmp(cli_argument(cli, 1), "cards") != 0) {
        outcome = selector_read_text(cli, "MEMBER", cli_argument(cli, 1), &selectors[0]);
        request->member = &selectors[0];
    }
    if (outcome == CLI_OK && by != NULL) {
        outcome = selector_read_text(cli, "--by", by, &selectors[1]);
        request->by = &selectors[1];
    }
    outcome = outcome == CLI_OK ? read_spend(cli, request) : outcome;
    outcome = outcome == CLI_OK ? session_transaction_id(cli, &id) : outcome;
    if (outcome == CLI_OK) {
        request->transaction_id = message_text(id);
        request->pool_id = message_text(pool);
    }
    return outcome;
}

enum cli_exit run_pool_rights(struct cli *cli)
{
    Talea__V1__SetPoolRightRequest request;
    talea__v1__set_pool_right_request__init(&request);
    Talea__V1__MemberSelector selectors[2];
    enum cli_exit outcome = fill_right(cli, &request, selectors);
    return outcome == CLI_OK ? account_do(cli, "SetPoolRight", &request.base, "may spend",
                                          cli_option(cli, OPT_SPEND))
                             : outcome;
}

enum cli_exit run_pool_card(struct cli *cli)
{
    Talea__V1__BearCardRequest request;
    talea__v1__bear_card_request__init(&request);
    Talea__V1__MemberSelector member;
    const char *id;
    char card[20];
    const char *bearer = cli_argument(cli, 1);
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK && bearer != NULL) {
        outcome = selector_read_text(cli, "MEMBER", bearer, &member);
        request.member = &member;
    }
    outcome = outcome == CLI_OK ? session_transaction_id(cli, &id) : outcome;
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.card = card;
    return account_do(cli, "BearCard", &request.base, "carried by",
                      bearer == NULL ? "nobody in particular" : bearer);
}

static const char *words_of(const Talea__V1__PoolRight *right, const struct units *units,
                            char out[64])
{
    char points[AMOUNT_TEXT_MAX];
    switch (right->spend) {
    case TALEA__V1__POOL_SPEND__POOL_SPEND_OWNER:
        return "all, owner";
    case TALEA__V1__POOL_SPEND__POOL_SPEND_NONE:
        return "nothing";
    case TALEA__V1__POOL_SPEND__POOL_SPEND_DAY:
    case TALEA__V1__POOL_SPEND__POOL_SPEND_MONTH:
        (void)snprintf(out, 64, "%s a %s", amounts_points(units, right->limit_points, points),
                       right->spend == TALEA__V1__POOL_SPEND__POOL_SPEND_DAY ? "day" : "month");
        return out;
    case TALEA__V1__POOL_SPEND__POOL_SPEND_ALL:
    case TALEA__V1__POOL_SPEND__POOL_SPEND_UNSPECIFIED:
    case _TALEA__V1__POOL_SPEND_IS_INT_SIZE:
        break;
    }
    return "all";
}

enum cli_exit pool_print_rights(struct cli *cli, const Talea__V1__GetPoolResponse *reply)
{
    static const char *const titles[] = {"member", "may spend", ">held", ">spent", ">left"};
    const struct units *units;
    struct table table;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    table_init(&table, titles, 5);
    for (size_t i = 0; i < reply->n_rights; i++) {
        const Talea__V1__PoolRight *right = reply->rights[i];
        char text[AMOUNT_TEXT_MAX];
        char words[64];
        bool is_bounded = right->limit_points > 0;
        table_cell(&table, "%s",
                   strcmp(right->member_id, reply->pool_id) == 0 ? "cards of nobody"
                                                                 : right->member_id);
        table_cell(&table, "%s", words_of(right, units, words));
        table_cell(&table, "%s", amounts_points(units, right->held_points, text));
        table_cell(&table, "%s",
                   is_bounded ? amounts_points(units, right->spent_points, text) : "-");
        table_cell(&table, "%s",
                   is_bounded ? amounts_points(units, right->left_points, text) : "-");
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    return CLI_OK;
}
