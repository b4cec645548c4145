/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "fs/node.h"
#include "fs/reach.h"

/* A table with a share in a folder of the test's own. */
struct scene {
	char path[64];
	int fd;
	struct nodes t;
	struct node *share;
};

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct node_key key;
	struct statx st;

	snprintf(s->path, sizeof(s->path), "/tmp/moat-test-nodes-XXXXXX");
	assert_non_null(mkdtemp(s->path));
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(nodes_init(&s->t, 4, 2), 0);
	assert_int_equal(statx(s->fd, "", AT_EMPTY_PATH, STATX_WANTED, &st), 0);
	key = node_key_of(&st, true);
	assert_int_equal(nodes_add_share(&s->t, &key, st.stx_mode,
					 open(s->path, O_PATH | O_CLOEXEC), &s->share),
			 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	nodes_reset(&s->t);
	close(s->fd);
	assert_int_equal(path_remove_tree(AT_FDCWD, s->path), 0);
	free(s);
	return 0;
}

static void make_dir(const struct scene *s, const char *path)
{
	assert_int_equal(mkdirat(s->fd, path, 0755), 0);
}

/* As a LOOKUP does. */
static struct node *enter(struct scene *s, struct node *dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct node_key key;
	struct statx st;
	struct node *n;

	assert_int_equal(statx(s->fd, path, AT_SYMLINK_NOFOLLOW, STATX_WANTED, &st), 0);
	key = node_key_of(&st, dir->key.writable);
	assert_int_equal(nodes_enter(&s->t, dir, slash ? slash + 1 : path, &key, st.stx_mode, &n),
			 0);
	return n;
}

static int reaches(struct scene *s, struct node *n)
{
	int fd, r = reach(&s->t, n, &fd);

	if (r == 0)
		reach_done(&s->t, n);
	return r;
}

static void a_number_leads_nowhere_once_it_is_forgotten(void **state)
{
	struct scene *s = *state;
	struct node *n, *again;
	uint64_t id;

	make_dir(s, "a");
	n = enter(s, s->share, "a");
	id = n->id;
	node_put(&s->t, n);
	again = enter(s, s->share, "a");
	assert_ptr_equal(again, n);
	node_put(&s->t, again);
	nodes_forget(&s->t, id, 1);
	n = nodes_get(&s->t, id);
	assert_non_null(n);
	node_put(&s->t, n);
	nodes_forget(&s->t, id, 1);
	assert_null(nodes_get(&s->t, id));
	n = enter(s, s->share, "a");
	assert_int_not_equal(n->id, id); /* though its place may be the same */
	node_put(&s->t, n);
}

static void forgetting_too_much_forgets_what_is_there(void **state)
{
	struct scene *s = *state;
	struct node *n;
	uint64_t id;

	make_dir(s, "a");
	n = enter(s, s->share, "a");
	id = n->id;
	node_put(&s->t, n);
	nodes_forget(&s->t, id, UINT64_MAX);
	nodes_forget(&s->t, id, 1);
	nodes_forget(&s->t, 0, 1);
	nodes_forget(&s->t, 1, 1);
	nodes_forget(&s->t, UINT64_MAX, 1);
	assert_null(nodes_get(&s->t, id));
	/* The share is there for as long as the server, whatever the guest forgets. */
	nodes_look_again(&s->t, s->share);
	nodes_forget(&s->t, s->share->id, 10);
	assert_int_equal(reaches(s, s->share), 0);
}

static void a_folder_stays_while_something_in_it_is_known(void **state)
{
	struct scene *s = *state;
	struct node *a, *b;

	make_dir(s, "a");
	make_dir(s, "a/b");
	a = enter(s, s->share, "a");
	b = enter(s, a, "a/b");
	nodes_forget(&s->t, a->id, 1);
	node_put(&s->t, a);
	assert_int_equal(reaches(s, b), 0);
	nodes_forget(&s->t, b->id, 1);
	node_put(&s->t, b);
}

static void a_file_that_was_moved_is_not_found_at_its_old_name(void **state)
{
	struct scene *s = *state;
	struct node *a, *dir;
	struct node_key key;

	make_dir(s, "a");
	make_dir(s, "dir");
	a = enter(s, s->share, "a");
	dir = enter(s, s->share, "dir");
	assert_int_equal(renameat(s->fd, "a", s->fd, "dir/b"), 0);
	assert_int_equal(reaches(s, a), -ESTALE);
	make_dir(s, "a"); /* another one of the same name is not the same */
	assert_int_equal(reaches(s, a), -ESTALE);
	key = a->key;
	nodes_move(&s->t, &key, dir, "b");
	assert_int_equal(reaches(s, a), 0);
	node_put(&s->t, a);
	node_put(&s->t, dir);
}

static void a_link_in_the_place_of_a_folder_leads_nowhere(void **state)
{
	struct scene *s = *state;
	struct node *a, *b;

	make_dir(s, "a");
	make_dir(s, "a/b");
	a = enter(s, s->share, "a");
	b = enter(s, a, "a/b");
	assert_int_equal(renameat(s->fd, "a", s->fd, "c"), 0);
	assert_int_equal(symlinkat("c", s->fd, "a"), 0);
	assert_int_equal(reaches(s, b), -ESTALE);
	node_put(&s->t, b);
	node_put(&s->t, a);
}

static void descriptors_are_bounded_and_open_files_keep_theirs(void **state)
{
	struct scene *s = *state;
	struct node *open_one, *n[20];
	char name[16];

	make_dir(s, "open");
	open_one = enter(s, s->share, "open");
	assert_int_equal(reaches(s, open_one), 0);
	nodes_open(&s->t, open_one);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		make_dir(s, name);
		n[i] = enter(s, s->share, name);
		assert_int_equal(reaches(s, n[i]), 0);
	}
	assert_true(s->t.n_fds <= 5);
	assert_int_equal(unlinkat(s->fd, "open", AT_REMOVEDIR), 0);
	assert_int_equal(reaches(s, open_one), 0);
	nodes_close(&s->t, open_one);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(reaches(s, n[i]), 0);
		node_put(&s->t, n[i]);
	}
	node_put(&s->t, open_one);
	assert_true(s->t.n_fds <= 4);
}

static void some_are_pinned_until_they_are_forgotten(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	struct scene *s = *state;
	struct node *n[3];

	for (int i = 0; i < 3; i++) {
		make_dir(s, names[i]);
		n[i] = enter(s, s->share, names[i]);
		assert_int_equal(reach_pin(&s->t, n[i]), i < 2);
	}
	assert_true(reach_pin(&s->t, n[0]));
	assert_true(reach_pin(&s->t, s->share));
	assert_int_equal(s->t.n_fds, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(unlinkat(s->fd, names[i], AT_REMOVEDIR), 0);
	assert_int_equal(reaches(s, n[0]), 0);
	assert_int_equal(reaches(s, n[2]), -ESTALE);
	for (int i = 0; i < 3; i++) {
		nodes_forget(&s->t, n[i]->id, 1);
		node_put(&s->t, n[i]);
	}
	assert_int_equal(s->t.n_pinned, 0);
	assert_int_equal(s->t.n_fds, 0);
}

static void depth_is_no_obstacle(void **state)
{
	struct scene *s = *state;
	struct node *dir = s->share, *next;
	int fd = dup(s->fd);

	for (int i = 0; i < 200; i++) {
		struct node_key key;
		struct statx st;
		int inner;

		assert_int_equal(mkdirat(fd, "x", 0755), 0);
		inner = openat(fd, "x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = inner;
		assert_int_equal(statx(fd, "", AT_EMPTY_PATH, STATX_WANTED, &st), 0);
		key = node_key_of(&st, true);
		assert_int_equal(nodes_enter(&s->t, dir, "x", &key, st.stx_mode, &next), 0);
		if (dir != s->share)
			node_put(&s->t, dir);
		dir = next;
	}
	close(fd);
	assert_int_equal(reaches(s, dir), 0);
	node_put(&s->t, dir);
}

static void the_same_file_in_a_read_only_share_is_another(void **state)
{
	struct scene *s = *state;
	struct node *a, *b;
	struct node_key key;

	make_dir(s, "a");
	a = enter(s, s->share, "a");
	key = a->key;
	key.writable = false;
	assert_int_equal(nodes_enter(&s->t, s->share, "a", &key, S_IFDIR, &b), 0);
	assert_int_not_equal(a->id, b->id);
	node_put(&s->t, a);
	node_put(&s->t, b);
}

static void many_are_found_again(void **state)
{
	enum { N = 5000 };
	static uint64_t ids[N];
	struct scene *s = *state;
	struct node *n;

	for (uint64_t i = 0; i < N; i++) {
		const struct node_key key = { .dev = 1, .ino = i + 1, .writable = true };

		assert_int_equal(nodes_enter(&s->t, s->share, "x", &key, S_IFREG, &n), 0);
		ids[i] = n->id;
		node_put(&s->t, n);
	}
	for (uint64_t i = 0; i < N; i++) {
		n = nodes_get(&s->t, ids[i]);
		assert_non_null(n);
		assert_int_equal(n->key.ino, i + 1);
		node_put(&s->t, n);
		nodes_forget(&s->t, ids[i], 1);
	}
	assert_int_equal(s->t.numbers.n_used, 1);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_number_leads_nowhere_once_it_is_forgotten),
		CASE(forgetting_too_much_forgets_what_is_there),
		CASE(a_folder_stays_while_something_in_it_is_known),
		CASE(a_file_that_was_moved_is_not_found_at_its_old_name),
		CASE(a_link_in_the_place_of_a_folder_leads_nowhere),
		CASE(descriptors_are_bounded_and_open_files_keep_theirs),
		CASE(some_are_pinned_until_they_are_forgotten),
		CASE(depth_is_no_obstacle),
		CASE(the_same_file_in_a_read_only_share_is_another),
		CASE(many_are_found_again),
	};

	return cmocka_run_group_tests_name("fs: nodes", tests, NULL, NULL);
}
