/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/initramfs.h"
#include "kernel/modules.h"
#include "pack.h"

static const char dep[] = "kernel/a/virtio_mmio.ko: kernel/a/virtio.ko kernel/a/virtio_ring.ko\n"
			  "kernel/a/virtio.ko: kernel/a/virtio_ring.ko\n"
			  "kernel/a/virtio_ring.ko:\n"
			  "kernel/b/virtio-blk.ko: kernel/a/virtio.ko kernel/a/virtio_ring.ko\n"
			  "kernel/b/virtio_console.ko: kernel/a/virtio.ko kernel/a/virtio_ring.ko\n"
			  "kernel/c/erofs.ko.gz: kernel/c/libcrc32c.ko\n"
			  "kernel/c/libcrc32c.ko:\n";
static const char builtin[] = "kernel/c/ext4.ko\nkernel/c/overlay.ko\n";

static void every_module_comes_after_what_it_needs(void **state)
{
	const struct wanted_module wanted[] = {
		{ "virtio_mmio" }, { "virtio_blk" }, { "overlay" }, { NULL }
	};
	const char *const order[] = { "kernel/a/virtio_ring.ko", "kernel/a/virtio.ko",
				      "kernel/a/virtio_mmio.ko", "kernel/b/virtio-blk.ko" };
	cleanup_strv char **v = NULL;
	struct err err;

	(void)state;
	assert_int_equal(modules_resolve(dep, builtin, wanted, &v, &err), 0);
	assert_int_equal(strv_len(v), ARRAY_SIZE(order));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(v[i], order[i]);
}

static void an_optional_module_is_taken_where_there_is_one(void **state)
{
	const struct wanted_module wanted[] = { { "btrfs", true },
						{ "libcrc32c", true },
						{ NULL } };
	cleanup_strv char **v = NULL;
	struct err err;

	(void)state;
	assert_int_equal(modules_resolve(dep, builtin, wanted, &v, &err), 0);
	assert_int_equal(strv_len(v), 1);
	assert_string_equal(v[0], "kernel/c/libcrc32c.ko");
}

static void a_module_that_is_nowhere_is_named(void **state)
{
	const struct wanted_module wanted[] = { { "virtio" }, { "btrfs" }, { NULL } };
	struct err err = { 0 };
	char **v = NULL;

	(void)state;
	assert_int_equal(modules_resolve(dep, builtin, wanted, &v, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "btrfs"));
	assert_null(v);
}

static void dependencies_in_a_circle_are_an_error(void **state)
{
	const struct wanted_module wanted[] = { { "a" }, { NULL } };
	char **v = NULL;

	(void)state;
	assert_int_equal(modules_resolve("a.ko: b.ko\nb.ko: a.ko\n", "", wanted, &v, NULL), -ELOOP);
	assert_int_equal(modules_resolve("a.ko: gone.ko\n", "", wanted, &v, NULL), -ENOENT);
}

static void names_of_modules_are_without_folder_and_ending(void **state)
{
	char *name = modules_name("kernel/b/virtio-blk.ko.xz");

	(void)state;
	assert_string_equal(name, "virtio_blk");
	free(name);
}

static void put(int dir, const char *name, const char *text)
{
	assert_int_equal(file_write_atomic(dir, name, text, strlen(text), 0644), 0);
}

static void put_gzip(int dir, const char *name, const char *text)
{
	char packed[1024];
	size_t len = pack_gzip(text, strlen(text), packed, sizeof(packed));
	cleanup_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_int_equal(fd_write_all(fd, packed, len), 0);
}

/* A folder like lib/modules/VERSION with an "init" beside. */
static char *make_modules(void)
{
	char *dir = strdup("/tmp/moat-initramfs-XXXXXX");
	const char *const folders[] = { "kernel/a", "kernel/b", "kernel/c" };
	const char *const files[] = { "kernel/a/virtio_mmio.ko",    "kernel/a/virtio.ko",
				      "kernel/a/virtio_ring.ko",    "kernel/b/virtio-blk.ko",
				      "kernel/b/virtio_console.ko", "kernel/c/libcrc32c.ko" };
	cleanup_close int fd = -1;

	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = str_printf("%s/%s", dir, folders[i]);

		assert_int_equal(path_mkdir_p(path, 0755), 0);
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(fd, "modules.dep", dep);
	put(fd, "modules.builtin", builtin);
	put(fd, "init", "#!init");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *path = str_printf("%s/%s", dir, files[i]);
		int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		assert_int_equal(fd_write_all(file, files[i], strlen(files[i])), 0);
		close(file);
	}
	put_gzip(fd, "kernel/c/erofs.ko.gz", "erofs uncompressed");
	return dir;
}

static int build(const char *dir, const char *modules)
{
	cleanup_free char *init = str_printf("%s/init", dir);
	int fd = memfd_create("initramfs", MFD_CLOEXEC);
	struct err err;

	if (initramfs_build(init, modules, fd, &err) < 0)
		fail_msg("%s", err.msg);
	return fd;
}

/* "MODE NAME CONTENT" of every entry, one a line. */
static char *read_back(int fd)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct archive *a = archive_read_new();
	struct archive_entry *e;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_fd(a, fd, 4096), ARCHIVE_OK);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		char content[100] = "";

		assert_true(archive_read_data(a, content, sizeof(content) - 1) >= 0);
		for (char *p = content; *p; p++)
			*p = *p == '\n' ? ',' : *p;
		buf_addf(&text, "%o %s %s\n", archive_entry_mode(e), archive_entry_pathname(e),
			 content);
	}
	archive_read_free(a);
	return buf_take(&text);
}

static void the_archive_holds_init_and_modules_in_order(void **state)
{
	cleanup_free char *dir = make_modules();
	cleanup_close int fd = build(dir, dir);
	cleanup_free char *text = read_back(fd);

	(void)state;
	assert_string_equal(
		text,
		"40755 dev \n40755 proc \n40755 sys \n40755 run \n40755 rootfs \n40755 modules \n"
		"20600 dev/console \n100755 init #!init\n"
		"100644 modules/virtio_ring.ko kernel/a/virtio_ring.ko\n"
		"100644 modules/virtio.ko kernel/a/virtio.ko\n"
		"100644 modules/virtio_mmio.ko kernel/a/virtio_mmio.ko\n"
		"100644 modules/virtio_blk.ko kernel/b/virtio-blk.ko\n"
		"100644 modules/virtio_console.ko kernel/b/virtio_console.ko\n"
		"100644 modules/libcrc32c.ko kernel/c/libcrc32c.ko\n"
		"100644 modules/erofs.ko erofs uncompressed\n"
		"100644 modules/list virtio_ring.ko,virtio.ko,virtio_mmio.ko,virtio_blk.ko,"
		"virtio_console.ko,libcrc32c.ko,erofs.ko,\n");
	assert_int_equal(path_remove_tree(AT_FDCWD, dir), 0);
}

static void a_kernel_without_modules_needs_none(void **state)
{
	cleanup_free char *dir = make_modules();
	cleanup_close int fd = build(dir, NULL);
	cleanup_free char *text = read_back(fd);

	(void)state;
	assert_non_null(strstr(text, " init "));
	assert_null(strstr(text, ".ko"));
	assert_int_equal(path_remove_tree(AT_FDCWD, dir), 0);
}

static void equal_content_makes_equal_archives(void **state)
{
	cleanup_free char *dir = make_modules();
	cleanup_close int a = build(dir, dir), b = build(dir, dir);
	cleanup(buf_reset) struct buf first = BUF_INIT, second = BUF_INIT;

	(void)state;
	lseek(a, 0, SEEK_SET);
	lseek(b, 0, SEEK_SET);
	assert_int_equal(fd_read_file(a, MIB(1), &first), 0);
	assert_int_equal(fd_read_file(b, MIB(1), &second), 0);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	assert_int_equal(path_remove_tree(AT_FDCWD, dir), 0);
}

static void an_update_changes_init_and_nothing_else(void **state)
{
	cleanup_free char *dir = make_modules();
	cleanup_free char *init = str_printf("%s/init", dir);
	cleanup_close int old = build(dir, dir), updated = memfd_create("updated", MFD_CLOEXEC);
	cleanup_close int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(buf_reset) struct buf first = BUF_INIT, second = BUF_INIT;

	(void)state;
	put(dir_fd, "init", "#!other");
	lseek(old, 0, SEEK_SET);
	assert_int_equal(initramfs_update(old, init, updated, NULL), 0);
	put(dir_fd, "init", "#!init");
	cleanup_close int again = memfd_create("again", MFD_CLOEXEC);
	lseek(updated, 0, SEEK_SET);
	assert_int_equal(initramfs_update(updated, init, again, NULL), 0);
	lseek(old, 0, SEEK_SET);
	lseek(again, 0, SEEK_SET);
	assert_int_equal(fd_read_file(old, MIB(1), &first), 0);
	assert_int_equal(fd_read_file(again, MIB(1), &second), 0);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	lseek(updated, 0, SEEK_SET);
	cleanup_free char *text = read_back(updated);
	assert_non_null(strstr(text, "100755 init #!other\n100644 modules/virtio_ring.ko"));
	assert_int_equal(path_remove_tree(AT_FDCWD, dir), 0);
}

static void what_is_no_archive_cannot_be_updated(void **state)
{
	cleanup_close int junk = memfd_create("junk", MFD_CLOEXEC), out = memfd_create("out", 0);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(fd_write_all(junk, "junk, and nothing else", 22), 0);
	lseek(junk, 0, SEEK_SET);
	assert_true(initramfs_update(junk, "/proc/self/exe", out, &err) < 0);
	assert_non_null(strstr(err.msg, "initramfs"));
}

static void a_missing_init_is_an_error_with_its_name(void **state)
{
	cleanup_close int fd = memfd_create("initramfs", MFD_CLOEXEC);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(initramfs_build("/nowhere/moat-init", NULL, fd, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nowhere/moat-init"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_module_comes_after_what_it_needs),
		cmocka_unit_test(an_optional_module_is_taken_where_there_is_one),
		cmocka_unit_test(a_module_that_is_nowhere_is_named),
		cmocka_unit_test(dependencies_in_a_circle_are_an_error),
		cmocka_unit_test(names_of_modules_are_without_folder_and_ending),
		cmocka_unit_test(the_archive_holds_init_and_modules_in_order),
		cmocka_unit_test(a_kernel_without_modules_needs_none),
		cmocka_unit_test(equal_content_makes_equal_archives),
		cmocka_unit_test(an_update_changes_init_and_nothing_else),
		cmocka_unit_test(what_is_no_archive_cannot_be_updated),
		cmocka_unit_test(a_missing_init_is_an_error_with_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
