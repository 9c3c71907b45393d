#include "ledger/view.h"

const char *ledger_table_name(enum ledger_table table)
{
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
        [TABLE_MANDATE] = "mandate",
        [TABLE_MANDATE_LINE] = "mandate-line",
    };
    return table > 0 && table < TABLE_END ? names[table] : "unknown";
}
