#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/limits.h"
#include "base/waiting.h"
#include "pki/identity.h"

#define PAUSE_FIRST_MS 20
#define PAUSE_LAST_MS  500

const char *talea_version(void)
{
    return TALEA_VERSION;
}

void talea_uuid_v7(char out_uuid[TALEA_UUID_SIZE])
{
    uint8_t randomness[10];
    struct clock_port clock = clock_of_system();
    while (getrandom(randomness, sizeof randomness, 0) != (ssize_t)sizeof randomness) {
    } /* so few bytes come whole, unless a signal comes first */
    struct uid uid = uid_v7(clock_now(&clock).ms, randomness);
    uid_format(&uid, out_uuid);
}

int client_fail(struct talea_error *error, int code, const char *reason, const char *message)
{
    if (error != NULL) {
        error->code = code;
        client_copy(error->reason, sizeof error->reason, reason);
        client_copy(error->message, sizeof error->message, message);
    }
    return code;
}

static int fail_err(struct talea_error *error, enum err err, const struct note *note)
{
    const struct err_row *row = err_describe(err);
    return client_fail(error, row->grpc_status, row->name,
                       note->text[0] == '\0' ? row->sentence : note->text);
}

static enum err read_pem(const char *option, const char *value, enum file_access access,
                         struct buffer *out, struct note *note)
{
    static const char begin[] = "-----BEGIN";
    if (value == NULL) {
        return note_set(note, ERR_INPUT, "the option %s is missing", option);
    }
    if (strncmp(value, begin, strlen(begin)) == 0) {
        write_bytes(out, value, strlen(value));
    } else {
        TRY(file_read(value, access, LIMIT_PEM_BYTES, out, note));
    }
    write_u8(out, 0);
    return out->err;
}

static enum err open_client(const struct talea_options *options, struct rpc_client **out_rpc,
                            struct note *note)
{
    CLEANUP(buffer_fini) struct buffer certificate = {0};
    CLEANUP(buffer_fini) struct buffer key = {0};
    CLEANUP(buffer_fini) struct buffer ca = {0};
    char server[PARTNER_ID_MAX + COALITION_NAME_MAX + 8];
    struct partner_id partner;
    if (options->address == NULL) {
        return note_set(note, ERR_INPUT, "the option address is missing");
    }
    if (options->partner == NULL || partner_id_parse(options->partner, &partner) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the option partner is no partner's id");
    }
    if (options->coalition == NULL || strlen(options->coalition) >= COALITION_NAME_MAX) {
        return note_set(note, ERR_INPUT, "the option coalition is no coalition's name");
    }
    TRY(read_pem("certificate", options->certificate, FILE_PUBLIC, &certificate, note));
    TRY(read_pem("key", options->key, FILE_SECRET, &key, note));
    TRY(read_pem("ca", options->ca, FILE_PUBLIC, &ca, note));
    snprintf(server, sizeof server, "%s.%s.talea", partner.text, options->coalition);
    struct rpc_client_options rpc = {.address = options->address,
                                     .certificate_chain = (const char *)certificate.at,
                                     .key = (const char *)key.at,
                                     .trusted_roots = (const char *)ca.at,
                                     .server_dns_name = server};
    return rpc_client_open(&rpc, out_rpc, note);
}

int talea_connect(const struct talea_options *options, struct talea_client **out_client,
                  struct talea_error *error)
{
    struct note note = {""};
    struct talea_client *client = calloc(1, sizeof *client);
    enum err err = client == NULL ? ERR_RESOURCE : open_client(options, &client->rpc, &note);
    if (err != ERR_OK) {
        free(client);
        return fail_err(error, err, &note);
    }
    *out_client = client;
    return TALEA_OK;
}

void talea_disconnect(struct talea_client *client)
{
    if (client != NULL) {
        rpc_client_close(client->rpc);
        free(client);
    }
}

static bool is_worth_repeating(int code)
{
    return code == TALEA_UNAVAILABLE || code == TALEA_CANCELLED;
}

int client_call(struct talea_client *client, const ProtobufCServiceDescriptor *service,
                const char *method, const ProtobufCMessage *request, int64_t timeout_ms,
                ProtobufCMessage **out_reply, struct talea_error *error)
{
    if (timeout_ms <= 0) {
        return client_fail(error, TALEA_INVALID_ARGUMENT, "INVALID_INPUT",
                           "The timeout must be more than 0 ms.");
    }
    int64_t end = clock_ms() + timeout_ms;
    int64_t pause = PAUSE_FIRST_MS;
    for (;;) {
        int64_t left = end - clock_ms();
        struct rpc_status status =
            rpc_client_call(client->rpc, service, method, request, left < 1 ? 1 : left, out_reply);
        if (status.code == TALEA_OK) {
            return TALEA_OK;
        }
        left = end - clock_ms();
        if (!is_worth_repeating(status.code) || left <= pause) {
            return client_fail(error, status.code, status.reason, status.message);
        }
        pause_ms(pause);
        pause = 2 * pause > PAUSE_LAST_MS ? PAUSE_LAST_MS : 2 * pause;
    }
}

void client_free(ProtobufCMessage *reply)
{
    if (reply != NULL) {
        protobuf_c_message_free_unpacked(reply, NULL);
    }
}

char *client_text(const char *text)
{
    union {
        const char *from;
        char *to;
    } pointer = {text == NULL ? "" : text};
    return pointer.to;
}

void client_copy(char *out, size_t capacity, const char *text)
{
    snprintf(out, capacity, "%s", text == NULL ? "" : text);
}
