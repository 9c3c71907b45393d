/* A shorter turn, and nothing else of how the kernel treats a thread. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time_slice.h"

#define SHORT_NS 100000u

/* The kernel's sched_attr: sched_setattr(2). */
struct attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

static struct attr own_attr(void)
{
    struct attr attr = {.size = sizeof attr};
    assert_int_equal(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0), 0);
    return attr;
}

static void *look(void *context)
{
    *(struct attr *)context = own_attr();
    return NULL;
}

static struct attr attr_of_new_thread(void)
{
    pthread_t thread;
    struct attr attr;
    assert_int_equal(pthread_create(&thread, NULL, look, &attr), 0);
    pthread_join(thread, NULL);
    return attr;
}

static void slice_is_shorter_and_nothing_else_changes(void **state)
{
    (void)state;
    assert_int_equal(setpriority(PRIO_PROCESS, 0, 3), 0);
    struct attr before = own_attr();
    time_slice_ask_short();
    struct attr after = own_attr();
    struct attr thread = attr_of_new_thread();
    assert_int_equal(thread.runtime_ns, after.runtime_ns);
    assert_int_equal(thread.nice, 3);
    bool is_told = before.runtime_ns != 0; /* by a kernel that knows of slices */
    assert_int_equal(after.runtime_ns, is_told ? SHORT_NS : 0);
    after.runtime_ns = before.runtime_ns;
    assert_memory_equal(&before, &after, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slice_is_shorter_and_nothing_else_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
