/* Which word was meant by one that is none of those that there are: for texts of errors. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* How far the best word so far is from `text`. */
struct nearest {
    const char *text;
    const char *word; /* borrowed; NULL: none is near */
    unsigned distance;
};

struct nearest nearest_to(const char *text);
/* Of equally near words the first stays. A word is near where a third of the letters or fewer are
 * other ones (Damerau and Levenshtein, adjacent letters changed places count as one; capitals are
 * no difference), or where both begin alike for more than half. NULL is no word. */
void nearest_offer(struct nearest *nearest, const char *word);

#endif
