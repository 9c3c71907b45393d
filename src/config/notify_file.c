#include "config/notify_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/document.h"

#define PATH_MAX_BYTES 64
#define TEXTS_MAX      ((NOTIFY_KIND_END - 1) * (NOTIFY_LANGUAGE_END - 1))
/* All that go to members. */
#define ALL_KINDS (((1u << NOTIFY_KIND_END) - 2u) & ~(1u << NOTIFY_ALERT_RAISED))

struct webhook_yaml {
    char *name;
    char *channel;
    char *url;
    char *secret;
    char *ca;
    char **kinds;
    unsigned kinds_count;
    char *batch;
    char *attempts;
    char *timeout_ms;
    char *retry_ms;
    char *retry_max_ms;
    char *stale_hours;
};

struct text_yaml {
    char *kind;
    char *language;
    char *text;
};

struct expiring_yaml {
    char *days;
    char *every_minutes;
};

struct notify_yaml {
    char *version;
    char *brand;
    char *language;
    char **service;
    unsigned service_count;
    struct expiring_yaml *expiring;
    struct webhook_yaml *webhooks;
    unsigned webhooks_count;
    struct text_yaml *texts;
    unsigned texts_count;
};

static const cyaml_schema_value_t word_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t webhook_fields[] = {
    YAML_TEXT("name", struct webhook_yaml, name),
    YAML_TEXT("channel", struct webhook_yaml, channel),
    YAML_TEXT("url", struct webhook_yaml, url),
    YAML_TEXT("secret", struct webhook_yaml, secret),
    YAML_TEXT_OPTIONAL("ca", struct webhook_yaml, ca),
    CYAML_FIELD_SEQUENCE("kinds", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct webhook_yaml,
                         kinds, &word_schema, 1, NOTIFY_KIND_END),
    YAML_TEXT_OPTIONAL("batch", struct webhook_yaml, batch),
    YAML_TEXT_OPTIONAL("attempts", struct webhook_yaml, attempts),
    YAML_TEXT_OPTIONAL("timeout_ms", struct webhook_yaml, timeout_ms),
    YAML_TEXT_OPTIONAL("retry_ms", struct webhook_yaml, retry_ms),
    YAML_TEXT_OPTIONAL("retry_max_ms", struct webhook_yaml, retry_max_ms),
    YAML_TEXT_OPTIONAL("stale_hours", struct webhook_yaml, stale_hours),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t webhook_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct webhook_yaml, webhook_fields),
};

static const cyaml_schema_field_t text_fields[] = {
    YAML_TEXT("kind", struct text_yaml, kind),
    YAML_TEXT("language", struct text_yaml, language),
    YAML_TEXT("text", struct text_yaml, text),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct text_yaml, text_fields),
};

static const cyaml_schema_field_t expiring_fields[] = {
    YAML_TEXT("days", struct expiring_yaml, days),
    YAML_TEXT_OPTIONAL("every_minutes", struct expiring_yaml, every_minutes),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t notify_fields[] = {
    YAML_TEXT("version", struct notify_yaml, version),
    YAML_TEXT("brand", struct notify_yaml, brand),
    YAML_TEXT("language", struct notify_yaml, language),
    CYAML_FIELD_SEQUENCE("service", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct notify_yaml,
                         service, &word_schema, 1, NOTIFY_KIND_END),
    CYAML_FIELD_MAPPING_PTR("expiring", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct notify_yaml, expiring, expiring_fields),
    CYAML_FIELD_SEQUENCE("webhooks", CYAML_FLAG_POINTER, struct notify_yaml, webhooks,
                         &webhook_schema, 1, LIMIT_NOTIFY_WEBHOOKS),
    CYAML_FIELD_SEQUENCE("texts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct notify_yaml,
                         texts, &text_schema, 1, TEXTS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t notify_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct notify_yaml, notify_fields),
};

static void check_kind(struct check *check, const char *path, const char *text,
                       enum notify_kind *out_kind)
{
    if (check->err == ERR_OK && notify_kind_parse(text, out_kind) != ERR_OK) {
        check_fail(check, path,
                   "is no kind of notification: welcome, points_earned, points_spent, "
                   "points_expiring, tier_reached, coupon_given, draw_won, alert_raised");
    }
}

static void check_language(struct check *check, const char *path, const char *text,
                           enum notify_language *out_language)
{
    if (check->err == ERR_OK && notify_language_parse(text, out_language) != ERR_OK) {
        check_fail(check, path, "is none of en, ru, kk");
    }
}

static void check_kinds(struct check *check, const char *path, char *const *texts, unsigned count,
                        unsigned *out_kinds)
{
    unsigned kinds = 0;
    for (unsigned i = 0; i < count; i++) {
        enum notify_kind kind = NOTIFY_KIND_END;
        char item[PATH_MAX_BYTES];
        snprintf(item, sizeof item, "%s[%u]", path, i);
        check_kind(check, item, texts[i], &kind);
        if (check->err == ERR_OK) {
            kinds |= 1u << (unsigned)kind;
        }
    }
    *out_kinds = kinds;
}

static void check_url(struct check *check, const char *path, const char *text,
                      struct notify_webhook *out)
{
    check_text(check, path, text, out->url, sizeof out->url);
    const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
                       : strncmp(text, "http://", 7) == 0 ? text + 7
                                                          : "";
    if (check->err == ERR_OK && (strchr("/:?#", host[0]) != NULL || strchr(text, ' ') != NULL ||
                                 strchr(text, '@') != NULL)) {
        check_fail(check, path, "is no URL of a host with http:// or https://, or has a password");
    }
}

/* It names a file in the data folder. */
static void check_name(struct check *check, const char *path, const char *text,
                       struct notify_webhook *out)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t length = strlen(text);
    if (check->err == ERR_OK &&
        (length >= sizeof out->name || strspn(text, allowed) != length || text[0] == '-')) {
        check_fail(check, path, "has more than %zu characters, or others than a-z, 0-9 and -",
                   sizeof out->name - 1);
    }
    if (check->err == ERR_OK) {
        memcpy(out->name, text, length + 1);
    }
}

static const char *path_of(char out[PATH_MAX_BYTES], unsigned index, const char *key)
{
    snprintf(out, PATH_MAX_BYTES, "webhooks[%u].%s", index, key);
    return out;
}

static void check_terms(struct check *check, unsigned i, const struct webhook_yaml *yaml,
                        struct notify_webhook *out)
{
    char path[PATH_MAX_BYTES];
    out->delivery = (struct delivery_terms){
        .batch = 20, .attempts = 5, .retry_ms = 1000, .retry_max_ms = 300000};
    out->timeout_ms = 5000;
    out->stale_hours = 72;
    check_unsigned(check, path_of(path, i, "batch"), yaml->batch, 1, LIMIT_NOTIFY_BATCH,
                   &out->delivery.batch);
    check_unsigned(check, path_of(path, i, "attempts"), yaml->attempts, 1, 100,
                   &out->delivery.attempts);
    check_unsigned(check, path_of(path, i, "timeout_ms"), yaml->timeout_ms, 10, 60000,
                   &out->timeout_ms);
    check_unsigned(check, path_of(path, i, "retry_ms"), yaml->retry_ms, 10, 3600000,
                   &out->delivery.retry_ms);
    check_unsigned(check, path_of(path, i, "retry_max_ms"), yaml->retry_max_ms, 10, 3600000,
                   &out->delivery.retry_max_ms);
    check_unsigned(check, path_of(path, i, "stale_hours"), yaml->stale_hours, 1, 24 * 366,
                   &out->stale_hours);
    if (check->err == ERR_OK && out->delivery.retry_max_ms < out->delivery.retry_ms) {
        check_fail(check, path_of(path, i, "retry_ms"), "is more than retry_max_ms");
    }
}

static void check_webhook(struct check *check, unsigned i, const struct webhook_yaml *yaml,
                          struct notify_file *file)
{
    struct notify_webhook *out = &file->webhooks[i];
    char path[PATH_MAX_BYTES];
    check_name(check, path_of(path, i, "name"), yaml->name, out);
    for (unsigned k = 0; k < i && check->err == ERR_OK; k++) {
        if (strcmp(file->webhooks[k].name, out->name) == 0) {
            check_fail(check, path_of(path, i, "name"), "is another webhook's, too");
        }
    }
    if (check->err == ERR_OK && notify_channel_parse(yaml->channel, &out->channel) != ERR_OK) {
        check_fail(check, path_of(path, i, "channel"), "is none of email, sms, push, chat");
    }
    check_url(check, path_of(path, i, "url"), yaml->url, out);
    check_path(check, path_of(path, i, "secret"), yaml->secret, &out->secret);
    check_path(check, path_of(path, i, "ca"), yaml->ca, &out->ca);
    out->kinds = ALL_KINDS;
    if (yaml->kinds_count > 0) {
        check_kinds(check, path_of(path, i, "kinds"), yaml->kinds, yaml->kinds_count, &out->kinds);
    }
    check_terms(check, i, yaml, out);
}

static void check_template(struct check *check, unsigned i, const struct text_yaml *yaml,
                           struct notify_file *file)
{
    enum notify_kind kind = NOTIFY_WELCOME;
    enum notify_language language = NOTIFY_ENGLISH;
    struct note why = {""};
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "texts[%u].kind", i);
    check_kind(check, path, yaml->kind, &kind);
    snprintf(path, sizeof path, "texts[%u].language", i);
    check_language(check, path, yaml->language, &language);
    if (check->err == ERR_OK && file->texts.texts[kind][language] != NULL) {
        check_fail(check, path, "%s has a text of %s already", notify_kind_name(kind),
                   notify_language_name(language));
    }
    snprintf(path, sizeof path, "texts[%u].text", i);
    if (check->err == ERR_OK && notify_template_check(kind, language, yaml->text, &why) != ERR_OK) {
        check_fail(check, path, "%s", why.text);
    }
    if (check->err == ERR_OK) {
        file->texts.texts[kind][language] = strdup(yaml->text);
        check->err = file->texts.texts[kind][language] == NULL ? ERR_RESOURCE : ERR_OK;
    }
}

static void check_notify(struct check *check, const struct notify_yaml *yaml,
                         struct notify_file *out)
{
    unsigned version = 0;
    check_unsigned(check, "version", yaml->version, 1, 1, &version);
    check_text(check, "brand", yaml->brand, out->brand, sizeof out->brand);
    check_language(check, "language", yaml->language, &out->language);
    check_kinds(check, "service", yaml->service, yaml->service_count, &out->service);
    out->expiring_minutes = 60;
    if (yaml->expiring != NULL) {
        check_unsigned(check, "expiring.days", yaml->expiring->days, 1, 366, &out->expiring_days);
        check_unsigned(check, "expiring.every_minutes", yaml->expiring->every_minutes, 1, 1440,
                       &out->expiring_minutes);
    }
    for (unsigned i = 0; i < yaml->webhooks_count; i++) {
        check_webhook(check, i, &yaml->webhooks[i], out);
    }
    out->webhook_count = yaml->webhooks_count;
    for (unsigned i = 0; i < yaml->texts_count; i++) {
        check_template(check, i, &yaml->texts[i], out);
    }
}

void notify_file_fini(struct notify_file *file)
{
    for (size_t kind = 0; kind < NOTIFY_KIND_END; kind++) {
        for (size_t language = 0; language < NOTIFY_LANGUAGE_END; language++) {
            free((char *)(uintptr_t)file->texts.texts[kind][language]);
            file->texts.texts[kind][language] = NULL;
        }
    }
}

enum err notify_file_parse(struct slice yaml, const char *name, const char *folder,
                           struct notify_file *out_file, struct note *note)
{
    struct document_source source = {yaml, name};
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    struct notify_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = document_load(&source, &notify_schema, &document, &positions, note);
    if (err == ERR_OK) {
        struct check check = {.positions = positions, .folder = folder, .note = note};
        check_notify(&check, document, file);
        document_free(&notify_schema, document);
        err = check.err;
    }
    if (err == ERR_OK) {
        *out_file = *file;
    } else {
        notify_file_fini(file);
    }
    free(file);
    return err;
}

enum err notify_file_load(const char *path, struct notify_file *out_file, struct note *note)
{
    char folder[LIMIT_PATH_BYTES + 1];
    struct buffer text = {0};
    if (config_folder(path, folder) != ERR_OK) {
        return note_set(note, ERR_INPUT, "a file's path is longer than %u bytes", LIMIT_PATH_BYTES);
    }
    enum err err = document_read_file(path, &text, note);
    if (err == ERR_OK) {
        err = notify_file_parse(buffer_slice(&text), path, folder, out_file, note);
    }
    buffer_fini(&text);
    return err;
}

enum err notify_secret_load(const struct notify_webhook *webhook, struct buffer *out_secret,
                            struct note *note)
{
    const char *path = webhook->secret.text;
    enum err err = file_read(path, FILE_SECRET, LIMIT_NOTIFY_SECRET_BYTES, out_secret, note);
    if (err != ERR_OK) {
        return err;
    }
    while (out_secret->length > 0 && strchr(" \r\n\t", out_secret->at[out_secret->length - 1])) {
        out_secret->length--;
    }
    return out_secret->length >= NOTIFY_SECRET_BYTES_MIN
               ? ERR_OK
               : note_set(note, ERR_INPUT, "%s: a secret has %u bytes or more", path,
                          NOTIFY_SECRET_BYTES_MIN);
}
