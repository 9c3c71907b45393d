/* The adapter to libcurl: one POST after the other on a connection that is kept. */
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "node/notify_parts.h"

#define SIGNATURE_HEADER_MAX (NOTIFY_SIGNATURE_MAX + 32)

struct notify_http {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
    const atomic_bool *is_stopping;
};

/* What a gateway says is of no interest beyond its status. */
static size_t drop(char *at, size_t size, size_t count, void *context)
{
    (void)at;
    (void)context;
    return size * count;
}

static int look_up(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                   curl_off_t up)
{
    const struct notify_http *http = context;
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return atomic_load(http->is_stopping) ? 1 : 0;
}

/* Names in Debian's libcurl 7.88; no redirects, nothing but HTTP. */
static bool set_up(struct notify_http *http, const struct notify_webhook *webhook)
{
    CURL *curl = http->curl;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, webhook->url);
    code |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    code |= curl_easy_setopt(curl, CURLOPT_POST, 1L);
    code |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    code |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)webhook->timeout_ms);
    code |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
    code |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "talead/" TALEA_VERSION);
    code |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    code |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    code |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    code |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
    code |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
    if (webhook->ca.text[0] != '\0') {
        code |= curl_easy_setopt(curl, CURLOPT_CAINFO, webhook->ca.text);
        code |= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    return code == CURLE_OK;
}

enum err notify_http_open(const struct notify_webhook *webhook, const atomic_bool *is_stopping,
                          struct notify_http **out_http)
{
    struct notify_http *http = calloc(1, sizeof *http);
    if (http == NULL) {
        return ERR_RESOURCE;
    }
    http->is_stopping = is_stopping;
    http->curl = curl_easy_init();
    if (http->curl == NULL || !set_up(http, webhook)) {
        notify_http_close(http);
        return ERR_RESOURCE;
    }
    *out_http = http;
    return ERR_OK;
}

void notify_http_close(struct notify_http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->curl);
        free(http);
    }
}

static void perform(struct notify_http *http, struct notify_answer *answer)
{
    long status = 0;
    curl_off_t retry_after = 0;
    CURLcode code = curl_easy_perform(http->curl);
    if (code != CURLE_OK) {
        const char *why = http->error[0] != '\0' ? http->error : curl_easy_strerror(code);
        (void)text_clean_line(answer->problem, sizeof answer->problem, slice_of(why, strlen(why)));
        return;
    }
    (void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &retry_after);
    answer->status = (int)status;
    answer->retry_after_s = retry_after > 0 && retry_after < 1000000 ? (unsigned)retry_after : 0;
    snprintf(answer->problem, sizeof answer->problem, "HTTP status %ld", status);
}

void notify_http_post(struct notify_http *http, struct slice body, const char *signature,
                      struct notify_answer *out_answer)
{
    char header[SIGNATURE_HEADER_MAX];
    struct curl_slist *headers = NULL;
    *out_answer = (struct notify_answer){.problem = "no memory for a request"};
    snprintf(header, sizeof header, "Talea-Signature: %s", signature);
    http->error[0] = '\0';
    struct curl_slist *first = curl_slist_append(NULL, "Content-Type: application/json");
    headers = first == NULL ? NULL : curl_slist_append(first, header);
    if (headers != NULL && curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length) ==
            CURLE_OK &&
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body.at) == CURLE_OK) {
        perform(http, out_answer);
        (void)curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    }
    curl_slist_free_all(first);
}
