/* Work is refused below the bound, and taken again a little above it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/disk_guard.h"

struct disk {
    uint64_t free_bytes;
    enum err err;
};

static enum err look(void *context, uint64_t *out_bytes)
{
    const struct disk *disk = context;
    if (disk->err == ERR_OK) {
        *out_bytes = disk->free_bytes;
    }
    return disk->err;
}

static void test_fills_and_frees(void **unused)
{
    (void)unused;
    struct disk disk = {1000, ERR_OK};
    struct disk_guard guard;
    disk_guard_init(&guard, (struct disk_port){&disk, look}, 800);
    assert_int_equal(disk_guard_look(&guard), DISK_SAME);
    assert_int_equal(disk_guard_free_bytes(&guard), 1000);
    disk.free_bytes = 800;
    assert_int_equal(disk_guard_look(&guard), DISK_SAME);
    assert_false(disk_guard_is_full(&guard));
    disk.free_bytes = 799;
    assert_int_equal(disk_guard_look(&guard), DISK_FILLED);
    assert_true(disk_guard_is_full(&guard));
    assert_int_equal(disk_guard_look(&guard), DISK_SAME); /* told once */
    disk.free_bytes = 899;
    assert_int_equal(disk_guard_look(&guard), DISK_SAME);
    assert_true(disk_guard_is_full(&guard));
    disk.free_bytes = 900;
    assert_int_equal(disk_guard_look(&guard), DISK_FREED);
    assert_false(disk_guard_is_full(&guard));
}

static void test_a_look_that_fails(void **unused)
{
    (void)unused;
    struct disk disk = {1, ERR_OK};
    struct disk_guard guard;
    disk_guard_init(&guard, (struct disk_port){&disk, look}, 800);
    assert_int_equal(disk_guard_look(&guard), DISK_FILLED);
    disk = (struct disk){5000, ERR_STORAGE};
    assert_int_equal(disk_guard_look(&guard), DISK_SAME);
    assert_true(disk_guard_is_full(&guard));
}

static void test_no_bound(void **unused)
{
    (void)unused;
    struct disk disk = {0, ERR_OK};
    struct disk_guard guard;
    disk_guard_init(&guard, (struct disk_port){&disk, look}, 0);
    assert_int_equal(disk_guard_look(&guard), DISK_SAME);
    assert_false(disk_guard_is_full(&guard));
}

static void test_a_real_folder(void **unused)
{
    (void)unused;
    struct disk_guard guard;
    disk_guard_init(&guard, disk_of_folder("/"), UINT64_MAX / 2);
    assert_int_equal(disk_guard_look(&guard), DISK_FILLED);
    disk_guard_init(&guard, disk_of_folder("/no/such/folder"), UINT64_MAX / 2);
    assert_int_equal(disk_guard_look(&guard), DISK_SAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fills_and_frees),
        cmocka_unit_test(test_a_look_that_fails),
        cmocka_unit_test(test_no_bound),
        cmocka_unit_test(test_a_real_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
