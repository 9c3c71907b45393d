/* A receipt as read from an export, to what is asked of the node; and what is kept of it until the
 * answer is there. */
#ifndef CLI_RECEIPT_REQUEST_H
#define CLI_RECEIPT_REQUEST_H

#include <talea/v1/back_office.pb-c.h>

#include "receipts/receipt.h"

/* Rows of one request, so that each ends as imported, returned or rejected. */
struct receipt_job_row {
    uint64_t number;
    size_t line; /* of the request */
    struct slice text;
};

struct receipt_job {
    char transaction_id[UID_TEXT_MAX];
    bool is_return;
    uint64_t part;
    size_t row_count;
    struct receipt_job_row rows[]; /* their texts stand behind them */
};

/* Room for one request, used again for each. */
struct receipt_request {
    Talea__V1__ImportReceiptsRequest message;
    Talea__V1__SaleMatch match;
    Talea__V1__ReceiptLine *lines;
    Talea__V1__ReceiptLine **line_pointers;
    size_t *line_of_row; /* SIZE_MAX: in another request */
    char transaction_id[UID_TEXT_MAX];
    char card[CARD_DIGITS_MAX + 1];
};

MUST_USE enum err receipt_request_init(struct receipt_request *request);
void receipt_request_fini(struct receipt_request *request);

/* The request for those lines that name `original` (a text of the receipt). A return whose lines
 * name several sales becomes several requests; the first keeps the receipt's own id. Borrows from
 * the receipt. ERR_INPUT when a quantity has more than 6 decimals or does not fit. */
MUST_USE enum err receipt_request_fill(struct receipt_request *request,
                                       const struct receipt *receipt,
                                       const struct partner_id *partner, const char *original,
                                       bool is_first);
/* The job of the filled request; one block, freed by free(). NULL without memory. */
struct receipt_job *receipt_request_job(const struct receipt_request *request,
                                        const struct receipt *receipt, bool keeps_text);

#endif
