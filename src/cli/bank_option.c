#include "cli/bank_option.h"

#include <string.h>

static enum err take_text(const char *text, const char *name, char *out, size_t capacity,
                          struct note *note)
{
    size_t length = strlen(text);
    if (length >= capacity) {
        return note_set(note, ERR_INPUT, "--%s: at most %zu bytes", name, capacity - 1);
    }
    memcpy(out, text, length + 1);
    return ERR_OK;
}

enum err bank_option_read(const struct cli *cli, const char *name, struct bank_account *out_account,
                          bool *out_is_given, struct note *note)
{
    struct bank_account account = {"", "", ""};
    const char *iban = cli_option(cli, OPT_IBAN);
    const char *bic = cli_option(cli, OPT_BIC);
    const char *holder = cli_option(cli, OPT_HOLDER);
    *out_is_given = iban != NULL;
    if (iban == NULL) {
        return bic == NULL && holder == NULL
                   ? ERR_OK
                   : note_set(note, ERR_INPUT,
                              "--iban is missing: bank and holder are an account's");
    }
    if (iban_parse(iban, account.iban) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--iban: \"%s\" is no IBAN", iban);
    }
    TRY(take_text(bic == NULL ? "" : bic, "bic", account.bic, sizeof account.bic, note));
    TRY(take_text(holder == NULL ? name : holder, "account-holder", account.holder,
                  sizeof account.holder, note));
    TRY(bank_account_check(&account, note));
    *out_account = account;
    return ERR_OK;
}
