/* talea member consent. */
#include "cli/consent.h"

#include <stdio.h>
#include <string.h>

#include "cli/account.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/selector.h"

const struct argp_option member_consent_options[] = {
    SELECTOR_OPTIONS, CONSENT_OPTIONS, TRANSACTION_OPTION, {0}};

static enum cli_exit refuse_item(struct cli *cli, const char *item, size_t length)
{
    return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "such as sms=yes,push=no",
                    "--channel: \"%.*s\" is not email, sms, push or chat with =yes or =no, each "
                    "once",
                    (int)length, item);
}

static enum cli_exit add_item(struct cli *cli, const char *item, size_t length,
                              struct consent_list *list)
{
    char name[16];
    enum notify_channel channel;
    const char *equals = memchr(item, '=', length);
    size_t name_length = equals == NULL ? length : (size_t)(equals - item);
    if (equals == NULL || name_length >= sizeof name || list->count == NOTIFY_CHANNEL_END) {
        return refuse_item(cli, item, length);
    }
    memcpy(name, item, name_length);
    name[name_length] = '\0';
    size_t rest = length - name_length - 1;
    bool is_yes = rest == 3 && memcmp(equals + 1, "yes", 3) == 0;
    bool is_no = rest == 2 && memcmp(equals + 1, "no", 2) == 0;
    if (notify_channel_parse(name, &channel) != ERR_OK || (!is_yes && !is_no)) {
        return refuse_item(cli, item, length);
    }
    Talea__V1__Consent *consent = &list->rows[list->count];
    talea__v1__consent__init(consent);
    consent->channel = (Talea__V1__Channel)((unsigned)channel + 1);
    consent->is_given = is_yes;
    list->at[list->count++] = consent;
    return CLI_OK;
}

enum cli_exit consent_read(struct cli *cli, struct consent_list *out_list)
{
    const char *language = cli_option(cli, OPT_LANGUAGE);
    const char *at = cli_option(cli, OPT_CHANNEL);
    enum notify_language known;
    out_list->language = language == NULL ? "" : language;
    out_list->count = 0;
    if (language != NULL && notify_language_parse(language, &known) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "en, ru, kk", "--language: \"%s\" is none",
                        language);
    }
    while (at != NULL) {
        size_t length = strcspn(at, ",");
        enum cli_exit outcome = add_item(cli, at, length, out_list);
        if (outcome != CLI_OK) {
            return outcome;
        }
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return CLI_OK;
}

enum cli_exit run_member_consent(struct cli *cli)
{
    Talea__V1__SetConsentRequest request;
    talea__v1__set_consent_request__init(&request);
    Talea__V1__MemberSelector member;
    struct consent_list list;
    const char *id;
    enum cli_exit outcome = consent_read(cli, &list);
    if (outcome == CLI_OK && list.count == 0 && list.language[0] == '\0') {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "needs --channel or --language");
    }
    if (outcome == CLI_OK) {
        outcome = selector_read(cli, &member);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.member = &member;
    request.language = message_text(list.language);
    request.consents = list.at;
    request.n_consents = list.count;
    const char *what = member.by_case == TALEA__V1__MEMBER_SELECTOR__BY_CARD ? member.card
                       : member.by_case == TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID
                           ? member.member_id
                           : member.reference;
    return account_do(cli, "SetConsent", &request.base, "changed", what);
}
