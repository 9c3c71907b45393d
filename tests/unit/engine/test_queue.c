/* The writer's queue: its two lanes, whose turn it is, and who takes. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/queue.h"

struct room {
    struct queue queue;
    struct incoming_batch batch;
    struct submission singles[3];
    struct submission batches[3];
    struct submission commands[2];
};

static void begin(struct room *room)
{
    *room = (struct room){.batch = {.count = QUEUE_BULK_WORK}};
    queue_init(&room->queue, 100);
    for (size_t i = 0; i < 3; i++) {
        room->singles[i].kind = SUBMISSION_COMMAND;
        room->batches[i].kind = SUBMISSION_TAKE_BATCH;
        room->batches[i].batch = &room->batch;
    }
    for (size_t i = 0; i < 2; i++) {
        room->commands[i].kind = SUBMISSION_COMMANDS;
        room->commands[i].count = 10;
    }
}

static void put(struct room *room, struct submission *submission)
{
    assert_int_equal(queue_put(&room->queue, submission), ERR_OK);
}

/* Takes what must be `count` submissions, beginning with `first`. */
static struct taken take(struct room *room, const struct submission *first, size_t count)
{
    struct taken taken;
    size_t found = 0;
    const struct submission *list = queue_take(&room->queue, &taken);
    assert_ptr_equal(list, first);
    for (; list != NULL; list = list->next) {
        found++;
    }
    assert_int_equal(found, count);
    return taken;
}

static void single_commands_come_first(void **state)
{
    struct room room;
    (void)state;
    begin(&room);
    put(&room, &room.batches[0]);
    put(&room, &room.batches[1]);
    put(&room, &room.singles[0]);
    put(&room, &room.singles[1]);
    assert_true(take(&room, &room.singles[0], 2).is_waited_for);
    assert_false(take(&room, &room.batches[0], 1).is_waited_for);
    assert_false(take(&room, &room.batches[1], 1).is_waited_for);
    assert_int_equal(queue_length(&room.queue), 0);
    queue_fini(&room.queue);
}

static void nobody_waits_for_ever(void **state)
{
    struct room room;
    (void)state;
    begin(&room);
    put(&room, &room.batches[0]);
    put(&room, &room.singles[0]);
    (void)take(&room, &room.singles[0], 1);
    put(&room, &room.singles[1]);
    put(&room, &room.batches[1]);
    (void)take(&room, &room.batches[0], 1);
    assert_true(take(&room, &room.singles[1], 1).is_waited_for);
    put(&room, &room.singles[2]);
    (void)take(&room, &room.batches[1], 1);
    assert_false(take(&room, &room.singles[2], 1).is_waited_for);
    queue_fini(&room.queue);
}

static void small_batches_go_together(void **state)
{
    struct room room;
    (void)state;
    begin(&room);
    put(&room, &room.commands[0]);
    put(&room, &room.commands[1]);
    put(&room, &room.batches[0]);
    put(&room, &room.batches[1]);
    assert_int_equal(queue_length(&room.queue), 22);
    (void)take(&room, &room.commands[0], 3);
    assert_int_equal(queue_length(&room.queue), 1);
    (void)take(&room, &room.batches[1], 1);
    queue_close(&room.queue);
    assert_true(take(&room, NULL, 0).is_over);
    assert_int_equal(queue_put(&room.queue, &room.singles[0]), ERR_UNAVAILABLE);
    queue_fini(&room.queue);
}

/* A flight of its own would be a waste. */
static void short_work_goes_along(void **state)
{
    struct room room;
    (void)state;
    begin(&room);
    put(&room, &room.commands[0]);
    put(&room, &room.singles[0]);
    put(&room, &room.commands[1]);
    put(&room, &room.singles[1]);
    assert_false(take(&room, &room.singles[0], 4).is_waited_for);
    assert_ptr_equal(room.singles[1].next, &room.commands[0]);
    room.commands[0].count = QUEUE_LONG_WORK;
    put(&room, &room.commands[0]);
    put(&room, &room.singles[0]);
    assert_true(take(&room, &room.singles[0], 1).is_waited_for);
    (void)take(&room, &room.commands[0], 1);
    assert_int_equal(queue_length(&room.queue), 0);
    queue_fini(&room.queue);
}

static void it_is_bounded(void **state)
{
    struct room room;
    (void)state;
    begin(&room);
    room.commands[0].count = 100;
    put(&room, &room.commands[0]);
    assert_int_equal(queue_put(&room.queue, &room.singles[0]), ERR_RESOURCE);
    room.singles[1].kind = SUBMISSION_TERMS;
    put(&room, &room.singles[1]);
    (void)take(&room, &room.singles[1], 1);
    (void)take(&room, &room.commands[0], 1);
    put(&room, &room.singles[0]);
    (void)take(&room, &room.singles[0], 1);
    queue_fini(&room.queue);
}

static void what_is_held_is_put_together(void **state)
{
    struct room room;
    (void)state;
    begin(&room);
    assert_int_equal(queue_hold(&room.queue, &room.singles[0]), ERR_OK);
    assert_int_equal(queue_hold(&room.queue, &room.singles[1]), ERR_OK);
    put(&room, &room.singles[2]);
    assert_int_equal(queue_length(&room.queue), 1);
    (void)take(&room, &room.singles[2], 1); /* goes by itself */
    queue_put_held(&room.queue);
    queue_put_held(&room.queue); /* there is nothing more */
    assert_int_equal(queue_length(&room.queue), 2);
    (void)take(&room, &room.singles[0], 2);
    queue_fini(&room.queue);
}

static void so_many_are_held_and_no_more(void **state)
{
    static struct submission many[QUEUE_HELD_MAX];
    struct room room;
    (void)state;
    begin(&room);
    for (size_t i = 0; i < QUEUE_HELD_MAX; i++) {
        assert_int_equal(queue_length(&room.queue), 0);
        assert_int_equal(queue_hold(&room.queue, &many[i]), ERR_OK);
    }
    (void)take(&room, &many[0], QUEUE_HELD_MAX);
    assert_int_equal(queue_hold(&room.queue, &many[0]), ERR_OK);
    assert_int_equal(queue_length(&room.queue), 0);
    queue_close(&room.queue); /* what is held goes before the end */
    assert_int_equal(queue_hold(&room.queue, &many[1]), ERR_UNAVAILABLE);
    assert_false(take(&room, &many[0], 1).is_over);
    assert_true(take(&room, NULL, 0).is_over);
    queue_fini(&room.queue);
}

static void what_is_held_takes_its_room(void **state)
{
    struct room room;
    (void)state;
    begin(&room);
    room.commands[0].count = 99;
    put(&room, &room.commands[0]);
    assert_int_equal(queue_hold(&room.queue, &room.singles[0]), ERR_OK);
    assert_int_equal(queue_hold(&room.queue, &room.singles[1]), ERR_RESOURCE);
    assert_int_equal(queue_put(&room.queue, &room.singles[1]), ERR_RESOURCE);
    (void)take(&room, &room.commands[0], 1);
    assert_int_equal(queue_hold(&room.queue, &room.singles[1]), ERR_OK);
    queue_put_held(&room.queue);
    (void)take(&room, &room.singles[0], 2);
    queue_fini(&room.queue);
}

struct taker {
    struct room room;
    struct submission *taken;
    atomic_bool has_taken;
    bool is_over;
};

static void *take_one(void *context)
{
    struct taker *taker = context;
    struct taken taken;
    taker->taken = queue_take(&taker->room.queue, &taken);
    taker->is_over = taken.is_over;
    atomic_store(&taker->has_taken, true);
    return NULL;
}

/* Once the taker waits for work, its place can be claimed. */
static pthread_t begin_claimed(struct taker *taker)
{
    pthread_t thread;
    *taker = (struct taker){.taken = NULL};
    begin(&taker->room);
    assert_false(queue_claim(&taker->room.queue)); /* the taker has not come yet */
    assert_int_equal(pthread_create(&thread, NULL, take_one, taker), 0);
    while (!queue_claim(&taker->room.queue)) {
        sched_yield();
    }
    return thread;
}

static void nothing_is_taken_while_the_place_is_claimed(void **state)
{
    enum {
        TURNS = 2000 /* in which the taker would take it */
    };
    struct taker taker;
    (void)state;
    pthread_t thread = begin_claimed(&taker);
    assert_false(queue_claim(&taker.room.queue));
    put(&taker.room, &taker.room.singles[0]);
    queue_nudge(&taker.room.queue);
    for (unsigned i = 0; i < TURNS; i++) {
        assert_false(atomic_load(&taker.has_taken));
        sched_yield();
    }
    queue_release(&taker.room.queue);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ptr_equal(taker.taken, &taker.room.singles[0]);
    assert_false(queue_claim(&taker.room.queue)); /* the taker is at work with it */
    queue_fini(&taker.room.queue);
}

static void the_end_waits_for_the_release(void **state)
{
    struct taker taker;
    (void)state;
    pthread_t thread = begin_claimed(&taker);
    queue_close(&taker.room.queue);
    assert_false(atomic_load(&taker.has_taken));
    queue_release(&taker.room.queue);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(taker.taken);
    assert_true(taker.is_over);
    assert_false(queue_claim(&taker.room.queue));
    queue_fini(&taker.room.queue);
}

static void what_waits_goes_before_a_claim(void **state)
{
    struct taker taker;
    (void)state;
    pthread_t thread = begin_claimed(&taker);
    put(&taker.room, &taker.room.singles[0]);
    put(&taker.room, &taker.room.batches[0]);
    queue_release(&taker.room.queue);
    assert_false(queue_claim(&taker.room.queue));
    assert_int_equal(pthread_join(thread, NULL), 0);
    while (queue_length(&taker.room.queue) > 0) {
        take_one(&taker);
    }
    queue_fini(&taker.room.queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_commands_come_first),
        cmocka_unit_test(nobody_waits_for_ever),
        cmocka_unit_test(small_batches_go_together),
        cmocka_unit_test(short_work_goes_along),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(what_is_held_is_put_together),
        cmocka_unit_test(so_many_are_held_and_no_more),
        cmocka_unit_test(what_is_held_takes_its_room),
        cmocka_unit_test(nothing_is_taken_while_the_place_is_claimed),
        cmocka_unit_test(the_end_waits_for_the_release),
        cmocka_unit_test(what_waits_goes_before_a_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
