#include "cli/offer_history.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "programme/segment.h"

#define SEGMENT_BYTES (4u << 20)

enum cli_exit offer_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                         ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__programme_service__descriptor, method, request, out_reply);
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

struct slice offer_key_text(const Talea__V1__ShopperKey *key)
{
    if (key != NULL && key->by_case == TALEA__V1__SHOPPER_KEY__BY_MEMBER_ID) {
        return text_of(key->member_id);
    }
    return key != NULL && key->by_case == TALEA__V1__SHOPPER_KEY__BY_CARD ? text_of(key->card)
                                                                          : text_of("");
}

enum cli_exit offer_find_campaign(struct cli *cli, const struct rules_text *text, const char *name,
                                  size_t *out_campaign)
{
    for (size_t c = 0; c < text->campaign_count; c++) {
        if (strcmp(text->campaigns[c].name, name) == 0) {
            *out_campaign = c;
            return CLI_OK;
        }
    }
    return cli_fail(cli, CLI_USAGE, "CAMPAIGN_UNKNOWN", "see `campaigns` of the programme",
                    "the programme has no campaign %s", name);
}

/* ---- Pages of the node ---- */

enum cli_exit offer_read_purchases(struct cli *cli, offer_on_purchase *on_purchase, void *context)
{
    struct progress progress;
    uint64_t next = 0;
    uint64_t last = 0;
    enum cli_exit outcome = CLI_OK;
    progress_begin(&progress, cli, "purchases");
    do {
        Talea__V1__ListPurchasesRequest request;
        talea__v1__list_purchases_request__init(&request);
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        struct note note = {""};
        request.from_row = next;
        outcome = offer_call(cli, "ListPurchases", &request.base, &message);
        if (outcome != CLI_OK) {
            break;
        }
        const Talea__V1__ListPurchasesResponse *reply =
            (const Talea__V1__ListPurchasesResponse *)message;
        enum err err = reply->next_row > next ? ERR_OK : ERR_CORRUPT;
        for (size_t i = 0; err == ERR_OK && i < reply->n_purchases; i++) {
            err = on_purchase(context, reply->purchases[i], &note);
        }
        outcome = err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
        next = reply->next_row;
        last = reply->last_row;
        progress_show(&progress, next, last + 1);
    } while (outcome == CLI_OK && next <= last);
    progress_end(&progress);
    return outcome;
}

enum cli_exit offer_read_shoppers(struct cli *cli, offer_on_shopper *on_shopper, void *context)
{
    char token[256] = "";
    enum cli_exit outcome = CLI_OK;
    do {
        Talea__V1__ListShoppersRequest request;
        talea__v1__list_shoppers_request__init(&request);
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        struct note note = {""};
        request.page_token = token;
        outcome = offer_call(cli, "ListShoppers", &request.base, &message);
        if (outcome != CLI_OK) {
            break;
        }
        const Talea__V1__ListShoppersResponse *reply =
            (const Talea__V1__ListShoppersResponse *)message;
        enum err err = ERR_OK;
        for (size_t i = 0; err == ERR_OK && i < reply->n_shoppers; i++) {
            err = on_shopper(context, reply->shoppers[i], &note);
        }
        outcome = err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
        snprintf(token, sizeof token, "%s", reply->next_page_token);
    } while (outcome == CLI_OK && token[0] != '\0');
    return outcome;
}

static int64_t day_of_ms(int64_t local_ms)
{
    return unix_day((struct unix_ms){local_ms});
}

static enum err keep_purchase(void *context, const Talea__V1__Purchase *purchase, struct note *note)
{
    struct offer_source *source = context;
    struct slice member = offer_key_text(purchase->shopper);
    for (size_t i = 0; member.length > 0 && i < purchase->n_lines; i++) {
        const struct basket_line line = basket_line_of(purchase->lines[i]);
        TRY(history_add(source->history, member, day_of_ms(purchase->local_unix_ms), &line, note));
    }
    return ERR_OK;
}

static enum err keep_shopper(void *context, const Talea__V1__Shopper *shopper, struct note *note)
{
    struct offer_source *source = context;
    const struct rules_text *text = &source->programme.file.rules;
    size_t member;
    (void)note;
    enum err err = history_find(source->history, offer_key_text(shopper->shopper), &member);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK; /* bought nothing: nothing can be chosen */
    }
    TRY(err);
    for (size_t s = 0; s < text->segment_count; s++) {
        for (size_t i = 0; i < shopper->n_segments; i++) {
            bool is_in = strcmp(shopper->segments[i], text->segments[s].name) == 0;
            source->shoppers[member].segments |= is_in ? UINT64_C(1) << s : 0;
        }
    }
    for (size_t c = 0; c < text->campaign_count; c++) {
        for (size_t i = 0; i < shopper->n_campaigns; i++) {
            bool is_in = strcmp(shopper->campaigns[i]->campaign, text->campaigns[c].name) == 0;
            source->shoppers[member].campaigns |= is_in ? UINT64_C(1) << c : 0;
        }
    }
    return ERR_OK;
}

static enum cli_exit close_history(struct cli *cli, struct offer_source *source)
{
    enum err err = history_close(source->history);
    source->shoppers = calloc(history_members(source->history) + 1, sizeof source->shoppers[0]);
    return err == ERR_OK && source->shoppers != NULL ? CLI_OK
                                                     : cli_fail_err(cli, ERR_RESOURCE, NULL);
}

static enum cli_exit read_node(struct cli *cli, struct offer_source *source)
{
    struct clock_port clock = clock_of_system();
    int64_t now = unix_day(clock_now(&clock));
    enum cli_exit outcome = offer_read_purchases(cli, keep_purchase, source);
    if (outcome == CLI_OK) {
        outcome = close_history(cli, source);
    }
    if (outcome == CLI_OK) {
        outcome = offer_read_shoppers(cli, keep_shopper, source);
    }
    int64_t last = history_last_day(source->history);
    source->today = last > now ? last : now;
    return outcome;
}

/* ---- An export ---- */

struct export_reading {
    struct offer_source *source;
    struct trial *trial; /* for segments; NULL where no offer asks for one */
    struct progress progress;
    struct basket_lines lines;
};

static enum err on_receipt(void *context, const struct receipt *receipt, struct note *note)
{
    struct export_reading *reading = context;
    struct occasion occasion;
    struct judgement unused;
    struct slice member = member_of_receipt(receipt);
    if (receipt->kind == RECEIPT_RETURN) {
        return ERR_OK;
    }
    if (member.length == 0) {
        reading->source->without_member++;
        return ERR_OK;
    }
    TRY(basket_of_receipt(receipt, &reading->lines, &occasion));
    for (size_t i = 0; i < occasion.line_count; i++) {
        TRY(history_add(reading->source->history, member, occasion_day(&occasion),
                        &occasion.lines[i], note));
    }
    return reading->trial == NULL
               ? ERR_OK
               : trial_sale(reading->trial, member, &occasion, false, &unused, note);
}

static enum err on_reject(void *context, const struct receipt_row *row, const char *reason,
                          struct note *note)
{
    (void)row;
    (void)reason;
    (void)note;
    ((struct export_reading *)context)->source->rejected++;
    return ERR_OK;
}

static void on_progress(void *context, uint64_t position, uint64_t size)
{
    progress_show(&((struct export_reading *)context)->progress, position, size);
}

static enum err read_receipts(struct cli *cli, struct export_reading *reading,
                              struct mapping *mapping, struct source *file, struct note *note)
{
    const struct receipts_sink sink = {reading, on_receipt, on_reject, NULL, on_progress};
    const struct receipts_options options = {.points_decimals =
                                                 reading->source->programme.units.points_decimals};
    struct receipts_tally tally;
    progress_begin(&reading->progress, cli, source_name(file));
    enum err err = receipts_read(file, mapping, &options, &sink, &tally, note);
    progress_end(&reading->progress);
    return err;
}

static bool asks_for_segments(const struct rules_text *text)
{
    size_t count = 0;
    for (size_t o = 0; o < text->offer_count; o++) {
        count += text->offers[o].segment_count;
    }
    return count > 0;
}

/* As the last receipt left them. */
static enum err find_segments(struct offer_source *source, const struct trial *trial)
{
    const struct rules_text *text = &source->programme.file.rules;
    const struct shopper nobody = {.birth_month = 0};
    struct arena arena;
    enum err err = ERR_OK;
    arena_init(&arena, SEGMENT_BYTES);
    for (size_t m = 0; err == ERR_OK && m < history_members(source->history); m++) {
        struct standing standing = trial_standing_of(trial, history_member(source->history, m));
        const struct trace_row *rows;
        arena_reset(&arena);
        err =
            segments_of(source->programme.rules, &standing, source->today, &nobody, &arena, &rows);
        for (size_t s = 0; err == ERR_OK && s < text->segment_count; s++) {
            source->shoppers[m].segments |= rows[s].reason == TRACE_FIRED ? UINT64_C(1) << s : 0;
        }
    }
    arena_fini(&arena);
    return err;
}

static enum cli_exit read_export(struct cli *cli, struct offer_source *source, const char *path)
{
    const char *map = cli_option(cli, OPT_MAP);
    struct export_reading *reading = calloc(1, sizeof *reading);
    struct mapping *mapping = NULL;
    struct source *file = NULL;
    struct note note = {""};
    enum err err = reading == NULL ? ERR_RESOURCE : mapping_load(map, &mapping, &note);
    if (err == ERR_OK) {
        reading->source = source;
        err = source_open(path, &file, &note);
    }
    if (err == ERR_OK && asks_for_segments(&source->programme.file.rules)) {
        err = trial_create(source->programme.rules, &reading->trial);
    }
    if (err == ERR_OK) {
        err = read_receipts(cli, reading, mapping, file, &note);
    }
    enum cli_exit outcome =
        err == ERR_OK ? close_history(cli, source) : cli_fail_err(cli, err, &note);
    source->today = history_last_day(source->history);
    if (outcome == CLI_OK && reading->trial != NULL) {
        err = find_segments(source, reading->trial);
        outcome = err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, NULL);
    }
    if (reading != NULL) {
        trial_destroy(reading->trial);
    }
    free(reading);
    source_close(file);
    mapping_destroy(mapping);
    return outcome;
}

enum cli_exit offer_source_open(struct cli *cli, struct offer_source *out_source)
{
    const char *receipts = cli_option(cli, OPT_RECEIPTS);
    const char *path = cli_option(cli, OPT_PROGRAMME);
    memset(out_source, 0, sizeof *out_source);
    if (receipts != NULL && (path == NULL || cli_option(cli, OPT_MAP) == NULL)) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "--%s is missing",
                        path == NULL ? "programme" : "map");
    }
    enum cli_exit outcome = path != NULL ? programme_open(cli, path, &out_source->programme)
                                         : programme_fetch_current(cli, &out_source->programme);
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (out_source->programme.file.rules.offer_count == 0) {
        return cli_fail(cli, CLI_USAGE, "NO_OFFERS", NULL, "the programme has no offers");
    }
    enum err err = history_create(out_source->programme.rules, &out_source->history);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, NULL);
    }
    return receipts != NULL ? read_export(cli, out_source, receipts) : read_node(cli, out_source);
}

void offer_source_close(struct offer_source *source)
{
    history_destroy(source->history);
    free(source->shoppers);
    programme_close(&source->programme);
}
