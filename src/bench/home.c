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

#define PORTS_EACH 2u

/* Ports of loopback that nobody listens on just now. All are bound at the same time, so that they
 * differ. */
static enum err choose_ports(uint16_t *out_ports, size_t count, struct note *note)
{
    int sockets[2 * PORTS_EACH];
    enum err err = ERR_OK;
    for (size_t i = 0; i < count; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t length = sizeof address;
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(sockets[i], (struct sockaddr *)&address, length) != 0 ||
            getsockname(sockets[i], (struct sockaddr *)&address, &length) != 0) {
            err = note_set(note, ERR_UNAVAILABLE, "no port of 127.0.0.1 is free");
        }
        out_ports[i] = ntohs(address.sin_port);
    }
    for (size_t i = 0; i < count; i++) {
        close(sockets[i]);
    }
    return err;
}

static const struct brand {
    const char *partner;
    const char *prefix;
} brands[] = {{HOME_PARTNER, HOME_PREFIX}, {HOME_SHOP, "610002"}};

static enum err init(struct workplace *workplace, const char *program, const struct brand *brand,
                     const uint16_t ports[PORTS_EACH], struct home *home, struct note *note)
{
    char log[LIMIT_PATH_BYTES + 1];
    snprintf(home->address, sizeof home->address, "127.0.0.1:%u", ports[0]);
    snprintf(home->http, sizeof home->http, "127.0.0.1:%u", ports[1]);
    snprintf(log, sizeof log, "%s/commands.log", workplace_folder(workplace));
    const char *const arguments[] = {program,        "init",      home->folder,   "--coalition",
                                     HOME_COALITION, "--partner", brand->partner, "--name",
                                     brand->partner, "--prefix",  brand->prefix,  "--listen",
                                     home->address,  "--http",    home->http,     NULL};
    return child_run(workplace, arguments, log, note);
}

/* In the first home's folder, beside whose folder the other's lies. */
static enum err write_terms(const struct home *home, const struct home *shop, struct note *note)
{
    static const char terms[] = "coalition: " HOME_COALITION "\n"
                                "epoch: 1\n"
                                "points: {name: Points, decimals: 0}\n"
                                "settlement: {currency: USD, decimals: 2}\n"
                                "tariffs:\n"
                                "  - id: 1\n"
                                "    name: standard\n"
                                "    issue_price_per_point: 0.0100\n"
                                "    redemption_price_per_point: 0.0100\n"
                                "    rounding: half_even\n"
                                "caps: {net_debit: 0.00}\n"
                                "partners:\n"
                                "  - " HOME_PARTNER ".intro.talea\n";
    char text[sizeof terms + LIMIT_PATH_BYTES + 64];
    char path[LIMIT_PATH_BYTES + 1];
    int length;
    if (shop == NULL) {
        length = snprintf(text, sizeof text, "signatures: {required: 1}\n%s", terms);
    } else {
        length = snprintf(text, sizeof text, "signatures: {required: 2}\n%s  - %s/%s.intro.talea\n",
                          terms, shop->folder, HOME_SHOP);
    }
    return file_create(home_path(home, "coalition.yaml", path), FILE_PUBLIC,
                       slice_of(text, (size_t)length), note);
}

static enum err sign(struct workplace *workplace, const char *program, const struct home *signer,
                     const char *charter, struct note *note)
{
    char log[LIMIT_PATH_BYTES + 1];
    char root[LIMIT_PATH_BYTES + 1];
    snprintf(log, sizeof log, "%s/commands.log", workplace_folder(workplace));
    const char *const arguments[] = {
        program, "charter", "sign", "--key", home_path(signer, "keys/root.key", root),
        charter, NULL};
    return child_run(workplace, arguments, log, note);
}

/* Makes the charter in the first home's folder; each partner signs it. */
static enum err agree(struct workplace *workplace, const char *program, const struct home *home,
                      const struct home *shop, struct note *note)
{
    char log[LIMIT_PATH_BYTES + 1];
    char terms[LIMIT_PATH_BYTES + 1];
    char charter[LIMIT_PATH_BYTES + 1];
    snprintf(log, sizeof log, "%s/commands.log", workplace_folder(workplace));
    const char *const make[] = {program,
                                "charter",
                                "make",
                                "--terms",
                                home_path(home, "coalition.yaml", terms),
                                "--out",
                                home_path(home, "charter.talea", charter),
                                NULL};
    TRY(write_terms(home, shop, note));
    TRY(child_run(workplace, make, log, note));
    TRY(sign(workplace, program, home, charter, note));
    return shop == NULL ? ERR_OK : sign(workplace, program, shop, charter, note);
}

static enum err load(const char *partner, struct home *home, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    struct key_card card;
    TRY(charter_load(home_path(home, "charter.talea", path), &home->charter, note));
    struct partner_id self;
    TRY(partner_id_parse(partner, &self));
    TRY(charter_roster(home->charter, &self, &home->roster, note));
    TRY(keyfile_load(home_path(home, "keys/online.key", path), NULL, &card, &home->key, note));
    return key_signer_init(&home->key_signer, &home->key, HOME_COALITION, &home->signer);
}

enum err home_load(const char *folder, struct home *out_home, struct note *note)
{
    memset(out_home, 0, sizeof *out_home);
    TRY(text_copy(out_home->folder, sizeof out_home->folder, folder));
    return load(HOME_PARTNER, out_home, note);
}

enum err home_make(struct workplace *workplace, const char *program, const char *name,
                   struct home *out_home, struct note *note)
{
    uint16_t ports[PORTS_EACH];
    memset(out_home, 0, sizeof *out_home);
    snprintf(out_home->folder, sizeof out_home->folder, "%s/%s", workplace_folder(workplace), name);
    TRY(choose_ports(ports, PORTS_EACH, note));
    TRY(init(workplace, program, &brands[0], ports, out_home, note));
    TRY(agree(workplace, program, out_home, NULL, note));
    return load(HOME_PARTNER, out_home, note);
}

static enum err copy_charter(const struct home *from, const struct home *to, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer charter = {0};
    char path[LIMIT_PATH_BYTES + 1];
    TRY(file_read(home_path(from, "charter.talea", path), FILE_PUBLIC, LIMIT_CHARTER_BYTES,
                  &charter, note));
    return file_create(home_path(to, "charter.talea", path), FILE_PUBLIC, buffer_slice(&charter),
                       note);
}

enum err home_make_pair(struct workplace *workplace, const char *program, const char *name,
                        struct home *out_home, struct home *out_shop, struct note *note)
{
    const char *folder = workplace_folder(workplace);
    uint16_t ports[2 * PORTS_EACH];
    memset(out_home, 0, sizeof *out_home);
    memset(out_shop, 0, sizeof *out_shop);
    snprintf(out_home->folder, sizeof out_home->folder, "%s/%s", folder, name);
    snprintf(out_shop->folder, sizeof out_shop->folder, "%s/%s", folder, HOME_SHOP);
    TRY(choose_ports(ports, 2 * PORTS_EACH, note));
    TRY(init(workplace, program, &brands[0], ports, out_home, note));
    TRY(init(workplace, program, &brands[1], ports + PORTS_EACH, out_shop, note));
    TRY(agree(workplace, program, out_home, out_shop, note));
    TRY(copy_charter(out_home, out_shop, note));
    TRY(load(HOME_SHOP, out_shop, note));
    enum err err = load(HOME_PARTNER, out_home, note);
    if (err != ERR_OK) {
        home_fini(out_shop);
    }
    return err;
}

void home_fini(struct home *home)
{
    charter_roster_fini(&home->roster);
    charter_close(home->charter);
    signing_key_fini(&home->key);
    memset(home, 0, sizeof *home);
}
