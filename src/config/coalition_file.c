#include "config/coalition_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/coalition_promotion.h"
#include "config/coalition_tariff.h"
#include "config/time_zone.h"

#define DECIMALS_MAX        4 /* of points and of ISO 4217 currencies */
#define CAP_MINOR_MAX       LIMIT_POINTS_PER_COMMAND
#define GRACE_SECONDS_MAX   (31u * 24 * 60 * 60)
#define DISPUTE_SECONDS_MAX (366u * 24 * 60 * 60)

struct points_yaml {
    char *name;
    char *decimals;
};

struct settlement_yaml {
    char *currency;
    char *decimals;
    char *period;
    char *netting;
};

struct calendar_yaml {
    char *time_zone;
    char *grace_seconds;
    char *from;
};

struct signatures_yaml {
    char *required;
};

struct caps_yaml {
    char *net_debit;
    char *at_cap;
};

struct disputes_yaml {
    char *answer_seconds;
    char *escalate_seconds;
};

struct leaving_yaml {
    char *partner;
    char *last_period;
};

struct revoked_stream_yaml {
    char *peer;
    char *entries;
    char *receipts;
};

struct revoked_key_yaml {
    char *partner;
    char *key;
    struct revoked_stream_yaml *streams;
    unsigned streams_count;
};

struct coalition_yaml {
    char *coalition;
    char *epoch;
    struct points_yaml points;
    struct settlement_yaml settlement;
    struct calendar_yaml calendar;
    struct signatures_yaml signatures;
    struct tariff_yaml *tariffs;
    unsigned tariffs_count;
    struct promotion_yaml *promotions;
    unsigned promotions_count;
    struct caps_yaml caps;
    struct disputes_yaml disputes;
    char **partners;
    unsigned partners_count;
    struct leaving_yaml *leaving;
    unsigned leaving_count;
    struct revoked_key_yaml *revoked_keys;
    unsigned revoked_keys_count;
};

static const cyaml_schema_field_t points_fields[] = {
    YAML_TEXT("name", struct points_yaml, name),
    YAML_TEXT("decimals", struct points_yaml, decimals),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t settlement_fields[] = {
    YAML_TEXT("currency", struct settlement_yaml, currency),
    YAML_TEXT("decimals", struct settlement_yaml, decimals),
    YAML_TEXT_OPTIONAL("period", struct settlement_yaml, period),
    YAML_TEXT_OPTIONAL("netting", struct settlement_yaml, netting),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t calendar_fields[] = {
    YAML_TEXT_OPTIONAL("time_zone", struct calendar_yaml, time_zone),
    YAML_TEXT_OPTIONAL("grace_seconds", struct calendar_yaml, grace_seconds),
    YAML_TEXT_OPTIONAL("from", struct calendar_yaml, from),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t signatures_fields[] = {
    YAML_TEXT("required", struct signatures_yaml, required),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t caps_fields[] = {
    YAML_TEXT("net_debit", struct caps_yaml, net_debit),
    YAML_TEXT_OPTIONAL("at_cap", struct caps_yaml, at_cap),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t disputes_fields[] = {
    YAML_TEXT_OPTIONAL("answer_seconds", struct disputes_yaml, answer_seconds),
    YAML_TEXT_OPTIONAL("escalate_seconds", struct disputes_yaml, escalate_seconds),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t partner_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t leaving_fields[] = {
    YAML_TEXT("partner", struct leaving_yaml, partner),
    YAML_TEXT("last_period", struct leaving_yaml, last_period),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t leaving_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct leaving_yaml, leaving_fields),
};

static const cyaml_schema_field_t revoked_stream_fields[] = {
    YAML_TEXT("peer", struct revoked_stream_yaml, peer),
    YAML_TEXT("entries", struct revoked_stream_yaml, entries),
    YAML_TEXT("receipts", struct revoked_stream_yaml, receipts),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t revoked_stream_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct revoked_stream_yaml, revoked_stream_fields),
};

static const cyaml_schema_field_t revoked_key_fields[] = {
    YAML_TEXT("partner", struct revoked_key_yaml, partner),
    YAML_TEXT("key", struct revoked_key_yaml, key),
    CYAML_FIELD_SEQUENCE("streams", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct revoked_key_yaml, streams, &revoked_stream_schema, 0,
                         LIMIT_PARTNERS),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t revoked_key_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct revoked_key_yaml, revoked_key_fields),
};

static const cyaml_schema_field_t coalition_fields[] = {
    YAML_TEXT("coalition", struct coalition_yaml, coalition),
    YAML_TEXT("epoch", struct coalition_yaml, epoch),
    CYAML_FIELD_MAPPING("points", CYAML_FLAG_DEFAULT, struct coalition_yaml, points, points_fields),
    CYAML_FIELD_MAPPING("settlement", CYAML_FLAG_DEFAULT, struct coalition_yaml, settlement,
                        settlement_fields),
    CYAML_FIELD_MAPPING("calendar", CYAML_FLAG_OPTIONAL, struct coalition_yaml, calendar,
                        calendar_fields),
    CYAML_FIELD_MAPPING("signatures", CYAML_FLAG_DEFAULT, struct coalition_yaml, signatures,
                        signatures_fields),
    CYAML_FIELD_SEQUENCE("tariffs", CYAML_FLAG_POINTER, struct coalition_yaml, tariffs,
                         &coalition_tariff_schema, 1, LIMIT_TARIFFS),
    CYAML_FIELD_SEQUENCE("promotions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct coalition_yaml, promotions, &coalition_promotion_schema, 0,
                         LIMIT_PROMOTIONS),
    CYAML_FIELD_MAPPING("caps", CYAML_FLAG_DEFAULT, struct coalition_yaml, caps, caps_fields),
    CYAML_FIELD_MAPPING("disputes", CYAML_FLAG_OPTIONAL, struct coalition_yaml, disputes,
                        disputes_fields),
    CYAML_FIELD_SEQUENCE("partners", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct coalition_yaml, partners, &partner_schema, 1, LIMIT_PARTNERS),
    CYAML_FIELD_SEQUENCE("leaving", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct coalition_yaml,
                         leaving, &leaving_schema, 0, LIMIT_PARTNERS),
    CYAML_FIELD_SEQUENCE("revoked_keys", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct coalition_yaml, revoked_keys, &revoked_key_schema, 0,
                         LIMIT_PARTNERS),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t coalition_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct coalition_yaml, coalition_fields),
};

static void check_settlement(struct check *check, const struct settlement_yaml *yaml,
                             struct coalition_file *out)
{
    static const char *const periods[] = {"month", "week", "day"};
    static const char *const nettings[] = {"bilateral", "multilateral"};
    unsigned unit = PERIOD_MONTH;
    unsigned netting = 0;
    check_currency(check, "settlement.currency", yaml->currency, &out->settlement_currency);
    check_unsigned(check, "settlement.decimals", yaml->decimals, 0, DECIMALS_MAX,
                   &out->settlement_decimals);
    check_choice(check, "settlement.period", yaml->period, periods, PERIOD_UNIT_END, &unit);
    out->calendar.unit = (enum period_unit)unit;
    check_choice(check, "settlement.netting", yaml->netting, nettings, 2, &netting);
    out->is_multilateral = netting == 1;
}

static void check_caps(struct check *check, const struct caps_yaml *yaml,
                       struct coalition_file *out)
{
    static const char *const at_caps[] = {"refuse", "wait"};
    unsigned at_cap = 0;
    check_minor(check, "caps.net_debit", yaml->net_debit, out->settlement_decimals, 0,
                CAP_MINOR_MAX, &out->net_debit_minor);
    check_choice(check, "caps.at_cap", yaml->at_cap, at_caps, 2, &at_cap);
    out->waits_at_cap = at_cap == 1;
}

static void check_calendar(struct check *check, const struct calendar_yaml *yaml,
                           struct coalition_calendar *out)
{
    bool has_zone = yaml->time_zone != NULL && strcmp(yaml->time_zone, "UTC") != 0;
    if (check->err == ERR_OK && has_zone) {
        if (!time_zone_is_known(yaml->time_zone)) {
            check_fail(check, "calendar.time_zone",
                       "\"%s\" is no time zone that this machine knows, such as Asia/Almaty",
                       yaml->time_zone);
            return;
        }
        check_text(check, "calendar.time_zone", yaml->time_zone, out->time_zone,
                   sizeof out->time_zone);
    }
    out->is_closed_by_node = yaml->grace_seconds != NULL;
    check_unsigned(check, "calendar.grace_seconds", yaml->grace_seconds, 0, GRACE_SECONDS_MAX,
                   &out->grace_s);
    if (check->err == ERR_OK && yaml->from != NULL &&
        day_parse(yaml->from, &out->from_day) != ERR_OK) {
        check_fail(check, "calendar.from", "\"%s\" is no day such as 2026-12-01", yaml->from);
    }
}

static void check_partners(struct check *check, const struct coalition_yaml *yaml,
                           struct coalition_file *out)
{
    out->partner_count = yaml->partners_count;
    for (size_t i = 0; check->err == ERR_OK && i < yaml->partners_count; i++) {
        check_path(check, item_path("partners", i, "").text, yaml->partners[i], &out->partners[i]);
    }
    unsigned most = yaml->partners_count == 0 ? LIMIT_PARTNERS : yaml->partners_count;
    check_unsigned(check, "signatures.required", yaml->signatures.required, 1, most,
                   &out->required_signatures);
}

static void check_leaving(struct check *check, const struct coalition_yaml *yaml,
                          struct coalition_file *out)
{
    out->departure_count = yaml->leaving_count;
    for (size_t i = 0; check->err == ERR_OK && i < yaml->leaving_count; i++) {
        const struct leaving_yaml *row = &yaml->leaving[i];
        struct coalition_departure *departure = &out->departures[i];
        check_partner(check, item_path("leaving", i, "partner").text, row->partner,
                      &departure->partner);
        if (check->err == ERR_OK &&
            period_parse(row->last_period, &departure->last_period) != ERR_OK) {
            check_fail(check, item_path("leaving", i, "last_period").text,
                       "\"%s\" is no period such as 2026-10", row->last_period);
        }
    }
}

static void check_number(struct check *check, const char *path, const char *text, uint64_t *out)
{
    int64_t number = 0;
    check_minor(check, path, text, 0, 0, INT64_MAX, &number);
    *out = (uint64_t)number;
}

static void check_revoked_streams(struct check *check, const struct revoked_key_yaml *yaml,
                                  size_t index, struct coalition_revoked_key *out)
{
    const char *path = item_path("revoked_keys", index, "streams").text;
    out->streams = calloc(yaml->streams_count + 1, sizeof *out->streams);
    if (out->streams == NULL) {
        check->err = note_set(check->note, ERR_RESOURCE, "out of memory");
        return;
    }
    out->stream_count = yaml->streams_count;
    for (size_t i = 0; check->err == ERR_OK && i < yaml->streams_count; i++) {
        const struct revoked_stream_yaml *row = &yaml->streams[i];
        check_partner(check, path, row->peer, &out->streams[i].peer);
        check_number(check, path, row->entries, &out->streams[i].entries);
        check_number(check, path, row->receipts, &out->streams[i].receipts);
    }
}

static void check_revoked(struct check *check, const struct coalition_yaml *yaml,
                          struct coalition_file *out)
{
    out->revoked_count = yaml->revoked_keys_count;
    for (size_t i = 0; check->err == ERR_OK && i < yaml->revoked_keys_count; i++) {
        const struct revoked_key_yaml *row = &yaml->revoked_keys[i];
        struct coalition_revoked_key *revoked = &out->revoked[i];
        check_partner(check, item_path("revoked_keys", i, "partner").text, row->partner,
                      &revoked->partner);
        if (check->err == ERR_OK && (strlen(row->key) != sizeof revoked->key - 1 ||
                                     strspn(row->key, "0123456789abcdef") != strlen(row->key))) {
            check_fail(check, item_path("revoked_keys", i, "key").text,
                       "\"%s\" is no key id of 16 hexadecimal digits", row->key);
        }
        if (check->err == ERR_OK) {
            memcpy(revoked->key, row->key, sizeof revoked->key);
            check_revoked_streams(check, row, i, revoked);
        }
    }
}

static void check_file(struct check *check, const struct coalition_yaml *yaml,
                       struct coalition_file *out)
{
    check_coalition(check, "coalition", yaml->coalition, out->coalition);
    check_unsigned(check, "epoch", yaml->epoch, 1, UINT32_MAX, &out->epoch);
    check_text(check, "points.name", yaml->points.name, out->points_name, sizeof out->points_name);
    check_unsigned(check, "points.decimals", yaml->points.decimals, 0, DECIMALS_MAX,
                   &out->points_decimals);
    check_settlement(check, &yaml->settlement, out);
    check_calendar(check, &yaml->calendar, &out->calendar);
    for (size_t i = 0; check->err == ERR_OK && i < yaml->tariffs_count; i++) {
        coalition_check_tariff(check, &yaml->tariffs[i], i, out);
    }
    for (size_t i = 0; check->err == ERR_OK && i < yaml->promotions_count; i++) {
        coalition_check_promotion(check, &yaml->promotions[i], i, out);
    }
    check_caps(check, &yaml->caps, out);
    check_unsigned(check, "disputes.answer_seconds", yaml->disputes.answer_seconds, 1,
                   DISPUTE_SECONDS_MAX, &out->dispute_answer_s);
    check_unsigned(check, "disputes.escalate_seconds", yaml->disputes.escalate_seconds, 1,
                   DISPUTE_SECONDS_MAX, &out->dispute_escalate_s);
    check_partners(check, yaml, out);
    check_leaving(check, yaml, out);
    check_revoked(check, yaml, out);
}

static enum err make_room(const struct coalition_yaml *yaml, struct coalition_file *out)
{
    out->partners = calloc(yaml->partners_count + 1, sizeof *out->partners);
    out->departures = calloc(yaml->leaving_count + 1, sizeof *out->departures);
    out->revoked = calloc(yaml->revoked_keys_count + 1, sizeof *out->revoked);
    out->promotions = calloc(yaml->promotions_count + 1, sizeof *out->promotions);
    return out->promotions == NULL || out->partners == NULL || out->departures == NULL ||
                   out->revoked == NULL
               ? ERR_RESOURCE
               : ERR_OK;
}

enum err coalition_file_parse(struct slice yaml, const char *name, const char *folder,
                              struct coalition_file *out_coalition, struct note *note)
{
    struct document_source source = {yaml, name};
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    TRY(document_load(&source, &coalition_schema, &document, &positions, note));
    CLEANUP(coalition_file_fini) struct coalition_file coalition;
    memset(&coalition, 0, sizeof coalition);
    struct check check = {.positions = positions,
                          .folder = folder,
                          .note = note,
                          .err = make_room(document, &coalition)};
    if (check.err != ERR_OK) {
        note_set(note, check.err, "%s: out of memory", name);
    }
    check_file(&check, document, &coalition);
    document_free(&coalition_schema, document);
    TRY(check.err);
    *out_coalition = coalition;
    memset(&coalition, 0, sizeof coalition); /* handed over */
    return ERR_OK;
}

enum err coalition_file_load(const char *path, struct coalition_file *out_coalition,
                             struct note *note)
{
    char folder[LIMIT_PATH_BYTES + 1];
    if (config_folder(path, folder) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the path of the coalition's description is too long");
    }
    CLEANUP(buffer_fini) struct buffer text = {0};
    TRY(document_read_file(path, &text, note));
    return coalition_file_parse(buffer_slice(&text), path, folder, out_coalition, note);
}

void coalition_file_fini(struct coalition_file *coalition)
{
    free(coalition->partners);
    free(coalition->departures);
    free(coalition->promotions);
    for (size_t i = 0; i < coalition->revoked_count; i++) {
        free(coalition->revoked[i].streams);
    }
    free(coalition->revoked);
    memset(coalition, 0, sizeof *coalition);
}
