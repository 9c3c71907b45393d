/* The tree over a half's entries: against the definition, and against what another program says. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trees.h"

static struct plain_tree tree; /* large */

static struct hash leaf_of(unsigned number)
{
    char text[32];
    int length = snprintf(text, sizeof text, "entry %u", number);
    return tree_leaf(slice_of(text, (size_t)length));
}

static void fill(size_t count)
{
    tree.count = count;
    for (size_t i = 0; i < count; i++) {
        tree.leaves[i] = leaf_of((unsigned)i + 1);
    }
}

/* Computed with Python's hashlib. */
static void test_golden(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        const char *root;
    } rows[] = {
        {1, "4ce2d3394a44994cfd98d65b52a7959620d6e07de2c851da26f8a5662057ba6d"},
        {2, "e8d4cada6300617a47ae6b46ead27a6111a4e4afab750da24bc7a072beb40853"},
        {3, "f032ad58976e454f694d90ec60788b3ff87eb96eeda24c5589088973811ada57"},
        {7, "03b2e8138883d5a7689ea639c70cdc9d21ebee4461e3a446e465ae8bdb269985"},
        {8, "9af663f1b1ed032936a522e2399e2102b475484ac69243428534e5cf3a74dc17"},
        {64, "35054af25f05c642356f86355847e2fdde58bf997e52dcb1f95a0fa2a4fdcc6f"},
        {100, "f1096ff3927e2e907a4957393465ee463fe14f8b2114476f50eb39d52568fdc2"},
    };
    struct tree_frontier frontier = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[HASH_TEXT_MAX];
        while (frontier.count < rows[i].count) {
            struct hash leaf = leaf_of((unsigned)frontier.count + 1);
            assert_int_equal(tree_append(&frontier, &leaf, NULL, NULL), ERR_OK);
        }
        struct hash root = tree_root(&frontier);
        assert_string_equal(hash_format(&root, text), rows[i].root);
    }
}

static void test_empty(void **state)
{
    (void)state;
    struct tree_frontier frontier = {0};
    struct tree_reader reader = {.count = 0};
    struct hash root = tree_root(&frontier);
    struct hash path[TREE_LEVELS];
    size_t length;
    assert_true(hash_is_zero(&root));
    assert_int_equal(tree_hash(&reader, (struct tree_place){TREE_LEVELS, 0}, &root), ERR_NOT_FOUND);
    assert_int_equal(tree_prove(&reader, 0, path, &length), ERR_NOT_FOUND);
    assert_false(tree_proof_holds(&root, 0, 0, &root, path, 0));
}

static void test_full(void **state)
{
    (void)state;
    struct tree_frontier frontier = {.count = (UINT64_C(1) << TREE_LEVELS) - 1};
    struct hash leaf = leaf_of(1);
    assert_int_equal(tree_append(&frontier, &leaf, NULL, NULL), ERR_RANGE);
}

/* What is told of whole subtrees is told once, in time, and right. */
static enum err check_whole(void *context, struct tree_place place, const struct hash *hash)
{
    const struct tree_frontier *frontier = context;
    struct hash expected;
    assert_true(place.level > 0);
    assert_int_equal((place.index + 1) << place.level, frontier->count + 1);
    assert_int_equal(plain_whole(&tree, place, &expected), ERR_OK);
    assert_true(hash_equal(hash, &expected));
    return ERR_OK;
}

static void test_any_size(void **state)
{
    (void)state;
    struct tree_frontier frontier = {0};
    fill(1100);
    for (size_t count = 1; count <= tree.count; count++) {
        assert_int_equal(tree_append(&frontier, &tree.leaves[count - 1], check_whole, &frontier),
                         ERR_OK);
        if (count > 300 && count % 97 != 0) {
            continue;
        }
        struct hash root = tree_root(&frontier);
        struct hash expected = plain_hash(tree.leaves, count);
        assert_true(hash_equal(&root, &expected));
    }
}

/* Also of a tree as it was when it had fewer leaves than are kept. */
static void test_any_place(void **state)
{
    (void)state;
    fill(333);
    for (size_t count = 1; count <= 333; count += 7) {
        struct tree_reader reader = {&tree, count, plain_whole};
        for (unsigned level = 0; level < 11; level++) {
            for (uint64_t index = 0; index << level < count + 3; index++) {
                struct hash hash;
                uint64_t first = index << level;
                enum err err = tree_hash(&reader, (struct tree_place){level, index}, &hash);
                if (first >= count) {
                    assert_int_equal(err, ERR_NOT_FOUND);
                    continue;
                }
                size_t most = (size_t)1 << level;
                size_t leaves = count - first < most ? count - first : most;
                struct hash expected = plain_hash(&tree.leaves[first], leaves);
                assert_int_equal(err, ERR_OK);
                assert_true(hash_equal(&hash, &expected));
            }
        }
    }
    struct tree_reader reader = plain_reader(&tree);
    struct hash hash;
    assert_int_equal(tree_hash(&reader, (struct tree_place){TREE_LEVELS, 1}, &hash), ERR_NOT_FOUND);
    assert_int_equal(tree_hash(&reader, (struct tree_place){UINT32_MAX, 0}, &hash), ERR_NOT_FOUND);
    assert_int_equal(tree_hash(&reader, (struct tree_place){3, UINT64_MAX}, &hash), ERR_NOT_FOUND);
}

static void test_fold(void **state)
{
    (void)state;
    static struct hash hashes[16];
    fill(16);
    for (size_t count = 1; count <= 16; count++) {
        for (size_t i = 0; i < 16; i++) {
            hashes[i] = i < count ? tree.leaves[i] : (struct hash){{0}};
        }
        struct hash folded = tree_fold(hashes, 16);
        struct hash expected = plain_hash(tree.leaves, count);
        assert_true(hash_equal(&folded, &expected));
    }
}

static void expect_proof(size_t count, uint64_t leaf)
{
    struct tree_reader reader = {&tree, count, plain_whole};
    struct hash root = plain_hash(tree.leaves, count);
    struct hash path[TREE_LEVELS];
    size_t length;
    const struct hash *hash = &tree.leaves[leaf];
    assert_int_equal(tree_prove(&reader, leaf, path, &length), ERR_OK);
    assert_true(tree_proof_holds(hash, leaf, count, &root, path, length));
    assert_false(tree_proof_holds(&root, leaf, count, &root, path, length) && count > 1);
    assert_false(tree_proof_holds(hash, leaf + 1, count, &root, path, length));
    assert_false(tree_proof_holds(hash, leaf, count, &root, path, length + 1));
    if (length > 0) {
        assert_false(tree_proof_holds(hash, leaf, count, &root, path, length - 1));
        path[length - 1].bytes[5] ^= 1;
        assert_false(tree_proof_holds(hash, leaf, count, &root, path, length));
    }
}

static void test_proofs(void **state)
{
    (void)state;
    fill(130);
    for (size_t count = 1; count <= 130; count++) {
        for (uint64_t leaf = 0; leaf < count; leaf++) {
            expect_proof(count, leaf);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),    cmocka_unit_test(test_empty),
        cmocka_unit_test(test_full),      cmocka_unit_test(test_any_size),
        cmocka_unit_test(test_any_place), cmocka_unit_test(test_fold),
        cmocka_unit_test(test_proofs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
