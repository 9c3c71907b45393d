/* Stored bytes of what is known of cards, and of what partners are told of ours. */
#include "ledger/codec.h"

enum {
    CARD_STATUS_VERSION = 1,
    CARD_NEWS_VERSION = 1
};

void card_status_encode(const struct card_status *status, struct buffer *out)
{
    write_u8(out, CARD_STATUS_VERSION);
    write_bool(out, status->is_blocked);
    write_card(out, &status->moved_to);
    write_card(out, &status->awaited_by);
    write_varint(out, status->number);
}

enum err card_status_decode(struct slice value, struct card_status *out_status)
{
    struct reader in = reader_of(value);
    struct card_status status;
    read_version(&in, CARD_STATUS_VERSION);
    status.is_blocked = read_bool(&in);
    read_card(&in, &status.moved_to);
    read_card(&in, &status.awaited_by);
    status.number = read_varint(&in);
    TRY(reader_finish(&in));
    *out_status = status;
    return ERR_OK;
}

void card_news_encode(const struct card_news *news, struct buffer *out)
{
    write_u8(out, CARD_NEWS_VERSION);
    write_card(out, &news->card);
    write_uid(out, &news->transaction_id);
}

enum err card_news_decode(struct slice value, struct card_news *out_news)
{
    struct reader in = reader_of(value);
    struct card_news news;
    read_version(&in, CARD_NEWS_VERSION);
    read_card(&in, &news.card);
    read_expect(&in, news.card.digits[0] != '\0');
    read_uid(&in, &news.transaction_id);
    TRY(reader_finish(&in));
    *out_news = news;
    return ERR_OK;
}
