#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "fake_node.h"
#include "fake_services.h"
#include "talea_proto_descriptor_set.h"

static uint64_t generation(void *context)
{
    (void)context;
    return 1;
}

static enum err load(void *context, const char **out_certificate_chain, const char **out_key,
                     const char **out_trusted_roots)
{
    struct fake_node *node = context;
    *out_certificate_chain = (const char *)node->chain.at;
    *out_key = (const char *)node->key.at;
    *out_trusted_roots = (const char *)node->roots.at;
    return ERR_OK;
}

static bool accepts(void *context, const struct identity *identity, const char *chain_pem)
{
    (void)context;
    (void)chain_pem;
    return strcmp(identity->coalition, "demo") == 0;
}

static void read_pem(struct fake_node *node, const char *name, struct buffer *out)
{
    char path[320];
    snprintf(path, sizeof path, "%s/tls/%s", node->home, name);
    assert_int_equal(file_read(path, FILE_PUBLIC, LIMIT_PEM_BYTES, out, NULL), ERR_OK);
    write_u8(out, 0);
}

static void serve(struct fake_node *node)
{
    struct rpc_server_options options = {
        .listen_address = "127.0.0.1:0",
        .tls = {node, generation, load, accepts},
        .file_descriptor_set =
            slice_of(talea_proto_descriptor_set, talea_proto_descriptor_set_length),
        .workers = 2,
        .streams_max = 4,
    };
    struct note note = {""};
    fake_services(node, node->services);
    if (rpc_server_start(&options, node->services, 3, &node->server, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    snprintf(node->address, sizeof node->address, "127.0.0.1:%d", rpc_server_port(node->server));
}

static void expect_ok(struct outcome outcome)
{
    if (outcome.code != 0) {
        fail_msg("%s", outcome.err);
    }
    outcome_fini(&outcome);
}

static void write_text(const char *path, const char *text)
{
    assert_int_equal(file_create(path, FILE_PUBLIC, slice_of(text, strlen(text)), NULL), ERR_OK);
}

static void make_home(struct fake_node *node)
{
    char folder[] = "/tmp/talea-cli-XXXXXX";
    char terms[320];
    char charter[320];
    char intro[320];
    char key[320];
    assert_non_null(mkdtemp(folder));
    snprintf(node->home, sizeof node->home, "%s", folder);
    expect_ok(TALEA(NULL, "init", node->home, "--coalition", "demo", "--partner", "grocer",
                    "--name", "The Grocer", "--prefix", "610001", "--listen", "127.0.0.1:7101",
                    "--http", "127.0.0.1:7201"));
    snprintf(terms, sizeof terms, "%s/coalition.yaml", node->home);
    snprintf(charter, sizeof charter, "%s/charter.talea", node->home);
    snprintf(intro, sizeof intro, "%s/grocer.intro.talea", node->home);
    snprintf(key, sizeof key, "%s/keys/root.key", node->home);
    write_text(terms, "coalition: demo\nepoch: 1\npoints: {name: Sparks, decimals: 1}\n"
                      "settlement: {currency: USD, decimals: 2}\nsignatures: {required: 1}\n"
                      "tariffs:\n  - {id: 1, name: standard, issue_price_per_point: 0.0100,\n"
                      "     redemption_price_per_point: 0.0080, rounding: half_even}\n"
                      "caps: {net_debit: 0.00}\npartners: [grocer.intro.talea]\n");
    expect_ok(TALEA(NULL, "charter", "make", "--terms", terms, "--out", charter, intro));
    expect_ok(TALEA(NULL, "charter", "sign", "--key", key, charter));
}

int fake_node_setup(void **state)
{
    struct fake_node *node = calloc(1, sizeof *node);
    assert_non_null(node);
    pthread_mutex_init(&node->mutex, NULL);
    make_home(node);
    read_pem(node, "node.pem", &node->chain);
    read_pem(node, "node.key", &node->key);
    read_pem(node, "ca.pem", &node->roots);
    serve(node);
    *state = node;
    return 0;
}

void fake_node_stop(struct fake_node *node)
{
    rpc_server_stop(node->server, 100);
    node->server = NULL;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

int fake_node_teardown(void **state)
{
    struct fake_node *node = *state;
    fake_node_stop(node);
    nftw(node->home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    buffer_fini(&node->chain);
    buffer_fini(&node->key);
    buffer_fini(&node->roots);
    buffer_fini(&node->statement);
    pthread_mutex_destroy(&node->mutex);
    free(node);
    return 0;
}

unsigned fake_node_calls(struct fake_node *node)
{
    pthread_mutex_lock(&node->mutex);
    unsigned calls = node->calls;
    pthread_mutex_unlock(&node->mutex);
    return calls;
}

void fake_node_forget_calls(struct fake_node *node)
{
    pthread_mutex_lock(&node->mutex);
    node->calls = 0;
    pthread_mutex_unlock(&node->mutex);
}

void fake_node_refuse(struct fake_node *node, int code, const char *reason, const char *message,
                      unsigned count)
{
    pthread_mutex_lock(&node->mutex);
    node->refusal = rpc_status_make(code, reason, "%s", message);
    node->refusals = count;
    pthread_mutex_unlock(&node->mutex);
}
