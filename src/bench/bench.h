/* Benches of this machine: how fast the ledger is here, beside what the machine itself can do.
 *
 *   bench_ledger   a table of rows, each with its reference and its target where it has one
 *   bench_peer     the same of two nodes that clear with each other
 *   bench_settle   what a period's close and the comparison of its entries take
 *   bench_programme  how fast receipts are judged by rules
 *   bench_soak     one long mix of everything, with what it does to latency and memory
 *
 * Each works in a folder of its own, which is removed at the end, also after Ctrl-C; while they
 * run, this process catches SIGINT, SIGTERM and SIGHUP. Call them from a process with one thread.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum bench_format {
    BENCH_TABLE,
    BENCH_MARKDOWN,
    BENCH_JSON /* one array, at the end */
};

enum bench_scale {
    BENCH_FULL,  /* up to five minutes */
    BENCH_QUICK, /* within half a minute: smaller ledgers, shorter runs */
    BENCH_TINY   /* seconds: shows that it works; the figures mean nothing */
};

struct bench_options {
    FILE *out;
    FILE *progress;      /* what is under way, for people; NULL: nobody watches */
    const char *program; /* the path of talea; talead lies beside it */
    const char *folder;  /* where the temporary folder is made; NULL: $TMPDIR, else /tmp */
    const char *only;    /* rows whose name contains this, or matches it with * and ?; NULL: all */
    enum bench_format format;
    enum bench_scale scale;
};

/* Print the rows' names. */
void bench_ledger_list(const struct bench_options *options);
void bench_peer_list(const struct bench_options *options);
void bench_settle_list(const struct bench_options *options);
void bench_programme_list(const struct bench_options *options);
/* ERR_NOT_FOUND when `only` fits no row. A row that needs what is not installed is left out, with a
 * line on `progress` that says what to install. */
MUST_USE enum err bench_ledger(const struct bench_options *options, struct note *note);

MUST_USE enum err bench_peer(const struct bench_options *options, struct note *note);
MUST_USE enum err bench_settle(const struct bench_options *options, struct note *note);
MUST_USE enum err bench_programme(const struct bench_options *options, struct note *note);

/* Prints a table for people, or JSON. ERR_CORRUPT when the audit at the end finds something. */
MUST_USE enum err bench_soak(const struct bench_options *options, uint64_t commands,
                             struct note *note);

/* Parts that the bench runs as processes of their own: this program, started again.
 *   "echo"  serves the till's calls on `address` without a ledger, by the keys of the home `folder`
 *   "hold"  opens the ledger of the home `folder` and transfers points until it is killed
 * Prints "ready" and a line feed when it is. Returns when it is told to stop. */
MUST_USE enum err bench_part(const char *name, const char *folder, const char *address,
                             uint64_t members, struct note *note);

#endif
