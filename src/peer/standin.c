#include "peer/standin.h"

#include "wire/messages.h"

static enum err add_row(const struct ledger_view *view, const struct partner_id *home,
                        const struct partner_id *redeemer, const struct uid *id, struct unix_ms now,
                        struct standin_mandates *mandates)
{
    struct mandate_row row;
    if (uid_is_nil(id)) {
        return ERR_OK;
    }
    TRY(ledger_get_mandate(view, home, redeemer, id, &row));
    if (row.mandate.valid_until.ms >= now.ms) {
        mandates->rows[mandates->count++] = row;
    }
    return ERR_OK;
}

enum err standin_mandates(const struct ledger_view *view, const struct partner_id *home,
                          const struct partner_id *redeemer, struct unix_ms now,
                          struct standin_mandates *out_mandates)
{
    struct mandate_line line;
    struct standin_mandates mandates = {.count = 0};
    enum err err = ledger_get_mandate_line(view, home, redeemer, &line);
    if (err == ERR_OK) {
        TRY(add_row(view, home, redeemer, &line.before, now, &mandates));
        TRY(add_row(view, home, redeemer, &line.newest, now, &mandates));
    } else if (err != ERR_NOT_FOUND) {
        return err;
    }
    *out_mandates = mandates;
    return ERR_OK;
}

int64_t standin_left(const struct standin_mandates *mandates)
{
    int64_t left = 0;
    for (size_t i = 0; i < mandates->count; i++) {
        left += mandates->rows[i].mandate.daily_cap.minor - mandates->rows[i].used.minor;
    }
    return left;
}

bool standin_is_due(const struct standin_mandates *mandates, struct unix_ms now)
{
    if (mandates->count == 0) {
        return true;
    }
    const struct mandate *last = &mandates->rows[mandates->count - 1].mandate;
    int64_t life = last->valid_until.ms - last->valid_from.ms;
    return last->valid_from.ms <= now.ms && last->valid_until.ms - now.ms <= life / 2;
}

/* The next one, behind those that there are. */
static struct mandate next_mandate(const struct peer_host *host, const struct partner_id *redeemer,
                                   const struct standin_terms *terms, const struct uid *id,
                                   const struct standin_mandates *mandates)
{
    struct mandate mandate = {.id = *id,
                              .home = host->roster->self,
                              .redeemer = *redeemer,
                              .floor = terms->floor,
                              .daily_cap = terms->cap,
                              .valid_from = host->now};
    if (mandates->count > 0) {
        mandate.valid_from = mandates->rows[mandates->count - 1].mandate.valid_until;
    }
    mandate.valid_until.ms = mandate.valid_from.ms + terms->life_ms;
    return mandate;
}

enum err standin_give(const struct peer_host *host, const struct partner_id *redeemer,
                      const struct standin_terms *terms, const struct uid *new_id,
                      struct standin_mandates *out_mandates)
{
    struct standin_mandates mandates;
    TRY(standin_mandates(&host->view, &host->roster->self, redeemer, host->now, &mandates));
    if (terms->floor.minor > 0 && standin_is_due(&mandates, host->now)) {
        ASSERT(mandates.count < STANDIN_MANDATES_MAX); /* the last one has begun */
        struct command command = {.kind = COMMAND_GRANT_MANDATE,
                                  .origin = host->roster->self,
                                  .transaction_id = *new_id,
                                  .business_time = host->now};
        command.mandate.mandate = next_mandate(host, redeemer, terms, new_id, &mandates);
        struct outcome outcome = engine_execute(host->engine, &command);
        TRY(outcome.err);
        if (outcome.verdict == VERDICT_OK) { /* else another call was sooner; its is fetched next */
            mandates.rows[mandates.count++] =
                (struct mandate_row){.mandate = command.mandate.mandate};
        }
    }
    *out_mandates = mandates;
    return ERR_OK;
}

enum err standin_sign(const struct peer_host *host, const struct mandate *mandate,
                      struct buffer *out_signed)
{
    struct buffer payload = {0};
    enum err err = wire_mandate_encode(mandate, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, PURPOSE_MANDATE, buffer_slice(&payload), out_signed);
    }
    buffer_fini(&payload);
    return err;
}

static enum err record(const struct peer_host *host, const struct mandate *mandate,
                       const struct signed_message *message, struct note *note)
{
    struct buffer evidence = {0};
    struct command command = {.kind = COMMAND_TAKE_MANDATE,
                              .origin = mandate->home,
                              .transaction_id = mandate->id,
                              .business_time = host->now};
    enum err err = signed_encode(message, &evidence);
    if (err == ERR_OK) {
        command.mandate = (struct command_mandate){*mandate, buffer_slice(&evidence)};
        struct outcome outcome = engine_execute(host->engine, &command);
        err = outcome.err;
        if (err == ERR_OK && outcome.verdict != VERDICT_OK) {
            err = note_set(note, ERR_DISAGREE, "a mandate of %s is not taken: %s",
                           mandate->home.text, verdict_describe(outcome.verdict)->name);
        }
    }
    buffer_fini(&evidence);
    return err;
}

enum err standin_take(const struct peer_host *host, const struct partner_id *home,
                      const struct signed_message *message, bool *out_is_new, struct note *note)
{
    struct mandate mandate;
    struct mandate_row known;
    TRY(peer_verify(host, message, PURPOSE_MANDATE, home, note));
    TRY(wire_mandate_decode(message->payload, &mandate, note));
    if (!partner_id_equal(&mandate.home, home) ||
        !partner_id_equal(&mandate.redeemer, &host->roster->self)) {
        return note_set(note, ERR_DISAGREE, "the mandate of %s is for somebody else", home->text);
    }
    enum err err = ledger_get_mandate(&host->view, home, &host->roster->self, &mandate.id, &known);
    if (err == ERR_NOT_FOUND) {
        *out_is_new = true;
        return record(host, &mandate, message, note);
    }
    TRY(err);
    *out_is_new = false;
    return mandates_equal(&known.mandate, &mandate)
               ? ERR_OK
               : note_set(note, ERR_DISAGREE, "%s signed two mandates under one id", home->text);
}
