#include "cli/proof.h"

#include <string.h>
#include <unistd.h>

#include "charter/charter_receipt.h"
#include "cli/session.h"
#include "wire/messages.h"

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    const struct proof *proof = context;
    const struct charter_key *key =
        charter_chain_key_at(&proof->chain, &proof->config->partner, id, time);
    if (key == NULL) {
        return ERR_NOT_FOUND;
    }
    *out_key = key->key;
    return ERR_OK;
}

static enum err decode_entry(void *context, struct slice bytes, struct clearing_entry *out_entry)
{
    (void)context;
    return wire_entry_decode(bytes, out_entry, NULL);
}

static enum err open_receipt(void *context, struct slice receipt_signed, struct arena *arena,
                             struct clearing_receipt *out_receipt)
{
    const struct proof *proof = context;
    return charter_open_receipt(&proof->chain, receipt_signed, arena, out_receipt);
}

static bool show_progress(void *context, uint64_t rows_done, uint64_t rows_total)
{
    struct proof *proof = context;
    progress_show(&proof->progress, rows_done, rows_total);
    return true;
}

/* A charter of others would find every signature to be of an unknown key. */
static enum err check_charter(const struct proof *proof, struct note *note)
{
    const struct charter *charter = charter_chain_last(&proof->chain);
    const struct node_config *config = proof->config;
    if (strcmp(charter->coalition, config->coalition) != 0) {
        return note_set(note, ERR_INPUT, "the charter is of the coalition %s, node.yaml of %s",
                        charter->coalition, config->coalition);
    }
    if (charter_partner_find(charter, &config->partner) == NULL) {
        return note_set(note, ERR_INPUT, "%s of node.yaml is no partner in the charter",
                        config->partner.text);
    }
    return ERR_OK;
}

enum err proof_begin(struct cli *cli, struct proof *proof, struct note *note)
{
    TRY(cli_config(cli, &proof->config, note));
    TRY(session_chain(cli, &proof->chain, note));
    TRY(check_charter(proof, note));
    return session_use_units(cli, charter_chain_last(&proof->chain));
}

enum err proof_folder(const char *folder, struct note *note)
{
    char path[LIMIT_PATH_BYTES + 1];
    int length = snprintf(path, sizeof path, "%s/journal.mdb", folder);
    if (length < 0 || (size_t)length >= sizeof path) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", folder);
    }
    return access(folder, F_OK) == 0 && access(path, F_OK) != 0
               ? note_set(note, ERR_NOT_FOUND,
                          "%s holds no journal.mdb: name the folder of the ledger, in a home that "
                          "is \"data\"",
                          folder)
               : ERR_OK;
}

struct audit_options proof_options(struct proof *proof)
{
    return (struct audit_options){.journal = journal_file_port(proof->journal),
                                  .state = proof->state,
                                  .vault = proof->vault,
                                  .coalition = proof->config->coalition,
                                  .self = proof->config->partner,
                                  .context = proof,
                                  .find_key = find_key,
                                  .decode_entry = decode_entry,
                                  .open_receipt = open_receipt,
                                  .progress = show_progress};
}

void proof_end(struct proof *proof)
{
    vault_close(proof->vault);
    state_close(proof->state);
    journal_file_close(proof->journal);
    charter_chain_fini(&proof->chain);
}
