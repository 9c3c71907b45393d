/* What the programs of libtalea's tests begin with: a connection, and checks that end the program.
 */
#ifndef TEST_CLIENT_SESSION_H
#define TEST_CLIENT_SESSION_H

#include <stdio.h>
#include <stdlib.h>
#include <talea/talea.h>

#define TIMEOUT_MS 10000

static struct talea_error error;

static void check(int is_so, const char *what, int line)
{
    if (!is_so) {
        fprintf(stderr, "line %d: %s: %s (%s)\n", line, what, error.message, error.reason);
        exit(1);
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

static struct talea_client *connect_as(char **argv, const char *role)
{
    char certificate[512];
    char key[512];
    char ca[512];
    struct talea_client *client = NULL;
    snprintf(certificate, sizeof certificate, "%s/tls/%s.pem", argv[2], role);
    snprintf(key, sizeof key, "%s/tls/%s.key", argv[2], role);
    snprintf(ca, sizeof ca, "%s/tls/ca.pem", argv[2]);
    struct talea_options options = {.address = argv[1],
                                    .coalition = "demo",
                                    .partner = "grocer",
                                    .certificate = certificate,
                                    .key = key,
                                    .ca = ca};
    CHECK(talea_connect(&options, &client, &error) == TALEA_OK);
    return client;
}

#endif
