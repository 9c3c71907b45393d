/* A version of the programme is put into force, and how it comes to be refused. */
#include "scene.h"

struct command scene_programme(struct scene *s)
{
    struct command command = desk_command(&s->desk, COMMAND_ACTIVATE_PROGRAMME);
    command.programme = (struct command_programme){.number = 1,
                                                   .version = 3,
                                                   .from = s->desk.now,
                                                   .by = "marketing",
                                                   .text = slice_of("version: 3", 10)};
    return command;
}

/* Refused for more than one reason it gets the first: it then follows on one that there is. */
bool provoke_programme(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command known = scene_programme(s);
    switch ((int)verdict) {
    case VERDICT_PROGRAMME_MOVED:
        c->programme.number += 2;
        return true;
    case VERDICT_PROGRAMME_VERSION_OLD:
        c->programme.version = 0;
        return true;
    case VERDICT_PROGRAMME_TIME_PAST:
        if (c->programme.number == 1) {
            desk_do(&s->desk, &known);
            c->programme.number = 2;
            c->programme.version = c->programme.version == 0 ? 0 : 4;
        }
        c->programme.from.ms = s->desk.now.ms - 1;
        return true;
    default:
        return false;
    }
}
