#include "node/judge_gate.h"

#include "crypto/hash.h"

void judge_gate_init(struct judge_gate *gate)
{
    pthread_mutex_init(&gate->lock, NULL);
    for (unsigned i = 0; i < JUDGE_GATE_PLACES; i++) {
        gate->places[i] = (struct judge_place){.is_taken = false, .first = NULL};
        gate->places[i].last = &gate->places[i].first;
    }
}

void judge_gate_fini(struct judge_gate *gate)
{
    pthread_mutex_destroy(&gate->lock);
}

static unsigned place_of(const struct standing_owner *owner)
{
    struct hash hash = hash_of(HASH_DOMAIN_IDENTIFIER, slice_of(owner->id, sizeof owner->id));
    return get_u32_be(hash.bytes) % JUDGE_GATE_PLACES;
}

bool judge_gate_enter(struct judge_gate *gate, const struct standing_owner *owner,
                      struct judge_turn *turn)
{
    turn->next = NULL;
    turn->place = place_of(owner);
    struct judge_place *place = &gate->places[turn->place];
    pthread_mutex_lock(&gate->lock);
    bool is_free = !place->is_taken;
    place->is_taken = true;
    if (!is_free) {
        *place->last = turn;
        place->last = &turn->next;
    }
    pthread_mutex_unlock(&gate->lock);
    return is_free;
}

void judge_gate_leave(struct judge_gate *gate, struct judge_turn *turn)
{
    struct judge_place *place = &gate->places[turn->place];
    pthread_mutex_lock(&gate->lock);
    struct judge_turn *next = place->first;
    place->is_taken = next != NULL;
    if (next != NULL) {
        place->first = next->next;
        place->last = place->first == NULL ? &place->first : place->last;
    }
    pthread_mutex_unlock(&gate->lock);
    if (next != NULL) {
        next->run(next);
    }
}
