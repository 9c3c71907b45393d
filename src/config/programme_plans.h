/* The draws, surveys and goals of programme.yaml.
 *
 *   draws:
 *     - draw: summer
 *       tickets: tickets               # a metric of given or visits, ever: one is a ticket
 *       until: 2026-09-01              # as a rule's: from then on it can be closed
 *       prizes:
 *         - {prize: car, count: 1, event: won-a-car}   # what is recorded for who wins; optional
 *         - {prize: voucher, count: 20}
 *       reserves: 5                    # drawn after the prizes; none when it isn't said
 *       once: no                       # may a member win more than once? yes: once only (default)
 *       segments: [loyal]              # who may take part: in one of these; everybody otherwise
 *       beacon: drand round 4512000    # a public value that nobody knows when the list is fixed
 *   surveys:
 *     - survey: visit
 *       scale: 0-10                    # or 1-5
 *       days: 14                       # so long after the purchase
 *       comment: no                    # may there be one? yes (default)
 *       event: survey                  # recorded with each answer; "survey" where rules are on it
 *   goals:
 *     - goal: come back
 *       measure: repeat_rate           # average_basket | new_members | active_members |
 *                                      # redemption_rate | satisfaction | nps
 *       survey: visit                  # of the last two
 *       from: 2026-01                  # months
 *       by: 2026-12
 *       start: 20.0                    # optional; else what the month before `from` had
 *       target: 30.0                   # percent; money, members, or of nps -100 to 100
 */
#ifndef CONFIG_PROGRAMME_PLANS_H
#define CONFIG_PROGRAMME_PLANS_H

#include "base/arena.h"
#include "base/period.h"
#include "config/check.h"
#include "config/document.h"
#include "programme/rules.h"

struct prize_plan {
    const char *name;
    unsigned count;
    const char *event; /* NULL: none */
};

struct draw_plan {
    const char *name;
    uint16_t metric;   /* its place in the list of metrics */
    int64_t until_day; /* the first one after it */
    const struct prize_plan *prizes;
    size_t prize_count;
    unsigned reserves;
    bool is_once;
    const uint16_t *segments; /* places */
    size_t segment_count;
    const char *beacon; /* NULL: none */
    unsigned line;
};

enum survey_scale {
    SURVEY_SCALE_1_5,
    SURVEY_SCALE_0_10
};

struct survey_plan {
    const char *name;
    enum survey_scale scale;
    unsigned days;
    bool has_comment;
    const char *event; /* NULL: none */
    unsigned line;
};

enum goal_measure {
    GOAL_REPEAT_RATE,
    GOAL_AVERAGE_BASKET,
    GOAL_NEW_MEMBERS,
    GOAL_ACTIVE_MEMBERS,
    GOAL_REDEMPTION_RATE,
    GOAL_SATISFACTION,
    GOAL_NPS,
    GOAL_MEASURE_COUNT
};

/* "repeat_rate". */
const char *goal_measure_name(enum goal_measure measure);
/* Of its figures: 1 of rates and nps, those of money, none of members. */
unsigned goal_decimals(enum goal_measure measure, unsigned money_decimals);

struct goal_plan {
    const char *name;
    enum goal_measure measure;
    const char *survey; /* NULL: none */
    struct period from;
    struct period by;
    bool has_start;
    int64_t start; /* in goal_decimals, as is `target` */
    int64_t target;
    unsigned line;
};

struct programme_plans {
    const struct draw_plan *draws;
    size_t draw_count;
    const struct survey_plan *surveys;
    size_t survey_count;
    const struct goal_plan *goals;
    size_t goal_count;
};

/* ---- As the file has them ---- */

struct prize_yaml {
    char *prize;
    char *count;
    char *event;
};

struct draw_yaml {
    char *draw;
    char *tickets;
    char *until;
    struct prize_yaml *prizes;
    unsigned prizes_count;
    char *reserves;
    char *once;
    char **segments;
    unsigned segments_count;
    char *beacon;
};

struct survey_yaml {
    char *survey;
    char *scale;
    char *days;
    char *comment;
    char *event;
};

struct goal_yaml {
    char *goal;
    char *measure;
    char *survey;
    char *from;
    char *by;
    char *start;
    char *target;
};

struct plans_yaml {
    struct draw_yaml *draws;
    unsigned draws_count;
    struct survey_yaml *surveys;
    unsigned surveys_count;
    struct goal_yaml *goals;
    unsigned goals_count;
};

extern const cyaml_schema_value_t programme_draw_schema;
extern const cyaml_schema_value_t programme_survey_schema;
extern const cyaml_schema_value_t programme_goal_schema;

/* The values, in the arena's memory. What is wrong is noted with its line: what doesn't exist, what
 * can never be, what contradicts the rules. */
void programme_plans_check(struct check *check, const struct plans_yaml *yaml,
                           const struct rules_text *rules, unsigned money_decimals,
                           struct arena *arena, struct programme_plans *out_plans);

/* Does a draw use the metric or the segment of that line? Then it is used though no rule asks. */
bool programme_plans_use(const struct programme_plans *plans, const struct rules_text *rules,
                         unsigned line);

/* The parts of it. */
struct planning {
    struct check *check;
    const struct rules_text *rules;
    unsigned money_decimals;
    struct arena *arena;
    struct programme_plans *plans;
};
void programme_draws_check(struct planning *p, const struct plans_yaml *yaml);
void programme_surveys_check(struct planning *p, const struct plans_yaml *yaml);
/* After the surveys. */
void programme_goals_check(struct planning *p, const struct plans_yaml *yaml);

#define PLAN_PATH_BYTES 96
struct plan_path {
    char text[PLAN_PATH_BYTES];
};
/* "draws[3].prizes[0]"; an empty key names the entry. */
struct plan_path plan_path(const char *list, size_t index, const char *key);
/* A copy in the arena; NULL without memory. */
char *plan_text(struct planning *p, const char *text);
/* Zeroed; NULL without memory, and then the check fails. */
void *plan_take(struct planning *p, size_t count, size_t size);
/* A name of up to LIMIT_RULE_NAME_BYTES printable bytes; NULL for NULL. */
const char *plan_name(struct planning *p, const char *path, const char *text);
/* Fails when the name stands among the `count` before it, `size` bytes apart. */
void plan_check_new(struct planning *p, const char *path, const char *name, const void *before,
                    size_t count, size_t size);
bool plan_yes(struct planning *p, const char *path, const char *text, bool otherwise);
bool plan_has_rule_on(const struct planning *p, const char *event);

#endif
