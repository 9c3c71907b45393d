/* Random commands of the streams: entries and receipts of partners, periods, settlement. */
#include <string.h>

#include "commands.h"
#include "model_parts.h"

/* The card that belongs to the subject; one that nobody has when it is unknown. */
static void fill_subject(const struct making *making, int sender, struct clearing_entry *entry)
{
    const uint32_t *n = making->step->numbers;
    entry->card = card_under(&making->m->roster->partners[0].prefix, 900001);
    entry->subject = pick_id(n[6] % 7, ID_NOBODY);
    if (entry->kind == ENTRY_EARN_RETURN) {
        const struct model_sale *sale = pick_sale(making->m, n[6], sender);
        if (sale != NULL) {
            entry->subject = sale->id;
            entry->card = sale->card;
            entry->tariff = one_in(n[8] >> 8, 20) ? entry->tariff : sale->lot.tariff;
            entry->points = one_in(n[7], 6) ? points_of(sale->points - sale->taken) : entry->points;
        }
    } else {
        const struct model_hold *hold =
            pick_hold(making->m, n[6], sender, entry->kind == ENTRY_BURN_RETURN);
        if (hold != NULL) {
            entry->subject = hold->id;
            entry->card = hold->card;
            entry->tariff =
                hold->tariff == 0 || one_in(n[8] >> 8, 20) ? entry->tariff : hold->tariff;
            if (entry->kind != ENTRY_VOID && one_in(n[7], 6)) {
                entry->points = points_of(
                    entry->kind == ENTRY_CAPTURE ? hold->left : hold->captured - hold->returned);
            }
        }
    }
    if (entry->kind != ENTRY_VOID && entry->points.minor <= 0) {
        entry->points = points_of(1);
    }
}

/* A card under this partner's prefix, of those that commands are about. */
static struct card_number card_of_partner(const struct model *m, int partner, uint32_t number)
{
    return card_under(&m->roster->partners[partner].prefix, number % 20);
}

/* Of a card that is awaited from this partner; another one when there is none. */
static void fill_moved_lot(const struct making *making, int sender, struct clearing_entry *entry)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    size_t start = n[7] % (m->status_count + 1);
    entry->moved_to = pick_card(m, n[7]);
    for (size_t i = 0; i < m->status_count && !one_in(n[8] >> 4, 8); i++) {
        const struct model_status *status = &m->statuses[(start + i) % m->status_count];
        if (status->awaited_by.digits[0] != '\0' && model_home(m, &status->card) == sender) {
            entry->card = status->card;
            entry->moved_to = status->awaited_by;
            if (one_in(n[8] >> 8, 2) || model_goes_round(m, &status->awaited_by)) {
                break;
            }
        }
    }
    entry->issuer = m->roster->partners[(n[5] >> 4) % MODEL_PARTNERS].id;
    make_terms(making, &entry->active_from, &entry->expires_at);
}

/* One that leads in a circle, if there is any. */
static void fill_round(const struct making *making, int sender, struct clearing_entry *entry)
{
    const struct model *m = making->m;
    for (uint32_t i = 0; i < 20; i++) {
        struct card_number card = card_of_partner(m, sender, making->step->numbers[7] + i);
        if (model_goes_round(m, &card)) {
            entry->card = card;
            return;
        }
    }
}

/* Where a card's moves lead, after so many or as far as they go. */
static struct card_number follow(const struct model *m, struct card_number at, size_t moves)
{
    for (size_t i = 0; i < moves && model_has_moved(m, &at); i++) {
        at = model_status(m, &at)->moved_to;
    }
    return at;
}

/* That the new card of one who moved to this partner, perhaps by other homes, leads back. */
static void fill_loop(const struct making *making, int sender, struct clearing_entry *entry)
{
    const struct model *m = making->m;
    size_t moves = 1 + (making->step->numbers[8] >> 20) % (LIMIT_CARD_HOPS - 1);
    for (size_t i = 0; i < m->status_count; i++) {
        const struct card_number *first =
            &m->statuses[(i + making->step->numbers[7]) % m->status_count].card;
        struct card_number last = follow(m, *first, moves);
        if (model_has_moved(m, first) && model_home(m, &last) == sender) {
            entry->card = last;
            entry->moved_to = *first;
            return;
        }
    }
}

/* How many moves lead on from a card, as far as a card is followed. */
static size_t count_moves(const struct model *m, const struct card_number *card)
{
    struct card_number at = *card;
    size_t moves = 0;
    for (; moves < LIMIT_CARD_HOPS && model_has_moved(m, &at); moves++) {
        at = model_status(m, &at)->moved_to;
    }
    return moves;
}

/* One more in front of the longest row of moves. */
static void fill_row(const struct making *making, int sender, struct clearing_entry *entry)
{
    const struct model *m = making->m;
    size_t most = 0;
    for (uint32_t i = 0; i < 20 && model_has_moved(m, &entry->card); i++) {
        entry->card = card_of_partner(m, sender, making->step->numbers[7] + i);
    }
    for (size_t i = 0; i < m->status_count; i++) {
        const struct card_number *card = &m->statuses[i].card;
        size_t moves = count_moves(m, card);
        if (moves > most && moves < LIMIT_CARD_HOPS) {
            most = moves;
            entry->moved_to = *card;
        }
    }
}

/* What the partner says of a card, mostly its own. */
static void make_card_entry(const struct making *making, int sender, struct clearing_entry *entry)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    entry->card = one_in(n[6], 20) ? pick_card(m, n[7]) : card_of_partner(m, sender, n[6] >> 8);
    if (entry->kind == ENTRY_MOVED_LOT) {
        fill_moved_lot(making, sender, entry);
    } else {
        entry->points = points_of(0);
    }
    if (entry->kind == ENTRY_CARD_MOVED) {
        entry->moved_to =
            one_in(n[8] >> 6, 3) ? pick_card(m, n[7]) : card_of_partner(m, 3 - sender, n[7] >> 8);
        if (one_in(n[8] >> 12, making->mood->is_moving ? 2 : 6)) {
            fill_loop(making, sender, entry);
        } else if (one_in(n[8] >> 15, making->mood->is_moving ? 2 : 4)) {
            fill_row(making, sender, entry);
        }
    }
    if (strcmp(entry->card.digits, entry->moved_to.digits) == 0) {
        entry->card = card_of_partner(m, sender, 19);
        entry->moved_to = card_of_partner(m, 3 - sender, 19);
    }
    if (entry->kind == ENTRY_CARD_UNBLOCK && one_in(n[8] >> 12, 3)) {
        fill_round(making, sender, entry);
    }
    if (entry->kind == ENTRY_CARD_BLOCK || entry->kind == ENTRY_CARD_UNBLOCK) {
        entry->moved_to = (struct card_number){""};
    }
}

static void fill_funding(const uint32_t *n, struct clearing_entry *entry)
{
    if (entry_kind_is_promotion(entry->kind) ||
        (entry->kind == ENTRY_FUNDING_RETURN && one_in(n[6], 3))) {
        entry->promotion = one_in(n[6] >> 8, 6) ? 1 + n[7] % 3 : MODEL_BETAS_PROMOTION;
        entry->subject = entry->transaction_id;
    } else {
        entry->tariff = one_in(n[8], 8) ? entry->tariff : MODEL_AT_BURN;
    }
}

void make_entry(const struct making *making)
{
    static const enum entry_kind kinds[] = {ENTRY_EARN,        ENTRY_EARN,       ENTRY_EARN,
                                            ENTRY_EARN,        ENTRY_CAPTURE,    ENTRY_CAPTURE,
                                            ENTRY_CAPTURE,     ENTRY_VOID,       ENTRY_EARN_RETURN,
                                            ENTRY_EARN_RETURN, ENTRY_BURN_RETURN};
    static const enum entry_kind card_kinds[] = {
        ENTRY_CARD_BLOCK, ENTRY_CARD_UNBLOCK, ENTRY_CARD_UNBLOCK, ENTRY_CARD_MOVED,
        ENTRY_MOVED_LOT,  ENTRY_MOVED_LOT,    ENTRY_MOVED_LOT,    ENTRY_MOVED_LOT};
    const uint32_t *n = making->step->numbers;
    struct command *command = making->command;
    struct clearing_entry *entry = &command->take_entry.entry;
    int sender = making->mood->is_flooding || (making->mood->is_crowding && !one_in(n[3], 8))
                     ? 1
                     : 1 + (int)(n[3] % 2);
    command->kind = COMMAND_TAKE_ENTRY;
    command->origin = making->m->roster->partners[sender].id;
    command->take_entry = (struct command_take_entry){.sender = command->origin};
    entry->kind = one_in(n[4], 50)   ? ENTRY_PERIOD_MARK
                  : one_in(n[4], 51) ? ENTRY_ADJUSTMENT
                  : one_in(n[4], 53)
                      ? one_in(n[4] >> 8, 3) ? ENTRY_PROMOTION_RETURN : ENTRY_PROMOTION
                  : one_in(n[4], 52) ? one_in(n[4] >> 8, 3) ? ENTRY_FUNDING : ENTRY_FUNDING_RETURN
                  : making->mood->is_moving && one_in(n[4], 5)    ? ENTRY_CARD_MOVED
                  : one_in(n[4], making->mood->is_moving ? 2 : 9) ? card_kinds[(n[4] >> 8) % 8]
                  : making->mood->is_flooding || (making->mood->is_crowding && !one_in(n[8], 4))
                      ? ENTRY_EARN
                      : kinds[(n[4] >> 8) % (sizeof kinds / sizeof kinds[0])];
    entry->period = making->m->in_period[sender];
    entry->transaction_id = command->transaction_id;
    entry->business_time.ms =
        making->step->at.ms - (one_in(n[9], 3) ? (n[9] >> 8) % 60 * HOUR_MS : 0);
    command->business_time = entry->business_time;
    command->is_dated = true;
    if (entry->kind == ENTRY_PERIOD_MARK) {
        entry->transaction_id = (struct uid){{0}};
        return;
    }
    entry->tariff = one_in(n[8], 30) ? 9 : 1 + n[8] % MODEL_TARIFFS;
    entry->points = points_of(entry->kind == ENTRY_VOID ? 0 : 1 + (n[5] >> 8) % 90);
    if (entry->kind == ENTRY_EARN && !making->mood->is_flooding && one_in(n[4] >> 16, 4)) {
        make_block_entry(making, sender, entry);
        return;
    }
    if (entry_kind_is_funding(entry->kind)) {
        fill_funding(n, entry);
        return;
    }
    if (entry->kind != ENTRY_EARN && entry->kind != ENTRY_ADJUSTMENT &&
        entry->kind < ENTRY_CARD_BLOCK) {
        fill_subject(making, sender, entry);
        return;
    }
    if (entry->kind >= ENTRY_CARD_BLOCK) {
        make_card_entry(making, sender, entry);
        return;
    }
    entry->card = pick_card(making->m, n[6]);
    if (entry->kind == ENTRY_EARN) {
        make_terms(making, &entry->active_from, &entry->expires_at);
        if (making->mood->is_flooding && !one_in(n[8], 30)) {
            entry->tariff = 1;
            entry->points = points_of(LIMIT_POINTS_PER_COMMAND);
        }
        const struct model_sale *known = pick_sale(making->m, n[5], sender);
        if (one_in(n[5], 20) && known != NULL) {
            entry->transaction_id = known->id;
        }
    }
}

static struct lot_key lot_of(const struct model *m, const struct model_key *key)
{
    return (struct lot_key){m->roster->partners[key->issuer].id,
                            key->tariff,
                            {key->active_from},
                            {key->expires_at},
                            (uint8_t)key->idle_months};
}

/* The partner refuses an earn because its card moved; it may leave out where. */
static void say_moved(const struct making *making, struct receipted_entry *entry)
{
    const uint32_t *n = making->step->numbers;
    entry->verdict = VERDICT_CARD_MOVED;
    if (!one_in(n[6], 6)) {
        entry->moved_to =
            one_in(n[6], 2) ? pick_card(making->m, n[7]) : pick_foreign_card(making->m, n[7]);
    }
}

void make_receipt(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    const struct model *m = making->m;
    int partner = 1 + (int)(n[3] % 2);
    struct command_take_receipt *receipt = &making->command->take_receipt;
    struct receipted_entry *entries = making->room->entries;
    if (m->is_frozen_out[partner]) { /* nothing more is taken of it */
        make_close(making);
        return;
    }
    making->command->kind = COMMAND_TAKE_RECEIPT;
    making->command->origin = m->roster->partners[partner].id;
    *receipt = (struct command_take_receipt){.receiver = making->command->origin,
                                             .last_number = m->receipted[partner],
                                             .entries = entries};
    for (uint64_t number = m->receipted[partner] + 1; number <= m->sent_count[partner]; number++) {
        const struct model_entry *sent = &m->sent[partner][number - 1];
        if (receipt->entry_count == sizeof making->room->entries / sizeof entries[0]) {
            break;
        }
        bool is_refused = sent->kind != ENTRY_PERIOD_MARK && (n[4] >> (number % 29)) % 8 == 0;
        entries[receipt->entry_count++] =
            (struct receipted_entry){.number = number,
                                     .kind = sent->kind,
                                     .tariff = sent->kind == ENTRY_PERIOD_MARK ? 0
                                               : sent->lot.tariff != 0         ? sent->lot.tariff
                                                                               : 1,
                                     .points = points_of(sent->points),
                                     .period = sent->period,
                                     .transaction_id = sent->transaction_id,
                                     .subject = sent->subject,
                                     .card = sent->card,
                                     .lot = lot_of(m, &sent->lot),
                                     .verdict = is_refused ? VERDICT_CARD_UNKNOWN : VERDICT_OK};
        bool is_drawn = sent->kind == ENTRY_EARN && !uid_is_nil(&sent->subject);
        if (is_refused && is_drawn && one_in(n[5] >> 8, 2)) {
            entries[receipt->entry_count - 1].verdict = VERDICT_BLOCK_EXCEEDED;
        } else if (is_refused && sent->kind == ENTRY_EARN && one_in(n[5], 2)) {
            say_moved(making, &entries[receipt->entry_count - 1]);
        }
        receipt->last_number = number;
        if (is_refused) {
            break; /* a receipt is taken in parts that end behind a refusal */
        }
    }
    receipt->receipt_signed = slice_of("receipt", 7);
}

void make_batch_end(const struct making *making)
{
    int partner = 1 + (int)(making->step->numbers[3] % 2);
    making->command->kind = COMMAND_TAKE_BATCH;
    making->command->origin = making->m->roster->partners[partner].id;
    making->command->take_batch =
        (struct command_take_batch){.sender = making->command->origin,
                                    .head_signed = slice_of("head", 4),
                                    .receipt_signed = slice_of("receipt", 7)};
}

void make_close(const struct making *making)
{
    struct period open = making->m->out_period;
    making->command->kind = COMMAND_CLOSE_PERIOD;
    making->command->close_period.period =
        one_in(making->step->numbers[3], 3) ? period_next(open) : open;
}

void make_pair(const struct making *making)
{
    int partner = 1 + (int)(making->step->numbers[3] % 2);
    bool is_matched = model_is_matched(making->m, partner, making->m->out_period.code) ||
                      one_in(making->step->numbers[4], 3); /* and it stays so */
    making->command->kind = COMMAND_PUT_PAIR;
    making->command->put_pair =
        (struct command_put_pair){.partner = making->m->roster->partners[partner].id,
                                  .period = making->m->out_period,
                                  .pair = {.state = is_matched ? PAIR_MATCHED : PAIR_CLOSING}};
}

/* Late in a run, for a frozen stream stays so. */
void make_freeze(const struct making *making)
{
    int partner = 1 + (int)(making->step->numbers[3] % 2);
    if (making->step->serial % 2000 < 1200 || making->m->is_frozen_out[3 - partner]) {
        make_entry(making);
        return;
    }
    making->command->kind = COMMAND_FREEZE_STREAM;
    making->command->freeze =
        (struct command_freeze){.partner = making->m->roster->partners[partner].id,
                                .direction = STREAM_OUT,
                                .reason = "on purpose"};
}
