/* Gift cards: what each row changed of them, told to the core (accounting/gifts.h). */
#include "cli/books.h"

#include <string.h>
#include <talea/v1/reward.pb-c.h>

#include "cli/message.h"

void books_gifts_init(struct books_gifts *gifts, struct cli *cli, const struct books_terms *terms,
                      struct unix_ms from, struct unix_ms to)
{
    *gifts = (struct books_gifts){.cli = cli, .terms = terms};
    gift_book_init(&gifts->book, from, to);
}

void books_gifts_fini(struct books_gifts *gifts)
{
    gift_book_fini(&gifts->book);
}

/* False for one that a newer node says. */
static bool move_of(Talea__V1__GiftCardMove move, enum gift_book_move *out_move)
{
    switch ((int)move) {
    case TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_ISSUED:
        *out_move = GIFT_BOOK_ISSUED;
        return true;
    case TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_SPENT:
        *out_move = GIFT_BOOK_SPENT;
        return true;
    case TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_REFUNDED:
        *out_move = GIFT_BOOK_REFUNDED;
        return true;
    case TALEA__V1__GIFT_CARD_MOVE__GIFT_CARD_MOVE_TAKEN_BACK:
        *out_move = GIFT_BOOK_TAKEN_BACK;
        return true;
    default:
        return false;
    }
}

enum err books_gifts_add(struct books_gifts *gifts, const Talea__V1__Event *event)
{
    for (size_t i = 0; i < event->n_gift_cards; i++) {
        const Talea__V1__GiftCardChange *said = event->gift_cards[i];
        struct gift_book_change change = {.at = {event->recorded_unix_ms},
                                          .number = said->number,
                                          .amount = money_of(said->amount),
                                          .paid = money_of(said->paid_minor),
                                          .until_day = said->until_day,
                                          .is_voucher = said->is_voucher};
        gifts->is_any = gifts->is_any || !said->is_voucher;
        TRY(move_of(said->move, &change.move) ? gift_book_add(&gifts->book, &change)
                                              : ERR_UNSUPPORTED);
    }
    return ERR_OK;
}

/* The node says in which currency they are. */
static enum cli_exit is_of_settlement(struct books_gifts *gifts, bool *out_is)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    Talea__V1__ReportGiftCardsRequest request;
    talea__v1__report_gift_cards_request__init(&request);
    enum cli_exit outcome = session_call(gifts->cli, &talea__v1__reward_service__descriptor,
                                         "ReportGiftCards", &request.base, &message);
    if (outcome == CLI_OK) {
        const Talea__V1__ReportGiftCardsResponse *reply =
            (const Talea__V1__ReportGiftCardsResponse *)message;
        *out_is = strcmp(reply->currency, gifts->terms->units->currency) == 0;
    }
    return outcome;
}

enum cli_exit books_gifts_finish(struct books_gifts *gifts, struct unix_ms now,
                                 struct settling *settling, bool *out_is_other)
{
    bool is_known = true;
    if (!gifts->is_any) {
        return CLI_OK;
    }
    enum cli_exit outcome = is_of_settlement(gifts, &is_known);
    *out_is_other = !is_known;
    if (outcome != CLI_OK || !is_known) {
        return outcome;
    }
    enum err err = gift_book_finish(&gifts->book, now, settling);
    return err == ERR_OK ? CLI_OK : cli_fail_err(gifts->cli, err, NULL);
}
