/* talea coupon revoke: one code, or page after page of an issue's. */
#include <string.h>

#include "cli/commands.h"
#include "cli/coupon.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/selector.h"

#define TOKEN_MAX 64

const struct argp_option coupon_revoke_options[] = {
    {"issue", OPT_TRANSACTION, "UUID", 0, "All codes that were issued under this transaction id",
     0},
    {"reason", OPT_REASON, "TEXT", 0, "Why, in at most 64 bytes: it is kept in the journal", 0},
    TRANSACTION_OPTION,
    {0}};

struct revocation {
    struct cli *cli;
    Talea__V1__RevokeCouponsRequest request;
    char token[TOKEN_MAX];
    uint64_t revoked;
    uint64_t used;
    uint64_t held;
    uint64_t looked_at;
    struct progress progress;
};

static enum cli_exit read_request(struct revocation *revocation)
{
    struct cli *cli = revocation->cli;
    const char *code = cli_argument(cli, 0);
    const char *issue = cli_option(cli, OPT_TRANSACTION);
    const char *reason = cli_option(cli, OPT_REASON);
    const char *id;
    talea__v1__revoke_coupons_request__init(&revocation->request);
    if ((code != NULL) == (issue != NULL)) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "needs a code, or --issue");
    }
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    revocation->request.transaction_id = message_text(id);
    revocation->request.code = message_text(code == NULL ? "" : code);
    revocation->request.issue_id = message_text(issue == NULL ? "" : issue);
    revocation->request.reason = message_text(reason == NULL ? "" : reason);
    return CLI_OK;
}

static void take_page(struct revocation *revocation, const Talea__V1__RevokeCouponsResponse *reply)
{
    revocation->revoked += reply->revoked;
    revocation->used += reply->used;
    revocation->held += reply->held;
    revocation->looked_at += reply->looked_at;
    if (reply->codes > 0) {
        progress_show(&revocation->progress, revocation->looked_at, reply->codes);
    }
    snprintf(revocation->token, sizeof revocation->token, "%s", reply->next_page_token);
}

static enum cli_exit revoke_pages(struct revocation *revocation)
{
    enum cli_exit outcome = CLI_OK;
    progress_begin(&revocation->progress, revocation->cli, "revoking");
    do {
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        revocation->request.page_token = revocation->token;
        outcome =
            coupon_call(revocation->cli, "RevokeCoupons", &revocation->request.base, &message);
        if (outcome == CLI_OK) {
            take_page(revocation, (const Talea__V1__RevokeCouponsResponse *)message);
        }
    } while (outcome == CLI_OK && revocation->token[0] != '\0');
    progress_end(&revocation->progress);
    return outcome;
}

static enum cli_exit print_revoked(struct revocation *revocation)
{
    struct cli *cli = revocation->cli;
    bool is_one = revocation->request.code[0] != '\0';
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:s, s:I, s:I, s:I}", "transaction_id",
                                             revocation->request.transaction_id, "revoked",
                                             (json_int_t)revocation->revoked, "used",
                                             (json_int_t)revocation->used, "held",
                                             (json_int_t)revocation->held));
    }
    if (is_one) {
        fprintf(cli->out, "revoked    %s\n", revocation->request.code);
    } else {
        fprintf(cli->out, "revoked    %llu codes; %llu are used up\n",
                (unsigned long long)revocation->revoked, (unsigned long long)revocation->used);
    }
    if (revocation->held > 0) {
        fprintf(cli->out, "held       %llu %s: what was promised holds\n",
                (unsigned long long)revocation->held,
                is_one ? "by open quotes" : "of them by open quotes");
    }
    return CLI_OK;
}

enum cli_exit run_coupon_revoke(struct cli *cli)
{
    struct revocation revocation = {.cli = cli};
    enum cli_exit outcome = read_request(&revocation);
    if (outcome == CLI_OK) {
        outcome = revoke_pages(&revocation);
    }
    return outcome == CLI_OK ? print_revoked(&revocation) : outcome;
}
