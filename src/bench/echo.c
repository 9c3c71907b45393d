#include "bench/echo.h"

#include <stdlib.h>
#include <string.h>
#include <talea/v1/ledger.pb-c.h>
#include <talea/v1/till.pb-c.h>
#include <talea_proto_descriptor_set.h>

#include "base/clock.h"
#include "base/file.h"
#include "pki/trust.h"
#include "rpc/server.h"

#define DRAIN_MS 1000

struct echo {
    struct buffer certificate;
    struct buffer key;
    struct buffer authority;
    struct rpc_service services[2];
    struct rpc_server *server;
};

/* What a member with one lot has. */
struct sample_balance {
    Talea__V1__Balance balance;
    Talea__V1__Lot lot;
    Talea__V1__Lot *lots[1];
    char partner[PARTNER_ID_MAX];
};

static void sample_balance_init(struct sample_balance *sample)
{
    talea__v1__balance__init(&sample->balance);
    talea__v1__lot__init(&sample->lot);
    memcpy(sample->partner, HOME_PARTNER, sizeof HOME_PARTNER);
    sample->lot.issuer = sample->partner;
    sample->lot.tariff = 1;
    sample->lot.expires_at_unix_ms = INT64_C(1830000000000);
    sample->lot.free_points = 1000;
    sample->lots[0] = &sample->lot;
    sample->balance.available_points = 1000;
    sample->balance.as_of_unix_ms = INT64_C(1790000000000);
    sample->balance.lots = sample->lots;
    sample->balance.n_lots = 1;
}

static void on_earn(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__EarnRequest *request = (const Talea__V1__EarnRequest *)(const void *)message;
    Talea__V1__EarnResponse response;
    struct sample_balance sample;
    (void)context;
    talea__v1__earn_response__init(&response);
    sample_balance_init(&sample);
    response.sale_id = request->transaction_id;
    response.earned_points = 12;
    response.home = sample.partner;
    response.balance = &sample.balance;
    response.journal_row = 12345678;
    rpc_call_reply(call, &response.base);
}

static void on_balance(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    Talea__V1__GetBalanceResponse response;
    struct sample_balance sample;
    char member[] = "0199a000-0000-7000-8000-000000000001";
    (void)context;
    (void)message;
    talea__v1__get_balance_response__init(&response);
    sample_balance_init(&sample);
    response.member_id = member;
    response.balance = &sample.balance;
    rpc_call_reply(call, &response.base);
}

/* One answer for each command, in memory that the caller frees. */
static Talea__V1__BatchAnswer **make_answers(size_t count)
{
    Talea__V1__BatchAnswer **pointers = calloc(count, sizeof *pointers + sizeof **pointers);
    if (pointers != NULL) {
        Talea__V1__BatchAnswer *answers = (Talea__V1__BatchAnswer *)(void *)(pointers + count);
        for (size_t i = 0; i < count; i++) {
            talea__v1__batch_answer__init(&answers[i]);
            answers[i].points = 1;
            answers[i].journal_row = 12345678 + i;
            pointers[i] = &answers[i];
        }
    }
    return pointers;
}

static void on_batch(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ExecuteBatchRequest *request =
        (const Talea__V1__ExecuteBatchRequest *)(const void *)message;
    Talea__V1__ExecuteBatchResponse response;
    (void)context;
    talea__v1__execute_batch_response__init(&response);
    response.answers = make_answers(request->n_commands);
    response.n_answers = response.answers == NULL ? 0 : request->n_commands;
    rpc_call_reply(call, &response.base);
    free(response.answers);
}

static struct rpc_status on_stream(void *context, struct rpc_stream *stream)
{
    const ProtobufCMessage *message;
    enum err err = rpc_stream_receive(stream, &message);
    (void)context;
    for (; err == ERR_OK; err = rpc_stream_receive(stream, &message)) {
        const Talea__V1__ExecuteStreamRequest *request =
            (const Talea__V1__ExecuteStreamRequest *)(const void *)message;
        Talea__V1__ExecuteStreamResponse response;
        talea__v1__execute_stream_response__init(&response);
        response.answers = make_answers(request->n_commands);
        response.n_answers = response.answers == NULL ? 0 : request->n_commands;
        enum err sent = rpc_stream_send(stream, &response.base);
        free(response.answers);
        if (sent != ERR_OK) {
            break;
        }
    }
    return rpc_status_ok();
}

static const struct rpc_method ledger_methods[] = {
    {"ExecuteBatch", ROLE_BACK_OFFICE, RPC_WORKER, on_batch, NULL},
    {"ExecuteStream", ROLE_BACK_OFFICE, RPC_WORKER, NULL, on_stream},
};

static const struct rpc_method methods[] = {
    {"Earn", ROLE_TILL, RPC_INLINE, on_earn, NULL},
    {"GetBalance", (unsigned)ROLE_TILL | ROLE_BACK_OFFICE, RPC_INLINE, on_balance, NULL},
};

static uint64_t generation(void *context)
{
    (void)context;
    return 1;
}

static enum err load_pem(void *context, const char **out_certificate_chain, const char **out_key,
                         const char **out_trusted_roots)
{
    const struct echo *echo = context;
    *out_certificate_chain = (const char *)echo->certificate.at;
    *out_key = (const char *)echo->key.at;
    *out_trusted_roots = (const char *)echo->authority.at;
    return ERR_OK;
}

static bool accepts(void *context, const struct identity *identity, const char *chain_pem)
{
    const struct echo *echo = context;
    struct clock_port clock = clock_of_system();
    (void)identity;
    return pki_chain_is_of(slice_of(chain_pem, strlen(chain_pem)),
                           slice_of(echo->authority.at, echo->authority.length - 1),
                           clock_now(&clock), NULL) == ERR_OK;
}

static enum err read_text(const struct home *home, const char *name, enum file_access access,
                          struct buffer *out, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    TRY(file_read(home_path(home, name, path), access, LIMIT_PEM_BYTES, out, note));
    write_u8(out, 0);
    return out->err;
}

static enum err start(const struct home *home, const char *address, struct echo *echo,
                      struct note *note)
{
    TRY(read_text(home, "tls/node.pem", FILE_PUBLIC, &echo->certificate, note));
    TRY(read_text(home, "tls/node.key", FILE_SECRET, &echo->key, note));
    TRY(read_text(home, "tls/ca.pem", FILE_PUBLIC, &echo->authority, note));
    echo->services[0] = (struct rpc_service){&talea__v1__till_service__descriptor, methods,
                                             sizeof methods / sizeof methods[0], echo};
    echo->services[1] =
        (struct rpc_service){&talea__v1__ledger_service__descriptor, ledger_methods,
                             sizeof ledger_methods / sizeof ledger_methods[0], echo};
    struct rpc_server_options options = {
        .listen_address = address,
        .tls = {echo, generation, load_pem, accepts},
        .file_descriptor_set =
            slice_of(talea_proto_descriptor_set, talea_proto_descriptor_set_length),
        .workers = 4, /* a node's default */
        .streams_max = 16,
    };
    return rpc_server_start(&options, echo->services, 2, &echo->server, note);
}

enum err echo_start(const struct home *home, const char *address, struct echo **out_echo,
                    struct note *note)
{
    struct echo *echo = calloc(1, sizeof *echo);
    enum err err = echo == NULL ? ERR_RESOURCE : start(home, address, echo, note);
    if (err != ERR_OK) {
        echo_stop(echo);
        return err;
    }
    rpc_server_set_serving(echo->server, true);
    *out_echo = echo;
    return ERR_OK;
}

void echo_stop(struct echo *echo)
{
    if (echo != NULL) {
        rpc_server_stop(echo->server, DRAIN_MS);
        buffer_fini(&echo->certificate);
        buffer_fini(&echo->key);
        buffer_fini(&echo->authority);
        free(echo);
    }
}
