/* The catalogue of rewards: what the programme's rules with a price give, and whether a card can
 * have it. */
#include <string.h>

#include "node/judging.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/rewards.h"
#include "node/services.h"
#include "programme/reward.h"
#include "talea/v1/reward.pb-c.h"

bool rewards_are_in(const struct snapshot *snapshot, const struct kept_case *kept)
{
    const struct programme_version *version =
        programmes_find(snapshot->programmes, kept->programme);
    for (size_t i = 0; version != NULL && version->rules != NULL && i < kept->award_count; i++) {
        const struct rules_text *text = rules_text(version->rules);
        uint16_t rule = kept->awards[i].rule;
        if (rule < text->rule_count && reward_is(&text->rules[rule])) {
            return true;
        }
    }
    return false;
}

struct listing {
    struct node *node;
    struct rpc_call *call;
    struct snapshot *snapshot;
    const struct programme_version *version;
    struct ledger_view view;
    struct judging_case judged; /* of the card that was asked for */
    Talea__V1__ListRewardsResponse response;
};

static enum err add_name(struct listing *l, char ***names, size_t *count, const char *name)
{
    struct arena *arena = rpc_call_arena(l->call);
    size_t room = LIMIT_TIERS + LIMIT_SEGMENTS + 1;
    if (*count == 0) {
        *names = arena_alloc(arena, room * sizeof **names);
    }
    char *copy = arena_text(arena, slice_of(name, strlen(name)));
    if (*names == NULL || copy == NULL) {
        return ERR_RESOURCE;
    }
    (*names)[(*count)++] = copy;
    return ERR_OK;
}

static enum err tell_for_whom(struct listing *l, const struct rule *rule, Talea__V1__Reward *reward)
{
    const struct rules_text *text = rules_text(l->version->rules);
    if ((rule->when.tiers & NO_TIER_BIT) != 0) {
        TRY(add_name(l, &reward->tiers, &reward->n_tiers, "none"));
    }
    for (size_t t = 0; t < text->tier_count; t++) {
        if ((rule->when.tiers & TIER_BIT(t)) != 0) {
            TRY(add_name(l, &reward->tiers, &reward->n_tiers, text->tiers[t].name));
        }
    }
    for (size_t i = 0; i < rule->when.segment_count; i++) {
        TRY(add_name(l, &reward->segments, &reward->n_segments,
                     text->segments[rule->when.segments[i]].name));
    }
    return ERR_OK;
}

static enum err tell_stock(struct listing *l, uint16_t place, Talea__V1__Reward *reward)
{
    struct standing_owner all = standing_of_programme();
    struct standing_row row;
    int64_t left;
    TRY(standing_get_row(&l->view, &all, &row));
    struct standing programme = standing_of_row(&row);
    int64_t day = occasion_day(&l->judged.occasion);
    TRY(reward_stock(l->version->rules, place, &programme, day, &left));
    reward->stock_left = left == REWARD_ANY_NUMBER ? -1 : left;
    return ERR_OK;
}

/* The occasion of a reward, judged for the card with a trace. */
static enum err tell_availability(struct listing *l, uint16_t place, Talea__V1__Reward *reward,
                                  struct note *note)
{
    const struct rules_text *text = rules_text(l->version->rules);
    struct judging_case *judged = &l->judged;
    judged->occasion.event = text->rules[place].event;
    TRY(judging_try(l->node, &l->view, judged, note));
    const struct trace_row *row = reward_trace(&judged->judgement, place);
    if (row == NULL) {
        return ERR_INTERNAL; /* each rule has one */
    }
    reward->is_available = row->reason == TRACE_FIRED;
    reward->reason = (char *)(uintptr_t)trace_reason_name(row->reason);
    reward->has = row->has;
    reward->wants = row->wants;
    if (row->metric != NO_METRIC) {
        const char *name = text->metrics[row->metric].name;
        reward->metric = arena_text(rpc_call_arena(l->call), slice_of(name, strlen(name)));
        return reward->metric == NULL ? ERR_RESOURCE : ERR_OK;
    }
    return ERR_OK;
}

static enum err tell_reward(struct listing *l, uint16_t place, Talea__V1__Reward **out_reward,
                            struct note *note)
{
    const struct rule *rule = &rules_text(l->version->rules)->rules[place];
    struct arena *arena = rpc_call_arena(l->call);
    Talea__V1__Reward *reward = arena_alloc(arena, sizeof *reward);
    if (reward == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__reward__init(reward);
    bool is_item = rule->gift.gives == GIVES_ITEM;
    reward->name = arena_text(arena, slice_of(rule->name, strlen(rule->name)));
    reward->item = arena_text(arena, is_item ? rule->gift.item : slice_of("", 0));
    reward->points = rule->price != NULL ? rule->price->points_minor : 0;
    reward->money_minor = rule->price != NULL ? rule->price->money_minor : 0;
    reward->count = is_item ? (int64_t)rule->gift.items : 0;
    reward->worth_minor = is_item ? rule->gift.money_minor : 0;
    if (reward->name == NULL || reward->item == NULL) {
        return ERR_RESOURCE;
    }
    if (rule->take != NULL) {
        const char *metric = rules_text(l->version->rules)->metrics[rule->take->metric].name;
        reward->takes = rule->take->minor;
        reward->takes_of = arena_text(arena, slice_of(metric, strlen(metric)));
        TRY(reward->takes_of == NULL ? ERR_RESOURCE : ERR_OK);
    }
    TRY(tell_for_whom(l, rule, reward));
    TRY(tell_stock(l, place, reward));
    *out_reward = reward;
    return l->judged.has_owner ? tell_availability(l, place, reward, note) : ERR_OK;
}

static enum err tell_rewards(struct listing *l, struct note *note)
{
    const struct rules_text *text = rules_text(l->version->rules);
    Talea__V1__ListRewardsResponse *response = &l->response;
    response->rewards =
        arena_alloc(rpc_call_arena(l->call), (text->rule_count + 1) * sizeof(Talea__V1__Reward *));
    if (response->rewards == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < text->rule_count; i++) {
        if (reward_is(&text->rules[i])) {
            TRY(tell_reward(l, (uint16_t)i, &response->rewards[response->n_rewards], note));
            response->n_rewards++;
        }
    }
    return ERR_OK;
}

/* ERR_NOT_FOUND: nobody has the card. */
static enum err begin_listing(struct listing *l, const struct card_number *card)
{
    struct judging_case *judged = &l->judged;
    *judged = (struct judging_case){.snapshot = l->snapshot,
                                    .version = l->version,
                                    .occasion = {.kind = OCCASION_EVENT},
                                    .is_traced = true,
                                    .balance = points_of(REWARD_BALANCE_UNKNOWN)};
    judged->occasion.local = judging_local(l->node, l->version, node_now(l->node));
    judged->give.earn.card = *card;
    if (card->digits[0] == '\0') {
        return ERR_OK;
    }
    TRY(judging_find_owner(&l->view, judged));
    return judged->has_owner ? ERR_OK : ERR_NOT_FOUND;
}

static void list_rewards(struct listing *l, const struct card_number *card)
{
    struct note note = {""};
    struct state_reader *reader;
    enum err err = readers_take(l->node->readers, &reader);
    if (err == ERR_OK) {
        l->view = state_reader_view(reader);
        err = begin_listing(l, card);
        bool is_unknown = err == ERR_NOT_FOUND;
        if (err == ERR_OK && l->version->rules != NULL) {
            err = tell_rewards(l, &note);
        }
        readers_give(l->node->readers, reader);
        if (is_unknown) {
            refuse_verdict(l->call, VERDICT_CARD_UNKNOWN);
            return;
        }
    }
    if (err != ERR_OK) {
        refuse_err(l->call, err, note.text[0] != '\0' ? &note : NULL);
    } else {
        l->response.programme_version = l->version->programme.version;
        rpc_call_reply(l->call, &l->response.base);
    }
}

void reward_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListRewardsRequest *request =
        (const Talea__V1__ListRewardsRequest *)(const void *)message;
    struct card_number card = {""};
    if (request->card[0] != '\0' && !request_card(call, request->card, &card)) {
        return;
    }
    struct listing l = {.node = node, .call = call, .snapshot = node_snapshot(node)};
    talea__v1__list_rewards_response__init(&l.response);
    l.version = programmes_at(l.snapshot->programmes, node_now(node));
    list_rewards(&l, &card);
    judging_fini(&l.judged);
    snapshot_release(l.snapshot);
}
