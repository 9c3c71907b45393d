#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "telemetry/http.h"

/* A server with routes, and a gate that a handler waits at. */
struct fixture {
    struct metrics *metrics;
    struct http_server *server;
    struct http_route routes[4];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_entered;
    bool is_released;
    unsigned reasons;
    char answer[65536];
};

static void check_readiness(void *context, struct readiness *readiness)
{
    const struct fixture *f = context;
    for (unsigned i = 0; i < f->reasons; i++) {
        readiness_add(readiness, "reason %u: \"%s\"", i, "late\xff");
    }
}

static void serve_echo(void *context, const struct http_request *request, struct http_reply *reply)
{
    (void)context;
    const char *name = http_request_query(request, "name");
    const char *agent = http_request_header(request, "X-Agent");
    http_reply_text(reply, 201, name == NULL ? "-" : name);
    write_bytes(&reply->body, "|", 1);
    http_reply_text(reply, 201, agent == NULL ? "-" : agent);
    write_bytes(&reply->body, "|", 1);
    write_bytes(&reply->body, request->body.at, request->body.length);
    http_reply_header(reply, "X-Path", request->path);
}

static void serve_gate(void *context, const struct http_request *request, struct http_reply *reply)
{
    (void)request;
    struct fixture *f = context;
    pthread_mutex_lock(&f->lock);
    f->is_entered = true;
    pthread_cond_broadcast(&f->changed);
    while (!f->is_released) {
        pthread_cond_wait(&f->changed, &f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    http_reply_text(reply, 200, "through");
}

static void serve_overflow(void *context, const struct http_request *request,
                           struct http_reply *reply)
{
    (void)context;
    (void)request;
    reply->body.limit = 2;
    write_bytes(&reply->body, "abc", 3);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    static const struct metric_spec spec = {"x_total", "Help.", 0};
    struct metric_counter *counter = NULL;
    assert_int_equal(metrics_create(&f->metrics), ERR_OK);
    assert_int_equal(metrics_add_counter(f->metrics, &spec, METRIC_NO_LABELS, &counter), ERR_OK);
    metric_counter_add(counter, 5);
    f->routes[0] = (struct http_route){"POST", "/echo", serve_echo, f};
    f->routes[1] = (struct http_route){"GET", "/tree/", serve_echo, f};
    f->routes[2] = (struct http_route){"GET", "/gate", serve_gate, f};
    f->routes[3] = (struct http_route){"GET", "/overflow", serve_overflow, f};
    struct http_options options = {.listen = {"127.0.0.1", 0},
                                   .metrics = f->metrics,
                                   .check_readiness = check_readiness,
                                   .readiness_context = f,
                                   .routes = f->routes,
                                   .route_count = 4};
    struct note note = {""};
    assert_int_equal(http_server_start(&options, &f->server, &note), ERR_OK);
    assert_true(http_server_port(f->server) > 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_server_stop(f->server, 1000);
    metrics_destroy(f->metrics);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
    return 0;
}

static int dial(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(file >= 0);
    if (connect(file, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(file);
        return -1;
    }
    return file;
}

static void say(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(file, text, length, MSG_NOSIGNAL);
        assert_true(sent > 0);
        text += sent;
        length -= (size_t)sent;
    }
}

/* All until the server closes. */
static const char *hear(struct fixture *f, int file)
{
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length < sizeof f->answer - 1;) {
        got = recv(file, f->answer + length, sizeof f->answer - 1 - length, 0);
        length += got > 0 ? (size_t)got : 0;
    }
    f->answer[length] = '\0';
    close(file);
    return f->answer;
}

static const char *ask(struct fixture *f, const char *method, const char *path)
{
    char text[512];
    int length = snprintf(text, sizeof text,
                          "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, path);
    int file = dial(http_server_port(f->server));
    assert_true(file >= 0);
    say(file, text, (size_t)length);
    return hear(f, file);
}

static void expect(const char *answer, const char *status, const char *end)
{
    assert_true(strncmp(answer, status, strlen(status)) == 0);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_string_equal(body + 4, end);
}

static void test_probes(void **state)
{
    struct fixture *f = *state;
    const char *page = ask(f, "GET", "/metrics");
    assert_non_null(strstr(page, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(page, "Cache-Control: no-store\r\n"));
    expect(page, "HTTP/1.1 200 ", "# HELP x_total Help.\n# TYPE x_total counter\nx_total 5\n");
    expect(ask(f, "GET", "/healthz"), "HTTP/1.1 200 ", "ok\n");
    expect(ask(f, "HEAD", "/healthz"), "HTTP/1.1 200 ", "");
    expect(ask(f, "GET", "/readyz"), "HTTP/1.1 200 ", "{\"ready\":true,\"reasons\":[]}\n");
    f->reasons = 2;
    const char *late = ask(f, "GET", "/readyz");
    assert_non_null(strstr(late, "Content-Type: application/json\r\n"));
    expect(late, "HTTP/1.1 503 ",
           "{\"ready\":false,\"reasons\":[\"reason 0: \\\"late?\\\"\",\"reason 1: "
           "\\\"late?\\\"\"]}\n");
    f->reasons = READINESS_REASONS_MAX + 3;
    assert_non_null(strstr(ask(f, "GET", "/readyz"), "reason 7"));
    assert_null(strstr(f->answer, "reason 8"));
    expect(ask(f, "GET", "/healthz"), "HTTP/1.1 200 ", "ok\n");
}

static void test_unknown_paths_and_methods(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "GET", "/"), "HTTP/1.1 404 ", "not found\n");
    expect(ask(f, "GET", "/metricsx"), "HTTP/1.1 404 ", "not found\n");
    expect(ask(f, "GET", "/metrics/"), "HTTP/1.1 404 ", "not found\n");
    const char *refused = ask(f, "DELETE", "/metrics");
    assert_non_null(strstr(refused, "Allow: GET, HEAD\r\n"));
    expect(refused, "HTTP/1.1 405 ", "method not allowed\n");
    assert_non_null(strstr(ask(f, "GET", "/echo"), "Allow: POST\r\n"));
    assert_true(strncmp(ask(f, "NONSENSE", "/x y z"), "HTTP/1.1 4", 10) == 0 ||
                f->answer[0] == '\0');
}

static void test_routes(void **state)
{
    struct fixture *f = *state;
    static const char post[] = "POST /echo?name=a%20b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                               "X-Agent: till\r\nContent-Length: 4\r\n\r\nbody";
    int file = dial(http_server_port(f->server));
    say(file, post, sizeof post - 1);
    expect(hear(f, file), "HTTP/1.1 201 ", "a b|till|body");
    assert_non_null(strstr(ask(f, "GET", "/tree/a%2fb"), "X-Path: /tree/a/b\r\n"));
    expect(f->answer, "HTTP/1.1 201 ", "-|-|");
    expect(ask(f, "GET", "/overflow"), "HTTP/1.1 500 ", "out of room\n");
}

static void test_long_bodies_are_refused(void **state)
{
    struct fixture *f = *state;
    char head[128];
    char *body = calloc(1, LIMIT_HTTP_BODY_BYTES + 1);
    assert_non_null(body);
    for (unsigned more = 0; more < 2; more++) {
        int length = snprintf(head, sizeof head,
                              "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                              "Content-Length: %u\r\n\r\n",
                              LIMIT_HTTP_BODY_BYTES + more);
        int file = dial(http_server_port(f->server));
        say(file, head, (size_t)length);
        say(file, body, LIMIT_HTTP_BODY_BYTES + more);
        const char *answer = hear(f, file);
        assert_true(strncmp(answer, more == 0 ? "HTTP/1.1 201 " : "HTTP/1.1 413 ", 13) == 0);
    }
    free(body);
}

static void test_start_errors(void **state)
{
    struct fixture *f = *state;
    struct http_server *second = NULL;
    struct note note = {""};
    struct http_options options = {.listen = {"127.0.0.1", 0}, .metrics = f->metrics};
    options.listen.port = (uint16_t)http_server_port(f->server);
    assert_int_equal(http_server_start(&options, &second, &note), ERR_UNAVAILABLE);
    char expected[128];
    snprintf(expected, sizeof expected, "can't listen on 127.0.0.1:%d: Address already in use",
             http_server_port(f->server));
    assert_string_equal(note.text, expected);
    options.listen = (struct address){"192.0.2.1", 0};
    assert_int_equal(http_server_start(&options, &second, &note), ERR_UNAVAILABLE);
    assert_null(second);
    http_server_stop(NULL, 0);
}

static void *stop_server(void *context)
{
    struct fixture *f = context;
    http_server_stop(f->server, 60000);
    return NULL;
}

/* A request that is being handled when the stop begins still gets its answer. */
static void test_stop_drains(void **state)
{
    struct fixture *f = *state;
    static const char get[] = "GET /gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    int port = http_server_port(f->server);
    int file = dial(port);
    say(file, get, sizeof get - 1);
    pthread_mutex_lock(&f->lock);
    while (!f->is_entered) {
        pthread_cond_wait(&f->changed, &f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_server, f), 0);
    for (int again = dial(port); again >= 0; again = dial(port)) {
        close(again);
    }
    pthread_mutex_lock(&f->lock);
    f->is_released = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    expect(hear(f, file), "HTTP/1.1 200 ", "through");
    pthread_join(stopper, NULL);
    f->server = NULL;
}

static void test_stop_with_idle_connections(void **state)
{
    struct fixture *f = *state;
    static const char get[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    int idle = dial(http_server_port(f->server));
    say(idle, get, sizeof get - 1);
    char head[16];
    assert_int_equal(recv(idle, head, sizeof head, MSG_WAITALL), sizeof head);
    int silent = dial(http_server_port(f->server));
    http_server_stop(f->server, 60000);
    f->server = NULL;
    hear(f, idle);
    assert_string_equal(hear(f, silent), "");
}

/* A caller that never sends its body holds the stop up for no longer than the drain. */
static void test_stop_gives_up_on_slow_callers(void **state)
{
    struct fixture *f = *state;
    static const char post[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                               "Expect: 100-continue\r\n\r\n";
    int slow = dial(http_server_port(f->server));
    say(slow, post, sizeof post - 1);
    char head[12];
    assert_int_equal(recv(slow, head, sizeof head, MSG_WAITALL), sizeof head);
    assert_memory_equal(head, "HTTP/1.1 100", sizeof head);
    http_server_stop(f->server, 20);
    f->server = NULL;
    assert_null(strstr(hear(f, slow), "HTTP/1.1 201"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_probes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_paths_and_methods, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_routes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_bodies_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_start_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop_drains, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop_with_idle_connections, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop_gives_up_on_slow_callers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
