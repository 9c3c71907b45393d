/* Quotes: what a basket would come to is judged, said and held; when it is paid, that is what takes
 * place.
 *
 * All that is counted (of the member, of all, of codes) is counted when the quote is made, as if
 * its sale had taken place: so whoever comes meanwhile gets nothing that was promised, and a member
 * with many quotes gets nothing twice. The sale gives it back and counts it for good in one record;
 * a release, or the end of the time, gives it back alone. */
#include "node/judging_quote.h"

#include <string.h>

#include "node/judging_groups.h"
#include "node/node.h"
#include "node/requests.h"
#include "programme/promise.h"

static enum err digest_of(const struct judging_case *judged, struct hash *out_digest)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    quote_write(judged->version->rules, &judged->occasion, &judged->quote, &bytes);
    *out_digest = hash_of(HASH_DOMAIN_QUOTE, buffer_slice(&bytes));
    return bytes.err;
}

enum err judging_make_quote(struct judging_case *judged, const struct standing *standing,
                            struct note *note)
{
    const struct programme_version *version = judged->version;
    if (judged->owner.kind != OWNER_MEMBER) { /* its home knows what it has */
        judged->occasion.shopper.balance = points_of(INT64_MAX);
    }
    TRY(quote_make(version->rules, &version->file.burn, standing, &judged->occasion, &judged->arena,
                   &judged->quote, note));
    judged->judgement = judged->quote.judgement;
    return digest_of(judged, &judged->digest);
}

void judging_begin_confirm(struct judging_case *judged, const struct programme_version *version,
                           const struct kept_quote *promise, const struct kept_case *promised)
{
    judged->purpose = JUDGING_CONFIRM;
    judged->version = version;
    judged->occasion = promised->occasion;
    judged->promise = promise;
    judged->promised = promised;
    judged->said = judging_said(&judged->occasion);
    judged->give.earn.card = promise->card;
    judged->give.business_time = promise->time; /* judged, and told to partners, as of then */
    judged->give.is_dated = true;
}

/* Things that were promised; codes are made now. */
static enum err take_items(struct judging_case *judged)
{
    const struct kept_case *promised = judged->promised;
    struct item *items = arena_alloc(&judged->arena, (promised->item_count + 1) * sizeof *items);
    for (size_t i = 0; items != NULL && i < promised->item_count; i++) {
        const struct kept_item *kept = &promised->items[i];
        items[i] = (struct item){.rule = kept->rule,
                                 .name = kept->name,
                                 .count = kept->count,
                                 .worth = kept->worth,
                                 .until_day = kept->until_day};
    }
    judged->judgement.items = items;
    judged->judgement.item_count = promised->item_count;
    return items == NULL ? ERR_RESOURCE : ERR_OK;
}

enum err judging_take_promise(struct judging_case *judged, const struct standing *now)
{
    const struct kept_case *promised = judged->promised;
    const struct kept_quote *promise = judged->promise;
    struct judgement *judgement = &judged->judgement;
    struct standing_change *changes =
        arena_alloc(&judged->arena, (promise->change_count + 1) * sizeof *changes);
    if (changes == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(changes, promise->changes, promise->change_count * sizeof *changes);
    promise_move_ends(judged->version->rules, occasion_day(&judged->occasion), promised->awards,
                      promised->award_count, now, changes, promise->change_count);
    *judgement = (struct judgement){
        .gross = promised->gross,
        .discount = promised->discount,
        .line_discounts = promise->line_discounts,
        .points = promised->points,
        .awards = promised->awards,
        .award_count = promised->award_count,
        .changes = {changes, promise->change_count, promise->change_count},
        .claims = promise->claims,
        .claim_count = promise->claim_count,
        .codes = promised->codes,
        .spent = promised->spent,
        .due = promised->due,
        .refund = promised->refund,
        .raised = promise->raised,
        .raised_count = promise->raised_count,
    };
    return take_items(judged);
}

static struct kept_quote kept_of(const struct judging_case *judged, struct slice kept_case)
{
    const struct judgement *judgement = &judged->judgement;
    struct kept_quote kept = {.card = judged->give.earn.card,
                              .time = judged->give.business_time,
                              .is_balance_known = judged->owner.kind == OWNER_MEMBER,
                              .spendable = judged->quote.spendable,
                              .payable = judged->quote.payable,
                              .judged = kept_case,
                              .line_discounts = judgement->line_discounts,
                              .line_count = judged->occasion.line_count,
                              .changes = judgement->changes.at,
                              .change_count = judgement->changes.count,
                              .claims = judgement->claims,
                              .claim_count = judgement->claim_count,
                              .raised = judgement->raised,
                              .raised_count = judgement->raised_count};
    memcpy(kept.digest, judged->digest.bytes, sizeof kept.digest);
    return kept;
}

/* Takes the place of the case in the evidence. */
static enum err write_quote(struct judging_case *judged, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer bytes = judged->evidence;
    judged->evidence = (struct buffer){0};
    struct kept_quote kept = kept_of(judged, buffer_slice(&bytes));
    kept_quote_encode(&kept, &judged->evidence);
    TRY(judged->evidence.err);
    return judged->evidence.length > LIMIT_JUDGED_BYTES
               ? note_set(note, ERR_INPUT, "the basket is too large to be kept: %zu bytes",
                          judged->evidence.length)
               : ERR_OK;
}

enum err judging_make_reserve(const struct node *node, struct judging_case *judged,
                              struct note *note)
{
    struct uid id =
        standing_transaction(STANDING_ID_RESERVE, &node->config.partner, &judged->quote_id);
    struct command *reserve = &judged->commands[0];
    TRY(write_quote(judged, note));
    *reserve = command_now(node, COMMAND_RESERVE, &id);
    reserve->reserve = (struct command_reserve){.step = RESERVE_BEGIN,
                                                .quote = judged->quote_id,
                                                .said = judged->said,
                                                .until = judged->until,
                                                .groups = buffer_slice(&judged->groups),
                                                .evidence = buffer_slice(&judged->evidence)};
    judged->command_count = 1;
    return ERR_OK;
}

enum err judging_find_reserve(const struct node *node, const struct ledger_view *view,
                              const struct uid *quote, uint64_t *out_row)
{
    struct uid id = standing_transaction(STANDING_ID_RESERVE, &node->config.partner, quote);
    struct ledger_key key;
    struct slice value;
    struct transaction transaction = {.row = 0};
    key_origin(&node->config.partner, &id, &key);
    TRY(view_get(view, TABLE_TRANSACTION, &key, &value));
    TRY(transaction_decode(value, &transaction));
    *out_row = transaction.row;
    return ERR_OK;
}

static enum err find_reserve(struct node *node, const struct uid *quote, uint64_t *out_row)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = judging_find_reserve(node, &view, quote, out_row);
    readers_give(node->readers, reader);
    return err;
}

enum err judging_read_quote(struct node *node, const struct uid *quote, struct arena *arena,
                            struct kept_quote *out_quote, struct kept_case *out_case,
                            struct unix_ms *out_until, struct standing_owner *out_held_by)
{
    static const struct standing_owner nobody = {.kind = 0};
    uint64_t row = 0;
    struct command command;
    TRY(find_reserve(node, quote, &row));
    TRY(judging_read_command(node, row, arena, &command));
    if (command.kind != COMMAND_RESERVE || command.reserve.step != RESERVE_BEGIN) {
        return ERR_CORRUPT;
    }
    enum err err = kept_quote_decode(command.reserve.evidence, arena, out_quote);
    TRY(err == ERR_NOT_FOUND ? ERR_CORRUPT : err);
    *out_until = command.reserve.until;
    if (!judging_groups_owner(command.reserve.groups, out_held_by)) {
        *out_held_by = nobody;
    }
    return kept_case_decode(out_quote->judged, arena, out_case);
}
