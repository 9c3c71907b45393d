#include "dossier/dossier_audit.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "dossier/statement_audit.h"

#define EPOCH_DIGITS 10

/* A dossier on its way through. */
struct reading {
    struct dossier *dossier;
    struct audit_report *report;
    struct arena *arena;
    struct note *note;
    struct sums_file sums;
    struct buffer bytes; /* of the file at hand, but for streams */
};

static struct audit_place place_of(const struct reading *reading, const char *path)
{
    return (struct audit_place){reading->report, path, ""};
}

/* "<folder>/<name>" in the arena; NULL without memory. */
static char *path_of(const struct reading *reading, const char *name)
{
    size_t size = strlen(reading->dossier->folder) + strlen(name) + 2;
    char *path = arena_alloc(reading->arena, size);
    if (path != NULL) {
        snprintf(path, size, "%s/%s", reading->dossier->folder, name);
    }
    return path;
}

static enum err flawed(const struct reading *reading, const char *path, const char *what,
                       const char *expected, const char *found)
{
    struct audit_place place = place_of(reading, path);
    return audit_flawed(&place, 0, what, expected, found);
}

static enum err check_sum(const struct reading *reading, const char *path,
                          const struct sums_line *line, const struct hash *sum)
{
    struct audit_place place = place_of(reading, path);
    reading->report->counts.files++;
    return hash_equal(&line->sum, sum)
               ? ERR_OK
               : audit_flawed_hashes(&place, 0, "sum of the file, as SUMS has it", &line->sum, sum);
}

/* A file of SUMS that can't be opened. */
static enum err missing(const struct reading *reading, const char *path, enum err err)
{
    return err == ERR_NOT_FOUND ? flawed(reading, path, "the file", "as SUMS names it", "nothing")
           : err == ERR_RANGE
               ? flawed(reading, path, "the file", "no longer than a message", "a longer one")
               : err;
}

/* A whole file, with its sum. */
static enum err read_small(struct reading *reading, const char *path, struct hash *out_sum)
{
    struct hasher hasher;
    enum err err =
        file_read(path, FILE_PUBLIC, LIMIT_MESSAGE_BYTES, &reading->bytes, reading->note);
    if (err != ERR_OK) {
        return missing(reading, path, err);
    }
    hasher_init_file(&hasher);
    hasher_add(&hasher, buffer_slice(&reading->bytes));
    *out_sum = hasher_finish(&hasher);
    reading->report->counts.bytes += reading->bytes.length;
    return ERR_OK;
}

static bool is_in(const struct sums_line *line, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(line->name, folder, length) == 0 && line->name[length] == '/';
}

static size_t count_in(const struct sums_file *sums, const char *folder)
{
    size_t count = 0;
    for (size_t i = 0; i < sums->count; i++) {
        count += is_in(&sums->lines[i], folder);
    }
    return count;
}

/* ---- What is there ---- */

static enum err read_sums(struct reading *reading)
{
    struct note why = {""};
    const char *path = path_of(reading, SUMS_NAME);
    if (path == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = file_read(path, FILE_PUBLIC, SUMS_BYTES_MAX, &reading->bytes, reading->note);
    if (err == ERR_RANGE) {
        return flawed(reading, path, "the file", "the sums of a dossier", "a longer file");
    }
    TRY(err);
    err = sums_file_read(buffer_slice(&reading->bytes), reading->arena, &reading->sums, &why);
    return err == ERR_CORRUPT ? flawed(reading, path, "the file", "the sums of a dossier", why.text)
                              : err;
}

/* Nothing is in the folder that SUMS does not name. */
static enum err check_folder(const struct reading *reading, const char *folder)
{
    const char *path = path_of(reading, folder);
    DIR *listing = path == NULL ? NULL : opendir(path);
    if (listing == NULL) {
        return path == NULL ? ERR_RESOURCE
               : errno == ENOENT
                   ? ERR_OK /* what should be in it is told by name */
                   : note_set(reading->note, ERR_STORAGE, "%s: %s", path, strerror(errno));
    }
    enum err err = ERR_OK;
    const struct dirent *entry;
    while (err == ERR_OK && (entry = readdir(listing)) != NULL) {
        char name[sizeof entry->d_name + DOSSIER_FILE_MAX];
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        bool is_dot = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (!is_dot && sums_file_find(&reading->sums, name) == NULL) {
            path = path_of(reading, name);
            err = path == NULL
                      ? ERR_RESOURCE
                      : flawed(reading, path, "the file", "only files that SUMS names", "one more");
        }
    }
    (void)closedir(listing);
    return err;
}

/* ---- Charters ---- */

static enum err check_epoch(const struct reading *reading, const char *path,
                            const struct charter *charter)
{
    struct note why = {""};
    struct audit_place place = place_of(reading, path);
    const struct charter *before = charter_chain_last(&reading->dossier->chain);
    if (before != NULL && charter->epoch != before->epoch + 1) {
        return audit_flawed_numbers(&place, 0, "epoch of the charter", before->epoch + 1,
                                    charter->epoch);
    }
    if (charter_check_signatures(charter, &why) != ERR_OK ||
        (before != NULL && charter_follows(charter, before, &why) != ERR_OK)) {
        return flawed(reading, path, "the charter", "the next epoch, signed by enough", why.text);
    }
    return ERR_OK;
}

static enum err read_charter(struct reading *reading, const struct sums_line *line)
{
    char expected[DOSSIER_FILE_MAX];
    struct charter *charter;
    struct hash sum;
    struct note why = {""};
    const char *path = path_of(reading, line->name);
    if (path == NULL) {
        return ERR_RESOURCE;
    }
    TRY(read_small(reading, path, &sum));
    enum err err = charter_open(buffer_slice(&reading->bytes), &charter, &why);
    if (err != ERR_OK) {
        return err == ERR_RESOURCE ? err
                                   : flawed(reading, path, "the charter", "a charter", why.text);
    }
    snprintf(expected, sizeof expected, CHARTERS_FOLDER "/%0*" PRIu64 ".talea", EPOCH_DIGITS,
             charter->epoch);
    err = strcmp(expected, line->name) == 0
              ? check_epoch(reading, path, charter)
              : flawed(reading, path, "name of the file", expected, line->name);
    if (err == ERR_OK) {
        err = check_sum(reading, path, line, &sum);
    }
    if (err == ERR_OK) {
        reading->report->counts.charters++;
        reading->report->counts.signatures += charter->signature_count;
        err = charter_chain_add(&reading->dossier->chain, charter);
    }
    if (err != ERR_OK) {
        charter_close(charter);
    }
    return err;
}

/* ---- Streams ---- */

/* All are of one brand and of one period. */
static enum err check_head(const struct reading *reading, const char *path,
                           const struct sums_line *line, const struct stream_head *head)
{
    char expected[DOSSIER_FILE_MAX];
    char texts[2][PERIOD_TEXT_MAX];
    struct dossier *dossier = reading->dossier;
    snprintf(expected, sizeof expected, STREAMS_FOLDER "/%s.%s" STREAM_EXTENSION, head->sender.text,
             head->receiver.text);
    if (strcmp(expected, line->name) != 0) {
        return flawed(reading, path, "name of the file", expected, line->name);
    }
    if (dossier->stream_count == 0) {
        dossier->holder = head->holder;
        dossier->period = head->period;
    }
    if (!partner_id_equal(&dossier->holder, &head->holder)) {
        return flawed(reading, path, "whose ledger the stream is from", dossier->holder.text,
                      head->holder.text);
    }
    return dossier->period.code == head->period.code
               ? ERR_OK
               : flawed(reading, path, "period of the stream",
                        period_format(dossier->period, texts[0]),
                        period_format(head->period, texts[1]));
}

static enum err read_stream(struct reading *reading, const struct sums_line *line)
{
    struct stream_summary summary;
    struct dossier *dossier = reading->dossier;
    const char *path = path_of(reading, line->name);
    if (path == NULL) {
        return ERR_RESOURCE;
    }
    struct audit_place place = place_of(reading, path);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return missing(reading, path, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE);
    }
    enum err err = stream_audit(file, &dossier->chain, &place, reading->arena, &summary);
    long end = ftell(file);
    reading->report->counts.bytes += end > 0 ? (uint64_t)end : 0;
    (void)fclose(file);
    TRY(err);
    TRY(check_head(reading, path, line, &summary.head));
    TRY(check_sum(reading, path, line, &summary.sum));
    dossier->stream_files[dossier->stream_count] = path;
    dossier->streams[dossier->stream_count++] = summary;
    return ERR_OK;
}

/* Both streams with each partner of the last charter. */
static enum err check_complete(const struct reading *reading)
{
    const struct dossier *dossier = reading->dossier;
    const struct charter *charter = charter_chain_last(&dossier->chain);
    if (dossier->stream_count == 0) {
        return flawed(reading, dossier->folder, "streams", "one to each partner", "none");
    }
    for (size_t i = 0; i < 2 * charter->partner_count; i++) {
        char name[DOSSIER_FILE_MAX];
        const struct partner_id *self = &dossier->holder;
        const struct partner_id *other = &charter->partners[i / 2].id;
        const struct partner_id *sender = i % 2 == 0 ? self : other;
        const struct partner_id *receiver = i % 2 == 0 ? other : self;
        if (partner_id_equal(self, other) || dossier_stream(dossier, sender, receiver) != NULL) {
            continue;
        }
        snprintf(name, sizeof name, STREAMS_FOLDER "/%s.%s" STREAM_EXTENSION, sender->text,
                 receiver->text);
        const char *path = path_of(reading, name);
        return path == NULL
                   ? ERR_RESOURCE
                   : flawed(reading, path, "the file", "both streams with each partner", "nothing");
    }
    return ERR_OK;
}

/* ---- Statements ---- */

static enum err read_statement(struct reading *reading, const struct sums_line *line)
{
    struct statement_proof proof;
    struct hash sum;
    bool is_there;
    char expected[DOSSIER_FILE_MAX];
    struct dossier *dossier = reading->dossier;
    const char *path = path_of(reading, line->name);
    if (path == NULL) {
        return ERR_RESOURCE;
    }
    struct audit_place place = place_of(reading, path);
    TRY(read_small(reading, path, &sum));
    TRY(statement_audit(buffer_slice(&reading->bytes), dossier, &place, reading->arena, &proof,
                        &is_there));
    if (is_there) {
        const struct pair_statement *said = &proof.statement;
        snprintf(expected, sizeof expected, STATEMENTS_FOLDER "/%s.%s" STATEMENT_EXTENSION,
                 said->halves[0].sender.text, said->halves[1].sender.text);
        if (strcmp(expected, line->name) != 0) {
            return flawed(reading, path, "name of the file", expected, line->name);
        }
        reading->report->counts.statements++;
        reading->report->counts.signatures +=
            1u + (proof.countersigned.state == PROOF_VALID) + (proof.partner.state == PROOF_VALID);
        dossier->statements[dossier->statement_count++] =
            (struct dossier_statement){path, statement_is_agreed(&proof), *said};
    }
    return check_sum(reading, path, line, &sum);
}

/* ---- The net, and payments ---- */

/* The table, with what the dossier's own statements say. */
static enum err begin_net(const struct reading *reading)
{
    struct dossier *dossier = reading->dossier;
    enum err err = net_table_make(&dossier->chain, dossier->period, &dossier->holder,
                                  reading->arena, &dossier->net);
    if (err != ERR_OK) {
        /* A holder that is no partner of the period has no part in its net. */
        return err == ERR_NOT_FOUND || err == ERR_INPUT ? ERR_OK : err;
    }
    dossier->has_net = true;
    for (size_t i = 0; i < dossier->statement_count; i++) {
        const struct dossier_statement *statement = &dossier->statements[i];
        struct audit_place place = place_of(reading, statement->file);
        if (statement->is_agreed) {
            TRY(net_take_statement(&dossier->net, &statement->statement, &place));
        }
    }
    return ERR_OK;
}

static enum err read_net(struct reading *reading, const struct sums_line *line)
{
    struct hash sum;
    struct dossier *dossier = reading->dossier;
    const char *path = path_of(reading, line->name);
    if (path == NULL) {
        return ERR_RESOURCE;
    }
    struct audit_place place = place_of(reading, path);
    if (strcmp(line->name, NET_NAME) != 0) {
        return flawed(reading, path, "name of the file", NET_NAME, line->name);
    }
    if (!dossier->has_net || !charter_chain_last(&dossier->chain)->is_multilateral) {
        return flawed(reading, path, "the net of all pairs", "none by the charter", "one");
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return missing(reading, path, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE);
    }
    enum err err =
        net_audit(file, &dossier->chain, &place, &dossier->net, &dossier->has_votes, &sum);
    long end = ftell(file);
    reading->report->counts.bytes += end > 0 ? (uint64_t)end : 0;
    (void)fclose(file);
    return err == ERR_OK ? check_sum(reading, path, line, &sum) : err;
}

static enum err read_payment(struct reading *reading, const struct sums_line *line)
{
    struct hash sum;
    char expected[DOSSIER_FILE_MAX];
    struct dossier *dossier = reading->dossier;
    struct dossier_payment *payment = &dossier->payments[dossier->payment_count];
    const char *path = path_of(reading, line->name);
    if (path == NULL) {
        return ERR_RESOURCE;
    }
    struct audit_place place = place_of(reading, path);
    TRY(read_small(reading, path, &sum));
    TRY(payment_audit(buffer_slice(&reading->bytes), &dossier->chain, &dossier->holder,
                      dossier->period, &place, reading->arena, payment));
    snprintf(expected, sizeof expected, PAYMENTS_FOLDER "/%s.%s" PAYMENT_EXTENSION,
             payment->terms.payment.debtor.text, payment->terms.payment.creditor.text);
    if (strcmp(expected, line->name) != 0) {
        return flawed(reading, path, "name of the file", expected, line->name);
    }
    dossier->payment_count++;
    reading->report->counts.notices +=
        (uint64_t)payment->debtor.is_there + (uint64_t)payment->creditor.is_there;
    return check_sum(reading, path, line, &sum);
}

/* ---- All of it ---- */

static enum err read_each(struct reading *reading, const char *folder,
                          enum err (*read)(struct reading *, const struct sums_line *))
{
    for (size_t i = 0; i < reading->sums.count; i++) {
        if (is_in(&reading->sums.lines[i], folder)) {
            TRY(read(reading, &reading->sums.lines[i]));
        }
    }
    return ERR_OK;
}

static enum err make_room(struct reading *reading)
{
    struct dossier *dossier = reading->dossier;
    size_t streams = count_in(&reading->sums, STREAMS_FOLDER) + 1;
    size_t statements = count_in(&reading->sums, STATEMENTS_FOLDER) + 1;
    dossier->streams = arena_alloc(reading->arena, streams * sizeof *dossier->streams);
    dossier->stream_files = arena_alloc(reading->arena, streams * sizeof *dossier->stream_files);
    size_t payments = count_in(&reading->sums, PAYMENTS_FOLDER) + 1;
    dossier->statements = arena_alloc(reading->arena, statements * sizeof *dossier->statements);
    dossier->payments = arena_alloc(reading->arena, payments * sizeof *dossier->payments);
    return dossier->streams == NULL || dossier->stream_files == NULL ||
                   dossier->statements == NULL || dossier->payments == NULL
               ? ERR_RESOURCE
               : ERR_OK;
}

static enum err audit(struct reading *reading)
{
    static const char *const folders[] = {CHARTERS_FOLDER, STREAMS_FOLDER, STATEMENTS_FOLDER,
                                          NETTING_FOLDER, PAYMENTS_FOLDER};
    const struct dossier *dossier = reading->dossier;
    TRY(read_sums(reading));
    TRY(make_room(reading));
    TRY(read_each(reading, CHARTERS_FOLDER, read_charter));
    if (dossier->chain.count == 0) {
        return flawed(reading, dossier->folder, "charters", "one epoch or more", "none");
    }
    TRY(read_each(reading, STREAMS_FOLDER, read_stream));
    TRY(check_complete(reading));
    TRY(read_each(reading, STATEMENTS_FOLDER, read_statement));
    TRY(begin_net(reading));
    TRY(read_each(reading, NETTING_FOLDER, read_net));
    TRY(read_each(reading, PAYMENTS_FOLDER, read_payment));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        TRY(check_folder(reading, folders[i]));
    }
    return ERR_OK;
}

enum err dossier_audit(const char *folder, struct audit_report *report, struct arena *arena,
                       struct dossier *out_dossier, struct note *note)
{
    *out_dossier = (struct dossier){.folder = folder};
    struct reading reading = {
        .dossier = out_dossier, .report = report, .arena = arena, .note = note};
    enum err err = audit(&reading);
    buffer_fini(&reading.bytes);
    report->counts.dossiers += err == ERR_OK;
    return err;
}

const struct stream_summary *dossier_stream(const struct dossier *dossier,
                                            const struct partner_id *sender,
                                            const struct partner_id *receiver)
{
    for (size_t i = 0; i < dossier->stream_count; i++) {
        const struct stream_head *head = &dossier->streams[i].head;
        if (partner_id_equal(&head->sender, sender) &&
            partner_id_equal(&head->receiver, receiver)) {
            return &dossier->streams[i];
        }
    }
    return NULL;
}

void dossier_fini(struct dossier *dossier)
{
    charter_chain_fini(&dossier->chain);
}
