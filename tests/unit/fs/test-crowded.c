/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/macro.h"

#include "../folder.h"
#include "guest.h"

#define MAX	    64u
#define MANY	    2000u
#define IN_A_FOLDER 1000u

/* Looks at files until the server has given the guest @n numbers, that of its share included. */
static void know(struct guest *g, uint64_t root, uint64_t *nodes, size_t n)
{
	char name[16];

	for (size_t i = g->server->nodes.numbers.n_used; i < n; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		nodes[i] = guest_look_up(g, root, name);
		assert_int_not_equal(nodes[i], 0);
	}
}

static void forget(struct guest *g, uint64_t *nodes, size_t from, size_t to)
{
	const struct fuse_forget_in in = { .nlookup = 1 };

	for (size_t i = from; i < to; i++)
		guest_tell(g, &(struct ask){ FUSE_FORGET, nodes[i], &in, sizeof(in), NULL, NULL });
	/* They are dealt with in order. */
	assert_int_equal(
		guest_ask(g, &(struct ask){ FUSE_STATFS, FUSE_ROOT_ID, NULL, 0, NULL, NULL }), 0);
}

static void a_guest_that_knows_too_many_is_asked_to_forget_some(void **state)
{
	struct folder *folder = *state;
	const struct fs_share share = { .fd = folder->fd };
	static uint64_t nodes[MAX];
	static struct guest g;
	char name[16];
	uint64_t root;

	for (unsigned i = 0; i <= MAX; i++) {
		snprintf(name, sizeof(name), "%u", i);
		folder_put(folder, name, "");
	}
	guest_begin(&g, &share, 1, GUEST_OTHER_KERNEL);
	if (!g.server->watcher) {
		guest_end(&g);
		skip();
	}
	nodes_bound(&g.server->nodes, MAX);
	root = guest_look_up(&g, FUSE_ROOT_ID, "0");
	know(&g, root, nodes, MAX / 8 * 7 - 1);
	assert_int_equal(g.n_all, 0);
	know(&g, root, nodes, MAX / 8 * 7 + 2);
	assert_in_range(g.n_all, 1, 3);
	/* One that does not is told that there is no room. */
	know(&g, root, nodes, MAX);
	assert_int_equal(guest_look_up(&g, root, "64"), 0);
	/* One that does is not asked again before there are as many. */
	forget(&g, nodes, MAX / 2, MAX);
	g.n_all = 0;
	know(&g, root, nodes, MAX / 8 * 7 - 1);
	assert_int_equal(g.n_all, 0);
	know(&g, root, nodes, MAX / 8 * 7 + 2);
	assert_in_range(g.n_all, 1, 3);
	guest_end(&g);
}

static size_t own_kib(void)
{
	size_t pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu %zu", &pages, &resident), 2);
	fclose(f);
	return resident * 4;
}

static void make_many(const struct folder *folder, size_t n)
{
	char name[48];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%zu", i / IN_A_FOLDER);
		if (i % IN_A_FOLDER == 0)
			assert_int_equal(mkdirat(folder->fd, name, 0755), 0);
		snprintf(name, sizeof(name), "%zu/%zu", i / IN_A_FOLDER, i);
		assert_int_equal(mknodat(folder->fd, name, S_IFREG | 0644, 0), 0);
	}
}

/* MOAT_MANY_FILES=1000000 looks at so many, and says what they cost. */
static void so_many_files_are_known_at_once_in_little_memory(void **state)
{
	const char *many = getenv("MOAT_MANY_FILES");
	const size_t n = many ? strtoul(many, NULL, 10) : MANY;
	struct folder *folder = *state;
	const struct fs_share share = { .fd = folder->fd };
	static struct guest g;
	uint64_t root, dir = 0;
	char name[32];
	size_t before;

	make_many(folder, n);
	guest_begin(&g, &share, 1, GUEST_OWN_KERNEL);
	root = guest_look_up(&g, FUSE_ROOT_ID, "0");
	before = own_kib();
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%zu", i / IN_A_FOLDER);
		if (i % IN_A_FOLDER == 0)
			dir = guest_look_up(&g, root, name);
		snprintf(name, sizeof(name), "%zu", i);
		assert_int_not_equal(guest_look_up(&g, dir, name), 0);
	}
	assert_int_equal(g.server->nodes.numbers.n_used,
			 1 + n + (n + IN_A_FOLDER - 1) / IN_A_FOLDER);
	print_message("%zu files: %zu KiB\n", n, own_kib() - before);
	if (!IS_SANITIZED)
		assert_true((own_kib() - before) * 1024 <= n * 512 + MIB(4));
	guest_end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_guest_that_knows_too_many_is_asked_to_forget_some,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(so_many_files_are_known_at_once_in_little_memory,
						folder_set_up, folder_tear_down),
	};

	return cmocka_run_group_tests_name("fs: crowded", tests, NULL, NULL);
}
