/* talea certificate issue: one more certificate of the home's own authority, or a new one in the
 * place of one that ends soon. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/leaf.h"
#include "pki/trust.h"

#define HOSTS_FOUND_MAX (LIMIT_CERTIFICATE_HOSTS + 4u) /* those of every node, too */

const struct argp_option certificate_issue_options[] = {
    {"cn", OPT_CN, "NAME", 0, "Whose it is, as the ledger shows it (default: the role's name)", 0},
    {"days", OPT_DAYS, "NUMBER", 0, "How long it is valid (default: 365)", 0},
    {"host", OPT_HOST, "NAME", 0,
     "One more DNS name or IP address of a node; may be repeated (default with --replace: those "
     "of the one before)",
     0},
    {"out-dir", OPT_OUT_DIR, "DIR", 0,
     "Where ROLE.pem and ROLE.key go (default: tls in the node's folder)", 0},
    {"replace", OPT_REPLACE, NULL, 0,
     "In the place of the one there, and by its name (the node reads its own with SIGHUP)", 0},
    {0}};

struct issuing {
    const struct cli *cli;
    const struct node_config *config;
    struct leaf leaf;
    struct identity before; /* --replace: of the certificate that is there */
    struct host_name found[HOSTS_FOUND_MAX];
    const char *hosts[HOSTS_FOUND_MAX];
    char certificate_path[LIMIT_PATH_BYTES + 1];
    char key_path[LIMIT_PATH_BYTES + 1];
    struct unix_ms not_after;
};

static enum err join(char out[LIMIT_PATH_BYTES + 1], const char *folder, const char *name,
                     const char *extension, struct note *note)
{
    int length = snprintf(out, LIMIT_PATH_BYTES + 1, "%s/%s.%s", folder, name, extension);
    return length > 0 && length <= (int)LIMIT_PATH_BYTES
               ? ERR_OK
               : note_set(note, ERR_RANGE, "the folder's path is too long");
}

static enum err choose_paths(struct issuing *issuing, struct note *note)
{
    char tls[LIMIT_PATH_BYTES + 1];
    const char *folder = cli_option(issuing->cli, OPT_OUT_DIR);
    int length = snprintf(tls, sizeof tls, "%s/tls", cli_home(issuing->cli));
    if (length < 0 || (size_t)length >= sizeof tls) {
        return note_set(note, ERR_RANGE, "--home: the path is too long");
    }
    if (folder != NULL && mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return note_set(note, ERR_STORAGE, "--out-dir: %s: %s", folder, strerror(errno));
    }
    const char *name = role_name(issuing->leaf.role);
    TRY(join(issuing->certificate_path, folder == NULL ? tls : folder, name, "pem", note));
    return join(issuing->key_path, folder == NULL ? tls : folder, name, "key", note);
}

/* Every node's certificate names these anyhow. */
static bool is_own_host(const struct issuing *issuing, const char *host)
{
    char own[IDENTITY_URI_MAX];
    snprintf(own, sizeof own, "%s.%s.talea", issuing->config->partner.text,
             issuing->config->coalition);
    return strcmp(host, own) == 0 || strcmp(host, "localhost") == 0 ||
           strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

/* Name and hosts of the certificate to be replaced, where the command line says nothing else. */
static enum err take_over(struct issuing *issuing, struct note *note)
{
    CLEANUP(certificate_pair_fini) struct certificate_pair pair = {{0}, {0}};
    TRY(certificate_pair_load(issuing->certificate_path, issuing->key_path, &pair, note));
    struct slice pem = buffer_slice(&pair.certificate);
    TRY(pki_identity_of(pem, &issuing->before, note));
    struct leaf *leaf = &issuing->leaf;
    if (issuing->before.role != leaf->role) {
        return note_set(note, ERR_CONFLICT, "%s is of the role %s", issuing->certificate_path,
                        role_name(issuing->before.role));
    }
    if (cli_option(issuing->cli, OPT_CN) == NULL) {
        leaf->name = issuing->before.name;
    }
    if (leaf->role != ROLE_PEER || leaf->host_count > 0) {
        return ERR_OK;
    }
    size_t count = 0;
    TRY(pki_hosts_of(pem, issuing->found, HOSTS_FOUND_MAX, &count, note));
    for (size_t i = 0; i < count; i++) {
        if (!is_own_host(issuing, issuing->found[i].text)) {
            issuing->hosts[leaf->host_count++] = issuing->found[i].text;
        }
    }
    leaf->hosts = issuing->hosts;
    return ERR_OK;
}

static enum err plan(struct issuing *issuing, struct note *note)
{
    const struct cli *cli = issuing->cli;
    struct leaf *leaf = &issuing->leaf;
    const char *role = cli_argument(cli, 0);
    if (role_parse(role, &leaf->role) != ERR_OK) {
        return note_set(note, ERR_INPUT,
                        "\"%s\" is not one of node, till, back-office, auditor, admin", role);
    }
    TRY(args_number(&cli->args, OPT_DAYS, "days", 1, AUTHORITY_DAYS, LEAF_DAYS, &leaf->days, note));
    if (cli->args.host_count > 0 && leaf->role != ROLE_PEER) {
        return note_set(note, ERR_INPUT, "--host: only a node's certificate names hosts");
    }
    struct clock_port clock = clock_of_system();
    leaf->now = clock_now(&clock);
    leaf->coalition = issuing->config->coalition;
    leaf->partner = issuing->config->partner;
    leaf->hosts = cli->args.hosts;
    leaf->host_count = cli->args.host_count;
    leaf->name = cli_option(cli, OPT_CN) == NULL ? role : cli_option(cli, OPT_CN);
    TRY(choose_paths(issuing, note));
    return args_has(&cli->args, OPT_REPLACE) ? take_over(issuing, note) : ERR_OK;
}

static enum err write_pair(const struct issuing *issuing, const struct certificate_pair *pair,
                           struct note *note)
{
    if (args_has(&issuing->cli->args, OPT_REPLACE)) {
        return certificate_pair_replace(pair, issuing->certificate_path, issuing->key_path, note);
    }
    enum err err = certificate_pair_save(pair, issuing->certificate_path, issuing->key_path, note);
    return err != ERR_EXISTS
               ? err
               : note_set(note, err, "%s or its key is there: use --replace, or another --out-dir",
                          issuing->certificate_path);
}

static enum err issue(struct issuing *issuing, struct note *note)
{
    char certificate_path[LIMIT_PATH_BYTES + 1];
    char key_path[LIMIT_PATH_BYTES + 1];
    char folder[LIMIT_PATH_BYTES + 1];
    int length = snprintf(folder, sizeof folder, "%s/tls", cli_home(issuing->cli));
    if (length < 0 || (size_t)length >= sizeof folder) {
        return note_set(note, ERR_RANGE, "--home: the path is too long");
    }
    TRY(join(certificate_path, folder, "ca", "pem", note));
    TRY(join(key_path, folder, "ca", "key", note));
    CLEANUP(certificate_pair_fini) struct certificate_pair authority = {{0}, {0}};
    CLEANUP(certificate_pair_fini) struct certificate_pair pair = {{0}, {0}};
    TRY(certificate_pair_load(certificate_path, key_path, &authority, note));
    TRY(plan(issuing, note));
    TRY(leaf_issue(&authority, &issuing->leaf, &pair, note));
    TRY(pki_not_after(buffer_slice(&pair.certificate), &issuing->not_after, note));
    return write_pair(issuing, &pair, note);
}

enum cli_exit run_certificate_issue(struct cli *cli)
{
    struct issuing issuing = {.cli = cli};
    struct note note = {""};
    enum err err = cli_config(cli, &issuing.config, &note);
    if (err == ERR_OK) {
        err = issue(&issuing, &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    char until[TIME_TEXT_MAX];
    unix_ms_format(issuing.not_after, until);
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:s, s:s, s:s, s:s, s:s}", "certificate",
                                             issuing.certificate_path, "key", issuing.key_path,
                                             "role", role_name(issuing.leaf.role), "name",
                                             issuing.leaf.name, "not_after", until));
    }
    fprintf(cli->out, "Issued %s: %s %s, until %.10s.\n", issuing.certificate_path,
            role_name(issuing.leaf.role), issuing.leaf.name, until);
    if (issuing.leaf.role == ROLE_PEER && args_has(&cli->args, OPT_REPLACE)) {
        fprintf(cli->out, "A node that runs takes it with SIGHUP.\n");
    }
    return CLI_OK;
}
