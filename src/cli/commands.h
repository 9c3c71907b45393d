/* Every command, one row each; one folder entry for each group: init.c, charter_*.c, ... */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

/* Ends with a row without a name. Rows of one group stand together. */
extern const struct cli_command commands[];

/* The command whose words stand at the head of `words`, with how many they are; NULL for none. */
const struct cli_command *command_find(const char *const *words, size_t count, size_t *out_used);
/* Whether some command starts with this word. */
bool command_is_group(const char *word);

void command_print_help(FILE *out, const struct cli_command *command);
/* What there is, how the program ends, and where it looks: `talea --help`. With a group's word,
 * only its commands. */
void command_print_overview(FILE *out, const char *group);
/* A completion script for bash. */
void command_print_bash_completion(FILE *out);

enum cli_exit run_init(struct cli *cli);
enum cli_exit run_certificate_issue(struct cli *cli);
enum cli_exit run_certificate_list(struct cli *cli);
enum cli_exit run_charter_example(struct cli *cli);
enum cli_exit run_charter_make(struct cli *cli);
enum cli_exit run_charter_sign(struct cli *cli);
enum cli_exit run_charter_merge(struct cli *cli);
enum cli_exit run_charter_show(struct cli *cli);
enum cli_exit run_charter_verify(struct cli *cli);
enum cli_exit run_charter_push(struct cli *cli);
enum cli_exit run_key_generate(struct cli *cli);
enum cli_exit run_key_show(struct cli *cli);
enum cli_exit run_key_attest(struct cli *cli);
enum cli_exit run_key_seal(struct cli *cli);
enum cli_exit run_key_unseal(struct cli *cli);
enum cli_exit run_key_passphrase(struct cli *cli);
enum cli_exit run_key_revoke(struct cli *cli);
enum cli_exit run_member_add(struct cli *cli);
enum cli_exit run_member_list(struct cli *cli);
enum cli_exit run_member_show(struct cli *cli);
enum cli_exit run_card_issue(struct cli *cli);
enum cli_exit run_card_block(struct cli *cli);
enum cli_exit run_card_check(struct cli *cli);
enum cli_exit run_balance(struct cli *cli);
enum cli_exit run_history(struct cli *cli);
enum cli_exit run_earn(struct cli *cli);
enum cli_exit run_burn(struct cli *cli);
enum cli_exit run_burn_authorise(struct cli *cli);
enum cli_exit run_burn_capture(struct cli *cli);
enum cli_exit run_burn_void(struct cli *cli);
enum cli_exit run_return_purchase(struct cli *cli);
enum cli_exit run_return_burn(struct cli *cli);
enum cli_exit run_member_import(struct cli *cli);
enum cli_exit run_receipt_import(struct cli *cli);
enum cli_exit run_statement_show(struct cli *cli);
enum cli_exit run_statement_verify(struct cli *cli);
enum cli_exit run_statement_net(struct cli *cli);
enum cli_exit run_report(struct cli *cli);
enum cli_exit run_period_list(struct cli *cli);
enum cli_exit run_period_close(struct cli *cli);
enum cli_exit run_period_reconcile(struct cli *cli);
enum cli_exit run_period_export(struct cli *cli);
enum cli_exit run_audit(struct cli *cli);
enum cli_exit run_audit_receipt(struct cli *cli);
enum cli_exit run_audit_dispute(struct cli *cli);
enum cli_exit run_transaction_receipt(struct cli *cli);
enum cli_exit run_invoice(struct cli *cli);
enum cli_exit run_payment_list(struct cli *cli);
enum cli_exit run_payment_show(struct cli *cli);
enum cli_exit run_payment_instruct(struct cli *cli);
enum cli_exit run_payment_import(struct cli *cli);
enum cli_exit run_mandate_list(struct cli *cli);
enum cli_exit run_mandate_show(struct cli *cli);
enum cli_exit run_promotion_list(struct cli *cli);
enum cli_exit run_promotion_show(struct cli *cli);
enum cli_exit run_dispute_open(struct cli *cli);
enum cli_exit run_dispute_answer(struct cli *cli);
enum cli_exit run_dispute_accept(struct cli *cli);
enum cli_exit run_dispute_reject(struct cli *cli);
enum cli_exit run_dispute_escalate(struct cli *cli);
enum cli_exit run_dispute_concede(struct cli *cli);
enum cli_exit run_dispute_rule(struct cli *cli);
enum cli_exit run_dispute_show(struct cli *cli);
enum cli_exit run_dispute_list(struct cli *cli);
enum cli_exit run_status(struct cli *cli);
enum cli_exit run_peer_list(struct cli *cli);
enum cli_exit run_peer_show(struct cli *cli);
enum cli_exit run_evidence_list(struct cli *cli);
enum cli_exit run_evidence_export(struct cli *cli);
enum cli_exit run_evidence_verify(struct cli *cli);
enum cli_exit run_verify(struct cli *cli);
enum cli_exit run_bench_ledger(struct cli *cli);
enum cli_exit run_bench_peer(struct cli *cli);
enum cli_exit run_bench_settle(struct cli *cli);
enum cli_exit run_bench_soak(struct cli *cli);
enum cli_exit run_rebuild(struct cli *cli);
enum cli_exit run_backup(struct cli *cli);
enum cli_exit run_backup_verify(struct cli *cli);
enum cli_exit run_restore(struct cli *cli);
enum cli_exit run_uuid(struct cli *cli);
enum cli_exit run_completion(struct cli *cli);

extern const struct argp_option backup_verify_options[];
enum cli_exit run_card_unblock(struct cli *cli);
enum cli_exit run_member_block(struct cli *cli);
enum cli_exit run_member_unblock(struct cli *cli);
enum cli_exit run_member_merge(struct cli *cli);
enum cli_exit run_member_unmerge(struct cli *cli);
enum cli_exit run_member_erase(struct cli *cli);
enum cli_exit run_member_await(struct cli *cli);
enum cli_exit run_member_move(struct cli *cli);
enum cli_exit run_transfer(struct cli *cli);
enum cli_exit run_pool_open(struct cli *cli);
enum cli_exit run_pool_join(struct cli *cli);
enum cli_exit run_pool_leave(struct cli *cli);
enum cli_exit run_pool_show(struct cli *cli);
enum cli_exit run_pool_list(struct cli *cli);
enum cli_exit run_adjustment_propose(struct cli *cli);
enum cli_exit run_adjustment_approve(struct cli *cli);
enum cli_exit run_adjustment_reject(struct cli *cli);
enum cli_exit run_adjustment_list(struct cli *cli);
enum cli_exit run_transaction_show(struct cli *cli);
enum cli_exit run_events(struct cli *cli);
enum cli_exit run_books(struct cli *cli);
enum cli_exit run_books_liability(struct cli *cli);
enum cli_exit run_books_example(struct cli *cli);
enum cli_exit run_statement_reprice(struct cli *cli);

extern const struct argp_option adjustment_list_options[];
extern const struct argp_option adjustment_propose_options[];
extern const struct argp_option adjustment_rule_options[];
extern const struct argp_option balance_options[];
extern const struct argp_option bench_ledger_options[];
extern const struct argp_option bench_peer_options[];
extern const struct argp_option bench_settle_options[];
extern const struct argp_option bench_soak_options[];
extern const struct argp_option books_options[];
extern const struct argp_option books_liability_options[];
extern const struct argp_option burn_capture_options[];
extern const struct argp_option burn_options[];
extern const struct argp_option burn_void_options[];
extern const struct argp_option card_block_options[];
extern const struct argp_option card_issue_options[];
extern const struct argp_option certificate_issue_options[];
extern const struct argp_option charter_make_options[];
extern const struct argp_option charter_merge_options[];
extern const struct argp_option charter_sign_options[];
extern const struct argp_option dispute_list_options[];
extern const struct argp_option dispute_open_options[];
extern const struct argp_option dispute_show_options[];
extern const struct argp_option dispute_step_options[];
extern const struct argp_option earn_options[];
extern const struct argp_option events_options[];
extern const struct argp_option history_options[];
extern const struct argp_option init_options[];
extern const struct argp_option key_attest_options[];
extern const struct argp_option key_generate_options[];
extern const struct argp_option key_passphrase_options[];
extern const struct argp_option key_seal_options[];
extern const struct argp_option member_add_options[];
extern const struct argp_option member_block_options[];
extern const struct argp_option member_erase_options[];
extern const struct argp_option member_await_options[];
extern const struct argp_option member_move_options[];
extern const struct argp_option member_import_options[];
extern const struct argp_option member_list_options[];
extern const struct argp_option member_merge_options[];
extern const struct argp_option member_show_options[];
extern const struct argp_option receipt_import_options[];
extern const struct argp_option period_close_options[];
extern const struct argp_option period_reconcile_options[];
extern const struct argp_option period_export_options[];
extern const struct argp_option audit_options[];
extern const struct argp_option audit_receipt_options[];
extern const struct argp_option audit_dispute_options[];
extern const struct argp_option transaction_receipt_options[];
extern const struct argp_option payment_list_options[];
extern const struct argp_option invoice_options[];
extern const struct argp_option payment_instruct_options[];
extern const struct argp_option rebuild_options[];
extern const struct argp_option restore_options[];
extern const struct argp_option pool_change_options[];
extern const struct argp_option pool_list_options[];
extern const struct argp_option pool_open_options[];
extern const struct argp_option return_burn_options[];
extern const struct argp_option return_purchase_options[];
extern const struct argp_option statement_net_options[];
extern const struct argp_option statement_reprice_options[];
extern const struct argp_option evidence_export_options[];
extern const struct argp_option evidence_verify_options[];
extern const struct argp_option statement_show_options[];
extern const struct argp_option statement_verify_options[];
extern const struct argp_option transaction_show_options[];
extern const struct argp_option transfer_options[];
extern const struct argp_option verify_options[];

#endif
