/* talea notify check, preview, status. */
#include <stdio.h>
#include <string.h>
#include <talea/v1/admin.pb-c.h>

#include "base/clock.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/table.h"
#include "config/notify_file.h"

const struct argp_option notify_preview_options[] = {
    {"kind", OPT_KIND, "KIND", 0, "Only this one, such as points_earned", 0},
    {"language", OPT_LANGUAGE, "en|ru|kk", 0, "Only in this one", 0},
    {0}};

static enum cli_exit open_file(struct cli *cli, struct notify_file *out_file)
{
    struct note note = {""};
    enum err err = notify_file_load(cli_argument(cli, 0), out_file, &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static size_t own_texts(const struct notify_file *file)
{
    size_t count = 0;
    for (size_t kind = 0; kind < NOTIFY_KIND_END; kind++) {
        for (size_t language = 0; language < NOTIFY_LANGUAGE_END; language++) {
            count += file->texts.texts[kind][language] != NULL ? 1 : 0;
        }
    }
    return count;
}

enum cli_exit run_notify_check(struct cli *cli)
{
    struct notify_file file;
    enum cli_exit outcome = open_file(cli, &file);
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (cli->is_json) {
        outcome =
            cli_print_json(cli, json_pack("{s:s, s:i, s:i}", "brand", file.brand, "webhooks",
                                          (int)file.webhook_count, "texts", (int)own_texts(&file)));
    } else {
        fprintf(cli->out, "%s: %zu webhook%s, %zu text%s of its own: good\n", cli_argument(cli, 0),
                file.webhook_count, file.webhook_count == 1 ? "" : "s", own_texts(&file),
                own_texts(&file) == 1 ? "" : "s");
    }
    notify_file_fini(&file);
    return outcome;
}

/* ---- Preview ---- */

static const int64_t sample_points[] = {1, 2, 5, 21, 1200};

static void sample_alert(struct notify_message *message)
{
    (void)snprintf(message->subject, sizeof message->subject, "fast card");
    (void)snprintf(message->about, sizeof message->about, "card 6100010000000013");
    (void)snprintf(message->found, sizeof message->found, "7 earns in 1 h, more than 6");
}

/* True: it says nothing of points, one line is enough. */
static bool print_sample(struct cli *cli, const struct notify_file *file, enum notify_kind kind,
                         enum notify_language language, int64_t points)
{
    struct notify_message message = {
        .kind = kind, .points = points_of(points), .card = {"6100010000000013"}, .shop = {"alfa"}};
    struct clock_port clock = clock_of_system();
    CLEANUP(buffer_fini) struct buffer text = {0};
    const char *subject = kind == NOTIFY_COUPON_GIVEN ? "TEA-2042" : "Gold";
    memcpy(message.subject, subject, strlen(subject) + 1);
    if (kind == NOTIFY_ALERT_RAISED) {
        sample_alert(&message);
    }
    message.until.ms = clock_now(&clock).ms + 14 * DAY_MS;
    const struct notify_filling filling = {&message, "Aigerim", file->brand, points_of(4321), 0};
    notify_template_fill(notify_text(&file->texts, kind, language), language, &filling, &text);
    fprintf(cli->out, "%-15s %s  %.*s\n", notify_kind_name(kind), notify_language_name(language),
            (int)text.length, (const char *)text.at);
    return !notify_kind_has(kind, NOTIFY_FIELD_POINTS);
}

static void print_samples(struct cli *cli, const struct notify_file *file, enum notify_kind kind,
                          enum notify_language language)
{
    for (size_t i = 0; i < sizeof sample_points / sizeof sample_points[0]; i++) {
        if (print_sample(cli, file, kind, language, sample_points[i])) {
            return;
        }
    }
}

static enum cli_exit read_choice(struct cli *cli, unsigned *out_kind, unsigned *out_language)
{
    const char *kind_text = cli_option(cli, OPT_KIND);
    const char *language_text = cli_option(cli, OPT_LANGUAGE);
    enum notify_kind kind = (enum notify_kind)0;
    enum notify_language language = NOTIFY_LANGUAGE_NONE;
    if (kind_text != NULL && notify_kind_parse(kind_text, &kind) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT",
                        "welcome, points_earned, points_spent, points_expiring, tier_reached, "
                        "coupon_given, draw_won, alert_raised",
                        "--kind: \"%s\" is none", kind_text);
    }
    if (language_text != NULL && notify_language_parse(language_text, &language) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "en, ru, kk", "--language: \"%s\" is none",
                        language_text);
    }
    *out_kind = (unsigned)kind;
    *out_language = (unsigned)language;
    return CLI_OK;
}

enum cli_exit run_notify_preview(struct cli *cli)
{
    struct notify_file file;
    unsigned only_kind;
    unsigned only_language;
    enum cli_exit outcome = read_choice(cli, &only_kind, &only_language);
    if (outcome == CLI_OK) {
        outcome = open_file(cli, &file);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    for (unsigned kind = NOTIFY_WELCOME; kind < NOTIFY_KIND_END; kind++) {
        for (unsigned language = NOTIFY_ENGLISH; language < NOTIFY_LANGUAGE_END; language++) {
            if ((only_kind == 0 || kind == only_kind) &&
                (only_language == 0 || language == only_language)) {
                print_samples(cli, &file, (enum notify_kind)kind, (enum notify_language)language);
            }
        }
    }
    notify_file_fini(&file);
    return CLI_OK;
}

/* ---- Status ---- */

static void print_aside(struct cli *cli, const Talea__V1__WebhookStatus *webhook)
{
    for (size_t i = 0; i < webhook->n_latest_aside; i++) {
        const Talea__V1__SetAsideMessage *aside = webhook->latest_aside[i];
        char time[TIME_TEXT_MAX];
        fprintf(cli->out, "%s%-10s %s UTC  HTTP %u  %s\n", i == 0 ? "\n" : "",
                i == 0 ? webhook->name : "", amounts_time(aside->time_unix_ms, time),
                aside->http_status, aside->id);
    }
}

static void print_status(struct cli *cli, const Talea__V1__GetNotificationStatusResponse *status)
{
    static const char *const titles[] = {"webhook",    "channel", ">behind",   ">sent",
                                         ">set aside", ">stale",  "since UTC", "problem"};
    struct table table;
    table_init(&table, titles, 8);
    for (size_t i = 0; i < status->n_webhooks; i++) {
        const Talea__V1__WebhookStatus *webhook = status->webhooks[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", webhook->name);
        table_cell(&table, "%s",
                   notify_channel_name((enum notify_channel)((unsigned)webhook->channel - 1)));
        table_cell(&table, "%llu", (unsigned long long)webhook->rows_behind);
        table_cell(&table, "%llu", (unsigned long long)webhook->sent);
        table_cell(&table, "%llu", (unsigned long long)webhook->set_aside);
        table_cell(&table, "%llu", (unsigned long long)webhook->stale);
        table_cell(&table, "%s", amounts_time(webhook->failing_since_unix_ms, time));
        table_cell(&table, "%s", webhook->problem);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    for (size_t i = 0; i < status->n_webhooks; i++) {
        print_aside(cli, status->webhooks[i]);
    }
}

enum cli_exit run_notify_status(struct cli *cli)
{
    Talea__V1__GetNotificationStatusRequest request;
    talea__v1__get_notification_status_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, &talea__v1__admin_service__descriptor,
                                         "GetNotificationStatus", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    print_status(cli, (const Talea__V1__GetNotificationStatusResponse *)message);
    return CLI_OK;
}
