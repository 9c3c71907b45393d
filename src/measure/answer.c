#include "measure/answer.h"

enum {
    ANSWER_VERSION = 1
};

bool survey_answer_is(struct slice bytes)
{
    return bytes.length > 0 && bytes.at[0] == SURVEY_ANSWER_KIND;
}

void survey_answer_encode(const struct survey_answer *answer, struct buffer *out)
{
    write_u8(out, SURVEY_ANSWER_KIND);
    write_u8(out, ANSWER_VERSION);
    write_block(out, answer->survey);
    write_bytes(out, answer->sale.bytes, sizeof answer->sale.bytes);
    write_u8(out, (uint8_t)answer->score);
    write_block(out, answer->store);
    write_block(out, answer->comment);
}

enum err survey_answer_decode(struct slice bytes, struct survey_answer *out_answer)
{
    struct reader in = reader_of(bytes);
    struct survey_answer answer;
    if (read_u8(&in) != SURVEY_ANSWER_KIND || read_u8(&in) != ANSWER_VERSION) {
        return ERR_CORRUPT;
    }
    answer.survey = read_block(&in);
    read_copy(&in, answer.sale.bytes, sizeof answer.sale.bytes);
    answer.score = read_u8(&in);
    answer.store = read_block(&in);
    answer.comment = read_block(&in);
    TRY(reader_finish(&in));
    if (answer.score > SURVEY_SCORE_MAX || answer.survey.length == 0) {
        return ERR_CORRUPT;
    }
    *out_answer = answer;
    return ERR_OK;
}
