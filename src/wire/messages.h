/* Payloads between partners: domain values to bytes and back (proto/talea/v1/peer.proto,
 * settlement.proto). The generated structs stay inside this module.
 *
 * Decoders refuse (ERR_INPUT, with a note) whatever the domain could not have written: bad ids,
 * cards without a check digit, hashes of another length, numbers out of range, unknown kinds, too
 * many elements. Arrays are taken from the caller's arena.
 */
#ifndef WIRE_MESSAGES_H
#define WIRE_MESSAGES_H

#include "base/arena.h"
#include "clearing/authorisation.h"
#include "clearing/block.h"
#include "clearing/evidence.h"
#include "clearing/mandate.h"
#include "clearing/move.h"
#include "settlement/apart.h"
#include "settlement/netting.h"
#include "settlement/obligation.h"

/* Appends to `out`. The same value always gives the same bytes. */
MUST_USE enum err wire_entry_encode(const struct clearing_entry *entry, struct buffer *out);
MUST_USE enum err wire_entry_decode(struct slice bytes, struct clearing_entry *out_entry,
                                    struct note *note);

MUST_USE enum err wire_head_encode(const struct batch_head *head, struct buffer *out);
MUST_USE enum err wire_head_decode(struct slice bytes, struct batch_head *out_head,
                                   struct note *note);

MUST_USE enum err wire_receipt_encode(const struct clearing_receipt *receipt, struct buffer *out);
MUST_USE enum err wire_receipt_decode(struct slice bytes, struct arena *arena,
                                      struct clearing_receipt *out_receipt, struct note *note);

MUST_USE enum err wire_hold_request_encode(const struct hold_request *request, struct buffer *out);
MUST_USE enum err wire_hold_request_decode(struct slice bytes, struct hold_request *out_request,
                                           struct note *note);
MUST_USE enum err wire_hold_grant_encode(const struct hold_grant *grant, struct buffer *out);
MUST_USE enum err wire_hold_grant_decode(struct slice bytes, struct hold_grant *out_grant,
                                         struct note *note);
MUST_USE enum err wire_hold_refusal_encode(const struct hold_refusal *refusal, struct buffer *out);
MUST_USE enum err wire_hold_refusal_decode(struct slice bytes, struct hold_refusal *out_refusal,
                                           struct note *note);

MUST_USE enum err wire_move_acceptance_encode(const struct move_acceptance *acceptance,
                                              struct buffer *out);
MUST_USE enum err wire_move_acceptance_decode(struct slice bytes,
                                              struct move_acceptance *out_acceptance,
                                              struct note *note);

MUST_USE enum err wire_evidence_encode(const struct evidence *evidence, struct buffer *out);
/* The statements' and entries' bytes are in the arena. */
MUST_USE enum err wire_evidence_decode(struct slice bytes, struct arena *arena,
                                       struct evidence *out_evidence, struct note *note);
MUST_USE enum err wire_mandate_encode(const struct mandate *mandate, struct buffer *out);
MUST_USE enum err wire_mandate_decode(struct slice bytes, struct mandate *out_mandate,
                                      struct note *note);

MUST_USE enum err wire_block_encode(const struct block_terms *terms, struct buffer *out);
MUST_USE enum err wire_block_decode(struct slice bytes, struct block_terms *out_terms,
                                    struct note *note);

MUST_USE enum err wire_statement_encode(const struct pair_statement *statement, struct buffer *out);
MUST_USE enum err wire_statement_decode(struct slice bytes, struct arena *arena,
                                        struct pair_statement *out_statement, struct note *note);
/* Of bytes that this node took or made, and kept: their form was looked at then. */
MUST_USE enum err wire_statement_decode_kept(struct slice bytes, struct arena *arena,
                                             struct pair_statement *out_statement);

MUST_USE enum err wire_apart_encode(const struct apart_half *half, struct buffer *out);
/* The entries' bytes are in the arena. */
MUST_USE enum err wire_apart_decode(struct slice bytes, struct arena *arena,
                                    struct apart_half *out_half, struct note *note);

MUST_USE enum err wire_netting_encode(const struct netting_set *set, struct buffer *out);
/* Who is left out is in the arena. */
MUST_USE enum err wire_netting_decode(struct slice bytes, struct arena *arena,
                                      struct netting_set *out_set, struct note *note);
MUST_USE enum err wire_payment_encode(const struct payment_notice *notice, struct buffer *out);
MUST_USE enum err wire_payment_decode(struct slice bytes, struct payment_notice *out_notice,
                                      struct note *note);

#endif
