/* SPDX-License-Identifier: Apache-2.0 */
/* With the library linked in, as it is when it was loaded before the program's own. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"

#define PAGE  4096
#define PAGES 4
#define PUNCH (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

static int memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char page[PAGE];

	assert_true(fd >= 0);
	memset(page, 'x', sizeof(page));
	for (int i = 0; i < PAGES; i++)
		assert_int_equal(fd_write_all(fd, page, sizeof(page)), 0);
	return fd;
}

static char first_byte(int fd)
{
	char c;

	assert_int_equal(pread(fd, &c, 1, 0), 1);
	return c;
}

static long long blocks(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_blocks;
}

static void a_sealed_file_keeps_its_pages_and_nobody_is_told(void **state)
{
	cleanup_close int fd = memory();
	long long before = blocks(fd);

	(void)state;
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
	errno = 0;
	assert_int_equal(fallocate(fd, PUNCH, 0, (off_t)PAGES * PAGE), 0);
	assert_int_equal(errno, 0);
	assert_int_equal(first_byte(fd), 'x');
	assert_int_equal(blocks(fd), before);
}

static void a_private_map_shows_the_file_again_after_it_was_let_go(void **state)
{
	cleanup_close int fd = memory();
	char *map;

	(void)state;
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	assert_true(map != MAP_FAILED);
	map[0] = 'y';
	assert_int_equal(fallocate(fd, PUNCH, 0, PAGE), 0);
	assert_int_equal(madvise(map, PAGE, MADV_DONTNEED), 0);
	assert_int_equal(map[0], 'x');
	munmap(map, PAGE);
}

static void a_file_without_seal_gets_its_hole(void **state)
{
	cleanup_close int fd = memory();

	(void)state;
	assert_int_equal(fallocate(fd, PUNCH, 0, (off_t)PAGES * PAGE), 0);
	assert_int_equal(first_byte(fd), 0);
	assert_int_equal(blocks(fd), 0);
}

/* Data, a hole, data, and a hole to the end; what is written to a hole does not come to be in the
 * file. */
static void holes_are_mapped_as_memory_of_ones_own(void **state)
{
	cleanup_close int fd = memory();
	long long before;
	char *map;

	(void)state;
	assert_int_equal(ftruncate(fd, 2L * PAGES * PAGE), 0);
	assert_int_equal(fallocate(fd, PUNCH, PAGE, 2L * PAGE), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
	before = blocks(fd);
	map = mmap(NULL, 2UL * PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	assert_true(map != MAP_FAILED);
	for (size_t i = 0; i < 2UL * PAGES; i++) {
		bool is_data = i == 0 || i == 3;

		assert_int_equal(map[i * PAGE], is_data ? 'x' : 0);
		map[i * PAGE] = 'y';
	}
	assert_int_equal(blocks(fd), before);
	assert_int_equal(madvise(map, 2UL * PAGES * PAGE, MADV_DONTNEED), 0);
	assert_int_equal(map[0], 'x');
	assert_int_equal(map[PAGE], 0);
	assert_int_equal(map[7 * PAGE], 0);
	munmap(map, 2UL * PAGES * PAGE);
}

static void a_map_of_a_part_and_a_shared_one_are_as_ever(void **state)
{
	cleanup_close int fd = memory();
	char *map;

	(void)state;
	assert_int_equal(fallocate(fd, PUNCH, 2L * PAGE, PAGE), 0);
	map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	map[2 * PAGE] = 'z';
	munmap(map, PAGES * PAGE);
	assert_int_equal(fallocate(fd, PUNCH, PAGE, PAGE), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
	assert_true(map != MAP_FAILED);
	assert_int_equal(map[0], 0);
	assert_int_equal(map[PAGE], 'z');
	munmap(map, 2 * PAGE);
	assert_true(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED);
	assert_int_equal(errno, EBADF);
}

/* As ld.so finds them. */
static void the_library_has_the_names_that_are_called(void **state)
{
	void *handle = dlopen(*state, RTLD_NOW | RTLD_LOCAL);

	assert_non_null(handle);
	assert_non_null(dlsym(handle, "mmap64"));
	assert_non_null(dlsym(handle, "fallocate64"));
	dlclose(handle);
}

static void all_else_is_answered_by_the_kernel(void **state)
{
	cleanup_close int fd = memory();

	(void)state;
	assert_int_equal(fallocate(fd, 0, 0, 2L * PAGES * PAGE), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 2L * PAGES * PAGE);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
	assert_int_equal(fallocate(fd, 0, 0, 4L * PAGES * PAGE), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(fallocate(-1, PUNCH, 0, PAGE), -1);
	assert_int_equal(errno, EBADF);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_file_keeps_its_pages_and_nobody_is_told),
		cmocka_unit_test(a_private_map_shows_the_file_again_after_it_was_let_go),
		cmocka_unit_test(a_file_without_seal_gets_its_hole),
		cmocka_unit_test(holes_are_mapped_as_memory_of_ones_own),
		cmocka_unit_test(a_map_of_a_part_and_a_shared_one_are_as_ever),
		cmocka_unit_test_prestate(the_library_has_the_names_that_are_called, argv[1]),
		cmocka_unit_test(all_else_is_answered_by_the_kernel),
	};

	if (argc != 2)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
