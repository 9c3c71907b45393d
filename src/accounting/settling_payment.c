/* From the net to the bank: what is owed is netted, ordered, sent and received. */
#include <stdlib.h>
#include <string.h>

#include "accounting/settling.h"

static struct book_entry entry_about(const struct settling_payment *payment, struct unix_ms at)
{
    struct book_entry about = {.at = at, .partner = payment->partner, .period = payment->period};
    memcpy(about.reference, payment->reference, sizeof about.reference);
    return about;
}

/* The smaller of both offsets: the rest is what the one who owes more has to pay. */
static enum err net_pair(struct settling *settling, struct settling_pair *pair,
                         const struct book_entry *about)
{
    pair->is_netted = true;
    return settling_post(settling, POSTING_OFFSET, about,
                         pair->receivable.minor < pair->payable.minor ? pair->receivable
                                                                      : pair->payable);
}

/* At the debtor. What is settled left the payable account: into transit, or to the bank. What the
 * bank or the creditor says counts where nothing was ordered here. */
static struct money settled_of(const struct settling_figures *figures)
{
    int64_t settled = figures->instructed.minor;
    int64_t sent =
        figures->sent.minor < figures->amount.minor ? figures->sent.minor : figures->amount.minor;
    int64_t received = figures->received.minor < figures->amount.minor ? figures->received.minor
                                                                       : figures->amount.minor;
    settled = sent > settled ? sent : settled;
    return money_of(received > settled ? received : settled);
}

static int64_t over(struct money amount, struct money limit)
{
    return amount.minor > limit.minor ? amount.minor - limit.minor : 0;
}

static enum err pay(struct settling *settling, const struct book_entry *about,
                    const struct settling_figures *before, const struct settling_figures *after)
{
    struct money settled_then = settled_of(before);
    struct money settled = settled_of(after);
    int64_t excess_then = over(before->sent, settled_then);
    int64_t excess = over(after->sent, settled);
    int64_t sent_then = before->sent.minor - excess_then;
    TRY(settling_post(settling, POSTING_ORDERED, about,
                      money_of(settled.minor - settled_then.minor)));
    TRY(settling_post(settling, POSTING_SENT, about,
                      money_of(after->sent.minor - excess - sent_then)));
    return settling_post(settling, POSTING_SENT_TOO_MUCH, about, money_of(excess - excess_then));
}

static enum err receive(struct settling *settling, const struct book_entry *about,
                        const struct settling_figures *before, const struct settling_figures *after)
{
    int64_t excess_then = over(before->received, before->amount);
    int64_t excess = over(after->received, after->amount);
    int64_t then = before->received.minor - excess_then;
    TRY(settling_post(settling, POSTING_RECEIVED, about,
                      money_of(after->received.minor - excess - then)));
    return settling_post(settling, POSTING_RECEIVED_TOO_MUCH, about,
                         money_of(excess - excess_then));
}

/* ---- The net of all pairs ---- */

static struct settling_net *find_net(const struct settling *settling, struct period period)
{
    for (size_t i = settling->net_count; i > 0; i--) { /* the newest first */
        if (settling->nets[i - 1].period.code == period.code) {
            return &settling->nets[i - 1];
        }
    }
    return NULL;
}

static enum err keep_net(struct settling *settling, struct period period, struct unix_ms at)
{
    struct settling_net *net = find_net(settling, period);
    if (net != NULL) {
        net->at = at.ms > net->at.ms ? at : net->at;
        return ERR_OK;
    }
    if (settling->net_count == settling->net_capacity) {
        size_t capacity = settling->net_capacity * 2 + 16;
        struct settling_net *nets = realloc(settling->nets, capacity * sizeof *nets);
        if (nets == NULL) {
            return ERR_RESOURCE;
        }
        settling->nets = nets;
        settling->net_capacity = capacity;
    }
    settling->nets[settling->net_count++] = (struct settling_net){period, at};
    return ERR_OK;
}

static enum err begin_payment(struct settling *settling, struct settling_pair *pair,
                              const struct settling_payment *payment,
                              const struct book_entry *about)
{
    pair->has_payment = true;
    pair->figures = (struct settling_figures){.amount = payment->figures.amount};
    if (!payment->is_multilateral) {
        return net_pair(settling, pair, about);
    }
    TRY(keep_net(settling, payment->period, about->at));
    return settling_post(settling,
                         payment->is_debtor ? POSTING_NET_PAYABLE : POSTING_NET_RECEIVABLE, about,
                         payment->figures.amount);
}

enum err settling_payment(struct settling *settling, const struct settling_payment *payment,
                          struct unix_ms at)
{
    struct settling_pair *pair = settling_pair(settling, &payment->partner, payment->period);
    struct book_entry about = entry_about(payment, at);
    if (pair == NULL) {
        return ERR_RESOURCE;
    }
    if (!pair->has_payment) {
        TRY(begin_payment(settling, pair, payment, &about));
    }
    const struct settling_figures before = pair->figures;
    pair->figures = payment->figures;
    return payment->is_debtor ? pay(settling, &about, &before, &payment->figures)
                              : receive(settling, &about, &before, &payment->figures);
}

enum err settling_netted(struct settling *settling, const struct partner_id *partner,
                         struct period period)
{
    struct settling_pair *pair = settling_pair(settling, partner, period);
    const struct settling_net *net = find_net(settling, period);
    if (pair == NULL || !pair->is_agreed || pair->is_netted) {
        return pair == NULL ? ERR_RESOURCE : ERR_OK;
    }
    struct book_entry about = {.at = pair->agreed_at, .partner = *partner, .period = period};
    if (net != NULL && net->at.ms > about.at.ms) {
        about.at = net->at;
    }
    pair->is_netted = true;
    TRY(settling_post(settling, POSTING_NETTED_PAYABLE, &about, pair->payable));
    return settling_post(settling, POSTING_NETTED_RECEIVABLE, &about, pair->receivable);
}
