#include "cli/commands.h"

#include <string.h>

#include "charter/charter.h"

const struct cli_command commands[] = {
    {"init", "DIR", "Make the folder of a new node: keys, certificates, configuration",
     "talea init grocer --coalition demo --partner grocer --name \"The Grocer\" \\\n"
     "      --prefix 610001 --listen 127.0.0.1:7101 --http 127.0.0.1:7201",
     init_options, 1, 1, 0, run_init},
    {"certificate issue", "ROLE",
     "Issue a certificate of node, till, back-office, auditor or admin",
     "talea --home grocer certificate issue till --cn till-2 --out-dir till-2\n"
     "  talea --home grocer certificate issue node --replace",
     certificate_issue_options, 1, 1, 0, run_certificate_issue},
    {"certificate list", NULL, "Show the home's certificates and how long they are valid",
     "talea --home grocer certificate list", NULL, 0, 0, 0, run_certificate_list},
    {"charter example", NULL, "Print an example of a coalition's terms",
     "talea charter example > coalition.yaml", NULL, 0, 0, 0, run_charter_example},
    {"charter make", "[INTRODUCTION...]",
     "Make a charter, not yet signed, of terms and introductions",
     "talea charter make --out charter.talea --terms coalition.yaml \\\n"
     "      grocer.intro.talea fuel.intro.talea",
     charter_make_options, 0, ARGS_POSITIONAL_MAX, 0, run_charter_make},
    {"charter sign", "CHARTER", "Sign a charter with a partner's root key",
     "talea charter sign --key grocer/keys/root.key charter.talea", charter_sign_options, 1, 1, 0,
     run_charter_sign},
    {"charter merge", "CHARTER...", "Put together the signatures of copies of one charter",
     "talea charter merge --out charter.talea by-grocer.talea by-fuel.talea", charter_merge_options,
     2, ARGS_POSITIONAL_MAX, 0, run_charter_merge},
    {"charter show", "CHARTER", "Show what a charter says and who signed it",
     "talea charter show charter.talea", NULL, 1, 1, 0, run_charter_show},
    {"charter verify", "CHARTER",
     "Prove that a charter is well-formed and signed by enough partners",
     "talea charter verify charter.talea", NULL, 1, 1, 0, run_charter_verify},
    {"charter push", "CHARTER",
     "Put the next epoch into force in the node, which gives it to all partners",
     "talea --home grocer charter push charter-2.talea", NULL, 1, 1, ROLE_ADMIN, run_charter_push},
    {"key generate", "root|online", "Make a key; works on files alone, as all of these but revoke",
     "talea key generate online --partner grocer --out grocer/keys/online-2.key",
     key_generate_options, 1, 1, 0, run_key_generate},
    {"key show", "FILE", "Show whose key a file holds, its id, and whether it is sealed",
     "talea key show grocer/keys/online.key", NULL, 1, 1, 0, run_key_show},
    {"key attest", "[ONLINE-KEY...]",
     "Sign online keys with the root key: makes the partner's next introduction",
     "talea key attest --key root.key --from charter.talea \\\n"
     "      --out grocer-2.intro.talea online-2.pub",
     key_attest_options, 0, CHARTER_ONLINE_KEYS_MAX, 0, run_key_attest},
    {"key seal", "FILE", "Lock a key with a passphrase",
     "talea key seal --passphrase-file pass root.key", key_seal_options, 1, 1, 0, run_key_seal},
    {"key unseal", "FILE", "Leave a key to its file's permissions",
     "talea key unseal --passphrase-file pass online.key", key_seal_options, 1, 1, 0,
     run_key_unseal},
    {"key passphrase", "FILE", "Give a sealed key another passphrase",
     "talea key passphrase --new-passphrase-file new root.key", key_passphrase_options, 1, 1, 0,
     run_key_passphrase},
    {"key revoke", "KEY",
     "Print the terms that revoke an online key of this brand behind what it signed so far",
     "talea --home grocer key revoke 0123456789abcdef >> coalition.yaml", NULL, 1, 1, ROLE_ADMIN,
     run_key_revoke},
    {"member add", NULL, "Make a member of this brand and give a first card",
     "talea member add --reference C-1042 --name \"Front desk test\"", member_add_options, 0, 0,
     ROLE_TILL, run_member_add},
    {"member list", NULL, "List this brand's members", "talea member list --limit 20",
     member_list_options, 0, 0, ROLE_BACK_OFFICE, run_member_list},
    {"member show", "[CARD]", "Show a member: cards, balance, lots",
     "talea member show --reference C-1042", member_show_options, 0, 1, ROLE_BACK_OFFICE,
     run_member_show},
    {"member import", "FILE.csv", "Make many members of a file with the columns reference and name",
     "talea member import members.csv --cards cards.csv", member_import_options, 1, 1,
     ROLE_BACK_OFFICE, run_member_import},
    {"member block", "[CARD]", "Block a member: no card of theirs earns or burns",
     "talea member block --reference C-1042 --reason FRAUD", member_block_options, 0, 1,
     ROLE_BACK_OFFICE, run_member_block},
    {"member unblock", "[CARD]", "Lift the block of a member",
     "talea member unblock --reference C-1042 --reason CLEARED", member_block_options, 0, 1,
     ROLE_BACK_OFFICE, run_member_unblock},
    {"member merge", "FROM INTO", "Make two accounts of one person one",
     "talea member merge 6100010000000021 6100010000000013", member_merge_options, 2, 2,
     ROLE_BACK_OFFICE, run_member_merge},
    {"member unmerge", "MERGE", "Undo a merge as far as what moved is still there",
     "talea member unmerge 0199a000-0000-7000-8000-000000000004", member_merge_options, 1, 1,
     ROLE_BACK_OFFICE, run_member_unmerge},
    {"member erase", "[CARD]", "Destroy a member's personal data for ever",
     "talea member erase --reference C-1042\n  talea member erase --reference C-1042 --yes",
     member_erase_options, 0, 1, ROLE_BACK_OFFICE, run_member_erase},
    {"member await", "CARD OTHER",
     "Let a member come from another brand, with the points of its card",
     "talea member await 6100010000000013 7001000000000426", member_await_options, 2, 2,
     ROLE_BACK_OFFICE, run_member_await},
    {"member move", "CARD", "Send a member to another brand that awaits it",
     "talea member move 7001000000000426 --to grocer --card 6100010000000013", member_move_options,
     1, 1, ROLE_BACK_OFFICE, run_member_move},
    {"card issue", "[CARD]", "Give a member one more card", "talea card issue --reference C-1042",
     card_issue_options, 0, 1, ROLE_TILL, run_card_issue},
    {"card block", "CARD", "Block a card: it neither earns nor burns",
     "talea card block 6100010000000013", card_block_options, 1, 1, ROLE_TILL, run_card_block},
    {"card unblock", "CARD", "Lift the block of a card", "talea card unblock 6100010000000013",
     card_block_options, 1, 1, ROLE_BACK_OFFICE, run_card_unblock},
    {"card check", "CARD", "Check a card number's digits, without asking a node",
     "talea card check 6100010000000013", NULL, 1, 1, 0, run_card_check},
    {"balance", "[CARD]", "Show what a member has, or had, and what ends when",
     "talea balance 6100010000000013\n  talea balance 6100010000000013 --at 2026-10-01",
     balance_options, 0, 1, ROLE_TILL, run_balance},
    {"history", "[CARD]", "Show what happened to a member, newest first",
     "talea history 6100010000000013 --kind earn,return --from 2026-10-01", history_options, 0, 1,
     ROLE_TILL, run_history},
    {"earn", "CARD AMOUNT", "Give points for a purchase",
     "talea earn 6100010000000013 12.50 --receipt 4711", earn_options, 2, 2, ROLE_TILL, run_earn},
    {"burn", "CARD POINTS", "Take points: hold and capture in one go",
     "talea burn 6100010000000013 500 --receipt 4712", burn_options, 2, 2, ROLE_TILL, run_burn},
    {"burn authorise", "CARD POINTS", "Reserve points",
     "talea burn authorise 6100010000000013 500 --within 1800", burn_options, 2, 2, ROLE_TILL,
     run_burn_authorise},
    {"burn capture", "HOLD", "Take all or a part of what is reserved",
     "talea burn capture 0199a000-0000-7000-8000-000000000001 --points 300", burn_capture_options,
     1, 1, ROLE_TILL, run_burn_capture},
    {"burn void", "HOLD", "Give back what is left of a hold",
     "talea burn void 0199a000-0000-7000-8000-000000000001", burn_void_options, 1, 1, ROLE_TILL,
     run_burn_void},
    {"return purchase", "SALE [AMOUNT]", "Take back the points of a purchase",
     "talea return purchase 0199a000-0000-7000-8000-000000000002 4.00", return_purchase_options, 1,
     2, ROLE_TILL, run_return_purchase},
    {"return burn", "HOLD [POINTS]", "Give points back for goods that were paid with them",
     "talea return burn 0199a000-0000-7000-8000-000000000001 300", return_burn_options, 1, 2,
     ROLE_TILL, run_return_burn},
    {"transfer", "FROM TO POINTS", "Move points between two members or pools of this brand",
     "talea transfer 6100010000000013 6100010000000021 250", transfer_options, 3, 3,
     ROLE_BACK_OFFICE, run_transfer},
    {"pool open", "NAME MEMBER", "Make an account that several members share",
     "talea pool open \"The Millers\" 6100010000000013", pool_open_options, 2, 2, ROLE_BACK_OFFICE,
     run_pool_open},
    {"pool join", "POOL MEMBER", "Let a member into a pool",
     "talea pool join 0199a000-0000-7000-8000-000000000005 6100010000000021", pool_change_options,
     2, 2, ROLE_BACK_OFFICE, run_pool_join},
    {"pool leave", "POOL MEMBER", "Take a member out of a pool",
     "talea pool leave 0199a000-0000-7000-8000-000000000005 6100010000000021", pool_change_options,
     2, 2, ROLE_BACK_OFFICE, run_pool_leave},
    {"pool show", "POOL", "Show a pool's balance and who is in it",
     "talea pool show 0199a000-0000-7000-8000-000000000005", NULL, 1, 1, ROLE_BACK_OFFICE,
     run_pool_show},
    {"pool list", "[CARD]", "Show the open pools, of all members or of one",
     "talea pool list\n  talea pool list 6100010000000021", pool_list_options, 0, 1,
     ROLE_BACK_OFFICE, run_pool_list},
    {"adjustment propose", "[CARD]", "Ask for a correction of a balance by hand",
     "talea adjustment propose 6100010000000013 --points 100 --reason GOODWILL",
     adjustment_propose_options, 0, 1, ROLE_BACK_OFFICE, run_adjustment_propose},
    {"adjustment approve", "ADJUSTMENT", "Approve it, as somebody else than who proposed it",
     "talea adjustment approve 0199a000-0000-7000-8000-000000000006 --as admin",
     adjustment_rule_options, 1, 1, ROLE_BACK_OFFICE, run_adjustment_approve},
    {"adjustment reject", "ADJUSTMENT", "Reject it",
     "talea adjustment reject 0199a000-0000-7000-8000-000000000006 --as admin",
     adjustment_rule_options, 1, 1, ROLE_BACK_OFFICE, run_adjustment_reject},
    {"adjustment list", NULL, "Show proposed and ruled adjustments",
     "talea adjustment list --state proposed", adjustment_list_options, 0, 0, ROLE_BACK_OFFICE,
     run_adjustment_list},
    {"transaction show", "UUID", "Show what became of a command, and where the journal proves it",
     "talea transaction show 0199a000-0000-7000-8000-000000000002", transaction_show_options, 1, 1,
     ROLE_BACK_OFFICE, run_transaction_show},
    {"transaction receipt", "UUID", "Write a signed receipt for the member, also as a QR code",
     "talea transaction receipt 0199a000-0000-7000-8000-000000000002 --out receipt.txt --qr "
     "receipt.svg",
     transaction_receipt_options, 1, 1, ROLE_BACK_OFFICE, run_transaction_receipt},
    {"events", NULL, "Print the journal's rows as JSON, a line each, from a row on",
     "talea events --from 1\n  talea events --follow", events_options, 0, 0, ROLE_BACK_OFFICE,
     run_events},
    {"books", NULL, "Print the postings by day for hledger, Ledger, Beancount or as CSV",
     "talea books --from 2026-10-01 --to 2026-11-01 > october.journal\n"
     "  talea books --format csv --accounts chart.yaml",
     books_options, 0, 0, ROLE_BACK_OFFICE, run_books},
    {"import receipts", "FILE", "Import a brand's export of receipts (CSV, also gzipped)",
     "talea import receipts --map till.yaml --rejects rejects.csv receipts.csv.gz",
     receipt_import_options, 1, 1, ROLE_BACK_OFFICE, run_receipt_import},
    {"report", NULL, "Show the ledger's accounts with their totals", "talea report", NULL, 0, 0,
     ROLE_BACK_OFFICE, run_report},
    {"period list", "[PERIOD]", "Show the settlement periods; exit 1 when one differs",
     "talea period list 2026-10", NULL, 0, 1, ROLE_BACK_OFFICE, run_period_list},
    {"period close", "PERIOD", "End this brand's half of the open period",
     "talea period close 2026-10", period_close_options, 1, 1, ROLE_BACK_OFFICE, run_period_close},
    {"period reconcile", "PARTNER",
     "Compare a period entry by entry with the partner's node; exit 1 when one differs",
     "talea period reconcile fuel --period 2026-10", period_reconcile_options, 1, 1,
     ROLE_BACK_OFFICE, run_period_reconcile},
    {"period export", "PERIOD",
     "Write what an auditor needs of a period: charters, signed streams, statements",
     "talea period export 2026-10 --out grocer-2026-10", period_export_options, 1, 1,
     ROLE_BACK_OFFICE, run_period_export},
    {"audit", "FOLDER...",
     "Prove brands' exports of a period, alone and against each other; exit 4 names the first flaw",
     "talea audit grocer-2026-10 fuel-2026-10\n"
     "  talea audit --charter charter.talea exports/*",
     audit_options, 1, ARGS_POSITIONAL_MAX, 0, run_audit},
    {"audit receipt", "FILE", "Prove a member's receipt by the charter's keys alone",
     "talea audit receipt receipt.txt --charter charter.talea", audit_receipt_options, 1, 1, 0,
     run_audit_receipt},
    {"statement show", "PARTNER PERIOD", "Show and verify a period's statement with a partner",
     "talea statement show fuel 2026-10 --out fuel-2026-10.talea", statement_show_options, 2, 2,
     ROLE_BACK_OFFICE, run_statement_show},
    {"statement verify", "FILE", "Prove a statement from its file and the charter alone",
     "talea statement verify fuel-2026-10.talea --charter charter.talea", statement_verify_options,
     1, 1, 0, run_statement_verify},
    {"statement net", "FILE...", "Net a period's agreed statements: who pays whom how much",
     "talea statement net statements/*.talea --charter charter.talea", statement_net_options, 1,
     ARGS_POSITIONAL_MAX, 0, run_statement_net},
    {"mandate list", NULL, "Show what may be burned without asking the card's home, given and held",
     "talea mandate list", NULL, 0, 0, ROLE_BACK_OFFICE, run_mandate_list},
    {"mandate show", "MANDATE", "Show one mandate and what was used of it",
     "talea mandate show 0199a000-0000-7000-8000-000000000007", NULL, 1, 1, ROLE_BACK_OFFICE,
     run_mandate_show},
    {"status", NULL, "Show how the node is", "talea status", NULL, 0, 0, ROLE_ADMIN, run_status},
    {"peer list", NULL, "Show the streams to the other partners", "talea peer list", NULL, 0, 0,
     ROLE_ADMIN, run_peer_list},
    {"peer show", "PARTNER",
     "Show a pair: streams, debts and caps, what was refused, what is wrong and what to do",
     "talea peer show fuel", NULL, 1, 1, ROLE_ADMIN, run_peer_show},
    {"evidence list", NULL, "List what partners said that can't be honest", "talea evidence list",
     NULL, 0, 0, ROLE_ADMIN, run_evidence_list},
    {"evidence export", "PARTNER NUMBER", "Write a piece of evidence to a file, to show to anybody",
     "talea evidence export fuel 1 --out fuel-1.evidence", evidence_export_options, 2, 2,
     ROLE_ADMIN, run_evidence_export},
    {"evidence verify", "FILE",
     "Prove by the charter's keys that a partner told two stories; exit 1 when it did not",
     "talea evidence verify fuel-1.evidence --charter charter.talea", evidence_verify_options, 1, 1,
     0, run_evidence_verify},
    {"verify", NULL, "Prove that the ledger follows from its journal; exit 4 when it does not",
     "talea verify\n  talea --home grocer verify --data /backup/grocer/data", verify_options, 0, 0,
     ROLE_AUDITOR, run_verify},
    {"bench ledger", NULL, "Measure the ledger on this machine, beside what the machine can do",
     "talea bench ledger\n  talea bench ledger --quick --only 'transfers*' --json",
     bench_ledger_options, 0, 0, 0, run_bench_ledger},
    {"bench peer", NULL, "Measure two nodes that clear with each other on this machine",
     "talea bench peer\n  talea bench peer --quick --only 'burn*' --json", bench_peer_options, 0, 0,
     0, run_bench_peer},
    {"bench settle", NULL, "Measure a period's close and the search for entries that differ",
     "talea bench settle\n  talea bench settle --quick --json", bench_settle_options, 0, 0, 0,
     run_bench_settle},
    {"bench soak", NULL, "Run a long mix on a ledger, with what it does to latency and memory",
     "talea bench soak --commands 1000000", bench_soak_options, 0, 0, 0, run_bench_soak},
    {"rebuild", NULL, "Derive a stopped node's state anew from its journal",
     "talea --home grocer rebuild", rebuild_options, 0, 0, 0, run_rebuild},
    {"backup", "DIR", "Make a backup of the ledger while the node runs, in a folder on its machine",
     "talea --home grocer backup /backup/grocer-2026-10-03", NULL, 1, 1, ROLE_ADMIN, run_backup},
    {"backup verify", "DIR", "Prove that a backup is whole and unchanged; exit 4 when it is not",
     "talea --home grocer backup verify /backup/grocer-2026-10-03", backup_verify_options, 1, 1, 0,
     run_backup_verify},
    {"restore", "DIR", "Put a backup in place of a home's ledger, while its node is stopped",
     "talea restore /backup/grocer-2026-10-03 --to grocer", restore_options, 1, 1, 0, run_restore},
    {"uuid", NULL, "Print a new transaction id (UUID version 7)", "talea uuid", NULL, 0, 0, 0,
     run_uuid},
    {"completion", "bash", "Print a completion script",
     "talea completion bash > ~/.local/share/bash-completion/completions/talea", NULL, 1, 1, 0,
     run_completion},
    {0}};

static size_t word_count(const char *name)
{
    return strchr(name, ' ') == NULL ? 1 : 2;
}

static bool is_first_word(const char *name, const char *word)
{
    size_t length = strlen(word);
    return strncmp(name, word, length) == 0 && (name[length] == ' ' || name[length] == '\0');
}

static bool is_named(const char *name, const char *const *words, size_t count)
{
    size_t needed = word_count(name);
    if (needed > count || !is_first_word(name, words[0])) {
        return false;
    }
    return needed == 1 ? strchr(name, ' ') == NULL : strcmp(strchr(name, ' ') + 1, words[1]) == 0;
}

const struct cli_command *command_find(const char *const *words, size_t count, size_t *out_used)
{
    const struct cli_command *found = NULL;
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        if (is_named(c->name, words, count) &&
            (found == NULL || word_count(c->name) > word_count(found->name))) {
            found = c;
        }
    }
    if (found != NULL) {
        *out_used = word_count(found->name);
    }
    return found;
}

bool command_is_group(const char *word)
{
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        if (is_first_word(c->name, word)) {
            return true;
        }
    }
    return false;
}
