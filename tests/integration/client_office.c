/* What an office does through libtalea, against a node: client_office.py runs it.
 *
 *   client_office ADDRESS HOME CARD CARD
 */
#include <string.h>
#include <talea/account.h>
#include <talea/ledger.h>

#include "client_session.h"

static void run_batch(struct talea_client *office, const char *card)
{
    struct talea_command commands[3] = {
        {.kind = TALEA_COMMAND_EARN, .card = card, .amount_minor = 100, .points = 500},
        {.kind = TALEA_COMMAND_AUTHORISE, .card = card, .points = 100},
        {.kind = TALEA_COMMAND_AUTHORISE, .card = card, .points = 100000}};
    struct talea_answer answers[3];
    for (size_t i = 0; i < 3; i++) {
        talea_id_v7(commands[i].transaction_id);
    }
    CHECK(talea_execute_batch(office, commands, 3, 0, TIMEOUT_MS, answers, &error) == TALEA_OK);
    CHECK(answers[0].refusal == NULL && answers[0].points == 500 && answers[0].journal_row > 0);
    CHECK(answers[1].refusal == NULL && answers[1].points == 100);
    CHECK(answers[1].capture_by_unix_ms < answers[1].deliver_by_unix_ms);
    CHECK(strcmp(answers[2].refusal, "INSUFFICIENT_POINTS") == 0);
    struct talea_command end = {.kind = TALEA_COMMAND_VOID};
    talea_id_v7(end.transaction_id);
    memcpy(end.subject, commands[1].transaction_id, sizeof end.subject);
    CHECK(talea_execute_batch(office, &end, 1, 1, TIMEOUT_MS, answers, &error) == TALEA_OK);
    CHECK(answers[0].refusal == NULL && answers[0].points == 100);
    CHECK(talea_execute_batch(office, &end, 0, 1, TIMEOUT_MS, answers, &error) ==
          TALEA_INVALID_ARGUMENT);
}

static void run_pool(struct talea_client *office, const char *giver, const char *taker)
{
    struct talea_selector member = {.card = giver};
    char id[TALEA_UUID_SIZE];
    char pool[TALEA_UUID_SIZE];
    talea_uuid_v7(id);
    CHECK(talea_open_pool(office, id, "C", &member, TIMEOUT_MS, pool, &error) == TALEA_OK);
    struct talea_pools pools;
    CHECK(talea_list_pools(office, &member, 0, NULL, TIMEOUT_MS, &pools, &error) == TALEA_OK);
    CHECK(pools.count == 1 && pools.rows[0].member_count == 1 && pools.next_page[0] == '\0');
    CHECK(strcmp(pools.rows[0].pool_id, pool) == 0 && strcmp(pools.rows[0].name, "C") == 0);
    talea_pools_free(&pools);
    const struct talea_consent consents[] = {{"sms", 1}, {"push", 0}};
    talea_uuid_v7(id);
    CHECK(talea_set_consent(office, id, &member, "kk", consents, 2, TIMEOUT_MS, &error) ==
          TALEA_OK);
    talea_uuid_v7(id);
    CHECK(talea_set_consent(office, id, &member, NULL, &(struct talea_consent){"fax", 1}, 1,
                            TIMEOUT_MS, &error) == TALEA_INVALID_ARGUMENT);
    const struct talea_selector other = {.card = taker};
    talea_uuid_v7(id);
    CHECK(talea_set_birthday(office, id, &member, "02-29", TIMEOUT_MS, &error) == TALEA_OK);
    talea_uuid_v7(id);
    CHECK(talea_set_birthday(office, id, &member, "02-30", TIMEOUT_MS, &error) ==
          TALEA_INVALID_ARGUMENT);
    talea_uuid_v7(id);
    CHECK(talea_set_referrer(office, id, &member, &other, TIMEOUT_MS, &error) == TALEA_OK);
    CHECK(talea_set_referrer(office, id, &member, &other, TIMEOUT_MS, &error) == TALEA_OK);
    talea_uuid_v7(id);
    CHECK(talea_set_referrer(office, id, &other, &member, TIMEOUT_MS, &error) != TALEA_OK);
    CHECK(strcmp(error.reason, "REFERRER_LOOPS") == 0);
    struct talea_transfer in = {.from = member, .to = {.member_id = pool}, .points = 200};
    struct talea_transferred moved;
    talea_uuid_v7(in.transaction_id);
    CHECK(talea_transfer(office, &in, TIMEOUT_MS, &moved, &error) == TALEA_OK);
    CHECK(moved.points == 200 && moved.available_points == 300);
    struct talea_transfer out = {.from = in.to, .to = {.card = taker}, .points = 200, .by = member};
    talea_uuid_v7(out.transaction_id);
    CHECK(talea_transfer(office, &out, TIMEOUT_MS, &moved, &error) == TALEA_OK);
    CHECK(moved.available_points == 0);
    talea_uuid_v7(id);
    CHECK(talea_leave_pool(office, id, pool, &member, TIMEOUT_MS, &error) == TALEA_OK);
}

static void run_adjustment(struct talea_client *office, struct talea_client *admin,
                           const char *card)
{
    struct talea_proposal proposal = {.member = {.card = card}, .points = 7, .reason = "GOODWILL"};
    struct talea_ruling ruling;
    char id[TALEA_UUID_SIZE];
    talea_uuid_v7(proposal.transaction_id);
    talea_uuid_v7(id);
    CHECK(talea_propose_adjustment(office, &proposal, TIMEOUT_MS, &error) == TALEA_OK);
    CHECK(talea_rule_adjustment(office, id, proposal.transaction_id, 1, TIMEOUT_MS, &ruling,
                                &error) == TALEA_PERMISSION_DENIED);
    CHECK(strcmp(error.reason, "CHECKER_IS_MAKER") == 0);
    talea_uuid_v7(id);
    CHECK(talea_rule_adjustment(admin, id, proposal.transaction_id, 1, TIMEOUT_MS, &ruling,
                                &error) == TALEA_OK);
    CHECK(ruling.points == 7);
}

static void run_past(struct talea_client *office, const char *card)
{
    struct talea_selector member = {.card = card};
    struct talea_history_filter filter = {.kind = TALEA_HISTORY_EARN};
    struct talea_history history;
    struct talea_balance balance;
    CHECK(talea_list_history_of(office, &member, &filter, 10, NULL, TIMEOUT_MS, &history, &error) ==
          TALEA_OK);
    CHECK(history.row_count == 1 && history.rows[0].available_delta_points == 500);
    int64_t then = history.rows[0].recorded_unix_ms;
    CHECK(talea_get_balance_at(office, &member, then, TIMEOUT_MS, &balance, &error) == TALEA_OK);
    CHECK(balance.available_points + balance.held_points == 500 && balance.expiry_count == 1);
    talea_balance_free(&balance);
    talea_history_free(&history);
}

static int count_event(void *context, const struct talea_event *event)
{
    uint64_t *last = context;
    CHECK(event->journal_row == *last + 1);
    *last = event->journal_row;
    return strcmp(event->kind_name, "RULE_ADJUSTMENT") == 0 && event->refusal == NULL;
}

int main(int argc, char **argv)
{
    uint64_t last = 0;
    uint64_t next = 0;
    if (argc != 5) {
        return 2;
    }
    struct talea_client *office = connect_as(argv, "back-office");
    struct talea_client *admin = connect_as(argv, "admin");
    run_batch(office, argv[3]);
    run_pool(office, argv[3], argv[4]);
    run_adjustment(office, admin, argv[4]);
    run_past(office, argv[3]);
    CHECK(talea_watch_events(office, 1, 1000, count_event, &last, &next, &error) == TALEA_OK);
    CHECK(next == last + 1);
    talea_disconnect(admin);
    talea_disconnect(office);
    return 0;
}
