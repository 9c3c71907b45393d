/* What is left to OpenSSL when a process ends. Threads of C core that nobody can wait for may be in
 * it at that moment, so it must not clear up, whichever of our doors was the first to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#include "pki/certificate.h"
#include "pki/trust.h"
#include "rpc/runtime.h"

enum {
    EXIT_CLEARED_UP = 3
};

static void on_clear_up(void)
{
    _exit(EXIT_CLEARED_UP);
}

static bool is_runtime_used(void)
{
    struct note note = {""};
    if (runtime_acquire(&note) != ERR_OK) {
        return false;
    }
    runtime_release();
    return true;
}

static bool is_key_made(void)
{
    struct note note = {""};
    struct certificate_pair pair = {0};
    struct partner_id partner;
    bool is_made =
        partner_id_parse("grocer", &partner) == ERR_OK &&
        certificate_make_authority("demo", &partner, (struct unix_ms){0}, &pair, &note) == ERR_OK;
    certificate_pair_fini(&pair);
    return is_made;
}

static bool is_text_read(void)
{
    struct note note = {""};
    struct unix_ms at;
    return pki_not_after(slice_of("no PEM", 6), &at, &note) == ERR_INPUT;
}

/* In a process of its own, whose first use of OpenSSL it is. */
static void assert_left_alone(bool (*is_used)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        exit(is_used() && OPENSSL_atexit(on_clear_up) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
}

static void test_openssl_is_left_alone_at_the_end(void **state)
{
    (void)state;
    assert_left_alone(is_runtime_used);
    assert_left_alone(is_key_made);
    assert_left_alone(is_text_read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_openssl_is_left_alone_at_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
