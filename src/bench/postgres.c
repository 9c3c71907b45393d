/* PostgreSQL doing the same on this machine, with its default durability: accounts, transfers with
 * a unique, time-ordered id, both balances moved. Its own pgbench is the client, over a local
 * socket without TLS. It is not needed for anything else, and left out where it is not installed.
 */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "bench/cases.h"
#include "bench/measure.h"

#define BINARIES "/usr/lib/postgresql/15/bin"
#define START_MS 20000u

#define NEW_ID                                                                                     \
    "(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || "    \
    "substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid"

static const char tables[] =
    "CREATE TABLE accounts (id int PRIMARY KEY, points bigint NOT NULL);"
    "CREATE TABLE transfers (id uuid PRIMARY KEY, debit int NOT NULL, credit int NOT NULL,"
    " points bigint NOT NULL);";

/* One statement is one transaction. */
static const char call_script[] =
    "\\set debit random(1, :members)\n"
    "\\set credit random(1, :members)\n"
    "WITH t AS (INSERT INTO transfers VALUES (" NEW_ID ", :debit, :credit, 1)"
    " RETURNING debit, credit, points)"
    " UPDATE accounts SET points = accounts.points + CASE WHEN id = t.debit THEN -t.points"
    " ELSE t.points END FROM t WHERE id IN (t.debit, t.credit);\n";

static const char batch_script[] =
    "WITH t AS (INSERT INTO transfers SELECT " NEW_ID
    ", 1 + (random() * (:members - 1))::int, 1 + (random() * (:members - 1))::int, 1"
    " FROM generate_series(1, :rows) RETURNING debit, credit, points),"
    " d AS (SELECT id, sum(points) AS points FROM (SELECT debit AS id, -points AS points FROM t"
    " UNION ALL SELECT credit, points FROM t) AS moved GROUP BY id)"
    " UPDATE accounts SET points = accounts.points + d.points FROM d WHERE accounts.id = d.id;\n";

static const struct {
    unsigned clients;
    unsigned rows;
} plans[POSTGRES_COUNT] = {{1, 1}, {32, 1}, {1, 1000}, {1, 8190}};

struct postgres {
    struct bench *bench;
    char folder[LIMIT_PATH_BYTES + 1];
    char log[LIMIT_PATH_BYTES + 16];
    pid_t pid;
};

/* The server refuses to be run by root: then everything is run as its own user. */
static size_t put_user(const char **arguments)
{
    static const char *const words[] = {"/usr/bin/setpriv", "--reuid",  "postgres",
                                        "--regid",          "postgres", "--clear-groups"};
    if (geteuid() != 0) {
        return 0;
    }
    memcpy(arguments, words, sizeof words);
    return sizeof words / sizeof words[0];
}

static size_t put_words(const char **arguments, size_t count, const char *const *words)
{
    for (; *words != NULL; words++) {
        ASSERT(count < CHILD_ARGUMENTS_MAX - 1);
        arguments[count++] = *words;
    }
    arguments[count] = NULL;
    return count;
}

static enum err run_as(struct postgres *postgres, const char *const *words)
{
    const char *arguments[CHILD_ARGUMENTS_MAX] = {NULL};
    (void)put_words(arguments, put_user(arguments), words);
    return child_run(postgres->bench->workplace, arguments, postgres->log, postgres->bench->note);
}

static enum err run_sql(struct postgres *postgres, const char *sql)
{
    const char *const words[] = {
        BINARIES "/psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", postgres->folder, "-U",
        "postgres",       "-c", sql,  NULL};
    return run_as(postgres, words);
}

static enum err make_folder(struct postgres *postgres)
{
    snprintf(postgres->folder, sizeof postgres->folder, "%s/postgres",
             workplace_folder(postgres->bench->workplace));
    snprintf(postgres->log, sizeof postgres->log, "%s.log", postgres->folder);
    const char *const make[] = {"/usr/bin/install", "-d", "-m", "0700", postgres->folder, NULL};
    TRY(child_run(postgres->bench->workplace, make, postgres->log, postgres->bench->note));
    if (geteuid() != 0) {
        return ERR_OK;
    }
    const struct passwd *user = getpwnam("postgres");
    if (user == NULL || chown(postgres->folder, user->pw_uid, user->pw_gid) != 0 ||
        chmod(workplace_folder(postgres->bench->workplace), 0711) != 0) {
        return note_set(postgres->bench->note, ERR_DENIED, "the user postgres can't be used");
    }
    const char *const reach[] = {"/usr/bin/test", "-w", postgres->folder, NULL};
    if (run_as(postgres, reach) != ERR_OK) {
        bench_tell(postgres->bench, "without PostgreSQL: its user can't reach %s (see --dir)",
                   postgres->folder);
        return ERR_UNSUPPORTED;
    }
    return ERR_OK;
}

static enum err wait_started(struct postgres *postgres)
{
    uint64_t begun = measure_ns();
    while (run_sql(postgres, "SELECT 1") != ERR_OK) {
        struct timespec pause = {0, 100000000};
        if (measure_ns() - begun > START_MS * UINT64_C(1000000)) {
            return note_set(postgres->bench->note, ERR_UNAVAILABLE, "PostgreSQL does not start");
        }
        nanosleep(&pause, NULL);
    }
    return ERR_OK;
}

static enum err start(struct postgres *postgres)
{
    char rows[256];
    char cluster[LIMIT_PATH_BYTES + 16];
    char server_log[LIMIT_PATH_BYTES + 16];
    const char *arguments[CHILD_ARGUMENTS_MAX] = {NULL};
    snprintf(cluster, sizeof cluster, "%s/cluster", postgres->folder);
    snprintf(server_log, sizeof server_log, "%s-server.log", postgres->folder);
    const char *const make[] = {BINARIES "/initdb",  "-D", cluster, "-A", "trust", "-U", "postgres",
                                "--no-instructions", NULL};
    const char *const serve[] = {BINARIES "/postgres", "-D", cluster, "-k", postgres->folder, "-c",
                                 "listen_addresses=",  NULL};
    TRY(run_as(postgres, make));
    (void)put_words(arguments, put_user(arguments), serve);
    TRY(child_start(postgres->bench->workplace, arguments, server_log, NULL, &postgres->pid,
                    postgres->bench->note));
    TRY(wait_started(postgres));
    TRY(run_sql(postgres, tables));
    snprintf(rows, sizeof rows,
             "INSERT INTO accounts SELECT i, 1000 FROM generate_series(1, %llu) AS i;",
             (unsigned long long)postgres->bench->sizes.members[LEDGER_MEDIUM]);
    TRY(run_sql(postgres, rows));
    return run_sql(postgres, "VACUUM ANALYZE accounts");
}

/* "tps = 1234.56 (without initial connection time)" */
static double read_rate(const char *path)
{
    char line[512];
    double rate = 0.0;
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "tps = ", 6) == 0) {
            rate = strtod(line + 6, NULL);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return rate;
}

static enum err measure(struct postgres *postgres, int plan, double *out_rate)
{
    char script[LIMIT_PATH_BYTES + 32];
    char members[48];
    char rows[32];
    char clients[16];
    char seconds[16];
    snprintf(script, sizeof script, "%s-%d.sql", postgres->folder, plan);
    snprintf(members, sizeof members, "members=%llu",
             (unsigned long long)postgres->bench->sizes.members[LEDGER_MEDIUM]);
    snprintf(rows, sizeof rows, "rows=%u", plans[plan].rows);
    snprintf(clients, sizeof clients, "%u", plans[plan].clients);
    snprintf(seconds, sizeof seconds, "%u", postgres->bench->postgres_seconds);
    const char *text = plans[plan].rows == 1 ? call_script : batch_script;
    TRY(file_create(script, FILE_PUBLIC, slice_of(text, strlen(text)), postgres->bench->note));
    const char *const words[] = {BINARIES "/pgbench",
                                 "-n",
                                 "-M",
                                 "prepared",
                                 "--max-tries=10",
                                 "-h",
                                 postgres->folder,
                                 "-U",
                                 "postgres",
                                 "-T",
                                 seconds,
                                 "-c",
                                 clients,
                                 "-D",
                                 members,
                                 "-D",
                                 rows,
                                 NULL};
    const char *all[CHILD_ARGUMENTS_MAX] = {NULL};
    size_t count = put_words(all, 0, words);
    all[count++] = "-f";
    all[count++] = script;
    all[count] = NULL;
    TRY(run_as(postgres, all));
    *out_rate = read_rate(postgres->log) * (double)plans[plan].rows;
    return *out_rate > 0.0 ? ERR_OK
                           : note_set(postgres->bench->note, ERR_INTERNAL,
                                      "pgbench did not say how fast it was");
}

static enum err measure_all(struct bench *bench)
{
    struct postgres postgres = {.bench = bench};
    bench_tell(bench, "PostgreSQL");
    enum err err = make_folder(&postgres);
    if (err == ERR_OK) {
        err = start(&postgres);
    }
    uint64_t meant_ms = (uint64_t)bench->sizes.pgbench_s * 1000 * POSTGRES_COUNT;
    uint64_t each_ms = bench_share_ms(bench, meant_ms, POSTGRES_COUNT) / POSTGRES_COUNT;
    bench->postgres_seconds = each_ms < 2000 ? 1 : (unsigned)(each_ms / 1000);
    for (int i = 0; i < POSTGRES_COUNT && err == ERR_OK; i++) {
        err = measure(&postgres, i, &bench->postgres[i]);
    }
    if (postgres.pid != 0) {
        (void)child_end(bench->workplace, postgres.pid, SIGINT);
    }
    return err;
}

enum err bench_postgres_of(struct bench *bench, enum postgres_name name, double *out_rate)
{
    if (!bench->is_postgres_tried) {
        bench->is_postgres_tried = true;
        bench->has_postgres = access(BINARIES "/pgbench", X_OK) == 0;
        if (!bench->has_postgres) {
            bench_tell(bench, "without PostgreSQL: cluster/bootstrap bench installs it");
        } else {
            enum err err = measure_all(bench);
            bench->has_postgres = err == ERR_OK;
            TRY(err);
        }
    }
    if (!bench->has_postgres) {
        return ERR_UNSUPPORTED;
    }
    *out_rate = bench->postgres[name];
    return ERR_OK;
}

enum err case_postgres(struct bench *bench, const struct bench_case *which, struct bench_row *row)
{
    double rate;
    TRY(bench_postgres_of(bench, (enum postgres_name)which->measurement, &rate));
    row->rate = rate;
    row->seconds = (double)bench->postgres_seconds;
    row->operations = rate * row->seconds;
    return ERR_OK;
}

enum err case_load_postgres(struct bench *bench, const struct bench_case *which,
                            struct bench_row *row)
{
    const struct load_result *result;
    double rate;
    TRY(bench_postgres_of(bench, (enum postgres_name)which->reference, &rate));
    TRY(bench_load_of(bench, (enum load_name)which->measurement, &result));
    row_set_rate(row, result->operations, result->ns);
    row_set_reference(row, "PostgreSQL", rate);
    return ERR_OK;
}
