#include "settlement/statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

enum err statement_price_half(const struct roster *roster, struct statement_half *half)
{
    struct half_price price;
    TRY(price_half(roster, half->totals, half->total_count, &price));
    half->owed = price.owed;
    return ERR_OK;
}

/* The same with its charges, in the arena. */
static enum err price_with_charges(const struct roster *roster, struct arena *arena,
                                   struct statement_half *half)
{
    struct half_price price;
    TRY(price_half(roster, half->totals, half->total_count, &price));
    size_t size = price.charge_count * sizeof price.charges[0];
    half->owed = price.owed;
    half->charge_count = price.charge_count;
    half->charges = size == 0 ? NULL : arena_alloc(arena, size);
    if (half->charges == NULL) {
        return size == 0 ? ERR_OK : ERR_RESOURCE;
    }
    memcpy(half->charges, price.charges, size);
    return ERR_OK;
}

static enum err set_net(struct pair_statement *statement)
{
    const struct statement_half *first = &statement->halves[0];
    const struct statement_half *second = &statement->halves[1];
    struct money balance;
    TRY(money_sub(first->owed, second->owed, &balance));
    if (balance.minor > 0) {
        statement->debtor = first->sender;
        statement->creditor = second->sender;
    } else if (balance.minor < 0) {
        statement->debtor = second->sender;
        statement->creditor = first->sender;
        TRY(money_sub(money_of(0), balance, &balance));
    }
    statement->net = balance;
    return ERR_OK;
}

static bool halves_mirror(const struct statement_half halves[2])
{
    return partner_id_equal(&halves[0].sender, &halves[1].receiver) &&
           partner_id_equal(&halves[0].receiver, &halves[1].sender) &&
           !partner_id_equal(&halves[0].sender, &halves[1].sender);
}

enum err statement_make(const struct roster *roster, const char *coalition, const char *currency,
                        struct period period, const struct statement_half halves[2],
                        struct arena *arena, struct pair_statement *out_statement)
{
    if (!halves_mirror(halves)) {
        return ERR_INPUT;
    }
    unsigned first = partner_id_compare(&halves[0].sender, &halves[1].sender) < 0 ? 0 : 1;
    struct pair_statement statement = {.charter_epoch = roster->epoch,
                                       .period = period,
                                       .halves = {halves[first], halves[1 - first]}};
    TRY(text_copy(statement.coalition, sizeof statement.coalition, coalition));
    TRY(text_copy(statement.currency, sizeof statement.currency, currency));
    TRY(price_with_charges(roster, arena, &statement.halves[0]));
    TRY(price_with_charges(roster, arena, &statement.halves[1]));
    TRY(set_net(&statement));
    *out_statement = statement;
    return ERR_OK;
}

/* The comparison writes its note through these; each says whether the two are equal. */
static bool same_text(const char *figure, const char *ours, const char *theirs, struct note *note)
{
    if (strcmp(ours, theirs) != 0) {
        note_set(note, ERR_DISAGREE, "%s: ours %s, theirs %s", figure, *ours ? ours : "none",
                 *theirs ? theirs : "none");
        return false;
    }
    return true;
}

static bool same_unsigned(const char *figure, uint64_t ours, uint64_t theirs, struct note *note)
{
    if (ours != theirs) {
        note_set(note, ERR_DISAGREE, "%s: ours %" PRIu64 ", theirs %" PRIu64, figure, ours, theirs);
        return false;
    }
    return true;
}

static bool same_money(const char *figure, struct money ours, struct money theirs,
                       struct note *note)
{
    if (ours.minor != theirs.minor) {
        note_set(note, ERR_DISAGREE, "%s: ours %" PRId64 ", theirs %" PRId64, figure, ours.minor,
                 theirs.minor);
        return false;
    }
    return true;
}

static bool same_hash(const char *figure, const struct hash *ours, const struct hash *theirs,
                      struct note *note)
{
    char ours_text[HASH_TEXT_MAX];
    char theirs_text[HASH_TEXT_MAX];
    return same_text(figure, hash_format(ours, ours_text), hash_format(theirs, theirs_text), note);
}

static bool same_root(const char *figure, const struct hash *ours, const struct hash *theirs,
                      struct note *note)
{
    return hash_is_zero(ours) || hash_is_zero(theirs) || same_hash(figure, ours, theirs, note);
}

static bool same_line(const char *stream, const struct receipt_total *ours,
                      const struct receipt_total *theirs, struct note *note)
{
    if (ours->count != theirs->count || ours->points != theirs->points) {
        note_set(note, ERR_DISAGREE,
                 "%s, %s under tariff %u: ours %" PRIu64 " entries of %" PRId64
                 " points, theirs %" PRIu64 " entries of %" PRId64 " points",
                 stream, entry_kind_name(ours->kind), ours->tariff, ours->count, ours->points,
                 theirs->count, theirs->points);
        return false;
    }
    return true;
}

/* Walks both sorted lists; a line that only one side has is compared with an empty one. */
static bool same_lines(const char *stream, const struct receipt_total *ours, size_t our_count,
                       const struct receipt_total *theirs, size_t their_count, struct note *note)
{
    size_t o = 0;
    size_t t = 0;
    while (o < our_count || t < their_count) {
        int order = o == our_count     ? 1
                    : t == their_count ? -1
                                       : receipt_total_compare(&ours[o], &theirs[t]);
        const struct receipt_total *named = order <= 0 ? &ours[o] : &theirs[t];
        struct receipt_total none = {.kind = named->kind, .tariff = named->tariff};
        const struct receipt_total *our_line = order <= 0 ? &ours[o++] : &none;
        const struct receipt_total *their_line = order >= 0 ? &theirs[t++] : &none;
        if (!same_line(stream, our_line, their_line, note)) {
            return false;
        }
        if (order != 0) {
            note_set(note, ERR_DISAGREE, "%s: an empty line of %s under tariff %u on one side only",
                     stream, entry_kind_name(named->kind), named->tariff);
            return false;
        }
    }
    return true;
}

static bool same_totals(const char *stream, const struct statement_half *ours,
                        const struct statement_half *theirs, struct note *note)
{
    char disputed[2 * PARTNER_ID_MAX + 24];
    char apart[2 * PARTNER_ID_MAX + 24];
    snprintf(disputed, sizeof disputed, "%s, disputed", stream);
    snprintf(apart, sizeof apart, "%s, set apart", stream);
    return same_hash(apart, &ours->apart_hash, &theirs->apart_hash, note) &&
           same_lines(apart, ours->apart, ours->apart_count, theirs->apart, theirs->apart_count,
                      note) &&
           same_lines(disputed, ours->suspended, ours->suspended_count, theirs->suspended,
                      theirs->suspended_count, note) &&
           same_lines(stream, ours->totals, ours->total_count, theirs->totals, theirs->total_count,
                      note);
}

static bool same_charge(const char *stream, const struct half_charge *ours,
                        const struct half_charge *theirs, struct note *note)
{
    if (half_charge_compare(ours, theirs) != 0 || ours->taxed.minor != theirs->taxed.minor ||
        ours->fee.minor != theirs->fee.minor || ours->tax.minor != theirs->tax.minor) {
        note_set(note, ERR_DISAGREE,
                 "%s, charges: ours of tax code %s, fee %" PRId64 ", tax %" PRId64 " on %" PRId64
                 ", theirs of tax code %s, fee %" PRId64 ", tax %" PRId64 " on %" PRId64,
                 stream, ours->tax_code, ours->fee.minor, ours->tax.minor, ours->taxed.minor,
                 theirs->tax_code, theirs->fee.minor, theirs->tax.minor, theirs->taxed.minor);
        return false;
    }
    return true;
}

static bool same_charges(const char *stream, const struct statement_half *ours,
                         const struct statement_half *theirs, struct note *note)
{
    char count[2 * PARTNER_ID_MAX + 32];
    snprintf(count, sizeof count, "%s, lines of charges", stream);
    bool is_same = same_unsigned(count, ours->charge_count, theirs->charge_count, note);
    for (size_t i = 0; is_same && i < ours->charge_count; i++) {
        is_same = same_charge(stream, &ours->charges[i], &theirs->charges[i], note);
    }
    return is_same;
}

#define FIGURE_TEXT_MAX 96

static const char *figure_of(const char *stream, const char *figure, char out_text[FIGURE_TEXT_MAX])
{
    snprintf(out_text, FIGURE_TEXT_MAX, "%s, %s", stream, figure);
    return out_text;
}

static bool same_half(const struct statement_half *ours, const struct statement_half *theirs,
                      struct note *note)
{
    char stream[2 * PARTNER_ID_MAX + 8];
    char text[FIGURE_TEXT_MAX];
    snprintf(stream, sizeof stream, "%s to %s", ours->sender.text, ours->receiver.text);
    return same_text("sender of a half", ours->sender.text, theirs->sender.text, note) &&
           same_text("receiver of a half", ours->receiver.text, theirs->receiver.text, note) &&
           same_unsigned(figure_of(stream, "first entry", text), ours->first_number,
                         theirs->first_number, note) &&
           same_unsigned(figure_of(stream, "last entry", text), ours->last_number,
                         theirs->last_number, note) &&
           same_hash(figure_of(stream, "hash of the last entry", text), &ours->last_hash,
                     &theirs->last_hash, note) &&
           same_root(figure_of(stream, "root of the entries", text), &ours->root, &theirs->root,
                     note) &&
           same_totals(stream, ours, theirs, note) && same_charges(stream, ours, theirs, note) &&
           same_money(figure_of(stream, "owed", text), ours->owed, theirs->owed, note);
}

bool statement_equal(const struct pair_statement *ours, const struct pair_statement *theirs,
                     struct note *note)
{
    return same_text("coalition", ours->coalition, theirs->coalition, note) &&
           same_unsigned("period", ours->period.code, theirs->period.code, note) &&
           same_text("currency", ours->currency, theirs->currency, note) &&
           same_half(&ours->halves[0], &theirs->halves[0], note) &&
           same_half(&ours->halves[1], &theirs->halves[1], note) &&
           same_text("debtor", ours->debtor.text, theirs->debtor.text, note) &&
           same_text("creditor", ours->creditor.text, theirs->creditor.text, note) &&
           same_money("net", ours->net, theirs->net, note);
}

bool statements_contradict(const struct pair_statement *a, const struct pair_statement *b)
{
    struct note note;
    bool is_one = strcmp(a->coalition, b->coalition) == 0 && a->period.code == b->period.code &&
                  a->revision == b->revision;
    for (size_t i = 0; is_one && i < 2; i++) {
        is_one = partner_id_equal(&a->halves[i].sender, &b->halves[i].sender) &&
                 partner_id_equal(&a->halves[i].receiver, &b->halves[i].receiver);
    }
    return is_one && !statement_equal(a, b, &note);
}
