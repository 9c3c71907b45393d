/* A month of a brand's receipts, made up: for demonstrations, tests and benchmarks.
 *
 * The same options give the same bytes on every machine: a PRNG of its own (splitmix64; Steele, Lea
 * and Flood, 2014) and integers only. How many lines, how often, how much and at what hour is drawn
 * from tables measured on public data (receipts/generator_profile.c). Memory is 4 bytes for each
 * planned visit.
 *
 * The file is CSV in order of time, to be read by cluster/maps/generated.yaml, with the columns
 *   receipt,line,time,store,member,product,category,quantity,unit_price,currency,kind,original
 */
#ifndef RECEIPTS_GENERATOR_H
#define RECEIPTS_GENERATOR_H

#include <stdio.h>

#include "base/period.h"

enum generator_style {
    GENERATOR_GROCER,
    GENERATOR_PHARMACY,
    GENERATOR_FUEL,
    GENERATOR_STYLES
};

struct generator_options {
    uint64_t seed;
    enum generator_style style;
    struct period month;
    const char *const *members; /* what stands under `member`; NULL: numbers from 100001 on */
    size_t member_count;        /* at least 1 */
    uint64_t receipts;          /* sales; 0: as many as so many members make in a month */
    const char *currency;       /* ISO 4217, two decimals */
};

struct generator_totals {
    uint64_t sales;
    uint64_t returns;
    uint64_t rows;
};

/* "grocer", "pharmacy", "fuel". */
MUST_USE enum err generator_style_parse(const char *name, enum generator_style *out_style);

/* ERR_STORAGE when the file can't be written, ERR_RESOURCE without memory. */
MUST_USE enum err generator_write(const struct generator_options *options, FILE *file,
                                  struct generator_totals *out_totals);

#endif
