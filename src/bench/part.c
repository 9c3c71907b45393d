/* The parts of a bench that run as processes of their own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/echo.h"
#include "bench/ledger.h"

#define HOLD_BATCH        8190u
#define HOLD_COMMANDS_MAX 10000000u /* before it says that it is ready */

static void say_ready(void)
{
    fputs("ready\n", stdout);
    fflush(stdout);
}

static enum err transfer(struct ledger *ledger, struct traffic *traffic, uint64_t commands,
                         struct note *note)
{
    static const struct load plan = {
        .fill = traffic_transfers, .batch = HOLD_BATCH, .in_flight = 4, .repetitions = 1};
    struct load load = plan;
    struct load_result result;
    load.engine = ledger->engine;
    load.context = traffic;
    load.commands = commands;
    return load_run(&load, &result, note);
}

static enum err hold(const char *folder, uint64_t members, struct note *note)
{
    struct ledger ledger = {.members = members};
    struct traffic traffic;
    TRY(home_load(folder, &ledger.home, note));
    TRY(ledger_open(&ledger, note));
    TRY(traffic_init(&traffic, &ledger, false));
    uint64_t commands = members < HOLD_COMMANDS_MAX ? members : HOLD_COMMANDS_MAX;
    TRY(transfer(&ledger, &traffic, commands, note));
    say_ready();
    for (;;) {
        TRY(transfer(&ledger, &traffic, commands, note));
    }
}

static enum err echo(const char *folder, const char *address, struct note *note)
{
    struct home home;
    struct echo *server;
    sigset_t ends;
    int number = 0;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    TRY(home_load(folder, &home, note));
    enum err err = echo_start(&home, address, &server, note);
    if (err == ERR_OK) {
        say_ready();
        (void)sigwait(&ends, &number);
        echo_stop(server);
    }
    home_fini(&home);
    return err;
}

enum err bench_part(const char *name, const char *folder, const char *address, uint64_t members,
                    struct note *note)
{
    if (strcmp(name, "hold") == 0) {
        return hold(folder, members, note);
    }
    if (strcmp(name, "echo") == 0) {
        return echo(folder, address, note);
    }
    return note_set(note, ERR_INPUT, "--part: there is no part \"%s\"", name);
}
