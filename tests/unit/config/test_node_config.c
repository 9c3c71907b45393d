#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/node_config.h"
#include "config_test.h"

static const char full[] = "coalition: demo\n"
                           "partner: grocer\n"
                           "data: data\n"
                           "charter: charter.talea\n"
                           "programme: /etc/talea/programme.yaml\n"
                           "listen: 127.0.0.1:7101\n"
                           "http: \"[::1]:7201\"\n"
                           "keys: {online: keys/online.key}\n"
                           "tls: {certificate: tls/node.pem, key: tls/node.key, ca: tls/ca.pem}\n"
                           "peers: {reconnect_ms: 300}\n"
                           "limits:\n"
                           "  rpc_workers: 8\n"
                           "  streams: 100\n"
                           "  queue_commands: 1000\n"
                           "  batch_records: 500\n"
                           "  group_commit_us: 50\n"
                           "  memtable_mb: 32\n"
                           "  id_retention_months: 14\n"
                           "  hold_minutes: 20\n"
                           "  deliver_hours: 48\n"
                           "  points_per_command_max: 5000\n"
                           "  peer_holds_per_s: 11\n"
                           "  peer_refused_holds_per_s: 12\n"
                           "  peer_entries_per_s: 13\n"
                           "  peer_calls_per_s: 0\n"
                           "  min_free_mb: 100\n"
                           "  drain_ms: 500\n"
                           "log: {level: warning, format: text}\n"
                           "stand_in: {floor_points: 500, daily_cap_points: 20000, hours: 12,\n"
                           "  partners: [{partner: fuel, floor_points: 100},\n"
                           "    {partner: hotel, floor_points: 0}]}\n";

static void test_every_key(void **state)
{
    (void)state;
    struct node_config c;
    assert_int_equal(node_config_parse(text_slice(full), "node.yaml", "/srv/n", &c, NULL), ERR_OK);
    assert_string_equal(c.coalition, "demo");
    assert_string_equal(c.partner.text, "grocer");
    assert_string_equal(c.data.text, "/srv/n/data");
    assert_string_equal(c.charter.text, "/srv/n/charter.talea");
    assert_int_equal(c.charter.line, 4);
    assert_string_equal(c.programme.text, "/etc/talea/programme.yaml");
    assert_string_equal(c.listen.host, "127.0.0.1");
    assert_int_equal(c.listen.port, 7101);
    assert_string_equal(c.http.host, "::1");
    assert_int_equal(c.http.port, 7201);
    assert_string_equal(c.online_keys[0].text, "/srv/n/keys/online.key");
    assert_string_equal(c.tls_certificate.text, "/srv/n/tls/node.pem");
    assert_string_equal(c.tls_key.text, "/srv/n/tls/node.key");
    assert_string_equal(c.tls_ca.text, "/srv/n/tls/ca.pem");
    assert_int_equal(c.peers_reconnect_ms, 300);
    assert_int_equal(c.limits.rpc_workers, 8);
    assert_int_equal(c.limits.streams, 100);
    assert_int_equal(c.limits.queue_commands, 1000);
    assert_int_equal(c.limits.batch_records, 500);
    assert_int_equal(c.limits.group_commit_us, 50);
    assert_int_equal(c.limits.memtable_mb, 32);
    assert_int_equal(c.limits.id_retention_months, 14);
    assert_int_equal(c.limits.hold_minutes, 20);
    assert_int_equal(c.limits.deliver_hours, 48);
    assert_int_equal(c.limits.points_per_command_max, 5000);
    assert_int_equal(c.limits.peer_holds_per_s, 11);
    assert_int_equal(c.limits.peer_refused_holds_per_s, 12);
    assert_int_equal(c.limits.peer_entries_per_s, 13);
    assert_int_equal(c.limits.peer_calls_per_s, 0);
    assert_int_equal(c.limits.min_free_mb, 100);
    assert_int_equal(c.limits.drain_ms, 500);
    assert_int_equal(c.stand_in.floor_points, 500);
    assert_int_equal(c.stand_in.daily_cap_points, 20000);
    assert_int_equal(c.stand_in.hours, 12);
    assert_int_equal(c.stand_in_partner_count, 2);
    assert_string_equal(c.stand_in_partners[0].partner.text, "fuel");
    assert_int_equal(c.stand_in_partners[0].terms.floor_points, 100);
    assert_int_equal(c.stand_in_partners[0].terms.daily_cap_points, 20000);
    assert_int_equal(c.stand_in_partners[1].terms.floor_points, 0);
    assert_int_equal(c.log_level, NODE_LOG_WARNING);
    assert_int_equal(c.log_format, NODE_LOG_TEXT);
}

static void test_defaults(void **state)
{
    (void)state;
    const char *peers = strstr(full, "peers:");
    struct node_config c;
    struct slice head = slice_of(full, (size_t)(peers - full));
    assert_int_equal(node_config_parse(head, "node.yaml", ".", &c, NULL), ERR_OK);
    assert_string_equal(c.data.text, "data");
    assert_int_equal(c.peers_reconnect_ms, 200);
    assert_int_equal(c.limits.rpc_workers, 4);
    assert_int_equal(c.limits.batch_records, LIMIT_BATCH_RECORDS);
    assert_int_equal(c.limits.group_commit_us, 0);
    assert_int_equal(c.limits.id_retention_months, 13);
    assert_int_equal(c.limits.points_per_command_max, 10000000);
    assert_int_equal(c.stand_in.floor_points, 0);
    assert_int_equal(c.stand_in_partner_count, 0);
    assert_int_equal(c.limits.peer_holds_per_s, 5000);
    assert_int_equal(c.limits.peer_refused_holds_per_s, 200);
    assert_int_equal(c.limits.peer_entries_per_s, 500000);
    assert_int_equal(c.limits.peer_calls_per_s, 200);
    assert_int_equal(c.log_level, NODE_LOG_INFO);
    assert_int_equal(c.log_format, NODE_LOG_JSON);
}

static void test_more_keys(void **state)
{
    (void)state;
    char yaml[2048];
    struct node_config c;
    struct note note = {""};
    edited(full, "{online: keys/online.key}", "{online: a.key, next: [b.key, /x/c.key]}", yaml,
           sizeof yaml);
    assert_int_equal(node_config_parse(text_slice(yaml), "node.yaml", "/srv/n", &c, NULL), ERR_OK);
    assert_int_equal(c.online_key_count, 3);
    assert_string_equal(c.online_keys[0].text, "/srv/n/a.key");
    assert_string_equal(c.online_keys[2].text, "/x/c.key");
    edited(full, "{online: keys/online.key}", "{online: a.key, next: [b, c, d, e, f, g, h, i]}",
           yaml, sizeof yaml);
    assert_int_equal(node_config_parse(text_slice(yaml), "node.yaml", "/srv/n", &c, &note),
                     ERR_INPUT);
    assert_string_equal(note.text, "node.yaml:8: keys.next: has more than 7 entries");
}

static const struct edit wrong[] = {
    {"127.0.0.1:7101", "\"127.0.0.1:99999\"",
     "node.yaml:6: listen: \"127.0.0.1:99999\" is not host:port"},
    {"coalition: demo\n", "", "node.yaml:1: coalition: is missing"},
    {"http: \"[::1]:7201\"\n", "", "node.yaml:1: http: is missing"},
    {", key: tls/node.key", "", "node.yaml:9: tls.key: is missing"},
    {"certificate: tls/node.pem, key: tls/node.key, ca: tls/ca.pem", "",
     "node.yaml:9: tls.certificate: is missing"},
    {"keys: {online: keys/online.key}", "keys: {}", "node.yaml:8: keys.online: is missing"},
    {"peers:", "pears:",
     "node.yaml:10: pears: is not a key that belongs here; did you mean peers?"},
    {"  streams: 100", "  stream.s: 100",
     "node.yaml:13: limits.\"stream.s\": is not a key that belongs here; did you mean streams?"},
    {"ca: tls/ca.pem", "CA: tls/ca.pem",
     "node.yaml:9: tls.CA: is not a key that belongs here; did you mean ca?"},
    {"partner: grocer", "partner: Grocer",
     "node.yaml:2: partner: \"Grocer\" is not a partner: 1 to 15 of a-z, 0-9 and -, first a "
     "letter"},
    {"coalition: demo", "coalition: 7demo",
     "node.yaml:1: coalition: \"7demo\" is not a name: 1 to 31 of a-z, 0-9 and -, first a letter"},
    {"rpc_workers: 8", "rpc_workers: many",
     "node.yaml:12: limits.rpc_workers: \"many\" is not a whole number from 1 to 256"},
    {"rpc_workers: 8", "rpc_workers: 0",
     "node.yaml:12: limits.rpc_workers: \"0\" is not a whole number from 1 to 256"},
    {"rpc_workers: 8", "rpc_workers: 010",
     "node.yaml:12: limits.rpc_workers: \"010\" is not a whole number from 1 to 256"},
    {"rpc_workers: 8", "rpc_workers: 1 2",
     "node.yaml:12: limits.rpc_workers: \"1 2\" is not a whole number from 1 to 256"},
    {"rpc_workers: 8", "rpc_workers: 99999999999999999999999",
     "node.yaml:12: limits.rpc_workers: \"99999999999999999999999\" is not a whole number from 1 "
     "to 256"},
    {"batch_records: 500", "batch_records: 8193",
     "node.yaml:15: limits.batch_records: \"8193\" is not a whole number from 1 to 8192"},
    {"floor_points: 500", "floor_points: 10001",
     "node.yaml:29: stand_in.floor_points: is more than the share of daily_cap_points in that many "
     "hours"},
    {"hours: 12", "hours: 25",
     "node.yaml:29: stand_in.hours: \"25\" is not a whole number from 1 to 24"},
    {"daily_cap_points: 20000, ", "",
     "node.yaml:29: stand_in.floor_points: there is no daily_cap_points with it"},
    {"partner: hotel", "partner: Hotel",
     "node.yaml:31: stand_in.partners[1].partner: \"Hotel\" is not a partner: 1 to 15 of a-z, 0-9 "
     "and -, first a letter"},
    {"data: data", "data: [data]", "node.yaml:3: data: must be a single value, not a list"},
    {"data: data", "data: {a: b}",
     "node.yaml:3: data: must be a single value, not a mapping of keys"},
    {"data: data", "data:", "node.yaml:3: data: is empty"},
    {"data: data", "data: \"a\\tb\"", "node.yaml:3: data: holds control characters"},
    {"keys: {online: keys/online.key}", "keys: 5",
     "node.yaml:8: keys: must be a mapping of keys, not a single value"},
    {"warning", "loud",
     "node.yaml:28: log.level: \"loud\" is not one of debug, info, warning, error"},
    {"text}", "xml}", "node.yaml:28: log.format: \"xml\" is not one of json, text"},
    {"\"[::1]:7201\"", "127.0.0.1:7101", "node.yaml:7: http: is the same address as listen"},
    {"partner: grocer", "partner: &p grocer\nx: *p",
     "node.yaml:3: aliases (*name) are not supported"},
    {"partner: grocer", "partner: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "node.yaml:2: partner: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" is not a partner: 1 to "
     "15 of a-z, 0-9 and -, first a letter"},
};

static void test_wrong_files_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[2048];
        struct note note = {""};
        struct node_config c;
        memset(&c, 0x5a, sizeof c);
        struct node_config before = c;
        edited(full, wrong[i].from, wrong[i].to, yaml, sizeof yaml);
        assert_int_equal(node_config_parse(text_slice(yaml), "node.yaml", "/srv", &c, &note),
                         ERR_INPUT);
        assert_string_equal(note.text, wrong[i].note);
        assert_memory_equal(&c, &before, sizeof c);
    }
}

static void test_not_a_mapping(void **state)
{
    (void)state;
    struct note note;
    struct node_config c;
    assert_int_equal(node_config_parse(text_slice("- a\n"), "node.yaml", ".", &c, &note),
                     ERR_INPUT);
    assert_string_equal(note.text, "node.yaml: must be a mapping of keys, not a list");
    assert_int_equal(node_config_parse(text_slice("{}\n"), "node.yaml", ".", &c, &note), ERR_INPUT);
    assert_string_equal(note.text, "node.yaml:1: coalition: is missing");
}

static void test_long_path(void **state)
{
    (void)state;
    char folder[LIMIT_PATH_BYTES + 1];
    char expected[256];
    struct note note;
    struct node_config c;
    memset(folder, 'f', LIMIT_PATH_BYTES - 4);
    folder[LIMIT_PATH_BYTES - 4] = '\0';
    assert_int_equal(node_config_parse(text_slice(full), "n", folder, &c, &note), ERR_INPUT);
    snprintf(expected, sizeof expected, "n:3: data: is a path longer than %u bytes",
             LIMIT_PATH_BYTES);
    assert_string_equal(note.text, expected);
}

struct folder {
    char path[64];
};

static void put_file(const struct folder *folder, const char *name, const char *text, mode_t mode)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void remove_files(const struct folder *folder)
{
    static const char *const names[] = {"node.yaml", "charter.talea", "p.yaml", "online.key",
                                        "node.pem",  "node.key",      "ca.pem", "data"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", folder->path, names[i]);
        (void)remove(path);
    }
    assert_int_equal(rmdir(folder->path), 0);
}

static const char in_folder[] = "coalition: demo\n"
                                "partner: grocer\n"
                                "data: data\n"
                                "charter: charter.talea\n"
                                "programme: p.yaml\n"
                                "listen: 127.0.0.1:0\n"
                                "http: 127.0.0.1:0\n"
                                "keys: {online: online.key}\n"
                                "tls: {certificate: node.pem, key: node.key, ca: ca.pem}\n";

static void expect_files(const struct node_config *c, enum err code, const char *tail)
{
    struct note note = {""};
    assert_int_equal(node_config_check_files(c, "node.yaml", &note), code);
    assert_non_null(strstr(note.text, tail));
}

static void test_files(void **state)
{
    (void)state;
    struct folder folder = {"/tmp/talea-config-XXXXXX"};
    assert_non_null(mkdtemp(folder.path));
    char path[128];
    struct node_config c;
    struct note note;
    snprintf(path, sizeof path, "%s/node.yaml", folder.path);
    assert_int_equal(node_config_load(path, &c, &note), ERR_NOT_FOUND);
    assert_non_null(strstr(note.text, "/node.yaml: No such file"));
    assert_int_equal(node_config_load(folder.path, &c, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, "not a regular file"));
    put_file(&folder, "node.yaml", in_folder, 0644);
    assert_int_equal(node_config_load(path, &c, &note), ERR_OK);
    expect_files(&c, ERR_NOT_FOUND, "node.yaml:4: charter: /tmp/talea-config-");
    put_file(&folder, "charter.talea", "x", 0644);
    put_file(&folder, "p.yaml", "x", 0644);
    put_file(&folder, "online.key", "x", 0640);
    put_file(&folder, "node.pem", "x", 0644);
    put_file(&folder, "node.key", "x", 0600);
    expect_files(&c, ERR_DENIED, "owner only");
    put_file(&folder, "online.key", "x", 0600);
    expect_files(&c, ERR_NOT_FOUND, "node.yaml:9: tls.ca: ");
    put_file(&folder, "ca.pem", "x", 0644);
    assert_int_equal(node_config_check_files(&c, path, &note), ERR_OK);
    put_file(&folder, "data", "x", 0644);
    expect_files(&c, ERR_INPUT, "node.yaml:3: data: ");
    remove_files(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),     cmocka_unit_test(test_more_keys),
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_wrong_files_are_named),
        cmocka_unit_test(test_not_a_mapping), cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
