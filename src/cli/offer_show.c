/* talea offer show: a member's offers. */
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/offer_history.h"
#include "cli/selector.h"

const struct argp_option offer_show_options[] = {SELECTOR_OPTIONS, {0}};

enum cli_exit run_offer_show(struct cli *cli)
{
    Talea__V1__GetOffersRequest request;
    Talea__V1__MemberSelector selector;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    talea__v1__get_offers_request__init(&request);
    enum cli_exit outcome = selector_read(cli, &selector);
    request.member = &selector;
    if (outcome == CLI_OK) {
        outcome = offer_call(cli, "GetOffers", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetOffersResponse *reply = (const Talea__V1__GetOffersResponse *)message;
    for (size_t i = 0; i < reply->n_offers; i++) {
        const Talea__V1__GivenOffer *offer = reply->offers[i];
        struct civil last = civil_of_day(offer->until_day > 0 ? offer->until_day - 1 : 0);
        fprintf(cli->out, "%s of campaign %s, ", offer->offer, offer->campaign);
        if (offer->is_control) {
            fprintf(cli->out, "not given: the member is in its control group\n");
        } else {
            fprintf(cli->out, "%s %04d-%02d-%02d\n", offer->is_good ? "until" : "over since",
                    last.year, last.month, last.day);
        }
        if (offer->code[0] != '\0') {
            fprintf(cli->out, "    code %s\n", offer->code);
        }
        if (offer->reason[0] != '\0') {
            fprintf(cli->out, "    %s\n", offer->reason);
        }
    }
    if (reply->n_offers == 0) {
        fputs("no offers\n", cli->out);
    }
    return CLI_OK;
}
