/* talea init: the folder of a new node. It is made beside its place and moved there whole, so that
 * there is all of it or none. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/text.h"
#include "charter/introduction.h"
#include "cli/bank_option.h"
#include "cli/commands.h"
#include "cli/init_files.h"
#include "cli/leaf.h"
#include "crypto/keyfile.h"

#define ONLINE_KEY_DAYS 400
#define HTTP_PORT_STEP  100 /* from --listen to the default of --http */

const struct argp_option init_options[] = {
    {"coalition", OPT_COALITION, "NAME", 0, "The coalition, [a-z0-9-] (required)", 0},
    {"partner", OPT_PARTNER, "ID", 0,
     "This brand's id, [a-z0-9-], at most 15 characters (required)", 0},
    {"name", OPT_NAME, "TEXT", 0, "The brand's name as people write it (default: --partner)", 0},
    {"prefix", OPT_PREFIX, "DIGITS", 0,
     "What its card numbers start with, 4 to 8 digits (required)", 0},
    {"listen", OPT_LISTEN, "HOST:PORT", 0, "Where the node serves gRPC (required)", 0},
    {"http", OPT_HTTP, "HOST:PORT", 0,
     "Where it serves metrics and health (default: 127.0.0.1 and 100 above the port of --listen)",
     0},
    {"public-address", OPT_PUBLIC_ADDRESS, "HOST:PORT", 0,
     "Where the other brands' nodes reach it; also in its certificate (default: --listen)", 0},
    {"iban", OPT_IBAN, "IBAN", 0, "The account that the brand is paid on and pays from", 0},
    {"bic", OPT_BIC, "BIC", 0, "Of its bank", 0},
    {"account-holder", OPT_HOLDER, "TEXT", 0, "As the bank knows the holder (default: the name)",
     0},
    {"host", OPT_HOST, "NAME", 0,
     "One more DNS name or IP address for its certificate; may be repeated", 0},
    {"seal", OPT_SEAL, NULL, 0,
     "Lock the root key with a passphrase (--passphrase-file or $TALEA_PASSPHRASE)", 0},
    {"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0, "The passphrase, on its first line", 0},
    {0}};

struct init {
    struct init_plan plan;
    struct bank_account account;
    bool has_account;
    const char *hosts[LIMIT_CERTIFICATE_HOSTS]; /* --host, and that of --public-address */
    size_t host_count;
    const char *passphrase; /* NULL: not sealed */
    struct unix_ms now;
    struct folder_path folder;        /* while it is made */
    char path[LIMIT_PATH_BYTES + 80]; /* of the file in hand: a name of up to 63 bytes behind it */
    struct certificate_pair authority;
};

static const char *in_folder(struct init *init, const char *name)
{
    snprintf(init->path, sizeof init->path, "%s/%s", init->folder.text, name);
    return init->path;
}

static enum err need(const struct cli *cli, enum option_key key, const char *name,
                     const char **out_text, struct note *note)
{
    const char *text = cli_option(cli, key);
    if (text == NULL) {
        return note_set(note, ERR_INPUT, "--%s is missing", name);
    }
    *out_text = text;
    return ERR_OK;
}

static enum err read_address(const struct cli *cli, enum option_key key, const char *name,
                             const char *fallback, struct address *out, struct note *note)
{
    const char *text = cli_option(cli, key) == NULL ? fallback : cli_option(cli, key);
    if (text == NULL) {
        return note_set(note, ERR_INPUT, "--%s is missing", name);
    }
    if (address_parse(text, out) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--%s: \"%s\" is not host:port", name, text);
    }
    return ERR_OK;
}

static enum err read_names(const struct cli *cli, struct init_plan *out, struct note *note)
{
    const char *partner = NULL;
    const char *prefix = NULL;
    TRY(need(cli, OPT_COALITION, "coalition", &out->coalition, note));
    TRY(need(cli, OPT_PARTNER, "partner", &partner, note));
    TRY(need(cli, OPT_PREFIX, "prefix", &prefix, note));
    out->display_name = cli_option(cli, OPT_NAME) == NULL ? partner : cli_option(cli, OPT_NAME);
    if (partner_id_parse(partner, &out->partner) != ERR_OK) {
        return note_set(note, ERR_INPUT,
                        "--partner: \"%s\" is not 1 to 15 of a-z, 0-9 and -, first a letter",
                        partner);
    }
    char uri[IDENTITY_URI_MAX + LIMIT_CONFIG_VALUE_BYTES];
    struct identity identity;
    snprintf(uri, sizeof uri, "talea://%s/%s/node/node", out->coalition, partner);
    if (identity_parse(uri, &identity) != ERR_OK) {
        return note_set(note, ERR_INPUT,
                        "--coalition: \"%s\" is not 1 to 31 of a-z, 0-9 and -, first a letter",
                        out->coalition);
    }
    size_t length = strlen(out->display_name);
    if (length == 0 || length > LIMIT_NAME_BYTES ||
        !text_is_printable(slice_of(out->display_name, length))) {
        return note_set(note, ERR_INPUT, "--name: needs 1 to %u bytes of printable UTF-8",
                        LIMIT_NAME_BYTES);
    }
    if (card_prefix_parse(prefix, &out->prefix) != ERR_OK) {
        return note_set(note, ERR_INPUT, "--prefix: \"%s\" is not 4 to 8 digits, the first not 0",
                        prefix);
    }
    return ERR_OK;
}

static enum err default_http(const struct address *listen, struct address *out, struct note *note)
{
    if (listen->port == 0) {
        return address_parse("127.0.0.1:0", out);
    }
    if (listen->port > UINT16_MAX - HTTP_PORT_STEP) {
        return note_set(note, ERR_INPUT, "--http is missing: %u above the port of --listen is none",
                        HTTP_PORT_STEP);
    }
    TRY(address_parse("127.0.0.1:0", out));
    out->port = (uint16_t)(listen->port + HTTP_PORT_STEP);
    return ERR_OK;
}

static bool is_wildcard(const struct address *address)
{
    struct in6_addr bytes;
    static const struct in6_addr zeros = {0};
    struct in_addr four;
    return (inet_pton(AF_INET6, address->host, &bytes) == 1 &&
            memcmp(&bytes, &zeros, sizeof bytes) == 0) ||
           (inet_pton(AF_INET, address->host, &four) == 1 && four.s_addr == 0);
}

/* The introduction carries it: the other brands' nodes connect there. */
static enum err read_reach(const struct cli *cli, struct init_plan *out, struct note *note)
{
    const char *given = cli_option(cli, OPT_PUBLIC_ADDRESS);
    TRY(read_address(cli, OPT_PUBLIC_ADDRESS, "public-address", cli_option(cli, OPT_LISTEN),
                     &out->reach, note));
    if (out->reach.port == 0) {
        return note_set(note, ERR_INPUT,
                        "--public-address: needs a port that the other brands can reach");
    }
    if (is_wildcard(&out->reach)) {
        return note_set(note, ERR_INPUT,
                        given == NULL ? "--public-address is missing: --listen is every address of "
                                        "this machine, which the other brands can't connect to"
                                      : "--public-address: is no address to connect to");
    }
    return ERR_OK;
}

static enum err read_plan(const struct cli *cli, struct init_plan *out, struct note *note)
{
    TRY(read_names(cli, out, note));
    TRY(read_address(cli, OPT_LISTEN, "listen", NULL, &out->listen, note));
    if (cli_option(cli, OPT_HTTP) == NULL) {
        TRY(default_http(&out->listen, &out->http, note));
    } else {
        TRY(read_address(cli, OPT_HTTP, "http", NULL, &out->http, note));
    }
    TRY(read_reach(cli, out, note));
    if (address_equal(&out->listen, &out->http) && out->http.port != 0) {
        return note_set(note, ERR_INPUT, "--http: is the same address as --listen");
    }
    return ERR_OK;
}

/* The certificate names where the node is reached. */
static enum err choose_hosts(const struct cli *cli, struct init *init, struct note *note)
{
    init->host_count = cli->args.host_count;
    memcpy(init->hosts, cli->args.hosts, sizeof init->hosts);
    const char *reach = init->plan.reach.host;
    bool is_named = cli_option(cli, OPT_PUBLIC_ADDRESS) == NULL;
    for (size_t i = 0; i < init->host_count; i++) {
        is_named = is_named || strcmp(init->hosts[i], reach) == 0;
    }
    if (is_named) {
        return ERR_OK;
    }
    if (init->host_count == LIMIT_CERTIFICATE_HOSTS) {
        return note_set(note, ERR_INPUT, "--host: at most %u besides that of --public-address",
                        LIMIT_CERTIFICATE_HOSTS - 1);
    }
    init->hosts[init->host_count++] = reach;
    return ERR_OK;
}

static enum err make_folder(const char *path, mode_t mode, struct note *note)
{
    if (mkdir(path, mode) != 0) {
        return note_set(note, ERR_STORAGE, "%s: %s", path, strerror(errno));
    }
    return ERR_OK;
}

static enum err introduce(struct init *init, const struct signing_key *root,
                          const struct public_key *online, struct buffer *out, struct note *note)
{
    const struct init_plan *plan = &init->plan;
    CLEANUP(buffer_fini) struct buffer pem = {0};
    char address[ADDRESS_TEXT_MAX];
    write_bytes(&pem, init->authority.certificate.at, init->authority.certificate.length);
    write_u8(&pem, 0);
    TRY(pem.err);
    struct introduction_key key = {.key = *online,
                                   .valid_from = {init->now.ms - LEAF_CLOCK_SLACK_MS},
                                   .valid_until = {init->now.ms + ONLINE_KEY_DAYS * DAY_MS}};
    struct introduction_terms terms = {.coalition = plan->coalition,
                                       .partner = plan->partner,
                                       .display_name = plan->display_name,
                                       .address = address_format(&plan->reach, address),
                                       .prefix = plan->prefix,
                                       .online = &key,
                                       .online_count = 1,
                                       .tls_ca_pem = (const char *)pem.at,
                                       .account = init->has_account ? &init->account : NULL};
    return introduction_make(&terms, root, out, note);
}

static enum err make_keys(struct init *init, struct buffer *out_introduction, struct note *note)
{
    CLEANUP(signing_key_fini) struct signing_key root;
    CLEANUP(signing_key_fini) struct signing_key online;
    signing_key_generate(&root);
    signing_key_generate(&online);
    const struct partner_id *partner = &init->plan.partner;
    struct key_card card = {KEY_KIND_ROOT, *partner, root.public_key};
    TRY(keyfile_save(in_folder(init, "keys/root.key"), KEY_KIND_ROOT, partner, &root,
                     init->passphrase, note));
    TRY(keyfile_save_public(in_folder(init, "keys/root.pub"), &card, note));
    TRY(keyfile_save(in_folder(init, "keys/online.key"), KEY_KIND_ONLINE, partner, &online, NULL,
                     note));
    return introduce(init, &root, &online.public_key, out_introduction, note);
}

/* tls/<file>.pem and .key; of a node's role it is node. */
static enum err make_leaf(struct init *init, enum role role, struct note *note)
{
    struct leaf leaf = {.coalition = init->plan.coalition,
                        .partner = init->plan.partner,
                        .role = role,
                        .name = role_name(role),
                        .now = init->now,
                        .days = LEAF_DAYS,
                        .hosts = init->hosts,
                        .host_count = init->host_count};
    CLEANUP(certificate_pair_fini) struct certificate_pair pair = {{0}, {0}};
    TRY(leaf_issue(&init->authority, &leaf, &pair, note));
    char name[64];
    char key_path[sizeof init->path];
    snprintf(name, sizeof name, "tls/%s.key", role_name(role));
    snprintf(key_path, sizeof key_path, "%s", in_folder(init, name));
    snprintf(name, sizeof name, "tls/%s.pem", role_name(role));
    return certificate_pair_save(&pair, in_folder(init, name), key_path, note);
}

static enum err make_certificates(struct init *init, struct note *note)
{
    static const enum role roles[] = {ROLE_PEER, ROLE_TILL, ROLE_BACK_OFFICE, ROLE_AUDITOR,
                                      ROLE_ADMIN};
    struct unix_ms not_before = {init->now.ms - LEAF_CLOCK_SLACK_MS};
    TRY(certificate_make_authority(init->plan.coalition, &init->plan.partner, not_before,
                                   &init->authority, note));
    char key_path[sizeof init->path];
    snprintf(key_path, sizeof key_path, "%s", in_folder(init, "tls/ca.key"));
    TRY(certificate_pair_save(&init->authority, in_folder(init, "tls/ca.pem"), key_path, note));
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        TRY(make_leaf(init, roles[i], note));
    }
    return ERR_OK;
}

static enum err make_file(struct init *init, const char *name, struct buffer *bytes,
                          struct note *note)
{
    enum err err = bytes->err;
    if (err == ERR_OK) {
        err = file_create(in_folder(init, name), FILE_PUBLIC, buffer_slice(bytes), note);
    }
    buffer_fini(bytes);
    return err;
}

static enum err fill_folder(struct init *init, struct note *note)
{
    TRY(make_folder(in_folder(init, "keys"), 0700, note));
    TRY(make_folder(in_folder(init, "data"), 0700, note));
    TRY(make_folder(in_folder(init, "tls"), 0755, note));
    TRY(make_certificates(init, note));
    char name[64];
    snprintf(name, sizeof name, "%s.intro.talea", init->plan.partner.text);
    CLEANUP(buffer_fini) struct buffer introduction = {0};
    TRY(make_keys(init, &introduction, note));
    TRY(make_file(init, name, &introduction, note));
    struct buffer yaml = {0};
    init_write_node_yaml(&init->plan, &yaml);
    TRY(make_file(init, "node.yaml", &yaml, note));
    yaml = (struct buffer){0};
    init_write_programme_yaml(&yaml);
    return make_file(init, "programme.yaml", &yaml, note);
}

static enum err make_node_folder(struct init *init, const char *target, struct note *note)
{
    TRY(folder_make_beside(target, &init->folder, note));
    enum err err = fill_folder(init, note);
    if (err == ERR_OK) {
        err = folder_put_in_place(&init->folder, target, note);
    }
    if (err != ERR_OK) {
        folder_remove(init->folder.text);
    }
    return err;
}

static void print_next(const struct cli *cli, const struct init_plan *plan, bool is_sealed)
{
    const char *dir = cli_argument(cli, 0);
    const char *id = plan->partner.text;
    fprintf(
        cli->out,
        "Made %s: the node of %s in the coalition %s.\n"
        "\n"
        "Next:\n"
        "  1. Move %s/keys/root.key to where it stays offline%s; it signs charters.\n"
        "  2. Hand %s/%s.intro.talea to the other partners.\n"
        "  3. Set the currency and the earning rate in %s/programme.yaml.\n"
        "  4. One of you writes the terms (talea charter example) and makes the charter of all\n"
        "     introductions (talea charter make). Each signs it:\n"
        "       talea charter sign --key %s/keys/root.key charter.talea\n"
        "     and puts the one that all signed at %s/charter.talea.\n"
        "  5. Start the node: talead --config %s/node.yaml\n",
        dir, plan->display_name, plan->coalition, dir,
        is_sealed ? "" : " (it is not sealed: see --seal)", dir, id, dir, dir, dir, dir);
}

static enum err init_run(struct cli *cli, struct init *init, struct buffer *storage,
                         struct note *note)
{
    TRY(read_plan(cli, &init->plan, note));
    TRY(bank_option_read(cli, init->plan.display_name, &init->account, &init->has_account, note));
    TRY(choose_hosts(cli, init, note));
    if (args_has(&cli->args, OPT_SEAL)) {
        TRY(cli_passphrase(cli, storage, &init->passphrase, note));
        if (init->passphrase == NULL || *init->passphrase == '\0') {
            return note_set(note, ERR_INPUT,
                            "--seal needs a passphrase, by --passphrase-file or $TALEA_PASSPHRASE");
        }
    }
    struct clock_port clock = clock_of_system();
    init->now = clock_now(&clock);
    return make_node_folder(init, cli_argument(cli, 0), note);
}

enum cli_exit run_init(struct cli *cli)
{
    struct init init = {.host_count = 0};
    CLEANUP(buffer_fini) struct buffer storage = {0};
    struct note note = {""};
    enum err err = init_run(cli, &init, &storage, &note);
    certificate_pair_fini(&init.authority);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:s, s:s, s:s}", "folder", cli_argument(cli, 0),
                                             "coalition", init.plan.coalition, "partner",
                                             init.plan.partner.text));
    }
    print_next(cli, &init.plan, init.passphrase != NULL);
    return CLI_OK;
}
