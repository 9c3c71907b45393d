/* talea charter show, verify. */
#include <talea/v1/charter.pb-c.h>

#include "base/clock.h"
#include "charter/charter_file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/pb_json.h"
#include "cli/table.h"

static void print_partners(const struct cli *cli, const struct charter *charter)
{
    static const char *const titles[] = {
        "partner", "name", "cards", "address", "signed", "root key", "online key until UTC"};
    struct table table;
    table_init(&table, titles, 7);
    for (size_t i = 0; i < charter->partner_count; i++) {
        const struct charter_partner *partner = &charter->partners[i];
        struct key_id root = key_id_of(&partner->root);
        char id[KEY_ID_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        struct unix_ms until = {0};
        for (size_t k = 0; k < partner->online_count; k++) {
            if (partner->online[k].valid_until.ms > until.ms) {
                until = partner->online[k].valid_until;
            }
        }
        table_cell(&table, "%s", partner->id.text);
        table_cell(&table, "%s", partner->display_name);
        table_cell(&table, "%s", partner->prefix.digits);
        table_cell(&table, "%s", partner->address);
        table_cell(&table, "%s", partner->has_signed ? "yes" : "no");
        table_cell(&table, "%s", key_id_format(&root, id));
        table_cell(&table, "%s", amounts_time(until.ms, time));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_fee(struct table *table, const struct charter *charter,
                      const struct tariff *tariff)
{
    char issue[AMOUNT_TEXT_MAX];
    char redemption[AMOUNT_TEXT_MAX];
    char minimum[AMOUNT_TEXT_MAX];
    if (tariff->fee.issue_ppm == 0 && tariff->fee.redemption_ppm == 0) {
        table_cell(table, "-");
    } else {
        table_cell(table, "%s %% / %s %%, at least %s",
                   amount_format(tariff->fee.issue_ppm, 4, issue),
                   amount_format(tariff->fee.redemption_ppm, 4, redemption),
                   amount_format(tariff->fee.minimum.minor, charter->currency_decimals, minimum));
    }
}

static void print_tariff_terms(struct table *table, const struct charter *charter,
                               const struct tariff *tariff)
{
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    print_fee(table, charter, tariff);
    if (tariff->tax.code[0] == '\0') {
        table_cell(table, "-");
    } else {
        table_cell(table, "%s, %s %% of %s", tariff->tax.code,
                   amount_format(tariff->tax.rate_ppm, 4, text),
                   tariff->tax.is_on_points ? "all" : "fees");
    }
    table_cell(table, "%s%s%s", tariff_is_for_all(tariff) ? "all" : tariff->pair[0].text,
               tariff_is_for_all(tariff) ? "" : ", ", tariff->pair[1].text);
    table_cell(table, "%s", amounts_time(tariff->valid_from.ms, time));
    table_cell(table, "%s", tariff_funding_name(tariff->funding));
}

static void print_tariffs(const struct cli *cli, const struct charter *charter)
{
    static const char *const titles[] = {
        ">tariff", "name", ">issue",   ">redemption", ">for points", "fees, issue / redemption",
        "tax",     "for",  "from UTC", "paid at"};
    struct table table;
    table_init(&table, titles, 10);
    for (size_t i = 0; i < charter->tariff_count; i++) {
        const struct tariff *tariff = &charter->tariffs[i];
        char text[AMOUNT_TEXT_MAX];
        table_cell(&table, "%u", tariff->id);
        table_cell(&table, "%s", charter->tariff_names[i]);
        table_cell(&table, "%s %s",
                   amount_format(tariff->issue_price.minor, charter->currency_decimals, text),
                   charter->currency);
        table_cell(&table, "%s %s",
                   amount_format(tariff->redemption_price.minor, charter->currency_decimals, text),
                   charter->currency);
        table_cell(&table, "%s", amount_format(tariff->per.minor, charter->points_decimals, text));
        print_tariff_terms(&table, charter, tariff);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_split(struct table *table, const struct promotion *promotion)
{
    char split[PROMOTION_PARTS_MAX * (PARTNER_ID_MAX + AMOUNT_TEXT_MAX + 8)];
    char share[AMOUNT_TEXT_MAX];
    size_t used = 0;
    for (size_t i = 0; i < promotion->part_count; i++) {
        int length = snprintf(split + used, sizeof split - used, "%s%s %s %%", i == 0 ? "" : ", ",
                              promotion->parts[i].partner.text,
                              amount_format(promotion->parts[i].share, 2, share));
        used += length > 0 ? (size_t)length : 0;
    }
    table_cell(table, "%s", split);
}

static void print_promotions(const struct cli *cli, const struct charter *charter)
{
    static const char *const titles[] = {">promotion", "name",    "shop",          "from UTC",
                                         "until UTC",  ">budget", ">per purchase", "who pays"};
    struct table table;
    if (charter->promotion_count == 0) {
        return;
    }
    fputc('\n', cli->out);
    table_init(&table, titles, 8);
    for (size_t i = 0; i < charter->promotion_count; i++) {
        const struct promotion *promotion = &charter->promotions[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%u", promotion->id);
        table_cell(&table, "%s", charter->promotion_names[i]);
        table_cell(&table, "%s", promotion->shop.text);
        table_cell(&table, "%s", amounts_time(promotion->valid_from.ms, time));
        table_cell(&table, "%s", amounts_time(promotion->valid_until.ms, time));
        table_cell(&table, "%s",
                   amount_format(promotion->budget.minor, charter->points_decimals, text));
        table_cell(&table, "%s",
                   amount_format(promotion->per_purchase.minor, charter->points_decimals, text));
        print_split(&table, promotion);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

/* What this epoch changes for somebody. */
static void print_changes(const struct cli *cli, const struct charter *charter)
{
    char period[PERIOD_TEXT_MAX];
    char id[KEY_ID_TEXT_MAX];
    for (size_t i = 0; i < charter->partner_count; i++) {
        const struct charter_partner *partner = &charter->partners[i];
        if (partner->last_period.code != 0) {
            fprintf(cli->out, "%s leaves with the end of %s\n", partner->id.text,
                    period_format(partner->last_period, period));
        }
    }
    for (size_t i = 0; i < charter->revocation_count; i++) {
        const struct charter_revocation *revocation = &charter->revocations[i];
        fprintf(cli->out, "key %s of %s is revoked; it counts up to",
                key_id_format(&revocation->key, id), revocation->partner.text);
        for (size_t k = 0; k < revocation->stream_count; k++) {
            const struct charter_revoked_stream *stream = &revocation->streams[k];
            fprintf(cli->out, "%s entry %llu and receipt %llu with %s", k == 0 ? "" : ",",
                    (unsigned long long)stream->last_entry,
                    (unsigned long long)stream->last_receipt, stream->peer.text);
        }
        fprintf(cli->out, "%s\n", revocation->stream_count == 0 ? " nothing" : "");
    }
}

static void print_calendar(const struct cli *cli, const struct charter *charter)
{
    struct period_calendar calendar = charter->calendar;
    if (calendar.rule_count == 0) {
        calendar.rules[0] = *calendar_rule_on(&calendar, 0);
        calendar.rule_count = 1;
    }
    for (size_t i = 0; i < calendar.rule_count; i++) {
        const struct period_rule *rule = &calendar.rules[i];
        char day[PERIOD_TEXT_MAX];
        fprintf(cli->out, "%s each %s", i == 0 ? "periods   " : "          ",
                period_unit_name(rule->unit));
        if (rule->from_day != 0) {
            fprintf(cli->out, " from %s",
                    period_format(period_at(PERIOD_DAY, rule->from_day), day));
        }
        fprintf(cli->out, ", time of %s, ", rule->time_zone[0] == '\0' ? "UTC" : rule->time_zone);
        if (rule->is_closed_by_node) {
            fprintf(cli->out, "closed by nodes %u s after the end\n", rule->grace_s);
        } else {
            fprintf(cli->out, "closed by operators\n");
        }
    }
}

static void print_span(const struct cli *cli, const char *what, uint32_t seconds)
{
    bool is_days = seconds % 86400 == 0;
    uint32_t count = is_days ? seconds / 86400 : seconds;
    fprintf(cli->out, "%s within %u %s%s", what, count, is_days ? "day" : "second",
            count == 1 ? "" : "s");
}

static void print_terms(const struct cli *cli, const struct charter *charter)
{
    uint32_t answer_s = charter->dispute_answer_s;
    uint32_t escalate_s = charter->dispute_escalate_s;
    print_span(cli, "disputes   answered", answer_s == 0 ? DISPUTE_TERM_S : answer_s);
    print_span(cli, ", escalated", escalate_s == 0 ? DISPUTE_TERM_S : escalate_s);
    fputc('\n', cli->out);
}

static void print_charter(const struct cli *cli, const struct charter *charter)
{
    char hash[HASH_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    char text[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "coalition  %s, epoch %llu\n", charter->coalition,
            (unsigned long long)charter->epoch);
    fprintf(cli->out, "hash       %s\n", hash_format(&charter->payload_hash, hash));
    fprintf(cli->out, "previous   %s\n",
            hash_is_zero(&charter->previous_hash) ? "none"
                                                  : hash_format(&charter->previous_hash, hash));
    fprintf(cli->out, "valid from %s UTC\n", amounts_time(charter->valid_from.ms, time));
    fprintf(cli->out, "points     %s, %u decimals\n", charter->points_name,
            charter->points_decimals);
    fprintf(cli->out, "settled in %s, %u decimals, %s\n", charter->currency,
            charter->currency_decimals,
            charter->is_multilateral ? "all pairs netted together" : "pair by pair");
    print_calendar(cli, charter);
    if (charter->net_debit_cap.minor == 0) {
        fprintf(cli->out, "cap        none\n");
    } else {
        amount_format(charter->net_debit_cap.minor, charter->currency_decimals, text);
        fprintf(cli->out, "cap        %s %s of net debit for each pair; what is beyond it %s\n",
                text, charter->currency, charter->waits_at_cap ? "waits" : "is refused");
    }
    print_terms(cli, charter);
    fprintf(cli->out, "signatures %u of %zu, %u needed\n\n", charter->signature_count,
            charter->partner_count, charter->required_signatures);
    print_changes(cli, charter);
    print_partners(cli, charter);
    fputc('\n', cli->out);
    print_tariffs(cli, charter);
    print_promotions(cli, charter);
}

static enum cli_exit print_charter_json(struct cli *cli, const struct charter *charter)
{
    ProtobufCMessage *payload = message_unpack(&talea__v1__charter__descriptor, charter->payload);
    json_t *json = payload == NULL ? NULL : pb_json(payload);
    json_t *is_signed = json_array();
    for (size_t i = 0; i < charter->partner_count; i++) {
        if (charter->partners[i].has_signed) {
            json_array_append_new(is_signed, json_string(charter->partners[i].id.text));
        }
    }
    message_free(payload);
    return cli_print_json(cli, json_pack("{s:o, s:o}", "charter", json, "signed_by", is_signed));
}

enum cli_exit run_charter_show(struct cli *cli)
{
    struct note note = {""};
    struct charter *charter;
    enum err err = charter_load(cli_argument(cli, 0), &charter, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    enum cli_exit outcome = CLI_OK;
    if (cli->is_json) {
        outcome = print_charter_json(cli, charter);
    } else {
        print_charter(cli, charter);
    }
    charter_close(charter);
    return outcome;
}

enum cli_exit run_charter_verify(struct cli *cli)
{
    struct note note = {""};
    struct charter *charter;
    const char *path = cli_argument(cli, 0);
    enum err err = charter_load(path, &charter, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    err = charter_check_signatures(charter, &note);
    if (err == ERR_OK && cli->is_json) {
        cli_print_json(cli, json_pack("{s:b, s:I, s:I}", "valid", 1, "signatures",
                                      (json_int_t)charter->signature_count, "required",
                                      (json_int_t)charter->required_signatures));
    } else if (err == ERR_OK) {
        fprintf(cli->out, "valid: %s, epoch %llu, signed by %u of %zu partners (%u needed)\n",
                charter->coalition, (unsigned long long)charter->epoch, charter->signature_count,
                charter->partner_count, charter->required_signatures);
    }
    charter_close(charter);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}
