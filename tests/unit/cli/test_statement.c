/* Statements are proven by keys and prices: made here with the keys of two homes, then broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <talea/v1/back_office.pb-c.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "charter/charter_file.h"
#include "cli/message.h"
#include "crypto/keyfile.h"
#include "fake_node.h"
#include "settlement/statement.h"
#include "wire/messages.h"
#include "wire/signed.h"

#define NASTY_NAME "Fuel <b>&\"Co\""

struct world {
    struct fake_node *node; /* grocer; its charter is of both */
    char fuel[320];
    char charter[320];
    char exported[320];
    struct signing_key grocer_key;
    struct signing_key fuel_key;
    struct arena arena;
    struct buffer statement;
    struct buffer signed_by_grocer;
    struct buffer countersigned;
    struct buffer signed_by_fuel;
};

static void run(struct outcome outcome, int code)
{
    if (outcome.code != code) {
        fail_msg("ended with %d: %s%s", outcome.code, outcome.out, outcome.err);
    }
    outcome_fini(&outcome);
}

static void load_key(const char *home, struct signing_key *out_key)
{
    char path[400];
    struct key_card card;
    snprintf(path, sizeof path, "%s/keys/online.key", home);
    assert_int_equal(keyfile_load(path, NULL, &card, out_key, NULL), ERR_OK);
}

static void make_charter(struct world *world)
{
    char intro[2][400];
    char terms[320];
    char key[400];
    snprintf(world->fuel, sizeof world->fuel, "%s/fuel", world->node->home);
    snprintf(world->charter, sizeof world->charter, "%s/both.talea", world->node->home);
    snprintf(world->exported, sizeof world->exported, "%s/out.talea", world->node->home);
    run(TALEA(NULL, "init", world->fuel, "--coalition", "demo", "--partner", "fuel", "--name",
              NASTY_NAME, "--prefix", "610002", "--listen", "127.0.0.1:7102", "--http",
              "127.0.0.1:7202"),
        0);
    snprintf(intro[0], sizeof intro[0], "%s/grocer.intro.talea", world->node->home);
    snprintf(intro[1], sizeof intro[1], "%s/fuel.intro.talea", world->fuel);
    snprintf(terms, sizeof terms, "%s/two.yaml", world->node->home);
    static const char yaml[] =
        "coalition: demo\nepoch: 1\npoints: {name: Sparks, decimals: 0}\n"
        "settlement: {currency: USD, decimals: 2}\nsignatures: {required: 2}\n"
        "tariffs:\n  - {id: 1, name: standard, issue_price_per_point: 0.0100,\n"
        "     redemption_price_per_point: 0.0080, rounding: half_even}\n"
        "caps: {net_debit: 0.00}\npartners: [a.talea, b.talea]\n";
    assert_int_equal(file_create(terms, FILE_PUBLIC, slice_of(yaml, strlen(yaml)), NULL), ERR_OK);
    run(TALEA(NULL, "charter", "make", "--terms", terms, "--out", world->charter, intro[0],
              intro[1]),
        0);
    snprintf(key, sizeof key, "%s/keys/root.key", world->node->home);
    run(TALEA(NULL, "charter", "sign", "--key", key, world->charter), 0);
    snprintf(key, sizeof key, "%s/keys/root.key", world->fuel);
    run(TALEA(NULL, "charter", "sign", "--key", key, world->charter), 0);
}

static void sign_as(const struct signing_key *key, enum purpose purpose, struct slice payload,
                    struct buffer *out)
{
    struct key_signer keeper;
    struct signer signer;
    assert_int_equal(key_signer_init(&keeper, key, "demo", &signer), ERR_OK);
    assert_int_equal(signed_make(&signer, 1, purpose, payload, out), ERR_OK);
}

/* Fuel gave 1,000 points to grocer's members and took 250 of them, after grocer had refused an
 * entry. The other way some points went that came back from a return alone. */
static void make_statement(struct world *world)
{
    struct receipt_total totals[] = {
        {ENTRY_EARN, 1, 3, 1000}, {ENTRY_CAPTURE, 1, 1, 250}, {ENTRY_PERIOD_MARK, 0, 1, 0}};
    struct receipt_total back[] = {{ENTRY_EARN_RETURN, 1, 1, 133}, {ENTRY_PERIOD_MARK, 0, 1, 0}};
    struct statement_half halves[2] = {
        {.sender = {"fuel"},
         .receiver = {"grocer"},
         .first_number = 1,
         .last_number = 6,
         .totals = totals,
         .total_count = 3},
        {.sender = {"grocer"},
         .receiver = {"fuel"},
         .first_number = 1,
         .last_number = 2,
         .totals = back,
         .total_count = 2},
    };
    struct charter *charter;
    struct roster roster;
    struct partner_id self = {"grocer"};
    struct pair_statement statement;
    struct note note = {""};
    assert_int_equal(charter_load(world->charter, &charter, NULL), ERR_OK);
    assert_int_equal(charter_roster(charter, &self, &roster, NULL), ERR_OK);
    if (statement_make(&roster, "demo", "USD", (struct period){202610}, halves, &world->arena,
                       &statement) != ERR_OK ||
        wire_statement_encode(&statement, &world->statement) != ERR_OK) {
        fail_msg("no statement: %s", note.text);
    }
    charter_roster_fini(&roster);
    charter_close(charter);
    struct slice bytes = buffer_slice(&world->statement);
    sign_as(&world->grocer_key, PURPOSE_STATEMENT, bytes, &world->signed_by_grocer);
    sign_as(&world->fuel_key, PURPOSE_STATEMENT_COUNTERSIGN, bytes, &world->countersigned);
    sign_as(&world->fuel_key, PURPOSE_STATEMENT, bytes, &world->signed_by_fuel);
}

static void publish(struct world *world, bool is_countersigned)
{
    Talea__V1__GetStatementResponse reply;
    talea__v1__get_statement_response__init(&reply);
    reply.statement = message_bytes(buffer_slice(&world->statement));
    reply.own_signed = message_bytes(buffer_slice(&world->signed_by_grocer));
    if (is_countersigned) {
        reply.partner_countersigned = message_bytes(buffer_slice(&world->countersigned));
        reply.partner_signed = message_bytes(buffer_slice(&world->signed_by_fuel));
    }
    buffer_clear(&world->node->statement);
    assert_int_equal(message_pack(&reply.base, &world->node->statement), ERR_OK);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    void *node;
    fake_node_setup(&node);
    world->node = node;
    arena_init(&world->arena, 1u << 20);
    make_charter(world);
    load_key(world->node->home, &world->grocer_key);
    load_key(world->fuel, &world->fuel_key);
    make_statement(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    void *node = world->node;
    fake_node_teardown(&node);
    arena_fini(&world->arena);
    signing_key_fini(&world->grocer_key);
    signing_key_fini(&world->fuel_key);
    buffer_fini(&world->statement);
    buffer_fini(&world->signed_by_grocer);
    buffer_fini(&world->countersigned);
    buffer_fini(&world->signed_by_fuel);
    free(world);
    return 0;
}

static const char agreed[] = "demo, fuel and grocer, 2026-10, charter epoch 1\n"
                             "\n"
                             "fuel to grocer, 6 entries (1 to 6), 1 of them refused and reversed\n"
                             "kind         tariff  entries  points\n"
                             "earn              1        3    1000\n"
                             "capture           1        1     250\n"
                             "period-mark       0        1       0\n"
                             "fuel owes grocer for it: 8.00 USD\n"
                             "\n"
                             "grocer to fuel, 2 entries (1 to 2)\n"
                             "kind         tariff  entries  points\n"
                             "earn-return       1        1     133\n"
                             "period-mark       0        1       0\n"
                             "fuel owes grocer for it: 1.33 USD\n"
                             "\n"
                             "net              fuel pays grocer 9.33 USD\n"
                             "figures          follow from the totals and the charter's prices\n";

static void test_agreed(void **state)
{
    struct world *world = *state;
    publish(world, true);
    struct outcome outcome = TALEA(world->node, "statement", "show", "fuel", "2026-10", "--charter",
                                   world->charter, "--out", world->exported);
    assert_string_equal(outcome.err, "");
    assert_memory_equal(outcome.out, agreed, strlen(agreed));
    assert_non_null(strstr(outcome.out, "signed           by grocer, key "));
    assert_non_null(strstr(outcome.out, "countersigned    by fuel, key "));
    assert_non_null(strstr(outcome.out, "partner's own    by fuel, key "));
    assert_non_null(
        strstr(outcome.out, "(grocer's countersignature on it is in the file of fuel)"));
    run(outcome, 0);
    run(TALEA(NULL, "statement", "verify", world->exported, "--charter", world->charter), 0);
    outcome =
        TALEA(NULL, "statement", "verify", world->exported, "--charter", world->charter, "--json");
    assert_non_null(strstr(outcome.out, "\"agreed\": true"));
    assert_non_null(strstr(outcome.out, "\"net_minor\": 933"));
    run(outcome, 0);
}

static void expect_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("not in it: %s\n%s", part, text);
    }
}

/* Reads the page that a run wrote. */
static void page_of(struct world *world, const char *language, struct buffer *out)
{
    char path[400];
    snprintf(path, sizeof path, "%s/page-%s.html", world->node->home, language);
    run(TALEA(world->node, "statement", "show", "fuel", "2026-10", "--charter", world->charter,
              "--html", path, "--language", language),
        0);
    buffer_clear(out);
    assert_int_equal(file_read(path, FILE_PUBLIC, 1u << 20, out, NULL), ERR_OK);
    write_u8(out, 0);
}

static void test_pages(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *language;
        const char *parts[6];
    } pages[] = {
        {"en",
         {"<html lang=\"en\">", "1\u201331 October 2026", "Points redeemed",
          "<data value=\"10.00\">10.00</data>", "0.10 for 10", "Nobody"}},
        {"ru",
         {"<html lang=\"ru\">", "1\u201331 октября 2026\u00a0г.", "Списание баллов",
          "<data value=\"10.00\">10,00</data>", "0,10 за 10", "Платёж"}},
        {"kk",
         {"<html lang=\"kk\">", "2026 жылғы 1\u201331 қазан", "Ұпайларды жұмсау",
          "<data value=\"-2.00\">\u22122,00</data>", "10 үшін 0,10", "Төлем қажет"}},
    };
    CLEANUP(buffer_fini) struct buffer page = {0};
    publish(world, true);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        page_of(world, pages[i].language, &page);
        const char *text = (const char *)page.at;
        for (size_t k = 0; k < 5; k++) {
            expect_in(text, pages[i].parts[k]);
        }
        assert_null(strstr(text, pages[i].parts[5])); /* somebody pays */
        expect_in(text, "Fuel &lt;b&gt;&amp;&quot;Co&quot;");
        assert_null(strstr(text, "<b>"));
        expect_in(text, "9");
    }
    run(TALEA(world->node, "statement", "show", "fuel", "2026-10", "--charter", world->charter,
              "--language", "tr"),
        2);
}

static void test_one_sided(void **state)
{
    struct world *world = *state;
    publish(world, false);
    struct outcome outcome =
        TALEA(world->node, "statement", "show", "fuel", "2026-10", "--charter", world->charter);
    assert_non_null(strstr(outcome.out, "countersigned    not there\n"));
    assert_non_null(strstr(outcome.err, "(NOT_AGREED)"));
    run(outcome, 1);
}

static void expect_broken(struct world *world, const char *text)
{
    publish(world, true);
    struct outcome outcome =
        TALEA(world->node, "statement", "show", "fuel", "2026-10", "--charter", world->charter);
    if (strstr(outcome.out, text) == NULL) {
        fail_msg("%s%s", outcome.out, outcome.err);
    }
    run(outcome, 4);
}

/* Both hashes are there to the end. */
static void test_other_hash(void **state)
{
    struct world *world = *state;
    struct arena arena;
    struct pair_statement theirs;
    struct note note = {""};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    arena_init(&arena, 1u << 16);
    assert_int_equal(wire_statement_decode(buffer_slice(&world->statement), &arena, &theirs, &note),
                     ERR_OK);
    memset(theirs.halves[1].last_hash.bytes, 0xab, sizeof theirs.halves[1].last_hash.bytes);
    assert_int_equal(wire_statement_encode(&theirs, &bytes), ERR_OK);
    arena_fini(&arena);
    buffer_clear(&world->signed_by_fuel);
    sign_as(&world->fuel_key, PURPOSE_STATEMENT, buffer_slice(&bytes), &world->signed_by_fuel);
    expect_broken(world, "abababababababababababababababababababababababababababababababab\n");
}

static void test_broken(void **state)
{
    struct world *world = *state;
    /* Countersigned by its own maker. */
    struct buffer kept = world->countersigned;
    world->countersigned = (struct buffer){0};
    struct slice bytes = buffer_slice(&world->statement);
    sign_as(&world->grocer_key, PURPOSE_STATEMENT_COUNTERSIGN, bytes, &world->countersigned);
    expect_broken(world, "countersigned    INVALID: it is by the statement's own maker\n");
    buffer_fini(&world->countersigned);
    world->countersigned = kept;
    /* A signature for another purpose. */
    kept = world->signed_by_grocer;
    world->signed_by_grocer = (struct buffer){0};
    sign_as(&world->grocer_key, PURPOSE_HOLD_GRANT, bytes, &world->signed_by_grocer);
    expect_broken(world, "signed           INVALID: the signature does not verify\n");
    buffer_fini(&world->signed_by_grocer);
    world->signed_by_grocer = kept;
    /* A key of nobody. */
    struct signing_key stranger;
    signing_key_generate(&stranger);
    kept = world->signed_by_fuel;
    world->signed_by_fuel = (struct buffer){0};
    sign_as(&stranger, PURPOSE_STATEMENT, bytes, &world->signed_by_fuel);
    expect_broken(world, "partner's own    INVALID: its key is neither partner's");
    buffer_fini(&world->signed_by_fuel);
    world->signed_by_fuel = kept;
    signing_key_fini(&stranger);
}

static void test_other_bytes(void **state)
{
    struct world *world = *state;
    publish(world, true);
    run(TALEA(world->node, "statement", "show", "fuel", "2026-10", "--charter", world->charter,
              "--out", world->exported),
        0);
    char terms[320];
    snprintf(terms, sizeof terms, "%s/two.yaml", world->node->home);
    run(TALEA(NULL, "statement", "verify", terms, "--charter", world->charter), 4);
    run(TALEA(NULL, "statement", "verify", "/nowhere", "--charter", world->charter), 2);
    run(TALEA(NULL, "statement", "verify", world->exported, "--charter", "/nowhere.talea"), 2);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_agreed), IN_WORLD(test_pages),      IN_WORLD(test_one_sided),
        IN_WORLD(test_broken), IN_WORLD(test_other_hash), IN_WORLD(test_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
