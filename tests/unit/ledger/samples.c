#include <time.h>

#include "ledger_test.h"

struct rng rng_of_run(const char *test)
{
    const char *given = getenv("TALEA_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10)
                                  : (uint64_t)now.tv_sec * 1000003u ^ (uint64_t)now.tv_nsec;
    printf("%s: TALEA_SEED=%llu\n", test, (unsigned long long)seed);
    return (struct rng){seed};
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    return rng_next(rng) % bound;
}

void sample_fill(struct rng *rng, void *out, size_t length)
{
    uint8_t *at = out;
    for (size_t i = 0; i < length; i++) {
        at[i] = (uint8_t)rng_next(rng);
    }
}

/* Numbers of every length. */
uint64_t sample_number(struct rng *rng)
{
    uint64_t value = rng_next(rng); /* one call for each statement: their order is the value */
    return (value >> (1 + rng_below(rng, 60))) + 1;
}

int64_t sample_whole(struct rng *rng)
{
    return (int64_t)(sample_number(rng) >> 2) + 1;
}

struct points sample_points(struct rng *rng)
{
    return points_of(sample_whole(rng));
}

struct unix_ms sample_time(struct rng *rng)
{
    return (struct unix_ms){INT64_C(1700000000000) + (int64_t)rng_below(rng, UINT64_C(1) << 38)};
}

struct period sample_month(struct rng *rng)
{
    uint32_t year = (uint32_t)(2020 + rng_below(rng, 30));
    return (struct period){year * 100 + 1 + (uint32_t)rng_below(rng, 12)};
}

struct hash sample_hash(struct rng *rng)
{
    struct hash hash;
    sample_fill(rng, hash.bytes, sizeof hash.bytes);
    return hash;
}

void sample_text(struct rng *rng, char *out, size_t capacity)
{
    size_t length = 1 + rng_below(rng, capacity - 1);
    memset(out, 0, capacity);
    for (size_t i = 0; i < length; i++) {
        out[i] = (char)('a' + rng_below(rng, 26));
    }
}

struct slice sample_bytes(struct rng *rng)
{
    static const uint8_t bytes[300] = {1, 2, 3, 4, 5, 6, 7, 8};
    return slice_of(bytes, rng_below(rng, sizeof bytes));
}

struct uid sample_uid(struct rng *rng)
{
    struct uid uid;
    sample_fill(rng, uid.bytes, sizeof uid.bytes);
    return uid;
}

struct partner_id sample_partner(struct rng *rng)
{
    struct partner_id partner;
    sample_text(rng, partner.text, sizeof partner.text);
    return partner;
}

struct card_number sample_card(struct rng *rng)
{
    struct card_number card;
    struct card_prefix prefix;
    assert_int_equal(card_prefix_parse("600123", &prefix), ERR_OK);
    assert_int_equal(card_number_make(&prefix, rng_below(rng, 100000000), &card), ERR_OK);
    return card;
}

struct lot_key sample_lot_key(struct rng *rng)
{
    struct lot_key key = {.issuer = sample_partner(rng),
                          .tariff = (uint32_t)rng_below(rng, 300),
                          .active_from = sample_time(rng),
                          .expires_at = sample_time(rng)};
    if (rng_below(rng, 2) == 0) {
        key.active_from.ms = 0;
    }
    if (rng_below(rng, 4) == 0) {
        key.expires_at.ms = 0;
    }
    if (rng_below(rng, 4) == 0) {
        key.idle_months = (uint8_t)(1 + rng_below(rng, LIMIT_IDLE_MONTHS));
    }
    return key;
}

struct member sample_member(struct rng *rng)
{
    struct member member = {
        .debt = sample_points(rng), .last_row = sample_number(rng), .enrolled = sample_time(rng)};
    member.active_at = rng_below(rng, 2) ? sample_time(rng) : (struct unix_ms){0};
    member.is_blocked = rng_below(rng, 2);
    member.is_pool = rng_below(rng, 2);
    member.is_erased = rng_below(rng, 2);
    member.is_merged = rng_below(rng, 2);
    if (member.is_merged) {
        member.merged_into = sample_uid(rng);
    }
    size_t lots = 1 + rng_below(rng, 6);
    for (size_t i = 0; i < lots; i++) {
        struct lot_key key = sample_lot_key(rng);
        int64_t free_points = (sample_whole(rng) >> 4) + 1;
        int64_t held = key.active_from.ms == 0 ? sample_whole(rng) >> 4 : 0;
        assert_int_equal(lots_change(&member, &key, free_points, held), ERR_OK);
        struct points *balance = key.active_from.ms == 0 ? &member.available : &member.pending;
        balance->minor += free_points;
        member.held.minor += held;
    }
    return member;
}

struct profile sample_profile(struct rng *rng)
{
    struct profile profile = {.card_count = 1 + rng_below(rng, LIMIT_CARDS_PER_MEMBER)};
    struct slice sealed = sample_bytes(rng);
    memcpy(profile.sealed, sealed.at, sealed.length);
    profile.sealed_length = sealed.length;
    sample_fill(rng, profile.reference_tag, sizeof profile.reference_tag);
    sample_text(rng, profile.name, sizeof profile.name);
    profile.pool_count = (uint32_t)rng_below(rng, 9);
    profile.merged_count = rng_below(rng, LIMIT_MERGED_PER_MEMBER + 1);
    for (size_t i = 0; i < profile.merged_count; i++) {
        profile.merged[i] = sample_uid(rng);
    }
    for (size_t i = 0; i < profile.card_count; i++) {
        profile.cards[i] = sample_card(rng);
    }
    return profile;
}

struct hold sample_hold(struct rng *rng)
{
    struct hold hold = {.role = rng_below(rng, 2) ? HOLD_HOME : HOLD_FOREIGN,
                        .state = (enum hold_state)(1 + rng_below(rng, 4)),
                        .redeemer = sample_partner(rng),
                        .home = sample_partner(rng),
                        .member = sample_uid(rng),
                        .card = sample_card(rng),
                        .captured = sample_points(rng),
                        .voided = sample_points(rng),
                        .returned = sample_points(rng),
                        .capture_by = sample_time(rng),
                        .deliver_by = sample_time(rng),
                        .lot_count = 1 + rng_below(rng, 5)};
    hold.granted.minor = hold.captured.minor + hold.voided.minor + (int64_t)rng_below(rng, 99);
    for (size_t i = 0; i < hold.lot_count; i++) {
        hold.lots[i] =
            (struct hold_lot){sample_lot_key(rng), sample_points(rng), sample_points(rng)};
    }
    return hold;
}

struct hold sample_stand_in(struct rng *rng)
{
    struct hold hold = sample_hold(rng);
    hold.mandate = sample_uid(rng);
    hold.stood_in.minor = (int64_t)rng_below(rng, (uint64_t)hold.captured.minor + 1);
    hold.unbacked = sample_points(rng);
    hold.lost = sample_points(rng);
    return hold;
}

struct hold sample_forced_hold(struct rng *rng)
{
    struct hold hold = sample_hold(rng);
    hold.unbacked.minor = 1 + (int64_t)rng_below(rng, 99);
    hold.lost.minor = (int64_t)rng_below(rng, 99);
    return hold;
}

struct mandate sample_mandate(struct rng *rng)
{
    struct mandate mandate = {.id = sample_uid(rng),
                              .home = {"bakery"},
                              .redeemer = {"fuel"},
                              .floor = points_of(1 + (int64_t)rng_below(rng, 1000)),
                              .valid_from = {(int64_t)(sample_number(rng) >> 16)}};
    mandate.daily_cap.minor = mandate.floor.minor + (int64_t)rng_below(rng, 1000000);
    mandate.valid_until.ms = mandate.valid_from.ms + 1 + (int64_t)rng_below(rng, DAY_MS);
    return mandate;
}

struct mandate_row sample_mandate_row(struct rng *rng)
{
    struct mandate_row row = {.mandate = sample_mandate(rng), .burns = sample_number(rng)};
    row.used.minor = (int64_t)rng_below(rng, (uint64_t)row.mandate.daily_cap.minor + 1);
    return row;
}

struct earn_rate sample_rate(struct rng *rng)
{
    return (struct earn_rate){.points_minor = sample_whole(rng),
                              .per_minor = sample_whole(rng),
                              .rounding = (enum rounding)rng_below(rng, ROUNDING_COUNT),
                              .minimum_minor = sample_whole(rng)};
}

struct sale sample_sale(struct rng *rng)
{
    struct sale sale = {.role = (enum sale_role)(1 + rng_below(rng, 3)),
                        .issuer = sample_partner(rng),
                        .home = sample_partner(rng),
                        .member = sample_uid(rng),
                        .card = sample_card(rng),
                        .returned = money_of(sample_whole(rng)),
                        .taken = sample_points(rng),
                        .is_fixed = rng_below(rng, 2),
                        .is_reversed = rng_below(rng, 2),
                        .rate = sample_rate(rng),
                        .currency = "EUR",
                        .lot = sample_lot_key(rng),
                        .business_time = sample_time(rng)};
    sale.amount.minor = sale.returned.minor + (int64_t)rng_below(rng, 1000);
    sale.points.minor = sale.taken.minor + (int64_t)rng_below(rng, 1000);
    return sale;
}

struct answer sample_answer(struct rng *rng)
{
    struct answer answer = {.member = sample_uid(rng),
                            .card = sample_card(rng),
                            .home = sample_partner(rng),
                            .points = sample_points(rng),
                            .left = sample_points(rng),
                            .debt = sample_points(rng),
                            .capture_by = sample_time(rng),
                            .deliver_by = sample_time(rng),
                            .row = sample_number(rng)};
    uint64_t without = rng_next(rng);
    answer.member = without & 1 ? (struct uid){{0}} : answer.member;
    answer.home = without & 2 ? (struct partner_id){{0}} : answer.home;
    answer.points.minor = without & 4 ? 0 : answer.points.minor;
    answer.left.minor = without & 8 ? 0 : answer.left.minor;
    answer.deliver_by.ms = without & 16 ? 0 : answer.deliver_by.ms;
    answer.written_off.minor = without & 32 ? sample_whole(rng) : 0;
    answer.amount.minor = without & 64 ? sample_whole(rng) : 0;
    answer.mandate = without & 256 ? sample_uid(rng) : (struct uid){{0}};
    return answer;
}

struct stream sample_stream(struct rng *rng)
{
    uint64_t last_number = sample_number(rng);
    return (struct stream){.last_number = last_number,
                           .last_hash = sample_hash(rng),
                           .period = sample_month(rng),
                           .period_first_number = sample_number(rng),
                           .bytes = sample_number(rng),
                           .receipted_number = sample_number(rng),
                           .receipt_number = sample_number(rng),
                           .receipt_hash = sample_hash(rng),
                           .is_frozen = rng_below(rng, 2),
                           .is_recovering = last_number % 2 == 1};
}

struct clearing_entry sample_entry(struct rng *rng)
{
    return (struct clearing_entry){.number = sample_number(rng),
                                   .previous_hash = sample_hash(rng),
                                   .period = sample_month(rng),
                                   .business_time = sample_time(rng),
                                   .transaction_id = sample_uid(rng),
                                   .kind = (enum entry_kind)(1 + rng_below(rng, 7)),
                                   .card = sample_card(rng),
                                   .points = sample_points(rng),
                                   .tariff = (uint32_t)rng_below(rng, 999),
                                   .subject = sample_uid(rng),
                                   .active_from = sample_time(rng),
                                   .expires_at = sample_time(rng)};
}

struct clearing_entry sample_moved_lot(struct rng *rng)
{
    struct clearing_entry entry = sample_entry(rng);
    entry.kind = ENTRY_MOVED_LOT;
    entry.moved_to = sample_card(rng);
    entry.issuer = sample_partner(rng);
    return entry;
}

struct clearing_entry sample_dispute_step(struct rng *rng)
{
    struct clearing_entry entry = sample_entry(rng);
    entry.kind = ENTRY_DISPUTE_OPENED;
    entry.dispute = (struct dispute_part){.number = 1 + sample_number(rng),
                                          .is_of_sender = rng_below(rng, 2),
                                          .step = STEP_OPEN,
                                          .reason = DISPUTE_NOT_GRANTED,
                                          .note = "nobody of ours was there"};
    return entry;
}

struct card_status sample_card_status(struct rng *rng)
{
    return (struct card_status){rng_below(rng, 2), sample_card(rng), sample_card(rng),
                                sample_number(rng)};
}

struct adjustment sample_adjustment(struct rng *rng)
{
    struct adjustment adjustment = {.state = (enum adjustment_state)(1 + rng_below(rng, 3)),
                                    .member = sample_uid(rng),
                                    .points = points_of(-sample_whole(rng)),
                                    .reason = "GOODWILL",
                                    .proposed_at = sample_time(rng),
                                    .expires_at = sample_time(rng),
                                    .ruled_at = sample_time(rng)};
    sample_text(rng, adjustment.note.text, sizeof adjustment.note.text);
    sample_text(rng, adjustment.maker, sizeof adjustment.maker);
    sample_text(rng, adjustment.checker, sizeof adjustment.checker);
    return adjustment;
}

struct merge sample_merge(struct rng *rng)
{
    struct merge merge = {.from = sample_uid(rng),
                          .into = sample_uid(rng),
                          .merged_at = sample_time(rng),
                          .is_undone = rng_below(rng, 2),
                          .debt = sample_points(rng),
                          .card_count = rng_below(rng, LIMIT_CARDS_PER_MEMBER + 1),
                          .lot_count = rng_below(rng, 6)};
    for (size_t i = 0; i < merge.card_count; i++) {
        merge.cards[i] = sample_card(rng);
    }
    for (size_t i = 0; i < merge.lot_count; i++) {
        merge.lots[i] = (struct merge_lot){sample_lot_key(rng), sample_points(rng)};
    }
    return merge;
}

struct pair_period sample_pair(struct rng *rng)
{
    struct pair_period pair = {.state = (enum pair_state)(1 + rng_below(rng, 5)),
                               .own_signed = sample_bytes(rng),
                               .partner_signed = sample_bytes(rng),
                               .partner_countersigned = sample_bytes(rng),
                               .own_countersigned = sample_bytes(rng)};
    sample_text(rng, pair.detail, sizeof pair.detail);
    return pair;
}

static void sample_note(struct rng *rng, char *out, size_t capacity)
{
    memset(out, 0, capacity);
    memset(out, 'n', rng_below(rng, capacity));
}

struct apart_half sample_apart_half(struct rng *rng)
{
    struct apart_half half = {.coalition = "demo",
                              .period = {202610},
                              .sender = sample_partner(rng),
                              .receiver = sample_partner(rng),
                              .first_number = 7,
                              .last_number = 7 + sample_number(rng),
                              .last_hash = sample_hash(rng),
                              .receipt_number = sample_number(rng),
                              .receipt_hash = sample_hash(rng),
                              .root = sample_hash(rng),
                              .count = 1 + sample_number(rng),
                              .sent_count = 2,
                              .sent = {slice_of("one", 3), slice_of("two", 3)},
                              .received_count = 1,
                              .received = {slice_of("three", 5)},
                              .sent_refused = 2};
    return half;
}

/* Of one that has gone all the way, or of a refused entry that nobody disputed. */
struct dispute sample_dispute(struct rng *rng)
{
    struct dispute dispute = {.state = DISPUTE_DECLINED, .declined = VERDICT_CARD_UNKNOWN};
    dispute.entry = (struct disputed_entry){.kind = ENTRY_CAPTURE,
                                            .tariff = 1 + (uint32_t)rng_below(rng, 9),
                                            .card = sample_card(rng),
                                            .points = sample_points(rng),
                                            .transaction_id = sample_uid(rng),
                                            .subject = sample_uid(rng),
                                            .period = {202610},
                                            .business_time = sample_time(rng)};
    if (rng_below(rng, 4) == 0) {
        return dispute;
    }
    dispute.is_open = true;
    dispute.state = (enum dispute_state)(1 + rng_below(rng, DISPUTE_DECLINED));
    dispute.side = rng_below(rng, 2) ? DISPUTE_OPENER : DISPUTE_ANSWERER;
    dispute.reason = (enum dispute_reason)(1 + rng_below(rng, DISPUTE_OTHER));
    dispute.was_applied = rng_below(rng, 2);
    dispute.is_suspended = rng_below(rng, 2);
    dispute.is_machine = rng_below(rng, 2);
    dispute.pending = (enum dispute_step)rng_below(rng, STEP_END);
    dispute.own_ruling = (enum dispute_ruling)rng_below(rng, 3);
    dispute.partner_ruling = (enum dispute_ruling)rng_below(rng, 3);
    bool has_ended = dispute.state == DISPUTE_ACCEPTED || dispute.state == DISPUTE_RULED ||
                     dispute.state == DISPUTE_ADJUSTED;
    dispute.outcome = has_ended ? RULING_UPHELD : RULING_NONE;
    dispute.id = sample_uid(rng);
    dispute.claim = points_of(1 + sample_whole(rng));
    dispute.opened_at = sample_time(rng);
    dispute.moved_at = sample_time(rng);
    dispute.due = sample_time(rng);
    sample_note(rng, dispute.opener_note, sizeof dispute.opener_note);
    sample_note(rng, dispute.answerer_note, sizeof dispute.answerer_note);
    dispute.entry.delivered = sample_time(rng);
    return dispute;
}

struct dispute_line sample_dispute_line(struct rng *rng)
{
    struct dispute_line line = {.step = (enum dispute_step)(1 + rng_below(rng, STEP_ADJUST)),
                                .verdict = rng_below(rng, 2) ? VERDICT_OK : VERDICT_DISPUTE_STATE,
                                .said = sample_time(rng),
                                .noted = sample_time(rng)};
    sample_note(rng, line.note, sizeof line.note);
    return line;
}

struct exposure sample_exposure(struct rng *rng)
{
    struct exposure exposure = {.promised = points_of(sample_whole(rng)),
                                .line_count = rng_below(rng, LIMIT_TARIFFS + 1)};
    uint32_t tariff = 0;
    for (size_t i = 0; i < exposure.line_count; i++) {
        tariff += 1 + (uint32_t)rng_below(rng, 900);
        exposure.lines[i] =
            (struct exposure_line){.tariff = tariff, .issued = sample_whole(rng) + 1};
        exposure.lines[i].redeemed = -sample_whole(rng);
    }
    return exposure;
}

struct half_tree sample_half_tree(struct rng *rng)
{
    struct half_tree tree = {.first_number = 1 + rng_below(rng, 1000),
                             .frontier = {.count = 1 + rng_below(rng, 100000)}};
    for (size_t i = 0; i < tree_peak_count(&tree.frontier); i++) {
        tree.frontier.peaks[i] = sample_hash(rng);
    }
    return tree;
}

struct partner_recovery sample_recovery(struct rng *rng)
{
    return (struct partner_recovery){.began = sample_time(rng),
                                     .ended = sample_time(rng),
                                     .own_entries = sample_number(rng),
                                     .own_last = sample_number(rng),
                                     .own_points = sample_points(rng),
                                     .taken_entries = sample_number(rng),
                                     .taken_last = sample_number(rng),
                                     .taken_points = sample_points(rng),
                                     .holds = sample_number(rng),
                                     .forced = sample_number(rng),
                                     .members = sample_number(rng),
                                     .unreplayed = sample_number(rng),
                                     .debt = sample_points(rng),
                                     .written_off = sample_points(rng)};
}

static struct account_ref sample_account_ref(struct rng *rng)
{
    struct account_ref account = {.kind = (enum account_kind)(1 + rng_below(rng, 11))};
    if (account_kind_is_member(account.kind)) {
        account.member = sample_uid(rng);
    } else if (account_kind_is_partner(account.kind)) {
        account.partner = sample_partner(rng);
        account.period = sample_month(rng);
    }
    return account;
}

struct effect sample_effect(struct rng *rng, enum effect_kind kind)
{
    static const uint8_t bytes[LIMIT_CLEARING_ENTRY_BYTES] = {9, 8, 7, 6};
    struct effect effect = {.kind = kind};
    if (kind == EFFECT_POST) {
        effect.post = (struct effect_post){sample_account_ref(rng), sample_account_ref(rng),
                                           sample_points(rng)};
    } else if (kind == EFFECT_LOT) {
        effect.lot = (struct effect_lot){sample_uid(rng), sample_lot_key(rng), -sample_whole(rng),
                                         sample_whole(rng)};
    } else if (kind == EFFECT_ENTRY) {
        effect.entry = (struct effect_entry){.partner = sample_partner(rng),
                                             .entry = sample_entry(rng),
                                             .bytes = slice_of(bytes, 1 + rng_below(rng, 200)),
                                             .hash = sample_hash(rng)};
    } else if (kind == EFFECT_TOTAL) {
        effect.total = (struct effect_total){.direction = STREAM_IN,
                                             .partner = sample_partner(rng),
                                             .period = sample_month(rng),
                                             .kind = (enum entry_kind)(1 + rng_below(rng, 7)),
                                             .tariff = (uint32_t)rng_below(rng, 999),
                                             .count_delta = sample_whole(rng),
                                             .points_delta = -sample_whole(rng)};
    } else if (kind == EFFECT_ROW) {
        effect.row =
            (struct effect_row){.table = (enum ledger_table)(1 + rng_below(rng, TABLE_POOL)),
                                .key = slice_of(bytes, 1 + rng_below(rng, LEDGER_KEY_MAX)),
                                .is_deleted = rng_below(rng, 2)};
        effect.row.value = effect.row.is_deleted ? slice_of(NULL, 0) : slice_of(bytes, 40);
    } else if (kind == EFFECT_MARK) {
        effect.mark = (struct effect_mark){.member = sample_uid(rng),
                                           .is_blocked = rng_below(rng, 2),
                                           .is_pool = rng_below(rng, 2),
                                           .is_erased = rng_below(rng, 2),
                                           .merged_into = sample_uid(rng),
                                           .active_at = sample_time(rng)};
    } else {
        effect.history =
            (struct effect_history){sample_uid(rng), sample_number(rng), rng_below(rng, 2)};
    }
    return effect;
}
