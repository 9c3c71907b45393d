/* The tables as decisions see them: the state's port, with the rows of members remembered between
 * two changes, and the records of what is in flight or in the journal. */
#include <string.h>

#include "engine/writer.h"

static enum err get_member(struct engine *engine, struct slice key, struct slice *out_value)
{
    struct member_memo *memo = &engine->memo;
    for (size_t i = 0; i < memo->count; i++) {
        if (memcmp(memo->rows[i].member.bytes, key.at, sizeof memo->rows[i].member.bytes) == 0) {
            *out_value = memo->rows[i].value;
            return ERR_OK;
        }
    }
    TRY(engine->state.view.get(engine->state.view.context, TABLE_MEMBER, key, out_value));
    if (memo->count < MEMO_ROWS) {
        memcpy(memo->rows[memo->count].member.bytes, key.at, key.length);
        memo->rows[memo->count++].value = *out_value;
    }
    return ERR_OK;
}

static enum err tables_get(void *context, enum ledger_table table, struct slice key,
                           struct slice *out_value)
{
    struct engine *engine = context;
    if (table == TABLE_MEMBER && key.length == sizeof(struct uid)) {
        return get_member(engine, key, out_value);
    }
    return engine->state.view.get(engine->state.view.context, table, key, out_value);
}

static enum err tables_put(void *context, enum ledger_table table, struct slice key,
                           struct slice value)
{
    struct engine *engine = context;
    engine->memo.count = 0;
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
    return engine->state.has_applied(engine->state.context, table, key, row);
}

enum err engine_use_tables(struct engine *engine, bool is_recovering)
{
    struct ledger_applier *applier;
    engine->state = state_writer_port(engine->tables);
    engine->memo.count = 0;
    engine->store = (struct ledger_store){
        .view = {.context = engine,
                 .get = tables_get,
                 .record = writer_record,
                 .record_context = engine},
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
