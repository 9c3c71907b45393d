/* What the loads are made of. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/ledger.h"
#include "ledger/decide.h"

#define RING       256u
#define RING_KEPT  64u /* so many are left to age before one is used */
#define EARNS      80u /* of a hundred operations */
#define HOLDS      5u
#define CAPTURES   5u
#define RETURNS    5u
#define HUNDRED    100u
#define LOT_MONTHS 3u
#define MONTH_MS   (30 * DAY_MS)
#define SECOND_MS  1000
#define CAPTURE_MS (HOUR_OF_DAY_MS)
#define SOLD_EACH  (EARNS / RETURNS) /* one of so many purchases is remembered for a return */
#define STRIDE     37u               /* coprime to a hundred: deals the kinds evenly */

#define HOUR_OF_DAY_MS (DAY_MS / 24)

/* Of a sale that rules judged. */
#define JUDGED_NUMBERS        10u
#define JUDGED_SLOT           UINT64_C(0x123456789abcdef0)
#define JUDGED_EVIDENCE_BYTES 200u

enum err traffic_init(struct traffic *traffic, struct ledger *ledger, bool is_zipf)
{
    memset(traffic, 0, sizeof *traffic);
    traffic->ledger = ledger;
    traffic->draw.state = ledger->ids.next;
    TRY(population_init(&traffic->population, ledger->members, is_zipf, ledger->ids.next + 1));
    enum err err = state_reader_create(ledger->state, &traffic->reader);
    if (err != ERR_OK) {
        population_fini(&traffic->population);
        return err;
    }
    traffic->groups = calloc(JUDGED_GROUPS, sizeof traffic->groups[0]);
    if (traffic->groups == NULL) {
        traffic_fini(traffic);
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

void traffic_fini(struct traffic *traffic)
{
    free(traffic->groups);
    state_reader_destroy(traffic->reader);
    population_fini(&traffic->population);
}

static struct unix_ms now(void)
{
    struct clock_port clock = clock_of_system();
    return clock_now(&clock);
}

static void begin(struct traffic *traffic, struct command *command, enum command_kind kind,
                  struct unix_ms at)
{
    command->kind = kind;
    command->origin = traffic->ledger->home.roster.self;
    command->transaction_id = id_source_next(&traffic->ledger->ids);
    command->business_time = at;
}

size_t traffic_transfers(void *context, struct command *commands, size_t count)
{
    struct traffic *traffic = context;
    struct unix_ms at = now();
    for (size_t i = 0; i < count; i++) {
        struct command_transfer *transfer = &commands[i].transfer;
        uint64_t from = population_next(&traffic->population);
        uint64_t to = population_next(&traffic->population);
        to = to == from ? (to + 1) % traffic->population.members : to;
        begin(traffic, &commands[i], COMMAND_TRANSFER, at);
        transfer->from = draw_member(from);
        transfer->to = draw_member(to);
        transfer->points = points_of(1);
    }
    traffic->ledger->transfers += count;
    return 0;
}

static void put_earn(struct traffic *traffic, struct command *command, struct unix_ms at)
{
    struct command_earn *earn = &command->earn;
    int64_t month = at.ms / MONTH_MS + 24 + (int64_t)draw_below(&traffic->draw, LOT_MONTHS);
    begin(traffic, command, COMMAND_EARN, at);
    memset(earn, 0, sizeof *earn);
    earn->card = ledger_card(population_next(&traffic->population));
    earn->amount = money_of(500 + (int64_t)draw_below(&traffic->draw, 10000));
    earn->rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    earn->expires_at.ms = month * MONTH_MS;
    if (traffic->hurry_ms != 0 && month % 2 == 0) {
        earn->expires_at.ms = (at.ms + traffic->hurry_ms) / SECOND_MS * SECOND_MS;
    }
    if (traffic->earns++ % SOLD_EACH == 0 && traffic->sold - traffic->returned < RING) {
        traffic->sales[traffic->sold++ % RING] = command->transaction_id;
    }
}

static void put_hold(struct traffic *traffic, struct command *command, struct unix_ms at)
{
    struct command_hold *hold = &command->hold;
    begin(traffic, command, COMMAND_HOLD, at);
    memset(hold, 0, sizeof *hold);
    hold->redeemer = traffic->ledger->home.roster.self;
    hold->card = ledger_card(population_next(&traffic->population));
    hold->points = points_of(5);
    hold->capture_by.ms = at.ms + CAPTURE_MS;
    hold->deliver_by.ms = at.ms + 3 * DAY_MS;
    if (traffic->hurry_ms != 0) {
        hold->capture_by.ms = at.ms + traffic->hurry_ms;
        hold->deliver_by.ms = at.ms + 2 * traffic->hurry_ms;
    }
    if (traffic->held - traffic->captured < RING) {
        traffic->holds[traffic->held++ % RING] = command->transaction_id;
    }
}

static bool put_capture(struct traffic *traffic, struct command *command, struct unix_ms at)
{
    if (traffic->held - traffic->captured < RING_KEPT) {
        return false;
    }
    begin(traffic, command, COMMAND_CAPTURE, at);
    memset(&command->use, 0, sizeof command->use);
    command->use.hold = traffic->holds[traffic->captured++ % RING];
    return true;
}

static bool put_return(struct traffic *traffic, struct command *command, struct unix_ms at)
{
    if (traffic->sold - traffic->returned < RING_KEPT) {
        return false;
    }
    begin(traffic, command, COMMAND_RETURN_SALE, at);
    memset(&command->return_sale, 0, sizeof command->return_sale);
    command->return_sale.sale = traffic->sales[traffic->returned++ % RING];
    return true;
}

static void query(struct traffic *traffic, struct unix_ms at)
{
    struct ledger_view view = state_reader_view(traffic->reader);
    struct uid id = draw_member(population_next(&traffic->population));
    struct member member;
    if (ledger_get_member(&view, &id, &member) != ERR_OK) {
        traffic->failures++;
        return;
    }
    member_settle_view(&member, at);
}

size_t traffic_programme(void *context, struct command *commands, size_t count)
{
    struct traffic *traffic = context;
    struct unix_ms at = now();
    size_t queries = 0;
    for (size_t i = 0; i < count;) {
        struct command *command = &commands[i];
        unsigned card = traffic->deck;
        traffic->deck = (uint8_t)((card + STRIDE) % HUNDRED);
        bool is_put = true;
        if (card < HOLDS) {
            put_hold(traffic, command, at);
        } else if (card < HOLDS + CAPTURES) {
            is_put = put_capture(traffic, command, at);
        } else if (card < HOLDS + CAPTURES + RETURNS) {
            is_put = put_return(traffic, command, at);
        } else if (card < HUNDRED - EARNS) {
            query(traffic, at);
            queries++;
            continue;
        }
        if (card >= HUNDRED - EARNS || !is_put) {
            put_earn(traffic, command, at);
        }
        i++;
    }
    return queries;
}

/* Caps of the day and for ever, as rules have them. */
static struct slice judged_groups(struct traffic *traffic, const struct uid *member, int64_t day)
{
    uint8_t *at = traffic->groups[traffic->judged++ % JUDGED_GROUPS];
    struct buffer groups = {
        .at = at, .capacity = JUDGED_GROUPS_BYTES, .limit = JUDGED_GROUPS_BYTES};
    struct standing_owner owner = standing_of_member(member);
    struct standing_step steps[JUDGED_NUMBERS];
    for (unsigned i = 0; i < JUDGED_NUMBERS; i++) {
        steps[i] = (struct standing_step){.how = STANDING_ADD,
                                          .slot = JUDGED_SLOT * (i + 1),
                                          .bucket = i % 2 == 0 ? day : 0,
                                          .delta = 1 + (int64_t)draw_below(&traffic->draw, 500),
                                          .least = INT64_MIN,
                                          .most = INT64_MAX};
    }
    standing_write_group(&groups, &owner, steps, JUDGED_NUMBERS);
    ASSERT(groups.err == ERR_OK);
    return buffer_slice(&groups);
}

size_t traffic_judged(void *context, struct command *commands, size_t count)
{
    static const uint8_t evidence[JUDGED_EVIDENCE_BYTES] = {1};
    struct traffic *traffic = context;
    struct unix_ms at = now();
    for (size_t i = 0; i < count; i += 2) {
        struct uid member = draw_member(population_next(&traffic->population));
        struct command *earn = &commands[i];
        begin(traffic, earn, COMMAND_EARN, at);
        earn->earn =
            (struct command_earn){.member = member, .is_fixed = true, .fixed_points = points_of(5)};
        if (i + 1 == count) {
            break;
        }
        struct command *change = &commands[i + 1];
        begin(traffic, change, COMMAND_CHANGE_STANDING, at);
        change->standing =
            (struct command_standing){.issuer = change->origin,
                                      .occasion = earn->transaction_id,
                                      .groups = judged_groups(traffic, &member, at.ms / DAY_MS),
                                      .evidence = slice_of(evidence, sizeof evidence)};
        change->transaction_id =
            standing_transaction(STANDING_ID_CHANGE, &change->origin, &earn->transaction_id);
    }
    return 0;
}
