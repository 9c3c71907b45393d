/* What becomes of our cards is told to every partner, so that all of them refuse a blocked card at
 * once, and follow one that moved.
 *
 * Each change is a numbered piece of news, and each partner has been told up to a number. In a
 * coalition of usual size the record that changes a card also sends the entries. What would outgrow
 * it, and partners that lag behind, wait for a row of TABLE_DUE, which the timekeeper turns into
 * COMMAND_TELL_CARDS as often as it takes; a partner that joins begins at number 0 and catches up
 * likewise. What is told later is the card's state by then: a card has only its latest news. */
#include "ledger/decision.h"

#include <stdio.h>
#include <string.h>

enum {
    ENTRIES_OF_MOVE_MAX = LIMIT_LOTS_PER_MEMBER + LIMIT_CARDS_PER_MEMBER
};

static void name_of_partner(const char *prefix, const struct partner_id *partner,
                            char out_name[NEWS_NAME_MAX])
{
    snprintf(out_name, NEWS_NAME_MAX, "%s%s", prefix, partner->text);
}

enum err decide_get_partner_u64(const struct decision *d, const char *prefix,
                                const struct partner_id *partner, uint64_t *out_value)
{
    char name[NEWS_NAME_MAX];
    name_of_partner(prefix, partner, name);
    return decide_get_u64(d, name, out_value);
}

void decide_put_partner_u64(struct decision *d, const char *prefix,
                            const struct partner_id *partner, uint64_t value)
{
    char name[NEWS_NAME_MAX];
    name_of_partner(prefix, partner, name);
    decide_put_u64(d, name, value);
}

void decide_put_card_status(struct decision *d, const struct card_number *card,
                            const struct card_status *status)
{
    struct ledger_key key;
    key_card(card, &key);
    buffer_clear(&d->plan->scratch);
    card_status_encode(status, &d->plan->scratch);
    plan_row(d->plan, TABLE_CARD_STATUS, &key, buffer_slice(&d->plan->scratch));
}

/* The card's news, in the place of those it had. */
static enum err put_news(struct decision *d, const struct card_change *change, uint64_t number)
{
    struct card_status status;
    struct card_news news = {change->card, d->command->transaction_id};
    struct ledger_key key;
    TRY(ledger_get_card_status(d->view, &change->card, &status));
    if (status.number != 0) {
        key_card_news(status.number, &key);
        plan_delete(d->plan, TABLE_CARD_NEWS, &key);
    }
    status.number = number;
    if (change->kind != ENTRY_CARD_BLOCK) {
        status.moved_to = change->moved_to;
    }
    decide_put_card_status(d, &change->card, &status);
    key_card_news(number, &key);
    buffer_clear(&d->plan->scratch);
    card_news_encode(&news, &d->plan->scratch);
    plan_row(d->plan, TABLE_CARD_NEWS, &key, buffer_slice(&d->plan->scratch));
    return ERR_OK;
}

static enum err send_news(struct decision *d, const struct partner_id *partner,
                          struct stream *stream, const struct card_change *change,
                          const struct uid *transaction_id)
{
    struct clearing_entry entry = {
        .kind = change->kind,
        .card = change->card,
        .moved_to = change->moved_to,
        .tariff = decide_tariff(d, partner),
        .business_time = d->command->business_time,
        .transaction_id = *transaction_id,
    };
    return plan_entry(d->plan, d->terms, partner, stream, &entry);
}

static enum err send_all(struct decision *d, const struct partner_id *partner,
                         struct stream *stream, const struct card_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TRY(send_news(d, partner, stream, &changes[i], &d->command->transaction_id));
    }
    return ERR_OK;
}

/* Somebody was not told yet. */
static void expect_telling(struct decision *d)
{
    static const struct partner_id none = {{0}};
    static const struct uid nothing = {{0}};
    struct ledger_key key;
    key_due(d->now, DUE_CARD_NEWS, &none, &nothing, &key);
    plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
}

/* One partner of whom to think while something is announced. */
struct listener {
    const struct partner_id *partner;
    struct stream *stream;
    uint64_t told;
};

static enum err look_at(const struct decision *d, const struct partner_id *partner,
                        struct stream *room, struct listener *out_listener)
{
    *out_listener = (struct listener){.partner = partner, .stream = room};
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, partner, room));
    return decide_get_partner_u64(d, META_NEWS_TOLD, partner, &out_listener->told);
}

enum err decide_announce(struct decision *d, const struct card_change *changes, size_t count,
                         const struct partner_id *first, struct stream *first_stream)
{
    const struct roster *roster = d->terms->roster;
    size_t room = LIMIT_NEWS_PER_RECORD;
    bool is_behind = false;
    uint64_t last;
    if (count == 0) {
        return ERR_OK;
    }
    TRY(decide_get_u64(d, META_CARD_NEWS, &last));
    for (size_t i = 0; i < count; i++) {
        TRY(put_news(d, &changes[i], last + 1 + i));
    }
    decide_put_u64(d, META_CARD_NEWS, last + count);
    for (size_t i = 0; i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        bool is_first = first != NULL && partner_id_equal(first, partner);
        struct stream stream;
        struct listener listener;
        if (roster_is_self(roster, partner)) {
            continue;
        }
        TRY(look_at(d, partner, &stream, &listener));
        if (!decide_may_send(d, partner, &stream)) {
            continue; /* it is told when its stream begins again */
        }
        bool is_told = listener.told == last && room >= count;
        if (is_told || is_first) {
            TRY(send_all(d, partner, is_first ? first_stream : &stream, changes, count));
            room -= room < count ? room : count;
        }
        if (is_told) {
            decide_put_partner_u64(d, META_NEWS_TOLD, partner, last + count);
        }
        is_behind = is_behind || !is_told;
    }
    if (is_behind) {
        expect_telling(d);
    }
    return ERR_OK;
}

enum err decide_card_change(const struct decision *d, const struct card_number *number,
                            struct card_change *out_change)
{
    struct card card;
    struct card_status status;
    struct member member = {0};
    TRY(ledger_get_card(d->view, number, &card));
    TRY(ledger_get_card_status(d->view, number, &status));
    if (!uid_is_nil(&card.member)) {
        TRY(ledger_follow_member(d->view, &card.member, &member));
    }
    bool is_moved = status.moved_to.digits[0] != '\0';
    bool is_refused = uid_is_nil(&card.member) || member.is_blocked || member.is_erased;
    *out_change = (struct card_change){.card = *number, .kind = ENTRY_CARD_UNBLOCK};
    if (card.is_blocked || (is_refused && !is_moved)) {
        out_change->kind = ENTRY_CARD_BLOCK;
    } else if (is_moved) {
        out_change->kind = ENTRY_CARD_MOVED;
        out_change->moved_to = status.moved_to;
    }
    return ERR_OK;
}

/* The news of a number; ERR_NOT_FOUND when the card has later ones. */
static enum err get_news(const struct decision *d, uint64_t number, struct card_news *out_news)
{
    struct ledger_key key;
    struct slice value;
    key_card_news(number, &key);
    TRY(view_get(d->view, TABLE_CARD_NEWS, &key, &value));
    return card_news_decode(value, out_news);
}

/* ---- A ledger that was restored ---- */

/* Did what the entry says of its card come back with this entry's command? From the first partner
 * that brought anything of it: what one command sends to a partner is in one piece there, the
 * points of a member who moves before the news, and those of several cards one after the other. */
static enum err came_back(const struct decision *d, const struct command_recover_entry *first,
                          const struct clearing_entry *entry, bool *out_came_back)
{
    struct partner_id partner = first->receiver;
    struct clearing_entry shown = first->entry;
    enum err err = ERR_OK;
    *out_came_back = false;
    for (size_t i = 0; i < ENTRIES_OF_MOVE_MAX && err == ERR_OK && !*out_came_back &&
                       uid_equal(&shown.transaction_id, &entry->transaction_id);
         i++) {
        *out_came_back =
            entry_kind_is_card_news(shown.kind) && card_number_equal(&shown.card, &entry->card);
        if (!*out_came_back) {
            err = decide_find_sent(d, &partner, shown.number + 1, &shown);
        }
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Another partner, or the copy, has shown what the entry says of the card before. */
static enum err was_shown(const struct decision *d, const struct clearing_entry *entry,
                          bool *out_was_shown)
{
    struct command told;
    *out_was_shown = false;
    enum err err = decide_recall_command(d, &entry->transaction_id, &told);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    if (told.kind == COMMAND_RECOVER_ENTRY) {
        return came_back(d, &told.recover_entry, entry, out_was_shown);
    }
    *out_was_shown = true;
    return ERR_OK;
}

/* Has the partner shown the card's latest news, of this number, or was it told of them before the
 * copy was made? `out_said` is when an office said so; 0: that is forgotten. */
static enum err has_shown(const struct decision *d, const struct partner_id *partner,
                          const struct card_news *news, uint64_t number, bool *out_has_shown,
                          struct unix_ms *out_said)
{
    struct command said;
    uint64_t told;
    TRY(decide_get_partner_u64(d, META_NEWS_TOLD, partner, &told));
    *out_has_shown = told >= number;
    *out_said = (struct unix_ms){0};
    enum err err = decide_recall_command(d, &news->transaction_id, &said);
    if (err == ERR_OK) {
        *out_said = said.business_time;
        *out_has_shown =
            *out_has_shown || (said.kind == COMMAND_RECOVER_ENTRY &&
                               partner_id_equal(&said.recover_entry.receiver, partner));
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Is it the card's latest news here, or older than that? Each partner brings back all that it was
 * told, in its order: what it shows behind the latest news is later. What was shown before is not.
 * Else by the times at which offices said so. */
static enum err compare_news(const struct decision *d, const struct partner_id *partner,
                             const struct clearing_entry *entry, uint64_t number, bool *out_is_same,
                             bool *out_is_later)
{
    struct card_news news;
    struct unix_ms said;
    bool is_behind;
    bool is_old;
    *out_is_same = false;
    *out_is_later = true;
    enum err err = number == 0 ? ERR_NOT_FOUND : get_news(d, number, &news);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    *out_is_same = uid_equal(&news.transaction_id, &entry->transaction_id);
    TRY(has_shown(d, partner, &news, number, &is_behind, &said));
    if (*out_is_same || is_behind) {
        *out_is_later = !*out_is_same;
        return ERR_OK;
    }
    TRY(was_shown(d, entry, &is_old));
    *out_is_later = !is_old && said.ms <= entry->business_time.ms;
    return ERR_OK;
}

/* The partner knows this number; what it did not hear before it is told all the same. */
static enum err has_heard(struct decision *d, const struct partner_id *partner, uint64_t number)
{
    uint64_t told;
    TRY(decide_get_partner_u64(d, META_NEWS_TOLD, partner, &told));
    if (told + 1 == number) {
        decide_put_partner_u64(d, META_NEWS_TOLD, partner, number);
    }
    return ERR_OK;
}

/* A member of ours went to another home, and a copy from before it knows it once more. */
static enum err carry_standing(struct decision *d, const struct card_change *change)
{
    struct card card;
    enum err err = change->kind == ENTRY_CARD_MOVED ? ledger_get_card(d->view, &change->card, &card)
                                                    : ERR_NOT_FOUND;
    if (err != ERR_OK || uid_is_nil(&card.member)) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    struct standing_owner owner = standing_of_member(&card.member);
    return standing_carry(d, &owner, &change->moved_to);
}

/* The card has gone no further, and was not taken back. */
static bool is_what_stands(const struct card_status *status, const struct clearing_entry *entry)
{
    return entry->kind == ENTRY_CARD_BLOCK ||
           card_number_equal(&status->moved_to, &entry->moved_to);
}

enum err decide_news_again(struct decision *d, const struct partner_id *partner,
                           const struct clearing_entry *entry, const struct card_change *change,
                           bool *out_is_news)
{
    struct card_status status;
    bool is_same;
    bool is_later;
    uint64_t last;
    TRY(ledger_get_card_status(d->view, &entry->card, &status));
    TRY(compare_news(d, partner, entry, status.number, &is_same, &is_later));
    *out_is_news = is_later;
    if (!is_later) {
        return is_same && is_what_stands(&status, entry) ? has_heard(d, partner, status.number)
                                                         : ERR_OK;
    }
    TRY(carry_standing(d, change));
    TRY(decide_get_u64(d, META_CARD_NEWS, &last));
    TRY(put_news(d, change, last + 1));
    decide_put_u64(d, META_CARD_NEWS, last + 1);
    return change->kind == entry->kind ? has_heard(d, partner, last + 1) : ERR_OK;
}

enum err decide_resume_news(struct decision *d, const struct partner_id *partner)
{
    uint64_t last;
    uint64_t told;
    TRY(decide_get_u64(d, META_CARD_NEWS, &last));
    TRY(decide_get_partner_u64(d, META_NEWS_TOLD, partner, &told));
    if (told < last) {
        expect_telling(d);
    }
    return ERR_OK;
}

/* ---- Telling ---- */

struct telling {
    uint64_t last;
    size_t room;  /* entries that may still be sent */
    size_t looks; /* numbers that may still be looked at */
};

static enum err tell_partner(struct decision *d, struct telling *telling,
                             const struct listener *listener, uint64_t *out_told)
{
    uint64_t told = listener->told;
    while (told < telling->last && telling->room > 0 && telling->looks > 0) {
        struct card_news news;
        struct card_change change;
        telling->looks--;
        enum err err = get_news(d, told + 1, &news);
        if (err == ERR_OK) {
            TRY(decide_card_change(d, &news.card, &change));
            TRY(send_news(d, listener->partner, listener->stream, &change, &news.transaction_id));
            telling->room--;
        } else if (err != ERR_NOT_FOUND) {
            return err;
        }
        told++;
    }
    *out_told = told;
    return ERR_OK;
}

static void forget_due(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    struct ledger_key key;
    if (due->due.ms != 0) {
        key_due(due->due, DUE_CARD_NEWS, &due->redeemer, &due->id, &key);
        plan_delete(d->plan, TABLE_DUE, &key);
    }
}

enum err decide_tell_cards(struct decision *d)
{
    const struct roster *roster = d->terms->roster;
    struct telling telling = {.room = LIMIT_NEWS_PER_RECORD, .looks = LIMIT_NEWS_LOOKS};
    bool is_behind = false;
    forget_due(d);
    TRY(decide_get_u64(d, META_CARD_NEWS, &telling.last));
    for (size_t i = 0; i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        struct stream stream;
        struct listener listener;
        uint64_t told;
        if (roster_is_self(roster, partner)) {
            continue;
        }
        TRY(look_at(d, partner, &stream, &listener));
        if (!decide_may_send(d, partner, &stream) || listener.told >= telling.last) {
            continue;
        }
        TRY(tell_partner(d, &telling, &listener, &told));
        if (told != listener.told) {
            decide_put_partner_u64(d, META_NEWS_TOLD, partner, told);
        }
        is_behind = is_behind || told < telling.last;
    }
    if (is_behind) {
        expect_telling(d);
    }
    return ERR_OK;
}
