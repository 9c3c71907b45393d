/* The value of each of the ledger's tables, and two keys that are read back; by the first byte. */
#include "fuzz.h"
#include "ledger/dispute_line.h"
#include "ledger/lots.h"
#include "ledger/programme_row.h"
#include "ledger/rows.h"
#include "ledger/standings.h"

#define AGAIN(name)                                                                                \
    static enum err name##_again(struct slice bytes, struct buffer *out)                           \
    {                                                                                              \
        struct name value;                                                                         \
        TRY(name##_decode(bytes, &value));                                                         \
        name##_encode(&value, out);                                                                \
        return ERR_OK;                                                                             \
    }

AGAIN(profile)
AGAIN(card)
AGAIN(account)
AGAIN(sale)
AGAIN(transaction)
AGAIN(stream)
AGAIN(entry_total)
AGAIN(half)
AGAIN(pair_period)
AGAIN(obligation)
AGAIN(netting_row)
AGAIN(programme_row)
AGAIN(adjustment)
AGAIN(merge)
AGAIN(mandate_row)
AGAIN(mandate_line)
AGAIN(half_tree)
AGAIN(apart_half)
AGAIN(apart_row)
AGAIN(block_row)
AGAIN(block_line)
AGAIN(card_status)
AGAIN(card_news)
AGAIN(dispute)
AGAIN(dispute_line)
AGAIN(standing_row)
AGAIN(occasion_row)

static enum err member_again(struct slice bytes, struct buffer *out)
{
    struct member member;
    struct note note = {{0}};
    TRY(member_decode(bytes, &member));
    member_encode(&member, out);
    if (member_check(&member, &note) != ERR_OK) {
        fuzz_expect_refusal(ERR_CORRUPT, &note);
    }
    return ERR_OK;
}

static enum err hold_again(struct slice bytes, struct buffer *out)
{
    struct hold hold;
    TRY(hold_decode(bytes, &hold));
    hold_encode(&hold, out);
    (void)hold_left(&hold);
    return ERR_OK;
}

static enum err u64_again(struct slice bytes, struct buffer *out)
{
    uint64_t value;
    TRY(u64_decode(bytes, &value));
    u64_encode(value, out);
    return ERR_OK;
}

static enum err tree_row_again(struct slice bytes, struct buffer *out)
{
    struct hash hash;
    TRY(tree_row_decode(bytes, &hash));
    tree_row_encode(&hash, out);
    return ERR_OK;
}

static void write_key(const struct ledger_key *key, struct buffer *out)
{
    write_bytes(out, key->bytes, key->length);
}

static enum err account_key_again(struct slice bytes, struct buffer *out)
{
    struct account_ref account;
    struct ledger_key key;
    TRY(key_account_parse(bytes, &account));
    key_account(&account, &key);
    write_key(&key, out);
    return ERR_OK;
}

static enum err due_key_again(struct slice bytes, struct buffer *out)
{
    struct unix_ms time;
    enum due_kind kind;
    struct partner_id origin;
    struct uid id;
    struct ledger_key key;
    TRY(key_due_parse(bytes, &time, &kind, &origin, &id));
    key_due(time, kind, &origin, &id, &key);
    write_key(&key, out);
    return ERR_OK;
}

/* Their order is the numbers in the corpus. */
static enum err (*const rows[])(struct slice bytes, struct buffer *out) = {
    member_again,      profile_again,      card_again,          account_again,
    hold_again,        sale_again,         transaction_again,   stream_again,
    entry_total_again, half_again,         pair_period_again,   u64_again,
    account_key_again, due_key_again,      adjustment_again,    merge_again,
    mandate_row_again, mandate_line_again, card_status_again,   card_news_again,
    half_tree_again,   tree_row_again,     obligation_again,    netting_row_again,
    dispute_again,     dispute_line_again, apart_half_again,    apart_row_again,
    block_row_again,   block_line_again,   programme_row_again, standing_row_again,
    occasion_row_again};

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct slice bytes = slice_of(at, length);
    unsigned choice;
    if (!fuzz_choose(&bytes, sizeof rows / sizeof rows[0], &choice)) {
        return 0;
    }
    enum err err = rows[choice](bytes, &again);
    if (err != ERR_OK) {
        ASSERT(err == ERR_CORRUPT);
        return 0;
    }
    fuzz_expect_same(bytes, &again);
    return 0;
}
