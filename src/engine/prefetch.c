/* The rows that a command will ask for first. Asking for them early hides the memory's latency; a
 * row that is not named here is only later. */
#include "engine/writer.h"

enum {
    LOOK_AHEAD = 12 /* commands */
};

static void prefetch(struct engine *engine, enum ledger_table table, const struct ledger_key *key)
{
    engine->writing->prefetch(engine->tables, table, slice_of(key->bytes, key->length));
}

static void prefetch_member(struct engine *engine, const struct uid *member)
{
    struct ledger_key key;
    if (!uid_is_nil(member)) {
        key_member(member, &key);
        prefetch(engine, TABLE_MEMBER, &key);
    }
}

static void prefetch_card(struct engine *engine, const struct card_number *card)
{
    struct ledger_key key;
    if (card->digits[0] != '\0') {
        key_card(card, &key);
        prefetch(engine, TABLE_CARD, &key);
    }
}

static void prefetch_of_origin(struct engine *engine, enum ledger_table table,
                               const struct partner_id *origin, const struct uid *id)
{
    struct ledger_key key;
    key_origin(origin, id, &key);
    prefetch(engine, table, &key);
}

/* The card's row has come meanwhile: it says whose row is next. */
static void prefetch_holder(struct engine *engine, const struct card_number *number)
{
    struct card card;
    if (number->digits[0] != '\0' &&
        ledger_get_card(&engine->state.view, number, &card) == ERR_OK) {
        prefetch_member(engine, &card.member);
    }
}

static void prefetch_behind(struct engine *engine, const struct command *command)
{
    if (command->kind == COMMAND_EARN) {
        prefetch_holder(engine, &command->earn.card);
    } else if (command->kind == COMMAND_HOLD) {
        prefetch_holder(engine, &command->hold.card);
    }
}

void writer_prefetch_ahead(struct engine *engine, const struct command *commands, size_t count,
                           size_t at)
{
    if (at + 2 * LOOK_AHEAD < count) { /* what another thread wrote is far away, too */
        const uint8_t *command = (const uint8_t *)&commands[at + 2 * LOOK_AHEAD];
        __builtin_prefetch(command);
        __builtin_prefetch(command + 64);
    }
    if (at + LOOK_AHEAD < count) {
        writer_prefetch(engine, &commands[at + LOOK_AHEAD]);
    }
    if (at + LOOK_AHEAD / 2 < count) {
        prefetch_behind(engine, &commands[at + LOOK_AHEAD / 2]);
    }
}

void writer_prefetch(struct engine *engine, const struct command *command)
{
    if (command_is_idempotent(command->kind)) {
        prefetch_of_origin(engine, TABLE_TRANSACTION, &command->origin, &command->transaction_id);
    }
    if (command->kind == COMMAND_TRANSFER) {
        prefetch_member(engine, &command->transfer.from);
        prefetch_member(engine, &command->transfer.to);
    } else if (command->kind == COMMAND_EARN) {
        prefetch_of_origin(engine, TABLE_SALE, &command->origin, &command->transaction_id);
        prefetch_card(engine, &command->earn.card);
        prefetch_member(engine, &command->earn.member);
    } else if (command->kind == COMMAND_HOLD) {
        prefetch_card(engine, &command->hold.card);
    } else if (command->kind == COMMAND_CAPTURE || command->kind == COMMAND_VOID ||
               command->kind == COMMAND_RETURN_BURN) {
        prefetch_of_origin(engine, TABLE_HOLD, &engine->self, &command->use.hold);
    } else if (command->kind == COMMAND_RETURN_SALE) {
        prefetch_of_origin(engine, TABLE_SALE, &engine->self, &command->return_sale.sale);
    }
}

void writer_prefetch_entry(struct engine *engine, const struct partner_id *sender,
                           const struct batch_entry *entries, size_t count, size_t at)
{
    if (at + LOOK_AHEAD < count) {
        const struct clearing_entry *entry = &entries[at + LOOK_AHEAD].entry;
        if (entry->kind == ENTRY_EARN) {
            prefetch_of_origin(engine, TABLE_SALE, sender, &entry->transaction_id);
            prefetch_card(engine, &entry->card);
        } else if (entry->kind == ENTRY_EARN_RETURN) {
            prefetch_of_origin(engine, TABLE_SALE, sender, &entry->subject);
        } else if (entry->kind != ENTRY_PERIOD_MARK) {
            prefetch_of_origin(engine, TABLE_HOLD, sender, &entry->subject);
        }
    }
    if (at + LOOK_AHEAD / 2 < count && entries[at + LOOK_AHEAD / 2].entry.kind == ENTRY_EARN) {
        prefetch_holder(engine, &entries[at + LOOK_AHEAD / 2].entry.card);
    }
}
