#include "store/returns.h"

#include <stdlib.h>
#include <string.h>

#include "base/amount.h"

#define ALLOCATION_VERSION 2u
#define ALLOCATION_WITHOUT 1u /* an earlier one, without parts */
#define MILLI              1000

struct return_matcher {
    struct archive_line lines[LIMIT_RECEIPT_LINES]; /* of the sale that is looked at */
    struct uid partial[LIMIT_RETURN_SALES];         /* sales that have something left */
    struct buffer scratch;
};

enum err return_matcher_create(struct return_matcher **out_matcher)
{
    struct return_matcher *matcher = calloc(1, sizeof *matcher);
    if (matcher == NULL) {
        return ERR_RESOURCE;
    }
    *out_matcher = matcher;
    return ERR_OK;
}

void return_matcher_destroy(struct return_matcher *matcher)
{
    if (matcher != NULL) {
        buffer_fini(&matcher->scratch);
        free(matcher);
    }
}

enum err return_share(const struct archive_line *line, int64_t quantity_micro,
                      int64_t *out_amount_minor)
{
    int64_t left = line->amount_minor - line->returned_minor;
    int64_t share;
    if (quantity_micro == line->quantity_micro - line->returned_micro) {
        *out_amount_minor = left;
        return ERR_OK;
    }
    TRY(int64_mul_div(line->amount_minor, quantity_micro, line->quantity_micro, ROUNDING_HALF_EVEN,
                      &share));
    *out_amount_minor = share < left ? share : left; /* parts that were rounded up */
    return ERR_OK;
}

/* One line of a return while its sale is looked for. */
struct search {
    struct return_matcher *matcher;
    struct archive_txn *txn;
    const struct return_request *request;
    const struct return_line *line;
    size_t looked_at;
    size_t fitting;       /* sales that have enough by themselves */
    struct uid sale;      /* the first of them */
    bool is_any_sold;     /* some sale that may be meant has the product, whatever is left */
    int64_t partial_left; /* of the product in all `partial` sales, up to what is wanted */
    size_t partial_count;
    size_t partial_max;
};

static int64_t day_of(struct unix_ms time)
{
    return time.ms / DAY_MS;
}

static int64_t left_of(const struct archive_line *line, uint64_t product)
{
    return line->product == product ? line->quantity_micro - line->returned_micro : 0;
}

static bool has_sold(const struct archive_sale *sale, uint64_t product)
{
    for (size_t i = 0; i < sale->line_count; i++) {
        if (sale->lines[i].product == product && sale->lines[i].quantity_micro > 0) {
            return true;
        }
    }
    return false;
}

/* The index gives sales whose hashes fall together, too. */
static bool is_candidate(const struct return_request *request, const struct archive_sale *sale)
{
    bool is_in_time = request->receipt != 0 || day_of(sale->time) <= day_of(request->time);
    return is_in_time && (request->receipt == 0 || sale->receipt == request->receipt) &&
           (!request->by_who || sale->who == request->who) &&
           (!request->by_store || sale->store == request->store) &&
           (!request->by_day || day_of(sale->time) == day_of(request->time));
}

/* Adds the sale to what the line may be spread over. */
static void note_partial(struct search *search, const struct uid *sale, int64_t left)
{
    int64_t missing = search->line->quantity_micro - search->partial_left;
    if (left > 0 && missing > 0 && search->partial_count < search->partial_max) {
        search->matcher->partial[search->partial_count++] = *sale;
        search->partial_left += left < missing ? left : missing;
    }
}

/* ERR_NOT_FOUND ends the search. */
static enum err look_at(void *context, const struct uid *id)
{
    struct search *search = context;
    const struct return_line *line = search->line;
    struct archive_sale sale;
    int64_t left = 0;
    if (++search->looked_at > LIMIT_RETURN_CANDIDATES) {
        return ERR_NOT_FOUND;
    }
    enum err err = archive_get_sale(search->txn, id, search->matcher->lines, &sale);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    }
    if (search->request->by_day && search->request->receipt == 0 &&
        day_of(sale.time) < day_of(search->request->time)) {
        return ERR_NOT_FOUND; /* and all that follow are older */
    }
    if (!is_candidate(search->request, &sale)) {
        return ERR_OK;
    }
    search->is_any_sold = search->is_any_sold || has_sold(&sale, line->product);
    for (size_t i = 0; i < sale.line_count && left < line->quantity_micro; i++) {
        int64_t part = left_of(&sale.lines[i], line->product);
        left = part >= line->quantity_micro - left ? line->quantity_micro : left + part;
    }
    note_partial(search, id, left);
    if (left >= line->quantity_micro && search->fitting++ == 0) {
        search->sale = *id;
    }
    return search->fitting > (search->request->must_be_unique ? 1u : 0u) ? ERR_NOT_FOUND : ERR_OK;
}

static enum err search_run(struct search *search)
{
    const struct return_request *request = search->request;
    struct unix_ms day_end = {(day_of(request->time) + 1) * DAY_MS - 1};
    uint64_t product = search->line->product;
    if (request->receipt != 0) {
        return archive_visit(search->txn, ARCHIVE_BY_RECEIPT, request->receipt, 0,
                             (struct unix_ms){INT64_MAX}, look_at, search);
    }
    if (request->by_who && request->who != 0) {
        return archive_visit(search->txn, ARCHIVE_BY_WHO, request->who, product, day_end, look_at,
                             search);
    }
    if (request->by_store && request->store != 0) {
        return archive_visit(search->txn, ARCHIVE_BY_STORE, request->store, product, day_end,
                             look_at, search);
    }
    return ERR_OK;
}

static struct return_take *take_of(struct return_allocation *allocation, const struct uid *sale)
{
    for (size_t i = 0; i < allocation->take_count; i++) {
        if (uid_equal(&allocation->takes[i].sale, sale)) {
            return &allocation->takes[i];
        }
    }
    ASSERT(allocation->take_count < LIMIT_RETURN_SALES);
    struct return_take *take = &allocation->takes[allocation->take_count++];
    *take = (struct return_take){.sale = *sale};
    return take;
}

/* In thousandths, of a line that says no whole one in thousandths of it. */
static enum err milli_of(const struct archive_line *line, int64_t micro, int64_t *out_milli)
{
    int64_t whole = line->quantity_micro / MILLI + (line->quantity_micro % MILLI >= MILLI / 2);
    return int64_mul_div(whole > 0 ? whole : MILLI, micro, line->quantity_micro, ROUNDING_DOWN,
                         out_milli);
}

/* Which line it was, of which `part` has been taken by now. One that rounds to nothing goes with
 * what is taken next. */
static enum err note_part(struct return_allocation *allocation, const struct return_take *take,
                          const struct archive_line *line, size_t place, int64_t part)
{
    bool is_all = line->returned_micro == line->quantity_micro;
    int64_t before;
    int64_t now;
    TRY(milli_of(line, line->returned_micro - part, &before));
    TRY(milli_of(line, line->returned_micro, &now));
    if (!is_all && now == before) {
        return ERR_OK;
    }
    if (allocation->part_count < LIMIT_RETURN_PARTS) {
        allocation->parts[allocation->part_count] =
            (struct return_part){.take = (uint16_t)(take - allocation->takes),
                                 .line = (uint16_t)(place + 1),
                                 .quantity_milli = is_all ? 0 : now - before};
    }
    allocation->part_count++; /* beyond the limit none are kept */
    return ERR_OK;
}

/* Up to `*quantity` of the product from one sale: from one line when one has it all. */
static enum err take_from_sale(const struct search *search, const struct uid *id, int64_t *quantity,
                               struct return_allocation *allocation)
{
    struct archive_sale sale;
    struct return_take *take = take_of(allocation, id);
    TRY(archive_get_sale(search->txn, id, search->matcher->lines, &sale));
    size_t first = 0;
    for (size_t i = 0; i < sale.line_count; i++) {
        if (left_of(&sale.lines[i], search->line->product) >= *quantity) {
            first = i;
            break;
        }
    }
    for (size_t i = first; i<sale.line_count && * quantity> 0; i++) {
        struct archive_line *line = &sale.lines[i];
        int64_t left = left_of(line, search->line->product);
        int64_t part = left < *quantity ? left : *quantity;
        int64_t amount;
        if (part <= 0) {
            continue;
        }
        TRY(return_share(line, part, &amount));
        line->returned_micro += part;
        line->returned_minor += amount;
        *quantity -= part;
        TRY(note_part(allocation, take, line, i, part));
        TRY(int64_add(take->amount_minor, amount, &take->amount_minor));
    }
    return archive_put_sale(search->txn, &sale);
}

/* Finds one line's sales and takes the line from them. */
static enum err match_line(struct search *search, struct return_allocation *allocation,
                           enum return_result *out_result)
{
    int64_t quantity = search->line->quantity_micro;
    *out_result = RETURN_NO_SALE;
    if (quantity <= 0) {
        return ERR_OK;
    }
    search->partial_max = LIMIT_RETURN_SALES - allocation->take_count;
    TRY(search_run(search));
    if (search->request->must_be_unique && search->fitting > 1) {
        *out_result = RETURN_NOT_UNIQUE;
        return ERR_OK;
    }
    bool is_spread = !search->request->must_be_unique && search->partial_left >= quantity;
    if (search->partial_max == 0) {
        return ERR_OK;
    }
    if (search->fitting == 0 && !is_spread) {
        *out_result = search->is_any_sold ? RETURN_EXCEEDS_SALE : RETURN_NO_SALE;
        return ERR_OK;
    }
    if (search->fitting > 0) {
        TRY(take_from_sale(search, &search->sale, &quantity, allocation));
    }
    for (size_t i = 0; i < search->partial_count && quantity > 0; i++) {
        TRY(take_from_sale(search, &search->matcher->partial[i], &quantity, allocation));
    }
    *out_result = quantity == 0 ? RETURN_FOUND : RETURN_NO_SALE;
    return quantity == 0 ? ERR_OK : ERR_CORRUPT;
}

/* Has a sale without an amount been returned as a whole? Its points, given by hand, go back then.
 */
static bool is_all_returned(const struct archive_sale *sale)
{
    for (size_t i = 0; i < sale->line_count; i++) {
        const struct archive_line *line = &sale->lines[i];
        if (line->amount_minor != 0 || line->returned_micro != line->quantity_micro) {
            return false;
        }
    }
    return true;
}

/* Marks takes that mean nothing to a ledger that knows no lines. */
static enum err mark_empty_takes(struct return_matcher *matcher, struct archive_txn *txn,
                                 struct return_allocation *allocation)
{
    for (size_t i = 0; i < allocation->take_count; i++) {
        struct return_take *take = &allocation->takes[i];
        struct archive_sale sale;
        if (take->amount_minor == 0) {
            TRY(archive_get_sale(txn, &take->sale, matcher->lines, &sale));
            take->is_of_lines = !is_all_returned(&sale);
        }
    }
    return ERR_OK;
}

static enum err match_all(struct return_matcher *matcher, struct archive_txn *txn,
                          const struct return_request *request,
                          struct return_allocation *allocation)
{
    static const enum return_result by_weight[] = {RETURN_FOUND, RETURN_NOT_UNIQUE,
                                                   RETURN_EXCEEDS_SALE, RETURN_NO_SALE};
    bool is_any[RETURN_RESULT_COUNT] = {[RETURN_NO_SALE] = true};
    allocation->line_count = request->line_count;
    allocation->take_count = 0;
    allocation->part_count = 0;
    memcpy(allocation->body_hash, request->body_hash, sizeof allocation->body_hash);
    for (size_t i = 0; i < request->line_count; i++) {
        struct search search = {
            .matcher = matcher, .txn = txn, .request = request, .line = &request->lines[i]};
        enum return_result result;
        TRY(match_line(&search, allocation, &result));
        allocation->line_matched[i] = result == RETURN_FOUND;
        is_any[result] = true;
    }
    size_t heaviest = 0;
    while (!is_any[by_weight[heaviest]]) {
        heaviest++;
    }
    allocation->result = by_weight[heaviest];
    if (allocation->part_count > LIMIT_RETURN_PARTS) {
        allocation->part_count = 0;
    }
    return mark_empty_takes(matcher, txn, allocation);
}

static void allocation_encode(const struct return_allocation *allocation, struct buffer *out)
{
    write_u8(out, ALLOCATION_VERSION);
    write_bytes(out, allocation->body_hash, sizeof allocation->body_hash);
    write_u8(out, (uint8_t)allocation->result);
    write_varint(out, allocation->line_count);
    for (size_t i = 0; i < allocation->line_count; i++) {
        write_u8(out, allocation->line_matched[i] ? 1 : 0);
    }
    write_varint(out, allocation->take_count);
    for (size_t i = 0; i < allocation->take_count; i++) {
        write_bytes(out, allocation->takes[i].sale.bytes, sizeof allocation->takes[i].sale.bytes);
        write_svarint(out, allocation->takes[i].amount_minor);
        write_u8(out, allocation->takes[i].is_of_lines ? 1 : 0);
    }
    write_varint(out, allocation->part_count);
    for (size_t i = 0; i < allocation->part_count; i++) {
        write_varint(out, allocation->parts[i].take);
        write_varint(out, allocation->parts[i].line);
        write_varint(out, (uint64_t)allocation->parts[i].quantity_milli);
    }
}

static enum err parts_decode(struct reader *in, struct return_allocation *out)
{
    uint64_t parts = read_varint(in);
    if (parts > LIMIT_RETURN_PARTS) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < parts; i++) {
        uint64_t take = read_varint(in);
        uint64_t line = read_varint(in);
        uint64_t quantity = read_varint(in);
        if (take >= out->take_count || line == 0 || line > LIMIT_RECEIPT_LINES ||
            quantity > INT64_MAX) {
            return ERR_CORRUPT;
        }
        out->parts[i] = (struct return_part){(uint16_t)take, (uint16_t)line, (int64_t)quantity};
    }
    out->part_count = (size_t)parts;
    return ERR_OK;
}

static enum err allocation_decode(struct slice value, struct return_allocation *out)
{
    struct reader in = reader_of(value);
    uint8_t version = read_u8(&in);
    read_copy(&in, out->body_hash, sizeof out->body_hash);
    uint8_t result = read_u8(&in);
    uint64_t lines = read_varint(&in);
    bool has_parts = version == ALLOCATION_VERSION;
    if ((!has_parts && version != ALLOCATION_WITHOUT) || result >= RETURN_RESULT_COUNT ||
        lines > LIMIT_RECEIPT_LINES) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < lines; i++) {
        out->line_matched[i] = read_u8(&in) != 0;
    }
    uint64_t takes = read_varint(&in);
    if (takes > LIMIT_RETURN_SALES) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < takes; i++) {
        read_copy(&in, out->takes[i].sale.bytes, sizeof out->takes[i].sale.bytes);
        out->takes[i].amount_minor = read_svarint(&in);
        out->takes[i].is_of_lines = has_parts && read_u8(&in) != 0;
    }
    out->result = (enum return_result)result;
    out->line_count = (size_t)lines;
    out->take_count = (size_t)takes;
    out->part_count = 0;
    if (has_parts) {
        TRY(parts_decode(&in, out));
    }
    return reader_finish(&in);
}

static enum err find_kept(struct archive_txn *txn, const struct uid *id,
                          struct return_allocation *out_allocation)
{
    struct slice kept;
    TRY(archive_get_return(txn, id, &kept));
    return allocation_decode(kept, out_allocation);
}

enum err return_allocate(struct return_matcher *matcher, struct archive_txn *txn,
                         const struct return_request *request,
                         struct return_allocation *out_allocation, bool *out_is_kept)
{
    ASSERT(request->line_count <= LIMIT_RECEIPT_LINES);
    enum err err = find_kept(txn, &request->id, out_allocation);
    if (err == ERR_OK) {
        bool is_same =
            slice_equal(slice_of(out_allocation->body_hash, sizeof out_allocation->body_hash),
                        slice_of(request->body_hash, sizeof request->body_hash));
        *out_is_kept = true;
        return is_same ? ERR_OK : ERR_CONFLICT;
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(match_all(matcher, txn, request, out_allocation));
    *out_is_kept = false;
    buffer_clear(&matcher->scratch);
    allocation_encode(out_allocation, &matcher->scratch);
    TRY(matcher->scratch.err);
    return archive_put_return(txn, &request->id, buffer_slice(&matcher->scratch));
}
