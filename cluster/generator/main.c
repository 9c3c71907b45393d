/* talea-generate: writes a month of made-up receipts to its standard output. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "receipts/generator.h"

#define MEMBERS_MAX     UINT64_C(100000000)
#define MEMBER_LINE_MAX 128

static const char usage[] =
    "talea-generate --style grocer|pharmacy|fuel --month YYYY-MM [--seed N] [--receipts N]\n"
    "               [--currency EUR] (--members N | --members-from FILE)\n"
    "Writes CSV to the standard output. FILE has a card number on each line.\n";

struct members {
    char **at;
    size_t count;
    size_t capacity;
};

static int fail(const char *what, const char *value)
{
    fprintf(stderr, "talea-generate: %s%s%s\n", what, value == NULL ? "" : ": ",
            value == NULL ? "" : value);
    return EXIT_FAILURE;
}

static bool parse_number(const char *text, uint64_t *out_number)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    *out_number = strtoull(text, &end, 10);
    return *end == '\0';
}

static enum err members_add(struct members *members, const char *line)
{
    if (members->count == members->capacity) {
        size_t capacity = members->capacity == 0 ? 1024 : members->capacity * 2;
        char **at = realloc(members->at, capacity * sizeof *at);
        if (at == NULL) {
            return ERR_RESOURCE;
        }
        members->at = at;
        members->capacity = capacity;
    }
    members->at[members->count] = strdup(line);
    return members->at[members->count++] == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err members_load(struct members *members, const char *path)
{
    char line[MEMBER_LINE_MAX];
    enum err err = ERR_OK;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    while (err == ERR_OK && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0') {
            err = strpbrk(line, ",\"") != NULL ? ERR_INPUT : members_add(members, line);
        }
    }
    fclose(file);
    return err == ERR_OK && members->count == 0 ? ERR_INPUT : err;
}

static int take_option(int option, const char *value, struct generator_options *options,
                       struct members *members)
{
    uint64_t number = 0;
    if (option == 'y') {
        return generator_style_parse(value, &options->style) == ERR_OK ? 0
                                                                       : fail("no style", value);
    }
    if (option == 'm') {
        return period_parse(value, &options->month) == ERR_OK ? 0 : fail("no month", value);
    }
    if (option == 'c') {
        options->currency = value;
        return strlen(value) == 3 ? 0 : fail("no currency", value);
    }
    if (option == 'f') {
        enum err err = members_load(members, value);
        options->members = (const char *const *)members->at;
        options->member_count = members->count;
        return err == ERR_OK ? 0 : fail(err_describe(err)->sentence, value);
    }
    if (!parse_number(value, &number)) {
        return fail("no number", value);
    }
    if (option == 's') {
        options->seed = number;
    } else if (option == 'r') {
        options->receipts = number;
    } else if (number < 1 || number > MEMBERS_MAX) {
        return fail("1 to 100000000 members", value);
    } else {
        options->member_count = (size_t)number;
    }
    return 0;
}

static int run(int count, char **arguments, struct members *members)
{
    static const struct option names[] = {
        {"style", required_argument, NULL, 'y'},    {"month", required_argument, NULL, 'm'},
        {"seed", required_argument, NULL, 's'},     {"receipts", required_argument, NULL, 'r'},
        {"members", required_argument, NULL, 'n'},  {"members-from", required_argument, NULL, 'f'},
        {"currency", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0},
    };
    struct generator_options options = {.seed = 1, .currency = "EUR"};
    struct generator_totals totals;
    int option;
    while ((option = getopt_long(count, arguments, "", names, NULL)) != -1) {
        if (option == '?') {
            fputs(usage, stderr);
            return EXIT_FAILURE;
        }
        if (take_option(option, optarg, &options, members) != 0) {
            return EXIT_FAILURE;
        }
    }
    if (options.month.code == 0 || options.member_count == 0 || optind != count) {
        fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    enum err err = generator_write(&options, stdout, &totals);
    if (err != ERR_OK) {
        return fail(err_describe(err)->sentence, NULL);
    }
    fprintf(stderr, "%" PRIu64 " sales, %" PRIu64 " returns, %" PRIu64 " rows\n", totals.sales,
            totals.returns, totals.rows);
    return EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    struct members members = {.count = 0};
    int status = run(count, arguments, &members);
    for (size_t i = 0; i < members.count; i++) {
        free(members.at[i]);
    }
    free(members.at);
    return status;
}
