#include "node/fraud_feed.h"

#include <string.h>

#include "node/node.h"
#include "node/record_words.h"
#include "programme/kept_case.h"

#define REPLAYED_ROWS UINT64_C(500000) /* read again at a start, at most */

void fraud_feed_init(struct fraud_feed *feed, struct node *node)
{
    feed->node = node;
    feed->next_row = 0;
    record_reader_init(&feed->records, engine_journal(node->engine));
    record_reader_init(&feed->ahead, engine_journal(node->engine));
}

void fraud_feed_fini(struct fraud_feed *feed)
{
    record_reader_fini(&feed->records);
    record_reader_fini(&feed->ahead);
}

/* Is the row trimmed, or from before the time? */
static enum err is_before(struct fraud_feed *feed, uint64_t row, struct unix_ms time,
                          bool *out_is_before)
{
    struct record record;
    enum err err = record_reader_get(&feed->records, row, &record);
    *out_is_before = err == ERR_NOT_FOUND || (err == ERR_OK && record.time.ms < time.ms);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Rows are in the order of their times. */
static enum err find_first(struct fraud_feed *feed, int64_t window_ms, int64_t late_ms)
{
    struct unix_ms now = node_now(feed->node);
    struct unix_ms from = {now.ms - 2 * window_ms - late_ms};
    feed->finds_from.ms = now.ms - window_ms;
    uint64_t low = feed->last_row > REPLAYED_ROWS ? feed->last_row - REPLAYED_ROWS : 1;
    uint64_t high = feed->last_row + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        bool is_earlier;
        TRY(is_before(feed, middle, from, &is_earlier));
        if (is_earlier) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    feed->next_row = low;
    return ERR_OK;
}

enum err fraud_feed_begin(struct fraud_feed *feed, int64_t window_ms, int64_t late_ms)
{
    feed->last_row = atomic_load(&feed->node->events.last_row);
    return feed->next_row == 0 ? find_first(feed, window_ms, late_ms) : ERR_OK;
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

struct fraud_activity fraud_activity_of_earn(const struct command *earn, char member[UID_TEXT_MAX])
{
    member[0] = '\0';
    if (!uid_is_nil(&earn->earn.member)) {
        uid_format(&earn->earn.member, member);
    }
    return (struct fraud_activity){.kind = FRAUD_EARNS,
                                   .card = text_of(earn->earn.card.digits),
                                   .member = text_of(member),
                                   .till = text_of(earn->earn.till),
                                   .cashier = text_of(earn->earn.cashier),
                                   .time = earn->business_time};
}

int64_t fraud_points_of_earn(const struct command_earn *earn)
{
    struct points points = earn->fixed_points;
    bool is_reckoned =
        earn->is_fixed || earn_rate_points(&earn->rate, earn->amount, &points) == ERR_OK;
    return is_reckoned ? points.minor : 0; /* else the ledger refuses it */
}

/* The row behind that of a purchase that cost something, or nothing but what points paid, says what
 * was judged. */
static enum err is_purchase(struct fraud_feed *feed, const struct record *record,
                            bool *out_is_purchase)
{
    const struct command_earn *earn = &feed->command.earn;
    struct record next;
    struct command change;
    *out_is_purchase = true;
    if (!earn->is_judged || earn->amount.minor != 0) {
        return ERR_OK;
    }
    enum err err = record_reader_get(&feed->ahead, record->row + 1, &next);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    if (next.kind == COMMAND_CHANGE_STANDING && next.verdict == VERDICT_OK) {
        TRY(record_command(&next, &change));
        *out_is_purchase = !uid_equal(&change.standing.occasion, &record->transaction_id) ||
                           kept_case_is_sale(change.standing.evidence);
    }
    return ERR_OK;
}

static enum err read_earn(struct fraud_feed *feed, const struct record *record,
                          struct fraud_event *out)
{
    bool is_sale;
    TRY(is_purchase(feed, record, &is_sale));
    out->activity = fraud_activity_of_earn(&feed->command, feed->member);
    out->activity.kind = is_sale ? FRAUD_EARNS : FRAUD_POINTS;
    out->activity.points = record->answer.points.minor;
    out->sale = out->id;
    out->is_of_interest = true;
    return ERR_OK;
}

/* Whose purchase it was that returned. */
static enum err find_returned(struct fraud_feed *feed, const struct uid *id)
{
    struct state_reader *reader;
    struct sale sale;
    feed->card.digits[0] = '\0';
    feed->member[0] = '\0';
    TRY(readers_take(feed->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_sale(&view, &feed->node->config.partner, id, &sale);
    if (err == ERR_OK && sale.amount.minor != 0) { /* else an event, or a reward */
        feed->card = sale.card;
        if (sale.card.digits[0] == '\0') {
            uid_format(&sale.member, feed->member);
        }
    }
    readers_give(feed->node->readers, reader);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void set_activity(struct fraud_feed *feed, enum fraud_counts kind,
                         const struct card_number *card, struct fraud_event *out)
{
    feed->card = *card;
    out->is_of_interest = feed->card.digits[0] != '\0';
    out->activity = (struct fraud_activity){
        .kind = kind, .card = text_of(feed->card.digits), .time = out->time};
}

static void set_return(struct fraud_feed *feed, struct fraud_event *out)
{
    out->is_of_interest = feed->card.digits[0] != '\0' || feed->member[0] != '\0';
    out->activity = (struct fraud_activity){.kind = FRAUD_RETURNS,
                                            .card = text_of(feed->card.digits),
                                            .member = text_of(feed->member),
                                            .time = out->time};
}

static void set_referral(struct fraud_feed *feed, const struct uid *referrer,
                         struct fraud_event *out)
{
    out->is_of_interest = !uid_is_nil(referrer);
    uid_format(referrer, feed->member);
    out->activity = (struct fraud_activity){
        .kind = FRAUD_REFERRALS, .member = text_of(feed->member), .time = out->time};
}

static enum err read_event(struct fraud_feed *feed, const struct record *record,
                           struct fraud_event *out)
{
    const struct command *command = &feed->command;
    out->time = record_business_time(record, command);
    out->id = *record_transaction(record, command);
    switch ((int)command->kind) {
    case COMMAND_EARN:
        TRY(read_earn(feed, record, out));
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
    case COMMAND_STAND_IN_HOLD:
        set_activity(feed, FRAUD_BURNS, &command->hold.card, out);
        break;
    case COMMAND_TAKE_ENTRY:
        if (command->take_entry.entry.kind == ENTRY_EARN) {
            set_activity(feed, FRAUD_EARNS, &command->take_entry.entry.card, out);
            out->activity.points = command->take_entry.entry.points.minor;
        }
        break;
    case COMMAND_RETURN_SALE:
        TRY(find_returned(feed, &command->return_sale.sale));
        set_return(feed, out);
        break;
    case COMMAND_ENROL:
        set_referral(feed, &command->enrol.referrer, out);
        break;
    case COMMAND_SET_REFERRER:
        set_referral(feed, &command->referrer.referrer, out);
        break;
    case COMMAND_RAISE_ALERT:
        out->is_alert = true;
        out->is_of_interest = true;
        memcpy(out->rule, command->finding.rule, sizeof out->rule);
        memcpy(out->subject, command->finding.subject, sizeof out->subject);
        break;
    default:
        break;
    }
    return ERR_OK;
}

static bool may_matter(enum command_kind kind)
{
    return kind == COMMAND_EARN || kind == COMMAND_HOLD || kind == COMMAND_FOREIGN_HOLD ||
           kind == COMMAND_STAND_IN_HOLD || kind == COMMAND_TAKE_ENTRY ||
           kind == COMMAND_RETURN_SALE || kind == COMMAND_RAISE_ALERT || kind == COMMAND_ENROL ||
           kind == COMMAND_SET_REFERRER;
}

enum err fraud_feed_next(struct fraud_feed *feed, struct fraud_event *out_event, bool *out_is_more)
{
    struct record record;
    out_event->is_of_interest = false;
    out_event->is_refused = false;
    out_event->is_alert = false;
    out_event->sale = (struct uid){{0}};
    *out_is_more = feed->next_row <= feed->last_row;
    if (!*out_is_more) {
        return ERR_OK;
    }
    enum err err = record_reader_get(&feed->records, feed->next_row, &record);
    if (err == ERR_NOT_FOUND) { /* trimmed */
        feed->next_row++;
        return ERR_OK;
    }
    TRY(err);
    out_event->is_past = record.time.ms < feed->finds_from.ms;
    if (record.verdict == VERDICT_OK && may_matter(record.kind)) {
        TRY(record_command(&record, &feed->command));
        TRY(read_event(feed, &record, out_event));
    } else if (record.kind == COMMAND_EARN) {
        TRY(record_command(&record, &feed->command));
        out_event->id = record.transaction_id;
        out_event->activity = fraud_activity_of_earn(&feed->command, feed->member);
        out_event->activity.points = fraud_points_of_earn(&feed->command.earn);
        out_event->is_refused = true;
        out_event->is_of_interest = true;
    }
    feed->next_row++;
    return ERR_OK;
}
