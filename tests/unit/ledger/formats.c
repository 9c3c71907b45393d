/* The stored formats: each a random value's bytes, and what decoding makes of bytes. */
#include "ledger_test.h"

#include "formats_remark.h"
#include "formats_standing.h"

#define RECODE(name)                                                                               \
    static enum err recode_##name(int kind, struct slice bytes, struct buffer *out)                \
    {                                                                                              \
        struct name value;                                                                         \
        (void)kind;                                                                                \
        TRY(name##_decode(bytes, &value));                                                         \
        name##_encode(&value, out);                                                                \
        return ERR_OK;                                                                             \
    }

#define FORMAT(name, make)                                                                         \
    static void bytes_of_##name(struct rng *rng, int kind, struct buffer *out)                     \
    {                                                                                              \
        (void)kind;                                                                                \
        struct name value = make;                                                                  \
        name##_encode(&value, out);                                                                \
    }                                                                                              \
    RECODE(name)

#define VALUE(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

FORMAT(member, sample_member(rng))
FORMAT(profile, sample_profile(rng))
FORMAT(card, VALUE(sample_uid(rng), rng_below(rng, 2)))
FORMAT(account, VALUE(sample_whole(rng), sample_whole(rng)))
FORMAT(hold, sample_hold(rng))
FORMAT(sale, sample_sale(rng))
FORMAT(transaction, VALUE(.row = sample_number(rng)))
FORMAT(stream, sample_stream(rng))
FORMAT(entry_total, VALUE(sample_number(rng), sample_whole(rng)))
FORMAT(half, VALUE(7, 7 + sample_number(rng), sample_hash(rng), {0}))
FORMAT(pair_period, sample_pair(rng))
FORMAT(exposure, sample_exposure(rng))
FORMAT(dispute, sample_dispute(rng))
FORMAT(dispute_line, sample_dispute_line(rng))
FORMAT(adjustment, sample_adjustment(rng))
FORMAT(merge, sample_merge(rng))
FORMAT(partner_recovery, sample_recovery(rng))
FORMAT(mandate_row, sample_mandate_row(rng))
FORMAT(half_tree, sample_half_tree(rng))
FORMAT(obligation, sample_obligation(rng))
FORMAT(netting_row, sample_netting_row(rng))
FORMAT(programme_row, sample_programme_row(rng))
FORMAT(alert, sample_alert(rng))
FORMAT(pool_right, sample_pool_right(rng))
FORMAT(apart_half, sample_apart_half(rng))
FORMAT(apart_row, VALUE(sample_bytes(rng), sample_bytes(rng), sample_bytes(rng)))
FORMAT(mandate_line, VALUE(sample_uid(rng), sample_uid(rng)))

static void bytes_of_apart_dispute(struct rng *rng, int kind, struct buffer *out)
{
    struct dispute dispute = sample_dispute(rng);
    (void)kind;
    dispute.is_apart = true;
    dispute.other_tariff = (uint32_t)rng_below(rng, 9);
    dispute_encode(&dispute, out);
}

static void bytes_of_stand_in(struct rng *rng, int kind, struct buffer *out)
{
    struct hold hold = sample_stand_in(rng);
    (void)kind;
    hold_encode(&hold, out);
}

static void bytes_of_forced_hold(struct rng *rng, int kind, struct buffer *out)
{
    struct hold hold = sample_forced_hold(rng);
    (void)kind;
    hold_encode(&hold, out);
}

static void bytes_of_priced_hold(struct rng *rng, int kind, struct buffer *out)
{
    struct hold hold = kind == 0   ? sample_hold(rng)
                       : kind == 1 ? sample_stand_in(rng)
                                   : sample_forced_hold(rng);
    hold.tariff = 1 + (uint32_t)rng_below(rng, 999);
    hold_encode(&hold, out);
}

static void bytes_of_exposure_with_minimums(struct rng *rng, int kind, struct buffer *out)
{
    struct exposure exposure = sample_exposure(rng);
    (void)kind;
    exposure.minimum_count = 2;
    for (size_t i = 0; i < 2; i++) {
        exposure.minimums[i] = (struct exposure_minimum){
            .tariff = 7, .period = {202609}, .is_ours = i == 1, .count = 1 + sample_whole(rng)};
        exposure.minimums[i].points = (struct exposure_fees){sample_whole(rng), -sample_whole(rng)};
    }
    exposure_encode(&exposure, out);
}

static void bytes_of_waiting(struct rng *rng, int kind, struct buffer *out)
{
    struct uid sale = sample_uid(rng);
    (void)kind;
    waiting_encode(&sale, out);
}

static enum err recode_waiting(int kind, struct slice bytes, struct buffer *out)
{
    struct uid sale;
    (void)kind;
    TRY(waiting_decode(bytes, &sale));
    waiting_encode(&sale, out);
    return ERR_OK;
}

static void bytes_of_waiting_sale(struct rng *rng, int kind, struct buffer *out)
{
    struct sale sale = sample_sale(rng);
    (void)kind;
    sale.is_reversed = false;
    sale.is_waiting = true;
    sale_encode(&sale, out);
}

static void bytes_of_promoted_entry(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.take_entry.entry.kind = ENTRY_EARN;
    command.take_entry.entry.next_period = (struct period){0};
    command.take_entry.entry.promotion = 1 + (uint32_t)rng_below(rng, 999);
    command_encode(&command, out);
}

static void bytes_of_dated_half(struct rng *rng, int kind, struct buffer *out)
{
    struct half half = {7, 7 + sample_number(rng), sample_hash(rng), {0}};
    (void)kind;
    half.ended_at.ms = 1 + (int64_t)rng_below(rng, INT64_MAX - 1);
    half_encode(&half, out);
}

static void bytes_of_dated_pair(struct rng *rng, int kind, struct buffer *out)
{
    struct pair_period pair = sample_pair(rng);
    (void)kind;
    pair.since.ms = 1 + (int64_t)rng_below(rng, INT64_MAX - 1);
    pair_period_encode(&pair, out);
}

static void bytes_of_dated_netting(struct rng *rng, int kind, struct buffer *out)
{
    struct netting_row row = sample_netting_row(rng);
    (void)kind;
    row.at.ms = 1 + (int64_t)rng_below(rng, INT64_MAX - 1);
    netting_row_encode(&row, out);
}

/* The last of its unit: a mark that says what follows. */
static void bytes_of_last_mark(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    struct clearing_entry *entry = &command.take_entry.entry;
    entry->kind = ENTRY_PERIOD_MARK;
    entry->next_period =
        period_at((enum period_unit)(1 + rng_below(rng, 2)), period_last_day(entry->period) + 1);
    command_encode(&command, out);
}

/* A capture that names a mandate. */
static void bytes_of_mandated(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.take_entry.entry.kind = ENTRY_CAPTURE;
    command.take_entry.entry.mandate = sample_uid(rng);
    command_encode(&command, out);
}
FORMAT(card_status, sample_card_status(rng))
FORMAT(card_news, VALUE(sample_card(rng), sample_uid(rng)))

static void bytes_of_tree_row(struct rng *rng, int kind, struct buffer *out)
{
    struct hash hash = sample_hash(rng);
    (void)kind;
    tree_row_encode(&hash, out);
}

static enum err recode_tree_row(int kind, struct slice bytes, struct buffer *out)
{
    struct hash hash;
    (void)kind;
    TRY(tree_row_decode(bytes, &hash));
    tree_row_encode(&hash, out);
    return ERR_OK;
}

static void bytes_of_funding(struct rng *rng, int kind, struct buffer *out)
{
    (void)kind;
    funding_encode(1 + sample_whole(rng), out);
}

static enum err recode_funding(int kind, struct slice bytes, struct buffer *out)
{
    int64_t points;
    (void)kind;
    TRY(funding_decode(bytes, &points));
    funding_encode(points, out);
    return ERR_OK;
}

static void bytes_of_u64(struct rng *rng, int kind, struct buffer *out)
{
    (void)kind;
    u64_encode(sample_number(rng), out);
}

static enum err recode_u64(int kind, struct slice bytes, struct buffer *out)
{
    uint64_t value;
    (void)kind;
    TRY(u64_decode(bytes, &value));
    u64_encode(value, out);
    return ERR_OK;
}

static void bytes_of_command(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command_encode(&command, out);
}

static enum err recode_command(int kind, struct slice bytes, struct buffer *out)
{
    struct command command;
    TRY(command_decode((enum command_kind)kind, bytes, &command));
    assert_int_equal(command.kind, kind);
    command_encode(&command, out);
    return ERR_OK;
}

static void bytes_of_moved_lot(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = {.kind = (enum command_kind)kind};
    command.take_entry.sender = sample_partner(rng);
    command.take_entry.entry = sample_moved_lot(rng);
    command.take_entry.bytes = sample_bytes(rng);
    command_encode(&command, out);
}

static void bytes_of_dispute_step(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = {.kind = (enum command_kind)kind};
    command.take_entry.sender = sample_partner(rng);
    command.take_entry.entry = sample_dispute_step(rng);
    command.take_entry.bytes = sample_bytes(rng);
    command_encode(&command, out);
}

static void bytes_of_exposure_with_fees(struct rng *rng, int kind, struct buffer *out)
{
    struct exposure exposure = sample_exposure(rng);
    (void)kind;
    exposure.line_count = 1;
    exposure.lines[0] =
        (struct exposure_line){.tariff = 3, .ours = {7, -9}, .theirs = {0, sample_whole(rng)}};
    exposure_encode(&exposure, out);
}

static void bytes_of_promoted_sale(struct rng *rng, int kind, struct buffer *out)
{
    struct sale sale = sample_sale(rng);
    (void)kind;
    sale.promotion = 1 + (uint32_t)rng_below(rng, 999);
    sale_encode(&sale, out);
}

static void bytes_of_promoted_earn(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.earn.promotion = 1 + (uint32_t)rng_below(rng, 999);
    command_encode(&command, out);
}

static void bytes_of_referred_enrol(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.enrol.referrer = sample_uid(rng);
    command_encode(&command, out);
}

/* Of a purchase that rules gave points for. */
static void bytes_of_judged_earn(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.earn.is_fixed = true;
    command.earn.is_judged = true;
    for (size_t i = 0; i < sizeof command.earn.basket; i++) {
        command.earn.basket[i] = (uint8_t)rng_below(rng, 256);
    }
    command_encode(&command, out);
}

static void bytes_of_promotion(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.take_entry.entry.kind = rng_below(rng, 2) ? ENTRY_PROMOTION : ENTRY_FUNDING_RETURN;
    command.take_entry.entry.promotion = (uint32_t)rng_below(rng, 999);
    command_encode(&command, out);
}

static void bytes_of_promotion_return(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.take_entry.entry.kind = ENTRY_PROMOTION_RETURN;
    command.take_entry.entry.promotion = 1 + (uint32_t)rng_below(rng, 999);
    command_encode(&command, out);
}

static void bytes_of_effect(struct rng *rng, int kind, struct buffer *out)
{
    struct effect effect = sample_effect(rng, (enum effect_kind)kind);
    effect_encode(&effect, out);
}

static enum err recode_effect(int kind, struct slice bytes, struct buffer *out)
{
    struct reader in = reader_of(bytes);
    struct effect effect;
    (void)kind;
    effect_read(&in, &effect);
    TRY(reader_finish(&in));
    effect_encode(&effect, out);
    return ERR_OK;
}

static void bytes_of_record(struct rng *rng, int kind, struct buffer *out)
{
    struct id_table ids = {0};
    struct buffer effects = {.names = &ids};
    (void)kind;
    for (int i = EFFECT_POST; i < EFFECT_KIND_END; i++) {
        bytes_of_effect(rng, i, &effects);
    }
    struct record record = {.row = sample_number(rng),
                            .time = sample_time(rng),
                            .kind = (enum command_kind)(1 + rng_below(rng, COMMAND_PRUNE)),
                            .verdict = VERDICT_INSUFFICIENT_POINTS,
                            .origin = sample_partner(rng),
                            .transaction_id = sample_uid(rng),
                            .business_time = sample_time(rng),
                            .is_dated = rng_below(rng, 2) == 1,
                            .ids = ids,
                            .body = sample_bytes(rng),
                            .answer = sample_answer(rng),
                            .effect_count = EFFECT_KIND_END - 1,
                            .effects = buffer_slice(&effects)};
    record_encode(&record, out);
    buffer_fini(&effects);
}
RECODE(record)

FORMAT(block_row, VALUE(sample_block_terms(rng), BLOCK_LIVE, sample_whole(rng), sample_time(rng)))
FORMAT(block_line, VALUE(2, {{sample_uid(rng), {7}}, {sample_uid(rng), sample_time(rng)}}))

/* A sale that draws from a block. */
static void bytes_of_drawn_sale(struct rng *rng, int kind, struct buffer *out)
{
    struct sale sale = sample_sale(rng);
    (void)kind;
    sale.block = sample_uid(rng);
    sale_encode(&sale, out);
}

static void bytes_of_block_bought(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    command.take_entry.entry.kind = ENTRY_BLOCK_BOUGHT;
    command.take_entry.entry.refuses_when_empty = rng_below(rng, 2) == 1;
    command_encode(&command, out);
}

static void bytes_of_bearer(struct rng *rng, int kind, struct buffer *out)
{
    struct uid member = sample_uid(rng);
    (void)kind;
    bearer_encode(&member, out);
}

static enum err recode_bearer(int kind, struct slice bytes, struct buffer *out)
{
    struct uid member;
    (void)kind;
    TRY(bearer_decode(bytes, &member));
    bearer_encode(&member, out);
    return ERR_OK;
}

/* Of a purchase whose till and cashier are known. */
static void bytes_of_desk_earn(struct rng *rng, int kind, struct buffer *out)
{
    struct command command = sample_command(rng, (enum command_kind)kind);
    sample_text(rng, command.earn.till, sizeof command.earn.till);
    memcpy(command.earn.cashier, "7", 2);
    command_encode(&command, out);
}

#define ROW_OF(name)                                                                               \
    {                                                                                              \
#name, 0, bytes_of_##name, recode_##name                                                   \
    }

static size_t add_commands(int first, int last, struct format *out_formats)
{
    size_t count = 0;
    for (int i = first; i <= last; i++) {
        if (command_kind_is_known((unsigned)i)) {
            out_formats[count++] = (struct format){command_kind_name((enum command_kind)i), i,
                                                   bytes_of_command, recode_command};
        }
    }
    return count;
}

static size_t add_disputed(struct format *out_formats)
{
    static const struct format apart[] = {
        ROW_OF(dispute_line),
        ROW_OF(apart_half),
        ROW_OF(apart_row),
        {"apart-dispute", 0, bytes_of_apart_dispute, recode_dispute},
    };
    size_t count = sizeof apart / sizeof apart[0];
    memcpy(out_formats, apart, sizeof apart);
    return count + add_commands(COMMAND_SET_APART, COMMAND_SET_APART, out_formats + count);
}

static size_t add_later_versions(struct format *out_formats)
{
    static const struct format dated[] = {
        {"dated-half", 0, bytes_of_dated_half, recode_half},
        {"dated-pair", 0, bytes_of_dated_pair, recode_pair_period},
        {"dated-netting", 0, bytes_of_dated_netting, recode_netting_row},
        {"last-mark", COMMAND_TAKE_ENTRY, bytes_of_last_mark, recode_command},
    };
    size_t count = sizeof dated / sizeof dated[0];
    memcpy(out_formats, dated, sizeof dated);
    return count;
}

static size_t add_exact(struct format *out_formats)
{
    static const struct format exact[] = {
        {"forced-hold", 0, bytes_of_forced_hold, recode_hold},
        {"promoted-entry", COMMAND_TAKE_ENTRY, bytes_of_promoted_entry, recode_command},
        {"waiting-sale", 0, bytes_of_waiting_sale, recode_sale},
        {"exposure-with-minimums", 0, bytes_of_exposure_with_minimums, recode_exposure},
        ROW_OF(waiting),
    };
    size_t count = sizeof exact / sizeof exact[0];
    memcpy(out_formats, exact, sizeof exact);
    return count + add_commands(COMMAND_SEND_EARNS, COMMAND_SEND_EARNS, out_formats + count);
}

static size_t add_blocks(struct format *out_formats)
{
    size_t count = 0;
    static const struct format blocks[] = {
        ROW_OF(block_row),
        ROW_OF(block_line),
        {"drawn-sale", 0, bytes_of_drawn_sale, recode_sale},
        {"block-bought", COMMAND_TAKE_ENTRY, bytes_of_block_bought, recode_command},
    };
    memcpy(out_formats + count, blocks, sizeof blocks);
    count += sizeof blocks / sizeof blocks[0];
    count += add_commands(COMMAND_SELL_BLOCK, COMMAND_BUY_BLOCK, out_formats + count);
    count += add_commands(COMMAND_BLOCK_DUE, COMMAND_BLOCK_DUE, out_formats + count);
    return count;
}

static size_t add_programmes(struct format *out_formats)
{
    static const struct format programmes[] = {
        ROW_OF(programme_row),
        {"judged-earn", COMMAND_EARN, bytes_of_judged_earn, recode_command},
    };
    size_t count = sizeof programmes / sizeof programmes[0];
    memcpy(out_formats, programmes, sizeof programmes);
    return count + add_commands(COMMAND_ACTIVATE_PROGRAMME, COMMAND_ACTIVATE_PROGRAMME,
                                out_formats + count);
}

static size_t add_priced(struct format *out_formats)
{
    static const struct format priced[] = {
        {"priced-hold", 0, bytes_of_priced_hold, recode_hold},
        {"priced-stand-in", 1, bytes_of_priced_hold, recode_hold},
        {"priced-forced-hold", 2, bytes_of_priced_hold, recode_hold},
        {"promotion-return", COMMAND_TAKE_ENTRY, bytes_of_promotion_return, recode_command},
    };
    size_t count = sizeof priced / sizeof priced[0];
    memcpy(out_formats, priced, sizeof priced);
    return count +
           add_commands(COMMAND_WITHDRAW_BLOCK, COMMAND_WITHDRAW_BLOCK, out_formats + count);
}

static size_t add_guards(struct format *out_formats)
{
    static const struct format guards[] = {
        ROW_OF(pool_right),
        ROW_OF(bearer),
        ROW_OF(alert),
        {"desk-earn", COMMAND_EARN, bytes_of_desk_earn, recode_command},
    };
    size_t count = sizeof guards / sizeof guards[0];
    memcpy(out_formats, guards, sizeof guards);
    return count + add_commands(COMMAND_SET_POOL_RIGHT, COMMAND_BEAR_CARD, out_formats + count);
}

static size_t add_referred(struct format *out_formats)
{
    out_formats[0] =
        (struct format){"referred-enrol", COMMAND_ENROL, bytes_of_referred_enrol, recode_command};
    return 1 + add_commands(COMMAND_SET_REFERRER, COMMAND_SET_REFERRER, out_formats + 1);
}

size_t formats_all(struct format out_formats[FORMATS_MAX])
{
    static const struct format plain[] = {
        ROW_OF(member),      ROW_OF(profile), ROW_OF(card),        ROW_OF(account),
        ROW_OF(hold),        ROW_OF(sale),    ROW_OF(transaction), ROW_OF(stream),
        ROW_OF(entry_total), ROW_OF(half),    ROW_OF(pair_period), ROW_OF(adjustment),
        ROW_OF(merge),       ROW_OF(u64),     ROW_OF(record),
    };
    static const char *const effect_names[] = {"",      "post", "lot",     "entry",
                                               "total", "row",  "history", "mark"};
    size_t count = sizeof plain / sizeof plain[0];
    memcpy(out_formats, plain, sizeof plain);
    for (int i = 1; i < EFFECT_KIND_END; i++) {
        out_formats[count++] = (struct format){effect_names[i], i, bytes_of_effect, recode_effect};
    }
    count += add_commands(COMMAND_ENROL, COMMAND_RECOVERY, out_formats + count);
    /* Each has its own random numbers by its place: what is new comes last. */
    static const struct format later[] = {
        ROW_OF(mandate_row),
        ROW_OF(mandate_line),
        {"stand-in", 0, bytes_of_stand_in, recode_hold},
        {"mandated-capture", COMMAND_TAKE_ENTRY, bytes_of_mandated, recode_command},
        ROW_OF(exposure),
        ROW_OF(partner_recovery),
        ROW_OF(card_status),
        ROW_OF(card_news),
        {"moved-lot", COMMAND_TAKE_ENTRY, bytes_of_moved_lot, recode_command},
        ROW_OF(half_tree),
        ROW_OF(tree_row),
        ROW_OF(dispute),
        {"dispute-step", COMMAND_TAKE_ENTRY, bytes_of_dispute_step, recode_command},
    };
    memcpy(out_formats + count, later, sizeof later);
    count += sizeof later / sizeof later[0];
    count += add_commands(COMMAND_OPEN_DISPUTE, COMMAND_DISPUTE_DUE, out_formats + count);
    count += add_commands(COMMAND_NET_PAYMENT, COMMAND_KEEP_NETTING, out_formats + count);
    static const struct format payments[] = {
        ROW_OF(obligation),
        ROW_OF(netting_row),
    };
    memcpy(out_formats + count, payments, sizeof payments);
    count += sizeof payments / sizeof payments[0];
    count += add_commands(COMMAND_MEND_HALF, COMMAND_MEND_HALF, out_formats + count);
    static const struct format funding[] = {
        ROW_OF(funding),
        {"promoted-sale", 0, bytes_of_promoted_sale, recode_sale},
        {"promoted-earn", COMMAND_EARN, bytes_of_promoted_earn, recode_command},
        {"promotion", COMMAND_TAKE_ENTRY, bytes_of_promotion, recode_command},
        {"exposure-with-fees", 0, bytes_of_exposure_with_fees, recode_exposure},
    };
    memcpy(out_formats + count, funding, sizeof funding);
    count += sizeof funding / sizeof funding[0];
    count += add_commands(COMMAND_TELL_FUNDING, COMMAND_TELL_FUNDING, out_formats + count);
    count += add_later_versions(out_formats + count);
    count += add_disputed(out_formats + count);
    count += add_exact(out_formats + count);
    count += add_blocks(out_formats + count);
    count += add_programmes(out_formats + count);
    count += add_commands(COMMAND_SET_PROFILE, COMMAND_SET_PROFILE, out_formats + count);
    count += add_priced(out_formats + count);
    count += formats_standing(out_formats + count);
    count += add_commands(COMMAND_CHANGE_STANDING, COMMAND_RESERVE, out_formats + count);
    count += add_referred(out_formats + count);
    count += add_guards(out_formats + count);
    count += formats_remark(out_formats + count);
    assert_true(count <= FORMATS_MAX);
    return count;
}
