#include "clearing/entry.h"

#include <string.h>

#include "base/text.h"
#include "clearing/dispute.h"

const char *entry_kind_name(enum entry_kind kind)
{
    static const char *const names[ENTRY_KIND_END] = {
        [ENTRY_EARN] = "earn",
        [ENTRY_CAPTURE] = "capture",
        [ENTRY_VOID] = "void",
        [ENTRY_EARN_RETURN] = "earn-return",
        [ENTRY_BURN_RETURN] = "burn-return",
        [ENTRY_ADJUSTMENT] = "adjustment",
        [ENTRY_PERIOD_MARK] = "period-mark",
        [ENTRY_CARD_BLOCK] = "card-block",
        [ENTRY_CARD_UNBLOCK] = "card-unblock",
        [ENTRY_CARD_MOVED] = "card-moved",
        [ENTRY_MOVED_LOT] = "moved-lot",
        [ENTRY_DISPUTE_OPENED] = "dispute-opened",
        [ENTRY_DISPUTE_ANSWERED] = "dispute-answered",
        [ENTRY_DISPUTE_ESCALATED] = "dispute-escalated",
        [ENTRY_DISPUTE_RULED] = "dispute-ruled",
        [ENTRY_BURN_ADJUSTMENT] = "burn-adjustment",
        [ENTRY_PROMOTION_RETURN] = "promotion-return",
        [ENTRY_FUNDING] = "funding",
        [ENTRY_FUNDING_RETURN] = "funding-return",
        [ENTRY_PROMOTION] = "promotion",
        [ENTRY_BLOCK_BOUGHT] = "block-bought",
        [ENTRY_BLOCK_ENDED] = "block-ended",
    };
    return entry_kind_is_known(kind) ? names[kind] : "unknown";
}

bool entry_kind_is_known(unsigned number)
{
    return number >= ENTRY_EARN && number < ENTRY_KIND_END;
}

bool entry_kind_is_funding(enum entry_kind kind)
{
    return kind == ENTRY_FUNDING || kind == ENTRY_FUNDING_RETURN || entry_kind_is_promotion(kind);
}

bool entry_kind_is_promotion(enum entry_kind kind)
{
    return kind == ENTRY_PROMOTION || kind == ENTRY_PROMOTION_RETURN;
}

bool entry_kind_is_card_news(enum entry_kind kind)
{
    return kind == ENTRY_CARD_BLOCK || kind == ENTRY_CARD_UNBLOCK || kind == ENTRY_CARD_MOVED;
}

struct entry_debt entry_kind_debt(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_EARN:
    case ENTRY_MOVED_LOT:
    case ENTRY_ADJUSTMENT: /* who sends a correction pays */
    case ENTRY_BLOCK_BOUGHT:
        return (struct entry_debt){1, false};
    case ENTRY_EARN_RETURN:
        return (struct entry_debt){-1, false};
    case ENTRY_CAPTURE:
    case ENTRY_FUNDING:
    case ENTRY_PROMOTION:
    case ENTRY_BLOCK_ENDED: /* the price of what is bought back */
        return (struct entry_debt){-1, true};
    case ENTRY_BURN_RETURN:
    case ENTRY_BURN_ADJUSTMENT:
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION_RETURN:
        return (struct entry_debt){1, true};
    case ENTRY_VOID:
    case ENTRY_PERIOD_MARK:
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
    case ENTRY_DISPUTE_OPENED: /* what a correction settles counts as the disputed entry did */
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_KIND_END:
        break;
    }
    return (struct entry_debt){0, false};
}

static enum err wrong(const struct clearing_entry *entry, struct note *note, const char *what)
{
    return note_set(note, ERR_INPUT, "entry %llu (%s): %s", (unsigned long long)entry->number,
                    entry_kind_name(entry->kind), what);
}

/* What each kind of entry must have and must not have. */
struct entry_shape {
    bool has_card;
    bool has_points;
    bool has_subject;
    bool may_have_subject;
    bool may_have_terms; /* active_from and expires_at */
    bool may_have_mandate;
    bool has_moved_to;
    bool has_issuer;
    bool has_dispute; /* and an id, without a card */
    bool has_promotion;
    bool may_have_promotion;
    bool is_block;
};

static const struct entry_shape entry_shapes[ENTRY_KIND_END] = {
    [ENTRY_EARN] = {.has_card = true,
                    .has_points = true,
                    .may_have_subject = true,
                    .may_have_terms = true,
                    .may_have_promotion = true},
    [ENTRY_CAPTURE] = {.has_card = true,
                       .has_points = true,
                       .has_subject = true,
                       .may_have_mandate = true},
    [ENTRY_VOID] = {.has_card = true, .has_subject = true, .may_have_mandate = true},
    [ENTRY_EARN_RETURN] = {.has_card = true, .has_points = true, .has_subject = true},
    [ENTRY_BURN_RETURN] = {.has_card = true, .has_points = true, .has_subject = true},
    [ENTRY_ADJUSTMENT] = {.has_card = true, .has_points = true, .may_have_subject = true},
    [ENTRY_PERIOD_MARK] = {0},
    [ENTRY_CARD_BLOCK] = {.has_card = true},
    [ENTRY_CARD_UNBLOCK] = {.has_card = true},
    [ENTRY_CARD_MOVED] = {.has_card = true, .has_moved_to = true},
    [ENTRY_MOVED_LOT] = {.has_card = true,
                         .has_points = true,
                         .may_have_terms = true,
                         .has_moved_to = true,
                         .has_issuer = true},
    [ENTRY_DISPUTE_OPENED] = {.has_points = true, .has_dispute = true},
    [ENTRY_DISPUTE_ANSWERED] = {.has_dispute = true},
    [ENTRY_DISPUTE_ESCALATED] = {.has_dispute = true},
    [ENTRY_DISPUTE_RULED] = {.has_dispute = true},
    [ENTRY_BURN_ADJUSTMENT] = {.has_points = true, .has_dispute = true},
    [ENTRY_FUNDING] = {.has_points = true, .may_have_subject = true},
    [ENTRY_FUNDING_RETURN] = {.has_points = true,
                              .may_have_subject = true,
                              .may_have_promotion = true},
    [ENTRY_PROMOTION_RETURN] = {.has_points = true, .has_subject = true, .has_promotion = true},
    [ENTRY_PROMOTION] = {.has_points = true, .has_subject = true, .has_promotion = true},
    [ENTRY_BLOCK_BOUGHT] = {.has_points = true,
                            .has_subject = true,
                            .may_have_terms = true,
                            .is_block = true},
    [ENTRY_BLOCK_ENDED] = {.has_points = true, .has_subject = true},
};

static enum err check_terms(const struct clearing_entry *entry, const struct entry_shape *shape,
                            struct note *note)
{
    struct unix_ms from = entry->active_from;
    struct unix_ms until = entry->expires_at;
    if (!shape->may_have_terms && (from.ms != 0 || until.ms != 0)) {
        return wrong(entry, note, "only earns, moved lots and blocks begin and end");
    }
    if (from.ms < 0 || until.ms < 0 || (until.ms != 0 && until.ms <= from.ms)) {
        return wrong(entry, note, "its points end before they begin");
    }
    return ERR_OK;
}

/* It is said where the unit changes, and nowhere else: each mark has one form. */
static enum err check_next(const struct clearing_entry *entry, struct note *note)
{
    struct period next = entry->next_period;
    if (next.code == 0) {
        return ERR_OK;
    }
    if (entry->kind != ENTRY_PERIOD_MARK) {
        return wrong(entry, note, "only a mark has a next period");
    }
    if (!period_is_valid(next) || period_unit_of(next) == period_unit_of(entry->period) ||
        !period_equal(next, period_at(period_unit_of(next), period_last_day(entry->period) + 1))) {
        return wrong(entry, note, "its next period does not follow on");
    }
    return ERR_OK;
}

static enum err check_place(const struct clearing_entry *entry, struct note *note)
{
    if (entry->number == 0) {
        return wrong(entry, note, "numbers begin with 1");
    }
    if (entry->number == 1 && !hash_is_zero(&entry->previous_hash)) {
        return wrong(entry, note,
                     "the first entry follows on from none, its previous hash is zeros");
    }
    if (!period_is_valid(entry->period)) {
        return wrong(entry, note, "its period is no month, week or day");
    }
    return check_next(entry, note);
}

struct period entry_period_after(const struct clearing_entry *entry)
{
    return entry->kind != ENTRY_PERIOD_MARK ? entry->period
           : entry->next_period.code != 0   ? entry->next_period
                                            : period_next(entry->period);
}

static enum err check_move(const struct clearing_entry *entry, const struct entry_shape *shape,
                           struct note *note)
{
    struct card_number card;
    if (shape->has_moved_to ? card_number_parse(entry->moved_to.digits, &card) != ERR_OK
                            : entry->moved_to.digits[0] != '\0') {
        return wrong(entry, note,
                     shape->has_moved_to ? "it needs the card that was moved to"
                                         : "only moved cards and lots have a new card");
    }
    if (shape->has_moved_to && strcmp(entry->moved_to.digits, entry->card.digits) == 0) {
        return wrong(entry, note, "the card moves to itself");
    }
    if (shape->has_issuer != (entry->issuer.text[0] != '\0')) {
        return wrong(entry, note,
                     shape->has_issuer ? "it does not say who gave the points"
                                       : "only moved lots have an issuer");
    }
    return ERR_OK;
}

static enum err check_dispute(const struct clearing_entry *entry, const struct entry_shape *shape,
                              struct note *note)
{
    const struct dispute_part *part = &entry->dispute;
    if (!shape->has_dispute) {
        bool has_one = part->number != 0 || part->is_of_sender || part->step != 0 ||
                       part->reason != 0 || part->note[0] != '\0';
        return has_one ? wrong(entry, note, "it is about a dispute") : ERR_OK;
    }
    if (uid_is_nil(&entry->transaction_id) || part->number == 0) {
        return wrong(entry, note, "it needs a transaction id and the number of a disputed entry");
    }
    bool is_step = part->step > 0 && part->step < STEP_END &&
                   (entry->kind == dispute_step_kind(part->step) ||
                    (entry->kind == ENTRY_BURN_ADJUSTMENT && part->step == STEP_ADJUST));
    if (!is_step) {
        return wrong(entry, note, "its step of a dispute is not one of its kind");
    }
    bool has_reason = part->reason > 0 && part->reason < DISPUTE_REASON_END;
    if (part->step == STEP_OPEN ? !has_reason : part->reason != 0) {
        return wrong(entry, note, "a dispute is opened with a reason, once");
    }
    const char *end = memchr(part->note, '\0', sizeof part->note);
    bool is_text = end != NULL && text_is_printable(slice_of((const uint8_t *)part->note,
                                                             (size_t)(end - part->note)));
    return is_text ? ERR_OK : wrong(entry, note, "its note is no text of one line");
}

/* A correction that ends a dispute has the shape of the other kind of corrections; one without is
 * what no ledger agrees to, but a stream may have. */
static const struct entry_shape *shape_of(const struct clearing_entry *entry)
{
    bool ends_dispute = entry->kind == ENTRY_ADJUSTMENT && entry->dispute.number != 0;
    return &entry_shapes[ends_dispute ? ENTRY_BURN_ADJUSTMENT : entry->kind];
}

enum err entry_check(const struct clearing_entry *entry, struct note *note)
{
    if (!entry_kind_is_known(entry->kind)) {
        return wrong(entry, note, "its kind is unknown");
    }
    const struct entry_shape *shape = shape_of(entry);
    struct card_number card;
    TRY(check_place(entry, note));
    if (entry->business_time.ms < 0) {
        return wrong(entry, note, "its time is before 1970");
    }
    if (shape->has_card && (uid_is_nil(&entry->transaction_id) ||
                            card_number_parse(entry->card.digits, &card) != ERR_OK)) {
        return wrong(entry, note, "it needs a transaction id and a valid card number");
    }
    if (!shape->has_card && entry->card.digits[0] != '\0') {
        return wrong(entry, note, "it has a card");
    }
    if (shape->has_points ? entry->points.minor <= 0 : entry->points.minor != 0) {
        return wrong(entry, note,
                     shape->has_points ? "its points are not positive" : "it has points");
    }
    if (entry->points.minor > LIMIT_POINTS_PER_COMMAND) {
        return wrong(entry, note, "its points are more than one entry may move");
    }
    if (shape->has_subject && uid_is_nil(&entry->subject)) {
        return wrong(entry, note, "it does not say what it is about");
    }
    if (!shape->has_subject && !shape->may_have_subject && !uid_is_nil(&entry->subject)) {
        return wrong(entry, note, "it is about something else");
    }
    if (!shape->may_have_mandate && !uid_is_nil(&entry->mandate)) {
        return wrong(entry, note, "only captures and voids name a mandate");
    }
    if (shape->has_promotion ? entry->promotion == 0
                             : entry->promotion != 0 && !shape->may_have_promotion) {
        return wrong(entry, note,
                     shape->has_promotion ? "it does not say of which promotion"
                                          : "it is about a promotion");
    }
    if (shape->is_block ? entry->expires_at.ms == 0 : entry->refuses_when_empty) {
        return wrong(entry, note,
                     shape->is_block ? "a block has an end" : "only a block refuses earns");
    }
    TRY(check_terms(entry, shape, note));
    TRY(check_dispute(entry, shape, note));
    return check_move(entry, shape, note);
}

struct hash entry_hash(struct slice bytes)
{
    return hash_of(HASH_DOMAIN_ENTRY, bytes);
}

struct slice entry_body(struct slice bytes)
{
    enum {
        FIELD_NUMBER = 0x08,       /* field 1, a varint */
        FIELD_PREVIOUS_HASH = 0x12 /* field 2, bytes */
    };
    struct reader in = reader_of(bytes);
    bool has_number = read_u8(&in) == FIELD_NUMBER && (read_varint(&in), in.err == ERR_OK);
    bool has_hash = has_number && read_u8(&in) == FIELD_PREVIOUS_HASH && read_u8(&in) == HASH_BYTES;
    (void)read_slice(&in, HASH_BYTES);
    return has_hash && in.err == ERR_OK ? slice_of(in.at, (size_t)(in.end - in.at)) : bytes;
}
