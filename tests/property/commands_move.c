/* Random commands about members who move. */
#include "commands.h"
#include "model_parts.h"

/* Another brand's card, or now and then one that is none. */
static struct card_number somewhere(const struct making *making, uint32_t number)
{
    static const struct card_prefix nobody = {"999999"};
    return one_in(number >> 9, 25)   ? card_under(&nobody, number % 10)
           : one_in(number >> 9, 26) ? pick_card(making->m, number)
                                     : pick_foreign_card(making->m, number);
}

void make_await(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    making->command->kind = COMMAND_AWAIT_MOVE;
    making->command->await =
        (struct command_await){somewhere(making, n[4]), pick_card(making->m, n[5])};
}

/* A foreign card that leads to one of ours: a move there would lead back. */
static void close_loop(const struct making *making, struct command_move *move)
{
    const struct model *m = making->m;
    size_t start = making->step->numbers[7] % (m->status_count + 1);
    for (size_t i = 0; i < m->status_count; i++) {
        const struct model_status *status = &m->statuses[(start + i) % m->status_count];
        if (model_home(m, &status->card) > 0 && model_home(m, &status->moved_to) == 0) {
            move->card = status->moved_to;
            move->new_card = status->card;
            return;
        }
    }
}

/* Whom somebody is awaited as: points may come that have to go on. */
static void leave_again(const struct making *making, struct command_move *move)
{
    const struct model *m = making->m;
    size_t start = making->step->numbers[7] % (m->status_count + 1);
    for (size_t i = 0; i < m->status_count; i++) {
        const struct model_status *status = &m->statuses[(start + i) % m->status_count];
        if (status->awaited_by.digits[0] != '\0') {
            move->card = status->awaited_by;
            return;
        }
    }
}

void make_move(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    struct command_move *move = &making->command->move;
    making->command->kind = COMMAND_MOVE_MEMBER;
    *move = (struct command_move){.card = pick_card(m, n[4]), .new_card = somewhere(making, n[5])};
    if (one_in(n[6], 4)) {
        leave_again(making, move);
    }
    if (one_in(n[6], 6)) {
        close_loop(making, move);
    }
    const struct model_status *status = model_status(m, &move->card);
    if (model_has_moved(m, &move->card) && one_in(n[6] >> 8, 2)) { /* told again */
        move->new_card = status->moved_to;
    }
    int home = model_home(m, &move->new_card);
    move->to = m->roster->partners[home < 0 ? 1 : home].id;
}

void make_tell_funding(const struct making *making)
{
    making->command->kind = COMMAND_TELL_FUNDING;
    making->command->due.redeemer =
        making->m->roster->partners[1 + making->step->numbers[3] % (MODEL_PARTNERS - 1)].id;
}

void make_send_earns(const struct making *making)
{
    make_tell_funding(making);
    making->command->kind = COMMAND_SEND_EARNS;
}

void make_tell(const struct making *making)
{
    making->command->kind = COMMAND_TELL_CARDS;
    making->command->due = (struct command_due){0};
}
