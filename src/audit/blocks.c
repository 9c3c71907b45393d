/* Blocks of points that were sold: what they have left follows from the totals of the buyer's
 * entries. Of each buyer and tariff,
 *
 *   left = bought - drawn + returned - left at ends + what disputes gave back
 *
 * in every row of the journal, for blocks' tariffs are for nothing else. What was bought can't be
 * proven so here: what is on its way is not in the totals yet. The seller proves it. */
#include <inttypes.h>
#include <string.h>

#include "audit/rooms.h"
#include "clearing/dispute.h"
#include "ledger/dispute.h"

/* By the key of what was bought. */
static void key_sold(const struct partner_id *buyer, uint32_t tariff, struct ledger_key *out_key)
{
    key_total(STREAM_IN, buyer, (struct period){0}, ENTRY_BLOCK_BOUGHT, tariff, out_key);
}

enum err audit_count_block(struct audit *audit, struct sums *sums, struct slice value)
{
    struct block_row row;
    struct ledger_key key;
    if (block_row_decode(value, &row) != ERR_OK) {
        return audit_found(audit, 0, "derived rows", "a block's row is malformed");
    }
    bool is_bought = row.state == BLOCK_LIVE || row.state == BLOCK_ENDED;
    if (!is_bought || !partner_id_equal(&row.terms.seller, &audit->options->self)) {
        return ERR_OK;
    }
    key_sold(&row.terms.buyer, row.terms.tariff, &key);
    return sums_add(sums, &key, row.left, 0, 0);
}

/* Points that a dispute's end gave back to a block, or drew from it, without an entry that says so.
 */
enum err audit_count_corrected(struct audit *audit, struct sums *sums, struct slice key,
                               struct slice value)
{
    struct partner_id partner;
    enum stream_direction direction;
    uint64_t number;
    struct dispute row;
    struct ledger_key sum_key;
    if (key_dispute_parse(key, &partner, &direction, &number) != ERR_OK ||
        dispute_decode(value, &row) != ERR_OK) {
        return audit_found(audit, 0, "derived rows", "a dispute's row is malformed");
    }
    bool is_of_sale = row.entry.kind == ENTRY_EARN || row.entry.kind == ENTRY_EARN_RETURN;
    bool is_settled = row.state == DISPUTE_ADJUSTED && dispute_books_outcome(&row) == RULING_UPHELD;
    if (direction != STREAM_IN || !is_of_sale || !is_settled) {
        return ERR_OK;
    }
    bool comes_back = (row.entry.kind == ENTRY_EARN) == row.was_applied;
    key_sold(&partner, row.entry.tariff, &sum_key);
    return sums_add(sums, &sum_key, 0, comes_back ? row.claim.minor : -row.claim.minor, 0);
}

/* The total of a kind beside what was bought. */
static enum err total_beside(const struct audit *audit, const struct sum *sum, enum entry_kind kind,
                             int64_t *out_points)
{
    enum {
        KIND_FROM_END = 5 /* the tariff's four bytes are behind it */
    };
    struct ledger_key key = {.length = sum->key_length};
    struct slice value;
    struct entry_total total;
    memcpy(key.bytes, sum->key, sum->key_length);
    key.bytes[key.length - KIND_FROM_END] = (uint8_t)kind;
    enum err err = view_get(&audit->store.view, TABLE_TOTAL, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_points = 0;
        return ERR_OK;
    }
    TRY(err);
    TRY(entry_total_decode(value, &total));
    *out_points = total.points;
    return ERR_OK;
}

static enum err expect_left(const struct audit *audit, const struct sum *sum, int64_t *out_left)
{
    int64_t bought;
    int64_t drawn;
    int64_t returned;
    int64_t ended;
    TRY(total_beside(audit, sum, ENTRY_BLOCK_BOUGHT, &bought));
    TRY(total_beside(audit, sum, ENTRY_EARN, &drawn));
    TRY(total_beside(audit, sum, ENTRY_EARN_RETURN, &returned));
    TRY(total_beside(audit, sum, ENTRY_BLOCK_ENDED, &ended));
    TRY(int64_sub(bought, drawn, out_left));
    TRY(int64_add(*out_left, returned, out_left));
    TRY(int64_sub(*out_left, ended, out_left));
    return int64_add(*out_left, sum->second, out_left);
}

/* Disputes are about other tariffs as well: of what no block was sold, nothing is asked. */
enum err audit_blocks(struct audit *audit, const struct sums *sums)
{
    for (size_t i = 0; i < sums->capacity; i++) {
        const struct sum *sum = &sums->places[i];
        int64_t bought = 0;
        int64_t left = 0;
        if (sum->key_length == 0) {
            continue;
        }
        TRY(total_beside(audit, sum, ENTRY_BLOCK_BOUGHT, &bought));
        if (bought == 0 && sum->first == 0) {
            continue;
        }
        if (expect_left(audit, sum, &left) != ERR_OK || left != sum->first) {
            return audit_found(audit, 0, "derived rows",
                               "blocks that were sold have %" PRId64
                               " points left, the buyer's entries leave %" PRId64,
                               sum->first, left);
        }
    }
    return ERR_OK;
}
