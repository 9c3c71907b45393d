/* What a partner says of its charters, as a request or as an answer: what is taken stays within the
 * bounds of a message, and is said again as it came. */
#include <string.h>

#include "charter/charter_offer.h"
#include "fuzz.h"
#include "wire/fields.h"

static void check(const struct charter_offer *offer)
{
    ASSERT(offer->epoch > 0 && offer->count <= LIMIT_CHARTERS);
    for (size_t i = 0; i < offer->count; i++) {
        struct charter *charter = NULL;
        struct note note = {{0}};
        ASSERT(offer->charters[i].length > 0 && offer->charters[i].length <= LIMIT_CHARTER_BYTES);
        enum err err = charter_open(offer->charters[i], &charter, &note);
        if (err != ERR_OK) {
            fuzz_expect_refusal(err, &note);
        }
        charter_close(charter);
    }
}

static void take_request(const ProtobufCMessage *message)
{
    struct charter_offer offer;
    struct charter_offer again;
    struct charter_offer_room room;
    struct note note = {{0}};
    Talea__V1__ExchangeCharterRequest out;
    enum err err =
        charter_offer_of_request((const Talea__V1__ExchangeCharterRequest *)message, &offer, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return;
    }
    check(&offer);
    charter_offer_to_request(&offer, &room, &out);
    ASSERT(charter_offer_of_request(&out, &again, &note) == ERR_OK);
    ASSERT(again.epoch == offer.epoch && again.count == offer.count);
}

static void take_response(const ProtobufCMessage *message)
{
    struct charter_offer offer;
    struct charter_offer again;
    struct charter_offer_room room;
    struct note note = {{0}};
    Talea__V1__ExchangeCharterResponse out;
    enum err err = charter_offer_of_response((const Talea__V1__ExchangeCharterResponse *)message,
                                             &offer, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return;
    }
    check(&offer);
    charter_offer_to_response(&offer, &room, &out);
    ASSERT(charter_offer_of_response(&out, &again, &note) == ERR_OK);
    ASSERT(again.epoch == offer.epoch && again.count == offer.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct slice bytes = slice_of(at, length);
    unsigned choice;
    if (!fuzz_choose(&bytes, 2, &choice)) {
        return 0;
    }
    const ProtobufCMessageDescriptor *type =
        choice == 0 ? &talea__v1__exchange_charter_request__descriptor
                    : &talea__v1__exchange_charter_response__descriptor;
    ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, bytes.length, bytes.at);
    if (message == NULL) {
        return 0;
    }
    if (choice == 0) {
        take_request(message);
    } else {
        take_response(message);
    }
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}
