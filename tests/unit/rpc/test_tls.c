/* Who gets a connection, and whose certificates count. */
#include "fixture.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How a call ends for a client with this certificate. */
static struct rpc_status say_with(struct fixture *f, const struct authority *authority,
                                  const char *names, long valid_s)
{
    struct certificate certificate;
    certificate_issue(authority, names, valid_s, &certificate);
    struct rpc_client *client = fixture_client(f, &certificate);
    struct rpc_status status = fixture_say(client, "Say", "x", CALL_MS);
    rpc_client_close(client);
    certificate_fini(&certificate);
    return status;
}

static void foreign_authority_gets_no_connection(void **state)
{
    struct authority foreign;
    authority_init(&foreign, "foreign root");
    struct rpc_status status = say_with(*state, &foreign, TILL_URI, DAY_S);
    authority_fini(&foreign);
    assert_int_equal(status.code, 14);
    assert_string_equal(status.reason, "UNAVAILABLE");
}

static void expired_certificate_gets_no_connection(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(say_with(f, &f->authority, TILL_URI, -60).code, 14);
    assert_int_equal(say_with(f, &f->authority, TILL_URI, 60).code, 0);
}

static void certificate_without_identity_is_unauthenticated(void **state)
{
    struct fixture *f = *state;
    static const char *const names[][2] = {
        {"DNS:lane-1.example", "NO_IDENTITY"},
        {"URI:https://sunrise/acme/till/lane-1", "NO_IDENTITY"},
        {"URI:talea://sunrise/acme/cashier/lane-1", "NO_IDENTITY"},
        {TILL_URI ",URI:talea://sunrise/acme/admin/ops", "AMBIGUOUS_IDENTITY"},
        {"URI:talea://moonrise/acme/till/lane-1", "IDENTITY_NOT_ACCEPTED"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct rpc_status status = say_with(f, &f->authority, names[i][0], DAY_S);
        assert_int_equal(status.code, 16);
        assert_string_equal(status.reason, names[i][1]);
    }
    assert_int_equal(say_with(f, &f->authority, "URI:https://other.example/," TILL_URI, DAY_S).code,
                     0);
}

static void identity_is_asked_for_again_when_trust_changes(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 0);
    atomic_store(&f->is_refusing, true);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 0);
    assert_int_equal(atomic_load(&f->accept_count), 1);
    atomic_fetch_add(&f->generation, 1);
    struct rpc_status status = fixture_say(client, "Say", "x", CALL_MS);
    assert_int_equal(status.code, 16);
    assert_string_equal(status.reason, "IDENTITY_NOT_ACCEPTED");
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 16);
    assert_int_equal(atomic_load(&f->accept_count), 2);
    rpc_client_close(client);
}

static void server_must_have_the_expected_name(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = NULL;
    struct rpc_client_options options = {.address = f->address,
                                         .certificate_chain = f->till.pem,
                                         .key = f->till.key,
                                         .trusted_roots = f->authority.pem,
                                         .server_dns_name = "node.other.example"};
    assert_int_equal(rpc_client_open(&options, &client, NULL), ERR_OK);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 14);
    rpc_client_close(client);
}

static SSL *tls_connect(struct fixture *f, SSL_CTX *context, int *out_socket)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)rpc_server_port(f->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    SSL *ssl = SSL_new(context);
    static const unsigned char protocols[] = "\x02h2";
    SSL_set_alpn_protos(ssl, protocols, 3);
    SSL_set_fd(ssl, fd);
    *out_socket = fd;
    return ssl;
}

/* In TLS 1.2 a client without one fails for that reason already. */
static void use_certificate(SSL_CTX *context, const struct certificate *certificate)
{
    BIO *pem = BIO_new_mem_buf(certificate->pem, -1);
    BIO *key_pem = BIO_new_mem_buf(certificate->key, -1);
    X509 *leaf = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_pem, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_certificate(context, leaf), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(pem);
    BIO_free(key_pem);
}

/* The number of the certificate that the server shows to a plain TLS client of these versions; 0
 * when there is no handshake. */
static uint64_t handshake(struct fixture *f, int version_max, int *out_version)
{
    int fd;
    uint64_t serial = 0;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    /* The floor is set for the whole process; this client has none. */
    SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1_2);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, version_max);
    use_certificate(context, &f->till);
    SSL *ssl = tls_connect(f, context, &fd);
    if (SSL_connect(ssl) == 1) {
        X509 *certificate = SSL_get1_peer_certificate(ssl);
        ASN1_INTEGER_get_uint64(&serial, X509_get0_serialNumber(certificate));
        X509_free(certificate);
        *out_version = SSL_version(ssl);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return serial;
}

static void only_tls_1_3_is_spoken(void **state)
{
    struct fixture *f = *state;
    int version = 0;
    assert_int_not_equal(handshake(f, TLS1_3_VERSION, &version), 0);
    assert_int_equal(version, TLS1_3_VERSION);
    assert_int_equal(handshake(f, TLS1_2_VERSION, &version), 0);
}

static void certificate_is_reloaded(void **state)
{
    struct fixture *f = *state;
    int version;
    struct certificate old = f->server_certificate;
    struct rpc_client *client = fixture_client(f, NULL);
    assert_int_equal(fixture_say(client, "Say", "before", CALL_MS).code, 0);
    uint64_t first = handshake(f, TLS1_3_VERSION, &version);
    certificate_issue(&f->authority, "DNS:" SERVER_NAME, DAY_S, &f->server_certificate);
    assert_int_equal(handshake(f, TLS1_3_VERSION, &version), first);
    atomic_store(&f->is_load_failing, true);
    atomic_fetch_add(&f->generation, 1);
    assert_int_equal(handshake(f, TLS1_3_VERSION, &version), first); /* stays with what it has */
    atomic_store(&f->is_load_failing, false);
    uint64_t second = handshake(f, TLS1_3_VERSION, &version);
    assert_int_not_equal(second, 0);
    assert_int_not_equal(second, first);
    assert_int_equal(fixture_say(client, "Say", "after", CALL_MS).code, 0);
    rpc_client_close(client);
    certificate_fini(&old);
}

static void trusted_roots_are_reloaded(void **state)
{
    struct fixture *f = *state;
    struct authority old = f->authority;
    authority_init(&f->authority, "new root");
    struct authority new = f->authority;
    struct certificate certificate;
    certificate_issue(&new, TILL_URI, DAY_S, &certificate);

    f->authority = old; /* whom the clients trust */
    struct rpc_client *client = fixture_client(f, &certificate);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 14);
    rpc_client_close(client);
    f->authority = new; /* whom the server trusts from the next handshake on */
    atomic_fetch_add(&f->generation, 1);
    struct rpc_client_options options = {.address = f->address,
                                         .certificate_chain = certificate.pem,
                                         .key = certificate.key,
                                         .trusted_roots = old.pem,
                                         .server_dns_name = SERVER_NAME};
    assert_int_equal(rpc_client_open(&options, &client, NULL), ERR_OK);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 0);
    rpc_client_close(client);
    certificate_fini(&certificate);
    authority_fini(&old);
}

static void bad_start_says_why(void **state)
{
    struct fixture *f = *state;
    struct rpc_server_options options = fixture_options(f);
    struct rpc_server *server = NULL;
    struct note note = {{0}};
    options.listen_address = f->address; /* taken */
    assert_int_equal(rpc_server_start(&options, &f->service, 1, &server, &note), ERR_UNAVAILABLE);
    assert_non_null(strstr(note.text, f->address));
    options = fixture_options(f);
    atomic_store(&f->is_load_failing, true);
    assert_int_equal(rpc_server_start(&options, &f->service, 1, &server, &note), ERR_UNAVAILABLE);
    assert_non_null(strstr(note.text, "certificate"));
    atomic_store(&f->is_load_failing, false);

    struct rpc_method method = {"Nothing", 0, RPC_INLINE, NULL, NULL};
    struct rpc_service service = f->service;
    service.methods = &method;
    service.method_count = 1;
    assert_int_equal(rpc_server_start(&options, &service, 1, &server, &note), ERR_INPUT);
    assert_string_equal(note.text, "talea.test.v1.Echo has no method Nothing");
    method.name = "Say";
    assert_int_equal(rpc_server_start(&options, &service, 1, &server, &note), ERR_INPUT);
    assert_string_equal(note.text, "/talea.test.v1.Echo/Say has a handler of the wrong kind");
    options.file_descriptor_set = slice_of("", 0);
    assert_int_equal(rpc_server_start(&options, &service, 1, &server, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, "talea.test.v1.Echo.Say"));
    options.file_descriptor_set = slice_of("\x0a\x05xx", 4);
    assert_int_equal(rpc_server_start(&options, &service, 1, &server, &note), ERR_CORRUPT);
    assert_null(server);
    assert_true(atomic_load(&f->is_log_heard));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(foreign_authority_gets_no_connection),
        TEST(expired_certificate_gets_no_connection),
        TEST(certificate_without_identity_is_unauthenticated),
        TEST(identity_is_asked_for_again_when_trust_changes),
        TEST(server_must_have_the_expected_name),
        TEST(only_tls_1_3_is_spoken),
        TEST(certificate_is_reloaded),
        TEST(trusted_roots_are_reloaded),
        TEST(bad_start_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
