/* GetNotificationStatus. */
#include "node/messages.h"
#include "node/node.h"
#include "node/notifier.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/admin.pb-c.h"

struct listing {
    struct arena arena;
    Talea__V1__GetNotificationStatusResponse response;
    enum err err;
};

static enum err message_aside(struct arena *arena, const struct notify_report *report,
                              Talea__V1__WebhookStatus *message)
{
    message->latest_aside =
        arena_alloc(arena, (report->aside_count + 1) * sizeof *message->latest_aside);
    for (size_t i = 0; message->latest_aside != NULL && i < report->aside_count; i++) {
        Talea__V1__SetAsideMessage *aside = arena_alloc(arena, sizeof *aside);
        if (aside == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__set_aside_message__init(aside);
        aside->id = message_copy(arena, report->aside[i].id, sizeof report->aside[i].id);
        aside->time_unix_ms = report->aside[i].time.ms;
        aside->http_status = report->aside[i].http_status;
        message->latest_aside[message->n_latest_aside++] = aside;
        if (aside->id == NULL) {
            return ERR_RESOURCE;
        }
    }
    return message->latest_aside == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err message_webhook(struct arena *arena, const struct notify_report *report,
                                Talea__V1__WebhookStatus **out_message)
{
    Talea__V1__WebhookStatus *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__webhook_status__init(message);
    message->name = message_copy(arena, report->name, LIMIT_NAME_BYTES);
    message->url = message_copy(arena, report->url, LIMIT_NOTIFY_URL_BYTES + 1);
    message->problem = message_copy(arena, report->problem, sizeof report->problem);
    message->channel = (Talea__V1__Channel)(report->channel + 1);
    message->next_row = report->cursor.next_row;
    message->rows_behind = report->rows_behind;
    message->sent = report->cursor.sent;
    message->set_aside = report->cursor.aside;
    message->stale = report->cursor.stale;
    message->failures = report->failures;
    message->failing_since_unix_ms = report->failing_since.ms;
    *out_message = message;
    bool is_whole = message->name != NULL && message->url != NULL && message->problem != NULL;
    return is_whole ? message_aside(arena, report, message) : ERR_RESOURCE;
}

static void add(void *context, const struct notify_report *report)
{
    struct listing *listing = context;
    Talea__V1__GetNotificationStatusResponse *response = &listing->response;
    if (listing->err == ERR_OK && response->n_webhooks < LIMIT_NOTIFY_WEBHOOKS) {
        listing->err =
            message_webhook(&listing->arena, report, &response->webhooks[response->n_webhooks++]);
    }
}

void admin_get_notification_status(void *context, struct rpc_call *call,
                                   const ProtobufCMessage *message)
{
    struct node *node = context;
    Talea__V1__WebhookStatus *webhooks[LIMIT_NOTIFY_WEBHOOKS];
    struct listing listing = {.err = ERR_OK};
    (void)message;
    talea__v1__get_notification_status_response__init(&listing.response);
    arena_init(&listing.arena, LIMIT_DECODED_BYTES);
    listing.response.webhooks = webhooks;
    notifier_each(node->notifier, add, &listing);
    if (listing.err == ERR_OK) {
        rpc_call_reply(call, &listing.response.base);
    } else {
        refuse_err(call, listing.err, NULL);
    }
    arena_fini(&listing.arena);
}
