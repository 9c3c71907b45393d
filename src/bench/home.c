#include "bench/home.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

const char *home_path(const struct home *home, const char *name, char *out_path)
{
    snprintf(out_path, LIMIT_PATH_BYTES + 1, "%.*s/%s", (int)(LIMIT_PATH_BYTES - 64), home->folder,
             name);
    return out_path;
}

/* A port of loopback that nobody listens on just now. Both are bound at the same time, so that they
 * differ. */
static enum err choose_ports(uint16_t out_ports[2], struct note *note)
{
    int sockets[2];
    enum err err = ERR_OK;
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t length = sizeof address;
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(sockets[i], (struct sockaddr *)&address, length) != 0 ||
            getsockname(sockets[i], (struct sockaddr *)&address, &length) != 0) {
            err = note_set(note, ERR_UNAVAILABLE, "no port of 127.0.0.1 is free");
        }
        out_ports[i] = ntohs(address.sin_port);
    }
    for (int i = 0; i < 2; i++) {
        close(sockets[i]);
    }
    return err;
}

static enum err write_terms(const struct home *home, struct note *note)
{
    static const char terms[] = "coalition: " HOME_COALITION "\n"
                                "epoch: 1\n"
                                "points: {name: Points, decimals: 0}\n"
                                "settlement: {currency: USD, decimals: 2}\n"
                                "signatures: {required: 1}\n"
                                "tariffs:\n"
                                "  - id: 1\n"
                                "    name: standard\n"
                                "    issue_price_per_point: 0.0100\n"
                                "    redemption_price_per_point: 0.0100\n"
                                "    rounding: half_even\n"
                                "caps: {net_debit: 0.00}\n"
                                "partners:\n"
                                "  - " HOME_PARTNER ".intro.talea\n";
    char path[LIMIT_PATH_BYTES + 1];
    return file_create(home_path(home, "coalition.yaml", path), FILE_PUBLIC,
                       slice_of(terms, sizeof terms - 1), note);
}

static enum err make_files(struct workplace *workplace, const char *program, struct home *home,
                           struct note *note)
{
    char log[LIMIT_PATH_BYTES + 1];
    char terms[LIMIT_PATH_BYTES + 1];
    char charter[LIMIT_PATH_BYTES + 1];
    char root[LIMIT_PATH_BYTES + 1];
    snprintf(log, sizeof log, "%s/commands.log", workplace_folder(workplace));
    const char *const init[] = {program,        "init",      home->folder, "--coalition",
                                HOME_COALITION, "--partner", HOME_PARTNER, "--name",
                                "Bench",        "--prefix",  HOME_PREFIX,  "--listen",
                                home->address,  "--http",    home->http,   NULL};
    const char *const make[] = {program,
                                "charter",
                                "make",
                                "--terms",
                                home_path(home, "coalition.yaml", terms),
                                "--out",
                                home_path(home, "charter.talea", charter),
                                NULL};
    const char *const sign[] = {
        program, "charter", "sign", "--key", home_path(home, "keys/root.key", root), charter, NULL};
    TRY(child_run(workplace, init, log, note));
    TRY(write_terms(home, note));
    TRY(child_run(workplace, make, log, note));
    return child_run(workplace, sign, log, note);
}

static enum err load(struct home *home, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    struct key_card card;
    TRY(charter_load(home_path(home, "charter.talea", path), &home->charter, note));
    struct partner_id self;
    TRY(partner_id_parse(HOME_PARTNER, &self));
    TRY(charter_roster(home->charter, &self, &home->roster, note));
    TRY(keyfile_load(home_path(home, "keys/online.key", path), NULL, &card, &home->key, note));
    return key_signer_init(&home->key_signer, &home->key, HOME_COALITION, &home->signer);
}

enum err home_load(const char *folder, struct home *out_home, struct note *note)
{
    memset(out_home, 0, sizeof *out_home);
    TRY(text_copy(out_home->folder, sizeof out_home->folder, folder));
    return load(out_home, note);
}

enum err home_make(struct workplace *workplace, const char *program, const char *name,
                   struct home *out_home, struct note *note)
{
    uint16_t ports[2];
    memset(out_home, 0, sizeof *out_home);
    TRY(choose_ports(ports, note));
    snprintf(out_home->folder, sizeof out_home->folder, "%s/%s", workplace_folder(workplace), name);
    snprintf(out_home->address, sizeof out_home->address, "127.0.0.1:%u", ports[0]);
    snprintf(out_home->http, sizeof out_home->http, "127.0.0.1:%u", ports[1]);
    TRY(make_files(workplace, program, out_home, note));
    return load(out_home, note);
}

void home_fini(struct home *home)
{
    charter_roster_fini(&home->roster);
    charter_close(home->charter);
    signing_key_fini(&home->key);
    memset(home, 0, sizeof *home);
}
