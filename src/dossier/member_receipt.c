#include "dossier/member_receipt.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE     "talea receipt 1\n"
#define LABEL     "%-12s "
#define KEY_LABEL "key          "
#define VALUE_MAX 160u

static void PRINTF_LIKE(3, 4)
    write_line(struct buffer *out, const char *label, const char *format, ...)
{
    char line[VALUE_MAX + 32];
    char value[VALUE_MAX];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(value, sizeof value, format, values);
    va_end(values);
    int length = snprintf(line, sizeof line, LABEL "%s\n", label, value);
    write_bytes(out, line, (size_t)length);
}

enum err member_receipt_sign(const struct member_receipt *receipt, const struct signer *signer,
                             uint64_t epoch, struct buffer *out)
{
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    char id[KEY_ID_TEXT_MAX];
    struct signature signature;
    char hex[2 * sizeof signature.bytes + 1];
    size_t start = out->length;
    write_bytes(out, TITLE, sizeof TITLE - 1);
    write_line(out, "coalition", "%s", receipt->coalition);
    write_line(out, "brand", "%s", receipt->brand.text);
    write_line(out, "transaction", "%s", receipt->transaction_id);
    write_line(out, "kind", "%s", receipt->kind);
    write_line(out, "time", "%s", unix_ms_format(receipt->time, time));
    if (receipt->card[0] != '\0') {
        write_line(out, "card", "%s", receipt->card);
    }
    write_line(out, "points", "%s%s", receipt->points > 0 ? "+" : "",
               amount_format(receipt->points, receipt->points_decimals, text));
    if (receipt->has_balance) {
        write_line(out, "balance", "%s",
                   amount_format(receipt->balance, receipt->points_decimals, text));
    }
    TRY(out->err);
    struct slice said = slice_of(out->at + start, out->length - start);
    TRY(signer->sign(signer->context, PURPOSE_MEMBER_RECEIPT, epoch, said, &signature));
    write_line(out, "key", "%s", key_id_format(&signer->key_id, id));
    write_line(out, "epoch", "%" PRIu64, epoch);
    write_line(out, "signature", "%s", hex_format(signature.bytes, sizeof signature.bytes, hex));
    return out->err;
}

/* ---- Reading ---- */

/* Printable ASCII in lines, so that it can be shown as it is. */
static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] != '\n' && (text.at[i] < ' ' || text.at[i] > '~')) {
            return false;
        }
    }
    return text.length > 0 && text.length <= MEMBER_RECEIPT_BYTES_MAX &&
           text.at[text.length - 1] == '\n';
}

/* The value of the line with the label, which `*text` begins with; moves behind the line. */
static bool take_line(const char **text, const char *label, char out_value[VALUE_MAX])
{
    char start[32];
    int length = snprintf(start, sizeof start, LABEL, label);
    const char *end = strchr(*text, '\n');
    if (end == NULL || strncmp(*text, start, (size_t)length) != 0) {
        return false;
    }
    const char *value = *text + length;
    size_t size = (size_t)(end - value);
    if (size == 0 || size >= VALUE_MAX) {
        return false;
    }
    memcpy(out_value, value, size);
    out_value[size] = '\0';
    *text = end + 1;
    return true;
}

/* What a text says of itself. */
struct reading {
    char coalition[VALUE_MAX];
    struct member_receipt_proof proof;
    struct signature signature;
};

static bool read_epoch(const char *text, uint64_t *out_epoch)
{
    char again[24];
    *out_epoch = strtoull(text, NULL, 10);
    snprintf(again, sizeof again, "%" PRIu64, *out_epoch);
    return strcmp(text, again) == 0;
}

static bool read_end(const char *end, struct reading *out)
{
    char key[VALUE_MAX];
    char epoch[VALUE_MAX];
    char signature[VALUE_MAX];
    return take_line(&end, "key", key) && take_line(&end, "epoch", epoch) &&
           take_line(&end, "signature", signature) && *end == '\0' &&
           key_id_parse(key, &out->proof.key) == ERR_OK && read_epoch(epoch, &out->proof.epoch) &&
           hex_parse(signature, out->signature.bytes, sizeof out->signature.bytes) == ERR_OK;
}

static bool read_text(const char *text, struct reading *out)
{
    char brand[VALUE_MAX];
    const char *end = strstr(text, "\n" KEY_LABEL);
    const char *line = text + sizeof TITLE - 1;
    if (end == NULL || strncmp(text, TITLE, sizeof TITLE - 1) != 0) {
        return false;
    }
    out->proof.said.length = (size_t)(end + 1 - text);
    return take_line(&line, "coalition", out->coalition) && take_line(&line, "brand", brand) &&
           partner_id_parse(brand, &out->proof.brand) == ERR_OK && read_end(end + 1, out);
}

enum err member_receipt_verify(struct slice text, const struct charter_chain *chain,
                               struct member_receipt_proof *out_proof, struct note *note)
{
    char copy[MEMBER_RECEIPT_BYTES_MAX + 1];
    struct reading reading;
    const char *coalition = charter_chain_last(chain)->coalition;
    if (!is_plain(text)) {
        return note_set(note, ERR_CORRUPT, "it is no receipt: not a short plain text");
    }
    memcpy(copy, text.at, text.length);
    copy[text.length] = '\0';
    if (!read_text(copy, &reading)) {
        return note_set(note, ERR_CORRUPT, "it is no receipt: a line is missing or malformed");
    }
    reading.proof.said.at = text.at;
    const struct partner_id *brand = &reading.proof.brand;
    const struct charter_key *key = charter_chain_key(chain, brand, &reading.proof.key);
    if (strcmp(reading.coalition, coalition) != 0 || key == NULL) {
        return note_set(note, ERR_SIGNATURE, "its key is none of %s's in this charter of %s",
                        brand->text, coalition);
    }
    struct signing_scope scope = {coalition, PURPOSE_MEMBER_RECEIPT, reading.proof.epoch};
    if (signing_verify(&key->key, &scope, reading.proof.said, &reading.signature) != ERR_OK) {
        return note_set(note, ERR_SIGNATURE, "%s did not sign this text", brand->text);
    }
    static const struct partner_id nobody = {{0}};
    struct charter_place place = {PURPOSE_MEMBER_RECEIPT, &nobody, 0};
    TRY(charter_key_counts(key, &place, note));
    *out_proof = reading.proof;
    return ERR_OK;
}
