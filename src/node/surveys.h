/* Surveys of the programme. */
#ifndef NODE_SURVEYS_H
#define NODE_SURVEYS_H

#include "config/programme_plans.h"
#include "node/programmes.h"

/* NULL: it has none of that name. */
const struct survey_plan *survey_in(const struct programme_version *version, const char *name);

#endif
