#include "programme/kept_quote.h"

enum {
    KEPT_QUOTE_1 = 0x90 /* others' first bytes are other ones */
};

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
}

enum err kept_quote_decode(struct slice bytes, struct kept_quote *out_quote)
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
    TRY(reader_finish(&in));
    if (is_known > 1 || quote.card.digits[sizeof quote.card.digits - 1] != '\0') {
        return ERR_CORRUPT;
    }
    *out_quote = quote;
    return ERR_OK;
}
