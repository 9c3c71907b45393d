#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "fake_node.h"

#define WORDS_MAX 64

struct outcome talea_run(struct fake_node *node, const char *const *arguments, size_t count)
{
    char *words[WORDS_MAX] = {NULL};
    int used = 0;
    const char *const head[] = {"talea", "--home", node == NULL ? "" : node->home, "--address",
                                node == NULL ? "" : node->address};
    for (size_t i = 0; i < (node == NULL ? 1u : 5u); i++) {
        words[used++] = strdup(head[i]);
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(used < WORDS_MAX - 1);
        words[used++] = strdup(arguments[i]);
    }
    struct outcome outcome;
    size_t length;
    FILE *out = open_memstream(&outcome.out, &length);
    FILE *err = open_memstream(&outcome.err, &length);
    char *kept[WORDS_MAX]; /* parsing permutes argv */
    memcpy(kept, words, sizeof kept);
    outcome.code = (int)cli_main(used, words, out, err);
    fclose(out);
    fclose(err);
    for (int i = 0; i < used; i++) {
        free(kept[i]);
    }
    return outcome;
}

void outcome_fini(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
}
