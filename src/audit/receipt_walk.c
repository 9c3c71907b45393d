/* A receipt that the journal keeps: at its number both sides must have the same totals. */
#include <inttypes.h>

#include "audit/rooms.h"

static enum err found_in_receipt(struct audit *audit, uint64_t row,
                                 const struct partner_id *partner, const char *what)
{
    return audit_found(audit, row, "invariant 3: countersigned totals",
                       "row %" PRIu64 ": the receipt for the stream with %s %s", row, partner->text,
                       what);
}

bool audit_stream_key(struct slice key, enum stream_direction *out_direction,
                      struct partner_id *out_partner)
{
    struct reader in = reader_of(key);
    uint8_t direction = read_u8(&in);
    struct partner_id partner = {{0}};
    read_copy(&in, partner.text, sizeof partner.text);
    *out_direction = (enum stream_direction)direction;
    return reader_finish(&in) == ERR_OK && (direction == STREAM_OUT || direction == STREAM_IN) &&
           partner.text[PARTNER_ID_MAX - 1] == '\0' &&
           partner_id_parse(partner.text, out_partner) == ERR_OK;
}

/* Direction, partner and number from a receipt's key. */
static bool parse_key(struct slice key, enum stream_direction *out_direction,
                      struct partner_id *out_partner, uint64_t *out_number)
{
    struct reader in = reader_of(key);
    struct slice stream = read_slice(&in, key.length < 8 ? 0 : key.length - 8);
    struct slice number = read_slice(&in, 8);
    if (reader_finish(&in) != ERR_OK || !audit_stream_key(stream, out_direction, out_partner)) {
        return false;
    }
    *out_number = get_u64_be(number.at);
    return true;
}

static bool total_equals(const struct audit *audit, enum stream_direction direction,
                         const struct partner_id *partner, const struct receipt_total *total)
{
    struct ledger_key key;
    key_total(direction, partner, (struct period){0}, total->kind, total->tariff, &key);
    const struct sum *sum = sums_find(&audit->totals, slice_of(key.bytes, key.length));
    return sum != NULL && sum->first >= 0 && (uint64_t)sum->first == total->count &&
           sum->second == total->points;
}

/* What is wrong with it; NULL when it is sound. */
static const char *problem_of(const struct audit *audit, enum stream_direction direction,
                              const struct partner_id *partner, uint64_t number,
                              const struct clearing_receipt *receipt)
{
    const struct partner_id *self = &audit->options->self;
    const struct stream_fold *fold = audit_stream(audit, direction, partner);
    bool is_ours = direction == STREAM_IN;
    if (!partner_id_equal(&receipt->receiver, is_ours ? self : partner) ||
        !partner_id_equal(&receipt->sender, is_ours ? partner : self) ||
        receipt->receipt_number != number) {
        return "is another one";
    }
    if (fold == NULL || receipt->last_number > fold->last_number ||
        (is_ours && receipt->last_number != fold->last_number)) {
        return "is for entries that are not there";
    }
    if (receipt->last_number == fold->last_number &&
        !hash_equal(&receipt->last_hash, &fold->last_hash)) {
        return "has another hash for its last entry";
    }
    if (receipt->total_count != fold->total_lines) {
        return "has not a total for each kind of entry there is";
    }
    for (size_t i = 0; i < receipt->total_count; i++) {
        if (!total_equals(audit, direction, partner, &receipt->totals[i])) {
            return "has other totals than the entries add up to";
        }
    }
    return NULL;
}

enum err audit_receipt(struct audit *audit, uint64_t row, const struct effect_row *effect)
{
    const struct audit_options *options = audit->options;
    enum stream_direction direction;
    struct partner_id partner;
    struct clearing_receipt receipt;
    uint64_t number;
    if (options->open_receipt == NULL || effect->is_deleted) {
        return ERR_OK;
    }
    if (!parse_key(effect->key, &direction, &partner, &number)) {
        return audit_found(audit, row, "journal record",
                           "row %" PRIu64 ": a receipt's key is malformed", row);
    }
    arena_reset(&audit->arena);
    enum err err = options->open_receipt(options->context, effect->value, &audit->arena, &receipt);
    if (err == ERR_RESOURCE) {
        return err;
    }
    const char *problem = err == ERR_SIGNATURE ? "is not what was signed"
                          : err != ERR_OK
                              ? "can't be read"
                              : problem_of(audit, direction, &partner, number, &receipt);
    if (problem != NULL) {
        return found_in_receipt(audit, row, &partner, problem);
    }
    return direction == STREAM_OUT ? audit_pair_receipted(audit, row, &partner, &receipt) : ERR_OK;
}
