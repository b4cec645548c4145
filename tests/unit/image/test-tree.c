/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "image/flatten/tree-path.h"
#include "image/flatten/tree.h"
#include "layer-util.h"

static int setup(void **state)
{
	static const struct tree_limits limits = { .max_entries = 100000, .max_bytes = 64 << 20 };

	return tree_new(&limits, (struct tree **)state);
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

static struct tree_inode *add(struct tree *t, const char *path, uint32_t mode, uint32_t layer)
{
	struct tree_inode *inode;
	struct tree_place at;

	assert_int_equal(tree_walk(t, path, layer, &at), 0);
	assert_int_equal(tree_inode_new(t, mode, &inode), 0);
	assert_int_equal(tree_link(t, &at, layer, inode), 0);
	return inode;
}

static void add_symlink(struct tree *t, const char *path, const char *target, uint32_t layer)
{
	struct tree_inode *inode = add(t, path, S_IFLNK | 0777, layer);

	tree_inode_keep(inode, target, strlen(target));
}

static struct tree_entry *find(struct tree *t, const char *path)
{
	struct tree_place at;

	if (tree_walk(t, path, 0, &at) < 0 || !at.dir)
		return NULL;
	return tree_find(t, at.dir, at.name, at.len);
}

static void test_clean_path(void **state)
{
	static const struct {
		const char *path;
		int r;
		const char *clean;
	} cases[] = {
		{ "a", 0, "a" },
		{ "./a//b/", 0, "a/b" },
		{ "/etc/passwd", 0, "etc/passwd" },
		{ ".", 0, "" },
		{ "", 0, "" },
		{ "///", 0, "" },
		{ "a/./b/../c", 0, "a/c" },
		{ "a/..", 0, "" },
		{ "a/b/../../c", 0, "c" },
		{ "...", 0, "..." },
		{ "..a/.b", 0, "..a/.b" },
		{ "..", -EXDEV, NULL },
		{ "/..", -EXDEV, NULL },
		{ "../../etc/passwd", -EXDEV, NULL },
		{ "a/../../b", -EXDEV, NULL },
	};
	char clean[TREE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(tree_clean_path(cases[i].path, clean), cases[i].r);
		if (cases[i].clean)
			assert_string_equal(clean, cases[i].clean);
	}
}

static void test_long_names(void **state)
{
	char path[2 * TREE_PATH_MAX], clean[TREE_PATH_MAX];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[255] = '\0';
	assert_int_equal(tree_clean_path(path, clean), 0);
	assert_string_equal(path, clean);
	path[255] = 'x';
	path[256] = '\0';
	assert_int_equal(tree_clean_path(path, clean), -ENAMETOOLONG);
	memset(path, 'x', sizeof(path));
	for (size_t i = 1; i < sizeof(path); i += 2)
		path[i] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(tree_clean_path(path, clean), -ENAMETOOLONG);
	path[TREE_PATH_MAX - 1] = '\0';
	assert_int_equal(tree_clean_path(path, clean), 0);
	assert_int_equal(strlen(clean), TREE_PATH_MAX - 1);
}

static void test_implicit_parents(void **state)
{
	struct tree *t = *state;

	add(t, "a/b/c", S_IFREG | 0600, 1);
	assert_int_equal(find(t, "a")->inode->mode, S_IFDIR | 0755);
	assert_int_equal(find(t, "a/b")->inode->mode, S_IFDIR | 0755);
	assert_int_equal(find(t, "a/b/c")->inode->mode, S_IFREG | 0600);
	assert_null(find(t, "a/c"));
	assert_null(find(t, "a/b/c/d"));
}

static void test_symlink_parents(void **state)
{
	struct tree *t = *state;

	add(t, "usr/lib", S_IFDIR | 0755, 1);
	add_symlink(t, "lib", "usr/lib", 1);
	add_symlink(t, "abs", "/usr/lib", 1);
	add_symlink(t, "usr/up", "../../../..", 1);
	add_symlink(t, "dots", "./usr/./lib/../lib//", 1);
	add_symlink(t, "missing", "/run/new", 1);
	add(t, "lib/a", S_IFREG, 1);
	add(t, "abs/b", S_IFREG, 1);
	add(t, "usr/up/usr/lib/c", S_IFREG, 1);
	add(t, "dots/d", S_IFREG, 1);
	add(t, "missing/e", S_IFREG, 1);
	assert_int_equal(find(t, "usr/lib")->inode->folder->n_children, 4);
	assert_non_null(find(t, "run/new/e"));
	assert_true(S_ISLNK(find(t, "lib")->inode->mode));
}

static void test_symlink_loops(void **state)
{
	struct tree *t = *state;
	struct tree_place at;
	char name[8], target[8];
	static char targets[64][8];

	add_symlink(t, "self", "self", 1);
	add_symlink(t, "x", "y", 1);
	add_symlink(t, "y", "/x", 1);
	assert_int_equal(tree_walk(t, "self/a", 1, &at), -ELOOP);
	assert_int_equal(tree_walk(t, "x/a", 1, &at), -ELOOP);
	add(t, "l0", S_IFDIR, 1);
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		memcpy(targets[i], target, sizeof(target));
		add_symlink(t, name, targets[i], 1);
	}
	assert_int_equal(tree_walk(t, "l40/a", 1, &at), 0);
	assert_int_equal(tree_walk(t, "l41/a", 1, &at), -ELOOP);
}

static void test_file_as_parent(void **state)
{
	struct tree *t = *state;
	struct tree_place at;

	add(t, "f", S_IFREG, 1);
	assert_int_equal(tree_walk(t, "f/a", 1, &at), -ENOTDIR);
	add(t, "f/a", S_IFREG, 2);
	assert_true(S_ISDIR(find(t, "f")->inode->mode));
}

static void test_hide(void **state)
{
	struct tree *t = *state;

	add(t, "d", S_IFDIR | 0700, 1)->uid = 7;
	add(t, "d/low", S_IFREG, 1);
	add(t, "d/sub/low", S_IFREG, 1);
	add(t, "d/sub/high", S_IFREG, 2);
	add(t, "e/low", S_IFREG, 1);
	tree_hide(t, find(t, "d"), 2);
	tree_hide(t, find(t, "e"), 2);
	assert_null(find(t, "e"));
	assert_null(find(t, "d/low"));
	assert_null(find(t, "d/sub/low"));
	assert_non_null(find(t, "d/sub/high"));
	assert_int_equal(find(t, "d")->inode->mode, S_IFDIR | 0755);
	assert_int_equal(find(t, "d")->inode->uid, 0);
	tree_hide(t, find(t, "d"), 3);
	assert_null(find(t, "d"));
	assert_int_equal(t->n_entries, 0);
}

static void test_hide_own(void **state)
{
	struct tree *t = *state;

	add(t, "f", S_IFREG, 2);
	add(t, "d", S_IFDIR | 0700, 2);
	tree_hide(t, find(t, "f"), 2);
	tree_hide(t, find(t, "d"), 2);
	assert_non_null(find(t, "f"));
	assert_int_equal(find(t, "d")->inode->mode, S_IFDIR | 0700);
}

static void test_many_names(void **state)
{
	struct tree *t = *state;
	char name[16];

	for (int i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		add(t, name, S_IFREG, 1);
	}
	assert_int_equal(find(t, "d")->inode->folder->n_children, 50000);
	for (int i = 0; i < 50000; i += 2) {
		snprintf(name, sizeof(name), "d/%d", i);
		tree_unlink(t, find(t, name));
	}
	assert_null(find(t, "d/10"));
	assert_non_null(find(t, "d/11"));
	assert_int_equal(find(t, "d")->inode->folder->n_children, 25000);
	tree_unlink(t, find(t, "d"));
	assert_int_equal(t->n_entries, 0);
}

static void test_depth(void **state)
{
	struct tree *t = *state;
	struct tree_place at = { t->root, "d", 1 };
	struct tree_inode *next;
	int r = 0;

	for (unsigned int i = 0; i < TREE_DEPTH_MAX; i++) {
		assert_int_equal(tree_inode_new(t, S_IFDIR, &next), 0);
		assert_int_equal(tree_link(t, &at, 1, next), 0);
		at.dir = next;
	}
	assert_int_equal(tree_inode_new(t, S_IFDIR, &next), 0);
	r = tree_link(t, &at, 1, next);
	assert_int_equal(r, -ELOOP);
	tree_hide(t, find(t, "d"), 2);
	assert_int_equal(t->n_entries, 0);
}

static void test_limits(void **state)
{
	static const struct tree_limits few = { .max_entries = 3, .max_bytes = 4096 };
	struct tree_inode *inode;
	struct tree_place at;
	struct tree *t;
	int r = 0;

	(void)state;
	assert_int_equal(tree_new(&few, &t), 0);
	assert_int_equal(tree_walk(t, "a/b/c/d/e", 1, &at), -E2BIG);
	while (r == 0)
		r = tree_inode_new(t, S_IFREG, &inode);
	assert_int_equal(r, -EDQUOT);
	tree_free(t);
}

static void test_long_ways(void **state)
{
	static const struct tree_limits few = { .max_entries = 4, .max_bytes = 4096 };
	struct tree_place at;
	struct tree *t;
	uint32_t n = 0;
	int r;

	(void)state;
	assert_int_equal(tree_new(&few, &t), 0);
	do {
		r = tree_walk(t, "a/b/c/d/e", 1, &at);
		n++;
	} while (r == 0);
	assert_int_equal(r, -ETIME);
	assert_int_equal(n, few.max_entries * TREE_STEPS / 4 + 1);
	tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "paths of entries are cleaned and never leave the root", test_clean_path },
		{ "names over 255 and paths over 4095 bytes are refused", test_long_names },
		{ "missing parents become folders 0755", test_implicit_parents, setup, teardown },
		{ "symbolic links among parents stay inside the root", test_symlink_parents, setup,
		  teardown },
		{ "at most 40 symbolic links are followed", test_symlink_loops, setup, teardown },
		{ "a file gives way to a folder only for a higher layer", test_file_as_parent,
		  setup, teardown },
		{ "a whiteout hides lower layers and keeps what its own layer has", test_hide,
		  setup, teardown },
		{ "a whiteout does not hide its own layer", test_hide_own, setup, teardown },
		{ "tens of thousands of names in one folder", test_many_names, setup, teardown },
		{ "folders can be nested only so deep", test_depth, setup, teardown },
		{ "entries and memory are limited", test_limits },
		{ "the ways to all paths are limited", test_long_ways },
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
