/* talea key attest: a partner's introduction anew, by its root key: online keys that come, go or
 * get other dates, another name or address. The next charter is made of it. Files alone. */
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "charter/charter_file.h"
#include "charter/introduction_change.h"
#include "cli/commands.h"
#include "cli/bank_option.h"
#include "cli/key_name.h"
#include "cli/leaf.h"

#define ONLINE_KEY_DAYS 400
#define KEY_DAYS_MAX    3650

const struct argp_option key_attest_options[] = {
    {"key", OPT_KEY, "FILE", 0, "The partner's root key (required)", 0},
    {"from", OPT_FROM, "FILE", 0, "Its introduction, or a charter that it is in (required)", 0},
    {"out", OPT_OUT, "FILE", 0, "The introduction, a new file that ends in .talea (required)", 0},
    {"valid-from", OPT_VALID_FROM, "TIME", 0, "Of the keys named (default: now)", 0},
    {"until", OPT_UNTIL, "TIME", 0, "When they end (default: after --days)", 0},
    {"days", OPT_DAYS, "NUMBER", 0, "How long they are valid (default: 400)", 0},
    {"drop", OPT_DROP, "KEY,...", 0, "Ids of online keys that are no longer handed in", 0},
    {"name", OPT_NAME, "TEXT", 0, "The brand's name from now on", 0},
    {"public-address", OPT_PUBLIC_ADDRESS, "HOST:PORT", 0, "Where its node is reached from now on",
     0},
    {"iban", OPT_IBAN, "IBAN", 0, "The account that the brand is paid on and pays from from now on",
     0},
    {"bic", OPT_BIC, "BIC", 0, "Of its bank", 0},
    {"account-holder", OPT_HOLDER, "TEXT", 0, "As the bank knows the holder (default: the name)",
     0},
    {"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0,
     "Of a sealed root key (default: $TALEA_PASSPHRASE)", 0},
    {0}};

struct attesting {
    struct introduction_key keys[CHARTER_ONLINE_KEYS_MAX];
    struct key_id drops[CHARTER_ONLINE_KEYS_MAX];
    struct introduction_change change;
    struct bank_account account;
    struct buffer before;
    struct buffer after;
};

static enum err read_time(const struct cli *cli, enum option_key key, const char *name,
                          struct unix_ms *time, struct note *note)
{
    const char *text = cli_option(cli, key);
    return text == NULL || unix_ms_parse(text, time) == ERR_OK
               ? ERR_OK
               : note_set(note, ERR_INPUT, "--%s: \"%s\" is no date or time", name, text);
}

static enum err read_keys(const struct cli *cli, const struct partner_id *partner,
                          struct attesting *out, struct note *note)
{
    struct clock_port clock = clock_of_system();
    struct unix_ms from = {clock_now(&clock).ms - LEAF_CLOCK_SLACK_MS};
    int64_t days;
    TRY(args_number(&cli->args, OPT_DAYS, "days", 1, KEY_DAYS_MAX, ONLINE_KEY_DAYS, &days, note));
    TRY(read_time(cli, OPT_VALID_FROM, "valid-from", &from, note));
    struct unix_ms until = {from.ms + days * DAY_MS};
    TRY(read_time(cli, OPT_UNTIL, "until", &until, note));
    if (cli->args.count > CHARTER_ONLINE_KEYS_MAX) {
        return note_set(note, ERR_INPUT, "at most %u online keys", CHARTER_ONLINE_KEYS_MAX);
    }
    for (size_t i = 0; i < cli->args.count; i++) {
        const char *path = cli_argument(cli, i);
        struct key_card card;
        TRY(key_read_card(path, &card, note));
        if (card.kind != KEY_KIND_ONLINE || !partner_id_equal(&card.partner, partner)) {
            return note_set(note, ERR_INPUT, "%s is not an online key of %s", path, partner->text);
        }
        out->keys[out->change.attest_count++] =
            (struct introduction_key){card.public_key, from, until};
    }
    out->change.attest = out->keys;
    return ERR_OK;
}

/* Ids divided by commas. */
static enum err read_drops(const struct cli *cli, struct attesting *out, struct note *note)
{
    const char *text = cli_option(cli, OPT_DROP);
    while (text != NULL && *text != '\0') {
        char id[KEY_ID_TEXT_MAX] = "";
        size_t length = strcspn(text, ",");
        if (out->change.drop_count == CHARTER_ONLINE_KEYS_MAX || length >= sizeof id) {
            return note_set(note, ERR_INPUT, "--drop: not the ids of at most %u keys",
                            CHARTER_ONLINE_KEYS_MAX);
        }
        memcpy(id, text, length);
        if (key_id_parse(id, &out->drops[out->change.drop_count]) != ERR_OK) {
            return note_set(note, ERR_INPUT, "--drop: \"%s\" is no key id", id);
        }
        out->change.drop_count++;
        text += length + (text[length] == ',');
    }
    out->change.drop = out->drops;
    return ERR_OK;
}

/* An introduction's file, or a charter's with the introduction in it. */
static enum err read_introduction(const char *path, const struct partner_id *partner,
                                  struct buffer *out, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    struct introduction introduction;
    struct charter *charter;
    struct note unused = {""};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(charter_file_read(path, out, note));
    if (introduction_open(buffer_slice(out), &arena, &introduction, &unused) == ERR_OK) {
        return ERR_OK;
    }
    TRY(charter_open(buffer_slice(out), &charter, note));
    buffer_clear(out);
    enum err err = charter_introduction(charter, partner, out, note);
    charter_close(charter);
    return err;
}

/* The name that is there, or the new one, is the holder's unless another is given. */
static enum err read_account(const struct cli *cli, struct attesting *out, struct note *note)
{
    CLEANUP(arena_fini) struct arena arena;
    struct introduction introduction;
    bool is_given;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(introduction_open(buffer_slice(&out->before), &arena, &introduction, note));
    const char *name = cli_option(cli, OPT_NAME) != NULL ? cli_option(cli, OPT_NAME)
                                                         : introduction.partner.display_name;
    TRY(bank_option_read(cli, name, &out->account, &is_given, note));
    out->change.account = is_given ? &out->account : NULL;
    return ERR_OK;
}

static enum err attest(const struct cli *cli, struct attesting *attesting, struct note *note)
{
    CLEANUP(signing_key_fini) struct signing_key root = {{0}, {{0}}, {{0}}};
    struct key_card card;
    struct address address;
    const char *from = cli_option(cli, OPT_FROM);
    const char *out = cli_option(cli, OPT_OUT);
    if (from == NULL || out == NULL) {
        return note_set(note, ERR_INPUT, "--%s is missing", from == NULL ? "from" : "out");
    }
    TRY(key_load_root(cli, &card, &root, note));
    TRY(read_introduction(from, &card.partner, &attesting->before, note));
    TRY(read_keys(cli, &card.partner, attesting, note));
    TRY(read_drops(cli, attesting, note));
    attesting->change.display_name = cli_option(cli, OPT_NAME);
    attesting->change.address = cli_option(cli, OPT_PUBLIC_ADDRESS);
    if (attesting->change.address != NULL &&
        address_parse(attesting->change.address, &address) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--public-address: \"%s\" is not host:port",
                        attesting->change.address);
    }
    TRY(read_account(cli, attesting, note));
    TRY(introduction_change(buffer_slice(&attesting->before), &attesting->change, &root,
                            &attesting->after, note));
    return charter_file_write(out, buffer_slice(&attesting->after), note);
}

static void print_keys(const struct cli *cli, struct slice bytes)
{
    CLEANUP(arena_fini) struct arena arena;
    struct introduction introduction;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (introduction_open(bytes, &arena, &introduction, NULL) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < introduction.partner.online_count; i++) {
        const struct charter_key *key = &introduction.partner.online[i];
        char id[KEY_ID_TEXT_MAX];
        char first[TIME_TEXT_MAX];
        char last[TIME_TEXT_MAX];
        fprintf(cli->out, "  %s from %s until %s\n", key_id_format(&key->id, id),
                unix_ms_format(key->valid_from, first), unix_ms_format(key->valid_until, last));
    }
}

enum cli_exit run_key_attest(struct cli *cli)
{
    struct attesting attesting = {.change = {.attest = NULL}};
    struct note note = {""};
    enum err err = attest(cli, &attesting, &note);
    if (err == ERR_OK) {
        fprintf(cli->out, "Made %s, with these online keys:\n", cli_option(cli, OPT_OUT));
        print_keys(cli, buffer_slice(&attesting.after));
    }
    buffer_fini(&attesting.before);
    buffer_fini(&attesting.after);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}
