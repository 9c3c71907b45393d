#include "wire/netting_page.h"

#include <string.h>

enum err netting_place_of_message(const Talea__V1__NettingPlace *message,
                                  struct netting_place *out_place, struct note *note)
{
    struct netting_place place = {.is_words = false};
    if (message != NULL) {
        place.is_words = message->is_words;
        if (partner_id_parse(message->partner, &place.partner) != ERR_OK) {
            return note_set(note, ERR_INPUT, "the page is asked for behind no partner");
        }
    }
    *out_place = place;
    return ERR_OK;
}

void netting_place_to_message(struct netting_place *place, Talea__V1__NettingPlace *out_message)
{
    talea__v1__netting_place__init(out_message);
    out_message->is_words = place->is_words;
    out_message->partner = place->partner.text;
}

static enum err take_agreed(const Talea__V1__AgreedStatement *message,
                            struct netting_agreed *out_agreed, struct note *note)
{
    if (partner_id_parse(message->other, &out_agreed->other) != ERR_OK ||
        signed_of_message(message->statement, &out_agreed->statement) != ERR_OK ||
        signed_of_message(message->countersignature, &out_agreed->countersignature) != ERR_OK) {
        return note_set(note, ERR_INPUT, "an agreed statement is malformed");
    }
    return ERR_OK;
}

static enum err take_said(const Talea__V1__NettingWord *message, struct netting_said *out_said,
                          struct note *note)
{
    if (partner_id_parse(message->partner, &out_said->partner) != ERR_OK ||
        signed_of_message(message->word, &out_said->word) != ERR_OK) {
        return note_set(note, ERR_INPUT, "a word about the net is malformed");
    }
    return ERR_OK;
}

enum err netting_page_of_message(const Talea__V1__FetchNettingResponse *message,
                                 struct arena *arena, struct netting_page *out_page,
                                 struct note *note)
{
    struct netting_page page = {.statement_count = message->n_statements,
                                .word_count = message->n_words,
                                .is_more = message->is_more};
    page.statements = arena_alloc(arena, page.statement_count * sizeof *page.statements);
    page.words = arena_alloc(arena, page.word_count * sizeof *page.words);
    if (page.statements == NULL || page.words == NULL) {
        return note_set(note, ERR_RESOURCE, "a page of the net has too much in it");
    }
    for (size_t i = 0; i < page.statement_count; i++) {
        TRY(take_agreed(message->statements[i], &page.statements[i], note));
    }
    for (size_t i = 0; i < page.word_count; i++) {
        TRY(take_said(message->words[i], &page.words[i], note));
    }
    *out_page = page;
    return ERR_OK;
}

static enum err put_agreed(const struct netting_agreed *agreed, struct arena *arena,
                           Talea__V1__AgreedStatement **out_message)
{
    Talea__V1__AgreedStatement *message = arena_alloc(arena, sizeof *message);
    Talea__V1__Signed *parts = arena_alloc(arena, 2 * sizeof *parts);
    if (message == NULL || parts == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__agreed_statement__init(message);
    signed_to_message(&agreed->statement, &parts[0]);
    signed_to_message(&agreed->countersignature, &parts[1]);
    message->statement = &parts[0];
    message->countersignature = &parts[1];
    message->other = arena_text(arena, slice_of(agreed->other.text, strlen(agreed->other.text)));
    *out_message = message;
    return message->other == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err put_said(const struct netting_said *said, struct arena *arena,
                         Talea__V1__NettingWord **out_message)
{
    Talea__V1__NettingWord *message = arena_alloc(arena, sizeof *message);
    Talea__V1__Signed *part = arena_alloc(arena, sizeof *part);
    if (message == NULL || part == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__netting_word__init(message);
    signed_to_message(&said->word, part);
    message->word = part;
    message->partner = arena_text(arena, slice_of(said->partner.text, strlen(said->partner.text)));
    *out_message = message;
    return message->partner == NULL ? ERR_RESOURCE : ERR_OK;
}

enum err netting_page_to_message(const struct netting_page *page, struct arena *arena,
                                 Talea__V1__FetchNettingResponse *out_message)
{
    Talea__V1__FetchNettingResponse message;
    talea__v1__fetch_netting_response__init(&message);
    message.statements = arena_alloc(arena, page->statement_count * sizeof *message.statements);
    message.words = arena_alloc(arena, page->word_count * sizeof *message.words);
    message.is_more = page->is_more;
    if (message.statements == NULL || message.words == NULL) {
        return ERR_RESOURCE;
    }
    for (; message.n_statements < page->statement_count; message.n_statements++) {
        TRY(put_agreed(&page->statements[message.n_statements], arena,
                       &message.statements[message.n_statements]));
    }
    for (; message.n_words < page->word_count; message.n_words++) {
        TRY(put_said(&page->words[message.n_words], arena, &message.words[message.n_words]));
    }
    *out_message = message;
    return ERR_OK;
}
