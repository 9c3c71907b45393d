/* seeds_charter FOLDER: the charter of a coalition of three, signed by none to all of them, and
 * their introductions. */
#include <stdio.h>

#include "charter/charter_offer.h"
#include "epochs.h"
#include "seeds.h"
#include "wire/fields.h"

static void write_charters(const char *folder, const struct coalition *coalition)
{
    struct note note = {{0}};
    CLEANUP(buffer_fini) struct buffer charter = {0};
    ASSERT(coalition_charter(coalition, &charter, &note) == ERR_OK);
    seed_write(folder, "charter", "unsigned", buffer_slice(&charter));
    for (unsigned i = 0; i < MEMBERS; i++) {
        CLEANUP(buffer_fini) struct buffer before = charter;
        const struct member *member = &coalition->members[i];
        char name[32];
        charter = (struct buffer){0};
        ASSERT(charter_sign(buffer_slice(&before), &member->root, &member->id, &charter, &note) ==
               ERR_OK);
        snprintf(name, sizeof name, "signed-%u", i + 1);
        seed_write(folder, "charter", name, buffer_slice(&charter));
    }
}

static void write_offer(const char *folder, const char *name, uint8_t choice,
                        const ProtobufCMessage *message)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    write_u8(&bytes, choice);
    ASSERT(fields_pack(message, &bytes) == ERR_OK);
    seed_write(folder, "offer", name, buffer_slice(&bytes));
}

/* A second epoch, in which one leaves and a key is revoked, and what nodes say of both. */
static void write_epochs(const char *folder, struct coalition *coalition)
{
    struct charter_offer_room room;
    struct charter_offer offer;
    struct charter_chain chain = {NULL, 0};
    struct charter_departure departure = {coalition->members[2].id, {202611}};
    struct charter_revoked_stream stream = {coalition->members[1].id, 120, 14};
    struct charter_revocation revocation = {
        coalition->members[0].id, key_id_of(&coalition->members[0].online.key), &stream, 1};
    ASSERT(charter_chain_add(&chain, epoch_make(coalition, 7)) == ERR_OK);
    epoch_continue(coalition, charter_chain_last(&chain));
    coalition->terms.departures = &departure;
    coalition->terms.departure_count = 1;
    coalition->terms.revocations = &revocation;
    coalition->terms.revocation_count = 1;
    ASSERT(charter_chain_add(&chain, epoch_make(coalition, 7)) == ERR_OK);
    seed_write(folder, "charter", "second-epoch", charter_chain_last(&chain)->bytes);
    Talea__V1__ExchangeCharterRequest request;
    Talea__V1__ExchangeCharterResponse response;
    charter_offer_make(&chain, 0, NULL, &offer);
    charter_offer_to_request(&offer, &room, &request);
    write_offer(folder, "asks", 0, &request.base);
    charter_offer_make(&chain, 1, NULL, &offer);
    charter_offer_to_request(&offer, &room, &request);
    write_offer(folder, "gives", 0, &request.base);
    charter_offer_to_response(&offer, &room, &response);
    write_offer(folder, "answers", 1, &response.base);
    charter_chain_fini(&chain);
}

int main(int argc, char **argv)
{
    struct coalition coalition;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    coalition_begin(&coalition);
    write_charters(argv[1], &coalition);
    for (unsigned i = 0; i < MEMBERS; i++) {
        const struct member *member = &coalition.members[i];
        seed_write(argv[1], "introduction", member->id.text, buffer_slice(&member->introduction));
    }
    write_epochs(argv[1], &coalition);
    coalition_end(&coalition);
    return 0;
}
