/* What is signed of a disputed entry: the batch that it came in, the receipt for it, the grants,
 * the mandates. */
#include <stdlib.h>
#include <string.h>

#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/holdings.h"
#include "talea/v1/back_office.pb-c.h"
#include "wire/messages.h"

/* A page on its way out. Large; on the heap. */
struct showing {
    struct holdings_page page;
    struct recover_page_room room;
    struct recover_page shown;
    struct buffer mandate_bytes; /* ours, signed again */
    struct signed_message mandate;
};

struct search {
    struct peer_host *host;
    const struct partner_id *partner;
    enum stream_direction direction;
    uint64_t number;
};

static enum err show(const struct search *search, uint64_t receipt, struct showing *showing,
                     uint64_t *out_last)
{
    struct recover_request request = {.part = search->direction == STREAM_IN ? RECOVER_ENTRIES
                                                                             : RECOVER_RECEIPT,
                                      .number = receipt};
    struct batch_head head;
    struct note note;
    holdings_page_fini(&showing->page);
    memset(&showing->page, 0, sizeof showing->page);
    TRY(holdings_find(search->host, search->partner, &request, &showing->page, &showing->shown,
                      &note));
    if (showing->shown.head == NULL) {
        return ERR_NOT_FOUND;
    }
    TRY(wire_head_decode(showing->shown.head->payload, &head, &note));
    *out_last = head.first_number + head.count - 1;
    return ERR_OK;
}

/* The receipt that answers the entry: the first one that goes as far. */
static enum err find(const struct search *search, struct showing *showing)
{
    struct stream stream;
    uint64_t covered;
    TRY(ledger_get_stream(&search->host->view, search->host->roster, search->direction,
                          search->partner, &stream));
    if (search->number > stream.receipted_number) {
        return ERR_NOT_FOUND;
    }
    uint64_t first = 1;
    uint64_t last = stream.receipt_number;
    while (first < last) {
        uint64_t middle = first + (last - first) / 2;
        TRY(show(search, middle, showing, &covered));
        if (covered < search->number) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    TRY(show(search, first, showing, &covered));
    return covered < search->number ? ERR_NOT_FOUND : ERR_OK;
}

/* Ours, by which the partner stood in for us: what came in is not kept with it. */
static enum err add_own_mandate(const struct search *search, struct showing *showing)
{
    const struct peer_host *host = search->host;
    struct clearing_entry entry = {.mandate = {{0}}};
    struct mandate_row row;
    CLEANUP(buffer_fini) struct buffer payload = {0};
    for (size_t i = 0; i < showing->shown.count && entry.number != search->number; i++) {
        TRY(wire_entry_decode(showing->shown.entries[i], &entry, NULL));
    }
    if (search->direction != STREAM_IN || entry.number != search->number ||
        uid_is_nil(&entry.mandate)) {
        return ERR_OK;
    }
    enum err err =
        ledger_get_mandate(&host->view, &host->roster->self, search->partner, &entry.mandate, &row);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(wire_mandate_encode(&row.mandate, &payload));
    TRY(peer_sign(host, PURPOSE_MANDATE, buffer_slice(&payload), &showing->mandate_bytes));
    TRY(signed_decode(buffer_slice(&showing->mandate_bytes), &showing->mandate));
    showing->shown.mandates = &showing->mandate;
    showing->shown.mandate_count = 1;
    return ERR_OK;
}

static void reply(struct rpc_call *call, struct showing *showing)
{
    Talea__V1__RecoverPageResponse page;
    Talea__V1__GetDisputeEvidenceResponse response;
    talea__v1__get_dispute_evidence_response__init(&response);
    recover_page_to_message(&showing->shown, &showing->room, &page);
    response.head = page.head;
    response.n_entries = page.n_entries;
    response.entries = page.entries;
    response.receipt = page.receipt;
    response.n_grants = page.n_grants;
    response.grants = page.grants;
    response.n_mandates = page.n_mandates;
    response.mandates = page.mandates;
    rpc_call_reply(call, &response.base);
}

void office_get_dispute_evidence(void *context, struct rpc_call *call,
                                 const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetDisputeEvidenceRequest *request =
        (const Talea__V1__GetDisputeEvidenceRequest *)(const void *)message;
    struct partner_id partner;
    struct partner_host host;
    const Talea__V1__StreamEntry *entry = request->entry;
    if (entry == NULL || entry->number == 0 ||
        partner_id_parse(entry->partner, &partner) != ERR_OK) {
        refuse(call, 3, "INVALID_ENTRY", "entry: it needs a partner and a number.");
        return;
    }
    struct showing *showing = calloc(1, sizeof *showing);
    enum err err = showing == NULL ? ERR_RESOURCE : partner_host_open(node, &host);
    if (err == ERR_OK) {
        struct search search = {.host = &host.host,
                                .partner = &partner,
                                .direction = entry->is_sent ? STREAM_OUT : STREAM_IN,
                                .number = entry->number};
        err = find(&search, showing);
        err = err == ERR_OK ? add_own_mandate(&search, showing) : err;
        partner_host_end(&host);
    }
    if (err == ERR_OK) {
        reply(call, showing);
    } else if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_ENTRY_UNKNOWN);
    } else {
        refuse_err(call, err, NULL);
    }
    if (showing != NULL) {
        holdings_page_fini(&showing->page);
        buffer_fini(&showing->mandate_bytes);
        free(showing);
    }
}
