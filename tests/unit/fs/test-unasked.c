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

#include "../folder.h"
#include "guest.h"

/* A guest with the test's folder as its share. */
struct scene {
	struct folder *folder;
	struct guest g;
	uint64_t root;
};

/* Nothing may be kept on a host that tells of no changes. */
static void begin_as(struct scene *s, struct folder *folder, uint64_t flags)
{
	const struct fs_share share = { .fd = folder->fd };

	s->folder = folder;
	guest_begin(&s->g, &share, 1, flags);
	s->root = guest_look_up(&s->g, FUSE_ROOT_ID, "0");
	assert_int_not_equal(s->root, 0);
	if (!s->g.server->watcher) {
		guest_end(&s->g);
		skip();
	}
}

static void begin(struct scene *s, struct folder *folder)
{
	begin_as(s, folder, GUEST_OWN_KERNEL);
}

static struct fuse_entry_out look(struct scene *s, const char *name)
{
	struct fuse_entry_out e;

	assert_int_not_equal(guest_look_up(&s->g, s->root, name), 0);
	memcpy(&e, s->g.reply, sizeof(e));
	return e;
}

static void assert_reads(struct scene *s, uint64_t node, const char *want)
{
	const struct fuse_read_in in = { .fh = FILE_UNOPENED, .size = 4096 };

	assert_int_equal(
		guest_ask(&s->g, &(struct ask){ FUSE_READ, node, &in, sizeof(in), NULL, NULL }), 0);
	assert_int_equal(s->g.len, strlen(want));
	assert_memory_equal(s->g.reply, want, s->g.len);
}

static void plain_files_may_be_opened_unasked(void **state)
{
	static struct scene s;

	begin(&s, *state);
	folder_put(s.folder, "file", "content");
	assert_int_equal(mkdirat(s.folder->fd, "dir", 0755), 0);
	assert_int_equal(symlinkat("file", s.folder->fd, "link"), 0);
	assert_int_equal(mkfifoat(s.folder->fd, "fifo", 0600), 0);
	assert_int_equal(look(&s, "file").attr.flags, SHARES_ATTR_UNASKED);
	assert_int_equal(look(&s, "dir").attr.flags, SHARES_ATTR_UNASKED);
	assert_int_equal(look(&s, "link").attr.flags, 0);
	assert_int_equal(look(&s, "fifo").attr.flags, 0);
	guest_end(&s.g);
}

static void one_is_there_whatever_becomes_of_its_name(void **state)
{
	static struct scene s;
	uint64_t node;

	begin(&s, *state);
	folder_put(s.folder, "file", "first");
	folder_put(s.folder, "other", "second");
	node = look(&s, "file").nodeid;
	assert_reads(&s, node, "first");
	assert_int_equal(renameat(s.folder->fd, "other", s.folder->fd, "file"), 0);
	assert_reads(&s, node, "first");
	assert_int_not_equal(look(&s, "file").nodeid, node);
	assert_int_equal(unlinkat(s.folder->fd, "file", 0), 0);
	assert_reads(&s, node, "first");
	guest_end(&s.g);
}

static void nothing_but_reading_is_done_unasked(void **state)
{
	static struct scene s;
	const struct fuse_lk_in lock = { .fh = FILE_UNOPENED,
					 .lk = { .end = INT64_MAX, .type = F_RDLCK } };
	struct {
		struct fuse_write_in in;
		char text[8];
	} write = { { .fh = FILE_UNOPENED, .size = 8 }, "guest's" };
	uint64_t node;

	begin(&s, *state);
	folder_put(s.folder, "file", "content");
	node = look(&s, "file").nodeid;
	assert_int_equal(guest_ask(&s.g, &(struct ask){ FUSE_WRITE, node, &write, sizeof(write),
							NULL, NULL }),
			 -EBADF);
	assert_int_equal(
		guest_ask(&s.g, &(struct ask){ FUSE_SETLK, node, &lock, sizeof(lock), NULL, NULL }),
		-EBADF);
	assert_reads(&s, node, "content");
	guest_end(&s.g);
}

static void nothing_is_kept_open_for_a_kernel_that_asks(void **state)
{
	static struct scene s;

	begin_as(&s, *state, GUEST_OTHER_KERNEL);
	folder_put(s.folder, "file", "content");
	assert_int_equal(look(&s, "file").attr.flags, 0);
	assert_true(look(&s, "file").attr_valid > 0);
	assert_int_equal(s.g.server->nodes.n_pinned, 0);
	guest_end(&s.g);
	begin(&s, *state);
	assert_int_equal(look(&s, "file").attr.flags, SHARES_ATTR_UNASKED);
	assert_int_equal(s.g.server->nodes.n_pinned, 1);
	guest_end(&s.g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_files_may_be_opened_unasked, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(one_is_there_whatever_becomes_of_its_name,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(nothing_but_reading_is_done_unasked, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_kept_open_for_a_kernel_that_asks,
						folder_set_up, folder_tear_down),
	};

	return cmocka_run_group_tests_name("fs: unasked", tests, NULL, NULL);
}
