/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../folder.h"
#include "guest.h"

#define MAX 64u

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
	guest_begin(&g, &share, 1, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_guest_that_knows_too_many_is_asked_to_forget_some,
						folder_set_up, folder_tear_down),
	};

	return cmocka_run_group_tests_name("fs: crowded", tests, NULL, NULL);
}
