/* Readers of single rows. */
#include "ledger/decide.h"

#include <stdio.h>

enum err ledger_get_member(const struct ledger_view *view, const struct uid *id,
                           struct member *out_member)
{
    struct ledger_key key;
    struct slice value;
    if (view->get_member != NULL) {
        return view->get_member(view->context, id, out_member);
    }
    key_member(id, &key);
    TRY(view_get(view, TABLE_MEMBER, &key, &value));
    return member_decode(value, out_member);
}

enum err ledger_get_profile(const struct ledger_view *view, const struct uid *id,
                            struct profile *out_profile)
{
    struct ledger_key key;
    struct slice value;
    key_member(id, &key);
    TRY(view_get(view, TABLE_PROFILE, &key, &value));
    return profile_decode(value, out_profile);
}

enum err ledger_get_card(const struct ledger_view *view, const struct card_number *number,
                         struct card *out_card)
{
    struct ledger_key key;
    struct slice value;
    key_card(number, &key);
    TRY(view_get(view, TABLE_CARD, &key, &value));
    return card_decode(value, out_card);
}

enum err ledger_get_reference(const struct ledger_view *view, const uint8_t tag[PERSONAL_TAG_SIZE],
                              struct uid *out_member)
{
    struct ledger_key key;
    struct slice value;
    key_reference(tag, &key);
    TRY(view_get(view, TABLE_REFERENCE, &key, &value));
    struct reader r = reader_of(value);
    struct uid member;
    read_copy(&r, member.bytes, sizeof member.bytes);
    struct member row;
    TRY(reader_finish(&r));
    TRY(ledger_follow_member(view, &member, &row));
    *out_member = member;
    return ERR_OK;
}

enum err ledger_get_hold(const struct ledger_view *view, const struct partner_id *redeemer,
                         const struct uid *id, struct hold *out_hold)
{
    struct ledger_key key;
    struct slice value;
    key_origin(redeemer, id, &key);
    TRY(view_get(view, TABLE_HOLD, &key, &value));
    return hold_decode(value, out_hold);
}

enum err ledger_get_sale(const struct ledger_view *view, const struct partner_id *issuer,
                         const struct uid *id, struct sale *out_sale)
{
    struct ledger_key key;
    struct slice value;
    key_origin(issuer, id, &key);
    TRY(view_get(view, TABLE_SALE, &key, &value));
    return sale_decode(value, out_sale);
}

enum err ledger_get_stream(const struct ledger_view *view, const struct roster *roster,
                           enum stream_direction direction, const struct partner_id *partner,
                           struct stream *out_stream)
{
    struct ledger_key key;
    struct slice value;
    key_stream(direction, partner, &key);
    enum err err = view_get(view, TABLE_STREAM, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_stream = stream_begin(roster_first_period(roster, partner));
        return ERR_OK;
    }
    TRY(err);
    return stream_decode(value, out_stream);
}

enum err ledger_get_account(const struct ledger_view *view, const struct account_ref *account,
                            struct account *out_account)
{
    struct ledger_key key;
    struct slice value;
    key_account(account, &key);
    enum err err = view_get(view, TABLE_ACCOUNT, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_account = (struct account){0};
        return ERR_OK;
    }
    TRY(err);
    return account_decode(value, out_account);
}

enum err ledger_get_total(const struct ledger_view *view, enum stream_direction direction,
                          const struct partner_id *partner, struct period period,
                          enum entry_kind kind, uint32_t tariff, struct entry_total *out_total)
{
    struct ledger_key key;
    struct slice value;
    key_total(direction, partner, period, kind, tariff, &key);
    enum err err = view_get(view, TABLE_TOTAL, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_total = (struct entry_total){0};
        return ERR_OK;
    }
    TRY(err);
    return entry_total_decode(value, out_total);
}

enum err ledger_get_suspended(const struct ledger_view *view, enum stream_direction direction,
                              const struct partner_id *partner, struct period period,
                              enum entry_kind kind, uint32_t tariff, struct entry_total *out_total)
{
    struct ledger_key key;
    struct slice value;
    key_total(direction, partner, period, kind, tariff, &key);
    enum err err = view_get(view, TABLE_SUSPENDED, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_total = (struct entry_total){0};
        return ERR_OK;
    }
    TRY(err);
    return entry_total_decode(value, out_total);
}

enum err ledger_get_apart(const struct ledger_view *view, enum stream_direction direction,
                          const struct partner_id *partner, struct period period,
                          struct apart_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_half(direction, partner, period, &key);
    TRY(view_get(view, TABLE_APART, &key, &value));
    return apart_row_decode(value, out_row);
}

enum err ledger_get_apart_end(const struct ledger_view *view, enum stream_direction direction,
                              const struct partner_id *partner, struct apart_end *out_end)
{
    struct apart_row row;
    struct apart_half half;
    enum err err = ledger_get_apart(view, direction, partner, (struct period){0}, &row);
    *out_end = (struct apart_end){.last_number = 0};
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(apart_half_decode(row.terms, &half));
    *out_end = (struct apart_end){half.period, half.last_number, half.receipt_number};
    return ERR_OK;
}

enum err ledger_get_partner_count(const struct ledger_view *view, const char *name,
                                  const struct partner_id *partner, uint64_t *out_count)
{
    char whole[LEDGER_KEY_MAX];
    struct ledger_key key;
    struct slice value;
    snprintf(whole, sizeof whole, "%s%s", name, partner->text);
    key_meta(whole, &key);
    enum err err = view_get(view, TABLE_META, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_count = 0;
        return ERR_OK;
    }
    TRY(err);
    return u64_decode(value, out_count);
}

enum err ledger_get_dispute(const struct ledger_view *view, const struct partner_id *partner,
                            enum stream_direction direction, uint64_t number,
                            struct dispute *out_dispute)
{
    struct ledger_key key;
    struct slice value;
    key_dispute(partner, direction, number, &key);
    TRY(view_get(view, TABLE_DISPUTE, &key, &value));
    return dispute_decode(value, out_dispute);
}

enum err ledger_get_dispute_line(const struct ledger_view *view, const struct partner_id *partner,
                                 enum stream_direction direction, uint64_t number,
                                 enum stream_direction way, uint64_t line_number,
                                 struct dispute_line *out_line)
{
    struct ledger_key key;
    struct slice value;
    key_dispute_line(partner, direction, number, way, line_number, &key);
    TRY(view_get(view, TABLE_DISPUTE_LINE, &key, &value));
    return dispute_line_decode(value, out_line);
}

static enum err get_points(const struct ledger_view *view, enum ledger_table table,
                           const struct ledger_key *key, int64_t *out_points)
{
    struct slice value;
    enum err err = view_get(view, table, key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_points = 0;
        return ERR_OK;
    }
    TRY(err);
    return funding_decode(value, out_points);
}

enum err ledger_get_promotion(const struct ledger_view *view, uint32_t promotion,
                              const struct partner_id *payer, int64_t *out_points)
{
    struct ledger_key key;
    key_promotion(promotion, payer, &key);
    return get_points(view, TABLE_PROMOTION, &key, out_points);
}

enum err ledger_get_promotion_refused(const struct ledger_view *view, uint32_t promotion,
                                      const struct partner_id *payer, int64_t *out_points)
{
    struct ledger_key key;
    key_promotion(promotion, payer, &key);
    return get_points(view, TABLE_PROMOTION_REFUSED, &key, out_points);
}

enum err ledger_get_funding(const struct ledger_view *view, const struct partner_id *issuer,
                            uint32_t tariff, int64_t *out_points)
{
    struct ledger_key key;
    key_funding(issuer, tariff, &key);
    return get_points(view, TABLE_FUNDING, &key, out_points);
}

enum err ledger_get_exposure(const struct ledger_view *view, const struct partner_id *partner,
                             struct exposure *out_exposure)
{
    struct ledger_key key;
    struct slice value;
    key_exposure(partner, &key);
    enum err err = view_get(view, TABLE_EXPOSURE, &key, &value);
    if (err == ERR_NOT_FOUND) {
        out_exposure->promised = points_of(0);
        out_exposure->minimum_count = 0;
        out_exposure->line_count = 0;
        return ERR_OK;
    }
    TRY(err);
    return exposure_decode(value, out_exposure);
}

enum err ledger_get_half(const struct ledger_view *view, enum stream_direction direction,
                         const struct partner_id *partner, struct period period,
                         struct half *out_half)
{
    struct ledger_key key;
    struct slice value;
    key_half(direction, partner, period, &key);
    TRY(view_get(view, TABLE_HALF, &key, &value));
    return half_decode(value, out_half);
}

enum err ledger_get_half_tree(const struct ledger_view *view, enum stream_direction direction,
                              const struct partner_id *partner, struct period period,
                              struct half_tree *out_tree)
{
    struct ledger_key key;
    struct slice value;
    key_half_tree(direction, partner, period, &key);
    TRY(view_get(view, TABLE_TREE, &key, &value));
    return half_tree_decode(value, out_tree);
}

enum err ledger_get_recovery(const struct ledger_view *view, const struct partner_id *partner,
                             struct partner_recovery *out_recovery)
{
    struct ledger_key key;
    struct slice value;
    key_recovery(partner, &key);
    TRY(view_get(view, TABLE_RECOVERY, &key, &value));
    return partner_recovery_decode(value, out_recovery);
}

enum err ledger_get_adjustment(const struct ledger_view *view, const struct uid *id,
                               struct adjustment *out_adjustment)
{
    struct ledger_key key;
    struct slice value;
    key_id(id, &key);
    TRY(view_get(view, TABLE_ADJUSTMENT, &key, &value));
    return adjustment_decode(value, out_adjustment);
}

enum err ledger_get_merge(const struct ledger_view *view, const struct uid *id,
                          struct merge *out_merge)
{
    struct ledger_key key;
    struct slice value;
    key_id(id, &key);
    TRY(view_get(view, TABLE_MERGE, &key, &value));
    return merge_decode(value, out_merge);
}

enum err ledger_get_pool_member(const struct ledger_view *view, const struct uid *pool,
                                const struct uid *member)
{
    struct ledger_key key;
    struct slice value;
    key_pool(pool, member, &key);
    return view_get(view, TABLE_POOL, &key, &value);
}

enum err ledger_follow_member(const struct ledger_view *view, struct uid *member,
                              struct member *out_row)
{
    for (unsigned hops = 0; hops <= LIMIT_MERGED_PER_MEMBER; hops++) {
        TRY(ledger_get_member(view, member, out_row));
        if (!out_row->is_merged) {
            return ERR_OK;
        }
        *member = out_row->merged_into;
    }
    return ERR_CORRUPT;
}

enum err ledger_get_mandate(const struct ledger_view *view, const struct partner_id *home,
                            const struct partner_id *redeemer, const struct uid *id,
                            struct mandate_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_mandate(home, redeemer, id, &key);
    TRY(view_get(view, TABLE_MANDATE, &key, &value));
    return mandate_row_decode(value, out_row);
}

enum err ledger_get_mandate_line(const struct ledger_view *view, const struct partner_id *home,
                                 const struct partner_id *redeemer, struct mandate_line *out_line)
{
    struct ledger_key key;
    struct slice value;
    key_mandate_line(home, redeemer, &key);
    TRY(view_get(view, TABLE_MANDATE_LINE, &key, &value));
    return mandate_line_decode(value, out_line);
}

enum err ledger_newest_mandate(const struct ledger_view *view, const struct partner_id *home,
                               const struct partner_id *redeemer, struct mandate_row *out_row)
{
    struct mandate_line line;
    TRY(ledger_get_mandate_line(view, home, redeemer, &line));
    enum err err = ledger_get_mandate(view, home, redeemer, &line.newest, out_row);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

enum err ledger_find_mandate(const struct ledger_view *view, const struct partner_id *home,
                             const struct partner_id *redeemer, struct unix_ms time,
                             struct mandate_row *out_row)
{
    struct mandate_line line;
    TRY(ledger_get_mandate_line(view, home, redeemer, &line));
    const struct uid ids[] = {line.newest, line.before};
    for (size_t i = 0; i < 2 && !uid_is_nil(&ids[i]); i++) {
        struct mandate_row row;
        TRY(ledger_get_mandate(view, home, redeemer, &ids[i], &row));
        if (mandate_is_valid_at(&row.mandate, time)) {
            *out_row = row;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err ledger_get_obligation(const struct ledger_view *view, const struct partner_id *partner,
                               struct period period, struct obligation *out_obligation)
{
    struct ledger_key key;
    struct slice value;
    key_pair(partner, period, &key);
    TRY(view_get(view, TABLE_OBLIGATION, &key, &value));
    return obligation_decode(value, out_obligation);
}

enum err ledger_get_block(const struct ledger_view *view, const struct partner_id *seller,
                          const struct partner_id *buyer, const struct uid *id,
                          struct block_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_block(seller, buyer, id, &key);
    TRY(view_get(view, TABLE_BLOCK, &key, &value));
    return block_row_decode(value, out_row);
}

enum err ledger_get_block_line(const struct ledger_view *view, const struct partner_id *seller,
                               const struct partner_id *buyer, struct block_line *out_line)
{
    struct ledger_key key;
    struct slice value;
    key_block_line(seller, buyer, &key);
    TRY(view_get(view, TABLE_BLOCK_LINE, &key, &value));
    return block_line_decode(value, out_line);
}
