/* What a partner asks that may have lost something: what this node holds of it. */
#include <stdlib.h>
#include <string.h>

#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/holdings.h"
#include "talea/v1/peer.pb-c.h"

/* A partner, and not this node itself. */
static bool is_partner(struct node *node, struct rpc_call *call)
{
    bool is_self = partner_id_equal(&rpc_call_identity(call)->partner, &node->config.partner);
    if (is_self) {
        refuse(call, 7, "PERMISSION_DENIED", "A node does not compare with itself.");
    }
    return !is_self;
}

void peer_compare_streams(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct partner_host host;
    struct buffer holdings = {0};
    struct signed_message envelope;
    Talea__V1__Signed signed_part;
    Talea__V1__CompareStreamsResponse response;
    talea__v1__compare_streams_response__init(&response);
    (void)message;
    if (!is_partner(node, call)) {
        return;
    }
    enum err err = partner_host_open(node, &host);
    if (err == ERR_OK) {
        err = holdings_answer(&host.host, &rpc_call_identity(call)->partner, &holdings);
        partner_host_end(&host);
    }
    if (err == ERR_OK) {
        err = signed_decode(buffer_slice(&holdings), &envelope);
    }
    if (err == ERR_OK) {
        signed_to_message(&envelope, &signed_part);
        response.holdings = &signed_part;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    buffer_fini(&holdings);
}

/* A page on its way out. Large; on the heap. */
struct showing {
    struct holdings_page page;
    struct recover_page_room room;
};

static enum err find_page(struct node *node, struct rpc_call *call,
                          const Talea__V1__RecoverPageRequest *message, struct showing *showing,
                          struct recover_page *out_page, struct note *note)
{
    struct recover_request request;
    struct partner_host host;
    TRY(recover_request_of_message(message, &request, note));
    TRY(partner_host_open(node, &host));
    enum err err = holdings_find(&host.host, &rpc_call_identity(call)->partner, &request,
                                 &showing->page, out_page, note);
    partner_host_end(&host);
    return err;
}

void peer_recover_page(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct recover_page page;
    struct note note = {""};
    if (!is_partner(node, call)) {
        return;
    }
    struct showing *showing = calloc(1, sizeof *showing);
    enum err err =
        showing == NULL
            ? ERR_RESOURCE
            : find_page(node, call, (const Talea__V1__RecoverPageRequest *)(const void *)message,
                        showing, &page, &note);
    if (err == ERR_OK) {
        Talea__V1__RecoverPageResponse response;
        recover_page_to_message(&page, &showing->room, &response);
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, &note);
    }
    if (showing != NULL) {
        holdings_page_fini(&showing->page);
        free(showing);
    }
}
