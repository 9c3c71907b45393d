#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane.h"

void lane_open(struct lane *lane, uint64_t seed)
{
    struct clear_response ready = {NULL, ""};
    struct note note = {""};
    street_init(&lane->street, seed);
    lane->incoming.sender = lane->street.shops[FROM].brand.id;
    struct shop_host host = shop_host(&lane->street, FROM);
    outgoing_init(&lane->outgoing, &lane->street.shops[TO].brand.id,
                  engine_journal(host.host.engine));
    assert_int_equal(outgoing_open(&lane->outgoing, &host.host, &lane->port, &note), ERR_OK);
    assert_int_equal(outgoing_take(&lane->outgoing, &host.host, &ready, &note), ERR_OK);
    shop_host_end(&host);
}

void lane_pump(struct lane *lane)
{
    struct shop_host host = shop_host(&lane->street, FROM);
    struct note note = {""};
    assert_int_equal(outgoing_pump(&lane->outgoing, &host.host, &lane->port, &note), ERR_OK);
    shop_host_end(&host);
}

void lane_step(struct lane *lane)
{
    struct command command;
    shop_step(&lane->street, FROM, &command);
    lane_pump(lane);
}

struct stream lane_stream(struct lane *lane, unsigned shop)
{
    struct shop_host host = shop_host(&lane->street, shop);
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&host.host.view, host.host.roster, shop == FROM ? STREAM_OUT : STREAM_IN,
                          &lane->street.shops[shop == FROM ? TO : FROM].brand.id, &stream),
        ERR_OK);
    shop_host_end(&host);
    return stream;
}

void lane_fini(struct lane *lane)
{
    outgoing_fini(&lane->outgoing);
    shop_clear(&lane->street, FROM);
    shop_clear(&lane->street, TO);
    street_assert_agrees(&lane->street);
    street_fini(&lane->street);
}
