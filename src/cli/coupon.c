/* talea coupon issue, show, list. */
#include <errno.h>
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/coupon.h"
#include "cli/csv.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/selector.h"
#include "cli/table.h"

#define COUNT_MAX 10000000

const struct argp_option coupon_issue_options[] = {
    {"count", OPT_COUNT, "N", 0, "So many codes (default: 1)", 0},
    {"until", OPT_UNTIL, "DATE", 0,
     "The first day on which they are over, on the brand's clock (default: never)", 0},
    {"card", OPT_CARD, "CARD", 0, "For whoever has this card", 0},
    {"member", OPT_MEMBER, "ID", 0, "For this member", 0},
    {"segment", OPT_SEGMENT, "NAME", 0, "One for each member of this segment of the programme", 0},
    {"list", OPT_LIST, "NAME", 0, "One for each member on this list", 0},
    {"out", OPT_OUT, "FILE.csv", 0, "Write the codes to a new file instead of the terminal", 0},
    TRANSACTION_OPTION,
    {0}};
const struct argp_option coupon_show_options[] = {
    {"card", OPT_CARD, "CARD", 0, "Is it for whoever has this card?", 0}, {0}};

enum cli_exit coupon_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                          ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__programme_service__descriptor, method, request, out_reply);
}

enum cli_exit coupon_read_until(struct cli *cli, int64_t *out_local_ms)
{
    int64_t ms;
    enum cli_exit outcome = amounts_read_time_of(cli, OPT_UNTIL, "--until", &ms);
    if (outcome == CLI_OK && (ms < 0 || ms % DAY_MS != 0)) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "write 2027-01-31",
                        "--until: \"%s\" is no day: codes are over when one begins",
                        cli_option(cli, OPT_UNTIL));
    }
    *out_local_ms = outcome == CLI_OK ? ms : 0;
    return outcome;
}

/* ---- Issue ---- */

struct issue {
    struct cli *cli;
    Talea__V1__IssueCouponsRequest request;
    Talea__V1__MemberSelector member;
    Talea__V1__MemberSelector *members[1];
    FILE *file;    /* NULL: the terminal */
    json_t *codes; /* of --json */
    uint64_t issued;
    struct progress progress;
};

static enum cli_exit read_recipient(struct issue *issue)
{
    struct cli *cli = issue->cli;
    const char *card = cli_option(cli, OPT_CARD);
    const char *member = cli_option(cli, OPT_MEMBER);
    if (card == NULL && member == NULL) {
        return CLI_OK;
    }
    if (card != NULL && member != NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "--card and --member are both given");
    }
    talea__v1__member_selector__init(&issue->member);
    enum cli_exit outcome = selector_read_text(cli, card != NULL ? "--card" : "--member",
                                               card != NULL ? card : member, &issue->member);
    issue->members[0] = &issue->member;
    issue->request.members = issue->members;
    issue->request.n_members = 1;
    return outcome;
}

static enum cli_exit read_issue(struct issue *issue)
{
    struct cli *cli = issue->cli;
    struct note note = {""};
    const char *id;
    int64_t count;
    enum err err = args_number(&cli->args, OPT_COUNT, "count", 1, COUNT_MAX, 1, &count, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK) {
        outcome = coupon_read_until(cli, &issue->request.until_local_ms);
    }
    if (outcome == CLI_OK) {
        outcome = read_recipient(issue);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (issue->request.n_members > 0 && count > 1) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "--count is more than the members that the codes are for");
    }
    issue->request.transaction_id = message_text(id);
    issue->request.coupon = message_text(cli_argument(cli, 0));
    issue->request.count = (uint64_t)count;
    return CLI_OK;
}

static void keep_codes(struct issue *issue, const Talea__V1__IssueCouponsResponse *reply)
{
    for (size_t i = 0; i < reply->n_codes; i++) {
        if (issue->file != NULL) {
            struct csv_row row = {issue->file, false};
            csv_text(&row, reply->codes[i]);
            csv_end(&row);
        } else if (issue->cli->is_json) {
            json_array_append_new(issue->codes, json_string(reply->codes[i]));
        } else {
            fprintf(issue->cli->out, "%s\n", reply->codes[i]);
        }
    }
    issue->issued += reply->n_codes;
}

/* One call after the other; each is repeated by itself for as long as --timeout says. */
static enum cli_exit issue_all(struct issue *issue)
{
    enum cli_exit outcome = CLI_OK;
    progress_begin(&issue->progress, issue->cli, "issuing");
    do {
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        outcome = coupon_call(issue->cli, "IssueCoupons", &issue->request.base, &message);
        if (outcome == CLI_OK) {
            const Talea__V1__IssueCouponsResponse *reply =
                (const Talea__V1__IssueCouponsResponse *)message;
            keep_codes(issue, reply);
            issue->request.first = reply->next;
            progress_show(&issue->progress, issue->issued, issue->request.count);
        }
    } while (outcome == CLI_OK && issue->request.first != 0);
    progress_end(&issue->progress);
    return outcome;
}

static enum cli_exit conclude(struct issue *issue, enum cli_exit outcome)
{
    struct cli *cli = issue->cli;
    const char *path = cli_option(cli, OPT_OUT);
    bool is_written = issue->file == NULL || ferror(issue->file) == 0;
    is_written = (issue->file == NULL || fclose(issue->file) == 0) && is_written;
    if (!is_written && outcome == CLI_OK) {
        outcome =
            cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "%s: %s", path, strerror(errno));
    }
    if (outcome != CLI_OK) {
        json_decref(issue->codes);
        return outcome;
    }
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:s, s:I, s:o}", "transaction_id",
                                             issue->request.transaction_id, "issued",
                                             (json_int_t)issue->issued, "codes", issue->codes));
    }
    if (issue->file != NULL) {
        fprintf(cli->out, "%llu codes of %s in %s\n", (unsigned long long)issue->issued,
                issue->request.coupon, path);
    }
    return CLI_OK;
}

enum cli_exit run_coupon_issue(struct cli *cli)
{
    struct issue issue = {.cli = cli};
    if (coupon_has_audience(cli)) {
        return coupon_issue_audience(cli);
    }
    talea__v1__issue_coupons_request__init(&issue.request);
    const char *path = cli_option(cli, OPT_OUT);
    enum cli_exit outcome = read_issue(&issue);
    if (outcome == CLI_OK && path != NULL && (issue.file = fopen(path, "wxe")) == NULL) {
        outcome =
            cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--out: %s: %s", path, strerror(errno));
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    issue.codes = cli->is_json ? json_array() : NULL;
    if (issue.file != NULL) {
        struct csv_row row = {issue.file, false};
        csv_text(&row, "code");
        csv_end(&row);
    }
    return conclude(&issue, issue_all(&issue));
}

/* ---- Show ---- */

static const char *state_words(Talea__V1__CouponCodeState state)
{
    switch (state) {
    case TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_UNKNOWN:
        return "was never issued";
    case TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_MISTYPED:
        return "is mistyped";
    case TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_GOOD:
        return "good";
    case TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_OVER:
        return "over";
    case TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_USED_UP:
        return "used up";
    case TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_REVOKED:
        return "revoked";
    case TALEA__V1__COUPON_CODE_STATE__COUPON_CODE_STATE_UNSPECIFIED:
    case _TALEA__V1__COUPON_CODE_STATE_IS_INT_SIZE:
        break;
    }
    return "?";
}

enum cli_exit run_coupon_show(struct cli *cli)
{
    Talea__V1__GetCouponRequest request;
    talea__v1__get_coupon_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.code = message_text(cli_argument(cli, 0));
    if (cli_option(cli, OPT_CARD) != NULL) {
        request.card = message_text(cli_option(cli, OPT_CARD));
    }
    enum cli_exit outcome = coupon_call(cli, "GetCoupon", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetCouponResponse *reply = (const Talea__V1__GetCouponResponse *)message;
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "coupon     %s\n", reply->coupon[0] == '\0' ? "none" : reply->coupon);
    fprintf(cli->out, "code       %s\n", state_words(reply->state));
    if (reply->until_local_ms != 0) {
        fprintf(cli->out, "over from  %.10s\n", amounts_time(reply->until_local_ms, time));
    }
    if (reply->is_personal) {
        bool is_asked = cli_option(cli, OPT_CARD) != NULL;
        fprintf(cli->out, "for        %s\n",
                !is_asked            ? "one member"
                : reply->is_for_card ? "whoever has this card"
                                     : "somebody else");
    }
    for (size_t i = 0; i < reply->n_uses; i++) {
        const Talea__V1__CouponUse *use = reply->uses[i];
        fprintf(cli->out, "used       %lld of %lld by %s\n", (long long)use->used,
                (long long)use->at_most, use->rule);
    }
    return CLI_OK;
}

/* ---- List ---- */

static void add_row(struct table *table, const Talea__V1__CouponRow *row)
{
    table_cell(table, "%s", row->coupon);
    table_cell(table, "%s%s", row->n_listed > 0 ? "listed" : row->prefix,
               row->n_listed > 0 ? "" : "...");
    table_cell(table, "%s", row->is_personal ? "one each" : "anybody");
    table_cell(table, "%lld",
               (long long)(row->n_listed > 0 ? (int64_t)row->n_listed : row->issued));
    table_cell(table, "%lld", (long long)row->used);
    table_cell(table, "%lld", (long long)row->revoked);
    if (row->is_bounded) {
        table_cell(table, "%lld", (long long)row->left);
    } else {
        table_cell(table, "no bound");
    }
}

/* Of all codes of a coupon together. */
static void print_caps_of_all(struct cli *cli, const Talea__V1__CouponRow *row)
{
    for (size_t i = 0; i < row->n_of_all; i++) {
        const Talea__V1__CouponUse *use = row->of_all[i];
        fprintf(cli->out, "%s: %s is for %lld in all, %lld are left\n", row->coupon, use->rule,
                (long long)use->at_most,
                (long long)(use->used < use->at_most ? use->at_most - use->used : 0));
    }
}

enum cli_exit run_coupon_list(struct cli *cli)
{
    static const char *const titles[] = {"coupon", "codes",    "for",  ">issued",
                                         ">used",  ">revoked", ">left"};
    Talea__V1__ListCouponsRequest request;
    talea__v1__list_coupons_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (cli_argument(cli, 0) != NULL) {
        request.coupon = message_text(cli_argument(cli, 0));
    }
    enum cli_exit outcome = coupon_call(cli, "ListCoupons", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ListCouponsResponse *reply = (const Talea__V1__ListCouponsResponse *)message;
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_coupons; i++) {
        add_row(&table, reply->coupons[i]);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    for (size_t i = 0; i < reply->n_coupons; i++) {
        print_caps_of_all(cli, reply->coupons[i]);
    }
    return CLI_OK;
}
