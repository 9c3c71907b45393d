/* notifications.yaml: what members are told, in which words, and who brings it to them.
 *
 *   version: 1
 *   brand: Alfa Coffee          # as people know it
 *   language: ru                # of members who said none: en | ru | kk
 *   service: [welcome]          # optional: kinds that are sent without consent, as the law allows
 *   expiring:                   # optional: members hear of points so many days before they end
 *     days: 14
 *     every_minutes: 60         # optional: how often members are looked through
 *   webhooks:
 *     - name: sms               # [a-z0-9-]
 *       channel: sms            # email | sms | push | chat
 *       url: https://gateway.example/hook
 *       secret: secrets/sms.key # of 16 bytes or more; nobody else may read it
 *       ca: gateway-ca.pem      # optional: whose certificates count, instead of the system's
 *       kinds: [points_earned]  # optional: all but alert_raised, which goes to the brand's own
 * staff # and needs nobody's consent batch: 20               # optional, as all below: messages in
 * one request attempts: 5             # of a message that is refused timeout_ms: 5000 retry_ms:
 * 1000 retry_max_ms: 300000 stale_hours: 72         # older messages are left out texts: #
 * optional: instead of the shipped ones (notify/template.h)
 *     - kind: points_earned
 *       language: kk
 *       text: "Сізге {points} балл қосылды."
 */
#ifndef CONFIG_NOTIFY_FILE_H
#define CONFIG_NOTIFY_FILE_H

#include "config/check.h"
#include "notify/delivery.h"
#include "notify/template.h"

#define NOTIFY_WEBHOOK_NAME_MAX 32
#define NOTIFY_SECRET_BYTES_MIN 16u

struct notify_webhook {
    char name[NOTIFY_WEBHOOK_NAME_MAX];
    enum notify_channel channel;
    char url[LIMIT_NOTIFY_URL_BYTES + 1];
    struct config_path secret;
    struct config_path ca; /* empty: the system's */
    unsigned kinds;        /* a bit for each */
    struct delivery_terms delivery;
    unsigned timeout_ms;
    unsigned stale_hours;
};

struct notify_file {
    char brand[LIMIT_NAME_BYTES + 1];
    enum notify_language language;
    unsigned service;       /* a bit for each kind */
    unsigned expiring_days; /* 0: members are not told */
    unsigned expiring_minutes;
    size_t webhook_count;
    struct notify_webhook webhooks[LIMIT_NOTIFY_WEBHOOKS];
    struct notify_texts texts; /* owned */
};

/* Zeroes are fine. */
void notify_file_fini(struct notify_file *file);

/* ERR_INPUT with a note that names line and key. `folder` is what paths are relative to. */
MUST_USE enum err notify_file_parse(struct slice yaml, const char *name, const char *folder,
                                    struct notify_file *out_file, struct note *note);
/* Or what document_read_file says. */
MUST_USE enum err notify_file_load(const char *path, struct notify_file *out_file,
                                   struct note *note);
/* The secret's bytes, without white space at their end. ERR_NOT_FOUND, ERR_DENIED when others may
 * read it, ERR_INPUT when it is too short, each with a note. */
MUST_USE enum err notify_secret_load(const struct notify_webhook *webhook,
                                     struct buffer *out_secret, struct note *note);

#endif
