/* node.yaml. */
#include <string.h>

#include "base/text.h"
#include "config/node_config.h"
#include "fuzz.h"

static void check_path_text(const struct config_path *path)
{
    size_t length = strlen(path->text);
    ASSERT(length > 0 && text_is_printable(slice_of(path->text, length)) && path->line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct node_config config;
    struct partner_id partner;
    struct note note = {{0}};
    enum err err = node_config_parse(slice_of(at, length), "node.yaml", "conf", &config, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    ASSERT(partner_id_parse(config.partner.text, &partner) == ERR_OK);
    ASSERT(config.limits.rpc_workers > 0 && config.limits.batch_records > 0);
    ASSERT(config.limits.batch_records <= LIMIT_BATCH_RECORDS);
    ASSERT(config.limits.queue_commands <= LIMIT_QUEUE_COMMANDS);
    check_path_text(&config.data);
    check_path_text(&config.charter);
    check_path_text(&config.programme);
    if (config.notifications.text[0] != '\0') {
        check_path_text(&config.notifications);
    }
    check_path_text(&config.online_keys[0]);
    check_path_text(&config.tls_certificate);
    check_path_text(&config.tls_key);
    check_path_text(&config.tls_ca);
    return 0;
}
