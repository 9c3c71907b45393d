#include "world_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model_parts.h"

bool complain(char *complaint, const char *what, int64_t ledger, int64_t model)
{
    (void)snprintf(complaint, COMPLAINT_SIZE, "%s: the ledger says %" PRId64 ", the model %" PRId64,
                   what, ledger, model);
    return false;
}

bool answers_agree(enum verdict verdict, const struct answer *answer, bool is_repeat,
                   const struct model_answer *model, char *complaint)
{
    if (verdict != model->verdict) {
        (void)snprintf(complaint, COMPLAINT_SIZE, "verdict: the ledger says %s, the model %s",
                       verdict_describe(verdict)->name, verdict_describe(model->verdict)->name);
        return false;
    }
    const struct {
        const char *what;
        int64_t ledger;
        int64_t model;
    } figures[] = {
        {"is it a repeat", is_repeat, model->is_repeat},
        {"the answer's points", answer->points.minor, model->points},
        {"the answer's points left", answer->left.minor, model->left},
        {"the answer's debt", answer->debt.minor, model->debt},
        {"the answer's amount", answer->amount.minor, model->amount},
        {"the answer's points written off", answer->written_off.minor, model->written_off},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (figures[i].ledger != figures[i].model) {
            return complain(complaint, figures[i].what, figures[i].ledger, figures[i].model);
        }
    }
    if (model->card.digits[0] != '\0' && strcmp(model->card.digits, answer->card.digits) != 0) {
        (void)snprintf(complaint, COMPLAINT_SIZE, "the answer's card: %s, the model %s",
                       answer->card.digits, model->card.digits);
        return false;
    }
    return true;
}

static bool is_lot(const struct model *m, const struct lot *lot, const struct model_lot *other)
{
    struct model_key key = {.issuer = model_partner(m, &lot->key.issuer),
                            .tariff = lot->key.tariff,
                            .active_from = lot->key.active_from.ms,
                            .expires_at = lot->key.expires_at.ms,
                            .idle_months = lot->key.idle_months};
    return model_keys_equal(&key, &other->key) && lot->free.minor == other->free &&
           lot->held.minor == other->held;
}

static bool lots_agree(const struct model *m, const struct member *row,
                       const struct model_member *member, char *complaint)
{
    if (row->lot_count != member->lot_count) {
        return complain(complaint, "a member's lots", (int64_t)row->lot_count,
                        (int64_t)member->lot_count);
    }
    for (size_t i = 0; i < row->lot_count; i++) {
        bool is_there = false;
        for (size_t j = 0; j < member->lot_count && !is_there; j++) {
            is_there = is_lot(m, &row->lots[i], &member->lots[j]);
        }
        if (!is_there) {
            const struct lot *lot = &row->lots[i];
            (void)snprintf(complaint, COMPLAINT_SIZE,
                           "the model has no such lot: of %s under %" PRIu32 ", from %" PRId64
                           " until %" PRId64 ", idle %u, free %" PRId64 ", held %" PRId64,
                           lot->key.issuer.text, lot->key.tariff, lot->key.active_from.ms,
                           lot->key.expires_at.ms, lot->key.idle_months, lot->free.minor,
                           lot->held.minor);
            return false;
        }
    }
    return true;
}

static bool row_agrees(const struct ledger_view *view, const struct model *m, int index,
                       struct unix_ms now, char *complaint)
{
    struct member row;
    struct model_member member;
    struct model_balances sums = model_balances(m, index, now);
    model_view(m, index, now.ms, &member);
    if (ledger_get_member(view, &member.id, &row) != ERR_OK) {
        return complain(complaint, "there is no such member", 0, index);
    }
    member_settle_view(&row, now);
    const struct {
        const char *what;
        int64_t ledger;
        int64_t model;
    } figures[] = {
        {"available", row.available.minor, sums.available},
        {"pending", row.pending.minor, sums.pending},
        {"held", row.held.minor, sums.held},
        {"debt", row.debt.minor, sums.debt},
        {"is the member blocked", row.is_blocked, member.is_blocked},
        {"is the member a pool", row.is_pool, member.is_pool},
        {"is the member erased", row.is_erased, member.is_erased},
        {"is the member merged", row.is_merged, member.merged_into >= 0},
        {"the member's last activity", row.active_at.ms, member.active_at},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (figures[i].ledger != figures[i].model) {
            return complain(complaint, figures[i].what, figures[i].ledger, figures[i].model);
        }
    }
    return lots_agree(m, &row, &member, complaint);
}

bool member_agrees(const struct ledger_view *view, const struct model *m, int index,
                   struct unix_ms now, char *complaint)
{
    char text[COMPLAINT_SIZE];
    if (row_agrees(view, m, index, now, text)) {
        return true;
    }
    (void)snprintf(complaint, COMPLAINT_SIZE, "member-%u: %.480s",
                   get_u32_be(m->members[index].id.bytes + 12), text);
    return false;
}

bool accounts_agree(const struct ledger_view *view, const struct model *m, char *complaint)
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct model_account *account = &m->accounts[i];
        struct account_ref ref = {.kind = account->kind, .period = {account->period}};
        struct account sums;
        if (account_kind_is_member(account->kind)) {
            continue; /* the model posts less often: only the balances are comparable */
        }
        if (account_kind_is_partner(account->kind)) {
            ref.partner = m->roster->partners[account->partner].id;
        }
        if (ledger_get_account(view, &ref, &sums) != ERR_OK) {
            return complain(complaint, "an account can't be read", 0, 0);
        }
        if (sums.debit - sums.credit != account->debit - account->credit) {
            return complain(complaint, account_kind_name(account->kind), sums.debit - sums.credit,
                            account->debit - account->credit);
        }
    }
    return true;
}
