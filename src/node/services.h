/* The services' handler tables. Internal to the module. */
#ifndef NODE_SERVICES_H
#define NODE_SERVICES_H

#include "node/replier.h"
#include "rpc/server.h"

struct node;

#define ROLES_TILL   ((unsigned)ROLE_TILL | (unsigned)ROLE_BACK_OFFICE | (unsigned)ROLE_ADMIN)
#define ROLES_OFFICE ((unsigned)ROLE_BACK_OFFICE | (unsigned)ROLE_ADMIN)
#define ROLES_READ   (ROLES_OFFICE | (unsigned)ROLE_AUDITOR)

/* Each fills one row of the server's services; `context` of the handlers is the node. */
struct rpc_service till_service(struct node *node);
struct rpc_service back_office_service(struct node *node);
struct rpc_service peer_service(struct node *node);
struct rpc_service admin_service(struct node *node);
struct rpc_service account_service(struct node *node);
struct rpc_service ledger_service(struct node *node);
struct rpc_service payment_service(struct node *node);
struct rpc_service programme_service(struct node *node);
struct rpc_service reward_service(struct node *node);
struct rpc_service draw_service(struct node *node);
struct rpc_service measure_service(struct node *node);

/* Handlers that live in files of their own. */
rpc_unary_handler till_enrol, till_issue_card, till_block_card, till_get_balance;
rpc_unary_handler till_list_history;
rpc_unary_handler till_earn, till_record_event, till_return_purchase;
rpc_unary_handler till_make_quote, till_confirm_quote, till_release_quote;
rpc_unary_handler till_authorise_burn, till_capture_burn, till_void_burn, till_return_burn;
rpc_unary_handler office_get_member, office_list_members, office_get_report;
rpc_unary_handler office_list_mandates, office_get_mandate, office_list_promotions;
rpc_unary_handler office_sell_block, office_buy_block, office_get_block, office_list_blocks,
    office_withdraw_block;
rpc_unary_handler office_open_dispute, office_step_dispute, office_get_dispute,
    office_list_disputes, office_get_dispute_evidence;
rpc_unary_handler office_list_periods, office_close_period, office_get_statement;
rpc_unary_handler office_list_statement_lines;
rpc_unary_handler office_create_list, office_list_lists, office_list_audience;
rpc_unary_handler office_list_segments, office_show_segments, office_refresh_segments;
rpc_stream_handler office_change_list;
rpc_stream_handler office_import_members, office_import_receipts, office_export_period;
rpc_unary_handler account_transfer, account_open_pool, account_join_pool, account_leave_pool;
rpc_unary_handler account_set_pool_right, account_bear_card;
rpc_unary_handler account_list_alerts, account_get_alert, account_close_alert;
rpc_unary_handler account_get_pool, account_list_pools, account_propose_adjustment,
    account_rule_adjustment;
rpc_unary_handler account_list_adjustments, account_block_member, account_unblock_member;
rpc_unary_handler account_unblock_card, account_merge_members, account_unmerge_members;
rpc_unary_handler account_await_move, account_move_member;
rpc_unary_handler account_erase_member, account_set_consent, account_set_birthday,
    account_set_referrer;
rpc_unary_handler ledger_execute_batch, ledger_get_transaction;
rpc_stream_handler ledger_execute_stream, ledger_watch_events;
rpc_unary_handler payment_list, payment_instruct, payment_import_bookings, period_status_list;
rpc_unary_handler reward_list, reward_redeem, reward_cancel;
rpc_unary_handler membership_list, membership_cancel;
rpc_unary_handler gift_issue, gift_show, gift_pay, gift_refund, gift_block, gift_report;
rpc_unary_handler programme_activate, programme_list, programme_get, programme_explain;
rpc_unary_handler offers_list_purchases, offers_list_shoppers, offers_assign, offers_get;
rpc_unary_handler coupon_issue_codes, coupon_revoke_codes, coupon_get, coupon_list;
rpc_unary_handler draw_open, draw_reveal, draw_list, draw_get, draw_chance;
rpc_stream_handler draw_close, draw_export;
rpc_unary_handler measure_answer_survey, measure_list_comments;
rpc_stream_handler measure_report_survey, measure_goals;
rpc_unary_handler peer_authorise_hold, peer_fetch_mandate, peer_exchange_statement,
    peer_exchange_payment, peer_fetch_netting, peer_exchange_charter;
rpc_unary_handler peer_compare_half, peer_show_entries, peer_set_apart, office_reconcile_period;
rpc_unary_handler peer_compare_streams, peer_recover_page, peer_accept_move,
    peer_fetch_block_offers;
rpc_stream_handler peer_clear;
rpc_unary_handler admin_get_status, admin_reload, admin_push_charter, admin_list_evidence,
    admin_get_evidence, admin_get_notification_status;
rpc_stream_handler admin_verify, admin_create_backup;

/* Of a hold on another brand's card: what the ledger is to be told, and after it the till. The
 * command is borrowed for the call. */
typedef void authorise_told(struct node *node, struct rpc_call *call, const struct command *command,
                            void *context);
/* Asks the card's home and tells what it granted, or what stands in for that; else refuses the
 * call. */
void authorise_abroad(struct node *node, struct rpc_call *call, const struct command *command,
                      authorise_told *told, void *context);
/* Where the card that a hold names is at home. False: the call was refused. */
MUST_USE bool authorise_find_home(struct node *node, struct rpc_call *call,
                                  const struct command *command, struct card_number *out_card,
                                  bool *out_is_own);
/* Did the hold come about? Counts how it ended; false: the call was refused. */
MUST_USE bool authorise_is_held(struct node *node, struct rpc_call *call,
                                const struct outcome *outcome);

#endif
