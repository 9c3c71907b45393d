/* talea coupon issue --segment, --list: a code for each member.
 *
 * Page after page of the members, each with one call that issues their codes. All calls are under
 * the command's transaction id, under which a member gets one code and the same one again: so the
 * command, given again with its id, goes over all of them, and nobody gets two, whoever has come or
 * gone meanwhile. The file is written beside its name and moved there when it is whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "cli/amounts.h"
#include "cli/coupon.h"
#include "cli/csv.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/progress.h"

#define TOKEN_MAX 64

struct audience_issue {
    struct cli *cli;
    Talea__V1__ListAudienceRequest audience;
    Talea__V1__IssueCouponsRequest request;
    char token[TOKEN_MAX];
    Talea__V1__MemberSelector selectors[LIMIT_PAGE_ROWS];
    Talea__V1__MemberSelector *members[LIMIT_PAGE_ROWS];
    char beside[LIMIT_PATH_BYTES + 1];
    FILE *file;    /* NULL: the terminal */
    json_t *codes; /* of --json without a file; else NULL */
    uint64_t issued;
    uint64_t gone; /* members that left while they were read */
    uint64_t looked_at;
    uint64_t all; /* members of the brand; 0: not known */
    struct progress progress;
};

bool coupon_has_audience(const struct cli *cli)
{
    return cli_option(cli, OPT_SEGMENT) != NULL || cli_option(cli, OPT_LIST) != NULL;
}

/* ---- What was asked for ---- */

static enum cli_exit read_audience(struct audience_issue *issue)
{
    struct cli *cli = issue->cli;
    const char *segment = cli_option(cli, OPT_SEGMENT);
    const char *list = cli_option(cli, OPT_LIST);
    talea__v1__list_audience_request__init(&issue->audience);
    if ((segment != NULL && list != NULL) || cli_option(cli, OPT_CARD) != NULL ||
        cli_option(cli, OPT_MEMBER) != NULL || cli_option(cli, OPT_COUNT) != NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "--segment and --list each say whom all codes are for: nothing else does "
                        "beside them");
    }
    if (segment != NULL) {
        issue->audience.of_case = TALEA__V1__LIST_AUDIENCE_REQUEST__OF_SEGMENT;
        issue->audience.segment = message_text(segment);
    } else {
        issue->audience.of_case = TALEA__V1__LIST_AUDIENCE_REQUEST__OF_LIST;
        issue->audience.list = message_text(list);
    }
    issue->audience.page_size = LIMIT_PAGE_ROWS;
    return CLI_OK;
}

static enum cli_exit read_request(struct audience_issue *issue)
{
    struct cli *cli = issue->cli;
    const char *id;
    talea__v1__issue_coupons_request__init(&issue->request);
    enum cli_exit outcome = read_audience(issue);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = coupon_read_until(cli, &issue->request.until_local_ms);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    issue->request.transaction_id = message_text(id);
    issue->request.coupon = message_text(cli_argument(cli, 0));
    issue->request.one_each = true;
    issue->request.members = issue->members;
    return CLI_OK;
}

/* ---- The file ---- */

/* A name that no file can be made under, before anything was asked for. */
static enum cli_exit refuse_file(const struct audience_issue *issue, int code)
{
    return cli_fail(issue->cli, CLI_USAGE, "INVALID_INPUT", NULL, "--out: %s: %s",
                    cli_option(issue->cli, OPT_OUT), strerror(code));
}

static enum cli_exit fail_file(const struct audience_issue *issue, int code)
{
    return cli_fail(issue->cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "--out: %s: %s",
                    cli_option(issue->cli, OPT_OUT), strerror(code));
}

static enum cli_exit open_file(struct audience_issue *issue)
{
    const char *path = cli_option(issue->cli, OPT_OUT);
    if (path == NULL) {
        return CLI_OK;
    }
    int length = snprintf(issue->beside, sizeof issue->beside, "%s.partial", path);
    if (length < 0 || (size_t)length >= sizeof issue->beside) {
        return refuse_file(issue, ENAMETOOLONG);
    }
    FILE *there = fopen(path, "re");
    if (there != NULL) {
        fclose(there);
        return refuse_file(issue, EEXIST);
    }
    issue->file = fopen(issue->beside, "we");
    return issue->file == NULL ? refuse_file(issue, errno) : CLI_OK;
}

static enum cli_exit close_file(struct audience_issue *issue, enum cli_exit outcome)
{
    if (issue->file == NULL) {
        return outcome;
    }
    bool is_written = ferror(issue->file) == 0;
    is_written = fclose(issue->file) == 0 && is_written;
    if (outcome != CLI_OK && issue->issued == 0) {
        remove(issue->beside);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (!is_written || rename(issue->beside, cli_option(issue->cli, OPT_OUT)) != 0) {
        return fail_file(issue, errno == 0 ? EIO : errno);
    }
    return CLI_OK;
}

static void write_row(struct audience_issue *issue, const char *member, const char *card,
                      const char *code)
{
    if (issue->codes != NULL) {
        json_array_append_new(issue->codes, json_pack("{s:s, s:s, s:s}", "member_id", member,
                                                      "card", card, "code", code));
        return;
    }
    if (issue->file == NULL && issue->cli->is_json) {
        return;
    }
    struct csv_row row = {issue->file != NULL ? issue->file : issue->cli->out, false};
    csv_text(&row, member);
    csv_text(&row, card);
    csv_text(&row, code);
    csv_end(&row);
}

/* ---- Page after page ---- */

static void name_members(struct audience_issue *issue, const Talea__V1__ListAudienceResponse *page)
{
    issue->request.n_members = page->n_members;
    for (size_t i = 0; i < page->n_members; i++) {
        talea__v1__member_selector__init(&issue->selectors[i]);
        issue->selectors[i].by_case = TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
        issue->selectors[i].member_id = page->members[i]->member_id;
        issue->members[i] = &issue->selectors[i];
    }
}

static void keep_codes(struct audience_issue *issue, const Talea__V1__ListAudienceResponse *page,
                       const Talea__V1__IssueCouponsResponse *reply)
{
    for (size_t i = 0; i < reply->n_codes; i++) {
        if (reply->codes[i][0] == '\0') {
            issue->gone++;
            continue;
        }
        issue->issued++;
        write_row(issue, page->members[i]->member_id, page->members[i]->card, reply->codes[i]);
    }
}

static enum cli_exit issue_page(struct audience_issue *issue,
                                const Talea__V1__ListAudienceResponse *page)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (page->n_members == 0) {
        return CLI_OK;
    }
    if (page->n_members > LIMIT_PAGE_ROWS) {
        return cli_fail(issue->cli, CLI_INTERNAL, "INTERNAL", NULL,
                        "the node gave more members than it was asked for");
    }
    name_members(issue, page);
    enum cli_exit outcome = coupon_call(issue->cli, "IssueCoupons", &issue->request.base, &message);
    if (outcome == CLI_OK) {
        const Talea__V1__IssueCouponsResponse *reply =
            (const Talea__V1__IssueCouponsResponse *)message;
        if (reply->n_codes != page->n_members) {
            return cli_fail(issue->cli, CLI_INTERNAL, "INTERNAL", NULL,
                            "the node gave another number of codes than there are members");
        }
        keep_codes(issue, page, reply);
    }
    return outcome;
}

/* How many members the brand has, for the progress alone. */
static enum cli_exit count_all(struct audience_issue *issue)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    Talea__V1__ListSegmentsRequest request;
    talea__v1__list_segments_request__init(&request);
    enum cli_exit outcome = office_call(issue->cli, "ListSegments", &request.base, &message);
    if (outcome == CLI_OK) {
        issue->all = ((const Talea__V1__ListSegmentsResponse *)message)->members;
    }
    return outcome;
}

static enum cli_exit issue_pages(struct audience_issue *issue)
{
    enum cli_exit outcome = count_all(issue);
    if (outcome == CLI_OK && issue->codes == NULL) {
        write_row(issue, "member", "card", "code");
    }
    progress_begin(&issue->progress, issue->cli, "issuing");
    while (outcome == CLI_OK) {
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        issue->audience.page_token = issue->token;
        outcome = office_call(issue->cli, "ListAudience", &issue->audience.base, &message);
        if (outcome != CLI_OK) {
            break;
        }
        const Talea__V1__ListAudienceResponse *page =
            (const Talea__V1__ListAudienceResponse *)message;
        outcome = issue_page(issue, page);
        issue->looked_at += page->looked_at;
        if (issue->all > 0) {
            progress_show(&issue->progress, issue->looked_at, issue->all);
        }
        snprintf(issue->token, sizeof issue->token, "%s", page->next_page_token);
        if (issue->token[0] == '\0') {
            break;
        }
    }
    progress_end(&issue->progress);
    return outcome;
}

/* ---- What was done ---- */

static enum cli_exit print_done(struct audience_issue *issue)
{
    struct cli *cli = issue->cli;
    const char *path = cli_option(cli, OPT_OUT);
    if (cli->is_json) {
        return cli_print_json(
            cli, json_pack("{s:s, s:I, s:I, s:o*, s:s*}", "transaction_id",
                           issue->request.transaction_id, "issued", (json_int_t)issue->issued,
                           "gone", (json_int_t)issue->gone, "codes", issue->codes, "file", path));
    }
    fprintf(path != NULL ? cli->out : cli->err, "%llu codes of %s, one for each member of %s%s%s",
            (unsigned long long)issue->issued, issue->request.coupon,
            issue->audience.of_case == TALEA__V1__LIST_AUDIENCE_REQUEST__OF_LIST
                ? issue->audience.list
                : issue->audience.segment,
            path != NULL ? ", in " : "", path != NULL ? path : "");
    if (issue->gone > 0) {
        fprintf(path != NULL ? cli->out : cli->err, "; %llu members were gone",
                (unsigned long long)issue->gone);
    }
    fputc('\n', path != NULL ? cli->out : cli->err);
    return CLI_OK;
}

static enum cli_exit issue_whole(struct audience_issue *issue)
{
    struct cli *cli = issue->cli;
    enum cli_exit outcome = read_request(issue);
    if (outcome == CLI_OK) {
        outcome = open_file(issue);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (cli_option(cli, OPT_TRANSACTION_ID) == NULL && !cli->is_json) {
        fprintf(cli->err, "issuing under --transaction-id %s: with it, the same command goes on\n",
                issue->request.transaction_id);
    }
    issue->codes = cli->is_json && issue->file == NULL ? json_array() : NULL;
    outcome = close_file(issue, issue_pages(issue));
    if (outcome != CLI_OK) {
        json_decref(issue->codes);
        return outcome;
    }
    return print_done(issue);
}

enum cli_exit coupon_issue_audience(struct cli *cli)
{
    struct audience_issue *issue = calloc(1, sizeof *issue);
    if (issue == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    issue->cli = cli;
    enum cli_exit outcome = issue_whole(issue);
    free(issue);
    return outcome;
}
