#include "cli/page.h"

#include <string.h>

/* Nothing in it needs escaping. */
static const char style[] =
    "@page{size:A4;margin:18mm 16mm}"
    "*{box-sizing:border-box}"
    "body{font:10.5pt/1.45 'Noto Sans','DejaVu Sans',Arial,sans-serif;color:#1a1a1a;"
    "max-width:178mm;margin:12mm auto;padding:0 4mm}"
    "h1{font-size:17pt;line-height:1.2;margin:0 0 3mm}"
    "h2{font-size:12pt;margin:8mm 0 2mm;padding-bottom:1mm;border-bottom:.4mm solid #1a1a1a;"
    "break-after:avoid}"
    "h3{font-size:10.5pt;margin:4mm 0 1mm;break-after:avoid}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.6mm 5mm;margin:2mm 0}"
    "dt{color:#555}dd{margin:0}"
    "table{border-collapse:collapse;width:100%;margin:2mm 0;font-variant-numeric:tabular-nums}"
    "thead{display:table-header-group}tr{break-inside:avoid}"
    "th,td{padding:1.2mm 1.5mm;border-bottom:.2mm solid #c4c4c4;text-align:left;"
    "vertical-align:top}"
    "th{font-weight:600;font-size:9pt;border-bottom:.3mm solid #1a1a1a}"
    ".n{text-align:right}td.n{white-space:nowrap}"
    ".time{white-space:nowrap;font-size:9.5pt}"
    "tfoot td{font-weight:600;border-bottom:0}"
    ".hash{font:8pt/1.5 'DejaVu Sans Mono','Noto Sans Mono',monospace;overflow-wrap:anywhere}"
    ".warning{border:.5mm solid #9b1c1c;color:#9b1c1c;padding:2mm 3mm;margin:4mm 0;font-weight:600}"
    ".result{font-size:12pt;font-weight:600}"
    ".code{font-family:'DejaVu Sans Mono','Noto Sans Mono',monospace;font-size:9.5pt}"
    ".parties{display:grid;grid-template-columns:1fr 1fr;gap:8mm;margin:5mm 0}"
    ".parties div{border:.2mm solid #c4c4c4;padding:2.5mm 3mm}.parties p{margin:0}"
    ".totals{display:flex;justify-content:flex-end;margin:6mm 0 2mm;break-inside:avoid}"
    ".totals table{width:auto;min-width:80mm}.totals tfoot td{border-top:.4mm solid #1a1a1a;"
    "font-size:12pt}"
    ".lines table{table-layout:fixed}.lines th{width:14%}.lines th:first-child{width:30%}"
    ".lines th:nth-child(2),.lines th:nth-child(3){width:11%}"
    ".small{font-size:8.5pt;color:#555}"
    ".hands{display:grid;grid-template-columns:1fr 1fr;gap:14mm;margin-top:14mm;"
    "break-inside:avoid}"
    ".hands div{border-top:.3mm solid #1a1a1a;padding-top:1mm}"
    ".hands p{margin:0}"
    "@media print{body{margin:0;padding:0;max-width:none}}";

static void check(struct page *page, int written)
{
    page->is_failed = page->is_failed || written < 0;
}

void page_open(struct page *page, const char *tag, const char *class)
{
    check(page, xmlTextWriterStartElement(page->writer, (const xmlChar *)tag));
    if (class != NULL) {
        check(page, xmlTextWriterWriteAttribute(page->writer, (const xmlChar *)"class",
                                                (const xmlChar *)class));
    }
}

void page_close(struct page *page)
{
    check(page, xmlTextWriterFullEndElement(page->writer));
}

void page_write(struct page *page, const char *text)
{
    check(page, xmlTextWriterWriteString(page->writer, (const xmlChar *)text));
}

void page_element(struct page *page, const char *tag, const char *class, const char *text)
{
    page_open(page, tag, class);
    page_write(page, text);
    page_close(page);
}

void page_label(struct page *page, const char *tag, const char *class, enum page_text text)
{
    page_element(page, tag, class, page_text(page->language, text));
}

void page_term(struct page *page, enum page_text term, const char *class, const char *text)
{
    page_label(page, "dt", NULL, term);
    page_element(page, "dd", class, text);
}

void page_amount_cell(struct page *page, int64_t minor, unsigned decimals)
{
    char plain[AMOUNT_TEXT_MAX];
    char text[PAGE_NUMBER_MAX];
    amount_format(minor, decimals, plain);
    page_open(page, "td", "n");
    check(page, xmlTextWriterStartElement(page->writer, (const xmlChar *)"data"));
    check(page, xmlTextWriterWriteAttribute(page->writer, (const xmlChar *)"value",
                                            (const xmlChar *)plain));
    page_write(page, page_amount(page->language, minor, decimals, text));
    page_close(page);
    page_close(page);
}

void page_table(struct page *page, const enum page_text *titles, size_t count, size_t numbers_from)
{
    page_open(page, "table", NULL);
    page_open(page, "thead", NULL);
    page_open(page, "tr", NULL);
    for (size_t i = 0; i < count; i++) {
        page_label(page, "th", i < numbers_from ? NULL : "n", titles[i]);
    }
    page_close(page);
    page_close(page);
    page_open(page, "tbody", NULL);
}

static void write_head(struct page *page, const char *title)
{
    check(page, xmlTextWriterWriteDTD(page->writer, (const xmlChar *)"html", NULL, NULL, NULL));
    page_open(page, "html", NULL);
    check(page, xmlTextWriterWriteAttribute(page->writer, (const xmlChar *)"lang",
                                            (const xmlChar *)page_language_code(page->language)));
    page_open(page, "head", NULL);
    check(page, xmlTextWriterStartElement(page->writer, (const xmlChar *)"meta"));
    check(page, xmlTextWriterWriteAttribute(page->writer, (const xmlChar *)"charset",
                                            (const xmlChar *)"utf-8"));
    check(page, xmlTextWriterEndElement(page->writer));
    page_element(page, "title", NULL, title);
    page_element(page, "style", NULL, style);
    page_close(page);
    page_open(page, "body", NULL);
}

enum err page_begin(struct page *page, enum page_language language, const char *title)
{
    *page = (struct page){.language = language, .bytes = xmlBufferCreate()};
    page->writer = page->bytes == NULL ? NULL : xmlNewTextWriterMemory(page->bytes, 0);
    if (page->writer == NULL) {
        return ERR_RESOURCE;
    }
    write_head(page, title);
    return ERR_OK;
}

enum err page_finish(struct page *page, struct buffer *out)
{
    page_close(page);
    page_close(page);
    check(page, xmlTextWriterEndDocument(page->writer));
    check(page, xmlTextWriterFlush(page->writer));
    if (page->is_failed) {
        return ERR_RESOURCE;
    }
    write_bytes(out, xmlBufferContent(page->bytes), (size_t)xmlBufferLength(page->bytes));
    return out->err;
}

void page_end(struct page *page)
{
    if (page->writer != NULL) {
        xmlFreeTextWriter(page->writer);
    }
    if (page->bytes != NULL) {
        xmlBufferFree(page->bytes);
    }
}
