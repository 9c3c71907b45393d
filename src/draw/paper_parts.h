/* What writing and reading a draw's paper share. Internal to the module. */
#ifndef DRAW_PAPER_PARTS_H
#define DRAW_PAPER_PARTS_H

#include "draw/paper.h"

#define DRAW_TITLE     "talea draw 1\n"
#define DRAW_LABEL     "%-12s "
#define DRAW_VALUE_MAX 192u /* bytes of a line behind its label */

#endif
