/* A text as a QR code (ISO/IEC 18004), drawn as SVG. */
#ifndef CLI_QR_SVG_H
#define CLI_QR_SVG_H

#include "base/bytes.h"

/* Appends the picture. ERR_RANGE when the text is too long for a code. */
MUST_USE enum err qr_svg(const char *text, struct buffer *out);

#endif
