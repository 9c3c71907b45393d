#include "ledger/view.h"

static const char *const names[TABLE_END] = {
    [TABLE_MEMBER] = "member",
    [TABLE_PROFILE] = "profile",
    [TABLE_CARD] = "card",
    [TABLE_REFERENCE] = "reference",
    [TABLE_ACCOUNT] = "account",
    [TABLE_HOLD] = "hold",
    [TABLE_SALE] = "sale",
    [TABLE_TRANSACTION] = "transaction",
    [TABLE_STREAM] = "stream",
    [TABLE_TOTAL] = "total",
    [TABLE_OUTBOX] = "outbox",
    [TABLE_HALF] = "half",
    [TABLE_PAIR] = "pair",
    [TABLE_DUE] = "due",
    [TABLE_META] = "meta",
    [TABLE_RECEIPT] = "receipt",
    [TABLE_ADJUSTMENT] = "adjustment",
    [TABLE_MERGE] = "merge",
    [TABLE_POOL] = "pool",
    [TABLE_CARD_STATUS] = "card-status",
    [TABLE_CARD_NEWS] = "card-news",
    [TABLE_RECEIPT_ROW] = "receipt-row",
    [TABLE_RECOVERY] = "recovery",
    [TABLE_MANDATE] = "mandate",
    [TABLE_MANDATE_LINE] = "mandate-line",
    [TABLE_EXPOSURE] = "exposure",
    [TABLE_EVIDENCE] = "evidence",
    [TABLE_TREE] = "tree",
    [TABLE_DISPUTE] = "dispute",
    [TABLE_SUSPENDED] = "suspended",
    [TABLE_OBLIGATION] = "obligation",
    [TABLE_NETTING] = "netting",
    [TABLE_BLOCK] = "block",
    [TABLE_BLOCK_LINE] = "block-line",
    [TABLE_APART] = "apart",
    [TABLE_FUNDING] = "funding",
    [TABLE_PROMOTION] = "promotion",
    [TABLE_PROMOTION_REFUSED] = "promotion-refused",
    [TABLE_WAITING] = "waiting",
    [TABLE_DISPUTE_LINE] = "dispute-line",
    [TABLE_STANDING] = "standing",
    [TABLE_OCCASION] = "occasion",
    [TABLE_PROGRAMME] = "programme",
    [TABLE_CARD_BEARER] = "card-bearer",
    [TABLE_ALERT] = "alert",
};

bool ledger_table_is_known(unsigned number)
{
    return number < TABLE_END && names[number] != NULL;
}

const char *ledger_table_name(enum ledger_table table)
{
    return ledger_table_is_known((unsigned)table) ? names[table] : "unknown";
}
