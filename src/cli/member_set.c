/* talea member set: what was not said when a member was made. */
#include "cli/account.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"

const struct argp_option member_set_options[] = {
    SELECTOR_OPTIONS,
    {"birthday", OPT_BIRTHDAY, "DAY", 0, "YYYY-MM-DD or MM-DD; \"\" to forget it", 0},
    {"referrer", OPT_REFERRER, "CARD|ID", 0, "Who brought the member; said once", 0},
    TRANSACTION_OPTION,
    {0}};

static const char *name_of(const Talea__V1__MemberSelector *member)
{
    return member->by_case == TALEA__V1__MEMBER_SELECTOR__BY_CARD        ? member->card
           : member->by_case == TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID ? member->member_id
                                                                         : member->reference;
}

static enum cli_exit set_birthday(struct cli *cli, const char *id,
                                  Talea__V1__MemberSelector *member)
{
    Talea__V1__SetBirthdayRequest request;
    talea__v1__set_birthday_request__init(&request);
    request.transaction_id = message_text(id);
    request.member = member;
    request.birthday = message_text(cli_option(cli, OPT_BIRTHDAY));
    return account_do(cli, "SetBirthday", &request.base, "changed", name_of(member));
}

static enum cli_exit set_referrer(struct cli *cli, const char *id,
                                  Talea__V1__MemberSelector *member)
{
    Talea__V1__SetReferrerRequest request;
    talea__v1__set_referrer_request__init(&request);
    Talea__V1__MemberSelector referrer;
    enum cli_exit outcome =
        selector_read_text(cli, "--referrer", cli_option(cli, OPT_REFERRER), &referrer);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.member = member;
    request.referrer = &referrer;
    return account_do(cli, "SetReferrer", &request.base, "changed", name_of(member));
}

enum cli_exit run_member_set(struct cli *cli)
{
    Talea__V1__MemberSelector member;
    const char *id;
    bool is_birthday = cli_option(cli, OPT_BIRTHDAY) != NULL;
    if (is_birthday == (cli_option(cli, OPT_REFERRER) != NULL)) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "needs either --birthday or --referrer");
    }
    enum cli_exit outcome = selector_read(cli, &member);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    return is_birthday ? set_birthday(cli, id, &member) : set_referrer(cli, id, &member);
}
