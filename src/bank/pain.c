#include "bank/pain.h"

#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

#include "bank/xml.h"

#define PLAIN_TEXT_MAX 141

static const char *const names[] = {[PAIN_09] = "pain.001.001.09", [PAIN_03] = "pain.001.001.03"};

/* Writes on until the first error, so that a run of elements needs one check at its end. */
struct writing {
    xmlTextWriterPtr writer;
    const struct pain_file *file;
    bool has_failed;
};

enum err pain_version_parse(const char *name, enum pain_version *out_version)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            *out_version = (enum pain_version)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

static void begin(struct writing *w, const char *element)
{
    w->has_failed =
        w->has_failed || xmlTextWriterStartElement(w->writer, (const xmlChar *)element) < 0;
}

static void end(struct writing *w)
{
    w->has_failed = w->has_failed || xmlTextWriterEndElement(w->writer) < 0;
}

static void leaf(struct writing *w, const char *element, const char *text)
{
    w->has_failed = w->has_failed || xmlTextWriterWriteElement(w->writer, (const xmlChar *)element,
                                                               (const xmlChar *)text) < 0;
}

static void leaf_plain(struct writing *w, const char *element, const char *text)
{
    char plain[PLAIN_TEXT_MAX];
    xml_plain_text(text, plain, sizeof plain);
    leaf(w, element, plain);
}

static const char *amount_text(const struct writing *w, int64_t minor, char *out)
{
    return amount_format(minor, w->file->currency_decimals, out);
}

static void write_agent(struct writing *w, const char *element, const struct bank_account *account)
{
    begin(w, element);
    begin(w, "FinInstnId");
    if (account->bic[0] != '\0') {
        leaf(w, w->file->version == PAIN_09 ? "BICFI" : "BIC", account->bic);
    } else {
        begin(w, "Othr");
        leaf(w, "Id", "NOTPROVIDED");
        end(w);
    }
    end(w);
    end(w);
}

static void write_party(struct writing *w, const char *element, const struct bank_account *account)
{
    begin(w, element);
    leaf_plain(w, "Nm", account->holder);
    end(w);
}

static void write_account(struct writing *w, const char *element,
                          const struct bank_account *account)
{
    begin(w, element);
    begin(w, "Id");
    leaf(w, "IBAN", account->iban);
    end(w);
    end(w);
}

static void write_sums(struct writing *w, int64_t sum)
{
    char text[AMOUNT_TEXT_MAX];
    char count[24];
    snprintf(count, sizeof count, "%zu", w->file->payment_count);
    leaf(w, "NbOfTxs", count);
    leaf(w, "CtrlSum", amount_text(w, sum, text));
}

static void write_header(struct writing *w, int64_t sum)
{
    char time[TIME_TEXT_MAX];
    begin(w, "GrpHdr");
    leaf(w, "MsgId", w->file->message_id);
    leaf(w, "CreDtTm", unix_ms_format(w->file->created_at, time));
    write_sums(w, sum);
    write_party(w, "InitgPty", &w->file->debtor);
    end(w);
}

static void write_day(struct writing *w)
{
    char day[TIME_TEXT_MAX];
    unix_ms_format(w->file->execute_on, day);
    day[10] = '\0';
    if (w->file->version == PAIN_03) {
        leaf(w, "ReqdExctnDt", day);
        return;
    }
    begin(w, "ReqdExctnDt");
    leaf(w, "Dt", day);
    end(w);
}

static void write_transfer(struct writing *w, const struct pain_payment *payment)
{
    char text[AMOUNT_TEXT_MAX];
    begin(w, "CdtTrfTxInf");
    begin(w, "PmtId");
    leaf(w, "EndToEndId", payment->reference);
    end(w);
    begin(w, "Amt");
    begin(w, "InstdAmt");
    w->has_failed =
        w->has_failed ||
        xmlTextWriterWriteAttribute(w->writer, (const xmlChar *)"Ccy",
                                    (const xmlChar *)w->file->currency) < 0 ||
        xmlTextWriterWriteString(w->writer,
                                 (const xmlChar *)amount_text(w, payment->amount.minor, text)) < 0;
    end(w);
    end(w);
    if (payment->creditor.bic[0] != '\0') {
        write_agent(w, "CdtrAgt", &payment->creditor);
    }
    write_party(w, "Cdtr", &payment->creditor);
    write_account(w, "CdtrAcct", &payment->creditor);
    begin(w, "RmtInf");
    leaf_plain(w, "Ustrd", payment->text);
    end(w);
    end(w);
}

static void write_document(struct writing *w, int64_t sum)
{
    const struct pain_file *file = w->file;
    char namespace_uri[80];
    snprintf(namespace_uri, sizeof namespace_uri, "urn:iso:std:iso:20022:tech:xsd:%s",
             names[file->version]);
    begin(w, "Document");
    w->has_failed =
        w->has_failed || xmlTextWriterWriteAttribute(w->writer, (const xmlChar *)"xmlns",
                                                     (const xmlChar *)namespace_uri) < 0;
    begin(w, "CstmrCdtTrfInitn");
    write_header(w, sum);
    begin(w, "PmtInf");
    leaf(w, "PmtInfId", file->message_id);
    leaf(w, "PmtMtd", "TRF");
    leaf(w, "BtchBookg", "false"); /* each on its own line of the statement, to be matched */
    write_sums(w, sum);
    write_day(w);
    write_party(w, "Dbtr", &file->debtor);
    write_account(w, "DbtrAcct", &file->debtor);
    write_agent(w, "DbtrAgt", &file->debtor);
    leaf(w, "ChrgBr", "SLEV");
    for (size_t i = 0; i < file->payment_count; i++) {
        write_transfer(w, &file->payments[i]);
    }
    end(w);
    end(w);
    end(w);
}

/* What the bank's answer is matched by is there once. */
static bool is_reference_twice(const struct pain_file *file, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(file->payments[i].reference, file->payments[index].reference) == 0) {
            return true;
        }
    }
    return false;
}

static enum err check_file(const struct pain_file *file, int64_t *out_sum, struct note *note)
{
    struct period period;
    int64_t sum = 0;
    TRY(bank_account_check(&file->debtor, note));
    if (file->payment_count == 0 || file->payment_count > LIMIT_PAYMENTS_PER_FILE ||
        file->message_id[0] == '\0') {
        return note_set(note, ERR_INPUT, "a payment file has an id and 1 to %u payments",
                        LIMIT_PAYMENTS_PER_FILE);
    }
    for (size_t i = 0; i < file->payment_count; i++) {
        const struct pain_payment *payment = &file->payments[i];
        TRY(bank_account_check(&payment->creditor, note));
        if (payment->amount.minor <= 0 ||
            payment_reference_period(payment->reference, &period) != ERR_OK) {
            return note_set(note, ERR_INPUT, "payment %zu has no amount or no reference", i + 1);
        }
        if (is_reference_twice(file, i)) {
            return note_set(note, ERR_INPUT, "payment %zu has the reference of another one, %s",
                            i + 1, payment->reference);
        }
        TRY(int64_add(sum, payment->amount.minor, &sum));
    }
    *out_sum = sum;
    return ERR_OK;
}

enum err pain_write(const struct pain_file *file, struct buffer *out, struct note *note)
{
    int64_t sum;
    TRY(check_file(file, &sum, note));
    xmlBufferPtr bytes = xmlBufferCreate();
    struct writing w = {.writer = bytes == NULL ? NULL : xmlNewTextWriterMemory(bytes, 0),
                        .file = file};
    w.has_failed = w.writer == NULL;
    if (w.writer != NULL) {
        xmlTextWriterSetIndent(w.writer, 1);
        w.has_failed = xmlTextWriterStartDocument(w.writer, NULL, "UTF-8", NULL) < 0;
        write_document(&w, sum);
        w.has_failed = w.has_failed || xmlTextWriterEndDocument(w.writer) < 0;
        xmlFreeTextWriter(w.writer);
    }
    if (!w.has_failed) {
        write_bytes(out, xmlBufferContent(bytes), (size_t)xmlBufferLength(bytes));
    }
    if (bytes != NULL) {
        xmlBufferFree(bytes);
    }
    return w.has_failed ? ERR_RESOURCE : out->err;
}
