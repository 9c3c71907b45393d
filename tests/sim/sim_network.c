#include "sim_network.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_BYTES (8u << 20)
#define LATE_MS    (20 * SIM_MINUTE)

static size_t room_used;

static void *room_alloc(void *context, size_t size)
{
    static _Alignas(16) uint8_t room[ROOM_BYTES];
    (void)context;
    size_t at = (room_used + 15u) & ~(size_t)15;
    if (size > ROOM_BYTES - at) {
        return NULL;
    }
    room_used = at + size;
    return room + at;
}

static void room_free(void *context, void *at)
{
    (void)context;
    (void)at;
}

ProtobufCMessage *sim_network_read(const ProtobufCMessageDescriptor *descriptor, struct slice bytes)
{
    static ProtobufCAllocator allocator = {room_alloc, room_free, NULL};
    room_used = 0;
    return protobuf_c_message_unpack(descriptor, &allocator, bytes.length, bytes.at);
}

static void corrupt(struct sim *sim, struct sim_event *event)
{
    if (event->length > 0) {
        size_t at = sim_random_below(&sim->luck, event->length);
        event->bytes[at] ^= (uint8_t)(1u << sim_random_below(&sim->luck, 8));
    }
}

static int64_t delay(struct sim *sim)
{
    int64_t ms = 1 + (int64_t)sim_random_below(&sim->luck, 20);
    if (sim->weather.delay_ms > 0) {
        ms += (int64_t)sim_random_below(&sim->luck, (uint64_t)sim->weather.delay_ms);
    }
    return ms;
}

/* `late_ms`: up to so much later than it would. */
static void post(struct sim *sim, struct sim_event event, const uint8_t *bytes, int64_t *arrives,
                 int64_t late_ms)
{
    const struct sim_weather *weather = &sim->weather;
    event.at = sim->now + delay(sim) + (int64_t)sim_random_below(&sim->luck, (uint64_t)late_ms);
    if (arrives != NULL && !sim_random_chance(&sim->luck, weather->reordered)) {
        event.at = event.at > *arrives ? event.at : *arrives;
        *arrives = event.at;
    }
    event.bytes = malloc(event.length + 1);
    ASSERT(event.bytes != NULL);
    memcpy(event.bytes, bytes, event.length);
    bool is_sealed = event.message >= SIM_MESSAGE_COMPARE; /* see README.md */
    if (!is_sealed && sim_random_chance(&sim->luck, weather->corrupted)) {
        corrupt(sim, &event);
    }
    sim_events_add(&sim->events, event);
}

bool sim_network_send(struct sim_node *from, unsigned to, enum sim_message_kind kind,
                      uint64_t number, const ProtobufCMessage *message, int64_t *arrives)
{
    struct sim *sim = from->sim;
    uint8_t small[4096];
    bool is_lost =
        sim->is_cut[from->index][to] > 0 || sim_random_chance(&sim->luck, sim->weather.lost);
    bool is_late = is_lost && arrives == NULL && sim_random_chance(&sim->luck, 300);
    if (is_lost && !is_late) {
        return false;
    }
    struct sim_event event = {
        .kind = SIM_EVENT_MESSAGE,
        .node = to,
        .from = from->index,
        .number = number,
        .message = kind,
        .is_foul = sim->is_foul,
        .length = message == NULL ? 0 : protobuf_c_message_get_packed_size(message)};
    uint8_t *bytes = event.length > sizeof small ? malloc(event.length) : small;
    ASSERT(bytes != NULL);
    if (message != NULL) {
        protobuf_c_message_pack(message, bytes);
    }
    post(sim, event, bytes, arrives, is_late ? LATE_MS : 0);
    if (sim_random_chance(&sim->luck, sim->weather.doubled)) {
        post(sim, event, bytes, NULL, 0);
    }
    if (bytes != small) {
        free(bytes);
    }
    return true;
}
