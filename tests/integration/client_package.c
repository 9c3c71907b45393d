/* What a till's maker writes: nothing but the installed header. Names of ours that the library must
 * not have are its own here. */
#include <stdio.h>
#include <string.h>

#include <talea/talea.h>

int role_name(void);
int err_describe(void);

int role_name(void)
{
    return 1;
}

int err_describe(void)
{
    return 2;
}

int main(int argc, char **argv)
{
    char id[TALEA_UUID_SIZE];
    struct talea_error error;
    struct talea_client *client = NULL;
    if (argc != 2) {
        return 1;
    }
    char certificate[512];
    char key[512];
    char ca[512];
    snprintf(certificate, sizeof certificate, "%s/tls/till.pem", argv[1]);
    snprintf(key, sizeof key, "%s/tls/till.key", argv[1]);
    snprintf(ca, sizeof ca, "%s/tls/ca.pem", argv[1]);
    struct talea_options options = {.address = "127.0.0.1:1",
                                    .coalition = "demo",
                                    .partner = "grocer",
                                    .certificate = certificate,
                                    .key = key,
                                    .ca = ca};
    if (talea_connect(&options, &client, &error) != TALEA_OK) {
        fprintf(stderr, "%s (%s)\n", error.message, error.reason);
        return 1;
    }
    int64_t points;
    talea_uuid_v7(id);
    int code = talea_void_burn(client, id, id, 200, &points, &error);
    talea_disconnect(client);
    printf("%s %zu %d %s\n", talea_version(), strlen(id), code, error.reason);
    return code == TALEA_UNAVAILABLE && role_name() + err_describe() == 3 ? 0 : 1;
}
