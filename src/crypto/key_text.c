/* Keys and their ids compared and written down: whatever signs with them. */
#include <string.h>

#include "crypto/ed25519.h"

bool key_id_equal(const struct key_id *a, const struct key_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

const char *key_id_format(const struct key_id *id, char out_text[KEY_ID_TEXT_MAX])
{
    return hex_format(id->bytes, sizeof id->bytes, out_text);
}

enum err key_id_parse(const char *text, struct key_id *out_id)
{
    return hex_parse(text, out_id->bytes, sizeof out_id->bytes);
}

const char *public_key_format(const struct public_key *key, char out_text[PUBLIC_KEY_TEXT_MAX])
{
    return hex_format(key->bytes, sizeof key->bytes, out_text);
}
