/* Measured once, by counting, on
 *   FoodMart 1997: the FoodMart sample database (synthetic, shipped with public OLAP samples):
 * 86,837 lines, 20,530 receipts of one customer, store and day; 2,254 lines returned in the same
 * year; Online Retail: UCI Machine Learning Repository, CC BY 4.0: 541,909 lines of a gift shop;
 *   Global Electronics: Maven Analytics sample (fictional): 26,326 orders of an electronics chain.
 * A table says which. There is no public set of a pharmacy or of a filling station among them: the
 * pharmacy takes few lines (Global Electronics) at small prices (Online Retail); the fuel style's
 * litres and prices are assumed. */
#include "receipts/generator_profile.h"

#define COUNTS(table)                                                                              \
    {                                                                                              \
        (table), sizeof(table) / sizeof(table)[0]                                                  \
    }

/* FoodMart: lines of a receipt. */
static const uint32_t foodmart_lines[] = {1552, 3419, 2958, 3710, 2970, 3455, 1842, 131, 158,
                                          104,  123,  55,   26,   16,   4,    5,    2};
/* FoodMart: pieces on a line. */
static const uint32_t foodmart_quantities[] = {1827, 19681, 38789, 23520, 2983, 37};
/* FoodMart: receipts of a customer in a month with any; 16,947 of 66,972 customer months have. */
static const uint32_t foodmart_visits[] = {13943, 2483, 465, 54, 2};
/* FoodMart: prices, in cents. */
static const uint32_t foodmart_prices[PROFILE_STEPS] = {50,  64,  81,  97,  128, 142, 154,
                                                        166, 178, 188, 214, 227, 240, 255,
                                                        267, 280, 292, 321, 346, 374, 398};
/* FoodMart: receipts by weekday. */
static const uint32_t foodmart_weekdays[7] = {3037, 2648, 2677, 3100, 2868, 3041, 3159};

/* Global Electronics: lines of an order. */
static const uint32_t electronics_lines[] = {9198, 6913, 5212, 2840, 775, 727, 661};

/* Online Retail: pieces on a line, of those with 1 to 6 (the rest is wholesale). */
static const uint32_t retail_quantities[] = {73314, 58003, 26948, 32183, 8150, 37688};
/* Online Retail: invoices of a customer in a month with any, of those with 1 to 5. */
static const uint32_t retail_visits[] = {9963, 2062, 576, 202, 95};
/* Online Retail: prices in pence, the lowest and the highest step cut to 1st and 99th percentile.
 */
static const uint32_t retail_prices[PROFILE_STEPS] = {29,  42,  55,  82,  85,  125, 125,
                                                      125, 165, 165, 195, 208, 210, 255,
                                                      295, 375, 415, 495, 635, 850, 1800};
/* Online Retail: invoices by hour of the day. */
static const uint32_t retail_hours[24] = {0,    0,    0,    0,    0,    0,    22,   31,
                                          624,  1824, 2961, 3164, 3962, 3369, 3137, 3069,
                                          1952, 1205, 333,  219,  28,   0,    0,    0};
/* Online Retail: invoices by weekday; closed on Saturdays. */
static const uint32_t retail_weekdays[7] = {4138, 4722, 4815, 5660, 4184, 0, 2381};

/* Assumed: most fill up and go. */
static const uint32_t fuel_lines[] = {70, 22, 6, 2};
static const uint32_t fuel_visits[] = {30, 35, 20, 10, 5};

static const struct generator_profile profiles[GENERATOR_STYLES] = {
    [GENERATOR_GROCER] = {.name = "grocer",
                          .lines = COUNTS(foodmart_lines),
                          .quantities = COUNTS(foodmart_quantities),
                          .visits = COUNTS(foodmart_visits),
                          .active_per_1000 = 253, /* FoodMart */
                          .returns_per_1000 = 26, /* FoodMart: 2,254 of 86,837 */
                          .prices = foodmart_prices,
                          .hours = retail_hours,
                          .weekdays = foodmart_weekdays,
                          .products = 1559,
                          .stores = 13},
    [GENERATOR_PHARMACY] = {.name = "pharmacy",
                            .lines = COUNTS(electronics_lines),
                            .quantities = COUNTS(retail_quantities),
                            .visits = COUNTS(retail_visits),
                            .active_per_1000 = 253,
                            .returns_per_1000 = 22, /* Online Retail: 8,905 of 406,829 */
                            .prices = retail_prices,
                            .hours = retail_hours,
                            .weekdays = retail_weekdays,
                            .products = 900,
                            .stores = 8},
    [GENERATOR_FUEL] = {.name = "fuel",
                        .lines = COUNTS(fuel_lines),
                        .quantities = COUNTS(foodmart_quantities),
                        .visits = COUNTS(fuel_visits),
                        .active_per_1000 = 400,
                        .returns_per_1000 = 1,
                        .prices = retail_prices,
                        .hours = retail_hours,
                        .weekdays = foodmart_weekdays,
                        .products = 120,
                        .stores = 25,
                        .has_fuel = true},
};

const struct generator_profile *generator_profile(enum generator_style style)
{
    ASSERT(style < GENERATOR_STYLES);
    return &profiles[style];
}
