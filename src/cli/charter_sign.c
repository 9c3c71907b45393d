/* talea charter sign, merge: root keys' signatures on one payload. */
#include <stdlib.h>
#include <string.h>

#include "cli/charter_file.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "crypto/keyfile.h"
#include "crypto/signing.h"

const struct argp_option charter_sign_options[] = {
    {"key", OPT_KEY, "FILE", 0, "The partner's root key", 0},
    {"out", OPT_OUT, "FILE", 0, "Write the signed charter to a new file instead of in place", 0},
    {"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0,
     "Of a sealed key (default: $TALEA_PASSPHRASE)", 0},
    {0}};

const struct argp_option charter_merge_options[] = {
    {"out", OPT_OUT, "FILE", 0, "The charter with all signatures, a new file", 0}, {0}};

static enum err find_signer(const Talea__V1__Charter *charter, const struct key_card *card,
                            struct note *note)
{
    if (card->kind != KEY_KIND_ROOT) {
        return note_set(note, ERR_INPUT, "--key: is an %s key; a root key signs charters",
                        key_kind_name(card->kind));
    }
    for (size_t i = 0; i < charter->n_partners; i++) {
        const Talea__V1__PartnerIntroduction *one = charter->partners[i];
        if (strcmp(one->partner, card->partner.text) == 0) {
            if (slice_equal(message_slice(one->root_public_key),
                            slice_of(&card->public_key, sizeof card->public_key))) {
                return ERR_OK;
            }
            return note_set(note, ERR_INPUT, "--key: is not the root key that %s is introduced by",
                            one->partner);
        }
    }
    return note_set(note, ERR_INPUT, "--key: %s is no partner of this charter", card->partner.text);
}

static enum err write_signed(const struct cli *cli, const struct charter_document *document,
                             const struct key_card *card, const struct signature *signature,
                             struct note *note)
{
    const char *out = cli_option(cli, OPT_OUT);
    Talea__V1__CharterSignature own = TALEA__V1__CHARTER_SIGNATURE__INIT;
    own.partner = message_text(card->partner.text);
    own.signature = message_bytes(slice_of(signature->bytes, sizeof signature->bytes));
    const Talea__V1__SignedCharter *envelope = document->envelope;
    Talea__V1__CharterSignature **all = calloc(envelope->n_signatures + 1, sizeof(void *));
    if (all == NULL) {
        return ERR_RESOURCE;
    }
    size_t count = 0;
    for (size_t i = 0; i < envelope->n_signatures; i++) {
        if (strcmp(envelope->signatures[i]->partner, own.partner) != 0) {
            all[count++] = envelope->signatures[i];
        }
    }
    all[count++] = &own;
    enum err err = charter_document_write(out == NULL ? cli_argument(cli, 0) : out, out == NULL,
                                          envelope->payload, all, count, note);
    free(all);
    if (err == ERR_OK) {
        fprintf(cli->out, "Signed as %s: %zu of %u signatures.\n", own.partner, count,
                document->charter->required_signatures);
    }
    return err;
}

static enum err sign(struct cli *cli, const struct charter_document *document, struct note *note)
{
    const char *path = cli_option(cli, OPT_KEY);
    if (path == NULL) {
        return note_set(note, ERR_INPUT, "--key is missing");
    }
    CLEANUP(buffer_fini) struct buffer storage = {0};
    const char *passphrase;
    TRY(cli_passphrase(cli, &storage, &passphrase, note));
    struct key_card card;
    CLEANUP(signing_key_fini) struct signing_key key = {{0}, {{0}}, {{0}}};
    TRY(keyfile_load(path, passphrase, &card, &key, note));
    TRY(find_signer(document->charter, &card, note));
    struct signing_scope scope = {document->charter->coalition, PURPOSE_CHARTER,
                                  document->charter->epoch};
    struct signature signature;
    enum err err =
        signing_sign(&key, &scope, message_slice(document->envelope->payload), &signature);
    if (err != ERR_OK) {
        return note_set(note, err, "the charter can't be signed");
    }
    return write_signed(cli, document, &card, &signature, note);
}

enum cli_exit run_charter_sign(struct cli *cli)
{
    struct note note = {""};
    struct charter_document document;
    enum err err = charter_document_read(cli_argument(cli, 0), &document, &note);
    if (err == ERR_OK) {
        err = sign(cli, &document, &note);
        charter_document_fini(&document);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

struct merger {
    struct charter_document *documents;
    size_t document_count;
    Talea__V1__CharterSignature **signatures; /* borrowed from the documents */
    size_t count;
};

static enum err merge_signature(struct merger *merger, Talea__V1__CharterSignature *one,
                                struct note *note)
{
    for (size_t i = 0; i < merger->count; i++) {
        if (strcmp(merger->signatures[i]->partner, one->partner) == 0) {
            return slice_equal(message_slice(merger->signatures[i]->signature),
                               message_slice(one->signature))
                       ? ERR_OK
                       : note_set(note, ERR_DISAGREE, "two different signatures of %s",
                                  one->partner);
        }
    }
    Talea__V1__CharterSignature **grown =
        reallocarray(merger->signatures, merger->count + 1, sizeof(void *));
    if (grown == NULL) {
        return ERR_RESOURCE;
    }
    merger->signatures = grown;
    merger->signatures[merger->count++] = one;
    return ERR_OK;
}

static enum err merge(const struct cli *cli, struct merger *merger, struct note *note)
{
    if (cli_option(cli, OPT_OUT) == NULL) {
        return note_set(note, ERR_INPUT, "--out is missing");
    }
    merger->documents = calloc(cli->args.count, sizeof merger->documents[0]);
    if (merger->documents == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < cli->args.count; i++) {
        struct charter_document *document = &merger->documents[i];
        TRY(charter_document_read(cli_argument(cli, i), document, note));
        merger->document_count++;
        if (!slice_equal(message_slice(document->envelope->payload),
                         message_slice(merger->documents[0].envelope->payload))) {
            return note_set(note, ERR_DISAGREE, "%s and %s are not the same charter",
                            cli_argument(cli, 0), cli_argument(cli, i));
        }
        for (size_t k = 0; k < document->envelope->n_signatures; k++) {
            TRY(merge_signature(merger, document->envelope->signatures[k], note));
        }
    }
    return charter_document_write(cli_option(cli, OPT_OUT), false,
                                  merger->documents[0].envelope->payload, merger->signatures,
                                  merger->count, note);
}

enum cli_exit run_charter_merge(struct cli *cli)
{
    struct note note = {""};
    struct merger merger = {.documents = NULL};
    enum err err = merge(cli, &merger, &note);
    if (err == ERR_OK) {
        fprintf(cli->out, "Made %s: %zu of %u signatures.\n", cli_option(cli, OPT_OUT),
                merger.count, merger.documents[0].charter->required_signatures);
    }
    for (size_t i = 0; i < merger.document_count; i++) {
        charter_document_fini(&merger.documents[i]);
    }
    free(merger.documents);
    free(merger.signatures);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}
