/* talea-shoppers: which customers of several brands are one shopper, and who is the shopper's home.
 *
 * Export files of unrelated brands have no customer in common, so a rule makes them: each brand's
 * customers are ranked by their numbers, and the customers of rank k (from 0) of all brands are one
 * shopper. The shopper's home is brand k mod n, in the order of the command line, or the next one
 * that has a customer of rank k. The shopper presents the home's card everywhere.
 *
 * Two steps, since the cards are made by the homes' nodes in between:
 *   members  writes shoppers.csv, and for each brand BRAND.members.csv (reference,name), the input
 *            of `talea member import`
 *   cards    reads for each brand BRAND.issued.csv (reference,card: what its node issued) and
 * writes BRAND.cards.csv (customer,card), a mapping's `cards`
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "customers.h"
#include "receipts/cards.h"
#include "receipts/rows.h"

#define BRANDS_MAX     16u
#define BRAND_NAME_MAX 31u
#define PATH_BYTES     (LIMIT_PATH_BYTES + 64u)

static const char usage[] =
    "talea-shoppers members|cards FOLDER BRAND FILE MAPPING [BRAND FILE MAPPING]...\n"
    "Of customers that have the same rank in several brands' files it makes one shopper.\n"
    "A brand may be named more than once. Writes into FOLDER:\n"
    "  members  shoppers.csv and each brand's BRAND.members.csv (reference,name)\n"
    "  cards    each brand's BRAND.cards.csv (customer,card), by the cards in BRAND.issued.csv\n";

struct brand {
    const char *name;
    struct customers customers;
    struct cards *issued; /* by reference; only for the cards */
};

struct shoppers {
    const char *folder;
    struct brand brands[BRANDS_MAX];
    size_t brand_count;
    size_t count; /* of shoppers */
};

static size_t home_of(const struct shoppers *shoppers, size_t rank)
{
    size_t home = rank % shoppers->brand_count;
    while (rank >= shoppers->brands[home].customers.count) {
        home = (home + 1) % shoppers->brand_count;
    }
    return home;
}

static struct brand *brand_named(struct shoppers *shoppers, const char *name)
{
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        if (strcmp(shoppers->brands[i].name, name) == 0) {
            return &shoppers->brands[i];
        }
    }
    if (shoppers->brand_count == BRANDS_MAX) {
        return NULL;
    }
    shoppers->brands[shoppers->brand_count].name = name;
    return &shoppers->brands[shoppers->brand_count++];
}

static enum err shoppers_read(struct shoppers *shoppers, char **triples, size_t count,
                              struct note *note)
{
    for (size_t i = 0; i < count; i += 3) {
        size_t length = strlen(triples[i]);
        struct brand *brand = brand_named(shoppers, triples[i]);
        if (brand == NULL || length == 0 || length > BRAND_NAME_MAX ||
            strchr(triples[i], '/') != NULL) {
            return note_set(note, ERR_INPUT, "%.40s: no brand, or more than %u", triples[i],
                            BRANDS_MAX);
        }
        TRY(customers_read(&brand->customers, triples[i + 1], triples[i + 2], note));
    }
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        struct customers *customers = &shoppers->brands[i].customers;
        customers_rank(customers);
        shoppers->count = customers->count > shoppers->count ? customers->count : shoppers->count;
    }
    return ERR_OK;
}

static void shoppers_fini(struct shoppers *shoppers)
{
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        customers_fini(&shoppers->brands[i].customers);
        cards_destroy(shoppers->brands[i].issued);
    }
}

static enum err open_output(const struct shoppers *shoppers, const char *name, const char *suffix,
                            FILE **out_file, struct note *note)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s%s", shoppers->folder, name, suffix);
    FILE *file = length < 0 || (size_t)length >= sizeof path ? NULL : fopen(path, "we");
    if (file == NULL) {
        return note_set(note, ERR_STORAGE, "%.400s can't be written", path);
    }
    *out_file = file;
    return ERR_OK;
}

static enum err close_output(FILE *file, const struct shoppers *shoppers, struct note *note)
{
    bool is_good = ferror(file) == 0;
    is_good = fclose(file) == 0 && is_good;
    return is_good ? ERR_OK
                   : note_set(note, ERR_STORAGE, "%.400s can't be written", shoppers->folder);
}

/* One CSV record. */
static void write_record(FILE *file, const char *const *texts, size_t count)
{
    struct slice fields[BRANDS_MAX + 2];
    struct buffer line = {0};
    for (size_t i = 0; i < count; i++) {
        fields[i] = slice_of(texts[i], strlen(texts[i]));
    }
    row_write(&line, fields, count, ',', '"');
    write_u8(&line, '\n');
    (void)fwrite(line.at, 1, line.length, file);
    buffer_fini(&line);
}

static enum err write_members(const struct shoppers *shoppers, size_t brand, struct note *note)
{
    const struct customers *customers = &shoppers->brands[brand].customers;
    FILE *file = NULL;
    TRY(open_output(shoppers, shoppers->brands[brand].name, ".members.csv", &file, note));
    fputs("reference,name\n", file);
    for (size_t rank = 0; rank < customers->count; rank++) {
        if (home_of(shoppers, rank) == brand) {
            char name[32];
            (void)snprintf(name, sizeof name, "Shopper %zu", rank);
            write_record(file, (const char *const[]){customers->at[rank], name}, 2);
        }
    }
    return close_output(file, shoppers, note);
}

static enum err write_shoppers(const struct shoppers *shoppers, struct note *note)
{
    const char *texts[BRANDS_MAX + 2] = {"shopper", "home"};
    FILE *file = NULL;
    TRY(open_output(shoppers, "shoppers", ".csv", &file, note));
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        texts[i + 2] = shoppers->brands[i].name;
    }
    write_record(file, texts, shoppers->brand_count + 2);
    for (size_t rank = 0; rank < shoppers->count; rank++) {
        char number[24];
        (void)snprintf(number, sizeof number, "%zu", rank);
        texts[0] = number;
        texts[1] = shoppers->brands[home_of(shoppers, rank)].name;
        for (size_t i = 0; i < shoppers->brand_count; i++) {
            const struct customers *customers = &shoppers->brands[i].customers;
            texts[i + 2] = rank < customers->count ? customers->at[rank] : "";
        }
        write_record(file, texts, shoppers->brand_count + 2);
    }
    return close_output(file, shoppers, note);
}

static enum err run_members(struct shoppers *shoppers, struct note *note)
{
    TRY(write_shoppers(shoppers, note));
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        TRY(write_members(shoppers, i, note));
    }
    return ERR_OK;
}

static enum err load_issued(struct shoppers *shoppers, struct note *note)
{
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s.issued.csv", shoppers->folder,
                       shoppers->brands[i].name);
        TRY(cards_load(path, &shoppers->brands[i].issued, note));
    }
    return ERR_OK;
}

static enum err write_cards(const struct shoppers *shoppers, const struct brand *brand, FILE *file,
                            struct note *note)
{
    fputs("customer,card\n", file);
    for (size_t rank = 0; rank < brand->customers.count; rank++) {
        const struct brand *home = &shoppers->brands[home_of(shoppers, rank)];
        struct card_number card;
        if (!cards_find(home->issued, home->customers.at[rank], &card)) {
            return note_set(note, ERR_NOT_FOUND, "%s issued no card to its customer %s", home->name,
                            home->customers.at[rank]);
        }
        write_record(file, (const char *const[]){brand->customers.at[rank], card.digits}, 2);
    }
    return ERR_OK;
}

static enum err run_cards(struct shoppers *shoppers, struct note *note)
{
    TRY(load_issued(shoppers, note));
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        const struct brand *brand = &shoppers->brands[i];
        FILE *file = NULL;
        TRY(open_output(shoppers, brand->name, ".cards.csv", &file, note));
        enum err err = write_cards(shoppers, brand, file, note);
        enum err closed = close_output(file, shoppers, note);
        TRY(err == ERR_OK ? closed : err);
    }
    return ERR_OK;
}

static void print_summary(const struct shoppers *shoppers)
{
    for (size_t i = 0; i < shoppers->brand_count; i++) {
        size_t home = 0;
        for (size_t rank = 0; rank < shoppers->count; rank++) {
            home += home_of(shoppers, rank) == i;
        }
        printf("%s: %zu customers, home of %zu\n", shoppers->brands[i].name,
               shoppers->brands[i].customers.count, home);
    }
    printf("%zu shoppers\n", shoppers->count);
}

int main(int count, char **arguments)
{
    struct shoppers shoppers = {.count = 0};
    struct note note = {""};
    bool is_members = count > 1 && strcmp(arguments[1], "members") == 0;
    bool is_cards = count > 1 && strcmp(arguments[1], "cards") == 0;
    if ((!is_members && !is_cards) || count < 6 || (count - 3) % 3 != 0 ||
        strlen(arguments[2]) > LIMIT_PATH_BYTES) {
        bool is_help = count == 2 && strcmp(arguments[1], "--help") == 0;
        fputs(usage, is_help ? stdout : stderr);
        return is_help ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    shoppers.folder = arguments[2];
    enum err err = shoppers_read(&shoppers, arguments + 3, (size_t)count - 3, &note);
    if (err == ERR_OK) {
        err = is_members ? run_members(&shoppers, &note) : run_cards(&shoppers, &note);
    }
    if (err != ERR_OK) {
        fprintf(stderr, "talea-shoppers: %s\n",
                note.text[0] == '\0' ? err_describe(err)->sentence : note.text);
    } else if (is_members) {
        print_summary(&shoppers);
    }
    shoppers_fini(&shoppers);
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
