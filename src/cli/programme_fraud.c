#include "cli/programme_fraud.h"

#include <stdlib.h>
#include <string.h>

#include "cli/table.h"

#define EXAMPLES_SHOWN 3

struct fraud_example {
    char subject[FRAUD_WORDS_BYTES];
    char found[FRAUD_WORDS_BYTES];
    char receipt[LIMIT_REFERENCE_BYTES + 1];
};

struct fraud_count {
    uint64_t sales;  /* that it would have been about */
    uint64_t alerts; /* that would have been raised */
    struct fraud_example examples[EXAMPLES_SHOWN];
};

struct fraud_trial {
    struct fraud_rules rules;
    struct fraud_watch *watch;
    struct fraud_count counts[LIMIT_FRAUD_RULES];
};

enum err fraud_trial_create(const struct fraud_rules *rules, struct fraud_trial **out_trial)
{
    *out_trial = NULL;
    if (rules->count == 0) {
        return ERR_OK;
    }
    struct fraud_trial *trial = calloc(1, sizeof *trial);
    struct fraud_watch *watch = fraud_watch_create(rules);
    if (trial == NULL || watch == NULL) {
        free(trial);
        fraud_watch_destroy(watch);
        return ERR_RESOURCE;
    }
    trial->rules = *rules;
    trial->watch = watch;
    *out_trial = trial;
    return ERR_OK;
}

void fraud_trial_destroy(struct fraud_trial *trial)
{
    if (trial != NULL) {
        fraud_watch_destroy(trial->watch);
        free(trial);
    }
}

static void keep_example(struct fraud_trial *trial, const struct fraud_hit *hit,
                         const struct receipt *receipt)
{
    struct fraud_count *count = &trial->counts[hit->rule];
    if (count->alerts < EXAMPLES_SHOWN) {
        struct fraud_example *example = &count->examples[count->alerts];
        memcpy(example->subject, hit->subject, sizeof example->subject);
        fraud_words(&trial->rules, hit, example->found);
        (void)snprintf(example->receipt, sizeof example->receipt, "%s", receipt->reference);
    }
    count->alerts++;
}

/* As the node does: what is refused is not counted, and one alert is raised in a window. */
static void note_hit(struct fraud_trial *trial, const struct fraud_hit *hit,
                     const struct fraud_activity *activity, const struct receipt *receipt)
{
    const struct fraud_rule *rule = &trial->rules.rules[hit->rule];
    trial->counts[hit->rule].sales++;
    if (!hit->is_new && rule->action != FRAUD_HOLD) {
        return;
    }
    keep_example(trial, hit, receipt);
    fraud_watch_alerted(trial->watch, rule->name, hit->subject, activity->time);
}

void fraud_trial_note(struct fraud_trial *trial, const struct receipt *receipt, struct slice member,
                      int64_t points)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    if (trial == NULL || member.length == 0) {
        return;
    }
    struct fraud_activity activity = {
        .kind = receipt->kind == RECEIPT_RETURN ? FRAUD_RETURNS : FRAUD_EARNS,
        .card = member,
        .till = slice_of(receipt->till, strlen(receipt->till)),
        .cashier = slice_of(receipt->cashier, strlen(receipt->cashier)),
        .time = receipt->time,
        .points = points};
    size_t count = fraud_watch_note(trial->watch, &activity, hits);
    bool is_refused = false;
    for (size_t i = 0; i < count; i++) {
        note_hit(trial, &hits[i], &activity, receipt);
        is_refused = is_refused || trial->rules.rules[hits[i].rule].action == FRAUD_REFUSE;
    }
    if (is_refused && activity.kind == FRAUD_EARNS) {
        fraud_watch_forget(trial->watch, &activity);
    }
}

static size_t shown(const struct fraud_count *count)
{
    return count->alerts < EXAMPLES_SHOWN ? (size_t)count->alerts : EXAMPLES_SHOWN;
}

static void print_examples(const struct fraud_count *count, const char *rule, struct cli *cli)
{
    for (size_t i = 0; i < shown(count); i++) {
        const struct fraud_example *example = &count->examples[i];
        fprintf(cli->out, "%s: %s: %s, with receipt %s\n", rule, example->subject, example->found,
                example->receipt);
    }
}

void fraud_trial_print(const struct fraud_trial *trial, struct cli *cli)
{
    static const char *const titles[] = {"FRAUD RULE", "ACTION", ">SALES", ">ALERTS"};
    struct table table;
    if (trial == NULL) {
        return;
    }
    fputc('\n', cli->out);
    table_init(&table, titles, 4);
    for (size_t i = 0; i < trial->rules.count; i++) {
        const struct fraud_count *count = &trial->counts[i];
        table_cell(&table, "%s", trial->rules.rules[i].name);
        table_cell(&table, "%s", fraud_action_name(trial->rules.rules[i].action));
        table_cell(&table, "%llu", (unsigned long long)count->sales);
        table_cell(&table, "%llu", (unsigned long long)count->alerts);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    for (size_t i = 0; i < trial->rules.count; i++) {
        print_examples(&trial->counts[i], trial->rules.rules[i].name, cli);
    }
}

json_t *fraud_trial_json(const struct fraud_trial *trial)
{
    if (trial == NULL) {
        return NULL;
    }
    json_t *rows = json_array();
    for (size_t i = 0; i < trial->rules.count; i++) {
        const struct fraud_count *count = &trial->counts[i];
        json_t *examples = json_array();
        for (size_t j = 0; j < shown(count); j++) {
            const struct fraud_example *example = &count->examples[j];
            json_array_append_new(examples,
                                  json_pack("{s:s, s:s, s:s}", "subject", example->subject, "found",
                                            example->found, "receipt", example->receipt));
        }
        json_array_append_new(rows, json_pack("{s:s, s:s, s:I, s:I, s:o}", "rule",
                                              trial->rules.rules[i].name, "action",
                                              fraud_action_name(trial->rules.rules[i].action),
                                              "sales", (json_int_t)count->sales, "alerts",
                                              (json_int_t)count->alerts, "examples", examples));
    }
    return rows;
}
