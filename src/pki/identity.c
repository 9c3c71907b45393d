#include "pki/identity.h"

#include <stdio.h>
#include <string.h>

#define SCHEME "talea://"

static const struct {
    enum role role;
    const char *name;
} roles[] = {
    {ROLE_TILL, "till"},       {ROLE_BACK_OFFICE, "back-office"},
    {ROLE_AUDITOR, "auditor"}, {ROLE_ADMIN, "admin"},
    {ROLE_PEER, "node"},
};

#define ROLE_COUNT (sizeof roles / sizeof roles[0])

const char *role_name(enum role role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (roles[i].role == role) {
            return roles[i].name;
        }
    }
    return "unknown";
}

enum err role_parse(const char *name, enum role *out_role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (strcmp(name, roles[i].name) == 0) {
            *out_role = roles[i].role;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

/* Copies the characters up to the next slash, or to the end for the last segment, and steps over
 * them. ERR_INPUT when there are none, too many, or the slash is missing or one too many. */
static enum err take_segment(const char **cursor, bool is_last, size_t capacity, char *out_segment)
{
    size_t length = strcspn(*cursor, "/");
    if (length == 0 || length >= capacity || ((*cursor)[length] == '\0') != is_last) {
        return ERR_INPUT;
    }
    memset(out_segment, 0, capacity);
    memcpy(out_segment, *cursor, length);
    *cursor += length + (is_last ? 0 : 1);
    return ERR_OK;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_coalition(const char *text)
{
    bool is_good = is_lower(text[0]);
    for (; *text != '\0'; text++) {
        is_good = is_good && (is_lower(*text) || is_digit(*text) || *text == '-');
    }
    return is_good;
}

static bool is_name(const char *text)
{
    bool is_good = text[0] != '\0';
    for (; *text != '\0'; text++) {
        bool is_upper = *text >= 'A' && *text <= 'Z';
        bool is_mark = *text == '.' || *text == '_' || *text == '-';
        is_good = is_good && (is_lower(*text) || is_upper || is_digit(*text) || is_mark);
    }
    return is_good;
}

enum err identity_parse(const char *uri, struct identity *out_identity)
{
    size_t scheme = sizeof SCHEME - 1;
    if (strncmp(uri, SCHEME, scheme) != 0) {
        return ERR_INPUT;
    }
    const char *cursor = uri + scheme;
    struct identity identity;
    char partner[PARTNER_ID_MAX];
    char role[IDENTITY_NAME_MAX];
    TRY(take_segment(&cursor, false, sizeof identity.coalition, identity.coalition));
    TRY(take_segment(&cursor, false, sizeof partner, partner));
    TRY(take_segment(&cursor, false, sizeof role, role));
    TRY(take_segment(&cursor, true, sizeof identity.name, identity.name));
    TRY(partner_id_parse(partner, &identity.partner));
    TRY(role_parse(role, &identity.role));
    if (!is_coalition(identity.coalition) || !is_name(identity.name)) {
        return ERR_INPUT;
    }
    *out_identity = identity;
    return ERR_OK;
}

const char *identity_format(const struct identity *identity, char out_uri[IDENTITY_URI_MAX])
{
    int length = snprintf(out_uri, IDENTITY_URI_MAX, SCHEME "%s/%s/%s/%s", identity->coalition,
                          identity->partner.text, role_name(identity->role), identity->name);
    ASSERT(length > 0 && length < IDENTITY_URI_MAX);
    return out_uri;
}
