#include "programme/kept_quote.h"

#include "base/limits.h"

enum {
    KEPT_QUOTE_1 = 0x90 /* others' first bytes are other ones */
};

static void write_promise(struct buffer *out, const struct kept_quote *quote)
{
    write_varint(out, quote->line_count);
    for (size_t i = 0; i < quote->line_count; i++) {
        write_svarint(out, quote->line_discounts[i].minor);
    }
    write_varint(out, quote->change_count);
    for (size_t i = 0; i < quote->change_count; i++) {
        const struct standing_change *change = &quote->changes[i];
        write_u64(out, change->slot);
        write_svarint(out, change->bucket);
        write_svarint(out, change->before);
        write_svarint(out, change->after);
    }
    write_varint(out, quote->claim_count);
    for (size_t i = 0; i < quote->claim_count; i++) {
        const struct claim *claim = &quote->claims[i];
        write_u8(out, (uint8_t)claim->of);
        write_varint(out, claim->of == CAP_OF_CODE ? claim->code : 0);
        write_u64(out, claim->slot);
        write_svarint(out, claim->bucket);
        write_svarint(out, claim->delta);
        write_svarint(out, claim->most);
    }
    write_varint(out, quote->raised_count);
    for (size_t i = 0; i < quote->raised_count; i++) {
        write_varint(out, quote->raised[i].rule);
    }
}

void kept_quote_encode(const struct kept_quote *quote, struct buffer *out)
{
    write_u8(out, KEPT_QUOTE_1);
    write_bytes(out, quote->card.digits, sizeof quote->card.digits);
    write_svarint(out, quote->time.ms);
    write_u8(out, quote->is_balance_known ? 1 : 0);
    write_svarint(out, quote->spendable.minor);
    write_svarint(out, quote->payable.minor);
    write_bytes(out, quote->digest, sizeof quote->digest);
    write_block(out, quote->judged);
    write_promise(out, quote);
}

/* A list of at most `most`; NULL without memory. */
static void *read_list(struct reader *in, struct arena *arena, size_t most, size_t size,
                       size_t *out_count)
{
    uint64_t count = read_varint(in);
    if (count > most) {
        read_fail(in);
        count = 0;
    }
    *out_count = (size_t)count;
    return arena_alloc(arena, ((size_t)count + 1) * size);
}

static enum err read_numbers(struct reader *in, struct arena *arena, struct kept_quote *quote)
{
    struct money *discounts =
        read_list(in, arena, LIMIT_RECEIPT_LINES, sizeof *discounts, &quote->line_count);
    for (size_t i = 0; discounts != NULL && i < quote->line_count; i++) {
        discounts[i].minor = read_svarint(in);
    }
    struct standing_change *changes =
        read_list(in, arena, LIMIT_STANDING_STEPS, sizeof *changes, &quote->change_count);
    for (size_t i = 0; changes != NULL && i < quote->change_count; i++) {
        changes[i].slot = read_u64(in);
        changes[i].bucket = read_svarint(in);
        changes[i].before = read_svarint(in);
        changes[i].after = read_svarint(in);
    }
    quote->line_discounts = discounts;
    quote->changes = changes;
    return discounts == NULL || changes == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err read_claims(struct reader *in, struct arena *arena, struct kept_quote *quote)
{
    struct claim *claims =
        read_list(in, arena, LIMIT_STANDING_STEPS, sizeof *claims, &quote->claim_count);
    for (size_t i = 0; claims != NULL && i < quote->claim_count; i++) {
        unsigned of = read_u8(in);
        uint64_t code = read_varint(in);
        if (of == CAP_OF_MEMBER || of >= CAP_OF_COUNT || code >= LIMIT_SHOWN_CODES) {
            read_fail(in);
        }
        claims[i].of = (enum cap_of)of;
        claims[i].code = (size_t)code;
        claims[i].slot = read_u64(in);
        claims[i].bucket = read_svarint(in);
        claims[i].delta = read_svarint(in);
        claims[i].most = read_svarint(in);
    }
    struct raised *raised = read_list(in, arena, LIMIT_RULES, sizeof *raised, &quote->raised_count);
    for (size_t i = 0; raised != NULL && i < quote->raised_count; i++) {
        raised[i] = (struct raised){.rule = (uint16_t)read_varint(in)};
    }
    quote->claims = claims;
    quote->raised = raised;
    return claims == NULL || raised == NULL ? ERR_RESOURCE : ERR_OK;
}

enum err kept_quote_decode(struct slice bytes, struct arena *arena, struct kept_quote *out_quote)
{
    struct reader in = reader_of(bytes);
    struct kept_quote quote;
    if (bytes.length == 0 || bytes.at[0] != KEPT_QUOTE_1) {
        return ERR_NOT_FOUND;
    }
    (void)read_u8(&in);
    read_copy(&in, quote.card.digits, sizeof quote.card.digits);
    quote.time.ms = read_svarint(&in);
    unsigned is_known = read_u8(&in);
    quote.is_balance_known = is_known == 1;
    quote.spendable = points_of(read_svarint(&in));
    quote.payable = money_of(read_svarint(&in));
    read_copy(&in, quote.digest, sizeof quote.digest);
    quote.judged = read_block(&in);
    TRY(read_numbers(&in, arena, &quote));
    TRY(read_claims(&in, arena, &quote));
    TRY(reader_finish(&in));
    if (is_known > 1 || quote.card.digits[sizeof quote.card.digits - 1] != '\0') {
        return ERR_CORRUPT;
    }
    *out_quote = quote;
    return ERR_OK;
}
