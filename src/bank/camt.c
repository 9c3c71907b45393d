#include "bank/camt.h"

#include <stdio.h>
#include <string.h>

#include "bank/xml.h"

#define REFERENCE_DOMAIN "talea/v1/bank-reference"
#define PATH_MAX_BYTES   512u
#define BANK_TEXT_MAX    64

/* What is said of an entry, or of one transaction within it. */
struct facts {
    char end_to_end[BANK_TEXT_MAX];
    char remitted[PAYMENT_REFERENCE_MAX]; /* a reference found in the remittance */
    char servicer[BANK_TEXT_MAX];         /* the bank's own reference */
    char other[BANK_TEXT_MAX];            /* an entry's or a transaction's further reference */
    char amount[32];
    char currency[4];
    char side[8];     /* CRDT or DBIT */
    char reversal[8]; /* true */
};

struct reading {
    xmlTextReaderPtr xml;
    camt_fn *each;
    void *context;
    struct note *note;
    char path[PATH_MAX_BYTES]; /* below the root: "BkToCstmrStmt/Stmt/Ntry" */
    size_t depth;
    unsigned text_count; /* pieces of text in the element at hand */
    char account[BANK_TEXT_MAX];
    struct facts entry;
    char status[BANK_TEXT_MAX];
    char day[40];
    int entry_line;
    struct facts transaction;
    size_t transaction_count; /* of the entry so far */
    size_t booking_count;
};

/* Where the node at hand begins; the parser itself has read further. */
static int line_of(const struct reading *r)
{
    const xmlNode *node = xmlTextReaderCurrentNode(r->xml);
    long line = node == NULL ? -1 : xmlGetLineNo(node);
    return line > 0 ? (int)line : xmlTextReaderGetParserLineNumber(r->xml);
}

static enum err fail(struct reading *r, const char *what)
{
    return note_set(r->note, ERR_INPUT, "line %d: %s", line_of(r), what);
}

static enum err fail_value(struct reading *r, const char *what)
{
    return note_set(r->note, ERR_INPUT, "line %d: %.200s: %s", line_of(r), r->path, what);
}

/* The four forms; the message's element is within the document. */
static bool is_known_namespace(const char *uri)
{
    static const char *const known[] = {"camt.053.001.02", "camt.053.001.08", "camt.054.001.02",
                                        "camt.054.001.08"};
    static const char prefix[] = "urn:iso:std:iso:20022:tech:xsd:";
    if (uri == NULL || strncmp(uri, prefix, sizeof prefix - 1) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(uri + sizeof prefix - 1, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The part of the path below "…/Stmt/" or "…/Ntfctn/"; NULL elsewhere. */
static const char *below_statement(const struct reading *r)
{
    static const char *const roots[] = {"BkToCstmrStmt/Stmt/", "BkToCstmrDbtCdtNtfctn/Ntfctn/"};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        if (strncmp(r->path, roots[i], strlen(roots[i])) == 0) {
            return r->path + strlen(roots[i]);
        }
    }
    return NULL;
}

/* Is it one of ours? Others, and "NOTPROVIDED", say nothing here. */
static bool is_a_reference(const char *text)
{
    struct period period;
    return payment_reference_period(text, &period) == ERR_OK;
}

/* The end-to-end reference, or what stands in the remittance where a bank on the way dropped it. */
static const char *reference_of(const struct facts *facts)
{
    bool is_remitted = facts->remitted[0] != '\0' && !is_a_reference(facts->end_to_end);
    return is_remitted ? facts->remitted : facts->end_to_end;
}

/* One of our references among other words. */
static void keep_remitted(struct reading *r, const char *text)
{
    static const char digits[] = "0123456789";
    struct facts *facts = &r->transaction;
    for (const char *at = strchr(text, 'T'); at != NULL && facts->remitted[0] == '\0';
         at = strchr(at + 1, 'T')) {
        char word[PAYMENT_REFERENCE_MAX];
        size_t length = 1 + strspn(at + 1, digits);
        length += at[length] == '-' ? 1 + strspn(at + length + 1, "0123456789ABCDEF") : 0;
        if (length < sizeof word) {
            memcpy(word, at, length);
            word[length] = '\0';
            memcpy(facts->remitted, is_a_reference(word) ? word : "",
                   is_a_reference(word) ? length + 1 : 1);
        }
    }
}

struct field {
    const char *path;
    size_t offset;
    size_t size;
};

#define ENTRY(path, field)                                                                         \
    {                                                                                              \
        path, offsetof(struct reading, entry.field), sizeof((struct facts *)0)->field              \
    }
#define TRANSACTION(path, field)                                                                   \
    {                                                                                              \
        path, offsetof(struct reading, transaction.field), sizeof((struct facts *)0)->field        \
    }
#define STATEMENT(path, field)                                                                     \
    {                                                                                              \
        path, offsetof(struct reading, field), sizeof((struct reading *)0)->field                  \
    }

/* Of two paths to one field the first that comes counts. */
static const struct field fields[] = {
    STATEMENT("Acct/Id/IBAN", account),
    ENTRY("Ntry/NtryRef", other),
    ENTRY("Ntry/Amt", amount),
    ENTRY("Ntry/CdtDbtInd", side),
    ENTRY("Ntry/RvslInd", reversal),
    STATEMENT("Ntry/Sts", status),    /* version 02 */
    STATEMENT("Ntry/Sts/Cd", status), /* version 08 */
    STATEMENT("Ntry/BookgDt/Dt", day),
    STATEMENT("Ntry/BookgDt/DtTm", day),
    STATEMENT("Ntry/ValDt/Dt", day),
    ENTRY("Ntry/AcctSvcrRef", servicer),
    TRANSACTION("Ntry/NtryDtls/TxDtls/Refs/AcctSvcrRef", servicer),
    TRANSACTION("Ntry/NtryDtls/TxDtls/Refs/EndToEndId", end_to_end),
    TRANSACTION("Ntry/NtryDtls/TxDtls/Refs/TxId", other),
    TRANSACTION("Ntry/NtryDtls/TxDtls/Amt", amount), /* version 08 */
    TRANSACTION("Ntry/NtryDtls/TxDtls/AmtDtls/TxAmt/Amt", amount),
    TRANSACTION("Ntry/NtryDtls/TxDtls/CdtDbtInd", side),
};

static enum err keep_text(struct reading *r, const char *text)
{
    const char *path = below_statement(r);
    if (path != NULL && strcmp(path, "Ntry/NtryDtls/TxDtls/RmtInf/Ustrd") == 0) {
        keep_remitted(r, text);
    }
    for (size_t i = 0; path != NULL && i < sizeof fields / sizeof fields[0]; i++) {
        char *out = (char *)r + fields[i].offset;
        if (strcmp(path, fields[i].path) != 0) {
            continue;
        }
        if (r->text_count++ > 0) { /* 1<!-- -->000 is a thousand to some, and one to others */
            return fail_value(r, "a value is in pieces");
        }
        if (out[0] != '\0') {
            continue;
        }
        text += strspn(text, " \t\r\n");
        size_t length = strcspn(text, "\t\r\n");
        if (length >= fields[i].size) {
            return fail_value(r, "a value is longer than it may be");
        }
        memcpy(out, text, length);
        out[length] = '\0';
    }
    return ERR_OK;
}

/* An amount's currency is an attribute. */
static enum err keep_currency(struct reading *r)
{
    const char *path = below_statement(r);
    bool is_entry = path != NULL && strcmp(path, "Ntry/Amt") == 0;
    bool is_transaction =
        path != NULL && (strcmp(path, "Ntry/NtryDtls/TxDtls/Amt") == 0 ||
                         strcmp(path, "Ntry/NtryDtls/TxDtls/AmtDtls/TxAmt/Amt") == 0);
    if (!is_entry && !is_transaction) {
        return ERR_OK;
    }
    char *out = is_entry ? r->entry.currency : r->transaction.currency;
    xmlChar *text = xmlTextReaderGetAttribute(r->xml, (const xmlChar *)"Ccy");
    bool is_currency = text != NULL && strlen((const char *)text) == 3;
    if (is_currency && out[0] == '\0') {
        memcpy(out, text, 4);
    }
    xmlFree(text);
    return is_currency ? ERR_OK : fail(r, "an amount has no currency");
}

static void add(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, slice_of(text, strlen(text) + 1));
}

static void make_reference(const struct reading *r, const struct facts *facts,
                           struct camt_booking *out)
{
    char number[24] = "";
    if (facts->servicer[0] != '\0') {
        snprintf(out->bank_reference, sizeof out->bank_reference, "%.62s", facts->servicer);
        return;
    }
    struct hasher hasher;
    struct hash hash;
    char text[HASH_TEXT_MAX];
    hasher_init(&hasher, REFERENCE_DOMAIN);
    add(&hasher, r->account);
    if (r->entry.servicer[0] != '\0') { /* one of several within the bank's entry */
        snprintf(number, sizeof number, "%zu", r->transaction_count);
        add(&hasher, r->entry.servicer);
    } else {
        add(&hasher, r->entry.other);
        add(&hasher, out->reference);
        add(&hasher, out->amount);
        add(&hasher, out->is_credit ? "CRDT" : "DBIT");
        add(&hasher, r->day);
        add(&hasher, facts->other);
    }
    add(&hasher, number);
    hash = hasher_finish(&hasher);
    snprintf(out->bank_reference, sizeof out->bank_reference, "#%.32s", hash_format(&hash, text));
}

static enum err read_side(struct reading *r, const char *side, bool *out_is_credit)
{
    bool is_credit = strcmp(side, "CRDT") == 0;
    if (!is_credit && strcmp(side, "DBIT") != 0) {
        return fail(r, "an entry is neither CRDT nor DBIT");
    }
    *out_is_credit = is_credit;
    return ERR_OK;
}

/* A transaction's own figures, or the entry's where it is the only one. */
static enum err emit(struct reading *r, const struct facts *facts, bool is_only)
{
    struct camt_booking booking = {.line = r->entry_line};
    bool has_own = facts->amount[0] != '\0';
    const struct facts *figures = has_own ? facts : &r->entry;
    if (++r->booking_count > LIMIT_BANK_FILE_BOOKINGS) {
        return fail(r, "there are more bookings than one file may have");
    }
    if (!has_own && !is_only && is_a_reference(reference_of(facts))) {
        return fail(r, "an entry of several transactions does not say what each amounts to");
    }
    if (figures->amount[0] == '\0' || figures->currency[0] == '\0') {
        return fail(r, "an entry has no amount");
    }
    TRY(read_side(r, facts->side[0] != '\0' ? facts->side : r->entry.side, &booking.is_credit));
    if (unix_ms_parse(r->day, &booking.booked_at) != ERR_OK) {
        r->day[10] = '\0'; /* a time of another zone: the day is enough */
        if (unix_ms_parse(r->day, &booking.booked_at) != ERR_OK) {
            return fail(r, "an entry has no booking date");
        }
    }
    booking.is_reversal =
        strcmp(r->entry.reversal, "true") == 0 || strcmp(r->entry.reversal, "1") == 0;
    memcpy(booking.amount, figures->amount, sizeof booking.amount);
    memcpy(booking.currency, figures->currency, sizeof booking.currency);
    snprintf(booking.account, sizeof booking.account, "%.34s", r->account);
    const char *reference = reference_of(facts);
    if (strlen(reference) < sizeof booking.reference) {
        memcpy(booking.reference, reference, strlen(reference) + 1);
    }
    struct facts named = *facts;
    if (is_only && named.servicer[0] == '\0') {
        memcpy(named.servicer, r->entry.servicer, sizeof named.servicer);
    }
    make_reference(r, &named, &booking);
    return r->each(r->context, &booking);
}

/* The transactions of an entry are told one by one, each when it ends; whether it is the only one
 * is known when the entry ends. So the first waits for the second, or for the entry's end. */
static enum err end_transaction(struct reading *r)
{
    r->transaction_count++;
    return ERR_OK;
}

static bool is_booked(const struct reading *r)
{
    return strcmp(r->status, "BOOK") == 0;
}

static enum err begin_element(struct reading *r)
{
    const char *path = below_statement(r);
    if (path == NULL) {
        return ERR_OK;
    }
    if (strcmp(path, "Ntry") == 0) {
        memset(&r->entry, 0, sizeof r->entry);
        memset(&r->transaction, 0, sizeof r->transaction);
        r->status[0] = '\0';
        r->day[0] = '\0';
        r->transaction_count = 0;
        r->entry_line = line_of(r);
    } else if (strcmp(path, "Ntry/NtryDtls/TxDtls") == 0) {
        if (r->transaction_count > 0 && is_booked(r)) {
            TRY(emit(r, &r->transaction, false));
        }
        memset(&r->transaction, 0, sizeof r->transaction);
    }
    return keep_currency(r);
}

static enum err end_element(struct reading *r)
{
    const char *path = below_statement(r);
    if (path == NULL) {
        return ERR_OK;
    }
    if (strcmp(path, "Ntry/NtryDtls/TxDtls") == 0) {
        return end_transaction(r);
    }
    if (strcmp(path, "Ntry") == 0 && is_booked(r)) {
        return emit(r, &r->transaction, r->transaction_count <= 1);
    }
    return ERR_OK;
}

static enum err push(struct reading *r, const char *name)
{
    size_t length = strlen(r->path);
    r->text_count = 0;
    if (++r->depth > LIMIT_BANK_FILE_DEPTH || length + strlen(name) + 2 > sizeof r->path) {
        return fail(r, "elements are nested too deep");
    }
    snprintf(r->path + length, sizeof r->path - length, "%s%s", length == 0 ? "" : "/", name);
    return ERR_OK;
}

static void pop(struct reading *r)
{
    char *slash = strrchr(r->path, '/');
    r->depth--;
    r->text_count = 0;
    *(slash == NULL ? r->path : slash) = '\0';
}

static enum err read_root(struct reading *r, const char *name)
{
    const char *uri = (const char *)xmlTextReaderConstNamespaceUri(r->xml);
    if (strcmp(name, "Document") != 0 || !is_known_namespace(uri)) {
        return fail(r, "this is no camt.053 or camt.054 of version 02 or 08");
    }
    return ERR_OK;
}

static enum err read_element(struct reading *r)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(r->xml);
    bool is_empty = xmlTextReaderIsEmptyElement(r->xml) == 1;
    if (xmlTextReaderDepth(r->xml) == 0) {
        return read_root(r, name);
    }
    TRY(push(r, name));
    const char *path = below_statement(r);
    if (r->depth == 2 && path == NULL) {
        r->account[0] = '\0'; /* another statement begins */
    }
    TRY(begin_element(r));
    if (is_empty) {
        TRY(end_element(r));
        pop(r);
    }
    return ERR_OK;
}

static enum err read_node(struct reading *r)
{
    switch (xmlTextReaderNodeType(r->xml)) {
    case XML_READER_TYPE_ELEMENT:
        return read_element(r);
    case XML_READER_TYPE_END_ELEMENT:
        if (xmlTextReaderDepth(r->xml) > 0) {
            TRY(end_element(r));
            pop(r);
        }
        return ERR_OK;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA: {
        const char *text = (const char *)xmlTextReaderConstValue(r->xml);
        return text == NULL ? ERR_OK : keep_text(r, text);
    }
    case XML_READER_TYPE_DOCUMENT_TYPE:
        return fail(r, "a document type declaration is not allowed");
    case XML_READER_TYPE_ENTITY_REFERENCE:
    case XML_READER_TYPE_ENTITY:
        return fail(r, "an entity is not allowed");
    default:
        return ERR_OK;
    }
}

enum err camt_read(struct slice bytes, camt_fn *each, void *context, struct note *note)
{
    struct reading r = {.each = each, .context = context, .note = note};
    struct note problem = {""};
    r.xml = xml_reader_open(bytes, &problem);
    if (r.xml == NULL) {
        return note_set(note, problem.text[0] == '\0' ? ERR_RESOURCE : ERR_INPUT, "%s",
                        problem.text[0] == '\0' ? "there is no memory for the file" : problem.text);
    }
    enum err err = ERR_OK;
    int more = xmlTextReaderRead(r.xml);
    while (more == 1 && err == ERR_OK) {
        err = read_node(&r);
        more = err == ERR_OK ? xmlTextReaderRead(r.xml) : 0;
    }
    if (err == ERR_OK && more != 0) {
        err = note_set(note, ERR_INPUT, "%s",
                       problem.text[0] == '\0' ? "this is no well-formed XML" : problem.text);
    }
    xmlFreeTextReader(r.xml);
    return err;
}
