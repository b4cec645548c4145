/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "layer-bench.h"

static void test_whiteout(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "keep" }, { .path = "f" }, { .path = "d/x" }, { .path = "a/b/c" }));
	apply(b, TAR({ .path = ".wh.f" }, { .path = ".wh.d" }, { .path = "a/b/.wh.c" },
		     { .path = ".wh.never" }, { .path = "no/such/.wh.folder" }));
	assert_non_null(look(b, "keep"));
	assert_null(look(b, "f"));
	assert_null(look(b, "d"));
	assert_null(look(b, "a/b/c"));
	assert_non_null(look(b, "a/b"));
	assert_null(look(b, ".wh.f"));
	assert_null(look(b, "no"));
}

static void test_whiteout_order(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "before", .content = "old" }, { .path = "after", .content = "old" },
		     { .path = "d/low" }, { .path = "e/low" }));
	apply(b, TAR({ .path = "before", .content = "new" }, { .path = ".wh.before" },
		     { .path = ".wh.after" }, { .path = "after", .content = "new" },
		     { .path = "d/high" }, { .path = ".wh.d" }, { .path = ".wh.e" },
		     { .path = "e/high" }));
	assert_content(b, "before", "new");
	assert_content(b, "after", "new");
	assert_null(look(b, "d/low"));
	assert_null(look(b, "e/low"));
	assert_non_null(look(b, "d/high"));
	assert_non_null(look(b, "e/high"));
}

static void test_opaque(void **state)
{
	struct bench *b = *state;

	for (int round = 0; round < 2; round++) {
		const char *d = round == 0 ? "first/" : "last/";
		char low[32], sub[32], high[32], deep[32], opaque[32], dir[32];

		snprintf(dir, sizeof(dir), "%s", d);
		snprintf(low, sizeof(low), "%slow", d);
		snprintf(sub, sizeof(sub), "%ssub/low", d);
		snprintf(high, sizeof(high), "%shigh", d);
		snprintf(deep, sizeof(deep), "%ssub/high", d);
		snprintf(opaque, sizeof(opaque), "%s.wh..wh..opq", d);
		apply(b, TAR({ .path = low }, { .path = sub }));
		if (round == 0)
			apply(b, TAR({ .path = opaque }, { .path = dir, .mode = S_IFDIR | 0700 },
				     { .path = high }, { .path = deep }));
		else
			apply(b, TAR({ .path = high }, { .path = deep },
				     { .path = dir, .mode = S_IFDIR | 0700 }, { .path = opaque }));
		assert_null(look(b, low));
		assert_null(look(b, sub));
		assert_non_null(look(b, high));
		assert_non_null(look(b, deep));
		assert_null(look(b, opaque));
	}
	assert_int_equal(look(b, "first")->mode, S_IFDIR | 0700);
	assert_int_equal(look(b, "last")->mode, S_IFDIR | 0700);
}

static void test_opaque_root(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "a" }, { .path = "b/c" }));
	apply(b, TAR({ .path = "b/d" }, { .path = ".wh..wh..opq" }));
	assert_null(look(b, "a"));
	assert_null(look(b, "b/c"));
	assert_non_null(look(b, "b/d"));
}

static void test_bookkeeping(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "wh..opq" }));
	apply(b, TAR({ .path = ".wh..wh.plnk", .mode = S_IFDIR }, { .path = ".wh..wh.plnk/1.2" },
		     { .path = ".wh..wh.aufs" }));
	assert_int_equal(b->tree->root->folder->n_children, 1);
	assert_refused(b, TAR({ .path = ".wh." }), "whiteout of nothing");
	assert_refused(b, TAR({ .path = "a/.wh..." }), "whiteout of nothing");
	assert_refused(b, TAR({ .path = ".wh.a/b" }), "lies below a whiteout");
}

static void test_hardlinks(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "f", .content = "one" }, { .path = "s", .symlink = "f" },
		     { .path = "d", .mode = S_IFDIR }, { .path = "ld", .symlink = "d" },
		     { .path = "same", .hardlink = "./f" }));
	apply(b, TAR({ .path = "d/g", .hardlink = "/f" }, { .path = "t", .hardlink = "s" },
		     { .path = "again", .hardlink = "ld/g" }, { .path = "f", .hardlink = "f" }));
	assert_ptr_equal(look(b, "f"), look(b, "d/g"));
	assert_ptr_equal(look(b, "f"), look(b, "again"));
	assert_ptr_equal(look(b, "s"), look(b, "t"));
	assert_int_equal(look(b, "f")->nlink, 4);
	apply(b, TAR({ .path = ".wh.f" }, { .path = "same", .content = "two" }));
	assert_content(b, "again", "one");
	assert_content(b, "same", "two");
	assert_int_equal(look(b, "again")->nlink, 2);
}

static void test_bad_hardlinks(void **state)
{
	struct bench *b = *state;

	assert_refused(b, TAR({ .path = "h", .hardlink = "missing" }),
		       "entry \"h\" links to \"missing\", which does not exist");
	assert_refused(b, TAR({ .path = "h", .hardlink = "../../etc/shadow" }),
		       "links to \"../../etc/shadow\", which leaves the root of the image");
	assert_refused(b, TAR({ .path = "d", .mode = S_IFDIR }, { .path = "h", .hardlink = "d" }),
		       "which is a folder");
	assert_refused(b, TAR({ .path = "h", .hardlink = "." }), "which does not exist");
}

static void test_replacing(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "a", .content = "file" }, { .path = "b/x" },
		     { .path = "c", .symlink = "b" }, { .path = "d/y" }));
	apply(b,
	      TAR({ .path = "a", .mode = S_IFDIR | 0700 }, { .path = "a/in" },
		  { .path = "b", .content = "now a file" }, { .path = "c", .mode = S_IFDIR | 0755 },
		  { .path = "c/z" }, { .path = "d", .mode = S_IFDIR | 0700, .uid = 9 }));
	assert_int_equal(look(b, "a")->mode, S_IFDIR | 0700);
	assert_non_null(look(b, "a/in"));
	assert_content(b, "b", "now a file");
	assert_null(look(b, "b/x"));
	assert_non_null(look(b, "c/z"));
	assert_non_null(look(b, "d/y"));
	assert_int_equal(look(b, "d")->uid, 9);
}

static void test_folder_replaces_its_attributes(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "d", .mode = S_IFDIR | 0755, .xattr = "user.a", .value = "1" }));
	apply(b, TAR({ .path = "d/", .mode = S_IFDIR | 0700, .xattr = "user.b", .value = "2" }));
	assert_string_equal(look(b, "d")->xattrs->name, "user.b");
	assert_null(look(b, "d")->xattrs->next);
}

static void test_symlinked_parents(void **state)
{
	struct bench *b = *state;

	apply(b, TAR({ .path = "usr/lib", .mode = S_IFDIR | 0755 },
		     { .path = "lib", .symlink = "usr/lib" },
		     { .path = "out", .symlink = "../../../../tmp" }));
	apply(b, TAR({ .path = "lib/a" }, { .path = "out/b" }));
	assert_non_null(look(b, "usr/lib/a"));
	assert_non_null(look(b, "tmp/b"));
	assert_true(S_ISLNK(look(b, "lib")->mode));
	apply(b, TAR({ .path = "lib/.wh.a" }));
	assert_null(look(b, "usr/lib/a"));
}

static void test_escapes(void **state)
{
	struct bench *b = *state;

	assert_refused(b, TAR({ .path = "../../etc/passwd" }),
		       "entry \"../../etc/passwd\" leaves the root of the image");
	assert_refused(b, TAR({ .path = "a/../../b" }), "leaves the root");
	assert_refused(b, TAR({ .path = "../.wh.x" }), "leaves the root");
	apply(b, TAR({ .path = "/abs/olute" }, { .path = "in/../side" }));
	assert_non_null(look(b, "abs/olute"));
	assert_non_null(look(b, "side"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_CASE("whiteouts remove files and folders of lower layers", test_whiteout),
		BENCH_CASE("whiteouts work before and after entries of the same name",
			   test_whiteout_order),
		BENCH_CASE("opaque folders hide lower layers in every order", test_opaque),
		BENCH_CASE("the root can be opaque", test_opaque_root),
		BENCH_CASE("other .wh. names: aufs bookkeeping is ignored, nonsense refused",
			   test_bookkeeping),
		BENCH_CASE("hard links share an inode across layers", test_hardlinks),
		BENCH_CASE("hard links to nothing, to folders and out of the root are refused",
			   test_bad_hardlinks),
		BENCH_CASE("files, folders and links replace each other", test_replacing),
		BENCH_CASE("a folder listed again has the new attributes only",
			   test_folder_replaces_its_attributes),
		BENCH_CASE("parents that are links are followed inside the root",
			   test_symlinked_parents),
		BENCH_CASE("paths that leave the root are refused, absolute ones start at it",
			   test_escapes),
	};

	return cmocka_run_group_tests_name("layer-changes", tests, NULL, NULL);
}
