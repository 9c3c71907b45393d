#include "commands.h"

#include <stdio.h>
#include <string.h>

#define HOUR_MS  INT64_C(3600000)
#define ID_EPOCH INT64_C(1790000000000)

static struct uid id_of(uint32_t serial, uint8_t what)
{
    uint8_t randomness[10] = {0};
    randomness[5] = what;
    put_u32_be(randomness + 6, serial);
    return uid_v7(ID_EPOCH, randomness);
}

static bool one_in(uint32_t number, uint32_t chances)
{
    return number % chances == 0;
}

struct unix_ms step_time(const struct step *step, const struct mood *mood, struct unix_ms now)
{
    uint32_t number = step->numbers[0];
    int64_t hours = one_in(number, 3) ? (number >> 8) % (mood->pause_hours + 1) : 0;
    return (struct unix_ms){now.ms + hours * HOUR_MS};
}

static struct card_number card_under(const struct card_prefix *prefix, uint32_t serial)
{
    struct card_number card;
    ASSERT(card_number_make(prefix, serial, &card) == ERR_OK);
    return card;
}

/* Mostly a card of ours. */
static struct card_number some_card(struct model *m, uint32_t number)
{
    static const struct card_prefix nobody = {"999999"};
    uint32_t rest = number >> 8;
    if (one_in(number, 40)) {
        return card_under(&nobody, rest % 10);
    }
    if (one_in(number, 30) || m->card_count == 0) {
        return card_under(&m->roster->partners[0].prefix, 900000 + rest % 10);
    }
    return m->cards[rest % m->card_count].number;
}

static struct card_number foreign_card(struct model *m, uint32_t number)
{
    return card_under(&m->roster->partners[1 + number % 2].prefix, (number >> 4) % 20);
}

/* Mostly small; sometimes zero, negative or too many. */
static int64_t some_points(uint32_t number, uint32_t limit)
{
    if (one_in(number, 40)) {
        return 0;
    }
    if (one_in(number, 41)) {
        return -(int64_t)(number % 100);
    }
    if (one_in(number, 97)) {
        return LIMIT_POINTS_PER_COMMAND + 1 - (number >> 8) % 2;
    }
    return 1 + (number >> 8) % limit;
}

static struct uid some_hold(struct model *m, uint32_t number, int redeemer, bool wants_captured)
{
    /* From a random place, mostly among the newest, to one of the redeemer's; open ones preferred.
     */
    size_t newest = m->hold_count > 15 && !one_in(number >> 6, 4) ? 15 : m->hold_count;
    size_t start = newest == 0 ? 0 : m->hold_count - 1 - (number >> 8) % newest;
    for (size_t i = 0; i < m->hold_count && !one_in(number, 25); i++) {
        const struct model_hold *hold = &m->holds[(start + i) % m->hold_count];
        int by = hold->is_foreign ? 0 : hold->partner;
        bool fits = wants_captured ? hold->captured > hold->returned : !hold->has_ended;
        if (by == redeemer && (fits || (number >> 4) % 4 == 0)) {
            return hold->id;
        }
    }
    return id_of(number % 7, 9);
}

static struct uid some_sale(struct model *m, uint32_t number, int issuer)
{
    size_t start = m->sale_count == 0 ? 0 : (number >> 8) % m->sale_count;
    for (size_t i = 0; i < m->sale_count && !one_in(number, 25); i++) {
        const struct model_sale *sale = &m->sales[(start + i) % m->sale_count];
        if (sale->issuer == issuer) {
            return sale->id;
        }
    }
    return id_of(number % 7, 9);
}

/* When lots begin and end. */
static void some_terms(const struct step *step, const struct mood *mood, struct unix_ms now,
                       struct unix_ms *out_from, struct unix_ms *out_until)
{
    uint32_t number = step->numbers[7];
    int64_t grain = mood->expiry_grain * HOUR_MS;
    *out_from = (struct unix_ms){0};
    *out_until = (struct unix_ms){0};
    if (one_in(number, 2)) {
        out_from->ms = now.ms + ((number >> 4) % 100) * HOUR_MS;
    }
    if (!one_in(number, 9)) {
        int64_t until = now.ms + ((number >> 12) % mood->expiry_hours) * HOUR_MS;
        until = until > out_from->ms ? until : out_from->ms;
        out_until->ms = (until / grain + 1) * grain;
    }
}

static void make_enrol(const struct step *step, const struct mood *mood, struct model *m,
                       struct command *command)
{
    bool is_full = m->member_count >= mood->member_max;
    command->enrol.member = id_of(step->serial, 2);
    if (is_full || !one_in(step->numbers[3], 5)) {
        (void)snprintf((char *)command->enrol.reference_tag,
                       sizeof command->enrol.reference_tag, "customer-%u",
                       is_full ? 0 : step->numbers[4] % 50);
    }
    if (is_full) { /* somebody else's number: refused */
        for (size_t i = 0; i < m->member_count; i++) {
            if (m->members[i].reference[0] != 0) {
                memcpy(command->enrol.reference_tag, m->members[i].reference,
                       sizeof command->enrol.reference_tag);
                return;
            }
        }
        command->kind = COMMAND_BLOCK_CARD;
        command->card.card = card_under(&m->roster->partners[0].prefix, 900000);
    }
}

static void make_issue(const struct step *step, struct model *m, struct command *command)
{
    bool is_full = m->card_count >= MODEL_CARDS - MODEL_MEMBERS;
    command->kind = COMMAND_ISSUE_CARD;
    command->card.member = m->member_count == 0 || is_full || one_in(step->numbers[3], 10)
                               ? id_of(step->serial, 8)
                               : m->members[step->numbers[4] % m->member_count].id;
}

static void make_earn(const struct step *step, const struct mood *mood, struct model *m,
                      struct unix_ms now, struct command *command)
{
    static const struct earn_rate rates[] = {{1, 100, ROUNDING_DOWN, 0},
                                             {7, 300, ROUNDING_HALF_UP, 0},
                                             {3, 200, ROUNDING_UP, 500},
                                             {5, 100, ROUNDING_HALF_EVEN, 1000}};
    const uint32_t *n = step->numbers;
    struct command_earn *earn = &command->earn;
    command->kind = COMMAND_EARN;
    if (one_in(n[3], 4)) {
        earn->card = foreign_card(m, n[4]);
    } else if (one_in(n[3], 5) && m->member_count > 0) {
        earn->member = one_in(n[4], 20) ? id_of(step->serial, 8)
                                        : m->members[(n[4] >> 8) % m->member_count].id;
    } else {
        earn->card = some_card(m, n[4]);
    }
    earn->amount = money_of(one_in(n[5], 30) ? -1 : (int64_t)(n[5] >> 8) % 30000);
    (void)snprintf(earn->currency, sizeof earn->currency, "EUR");
    earn->rate = rates[n[6] % 4];
    if (one_in(n[6] >> 4, 4)) {
        earn->is_fixed = true;
        earn->fixed_points = points_of(some_points(n[8], 300));
        earn->amount.minor = one_in(n[8] >> 3, 3) ? 0 : earn->amount.minor;
    }
    some_terms(step, mood, now, &earn->active_from, &earn->expires_at);
}

static void make_hold(const struct step *step, const struct mood *mood, struct model *m,
                      struct unix_ms now, int redeemer, bool is_foreign, struct command *command)
{
    const uint32_t *n = step->numbers;
    uint32_t limit = !one_in(n[6], 4) ? 120 : mood->is_hoarding ? 60000 : 2000;
    command->kind = is_foreign ? COMMAND_FOREIGN_HOLD : COMMAND_HOLD;
    command->origin = m->roster->partners[redeemer].id;
    command->hold.redeemer = m->roster->partners[redeemer].id;
    command->hold.card = is_foreign ? foreign_card(m, n[4]) : some_card(m, n[4]);
    command->hold.points = points_of(some_points(n[5], limit));
    command->hold.capture_by.ms = now.ms + n[7] % (48 + 8 * mood->pause_hours) * HOUR_MS;
    command->hold.deliver_by.ms = command->hold.capture_by.ms + (1 + (n[7] >> 8) % 24) * HOUR_MS;
}

static void make_use(const struct step *step, struct model *m, struct unix_ms now,
                     enum command_kind kind, struct command *command)
{
    const uint32_t *n = step->numbers;
    command->kind = kind;
    command->use.hold = some_hold(m, n[4], 0, kind == COMMAND_RETURN_BURN);
    if (kind != COMMAND_VOID && !one_in(n[5], 3)) {
        command->use.points = points_of(some_points(n[6], 100));
    }
    if (one_in(n[7], 3)) {
        command->is_dated = true;
        command->business_time.ms = now.ms - (n[7] >> 8) % 60 * HOUR_MS;
    }
}

static void make_return_sale(const struct step *step, struct model *m, struct command *command)
{
    const uint32_t *n = step->numbers;
    command->kind = COMMAND_RETURN_SALE;
    command->return_sale.sale = some_sale(m, n[4], 0);
    if (!one_in(n[5], 3)) {
        command->return_sale.amount =
            money_of(one_in(n[5], 40) ? -5 : (int64_t)(n[6] >> 4) % 12000);
    }
}

static void make_due(const struct step *step, struct model *m, struct command *command)
{
    const uint32_t *n = step->numbers;
    command->transaction_id = id_of(step->serial, 4);
    if (one_in(n[3], 3) && m->member_count > 0) {
        command->kind = COMMAND_SETTLE_MEMBER;
        command->due.id = m->members[n[4] % m->member_count].id;
        return;
    }
    for (size_t i = 0; i < m->hold_count; i++) {
        const struct model_hold *hold = &m->holds[(n[4] + i) % m->hold_count];
        if (!hold->is_foreign && (!hold->has_ended || one_in(n[5], 8))) {
            command->kind = COMMAND_EXPIRE_HOLD;
            command->due.id = hold->id;
            command->due.redeemer = m->roster->partners[hold->partner].id;
            command->due.due.ms = hold->deliver_by;
            return;
        }
    }
    make_issue(step, m, command);
}

/* The card that belongs to the subject; empty when it is unknown. */
static void fill_subject(const struct step *step, struct model *m, int sender,
                         struct clearing_entry *entry)
{
    const uint32_t *n = step->numbers;
    entry->card = card_under(&m->roster->partners[0].prefix, 900001);
    if (entry->kind == ENTRY_EARN_RETURN) {
        entry->subject = some_sale(m, n[6], sender);
        const struct model_sale *sale = model_sale(m, sender, &entry->subject);
        entry->card = sale == NULL ? entry->card : sale->card;
        return;
    }
    entry->subject = some_hold(m, n[6], sender, entry->kind == ENTRY_BURN_RETURN);
    const struct model_hold *hold = model_hold(m, sender, &entry->subject);
    entry->card = hold == NULL ? entry->card : hold->card;
}

static void make_entry(const struct step *step, const struct mood *mood, struct model *m,
                       struct unix_ms now, struct command *command)
{
    static const enum entry_kind kinds[] = {ENTRY_EARN,        ENTRY_EARN,       ENTRY_EARN,
                                            ENTRY_EARN,        ENTRY_CAPTURE,    ENTRY_CAPTURE,
                                            ENTRY_CAPTURE,     ENTRY_VOID,       ENTRY_EARN_RETURN,
                                            ENTRY_EARN_RETURN, ENTRY_BURN_RETURN};
    const uint32_t *n = step->numbers;
    struct clearing_entry *entry = &command->take_entry.entry;
    int sender = 1 + (int)(n[3] % 2);
    command->kind = COMMAND_TAKE_ENTRY;
    command->origin = m->roster->partners[sender].id;
    command->take_entry.sender = command->origin;
    entry->kind = one_in(n[4], 50)   ? ENTRY_PERIOD_MARK
                  : one_in(n[4], 51) ? ENTRY_ADJUSTMENT
                                     : kinds[(n[4] >> 8) % (sizeof kinds / sizeof kinds[0])];
    entry->period = m->in_period[sender];
    entry->transaction_id = command->transaction_id;
    entry->business_time.ms = now.ms - (one_in(n[9], 3) ? (n[9] >> 8) % 60 * HOUR_MS : 0);
    command->business_time = entry->business_time;
    command->is_dated = true;
    if (entry->kind == ENTRY_PERIOD_MARK) {
        entry->transaction_id = (struct uid){{0}};
        return;
    }
    entry->tariff = one_in(n[8], 30) ? 9 : 1 + n[8] % 2;
    entry->points = points_of(entry->kind == ENTRY_VOID ? 0 : 1 + (n[5] >> 8) % 90);
    if (entry->kind == ENTRY_EARN || entry->kind == ENTRY_ADJUSTMENT) {
        entry->card = some_card(m, n[6]);
        if (entry->kind == ENTRY_EARN) {
            some_terms(step, mood, now, &entry->active_from, &entry->expires_at);
            if (one_in(n[5], 20)) {
                entry->transaction_id = some_sale(m, n[5], sender);
            }
        }
        return;
    }
    fill_subject(step, m, sender, entry);
    const struct model_sale *sale = model_sale(m, sender, &entry->subject);
    if (entry->kind == ENTRY_EARN_RETURN && sale != NULL && !one_in(n[8] >> 8, 20)) {
        entry->tariff = sale->lot.tariff;
    }
}

static void make_receipt(const struct step *step, struct model *m, struct command_room *room,
                         struct command *command)
{
    const uint32_t *n = step->numbers;
    int partner = 1 + (int)(n[3] % 2);
    struct command_take_receipt *receipt = &command->take_receipt;
    uint64_t first = m->receipted[partner] + 1;
    command->kind = COMMAND_TAKE_RECEIPT;
    command->origin = m->roster->partners[partner].id;
    receipt->receiver = command->origin;
    receipt->last_number = m->receipted[partner];
    receipt->entries = room->entries;
    for (uint64_t number = first; number <= m->sent_count[partner]; number++) {
        const struct model_entry *sent = &m->sent[partner][number - 1];
        if (receipt->entry_count == sizeof room->entries / sizeof room->entries[0]) {
            break;
        }
        bool is_refused = sent->kind != ENTRY_PERIOD_MARK && (n[4] >> (number % 29)) % 8 == 0;
        room->entries[receipt->entry_count++] =
            (struct receipted_entry){.number = number,
                                     .kind = sent->kind,
                                     .tariff = sent->kind == ENTRY_PERIOD_MARK ? 0 : 1,
                                     .points = points_of(sent->points),
                                     .period = sent->period,
                                     .transaction_id = sent->transaction_id,
                                     .subject = sent->subject,
                                     .card = sent->card,
                                     .verdict = is_refused ? VERDICT_CARD_UNKNOWN : VERDICT_OK};
        receipt->last_number = number;
        if (is_refused) {
            break; /* the engine gives a receipt in parts that end behind a refusal */
        }
    }
    receipt->receipt_signed = slice_of("receipt", 7);
}

static void make_close(const struct step *step, struct model *m, struct command *command)
{
    command->kind = COMMAND_CLOSE_PERIOD;
    command->close_period.period =
        one_in(step->numbers[3], 3) ? period_next(m->out_period) : m->out_period;
}

/* An old command again, sometimes with another amount. */
static void make_repeat(const struct step *step, struct model *m, struct command *command)
{
    const uint32_t *n = step->numbers;
    if (m->command_count == 0) {
        make_issue(step, m, command);
        return;
    }
    *command = m->commands[n[3] % m->command_count].command;
    if (!command->is_dated) {
        command->business_time.ms += 1000; /* the node's own clock went on */
    }
    if (!one_in(n[4], 3)) {
        return;
    }
    if (command->kind == COMMAND_EARN) {
        command->earn.amount.minor += 1;
    } else if (command->kind == COMMAND_RETURN_SALE) {
        command->return_sale.amount.minor += 1;
    } else if (command->kind == COMMAND_HOLD || command->kind == COMMAND_FOREIGN_HOLD) {
        command->hold.points.minor += 1;
    } else if (command->kind == COMMAND_CAPTURE || command->kind == COMMAND_RETURN_BURN) {
        command->use.points.minor += 1;
    }
}

static void make_block(const struct step *step, struct model *m, struct command *command)
{
    command->kind = COMMAND_BLOCK_CARD;
    command->card.card = some_card(m, step->numbers[4]);
}

void step_command(const struct step *step, const struct mood *mood, struct model *m,
                  struct unix_ms now, struct command_room *room, struct command *out_command)
{
    (void)room;
    uint32_t what = step->numbers[2] % 100;
    if (mood->is_hoarding && one_in(step->numbers[1], 2)) {
        what = 10; /* earn */
    }
    *out_command = (struct command){.kind = COMMAND_ENROL,
                                    .origin = m->roster->partners[0].id,
                                    .transaction_id = id_of(step->serial, 1),
                                    .business_time = now};
    if (what < 4 || m->member_count == 0) {
        make_enrol(step, mood, m, out_command);
    } else if (what < 6) {
        make_issue(step, m, out_command);
    } else if (what < 7 && one_in(step->numbers[1], 4)) {
        make_block(step, m, out_command);
    } else if (what < 31) {
        make_earn(step, mood, m, now, out_command);
    } else if (what < 39) {
        make_hold(step, mood, m, now, 0, false, out_command);
    } else if (what < 45) {
        make_hold(step, mood, m, now, 1 + (int)(step->numbers[3] % 2), false, out_command);
    } else if (what < 49) {
        make_hold(step, mood, m, now, 0, true, out_command);
    } else if (what < 58) {
        make_use(step, m, now, COMMAND_CAPTURE, out_command);
    } else if (what < 62) {
        make_use(step, m, now, COMMAND_VOID, out_command);
    } else if (what < 71) {
        make_return_sale(step, m, out_command);
    } else if (what < 77) {
        make_use(step, m, now, COMMAND_RETURN_BURN, out_command);
    } else if (what < 81) {
        make_due(step, m, out_command);
    } else if (what < 94) {
        make_entry(step, mood, m, now, out_command);
    } else if (what < 96) {
        make_receipt(step, m, room, out_command);
    } else if (what < 97) {
        make_close(step, m, out_command);
    } else {
        make_repeat(step, m, out_command);
    }
    if (!out_command->is_dated && what < 97) {
        out_command->business_time = now;
    }
}
