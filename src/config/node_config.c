#include "config/node_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/document.h"

#define STAND_IN_POINTS_MAX 1000000000u
#define STAND_IN_PATH_BYTES 64

struct keys_yaml {
    char *online;
    char **next;
    unsigned next_count;
};

struct tls_yaml {
    char *certificate;
    char *key;
    char *ca;
};

struct peers_yaml {
    char *reconnect_ms;
};

struct limits_yaml {
    char *rpc_workers;
    char *streams;
    char *queue_commands;
    char *batch_records;
    char *group_commit_us;
    char *memtable_mb;
    char *id_retention_months;
    char *hold_minutes;
    char *deliver_hours;
    char *points_per_command_max;
    char *peer_holds_per_s;
    char *peer_refused_holds_per_s;
    char *peer_entries_per_s;
    char *peer_calls_per_s;
    char *outbox_entries;
    char *min_free_mb;
    char *drain_ms;
    char *netting_grace_s;
    char *quote_seconds;
};

struct stand_in_partner_yaml {
    char *partner;
    char *floor_points;
    char *daily_cap_points;
    char *hours;
};

struct stand_in_yaml {
    char *floor_points;
    char *daily_cap_points;
    char *hours;
    struct stand_in_partner_yaml *partners;
    unsigned partners_count;
};

struct log_yaml {
    char *level;
    char *format;
};

struct node_yaml {
    char *coalition;
    char *partner;
    char *data;
    char *charter;
    char *programme;
    char *notifications;
    char *listen;
    char *http;
    struct keys_yaml keys;
    struct tls_yaml tls;
    struct peers_yaml peers;
    struct limits_yaml limits;
    struct stand_in_yaml stand_in;
    struct log_yaml log;
};

static const cyaml_schema_value_t key_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t keys_fields[] = {
    YAML_TEXT("online", struct keys_yaml, online),
    CYAML_FIELD_SEQUENCE("next", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct keys_yaml, next,
                         &key_schema, 0, NODE_KEYS_MAX - 1),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t tls_fields[] = {
    YAML_TEXT("certificate", struct tls_yaml, certificate),
    YAML_TEXT("key", struct tls_yaml, key),
    YAML_TEXT("ca", struct tls_yaml, ca),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t peers_fields[] = {
    YAML_TEXT_OPTIONAL("reconnect_ms", struct peers_yaml, reconnect_ms),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t limits_fields[] = {
    YAML_TEXT_OPTIONAL("rpc_workers", struct limits_yaml, rpc_workers),
    YAML_TEXT_OPTIONAL("streams", struct limits_yaml, streams),
    YAML_TEXT_OPTIONAL("queue_commands", struct limits_yaml, queue_commands),
    YAML_TEXT_OPTIONAL("batch_records", struct limits_yaml, batch_records),
    YAML_TEXT_OPTIONAL("group_commit_us", struct limits_yaml, group_commit_us),
    YAML_TEXT_OPTIONAL("memtable_mb", struct limits_yaml, memtable_mb),
    YAML_TEXT_OPTIONAL("id_retention_months", struct limits_yaml, id_retention_months),
    YAML_TEXT_OPTIONAL("hold_minutes", struct limits_yaml, hold_minutes),
    YAML_TEXT_OPTIONAL("deliver_hours", struct limits_yaml, deliver_hours),
    YAML_TEXT_OPTIONAL("points_per_command_max", struct limits_yaml, points_per_command_max),
    YAML_TEXT_OPTIONAL("peer_holds_per_s", struct limits_yaml, peer_holds_per_s),
    YAML_TEXT_OPTIONAL("peer_refused_holds_per_s", struct limits_yaml, peer_refused_holds_per_s),
    YAML_TEXT_OPTIONAL("peer_entries_per_s", struct limits_yaml, peer_entries_per_s),
    YAML_TEXT_OPTIONAL("peer_calls_per_s", struct limits_yaml, peer_calls_per_s),
    YAML_TEXT_OPTIONAL("outbox_entries", struct limits_yaml, outbox_entries),
    YAML_TEXT_OPTIONAL("min_free_mb", struct limits_yaml, min_free_mb),
    YAML_TEXT_OPTIONAL("drain_ms", struct limits_yaml, drain_ms),
    YAML_TEXT_OPTIONAL("netting_grace_s", struct limits_yaml, netting_grace_s),
    YAML_TEXT_OPTIONAL("quote_seconds", struct limits_yaml, quote_seconds),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t stand_in_partner_fields[] = {
    YAML_TEXT("partner", struct stand_in_partner_yaml, partner),
    YAML_TEXT("floor_points", struct stand_in_partner_yaml, floor_points),
    YAML_TEXT_OPTIONAL("daily_cap_points", struct stand_in_partner_yaml, daily_cap_points),
    YAML_TEXT_OPTIONAL("hours", struct stand_in_partner_yaml, hours),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t stand_in_partner_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct stand_in_partner_yaml, stand_in_partner_fields),
};

static const cyaml_schema_field_t stand_in_fields[] = {
    YAML_TEXT_OPTIONAL("floor_points", struct stand_in_yaml, floor_points),
    YAML_TEXT_OPTIONAL("daily_cap_points", struct stand_in_yaml, daily_cap_points),
    YAML_TEXT_OPTIONAL("hours", struct stand_in_yaml, hours),
    CYAML_FIELD_SEQUENCE("partners", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct stand_in_yaml,
                         partners, &stand_in_partner_schema, 1, NODE_STAND_IN_PARTNERS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t log_fields[] = {
    YAML_TEXT_OPTIONAL("level", struct log_yaml, level),
    YAML_TEXT_OPTIONAL("format", struct log_yaml, format),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t node_fields[] = {
    YAML_TEXT("coalition", struct node_yaml, coalition),
    YAML_TEXT("partner", struct node_yaml, partner),
    YAML_TEXT("data", struct node_yaml, data),
    YAML_TEXT("charter", struct node_yaml, charter),
    YAML_TEXT("programme", struct node_yaml, programme),
    YAML_TEXT_OPTIONAL("notifications", struct node_yaml, notifications),
    YAML_TEXT("listen", struct node_yaml, listen),
    YAML_TEXT("http", struct node_yaml, http),
    CYAML_FIELD_MAPPING("keys", CYAML_FLAG_DEFAULT, struct node_yaml, keys, keys_fields),
    CYAML_FIELD_MAPPING("tls", CYAML_FLAG_DEFAULT, struct node_yaml, tls, tls_fields),
    CYAML_FIELD_MAPPING("peers", CYAML_FLAG_OPTIONAL, struct node_yaml, peers, peers_fields),
    CYAML_FIELD_MAPPING("limits", CYAML_FLAG_OPTIONAL, struct node_yaml, limits, limits_fields),
    CYAML_FIELD_MAPPING("stand_in", CYAML_FLAG_OPTIONAL, struct node_yaml, stand_in,
                        stand_in_fields),
    CYAML_FIELD_MAPPING("log", CYAML_FLAG_OPTIONAL, struct node_yaml, log, log_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t node_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct node_yaml, node_fields),
};

static void set_defaults(struct node_config *config)
{
    config->peers_reconnect_ms = 200;
    config->limits = (struct node_limits){
        .rpc_workers = 4,
        .streams = 256,
        .queue_commands = LIMIT_QUEUE_COMMANDS,
        .batch_records = LIMIT_BATCH_RECORDS,
        .group_commit_us = 0,
        .memtable_mb = LIMIT_MEMTABLE_BYTES >> 20,
        .id_retention_months = 13,
        .hold_minutes = 30,
        .deliver_hours = 72,
        .points_per_command_max = 10000000,
        .peer_holds_per_s = 5000,
        .peer_refused_holds_per_s = 200,
        .peer_entries_per_s = 500000,
        .peer_calls_per_s = 200,
        .outbox_entries = 5000000,
        .min_free_mb = 256,
        .drain_ms = 10000,
        .netting_grace_s = 86400,
        .quote_seconds = 900,
    };
    config->stand_in = (struct node_stand_in){.hours = STAND_IN_HOURS_MAX};
    config->log_level = NODE_LOG_INFO;
    config->log_format = NODE_LOG_JSON;
}

static void check_limits(struct check *check, const struct limits_yaml *yaml,
                         struct node_limits *out)
{
    check_unsigned(check, "limits.rpc_workers", yaml->rpc_workers, 1, 256, &out->rpc_workers);
    check_unsigned(check, "limits.streams", yaml->streams, 1, LIMIT_CONCURRENT_STREAMS,
                   &out->streams);
    check_unsigned(check, "limits.queue_commands", yaml->queue_commands, 1, LIMIT_QUEUE_COMMANDS,
                   &out->queue_commands);
    check_unsigned(check, "limits.batch_records", yaml->batch_records, 1, LIMIT_BATCH_RECORDS,
                   &out->batch_records);
    check_unsigned(check, "limits.group_commit_us", yaml->group_commit_us, 0, 100000,
                   &out->group_commit_us);
    check_unsigned(check, "limits.memtable_mb", yaml->memtable_mb, 1, LIMIT_MEMTABLE_BYTES >> 20,
                   &out->memtable_mb);
    check_unsigned(check, "limits.id_retention_months", yaml->id_retention_months, 1, 120,
                   &out->id_retention_months);
    check_unsigned(check, "limits.hold_minutes", yaml->hold_minutes, 1, 31 * 24 * 60,
                   &out->hold_minutes);
    check_unsigned(check, "limits.deliver_hours", yaml->deliver_hours, 1, 31 * 24,
                   &out->deliver_hours);
    check_unsigned(check, "limits.quote_seconds", yaml->quote_seconds, 1, 86400,
                   &out->quote_seconds);
    check_unsigned(check, "limits.points_per_command_max", yaml->points_per_command_max, 1,
                   1000000000, &out->points_per_command_max);
    check_unsigned(check, "limits.peer_holds_per_s", yaml->peer_holds_per_s, 0, 1000000,
                   &out->peer_holds_per_s);
    check_unsigned(check, "limits.peer_refused_holds_per_s", yaml->peer_refused_holds_per_s, 0,
                   1000000, &out->peer_refused_holds_per_s);
    check_unsigned(check, "limits.peer_entries_per_s", yaml->peer_entries_per_s, 0, 100000000,
                   &out->peer_entries_per_s);
    check_unsigned(check, "limits.peer_calls_per_s", yaml->peer_calls_per_s, 0, 1000000,
                   &out->peer_calls_per_s);
    check_unsigned(check, "limits.outbox_entries", yaml->outbox_entries, 1, 1000000000,
                   &out->outbox_entries);
    check_unsigned(check, "limits.min_free_mb", yaml->min_free_mb, 0, 1u << 20, &out->min_free_mb);
    check_unsigned(check, "limits.drain_ms", yaml->drain_ms, 0, 600000, &out->drain_ms);
    check_unsigned(check, "limits.netting_grace_s", yaml->netting_grace_s, 1, 31u * 86400,
                   &out->netting_grace_s);
}

/* `out` has what goes for everybody, or nothing. A cap that is not given is that of everybody. */
static void check_stand_in(struct check *check, const char *path, const char *const texts[3],
                           struct node_stand_in *out)
{
    static const char *const keys[] = {"floor_points", "daily_cap_points", "hours"};
    char paths[3][STAND_IN_PATH_BYTES];
    for (size_t i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s.%s", path, keys[i]);
    }
    check_unsigned(check, paths[0], texts[0], 0, STAND_IN_POINTS_MAX, &out->floor_points);
    check_unsigned(check, paths[1], texts[1], 0, STAND_IN_POINTS_MAX, &out->daily_cap_points);
    check_unsigned(check, paths[2], texts[2], 1, STAND_IN_HOURS_MAX, &out->hours);
    if (check->err == ERR_OK && out->floor_points > 0 && out->daily_cap_points == 0) {
        check_fail(check, paths[0], "there is no daily_cap_points with it");
    }
    if (check->err == ERR_OK &&
        out->floor_points > (uint64_t)out->daily_cap_points * out->hours / STAND_IN_HOURS_MAX) {
        check_fail(check, paths[0],
                   "is more than the share of daily_cap_points in that many hours");
    }
}

static void check_stand_ins(struct check *check, const struct stand_in_yaml *yaml,
                            struct node_config *out)
{
    const char *const texts[] = {yaml->floor_points, yaml->daily_cap_points, yaml->hours};
    check_stand_in(check, "stand_in", texts, &out->stand_in);
    for (unsigned i = 0; i < yaml->partners_count; i++) {
        const struct stand_in_partner_yaml *row = &yaml->partners[i];
        const char *const own[] = {row->floor_points, row->daily_cap_points, row->hours};
        struct node_stand_in_partner *partner = &out->stand_in_partners[i];
        char path[STAND_IN_PATH_BYTES / 2];
        char id[STAND_IN_PATH_BYTES];
        snprintf(path, sizeof path, "stand_in.partners[%u]", i);
        snprintf(id, sizeof id, "%s.partner", path);
        check_partner(check, id, row->partner, &partner->partner);
        partner->terms = out->stand_in;
        check_stand_in(check, path, own, &partner->terms);
    }
    out->stand_in_partner_count = yaml->partners_count;
}

static void check_log(struct check *check, const struct log_yaml *yaml, struct node_config *out)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    static const char *const formats[] = {"json", "text"};
    unsigned level = out->log_level;
    unsigned format = out->log_format;
    check_choice(check, "log.level", yaml->level, levels, 4, &level);
    check_choice(check, "log.format", yaml->format, formats, 2, &format);
    out->log_level = (enum node_log_level)level;
    out->log_format = (enum node_log_format)format;
}

static void check_keys(struct check *check, const struct keys_yaml *yaml, struct node_config *out)
{
    check_path(check, "keys.online", yaml->online, &out->online_keys[0]);
    out->online_key_count = 1;
    for (unsigned i = 0; i < yaml->next_count; i++) {
        char item[32];
        snprintf(item, sizeof item, "keys.next[%u]", i);
        check_path(check, item, yaml->next[i], &out->online_keys[out->online_key_count++]);
    }
}

static void check_node(struct check *check, const struct node_yaml *yaml, struct node_config *out)
{
    check_coalition(check, "coalition", yaml->coalition, out->coalition);
    check_partner(check, "partner", yaml->partner, &out->partner);
    check_path(check, "data", yaml->data, &out->data);
    check_path(check, "charter", yaml->charter, &out->charter);
    check_path(check, "programme", yaml->programme, &out->programme);
    check_path(check, "notifications", yaml->notifications, &out->notifications);
    check_address(check, "listen", yaml->listen, &out->listen);
    check_address(check, "http", yaml->http, &out->http);
    if (check->err == ERR_OK && out->listen.port != 0 && address_equal(&out->listen, &out->http)) {
        check_fail(check, "http", "is the same address as listen");
    }
    check_keys(check, &yaml->keys, out);
    check_path(check, "tls.certificate", yaml->tls.certificate, &out->tls_certificate);
    check_path(check, "tls.key", yaml->tls.key, &out->tls_key);
    check_path(check, "tls.ca", yaml->tls.ca, &out->tls_ca);
    check_unsigned(check, "peers.reconnect_ms", yaml->peers.reconnect_ms, 10, 600000,
                   &out->peers_reconnect_ms);
    check_limits(check, &yaml->limits, &out->limits);
    check_stand_ins(check, &yaml->stand_in, out);
    check_log(check, &yaml->log, out);
}

enum err node_config_parse(struct slice yaml, const char *name, const char *folder,
                           struct node_config *out_config, struct note *note)
{
    struct document_source source = {yaml, name};
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    TRY(document_load(&source, &node_schema, &document, &positions, note));
    struct node_config config;
    memset(&config, 0, sizeof config);
    set_defaults(&config);
    struct check check = {.positions = positions, .folder = folder, .note = note};
    check_node(&check, document, &config);
    document_free(&node_schema, document);
    TRY(check.err);
    *out_config = config;
    return ERR_OK;
}

enum err node_config_load(const char *path, struct node_config *out_config, struct note *note)
{
    char folder[LIMIT_PATH_BYTES + 1];
    if (config_folder(path, folder) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the path of the configuration is too long");
    }
    CLEANUP(buffer_fini) struct buffer text = {0};
    TRY(document_read_file(path, &text, note));
    return node_config_parse(buffer_slice(&text), path, folder, out_config, note);
}

static enum err check_readable(const char *path, const char *key, const struct config_path *file,
                               struct note *note)
{
    struct stat about;
    if (stat(file->text, &about) != 0 || access(file->text, R_OK) != 0) {
        char text[128];
        enum err code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_DENIED;
        return note_set(note, code, "%s:%u: %s: %s: %s", path, file->line, key, file->text,
                        strerror_r(errno, text, sizeof text));
    }
    if (!S_ISREG(about.st_mode)) {
        return note_set(note, ERR_INPUT, "%s:%u: %s: %s: not a regular file", path, file->line, key,
                        file->text);
    }
    return ERR_OK;
}

static enum err check_private(const char *path, const char *key, const struct config_path *file,
                              struct note *note)
{
    TRY(check_readable(path, key, file, note));
    struct stat about;
    if (stat(file->text, &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return note_set(note, ERR_DENIED,
                        "%s:%u: %s: %s: a private key must be readable by its owner only "
                        "(chmod 600)",
                        path, file->line, key, file->text);
    }
    return ERR_OK;
}

enum err node_config_check_files(const struct node_config *config, const char *path,
                                 struct note *note)
{
    struct stat about;
    if (stat(config->data.text, &about) == 0 && !S_ISDIR(about.st_mode)) {
        return note_set(note, ERR_INPUT, "%s:%u: data: %s: not a folder", path, config->data.line,
                        config->data.text);
    }
    TRY(check_readable(path, "charter", &config->charter, note));
    TRY(check_readable(path, "programme", &config->programme, note));
    if (config->notifications.text[0] != '\0') {
        TRY(check_readable(path, "notifications", &config->notifications, note));
    }
    for (size_t i = 0; i < config->online_key_count; i++) {
        TRY(check_private(path, i == 0 ? "keys.online" : "keys.next", &config->online_keys[i],
                          note));
    }
    TRY(check_readable(path, "tls.certificate", &config->tls_certificate, note));
    TRY(check_private(path, "tls.key", &config->tls_key, note));
    return check_readable(path, "tls.ca", &config->tls_ca, note);
}
