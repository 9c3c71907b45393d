#include "rpc/server_internal.h"

/* Runs at each handshake, under C core's own lock. On failure C core keeps the certificate it has,
 * and the next handshake tries again. */
static grpc_ssl_certificate_config_reload_status
fetch_certificate(void *context, grpc_ssl_server_certificate_config **out_config)
{
    struct rpc_server *server = context;
    const struct rpc_server_tls *tls = &server->options.tls;
    uint64_t generation = tls->generation(tls->context);
    if (server->is_tls_loaded && generation == server->tls_generation) {
        return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const char *roots = NULL;
    grpc_ssl_pem_key_cert_pair pair = {NULL, NULL};
    if (tls->load(tls->context, &pair.cert_chain, &pair.private_key, &roots) != ERR_OK) {
        return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    }
    *out_config = grpc_ssl_server_certificate_config_create(roots, &pair, 1);
    server->tls_generation = generation;
    server->is_tls_loaded = true;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

grpc_server_credentials *server_credentials_create(struct rpc_server *server)
{
    return grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, fetch_certificate, server));
}
