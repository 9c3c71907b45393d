#include "node/event_message.h"

#include <string.h>

#include "ledger/gift_card.h"
#include "node/messages.h"
#include "node/record_words.h"
#include "node/taken_receipt.h"
#include "node/refusal_number.h"
#include "programme/kept_case.h"
#include "wire/signed.h"

/* "" for the nil id. */
static char *text_of_uid(struct arena *arena, const struct uid *id)
{
    return uid_is_nil(id) ? message_copy(arena, "", 1) : message_uid(arena, id);
}

static char *text_of_partner(struct arena *arena, const struct partner_id *partner)
{
    return message_copy(arena, partner->text, PARTNER_ID_MAX);
}

static Talea__V1__EventAccount *message_account(struct arena *arena,
                                                const struct account_ref *account)
{
    Talea__V1__EventAccount *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__event_account__init(message);
    message->account = (char *)(uintptr_t)account_kind_name(account->kind);
    message->member_id = text_of_uid(arena, &account->member);
    message->partner = text_of_partner(arena, &account->partner);
    message->period = account->period.code;
    return message->member_id == NULL || message->partner == NULL ? NULL : message;
}

static enum err add_posting(struct arena *arena, const struct effect_post *post,
                            Talea__V1__Event *event)
{
    Talea__V1__Posting *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__posting__init(message);
    message->debit = message_account(arena, &post->debit);
    message->credit = message_account(arena, &post->credit);
    message->points = post->points.minor;
    event->postings[event->n_postings++] = message;
    return message->debit == NULL || message->credit == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_lot(struct arena *arena, const struct effect_lot *lot, Talea__V1__Event *event)
{
    Talea__V1__LotChange *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__lot_change__init(message);
    message->member_id = text_of_uid(arena, &lot->member);
    message->issuer = text_of_partner(arena, &lot->key.issuer);
    message->tariff = lot->key.tariff;
    message->active_from_unix_ms = lot->key.active_from.ms;
    message->expires_at_unix_ms = lot->key.expires_at.ms;
    message->idle_months = lot->key.idle_months;
    message->free_delta_points = lot->free_delta;
    message->held_delta_points = lot->held_delta;
    event->lots[event->n_lots++] = message;
    return message->member_id == NULL || message->issuer == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err count_effects(const struct record *record, size_t *out_posts, size_t *out_lots)
{
    struct reader in = record_effects(record);
    *out_posts = 0;
    *out_lots = 0;
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        TRY(in.err);
        *out_posts += effect.kind == EFFECT_POST ? 1 : 0;
        *out_lots += effect.kind == EFFECT_LOT ? 1 : 0;
    }
    return ERR_OK;
}

static enum err add_effects(struct arena *arena, const struct record *record,
                            Talea__V1__Event *event)
{
    struct reader in = record_effects(record);
    size_t posts;
    size_t lots;
    TRY(count_effects(record, &posts, &lots));
    event->postings = arena_alloc(arena, (posts + 1) * sizeof *event->postings);
    event->lots = arena_alloc(arena, (lots + 1) * sizeof *event->lots);
    if (event->postings == NULL || event->lots == NULL) {
        return ERR_RESOURCE;
    }
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        TRY(in.err);
        if (effect.kind == EFFECT_POST) {
            TRY(add_posting(arena, &effect.post, event));
        } else if (effect.kind == EFFECT_LOT) {
            TRY(add_lot(arena, &effect.lot, event));
        }
    }
    return ERR_OK;
}

static enum err fill_texts(struct arena *arena, const struct record *record,
                           const struct command *command, Talea__V1__Event *event)
{
    const struct answer *answer = &record->answer;
    event->transaction_id = text_of_uid(arena, record_transaction(record, command));
    event->origin = text_of_partner(arena, &record->origin);
    event->member_id = text_of_uid(arena, &answer->member);
    event->card = message_copy(arena, record_card(record, command)->digits, CARD_DIGITS_MAX);
    event->home = text_of_partner(arena, &answer->home);
    event->receipt = message_copy(arena, record_receipt(command), LIMIT_REFERENCE_BYTES);
    bool is_whole = event->transaction_id != NULL && event->origin != NULL &&
                    event->member_id != NULL && event->card != NULL && event->home != NULL &&
                    event->receipt != NULL;
    return is_whole ? ERR_OK : ERR_RESOURCE;
}

/* What a partner refused of what we sent. */
static enum err add_refusals(struct arena *arena, const struct record *record,
                             Talea__V1__Event *event)
{
    struct clearing_receipt receipt;
    struct uid reversed;
    if (taken_receipt_reversed(record, &reversed) == ERR_OK) {
        event->reversed_id = message_uid(arena, &reversed);
    }
    enum err err = taken_receipt(record, arena, &receipt);
    if (err != ERR_OK || receipt.refused_count == 0) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    event->entry_refusals =
        arena_alloc(arena, receipt.refused_count * sizeof *event->entry_refusals);
    for (size_t i = 0; event->entry_refusals != NULL && i < receipt.refused_count; i++) {
        Talea__V1__EntryRefusal *message = arena_alloc(arena, sizeof *message);
        if (message == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__entry_refusal__init(message);
        message->partner = text_of_partner(arena, &receipt.receiver);
        message->number = receipt.refused[i].number;
        message->reason = message_copy(arena, receipt.refused[i].reason, REASON_NAME_MAX);
        event->entry_refusals[event->n_entry_refusals++] = message;
        if (message->partner == NULL || message->reason == NULL) {
            return ERR_RESOURCE;
        }
    }
    return event->entry_refusals == NULL || event->reversed_id == NULL ? ERR_RESOURCE : ERR_OK;
}

/* ---- Settlement ---- */

/* The statement that both signed, once they have. */
static enum err fill_pair(struct arena *arena, const struct command_put_pair *put,
                          Talea__V1__SettlementStep *message)
{
    struct signed_message own;
    if (put->pair.state != PAIR_MATCHED || put->pair.own_signed.length == 0) {
        return ERR_OK;
    }
    TRY(signed_decode(put->pair.own_signed, &own));
    message->agreed_statement.data = arena_alloc(arena, own.payload.length + 1);
    if (message->agreed_statement.data == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(message->agreed_statement.data, own.payload.at, own.payload.length);
    message->agreed_statement.len = own.payload.length;
    return ERR_OK;
}

/* As the row that the record wrote has it. */
static enum err find_obligation(const struct record *record, struct obligation *out_obligation)
{
    struct reader in = record_effects(record);
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        TRY(in.err);
        if (effect.kind == EFFECT_ROW && effect.row.table == TABLE_OBLIGATION) {
            return obligation_decode(effect.row.value, out_obligation);
        }
    }
    return ERR_NOT_FOUND;
}

static enum err fill_payment(struct arena *arena, const struct record *record,
                             const struct command *command, Talea__V1__SettlementStep *step)
{
    struct obligation *obligation = arena_alloc(arena, sizeof *obligation);
    Talea__V1__PaymentStep *message = arena_alloc(arena, sizeof *message);
    if (obligation == NULL || message == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = find_obligation(record, obligation);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    talea__v1__payment_step__init(message);
    message->debtor = text_of_partner(arena, &obligation->terms.payment.debtor);
    message->creditor = text_of_partner(arena, &obligation->terms.payment.creditor);
    message->amount_minor = obligation->terms.payment.amount.minor;
    message->reference =
        message_copy(arena, obligation->terms.reference, sizeof obligation->terms.reference);
    message->is_multilateral = obligation->terms.is_multilateral;
    message->instructed_minor = obligation->figures.instructed.minor;
    message->sent_minor = obligation->sent.minor;
    message->received_minor = obligation->figures.received.minor;
    if (command->kind == COMMAND_BOOK_PAYMENT) {
        message->booked_unix_ms = command->payment.booking.booked_at.ms;
    }
    step->payment = message;
    bool is_whole =
        message->debtor != NULL && message->creditor != NULL && message->reference != NULL;
    return is_whole ? ERR_OK : ERR_RESOURCE;
}

static bool is_about_payment(enum command_kind kind)
{
    return kind == COMMAND_NET_PAYMENT || kind == COMMAND_INSTRUCT_PAYMENT ||
           kind == COMMAND_BOOK_PAYMENT || kind == COMMAND_SIGN_PAYMENT ||
           kind == COMMAND_HEAR_PAYMENT;
}

static enum err add_settlement(struct arena *arena, const struct record *record,
                               const struct command *command, Talea__V1__Event *event)
{
    bool is_payment = is_about_payment(command->kind);
    if ((!is_payment && command->kind != COMMAND_PUT_PAIR) || record->verdict != VERDICT_OK) {
        return ERR_OK;
    }
    Talea__V1__SettlementStep *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__settlement_step__init(message);
    message->partner =
        text_of_partner(arena, is_payment ? &command->payment.partner : &command->put_pair.partner);
    message->period = is_payment ? command->payment.period.code : command->put_pair.period.code;
    event->settlement = message;
    if (message->partner == NULL) {
        return ERR_RESOURCE;
    }
    return is_payment ? fill_payment(arena, record, command, message)
                      : fill_pair(arena, &command->put_pair, message);
}

static enum err add_purchase(struct arena *arena, const struct command *command,
                             Talea__V1__Event *event)
{
    if (command->kind != COMMAND_EARN) {
        return ERR_OK;
    }
    event->amount_minor = command->earn.amount.minor;
    event->currency = message_copy(arena, command->earn.currency, sizeof command->earn.currency);
    return event->currency == NULL ? ERR_RESOURCE : ERR_OK;
}

/* ---- Gift cards ---- */

static Talea__V1__GiftCardMove number_of_move(enum gift_move move)
{
    switch (move) {
    case GIFT_MOVE_ISSUED:
        return TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_ISSUED;
    case GIFT_MOVE_SPENT:
        return TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_SPENT;
    case GIFT_MOVE_REFUNDED:
        return TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_REFUNDED;
    case GIFT_MOVE_TAKEN_BACK:
        return TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_TAKEN_BACK;
    case GIFT_MOVE_NONE:
        break;
    }
    return TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_UNSPECIFIED;
}

static enum err add_gift_card(struct arena *arena, const struct standing_owner *owner,
                              const struct gift_change *change, Talea__V1__Event *event)
{
    struct gift_number number = gift_number_of(owner);
    Talea__V1__GiftCardChange *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__gift_card_change__init(message);
    message->number = message_copy(arena, number.digits, GIFT_CARD_DIGITS);
    message->move = number_of_move(change->move);
    message->amount = change->amount;
    message->is_voucher = change->issued.kind == GIFT_CARD_THING;
    message->until_day = change->issued.until_day;
    event->gift_cards[event->n_gift_cards++] = message;
    return message->number == NULL ? ERR_RESOURCE : ERR_OK;
}

/* What the office issues is sold; of what rules gave, what was due is for them, one after the
 * other. */
static enum err add_paid(struct arena *arena, const struct command_standing *change,
                         Talea__V1__Event *event)
{
    struct kept_case kept = {.due = {0}};
    bool is_given = kept_case_is(change->evidence);
    if (is_given) {
        TRY(kept_case_decode(change->evidence, arena, &kept));
    }
    for (size_t i = 0; i < event->n_gift_cards; i++) {
        Talea__V1__GiftCardChange *card = event->gift_cards[i];
        if (card->move == TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_ISSUED && !card->is_voucher) {
            int64_t due = kept.due.minor < card->amount ? kept.due.minor : card->amount;
            card->paid_minor = is_given ? due : card->amount;
            kept.due.minor -= due;
        }
    }
    return ERR_OK;
}

static enum err add_gift_cards(struct arena *arena, const struct record *record,
                               const struct command *command, Talea__V1__Event *event)
{
    if (command->kind != COMMAND_CHANGE_STANDING || record->verdict != VERDICT_OK) {
        return ERR_OK;
    }
    struct reader in = reader_of(command->standing.groups);
    while (in.err == ERR_OK && in.at != in.end) {
        struct standing_owner owner;
        struct gift_change change;
        uint32_t count;
        standing_read_group(&in, &owner, &count);
        gift_card_read_change(&in, count, &change);
        if (in.err != ERR_OK || owner.kind != OWNER_GIFT_CARD || change.move == GIFT_MOVE_NONE) {
            continue;
        }
        if (event->gift_cards == NULL) {
            event->gift_cards = arena_alloc(arena, LIMIT_STANDING_OWNERS * sizeof(void *));
        }
        if (event->gift_cards == NULL || event->n_gift_cards == LIMIT_STANDING_OWNERS) {
            return event->gift_cards == NULL ? ERR_RESOURCE : ERR_CORRUPT;
        }
        TRY(add_gift_card(arena, &owner, &change, event));
    }
    TRY(in.err);
    return event->n_gift_cards == 0 ? ERR_OK : add_paid(arena, &command->standing, event);
}

enum err event_message(struct arena *arena, const struct record *record,
                       Talea__V1__Event **out_event)
{
    struct command command;
    TRY(record_command(record, &command));
    Talea__V1__Event *event = arena_alloc(arena, sizeof *event);
    if (event == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__event__init(event);
    event->journal_row = record->row;
    event->recorded_unix_ms = record->time.ms;
    event->kind = (Talea__V1__EventKind)record->kind;
    event->refusal = refusal_number(record->verdict);
    event->business_unix_ms = record_business_time(record, &command).ms;
    event->points = record->answer.points.minor;
    event->left_points = record->answer.left.minor;
    event->debt_points = record->answer.debt.minor;
    event->written_off_points = record->answer.written_off.minor;
    TRY(fill_texts(arena, record, &command, event));
    TRY(add_effects(arena, record, event));
    TRY(add_refusals(arena, record, event));
    TRY(add_purchase(arena, &command, event));
    TRY(add_settlement(arena, record, &command, event));
    TRY(add_gift_cards(arena, record, &command, event));
    *out_event = event;
    return ERR_OK;
}
