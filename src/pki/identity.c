#include "pki/identity.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SCHEME "talea://"
#define PARTS  4 /* coalition, partner, role, name */

static const struct {
    enum role role;
    const char *name;
} roles[] = {
    {ROLE_TILL, "till"},       {ROLE_BACK_OFFICE, "back-office"},
    {ROLE_AUDITOR, "auditor"}, {ROLE_ADMIN, "admin"},
    {ROLE_PEER, "node"},
};

const char *role_name(enum role role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (roles[i].role == role) {
            return roles[i].name;
        }
    }
    assert_fail("a role is one of enum role", __FILE__, __LINE__, __func__);
}

enum err role_parse(const char *name, enum role *out_role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(roles[i].name, name) == 0) {
            *out_role = roles[i].role;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_coalition_name(const char *text)
{
    if (!is_lower(text[0])) {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (!is_lower(*text) && !is_digit(*text) && *text != '-') {
            return false;
        }
    }
    return true;
}

static bool is_identity_name(const char *text)
{
    if (text[0] == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        bool is_letter = is_lower(*text) || (*text >= 'A' && *text <= 'Z');
        if (!is_letter && !is_digit(*text) && strchr("._-", *text) == NULL) {
            return false;
        }
    }
    return true;
}

/* Cuts `text` at its slashes into exactly PARTS parts. */
static enum err split(char *text, const char *out_parts[PARTS])
{
    const char *parts[PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = text;
        char *slash = strchr(text, '/');
        if ((slash == NULL) != (i == PARTS - 1)) {
            return ERR_INPUT;
        }
        if (slash != NULL) {
            *slash = '\0';
            text = slash + 1;
        }
    }
    memcpy(out_parts, parts, sizeof parts);
    return ERR_OK;
}

enum err identity_parse(const char *uri, struct identity *out_identity)
{
    char text[IDENTITY_URI_MAX];
    const char *parts[PARTS];
    struct identity identity = {0};
    TRY(text_copy(text, sizeof text, uri));
    if (strncmp(text, SCHEME, strlen(SCHEME)) != 0) {
        return ERR_INPUT;
    }
    TRY(split(text + strlen(SCHEME), parts));
    if (!is_coalition_name(parts[0]) || !is_identity_name(parts[3])) {
        return ERR_INPUT;
    }
    TRY(text_copy(identity.coalition, sizeof identity.coalition, parts[0]));
    TRY(partner_id_parse(parts[1], &identity.partner));
    TRY(role_parse(parts[2], &identity.role));
    TRY(text_copy(identity.name, sizeof identity.name, parts[3]));
    *out_identity = identity;
    return ERR_OK;
}

const char *identity_format(const struct identity *identity, char out_uri[IDENTITY_URI_MAX])
{
    int written = snprintf(out_uri, IDENTITY_URI_MAX, SCHEME "%s/%s/%s/%s", identity->coalition,
                           identity->partner.text, role_name(identity->role), identity->name);
    ASSERT(written > 0 && written < IDENTITY_URI_MAX);
    return out_uri;
}
