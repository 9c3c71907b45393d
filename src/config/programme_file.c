#include "config/programme_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "config/document.h"
#include "config/programme_plans.h"
#include "config/programme_rules.h"
#include "config/time_zone.h"
#include "programme/coupon.h"

#define MONTHS_MAX         120
#define DAYS_MAX           366
#define COMMON_YEAR        2027 /* no leap year */
#define MONEY_DECIMALS_MAX 4    /* ISO 4217 knows 0, 2, 3 and 4 */
#define RULES_BYTES        (64u << 20)

struct earn_yaml {
    char *points;
    char *per;
    char *rounding;
    char *minimum;
};

struct expiry_yaml {
    char *kind;
    char *months;
    char *date;
};

struct debt_yaml {
    char *limit;
};

struct burn_yaml {
    char *points;
    char *worth;
    char *smallest;
    char *largest_share;
    char **except;
    unsigned except_count;
    char *refund_expired_grace_days;
};

struct quotes_yaml {
    char *length;
};

struct programme_yaml {
    char *version;
    char *currency;
    char *money_decimals;
    struct earn_yaml *earn;
    char *time_zone;
    char *pending_days;
    struct expiry_yaml expiry;
    struct burn_yaml burn;
    struct quotes_yaml quotes;
    struct debt_yaml debt;
    struct fraud_yaml fraud;
    struct transfers_yaml transfers;
    struct by_hand_yaml by_hand;
    struct rules_yaml rules;
    struct plans_yaml plans;
};

static const cyaml_schema_field_t earn_fields[] = {
    YAML_TEXT("points", struct earn_yaml, points),
    YAML_TEXT("per", struct earn_yaml, per),
    YAML_TEXT("rounding", struct earn_yaml, rounding),
    YAML_TEXT_OPTIONAL("minimum", struct earn_yaml, minimum),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t expiry_fields[] = {
    YAML_TEXT("kind", struct expiry_yaml, kind),
    YAML_TEXT_OPTIONAL("months", struct expiry_yaml, months),
    YAML_TEXT_OPTIONAL("date", struct expiry_yaml, date),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t debt_fields[] = {
    YAML_TEXT_OPTIONAL("limit", struct debt_yaml, limit),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t except_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t burn_fields[] = {
    YAML_TEXT_OPTIONAL("points", struct burn_yaml, points),
    YAML_TEXT_OPTIONAL("worth", struct burn_yaml, worth),
    YAML_TEXT_OPTIONAL("smallest", struct burn_yaml, smallest),
    YAML_TEXT_OPTIONAL("largest_share", struct burn_yaml, largest_share),
    CYAML_FIELD_SEQUENCE("except", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct burn_yaml,
                         except, &except_schema, 1, LIMIT_GOODS_SETS),
    YAML_TEXT_OPTIONAL("refund_expired_grace_days", struct burn_yaml, refund_expired_grace_days),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t quotes_fields[] = {
    YAML_TEXT("for", struct quotes_yaml, length),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t programme_fields[] = {
    YAML_TEXT("version", struct programme_yaml, version),
    YAML_TEXT("currency", struct programme_yaml, currency),
    YAML_TEXT_OPTIONAL("money_decimals", struct programme_yaml, money_decimals),
    CYAML_FIELD_MAPPING_PTR("earn", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct programme_yaml,
                            earn, earn_fields),
    YAML_TEXT_OPTIONAL("time_zone", struct programme_yaml, time_zone),
    YAML_TEXT_OPTIONAL("pending_days", struct programme_yaml, pending_days),
    CYAML_FIELD_MAPPING("expiry", CYAML_FLAG_DEFAULT, struct programme_yaml, expiry, expiry_fields),
    CYAML_FIELD_MAPPING("burn", CYAML_FLAG_OPTIONAL, struct programme_yaml, burn, burn_fields),
    CYAML_FIELD_MAPPING("quotes", CYAML_FLAG_OPTIONAL, struct programme_yaml, quotes,
                        quotes_fields),
    CYAML_FIELD_MAPPING("debt", CYAML_FLAG_OPTIONAL, struct programme_yaml, debt, debt_fields),
    CYAML_FIELD_MAPPING("fraud", CYAML_FLAG_OPTIONAL, struct programme_yaml, fraud,
                        programme_fraud_fields),
    CYAML_FIELD_MAPPING("transfers", CYAML_FLAG_OPTIONAL, struct programme_yaml, transfers,
                        programme_transfers_fields),
    CYAML_FIELD_MAPPING("by_hand", CYAML_FLAG_OPTIONAL, struct programme_yaml, by_hand,
                        programme_by_hand_fields),
    CYAML_FIELD_SEQUENCE_COUNT("goods", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.goods, rules.goods_count,
                               &programme_goods_schema, 1, LIMIT_GOODS_SETS),
    CYAML_FIELD_SEQUENCE_COUNT("metrics", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.metrics, rules.metrics_count,
                               &programme_metric_schema, 1, LIMIT_METRICS - 1),
    CYAML_FIELD_SEQUENCE_COUNT("tiers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.tiers, rules.tiers_count,
                               &programme_tier_schema, 1, LIMIT_TIERS),
    CYAML_FIELD_SEQUENCE_COUNT("coupons", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.coupons, rules.coupons_count,
                               &programme_coupon_schema, 1, LIMIT_COUPONS),
    CYAML_FIELD_SEQUENCE_COUNT("segments", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.segments, rules.segments_count,
                               &programme_segment_schema, 1, LIMIT_SEGMENTS),
    CYAML_FIELD_SEQUENCE_COUNT("campaigns", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.campaigns, rules.campaigns_count,
                               &programme_campaign_schema, 1, LIMIT_CAMPAIGNS),
    CYAML_FIELD_SEQUENCE_COUNT("offers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.offers, rules.offers_count,
                               &programme_offer_schema, 1, LIMIT_OFFERS),
    CYAML_FIELD_SEQUENCE_COUNT("rules", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, rules.rules, rules.rules_count,
                               &programme_rule_schema, 1, LIMIT_RULES - 1),
    CYAML_FIELD_SEQUENCE_COUNT("draws", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, plans.draws, plans.draws_count,
                               &programme_draw_schema, 1, LIMIT_DRAWS),
    CYAML_FIELD_SEQUENCE_COUNT("surveys", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, plans.surveys, plans.surveys_count,
                               &programme_survey_schema, 1, LIMIT_SURVEYS),
    CYAML_FIELD_SEQUENCE_COUNT("goals", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct programme_yaml, plans.goals, plans.goals_count,
                               &programme_goal_schema, 1, LIMIT_GOALS),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t programme_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct programme_yaml, programme_fields),
};

static void check_earn(struct check *check, const struct earn_yaml *yaml, unsigned points_decimals,
                       struct programme_file *out)
{
    check_minor(check, "earn.points", yaml->points, points_decimals, 1, LIMIT_POINTS_PER_COMMAND,
                &out->earn_points_minor);
    check_minor(check, "earn.per", yaml->per, out->money_decimals, 1, LIMIT_POINTS_PER_COMMAND,
                &out->earn_per_minor);
    check_rounding(check, "earn.rounding", yaml->rounding, &out->earn_rounding);
    check_minor(check, "earn.minimum", yaml->minimum, out->money_decimals, 0,
                LIMIT_POINTS_PER_COMMAND, &out->earn_minimum_minor);
}

/* Two digits from 1 on; 0 for what is none. */
static unsigned two_digits(const char *text)
{
    bool are_digits = text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
    return are_digits ? (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0') : 0;
}

/* "12-31": a day that every year has. */
static void check_date(struct check *check, const char *text, struct programme_file *out)
{
    if (text == NULL) {
        check_fail(check, "expiry.date", "is missing");
        return;
    }
    bool has_form = strlen(text) == 5 && text[2] == '-';
    out->expiry_month = has_form ? two_digits(text) : 0;
    out->expiry_day = has_form ? two_digits(text + 3) : 0;
    if (out->expiry_month < 1 || out->expiry_month > 12 || out->expiry_day < 1 ||
        out->expiry_day > (unsigned)civil_days_in_month(COMMON_YEAR, (int)out->expiry_month)) {
        check_fail(check, "expiry.date", "\"%s\" is not a day of every year, as in 12-31", text);
    }
}

static void check_expiry(struct check *check, const struct expiry_yaml *yaml,
                         struct programme_file *out)
{
    static const char *const kinds[] = {"never", "months", "end_of_month", "fixed_date",
                                        "inactivity"};
    unsigned kind = PROGRAMME_FILE_EXPIRY_NEVER;
    check_choice(check, "expiry.kind", yaml->kind, kinds, sizeof kinds / sizeof kinds[0], &kind);
    check_unsigned(check, "expiry.months", yaml->months, 1, MONTHS_MAX, &out->expiry_months);
    out->expiry = (enum programme_file_expiry)kind;
    if (out->expiry == PROGRAMME_FILE_EXPIRY_NEVER && yaml->months != NULL) {
        check_fail(check, "expiry.months", "has no meaning where points never expire");
    }
    bool is_by_date = out->expiry == PROGRAMME_FILE_EXPIRY_FIXED_DATE;
    if (out->expiry != PROGRAMME_FILE_EXPIRY_NEVER && !is_by_date && yaml->months == NULL) {
        check_fail(check, "expiry.months", "is missing");
    }
    if (is_by_date) {
        check_date(check, yaml->date, out);
    } else if (yaml->date != NULL) {
        check_fail(check, "expiry.date", "has a meaning only where points expire by a fixed_date");
    }
}

/* UTC is no zone of the database that a machine must have. */
static void check_time_zone(struct check *check, const char *text, struct programme_file *out)
{
    if (text == NULL || strcmp(text, "UTC") == 0) {
        return;
    }
    if (!time_zone_is_known(text)) {
        check_fail(check, "time_zone", "\"%s\" is no time zone that this machine knows", text);
        return;
    }
    check_text(check, "time_zone", text, out->time_zone, sizeof out->time_zone);
}

static void check_programme(struct check *check, const struct programme_yaml *yaml,
                            unsigned points_decimals, struct programme_file *out)
{
    out->money_decimals = 2;
    check_unsigned(check, "version", yaml->version, 1, UINT32_MAX, &out->version);
    check_currency(check, "currency", yaml->currency, &out->currency);
    check_unsigned(check, "money_decimals", yaml->money_decimals, 0, MONEY_DECIMALS_MAX,
                   &out->money_decimals);
    check_next(check);
    if (yaml->earn != NULL) {
        check_earn(check, yaml->earn, points_decimals, out);
    } else if (yaml->rules.rules_count == 0) {
        check_fail(check, "earn", "is missing: the programme gives nothing");
    }
    check_next(check);
    check_time_zone(check, yaml->time_zone, out);
    check_next(check);
    check_unsigned(check, "pending_days", yaml->pending_days, 0, DAYS_MAX, &out->pending_days);
    check_expiry(check, &yaml->expiry, out);
    check_next(check);
    check_unsigned(check, "burn.refund_expired_grace_days", yaml->burn.refund_expired_grace_days, 0,
                   DAYS_MAX, &out->refund_expired_grace_days);
    out->debt_limit_minor = INT64_MAX;
    check_minor(check, "debt.limit", yaml->debt.limit, points_decimals, 0, LIMIT_POINTS_PER_COMMAND,
                &out->debt_limit_minor);
    check_next(check);
    check_span(check, "quotes.for", yaml->quotes.length, DAY_MS, &out->quote_ms);
    check_next(check);
    programme_guard_check(check, &yaml->fraud, &yaml->transfers, &yaml->by_hand, points_decimals,
                          &out->guard);
    check_next(check);
}

/* `earn` as a rule. */
static struct rule earn_rule(const struct check *check, const struct programme_file *programme)
{
    return (struct rule){
        .name = "earn",
        .when = {.from_day = INT64_MIN,
                 .until_day = INT64_MAX,
                 .purchases = NO_METRIC,
                 .basket_minor = programme->earn_minimum_minor},
        .gift = {.gives = GIVES_POINTS_FOR_MONEY,
                 .points_minor = programme->earn_points_minor,
                 .per_minor = programme->earn_per_minor,
                 .of = AMOUNT_NET,
                 .rounding = programme->earn_rounding},
        .line = positions_line(check->positions, "earn"),
    };
}

static void check_rules(struct check *check, const struct programme_yaml *yaml,
                        unsigned points_decimals, struct programme_file *out)
{
    out->has_rules = yaml->rules.rules_count > 0;
    if (!out->has_rules && (yaml->rules.goods_count > 0 || yaml->rules.metrics_count > 0)) {
        check_fail(check, yaml->rules.goods_count > 0 ? "goods" : "metrics",
                   "nothing uses them without rules");
    }
    struct rule earn = earn_rule(check, out);
    struct programme_units units = {points_decimals, out->money_decimals};
    programme_rules_check(check, &yaml->rules, units, yaml->earn != NULL ? &earn : NULL,
                          &out->arena, &out->rules);
}

static uint16_t find_goods(struct check *check, const struct rules_text *text, const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < text->goods_count; i++) {
        if (text->goods[i].name != NULL && strcmp(text->goods[i].name, name) == 0) {
            return (uint16_t)i;
        }
        nearest_offer(&nearest, text->goods[i].name);
    }
    check_fail_name(check, "burn.except", "goods are", &nearest);
    return 0;
}

/* On which terms points pay for a basket. */
static void check_burn(struct check *check, const struct burn_yaml *yaml, unsigned points_decimals,
                       struct programme_file *out)
{
    struct burn_terms *terms = &out->burn;
    check_next(check);
    uint16_t *except = arena_alloc(&out->arena, (yaml->except_count + 1) * sizeof except[0]);
    terms->share = (struct decimal){100, 0};
    check_minor(check, "burn.points", yaml->points, points_decimals, 1, LIMIT_POINTS_PER_COMMAND,
                &terms->points_minor);
    check_minor(check, "burn.worth", yaml->worth, out->money_decimals, 1, LIMIT_POINTS_PER_COMMAND,
                &terms->worth_minor);
    check_minor(check, "burn.smallest", yaml->smallest, points_decimals, 1,
                LIMIT_POINTS_PER_COMMAND, &terms->smallest_minor);
    check_decimal(check, "burn.largest_share", yaml->largest_share, &terms->share);
    if ((yaml->points == NULL) != (yaml->worth == NULL)) {
        check_fail(check, "burn", "names points and what they are worth, or neither");
    }
    if (except == NULL) {
        check->err = check->err == ERR_OK ? ERR_RESOURCE : check->err;
        return;
    }
    for (unsigned i = 0; i < yaml->except_count; i++) {
        except[i] = find_goods(check, &out->rules, yaml->except[i]);
    }
    terms->except = except;
    terms->except_count = yaml->except_count;
    if (check->err == ERR_OK && burn_terms_check(terms, out->rules.goods_count) != ERR_OK) {
        check_fail(check, "burn.largest_share", "is a percentage from 0 to 100");
    }
}

void programme_file_fini(struct programme_file *programme)
{
    arena_fini(&programme->arena);
}

/* The first one before it that is another in its case alone: whoever types one means either. */
static void check_alike(struct check *check, const struct rules_text *text, size_t coupon,
                        size_t number)
{
    struct slice code = text->coupons[coupon].codes[number];
    for (size_t c = 0; c <= coupon; c++) {
        const struct coupon *other = &text->coupons[c];
        for (size_t i = 0; i < (c < coupon ? other->code_count : number); i++) {
            if (coupon_is_alike(other->codes[i], code) && !slice_equal(other->codes[i], code)) {
                char path[64];
                (void)snprintf(path, sizeof path, "coupons[%zu].codes[%zu]", coupon, number);
                check_fail(
                    check, path, "is %.*s of %s in other letters, and codes are taken in any",
                    (int)other->codes[i].length, (const char *)other->codes[i].at, other->name);
                check_next(check);
                return;
            }
        }
    }
}

/* What a node still takes of a programme that it has, and nobody should write anew. */
static void check_anew(struct check *check, const struct rules_text *text)
{
    check_next(check);
    for (size_t c = 0; check->err == ERR_OK && c < text->coupon_count; c++) {
        for (size_t i = 0; i < text->coupons[c].code_count; i++) {
            check_alike(check, text, c, i);
        }
    }
}

static enum err parse(struct slice yaml, const char *name, unsigned points_decimals,
                      struct check_faults *faults, struct programme_file *out_programme,
                      struct note *note)
{
    struct document_source source = {yaml, name};
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    TRY(faults == NULL
            ? document_load(&source, &programme_schema, &document, &positions, note)
            : document_load_all(&source, &programme_schema, faults, &document, &positions, note));
    struct programme_file programme;
    memset(&programme, 0, sizeof programme);
    struct check check = {.positions = positions,
                          .folder = ".",
                          .note = note,
                          .faults = faults,
                          .has_faults = faults != NULL && faults->count > 0};
    arena_init(&programme.arena, RULES_BYTES);
    check_programme(&check, document, points_decimals, &programme);
    check_rules(&check, document, points_decimals, &programme);
    check_burn(&check, &((const struct programme_yaml *)document)->burn, points_decimals,
               &programme);
    programme_plans_check(&check, &((const struct programme_yaml *)document)->plans,
                          &programme.rules, programme.money_decimals, &programme.arena,
                          &programme.plans);
    if (faults != NULL) {
        check_anew(&check, &programme.rules);
    }
    document_free(&programme_schema, document);
    enum err err = check_end(&check);
    if (err != ERR_OK) {
        programme_file_fini(&programme);
        return err;
    }
    *out_programme = programme;
    return ERR_OK;
}

enum err programme_file_parse(struct slice yaml, const char *name, unsigned points_decimals,
                              struct programme_file *out_programme, struct note *note)
{
    return parse(yaml, name, points_decimals, NULL, out_programme, note);
}

enum err programme_file_load(const char *path, unsigned points_decimals,
                             struct programme_file *out_programme, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    TRY(document_read_file(path, &text, note));
    return programme_file_parse(buffer_slice(&text), path, points_decimals, out_programme, note);
}

/* The number behind the name and its colon; without one 0, so it goes first. */
static unsigned long line_of(const struct note *note, size_t name_length)
{
    return strlen(note->text) > name_length ? strtoul(note->text + name_length + 1, NULL, 10) : 0;
}

/* By lines; of one line in the order in which they were found. There are few. */
static void sort_faults(struct check_faults *faults, size_t name_length)
{
    for (size_t i = 1; i < faults->count; i++) {
        struct note moving = faults->at[i];
        size_t to = i;
        while (to > 0 &&
               line_of(&faults->at[to - 1], name_length) > line_of(&moving, name_length)) {
            faults->at[to] = faults->at[to - 1];
            to--;
        }
        faults->at[to] = moving;
    }
}

enum err programme_file_load_all(const char *path, unsigned points_decimals,
                                 struct check_faults *faults, struct programme_file *out_programme,
                                 struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    faults->count = 0;
    faults->left_off = 0;
    TRY(document_read_file(path, &text, note));
    enum err err = parse(buffer_slice(&text), path, points_decimals, faults, out_programme, note);
    if (err == ERR_INPUT && faults->count == 0) { /* of its shape, at which reading ends */
        faults->at[faults->count++] = *note;
    }
    sort_faults(faults, strlen(path));
    return err;
}
