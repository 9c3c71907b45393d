#include "node/services.h"

#include "talea/v1/account.pb-c.h"
#include "talea/v1/admin.pb-c.h"
#include "talea/v1/back_office.pb-c.h"
#include "talea/v1/draw.pb-c.h"
#include "talea/v1/ledger.pb-c.h"
#include "talea/v1/measure.pb-c.h"
#include "talea/v1/payment.pb-c.h"
#include "talea/v1/peer.pb-c.h"
#include "talea/v1/programme.pb-c.h"
#include "talea/v1/reward.pb-c.h"
#include "talea/v1/till.pb-c.h"

#define ROWS(table) (table), sizeof(table) / sizeof((table)[0])

static const struct rpc_method till_methods[] = {
    {"Enrol", ROLES_TILL, RPC_INLINE, till_enrol, NULL},
    {"IssueCard", ROLES_TILL, RPC_INLINE, till_issue_card, NULL},
    {"BlockCard", ROLES_TILL, RPC_INLINE, till_block_card, NULL},
    {"GetBalance", ROLES_TILL | ROLE_AUDITOR, RPC_INLINE, till_get_balance, NULL},
    {"ListHistory", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, till_list_history, NULL},
    {"Earn", ROLES_TILL, RPC_INLINE, till_earn, NULL},
    {"Quote", ROLES_TILL, RPC_INLINE, till_make_quote, NULL},
    {"ConfirmQuote", ROLES_TILL, RPC_WORKER, till_confirm_quote, NULL},
    {"ReleaseQuote", ROLES_TILL, RPC_INLINE, till_release_quote, NULL},
    {"RecordEvent", ROLES_TILL, RPC_INLINE, till_record_event, NULL},
    {"AuthoriseBurn", ROLES_TILL, RPC_INLINE, till_authorise_burn, NULL},
    {"CaptureBurn", ROLES_TILL, RPC_INLINE, till_capture_burn, NULL},
    {"VoidBurn", ROLES_TILL, RPC_INLINE, till_void_burn, NULL},
    {"ReturnPurchase", ROLES_TILL, RPC_INLINE, till_return_purchase, NULL},
    {"ReturnBurn", ROLES_TILL, RPC_INLINE, till_return_burn, NULL},
};

static const struct rpc_method office_methods[] = {
    {"GetMember", ROLES_READ, RPC_WORKER, office_get_member, NULL},
    {"ListMembers", ROLES_READ, RPC_WORKER, office_list_members, NULL},
    {"ImportMembers", ROLES_OFFICE, RPC_WORKER, NULL, office_import_members},
    {"CreateList", ROLES_OFFICE, RPC_WORKER, office_create_list, NULL},
    {"ListLists", ROLES_READ, RPC_WORKER, office_list_lists, NULL},
    {"ChangeList", ROLES_OFFICE, RPC_WORKER, NULL, office_change_list},
    {"ListAudience", ROLES_READ, RPC_WORKER, office_list_audience, NULL},
    {"ListSegments", ROLES_READ, RPC_WORKER, office_list_segments, NULL},
    {"ShowSegments", ROLES_READ, RPC_WORKER, office_show_segments, NULL},
    {"RefreshSegments", ROLES_OFFICE, RPC_WORKER, office_refresh_segments, NULL},
    {"ImportReceipts", ROLES_OFFICE, RPC_WORKER, NULL, office_import_receipts},
    {"GetReport", ROLES_READ, RPC_WORKER, office_get_report, NULL},
    {"ListPeriods", ROLES_READ, RPC_WORKER, office_list_periods, NULL},
    {"ReconcilePeriod", ROLES_READ, RPC_WORKER, office_reconcile_period, NULL},
    {"ClosePeriod", ROLES_OFFICE, RPC_INLINE, office_close_period, NULL},
    {"ListMandates", ROLES_READ, RPC_INLINE, office_list_mandates, NULL},
    {"GetMandate", ROLES_READ, RPC_INLINE, office_get_mandate, NULL},
    {"ListPromotions", ROLES_READ, RPC_INLINE, office_list_promotions, NULL},
    {"GetStatement", ROLES_READ, RPC_INLINE, office_get_statement, NULL},
    {"ListStatementLines", ROLES_READ, RPC_WORKER, office_list_statement_lines, NULL},
    {"ExportPeriod", ROLES_READ, RPC_WORKER, NULL, office_export_period},
    {"OpenDispute", ROLES_OFFICE, RPC_INLINE, office_open_dispute, NULL},
    {"StepDispute", ROLES_OFFICE, RPC_INLINE, office_step_dispute, NULL},
    {"GetDispute", ROLES_READ, RPC_INLINE, office_get_dispute, NULL},
    {"ListDisputes", ROLES_READ, RPC_WORKER, office_list_disputes, NULL},
    {"SellBlock", ROLES_OFFICE, RPC_INLINE, office_sell_block, NULL},
    {"WithdrawBlock", ROLES_OFFICE, RPC_INLINE, office_withdraw_block, NULL},
    {"BuyBlock", ROLES_OFFICE, RPC_WORKER, office_buy_block, NULL},
    {"GetBlock", ROLES_READ, RPC_WORKER, office_get_block, NULL},
    {"ListBlocks", ROLES_READ, RPC_WORKER, office_list_blocks, NULL},
    {"GetDisputeEvidence", ROLES_READ, RPC_WORKER, office_get_dispute_evidence, NULL},
};

/* Tills move nobody's points but by a purchase, a burn or a return. */
static const struct rpc_method account_methods[] = {
    {"Transfer", ROLES_OFFICE, RPC_WORKER, account_transfer, NULL},
    {"OpenPool", ROLES_OFFICE, RPC_INLINE, account_open_pool, NULL},
    {"JoinPool", ROLES_OFFICE, RPC_INLINE, account_join_pool, NULL},
    {"LeavePool", ROLES_OFFICE, RPC_INLINE, account_leave_pool, NULL},
    {"SetPoolRight", ROLES_OFFICE, RPC_INLINE, account_set_pool_right, NULL},
    {"BearCard", ROLES_OFFICE, RPC_INLINE, account_bear_card, NULL},
    {"GetPool", ROLES_READ, RPC_WORKER, account_get_pool, NULL},
    {"ListPools", ROLES_READ, RPC_WORKER, account_list_pools, NULL},
    {"ProposeAdjustment", ROLES_OFFICE, RPC_INLINE, account_propose_adjustment, NULL},
    {"RuleAdjustment", ROLES_OFFICE, RPC_INLINE, account_rule_adjustment, NULL},
    {"ListAdjustments", ROLES_READ, RPC_WORKER, account_list_adjustments, NULL},
    {"ListAlerts", ROLES_READ, RPC_WORKER, account_list_alerts, NULL},
    {"GetAlert", ROLES_READ, RPC_WORKER, account_get_alert, NULL},
    {"CloseAlert", ROLES_OFFICE, RPC_WORKER, account_close_alert, NULL},
    {"BlockMember", ROLES_OFFICE, RPC_INLINE, account_block_member, NULL},
    {"UnblockMember", ROLES_OFFICE, RPC_INLINE, account_unblock_member, NULL},
    {"UnblockCard", ROLES_OFFICE, RPC_INLINE, account_unblock_card, NULL},
    {"MergeMembers", ROLES_OFFICE, RPC_INLINE, account_merge_members, NULL},
    {"UnmergeMembers", ROLES_OFFICE, RPC_INLINE, account_unmerge_members, NULL},
    {"EraseMember", ROLES_OFFICE, RPC_INLINE, account_erase_member, NULL},
    {"SetConsent", ROLES_OFFICE, RPC_INLINE, account_set_consent, NULL},
    {"SetBirthday", ROLES_OFFICE, RPC_INLINE, account_set_birthday, NULL},
    {"SetReferrer", ROLES_OFFICE, RPC_INLINE, account_set_referrer, NULL},
    {"AwaitMove", ROLES_OFFICE, RPC_INLINE, account_await_move, NULL},
    {"MoveMember", ROLES_OFFICE, RPC_INLINE, account_move_member, NULL},
};

static const struct rpc_method ledger_methods[] = {
    {"ExecuteBatch", ROLES_TILL, RPC_WORKER, ledger_execute_batch, NULL},
    {"ExecuteStream", ROLES_TILL, RPC_WORKER, NULL, ledger_execute_stream},
    {"GetTransaction", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, ledger_get_transaction, NULL},
    {"WatchEvents", ROLES_READ, RPC_WORKER, NULL, ledger_watch_events},
};

static const struct rpc_method payment_methods[] = {
    {"ListPeriodStatus", ROLES_READ, RPC_WORKER, period_status_list, NULL},
    {"ListPayments", ROLES_READ, RPC_WORKER, payment_list, NULL},
    {"InstructPayments", ROLES_OFFICE, RPC_WORKER, payment_instruct, NULL},
    {"ImportBookings", ROLES_OFFICE, RPC_WORKER, payment_import_bookings, NULL},
};

static const struct rpc_method programme_methods[] = {
    {"ActivateProgramme", ROLE_ADMIN, RPC_WORKER, programme_activate, NULL},
    {"ListProgrammes", ROLES_READ, RPC_WORKER, programme_list, NULL},
    {"GetProgramme", ROLES_READ, RPC_WORKER, programme_get, NULL},
    {"ExplainPurchase", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, programme_explain, NULL},
    {"ListPurchases", ROLES_OFFICE, RPC_WORKER, offers_list_purchases, NULL},
    {"ListShoppers", ROLES_OFFICE, RPC_WORKER, offers_list_shoppers, NULL},
    {"AssignOffers", ROLES_OFFICE, RPC_WORKER, offers_assign, NULL},
    {"GetOffers", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, offers_get, NULL},
    {"IssueCoupons", ROLES_OFFICE, RPC_WORKER, coupon_issue_codes, NULL},
    {"RevokeCoupons", ROLES_OFFICE, RPC_WORKER, coupon_revoke_codes, NULL},
    {"GetCoupon", ROLES_TILL | ROLE_AUDITOR, RPC_INLINE, coupon_get, NULL},
    {"ListCoupons", ROLES_READ, RPC_INLINE, coupon_list, NULL},
};

static const struct rpc_method reward_methods[] = {
    {"ListRewards", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, reward_list, NULL},
    {"RedeemReward", ROLES_TILL, RPC_INLINE, reward_redeem, NULL},
    {"CancelReward", ROLES_TILL, RPC_WORKER, reward_cancel, NULL},
    {"IssueGiftCards", ROLES_OFFICE, RPC_WORKER, gift_issue, NULL},
    {"GetGiftCard", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, gift_show, NULL},
    {"PayGiftCard", ROLES_TILL, RPC_WORKER, gift_pay, NULL},
    {"RefundGiftCard", ROLES_TILL, RPC_WORKER, gift_refund, NULL},
    {"BlockGiftCard", ROLES_OFFICE, RPC_WORKER, gift_block, NULL},
    {"ReportGiftCards", ROLES_READ, RPC_WORKER, gift_report, NULL},
    {"ListMemberships", ROLES_TILL | ROLE_AUDITOR, RPC_INLINE, membership_list, NULL},
    {"CancelMembership", ROLES_TILL, RPC_INLINE, membership_cancel, NULL},
};

static const struct rpc_method draw_methods[] = {
    {"OpenDraw", ROLES_OFFICE, RPC_WORKER, draw_open, NULL},
    {"CloseDraw", ROLES_OFFICE, RPC_WORKER, NULL, draw_close},
    {"RevealDraw", ROLES_OFFICE, RPC_WORKER, draw_reveal, NULL},
    {"ListDraws", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, draw_list, NULL},
    {"GetDraw", ROLES_READ, RPC_WORKER, draw_get, NULL},
    {"ExportDraw", ROLES_READ, RPC_WORKER, NULL, draw_export},
    {"GetDrawChance", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, draw_chance, NULL},
};

static const struct rpc_method measure_methods[] = {
    {"AnswerSurvey", ROLES_TILL, RPC_WORKER, measure_answer_survey, NULL},
    {"ReportSurvey", ROLES_READ, RPC_WORKER, NULL, measure_report_survey},
    {"ListSurveyComments", ROLES_OFFICE, RPC_WORKER, measure_list_comments, NULL},
    {"MeasureGoals", ROLES_READ, RPC_WORKER, NULL, measure_goals},
};

static const struct rpc_method peer_methods[] = {
    {"AuthoriseHold", ROLE_PEER, RPC_INLINE, peer_authorise_hold, NULL},
    {"Clear", ROLE_PEER, RPC_WORKER, NULL, peer_clear},
    {"FetchMandate", ROLE_PEER, RPC_WORKER, peer_fetch_mandate, NULL},
    {"FetchBlockOffers", ROLE_PEER, RPC_WORKER, peer_fetch_block_offers, NULL},
    {"AcceptMove", ROLE_PEER, RPC_WORKER, peer_accept_move, NULL},
    {"ExchangeStatement", ROLE_PEER, RPC_WORKER, peer_exchange_statement, NULL},
    {"FetchNetting", ROLE_PEER, RPC_WORKER, peer_fetch_netting, NULL},
    {"ExchangePayment", ROLE_PEER, RPC_WORKER, peer_exchange_payment, NULL},
    {"CompareStreams", ROLE_PEER, RPC_WORKER, peer_compare_streams, NULL},
    {"RecoverPage", ROLE_PEER, RPC_WORKER, peer_recover_page, NULL},
    {"CompareHalf", ROLE_PEER, RPC_WORKER, peer_compare_half, NULL},
    {"ShowEntries", ROLE_PEER, RPC_WORKER, peer_show_entries, NULL},
    {"SetApart", ROLE_PEER, RPC_WORKER, peer_set_apart, NULL},
    {"ExchangeCharter", ROLE_PEER, RPC_WORKER, peer_exchange_charter, NULL},
};

static const struct rpc_method admin_methods[] = {
    {"GetStatus", ROLES_TILL | ROLE_AUDITOR, RPC_INLINE, admin_get_status, NULL},
    {"ListEvidence", ROLES_TILL | ROLE_AUDITOR, RPC_WORKER, admin_list_evidence, NULL},
    {"GetEvidence", ROLES_READ, RPC_WORKER, admin_get_evidence, NULL},
    {"VerifyLedger", (unsigned)ROLE_ADMIN | ROLE_AUDITOR, RPC_WORKER, NULL, admin_verify},
    {"CreateBackup", ROLE_ADMIN, RPC_WORKER, NULL, admin_create_backup},
    {"ReloadConfiguration", ROLE_ADMIN, RPC_WORKER, admin_reload, NULL},
    {"GetNotificationStatus", ROLES_READ, RPC_WORKER, admin_get_notification_status, NULL},
    {"PushCharter", ROLE_ADMIN, RPC_WORKER, admin_push_charter, NULL},
};

struct rpc_service till_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__till_service__descriptor, ROWS(till_methods), node};
}

struct rpc_service back_office_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__back_office_service__descriptor, ROWS(office_methods),
                                node};
}

struct rpc_service peer_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__peer_service__descriptor, ROWS(peer_methods), node};
}

struct rpc_service admin_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__admin_service__descriptor, ROWS(admin_methods), node};
}

struct rpc_service account_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__account_service__descriptor, ROWS(account_methods),
                                node};
}

struct rpc_service ledger_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__ledger_service__descriptor, ROWS(ledger_methods), node};
}

struct rpc_service payment_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__payment_service__descriptor, ROWS(payment_methods),
                                node};
}

struct rpc_service programme_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__programme_service__descriptor, ROWS(programme_methods),
                                node};
}

struct rpc_service reward_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__reward_service__descriptor, ROWS(reward_methods), node};
}

struct rpc_service draw_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__draw_service__descriptor, ROWS(draw_methods), node};
}

struct rpc_service measure_service(struct node *node)
{
    return (struct rpc_service){&talea__v1__measure_service__descriptor, ROWS(measure_methods),
                                node};
}
