/* The proof without a node: real files, signed by the home's own key. */
#include "../audit/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/keyfile.h"
#include "fake_node.h"

struct place {
    struct fake_node *node; /* its home; nobody is called */
    struct fixture f;
    struct signing_key online;
    char data[320];
};

static void load_online_key(struct place *p)
{
    char path[320];
    struct key_card card;
    struct note note = {""};
    snprintf(path, sizeof path, "%s/keys/online.key", p->node->home);
    if (keyfile_load(path, NULL, &card, &p->online, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_int_equal(key_signer_init(&p->f.key_signer, &p->online, "demo", &p->f.signer), ERR_OK);
}

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    struct clock_port clock = clock_of_system();
    assert_non_null(p);
    assert_int_equal(fake_node_setup((void **)&p->node), 0);
    fake_node_stop(p->node);
    fixture_init(&p->f);
    load_online_key(p);
    p->f.now = clock_now(&clock);
    snprintf(p->data, sizeof p->data, "%s/data", p->node->home);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    fixture_fini(&p->f);
    signing_key_fini(&p->online);
    void *node = p->node;
    assert_int_equal(fake_node_teardown(&node), 0);
    free(p);
    return 0;
}

static void enrol(struct place *p, const char *reference)
{
    struct command command = {.kind = COMMAND_ENROL};
    command.enrol.member = id_of((uint8_t)(100 + ++p->f.last_id));
    snprintf((char *)command.enrol.reference_tag, sizeof command.enrol.reference_tag, "%s",
             reference);
    struct answer answer = fixture_run(&p->f, command);
    command = (struct command){.kind = COMMAND_EARN};
    command.earn.card = answer.card;
    command.earn.amount = money_of(12300);
    snprintf(command.earn.currency, sizeof command.earn.currency, "USD");
    command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    command.earn.expires_at.ms = p->f.now.ms + 400 * DAY_MS;
    fixture_run(&p->f, command);
}

/* Two rows a batch. */
static void write_files(struct place *p, bool has_state)
{
    struct journal_file *file;
    struct state *state;
    struct note note = {""};
    assert_int_equal(journal_file_open(p->data, JOURNAL_WRITE, &file, &note), ERR_OK);
    struct journal journal = journal_file_port(file);
    for (size_t i = 0; i < p->f.batch_count; i++) {
        assert_int_equal(journal.append(journal.context, p->f.batches[i].first_row, 2,
                                        buffer_slice(&p->f.batches[i].bytes), 0),
                         ERR_OK);
    }
    journal_file_close(file);
    if (has_state) {
        struct state_options options = {.folder = p->data, .mode = STATE_WRITE};
        assert_int_equal(state_open(&options, &state, &note), ERR_OK);
        state_close(state);
    }
}

static void expect(struct outcome outcome, int code, const char *out, const char *err)
{
    if (outcome.code != code || strstr(outcome.out, out) == NULL ||
        strstr(outcome.err, err) == NULL) {
        fail_msg("ended with %d: %s%s", outcome.code, outcome.out, outcome.err);
    }
    outcome_fini(&outcome);
}

static void test_clean(void **state)
{
    struct place *p = *state;
    enrol(p, "C-1");
    fixture_commit(&p->f);
    enrol(p, "C-2");
    fixture_commit(&p->f);
    write_files(p, false);
    expect(TALEA(p->node, "verify", "--data", p->data), 0,
           "clean: 4 rows\n\n"
           "1 debits equal credits, lots equal balances     2 postings, 2 members\n"
           "2 issued less spent, expired, owed: outstanding 2 members\n"
           "3 streams and their totals follow from entries  0 entries\n"
           "4 a hold ends exactly once                      0 holds\n"
           "5 no row is missing, no command applied twice   4 commands\n"
           "6 every stored row follows from the journal     0 rows of tables: nothing is "
           "stored\n\n"
           "journal       4 rows in 2 signed batches\n"
           "commands      4 done, 0 refused\n"
           "postings      2\nentries       0 sent, 0 received\nmembers       2\n"
           "holds         0\n"
           "stored state  there is none to compare\n"
           "vault         there is none to try its keys\n\n"
           "issued        24.6\nredeemed      0.0\nexpired       0.0\nadjusted      0.0\n"
           "receivable    0.0\npayable       0.0\nsuspense      0.0\n"
           "outstanding   24.6 Sparks\n",
           "");
    assert_int_equal(fake_node_calls(p->node), 0);
}

static void test_state_is_compared(void **state)
{
    struct place *p = *state;
    enrol(p, "C-1");
    fixture_commit(&p->f);
    write_files(p, true);
    expect(TALEA(p->node, "verify", "--data", p->data), 0,
           "stored state  the same at row 0, 0 rows of tables\n", "");
    expect(TALEA(p->node, "verify", "--data", p->data, "--json"), 0, "\"is_clean\": true", "");
    expect(TALEA(p->node, "verify", "--data", p->data, "--json"), 0, "\"issued_points\": 123", "");
}

static void test_finding(void **state)
{
    struct place *p = *state;
    enrol(p, "C-1");
    fixture_commit(&p->f);
    /* The next batch is chained as it should be, but signed by someone else. */
    assert_int_equal(key_signer_init(&p->f.key_signer, &p->f.key, "demo", &p->f.signer), ERR_OK);
    enrol(p, "C-2");
    fixture_commit(&p->f);
    write_files(p, false);
    expect(TALEA(p->node, "verify", "--data", p->data), 4, "",
           "talea verify: row 3: journal signature: the batch at row 3 is signed by the unknown "
           "key ");
    expect(TALEA(p->node, "verify", "--data", p->data, "--json"), 4, "\"first_bad_row\": 3", "");
}

static void test_wrong_input(void **state)
{
    struct place *p = *state;
    expect(TALEA(p->node, "verify", "--data", "/nonexistent"), 2, "", "can't open this folder");
    expect(TALEA(p->node, "verify", "--data", p->data), 2, "", "holds no journal.mdb");
    expect(TALEA(p->node, "verify", "--data", p->node->home), 2, "",
           "holds no journal.mdb: name the folder of the ledger, in a home that is \"data\"");
    expect(TALEA(p->node, "verify", "--data", p->data, "--charter", "/nonexistent.talea"), 2, "",
           "/nonexistent.talea");
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(test_clean),
        WITH_FILES(test_state_is_compared),
        WITH_FILES(test_finding),
        WITH_FILES(test_wrong_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
