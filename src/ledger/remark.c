#include "ledger/remark.h"

#include <string.h>

#include "ledger/codec.h"

bool remark_is_sealed(const struct remark *remark)
{
    static const uint8_t none[PERSONAL_TAG_SIZE];
    return memcmp(remark->tag, none, sizeof none) != 0;
}

struct kept_remark remark_kept(const struct remark *remark)
{
    struct kept_remark kept = {.is_sealed = remark_is_sealed(remark),
                               .sealed_length = remark->sealed.length};
    ASSERT(remark->sealed.length <= sizeof kept.sealed);
    memcpy(kept.text, remark->text, sizeof kept.text);
    if (remark->sealed.length > 0) {
        memcpy(kept.sealed, remark->sealed.at, remark->sealed.length);
    }
    return kept;
}

void remark_write_text(struct buffer *out, const struct remark *remark)
{
    write_text(out, remark->text, sizeof remark->text);
}

void remark_read_text(struct reader *in, struct remark *out_remark)
{
    read_text(in, out_remark->text, sizeof out_remark->text);
}

void remark_write_sealed(struct buffer *out, const struct remark *remark)
{
    write_bytes(out, remark->tag, sizeof remark->tag);
    write_block(out, remark->sealed);
}

void remark_read_sealed(struct reader *in, struct remark *remark)
{
    read_copy(in, remark->tag, sizeof remark->tag);
    remark->sealed = read_block(in);
    read_expect(in, remark_is_sealed(remark) && remark->text[0] == '\0' &&
                        remark->sealed.length <= LIMIT_SEALED_REMARK_BYTES);
}

void remark_write_said(struct buffer *out, const struct remark *remark)
{
    remark_write_text(out, remark);
    if (remark_is_sealed(remark)) {
        write_bytes(out, remark->tag, sizeof remark->tag);
    }
}

void kept_remark_write_text(struct buffer *out, const struct kept_remark *kept)
{
    write_text(out, kept->text, sizeof kept->text);
}

void kept_remark_read_text(struct reader *in, struct kept_remark *out_kept)
{
    *out_kept = (struct kept_remark){.text = ""};
    read_text(in, out_kept->text, sizeof out_kept->text);
}

void kept_remark_write_sealed(struct buffer *out, const struct kept_remark *kept)
{
    if (kept->is_sealed) {
        write_block(out, slice_of(kept->sealed, kept->sealed_length));
    }
}

void kept_remark_read_sealed(struct reader *in, struct kept_remark *kept)
{
    struct slice sealed = read_block(in);
    read_expect(in, kept->text[0] == '\0' && sealed.length <= sizeof kept->sealed);
    if (in->err == ERR_OK) {
        kept->is_sealed = true;
        kept->sealed_length = sealed.length;
        memcpy(kept->sealed, sealed.at, sealed.length);
    }
}
