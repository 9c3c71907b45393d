#include "accounting/templates.h"

#include <stdio.h>

struct standard_row {
    const char *name;
    enum posting_owed owed;
    enum chart_line debit;
    enum chart_line credit;
    const char *text;
};

/* Owed by this brand: a cost against what is payable. Owed to it: what is receivable against it. */
#define PAYABLE(event, name, account, text)                                                        \
    [event] = {name, POSTING_OWED_CREDIT, account, CHART_MONEY_PAYABLE, text}
#define RECEIVABLE(event, name, account, text)                                                     \
    [event] = {name, POSTING_OWED_DEBIT, CHART_MONEY_RECEIVABLE, account, text}
#define MOVED(event, name, debit, credit, text)                                                    \
    [event] = {name, POSTING_OWED_NONE, debit, credit, text}

static const struct standard_row standard[POSTING_COUNT] = {
    PAYABLE(POSTING_EARN_SENT, "earn_sent", CHART_POINTS_GIVEN,
            "Points given to members of {partner}, {period}"),
    RECEIVABLE(POSTING_EARN_RETURN_SENT, "earn_return_sent", CHART_POINTS_GIVEN,
               "Points taken back from members of {partner}, {period}"),
    RECEIVABLE(POSTING_CAPTURE_SENT, "capture_sent", CHART_POINTS_TAKEN,
               "Points spent here by members of {partner}, {period}"),
    PAYABLE(POSTING_BURN_RETURN_SENT, "burn_return_sent", CHART_POINTS_TAKEN,
            "Points given back to members of {partner}, {period}"),
    PAYABLE(POSTING_MOVED_SENT, "moved_sent", CHART_POINTS_FUNDED,
            "Points of members who moved to {partner}, {period}"),
    PAYABLE(POSTING_CORRECTION_SENT, "correction_sent", CHART_POINTS_CORRECTED,
            "Corrections owed to {partner}, {period}"),
    RECEIVABLE(POSTING_FUNDING_SENT, "funding_sent", CHART_POINTS_FUNDED,
               "Points of {partner} that were spent, {period}"),
    PAYABLE(POSTING_FUNDING_RETURN_SENT, "funding_return_sent", CHART_POINTS_FUNDED,
            "Points of {partner} that were spent and came back, {period}"),
    RECEIVABLE(POSTING_PROMOTION_SENT, "promotion_sent", CHART_POINTS_GIVEN,
               "Share of {partner} in promotions here, {period}"),
    PAYABLE(POSTING_PROMOTION_RETURN_SENT, "promotion_return_sent", CHART_POINTS_GIVEN,
            "Share of {partner} in promotions here, given back, {period}"),
    PAYABLE(POSTING_BLOCK_BOUGHT_SENT, "block_bought_sent", CHART_POINTS_PREPAID,
            "Blocks of points bought of {partner}, {period}"),
    RECEIVABLE(POSTING_BLOCK_ENDED_SENT, "block_ended_sent", CHART_POINTS_PREPAID,
               "Left of blocks, bought back by {partner}, {period}"),
    MOVED(POSTING_DRAWN_SENT, "drawn_sent", CHART_POINTS_GIVEN, CHART_POINTS_PREPAID,
          "Points given to members of {partner} out of blocks, {period}"),
    MOVED(POSTING_LAPSED_SENT, "lapsed_sent", CHART_POINTS_LAPSED, CHART_POINTS_PREPAID,
          "Left of blocks of {partner} and lapsed, {period}"),
    PAYABLE(POSTING_OTHER_SENT, "other_sent", CHART_OTHER, "Otherwise owed to {partner}, {period}"),
    RECEIVABLE(POSTING_EARN_RECEIVED, "earn_received", CHART_POINTS_FUNDED,
               "Points that {partner} gave to own members, {period}"),
    PAYABLE(POSTING_EARN_RETURN_RECEIVED, "earn_return_received", CHART_POINTS_FUNDED,
            "Points that {partner} took back from own members, {period}"),
    PAYABLE(POSTING_CAPTURE_RECEIVED, "capture_received", CHART_POINTS_FUNDED,
            "Points that own members spent at {partner}, {period}"),
    RECEIVABLE(POSTING_BURN_RETURN_RECEIVED, "burn_return_received", CHART_POINTS_FUNDED,
               "Points that {partner} gave back to own members, {period}"),
    RECEIVABLE(POSTING_MOVED_RECEIVED, "moved_received", CHART_POINTS_FUNDED,
               "Points of members who came from {partner}, {period}"),
    RECEIVABLE(POSTING_CORRECTION_RECEIVED, "correction_received", CHART_POINTS_CORRECTED,
               "Corrections owed by {partner}, {period}"),
    PAYABLE(POSTING_FUNDING_RECEIVED, "funding_received", CHART_POINTS_GIVEN,
            "Own points that were spent at {partner}, {period}"),
    RECEIVABLE(POSTING_FUNDING_RETURN_RECEIVED, "funding_return_received", CHART_POINTS_GIVEN,
               "Own points that were spent at {partner} and came back, {period}"),
    PAYABLE(POSTING_PROMOTION_RECEIVED, "promotion_received", CHART_POINTS_GIVEN,
            "Share in promotions of {partner}, {period}"),
    RECEIVABLE(POSTING_PROMOTION_RETURN_RECEIVED, "promotion_return_received", CHART_POINTS_GIVEN,
               "Share in promotions of {partner}, given back, {period}"),
    RECEIVABLE(POSTING_BLOCK_BOUGHT_RECEIVED, "block_bought_received", CHART_POINTS_SOLD,
               "Blocks of points sold to {partner}, {period}"),
    PAYABLE(POSTING_BLOCK_ENDED_RECEIVED, "block_ended_received", CHART_POINTS_SOLD,
            "Left of blocks, bought back of {partner}, {period}"),
    MOVED(POSTING_DRAWN_RECEIVED, "drawn_received", CHART_POINTS_SOLD, CHART_POINTS_FUNDED,
          "Points that {partner} gave to own members out of blocks, {period}"),
    MOVED(POSTING_LAPSED_RECEIVED, "lapsed_received", CHART_POINTS_SOLD, CHART_POINTS_BREAKAGE,
          "Left of blocks sold to {partner} and lapsed, {period}"),
    RECEIVABLE(POSTING_OTHER_RECEIVED, "other_received", CHART_OTHER,
               "Otherwise owed by {partner}, {period}"),
    PAYABLE(POSTING_FEE_PAID, "fee_paid", CHART_FEES_PAID, "Fees of {partner}, {period}"),
    RECEIVABLE(POSTING_FEE_EARNED, "fee_earned", CHART_FEES_EARNED,
               "Fees charged to {partner}, {period}"),
    PAYABLE(POSTING_TAX_PAID, "tax_paid", CHART_TAX_PAID, "Tax {tax} of {partner}, {period}"),
    RECEIVABLE(POSTING_TAX_CHARGED, "tax_charged", CHART_TAX_CHARGED,
               "Tax {tax} charged to {partner}, {period}"),
    MOVED(POSTING_OFFSET, "offset", CHART_MONEY_PAYABLE, CHART_MONEY_RECEIVABLE,
          "Net with {partner}, {period}"),
    MOVED(POSTING_NETTED_PAYABLE, "netted_payable", CHART_MONEY_PAYABLE, CHART_NETTING,
          "Owed to {partner}, into the net of {period}"),
    MOVED(POSTING_NETTED_RECEIVABLE, "netted_receivable", CHART_NETTING, CHART_MONEY_RECEIVABLE,
          "Owed by {partner}, into the net of {period}"),
    MOVED(POSTING_NET_PAYABLE, "net_payable", CHART_NETTING, CHART_MONEY_PAYABLE,
          "Net of {period}, to be paid to {partner}"),
    MOVED(POSTING_NET_RECEIVABLE, "net_receivable", CHART_MONEY_RECEIVABLE, CHART_NETTING,
          "Net of {period}, to be paid by {partner}"),
    MOVED(POSTING_ORDERED, "ordered", CHART_MONEY_PAYABLE, CHART_IN_TRANSIT,
          "Payment to {partner} for {period}"),
    MOVED(POSTING_SENT, "sent", CHART_IN_TRANSIT, CHART_BANK,
          "Payment to {partner} for {period}, at the bank"),
    MOVED(POSTING_SENT_TOO_MUCH, "sent_too_much", CHART_OVERPAID_TO, CHART_BANK,
          "Paid too much to {partner} for {period}"),
    MOVED(POSTING_RECEIVED, "received", CHART_BANK, CHART_MONEY_RECEIVABLE,
          "Payment of {partner} for {period}"),
    MOVED(POSTING_RECEIVED_TOO_MUCH, "received_too_much", CHART_BANK, CHART_OVERPAID_BY,
          "Paid too much by {partner} for {period}"),
    MOVED(POSTING_REVENUE_DEFERRED, "revenue_deferred", CHART_SALES_DEFERRED,
          CHART_DEFERRED_REVENUE, "Sales that points belong to, {period}"),
    MOVED(POSTING_REVENUE_RECOGNISED, "revenue_recognised", CHART_DEFERRED_REVENUE,
          CHART_POINTS_RECOGNISED, "Points redeemed, {period}"),
    MOVED(POSTING_BREAKAGE_ESTIMATED, "breakage_estimated", CHART_DEFERRED_REVENUE,
          CHART_BREAKAGE_ESTIMATED, "Breakage estimated anew, {period}"),
    MOVED(POSTING_GIFT_SOLD, "gift_sold", CHART_GIFT_TILLS, CHART_GIFT_CARDS,
          "Gift cards sold on the day"),
    MOVED(POSTING_GIFT_GIVEN, "gift_given", CHART_GIFT_GIVEN, CHART_GIFT_CARDS,
          "Gift cards given away on the day"),
    MOVED(POSTING_GIFT_SPENT, "gift_spent", CHART_GIFT_CARDS, CHART_GIFT_TILLS,
          "Paid with gift cards on the day"),
    MOVED(POSTING_GIFT_LAPSED, "gift_lapsed", CHART_GIFT_CARDS, CHART_GIFT_BREAKAGE,
          "Left on gift cards that are over since the day"),
};

const char *posting_event_name(enum posting_event event)
{
    return standard[event].name;
}

enum posting_owed posting_event_owed(enum posting_event event)
{
    return standard[event].owed;
}

void templates_default(struct posting_templates *out_templates)
{
    memset(out_templates, 0, sizeof *out_templates);
    for (unsigned i = 0; i < POSTING_COUNT; i++) {
        struct posting_template *row = &out_templates->rows[i];
        row->debit = standard[i].debit;
        row->credit = standard[i].credit;
        snprintf(row->text, sizeof row->text, "%s", standard[i].text);
    }
}
