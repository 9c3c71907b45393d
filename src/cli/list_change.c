/* talea list add, remove: members of a file, or some that are named, put on a list or taken off.
 * The rows' transaction ids follow from the command's own, so that the same command again, with its
 * id, changes nothing more. */
#include <stdlib.h>
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/pump.h"
#include "cli/selector.h"
#include "cli/session.h"
#include "crypto/hash.h"
#include "receipts/rows.h"

const struct argp_option list_change_options[] = {SELECTOR_OPTIONS, TRANSACTION_OPTION, {0}};

enum column {
    COLUMN_CARD,
    COLUMN_MEMBER,
    COLUMN_REFERENCE,
    COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {"card", "member", "reference"};

struct list_change {
    struct cli *cli;
    struct pump pump;
    struct progress progress;
    struct uid id; /* of the command */
    const char *list;
    const char *path;
    bool is_removed;
    size_t column; /* that names members */
    enum column kind;
    uint64_t rows;
    uint64_t changed;
    uint64_t refused;
    bool is_cut; /* the stream ended before the file */
};

struct list_job {
    uint64_t row;
    char transaction_id[UID_TEXT_MAX];
};

static void refuse_row(struct list_change *change, uint64_t row, const char *reason)
{
    change->refused++;
    fprintf(change->cli->err, "%s:%llu: %s\n", change->path, (unsigned long long)row, reason);
}

static enum err on_answer(void *context, void *job, const ProtobufCMessage *answer)
{
    struct list_change *change = context;
    const struct list_job *row = job;
    const Talea__V1__ChangeListResponse *reply = (const Talea__V1__ChangeListResponse *)answer;
    if (strcmp(reply->transaction_id, row->transaction_id) != 0) {
        return ERR_INTERNAL;
    }
    if (reply->refusal[0] != '\0') {
        struct note note;
        refuse_row(change, row->row, refusal_text(reply->refusal, reply->message, &note));
    } else {
        change->changed += reply->is_changed ? 1 : 0;
    }
    return ERR_OK;
}

static void derive_id(const struct uid *command, uint64_t row, char out_text[UID_TEXT_MAX])
{
    struct hasher hasher;
    uint8_t number[8];
    put_u64_be(number, row);
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of("list", sizeof "list"));
    hasher_add(&hasher, slice_of(command->bytes, sizeof command->bytes));
    hasher_add(&hasher, slice_of(number, sizeof number));
    struct hash hash = hasher_finish(&hasher);
    struct uid uid = uid_v8(0, hash.bytes);
    uid_format(&uid, out_text);
}

static enum err on_header(void *context, const struct rows_header *header, struct note *note)
{
    struct list_change *change = context;
    for (unsigned kind = 0; kind < COLUMN_COUNT; kind++) {
        const char *name = column_names[kind];
        for (size_t i = 0; i < header->count; i++) {
            if (slice_equal(header->names[i], slice_of(name, strlen(name)))) {
                change->column = i;
                change->kind = (enum column)kind;
                return ERR_OK;
            }
        }
    }
    return note_set(note, ERR_INPUT,
                    "%s:1: there is no column \"card\", \"member\" or \"reference\"", change->path);
}

static void fill_selector(const struct list_change *change, char *text,
                          Talea__V1__MemberSelector *selector)
{
    talea__v1__member_selector__init(selector);
    if (change->kind == COLUMN_CARD) {
        selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_CARD;
        selector->card = text;
    } else if (change->kind == COLUMN_MEMBER) {
        selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
        selector->member_id = text;
    } else {
        selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_REFERENCE;
        selector->reference = text;
    }
}

static enum err send_row(struct list_change *change, uint64_t row,
                         Talea__V1__MemberSelector *selector)
{
    Talea__V1__ChangeListRequest request;
    talea__v1__change_list_request__init(&request);
    struct list_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return ERR_RESOURCE;
    }
    job->row = row;
    derive_id(&change->id, row, job->transaction_id);
    struct list_job copy = *job; /* the pump may free the job at any time */
    request.transaction_id = copy.transaction_id;
    request.list = message_text(change->list);
    request.member = selector;
    request.is_removed = change->is_removed;
    enum err err = pump_send(&change->pump, &request.base, job);
    change->is_cut = err != ERR_OK;
    return err;
}

static enum err on_row(void *context, const struct row *row, struct note *note)
{
    (void)note;
    struct list_change *change = context;
    char text[LIMIT_REFERENCE_BYTES + 1] = "";
    Talea__V1__MemberSelector selector;
    struct slice field =
        change->column < row->count ? row->fields[change->column] : slice_of("", 0);
    bool is_fine = field.length > 0 && field.length < sizeof text && text_is_printable(field);
    pump_lock(&change->pump);
    change->rows++;
    if (!is_fine) {
        refuse_row(change, row->number, "it names nobody in 1 to 64 bytes of printable UTF-8");
    }
    pump_unlock(&change->pump);
    if (!is_fine) {
        return ERR_OK;
    }
    memcpy(text, field.at, field.length);
    fill_selector(change, text, &selector);
    return send_row(change, row->number, &selector);
}

static enum err on_malformed(void *context, const struct row *row, const char *reason,
                             struct note *note)
{
    (void)note;
    struct list_change *change = context;
    pump_lock(&change->pump);
    change->rows++;
    refuse_row(change, row->number, reason);
    pump_unlock(&change->pump);
    return ERR_OK;
}

static void on_progress(void *context, uint64_t position, uint64_t size)
{
    struct list_change *change = context;
    progress_show(&change->progress, position, size);
}

static enum cli_exit print_change(struct list_change *change)
{
    struct cli *cli = change->cli;
    uint64_t same = change->rows - change->changed - change->refused;
    if (cli->is_json) {
        return cli_print_json(cli,
                              json_pack("{s:I, s:I, s:I, s:I}", "rows", (json_int_t)change->rows,
                                        "changed", (json_int_t)change->changed, "unchanged",
                                        (json_int_t)same, "rejected", (json_int_t)change->refused));
    }
    fprintf(cli->out, "rows %llu = %llu %s + %llu unchanged + %llu rejected\n",
            (unsigned long long)change->rows, (unsigned long long)change->changed,
            change->is_removed ? "removed" : "added", (unsigned long long)same,
            (unsigned long long)change->refused);
    return CLI_OK;
}

static enum cli_exit close_stream(struct list_change *change, enum err err, const struct note *note)
{
    struct cli *cli = change->cli;
    struct rpc_status status = pump_close(&change->pump, err != ERR_OK && !change->is_cut);
    progress_end(&change->progress);
    if (err != ERR_OK && !change->is_cut) {
        return cli_fail_err(cli, err, note);
    }
    enum cli_exit outcome = print_change(change);
    if (status.code != 0) {
        return cli_fail_status(cli, &status);
    }
    return outcome != CLI_OK || change->refused == 0
               ? outcome
               : cli_fail(cli, CLI_REFUSED, "ROWS_REJECTED", "each is named above",
                          "%llu of %llu rows were rejected", (unsigned long long)change->refused,
                          (unsigned long long)change->rows);
}

static enum cli_exit stream_file(struct list_change *change, struct source *source)
{
    static const struct mapping format = {.delimiter = ',', .quote = '"', .has_header = true};
    const struct rows_sink sink = {change, on_header, on_row, on_malformed, on_progress};
    struct note note = {""};
    enum err err = pump_open(&change->pump, change->cli, "ChangeList");
    if (err != ERR_OK) {
        return cli_fail_err(change->cli, err, NULL);
    }
    progress_begin(&change->progress, change->cli, change->path);
    err = rows_read(source, &format, &sink, &note);
    return close_stream(change, err, &note);
}

/* One that is named by an option. */
static enum cli_exit send_one(struct list_change *change)
{
    Talea__V1__MemberSelector selector;
    talea__v1__member_selector__init(&selector);
    const char *member = cli_option(change->cli, OPT_MEMBER);
    const char *reference = cli_option(change->cli, OPT_REFERENCE);
    change->path = member != NULL ? "--member" : "--reference";
    change->kind = member != NULL ? COLUMN_MEMBER : COLUMN_REFERENCE;
    fill_selector(change, message_text(member != NULL ? member : reference), &selector);
    enum err err = pump_open(&change->pump, change->cli, "ChangeList");
    if (err != ERR_OK) {
        return cli_fail_err(change->cli, err, NULL);
    }
    progress_begin(&change->progress, change->cli, change->path);
    change->rows = 1;
    return close_stream(change, send_row(change, 1, &selector), NULL);
}

static enum cli_exit change_list(struct cli *cli, bool is_removed)
{
    struct note note = {""};
    struct list_change change = {
        .cli = cli, .list = cli_argument(cli, 0), .is_removed = is_removed};
    const char *path = cli_argument(cli, 1);
    bool is_one = cli_option(cli, OPT_MEMBER) != NULL || cli_option(cli, OPT_REFERENCE) != NULL;
    const char *id;
    change.pump.context = &change;
    change.pump.on_answer = on_answer;
    change.pump.free_job = free;
    change.pump.silence_ms = cli->timeout_ms;
    if (is_one == (path != NULL)) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "needs a file, or one of --member and --reference");
    }
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK) {
        outcome = session_open(cli);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (uid_parse(id, &change.id) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_ID", NULL, "--transaction-id is no UUID");
    }
    if (is_one) {
        return send_one(&change);
    }
    struct source *source;
    change.path = path;
    enum err err = source_open(path, &source, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    outcome = stream_file(&change, source);
    source_close(source);
    return outcome;
}

enum cli_exit run_list_add(struct cli *cli)
{
    return change_list(cli, false);
}

enum cli_exit run_list_remove(struct cli *cli)
{
    return change_list(cli, true);
}
