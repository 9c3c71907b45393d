#include "clearing/block.h"

#include "base/limits.h"

enum err block_check(const struct block_terms *terms, struct note *note)
{
    if (uid_is_nil(&terms->id)) {
        return note_set(note, ERR_INPUT, "the block has no id");
    }
    if (partner_id_equal(&terms->seller, &terms->buyer)) {
        return note_set(note, ERR_INPUT, "the block is from %s to itself", terms->seller.text);
    }
    if (terms->points.minor <= 0 || terms->points.minor > LIMIT_POINTS_PER_COMMAND) {
        return note_set(note, ERR_INPUT, "the block has no points, or more than one may have");
    }
    if (terms->offered_until.ms < 0 || terms->valid_from.ms < 0) {
        return note_set(note, ERR_INPUT, "the block's times are before 1970");
    }
    if (terms->valid_until.ms <= terms->valid_from.ms ||
        terms->valid_until.ms <= terms->offered_until.ms) {
        return note_set(note, ERR_INPUT, "the block ends before it begins, or before its offer");
    }
    return ERR_OK;
}

bool block_terms_equal(const struct block_terms *a, const struct block_terms *b)
{
    return uid_equal(&a->id, &b->id) && partner_id_equal(&a->seller, &b->seller) &&
           partner_id_equal(&a->buyer, &b->buyer) && a->points.minor == b->points.minor &&
           a->tariff == b->tariff && a->offered_until.ms == b->offered_until.ms &&
           a->valid_from.ms == b->valid_from.ms && a->valid_until.ms == b->valid_until.ms &&
           a->refuses_when_empty == b->refuses_when_empty;
}

bool block_is_valid_at(const struct block_terms *terms, struct unix_ms time)
{
    return time.ms >= terms->valid_from.ms && time.ms < terms->valid_until.ms;
}

bool block_is_low(const struct block_terms *terms, int64_t left)
{
    int64_t reserve;
    return int64_mul_div(terms->points.minor, 100 - BLOCK_LOW_PERCENT, 100, ROUNDING_DOWN,
                         &reserve) == ERR_OK &&
           left <= reserve;
}

const char *block_state_name(enum block_state state)
{
    static const char *const names[BLOCK_STATE_END] = {
        [BLOCK_OFFERED] = "offered", [BLOCK_BOUGHT] = "bought",     [BLOCK_LIVE] = "live",
        [BLOCK_ENDED] = "ended",     [BLOCK_DECLINED] = "declined", [BLOCK_WITHDRAWN] = "withdrawn",
    };
    return state >= BLOCK_OFFERED && state < BLOCK_STATE_END ? names[state] : "unknown";
}

struct clearing_entry block_entry(const struct block_terms *terms)
{
    return (struct clearing_entry){.kind = ENTRY_BLOCK_BOUGHT,
                                   .points = terms->points,
                                   .tariff = terms->tariff,
                                   .subject = terms->id,
                                   .active_from = terms->valid_from,
                                   .expires_at = terms->valid_until,
                                   .refuses_when_empty = terms->refuses_when_empty};
}

struct block_terms block_terms_of(const struct clearing_entry *entry,
                                  const struct partner_id *seller, const struct partner_id *buyer)
{
    return (struct block_terms){.id = entry->subject,
                                .seller = *seller,
                                .buyer = *buyer,
                                .points = entry->points,
                                .tariff = entry->tariff,
                                .valid_from = entry->active_from,
                                .valid_until = entry->expires_at,
                                .refuses_when_empty = entry->refuses_when_empty};
}
