/* The ids that a journal record names: written once at its head, and as a number from 1 wherever
 * its body, answer and effects say one of them. 0 is the nil id; an id that found no room is
 * written out behind ID_WRITTEN_OUT.
 */
#ifndef LEDGER_ID_TABLE_H
#define LEDGER_ID_TABLE_H

#include "base/bytes.h"
#include "base/ident.h"

#define ID_TABLE_UIDS     12u
#define ID_TABLE_PARTNERS 6u
#define ID_WRITTEN_OUT    0xffu

/* Distinct, none is nil. Zero-initialised is empty and valid. */
struct id_table {
    uint32_t uid_count;
    uint32_t partner_count;
    struct uid uids[ID_TABLE_UIDS];
    struct partner_id partners[ID_TABLE_PARTNERS];
};

static inline void id_table_clear(struct id_table *table)
{
    table->uid_count = 0;
    table->partner_count = 0;
}

void id_table_copy(const struct id_table *from, struct id_table *out_table);

/* Its number, or ID_WRITTEN_OUT; a new one is added while there is room. */
uint8_t id_table_uid(struct id_table *table, const struct uid *uid);
uint8_t id_table_partner(struct id_table *table, const struct partner_id *partner);

/* Is it an id that a full table has not got? Only such a one is written out. */
bool id_table_lacks_uid(const struct id_table *table, const struct uid *uid);
bool id_table_lacks_partner(const struct id_table *table, const struct partner_id *partner);

/* `to` has room for ID_TABLE_MAX bytes; gives what is behind it. */
#define ID_TABLE_MAX (2 + ID_TABLE_UIDS * 16u + ID_TABLE_PARTNERS * (2u + PARTNER_ID_MAX))
uint8_t *id_table_put(uint8_t *to, const struct id_table *table);
void id_table_encode(const struct id_table *table, struct buffer *out);
void id_table_read(struct reader *in, struct id_table *out_table);

#endif
