#include "ledger/id_table.h"

#include "ledger/codec.h"

/* uid_count when it is not there. */
static uint32_t find_uid(const struct id_table *table, const struct uid *uid)
{
    uint32_t at = 0;
    while (at < table->uid_count && !uid_equal(&table->uids[at], uid)) {
        at++;
    }
    return at;
}

static uint32_t find_partner(const struct id_table *table, const struct partner_id *partner)
{
    uint32_t at = 0;
    while (at < table->partner_count && !partner_id_equal(&table->partners[at], partner)) {
        at++;
    }
    return at;
}

/* What is not used is not worth it. */
void id_table_copy(const struct id_table *from, struct id_table *out_table)
{
    out_table->uid_count = from->uid_count;
    out_table->partner_count = from->partner_count;
    for (uint32_t i = 0; i < from->uid_count; i++) {
        out_table->uids[i] = from->uids[i];
    }
    for (uint32_t i = 0; i < from->partner_count; i++) {
        out_table->partners[i] = from->partners[i];
    }
}

uint8_t id_table_uid(struct id_table *table, const struct uid *uid)
{
    if (uid_is_nil(uid)) {
        return 0;
    }
    uint32_t at = find_uid(table, uid);
    if (at == ID_TABLE_UIDS) {
        return ID_WRITTEN_OUT;
    }
    if (at == table->uid_count) {
        table->uids[table->uid_count++] = *uid;
    }
    return (uint8_t)(at + 1);
}

uint8_t id_table_partner(struct id_table *table, const struct partner_id *partner)
{
    if (partner->text[0] == '\0') {
        return 0;
    }
    uint32_t at = find_partner(table, partner);
    if (at == ID_TABLE_PARTNERS) {
        return ID_WRITTEN_OUT;
    }
    if (at == table->partner_count) {
        table->partners[table->partner_count++] = *partner;
    }
    return (uint8_t)(at + 1);
}

bool id_table_lacks_uid(const struct id_table *table, const struct uid *uid)
{
    return table->uid_count == ID_TABLE_UIDS && !uid_is_nil(uid) &&
           find_uid(table, uid) == table->uid_count;
}

bool id_table_lacks_partner(const struct id_table *table, const struct partner_id *partner)
{
    return table->partner_count == ID_TABLE_PARTNERS && partner->text[0] != '\0' &&
           find_partner(table, partner) == table->partner_count;
}

uint8_t *id_table_put(uint8_t *to, const struct id_table *table)
{
    to = put_u8(to, table->uid_count);
    to = put_u8(to, table->partner_count);
    for (uint32_t i = 0; i < table->uid_count; i++) {
        to = put_bytes(to, table->uids[i].bytes, sizeof table->uids[i].bytes);
    }
    for (uint32_t i = 0; i < table->partner_count; i++) {
        to = put_partner(to, NULL, &table->partners[i]);
    }
    return to;
}

void id_table_encode(const struct id_table *table, struct buffer *out)
{
    uint8_t *to = write_reserve(out, ID_TABLE_MAX);
    if (to != NULL) {
        write_end(out, id_table_put(to, table));
    }
}

static void read_uids(struct reader *in, struct id_table *table)
{
    for (uint32_t i = 0; i < table->uid_count; i++) {
        read_uid(in, &table->uids[i]);
        read_expect(in, !uid_is_nil(&table->uids[i]));
        for (uint32_t before = 0; before < i; before++) {
            read_expect(in, !uid_equal(&table->uids[before], &table->uids[i]));
        }
    }
}

static void read_partners(struct reader *in, struct id_table *table)
{
    for (uint32_t i = 0; i < table->partner_count; i++) {
        read_partner(in, &table->partners[i]);
        read_expect(in, table->partners[i].text[0] != '\0');
        for (uint32_t before = 0; before < i; before++) {
            read_expect(in, !partner_id_equal(&table->partners[before], &table->partners[i]));
        }
    }
}

void id_table_read(struct reader *in, struct id_table *out_table)
{
    out_table->uid_count = read_choice(in, 0, ID_TABLE_UIDS + 1);
    out_table->partner_count = read_choice(in, 0, ID_TABLE_PARTNERS + 1);
    if (in->err == ERR_OK) {
        read_uids(in, out_table);
        read_partners(in, out_table);
    }
    if (in->err != ERR_OK) {
        id_table_clear(out_table);
    }
}
