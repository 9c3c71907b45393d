#include "audit/figures.h"

#include <stdio.h>

void audit_figures(const struct audit_summary *summary, Talea__V1__LedgerFigures *out_figures)
{
    talea__v1__ledger_figures__init(out_figures);
    out_figures->rows = summary->rows;
    out_figures->batches = summary->batches;
    out_figures->commands_done = summary->commands_ok;
    out_figures->commands_refused = summary->commands_refused;
    out_figures->postings = summary->postings;
    out_figures->entries_sent = summary->entries;
    out_figures->entries_received = summary->entries_received;
    out_figures->members = summary->members;
    out_figures->holds = summary->holds;
    out_figures->is_state_compared = summary->has_state;
    out_figures->state_row = summary->state_row;
    out_figures->state_rows = summary->state_rows;
    out_figures->is_vault_read = summary->has_vault;
    out_figures->keys = summary->keys;
    out_figures->issued_points = summary->issued;
    out_figures->redeemed_points = summary->redeemed;
    out_figures->expired_points = summary->expired;
    out_figures->adjusted_points = summary->adjusted;
    out_figures->receivable_points = summary->receivable;
    out_figures->payable_points = summary->payable;
    out_figures->suspense_points = summary->suspense;
    out_figures->outstanding_points = summary->outstanding;
}

const char *audit_finding_text(const struct audit_finding *finding,
                               char out_text[AUDIT_FINDING_TEXT_MAX])
{
    bool is_found = finding->invariant[0] != '\0';
    (void)snprintf(out_text, AUDIT_FINDING_TEXT_MAX, "%s%s%s", finding->invariant,
                   is_found ? ": " : "", finding->note.text);
    return out_text;
}
