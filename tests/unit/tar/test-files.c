/* SPDX-License-Identifier: Apache-2.0 */
/* Real trees into archives and back, and archives that want out. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "tar/pack.h"
#include "tar/unpack.h"
#include "tar/writer.h"

static char dir[] = "/tmp/moat-test-XXXXXX";
static int from_fd, to_fd;

static int set_up(void **state)
{
	int fd;

	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(path_open_dir(fd, "from", 0755, &from_fd), 0);
	assert_int_equal(path_open_dir(fd, "to", 0755, &to_fd), 0);
	assert_int_equal(file_write_atomic(fd, "secret", "host", 4, 0644), 0);
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fd_close(&from_fd);
	fd_close(&to_fd);
	return path_remove_tree(AT_FDCWD, dir);
}

static int write_buf(void *arg, const void *data, size_t len)
{
	return buf_add(arg, data, len);
}

static ssize_t read_buf(void *arg, void *data, size_t max)
{
	struct buf *b = arg;
	size_t n = b->len < max ? b->len : max;

	memcpy(data, b->data, n);
	buf_consume(b, n);
	return (ssize_t)n;
}

static void put_file(int fd, const char *name, const char *text)
{
	cleanup_close int file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	assert_int_equal(fd_write_all(file, text, strlen(text)), 0);
}

static void assert_file(int fd, const char *name, const char *text)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	assert_int_equal(file_read_at(fd, name, 100000, &b), 0);
	assert_string_equal(b.data ? b.data : "", text);
}

static int pack(const char *name, const char *as, unsigned flags, struct buf *ret)
{
	cleanup(tar_pack_reset) struct tar_pack p = { .write = write_buf,
						      .arg = ret,
						      .flags = flags };
	struct err err = { 0 };
	int r = tar_pack_tree(&p, from_fd, name, as, &err);

	return r == 0 ? tar_pack_end(&p, &err) : r;
}

static int unpack(struct buf *archive, struct tar_unpack u)
{
	struct tar_reader r = { .read = read_buf, .arg = archive };
	struct err err = { 0 };
	int ret;

	u.dir_fd = to_fd;
	ret = tar_unpack(&r, &u, &err);
	tar_reader_reset(&r);
	return ret;
}

static void tree_comes_back_as_it_was(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const struct timespec times[2] = { { 1, 2 }, { 1000000000, 123456789 } };
	struct stat one, two;
	char link[16];

	(void)state;
	assert_int_equal(mkdirat(from_fd, "t", 0755), 0);
	assert_int_equal(mkdirat(from_fd, "t/closed", 0755), 0);
	put_file(from_fd, "t/a", "content");
	put_file(from_fd, "t/closed/in", "inside");
	assert_int_equal(linkat(from_fd, "t/a", from_fd, "t/hard", 0), 0);
	assert_int_equal(symlinkat("a", from_fd, "t/sym"), 0);
	assert_int_equal(mkfifoat(from_fd, "t/pipe", 0600), 0);
	assert_int_equal(fchmodat(from_fd, "t/closed", 0555, 0), 0);
	assert_int_equal(utimensat(from_fd, "t/closed", times, 0), 0);
	assert_int_equal(utimensat(from_fd, "t/a", times, 0), 0);
	assert_int_equal(pack("t", "t", TAR_PACK_XATTRS, &b), 0);
	assert_int_equal(unpack(&b, (struct tar_unpack){ .from = "t", .to = "new" }), 0);
	assert_file(to_fd, "new/a", "content");
	assert_file(to_fd, "new/closed/in", "inside");
	assert_int_equal(readlinkat(to_fd, "new/sym", link, sizeof(link)), 1);
	assert_int_equal(fstatat(to_fd, "new/a", &one, 0), 0);
	assert_int_equal(fstatat(to_fd, "new/hard", &two, 0), 0);
	assert_int_equal(one.st_ino, two.st_ino);
	assert_int_equal(one.st_mtim.tv_nsec, 123456789);
	assert_int_equal(one.st_mode & 07777, 0640);
	assert_int_equal(fstatat(to_fd, "new/closed", &one, 0), 0);
	assert_int_equal(one.st_mode & 07777, 0555);
	assert_int_equal(one.st_mtim.tv_sec, 1000000000);
	assert_int_equal(fstatat(to_fd, "new/pipe", &one, 0), 0);
	assert_true(S_ISFIFO(one.st_mode));
}

static int pack_path(const char *path, struct buf *ret)
{
	cleanup(tar_pack_reset) struct tar_pack p = { .write = write_buf, .arg = ret };
	struct err err = { 0 };
	int r = tar_pack_tree(&p, AT_FDCWD, path, "it", &err);

	return r == 0 ? tar_pack_end(&p, &err) : r;
}

static void made_up_files_have_their_content(void **state)
{
	/* One says that it is empty, one that it is a page long. */
	static const char *const paths[] = { "/proc/version", "/sys/kernel/uevent_seqnum" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		cleanup(buf_reset) struct buf b = BUF_INIT, text = BUF_INIT;

		if (file_read_at(AT_FDCWD, paths[i], 100000, &text) < 0)
			continue;
		assert_int_equal(buf_adds(&text, ""), 0);
		assert_int_equal(pack_path(paths[i], &b), 0);
		assert_int_equal(unpack(&b, (struct tar_unpack){ 0 }), 0);
		assert_file(to_fd, "it", text.data);
	}
}

static void made_up_files_nobody_can_read_are_left_out_of_folders(void **state)
{
	static const char write_only[] = "/proc/sys/vm/compact_memory";
	cleanup(buf_reset) struct buf b = BUF_INIT, none = BUF_INIT;

	(void)state;
	if (access(write_only, F_OK) < 0)
		skip();
	assert_int_equal(pack_path(write_only, &none), -EACCES);
	assert_int_equal(none.len, 0);
	assert_int_equal(pack_path("/proc/sys/vm", &b), 0);
	assert_int_equal(unpack(&b, (struct tar_unpack){ 0 }), 0);
	assert_int_equal(faccessat(to_fd, "it/swappiness", F_OK, 0), 0);
	assert_int_equal(faccessat(to_fd, "it/compact_memory", F_OK, 0), -1);
}

static void holes_stay_holes(void **state)
{
	const unsigned flags[] = { 0, TAR_PACK_SPARSE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		cleanup(buf_reset) struct buf b = BUF_INIT;
		cleanup_close int fd = openat(from_fd, "s", O_RDWR | O_CREAT | O_TRUNC, 0600);
		struct stat sb;
		char data[4] = "";

		assert_int_equal(pwrite(fd, "mid", 3, 4 << 20), 3);
		assert_int_equal(ftruncate(fd, 8 << 20), 0);
		assert_int_equal(pack("s", "s", flags[i], &b), 0);
		assert_true(flags[i] ? b.len < 65536 : b.len > 8 << 20);
		assert_int_equal(unpack(&b, (struct tar_unpack){ 0 }), 0);
		assert_int_equal(fstatat(to_fd, "s", &sb, 0), 0);
		assert_int_equal(sb.st_size, 8 << 20);
		assert_true(sb.st_blocks * 512 < 1 << 20);
		fd_close(&fd);
		fd = openat(to_fd, "s", O_RDONLY);
		assert_int_equal(pread(fd, data, 3, 4 << 20), 3);
		assert_string_equal(data, "mid");
	}
}

/* An archive by hand: "TYPE PATH LINK" each; a file holds "x". */
static void add_member(struct buf *b, enum tar_type type, const char *path, const char *link)
{
	struct tar_entry e = { .type = type, .path = strdup(path), .mode = 0644 };

	e.link = link ? strdup(link) : NULL;
	e.size_bytes = type == TAR_FILE ? 1 : 0;
	assert_int_equal(tar_put_header(b, &e), 0);
	if (type == TAR_FILE) {
		char data[512] = "x";

		assert_int_equal(buf_add(b, data, sizeof(data)), 0);
	}
	tar_entry_reset(&e);
}

static void nothing_leaves_the_destination(void **state)
{
	static const struct {
		enum tar_type type[2];
		const char *path[2], *link[2];
	} attempts[] = {
		{ { TAR_FILE }, { "../secret" }, { 0 } },
		{ { TAR_FILE }, { "a/../../secret" }, { 0 } },
		{ { TAR_SYMLINK, TAR_FILE }, { "out", "out/secret" }, { "..", 0 } },
		{ { TAR_SYMLINK, TAR_FOLDER }, { "out", "out/new/" }, { "../", 0 } },
		{ { TAR_SYMLINK, TAR_FILE }, { "out", "out/moat-secret" }, { "/tmp", 0 } },
		{ { TAR_HARDLINK }, { "mine" }, { "../secret" } },
		{ { TAR_SYMLINK, TAR_HARDLINK }, { "out", "mine" }, { "..", "out/secret" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		cleanup(buf_reset) struct buf b = BUF_INIT;

		for (size_t k = 0; k < 2 && attempts[i].path[k]; k++)
			add_member(&b, attempts[i].type[k], attempts[i].path[k],
				   attempts[i].link[k]);
		assert_true(unpack(&b, (struct tar_unpack){ .flags = TAR_UNPACK_STAY_BENEATH }) <
			    0);
		assert_int_equal(path_remove_tree(to_fd, "out"), 0);
		assert_file(to_fd, "../secret", "host");
		assert_int_equal(faccessat(to_fd, "mine", F_OK, 0), -1);
		assert_int_equal(faccessat(to_fd, "../new", F_OK, 0), -1);
	}
}

static void existing_files_are_replaced_not_written_through(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(symlinkat("../secret", to_fd, "f"), 0);
	assert_int_equal(linkat(to_fd, "../secret", to_fd, "g", 0), 0);
	add_member(&b, TAR_FILE, "f", NULL);
	add_member(&b, TAR_FILE, "g", NULL);
	assert_int_equal(unpack(&b, (struct tar_unpack){ .flags = TAR_UNPACK_STAY_BENEATH }), 0);
	assert_file(to_fd, "../secret", "host");
	assert_file(to_fd, "f", "x");
	assert_file(to_fd, "g", "x");
}

/* Gives the same bytes over and over, without an end. */
static ssize_t read_again(void *arg, void *data, size_t max)
{
	struct {
		struct buf b;
		size_t at;
	} *again = arg;
	size_t n = again->b.len - again->at < max ? again->b.len - again->at : max;

	memcpy(data, again->b.data + again->at, n);
	again->at = (again->at + n) % again->b.len;
	return (ssize_t)n;
}

static void a_folder_named_without_end_is_refused(void **state)
{
	cleanup_free char *path = malloc(3801);
	struct {
		struct buf b;
		size_t at;
	} again = { 0 };
	struct tar_reader r = { .read = read_again, .arg = &again };
	struct tar_unpack u = { .dir_fd = to_fd };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < 3800; i++)
		path[i] = i % 200 == 199 ? '/' : 'd';
	path[3800] = '\0';
	add_member(&again.b, TAR_FOLDER, path, NULL);
	assert_int_equal(tar_unpack(&r, &u, &err), -EFBIG);
	assert_non_null(strstr(err.msg, "too many folders"));
	tar_reader_reset(&r);
	buf_reset(&again.b);
}

static void only_what_was_asked_for(void **state)
{
	static const char *const paths[] = { "other", "na", "namex", "./", "name/../other" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		cleanup(buf_reset) struct buf b = BUF_INIT;

		add_member(&b, TAR_FILE, paths[i], NULL);
		assert_int_equal(unpack(&b, (struct tar_unpack){ .from = "name", .to = "name" }),
				 -EBADMSG);
	}
}

static void folders_and_files_keep_apart(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT, c = BUF_INIT;

	(void)state;
	assert_int_equal(mkdirat(to_fd, "d", 0755), 0);
	put_file(to_fd, "d/in", "old");
	put_file(to_fd, "f", "old");
	add_member(&b, TAR_FILE, "d", NULL);
	assert_int_equal(unpack(&b, (struct tar_unpack){ .flags = TAR_UNPACK_KEEP_FOLDERS }),
			 -EEXIST);
	add_member(&c, TAR_FOLDER, "f", NULL);
	assert_int_equal(unpack(&c, (struct tar_unpack){ .flags = TAR_UNPACK_KEEP_FOLDERS }),
			 -EEXIST);
	add_member(&b, TAR_FILE, "d", NULL);
	assert_int_equal(unpack(&b, (struct tar_unpack){ 0 }), 0);
	assert_file(to_fd, "d", "x");
}

static void missing_parents_are_made(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	add_member(&b, TAR_FILE, "/a/./b//c/d", NULL);
	assert_int_equal(unpack(&b, (struct tar_unpack){ 0 }), 0);
	assert_file(to_fd, "a/b/c/d", "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tree_comes_back_as_it_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(made_up_files_have_their_content, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			made_up_files_nobody_can_read_are_left_out_of_folders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(holes_stay_holes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_leaves_the_destination, set_up, tear_down),
		cmocka_unit_test_setup_teardown(existing_files_are_replaced_not_written_through,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_folder_named_without_end_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_what_was_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(folders_and_files_keep_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_parents_are_made, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
