#include "notify/payload.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hmac.h"

/* 0, or -1 without memory, as jansson says it. */
static int put(json_t *object, const char *key, const char *text)
{
    return text[0] == '\0' ? 0 : json_object_set_new(object, key, json_string(text));
}

static int put_time(json_t *object, const char *key, struct unix_ms time)
{
    char text[TIME_TEXT_MAX];
    return time.ms == 0 ? 0 : put(object, key, unix_ms_format(time, text));
}

static int put_named(json_t *object, const struct notify_message *message)
{
    static const enum notify_field named[] = {NOTIFY_FIELD_TIER, NOTIFY_FIELD_COUPON,
                                              NOTIFY_FIELD_PRIZE, NOTIFY_FIELD_RULE};
    int result = 0;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (notify_kind_has(message->kind, named[i])) {
            result |= put(object, notify_field_name(named[i]), message->subject);
        }
    }
    return result;
}

static int put_id(json_t *object, const char *key, const struct uid *id)
{
    char text[UID_TEXT_MAX];
    return uid_is_nil(id) ? 0 : put(object, key, uid_format(id, text));
}

static int put_points(json_t *object, const struct notify_message *message, unsigned decimals)
{
    char points[AMOUNT_TEXT_MAX];
    return notify_kind_has(message->kind, NOTIFY_FIELD_POINTS)
               ? put(object, "points", amount_format(message->points.minor, decimals, points))
               : 0;
}

/* What time brings has no row and is of no moment. */
static int put_row(json_t *object, const struct notify_message *message)
{
    return message->row == 0 ? 0
                             : put_time(object, "time", message->time) |
                                   json_object_set_new(object, "journal_row",
                                                       json_integer((json_int_t)message->row));
}

/* NULL without memory. */
static json_t *item_json(const struct notify_envelope *envelope, const struct notify_item *item)
{
    const struct notify_message *message = &item->message;
    char id[NOTIFY_ID_MAX];
    json_t *object = json_object();
    json_t *text = json_stringn((const char *)item->text.at, item->text.length);
    int result = put(object, "id", notify_message_id(message, envelope->brand, id));
    result |= put(object, "kind", notify_kind_name(message->kind));
    result |= put_id(object, "member_id", &message->member);
    result |= put(object, "reference", item->reference);
    result |= put(object, "language", notify_language_name(item->language));
    result |= json_object_set_new(object, "text", text);
    result |= put_points(object, message, envelope->points_decimals);
    result |= put(object, "shop", message->shop.text);
    result |= put(object, "card", message->card.digits);
    result |= put_named(object, message);
    result |= put_id(object, "alert_id", &message->alert);
    result |= put(object, "subject", message->about);
    result |= put(object, "found", message->found);
    result |= put_time(object, "until", message->until);
    result |= put_row(object, message);
    if (result != 0) {
        json_decref(object);
        object = NULL;
    }
    return object;
}

enum err notify_payload(const struct notify_envelope *envelope, const struct notify_item *items,
                        size_t count, struct buffer *out)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++) {
        if (json_array_append_new(list, item_json(envelope, &items[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    json_t *root = list == NULL
                       ? NULL
                       : json_pack("{s:i, s:s, s:s, s:s, s:o}", "version", 1, "brand",
                                   envelope->brand->text, "webhook", envelope->webhook, "channel",
                                   notify_channel_name(envelope->channel), "notifications", list);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL) {
        return ERR_RESOURCE;
    }
    write_bytes(out, text, strlen(text));
    free(text);
    return out->err;
}

const char *notify_signature(struct slice secret, int64_t unix_s, struct slice body,
                             char out_text[NOTIFY_SIGNATURE_MAX])
{
    char time[32];
    char code[HMAC_TEXT_MAX];
    int length = snprintf(time, sizeof time, "%" PRId64 ".", unix_s);
    const struct slice parts[] = {slice_of(time, (size_t)length), body};
    struct hmac hmac = hmac_sha256(secret, parts, 2);
    snprintf(out_text, NOTIFY_SIGNATURE_MAX, "t=%" PRId64 ",v1=%s", unix_s,
             hmac_format(&hmac, code));
    return out_text;
}
