#include "charter/charter_offer.h"

#include <string.h>

/* With room for the rest of the message. */
#define OFFER_BYTES (LIMIT_MESSAGE_BYTES - (64u << 10))

_Static_assert(LIMIT_CHARTER_BYTES < OFFER_BYTES, "the largest charter fits into a message");

void charter_offer_make(const struct charter_chain *chain, uint64_t held, const struct hash *hash,
                        struct charter_offer *out_offer)
{
    const struct charter *last = charter_chain_last(chain);
    size_t bytes = 0;
    *out_offer = (struct charter_offer){.epoch = last->epoch, .payload_hash = last->payload_hash};
    for (size_t i = 0; held != 0 && i < chain->count; i++) {
        const struct charter *charter = chain->charters[i];
        bool is_other =
            charter->epoch == held && hash != NULL && !hash_equal(&charter->payload_hash, hash);
        if (charter->epoch <= held && !is_other) {
            continue;
        }
        bytes += charter->bytes.length;
        if (out_offer->count == LIMIT_CHARTERS || bytes > OFFER_BYTES) {
            return;
        }
        out_offer->charters[out_offer->count++] = charter->bytes;
    }
}

static enum err offer_of(uint64_t epoch, const ProtobufCBinaryData *hash,
                         const ProtobufCBinaryData *charters, size_t count,
                         struct charter_offer *out_offer, struct note *note)
{
    struct charter_offer offer = {.epoch = epoch, .count = count};
    if (epoch == 0 || hash->len != sizeof offer.payload_hash.bytes) {
        return note_set(note, ERR_INPUT, "the charter's epoch or hash is missing");
    }
    if (count > LIMIT_CHARTERS) {
        return note_set(note, ERR_INPUT, "%zu charters; at most %u are taken at a time", count,
                        LIMIT_CHARTERS);
    }
    memcpy(offer.payload_hash.bytes, hash->data, hash->len);
    for (size_t i = 0; i < count; i++) {
        if (charters[i].len == 0 || charters[i].len > LIMIT_CHARTER_BYTES) {
            return note_set(note, ERR_INPUT, "a charter of %zu bytes", charters[i].len);
        }
        offer.charters[i] = slice_of(charters[i].data, charters[i].len);
    }
    *out_offer = offer;
    return ERR_OK;
}

enum err charter_offer_of_request(const Talea__V1__ExchangeCharterRequest *message,
                                  struct charter_offer *out_offer, struct note *note)
{
    return offer_of(message->epoch, &message->payload_hash, message->charters, message->n_charters,
                    out_offer, note);
}

enum err charter_offer_of_response(const Talea__V1__ExchangeCharterResponse *message,
                                   struct charter_offer *out_offer, struct note *note)
{
    return offer_of(message->epoch, &message->payload_hash, message->charters, message->n_charters,
                    out_offer, note);
}

static ProtobufCBinaryData lent(struct slice bytes)
{
    union {
        const uint8_t *borrowed;
        uint8_t *packed; /* packing only reads it */
    } at = {.borrowed = bytes.at};
    return (ProtobufCBinaryData){bytes.length, at.packed};
}

static void fill_room(const struct charter_offer *offer, struct charter_offer_room *room)
{
    for (size_t i = 0; i < offer->count; i++) {
        room->charters[i] = lent(offer->charters[i]);
    }
}

void charter_offer_to_request(struct charter_offer *offer, struct charter_offer_room *room,
                              Talea__V1__ExchangeCharterRequest *out_message)
{
    fill_room(offer, room);
    talea__v1__exchange_charter_request__init(out_message);
    out_message->epoch = offer->epoch;
    out_message->payload_hash =
        (ProtobufCBinaryData){sizeof offer->payload_hash.bytes, offer->payload_hash.bytes};
    out_message->charters = room->charters;
    out_message->n_charters = offer->count;
}

void charter_offer_to_response(struct charter_offer *offer, struct charter_offer_room *room,
                               Talea__V1__ExchangeCharterResponse *out_message)
{
    fill_room(offer, room);
    talea__v1__exchange_charter_response__init(out_message);
    out_message->epoch = offer->epoch;
    out_message->payload_hash =
        (ProtobufCBinaryData){sizeof offer->payload_hash.bytes, offer->payload_hash.bytes};
    out_message->charters = room->charters;
    out_message->n_charters = offer->count;
}
