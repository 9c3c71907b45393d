/* Quotes: what a basket would come to is judged, said and held; when it is paid, judged once more
 * on the numbers of then, which gives the same.
 *
 * All that is counted (of the member, of all, of codes) is counted when the quote is made, as if
 * its sale had taken place: so whoever comes meanwhile gets nothing that was promised, and a member
 * with many quotes gets nothing twice. The sale gives it back and counts it for good in one record;
 * a release, or the end of the time, gives it back alone. */
#include "node/judging_quote.h"

#include <string.h>

#include "node/node.h"
#include "node/requests.h"

/* What a member of ours can spend now; elsewhere its home knows. */
static enum err load_balance(const struct node *node, const struct ledger_view *view,
                             struct judging_case *judged)
{
    struct uid id;
    struct member member;
    judged->occasion.shopper.balance = points_of(INT64_MAX);
    if (judged->owner.kind != OWNER_MEMBER) {
        return ERR_OK;
    }
    memcpy(id.bytes, judged->owner.id, sizeof id.bytes);
    TRY(ledger_get_member(view, &id, &member));
    member_settle_view(&member, node_now(node));
    judged->occasion.shopper.balance = member.available;
    return ERR_OK;
}

static enum err digest_of(const struct judging_case *judged, struct hash *out_digest)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    quote_write(judged->version->rules, &judged->occasion, &judged->quote, &bytes);
    *out_digest = hash_of(HASH_DOMAIN_QUOTE, buffer_slice(&bytes));
    return bytes.err;
}

enum err judging_make_quote(const struct node *node, const struct ledger_view *view,
                            struct judging_case *judged, const struct standing *standing,
                            struct note *note)
{
    const struct programme_version *version = judged->version;
    struct hash digest;
    if (judged->purpose == JUDGING_QUOTE) {
        TRY(load_balance(node, view, judged));
    }
    TRY(quote_make(version->rules, &version->file.burn, standing, &judged->occasion, &judged->arena,
                   &judged->quote, note));
    judged->judgement = judged->quote.judgement;
    TRY(digest_of(judged, &digest));
    if (judged->purpose == JUDGING_CONFIRM && !hash_equal(&digest, &judged->digest)) {
        return note_set(note, ERR_INTERNAL,
                        "judged again it would get something else: this version of the node reads "
                        "the programme otherwise");
    }
    judged->digest = digest;
    return ERR_OK;
}

/* Takes the place of the case in the evidence. */
static enum err write_quote(struct judging_case *judged, struct note *note)
{
    struct kept_quote kept = {.card = judged->give.earn.card,
                              .time = judged->give.business_time,
                              .is_balance_known = judged->owner.kind == OWNER_MEMBER,
                              .spendable = judged->quote.spendable,
                              .payable = judged->quote.payable};
    CLEANUP(buffer_fini) struct buffer bytes = judged->evidence;
    judged->evidence = (struct buffer){0};
    memcpy(kept.digest, judged->digest.bytes, sizeof kept.digest);
    kept.judged = buffer_slice(&bytes);
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

static enum err find_reserve(struct node *node, const struct uid *quote, uint64_t *out_row)
{
    struct uid id = standing_transaction(STANDING_ID_RESERVE, &node->config.partner, quote);
    struct state_reader *reader;
    struct ledger_key key;
    struct slice value;
    struct transaction transaction = {.row = 0};
    key_origin(&node->config.partner, &id, &key);
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = view_get(&view, TABLE_TRANSACTION, &key, &value);
    if (err == ERR_OK) {
        err = transaction_decode(value, &transaction);
    }
    readers_give(node->readers, reader);
    *out_row = transaction.row;
    return err;
}

enum err judging_read_quote(struct node *node, const struct uid *quote, struct arena *arena,
                            struct kept_quote *out_quote, struct kept_case *out_case,
                            struct unix_ms *out_until)
{
    uint64_t row = 0;
    struct command command;
    TRY(find_reserve(node, quote, &row));
    TRY(judging_read_command(node, row, arena, &command));
    if (command.kind != COMMAND_RESERVE || command.reserve.step != RESERVE_BEGIN) {
        return ERR_CORRUPT;
    }
    enum err err = kept_quote_decode(command.reserve.evidence, out_quote);
    TRY(err == ERR_NOT_FOUND ? ERR_CORRUPT : err);
    *out_until = command.reserve.until;
    return kept_case_decode(out_quote->judged, arena, out_case);
}
