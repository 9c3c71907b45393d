#include "node/peer_status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/outbox.h"
#include "node/caps.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/peer_guard.h"
#include "node/peers.h"
#include "peer/standin.h"
#include "wire/messages.h"

#define ADVICE_MAX         16u
#define ADVICE_BYTES       400u
#define LAG_TOLD_MS        (10 * 60000)
#define REFUSAL_RECENT_MS  (15 * 60000)
#define REFUSALS_ADVISED   3u
#define ASK_THE_OTHER_SIDE "ask who runs the partner's node; what is refused here moves nothing"

/* What is read for one partner. */
struct look {
    struct node *node;
    struct arena *arena;
    const struct ledger_view *view;
    const struct snapshot *snapshot;
    struct peer_report report;
    struct peer_refusals refusals;
    struct stream out;
    struct stream in;
    struct unix_ms now;
    Talea__V1__PeerStatus *message;
    bool is_cut; /* there was no more room */
};

static void advise(struct look *look, const char *action, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void advise(struct look *look, const char *action, const char *format, ...)
{
    char problem[ADVICE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(problem, sizeof problem, format, args);
    va_end(args);
    if (look->message->n_advice == ADVICE_MAX) {
        return;
    }
    Talea__V1__PeerAdvice *advice = arena_alloc(look->arena, sizeof *advice);
    char *text = message_copy(look->arena, problem, sizeof problem);
    if (advice == NULL || text == NULL) {
        look->is_cut = true;
        return;
    }
    talea__v1__peer_advice__init(advice);
    advice->problem = text;
    advice->action = (char *)(uintptr_t)action;
    look->message->advice[look->message->n_advice++] = advice;
}

/* When the oldest entry that waits for a receipt happened. */
static int64_t oldest_unreceipted(const struct look *look)
{
    struct outbox_reader outbox;
    struct outbox_entry entry;
    struct clearing_entry decoded;
    int64_t time = 0;
    if (look->out.receipted_number >= look->out.last_number) {
        return 0;
    }
    outbox_reader_init(&outbox, &look->node->journal, *look->view);
    if (outbox_read(&outbox, &look->report.partner, look->out.receipted_number + 1, &entry) ==
            ERR_OK &&
        wire_entry_decode(entry.bytes, &decoded, NULL) == ERR_OK) {
        time = decoded.business_time.ms;
    }
    outbox_reader_fini(&outbox);
    return time;
}

static enum err fill_streams(struct look *look)
{
    Talea__V1__PeerStatus *message = look->message;
    const struct roster *roster = &look->snapshot->roster;
    const struct partner_id *partner = &look->report.partner;
    TRY(ledger_get_stream(look->view, roster, STREAM_OUT, partner, &look->out));
    TRY(ledger_get_stream(look->view, roster, STREAM_IN, partner, &look->in));
    message->sent_number = look->out.last_number;
    message->receipted_number = look->out.receipted_number;
    message->received_number = look->in.last_number;
    message->sent_bytes = look->out.bytes;
    message->received_bytes = look->in.bytes;
    message->taken_receipt_number = look->out.receipt_number;
    message->given_receipt_number = look->in.receipt_number;
    message->charter_epoch = look->report.charter_epoch;
    message->last_period = roster_last_period(roster, partner).code;
    message->is_sending_frozen = look->out.is_frozen;
    message->is_receiving_frozen = look->in.is_frozen;
    message->reconciled_unix_ms = look->refusals.reconciled.ms;
    message->oldest_unreceipted_unix_ms = oldest_unreceipted(look);
    return ERR_OK;
}

/* Nothing when this ledger was never a copy. */
static enum err fill_recovery(struct look *look)
{
    struct partner_recovery row;
    enum err err = ledger_get_recovery(look->view, &look->report.partner, &row);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    Talea__V1__Recovery *recovery = arena_alloc(look->arena, sizeof *recovery);
    if (recovery == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__recovery__init(recovery);
    recovery->began_unix_ms = row.began.ms;
    recovery->ended_unix_ms = row.ended.ms;
    recovery->own_entries = row.own_entries;
    recovery->own_last_number = row.own_last;
    recovery->own_points = row.own_points.minor;
    recovery->taken_entries = row.taken_entries;
    recovery->taken_last_number = row.taken_last;
    recovery->taken_points = row.taken_points.minor;
    recovery->holds = row.holds;
    recovery->forced = row.forced;
    recovery->members = row.members;
    recovery->unreplayed = row.unreplayed;
    recovery->debt_points = row.debt.minor;
    recovery->written_off_points = row.written_off.minor;
    look->message->recovery = recovery;
    if (look->out.is_recovering) {
        advise(look, "wait until the partner's node answers; nothing is written for it before",
               "this ledger was restored from an older copy and has not yet got back what %s "
               "holds of it",
               look->report.partner.text);
    }
    return ERR_OK;
}

/* What either side's tills may burn without asking the other. */
static enum err fill_stand_in(struct look *look)
{
    const struct partner_id *self = &look->snapshot->roster.self;
    const struct partner_id *partner = &look->report.partner;
    struct standin_mandates given;
    struct standin_mandates held;
    TRY(standin_mandates(look->view, self, partner, look->now, &given));
    TRY(standin_mandates(look->view, partner, self, look->now, &held));
    look->message->stand_in_exposure_points = standin_left(&given);
    look->message->stand_in_allowance_points = standin_left(&held);
    return ERR_OK;
}

static enum err fill_reconciliations(struct look *look)
{
    Talea__V1__PeerStatus *message = look->message;
    message->reconciliations = arena_alloc(look->arena, 2 * sizeof *message->reconciliations);
    for (unsigned is_open = 0; is_open < 2; is_open++) {
        struct reconcile_report report =
            peers_reconciled(look->node->peers, &look->report.partner, is_open == 1);
        Talea__V1__Reconciliation *last = arena_alloc(look->arena, sizeof *last);
        if (last == NULL || message->reconciliations == NULL) {
            return ERR_RESOURCE;
        }
        if (report.at.ms == 0) {
            continue;
        }
        talea__v1__reconciliation__init(last);
        last->at_unix_ms = report.at.ms;
        last->period = report.period.code;
        last->entries = report.entries;
        last->differences = report.differences;
        last->detail = arena_text(look->arena, slice_of(report.detail, strlen(report.detail)));
        if (last->detail == NULL) {
            return ERR_RESOURCE;
        }
        message->reconciliations[message->n_reconciliations++] = last;
        if (report.differences > 0) {
            advise(look, "talea period reconcile PARTNER shows them; dispute what is not theirs",
                   "entries of %s differ from what %s has", look->snapshot->roster.self.text,
                   look->report.partner.text);
        }
    }
    return ERR_OK;
}

static Talea__V1__CapState cap_state(enum cap_level level)
{
    switch (level) {
    case CAP_FREE:
        return TALEA__V1__CAP_STATE__CAP_STATE_FREE;
    case CAP_NEAR:
        return TALEA__V1__CAP_STATE__CAP_STATE_NEAR;
    case CAP_REACHED:
        return TALEA__V1__CAP_STATE__CAP_STATE_REACHED;
    }
    return TALEA__V1__CAP_STATE__CAP_STATE_UNSPECIFIED;
}

static void advise_cap(struct look *look, const char *who, enum cap_level level)
{
    bool waits = look->snapshot->roster.waits_at_cap;
    if (level == CAP_NEAR) {
        advise(look, "settle soon: close the period, or pay; talea period list",
               "%s owes %u %% or more of the net debit cap", who, EXPOSURE_NEAR_PERCENT);
    } else if (level == CAP_REACHED) {
        advise(
            look, "settle: close the period; or agree on a higher cap in a new charter",
            "%s owes as much as the charter allows: what would add to it %s, what was promised is "
            "honoured",
            who, waits ? "waits (NET_DEBIT_CAP)" : "is refused with NET_DEBIT_CAP");
    }
}

static enum err fill_waiting(struct look *look)
{
    uint64_t kept;
    uint64_t gone;
    TRY(ledger_get_partner_count(look->view, META_EARNS_KEPT, &look->report.partner, &kept));
    TRY(ledger_get_partner_count(look->view, META_EARNS_GONE, &look->report.partner, &gone));
    look->message->waiting_earns = (uint32_t)(kept - gone);
    return ERR_OK;
}

static enum err fill_exposure(struct look *look)
{
    struct exposure exposure;
    const struct roster *roster = &look->snapshot->roster;
    TRY(ledger_get_exposure(look->view, &look->report.partner, &exposure));
    struct pair_caps caps = caps_of(&exposure, roster, &look->report.partner, node_now(look->node));
    look->message->owed_minor = caps.owed.minor;
    look->message->promised_minor = caps.promised.minor;
    look->message->net_debit_cap_minor = roster->net_debit_cap.minor;
    look->message->own_cap = cap_state(caps.own);
    look->message->partner_cap = cap_state(caps.partners);
    advise_cap(look, roster->self.text, caps.own);
    advise_cap(look, look->report.partner.text, caps.partners);
    return fill_waiting(look);
}

static enum err fill_evidence(struct look *look)
{
    struct ledger_key key;
    struct slice value;
    for (uint64_t number = 1; number <= LIMIT_EVIDENCE_PER_PARTNER; number++) {
        key_evidence(&look->report.partner, number, &key);
        enum err err = view_get(look->view, TABLE_EVIDENCE, &key, &value);
        if (err == ERR_NOT_FOUND) {
            return ERR_OK;
        }
        TRY(err);
        look->message->evidence_count++;
    }
    return ERR_OK;
}

static enum err read_count(const struct look *look, const char *name, uint32_t *out_count)
{
    uint64_t count;
    TRY(ledger_get_partner_count(look->view, name, &look->report.partner, &count));
    *out_count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    return ERR_OK;
}

static enum err fill_disputes(struct look *look)
{
    Talea__V1__PeerStatus *message = look->message;
    TRY(read_count(look, META_DISPUTES, &message->open_disputes));
    TRY(read_count(look, META_ESCALATED, &message->escalated_disputes));
    if (message->escalated_disputes > 0) {
        advise(look, "talea dispute list; agree with the partner's office, then talea dispute rule",
               "%u disputes are escalated: they wait until both offices rule the same",
               message->escalated_disputes);
    }
    return ERR_OK;
}

static void fill_refusals(struct look *look)
{
    Talea__V1__PeerStatus *message = look->message;
    size_t count = look->refusals.count;
    message->refusals = arena_alloc(look->arena, (count + 1) * sizeof(void *));
    Talea__V1__PeerRefusal *rows = arena_alloc(look->arena, (count + 1) * sizeof *rows);
    look->is_cut = look->is_cut || message->refusals == NULL || rows == NULL;
    for (size_t i = 0; i < count && !look->is_cut; i++) {
        talea__v1__peer_refusal__init(&rows[i]);
        rows[i].reason = look->refusals.rows[i].reason;
        rows[i].times = (uint64_t)look->refusals.rows[i].times;
        rows[i].last_unix_ms = look->refusals.rows[i].last.ms;
        rows[i].detail = look->refusals.rows[i].detail;
        message->refusals[message->n_refusals++] = &rows[i];
    }
}

static void advise_streams(struct look *look)
{
    const struct peer_report *report = &look->report;
    int64_t oldest = look->message->oldest_unreceipted_unix_ms;
    if (look->out.is_frozen || look->in.is_frozen) {
        advise(look, "talea evidence list; show the evidence to the partner and settle by hand",
               "%s is frozen: the two halves contradict each other",
               look->out.is_frozen && look->in.is_frozen ? "clearing both ways"
               : look->out.is_frozen                     ? "our stream to the partner"
                                                         : "the partner's stream to us");
    }
    if (!report->is_connected) {
        advise(look,
               "see that the partner's node runs and answers at its address; nothing is lost, "
               "entries go out when it does",
               "not connected: %s", report->problem);
    }
    if (oldest != 0 && look->now.ms - oldest > LAG_TOLD_MS) {
        advise(look,
               "see the partner's node: it is slow, full or away; entries are kept until "
               "their receipts come",
               "%" PRIu64 " entries wait for a receipt, the oldest for %" PRId64 " minutes",
               look->out.last_number - look->out.receipted_number, (look->now.ms - oldest) / 60000);
    }
}

static void advise_charter(struct look *look)
{
    uint64_t ours = look->snapshot->charter->epoch;
    uint64_t theirs = look->report.charter_epoch;
    if (theirs != 0 && theirs < ours) {
        advise(look, "see the log of the partner's node, which was given it and did not take it",
               "charter epoch %" PRIu64 " is in force there, %" PRIu64 " here", theirs, ours);
    }
}

static void advise_refusals(struct look *look)
{
    size_t told = 0;
    for (size_t i = 0; i < look->refusals.count && told < REFUSALS_ADVISED; i++) {
        int64_t since = look->now.ms - look->refusals.rows[i].last.ms;
        if (since < REFUSAL_RECENT_MS) {
            advise(look, ASK_THE_OTHER_SIDE, "refused %" PRId64 " times, %s: %s",
                   look->refusals.rows[i].times, look->refusals.rows[i].reason,
                   look->refusals.rows[i].detail);
            told++;
        }
    }
    if (look->message->evidence_count > 0) {
        advise(look, "talea evidence export, talea evidence verify",
               "%u pieces of evidence are kept against the partner", look->message->evidence_count);
    }
}

/* The one line of a list: what is worst. */
static void say_problem(const struct look *look)
{
    Talea__V1__PeerStatus *message = look->message;
    if (look->out.is_frozen || look->in.is_frozen) {
        message->problem = (char *)(uintptr_t) "frozen: the two halves contradict each other; "
                                               "talea peer show, talea evidence list";
    } else if (look->report.problem[0] == '\0' && message->n_advice > 0) {
        message->problem = message->advice[0]->problem;
    }
}

static enum err fill(struct look *look)
{
    peer_guard_report(look->node->peer_guard, &look->report.partner, &look->refusals);
    TRY(fill_streams(look));
    advise_streams(look);
    TRY(fill_recovery(look));
    TRY(fill_exposure(look));
    TRY(fill_stand_in(look));
    TRY(fill_reconciliations(look));
    TRY(fill_evidence(look));
    TRY(fill_disputes(look));
    fill_refusals(look);
    advise_charter(look);
    advise_refusals(look);
    say_problem(look);
    return look->is_cut ? ERR_RESOURCE : ERR_OK;
}

Talea__V1__PeerStatus *peer_status(struct node *node, struct arena *arena,
                                   const struct ledger_view *view, const struct snapshot *snapshot,
                                   size_t index)
{
    struct look *look = arena_alloc(arena, sizeof *look);
    Talea__V1__PeerStatus *message = arena_alloc(arena, sizeof *message);
    void *advice = arena_alloc(arena, ADVICE_MAX * sizeof(Talea__V1__PeerAdvice *));
    if (look == NULL || message == NULL || advice == NULL) {
        return NULL;
    }
    *look = (struct look){.node = node,
                          .arena = arena,
                          .view = view,
                          .snapshot = snapshot,
                          .report = peers_report(node->peers, index),
                          .now = node_now(node),
                          .message = message};
    talea__v1__peer_status__init(message);
    message->partner = look->report.partner.text;
    message->address = look->report.address;
    message->is_connected = look->report.is_connected;
    message->connected_since_unix_ms =
        look->report.is_connected ? look->report.connected_since.ms : 0;
    message->problem = look->report.problem;
    message->advice = advice;
    return fill(look) == ERR_OK ? message : NULL;
}
