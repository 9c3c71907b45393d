#include "peer/hold_scan.h"

#include <string.h>

struct hold_seeing {
    const struct uid *after;
    enum err (*visit)(void *visitor, const struct uid *id, const struct hold *hold);
    void *visitor;
};

static enum err see_row(void *context, struct slice key, struct slice value)
{
    const struct hold_seeing *seeing = context;
    struct reader in = reader_of(key);
    struct uid id;
    struct hold hold;
    (void)read_slice(&in, PARTNER_ID_MAX);
    read_copy(&in, id.bytes, sizeof id.bytes);
    TRY(reader_finish(&in));
    if (memcmp(id.bytes, seeing->after->bytes, sizeof id.bytes) <= 0) {
        return ERR_OK; /* the scan begins with it */
    }
    TRY(hold_decode(value, &hold));
    return seeing->visit(seeing->visitor, &id, &hold);
}

enum err hold_scan(const struct tables *tables, const struct partner_id *redeemer,
                   const struct uid *after,
                   enum err (*visit)(void *visitor, const struct uid *id, const struct hold *hold),
                   void *visitor)
{
    struct hold_seeing seeing = {after, visit, visitor};
    struct ledger_key from;
    key_origin(redeemer, after, &from);
    TRY(tables->checkpoint_table(tables->context, TABLE_HOLD));
    return tables->scan(tables->context, TABLE_HOLD,
                        slice_of(redeemer->text, sizeof redeemer->text),
                        slice_of(from.bytes, from.length), see_row, &seeing);
}
