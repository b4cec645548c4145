/* SPDX-License-Identifier: Apache-2.0 */
#include <archive_entry.h>
#include <unistd.h>

#include "layer-bench.h"

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
	i = b->tree->root;
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

static const struct tree_xattr *xattr_of(struct bench *b, const char *path, const char *name)
{
	const struct tree_xattr *x = look(b, path)->xattrs;

	while (x && strcmp(x->name, name) != 0)
		x = x->next;
	return x;
}

/* Entries of a list as getxattr(2) shows it: tag, permissions, number. */
#define ACL_ENTRY(tag, perm, id) tag, 0, perm, 0, (id)&0xFF, (id) >> 8 & 0xFF, 0, 0
#define ACL_NOBODY(tag, perm)	 tag, 0, perm, 0, 255, 255, 255, 255

static void test_acls(void **state)
{
	static const unsigned char list[] = {
		2,
		0,
		0,
		0,
		ACL_NOBODY(1, 6),
		ACL_ENTRY(2, 4, 1000),
		ACL_ENTRY(2, 7, 1001),
		ACL_NOBODY(4, 0),
		ACL_ENTRY(8, 6, 7),
		ACL_NOBODY(16, 4),
		ACL_NOBODY(32, 0),
	};
	static const unsigned char given[] = {
		2, 0, 0, 0, ACL_NOBODY(1, 6), ACL_NOBODY(4, 4), ACL_NOBODY(32, 0)
	};
	static const unsigned char masked[] = { 2,
						0,
						0,
						0,
						ACL_NOBODY(1, 7),
						ACL_NOBODY(4, 4),
						ACL_ENTRY(8, 3, 9),
						ACL_NOBODY(16, 7),
						ACL_NOBODY(32, 1) };
	struct bench *b = *state;
	const struct tree_xattr *x;

	apply(b, TAR({ .path = "f",
		       .acl = "user::rw-\nuser:1001:rwx\nuser:1000:r--\nuser:alice:rwx\n"
			      "group::---\ngroup:7:rw-\nmask::r--\nother::---\n" },
		     { .path = "given",
		       .acl = "user::rw-\nuser:1000:r--\ngroup::---\nmask::r--\nother::---\n",
		       .xattr = "system.posix_acl_access",
		       .value = (const char *)given,
		       .value_len = sizeof(given) },
		     { .path = "d",
		       .mode = S_IFDIR | 0750,
		       .default_acl = "user::rwx\ngroup::r--\ngroup:9:-wx\nother::--x\n" },
		     { .path = "plain", .mode = S_IFREG | 0640 }));
	assert_int_equal(look(b, "f")->mode, S_IFREG | 0640);
	x = xattr_of(b, "f", "system.posix_acl_access");
	assert_int_equal(x->value_len, sizeof(list));
	assert_memory_equal(x->value, list, sizeof(list));
	assert_int_equal(look(b, "given")->mode, S_IFREG | 0640);
	x = xattr_of(b, "given", "system.posix_acl_access");
	assert_int_equal(x->value_len, sizeof(given));
	assert_int_equal(look(b, "d")->mode, S_IFDIR | 0750);
	x = xattr_of(b, "d", "system.posix_acl_default");
	assert_int_equal(x->value_len, sizeof(masked));
	assert_int_equal(look(b, "plain")->mode, S_IFREG | 0640);
	assert_null(look(b, "plain")->xattrs);
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
		assert_int_equal(b->tree->root->folder->n_children, i + 1);
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
	assert_int_equal(b->tree->root->folder->n_children, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_CASE("owner, permissions and times are exact, also of the root",
			   test_attributes),
		BENCH_CASE("all types of entries", test_types),
		BENCH_CASE("content of files lies at whole blocks",
			   test_big_files_go_to_the_output),
		BENCH_CASE("extended attributes are kept where the image can hold them",
			   test_xattrs),
		BENCH_CASE("an access control list is kept, and the group's mode is its mask",
			   test_acls),
		BENCH_CASE("entries that cannot be are refused by name", test_bad_entries),
		BENCH_CASE("names of 255 bytes are kept, longer ones refused", test_long_name),
		BENCH_CASE("names keep their bytes", test_any_bytes_in_names),
		BENCH_CASE("owners beyond 32 bits are refused", test_huge_owner),
		BENCH_CASE("empty layers change nothing", test_empty_layers),
		BENCH_CASE("what is no tar is refused", test_not_a_tar),
		BENCH_CASE("a truncated tar is refused", test_truncated),
		BENCH_CASE("sparse files have zeros in their holes", test_sparse),
	};

	return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
