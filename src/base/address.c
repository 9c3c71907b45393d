#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool is_ipv6(const char *host)
{
    struct in6_addr parsed;
    return inet_pton(AF_INET6, host, &parsed) == 1;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Labels of letters, digits and inner dashes, with a dot between them. */
static bool is_name(const char *host)
{
    char before = '.';
    for (const char *at = host; *at != '\0'; at++) {
        bool is_edge = before == '.' || at[1] == '.' || at[1] == '\0';
        bool is_good =
            is_letter_or_digit(*at) || (*at == '-' && !is_edge) || (*at == '.' && before != '.');
        if (!is_good) {
            return false;
        }
        before = *at;
    }
    return before != '.';
}

static bool is_host(const char *host)
{
    struct in_addr parsed;
    if (host[strspn(host, "0123456789.")] == '\0') {
        return inet_pton(AF_INET, host, &parsed) == 1;
    }
    return is_name(host);
}

static enum err port_parse(const char *text, uint16_t *out_port)
{
    size_t length = strnlen(text, 6);
    if (length == 0 || length > 5 || strspn(text, "0123456789") != length) {
        return ERR_INPUT;
    }
    uint32_t port = 0;
    for (size_t i = 0; i < length; i++) {
        port = port * 10 + (uint32_t)(text[i] - '0');
    }
    if (port > UINT16_MAX) {
        return ERR_INPUT;
    }
    *out_port = (uint16_t)port;
    return ERR_OK;
}

enum err address_parse(const char *text, struct address *out_address)
{
    struct address address = {{0}, 0};
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return ERR_INPUT;
    }
    size_t length = (size_t)(colon - text);
    bool is_bracketed = length > 2 && text[0] == '[' && colon[-1] == ']';
    if (is_bracketed) {
        text++;
        length -= 2;
    }
    if (length == 0 || length > LIMIT_HOST_BYTES) {
        return ERR_INPUT;
    }
    memcpy(address.host, text, length);
    if (is_bracketed ? !is_ipv6(address.host) : !is_host(address.host)) {
        return ERR_INPUT;
    }
    TRY(port_parse(colon + 1, &address.port));
    *out_address = address;
    return ERR_OK;
}

const char *address_format(const struct address *address, char out_text[ADDRESS_TEXT_MAX])
{
    bool is_bracketed = strchr(address->host, ':') != NULL;
    snprintf(out_text, ADDRESS_TEXT_MAX, "%s%s%s:%u", is_bracketed ? "[" : "", address->host,
             is_bracketed ? "]" : "", address->port);
    return out_text;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}
