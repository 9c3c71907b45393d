#include "cli/dispute_page.h"

#include <stdio.h>
#include <string.h>

#include "cli/amounts.h"
#include "cli/dispute_words.h"
#include "cli/page.h"

#define TEXT_MAX 256

struct view {
    struct page page;
    const struct dispute_sight *sight;
    const Talea__V1__Dispute *dispute;
    const struct charter *charter;
    const struct partner_id *sender; /* of the disputed entry */
    const struct partner_id *receiver;
};

static const char *words(const struct view *view, enum page_text text)
{
    return page_text(view->page.language, text);
}

static const char *name_of(const struct view *view, const struct partner_id *partner)
{
    return charter_partner_name(view->charter, partner);
}

static const char *opener_of(const struct view *view)
{
    return name_of(view, view->dispute->is_opener ? &view->sight->self : &view->sight->partner);
}

static const char *points_text(const struct view *view, int64_t points, char out_text[TEXT_MAX])
{
    char number[PAGE_NUMBER_MAX];
    page_amount(view->page.language, points, view->charter->points_decimals, number);
    snprintf(out_text, TEXT_MAX, "%s\u00a0%s", number, view->charter->points_name);
    return out_text;
}

static void term_text(struct view *view, enum page_text term, enum page_text text)
{
    page_term(&view->page, term, NULL, words(view, text));
}

static void term_time(struct view *view, enum page_text term, int64_t unix_ms)
{
    char time[TIME_TEXT_MAX];
    page_term(&view->page, term, NULL, amounts_time(unix_ms, time));
}

/* ---- What it is about ---- */

static void write_deadline(struct view *view)
{
    char time[TIME_TEXT_MAX];
    char text[TEXT_MAX];
    int64_t due_ms;
    const struct partner_id *whose;
    if (dispute_deadline(view->sight, &due_ms, &whose)) {
        page_fill(words(view, TEXT_DEADLINE_SILENCE), amounts_time(due_ms, time),
                  name_of(view, whose), text, sizeof text);
        page_term(&view->page, TEXT_DEADLINE, NULL, text);
    }
}

static void write_title(struct view *view)
{
    const Talea__V1__Dispute *dispute = view->dispute;
    char text[TEXT_MAX];
    char number[PAGE_NUMBER_MAX];
    enum dispute_state state = (enum dispute_state)dispute->state;
    page_label(&view->page, "h1", NULL, TEXT_DISPUTE);
    if (view->sight->report.is_flawed) {
        page_label(&view->page, "p", "warning", TEXT_EVIDENCE_BROKEN);
    }
    snprintf(text, sizeof text, "%s \u2192 %s", name_of(view, view->sender),
             name_of(view, view->receiver));
    page_element(&view->page, "p", "result", text);
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_COALITION, NULL, view->charter->coalition);
    page_term(&view->page, TEXT_PERIOD, NULL,
              page_period(view->page.language, (struct period){dispute->period}, number));
    if (dispute->dispute_id[0] != '\0') {
        page_term(&view->page, TEXT_DISPUTE_ID, "code", dispute->dispute_id);
    }
    page_term(&view->page, TEXT_DISPUTE_STATE, NULL,
              page_dispute_state(view->page.language, state));
    write_deadline(view);
    page_close(&view->page);
}

static void write_signed_entry(struct view *view)
{
    const struct entry_proof *disputed = &view->sight->proof.disputed;
    char text[UID_TEXT_MAX];
    char hash[HASH_TEXT_MAX];
    if (view->sight->has_proof) {
        page_term(&view->page, TEXT_TRANSACTION, "code",
                  uid_format(&disputed->entry.transaction_id, text));
        page_term(&view->page, TEXT_ENTRY_HASH, "hash", hash_format(&disputed->entry_hash, hash));
    }
}

static void write_entry(struct view *view)
{
    const Talea__V1__Dispute *dispute = view->dispute;
    enum page_language language = view->page.language;
    char text[TEXT_MAX];
    char number[PAGE_NUMBER_MAX];
    page_label(&view->page, "h2", NULL, TEXT_DISPUTED_ENTRY);
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_NUMBER, NULL, page_count(language, dispute->entry->number, number));
    page_term(&view->page, TEXT_SENDER, NULL, name_of(view, view->sender));
    page_term(&view->page, TEXT_RECEIVER, NULL, name_of(view, view->receiver));
    page_term(&view->page, TEXT_KIND, NULL,
              page_entry_kind(language, (enum entry_kind)dispute->kind));
    page_term(&view->page, TEXT_POINTS, NULL, points_text(view, dispute->entry_points, text));
    page_term(&view->page, TEXT_TARIFF, NULL, page_count(language, dispute->tariff, number));
    if (dispute->card[0] != '\0') {
        page_term(&view->page, TEXT_CARD, "code", dispute->card);
    }
    if (dispute->business_unix_ms != 0) {
        term_time(view, TEXT_BUSINESS_TIME, dispute->business_unix_ms);
    }
    page_fill(words(view, TEXT_REFUSED_FOR),
              view->sight->has_proof ? view->sight->proof.disputed.refusal : dispute->declined, "",
              text, sizeof text);
    page_term(&view->page, TEXT_RECEIVERS_ANSWER, NULL,
              dispute->was_applied ? words(view, TEXT_TAKEN) : text);
    write_signed_entry(view);
    page_close(&view->page);
}

static void write_claim(struct view *view)
{
    const Talea__V1__Dispute *dispute = view->dispute;
    char text[TEXT_MAX];
    page_label(&view->page, "h2", NULL, TEXT_CLAIM);
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_OPENED_BY, NULL, opener_of(view));
    term_time(view, TEXT_OPENED_AT, dispute->opened_unix_ms);
    page_term(&view->page, TEXT_REASON, NULL,
              page_dispute_reason(view->page.language, (enum dispute_reason)dispute->reason));
    page_term(&view->page, TEXT_CLAIMED_POINTS, "result",
              points_text(view, dispute->claimed_points, text));
    if (dispute->was_applied) {
        term_text(view, TEXT_IN_STATEMENT, dispute->is_suspended ? TEXT_LEFT_OUT : TEXT_COUNTED);
    }
    if (dispute->opener_note[0] != '\0') {
        page_term(&view->page, TEXT_NOTE, NULL, dispute->opener_note);
    }
    page_close(&view->page);
}

/* ---- How it went ---- */

static void write_line(struct view *view, const Talea__V1__DisputeLine *line)
{
    const struct dispute_sight *sight = view->sight;
    char text[TEXT_MAX];
    char number[PAGE_NUMBER_MAX];
    page_open(&view->page, "tr", NULL);
    page_element(&view->page, "td", "time", amounts_time(line->said_unix_ms, number));
    page_element(&view->page, "td", NULL,
                 name_of(view, line->is_ours ? &sight->self : &sight->partner));
    page_element(&view->page, "td", NULL,
                 page_dispute_step(view->page.language, (enum dispute_step)line->step));
    page_fill(words(view, TEXT_REFUSED_FOR), line->refusal, "", text, sizeof text);
    page_element(&view->page, "td", NULL,
                 line->refusal[0] != '\0' ? text
                 : line->is_under_way     ? words(view, TEXT_UNDER_WAY)
                                          : words(view, TEXT_TAKEN));
    page_element(&view->page, "td", NULL, line->note);
    page_element(&view->page, "td", "n", page_count(view->page.language, line->number, number));
    page_close(&view->page);
}

static const char *duration_text(const struct view *view, int64_t ms, char out_text[TEXT_MAX])
{
    int64_t seconds = ms / 1000;
    int64_t unit = seconds % 86400 == 0 ? 86400 : seconds % 3600 == 0 ? 3600 : 1;
    enum page_text text = unit == 86400 ? TEXT_DAYS : unit == 3600 ? TEXT_HOURS : TEXT_SECONDS;
    char number[PAGE_NUMBER_MAX];
    page_count(view->page.language, (uint64_t)(seconds / unit), number);
    page_fill(words(view, text), number, "", out_text, TEXT_MAX);
    return out_text;
}

/* What silence is measured by. */
static void write_terms(struct view *view)
{
    char answer[TEXT_MAX];
    char escalate[TEXT_MAX];
    char text[4 * TEXT_MAX];
    duration_text(view, view->sight->answer_ms, answer);
    duration_text(view, view->sight->escalate_ms, escalate);
    snprintf(text, sizeof text, "%s: %s %s, %s %s.", words(view, TEXT_TERMS), answer,
             words(view, TEXT_TO_ANSWER), escalate, words(view, TEXT_TO_ESCALATE));
    page_element(&view->page, "p", "small", text);
}

static void write_course(struct view *view)
{
    static const enum page_text titles[] = {TEXT_TIME,    TEXT_WHO,  TEXT_STEP,
                                            TEXT_RECEIPT, TEXT_NOTE, TEXT_ENTRY};
    const Talea__V1__GetDisputeResponse *answer = view->sight->answer;
    page_label(&view->page, "h2", NULL, TEXT_COURSE);
    if (answer->n_lines == 0) {
        page_label(&view->page, "p", NULL, TEXT_NO_LINES);
    } else {
        page_table(&view->page, titles, sizeof titles / sizeof titles[0], 5);
        for (size_t i = 0; i < answer->n_lines; i++) {
            write_line(view, answer->lines[i]);
        }
        page_close(&view->page);
        page_close(&view->page);
    }
    write_terms(view);
}

/* ---- How it ends ---- */

static enum page_text ground_of(const Talea__V1__Dispute *dispute,
                                const struct dispute_proof *proof)
{
    if (dispute->is_ruled_by_machine) {
        return TEXT_BY_MACHINE;
    }
    if (dispute->is_by_silence) {
        return TEXT_BY_SILENCE;
    }
    bool has_rulings = dispute->own_ruling != 0 || dispute->partner_ruling != 0;
    for (size_t i = 0; i < proof->line_count; i++) {
        has_rulings = has_rulings || dispute_step_confirms(proof->lines[i].entry.dispute.step);
    }
    bool is_upheld = dispute->outcome == TALEA__V1__DISPUTE_RULING__DISPUTE_RULING_UPHELD;
    return has_rulings ? TEXT_BY_OFFICES : is_upheld ? TEXT_BY_ACCEPTANCE : TEXT_BY_CONCESSION;
}

static enum page_text ruling_text(Talea__V1__DisputeRuling ruling)
{
    return ruling == TALEA__V1__DISPUTE_RULING__DISPUTE_RULING_UPHELD      ? TEXT_UPHELD
           : ruling == TALEA__V1__DISPUTE_RULING__DISPUTE_RULING_DISMISSED ? TEXT_DISMISSED
                                                                           : TEXT_UNDECIDED;
}

static void write_correction(struct view *view)
{
    const Talea__V1__Dispute *dispute = view->dispute;
    bool is_over = dispute->state == TALEA__V1__DISPUTE_STATE__DISPUTE_STATE_ADJUSTED;
    char points[TEXT_MAX];
    char period[PAGE_NUMBER_MAX];
    char text[2 * TEXT_MAX];
    if (dispute->corrected_period == 0) {
        term_text(view, TEXT_CORRECTION, is_over ? TEXT_NO_CORRECTION : TEXT_CORRECTION_FOLLOWS);
        return;
    }
    page_fill(words(view, TEXT_CORRECTED_IN), points_text(view, dispute->claimed_points, points),
              page_period(view->page.language, (struct period){dispute->corrected_period}, period),
              text, sizeof text);
    page_term(&view->page, TEXT_CORRECTION, NULL, text);
}

/* What one office has said so far. */
static void write_office(struct view *view, const struct partner_id *who,
                         Talea__V1__DisputeRuling ruling)
{
    char text[TEXT_MAX];
    if (ruling != 0) {
        page_fill(words(view, TEXT_RULED_BY), name_of(view, who), "", text, sizeof text);
        page_element(&view->page, "dt", NULL, text);
        page_element(&view->page, "dd", NULL, words(view, ruling_text(ruling)));
    }
}

static void write_ruling(struct view *view)
{
    const Talea__V1__Dispute *dispute = view->dispute;
    page_label(&view->page, "h2", NULL, TEXT_RULING);
    page_label(&view->page, "p", "result", ruling_text(dispute->outcome));
    page_open(&view->page, "dl", NULL);
    if (dispute->outcome != 0) {
        term_text(view, TEXT_GROUND, ground_of(dispute, &view->sight->proof));
        write_correction(view);
    } else {
        write_office(view, &view->sight->self, dispute->own_ruling);
        write_office(view, &view->sight->partner, dispute->partner_ruling);
    }
    if (dispute->answerer_note[0] != '\0') {
        char text[TEXT_MAX];
        snprintf(text, sizeof text, "%s, %s", words(view, TEXT_NOTE),
                 name_of(view, dispute->is_opener ? &view->sight->partner : &view->sight->self));
        page_element(&view->page, "dt", NULL, text);
        page_element(&view->page, "dd", NULL, dispute->answerer_note);
    }
    page_close(&view->page);
}

/* ---- What proves it ---- */

static void write_promise(struct view *view)
{
    const struct dispute_proof *proof = &view->sight->proof;
    char points[TEXT_MAX];
    char time[TIME_TEXT_MAX];
    char text[2 * TEXT_MAX];
    bool is_grant = proof->promise == PROMISE_GRANT;
    if (proof->promise == PROMISE_NOT_ASKED) {
        return;
    }
    if (proof->promise == PROMISE_NONE) {
        term_text(view, TEXT_PROMISE, TEXT_NO_PROMISE);
        return;
    }
    points_text(view, is_grant ? proof->grant.points.minor : proof->mandate.floor.minor, points);
    amounts_time(is_grant ? proof->grant.capture_by.ms : proof->mandate.valid_until.ms, time);
    page_fill(words(view, is_grant ? TEXT_GRANT : TEXT_MANDATE), points, time, text, sizeof text);
    page_term(&view->page, TEXT_PROMISE, NULL, text);
    term_text(view, TEXT_COVERED, proof->is_covered ? TEXT_IS_COVERED : TEXT_NOT_COVERED);
}

static void write_signature(struct view *view, const char *what, const struct partner_id *signer,
                            const struct key_id *key)
{
    char text[KEY_ID_TEXT_MAX];
    page_open(&view->page, "tr", NULL);
    page_element(&view->page, "td", NULL, what);
    page_element(&view->page, "td", NULL, name_of(view, signer));
    page_element(&view->page, "td", "hash", key_id_format(key, text));
    page_label(&view->page, "td", NULL, TEXT_VALID);
    page_close(&view->page);
}

/* The entry's signature, and that of the receipt for it. */
static void write_pair(struct view *view, const char *what, const struct entry_proof *proof)
{
    write_signature(view, what, &proof->sender, &proof->sender_key);
    write_signature(view, words(view, TEXT_RECEIPT_SIGNED), &proof->receiver, &proof->receiver_key);
}

static void write_signatures(struct view *view)
{
    static const enum page_text titles[] = {TEXT_SIGNED_WHAT, TEXT_SIGNER, TEXT_KEY, TEXT_STATE};
    const struct dispute_proof *proof = &view->sight->proof;
    page_label(&view->page, "h3", NULL, TEXT_SIGNATURES);
    page_table(&view->page, titles, 4, 4);
    write_pair(view, words(view, TEXT_ENTRY_SIGNED), &proof->disputed);
    for (size_t i = 0; i < proof->line_count; i++) {
        const struct entry_proof *line = &proof->lines[i];
        write_pair(view, page_dispute_step(view->page.language, line->entry.dispute.step), line);
    }
    page_close(&view->page);
    page_close(&view->page);
}

static void write_evidence(struct view *view)
{
    const struct dispute_sight *sight = view->sight;
    page_label(&view->page, "h2", NULL, TEXT_EVIDENCE);
    if (!sight->has_proof) {
        page_label(&view->page, "p", sight->report.is_flawed ? "warning" : NULL,
                   sight->report.is_flawed ? TEXT_EVIDENCE_BROKEN : TEXT_NO_EVIDENCE);
        return;
    }
    const struct entry_proof *disputed = &sight->proof.disputed;
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%llu \u2013 %llu", (unsigned long long)disputed->first_number,
             (unsigned long long)disputed->last_number);
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_BATCH_NUMBERS, NULL, text);
    write_promise(view);
    page_close(&view->page);
    write_signatures(view);
}

static void write_foot(struct view *view)
{
    page_open(&view->page, "div", "hands");
    for (unsigned i = 0; i < 2; i++) {
        page_open(&view->page, "div", NULL);
        page_element(&view->page, "p", NULL, name_of(view, i == 0 ? view->sender : view->receiver));
        page_label(&view->page, "p", "small", TEXT_BY_HAND);
        page_close(&view->page);
    }
    page_close(&view->page);
    page_label(&view->page, "p", "small", TEXT_DISPUTE_FOOT);
}

static enum err write_page(struct view *view, struct buffer *out)
{
    write_title(view);
    write_entry(view);
    if (view->dispute->dispute_id[0] != '\0') {
        write_claim(view);
        write_course(view);
        write_ruling(view);
    }
    write_evidence(view);
    write_foot(view);
    return page_finish(&view->page, out);
}

enum err dispute_page(const struct dispute_sight *sight, enum page_language language,
                      struct buffer *out)
{
    const Talea__V1__Dispute *dispute = sight->answer->dispute;
    bool is_sent = dispute->entry->is_sent;
    struct view view = {.sight = sight,
                        .dispute = dispute,
                        .charter = charter_chain_last(&sight->chain),
                        .sender = is_sent ? &sight->self : &sight->partner,
                        .receiver = is_sent ? &sight->partner : &sight->self};
    char title[TEXT_MAX];
    snprintf(title, sizeof title, "%s: %s \u2192 %s, %llu", page_text(language, TEXT_DISPUTE),
             view.sender->text, view.receiver->text, (unsigned long long)dispute->entry->number);
    enum err err = page_begin(&view.page, language, title);
    if (err == ERR_OK) {
        err = write_page(&view, out);
    }
    page_end(&view.page);
    return err;
}
