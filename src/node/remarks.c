#include "node/remarks.h"

#include <string.h>

#include "crypto/box.h"
#include "node/node.h"
#include "store/vault.h"

#define REMARK_DOMAIN "talea.v1.personal.remark"
#define CARD_WORD     "card " /* how a finding's subject begins that is about a card */

_Static_assert(LIMIT_SEALED_REMARK_BYTES >= LIMIT_NAME_BYTES + VAULT_SEALED_EXTRA, "all of it");
_Static_assert(PERSONAL_TAG_SIZE == VAULT_TAG_BYTES, "a tag's bytes");

/* Whose words they are kept as. */
struct subject {
    bool is_person;
    bool has_key;
    uint64_t slot;
};

/* ---- Whom it is about ---- */

static enum err find_member(const struct ledger_view *view, const struct uid *id,
                            struct subject *out)
{
    struct member row;
    struct profile profile;
    struct uid member = *id;
    *out = (struct subject){.is_person = true};
    enum err err = ledger_follow_member(view, &member, &row);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err; /* the ledger will say so */
    }
    out->is_person = !row.is_pool;
    if (row.is_pool || row.is_erased) {
        return ERR_OK;
    }
    TRY(ledger_get_profile(view, &member, &profile));
    out->has_key = profile.sealed_length > 0;
    return out->has_key
               ? vault_sealed_slot(slice_of(profile.sealed, profile.sealed_length), &out->slot)
               : ERR_OK;
}

/* False when the subject's words name no card. */
static bool card_named(const char *subject, struct card_number *out_card)
{
    size_t word = strlen(CARD_WORD);
    if (strncmp(subject, CARD_WORD, word) != 0) {
        return false;
    }
    size_t digits = strspn(subject + word, "0123456789");
    *out_card = (struct card_number){.digits = ""};
    if (digits == 0 || digits >= sizeof out_card->digits) {
        return false;
    }
    memcpy(out_card->digits, subject + word, digits);
    return true;
}

/* Of a purchase that was refused there is no row: its card is left. */
static enum err find_reviewed(struct node *node, const struct ledger_view *view,
                              const struct alert_finding *finding, struct subject *out)
{
    struct sale sale;
    struct card card;
    struct card_number number;
    *out = (struct subject){.is_person = false};
    enum err err = ledger_get_sale(view, &node->config.partner, &finding->sale, &sale);
    if (err == ERR_OK) {
        return sale.role == SALE_OWN ? find_member(view, &sale.member, out) : ERR_OK;
    }
    if (err != ERR_NOT_FOUND || !card_named(finding->subject, &number)) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    err = ledger_get_card(view, &number, &card);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    out->is_person = true; /* also when it is nobody's any more */
    return uid_is_nil(&card.member) ? ERR_OK : find_member(view, &card.member, out);
}

/* One of both, or neither, which is somebody that nobody knows. */
static enum err find_subject(struct node *node, const struct uid *member,
                             const struct alert_finding *finding, struct subject *out)
{
    struct state_reader *reader;
    *out = (struct subject){.is_person = true};
    if (member == NULL && finding == NULL) {
        return ERR_OK;
    }
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err =
        member != NULL ? find_member(&view, member, out) : find_reviewed(node, &view, finding, out);
    readers_give(node->readers, reader);
    return err;
}

/* ---- In ---- */

/* Empty where the key is gone. */
static enum err lock(struct node *node, struct arena *arena, uint64_t slot, struct slice text,
                     struct slice *out_sealed)
{
    uint8_t *bytes = arena_alloc(arena, LIMIT_SEALED_REMARK_BYTES);
    if (bytes == NULL) {
        return ERR_RESOURCE;
    }
    struct buffer sealed = {
        .at = bytes, .capacity = LIMIT_SEALED_REMARK_BYTES, .limit = LIMIT_SEALED_REMARK_BYTES};
    enum err err = vault_seal(node->vault, slot, text, &sealed);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    *out_sealed = err == ERR_OK ? buffer_slice(&sealed) : slice_of(NULL, 0);
    return ERR_OK;
}

static enum err seal(struct node *node, struct arena *arena, const struct uid *member,
                     const struct alert_finding *finding, struct remark *remark)
{
    struct subject subject;
    struct slice text = slice_of(remark->text, strlen(remark->text));
    if (text.length == 0) {
        return ERR_OK;
    }
    TRY(find_subject(node, member, finding, &subject));
    if (!subject.is_person) {
        return ERR_OK;
    }
    if (subject.has_key) {
        TRY(lock(node, arena, subject.slot, text, &remark->sealed));
    }
    remark_tag(node, text, remark->tag);
    secret_forget(remark->text, sizeof remark->text);
    return ERR_OK;
}

bool remark_is_kept_plain(const struct kept_remark *kept, const struct remark *remark)
{
    return !kept->is_sealed && strcmp(kept->text, remark->text) == 0;
}

void remark_tag(struct node *node, struct slice text, uint8_t out_tag[PERSONAL_TAG_SIZE])
{
    vault_tag(node->vault, REMARK_DOMAIN, text, out_tag);
}

enum err remark_seal_text(struct node *node, const struct ledger_view *view, struct arena *arena,
                          const struct uid *member, struct slice text, struct slice *out_sealed)
{
    struct subject subject;
    TRY(find_member(view, member, &subject));
    if (!subject.is_person) {
        return ERR_NOT_FOUND;
    }
    *out_sealed = slice_of(NULL, 0);
    return subject.has_key && text.length > 0 ? lock(node, arena, subject.slot, text, out_sealed)
                                              : ERR_OK;
}

enum err remark_seal_about(struct node *node, struct arena *arena, const struct uid *member,
                           struct remark *remark)
{
    return seal(node, arena, member, NULL, remark);
}

enum err remark_seal_alert(struct node *node, struct arena *arena,
                           const struct alert_finding *finding, struct remark *remark)
{
    return seal(node, arena, NULL, finding, remark);
}

/* ---- Out ---- */

/* ERR_NOT_FOUND: it is erased. */
static enum err read_sealed(struct node *node, const struct kept_remark *kept,
                            char out_text[LIMIT_NAME_BYTES + 1])
{
    struct buffer plain = {
        .at = (uint8_t *)out_text, .capacity = LIMIT_NAME_BYTES, .limit = LIMIT_NAME_BYTES};
    if (kept->sealed_length == 0) {
        return ERR_NOT_FOUND;
    }
    enum err err =
        vault_open_sealed(node->vault, slice_of(kept->sealed, kept->sealed_length), &plain);
    if (err == ERR_CORRUPT) {
        log_event(&node->log, LOG_LEVEL_ERROR, "personal_data_damaged",
                  LOG_TEXT("what", "what was said of a member"));
        memcpy(out_text, "(damaged)", sizeof "(damaged)");
        return ERR_OK;
    }
    out_text[err == ERR_OK ? plain.length : 0] = '\0';
    return err;
}

enum err remark_open_text(struct node *node, struct arena *arena, struct slice sealed,
                          char **out_text)
{
    CLEANUP(buffer_fini) struct buffer plain = {0};
    static const char damage[] = "(damaged)";
    enum err err = sealed.length == 0 ? ERR_OK : vault_open_sealed(node->vault, sealed, &plain);
    struct slice text = err == ERR_OK        ? buffer_slice(&plain)
                        : err == ERR_CORRUPT ? slice_of(damage, sizeof damage - 1)
                                             : slice_of(NULL, 0);
    TRY(err == ERR_NOT_FOUND || err == ERR_CORRUPT ? ERR_OK : err);
    *out_text = arena_text(arena, text);
    secret_forget(plain.at, plain.length);
    return *out_text == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err read_plain(struct node *node, const struct uid *member,
                           const struct alert_finding *finding, const struct kept_remark *kept,
                           char out_text[LIMIT_NAME_BYTES + 1])
{
    struct subject subject = {.is_person = false};
    if (kept->text[0] != '\0') {
        TRY(find_subject(node, member, finding, &subject));
    }
    memcpy(out_text, kept->text, LIMIT_NAME_BYTES + 1);
    return subject.is_person && !subject.has_key ? ERR_NOT_FOUND : ERR_OK;
}

static enum err show(struct node *node, struct arena *arena, const struct uid *member,
                     const struct alert_finding *finding, const struct kept_remark *kept,
                     struct shown_remark *out_shown)
{
    char text[LIMIT_NAME_BYTES + 1] = "";
    enum err err = kept->is_sealed ? read_sealed(node, kept, text)
                                   : read_plain(node, member, finding, kept, text);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    out_shown->is_erased = err == ERR_NOT_FOUND;
    out_shown->text = arena_text(arena, slice_of(text, out_shown->is_erased ? 0 : strlen(text)));
    secret_forget(text, sizeof text);
    return out_shown->text == NULL ? ERR_RESOURCE : ERR_OK;
}

enum err remark_show_about(struct node *node, struct arena *arena, const struct uid *member,
                           const struct kept_remark *kept, struct shown_remark *out_shown)
{
    return show(node, arena, member, NULL, kept, out_shown);
}

enum err remark_show_alert(struct node *node, struct arena *arena,
                           const struct alert_finding *finding, const struct kept_remark *kept,
                           struct shown_remark *out_shown)
{
    return show(node, arena, NULL, finding, kept, out_shown);
}
