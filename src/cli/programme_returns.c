#include "cli/programme_returns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "cli/receipt_request.h"
#include "crypto/hash.h"
#include "store/returns.h"

#define SALES_OF_ONE_COMMIT 4096u
#define MICRO_DECIMALS      6

struct sold {
    struct trial *trials[SOLD_TRIALS];
    struct buffer kept[SOLD_TRIALS]; /* of the sale that was judged last */
    FILE *files[SOLD_TRIALS];        /* of all */
    size_t trial_count;
    struct archive *archive;
    struct archive_txn *txn; /* NULL: none is open */
    size_t uncommitted;
    struct return_matcher *matcher;
    struct receipt_request request;
    struct return_allocation allocation;
    struct archive_line lines[LIMIT_RECEIPT_LINES];
    struct return_line back[LIMIT_RECEIPT_LINES];
    struct buffer read;
    struct sold_tally tally;
};

static uint64_t hash_of_bytes(const char *kind, struct slice bytes)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of(kind, strlen(kind) + 1));
    hasher_add(&hasher, bytes);
    struct hash hash = hasher_finish(&hasher);
    uint64_t head = get_u64_be(hash.bytes);
    return bytes.length == 0 ? 0 : head == 0 ? 1 : head;
}

static uint64_t hash_of_text(const char *kind, const char *text)
{
    return hash_of_bytes(kind, slice_of(text, strlen(text)));
}

/* ---- Opening ---- */

/* The folder is gone as soon as its files are open. */
static enum err open_archive(struct sold *sold, struct note *note)
{
    const char *parent = getenv("TMPDIR");
    char target[LIMIT_PATH_BYTES + 1];
    struct folder_path folder;
    parent = parent == NULL || *parent == '\0' ? "/var/tmp" : parent;
    int length = snprintf(target, sizeof target, "%s/talea-try", parent);
    if (length < 0 || (size_t)length >= sizeof target) {
        return note_set(note, ERR_RANGE, "TMPDIR is too long a path");
    }
    TRY(folder_make_beside(target, &folder, note));
    enum err err = archive_open(folder.text, &sold->archive, note);
    folder_remove(folder.text);
    return err;
}

static enum err open_files(struct sold *sold, struct note *note)
{
    for (size_t i = 0; i < sold->trial_count; i++) {
        sold->files[i] = tmpfile();
        if (sold->files[i] == NULL) {
            return note_set(note, ERR_STORAGE, "no temporary file can be made");
        }
        trial_keep_sales(sold->trials[i], &sold->kept[i]);
    }
    return ERR_OK;
}

enum err sold_open(struct trial *const *trials, size_t count, struct sold **out_sold,
                   struct note *note)
{
    ASSERT(count >= 1 && count <= SOLD_TRIALS);
    struct sold *sold = calloc(1, sizeof *sold);
    if (sold == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(sold->trials, trials, count * sizeof trials[0]);
    sold->trial_count = count;
    enum err err = receipt_request_init(&sold->request);
    err = err == ERR_OK ? return_matcher_create(&sold->matcher) : err;
    err = err == ERR_OK ? open_archive(sold, note) : err;
    err = err == ERR_OK ? open_files(sold, note) : err;
    if (err != ERR_OK) {
        sold_close(sold);
        return err;
    }
    *out_sold = sold;
    return ERR_OK;
}

void sold_close(struct sold *sold)
{
    if (sold == NULL) {
        return;
    }
    if (sold->txn != NULL) {
        archive_abort(sold->txn);
    }
    for (size_t i = 0; i < sold->trial_count; i++) {
        if (sold->files[i] != NULL) {
            fclose(sold->files[i]);
        }
        trial_keep_sales(sold->trials[i], NULL);
        buffer_fini(&sold->kept[i]);
    }
    archive_close(sold->archive);
    return_matcher_destroy(sold->matcher);
    receipt_request_fini(&sold->request);
    buffer_fini(&sold->read);
    free(sold);
}

static enum err begin(struct sold *sold)
{
    return sold->txn != NULL ? ERR_OK : archive_begin(sold->archive, &sold->txn);
}

static enum err commit(struct sold *sold)
{
    struct archive_txn *txn = sold->txn;
    sold->txn = NULL;
    sold->uncommitted = 0;
    return archive_commit(txn);
}

/* ---- Sales ---- */

/* Where it is in each file is the sale's identifier: 1 and more. */
static enum err write_kept(struct sold *sold, struct uid *out_id, struct note *note)
{
    *out_id = (struct uid){{0}};
    for (size_t i = 0; i < sold->trial_count; i++) {
        uint8_t length[8];
        put_u64_be(length, sold->kept[i].length);
        long at = fseek(sold->files[i], 0, SEEK_END) == 0 ? ftell(sold->files[i]) : -1;
        bool is_written = at >= 0 && fwrite(length, sizeof length, 1, sold->files[i]) == 1 &&
                          fwrite(sold->kept[i].at, sold->kept[i].length, 1, sold->files[i]) == 1;
        if (!is_written) {
            return note_set(note, ERR_STORAGE, "a temporary file can't be written");
        }
        put_u64_be(out_id->bytes + 8 * i, (uint64_t)at + 1);
    }
    return ERR_OK;
}

static enum err fill_line(const struct receipt_line *line, struct archive_line *out_line)
{
    *out_line = (struct archive_line){.product = hash_of_text("product", line->product),
                                      .amount_minor = line->amount.minor};
    return decimal_to_minor_exact(line->quantity, MICRO_DECIMALS, &out_line->quantity_micro);
}

enum err sold_add(struct sold *sold, const struct receipt *receipt, struct slice member,
                  struct note *note)
{
    struct archive_sale sale = {.time = receipt->time,
                                .who = hash_of_bytes("member", member),
                                .store = hash_of_text("store", receipt->store),
                                .receipt = hash_of_text("receipt", receipt->reference),
                                .line_count = receipt->line_count,
                                .lines = sold->lines};
    for (size_t i = 0; i < receipt->line_count; i++) {
        if (fill_line(&receipt->lines[i], &sold->lines[i]) != ERR_OK) {
            return ERR_OK; /* no import takes it */
        }
    }
    TRY(write_kept(sold, &sale.id, note));
    TRY(begin(sold));
    TRY(archive_add_sale(sold->txn, &sale));
    return ++sold->uncommitted == SALES_OF_ONE_COMMIT ? commit(sold) : ERR_OK;
}

/* ---- Returns ---- */

/* What the node would be asked, of those lines that name `original`. */
static enum err make_request(struct sold *sold, const struct receipt *receipt, struct slice member,
                             const char *original, bool is_first,
                             struct return_request *out_request)
{
    static const struct partner_id nobody = {"try"};
    const Talea__V1__ImportReceiptsRequest *message = &sold->request.message;
    TRY(receipt_request_fill(&sold->request, receipt, &nobody, original, is_first));
    *out_request = (struct return_request){.time = receipt->time,
                                           .receipt = hash_of_text("receipt", original),
                                           .who = hash_of_bytes("member", member),
                                           .store = hash_of_text("store", receipt->store),
                                           .by_who = message->match->by_customer,
                                           .by_store = message->match->by_store,
                                           .by_day = message->match->by_day,
                                           .must_be_unique = message->match->must_be_unique,
                                           .lines = sold->back,
                                           .line_count = message->n_lines};
    for (size_t i = 0; i < message->n_lines; i++) {
        sold->back[i] = (struct return_line){hash_of_text("product", message->lines[i]->product),
                                             message->lines[i]->quantity_micro};
    }
    return uid_parse(message->transaction_id, &out_request->id);
}

static enum err read_kept(struct sold *sold, size_t trial, uint64_t sale, struct note *note)
{
    FILE *file = sold->files[trial];
    uint8_t bytes[4096];
    bool is_read = fseek(file, (long)(sale - 1), SEEK_SET) == 0 && fread(bytes, 8, 1, file) == 1;
    uint64_t left = is_read ? get_u64_be(bytes) : 0;
    buffer_clear(&sold->read);
    while (is_read && left > 0) {
        size_t part = left < sizeof bytes ? (size_t)left : sizeof bytes;
        is_read = fread(bytes, part, 1, file) == 1;
        write_bytes(&sold->read, bytes, part);
        left -= part;
    }
    return is_read ? sold->read.err : note_set(note, ERR_STORAGE, "a temporary file can't be read");
}

static size_t lines_of_take(const struct return_allocation *allocation, size_t take,
                            struct trial_back *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < allocation->part_count; i++) {
        const struct return_part *part = &allocation->parts[i];
        if (part->take == take && count == LIMIT_RETURNED_LINES) {
            return 0;
        }
        if (part->take == take) {
            lines[count++] = (struct trial_back){part->line, part->quantity_milli};
        }
    }
    return count;
}

static enum err take(struct sold *sold, size_t at, struct note *note)
{
    const struct return_take *take = &sold->allocation.takes[at];
    struct trial_back lines[LIMIT_RETURNED_LINES];
    size_t count = lines_of_take(&sold->allocation, at, lines);
    if (count == 0 && take->is_of_lines) {
        return ERR_OK;
    }
    sold->tally.taken++;
    for (size_t i = 0; i < sold->trial_count; i++) {
        struct points taken = {0};
        uint64_t sale = get_u64_be(take->sale.bytes + 8 * i);
        TRY(read_kept(sold, i, sale, note));
        enum err err = trial_return(sold->trials[i], sale, buffer_slice(&sold->read), lines, count,
                                    money_of(take->amount_minor), &taken, note);
        if (err != ERR_OK && err != ERR_INPUT) {
            return err;
        }
        if (i == 0) {
            TRY(int64_add(sold->tally.points_minor, taken.minor, &sold->tally.points_minor));
        }
    }
    return ERR_OK;
}

static enum err return_of(struct sold *sold, const struct receipt *receipt, struct slice member,
                          const char *original, bool is_first, struct note *note)
{
    struct return_request request;
    bool is_kept;
    TRY(make_request(sold, receipt, member, original, is_first, &request));
    bool is_nobodys = request.by_who && request.who == 0;
    TRY(begin(sold));
    enum err err = is_nobodys ? ERR_CONFLICT
                              : return_allocate(sold->matcher, sold->txn, &request,
                                                &sold->allocation, &is_kept);
    if (err == ERR_CONFLICT || (err == ERR_OK && sold->allocation.result != RETURN_FOUND)) {
        sold->tally.refused++;
        return ERR_OK;
    }
    TRY(err);
    sold->tally.matched += is_kept ? 0 : 1;
    for (size_t i = 0; i < sold->allocation.take_count && !is_kept; i++) {
        TRY(take(sold, i, note));
    }
    return ERR_OK;
}

static bool is_named_before(const struct receipt *receipt, size_t line)
{
    for (size_t i = 0; i < line; i++) {
        if (strcmp(receipt->lines[i].original, receipt->lines[line].original) == 0) {
            return true;
        }
    }
    return false;
}

enum err sold_return(struct sold *sold, const struct receipt *receipt, struct slice member,
                     struct note *note)
{
    for (size_t i = 0; i < receipt->line_count; i++) {
        if (!is_named_before(receipt, i)) {
            enum err err =
                return_of(sold, receipt, member, receipt->lines[i].original, i == 0, note);
            sold->tally.refused += err == ERR_INPUT ? 1 : 0; /* no import takes it */
            TRY(err == ERR_INPUT ? ERR_OK : err);
        }
    }
    return ERR_OK;
}

struct sold_tally sold_tally(const struct sold *sold)
{
    return sold->tally;
}
