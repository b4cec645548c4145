/* SPDX-License-Identifier: Apache-2.0 */
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "image/layer.h"
#include "layer-util.h"

static const struct flatten_limits roomy = {
	.max_bytes = 1 << 30,
	.max_entries = 100000,
	.max_memory = 64 << 20,
	.ratio_from = 1 << 30,
	.ratio_max = 400,
	.inline_bytes = 1 << 20,
};

/* A tree to which layers are applied, one after the other. */
struct bench {
	struct layer_target target;
	struct erofs_out out;
	uint32_t n_layers;
	struct err err;
};

static int setup(void **state)
{
	const struct tree_limits limits = { roomy.max_entries, roomy.max_memory };
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->target.limits = &roomy;
	b->target.out = &b->out;
	assert_int_equal(erofs_out_init(&b->out, memfd_create("out", MFD_CLOEXEC)), 0);
	assert_int_equal(tree_new(&limits, &b->target.tree), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	close(b->out.fd);
	erofs_out_reset(&b->out);
	tree_free(b->target.tree);
	free(b);
	return 0;
}

static int try_apply(struct bench *b, int fd)
{
	char hex[SHA256_HEX_LEN + 1];
	int r = layer_apply(&b->target, fd, ++b->n_layers, hex, &b->err);

	close(fd);
	return r;
}

static void apply(struct bench *b, int fd)
{
	if (try_apply(b, fd) < 0)
		fail_msg("%s", b->err.msg);
}

static void assert_refused(struct bench *b, int fd, const char *message)
{
	assert_int_equal(try_apply(b, fd), -EBADMSG);
	if (!strstr(b->err.msg, message))
		fail_msg("\"%s\" does not say \"%s\"", b->err.msg, message);
}

static struct tree_inode *look(struct bench *b, const char *path)
{
	struct tree_place at;
	struct tree_entry *e;

	assert_int_equal(tree_walk(b->target.tree, path, 0, &at), 0);
	e = at.dir ? tree_find(b->target.tree, at.dir, at.name, at.len) : NULL;
	return e ? e->inode : NULL;
}

static void assert_content(struct bench *b, const char *path, const char *content)
{
	struct tree_inode *i = look(b, path);

	assert_non_null(i);
	assert_int_equal(i->size_bytes, strlen(content));
	assert_memory_equal(i->data, content, strlen(content));
}

static void test_attributes(void **state)
{
	struct bench *b = *state;
	struct tree_inode *i;

	apply(b, TAR({ .path = "./", .mode = S_IFDIR | 01777, .uid = 5, .gid = 6, .mtime = 7 },
		     { .path = "f",
		       .mode = S_IFREG | 06755,
		       .content = "hello",
		       .uid = 4294967295,
		       .gid = 4294967294,
		       .mtime = -5,
		       .mtime_nsec = 123456789 }));
	i = b->target.tree->root;
	assert_int_equal(i->mode, S_IFDIR | 01777);
	assert_int_equal(i->uid, 5);
	assert_int_equal(i->gid, 6);
	assert_int_equal(i->mtime_sec, 7);
	i = look(b, "f");
	assert_int_equal(i->mode, S_IFREG | 06755);
	assert_int_equal(i->uid, 4294967295);
	assert_int_equal(i->gid, 4294967294);
	assert_int_equal(i->mtime_sec, -5);
	assert_int_equal(i->mtime_nsec, 123456789);
	assert_content(b, "f", "hello");
}

static void test_types(void **state)
{
	struct bench *b = *state;

	apply(b,
	      TAR({ .path = "d", .mode = S_IFDIR | 0711 }, { .path = "l", .symlink = "to/there" },
		  { .path = "c", .mode = S_IFCHR | 0666, .major = 5, .minor = 0x12345 },
		  { .path = "b", .mode = S_IFBLK | 0660, .major = 259, .minor = 3 },
		  { .path = "p", .mode = S_IFIFO | 0644 }, { .path = "e" }));
	assert_int_equal(look(b, "d")->mode, S_IFDIR | 0711);
	assert_content(b, "l", "to/there");
	assert_int_equal(look(b, "c")->rdev, 0x45 | 5 << 8 | 0x12300 << 12);
	assert_int_equal(look(b, "b")->rdev, 3 | 259 << 8);
	assert_int_equal(look(b, "p")->mode, S_IFIFO | 0644);
	assert_int_equal(look(b, "e")->size_bytes, 0);
}

static void test_big_files_go_to_the_output(void **state)
{
	struct bench *b = *state;
	char *data = calloc(1, 100000), *back = malloc(100000);
	struct tree_inode *i;

	assert_true(data && back);
	for (int k = 0; k < 100000; k++)
		data[k] = (char)(k * 7 + k / 251);
	apply(b, TAR({ .path = "small", .content = "x" },
		     { .path = "big", .content = data, .size = 100000 },
		     { .path = "next", .content = data, .size = 5000 }));
	i = look(b, "big");
	assert_int_equal(i->pos % 4096, 0);
	assert_int_equal(erofs_out_flush(&b->out), 0);
	assert_int_equal(pread(b->out.fd, back, 100000, (off_t)i->pos), 100000);
	assert_memory_equal(data, back, 100000);
	assert_int_equal(look(b, "next")->pos, i->pos + 102400);
	free(data);
	free(back);
}

static void test_xattrs(void **state)
{
	static const char caps[20] = "\1\0\0\2\0\4";
	struct bench *b = *state;
	struct tree_xattr *x;

	apply(b, TAR({ .path = "ping",
		       .xattr = "security.capability",
		       .value = caps,
		       .value_len = sizeof(caps) },
		     { .path = "u", .xattr = "user.a", .value = "1" },
		     { .path = "acl", .xattr = "system.posix_acl_access", .value = "acl" },
		     { .path = "ovl", .xattr = "trusted.overlay.opaque", .value = "y" },
		     { .path = "trusted", .xattr = "trusted.x", .value = "y" },
		     { .path = "other", .xattr = "lustre.lov", .value = "y" },
		     { .path = "nfs", .xattr = "system.nfs4_acl", .value = "y" }));
	x = look(b, "ping")->xattrs;
	assert_string_equal(x->name, "security.capability");
	assert_int_equal(x->value_len, sizeof(caps));
	assert_memory_equal(x->value, caps, sizeof(caps));
	assert_null(x->next);
	assert_string_equal(look(b, "u")->xattrs->name, "user.a");
	assert_string_equal(look(b, "acl")->xattrs->name, "system.posix_acl_access");
	assert_string_equal(look(b, "trusted")->xattrs->name, "trusted.x");
	assert_null(look(b, "ovl")->xattrs);
	assert_null(look(b, "other")->xattrs);
	assert_null(look(b, "nfs")->xattrs);
}

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
	assert_int_equal(b->target.tree->root->n_children, 1);
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

static void test_bad_entries(void **state)
{
	struct bench *b = *state;

	assert_refused(b, TAR({ .path = "f" }, { .path = "f/x" }), "not a folder");
	assert_refused(b, TAR({ .path = "l", .symlink = "l" }, { .path = "l/x" }),
		       "symbolic links");
	assert_refused(b, TAR({ .path = ".", .content = "x" }), "replace the root");
	assert_refused(b, TAR({ .path = "c", .mode = S_IFCHR, .major = 5000, .minor = 1 }),
		       "impossible device number 5000:1");
	assert_refused(b, TAR({ .path = "evil\n\"\x1b[31m\xff", .hardlink = "x" }),
		       "entry \"evil\\x0a\\x22\\x1b[31m\\xff\" links");
}

static void test_long_name(void **state)
{
	struct bench *b = *state;
	char name[300];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	apply(b, TAR({ .path = name }));
	assert_non_null(look(b, name));
	name[255] = 'n';
	name[256] = '\0';
	assert_refused(b, TAR({ .path = name }), "longer than 255");
}

/* As Go writes it: the path in a pax record, in UTF-8 by definition, whatever bytes it has. */
static int pax_named(const char *name)
{
	char tar[512 * 4] = { 0 }, record[256];
	size_t len = strlen(name) + strlen("NN path=\n");

	snprintf(record, sizeof(record), "%zu path=%s\n", len, name);
	ustar_header(tar, "PaxHeaders.0/x", 'x', len);
	memcpy(tar + 512, record, len);
	ustar_header(tar + 1024, "x", '0', 0);
	return memory_file(tar, sizeof(tar));
}

static void test_any_bytes_in_names(void **state)
{
	static const char *const names[] = {
		"caf\xc3\xa9",	       /* composed */
		"cafe\xcc\x81",	       /* decomposed: another name */
		"kelvin \xe2\x84\xaa", /* K that normalizes to ASCII */
		"latin \xe9",	       /* not UTF-8 */
		"\xff\xfe\x80 \x01\n",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		apply(b, pax_named(names[i]));
		assert_non_null(look(b, names[i]));
		assert_int_equal(b->target.tree->root->n_children, i + 1);
	}
}

static void test_huge_owner(void **state)
{
	struct bench *b = *state;

	assert_refused(b, TAR({ .path = "f", .uid = 4294967296 }), "impossible owner 4294967296:0");
}

static void test_empty_layers(void **state)
{
	static const char zeros[10240];
	struct bench *b = *state;

	apply(b, memory_file("", 0));
	apply(b, memory_file(zeros, 1024));
	apply(b, memory_file(zeros, sizeof(zeros)));
	assert_int_equal(b->target.tree->root->n_children, 0);
}

static void test_not_a_tar(void **state)
{
	struct bench *b = *state;
	static const char text[] = "<html>404 Not Found</html>";
	char junk[4096];

	memset(junk, 0xa5, sizeof(junk));
	assert_refused(b, memory_file(text, strlen(text)), "not a valid tar archive");
	assert_refused(b, memory_file(junk, sizeof(junk)), "not a valid tar archive");
}

static void test_truncated(void **state)
{
	struct bench *b = *state;
	char *data = malloc(50000), *tar = malloc(60000);
	ssize_t len;
	int fd;

	assert_true(data && tar);
	memset(data, 'x', 50000);
	fd = TAR({ .path = "big", .content = data, .size = 50000 });
	len = pread(fd, tar, 60000, 0);
	assert_true(len > 50000);
	close(fd);
	assert_refused(b, memory_file(tar, 30000), "not a valid tar archive");
	assert_refused(b, memory_file(tar, 700), "not a valid tar archive");
	free(data);
	free(tar);
}

static void test_sparse(void **state)
{
	struct bench *b = *state;
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
	struct archive_entry *e = archive_entry_new();
	char back[4096];
	uint64_t pos;

	archive_entry_set_pathname(e, "sparse");
	archive_entry_set_mode(e, S_IFREG | 0644);
	archive_entry_set_size(e, 10 << 20);
	archive_entry_sparse_add_entry(e, 1 << 20, 4096);
	archive_entry_sparse_add_entry(e, 5 << 20, 512);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	memset(back, 's', sizeof(back));
	for (int i = 0; i < (10 << 20) / 4096; i++)
		archive_write_data(a, back, sizeof(back));
	archive_entry_free(e);
	apply(b, tar_end(a));
	assert_int_equal(look(b, "sparse")->size_bytes, 10 << 20);
	pos = look(b, "sparse")->pos;
	assert_int_equal(b->out.pos - pos, 10 << 20);
	assert_int_equal(erofs_out_flush(&b->out), 0);
	assert_int_equal(ftruncate(b->out.fd, (off_t)b->out.pos), 0);
	for (uint64_t i = 0; i < 10 << 20; i += 4096) {
		bool first = i == 1 << 20, second = i == 5 << 20;

		assert_int_equal(pread(b->out.fd, back, 4096, (off_t)(pos + i)), 4096);
		assert_int_equal(back[511], first || second ? 's' : 0);
		assert_int_equal(back[512], first ? 's' : 0);
	}
}

#define CASE(name, f)                                                                              \
	{                                                                                          \
		name, f, setup, teardown                                                           \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("owner, permissions and times are exact, also of the root", test_attributes),
		CASE("all types of entries", test_types),
		CASE("content of files lies at whole blocks", test_big_files_go_to_the_output),
		CASE("extended attributes are kept where the image can hold them", test_xattrs),
		CASE("whiteouts remove files and folders of lower layers", test_whiteout),
		CASE("whiteouts work before and after entries of the same name",
		     test_whiteout_order),
		CASE("opaque folders hide lower layers in every order", test_opaque),
		CASE("the root can be opaque", test_opaque_root),
		CASE("other .wh. names: aufs bookkeeping is ignored, nonsense refused",
		     test_bookkeeping),
		CASE("hard links share an inode across layers", test_hardlinks),
		CASE("hard links to nothing, to folders and out of the root are refused",
		     test_bad_hardlinks),
		CASE("files, folders and links replace each other", test_replacing),
		CASE("a folder listed again has the new attributes only",
		     test_folder_replaces_its_attributes),
		CASE("parents that are links are followed inside the root", test_symlinked_parents),
		CASE("paths that leave the root are refused, absolute ones start at it",
		     test_escapes),
		CASE("entries that cannot be are refused by name", test_bad_entries),
		CASE("names of 255 bytes are kept, longer ones refused", test_long_name),
		CASE("names keep their bytes", test_any_bytes_in_names),
		CASE("owners beyond 32 bits are refused", test_huge_owner),
		CASE("empty layers change nothing", test_empty_layers),
		CASE("what is no tar is refused", test_not_a_tar),
		CASE("a truncated tar is refused", test_truncated),
		CASE("sparse files have zeros in their holes", test_sparse),
	};

	return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
