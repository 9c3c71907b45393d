#include "dossier/net_audit.h"

#include <inttypes.h>
#include <string.h>

#include "dossier/message_file.h"
#include "dossier/statement_proof.h"
#include "talea/v1/dossier.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"
#include "wire/signed.h"

/* A file on its way through. */
struct net_walk {
    const struct charter_chain *chain;
    struct audit_place *place;
    struct netting_table *table;
    bool has_votes;     /* the format has */
    struct arena arena; /* of the message at hand */
};

enum err net_table_make(const struct charter_chain *chain, struct period period,
                        const struct partner_id *holder, struct arena *arena,
                        struct netting_table *out_table)
{
    const struct charter *charter = charter_chain_last(chain);
    struct partner_id *partners;
    size_t count;
    TRY(charter_partners_in(charter, period, arena, &partners, &count));
    return netting_table_make(charter->coalition, period, partners, count, holder, arena,
                              out_table);
}

/* ---- Statements ---- */

static enum err take_pair(struct netting_table *table, size_t a, size_t b,
                          const struct netting_pair *pair, const struct audit_place *where)
{
    struct audit_place place = *where;
    struct netting_pair *known = netting_pair_of(table, a, b);
    if (!known->is_there) {
        *known = *pair;
        return ERR_OK;
    }
    snprintf(place.stream, sizeof place.stream, "%s and %s", table->partners[a < b ? a : b].text,
             table->partners[a < b ? b : a].text);
    return hash_equal(&known->digest, &pair->digest)
               ? ERR_OK
               : audit_flawed_hashes(&place, 0, "what both signed of the pair, elsewhere",
                                     &known->digest, &pair->digest);
}

enum err net_take_statement(struct netting_table *table, const struct pair_statement *statement,
                            const struct audit_place *place)
{
    size_t a = netting_place(table, &statement->halves[0].sender);
    size_t b = netting_place(table, &statement->halves[1].sender);
    if (a == table->count || b == table->count) {
        return audit_flawed(place, 0, "pair of the statement", "partners of the period",
                            statement->halves[a == table->count ? 0 : 1].sender.text);
    }
    struct netting_pair known = *netting_pair_of(table, a, b);
    enum err err = netting_add_statement(table, statement);
    if (err != ERR_OK) {
        return audit_flawed(place, 0, "the statement", "one of the dossier's period", "another");
    }
    if (!known.is_there) {
        return ERR_OK;
    }
    struct netting_pair pair = *netting_pair_of(table, a, b);
    *netting_pair_of(table, a, b) = known;
    return take_pair(table, a, b, &pair, place);
}

static enum err check_agreed(const struct net_walk *walk, const struct statement_proof *proof)
{
    if (statement_is_agreed(proof)) {
        return ERR_OK;
    }
    const struct proof_signature *first = &proof->own;
    const struct proof_signature *second = &proof->countersigned;
    const struct proof_signature *wrong = first->state != PROOF_VALID ? first : second;
    return wrong->state == PROOF_VALID
               ? audit_flawed(walk->place, 0, "prices and net in the statement",
                              "what follows from its totals and the charter", proof->figures_why)
               : audit_flawed(walk->place, 0,
                              wrong == first ? "the maker's signature on the statement"
                                             : "the countersignature on the statement",
                              "a valid one", wrong->state == PROOF_ABSENT ? "none" : wrong->why);
}

/* As GetStatement would give it, were this our pair. */
static enum err take_statement(struct net_walk *walk, const Talea__V1__DossierNet *net)
{
    struct note why = {""};
    struct signed_message message;
    struct statement_proof proof;
    Talea__V1__GetStatementResponse document;
    talea__v1__get_statement_response__init(&document);
    if (signed_decode(slice_of(net->statement.data, net->statement.len), &message) != ERR_OK) {
        return audit_flawed(walk->place, 0, "the statement", "a signed one",
                            "it is no signed envelope");
    }
    document.statement =
        binary_of((uint8_t *)(uintptr_t)message.payload.at, message.payload.length);
    document.own_signed = net->statement;
    document.partner_countersigned = net->countersignature;
    enum err err = statement_prove(&document, walk->chain, &walk->arena, &proof, &why);
    if (err != ERR_OK) {
        return err == ERR_RESOURCE
                   ? err
                   : audit_flawed(walk->place, 0, "the statement", "a statement", why.text);
    }
    const struct statement_half *halves = proof.statement.halves;
    snprintf(walk->place->stream, sizeof walk->place->stream, "%s and %s", halves[0].sender.text,
             halves[1].sender.text);
    TRY(check_agreed(walk, &proof));
    walk->place->report->counts.netted_statements++;
    walk->place->report->counts.signatures += 2;
    return net_take_statement(walk->table, &proof.statement, walk->place);
}

/* ---- Words ---- */

/* A commitment is made once in a round: two different ones are proof against who signed them. */
static enum err check_word(const struct netting_table *table, size_t place,
                           const struct netting_word *word, const struct audit_place *where)
{
    const struct netting_word *known = &table->words[place];
    bool is_second = known->is_there && known->is_commitment && word->is_commitment &&
                     known->number >> 32 == word->number >> 32;
    return !is_second || hash_equal(&known->set, &word->set)
               ? ERR_OK
               : audit_flawed_hashes(where, 0, "what the partner nets, which it signs once",
                                     &known->set, &word->set);
}

static enum err add_word(struct net_walk *walk, const struct partner_id *partner,
                         const struct netting_set *set, bool is_commitment)
{
    size_t place = netting_place(walk->table, partner);
    struct netting_word word = {
        .is_commitment = is_commitment, .number = set->number, .set = set->set};
    if (place == walk->table->count) {
        return audit_flawed(walk->place, 0, "whose word it is", "a partner of the period",
                            partner->text);
    }
    TRY(check_word(walk->table, place, &word, walk->place));
    return netting_add_word(walk->table, partner, set, is_commitment) == ERR_OK
               ? ERR_OK
               : audit_flawed(walk->place, 0, "the word", "one of the dossier's period", "another");
}

/* ---- Votes ---- */

/* One in a round: two different ones are proof against who signed them. */
static enum err check_vote(const struct netting_vote *known, const struct netting_vote *vote,
                           const struct audit_place *where)
{
    if (!known->is_there) {
        return ERR_OK;
    }
    if (!hash_equal(&known->set, &vote->set)) {
        return audit_flawed_hashes(where, 0, "what the partner votes on, once in a round",
                                   &known->set, &vote->set);
    }
    return known->is_for == vote->is_for
               ? ERR_OK
               : audit_flawed(where, 0, "the partner's vote, once in a round",
                              known->is_for ? "for it" : "against it",
                              vote->is_for ? "for it" : "against it");
}

static enum err add_vote(struct net_walk *walk, const struct partner_id *partner,
                         const struct netting_set *set)
{
    size_t place = netting_place(walk->table, partner);
    uint64_t round = set->number >> 32;
    struct netting_vote vote = {.is_there = true, .is_for = !set->is_against, .set = set->set};
    if (place == walk->table->count || round >= NETTING_ROUNDS_MAX) {
        return audit_flawed(walk->place, 0, "whose vote it is, and of which round",
                            "a partner of the period, and one that there can be", partner->text);
    }
    TRY(check_vote(netting_vote_of(walk->table, (uint32_t)round, place), &vote, walk->place));
    return netting_add_vote(walk->table, partner, set) == ERR_OK
               ? ERR_OK
               : audit_flawed(walk->place, 0, "the vote", "one of the dossier's period", "another");
}

/* ---- Both ---- */

static enum purpose purpose_said(const struct signed_message *message, bool is_vote)
{
    return is_vote                               ? PURPOSE_NETTING_VOTE
           : message->purpose == PURPOSE_NETTING ? PURPOSE_NETTING
                                                 : PURPOSE_NETTING_SET;
}

static enum err take_signed(struct net_walk *walk, const Talea__V1__DossierNet *net)
{
    struct note why = {""};
    struct partner_id partner;
    struct signed_message message;
    struct netting_set set;
    bool is_vote = net->vote.len > 0;
    const ProtobufCBinaryData *bytes = is_vote ? &net->vote : &net->word;
    const char *what = is_vote ? "the vote" : "the word";
    if (partner_id_parse(net->partner, &partner) != ERR_OK) {
        return audit_flawed(walk->place, 0, "whose word it is", "a partner", net->partner);
    }
    snprintf(walk->place->stream, sizeof walk->place->stream, "%s of %s", what, partner.text);
    if (signed_decode(slice_of(bytes->data, bytes->len), &message) != ERR_OK) {
        return audit_flawed(walk->place, 0, what, "a signed one", "it is no signed envelope");
    }
    enum purpose purpose = purpose_said(&message, is_vote);
    const struct charter_key *key = charter_chain_key(walk->chain, &partner, &message.key_id);
    if (key == NULL ||
        signed_verify(&message, walk->table->coalition, purpose, &key->key) != ERR_OK) {
        return audit_flawed(walk->place, 0,
                            is_vote ? "the signature of the vote" : "the signature of the word",
                            "a valid one",
                            key == NULL ? "its key is not the partner's in this charter"
                                        : "the signature does not verify");
    }
    enum err err = wire_netting_decode(message.payload, &walk->arena, &set, &why);
    if (err != ERR_OK) {
        return err == ERR_RESOURCE ? err
                                   : audit_flawed(walk->place, 0, what, "a partner's", why.text);
    }
    struct audit_counts *counts = &walk->place->report->counts;
    counts->signatures++;
    *(is_vote ? &counts->votes : &counts->words) += 1;
    return is_vote ? add_vote(walk, &partner, &set)
                   : add_word(walk, &partner, &set, purpose == PURPOSE_NETTING);
}

/* Who votes in a round has committed to what it votes on. */
static enum err check_votes(const struct netting_table *table, const struct audit_place *where)
{
    struct audit_place place = *where;
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *word = &table->words[i];
        uint64_t round = word->number >> 32;
        if (!word->is_there || !word->is_commitment || round >= NETTING_ROUNDS_MAX) {
            continue;
        }
        const struct netting_vote *vote = netting_vote_of(table, (uint32_t)round, i);
        if (vote->is_there &&
            (!hash_equal(&vote->set, &word->set) ||
             memcmp(&vote->left_out, &word->left_out, sizeof word->left_out) != 0)) {
            snprintf(place.stream, sizeof place.stream, "the vote of %s", table->partners[i].text);
            return audit_flawed_hashes(&place, 0, "what the partner votes on, as it committed to",
                                       &word->set, &vote->set);
        }
    }
    return ERR_OK;
}

/* ---- The file ---- */

static enum err take_message(struct net_walk *walk, struct message_file *in)
{
    struct note why = {""};
    struct note note = {""};
    struct fields fields = fields_begin("DossierNet", &why);
    walk->place->stream[0] = '\0';
    const Talea__V1__DossierNet *net = (const void *)fields_unpack(
        &fields, &talea__v1__dossier_net__descriptor, buffer_slice(&in->message), &walk->arena);
    if (net != NULL) {
        bool is_one = (net->statement.len > 0) + (net->word.len > 0) + (net->vote.len > 0) == 1;
        field_require(&fields, is_one, "statement", "is there with a word or a vote, or none is");
        field_require(&fields, walk->has_votes || net->vote.len == 0, "vote",
                      "is there, in a format without");
    }
    if (fields.err != ERR_OK) {
        enum err err = message_file_misread(in, fields.err, &why, &note);
        return err == ERR_RESOURCE
                   ? err
                   : audit_flawed(walk->place, 0, "the file", "a net's export", note.text);
    }
    return net->statement.len > 0 ? take_statement(walk, net) : take_signed(walk, net);
}

static enum err take_all(struct net_walk *walk, struct message_file *in, FILE *file)
{
    struct note note = {""};
    bool is_older = false;
    enum err err = message_file_begin_either(in, file, NET_FILE_FORMAT, NET_FILE_FORMAT_BEFORE,
                                             &is_older, &note);
    walk->has_votes = !is_older;
    while (err == ERR_OK) {
        arena_reset(&walk->arena);
        err = message_file_next(in, &note);
        if (err == ERR_OK) {
            TRY(take_message(walk, in));
        }
    }
    walk->place->stream[0] = '\0';
    return err == ERR_NOT_FOUND ? ERR_OK
           : err == ERR_CORRUPT || err == ERR_UNSUPPORTED
               ? audit_flawed(walk->place, 0, "the file", "a net's export", note.text)
               : err;
}

enum err net_audit(FILE *file, const struct charter_chain *chain, struct audit_place *place,
                   struct netting_table *table, bool *out_has_votes, struct hash *out_sum)
{
    struct message_file in = {.file = file};
    struct net_walk walk = {.chain = chain, .place = place, .table = table};
    arena_init(&walk.arena, LIMIT_DECODED_BYTES);
    enum err err = take_all(&walk, &in, file);
    err = err == ERR_OK ? check_votes(table, place) : err;
    if (err == ERR_OK) {
        *out_has_votes = walk.has_votes;
        *out_sum = message_file_sum(&in);
    }
    message_file_end(&in);
    arena_fini(&walk.arena);
    return err;
}

/* ---- Of several dossiers ---- */

/* By the places of the other table. */
static struct partner_set moved_set(const struct netting_table *table,
                                    const struct netting_table *more, const struct partner_set *set)
{
    struct partner_set moved = {{0}};
    for (size_t i = 0; i < more->count; i++) {
        size_t at = netting_place(table, &more->partners[i]);
        if (partner_set_has(set, i) && at < table->count) {
            partner_set_add(&moved, at);
        }
    }
    return moved;
}

static enum err merge_word(struct netting_table *table, size_t to, const struct netting_table *more,
                           size_t from, const struct audit_place *where)
{
    const struct netting_word *word = &more->words[from];
    struct audit_place place = *where;
    snprintf(place.stream, sizeof place.stream, "the word of %s", table->partners[to].text);
    TRY(check_word(table, to, word, &place));
    if (!netting_word_says_more(&table->words[to], word)) {
        return ERR_OK;
    }
    table->words[to] = *word;
    table->words[to].left_out = moved_set(table, more, &word->left_out);
    return ERR_OK;
}

static enum err merge_votes(struct netting_table *table, size_t to,
                            const struct netting_table *more, size_t from,
                            const struct audit_place *where)
{
    struct audit_place place = *where;
    snprintf(place.stream, sizeof place.stream, "the vote of %s", table->partners[to].text);
    for (uint32_t round = 0; round < NETTING_ROUNDS_MAX; round++) {
        const struct netting_vote *vote = netting_vote_of(more, round, from);
        struct netting_vote *known = netting_vote_of(table, round, to);
        if (vote->is_there) {
            TRY(check_vote(known, vote, &place));
            *known = *vote;
            known->left_out = moved_set(table, more, &vote->left_out);
        }
    }
    return ERR_OK;
}

enum err net_merge(struct netting_table *table, const struct netting_table *more,
                   const struct audit_place *place)
{
    for (size_t b = 0; b < more->count; b++) {
        size_t to_b = netting_place(table, &more->partners[b]);
        if (to_b == table->count) {
            continue;
        }
        TRY(merge_word(table, to_b, more, b, place));
        TRY(merge_votes(table, to_b, more, b, place));
        for (size_t a = 0; a < b; a++) {
            struct netting_pair pair = *netting_pair_of(more, a, b);
            size_t to_a = netting_place(table, &more->partners[a]);
            if (!pair.is_there || to_a == table->count) {
                continue;
            }
            pair.debtor = pair.debtor == a ? to_a : to_b;
            pair.creditor = pair.creditor == a ? to_a : to_b;
            TRY(take_pair(table, to_a, to_b, &pair, place));
        }
    }
    return check_votes(table, place);
}
