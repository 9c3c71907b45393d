/* A charter's terms for its partners, from their generated form; inside this module. */
#ifndef CHARTER_CHARTER_TERMS_H
#define CHARTER_CHARTER_TERMS_H

#include "base/arena.h"
#include "charter/charter.h"
#include "talea/v1/charter.pb-c.h"
#include "wire/fields.h"

/* NULL when there is none; does not need the partners' order. */
struct charter_partner *charter_partner_of(struct charter *charter, const char *text);
/* Fills in the periods of the partners, who are there already. */
void charter_open_terms(struct fields *fields, struct charter *charter,
                        const Talea__V1__Charter *m);
void charter_calendar_open(struct fields *fields, struct period_calendar *calendar,
                           const Talea__V1__Charter *m);
void charter_calendar_to_wire(struct fields *fields, struct arena *arena,
                              const struct period_calendar *calendar, Talea__V1__Charter *m);
/* Fills in the revocations, and marks the keys. */
void charter_open_revocations(struct fields *fields, struct charter *charter, struct arena *arena,
                              const Talea__V1__Charter *m);

#endif
