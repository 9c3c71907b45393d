#include "protocol_node.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/lots.h"

const struct partner_id protocol_fuel = {"fuel"};
const struct partner_id protocol_grocer = {"grocer"};

#define START_MS INT64_C(1790000000000)

static struct unix_ms read_clock(void *context)
{
    const struct protocol_node *node = context;
    return node->now;
}

static struct signing_key key_of(uint8_t seed)
{
    uint8_t bytes[SIGNING_SEED_BYTES];
    struct signing_key key;
    memset(bytes, seed, sizeof bytes);
    signing_key_from_seed(bytes, &key);
    return key;
}

static enum err verify(void *context, const struct signed_message *message, enum purpose purpose,
                       const struct charter_key *key)
{
    (void)context;
    (void)key;
    return message->purpose == purpose && message->signature.bytes[0] == PROTOCOL_SIGNED
               ? ERR_OK
               : ERR_SIGNATURE;
}

struct peer_host protocol_host(struct protocol_node *node)
{
    return (struct peer_host){.engine = node->engine,
                              .signer = &node->signer,
                              .charter = &node->charter,
                              .roster = &node->roster,
                              .view = sim_tables_view(node->tables),
                              .now = node->now,
                              .context = node,
                              .verify = verify};
}

static void open_engine(struct protocol_node *node)
{
    struct note note = {""};
    struct engine_options options = {
        .journal = sim_disk_journal(&node->disk),
        .tables = sim_tables_port(node->tables),
        .signer = node->signer,
        .coalition = "demo",
        .clock = {node, read_clock},
        .terms = {.roster = &node->roster, .refund_grace_ms = DAY_MS, .debt_limit = {1000}},
        .is_driven = true};
    ASSERT(engine_open(&options, &node->engine, &note) == ERR_OK);
    outgoing_init(&node->outgoing, &protocol_fuel, engine_journal(node->engine));
    node->is_open = false;
}

static void make_charter(struct protocol_node *node)
{
    const struct signing_key fuel = key_of(9);
    node->partners[0].id = protocol_fuel;
    node->partners[1].id = protocol_grocer;
    ASSERT(card_prefix_parse("200200", &node->partners[0].prefix) == ERR_OK);
    ASSERT(card_prefix_parse("100100", &node->partners[1].prefix) == ERR_OK);
    node->tariffs[0] =
        (struct tariff){.id = 1, .issue_price = {2}, .redemption_price = {1}, .per = {1}};
    node->tariffs[1] =
        (struct tariff){.id = 2, .issue_price = {3}, .redemption_price = {2}, .per = {1}};
    node->roster = (struct roster){.self = protocol_grocer,
                                   .epoch = 1,
                                   .first_period = {202609},
                                   .partners = node->partners,
                                   .partner_count = 2,
                                   .tariffs = node->tariffs,
                                   .tariff_count = 2,
                                   .net_debit_cap = {5000}};
    ASSERT(roster_prepare(&node->roster, NULL) == ERR_OK);
    node->charter_partners[0] = (struct charter_partner){.id = protocol_fuel, .online_count = 1};
    node->charter_partners[0].online[0] =
        (struct charter_key){.key = fuel.public_key, .id = fuel.id, .valid_until = {INT64_MAX}};
    node->charter_partners[1] = (struct charter_partner){.id = protocol_grocer, .online_count = 1};
    node->charter_partners[1].online[0] = (struct charter_key){
        .key = node->key.public_key, .id = node->key.id, .valid_until = {INT64_MAX}};
    node->charter = (struct charter){.coalition = "demo",
                                     .epoch = 1,
                                     .currency = "EUR",
                                     .partners = node->charter_partners,
                                     .partner_count = 2,
                                     .tariffs = node->tariffs,
                                     .tariff_count = 2};
}

struct uid protocol_id(unsigned number)
{
    struct uid id = {{0}};
    put_u32_be(id.bytes, 0x01900000);
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    id.bytes[15] = (uint8_t)(1 + number % PROTOCOL_IDS);
    return id;
}

struct outcome protocol_tell(struct protocol_node *node, struct command *command)
{
    if (uid_is_nil(&command->transaction_id)) {
        command->transaction_id = protocol_id(0);
        put_u64_be(command->transaction_id.bytes + 7, ++node->serial);
    }
    command->origin = protocol_grocer;
    command->business_time = node->now;
    return engine_execute(node->engine, command);
}

static void enrol(struct protocol_node *node)
{
    struct command command = {.kind = COMMAND_ENROL};
    node->member = protocol_id(7);
    command.enrol.member = node->member;
    struct outcome outcome = protocol_tell(node, &command);
    ASSERT(outcome.err == ERR_OK && outcome.verdict == VERDICT_OK);
    node->cards[0] = outcome.answer.card;
    ASSERT(card_number_make(&node->partners[0].prefix, 7, &node->cards[1]) == ERR_OK);
    ASSERT(card_number_make(&node->partners[1].prefix, 99999, &node->cards[2]) == ERR_OK);
    command = (struct command){.kind = COMMAND_EARN};
    command.earn = (struct command_earn){.card = node->cards[0],
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(1000)};
    outcome = protocol_tell(node, &command);
    ASSERT(outcome.err == ERR_OK && outcome.verdict == VERDICT_OK);
}

void protocol_begin(struct protocol_node *node)
{
    memset(node, 0, sizeof *node);
    node->now.ms = START_MS;
    node->key = key_of(1);
    ASSERT(key_signer_init(&node->key_signer, &node->key, "demo", &node->signer) == ERR_OK);
    make_charter(node);
    sim_disk_init(&node->disk);
    node->tables = sim_tables_create();
    ASSERT(node->tables != NULL);
    open_engine(node);
    enrol(node);
}

void protocol_end(struct protocol_node *node)
{
    outgoing_fini(&node->outgoing);
    engine_close(node->engine);
    sim_tables_destroy(node->tables);
    sim_disk_fini(&node->disk);
    buffer_fini(&node->last_answer);
    taking_fini(&node->taking);
}

void protocol_restart(struct protocol_node *node, bool is_wiped)
{
    outgoing_fini(&node->outgoing);
    engine_abandon(node->engine);
    if (is_wiped) {
        sim_tables_wipe(node->tables);
    }
    sim_tables_crash(node->tables);
    sim_disk_start(&node->disk);
    open_engine(node);
}

struct signed_message protocol_signed(const struct protocol_node *node, enum purpose purpose,
                                      struct slice payload)
{
    return (struct signed_message){.payload = payload,
                                   .key_id = node->charter_partners[0].online[0].id,
                                   .charter_epoch = 1,
                                   .purpose = purpose,
                                   .signature = {{PROTOCOL_SIGNED}}};
}

/* Both sides of all accounts. */
struct sides {
    int64_t debit;
    int64_t credit;
};

static void add_account(void *context, struct slice key, struct slice value)
{
    struct sides *sides = context;
    struct account account;
    (void)key;
    ASSERT(account_decode(value, &account) == ERR_OK);
    sides->debit += account.debit;
    sides->credit += account.credit;
}

static void check_member(void *context, struct slice key, struct slice value)
{
    struct member *room = context;
    struct note note = {""};
    (void)key;
    ASSERT(member_decode(value, room) == ERR_OK);
    ASSERT(member_check(room, &note) == ERR_OK);
}

void protocol_check(struct protocol_node *node)
{
    struct sides sides = {0};
    struct member *room = malloc(sizeof *room);
    ASSERT(room != NULL);
    sim_tables_each(node->tables, TABLE_MEMBER, check_member, room);
    free(room);
    sim_tables_each(node->tables, TABLE_ACCOUNT, add_account, &sides);
    ASSERT(sides.debit == sides.credit);
    uint64_t before = sim_tables_sum(node->tables);
    protocol_restart(node, true);
    ASSERT(sim_tables_sum(node->tables) == before);
}
