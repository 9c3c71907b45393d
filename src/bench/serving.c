#include "bench/serving.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talea/v1/till.pb-c.h>
#include <unistd.h>

#include "base/file.h"
#include "base/waiting.h"
#include "bench/cases.h"
#include "bench/measure.h"
#include "bench/pair.h"
#include "bench/warm_up.h"

#define START_MS 60000u
#define PAUSE_MS 20

static enum err read_pem(const struct home *home, const char *name, enum file_access access,
                         struct buffer *out, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    TRY(file_read(home_path(home, name, path), access, LIMIT_PEM_BYTES, out, note));
    write_u8(out, 0);
    return out->err;
}

enum err serving_connect(const struct home *home, const char *role, struct rpc_client **out_client,
                         struct note *note)
{
    CLEANUP(buffer_fini) struct buffer chain = {0};
    CLEANUP(buffer_fini) struct buffer key = {0};
    CLEANUP(buffer_fini) struct buffer roots = {0};
    char name[64];
    char server[128];
    snprintf(server, sizeof server, "%s.%s.talea", home->roster.self.text, HOME_COALITION);
    snprintf(name, sizeof name, "tls/%s.pem", role);
    TRY(read_pem(home, name, FILE_PUBLIC, &chain, note));
    snprintf(name, sizeof name, "tls/%s.key", role);
    TRY(read_pem(home, name, FILE_SECRET, &key, note));
    TRY(read_pem(home, "tls/ca.pem", FILE_PUBLIC, &roots, note));
    struct rpc_client_options options = {.address = home->address,
                                         .certificate_chain = (const char *)chain.at,
                                         .key = (const char *)key.at,
                                         .trusted_roots = (const char *)roots.at,
                                         .server_dns_name = server};
    return rpc_client_open(&options, out_client, note);
}

enum err serving_as(struct bench *bench, const char *role)
{
    struct serving *serving = bench->serving;
    if (serving->client != NULL && strcmp(serving->role, role) == 0) {
        return ERR_OK;
    }
    rpc_client_close(serving->client);
    serving->client = NULL;
    serving->role = role;
    return serving_connect(&bench->ledgers[LEDGER_MEDIUM].home, role, &serving->client,
                           bench->note);
}

/* Asks for a balance until there is an answer. */
static enum err wait_answer(struct bench *bench, const struct serving *serving)
{
    Talea__V1__GetBalanceRequest request;
    Talea__V1__MemberSelector selector;
    struct card_number card = ledger_card(0);
    talea__v1__get_balance_request__init(&request);
    talea__v1__member_selector__init(&selector);
    selector.by_case = TALEA__V1__MEMBER_SELECTOR__BY_CARD;
    selector.card = card.digits;
    request.member = &selector;
    uint64_t begun = measure_ns();
    for (;;) {
        ProtobufCMessage *reply = NULL;
        struct rpc_status status =
            rpc_client_call(serving->client, &talea__v1__till_service__descriptor, "GetBalance",
                            &request.base, 1000, &reply);
        if (status.code == 0) {
            protobuf_c_message_free_unpacked(reply, NULL);
            return ERR_OK;
        }
        if (!child_is_running(serving->pid) ||
            measure_ns() - begun > START_MS * UINT64_C(1000000)) {
            return note_set(bench->note, ERR_UNAVAILABLE, "%s does not answer: %s",
                            serving->is_echo ? "the echo" : "the node", status.message);
        }
        pause_ms(PAUSE_MS);
    }
}

static enum err start(struct bench *bench, const struct home *home, struct serving *serving)
{
    char log[LIMIT_PATH_BYTES + 1];
    char config[LIMIT_PATH_BYTES + 1];
    char node[LIMIT_PATH_BYTES + 8];
    snprintf(log, sizeof log, "%s/serving.log", workplace_folder(bench->workplace));
    snprintf(node, sizeof node, "%sd", bench->options->program);
    const char *const echo_arguments[] = {bench->options->program,
                                          "bench",
                                          "ledger",
                                          "--part",
                                          "echo",
                                          "--home",
                                          home->folder,
                                          "--address",
                                          home->address,
                                          NULL};
    const char *const node_arguments[] = {node, "--config", home_path(home, "node.yaml", config),
                                          NULL};
    TRY(child_start(bench->workplace, serving->is_echo ? echo_arguments : node_arguments, log, NULL,
                    &serving->pid, bench->note));
    TRY(serving_as(bench, "back-office"));
    TRY(wait_answer(bench, serving));
    return serving->is_echo
               ? ERR_OK
               : warm_up_members(serving->client, &bench->ledgers[LEDGER_MEDIUM], bench->note);
}

enum err serving_of(struct bench *bench, bool is_echo, struct serving **out_serving)
{
    struct ledger *ledger;
    if (bench->serving != NULL && bench->serving->is_echo == is_echo) {
        *out_serving = bench->serving;
        return ERR_OK;
    }
    serving_stop(bench);
    TRY(bench_ledger_of(bench, LEDGER_MEDIUM, &ledger));
    ledger_close(ledger);
    bench->serving = calloc(1, sizeof *bench->serving);
    if (bench->serving == NULL) {
        return ERR_RESOURCE;
    }
    bench->serving->is_echo = is_echo;
    enum err err = start(bench, &ledger->home, bench->serving);
    if (err != ERR_OK) {
        serving_stop(bench);
        return err;
    }
    *out_serving = bench->serving;
    return ERR_OK;
}

void serving_stop(struct bench *bench)
{
    struct serving *serving = bench->serving;
    pair_stop(bench);
    if (serving == NULL) {
        return;
    }
    rpc_client_close(serving->client);
    if (serving->pid != 0) {
        (void)child_end(bench->workplace, serving->pid, SIGTERM);
    }
    free(serving);
    bench->serving = NULL;
}
