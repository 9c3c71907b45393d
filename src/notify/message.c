#include "notify/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BIT(field) (1u << (unsigned)(field))
#define ALWAYS     (BIT(NOTIFY_FIELD_NAME) | BIT(NOTIFY_FIELD_BRAND) | BIT(NOTIFY_FIELD_BALANCE))

static const char *const fields[NOTIFY_FIELD_END] = {
    [NOTIFY_FIELD_NAME] = "name",       [NOTIFY_FIELD_BRAND] = "brand",
    [NOTIFY_FIELD_BALANCE] = "balance", [NOTIFY_FIELD_POINTS] = "points",
    [NOTIFY_FIELD_DATE] = "date",       [NOTIFY_FIELD_SHOP] = "shop",
    [NOTIFY_FIELD_CARD] = "card",       [NOTIFY_FIELD_TIER] = "tier",
    [NOTIFY_FIELD_COUPON] = "coupon",   [NOTIFY_FIELD_PRIZE] = "prize",
    [NOTIFY_FIELD_RULE] = "rule",       [NOTIFY_FIELD_ABOUT] = "subject",
    [NOTIFY_FIELD_FOUND] = "found",
};

static const unsigned has[NOTIFY_KIND_END] = {
    [NOTIFY_WELCOME] = ALWAYS | BIT(NOTIFY_FIELD_CARD),
    [NOTIFY_POINTS_EARNED] = ALWAYS | BIT(NOTIFY_FIELD_POINTS) | BIT(NOTIFY_FIELD_SHOP),
    [NOTIFY_POINTS_SPENT] = ALWAYS | BIT(NOTIFY_FIELD_POINTS) | BIT(NOTIFY_FIELD_SHOP),
    [NOTIFY_POINTS_EXPIRING] = ALWAYS | BIT(NOTIFY_FIELD_POINTS) | BIT(NOTIFY_FIELD_DATE),
    [NOTIFY_TIER_REACHED] = ALWAYS | BIT(NOTIFY_FIELD_TIER),
    [NOTIFY_COUPON_GIVEN] = ALWAYS | BIT(NOTIFY_FIELD_COUPON) | BIT(NOTIFY_FIELD_DATE),
    [NOTIFY_DRAW_WON] = ALWAYS | BIT(NOTIFY_FIELD_PRIZE),
    [NOTIFY_ALERT_RAISED] = BIT(NOTIFY_FIELD_BRAND) | BIT(NOTIFY_FIELD_RULE) |
                            BIT(NOTIFY_FIELD_ABOUT) | BIT(NOTIFY_FIELD_FOUND),
};

const char *notify_field_name(enum notify_field field)
{
    return (unsigned)field < NOTIFY_FIELD_END ? fields[field] : "unknown";
}

enum err notify_field_parse(struct slice name, enum notify_field *out_field)
{
    for (unsigned i = 0; i < NOTIFY_FIELD_END; i++) {
        if (slice_equal(name, slice_of(fields[i], strlen(fields[i])))) {
            *out_field = (enum notify_field)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

bool notify_kind_has(enum notify_kind kind, enum notify_field field)
{
    return (unsigned)kind < NOTIFY_KIND_END && (has[kind] & BIT(field)) != 0;
}

bool notify_field_is_count(enum notify_field field)
{
    return field == NOTIFY_FIELD_POINTS || field == NOTIFY_FIELD_BALANCE;
}

const char *notify_message_id(const struct notify_message *message, const struct partner_id *brand,
                              char out_id[NOTIFY_ID_MAX])
{
    char member[UID_TEXT_MAX] = "";
    char nth[16] = "";
    if (message->row == 0) {
        uid_format(&message->member, member);
        snprintf(out_id, NOTIFY_ID_MAX, "%s.%s.%s.%" PRIx64, brand->text,
                 notify_kind_name(message->kind), member, (uint64_t)message->time.ms);
    } else {
        if (message->nth > 0) {
            snprintf(nth, sizeof nth, ".%u", message->nth);
        }
        snprintf(out_id, NOTIFY_ID_MAX, "%s.%" PRIu64 ".%s.%" PRIx64 "%s", brand->text,
                 message->row, notify_kind_name(message->kind), (uint64_t)message->time.ms, nth);
    }
    return out_id;
}
