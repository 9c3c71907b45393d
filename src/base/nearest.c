#include "base/nearest.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define WORD_BYTES 48u /* longer ones are not compared */

static char lower(char letter)
{
    return (char)tolower((unsigned char)letter);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The optimal string alignment distance, with the last three rows of its matrix. */
static unsigned distance_of(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_BYTES + 1];
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *before = rows[(i + 2) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool is_same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = least(least(before[j], row[j - 1]) + 1, before[j - 1] + (is_same ? 0 : 1));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

static size_t common_start(const char *a, const char *b)
{
    size_t length = 0;
    while (a[length] != '\0' && lower(a[length]) == lower(b[length])) {
        length++;
    }
    return length;
}

struct nearest nearest_to(const char *text)
{
    return (struct nearest){text, NULL, UINT_MAX};
}

void nearest_offer(struct nearest *nearest, const char *word)
{
    size_t text_length = strlen(nearest->text);
    size_t word_length = word == NULL ? 0 : strlen(word);
    if (text_length == 0 || word_length == 0 || text_length > WORD_BYTES ||
        word_length > WORD_BYTES) {
        return;
    }
    size_t longer = text_length > word_length ? text_length : word_length;
    unsigned distance = distance_of(nearest->text, text_length, word, word_length);
    size_t start = common_start(nearest->text, word);
    bool begins_alike = start * 2 > longer;
    if (start == text_length && begins_alike) {
        distance = 1; /* a word cut short is nearer than one that only looks like it */
    }
    bool is_near = begins_alike || distance * 3 <= longer;
    if (is_near && distance < nearest->distance) {
        nearest->word = word;
        nearest->distance = distance;
    }
}
