/* A partner that binds itself to two nets of one period: kept as proof, and its streams are frozen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "charter/evidence_proof.h"
#include "peer/netting.h"
#include "shop.h"
#include "wire/messages.h"

static struct street street;

static enum err tell(uint8_t set_byte, enum purpose purpose, uint64_t number)
{
    struct shop_host host = shop_host(&street, 0);
    struct netting_set set = {.coalition = "demo", .period = {202610}, .number = number};
    struct signed_message message;
    struct note note = {""};
    CLEANUP(buffer_fini) struct buffer payload = {0};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    set.set.bytes[0] = set_byte;
    assert_int_equal(wire_netting_encode(&set, &payload), ERR_OK);
    assert_int_equal(
        signed_make(&street.shops[1].brand.signer, 1, purpose, buffer_slice(&payload), &bytes),
        ERR_OK);
    assert_int_equal(signed_decode(buffer_slice(&bytes), &message), ERR_OK);
    enum err err =
        netting_take_word(&host.host, set.period, &street.shops[1].brand.id, &message, &note);
    shop_host_end(&host);
    return err;
}

static unsigned evidence_count(bool *out_proves)
{
    struct shop_host host = shop_host(&street, 0);
    struct charter *epochs[] = {&street.charter};
    struct charter_chain chain = {epochs, 1};
    struct arena arena;
    struct evidence evidence;
    struct ledger_key key;
    struct slice value;
    struct note note = {""};
    unsigned count = 0;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    for (;; count++) {
        key_evidence(&street.shops[1].brand.id, count + 1, &key);
        if (view_get(&host.host.view, TABLE_EVIDENCE, &key, &value) != ERR_OK) {
            break;
        }
        assert_int_equal(wire_evidence_decode(value, &arena, &evidence, &note), ERR_OK);
        assert_int_equal(evidence.kind, EVIDENCE_TWO_NETS);
        assert_int_equal(evidence_prove(&evidence, &chain, &arena, out_proves, &note), ERR_OK);
    }
    arena_fini(&arena);
    shop_host_end(&host);
    return count;
}

static bool is_frozen(enum stream_direction direction)
{
    return brand_stream(&street.shops[0].brand, direction, &street.shops[1].brand).is_frozen;
}

static void test_two_nets(void **state)
{
    (void)state;
    bool proves = false;
    street_init(&street, 1);
    assert_int_equal(tell(1, PURPOSE_NETTING_SET, 1), ERR_OK); /* a proposal binds to nothing */
    assert_int_equal(tell(2, PURPOSE_NETTING_SET, 2), ERR_OK);
    assert_int_equal(tell(2, PURPOSE_NETTING, 3), ERR_OK);
    assert_int_equal(tell(2, PURPOSE_NETTING, 3), ERR_OK);
    assert_int_equal(tell(2, PURPOSE_NETTING, 4), ERR_OK); /* the same once more */
    assert_int_equal(tell(3, PURPOSE_NETTING_SET, 5), ERR_OK);
    assert_false(is_frozen(STREAM_IN) || is_frozen(STREAM_OUT));
    assert_int_equal(evidence_count(&proves), 0);
    assert_int_equal(tell(3, PURPOSE_NETTING, 5), ERR_DISAGREE);
    assert_int_equal(tell(4, PURPOSE_NETTING, 5), ERR_DISAGREE);
    assert_true(is_frozen(STREAM_IN) && is_frozen(STREAM_OUT));
    assert_int_equal(evidence_count(&proves), 1);
    assert_true(proves);
    street_fini(&street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_nets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
