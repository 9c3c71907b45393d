#include "rpc/runtime.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* No tickets: a resumed session would skip the check of the caller's certificate chain. C core
 * lowers MinProtocol again, but not Protocol. */
static const char tls_floor[] = "openssl_conf = talea\n"
                                "[talea]\n"
                                "ssl_conf = talea_ssl\n"
                                "[talea_ssl]\n"
                                "system_default = talea_tls\n"
                                "[talea_tls]\n"
                                "MinProtocol = TLSv1.3\n"
                                "Protocol = -TLSv1.2, -TLSv1.1, -TLSv1\n"
                                "CipherString = DEFAULT@SECLEVEL=2\n"
                                "Options = -SessionTicket\n"
                                "NumTickets = 0\n";

/* The only state of the process that is not reached through an argument: C core's log hook has no
 * context, and OpenSSL's configuration is one for all. */
static struct {
    pthread_once_t once;
    enum err started;
    pthread_mutex_t mutex;
    runtime_log_line *log_line;
    void *log_context;
} process = {.once = PTHREAD_ONCE_INIT, .mutex = PTHREAD_MUTEX_INITIALIZER};

static void on_core_log(gpr_log_func_args *args)
{
    char line[1024];
    const char *slash = strrchr(args->file, '/');
    snprintf(line, sizeof line, "%s %s:%d %s", gpr_log_severity_string(args->severity),
             slash == NULL ? args->file : slash + 1, args->line, args->message);
    pthread_mutex_lock(&process.mutex);
    if (process.log_line != NULL) {
        process.log_line(process.log_context, line);
    }
    pthread_mutex_unlock(&process.mutex);
}

static void bio_free(BIO **bio)
{
    BIO_free(*bio);
}

static void conf_free(CONF **conf)
{
    NCONF_free(*conf);
}

/* After OpenSSL's own file, whose system_default this replaces. OpenSSL does not clear up when the
 * process ends: some threads of C core are detached, and may use it until then. */
static enum err set_tls_floor(void)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) != 1) {
        return ERR_INTERNAL;
    }
    CLEANUP(bio_free) BIO *bio = BIO_new_mem_buf(tls_floor, (int)strlen(tls_floor));
    CLEANUP(conf_free) CONF *conf = NCONF_new(NULL);
    long bad_line = 0;
    if (bio == NULL || conf == NULL || NCONF_load_bio(conf, bio, &bad_line) != 1 ||
        CONF_modules_load(conf, NULL, 0) != 1) {
        return ERR_INTERNAL;
    }
    return ERR_OK;
}

static void start_process(void)
{
    gpr_set_log_function(on_core_log);
    process.started = set_tls_floor();
}

enum err runtime_acquire(struct note *note)
{
    pthread_once(&process.once, start_process);
    if (process.started != ERR_OK) {
        return note_set(note, process.started, "OpenSSL does not take TLS 1.3 as its minimum");
    }
    grpc_init();
    return ERR_OK;
}

void runtime_release(void)
{
    grpc_shutdown_blocking();
}

void runtime_set_log(runtime_log_line *log_line, void *context)
{
    pthread_mutex_lock(&process.mutex);
    process.log_line = log_line;
    process.log_context = context;
    pthread_mutex_unlock(&process.mutex);
}

void runtime_clear_log(runtime_log_line *log_line, void *context)
{
    pthread_mutex_lock(&process.mutex);
    if (process.log_line == log_line && process.log_context == context) {
        process.log_line = NULL;
        process.log_context = NULL;
    }
    pthread_mutex_unlock(&process.mutex);
}
