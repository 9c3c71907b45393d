/* Elements of a page in HTML. Every text is escaped by libxml2's writer; an element that is opened
 * is closed by its own end tag, so that the page is well-formed as XML and as HTML. The first
 * failure sticks. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <libxml/xmlwriter.h>

#include "base/bytes.h"
#include "cli/page_text.h"

struct page {
    enum page_language language;
    xmlBufferPtr bytes;
    xmlTextWriterPtr writer;
    bool is_failed;
};

/* Begins with the head: title and style. ERR_RESOURCE; end it in any case. */
MUST_USE enum err page_begin(struct page *page, enum page_language language, const char *title);
/* Ends the page and appends it to `out`; ERR_RESOURCE. */
MUST_USE enum err page_finish(struct page *page, struct buffer *out);
void page_end(struct page *page);

/* `class` may be NULL. */
void page_open(struct page *page, const char *tag, const char *class);
void page_close(struct page *page);
void page_write(struct page *page, const char *text);
void page_element(struct page *page, const char *tag, const char *class, const char *text);
/* In the page's language. */
void page_label(struct page *page, const char *tag, const char *class, enum page_text text);
/* A row of a definition list. */
void page_term(struct page *page, enum page_text term, const char *class, const char *text);
/* A table's cell with a number, which stands in `value` for programs. */
void page_amount_cell(struct page *page, int64_t minor, unsigned decimals);

/* A table with its titles; from `numbers_from` on its columns are numbers. Close it by page_close
 * twice. */
void page_table(struct page *page, const enum page_text *titles, size_t count, size_t numbers_from);

#endif
