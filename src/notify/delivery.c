#include "notify/delivery.h"

#define DOUBLINGS_MAX 20u

size_t delivery_room(const struct delivery *delivery, const struct delivery_terms *terms)
{
    return delivery->singles > 0 ? 1 : terms->batch;
}

bool delivery_is_refusal(int http_status)
{
    static const int about_gateway[] = {401, 403, 404, 405, 407, 408, 410, 421, 425, 429, 451};
    for (size_t i = 0; i < sizeof about_gateway / sizeof about_gateway[0]; i++) {
        if (http_status == about_gateway[i]) {
            return false;
        }
    }
    return http_status >= 400 && http_status < 500;
}

static unsigned wait_after(unsigned failures, const struct delivery_terms *terms,
                           unsigned retry_after_s, uint32_t luck)
{
    unsigned doublings = failures - 1 < DOUBLINGS_MAX ? failures - 1 : DOUBLINGS_MAX;
    uint64_t wait = (uint64_t)terms->retry_ms << doublings;
    uint64_t asked = (uint64_t)retry_after_s * 1000;
    wait = wait < terms->retry_max_ms ? wait : terms->retry_max_ms;
    wait = wait - luck % (wait / 2 + 1);
    wait = wait < asked ? asked : wait;
    return (unsigned)(wait < terms->retry_max_ms ? wait : terms->retry_max_ms);
}

static struct delivery_next go_on(struct delivery *delivery, enum delivery_step step)
{
    delivery->failures = 0;
    delivery->refusals = 0;
    delivery->singles -= delivery->singles > 0 ? 1 : 0;
    return (struct delivery_next){step, 0};
}

struct delivery_next delivery_hear(struct delivery *delivery, const struct delivery_terms *terms,
                                   int http_status, unsigned retry_after_s, size_t count,
                                   uint32_t luck)
{
    if (http_status >= 200 && http_status < 300) {
        return go_on(delivery, DELIVERY_SENT);
    }
    bool is_refused = delivery_is_refusal(http_status);
    if (is_refused && count > 1) {
        delivery->singles = count;
        return (struct delivery_next){DELIVERY_AGAIN, 0};
    }
    delivery->refusals = is_refused ? delivery->refusals + 1 : 0;
    if (is_refused && delivery->refusals >= terms->attempts) {
        return go_on(delivery, DELIVERY_ASIDE);
    }
    delivery->failures++;
    return (struct delivery_next){DELIVERY_AGAIN,
                                  wait_after(delivery->failures, terms, retry_after_s, luck)};
}
