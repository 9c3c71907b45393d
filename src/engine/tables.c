/* The tables as decisions see them: the state's port, with the decoded rows of members remembered
 * between two changes, and the records of what is in flight or in the journal. */
#include <string.h>

#include "engine/writer.h"
#include "base/mutant.h"

/* Into a place of the memo, when one is free. */
static enum err decode(struct engine *engine, const struct uid *id, struct member *out_member)
{
    struct member_memo *memo = &engine->memo;
    struct slice value;
    TRY(engine->state.view.get(engine->state.view.context, TABLE_MEMBER,
                               slice_of(id->bytes, sizeof id->bytes), &value));
    if (memo->count == MEMO_ROWS) {
        return member_decode(value, out_member);
    }
    TRY(member_decode(value, &memo->rows[memo->count].row));
    memo->rows[memo->count].id = *id;
    member_copy(&memo->rows[memo->count++].row, out_member);
    return ERR_OK;
}

static enum err tables_get_member(void *context, const struct uid *id, struct member *out_member)
{
    struct engine *engine = context;
    for (size_t i = 0; i < engine->memo.count; i++) {
        if (uid_equal(&engine->memo.rows[i].id, id)) {
            member_copy(&engine->memo.rows[i].row, out_member);
            return ERR_OK;
        }
    }
    return decode(engine, id, out_member);
}

static enum err tables_get(void *context, enum ledger_table table, struct slice key,
                           struct slice *out_value)
{
    struct engine *engine = context;
    return engine->state.view.get(engine->state.view.context, table, key, out_value);
}

static void tables_expect(void *context, enum ledger_table table, struct slice key)
{
    struct engine *engine = context;
    engine->writing->prefetch(engine->tables, table, key);
}

static enum err tables_put(void *context, enum ledger_table table, struct slice key,
                           struct slice value)
{
    struct engine *engine = context;
    engine->memo.count = 0;
    bool is_recovering = engine->store.has_applied != NULL;
    if (is_recovering && ((MUTANT(FORGET_HOLD_AT_RESTART) && table == TABLE_HOLD) ||
                          (MUTANT(FORGET_STREAM_AT_RESTART) && table == TABLE_STREAM) ||
                          (MUTANT(FORGET_MANDATE_AT_RESTART) && table == TABLE_MANDATE))) {
        return ERR_OK;
    }
    if (table == TABLE_DUE && key.length >= sizeof(uint64_t)) {
        struct flight *flight = pipe_open_flight(&engine->pipe);
        int64_t due_ms = (int64_t)get_u64_be(key.at);
        flight->first_due = due_ms < flight->first_due ? due_ms : flight->first_due;
    }
    return engine->state.put(engine->state.context, table, key, value);
}

static enum err tables_del(void *context, enum ledger_table table, struct slice key)
{
    struct engine *engine = context;
    engine->memo.count = 0;
    return engine->state.del(engine->state.context, table, key);
}

static bool tables_have_applied(void *context, enum ledger_table table, struct slice key,
                                uint64_t row)
{
    struct engine *engine = context;
    return !MUTANT(APPLY_TWICE_AT_RESTART) &&
           engine->state.has_applied(engine->state.context, table, key, row);
}

enum err engine_use_tables(struct engine *engine, bool is_recovering)
{
    struct ledger_applier *applier;
    engine->state = engine->writing->store(engine->tables);
    engine->memo.count = 0;
    engine->store = (struct ledger_store){
        .view = {.context = engine,
                 .get = tables_get,
                 .get_member = tables_get_member,
                 .record = writer_record,
                 .record_context = engine,
                 .expect = tables_expect},
        .context = engine,
        .put = tables_put,
        .del = tables_del,
        .has_applied = is_recovering ? tables_have_applied : NULL,
    };
    TRY(ledger_applier_create(&engine->store, &applier));
    ledger_applier_destroy(engine->applier);
    engine->applier = applier;
    return ERR_OK;
}
