#include "lost.h"

void lost_begin(struct scene *scene)
{
    struct desk *desk = &scene->desk;
    struct command command = desk_command(desk, COMMAND_RECOVERY);
    command.recovery = (struct command_recovery){
        .partner = desk->partners[1].id, .step = RECOVERY_BEGIN, .skips_cards = true};
    desk_do(desk, &command);
}

struct command lost_entry(struct scene *scene, enum command_kind kind, enum entry_kind entry,
                          int64_t points, const struct card_number *card, const struct uid *subject)
{
    struct command command = scene_command(scene, kind);
    struct clearing_entry *it =
        kind == COMMAND_RECOVER_ENTRY ? &command.recover_entry.entry : &command.take_entry.entry;
    it->kind = entry;
    it->points = points_of(points);
    it->card = *card;
    it->subject = subject == NULL ? (struct uid){{0}} : *subject;
    return command;
}

struct command lost_told_again(struct desk *desk, const struct command *recovered,
                               enum command_kind kind)
{
    struct command command = desk_command(desk, kind);
    command.transaction_id = recovered->transaction_id;
    return command;
}

enum err lost_decide(struct desk *desk, const struct command *command)
{
    bool is_repeat;
    return ledger_decide(&desk->store.view, &desk->terms, command, desk->now, &desk->plan,
                         &is_repeat);
}

struct partner_recovery lost_recovery(const struct desk *desk)
{
    struct partner_recovery recovery;
    assert_int_equal(ledger_get_recovery(&desk->store.view, &desk->partners[1].id, &recovery),
                     ERR_OK);
    return recovery;
}
