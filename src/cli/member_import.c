/* talea member import: a file of members, many at once. A member's transaction id follows from the
 * partner and the reference, so that importing the file again adds nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/pump.h"
#include "cli/session.h"
#include "crypto/hash.h"
#include "receipts/rows.h"

const struct argp_option member_import_options[] = {
    {"cards", OPT_CARDS, "FILE", 0, "Write reference and card of every row to a new CSV file", 0},
    {0}};

enum column {
    COLUMN_REFERENCE,
    COLUMN_NAME,
    COLUMN_LANGUAGE,
    COLUMN_CHANNELS, /* that the member agreed to, with blanks between them */
    COLUMN_BIRTHDAY,
    COLUMN_REFERRER, /* a card or an id */
    COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {"reference", "name",     "language",
                                                       "channels",  "birthday", "referrer"};

#define FIELD_BYTES 128u

struct member_import {
    struct cli *cli;
    struct pump pump;
    struct progress progress;
    struct partner_id partner;
    const char *path;
    size_t columns[COLUMN_COUNT]; /* SIZE_MAX: none */
    FILE *cards;                  /* NULL: none */
    uint64_t rows;
    uint64_t members;
    uint64_t refused;
    bool is_cut; /* the stream ended before the file */
};

struct member_job {
    uint64_t row;
    char transaction_id[UID_TEXT_MAX];
    char reference[LIMIT_REFERENCE_BYTES + 1];
};

static void write_card(struct member_import *import, const char *reference, const char *card)
{
    if (import->cards != NULL) {
        CLEANUP(buffer_fini) struct buffer record = {0};
        const struct slice fields[] = {slice_of(reference, strlen(reference)),
                                       slice_of(card, strlen(card))};
        row_write(&record, fields, 2, ',', '"');
        write_u8(&record, '\n');
        fwrite(record.at, 1, record.length, import->cards);
    }
}

static void refuse_row(struct member_import *import, uint64_t row, const char *reason)
{
    import->refused++;
    fprintf(import->cli->err, "%s:%llu: %s\n", import->path, (unsigned long long)row, reason);
}

static enum err on_answer(void *context, void *job, const ProtobufCMessage *answer)
{
    struct member_import *import = context;
    const struct member_job *member = job;
    const Talea__V1__ImportMembersResponse *reply =
        (const Talea__V1__ImportMembersResponse *)answer;
    if (strcmp(reply->transaction_id, member->transaction_id) != 0) {
        return ERR_INTERNAL;
    }
    write_card(import, member->reference, reply->card);
    if (reply->refusal[0] != '\0') {
        struct note note;
        refuse_row(import, member->row, refusal_text(reply->refusal, reply->message, &note));
    } else {
        import->members++;
    }
    return ERR_OK;
}

/* The same for a partner and a reference, always. */
static void derive_id(const struct partner_id *partner, const char *reference,
                      char out_text[UID_TEXT_MAX])
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of("member", sizeof "member"));
    hasher_add(&hasher, slice_of(partner->text, sizeof partner->text));
    hasher_add(&hasher, slice_of(reference, strlen(reference)));
    struct hash hash = hasher_finish(&hasher);
    struct uid uid = uid_v8(0, hash.bytes);
    uid_format(&uid, out_text);
}

static bool name_is(struct slice name, const char *text)
{
    return slice_equal(name, slice_of(text, strlen(text)));
}

static enum err on_header(void *context, const struct rows_header *header, struct note *note)
{
    struct member_import *import = context;
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        import->columns[c] = SIZE_MAX;
        for (size_t i = 0; i < header->count; i++) {
            if (name_is(header->names[i], column_names[c])) {
                import->columns[c] = i;
            }
        }
    }
    if (import->columns[COLUMN_REFERENCE] == SIZE_MAX) {
        return note_set(note, ERR_INPUT, "%s:1: there is no column \"reference\"", import->path);
    }
    return ERR_OK;
}

static enum err copy_field(const struct row *row, size_t column, char *out, size_t capacity)
{
    out[0] = '\0';
    if (column >= row->count) {
        return ERR_OK;
    }
    struct slice field = row->fields[column];
    if (field.length >= capacity || !text_is_printable(field)) {
        return ERR_INPUT;
    }
    memcpy(out, field.at, field.length);
    out[field.length] = '\0';
    return ERR_OK;
}

/* One row's request, with what it points to. */
struct member_row {
    char fields[COLUMN_COUNT][FIELD_BYTES + 1];
    struct consent_list consents;
    Talea__V1__MemberSelector referrer;
    Talea__V1__ImportMembersRequest request;
};

static bool read_channels(const char *text, struct consent_list *out_list)
{
    out_list->count = 0;
    while (text[strspn(text, " ")] != '\0') {
        char name[16] = "";
        enum notify_channel channel;
        text += strspn(text, " ");
        size_t length = strcspn(text, " ");
        if (length >= sizeof name || out_list->count == NOTIFY_CHANNEL_END) {
            return false;
        }
        memcpy(name, text, length);
        if (notify_channel_parse(name, &channel) != ERR_OK) {
            return false;
        }
        Talea__V1__Consent *consent = &out_list->rows[out_list->count];
        talea__v1__consent__init(consent);
        consent->channel = (Talea__V1__Channel)((unsigned)channel + 1);
        consent->is_given = true;
        out_list->at[out_list->count++] = consent;
        text += length;
    }
    return true;
}

static bool read_referrer(char *text, Talea__V1__MemberSelector *out_selector)
{
    struct uid id;
    struct card_number card;
    talea__v1__member_selector__init(out_selector);
    if (uid_parse(text, &id) == ERR_OK) {
        out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
        out_selector->member_id = text;
        return true;
    }
    out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_CARD;
    out_selector->card = text;
    return card_number_parse(text, &card) == ERR_OK;
}

/* What is wrong; NULL for nothing. */
static const char *read_row(const struct member_import *import, const struct row *row,
                            struct member_row *out)
{
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        size_t most = c == COLUMN_REFERENCE ? LIMIT_REFERENCE_BYTES : FIELD_BYTES;
        bool is_fine = copy_field(row, import->columns[c], out->fields[c], most + 1) == ERR_OK;
        if (c == COLUMN_REFERENCE && (!is_fine || out->fields[c][0] == '\0')) {
            return "the reference is not 1 to 64 bytes of printable UTF-8";
        }
        if (!is_fine) {
            return c == COLUMN_NAME ? "the name is not at most 128 bytes of printable UTF-8"
                                    : "a field is not at most 128 bytes of printable UTF-8";
        }
    }
    if (!read_channels(out->fields[COLUMN_CHANNELS], &out->consents)) {
        return "the channels are not email, sms, push, chat, each once";
    }
    bool has_referrer = out->fields[COLUMN_REFERRER][0] != '\0';
    if (has_referrer && !read_referrer(out->fields[COLUMN_REFERRER], &out->referrer)) {
        return "the referrer is neither a card nor a member's id";
    }
    Talea__V1__ImportMembersRequest *request = &out->request;
    talea__v1__import_members_request__init(request);
    request->reference = out->fields[COLUMN_REFERENCE];
    request->display_name = out->fields[COLUMN_NAME];
    request->language = out->fields[COLUMN_LANGUAGE];
    request->birthday = out->fields[COLUMN_BIRTHDAY];
    request->referrer = has_referrer ? &out->referrer : NULL;
    request->consents = out->consents.at;
    request->n_consents = out->consents.count;
    return NULL;
}

static enum err on_row(void *context, const struct row *row, struct note *note)
{
    (void)note;
    struct member_import *import = context;
    struct member_row member;
    const char *reason = read_row(import, row, &member);
    struct member_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return ERR_RESOURCE;
    }
    job->row = row->number;
    pump_lock(&import->pump);
    import->rows++;
    if (reason != NULL) {
        refuse_row(import, row->number, reason);
    }
    pump_unlock(&import->pump);
    if (reason != NULL) {
        free(job);
        return ERR_OK;
    }
    memcpy(job->reference, member.fields[COLUMN_REFERENCE], sizeof job->reference);
    derive_id(&import->partner, job->reference, job->transaction_id);
    struct member_job copy = *job; /* the pump may free the job at any time */
    member.request.transaction_id = copy.transaction_id;
    enum err err = pump_send(&import->pump, &member.request.base, job);
    import->is_cut = err != ERR_OK;
    return err;
}

static enum err on_malformed(void *context, const struct row *row, const char *reason,
                             struct note *note)
{
    (void)note;
    struct member_import *import = context;
    pump_lock(&import->pump);
    import->rows++;
    refuse_row(import, row->number, reason);
    pump_unlock(&import->pump);
    return ERR_OK;
}

static void on_progress(void *context, uint64_t position, uint64_t size)
{
    struct member_import *import = context;
    progress_show(&import->progress, position, size);
}

static enum cli_exit print_members(struct member_import *import)
{
    struct cli *cli = import->cli;
    if (cli->is_json) {
        return cli_print_json(cli, json_pack("{s:I, s:I, s:I}", "rows", (json_int_t)import->rows,
                                             "members", (json_int_t)import->members, "rejected",
                                             (json_int_t)import->refused));
    }
    fprintf(cli->out, "rows %llu = %llu members + %llu rejected\n",
            (unsigned long long)import->rows, (unsigned long long)import->members,
            (unsigned long long)import->refused);
    return CLI_OK;
}

static enum cli_exit stream_file(struct member_import *import, struct source *source)
{
    static const struct mapping format = {.delimiter = ',', .quote = '"', .has_header = true};
    const struct rows_sink sink = {import, on_header, on_row, on_malformed, on_progress};
    struct note note = {""};
    enum err err = pump_open(&import->pump, import->cli, "ImportMembers");
    if (err != ERR_OK) {
        return cli_fail_err(import->cli, err, NULL);
    }
    progress_begin(&import->progress, import->cli, import->path);
    err = rows_read(source, &format, &sink, &note);
    struct rpc_status status = pump_close(&import->pump, err != ERR_OK && !import->is_cut);
    progress_end(&import->progress);
    if (err != ERR_OK && !import->is_cut) {
        return cli_fail_err(import->cli, err, &note);
    }
    enum cli_exit outcome = print_members(import);
    if (status.code != 0) {
        return cli_fail_status(import->cli, &status);
    }
    if (outcome != CLI_OK || import->refused == 0) {
        return outcome;
    }
    return import->members == 0
               ? cli_fail(import->cli, CLI_REFUSED, "NOTHING_IMPORTED", NULL,
                          "all %llu rows were rejected", (unsigned long long)import->refused)
               : cli_fail(import->cli, CLI_REFUSED, "ROWS_REJECTED", "each is named above",
                          "%llu of %llu rows were rejected", (unsigned long long)import->refused,
                          (unsigned long long)import->rows);
}

enum cli_exit run_member_import(struct cli *cli)
{
    struct note note = {""};
    struct member_import import = {.cli = cli, .path = cli_argument(cli, 0)};
    import.pump.context = &import;
    import.pump.on_answer = on_answer;
    import.pump.free_job = free;
    import.pump.silence_ms = cli->timeout_ms;
    const struct node_config *config;
    enum cli_exit outcome = session_open(cli);
    if (outcome != CLI_OK) {
        return outcome;
    }
    struct source *source;
    enum err err = cli_config(cli, &config, &note);
    if (err == ERR_OK) {
        import.partner = config->partner;
        err = source_open(import.path, &source, &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    const char *cards = cli_option(cli, OPT_CARDS);
    if (cards != NULL && (import.cards = fopen(cards, "wxe")) == NULL) {
        outcome = cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--cards: %s: %s", cards,
                           strerror(errno));
    } else {
        write_card(&import, "reference", "card");
        outcome = stream_file(&import, source);
    }
    if (import.cards != NULL && fclose(import.cards) != 0) {
        outcome =
            cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "%s: %s", cards, strerror(errno));
    }
    source_close(source);
    return outcome;
}
