/* What both readers and writers of bank files set on libxml2. Internal to the module. */
#ifndef BANK_XML_H
#define BANK_XML_H

#include <libxml/xmlreader.h>

#include "base/bytes.h"
#include "base/limits.h"

/* A reader over bytes that fetches nothing, expands nothing and stops at libxml2's own limits.
 * Problems go to the note, with their line. NULL without memory. */
xmlTextReaderPtr xml_reader_open(struct slice bytes, struct note *note);

/* The text in characters of the SEPA set; at most `capacity` - 1 of them. */
void xml_plain_text(const char *text, char *out, size_t capacity);

#endif
