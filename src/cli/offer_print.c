#include "cli/offer_print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/csv.h"
#include "cli/table.h"

#define LEADS_SHOWN    3u /* things after which an offer's goods are bought */
#define LEAD_CASES_MIN 30u
#define PICKS_SHOWN    5u

/* ---- After what an offer's goods are bought ---- */

struct lead {
    uint32_t thing;
    struct share share;
    int64_t gain_ppm;
};

/* Of one that counts the same there is another name: the later one, as in choose_offers. */
static bool is_same(struct lead *leads, size_t count, const struct lead *lead)
{
    for (size_t i = 0; i < count; i++) {
        if (leads[i].share.hits == lead->share.hits && leads[i].share.of == lead->share.of) {
            leads[i].thing = lead->thing;
            return true;
        }
    }
    return false;
}

/* The best few of an offer, best first; returns how many. */
static size_t find_leads(const struct learned *learned, size_t offer,
                         struct lead leads[LEADS_SHOWN])
{
    int64_t base = share_ppm(learned_base(learned, offer));
    size_t count = 0;
    for (size_t t = 0; t < history_thing_count(learned_history(learned)); t++) {
        struct lead lead = {.thing = (uint32_t)t};
        lead.share = learned_next(learned, lead.thing, offer);
        lead.gain_ppm = share_least_ppm(lead.share, base) - base;
        size_t at = count;
        while (at > 0 && leads[at - 1].gain_ppm < lead.gain_ppm) {
            at--;
        }
        if (lead.share.of < LEAD_CASES_MIN || lead.gain_ppm <= 0 || at == LEADS_SHOWN ||
            is_same(leads, count, &lead)) {
            continue;
        }
        count += count < LEADS_SHOWN ? 1 : 0;
        memmove(&leads[at + 1], &leads[at], (count - at - 1) * sizeof leads[0]);
        leads[at] = lead;
    }
    return count;
}

static void print_leads(struct cli *cli, const struct offer_source *source,
                        const struct learned *learned, size_t offer)
{
    struct lead leads[LEADS_SHOWN];
    char share[PPM_TEXT_MAX];
    char base[PPM_TEXT_MAX];
    size_t count = find_leads(learned, offer, leads);
    if (count > 0) {
        fprintf(cli->out, "\n%s: its goods are bought within %d days by\n",
                source->programme.file.rules.offers[offer].name, NEXT_DAYS);
    }
    for (size_t i = 0; i < count; i++) {
        struct slice name = history_thing_name(source->history, leads[i].thing);
        fprintf(cli->out, "  %s of %u who bought %.*s (of all %s)\n",
                ppm_text(share_ppm(leads[i].share), share), leads[i].share.of, (int)name.length,
                (const char *)name.at, ppm_text(share_ppm(learned_base(learned, offer)), base));
    }
}

/* ---- For people ---- */

static void print_offers(struct cli *cli, const struct offer_source *source,
                         const struct offer_picks *picks, size_t campaign)
{
    static const char *const titles[] = {"OFFER", ">DAYS", ">OFFERED", ">CONTROL"};
    const struct rules_text *text = &source->programme.file.rules;
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t o = 0; o < text->offer_count; o++) {
        if (text->offers[o].campaign == campaign) {
            table_cell(&table, "%s", text->offers[o].name);
            table_cell(&table, "%u", text->offers[o].days);
            table_cell(&table, "%llu", (unsigned long long)picks->offers[o].offered);
            table_cell(&table, "%llu", (unsigned long long)picks->offers[o].control);
        }
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_examples(struct cli *cli, const struct offer_source *source,
                           const struct learned *learned, const struct offer_picks *picks,
                           size_t campaign)
{
    size_t shown = 0;
    for (size_t i = 0; i < picks->count && shown < PICKS_SHOWN; i++) {
        const struct offer_pick *pick = &picks->at[i];
        char reason[REASON_TEXT_MAX];
        struct slice member = history_member(source->history, pick->member);
        if (pick->campaign == campaign && !pick->is_control) {
            fprintf(cli->out, "%s%.*s %s: %s\n", shown == 0 ? "\n" : "", (int)member.length,
                    (const char *)member.at,
                    source->programme.file.rules.offers[pick->choice.offer].name,
                    choice_reason_text(learned, &pick->choice, reason));
            shown++;
        }
    }
}

static void print_campaign(struct cli *cli, const struct offer_source *source,
                           const struct learned *learned, const struct offer_picks *picks,
                           size_t campaign)
{
    const struct rules_text *text = &source->programme.file.rules;
    const struct campaign_count *count = &picks->campaigns[campaign];
    fprintf(cli->out,
            "\ncampaign %s: %llu shoppers are offered something, %llu are its control group",
            text->campaigns[campaign].name, (unsigned long long)count->offered,
            (unsigned long long)count->control);
    if (count->already > 0) {
        fprintf(cli->out, ", %llu are in it already", (unsigned long long)count->already);
    }
    fputc('\n', cli->out);
    print_offers(cli, source, picks, campaign);
    for (size_t o = 0; o < text->offer_count; o++) {
        if (text->offers[o].campaign == campaign) {
            print_leads(cli, source, learned, o);
        }
    }
    print_examples(cli, source, learned, picks, campaign);
}

/* ---- For programs ---- */

static json_t *leads_json(const struct offer_source *source, const struct learned *learned,
                          size_t offer)
{
    struct lead leads[LEADS_SHOWN];
    json_t *rows = json_array();
    size_t count = find_leads(learned, offer, leads);
    for (size_t i = 0; i < count; i++) {
        struct slice name = history_thing_name(source->history, leads[i].thing);
        json_array_append_new(
            rows, json_pack("{s:s%, s:I, s:I, s:I}", "after", name.at, name.length, "bought",
                            (json_int_t)leads[i].share.hits, "of", (json_int_t)leads[i].share.of,
                            "all_ppm", (json_int_t)share_ppm(learned_base(learned, offer))));
    }
    return rows;
}

static json_t *campaign_json(const struct offer_source *source, const struct learned *learned,
                             const struct offer_picks *picks, size_t campaign)
{
    const struct rules_text *text = &source->programme.file.rules;
    const struct campaign_count *count = &picks->campaigns[campaign];
    json_t *offers = json_array();
    for (size_t o = 0; o < text->offer_count; o++) {
        if (text->offers[o].campaign == campaign) {
            json_array_append_new(offers,
                                  json_pack("{s:s, s:I, s:I, s:o}", "offer", text->offers[o].name,
                                            "offered", (json_int_t)picks->offers[o].offered,
                                            "control", (json_int_t)picks->offers[o].control,
                                            "bought_next", leads_json(source, learned, o)));
        }
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:o}", "campaign", text->campaigns[campaign].name,
                     "offered", (json_int_t)count->offered, "control", (json_int_t)count->control,
                     "already", (json_int_t)count->already, "offers", offers);
}

static void print_json(struct cli *cli, const struct offer_source *source,
                       const struct learned *learned, const struct offer_picks *picks,
                       uint64_t campaigns)
{
    json_t *rows = json_array();
    for (size_t c = 0; c < source->programme.file.rules.campaign_count; c++) {
        if ((campaigns >> c & 1) != 0) {
            json_array_append_new(rows, campaign_json(source, learned, picks, c));
        }
    }
    json_t *answer = json_pack("{s:I, s:I, s:I, s:I, s:o}", "shoppers",
                               (json_int_t)history_members(source->history), "lines",
                               (json_int_t)history_lines(source->history),
                               "receipts_without_member", (json_int_t)source->without_member,
                               "rows_rejected", (json_int_t)source->rejected, "campaigns", rows);
    json_dumpf(answer, cli->out, JSON_INDENT(2));
    fputc('\n', cli->out);
    json_decref(answer);
}

void offer_print_picks(struct cli *cli, const struct offer_source *source,
                       const struct learned *learned, const struct offer_picks *picks,
                       uint64_t campaigns)
{
    if (cli->is_json) {
        print_json(cli, source, learned, picks, campaigns);
        return;
    }
    struct civil day = civil_of_day(source->today);
    fprintf(cli->out, "%llu lines bought by %zu shoppers, as of %04d-%02d-%02d\n",
            (unsigned long long)history_lines(source->history), history_members(source->history),
            day.year, day.month, day.day);
    for (size_t c = 0; c < source->programme.file.rules.campaign_count; c++) {
        if ((campaigns >> c & 1) != 0) {
            print_campaign(cli, source, learned, picks, c);
        }
    }
}

/* ---- For spreadsheets ---- */

static void write_pick(struct csv_row *row, const struct offer_source *source,
                       const struct learned *learned, const struct offer_pick *pick)
{
    const struct rules_text *text = &source->programme.file.rules;
    const struct choice *choice = &pick->choice;
    struct slice member = history_member(source->history, pick->member);
    char name[LIMIT_REFERENCE_BYTES + 1];
    char reason[REASON_TEXT_MAX];
    snprintf(name, sizeof name, "%.*s", (int)member.length, (const char *)member.at);
    csv_text(row, name);
    csv_text(row, text->campaigns[pick->campaign].name);
    csv_text(row, text->offers[choice->offer].name);
    csv_text(row, pick->is_control ? "control" : "offered");
    csv_number(row, "%lld", (long long)share_ppm(choice->share));
    csv_number(row, "%u", choice->share.of);
    csv_number(row, "%lld", (long long)choice->base_ppm);
    csv_text(row, choice_reason_text(learned, choice, reason));
    csv_end(row);
}

enum cli_exit offer_write_picks(struct cli *cli, const char *path,
                                const struct offer_source *source, const struct learned *learned,
                                const struct offer_picks *picks)
{
    static const char *const titles[] = {"shopper",   "campaign", "offer",   "group",
                                         "share_ppm", "share_of", "all_ppm", "reason"};
    struct note note = {""};
    FILE *file = fopen(path, "wx");
    if (file == NULL) {
        enum err err = file_err_of(errno);
        err = note_set(&note, err, "%s: can't be made", path);
        return cli_fail_err(cli, err, &note);
    }
    struct csv_row row = {.out = file};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        csv_text(&row, titles[i]);
    }
    csv_end(&row);
    for (size_t i = 0; i < picks->count; i++) {
        write_pick(&row, source, learned, &picks->at[i]);
    }
    bool is_bad = ferror(file) != 0;
    if (fclose(file) != 0 || is_bad) {
        enum err err = note_set(&note, ERR_STORAGE, "%s: could not be written", path);
        return cli_fail_err(cli, err, &note);
    }
    return CLI_OK;
}
