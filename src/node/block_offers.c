#include "node/block_offers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "wire/messages.h"

/* What one partner offers. */
struct seller_offers {
    struct partner_id seller;
    size_t count;
    struct block_offer offers[LIMIT_BLOCKS_OPEN];
};

struct block_offers {
    pthread_mutex_t lock;
    size_t count;
    struct seller_offers *sellers[LIMIT_PARTNERS];
};

struct block_offers *block_offers_create(void)
{
    struct block_offers *offers = calloc(1, sizeof *offers);
    if (offers != NULL) {
        pthread_mutex_init(&offers->lock, NULL);
    }
    return offers;
}

void block_offers_destroy(struct block_offers *offers)
{
    if (offers == NULL) {
        return;
    }
    for (size_t i = 0; i < offers->count; i++) {
        free(offers->sellers[i]);
    }
    pthread_mutex_destroy(&offers->lock);
    free(offers);
}

/* The seller's, made when it is not there yet and something is offered; else NULL. */
static struct seller_offers *of_seller(struct block_offers *offers, const struct partner_id *seller,
                                       bool makes)
{
    for (size_t i = 0; i < offers->count; i++) {
        if (partner_id_equal(&offers->sellers[i]->seller, seller)) {
            return offers->sellers[i];
        }
    }
    if (!makes || offers->count == LIMIT_PARTNERS) {
        return NULL;
    }
    struct seller_offers *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->seller = *seller;
        offers->sellers[offers->count++] = made;
    }
    return made;
}

static struct block_offer *find(struct seller_offers *of, const struct uid *id)
{
    for (size_t i = 0; i < of->count; i++) {
        if (uid_equal(&of->offers[i].terms.id, id)) {
            return &of->offers[i];
        }
    }
    return NULL;
}

/* Before those that end later; nothing when it is there, or there is no room. */
static void add(struct seller_offers *of, const struct block_offer *offer)
{
    if (of->count == LIMIT_BLOCKS_OPEN || find(of, &offer->terms.id) != NULL) {
        return;
    }
    size_t place = of->count++;
    while (place > 0 && of->offers[place - 1].terms.valid_until.ms > offer->terms.valid_until.ms) {
        of->offers[place] = of->offers[place - 1];
        place--;
    }
    of->offers[place] = *offer;
}

size_t block_offers_put(struct block_offers *offers, const struct partner_id *seller,
                        const struct block_offer *shown, size_t count)
{
    size_t fresh = 0;
    pthread_mutex_lock(&offers->lock);
    struct seller_offers *of = of_seller(offers, seller, count > 0);
    struct seller_offers *before = of == NULL ? NULL : malloc(sizeof *before);
    if (before != NULL) { /* else what was there stays for now */
        *before = *of;
        of->count = 0;
        for (size_t i = 0; i < count; i++) {
            const struct block_offer *known = find(before, &shown[i].terms.id);
            add(of, known != NULL && known->is_accepted ? known : &shown[i]);
            fresh += known == NULL ? 1 : 0;
        }
        for (size_t i = 0; i < before->count; i++) {
            if (before->offers[i].is_accepted) {
                add(of, &before->offers[i]);
            }
        }
    }
    pthread_mutex_unlock(&offers->lock);
    free(before);
    return fresh;
}

static struct block_offer *find_any(struct block_offers *offers, const struct uid *id)
{
    struct block_offer *found = NULL;
    for (size_t i = 0; i < offers->count && found == NULL; i++) {
        found = find(offers->sellers[i], id);
    }
    return found;
}

enum err block_offers_get(struct block_offers *offers, const struct uid *id,
                          struct block_offer *out_offer)
{
    pthread_mutex_lock(&offers->lock);
    const struct block_offer *found = find_any(offers, id);
    if (found != NULL) {
        *out_offer = *found;
    }
    pthread_mutex_unlock(&offers->lock);
    return found == NULL ? ERR_NOT_FOUND : ERR_OK;
}

void block_offers_accepted(struct block_offers *offers, const struct uid *id)
{
    pthread_mutex_lock(&offers->lock);
    struct block_offer *found = find_any(offers, id);
    if (found != NULL) {
        found->is_accepted = true;
    }
    pthread_mutex_unlock(&offers->lock);
}

enum err block_offers_each(struct block_offers *offers, struct unix_ms now,
                           enum err (*each)(void *context, const struct block_offer *offer),
                           void *context)
{
    enum err err = ERR_OK;
    pthread_mutex_lock(&offers->lock);
    for (size_t i = 0; i < offers->count; i++) {
        const struct seller_offers *of = offers->sellers[i];
        for (size_t j = 0; j < of->count && err == ERR_OK; j++) {
            bool is_open =
                !of->offers[j].is_accepted && of->offers[j].terms.offered_until.ms >= now.ms;
            err = is_open ? each(context, &of->offers[j]) : ERR_OK;
        }
    }
    pthread_mutex_unlock(&offers->lock);
    return err;
}

/* ---- Signed ---- */

enum err block_offer_sign(const struct peer_host *host, const struct block_terms *terms,
                          struct buffer *out_signed)
{
    struct buffer payload = {0};
    enum err err = wire_block_encode(terms, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, PURPOSE_BLOCK_OFFER, buffer_slice(&payload), out_signed);
    }
    buffer_fini(&payload);
    return err;
}

enum err block_offer_open(const struct peer_host *host, struct slice bytes,
                          struct block_terms *out_terms, struct note *note)
{
    struct signed_message message;
    struct block_terms terms;
    enum err err = signed_decode(bytes, &message);
    if (err != ERR_OK) {
        return note_set(note, ERR_INPUT, "it is no signed message");
    }
    TRY(wire_block_decode(message.payload, &terms, note));
    if (!partner_id_equal(&terms.buyer, &host->roster->self)) {
        return note_set(note, ERR_INPUT, "it is for %s", terms.buyer.text);
    }
    TRY(peer_verify(host, &message, PURPOSE_BLOCK_OFFER, &terms.seller, note));
    *out_terms = terms;
    return ERR_OK;
}
