/* The money side: what the journal says of statements and payments, and what the node says of nets
 * and disputes, told to the core (accounting/settling.h). */
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "cli/books.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/payment.h"
#include "wire/messages.h"

#define STATEMENT_ARENA_BYTES (4u << 20)

void books_money_init(struct books_money *money, struct cli *cli, const struct books_terms *terms)
{
    *money = (struct books_money){.cli = cli, .terms = terms};
    arena_init(&money->arena, STATEMENT_ARENA_BYTES);
    settling_init(&money->settling, &terms->self, &terms->file.templates);
}

void books_money_fini(struct books_money *money)
{
    settling_fini(&money->settling);
    arena_fini(&money->arena);
}

static enum err add_statement(struct books_money *money, ProtobufCBinaryData bytes,
                              struct unix_ms at, struct note *note)
{
    struct pair_statement statement;
    arena_reset(&money->arena);
    TRY(wire_statement_decode(message_slice(bytes), &money->arena, &statement, note));
    enum err err = settling_statement(&money->settling, &money->terms->roster, &statement, at);
    return err == ERR_INPUT ? note_set(note, err,
                                       "a statement is under a tariff that this charter "
                                       "does not have")
                            : err;
}

static enum err add_payment(struct books_money *money, const Talea__V1__SettlementStep *step,
                            struct unix_ms at)
{
    const Talea__V1__PaymentStep *payment = step->payment;
    struct settling_payment value = {.period = {step->period},
                                     .is_debtor =
                                         strcmp(payment->debtor, money->terms->self.text) == 0,
                                     .is_multilateral = payment->is_multilateral,
                                     .figures = {{payment->amount_minor},
                                                 {payment->instructed_minor},
                                                 {payment->sent_minor},
                                                 {payment->received_minor}}};
    TRY(partner_id_parse(step->partner, &value.partner));
    snprintf(value.reference, sizeof value.reference, "%s", payment->reference);
    return settling_payment(
        &money->settling, &value,
        payment->booked_unix_ms == 0 ? at : (struct unix_ms){payment->booked_unix_ms});
}

enum err books_money_add(struct books_money *money, const Talea__V1__Event *event,
                         struct note *note)
{
    const Talea__V1__SettlementStep *step = event->settlement;
    struct unix_ms at = {event->recorded_unix_ms};
    if (step == NULL) {
        return ERR_OK;
    }
    if (step->agreed_statement.len > 0) {
        TRY(add_statement(money, step->agreed_statement, at, note));
    }
    return step->payment == NULL ? ERR_OK : add_payment(money, step, at);
}

/* ---- What the journal's rows don't say by themselves ---- */

/* A pair that is netted and has no payment of its own went into the net of all pairs. */
static enum err net_pair(struct books_money *money, const Talea__V1__PeriodStatus *status)
{
    struct partner_id partner;
    TRY(partner_id_parse(status->partner, &partner));
    return settling_netted(&money->settling, &partner, (struct period){status->period});
}

static enum cli_exit read_nets(struct books_money *money)
{
    Talea__V1__ListPeriodStatusRequest request;
    talea__v1__list_period_status_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = payment_call(money->cli, "ListPeriodStatus", &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__ListPeriodStatusResponse *reply =
        (const Talea__V1__ListPeriodStatusResponse *)message;
    for (size_t i = 0; i < reply->n_pairs; i++) {
        if (reply->pairs[i]->state >= TALEA__V1__SETTLEMENT_STATE__SETTLEMENT_STATE_NETTED) {
            enum err err = net_pair(money, reply->pairs[i]);
            if (err != ERR_OK) {
                return cli_fail_err(money->cli, err, NULL);
            }
        }
    }
    return CLI_OK;
}

/* Does the entry, as it is here, count in the end? What is set apart is claimed by who has it; of
 * two that differ in their tariff the opener's counts when it is upheld, else the other one. */
static bool stands(const Talea__V1__Dispute *dispute)
{
    bool is_upheld = dispute->outcome == TALEA__V1__DISPUTE_RULING__DISPUTE_RULING_UPHELD;
    if (!dispute->is_set_apart) {
        return dispute->was_applied != is_upheld;
    }
    return is_upheld ? dispute->is_opener || !dispute->was_applied
                     : !dispute->is_opener && dispute->was_applied;
}

static enum err release(struct books_money *money, const Talea__V1__Dispute *dispute)
{
    struct settling_dispute value = {.period = {dispute->period},
                                     .is_sent = dispute->entry->is_sent,
                                     .was_applied = dispute->was_applied,
                                     .was_left_out = dispute->is_suspended,
                                     .stands = stands(dispute),
                                     .line = {.kind = (enum entry_kind)dispute->kind,
                                              .tariff = dispute->tariff,
                                              .count = 1,
                                              .points = dispute->claimed_points}};
    TRY(partner_id_parse(dispute->entry->partner, &value.partner));
    return settling_release(&money->settling, &money->terms->roster, &value,
                            (struct unix_ms){dispute->moved_unix_ms});
}

static enum cli_exit release_page(struct books_money *money,
                                  const Talea__V1__ListDisputesResponse *reply)
{
    for (size_t i = 0; i < reply->n_disputes; i++) {
        const Talea__V1__Dispute *dispute = reply->disputes[i];
        bool is_over = dispute->state == TALEA__V1__DISPUTE_STATE__DISPUTE_STATE_ADJUSTED;
        if (dispute->entry != NULL && is_over) {
            enum err err = release(money, dispute);
            if (err != ERR_OK) {
                return cli_fail_err(money->cli, err, NULL);
            }
        }
    }
    return CLI_OK;
}

static enum cli_exit read_disputes(struct books_money *money)
{
    char token[LIMIT_CONFIG_VALUE_BYTES] = "";
    bool has_more = true;
    while (has_more) {
        Talea__V1__ListDisputesRequest request;
        talea__v1__list_disputes_request__init(&request);
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        request.with_ended = true;
        request.page_size = LIMIT_PAGE_ROWS;
        request.page_token = token;
        enum cli_exit outcome = office_call(money->cli, "ListDisputes", &request.base, &message);
        if (outcome != CLI_OK) {
            return outcome;
        }
        const Talea__V1__ListDisputesResponse *reply =
            (const Talea__V1__ListDisputesResponse *)message;
        outcome = release_page(money, reply);
        if (outcome != CLI_OK) {
            return outcome;
        }
        snprintf(token, sizeof token, "%s", reply->next_page_token);
        has_more = token[0] != '\0';
    }
    return CLI_OK;
}

enum cli_exit books_money_finish(struct books_money *money)
{
    enum cli_exit outcome = read_nets(money);
    outcome = outcome == CLI_OK ? read_disputes(money) : outcome;
    return outcome;
}
