/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/flatten/erofs-format.h"
#include "image/flatten/erofs-xattr.h"
#include "judge.h"
#include "layer-util.h"

static void test_empty(void **state)
{
	int fd = image_of(NULL, 0);
	struct stat sb;

	(void)state;
	assert_int_equal(fstat(fd, &sb), 0);
	assert_int_equal(sb.st_size, 2 * EROFS_BLOCK);
	judge_image(fd);
	close(fd);
}

static void test_attributes(void **state)
{
	int layers[] = { TAR(
		{ .path = ".", .mode = S_IFDIR | 0700, .uid = 3, .gid = 4, .mtime = 99 },
		{ .path = "suid",
		  .mode = S_IFREG | 04755,
		  .content = "x",
		  .mtime = 5,
		  .mtime_nsec = 123456789 },
		{ .path = "far", .uid = 100000, .gid = 4000000000, .mtime = 100 },
		{ .path = "early", .mtime = -1 },
		{ .path = "sticky", .mode = S_IFDIR | 01777, .mtime = 100 }) };
	int root = judge_mount(image_of(layers, 1));
	struct stat sb;

	(void)state;
	if (root < 0)
		skip();
	sb = stat_of(root, ".");
	assert_int_equal(sb.st_mode, S_IFDIR | 0700);
	assert_int_equal(sb.st_uid, 3);
	assert_int_equal(sb.st_gid, 4);
	assert_int_equal(sb.st_mtime, 99);
	assert_int_equal(sb.st_nlink, 3);
	sb = stat_of(root, "suid");
	assert_int_equal(sb.st_mode, S_IFREG | 04755);
	assert_int_equal(sb.st_mtime, 5);
	assert_int_equal(sb.st_mtim.tv_nsec, 123456789);
	sb = stat_of(root, "far");
	assert_int_equal(sb.st_uid, 100000);
	assert_int_equal(sb.st_gid, 4000000000);
	assert_int_equal(stat_of(root, "early").st_mtime, -1);
	assert_int_equal(stat_of(root, "sticky").st_mode, S_IFDIR | 01777);
	assert_int_equal(stat_of(root, "sticky").st_mtime, 100);
	close(root);
}

static void test_types(void **state)
{
	char target[4096] = "", back[4096];
	int layers[1], root;

	(void)state;
	memset(target, 't', 4095);
	layers[0] = TAR({ .path = "d/f", .content = "data" }, { .path = "hard", .hardlink = "d/f" },
			{ .path = "soft", .symlink = "d/f" }, { .path = "long", .symlink = target },
			{ .path = "null", .mode = S_IFCHR | 0666, .major = 1, .minor = 3 },
			{ .path = "big", .mode = S_IFBLK | 0600, .major = 4095, .minor = 1048575 },
			{ .path = "fifo", .mode = S_IFIFO | 0600 });
	root = judge_mount(image_of(layers, 1));
	if (root < 0)
		skip();
	assert_file(root, "hard", "data", 4);
	assert_int_equal(stat_of(root, "hard").st_ino, stat_of(root, "d/f").st_ino);
	assert_int_equal(stat_of(root, "hard").st_nlink, 2);
	assert_int_equal(readlinkat(root, "soft", back, sizeof(back)), 3);
	assert_memory_equal(back, "d/f", 3);
	assert_int_equal(readlinkat(root, "long", back, sizeof(back)), 4095);
	assert_memory_equal(back, target, 4095);
	assert_int_equal(stat_of(root, "null").st_rdev, makedev(1, 3));
	assert_int_equal(stat_of(root, "big").st_rdev, makedev(4095, 1048575));
	assert_true(S_ISFIFO(stat_of(root, "fifo").st_mode));
	close(root);
}

/* Sizes around all the borders: inline or not, block, piece of the writer. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0,    1,    2047, 2048,	 2049,	  4095,	   4096,
					4097, 8192, 9000, 65536, 1048575, 1048577, 3000000 };
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
	char *data = malloc(3000000), name[16];
	int layer, root;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < 3000000; i++)
		data[i] = (char)(i / 4096 % 3 == 0 ? 0 : i * 31 + i / 4096);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(name, sizeof(name), "%zu", sizes[i]);
		TAR_ADD(a, .path = name, .content = data, .size = sizes[i]);
	}
	layer = tar_end(a);
	root = judge_mount(image_of(&layer, 1));
	for (size_t i = 0; root >= 0 && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(name, sizeof(name), "%zu", sizes[i]);
		if (sizes[i] > 0)
			assert_file(root, name, data, sizes[i]);
		else
			assert_int_equal(stat_of(root, name).st_size, 0);
	}
	free(data);
	if (root < 0)
		skip();
	close(root);
}

static void test_xattrs(void **state)
{
	static const char caps[20] = "\1\0\0\2\0\4";
	char *large = malloc(60000), *back = malloc(65536), long_name[256] = "user.";
	int layers[1], root;

	(void)state;
	assert_true(large && back);
	memset(large, 'L', 60000);
	memset(long_name + 5, 'n', 250);
	layers[0] = TAR(
		{ .path = "ping",
		  .xattr = "security.capability",
		  .value = caps,
		  .value_len = sizeof(caps),
		  .content = "inline" },
		{ .path = "large",
		  .xattr = "user.large",
		  .value = large,
		  .value_len = 60000,
		  .content = "beside" },
		{ .path = "name", .xattr = long_name, .value = "v" },
		{ .path = "dir", .mode = S_IFDIR | 0755, .xattr = "trusted.t", .value = "dir" });
	root = judge_mount(image_of(layers, 1));
	if (root < 0) {
		free(large);
		free(back);
		skip();
	}
	assert_int_equal(fchdir(root), 0);
	assert_int_equal(lgetxattr("ping", "security.capability", back, 65536), sizeof(caps));
	assert_memory_equal(back, caps, sizeof(caps));
	assert_int_equal(lgetxattr("large", "user.large", back, 65536), 60000);
	assert_memory_equal(back, large, 60000);
	assert_file(root, "large", "beside", 6);
	assert_file(root, "ping", "inline", 6);
	assert_int_equal(lgetxattr("name", long_name, back, 65536), 1);
	assert_int_equal(lgetxattr("dir", "trusted.t", back, 65536), 3);
	assert_int_equal(llistxattr("name", back, 65536), 256);
	assert_int_equal(chdir("/"), 0);
	close(root);
	free(large);
	free(back);
}

static void test_acl(void **state)
{
	/* Version 2; user::rwx, user:1000:r--, group::r-x, mask::r-x, other::--- */
	static const char acl[] = "\2\0\0\0"
				  "\1\0\7\0\377\377\377\377"
				  "\2\0\4\0\350\3\0\0"
				  "\4\0\5\0\377\377\377\377"
				  "\20\0\5\0\377\377\377\377"
				  "\40\0\0\0\377\377\377\377";
	int layers[] = { TAR({ .path = "f",
			       .mode = S_IFREG | 0750,
			       .xattr = "system.posix_acl_access",
			       .value = acl,
			       .value_len = sizeof(acl) - 1 }) };
	int root = judge_mount(image_of(layers, 1));
	char back[256];
	ssize_t len;

	(void)state;
	if (root < 0)
		skip();
	assert_int_equal(fchdir(root), 0);
	len = lgetxattr("f", "system.posix_acl_access", back, sizeof(back));
	assert_int_equal(chdir("/"), 0);
	close(root);
	assert_int_equal(len, sizeof(acl) - 1);
	assert_memory_equal(back, acl, sizeof(acl) - 1);
}

static size_t count_names(int root, const char *path)
{
	DIR *d = fdopendir(openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_large_folder(void **state)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
	char name[64];
	int layer, root;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "d/%d-%x", i, i * 7919);
		TAR_ADD(a, .path = name);
	}
	layer = tar_end(a);
	root = judge_mount(image_of(&layer, 1));
	if (root < 0)
		skip();
	assert_int_equal(count_names(root, "d"), 100002);
	for (int i = 0; i < 100000; i += 997) {
		snprintf(name, sizeof(name), "d/%d-%x", i, i * 7919);
		assert_int_equal(faccessat(root, name, F_OK, 0), 0);
	}
	assert_int_equal(faccessat(root, "d/none", F_OK, 0), -1);
	close(root);
}

/* Of 244 bytes, so that sixteen fill a block to the last byte, or of 255. */
static void long_name(char ret[261], int i)
{
	size_t len = i < 100 ? 244 : 255;

	memset(ret, 'x', 5 + len);
	ret[5 + len] = '\0';
	memcpy(ret, "long/", 5);
	ret[5] = (char)('0' + i / 100);
	ret[6] = (char)('0' + i / 10 % 10);
	ret[7] = (char)('0' + i % 10);
}

/* Names before, between and after "." and "..", and long ones. */
static void test_names(void **state)
{
	static const char *const odd[] = { "!", "-", "+", ",", "...", "..a", ".a", "\x01", "\xff" };
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
	char name[261];
	int layer, root;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		TAR_ADD(a, .path = odd[i]);
	for (int i = 0; i < 200; i++) {
		long_name(name, i);
		TAR_ADD(a, .path = name);
	}
	layer = tar_end(a);
	root = judge_mount(image_of(&layer, 1));
	if (root < 0)
		skip();
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(faccessat(root, odd[i], F_OK, 0), 0);
	assert_int_equal(count_names(root, "."), 3 + sizeof(odd) / sizeof(odd[0]));
	assert_int_equal(count_names(root, "long"), 202);
	for (int i = 0; i < 200; i++) {
		long_name(name, i);
		assert_int_equal(faccessat(root, name, F_OK, 0), 0);
	}
	close(root);
}

static void test_compact(void **state)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
	struct stat same, mixed;
	char name[16];
	int fd, layer;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "%d", i);
			TAR_ADD(a, .path = name, .mtime = round == 0 ? 1 : i);
		}
		layer = tar_end(a);
		fd = image_of(&layer, 1);
		judge_image(fd);
		assert_int_equal(fstat(fd, round == 0 ? &same : &mixed), 0);
		close(fd);
		if (round == 0)
			a = tar_begin(ARCHIVE_FILTER_NONE);
	}
	assert_true(mixed.st_size - same.st_size >= 999 * 32 - EROFS_BLOCK);
}

static void test_replaced_data(void **state)
{
	char *data = malloc(8 << 20);
	int layers[2], fd;
	struct stat sb;

	(void)state;
	assert_non_null(data);
	memset(data, 'o', 8 << 20);
	layers[0] = TAR({ .path = "f", .content = data, .size = 8 << 20 }, { .path = "g" },
			{ .path = "h", .content = data, .size = 5000 });
	layers[1] = TAR({ .path = ".wh.f" }, { .path = "h", .content = "new" });
	fd = image_of(layers, 2);
	free(data);
	judge_image(fd);
	assert_int_equal(fstat(fd, &sb), 0);
	assert_true(sb.st_blocks * 512 < 1 << 20);
	close(fd);
}

static void test_xattr_names(void **state)
{
	uint32_t len = 0;

	(void)state;
	assert_int_equal(erofs_xattr_index("user.x", &len), EROFS_XATTR_USER);
	assert_int_equal(len, 5);
	assert_int_equal(erofs_xattr_index("security.capability", &len), EROFS_XATTR_SECURITY);
	assert_int_equal(erofs_xattr_index("trusted.a", &len), EROFS_XATTR_TRUSTED);
	assert_int_equal(erofs_xattr_index("system.posix_acl_default", &len),
			 EROFS_XATTR_ACL_DEFAULT);
	assert_int_equal(len, strlen("system.posix_acl_default"));
	assert_int_equal(erofs_xattr_index("user.", &len), 0);
	assert_int_equal(erofs_xattr_index("users", &len), 0);
	assert_int_equal(erofs_xattr_index("system.posix_acl_access2", &len), 0);
	assert_int_equal(erofs_xattr_index("", &len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "an image without layers is an empty root folder", test_empty },
		{ "owner, permissions and times survive", test_attributes },
		{ "all types of files survive", test_types },
		{ "content of any size survives", test_sizes },
		{ "extended attributes survive", test_xattrs },
		{ "access control lists survive", test_acl },
		{ "a folder of 100000 names", test_large_folder },
		{ "names sort as the kernel searches them", test_names },
		{ "inodes with the common time take half the space", test_compact },
		{ "replaced and hidden data takes no space", test_replaced_data },
		{ "attribute names that the format can hold", test_xattr_names },
	};

	return cmocka_run_group_tests_name("erofs", tests, judge_setup, NULL);
}
