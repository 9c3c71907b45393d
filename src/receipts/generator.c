#include "receipts/generator.h"

#include <stdlib.h>
#include <string.h>

#include "receipts/generator_profile.h"

#define GENERATOR_PENDING   16384u           /* lines sold that will come back */
#define GENERATOR_RETURN_MS (3 * DAY_MS)     /* after that many days */
#define GENERATOR_SLOTS_MAX (31u * 24u)      /* hours of a month */
#define GENERATOR_FIRST     UINT64_C(100001) /* member */
#define FUEL_LITRES_MIN     1500u            /* hundredths */
#define FUEL_LITRES_RANGE   4500u
#define FUEL_PRICE_MIN      1599u /* thousandths of the currency */
#define FUEL_PRICE_RANGE    300u
#define GOLDEN_GAMMA        UINT64_C(0x9e3779b97f4a7c15)

struct sold_line {
    uint64_t receipt;
    uint64_t line;
    int64_t due_ms;
    size_t member;
    unsigned store;
    unsigned product;
    unsigned quantity;
};

struct generator {
    const struct generator_options *options;
    const struct generator_profile *profile;
    FILE *file;
    uint64_t random;
    uint64_t reach[GENERATOR_SLOTS_MAX]; /* weight of all hours up to and with this one */
    unsigned slots;
    uint32_t *visits; /* members, as often as they come, shuffled */
    size_t visit_count;
    struct sold_line *pending; /* a ring, in order of `due_ms` */
    size_t pending_first;
    size_t pending_count;
    struct generator_totals totals;
};

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t next_random(struct generator *generator)
{
    generator->random += GOLDEN_GAMMA;
    return mix(generator->random);
}

/* 0 to bound - 1. The bias is below bound / 2^64. */
static uint64_t random_below(struct generator *generator, uint64_t bound)
{
    return next_random(generator) % bound;
}

/* 1, 2, 3 ... as often as counted. */
static unsigned draw_count(struct generator *generator, struct profile_counts counts)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < counts.count; i++) {
        sum += counts.at[i];
    }
    uint64_t at = random_below(generator, sum);
    unsigned drawn = 0;
    while (at >= counts.at[drawn]) {
        at -= counts.at[drawn++];
    }
    return drawn + 1;
}

enum err generator_style_parse(const char *name, enum generator_style *out_style)
{
    for (unsigned i = 0; i < GENERATOR_STYLES; i++) {
        if (strcmp(generator_profile(i)->name, name) == 0) {
            *out_style = i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

/* Days since 1970-01-01, a Thursday; Monday is 0. */
static unsigned weekday_of(int64_t ms)
{
    return (unsigned)((ms / DAY_MS + 3) % 7);
}

static void plan_hours(struct generator *generator)
{
    int64_t start = period_start(generator->options->month).ms;
    int64_t end = period_start(period_next(generator->options->month)).ms;
    uint64_t reach = 0;
    for (int64_t ms = start; ms < end; ms += DAY_MS / 24) {
        unsigned hour = (unsigned)(ms % DAY_MS / (DAY_MS / 24));
        reach += (uint64_t)generator->profile->hours[hour] *
                 generator->profile->weekdays[weekday_of(ms)];
        generator->reach[generator->slots++] = reach;
    }
}

/* When the i-th of n sales happens: ascending in i, as dense as the hours are busy. */
static int64_t sale_time(struct generator *generator, uint64_t i, uint64_t n)
{
    uint64_t total = generator->reach[generator->slots - 1];
    uint64_t step = total / n;
    uint64_t at =
        step == 0 ? (uint64_t)((unsigned __int128)total * i / n)
                  : (uint64_t)((unsigned __int128)total * i / n) + random_below(generator, step);
    unsigned slot = 0;
    while (generator->reach[slot] <= at) {
        slot++;
    }
    uint64_t before = slot == 0 ? 0 : generator->reach[slot - 1];
    uint64_t seconds = (at - before) * 3600 / (generator->reach[slot] - before);
    return period_start(generator->options->month).ms + (int64_t)slot * (DAY_MS / 24) +
           (int64_t)seconds * 1000;
}

static enum err plan_visits(struct generator *generator)
{
    size_t members = generator->options->member_count;
    if (members > UINT32_MAX) {
        return ERR_RESOURCE;
    }
    generator->visits = malloc(members * generator->profile->visits.count * sizeof(uint32_t));
    if (generator->visits == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < members; i++) {
        if (random_below(generator, 1000) < generator->profile->active_per_1000 ||
            (i + 1 == members && generator->visit_count == 0)) {
            for (unsigned n = draw_count(generator, generator->profile->visits); n > 0; n--) {
                generator->visits[generator->visit_count++] = (uint32_t)i;
            }
        }
    }
    for (size_t i = generator->visit_count; i > 1; i--) {
        size_t other = (size_t)random_below(generator, i);
        uint32_t moved = generator->visits[i - 1];
        generator->visits[i - 1] = generator->visits[other];
        generator->visits[other] = moved;
    }
    return ERR_OK;
}

/* A product's price is the same all month: its place on the price table comes from its number. */
static unsigned price_of(const struct generator *generator, unsigned product)
{
    uint64_t place = mix(generator->options->seed ^ (product + 1) * GOLDEN_GAMMA);
    unsigned step = (unsigned)(place % (PROFILE_STEPS - 1));
    unsigned part = (unsigned)(place >> 32) % 100;
    const uint32_t *prices = generator->profile->prices;
    return prices[step] + (prices[step + 1] - prices[step]) * part / 100;
}

static bool is_fuel_line(const struct generator *generator, uint64_t line)
{
    return generator->profile->has_fuel && line == 1;
}

static void write_line(struct generator *generator, const struct sold_line *sold, int64_t ms,
                       bool is_return)
{
    const struct generator_options *options = generator->options;
    struct civil at = civil_from_unix((struct unix_ms){ms});
    char member[24];
    bool is_fuel = is_fuel_line(generator, sold->line);
    const char *sign = is_return ? "-" : "";
    (void)snprintf(member, sizeof member, "%llu",
                   (unsigned long long)(GENERATOR_FIRST + sold->member));
    (void)fprintf(generator->file, "%s%llu,%llu,%04d-%02d-%02dT%02d:%02d:%02dZ,%u,%s,",
                  is_return ? "R" : "",
                  is_return ? (unsigned long long)generator->totals.returns
                            : (unsigned long long)sold->receipt,
                  is_return ? 1ULL : (unsigned long long)sold->line, at.year, at.month, at.day,
                  at.hour, at.minute, at.second, sold->store,
                  options->members == NULL ? member : options->members[sold->member]);
    if (is_fuel) {
        unsigned price = FUEL_PRICE_MIN + sold->product * (FUEL_PRICE_RANGE / 3);
        (void)fprintf(generator->file, "fuel-%u,fuel,%s%u.%02u,%u.%03u,", sold->product + 1, sign,
                      sold->quantity / 100, sold->quantity % 100, price / 1000, price % 1000);
    } else {
        unsigned price = price_of(generator, sold->product);
        (void)fprintf(generator->file, "%u,c%u,%s%u,%u.%02u,", sold->product + 1,
                      sold->product % 24 + 1, sign, sold->quantity, price / 100, price % 100);
    }
    (void)fprintf(generator->file, "%s,%s,", options->currency, is_return ? "return" : "sale");
    if (is_return) {
        (void)fprintf(generator->file, "%llu", (unsigned long long)sold->receipt);
    }
    (void)fputc('\n', generator->file);
    generator->totals.rows++;
}

static void write_due_returns(struct generator *generator, int64_t now_ms)
{
    while (generator->pending_count > 0 &&
           generator->pending[generator->pending_first].due_ms <= now_ms) {
        struct sold_line *sold = &generator->pending[generator->pending_first];
        generator->totals.returns++;
        write_line(generator, sold, sold->due_ms, true);
        generator->pending_first = (generator->pending_first + 1) % GENERATOR_PENDING;
        generator->pending_count--;
    }
}

static void maybe_return_later(struct generator *generator, const struct sold_line *sold)
{
    bool comes_back = random_below(generator, 1000) < generator->profile->returns_per_1000;
    if (comes_back && generator->pending_count < GENERATOR_PENDING) {
        size_t at = (generator->pending_first + generator->pending_count) % GENERATOR_PENDING;
        generator->pending[at] = *sold;
        generator->pending_count++;
    }
}

/* Products near 0 sell best: the lesser of two draws. */
static unsigned draw_product(struct generator *generator)
{
    uint64_t a = random_below(generator, generator->profile->products);
    uint64_t b = random_below(generator, generator->profile->products);
    return (unsigned)(a < b ? a : b);
}

static void write_sale(struct generator *generator, uint64_t number, int64_t ms)
{
    size_t visit = (size_t)(number % generator->visit_count);
    struct sold_line sold = {.receipt = number + 1,
                             .member = generator->visits[visit],
                             .due_ms = ms + GENERATOR_RETURN_MS,
                             .store =
                                 1 + (unsigned)random_below(generator, generator->profile->stores)};
    unsigned lines = draw_count(generator, generator->profile->lines);
    for (sold.line = 1; sold.line <= lines; sold.line++) {
        if (is_fuel_line(generator, sold.line)) {
            sold.product = (unsigned)random_below(generator, 3);
            sold.quantity = FUEL_LITRES_MIN + (unsigned)random_below(generator, FUEL_LITRES_RANGE);
        } else {
            sold.product = draw_product(generator);
            sold.quantity = draw_count(generator, generator->profile->quantities);
        }
        write_line(generator, &sold, ms, false);
        if (!is_fuel_line(generator, sold.line)) {
            maybe_return_later(generator, &sold);
        }
    }
    generator->totals.sales++;
}

static enum err generator_run(struct generator *generator)
{
    generator->pending = calloc(GENERATOR_PENDING, sizeof *generator->pending);
    if (generator->pending == NULL) {
        return ERR_RESOURCE;
    }
    plan_hours(generator);
    TRY(plan_visits(generator));
    uint64_t sales = generator->options->receipts;
    sales = sales == 0 ? generator->visit_count : sales;
    (void)fputs("receipt,line,time,store,member,product,category,quantity,unit_price,currency,kind,"
                "original\n",
                generator->file);
    for (uint64_t i = 0; i < sales; i++) {
        int64_t ms = sale_time(generator, i, sales);
        write_due_returns(generator, ms);
        write_sale(generator, i, ms);
    }
    return ferror(generator->file) == 0 && fflush(generator->file) == 0 ? ERR_OK : ERR_STORAGE;
}

enum err generator_write(const struct generator_options *options, FILE *file,
                         struct generator_totals *out_totals)
{
    ASSERT(options->member_count >= 1);
    struct generator *generator = calloc(1, sizeof *generator);
    if (generator == NULL) {
        return ERR_RESOURCE;
    }
    generator->options = options;
    generator->profile = generator_profile(options->style);
    generator->file = file;
    generator->random = mix(options->seed ^ options->month.code);
    enum err err = generator_run(generator);
    if (err == ERR_OK) {
        *out_totals = generator->totals;
    }
    free(generator->visits);
    free(generator->pending);
    free(generator);
    return err;
}
