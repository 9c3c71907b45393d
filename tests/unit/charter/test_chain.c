/* Accepted epochs in memory, on disk, and offered to another node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "charter/charter_offer.h"
#include "charter/charter_store.h"
#include "crypto/hash.h"
#include "epochs.h"
#include "talea/v1/charter.pb-c.h"
#include "wire/fields.h"

#define EPOCHS 20

static struct coalition coalition;
static struct charter *epochs[EPOCHS];
static struct charter *other; /* of epoch 3, another one */
static char folder[64];

static int begin(void **state)
{
    (void)state;
    coalition_begin(&coalition);
    for (unsigned i = 0; i < EPOCHS; i++) {
        epochs[i] = epoch_make(&coalition, 7);
        epoch_continue(&coalition, epochs[i]);
    }
    epoch_continue(&coalition, epochs[1]);
    coalition.terms.net_debit_cap.minor++;
    other = epoch_make(&coalition, 7);
    coalition.terms.net_debit_cap.minor--;
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EPOCHS; i++) {
        charter_close(epochs[i]);
    }
    charter_close(other);
    coalition_end(&coalition);
    return 0;
}

static int make_place(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/talea-charters-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_place(void **state)
{
    (void)state;
    char command[128];
    static const char *const names[] = {"0000000001.talea", "0000000002.talea", "0000000003.talea",
                                        "0000000005.talea", "anchor.talea"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(command, sizeof command, "%s/charters/%s", folder, names[i]);
        unlink(command);
        snprintf(command, sizeof command, "%s/%s", folder, names[i]);
        unlink(command);
    }
    char hash[HASH_TEXT_MAX];
    snprintf(command, sizeof command, "%s/charters/fork-0000000003-%.16s.talea", folder,
             hash_format(&other->payload_hash, hash));
    unlink(command);
    snprintf(command, sizeof command, "%s/charters", folder);
    rmdir(command);
    return rmdir(folder);
}

static struct charter_chain chain_of(unsigned from, unsigned to)
{
    struct charter_chain chain = {NULL, 0};
    for (unsigned i = from; i <= to; i++) {
        assert_int_equal(charter_chain_add(&chain, charter_hold(epochs[i - 1])), ERR_OK);
    }
    return chain;
}

static void test_standing(void **state)
{
    (void)state;
    CLEANUP(charter_chain_fini) struct charter_chain chain = chain_of(2, 4);
    CLEANUP(charter_chain_fini) struct charter_chain none = {NULL, 0};
    CLEANUP(charter_chain_fini) struct charter_chain copy = {NULL, 0};
    assert_int_equal(charter_chain_standing(&chain, epochs[0]), CHARTER_PAST);
    assert_int_equal(charter_chain_standing(&chain, epochs[1]), CHARTER_KNOWN);
    assert_int_equal(charter_chain_standing(&chain, epochs[3]), CHARTER_KNOWN);
    assert_int_equal(charter_chain_standing(&chain, epochs[4]), CHARTER_NEXT);
    assert_int_equal(charter_chain_standing(&chain, epochs[5]), CHARTER_AHEAD);
    assert_int_equal(charter_chain_standing(&chain, other), CHARTER_OTHER);
    assert_int_equal(charter_chain_standing(&none, epochs[0]), CHARTER_AHEAD);
    assert_ptr_equal(charter_chain_last(&chain), epochs[3]);
    assert_null(charter_chain_last(&none));
    assert_ptr_equal(charter_chain_find(&chain, 3), epochs[2]);
    assert_null(charter_chain_find(&chain, 1));
    assert_null(charter_chain_find(&chain, 5));
    assert_int_equal(charter_chain_copy(&chain, &copy), ERR_OK);
    assert_int_equal(copy.count, 3);
    assert_ptr_equal(charter_chain_last(&copy), epochs[3]);
}

static void test_what_may_be_added(void **state)
{
    (void)state;
    CLEANUP(charter_chain_fini) struct charter_chain chain = chain_of(1, 2);
    struct note note = {{0}};
    assert_int_equal(charter_chain_may_add(&chain, epochs[2], &note), ERR_OK);
    assert_int_equal(charter_chain_may_add(&chain, other, &note), ERR_OK);
    assert_int_equal(charter_chain_may_add(&chain, epochs[3], &note), ERR_CONFLICT);
    epoch_continue(&coalition, epochs[1]);
    struct charter *weak = epoch_make(&coalition, 1);
    assert_int_equal(charter_chain_may_add(&chain, weak, &note), ERR_SIGNATURE);
    charter_close(weak);
    assert_int_equal(charter_chain_add(&chain, charter_hold(epochs[2])), ERR_OK);
    assert_int_equal(charter_chain_may_add(&chain, other, &note), ERR_DISAGREE);
}

static void test_keys_of_any_epoch(void **state)
{
    (void)state;
    CLEANUP(charter_chain_fini) struct charter_chain chain = chain_of(1, 1);
    struct member *m = &coalition.members[0];
    struct member kept = *m;
    struct key_id old = key_id_of(&m->online.key);
    m->online.key = key_of(150).public_key;
    m->online.valid_from.ms += DAY_MS;
    struct introduction_terms terms = introduction_terms_of(&coalition, 0);
    m->introduction = (struct buffer){0};
    assert_int_equal(introduction_make(&terms, &m->root, &m->introduction, NULL), ERR_OK);
    epoch_continue(&coalition, epochs[0]);
    assert_int_equal(charter_chain_add(&chain, epoch_make(&coalition, 7)), ERR_OK);
    struct key_id now = key_id_of(&m->online.key);
    struct unix_ms time = kept.online.valid_from;
    assert_null(charter_key_by_id(charter_chain_last(&chain), &m->id, &old));
    assert_ptr_equal(charter_chain_key(&chain, &m->id, &old), &epochs[0]->partners[0].online[0]);
    assert_ptr_equal(charter_chain_key_at(&chain, &m->id, &old, time),
                     &epochs[0]->partners[0].online[0]);
    assert_null(charter_chain_key_at(&chain, &m->id, &now, time));
    time.ms += DAY_MS;
    assert_non_null(charter_chain_key_at(&chain, &m->id, &now, time));
    assert_null(charter_chain_key(&chain, &coalition.members[1].id, &old));
    buffer_fini(&m->introduction);
    *m = kept;
}

static void test_store(void **state)
{
    (void)state;
    struct charter_chain chain = {NULL, 0};
    struct note note = {{0}};
    bool is_new = false;
    assert_int_equal(charter_store_load(folder, &chain, &note), ERR_OK);
    assert_int_equal(chain.count, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(charter_store_put(folder, epochs[i], &note), ERR_OK);
        assert_int_equal(charter_store_put(folder, epochs[i], &note), ERR_OK);
    }
    assert_int_equal(charter_store_put(folder, epochs[4], &note), ERR_OK);
    assert_int_equal(charter_store_put_fork(folder, other, &is_new, &note), ERR_OK);
    assert_true(is_new);
    assert_int_equal(charter_store_put_fork(folder, other, &is_new, &note), ERR_OK);
    assert_false(is_new);
    assert_int_equal(charter_store_load(folder, &chain, &note), ERR_OK);
    assert_int_equal(chain.count, 4);
    assert_true(slice_equal(chain.charters[2]->bytes, epochs[2]->bytes));
    assert_int_equal(charter_chain_last(&chain)->epoch, 5);
    charter_chain_fini(&chain);
}

static void write_anchor(const struct charter *charter, char path[96])
{
    struct note note = {{0}};
    snprintf(path, 96, "%s/anchor.talea", folder);
    unlink(path);
    if (file_create(path, FILE_PUBLIC, charter->bytes, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static void expect_open(const struct charter *anchor, uint64_t epoch, size_t count)
{
    CLEANUP(charter_chain_fini) struct charter_chain chain = {NULL, 0};
    struct note note = {{0}};
    char path[96];
    write_anchor(anchor, path);
    if (charter_store_open(folder, path, &chain, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_int_equal(charter_chain_last(&chain)->epoch, epoch);
    assert_int_equal(chain.count, count);
}

/* The operator's file, behind what was accepted before. */
static void test_anchor(void **state)
{
    (void)state;
    struct charter_chain chain = {NULL, 0};
    struct note note = {{0}};
    char path[96];
    expect_open(epochs[0], 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(charter_store_put(folder, epochs[i], &note), ERR_OK);
    }
    expect_open(epochs[0], 3, 3);
    expect_open(epochs[2], 3, 3);
    expect_open(epochs[3], 4, 4);
    expect_open(epochs[9], 10, 4);
    write_anchor(other, path);
    assert_int_equal(charter_store_open(folder, path, &chain, &note), ERR_CONFLICT);
    assert_non_null(strstr(note.text, "anchor.talea: another charter of epoch 3"));
    epoch_continue(&coalition, epochs[2]);
    struct charter *weak = epoch_make(&coalition, 1);
    write_anchor(weak, path);
    assert_int_equal(charter_store_open(folder, path, &chain, &note), ERR_SIGNATURE);
    charter_close(weak);
    unlink(path);
    assert_int_equal(charter_store_open(folder, path, &chain, &note), ERR_NOT_FOUND);
    assert_int_equal(chain.count, 0);
}

/* A charter that was changed on disk, or stands under another's name, is found. */
static void test_damaged_store(void **state)
{
    (void)state;
    struct charter_chain chain = {NULL, 0};
    struct note note = {{0}};
    char path[96];
    assert_int_equal(charter_store_put(folder, epochs[0], &note), ERR_OK);
    snprintf(path, sizeof path, "%s/charters/0000000002.talea", folder);
    assert_int_equal(file_create(path, FILE_PUBLIC, epochs[2]->bytes, &note), ERR_OK);
    assert_int_equal(charter_store_load(folder, &chain, &note), ERR_CORRUPT);
    assert_non_null(strstr(note.text, "0000000002.talea: it is of epoch 3"));
    unlink(path);
    CLEANUP(buffer_fini) struct buffer changed = {0};
    write_bytes(&changed, epochs[1]->bytes.at, epochs[1]->bytes.length);
    changed.at[changed.length / 2] ^= 1;
    assert_int_equal(file_create(path, FILE_PUBLIC, buffer_slice(&changed), &note), ERR_OK);
    assert_int_not_equal(charter_store_load(folder, &chain, &note), ERR_OK);
    assert_int_equal(chain.count, 0);
}

static void test_offers(void **state)
{
    (void)state;
    CLEANUP(charter_chain_fini) struct charter_chain chain = chain_of(1, EPOCHS);
    struct charter_offer offer;
    charter_offer_make(&chain, 0, NULL, &offer);
    assert_int_equal(offer.count, 0);
    assert_int_equal(offer.epoch, EPOCHS);
    assert_true(hash_equal(&offer.payload_hash, &epochs[EPOCHS - 1]->payload_hash));
    charter_offer_make(&chain, EPOCHS, &epochs[EPOCHS - 1]->payload_hash, &offer);
    assert_int_equal(offer.count, 0);
    charter_offer_make(&chain, 1, &epochs[0]->payload_hash, &offer);
    assert_int_equal(offer.count, LIMIT_CHARTERS);
    assert_ptr_equal(offer.charters[0].at, epochs[1]->bytes.at);
    charter_offer_make(&chain, 18, &epochs[17]->payload_hash, &offer);
    assert_int_equal(offer.count, 2);
    assert_ptr_equal(offer.charters[1].at, epochs[19]->bytes.at);
    /* To who has another story, ours of that epoch as well. */
    charter_offer_make(&chain, 3, &other->payload_hash, &offer);
    assert_ptr_equal(offer.charters[0].at, epochs[2]->bytes.at);
    charter_offer_make(&chain, EPOCHS, &other->payload_hash, &offer);
    assert_int_equal(offer.count, 1);
    charter_offer_make(&chain, 99, NULL, &offer);
    assert_int_equal(offer.count, 0);
}

static void test_offers_as_messages(void **state)
{
    (void)state;
    CLEANUP(charter_chain_fini) struct charter_chain chain = chain_of(1, 4);
    struct charter_offer offer;
    struct charter_offer again;
    struct charter_offer_room room;
    struct note note = {{0}};
    Talea__V1__ExchangeCharterRequest request;
    Talea__V1__ExchangeCharterResponse response;
    charter_offer_make(&chain, 2, &epochs[1]->payload_hash, &offer);
    charter_offer_to_request(&offer, &room, &request);
    assert_int_equal(charter_offer_of_request(&request, &again, &note), ERR_OK);
    assert_int_equal(again.epoch, 4);
    assert_int_equal(again.count, 2);
    assert_true(slice_equal(again.charters[1], epochs[3]->bytes));
    charter_offer_to_response(&offer, &room, &response);
    assert_int_equal(charter_offer_of_response(&response, &again, &note), ERR_OK);
    assert_true(hash_equal(&again.payload_hash, &epochs[3]->payload_hash));
#define MALFORMED(change, undo)                                                                    \
    change;                                                                                        \
    assert_int_equal(charter_offer_of_request(&request, &again, &note), ERR_INPUT);                \
    undo
    MALFORMED(request.epoch = 0, request.epoch = 4);
    MALFORMED(request.payload_hash.len = 31, request.payload_hash.len = 32);
    MALFORMED(request.n_charters = LIMIT_CHARTERS + 1, request.n_charters = 2);
    MALFORMED(room.charters[1].len = 0, room.charters[1].len = offer.charters[1].length);
    MALFORMED(room.charters[1].len = LIMIT_CHARTER_BYTES + 1,
              room.charters[1].len = offer.charters[1].length);
#undef MALFORMED
    assert_int_equal(charter_offer_of_request(&request, &again, &note), ERR_OK);
}

static void expect_packed(const ProtobufCMessage *message, const char *golden)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    char text[512];
    assert_int_equal(fields_pack(message, &bytes), ERR_OK);
    assert_true(2 * bytes.length < sizeof text);
    assert_string_equal(hex_format(bytes.at, bytes.length, text), golden);
}

/* The bytes of this version, which nodes of later ones must take. */
static void test_golden(void **state)
{
    (void)state;
    uint8_t hash[32] = {1, 2, 3};
    uint8_t first[] = "one";
    uint8_t second[] = "two";
    uint8_t key[8] = {0xab, 0xcd};
    static char problem[] = "no";
    static char fuel[] = "fuel";
    static char grocer[] = "grocer";
    ProtobufCBinaryData charters[2] = {{3, first}, {3, second}};
    Talea__V1__ExchangeCharterRequest request;
    Talea__V1__ExchangeCharterResponse response;
    Talea__V1__PartnerTerms terms;
    Talea__V1__RevokedStream stream;
    Talea__V1__RevokedStream *streams = &stream;
    Talea__V1__RevokedKey revoked;
    talea__v1__exchange_charter_request__init(&request);
    request.epoch = 300;
    request.payload_hash = (ProtobufCBinaryData){sizeof hash, hash};
    request.charters = charters;
    request.n_charters = 2;
    expect_packed(&request.base,
                  "08ac02122001020300000000000000000000000000000000000000000000000000000000"
                  "001a036f6e651a0374776f");
    talea__v1__exchange_charter_response__init(&response);
    response.epoch = 2;
    response.payload_hash = request.payload_hash;
    response.charters = charters;
    response.n_charters = 1;
    response.problem = problem;
    expect_packed(&response.base,
                  "0802122001020300000000000000000000000000000000000000000000000000000000001a"
                  "036f6e6522026e6f");
    talea__v1__partner_terms__init(&terms);
    terms.partner = fuel;
    terms.first_period = 202610;
    terms.last_period = 202612;
    expect_packed(&terms.base, "0a046675656c10f2ae0c18f4ae0c");
    talea__v1__revoked_stream__init(&stream);
    stream.peer = grocer;
    stream.last_entry_number = 120;
    stream.last_receipt_number = 14;
    talea__v1__revoked_key__init(&revoked);
    revoked.partner = fuel;
    revoked.key_id = (ProtobufCBinaryData){sizeof key, key};
    revoked.streams = &streams;
    revoked.n_streams = 1;
    expect_packed(&revoked.base, "0a046675656c1208abcd0000000000001a0c0a0667726f6365721078180e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standing),
        cmocka_unit_test(test_what_may_be_added),
        cmocka_unit_test(test_keys_of_any_epoch),
        cmocka_unit_test_setup_teardown(test_store, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_anchor, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_damaged_store, make_place, remove_place),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_offers_as_messages),
        cmocka_unit_test(test_golden),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
