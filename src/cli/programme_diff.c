/* talea programme diff: what another version of a programme says otherwise than one before it, or
 * than the one in force. Rules, metrics and
 * goods are told apart by their names; where rules stand in the file does not count. */
#include <string.h>

#include "cli/commands.h"
#include "cli/programme.h"
#include "programme/describe.h"

#define DIFF_BYTES (256u << 20)

struct diff {
    struct cli *cli;
    json_t *rows; /* NULL: printed */
    size_t count;
    struct arena arena;
};

/* One thing of a programme with its name. */
struct named {
    const char *what; /* "rule" */
    const char *name;
    struct described described;
};

static void tell(struct diff *diff, const struct named *named, const char *key, const char *before,
                 const char *after)
{
    diff->count++;
    if (diff->rows != NULL) {
        json_array_append_new(diff->rows,
                              json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "what", named->what, "name",
                                        named->name, "key", key, "before", before, "after", after));
        return;
    }
    fprintf(diff->cli->out, "%s %s", named->what, named->name);
    if (key == NULL) {
        fprintf(diff->cli->out, ": %s\n", before == NULL ? "is new" : "is gone");
        return;
    }
    fprintf(diff->cli->out, ": %s: %s -> %s\n", key, before == NULL ? "(none)" : before,
            after == NULL ? "(none)" : after);
}

static void tell_new(struct diff *diff, const struct named *named)
{
    tell(diff, named, NULL, NULL, "new");
    for (size_t i = 0; i < named->described.count; i++) {
        tell(diff, named, named->described.at[i].key, NULL, named->described.at[i].value);
    }
}

static void compare(struct diff *diff, const struct named *before, const struct named *after)
{
    for (size_t i = 0; i < before->described.count; i++) {
        const char *key = before->described.at[i].key;
        const char *old = before->described.at[i].value;
        const char *new = described_value(&after->described, key);
        if (new == NULL || strcmp(old, new) != 0) {
            tell(diff, after, key, old, new);
        }
    }
    for (size_t i = 0; i < after->described.count; i++) {
        const char *key = after->described.at[i].key;
        if (described_value(&before->described, key) == NULL) {
            tell(diff, after, key, NULL, after->described.at[i].value);
        }
    }
}

/* What a programme has of one kind. */
enum kind {
    KIND_RULE,
    KIND_METRIC,
    KIND_TIER,
    KIND_COUPON,
    KIND_SEGMENT,
    KIND_CAMPAIGN,
    KIND_OFFER,
    KIND_GOODS,
    KIND_COUNT
};

static size_t count_of(const struct rules_text *text, enum kind kind)
{
    return kind == KIND_RULE       ? text->rule_count
           : kind == KIND_METRIC   ? text->metric_count
           : kind == KIND_TIER     ? text->tier_count
           : kind == KIND_COUPON   ? text->coupon_count
           : kind == KIND_SEGMENT  ? text->segment_count
           : kind == KIND_CAMPAIGN ? text->campaign_count
           : kind == KIND_OFFER    ? text->offer_count
                                   : text->goods_count;
}

static const char *name_of(const struct rules_text *text, enum kind kind, size_t index)
{
    return kind == KIND_RULE       ? text->rules[index].name
           : kind == KIND_METRIC   ? text->metrics[index].name
           : kind == KIND_TIER     ? text->tiers[index].name
           : kind == KIND_COUPON   ? text->coupons[index].name
           : kind == KIND_SEGMENT  ? text->segments[index].name
           : kind == KIND_CAMPAIGN ? text->campaigns[index].name
           : kind == KIND_OFFER    ? text->offers[index].name
                                   : text->goods[index].name;
}

static size_t find(const struct rules_text *text, enum kind kind, const char *name)
{
    size_t count = count_of(text, kind);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name_of(text, kind, i), name) == 0) {
            return i;
        }
    }
    return count;
}

static enum err describe(struct diff *diff, const struct programme_opened *programme,
                         enum kind kind, size_t index, struct named *out)
{
    static const char *const words[KIND_COUNT] = {"rule",    "metric",   "tier",  "coupon",
                                                  "segment", "campaign", "offer", "goods"};
    const struct rules_text *text = &programme->file.rules;
    const struct described_units units = {programme->units.points_decimals,
                                          programme->units.currency_decimals};
    out->what = words[kind];
    out->name = name_of(text, kind, index);
    if (kind == KIND_RULE) {
        return describe_rule(text, &text->rules[index], units, &diff->arena, &out->described);
    }
    if (kind == KIND_SEGMENT) {
        return describe_segment(text, &text->segments[index], units, &diff->arena, &out->described);
    }
    if (kind == KIND_CAMPAIGN) {
        return describe_campaign(&text->campaigns[index], &diff->arena, &out->described);
    }
    if (kind == KIND_OFFER) {
        return describe_offer(text, &text->offers[index], &diff->arena, &out->described);
    }
    if (kind == KIND_COUPON) {
        return describe_coupon(&text->coupons[index], &diff->arena, &out->described);
    }
    if (kind == KIND_TIER) {
        return describe_tier(text, &text->tiers[index], &diff->arena, &out->described);
    }
    return kind == KIND_METRIC
               ? describe_metric(text, &text->metrics[index], &diff->arena, &out->described)
               : describe_goods(&text->goods[index], &diff->arena, &out->described);
}

static enum err diff_kind(struct diff *diff, const struct programme_opened *before,
                          const struct programme_opened *after, enum kind kind)
{
    const struct rules_text *old = &before->file.rules;
    const struct rules_text *new = &after->file.rules;
    struct named left;
    struct named right;
    for (size_t i = 0; i < count_of(old, kind); i++) {
        size_t at = find(new, kind, name_of(old, kind, i));
        TRY(describe(diff, before, kind, i, &left));
        if (at == count_of(new, kind)) {
            tell(diff, &left, NULL, "gone", NULL);
            continue;
        }
        TRY(describe(diff, after, kind, at, &right));
        compare(diff, &left, &right);
    }
    for (size_t i = 0; i < count_of(new, kind); i++) {
        if (find(old, kind, name_of(new, kind, i)) == count_of(old, kind)) {
            TRY(describe(diff, after, kind, i, &right));
            tell_new(diff, &right);
        }
    }
    return ERR_OK;
}

static void describe_terms(const struct programme_opened *programme, struct arena *arena,
                           struct named *out)
{
    char text[64];
    const struct programme_file *file = &programme->file;
    *out = (struct named){.what = "programme", .name = file->currency.code};
    const struct {
        const char *key;
        int64_t value;
    } terms[] = {{"version", file->version},
                 {"pending_days", file->pending_days},
                 {"expiry kind", file->expiry},
                 {"expiry months", file->expiry_months},
                 {"expiry month", file->expiry_month},
                 {"expiry day", file->expiry_day},
                 {"quotes for minutes", file->quote_ms / 60000},
                 {"debt limit", file->debt_limit_minor},
                 {"refund grace days", file->refund_expired_grace_days}};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        int length = snprintf(text, sizeof text, "%lld", (long long)terms[i].value);
        const char *value = arena_text(arena, slice_of(text, (size_t)length));
        out->described.at[i].key = terms[i].key;
        out->described.at[i].value = value == NULL ? "" : value;
        out->described.count++;
    }
}

static enum err diff_all(struct diff *diff, const struct programme_opened *before,
                         const struct programme_opened *after)
{
    struct named left;
    struct named right;
    describe_terms(before, &diff->arena, &left);
    describe_terms(after, &diff->arena, &right);
    compare(diff, &left, &right);
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        TRY(diff_kind(diff, before, after, (enum kind)kind));
    }
    return ERR_OK;
}

static enum cli_exit run_diff(struct cli *cli, const struct programme_opened *before,
                              const struct programme_opened *after)
{
    struct diff diff = {.cli = cli, .rows = cli->is_json ? json_array() : NULL};
    arena_init(&diff.arena, DIFF_BYTES);
    enum err err = diff_all(&diff, before, after);
    if (err == ERR_OK && cli->is_json) {
        json_dumpf(diff.rows, cli->out, JSON_INDENT(2));
        fputc('\n', cli->out);
    } else if (err == ERR_OK && diff.count == 0) {
        fputs("both say the same\n", cli->out);
    }
    json_decref(diff.rows);
    arena_fini(&diff.arena);
    return err != ERR_OK ? cli_fail_err(cli, err, NULL) : diff.count == 0 ? CLI_OK : CLI_REFUSED;
}

enum cli_exit run_programme_diff(struct cli *cli)
{
    struct programme_opened before = {.rules = NULL};
    struct programme_opened after = {.rules = NULL};
    bool is_one = cli_argument(cli, 1) == NULL;
    enum cli_exit outcome = is_one ? programme_fetch_current(cli, &before)
                                   : programme_open(cli, cli_argument(cli, 0), &before);
    if (outcome == CLI_OK) {
        outcome = programme_open(cli, cli_argument(cli, is_one ? 0 : 1), &after);
    }
    if (outcome == CLI_OK) {
        outcome = run_diff(cli, &before, &after);
    }
    programme_close(&before);
    programme_close(&after);
    return outcome;
}
