#include "cli/qr_svg.h"

#include <errno.h>
#include <qrencode.h>
#include <stdio.h>

#define QUIET_MODULES 4 /* of white around it, as the standard asks for */
#define IS_BLACK      1u

static void write_text(struct buffer *out, const char *text)
{
    write_bytes(out, text, strlen(text));
}

/* Runs of black, row by row. */
static void write_row(struct buffer *out, const unsigned char *row, int width, int y)
{
    for (int x = 0; x < width; x++) {
        int start = x;
        char text[64];
        while (x < width && (row[x] & IS_BLACK) != 0) {
            x++;
        }
        if (x > start) {
            snprintf(text, sizeof text, "M%d %dh%dv1h-%dz", start + QUIET_MODULES,
                     y + QUIET_MODULES, x - start, x - start);
            write_text(out, text);
        }
    }
}

enum err qr_svg(const char *text, struct buffer *out)
{
    char head[256];
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return errno == ERANGE ? ERR_RANGE : ERR_RESOURCE;
    }
    int size = code->width + 2 * QUIET_MODULES;
    snprintf(head, sizeof head,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
             "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
             size, size, size, size);
    write_text(out, head);
    for (int y = 0; y < code->width; y++) {
        write_row(out, code->data + (size_t)y * (size_t)code->width, code->width, y);
    }
    write_text(out, "\"/></svg>\n");
    QRcode_free(code);
    return out->err;
}
