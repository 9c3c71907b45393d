/* A lock that is left and taken again at once lets those in who wait for it. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/spin.h"

#define TURNS  50u
#define ROUNDS 100u
#define TRIES  50u
#define YIELDS 10000u

struct shared {
    struct spin lock;
    unsigned turns; /* of who waits; under the lock */
};

static void *take_turns(void *context)
{
    struct shared *shared = context;
    for (unsigned i = 0; i < TURNS; i++) {
        spin_lock(&shared->lock);
        shared->turns++;
        spin_unlock(&shared->lock);
    }
    return NULL;
}

/* Somebody waits, and has looked so often that it sleeps between two looks, for longer than all
 * rounds take. */
static void await_sleeper(const struct spin *lock)
{
    while (atomic_load(&lock->waiting) == 0) {
        (void)sched_yield();
    }
    for (unsigned i = 0; i < YIELDS; i++) {
        (void)sched_yield();
    }
}

/* On a busy machine the other thread may not get a core at once. */
static void let_in(const struct spin *lock)
{
    for (unsigned i = 0; i < TRIES && atomic_load(&lock->waiting) > 0; i++) {
        spin_let_in(lock);
    }
}

static void who_waits_is_let_in(void **state)
{
    struct shared shared = {.turns = 0};
    pthread_t thread;
    unsigned before = 0;
    (void)state;
    spin_lock(&shared.lock);
    assert_int_equal(pthread_create(&thread, NULL, take_turns, &shared), 0);
    while (before < TURNS) {
        await_sleeper(&shared.lock);
        for (unsigned i = 0; i < ROUNDS && shared.turns == before; i++) {
            spin_unlock(&shared.lock);
            let_in(&shared.lock);
            spin_lock(&shared.lock);
        }
        assert_true(shared.turns > before);
        before = shared.turns;
    }
    spin_unlock(&shared.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void nobody_is_waited_for_in_vain(void **state)
{
    struct spin lock = {false, 0};
    (void)state;
    spin_lock(&lock);
    spin_let_in(&lock); /* though it is held: nobody waits */
    spin_unlock(&lock);
    assert_false(atomic_load(&lock.is_held));
    assert_int_equal(atomic_load(&lock.waiting), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_is_let_in),
        cmocka_unit_test(nobody_is_waited_for_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
