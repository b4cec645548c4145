/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/volume/fill.h"
#include "daemon/volume/sources.h"
#include "daemon/volume/usage.h"
#include "daemon/volume/use.h"
#include "volumes.h"

/* Opens the sources of a container that is taken.  Return: is its first volume to be filled? */
static bool open_sources(const char *id, const struct mount_points *m)
{
	cleanup(volume_sources_reset) struct volume_sources s = { 0 };
	struct err err;

	if (volume_sources_open(vs, id, m, &s, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(s.n, m->n);
	assert_true(s.list[0].fd >= 0);
	return s.list[0].copy;
}

static void an_empty_volume_is_filled_until_that_is_done(void **state)
{
	const struct folder *f = *state;
	struct mount_points m = take(ONE, "\"mine:/data\"");

	assert_true(open_sources(ONE, &m));
	volume_fill_settle(vs, ONE, &m, false);
	make_folder(f, "volumes/mine/_data/half");
	/* Cut off: so again, though it is not empty. */
	assert_true(open_sources(ONE, &m));
	reopen_volumes(f);
	volume_use_find(vs, ONE, &m);
	assert_true(open_sources(ONE, &m));
	volume_fill_settle(vs, ONE, &m, true);
	assert_false(open_sources(ONE, &m));
	reopen_volumes(f);
	volume_use_find(vs, ONE, &m);
	assert_false(open_sources(ONE, &m));
	mount_points_reset(&m);
}

static void a_volume_with_content_or_nocopy_is_not_filled(void **state)
{
	const struct folder *f = *state;
	struct mount_points m = take(ONE, "\"mine:/data\""), n = take(TWO, "\"other:/d:nocopy\"");

	make_folder(f, "volumes/mine/_data/a");
	assert_false(open_sources(ONE, &m));
	assert_false(open_sources(TWO, &n));
	mount_points_reset(&m);
	mount_points_reset(&n);
}

static void a_volume_that_is_mounted_twice_is_filled_once(void **state)
{
	struct mount_points m = take(ONE, "\"mine:/a\",\"mine:/b\"");
	cleanup(volume_sources_reset) struct volume_sources s = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(volume_sources_open(vs, ONE, &m, &s, &err), 0);
	assert_true(s.list[0].copy);
	assert_false(s.list[1].copy);
	mount_points_reset(&m);
}

static void *settle_later(void *arg)
{
	usleep(100000);
	volume_fill_settle(vs, ONE, arg, true);
	return NULL;
}

static void others_wait_while_a_volume_is_filled(void **state)
{
	const struct folder *f = *state;
	struct mount_points one = take(ONE, "\"mine:/a\""), two = take(TWO, "\"mine:/b\"");
	pthread_t thread;

	assert_true(open_sources(ONE, &one));
	make_folder(f, "volumes/mine/_data/a");
	assert_int_equal(thread_start(&thread, settle_later, &one), 0);
	assert_false(open_sources(TWO, &two));
	pthread_join(thread, NULL);
	mount_points_reset(&one);
	mount_points_reset(&two);
}

static void sources_are_found_or_said_to_be_missing(void **state)
{
	const struct folder *f = *state;
	cleanup(volume_sources_reset) struct volume_sources s = { 0 };
	struct mount_points m = mounts_of("\"/nosuch/x:/a\"");
	struct stat sb;
	struct err err;

	m.list[0].make_source = false;
	assert_int_equal(volume_sources_open(vs, ONE, &m, &s, &err), -EINVAL);
	assert_string_equal(err.msg,
			    "invalid mount config for type \"bind\": bind source path does "
			    "not exist: /nosuch/x");
	free(m.list[0].source);
	m.list[0].source = str_printf("%s/made/for/it", f->path);
	m.list[0].make_source = true;
	assert_int_equal(volume_sources_open(vs, ONE, &m, &s, &err), 0);
	assert_int_equal(fstatat(f->fd, "made/for", &sb, 0), 0);
	assert_int_equal(sb.st_mode & 07777, 0755);
	mount_points_reset(&m);
}

static void a_subpath_stays_in_its_volume(void **state)
{
	const struct folder *f = *state;
	cleanup(volume_sources_reset) struct volume_sources s = { 0 };
	struct mount_points m = take(ONE, "\"mine:/a\"");
	struct err err;

	make_folder(f, "volumes/mine/_data/in");
	assert_int_equal(symlinkat("/in", f->fd, "volumes/mine/_data/link"), 0);
	assert_int_equal(symlinkat("../../../../../../../etc", f->fd, "volumes/mine/_data/out"), 0);
	free(m.list[0].subpath);
	m.list[0].subpath = strdup("link");
	assert_int_equal(volume_sources_open(vs, ONE, &m, &s, &err), 0);
	volume_sources_reset(&s);
	free(m.list[0].subpath);
	m.list[0].subpath = strdup("out");
	assert_int_equal(volume_sources_open(vs, ONE, &m, &s, &err), -EINVAL);
	assert_string_equal(err.msg, "volume mine: its subpath \"out\": No such file or directory");
	mount_points_reset(&m);
}

static void a_volume_whose_folder_is_gone_is_not_made_anew(void **state)
{
	const struct folder *f = *state;
	cleanup(volume_sources_reset) struct volume_sources s = { 0 };
	struct mount_points m = take(ONE, "\"mine:/a\"");
	struct err err;

	assert_int_equal(path_remove_tree(f->fd, "volumes/mine"), 0);
	reopen_volumes(f);
	volume_use_find(vs, ONE, &m);
	assert_int_equal(volume_sources_open(vs, ONE, &m, &s, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "volume mine: its folder "));
	mount_points_reset(&m);
}

static void usage_counts_what_is_on_the_disk(void **state)
{
	const struct folder *f = *state;
	cleanup(volume_view_reset) struct volume_view v = { 0 };
	cleanup_close int fd = -1;
	struct err err;
	int64_t before;

	make_volume("mine");
	assert_int_equal(volumes_find(vs, "mine", &v, &err), 0);
	before = volume_usage(&v);
	fd = openat(f->fd, "volumes/mine/_data/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(
		linkat(f->fd, "volumes/mine/_data/file", f->fd, "volumes/mine/_data/again", 0), 0);
	assert_true(volume_usage(&v) > before);
	assert_true(volume_usage(&v) <= before + 3 * 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_volume_is_filled_until_that_is_done),
		TEST(a_volume_with_content_or_nocopy_is_not_filled),
		TEST(a_volume_that_is_mounted_twice_is_filled_once),
		TEST(others_wait_while_a_volume_is_filled),
		TEST(sources_are_found_or_said_to_be_missing),
		TEST(a_subpath_stays_in_its_volume),
		TEST(a_volume_whose_folder_is_gone_is_not_made_anew),
		TEST(usage_counts_what_is_on_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
