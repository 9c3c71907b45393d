/* Commands of every kind. */
#include "ledger_test.h"

static void sample_till_command(struct rng *rng, struct command *command)
{
    if (command->kind == COMMAND_ENROL) {
        command->enrol.member = sample_uid(rng);
        sample_fill(rng, command->enrol.reference_tag, sizeof command->enrol.reference_tag);
        sample_fill(rng, command->enrol.said_tag, sizeof command->enrol.said_tag);
        command->enrol.sealed = sample_bytes(rng);
    } else if (command->kind <= COMMAND_BLOCK_CARD) {
        command->card = (struct command_card){sample_uid(rng), sample_card(rng)};
    } else if (command->kind == COMMAND_EARN) {
        command->earn = (struct command_earn){.card = sample_card(rng),
                                              .member = sample_uid(rng),
                                              .amount = money_of(-sample_whole(rng)),
                                              .currency = "EUR",
                                              .is_fixed = rng_below(rng, 2),
                                              .fixed_points = points_of(-sample_whole(rng)),
                                              .rate = sample_rate(rng),
                                              .active_from = sample_time(rng),
                                              .expires_at = sample_time(rng),
                                              .idle_months = (uint8_t)rng_below(rng, 99)};
        sample_text(rng, command->earn.receipt, sizeof command->earn.receipt);
    } else if (command->kind <= COMMAND_FOREIGN_HOLD) {
        command->hold = (struct command_hold){.redeemer = sample_partner(rng),
                                              .card = sample_card(rng),
                                              .asked = sample_card(rng),
                                              .points = sample_points(rng),
                                              .capture_by = sample_time(rng),
                                              .deliver_by = sample_time(rng),
                                              .evidence = sample_bytes(rng)};
        sample_text(rng, command->hold.receipt, sizeof command->hold.receipt);
    } else if (command->kind == COMMAND_RETURN_SALE) {
        command->return_sale.sale = sample_uid(rng);
        command->return_sale.amount = money_of(sample_whole(rng));
        sample_text(rng, command->return_sale.receipt, sizeof command->return_sale.receipt);
    } else {
        command->use.hold = sample_uid(rng);
        command->use.points = sample_points(rng);
        sample_text(rng, command->use.receipt, sizeof command->use.receipt);
    }
}

static void sample_office_command(struct rng *rng, struct command *command)
{
    if (command->kind == COMMAND_TRANSFER) {
        command->transfer = (struct command_transfer){
            .from = sample_uid(rng), .to = sample_uid(rng), .points = sample_points(rng)};
        command->transfer.by = rng_below(rng, 2) ? sample_uid(rng) : (struct uid){{0}};
        sample_text(rng, command->transfer.receipt, sizeof command->transfer.receipt);
    } else if (command->kind <= COMMAND_LEAVE_POOL) {
        command->pool = (struct command_pool){.pool = sample_uid(rng), .member = sample_uid(rng)};
        sample_text(rng, command->pool.name, sizeof command->pool.name);
    } else if (command->kind == COMMAND_PROPOSE_ADJUSTMENT) {
        command->adjustment = (struct command_adjustment){.member = sample_uid(rng),
                                                          .points = points_of(-sample_whole(rng)),
                                                          .reason = "GOODWILL_2",
                                                          .expires_at = sample_time(rng)};
        sample_text(rng, command->adjustment.note.text, sizeof command->adjustment.note.text);
        sample_text(rng, command->adjustment.maker, sizeof command->adjustment.maker);
    } else if (command->kind == COMMAND_RULE_ADJUSTMENT) {
        command->ruling = (struct command_ruling){.adjustment = sample_uid(rng),
                                                  .is_approved = rng_below(rng, 2),
                                                  .points_expire_at = sample_time(rng),
                                                  .idle_months = (uint8_t)rng_below(rng, 99)};
        sample_text(rng, command->ruling.checker, sizeof command->ruling.checker);
    } else if (command->kind == COMMAND_UNBLOCK_CARD) {
        command->card = (struct command_card){sample_uid(rng), sample_card(rng)};
    } else if (command->kind <= COMMAND_UNBLOCK_MEMBER) {
        command->block = (struct command_block){.member = sample_uid(rng), .reason = "STOLEN"};
    } else if (command->kind == COMMAND_MERGE_MEMBERS) {
        command->merge = (struct command_merge){sample_uid(rng), sample_uid(rng)};
    } else if (command->kind == COMMAND_UNMERGE_MEMBERS) {
        command->unmerge.merge = sample_uid(rng);
    } else if (command->kind == COMMAND_ERASE_MEMBER) {
        command->erase.member = sample_uid(rng);
    } else if (command->kind == COMMAND_SET_PROFILE) {
        command->profile =
            (struct command_profile){.member = sample_uid(rng), .sealed = sample_bytes(rng)};
        sample_fill(rng, command->profile.replaces.bytes, sizeof command->profile.replaces.bytes);
        sample_fill(rng, command->profile.said_tag, sizeof command->profile.said_tag);
    } else if (command->kind == COMMAND_SET_REFERRER) {
        command->referrer = (struct command_referrer){sample_uid(rng), sample_uid(rng)};
    } else if (command->kind == COMMAND_AWAIT_MOVE) {
        command->await = (struct command_await){sample_card(rng), sample_card(rng)};
    } else if (command->kind == COMMAND_MOVE_MEMBER) {
        command->move = (struct command_move){sample_card(rng), sample_partner(rng),
                                              sample_card(rng), sample_bytes(rng)};
    } else {
        static const uint8_t keys[3 * TRANSACTION_KEY_SIZE] = {1, 2, 3};
        command->prune.keys = slice_of(keys, rng_below(rng, 4) * TRANSACTION_KEY_SIZE);
    }
}

static void sample_mandate_command(struct rng *rng, struct command *command)
{
    if (command->kind <= COMMAND_TAKE_MANDATE) {
        command->mandate = (struct command_mandate){sample_mandate(rng), sample_bytes(rng)};
        return;
    }
    command->hold = (struct command_hold){.redeemer = sample_partner(rng),
                                          .card = sample_card(rng),
                                          .asked = sample_card(rng),
                                          .points = sample_points(rng),
                                          .capture_by = sample_time(rng),
                                          .deliver_by = sample_time(rng)};
    sample_text(rng, command->hold.receipt, sizeof command->hold.receipt);
    if (command->kind == COMMAND_STAND_IN_HOLD) {
        command->hold.mandate = sample_uid(rng);
    }
}

static void sample_node_command(struct rng *rng, struct command *command)
{
    if (command->kind <= COMMAND_EXPIRE_HOLD || command->kind == COMMAND_TELL_CARDS ||
        command->kind == COMMAND_TELL_FUNDING || command->kind == COMMAND_DISPUTE_DUE ||
        command->kind == COMMAND_SEND_EARNS || command->kind == COMMAND_BLOCK_DUE) {
        command->due = (struct command_due){sample_uid(rng), sample_partner(rng), sample_time(rng)};
    } else if (command->kind == COMMAND_TAKE_ENTRY) {
        command->take_entry = (struct command_take_entry){
            .sender = sample_partner(rng), .entry = sample_entry(rng), .bytes = sample_bytes(rng)};
    } else if (command->kind == COMMAND_TAKE_BATCH) {
        command->take_batch = (struct command_take_batch){.sender = sample_partner(rng),
                                                          .held_receipt_number = sample_number(rng),
                                                          .head_signed = sample_bytes(rng),
                                                          .receipt_signed = sample_bytes(rng),
                                                          .receipt_hash = sample_hash(rng)};
    } else if (command->kind == COMMAND_TAKE_RECEIPT) {
        command->take_receipt = (struct command_take_receipt){.receiver = sample_partner(rng),
                                                              .receipt_number = sample_number(rng),
                                                              .receipt_hash = sample_hash(rng),
                                                              .last_number = sample_number(rng),
                                                              .receipt_signed = sample_bytes(rng),
                                                              .entry_count = rng_below(rng, 1000)};
    } else if (command->kind == COMMAND_CLOSE_PERIOD) {
        command->close_period.period = sample_month(rng);
    } else if (command->kind == COMMAND_PUT_PAIR) {
        command->put_pair =
            (struct command_put_pair){sample_partner(rng), sample_month(rng), sample_pair(rng)};
    } else {
        command->freeze = (struct command_freeze){
            .partner = sample_partner(rng), .direction = STREAM_IN, .evidence = sample_bytes(rng)};
        sample_text(rng, command->freeze.reason, sizeof command->freeze.reason);
    }
}

static void sample_recovery_command(struct rng *rng, struct command *command)
{
    if (command->kind == COMMAND_RECOVER_ENTRY) {
        command->recover_entry = (struct command_recover_entry){
            sample_partner(rng), sample_entry(rng), sample_bytes(rng), false};
    } else if (command->kind == COMMAND_RECOVER_TAKEN) {
        command->take_entry = (struct command_take_entry){
            sample_partner(rng), sample_entry(rng), sample_bytes(rng), VERDICT_HOLD_ENDED, false};
    } else if (command->kind == COMMAND_RECOVER_HOLD) {
        command->recover_hold = (struct command_recover_hold){.home = sample_partner(rng),
                                                              .redeemer = sample_partner(rng),
                                                              .card = sample_card(rng),
                                                              .points = sample_points(rng),
                                                              .capture_by = sample_time(rng),
                                                              .deliver_by = sample_time(rng),
                                                              .evidence = sample_bytes(rng)};
    } else if (command->kind == COMMAND_SET_APART) {
        command->apart =
            (struct command_apart){sample_partner(rng),
                                   STREAM_IN,
                                   {sample_bytes(rng), sample_bytes(rng), sample_bytes(rng)}};
    } else if (command->kind == COMMAND_MEND_HALF) {
        command->mend =
            (struct command_mend){sample_partner(rng), STREAM_IN,          sample_month(rng),
                                  sample_number(rng),  sample_number(rng), sample_bytes(rng)};
    } else {
        command->recovery = (struct command_recovery){sample_partner(rng), RECOVERY_END,
                                                      rng_below(rng, 2), sample_bytes(rng)};
    }
}

static struct obligation_terms sample_terms(struct rng *rng)
{
    struct obligation_terms terms = {.is_multilateral = rng_below(rng, 2) == 1};
    terms.payment = (struct payment){
        sample_partner(rng), sample_partner(rng), {(int64_t)rng_below(rng, 1000000)}};
    memcpy(terms.currency, "EUR", 4);
    sample_text(rng, terms.reference, sizeof terms.reference);
    return terms;
}

static struct obligation_figures sample_figures(struct rng *rng)
{
    return (struct obligation_figures){{(int64_t)rng_below(rng, 1000)},
                                       {(int64_t)rng_below(rng, 1000)},
                                       {(int64_t)rng_below(rng, 1000)},
                                       {(int64_t)rng_below(rng, 1000)}};
}

static struct booking sample_booking(struct rng *rng)
{
    struct booking booking = {.amount = {(int64_t)rng_below(rng, 1000) - 500},
                              .booked_at = sample_time(rng)};
    sample_text(rng, booking.bank_reference, sizeof booking.bank_reference);
    return booking;
}

struct netting_row sample_netting_row(struct rng *rng)
{
    return (struct netting_row){
        rng_below(rng, 2) == 1, sample_number(rng), sample_bytes(rng), sample_bytes(rng), {0}};
}

struct obligation sample_obligation(struct rng *rng)
{
    struct obligation obligation = {.terms = sample_terms(rng),
                                    .figures = sample_figures(rng),
                                    .told = {7},
                                    .sent = {(int64_t)rng_below(rng, 1000)},
                                    .in_file = {(int64_t)rng_below(rng, 1000)},
                                    .paid_then = {(int64_t)rng_below(rng, 1000)},
                                    .file = sample_uid(rng),
                                    .instructed_at = sample_time(rng),
                                    .since = sample_time(rng),
                                    .number = sample_number(rng),
                                    .heard = sample_number(rng),
                                    .heard_back = sample_number(rng),
                                    .own_signed = sample_bytes(rng),
                                    .partner_signed = sample_bytes(rng),
                                    .booking_count = 2};
    obligation.bookings[0] = sample_booking(rng);
    obligation.bookings[1] = sample_booking(rng);
    return obligation;
}

static void sample_payment_command(struct rng *rng, struct command *command)
{
    struct command_payment *payment = &command->payment;
    if (command->kind == COMMAND_KEEP_NETTING) {
        command->netting =
            (struct command_netting){NETTING_WORD, sample_month(rng), sample_partner(rng),
                                     sample_partner(rng), sample_netting_row(rng)};
        return;
    }
    payment->partner = sample_partner(rng);
    payment->period = sample_month(rng);
    if (command->kind == COMMAND_NET_PAYMENT) {
        payment->terms = sample_terms(rng);
    } else if (command->kind == COMMAND_INSTRUCT_PAYMENT) {
        payment->file = sample_uid(rng);
        payment->is_residual = rng_below(rng, 2) == 1;
    } else if (command->kind == COMMAND_BOOK_PAYMENT) {
        payment->booking = sample_booking(rng);
    } else {
        payment->figures = sample_figures(rng);
        payment->number = sample_number(rng);
        payment->heard = sample_number(rng);
        payment->notice_signed = sample_bytes(rng);
    }
}

static void sample_dispute_command(struct rng *rng, struct command *command)
{
    bool opens = command->kind == COMMAND_OPEN_DISPUTE;
    command->dispute =
        (struct command_dispute){.partner = sample_partner(rng),
                                 .direction = STREAM_IN,
                                 .number = sample_number(rng),
                                 .points = opens ? sample_points(rng) : points_of(0),
                                 .reason = opens ? DISPUTE_DOUBLED : (enum dispute_reason)0,
                                 .step = opens ? (enum dispute_step)0 : STEP_RULE_UPHELD,
                                 .note = "twice at till 4"};
}

struct block_terms sample_block_terms(struct rng *rng)
{
    return (struct block_terms){.id = sample_uid(rng),
                                .seller = sample_partner(rng),
                                .buyer = sample_partner(rng),
                                .points = points_of(1 + (int64_t)rng_below(rng, 1000000)),
                                .tariff = (uint32_t)rng_below(rng, 99),
                                .offered_until = sample_time(rng),
                                .valid_from = sample_time(rng),
                                .valid_until = sample_time(rng),
                                .refuses_when_empty = rng_below(rng, 2) == 1};
}

struct programme_row sample_programme_row(struct rng *rng)
{
    return (struct programme_row){.version = 1 + (uint32_t)rng_below(rng, 99),
                                  .from = sample_time(rng),
                                  .activated = sample_time(rng),
                                  .by = "marketing",
                                  .text = sample_bytes(rng)};
}

struct alert_finding sample_finding(struct rng *rng)
{
    struct alert_finding finding = {.action = ALERT_HELD, .sale = sample_uid(rng)};
    sample_text(rng, finding.rule, sizeof finding.rule);
    sample_text(rng, finding.subject, sizeof finding.subject);
    sample_text(rng, finding.found, sizeof finding.found);
    finding.begins_at = sample_time(rng);
    return finding;
}

void sample_seal(struct rng *rng, struct remark *out_remark)
{
    struct slice sealed = sample_bytes(rng);
    bool fits = sealed.length <= LIMIT_SEALED_REMARK_BYTES;
    *out_remark = (struct remark){.sealed = fits ? sealed : slice_of(NULL, 0)};
    sample_fill(rng, out_remark->tag, sizeof out_remark->tag);
}

struct alert sample_alert(struct rng *rng)
{
    struct alert alert = {.state = ALERT_FRAUD, .finding = sample_finding(rng), .by = "ann"};
    alert.raised_at = sample_time(rng);
    alert.closed_at = sample_time(rng);
    sample_text(rng, alert.reason.text, sizeof alert.reason.text);
    return alert;
}

struct pool_right sample_pool_right(struct rng *rng)
{
    return (struct pool_right){.kind = POOL_RIGHT_MONTH,
                               .limit = points_of(1 + (int64_t)rng_below(rng, 1000)),
                               .held = points_of((int64_t)rng_below(rng, 1000)),
                               .spent = points_of((int64_t)rng_below(rng, 1000)),
                               .window = (int64_t)rng_below(rng, 99999)};
}

static void sample_guard_command(struct rng *rng, struct command *command)
{
    if (command->kind == COMMAND_SET_POOL_RIGHT) {
        command->pool_right = (struct command_pool_right){.pool = sample_uid(rng),
                                                          .member = sample_uid(rng),
                                                          .kind = POOL_RIGHT_DAY,
                                                          .limit = sample_points(rng),
                                                          .by = sample_uid(rng)};
    } else if (command->kind == COMMAND_BEAR_CARD) {
        command->bearer = (struct command_bearer){sample_card(rng), sample_uid(rng)};
    } else if (command->kind == COMMAND_RAISE_ALERT) {
        command->finding = sample_finding(rng);
    } else {
        command->alert_ruling = (struct command_alert_ruling){
            .alert = sample_uid(rng), .is_fraud = rng_below(rng, 2) == 1, .by = "ann"};
        sample_text(rng, command->alert_ruling.reason.text,
                    sizeof command->alert_ruling.reason.text);
    }
}

struct command sample_command(struct rng *rng, enum command_kind kind)
{
    struct command command = {.kind = kind};
    if (kind == COMMAND_ACTIVATE_PROGRAMME) {
        command.programme = (struct command_programme){.number = 1 + (uint32_t)rng_below(rng, 99),
                                                       .version = 1 + (uint32_t)rng_below(rng, 99),
                                                       .from = sample_time(rng),
                                                       .by = "marketing",
                                                       .text = sample_bytes(rng)};
    } else if (kind >= COMMAND_SET_POOL_RIGHT && kind <= COMMAND_BEAR_CARD) {
        sample_guard_command(rng, &command);
    } else if (kind >= COMMAND_NET_PAYMENT && kind <= COMMAND_KEEP_NETTING) {
        sample_payment_command(rng, &command);
    } else if (kind == COMMAND_OPEN_DISPUTE || kind == COMMAND_STEP_DISPUTE) {
        sample_dispute_command(rng, &command);
    } else if (kind == COMMAND_CHANGE_STANDING || kind == COMMAND_RESERVE) {
        sample_standing_command(rng, &command);
    } else if (kind == COMMAND_SELL_BLOCK || kind == COMMAND_BUY_BLOCK) {
        command.block_of_points =
            (struct command_block_of_points){sample_block_terms(rng), sample_bytes(rng)};
    } else if (kind == COMMAND_WITHDRAW_BLOCK) {
        command.withdrawal = (struct command_withdrawal){sample_uid(rng), sample_partner(rng)};
    } else if (kind == COMMAND_DISPUTE_DUE || kind == COMMAND_TELL_FUNDING ||
               kind == COMMAND_SEND_EARNS || kind == COMMAND_BLOCK_DUE) {
        sample_node_command(rng, &command);
    } else if (kind >= COMMAND_RECOVER_ENTRY && kind <= COMMAND_SET_APART) {
        sample_recovery_command(rng, &command);
    } else if (kind <= COMMAND_RETURN_BURN) {
        sample_till_command(rng, &command);
    } else if (kind >= COMMAND_GRANT_MANDATE && kind <= COMMAND_GIVE_UP_HOLD) {
        sample_mandate_command(rng, &command);
    } else if (kind >= COMMAND_TRANSFER && kind != COMMAND_TELL_CARDS) {
        sample_office_command(rng, &command);
    } else {
        sample_node_command(rng, &command);
    }
    return command;
}
