/* Kill -9 at random moments, again and again on one ledger: whatever was answered is there, once.
 *
 * A child runs the engine with several clients; what they sent and what they were answered is kept
 * in memory that the parent shares. The parent kills the child, sometimes while it recovers, and
 * starts the next one, which first asks again for what was answered last. At the end everything is
 * asked again, balances must be what the answers add up to, and the audit proves the rest.
 *
 * TALEA_KILLS: how often (200; fewer under a sanitizer). TALEA_TEST_SEED repeats the moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "coalition.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KILLS 15
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KILLS 15
#endif
#endif
#ifndef KILLS
#define KILLS 200
#endif

#define MEMBERS       8u
#define LANES         4u /* clients; the last one sends batches */
#define LANE_COMMANDS 100000u
#define GROUP         40u /* commands of a batch */
#define ASKED_AGAIN   60u /* of each lane after each start */

struct slot {
    atomic_bool is_answered;
    enum verdict verdict;
    int64_t points;
    uint64_t row;
};

struct lane {
    unsigned next; /* the first that is not answered */
    struct slot slots[LANE_COMMANDS];
};

struct shared {
    struct uid members[MEMBERS];
    struct card_number cards[MEMBERS];
    struct lane lanes[LANES];
};

struct client {
    struct brand *brand;
    struct shared *shared;
    unsigned lane;
    unsigned problems;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

static unsigned number_of(unsigned lane, unsigned index)
{
    return (lane + 1) * 10000000u + index;
}

static unsigned member_of(unsigned lane, unsigned index, unsigned which)
{
    return (unsigned)(mix(number_of(lane, index) * UINT64_C(2) + which) % MEMBERS);
}

enum step {
    STEP_EARN,
    STEP_TRANSFER,
    STEP_HOLD,
    STEP_CAPTURE
};

static enum step step_of(unsigned lane, unsigned index)
{
    static const enum step steps[] = {STEP_EARN, STEP_EARN, STEP_TRANSFER, STEP_HOLD, STEP_CAPTURE};
    if (lane == LANES - 1) { /* a group of earns, then one with transfers between them */
        return index / GROUP % 2 == 1 && index % 2 == 1 ? STEP_TRANSFER : STEP_EARN;
    }
    return steps[index % 5];
}

/* The same command for the same place, each time. */
static struct command command_of(const struct client *client, unsigned index)
{
    static const enum command_kind kinds[] = {COMMAND_EARN, COMMAND_TRANSFER, COMMAND_HOLD,
                                              COMMAND_CAPTURE};
    enum step step = step_of(client->lane, index);
    const struct shared *shared = client->shared;
    unsigned first = member_of(client->lane, index, 0);
    struct command command =
        brand_command(client->brand, kinds[step], number_of(client->lane, index));
    int64_t points = (int64_t)(mix(number_of(client->lane, index)) % 50) + 1;
    if (step == STEP_EARN) {
        command.earn.card = shared->cards[first];
        command.earn.amount = money_of(points * 100);
        command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    } else if (step == STEP_TRANSFER) {
        unsigned second = member_of(client->lane, index, 1);
        command.transfer.from = shared->members[first];
        command.transfer.to = shared->members[second == first ? (first + 1) % MEMBERS : second];
        command.transfer.points = points_of(points);
    } else if (step == STEP_HOLD) {
        command.hold.redeemer = client->brand->id;
        command.hold.card = shared->cards[first];
        command.hold.points = points_of(points);
        command.hold.capture_by.ms = client->brand->now.ms + 3600000;
        command.hold.deliver_by.ms = client->brand->now.ms + 7200000;
    } else {
        command.use.hold = id_of(number_of(client->lane, index - 1));
    }
    return command;
}

static void keep_answer(struct slot *slot, const struct outcome *outcome)
{
    slot->verdict = outcome->verdict;
    slot->points = outcome->answer.points.minor;
    slot->row = outcome->answer.row;
    atomic_store(&slot->is_answered, true);
}

static void send_one(struct client *client)
{
    struct lane *lane = &client->shared->lanes[client->lane];
    struct command command = command_of(client, lane->next);
    struct outcome outcome = engine_execute(client->brand->engine, &command);
    if (outcome.err != ERR_OK) {
        client->problems++;
        return;
    }
    keep_answer(&lane->slots[lane->next], &outcome);
    lane->next++;
}

static void send_group(struct client *client)
{
    struct lane *lane = &client->shared->lanes[client->lane];
    struct command commands[GROUP];
    struct outcome outcomes[GROUP];
    bool is_linked = lane->next / GROUP % 2 == 0;
    for (unsigned i = 0; i < GROUP; i++) {
        commands[i] = command_of(client, lane->next + i);
    }
    if (engine_execute_batch(client->brand->engine, commands, GROUP, is_linked, outcomes) !=
        ERR_OK) {
        client->problems++;
        return;
    }
    for (unsigned i = 0; i < GROUP; i++) {
        keep_answer(&lane->slots[lane->next + i], &outcomes[i]);
    }
    lane->next += GROUP;
}

static void *work(void *context)
{
    struct client *client = context;
    const struct lane *lane = &client->shared->lanes[client->lane];
    while (lane->next + GROUP < LANE_COMMANDS && client->problems == 0) {
        if (client->lane == LANES - 1) {
            send_group(client);
        } else {
            send_one(client);
        }
    }
    return NULL;
}

/* Is what was answered answered in the same way, as a repeat? */
static unsigned ask_again(struct client *client, unsigned index)
{
    const struct slot *slot = &client->shared->lanes[client->lane].slots[index];
    struct command command = command_of(client, index);
    struct outcome outcome = engine_execute(client->brand->engine, &command);
    bool is_same = outcome.err == ERR_OK && outcome.is_repeat && outcome.verdict == slot->verdict &&
                   outcome.answer.points.minor == slot->points && outcome.answer.row == slot->row;
    if (!is_same) {
        (void)fprintf(
            stderr, "lane %u, command %u: err %d, repeat %d, verdict %d (%d), row %llu (%llu)\n",
            client->lane, index, outcome.err, outcome.is_repeat, outcome.verdict, slot->verdict,
            (unsigned long long)outcome.answer.row, (unsigned long long)slot->row);
    }
    return is_same ? 0 : 1;
}

static unsigned ask_last_again(struct client *client)
{
    unsigned next = client->shared->lanes[client->lane].next;
    unsigned problems = 0;
    for (unsigned i = next < ASKED_AGAIN ? 0 : next - ASKED_AGAIN; i < next; i++) {
        problems += ask_again(client, i);
    }
    return problems;
}

/* Ends by being killed; by itself only when something is wrong. */
static void serve(struct brand *brand, struct shared *shared, int ready)
{
    struct client clients[LANES];
    pthread_t threads[LANES];
    brand_open(brand);
    for (unsigned i = 0; i < LANES; i++) {
        clients[i] = (struct client){brand, shared, i, 0};
        if (ask_last_again(&clients[i]) != 0) {
            _exit(3);
        }
    }
    if (write(ready, "r", 1) != 1) {
        _exit(4);
    }
    for (unsigned i = 0; i < LANES; i++) {
        if (pthread_create(&threads[i], NULL, work, &clients[i]) != 0) {
            _exit(5);
        }
    }
    for (unsigned i = 0; i < LANES; i++) {
        pthread_join(threads[i], NULL);
        if (clients[i].problems != 0) {
            _exit(6);
        }
    }
    (void)pause();
}

/* Waits so long, or until the descriptor can be read. */
static bool wait_ready(int fd, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, ms) == 1;
}

/* One child from its start to its end. */
static void run_and_kill(struct brand *brand, struct shared *shared, uint64_t dice)
{
    int ready[2];
    int status;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        serve(brand, shared, ready[1]);
        _exit(7);
    }
    close(ready[1]);
    if (dice % 8 == 0) { /* while it recovers */
        (void)wait_ready(ready[0], (int)(dice / 8 % 20));
    } else {
        assert_true(wait_ready(ready[0], 60000));
        char byte;
        assert_int_equal(read(ready[0], &byte, 1), 1);
        (void)wait_ready(ready[0], (int)(dice / 8 % 90)); /* closed when it ends by itself */
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ready[0]);
    if (!WIFSIGNALED(status)) {
        fail_msg("the engine ended by itself with %d", WEXITSTATUS(status));
    }
}

static void enrol_all(struct brand *brand, struct shared *shared)
{
    brand_open(brand);
    for (unsigned i = 0; i < MEMBERS; i++) {
        assert_int_equal(brand_enrol(brand, i + 1, &shared->members[i], &shared->cards[i]).verdict,
                         VERDICT_OK);
    }
    brand_close(brand);
}

/* What the answers add up to. */
static void add_up(const struct client *client, int64_t sums[MEMBERS])
{
    const struct lane *lane = &client->shared->lanes[client->lane];
    for (unsigned i = 0; i < lane->next; i++) {
        const struct slot *slot = &lane->slots[i];
        unsigned first = member_of(client->lane, i, 0);
        unsigned second = member_of(client->lane, i, 1);
        enum step step = step_of(client->lane, i);
        assert_true(atomic_load(&slot->is_answered));
        if (slot->verdict != VERDICT_OK) {
            continue;
        }
        if (step == STEP_EARN) {
            sums[first] += slot->points;
        } else if (step == STEP_TRANSFER) {
            int64_t points = (int64_t)(mix(number_of(client->lane, i)) % 50) + 1;
            sums[first] -= points;
            sums[second == first ? (first + 1) % MEMBERS : second] += points;
        } else if (step == STEP_CAPTURE) {
            sums[member_of(client->lane, i - 1, 0)] -= slot->points;
        }
    }
}

static void finish(struct brand *brand, struct shared *shared)
{
    int64_t sums[MEMBERS] = {0};
    unsigned commands = 0;
    brand_open(brand);
    for (unsigned i = 0; i < LANES; i++) {
        struct client client = {brand, shared, i, 0};
        for (unsigned k = 0; k < shared->lanes[i].next; k++) {
            client.problems += ask_again(&client, k);
        }
        if (i == LANES - 1) { /* what was on its way at the last kill */
            send_group(&client);
        } else {
            send_one(&client);
        }
        assert_int_equal(client.problems, 0);
        add_up(&client, sums);
        commands += shared->lanes[i].next;
    }
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct member member = brand_member(brand, &shared->members[i]);
        assert_int_equal(member.available.minor + member.held.minor, sums[i]);
    }
    brand_assert_audit(brand);
    print_message("%u commands, journal row %llu\n", commands,
                  (unsigned long long)engine_stats(brand->engine).journal_row);
    assert_true(commands > 100);
}

static void test_nothing_lost_nothing_twice(void **unused)
{
    (void)unused;
    struct brand brand;
    const char *wanted = getenv("TALEA_KILLS");
    const char *seed_text = getenv("TALEA_TEST_SEED");
    unsigned kills = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : KILLS;
    uint64_t seed = seed_text != NULL ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    brand_init(&brand, 0);
    enrol_all(&brand, shared);
    for (unsigned i = 0; i < kills; i++) {
        run_and_kill(&brand, shared, mix(seed * 1000003 + i));
    }
    finish(&brand, shared);
    brand_fini(&brand);
    munmap(shared, sizeof *shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_lost_nothing_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
