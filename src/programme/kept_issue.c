#include "programme/kept_issue.h"

/* First bytes; an occasion's are below. Never renumber. */
enum {
    KEPT_ISSUE_1 = 0x80,
    KEPT_CODE_1 = 0x81,
    KEPT_REVOCATION_1 = 0x82
};

void kept_issue_encode(const struct kept_issue *issue, struct buffer *out)
{
    write_u8(out, KEPT_ISSUE_1);
    write_block(out, issue->coupon);
    write_varint(out, issue->count);
    write_svarint(out, issue->until_day);
    write_bytes(out, issue->seed, sizeof issue->seed);
}

void kept_code_encode(const struct kept_code *code, struct buffer *out)
{
    write_u8(out, KEPT_CODE_1);
    write_block(out, code->coupon);
    write_block(out, code->code);
    write_svarint(out, code->until_day);
    write_bytes(out, code->member.bytes, sizeof code->member.bytes);
}

void kept_revocation_encode(const struct kept_revocation *revocation, struct buffer *out)
{
    write_u8(out, KEPT_REVOCATION_1);
    write_block(out, revocation->coupon);
    write_block(out, revocation->code);
    write_bytes(out, revocation->issue.bytes, sizeof revocation->issue.bytes);
    write_block(out, revocation->by);
    write_block(out, revocation->reason);
}

static bool is_kind(struct slice bytes, uint8_t kind)
{
    return bytes.length > 0 && bytes.at[0] == kind;
}

enum err kept_issue_decode(struct slice bytes, struct kept_issue *out_issue)
{
    struct reader in = reader_of(bytes);
    struct kept_issue issue;
    if (!is_kind(bytes, KEPT_ISSUE_1)) {
        return ERR_NOT_FOUND;
    }
    (void)read_u8(&in);
    issue.coupon = read_block(&in);
    issue.count = read_varint(&in);
    issue.until_day = read_svarint(&in);
    read_copy(&in, issue.seed, sizeof issue.seed);
    TRY(reader_finish(&in));
    *out_issue = issue;
    return ERR_OK;
}

enum err kept_code_decode(struct slice bytes, struct kept_code *out_code)
{
    struct reader in = reader_of(bytes);
    struct kept_code code;
    if (!is_kind(bytes, KEPT_CODE_1)) {
        return ERR_NOT_FOUND;
    }
    (void)read_u8(&in);
    code.coupon = read_block(&in);
    code.code = read_block(&in);
    code.until_day = read_svarint(&in);
    read_copy(&in, code.member.bytes, sizeof code.member.bytes);
    TRY(reader_finish(&in));
    *out_code = code;
    return ERR_OK;
}

enum err kept_revocation_decode(struct slice bytes, struct kept_revocation *out_revocation)
{
    struct reader in = reader_of(bytes);
    struct kept_revocation revocation;
    if (!is_kind(bytes, KEPT_REVOCATION_1)) {
        return ERR_NOT_FOUND;
    }
    (void)read_u8(&in);
    revocation.coupon = read_block(&in);
    revocation.code = read_block(&in);
    read_copy(&in, revocation.issue.bytes, sizeof revocation.issue.bytes);
    revocation.by = read_block(&in);
    revocation.reason = read_block(&in);
    TRY(reader_finish(&in));
    *out_revocation = revocation;
    return ERR_OK;
}
