#include "customers.h"

#include <stdlib.h>
#include <string.h>

#include "receipts/decode.h"
#include "receipts/rows.h"

#define CUSTOMERS_CAPACITY_MIN 4096u

struct reading {
    struct customers *customers;
    const char *file;
    struct decoder decoder;
};

static bool is_whole_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int compare_numbers(const char *a, const char *b)
{
    a += strspn(a, "0");
    b += strspn(b, "0");
    size_t length_a = strlen(a);
    size_t length_b = strlen(b);
    return length_a == length_b ? strcmp(a, b) : (length_a < length_b ? -1 : 1);
}

static int compare_customers(const void *left, const void *right)
{
    const char *a = *(char *const *)left;
    const char *b = *(char *const *)right;
    bool is_number = is_whole_number(a);
    if (is_number != is_whole_number(b)) {
        return is_number ? -1 : 1;
    }
    int order = is_number ? compare_numbers(a, b) : 0;
    return order != 0 ? order : strcmp(a, b);
}

void customers_rank(struct customers *customers)
{
    size_t kept = 0;
    if (customers->count > 0) {
        qsort(customers->at, customers->count, sizeof *customers->at, compare_customers);
    }
    for (size_t i = 0; i < customers->count; i++) {
        if (kept > 0 && strcmp(customers->at[kept - 1], customers->at[i]) == 0) {
            free(customers->at[i]);
        } else {
            customers->at[kept++] = customers->at[i];
        }
    }
    customers->count = kept;
}

void customers_fini(struct customers *customers)
{
    for (size_t i = 0; i < customers->count; i++) {
        free(customers->at[i]);
    }
    free(customers->at);
    *customers = (struct customers){.at = NULL};
}

/* Repeats are dropped when room runs out, so that memory follows the customers and not the rows. */
static enum err make_room(struct customers *customers)
{
    if (customers->count < customers->capacity) {
        return ERR_OK;
    }
    customers_rank(customers);
    if (customers->capacity > 0 && customers->count <= customers->capacity / 2) {
        return ERR_OK;
    }
    size_t capacity = customers->capacity == 0 ? CUSTOMERS_CAPACITY_MIN : 2 * customers->capacity;
    char **at = realloc(customers->at, capacity * sizeof *at);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    customers->at = at;
    customers->capacity = capacity;
    return ERR_OK;
}

static enum err customers_add(struct customers *customers, const char *customer)
{
    size_t count = customers->count;
    if (customer[0] == '\0' || strlen(customer) > LIMIT_REFERENCE_BYTES ||
        (count > 0 && strcmp(customers->at[count - 1], customer) == 0)) {
        return ERR_OK;
    }
    TRY(make_room(customers));
    char *copy = strdup(customer);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    customers->at[customers->count++] = copy;
    return ERR_OK;
}

static enum err on_header(void *context, const struct rows_header *header, struct note *note)
{
    struct reading *reading = context;
    return decoder_bind(&reading->decoder, header, reading->file, note);
}

static enum err on_row(void *context, const struct row *row, struct note *note)
{
    struct reading *reading = context;
    if (decode_check(&reading->decoder, row) != NULL ||
        decode_texts(&reading->decoder, row) != NULL) {
        return ERR_OK;
    }
    enum err err = customers_add(reading->customers, reading->decoder.texts[ROLE_CUSTOMER]);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "no memory for more customers");
}

static enum err on_malformed(void *context, const struct row *row, const char *reason,
                             struct note *note)
{
    (void)context;
    (void)row;
    (void)reason;
    (void)note;
    return ERR_OK;
}

static enum err read_rows(struct customers *customers, const char *file,
                          const struct mapping *mapping, struct note *note)
{
    struct source *source = NULL;
    struct reading reading = {.customers = customers, .file = file};
    const struct rows_sink sink = {.context = &reading,
                                   .on_header = on_header,
                                   .on_row = on_row,
                                   .on_malformed = on_malformed};
    TRY(source_open(file, &source, note));
    decoder_init(&reading.decoder, mapping, NULL, 0);
    enum err err = rows_read(source, mapping, &sink, note);
    decoder_fini(&reading.decoder);
    source_close(source);
    return err;
}

enum err customers_read(struct customers *customers, const char *file, const char *mapping_path,
                        struct note *note)
{
    struct mapping *mapping = NULL;
    TRY(mapping_load(mapping_path, &mapping, note));
    enum err err = mapping->columns[ROLE_CUSTOMER] == NULL
                       ? ERR_OK
                       : read_rows(customers, file, mapping, note);
    mapping_destroy(mapping);
    return err;
}
