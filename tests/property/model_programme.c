/* Versions of the programme, and those that a step activates. */
#include "commands.h"
#include "model_parts.h"

enum verdict model_step_programme(struct model *m, const struct command *command,
                                  struct model_answer *answer)
{
    const struct command_programme *told = &command->programme;
    (void)answer;
    if (told->number != m->programme_count + 1) {
        return VERDICT_PROGRAMME_MOVED;
    }
    if (told->version <= m->programme_version) {
        return VERDICT_PROGRAMME_VERSION_OLD;
    }
    if (told->from.ms < 0 ||
        (m->programme_count > 0 && told->from.ms < command->business_time.ms)) {
        return VERDICT_PROGRAMME_TIME_PAST;
    }
    m->programme_count++;
    m->programme_version = told->version;
    return VERDICT_OK;
}

void make_programme(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command_programme *told = &making->command->programme;
    making->command->kind = COMMAND_ACTIVATE_PROGRAMME;
    *told = (struct command_programme){
        .number = making->m->programme_count + 1 + (one_in(n[3], 8) ? n[4] % 3 : 0) -
                  (one_in(n[3] >> 8, 8) ? 1 : 0),
        .version = making->m->programme_version + (one_in(n[5], 8) ? 0 : 1 + n[5] % 3),
        .from = {making->step->at.ms + (int64_t)(n[6] % 1000) - (one_in(n[7], 6) ? 1001 : 0)},
        .by = "marketing",
        .text = slice_of("version", 7)};
    making->command->is_dated = one_in(n[8], 2);
}
