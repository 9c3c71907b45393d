/* talea offer effect: what a campaign did, who had offers against its control group. */
#include <stdlib.h>
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/offer_history.h"
#include "cli/table.h"
#include "offers/effect.h"

#define ROOM_FIRST  1024
#define ARENA_BYTES (1u << 20)
#define SPAN_MAX    (3 * AMOUNT_TEXT_MAX)

/* Who is in the campaign, and what was bought in its days. */
struct participant {
    char name[UID_TEXT_MAX];
    int64_t since_ms;
    bool is_control;
    bool is_buyer;
    int64_t spend_minor;
};

struct measuring {
    struct cli *cli;
    struct programme_opened programme;
    size_t campaign;
    int64_t window_ms;      /* that of the offer that is good for longest */
    struct participant *at; /* malloc; by name once all are known */
    size_t count;
    size_t capacity;
    int64_t cost_points;
    int64_t cost_minor; /* taken off by the offers' rules */
    struct effect_group offered;
    struct effect_group control;
    struct arena arena;
};

static enum err keep_shopper(void *context, const Talea__V1__Shopper *shopper, struct note *note)
{
    struct measuring *m = context;
    const char *name = m->programme.file.rules.campaigns[m->campaign].name;
    struct slice key = offer_key_text(shopper->shopper);
    (void)note;
    for (size_t i = 0; i < shopper->n_campaigns; i++) {
        const Talea__V1__ShopperCampaign *in = shopper->campaigns[i];
        if (strcmp(in->campaign, name) != 0) {
            continue;
        }
        if (m->count == m->capacity) {
            size_t capacity = m->capacity == 0 ? ROOM_FIRST : m->capacity * 2;
            struct participant *at = realloc(m->at, capacity * sizeof at[0]);
            if (at == NULL) {
                return ERR_RESOURCE;
            }
            m->at = at;
            m->capacity = capacity;
        }
        struct participant *to = &m->at[m->count++];
        *to =
            (struct participant){.since_ms = in->since_unix_ms, .is_control = in->is_control != 0};
        snprintf(to->name, sizeof to->name, "%.*s", (int)key.length, (const char *)key.at);
    }
    return ERR_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct participant *)a)->name, ((const struct participant *)b)->name);
}

static struct participant *find(struct measuring *m, struct slice key)
{
    struct participant wanted = {.name = ""};
    if (m->count == 0) {
        return NULL;
    }
    snprintf(wanted.name, sizeof wanted.name, "%.*s", (int)key.length, (const char *)key.at);
    return bsearch(&wanted, m->at, m->count, sizeof m->at[0], compare_names);
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

/* Is it about any offer of the campaign? */
static enum err is_about(struct measuring *m, const Talea__V1__BasketLine *from, bool *out_is_about)
{
    const struct rules_text *text = &m->programme.file.rules;
    const struct basket_line line = {.product = text_of(from->product),
                                     .category = text_of(from->category),
                                     .brand = text_of(from->brand)};
    struct goods_list list;
    arena_reset(&m->arena);
    TRY(goods_of_line(rules_goods(m->programme.rules), &line, &m->arena, &list));
    for (size_t o = 0; o < text->offer_count; o++) {
        *out_is_about = *out_is_about || (text->offers[o].campaign == m->campaign &&
                                          offer_is_about(&text->offers[o], &list));
    }
    return ERR_OK;
}

/* Does the rule ask for an offer of the campaign? By its name: it may be of an earlier version. */
static bool is_of_campaign(const struct measuring *m, const char *name)
{
    const struct rules_text *text = &m->programme.file.rules;
    for (size_t r = 0; r < text->rule_count; r++) {
        for (size_t o = 0; strcmp(text->rules[r].name, name) == 0 && o < text->offer_count; o++) {
            if (text->offers[o].campaign == m->campaign &&
                rule_is_offered(&text->rules[r], &text->offers[o])) {
                return true;
            }
        }
    }
    return false;
}

static enum err keep_purchase(void *context, const Talea__V1__Purchase *purchase, struct note *note)
{
    struct measuring *m = context;
    struct participant *who = find(m, offer_key_text(purchase->shopper));
    (void)note;
    if (who == NULL || purchase->business_unix_ms < who->since_ms ||
        purchase->business_unix_ms >= who->since_ms + m->window_ms) {
        return ERR_OK;
    }
    TRY(int64_add(who->spend_minor, purchase->gross_minor - purchase->discount_minor,
                  &who->spend_minor));
    for (size_t i = 0; i < purchase->n_lines; i++) {
        TRY(is_about(m, purchase->lines[i], &who->is_buyer));
    }
    for (size_t i = 0; i < purchase->n_awards; i++) {
        const Talea__V1__Award *award = purchase->awards[i];
        if (is_of_campaign(m, award->rule)) {
            TRY(int64_add(m->cost_points, award->points, &m->cost_points));
            TRY(int64_add(m->cost_minor, award->discount_minor, &m->cost_minor));
        }
    }
    return ERR_OK;
}

static enum err sum_up(struct measuring *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct participant *who = &m->at[i];
        TRY(effect_add(who->is_control ? &m->control : &m->offered,
                       who->spend_minor < LIMIT_OFFER_MINOR ? who->spend_minor : LIMIT_OFFER_MINOR,
                       who->is_buyer));
    }
    return ERR_OK;
}

/* ---- In words ---- */

static const char *points_text(int64_t ppm, char out_text[AMOUNT_TEXT_MAX])
{
    return amount_format(ppm / 1000, 1, out_text); /* of percent */
}

static const char *span_text(const struct measuring *m, struct effect_span span, bool is_share,
                             char out_text[SPAN_MAX])
{
    char low[AMOUNT_TEXT_MAX];
    char high[AMOUNT_TEXT_MAX];
    unsigned decimals = m->programme.units.currency_decimals;
    if (is_share) {
        points_text(span.low, low);
        points_text(span.high, high);
    } else {
        amount_format(span.low, decimals, low);
        amount_format(span.high, decimals, high);
    }
    snprintf(out_text, SPAN_MAX, "%s to %s", low, high);
    return out_text;
}

static const char *verdict_text(enum effect_verdict verdict)
{
    static const char *const texts[EFFECT_VERDICT_COUNT] = {
        [EFFECT_TOO_FEW] = "too few shoppers to say anything",
        [EFFECT_NONE] = "chance alone makes such a difference",
        [EFFECT_MORE] = "more than chance alone would make",
        [EFFECT_LESS] = "less, and not by chance alone",
    };
    return texts[verdict];
}

static void print_table(struct measuring *m, const struct effect *effect)
{
    static const char *const titles[] = {
        "", ">OFFERED", ">CONTROL", ">DIFFERENCE", ">95 % INTERVAL", ""};
    unsigned decimals = m->programme.units.currency_decimals;
    char text[AMOUNT_TEXT_MAX];
    char span[SPAN_MAX];
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    table_cell(&table, "shoppers");
    table_cell(&table, "%llu", (unsigned long long)m->offered.members);
    table_cell(&table, "%llu", (unsigned long long)m->control.members);
    table_cell(&table, "%s", "");
    table_cell(&table, "%s", "");
    table_cell(&table, "%s", "");
    table_cell(&table, "bought the goods, %%");
    table_cell(&table, "%s", points_text(effect->offered_share_ppm, text));
    table_cell(&table, "%s", points_text(effect->control_share_ppm, text));
    table_cell(&table, "%s", points_text(effect->share_ppm.middle, text));
    table_cell(&table, "%s", span_text(m, effect->share_ppm, true, span));
    table_cell(&table, "%s", verdict_text(effect->of_share));
    table_cell(&table, "spent each, %s", m->programme.units.currency);
    table_cell(&table, "%s", amount_format(effect->offered_spend_minor, decimals, text));
    table_cell(&table, "%s", amount_format(effect->control_spend_minor, decimals, text));
    table_cell(&table, "%s", amount_format(effect->spend_minor.middle, decimals, text));
    table_cell(&table, "%s", span_text(m, effect->spend_minor, false, span));
    table_cell(&table, "%s", verdict_text(effect->of_spend));
    table_print(&table, m->cli->out, m->cli->is_coloured);
    table_fini(&table);
}

static bool in_all(int64_t each, int64_t members, int64_t *out_all)
{
    return int64_mul_div(each, members, 1, ROUNDING_DOWN, out_all) == ERR_OK;
}

static void print_effect(struct measuring *m, const struct effect *effect)
{
    const struct units *units = &m->programme.units;
    char points[AMOUNT_TEXT_MAX];
    char money[AMOUNT_TEXT_MAX];
    char more[AMOUNT_TEXT_MAX];
    char span[SPAN_MAX];
    fprintf(m->cli->out, "campaign %s, %lld days from when each shopper came into it\n",
            m->programme.file.rules.campaigns[m->campaign].name,
            (long long)(m->window_ms / DAY_MS));
    print_table(m, effect);
    fprintf(m->cli->out, "the offers cost %s points and %s %s off; ",
            amounts_points(units, m->cost_points, points),
            amount_format(m->cost_minor, units->currency_decimals, money), units->currency);
    struct effect_span all = {0};
    int64_t members = (int64_t)m->offered.members;
    bool fits = m->control.members > 0 && in_all(effect->spend_minor.low, members, &all.low) &&
                in_all(effect->spend_minor.middle, members, &all.middle) &&
                in_all(effect->spend_minor.high, members, &all.high);
    if (fits) {
        fprintf(m->cli->out, "who had them spent %s %s more in all, %s with 95 %% certainty\n",
                amount_format(all.middle, units->currency_decimals, more), units->currency,
                span_text(m, all, false, span));
    } else {
        fputs("there is nobody to compare with\n", m->cli->out);
    }
}

static json_t *span_json(struct effect_span span, enum effect_verdict verdict)
{
    return json_pack("{s:I, s:I, s:I, s:s}", "difference", (json_int_t)span.middle, "low",
                     (json_int_t)span.low, "high", (json_int_t)span.high, "verdict",
                     effect_verdict_name(verdict));
}

static json_t *group_json(const struct effect_group *group, int64_t share_ppm, int64_t spend_minor)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "shoppers", (json_int_t)group->members, "buyers",
                     (json_int_t)group->buyers, "share_ppm", (json_int_t)share_ppm, "spend_minor",
                     (json_int_t)group->spend_minor, "spend_each_minor", (json_int_t)spend_minor);
}

static enum cli_exit print_json(struct measuring *m, const struct effect *e)
{
    return cli_print_json(
        m->cli,
        json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:I, s:I}", "campaign",
                  m->programme.file.rules.campaigns[m->campaign].name, "days",
                  (json_int_t)(m->window_ms / DAY_MS), "offered",
                  group_json(&m->offered, e->offered_share_ppm, e->offered_spend_minor), "control",
                  group_json(&m->control, e->control_share_ppm, e->control_spend_minor),
                  "share_ppm", span_json(e->share_ppm, e->of_share), "spend_each_minor",
                  span_json(e->spend_minor, e->of_spend), "cost_points", (json_int_t)m->cost_points,
                  "cost_minor", (json_int_t)m->cost_minor));
}

static enum cli_exit measure(struct measuring *m)
{
    struct cli *cli = m->cli;
    const struct rules_text *text = &m->programme.file.rules;
    enum cli_exit outcome = offer_find_campaign(cli, text, cli_argument(cli, 0), &m->campaign);
    for (size_t o = 0; outcome == CLI_OK && o < text->offer_count; o++) {
        int64_t window = (int64_t)text->offers[o].days * DAY_MS;
        bool is_longer = text->offers[o].campaign == m->campaign && window > m->window_ms;
        m->window_ms = is_longer ? window : m->window_ms;
    }
    if (outcome == CLI_OK) {
        outcome = offer_read_shoppers(cli, keep_shopper, m);
    }
    if (outcome == CLI_OK && m->count > 0) {
        qsort(m->at, m->count, sizeof m->at[0], compare_names);
    }
    if (outcome == CLI_OK) {
        outcome = offer_read_purchases(cli, keep_purchase, m);
    }
    enum err err = outcome == CLI_OK ? sum_up(m) : ERR_OK;
    return err == ERR_OK ? outcome : cli_fail_err(cli, err, NULL);
}

enum cli_exit run_offer_effect(struct cli *cli)
{
    struct measuring m = {.cli = cli};
    enum cli_exit outcome = programme_fetch_current(cli, &m.programme);
    arena_init(&m.arena, ARENA_BYTES);
    if (outcome == CLI_OK) {
        outcome = measure(&m);
    }
    if (outcome == CLI_OK) {
        struct effect effect = effect_of(&m.offered, &m.control);
        if (cli->is_json) {
            outcome = print_json(&m, &effect);
        } else {
            print_effect(&m, &effect);
        }
    }
    arena_fini(&m.arena);
    free(m.at);
    programme_close(&m.programme);
    return outcome;
}
