#include "node/transaction_receipt.h"

#include <stdlib.h>

#include "dossier/member_receipt.h"
#include "ledger/decide.h"
#include "node/balance_past.h"

/* False for commands that no member wants a receipt of. */
static bool read_kind(const Talea__V1__Event *event, struct member_receipt *receipt)
{
    bool is_taken = false;
    switch ((int)event->kind) {
    case TALEA__V1__EVENT_KIND__EVENT_KIND_EARN:
        receipt->kind = "earn";
        break;
    case TALEA__V1__EVENT_KIND__EVENT_KIND_CAPTURE:
        receipt->kind = "burn";
        is_taken = true;
        break;
    case TALEA__V1__EVENT_KIND__EVENT_KIND_RETURN_PURCHASE:
        receipt->kind = "return";
        is_taken = true;
        break;
    case TALEA__V1__EVENT_KIND__EVENT_KIND_RETURN_BURN:
        receipt->kind = "refund";
        break;
    default:
        return false;
    }
    receipt->points = is_taken ? -event->points : event->points;
    return event->refusal == TALEA__V1__REFUSAL__REFUSAL_UNSPECIFIED;
}

/* As it was when the command was recorded; of members of other brands it is not known, nor where
 * the journal no longer has what came after. */
static enum err read_balance(struct node *node, const struct ledger_view *view,
                             const Talea__V1__Event *event, struct member_receipt *receipt)
{
    struct uid id;
    if (uid_parse(event->member_id, &id) != ERR_OK) {
        return ERR_OK;
    }
    struct member *member = malloc(sizeof *member);
    if (member == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = ledger_get_member(view, &id, member);
    if (err == ERR_OK) {
        err = balance_turn_back(&node->journal, &id, (struct unix_ms){event->recorded_unix_ms},
                                member);
    }
    receipt->has_balance = err == ERR_OK;
    receipt->balance = err == ERR_OK ? member->available.minor : 0;
    free(member);
    return err == ERR_NOT_FOUND || err == ERR_RANGE ? ERR_OK : err;
}

enum err transaction_receipt(struct node *node, const struct snapshot *snapshot,
                             const struct ledger_view *view, const Talea__V1__Event *event,
                             struct arena *arena, char **out_text)
{
    struct member_receipt receipt = {.coalition = snapshot->charter->coalition,
                                     .brand = snapshot->roster.self,
                                     .transaction_id = event->transaction_id,
                                     .time = {event->business_unix_ms},
                                     .card = event->card,
                                     .points_decimals = snapshot->charter->points_decimals};
    struct buffer text = {0};
    if (!read_kind(event, &receipt)) {
        return ERR_NOT_FOUND;
    }
    TRY(read_balance(node, view, event, &receipt));
    enum err err =
        member_receipt_sign(&receipt, &snapshot->signer, snapshot->charter->epoch, &text);
    if (err == ERR_OK) {
        *out_text = arena_text(arena, buffer_slice(&text));
        err = *out_text == NULL ? ERR_RESOURCE : ERR_OK;
    }
    buffer_fini(&text);
    return err;
}
