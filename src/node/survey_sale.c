/* A purchase by the brand's receipt number: looked up in the buyer's history, newest first. */
#include <stdlib.h>
#include <string.h>

#include "engine/record_reader.h"
#include "node/history_row.h"
#include "node/node.h"
#include "node/surveys.h"

/* ERR_NOT_FOUND: it is another record. */
static enum err match(const struct record *record, const char *receipt, struct uid *out_sale)
{
    struct command command;
    if (record->kind != COMMAND_EARN || record->verdict != VERDICT_OK) {
        return ERR_NOT_FOUND;
    }
    TRY(record_command(record, &command));
    if (strcmp(command.earn.receipt, receipt) != 0) {
        return ERR_NOT_FOUND;
    }
    *out_sale = record->transaction_id;
    return ERR_OK;
}

static enum err walk(struct node *node, const struct uid *member, uint64_t last_row,
                     const char *receipt, struct uid *out_sale)
{
    struct record_reader records;
    uint64_t row = last_row;
    enum err err = ERR_NOT_FOUND;
    record_reader_init(&records, &node->journal);
    for (unsigned i = 0; err == ERR_NOT_FOUND && row != 0 && i < LIMIT_HISTORY_ROWS; i++) {
        struct record record;
        struct history_trace trace;
        err = record_reader_get(&records, row, &record);
        err = err == ERR_OK ? history_trace(&record, member, &trace) : err;
        if (err == ERR_OK) {
            row = trace.previous_row;
            err = match(&record, receipt, out_sale);
        }
    }
    record_reader_fini(&records);
    return err;
}

enum err survey_find_sale(struct node *node, const struct card_number *number, const char *receipt,
                          struct uid *out_sale)
{
    struct state_reader *reader;
    struct card card;
    struct member *member = malloc(sizeof *member);
    uint64_t last_row = 0;
    if (member == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = ledger_get_card(&view, number, &card);
        err = err == ERR_OK ? ledger_follow_member(&view, &card.member, member) : err;
        last_row = err == ERR_OK ? member->last_row : 0;
        readers_give(node->readers, reader);
    }
    free(member);
    return err == ERR_OK ? walk(node, &card.member, last_row, receipt, out_sale) : err;
}
