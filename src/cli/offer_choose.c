/* talea offer choose, assign: what to offer to whom, by what shoppers bought. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/offer_print.h"
#include "cli/progress.h"
#include "crypto/random.h"
#include "offers/control.h"

#define ALL_CAMPAIGNS UINT64_MAX
#define PICKS_FIRST   1024

const struct argp_option offer_choose_options[] = {
    {"programme", OPT_PROGRAMME, "FILE", 0, "The offers of this one (default: the one in force)",
     0},
    {"receipts", OPT_RECEIPTS, "FILE", 0,
     "By an export (CSV, also gzipped), not by the node's purchases", 0},
    {"map", OPT_MAP, "FILE", 0, "How the export is read, in YAML", 0},
    {"out", OPT_OUT, "FILE", 0, "Write who would get what, and why, to a new CSV file", 0},
    {0}};

struct choosing {
    struct cli *cli;
    struct offer_source source;
    struct learned *learned;
    struct offer_picks picks;
};

static enum err keep_pick(struct offer_picks *picks, const struct offer_pick *pick)
{
    if (picks->count == picks->capacity) {
        size_t capacity = picks->capacity == 0 ? PICKS_FIRST : picks->capacity * 2;
        struct offer_pick *at = realloc(picks->at, capacity * sizeof at[0]);
        if (at == NULL) {
            return ERR_RESOURCE;
        }
        picks->at = at;
        picks->capacity = capacity;
    }
    picks->at[picks->count++] = *pick;
    return ERR_OK;
}

static enum err choose_for(struct choosing *c, uint32_t member, size_t campaign)
{
    const struct rules_text *text = &c->source.programme.file.rules;
    const struct offer_shopper *shopper = &c->source.shoppers[member];
    struct choice choices[LIMIT_OFFERS];
    struct campaign_count *counts = &c->picks.campaigns[campaign];
    if ((shopper->campaigns >> campaign & 1) != 0) {
        counts->already++;
        return ERR_OK;
    }
    size_t count = choose_offers(c->learned, member, campaign,
                                 offers_fitting(text, shopper->segments), c->source.today, choices);
    bool is_control =
        is_in_control(&text->campaigns[campaign], history_member(c->source.history, member));
    *(is_control ? &counts->control : &counts->offered) += count > 0 ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        struct offer_count *of = &c->picks.offers[choices[i].offer];
        const struct offer_pick pick = {member, (uint16_t)campaign, is_control, choices[i]};
        *(is_control ? &of->control : &of->offered) += 1;
        TRY(keep_pick(&c->picks, &pick));
    }
    return ERR_OK;
}

static enum err choose_all(struct choosing *c, uint64_t campaigns)
{
    struct progress progress;
    size_t members = history_members(c->source.history);
    size_t count = c->source.programme.file.rules.campaign_count;
    enum err err = learn(c->source.history, c->source.today, &c->learned);
    progress_begin(&progress, c->cli, "choosing");
    for (size_t campaign = 0; campaign < count && err == ERR_OK; campaign++) {
        bool is_wanted = (campaigns >> campaign & 1) != 0;
        for (size_t m = 0; is_wanted && m < members && err == ERR_OK; m++) {
            err = choose_for(c, (uint32_t)m, campaign);
            progress_show(&progress, campaign * members + m, count * members);
        }
    }
    progress_end(&progress);
    return err;
}

/* `name` is a campaign's; NULL: all of them. */
static enum cli_exit choosing_run(struct cli *cli, const char *name, struct choosing *c,
                                  uint64_t *out_campaigns)
{
    size_t campaign = 0;
    memset(c, 0, sizeof *c);
    c->cli = cli;
    enum cli_exit outcome = offer_source_open(cli, &c->source);
    if (outcome == CLI_OK && name != NULL) {
        outcome = offer_find_campaign(cli, &c->source.programme.file.rules, name, &campaign);
    }
    *out_campaigns = name == NULL ? ALL_CAMPAIGNS : UINT64_C(1) << campaign;
    enum err err = outcome == CLI_OK ? choose_all(c, *out_campaigns) : ERR_OK;
    return err == ERR_OK ? outcome : cli_fail_err(cli, err, NULL);
}

static void choosing_end(struct choosing *c)
{
    learned_destroy(c->learned);
    offer_source_close(&c->source);
    free(c->picks.at);
}

enum cli_exit run_offer_choose(struct cli *cli)
{
    struct choosing c;
    uint64_t campaigns;
    const char *path = cli_option(cli, OPT_OUT);
    enum cli_exit outcome = choosing_run(cli, cli_argument(cli, 0), &c, &campaigns);
    if (outcome == CLI_OK && path != NULL) {
        outcome = offer_write_picks(cli, path, &c.source, c.learned, &c.picks);
    }
    if (outcome == CLI_OK) {
        offer_print_picks(cli, &c.source, c.learned, &c.picks, campaigns);
    }
    choosing_end(&c);
    return outcome;
}

/* ---- Giving them ---- */

/* A call's assignments, in memory of their own. */
struct assignment {
    Talea__V1__OfferAssignment message;
    Talea__V1__ShopperKey key;
    Talea__V1__ChosenOffer offers[LIMIT_OFFERS];
    Talea__V1__ChosenOffer *offer_list[LIMIT_OFFERS];
    char name[LIMIT_REFERENCE_BYTES + 1];
    char reasons[LIMIT_OFFERS][REASON_TEXT_MAX];
};

struct giving {
    struct choosing *c;
    const char *campaign;
    struct assignment *rows; /* LIMIT_OFFER_BATCH of them; malloc */
    Talea__V1__OfferAssignment *list[LIMIT_OFFER_BATCH];
    size_t count;
    uint64_t outcomes[TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_FULL + 1];
};

/* The picks of one member, from `first` on; returns where the next one's begin. */
static size_t add_assignment(struct giving *giving, size_t first)
{
    const struct choosing *c = giving->c;
    struct assignment *row = &giving->rows[giving->count];
    uint32_t member = c->picks.at[first].member;
    struct slice name = history_member(c->source.history, member);
    talea__v1__offer_assignment__init(&row->message);
    talea__v1__shopper_key__init(&row->key);
    snprintf(row->name, sizeof row->name, "%.*s", (int)name.length, (const char *)name.at);
    bool is_card = strchr(row->name, '-') == NULL; /* an id has dashes */
    row->key.by_case =
        is_card ? TALEA__V1__SHOPPER_KEY__BY_CARD : TALEA__V1__SHOPPER_KEY__BY_MEMBER_ID;
    *(is_card ? &row->key.card : &row->key.member_id) = row->name;
    row->message.shopper = &row->key;
    row->message.offers = row->offer_list;
    size_t i = first;
    for (; i < c->picks.count && c->picks.at[i].member == member; i++) {
        size_t n = row->message.n_offers++;
        const struct choice *choice = &c->picks.at[i].choice;
        talea__v1__chosen_offer__init(&row->offers[n]);
        row->offers[n].offer =
            message_text(c->source.programme.file.rules.offers[choice->offer].name);
        row->offers[n].reason =
            message_text(choice_reason_text(c->learned, choice, row->reasons[n]));
        row->offer_list[n] = &row->offers[n];
    }
    giving->list[giving->count++] = &row->message;
    return i;
}

static enum cli_exit send(struct giving *giving)
{
    struct random_source random = random_system();
    struct clock_port clock = clock_of_system();
    struct uid id = uid_new(&random, clock_now(&clock));
    char id_text[UID_TEXT_MAX];
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    Talea__V1__AssignOffersRequest request;
    talea__v1__assign_offers_request__init(&request);
    request.transaction_id = message_text(uid_format(&id, id_text));
    request.campaign = message_text(giving->campaign);
    request.assignments = giving->list;
    request.n_assignments = giving->count;
    enum cli_exit outcome = offer_call(giving->c->cli, "AssignOffers", &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__AssignOffersResponse *reply = (const Talea__V1__AssignOffersResponse *)message;
    for (size_t i = 0; i < reply->n_outcomes; i++) {
        unsigned of = (unsigned)reply->outcomes[i];
        giving->outcomes[of < sizeof giving->outcomes / sizeof giving->outcomes[0] ? of : 0]++;
    }
    giving->count = 0;
    return CLI_OK;
}

static enum cli_exit give_all(struct giving *giving)
{
    struct progress progress;
    const struct offer_picks *picks = &giving->c->picks;
    enum cli_exit outcome = CLI_OK;
    size_t next = 0;
    progress_begin(&progress, giving->c->cli, giving->campaign);
    while (outcome == CLI_OK && next < picks->count) {
        next = add_assignment(giving, next);
        if (giving->count == LIMIT_OFFER_BATCH || next == picks->count) {
            outcome = send(giving);
        }
        progress_show(&progress, next, picks->count);
    }
    progress_end(&progress);
    return outcome;
}

static void print_given(struct cli *cli, const struct giving *giving)
{
    const uint64_t *n = giving->outcomes;
    uint64_t already = giving->c->picks.campaigns[0].already;
    for (size_t i = 1; i < LIMIT_CAMPAIGNS; i++) {
        already += giving->c->picks.campaigns[i].already;
    }
    already += n[TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_ALREADY];
    uint64_t unknown = n[TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_UNKNOWN];
    uint64_t full = n[TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_FULL];
    uint64_t given = n[TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_GIVEN];
    uint64_t control = n[TALEA__V1__OFFER_OUTCOME__OFFER_OUTCOME_CONTROL];
    if (cli->is_json) {
        json_t *answer = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "campaign", giving->campaign,
                                   "given", (json_int_t)given, "control", (json_int_t)control,
                                   "already", (json_int_t)already, "unknown", (json_int_t)unknown,
                                   "full", (json_int_t)full);
        json_dumpf(answer, cli->out, JSON_INDENT(2));
        fputc('\n', cli->out);
        json_decref(answer);
        return;
    }
    fprintf(cli->out,
            "campaign %s: %llu shoppers have offers now, %llu are its control group; %llu were in "
            "it already\n",
            giving->campaign, (unsigned long long)given, (unsigned long long)control,
            (unsigned long long)already);
    if (unknown > 0 || full > 0) {
        fprintf(cli->out, "%llu are not known any more; of %llu too much is remembered already\n",
                (unsigned long long)unknown, (unsigned long long)full);
    }
}

enum cli_exit run_offer_assign(struct cli *cli)
{
    struct choosing c;
    uint64_t campaigns;
    struct giving giving = {.c = &c, .campaign = cli_argument(cli, 0)};
    enum cli_exit outcome = choosing_run(cli, giving.campaign, &c, &campaigns);
    giving.rows = calloc(LIMIT_OFFER_BATCH, sizeof giving.rows[0]);
    if (outcome == CLI_OK && giving.rows == NULL) {
        outcome = cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    if (outcome == CLI_OK) {
        outcome = give_all(&giving);
    }
    if (outcome == CLI_OK) {
        print_given(cli, &giving);
    }
    free(giving.rows);
    choosing_end(&c);
    return outcome;
}
