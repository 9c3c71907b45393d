/* What the tests of the ledger share: seeded randomness and random values of every stored kind. */
#ifndef TESTS_LEDGER_TEST_H
#define TESTS_LEDGER_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/dispute_line.h"
#include "ledger/programme_row.h"
#include "ledger/batch.h"
#include "ledger/lots.h"

/* SplitMix64. */
struct rng {
    uint64_t state;
};

/* From TALEA_SEED, or from the clock; printed, so that a failure can be repeated. */
struct rng rng_of_run(const char *test);
uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Numbers from 1 on, of every length. */
uint64_t sample_number(struct rng *rng);
int64_t sample_whole(struct rng *rng);
void sample_fill(struct rng *rng, void *out, size_t length);
struct points sample_points(struct rng *rng);
struct period sample_month(struct rng *rng);
void sample_text(struct rng *rng, char *out, size_t capacity);
struct earn_rate sample_rate(struct rng *rng);
struct mandate sample_mandate(struct rng *rng);
struct unix_ms sample_time(struct rng *rng);
struct hash sample_hash(struct rng *rng);
/* Up to 299 bytes that live for ever. */
struct slice sample_bytes(struct rng *rng);
struct uid sample_uid(struct rng *rng);
struct partner_id sample_partner(struct rng *rng);
struct card_number sample_card(struct rng *rng);
struct lot_key sample_lot_key(struct rng *rng);
struct member sample_member(struct rng *rng);
struct profile sample_profile(struct rng *rng);
struct clearing_entry sample_moved_lot(struct rng *rng);
struct card_status sample_card_status(struct rng *rng);
struct adjustment sample_adjustment(struct rng *rng);
struct merge sample_merge(struct rng *rng);
struct pair_period sample_pair(struct rng *rng);
struct obligation sample_obligation(struct rng *rng);
struct netting_row sample_netting_row(struct rng *rng);
struct programme_row sample_programme_row(struct rng *rng);
struct alert_finding sample_finding(struct rng *rng);
struct alert sample_alert(struct rng *rng);
/* Any remark, sealed. */
void sample_seal(struct rng *rng, struct remark *out_remark);
struct pool_right sample_pool_right(struct rng *rng);
struct block_terms sample_block_terms(struct rng *rng);
struct exposure sample_exposure(struct rng *rng);
struct dispute sample_dispute(struct rng *rng);
struct dispute_line sample_dispute_line(struct rng *rng);
struct apart_half sample_apart_half(struct rng *rng);
struct clearing_entry sample_dispute_step(struct rng *rng);
struct hold sample_hold(struct rng *rng);
struct hold sample_stand_in(struct rng *rng);
struct hold sample_forced_hold(struct rng *rng); /* with captured points of no lot */
struct mandate_row sample_mandate_row(struct rng *rng);
struct sale sample_sale(struct rng *rng);
struct answer sample_answer(struct rng *rng);
struct stream sample_stream(struct rng *rng);
struct partner_recovery sample_recovery(struct rng *rng);
struct half_tree sample_half_tree(struct rng *rng);
struct clearing_entry sample_entry(struct rng *rng);
/* Its slices point to bytes that live for ever. */
struct command sample_command(struct rng *rng, enum command_kind kind);
/* Whole numbers of either sign, not 0. */
int64_t sample_signed(struct rng *rng);
/* Changes of this kind only, or (STANDING_HOW_END) of any. The bytes live for ever. */
struct slice sample_groups(struct rng *rng, enum standing_how how);
void sample_standing_command(struct rng *rng, struct command *command);
struct effect sample_effect(struct rng *rng, enum effect_kind kind);

/* One stored format: `sample` appends the bytes of a random value, `recode` decodes bytes and
 * appends what they say. */
struct format {
    const char *name;
    int kind; /* of commands and effects */
    void (*sample)(struct rng *rng, int kind, struct buffer *out);
    enum err (*recode)(int kind, struct slice bytes, struct buffer *out);
};

#define FORMATS_MAX 160
size_t formats_all(struct format out_formats[FORMATS_MAX]);

#endif
