#include "settlement/bank_account.h"

#include <string.h>

#include "base/text.h"

#define IBAN_LENGTH_MIN 15u

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The first four characters go to the end, letters count from 10. */
static unsigned modulo_97(const char *iban, size_t length)
{
    unsigned rest = 0;
    for (size_t i = 0; i < length; i++) {
        char c = iban[(i + 4) % length];
        unsigned value = is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
        rest = (rest * (value < 10 ? 10 : 100) + value) % 97;
    }
    return rest;
}

enum err iban_parse(const char *text, char out_iban[IBAN_TEXT_MAX])
{
    char iban[IBAN_TEXT_MAX] = "";
    size_t length = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == ' ') {
            continue;
        }
        if (length == IBAN_TEXT_MAX - 1 || (!is_letter(*at) && !is_digit(*at))) {
            return ERR_INPUT;
        }
        iban[length++] = *at;
    }
    bool is_iban = length >= IBAN_LENGTH_MIN && is_letter(iban[0]) && is_letter(iban[1]) &&
                   is_digit(iban[2]) && is_digit(iban[3]) && modulo_97(iban, length) == 1;
    if (!is_iban) {
        return ERR_INPUT;
    }
    memcpy(out_iban, iban, sizeof iban);
    return ERR_OK;
}

bool bic_is_valid(const char *bic)
{
    size_t length = strnlen(bic, BIC_TEXT_MAX);
    if (length != 8 && length != 11) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_letter(bic[i]) && (i < 6 || !is_digit(bic[i]))) {
            return false;
        }
    }
    return bic[6] != '0' && bic[6] != '1' && bic[7] != 'O';
}

enum err bank_account_check(const struct bank_account *account, struct note *note)
{
    char iban[IBAN_TEXT_MAX];
    size_t length = strnlen(account->holder, sizeof account->holder);
    if (iban_parse(account->iban, iban) != ERR_OK || strcmp(iban, account->iban) != 0) {
        return note_set(note, ERR_INPUT, "\"%s\" is no IBAN", account->iban);
    }
    if (account->bic[0] != '\0' && !bic_is_valid(account->bic)) {
        return note_set(note, ERR_INPUT, "\"%s\" is no BIC", account->bic);
    }
    if (length == 0 || length >= sizeof account->holder ||
        !text_is_printable(slice_of(account->holder, length))) {
        return note_set(note, ERR_INPUT, "the account's holder is not 1 to %d bytes of text",
                        ACCOUNT_HOLDER_MAX - 1);
    }
    return ERR_OK;
}
