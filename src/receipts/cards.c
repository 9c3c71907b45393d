#include "receipts/cards.h"

#include <stdlib.h>
#include <string.h>

#include "receipts/hash.h"
#include "receipts/rows.h"

#define CARDS_CAPACITY_MIN 1024u
#define CARDS_NONE         SIZE_MAX

/* An entry in `entries`: the customer number with its NUL, the card's digits with theirs. Offsets
 * are kept plus one; 0 is an empty slot. Four bytes do for LIMIT_IMPORT_CARDS_BYTES. */
struct cards {
    struct buffer entries;
    uint32_t *slots;
    size_t capacity; /* a power of two */
    size_t count;
};

struct cards_reader {
    struct cards *cards;
    const char *name;
    size_t customer; /* which column */
    size_t card;
};

void cards_destroy(struct cards *cards)
{
    if (cards != NULL) {
        buffer_fini(&cards->entries);
        free(cards->slots);
        free(cards);
    }
}

static const char *entry_at(const struct cards *cards, uint32_t slot)
{
    return (const char *)cards->entries.at + slot - 1;
}

static size_t slot_of(const struct cards *cards, const uint32_t *slots, size_t capacity,
                      const char *customer)
{
    size_t slot = (size_t)table_hash(slice_of(customer, strlen(customer))) & (capacity - 1);
    while (slots[slot] != 0 && strcmp(entry_at(cards, slots[slot]), customer) != 0) {
        slot = (slot + 1) & (capacity - 1);
    }
    return slot;
}

static enum err cards_grow(struct cards *cards)
{
    size_t capacity = cards->capacity == 0 ? CARDS_CAPACITY_MIN : cards->capacity * 2;
    uint32_t *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < cards->capacity; i++) {
        if (cards->slots[i] != 0) {
            slots[slot_of(cards, slots, capacity, entry_at(cards, cards->slots[i]))] =
                cards->slots[i];
        }
    }
    free(cards->slots);
    cards->slots = slots;
    cards->capacity = capacity;
    return ERR_OK;
}

/* ERR_EXISTS when the customer has another card already. */
static enum err cards_add(struct cards *cards, const char *customer, const struct card_number *card)
{
    if (cards->count >= cards->capacity / 4 * 3) {
        TRY(cards_grow(cards));
    }
    size_t slot = slot_of(cards, cards->slots, cards->capacity, customer);
    if (cards->slots[slot] != 0) {
        const char *known = entry_at(cards, cards->slots[slot]);
        return strcmp(known + strlen(known) + 1, card->digits) == 0 ? ERR_OK : ERR_EXISTS;
    }
    size_t offset = cards->entries.length;
    write_bytes(&cards->entries, customer, strlen(customer) + 1);
    write_bytes(&cards->entries, card->digits, strlen(card->digits) + 1);
    TRY(cards->entries.err);
    cards->slots[slot] = (uint32_t)offset + 1;
    cards->count++;
    return ERR_OK;
}

static size_t find_name(const struct rows_header *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++) {
        if (slice_equal(header->names[i], slice_of(name, strlen(name)))) {
            return i;
        }
    }
    return CARDS_NONE;
}

static enum err on_header(void *context, const struct rows_header *header, struct note *note)
{
    struct cards_reader *reader = context;
    reader->customer = find_name(header, "customer");
    if (reader->customer == CARDS_NONE) {
        reader->customer = find_name(header, "reference");
    }
    reader->card = find_name(header, "card");
    if (reader->customer == CARDS_NONE || reader->card == CARDS_NONE) {
        return note_set(note, ERR_INPUT,
                        "%s: row 1: needs the columns customer (or reference) and card",
                        reader->name);
    }
    return ERR_OK;
}

static enum err refuse_row(const struct cards_reader *reader, const struct row *row,
                           const char *reason, struct note *note)
{
    return note_set(note, ERR_INPUT, "%s: row %llu: %s", reader->name,
                    (unsigned long long)row->number, reason);
}

static enum err on_row(void *context, const struct row *row, struct note *note)
{
    struct cards_reader *reader = context;
    char customer[LIMIT_REFERENCE_BYTES + 1];
    char digits[2 * CARD_DIGITS_MAX];
    struct card_number card;
    if (row->count <= reader->customer || row->count <= reader->card) {
        return refuse_row(reader, row, "too few fields", note);
    }
    struct slice number = row->fields[reader->customer];
    struct slice text = row->fields[reader->card];
    if (number.length == 0 || number.length >= sizeof customer ||
        memchr(number.at, 0, number.length) != NULL) {
        return refuse_row(reader, row, "the customer has to be 1 to 64 bytes", note);
    }
    memcpy(customer, number.at, number.length);
    customer[number.length] = '\0';
    if (text.length >= sizeof digits) {
        return refuse_row(reader, row, "the card is not a card number", note);
    }
    memcpy(digits, text.at, text.length);
    digits[text.length] = '\0';
    if (card_number_parse(digits, &card) != ERR_OK) {
        return refuse_row(reader, row, "the card is not a card number", note);
    }
    enum err err = cards_add(reader->cards, customer, &card);
    if (err == ERR_EXISTS) {
        return refuse_row(reader, row, "the customer has another card in a row before", note);
    }
    return err == ERR_OK ? ERR_OK : note_set(note, err, "%s: out of memory", reader->name);
}

static enum err on_malformed(void *context, const struct row *row, const char *reason,
                             struct note *note)
{
    return refuse_row(context, row, reason, note);
}

enum err cards_read(struct source *source, struct cards **out_cards, struct note *note)
{
    static const struct mapping format = {.delimiter = ',', .quote = '"', .has_header = true};
    struct cards *cards = calloc(1, sizeof *cards);
    if (cards == NULL || cards_grow(cards) != ERR_OK) {
        cards_destroy(cards);
        return note_set(note, ERR_RESOURCE, "%s: out of memory", source_name(source));
    }
    cards->entries.limit = LIMIT_IMPORT_CARDS_BYTES;
    struct cards_reader reader = {.cards = cards, .name = source_name(source)};
    const struct rows_sink sink = {
        .context = &reader, .on_header = on_header, .on_row = on_row, .on_malformed = on_malformed};
    enum err err = rows_read(source, &format, &sink, note);
    if (err != ERR_OK) {
        cards_destroy(cards);
        return err;
    }
    *out_cards = cards;
    return ERR_OK;
}

enum err cards_load(const char *path, struct cards **out_cards, struct note *note)
{
    struct source *source;
    TRY(source_open(path, &source, note));
    enum err err = cards_read(source, out_cards, note);
    source_close(source);
    return err;
}

bool cards_find(const struct cards *cards, const char *customer, struct card_number *out_card)
{
    size_t slot = slot_of(cards, cards->slots, cards->capacity, customer);
    if (cards->slots[slot] == 0) {
        return false;
    }
    const char *known = entry_at(cards, cards->slots[slot]);
    const char *digits = known + strlen(known) + 1;
    memset(out_card, 0, sizeof *out_card);
    memcpy(out_card->digits, digits, strlen(digits));
    return true;
}

size_t cards_count(const struct cards *cards)
{
    return cards->count;
}
