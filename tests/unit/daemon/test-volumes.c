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
#include "daemon/spec/mounts.h"
#include "daemon/state/hub.h"
#include "daemon/state/state.h"
#include "daemon/state/volume.h"
#include "daemon/volume/driver-options.h"
#include "daemon/volume/fill.h"
#include "daemon/volume/life.h"
#include "daemon/volume/sources.h"
#include "daemon/volume/usage.h"
#include "daemon/volume/use.h"
#include "folder.h"

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"

static struct state *st;
static struct hub *hub;
static struct volumes *vs;

static void open_volumes(const struct folder *f)
{
	struct err err;

	assert_int_equal(state_open(f->path, &st, &err), 0);
	assert_int_equal(hub_new(&hub), 0);
	if (volumes_open(f->fd, f->path, st, hub, &vs, &err) < 0)
		fail_msg("%s", err.msg);
}

static void close_volumes(void)
{
	volumes_close(vs);
	hub_free(hub);
	state_close(st);
}

/* As after a crash. */
static void reopen_volumes(const struct folder *f)
{
	close_volumes();
	open_volumes(f);
}

static int set_up(void **state)
{
	int r = folder_set_up(state);

	if (r == 0)
		open_volumes(*state);
	return r;
}

static int tear_down(void **state)
{
	close_volumes();
	return folder_tear_down(state);
}

static void make_volume(const char *name)
{
	cleanup(volume_view_reset) struct volume_view v = { 0 };
	const struct volume_request rq = { .name = name };
	struct err err;

	if (volumes_create(vs, &rq, &v, &err) < 0)
		fail_msg("%s", err.msg);
}

static void expect_create_error(const char *name, const char *option, const char *value,
				const char *message)
{
	cleanup_json json_t *options = option ? json_pack("{s:s}", option, value) : json_object();
	const struct volume_request rq = { .name = name, .options = options };
	struct volume_view v = { 0 };
	struct err err;

	assert_true(volumes_create(vs, &rq, &v, &err) < 0);
	assert_string_equal(err.msg, message);
}

static bool has_volume(const char *name)
{
	cleanup(volume_view_reset) struct volume_view v = { 0 };

	return volumes_find(vs, name, &v, NULL) == 0;
}

static size_t count_volumes(void)
{
	struct volume_view *list;
	size_t n;

	assert_int_equal(volumes_list(vs, &list, &n), 0);
	volumes_list_free(list, n);
	return n;
}

static int count_entry(int dir_fd, const char *name, void *arg)
{
	(void)dir_fd;
	(void)name;
	++*(size_t *)arg;
	return 0;
}

/* Of all that lies among the folders of volumes. */
static size_t count_folders(const struct folder *f)
{
	cleanup_close int fd = openat(f->fd, "volumes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0;

	assert_int_equal(path_each(fd, count_entry, &n), 0);
	return n;
}

static bool is_there(const struct folder *f, const char *path)
{
	return faccessat(f->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void make_folder(const struct folder *f, const char *path)
{
	assert_int_equal(mkdirat(f->fd, path, 0755), 0);
}

static struct mount_points mounts_of(const char *binds)
{
	cleanup_json json_t *config = json_object(), *host = NULL;
	cleanup_free char *text = str_printf("{\"Binds\":[%s]}", binds);
	struct mount_points m = { 0 };
	struct err err;

	assert_int_equal(json_read(text, strlen(text), "HostConfig", &host, &err), 0);
	assert_int_equal(mounts_from_request(config, host, &m, &err), 0);
	return m;
}

/* A container with its volumes; its row is not there. */
static struct mount_points take(const char *id, const char *binds)
{
	struct mount_points m = mounts_of(binds);
	struct err err;

	if (volume_use_take(vs, id, &m, &err) < 0)
		fail_msg("%s", err.msg);
	return m;
}

static void a_volume_is_made_once_and_found_again(void **state)
{
	const struct folder *f = *state;
	struct stat sb;
	mode_t mask = umask(077);

	make_volume("mine");
	make_volume("mine");
	umask(mask);
	assert_int_equal(count_volumes(), 1);
	assert_int_equal(fstatat(f->fd, "volumes/mine/_data", &sb, 0), 0);
	assert_int_equal(sb.st_mode & 07777, 0755);
	reopen_volumes(f);
	assert_true(has_volume("mine"));
	assert_int_equal(count_folders(f), 1);
}

static void one_that_nobody_names_gets_a_name_and_a_label(void **state)
{
	cleanup(volume_view_reset) struct volume_view v = { 0 };
	const struct volume_request rq = { .name = "" };
	struct err err;

	(void)state;
	assert_int_equal(volumes_create(vs, &rq, &v, &err), 0);
	assert_int_equal(strlen(v.name), 64);
	assert_true(v.anonymous);
	assert_non_null(json_object_get(v.labels, VOLUME_ANONYMOUS_LABEL));
}

static void names_and_options_are_checked_in_dockers_words(void **state)
{
	(void)state;
	expect_create_error("a", NULL, NULL,
			    "create a: volume name is too short, names should be at least two "
			    "alphanumeric characters");
	expect_create_error("../x", NULL, NULL,
			    "create ../x: \"../x\" includes invalid characters for a local volume "
			    "name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended "
			    "to pass a host directory, use absolute path");
	expect_create_error("mine", "colour", "red", "create mine: invalid option: \"colour\"");
	expect_create_error("mine", "size", "much", "create mine: invalid size: 'much'");
	expect_create_error("mine", "size", "1k",
			    "create mine: a volume of 1k: its size must be from 16 MiB to 8 TiB");
	expect_create_error("mine", "o", "bind",
			    "create mine: missing required option: \"device\"");
	expect_create_error("mine", "type", "nfs",
			    "create mine: moat does not mount file systems of type \"nfs\" for "
			    "volumes: for memory use --tmpfs; mount another on the host and name "
			    "its folder with the options type=none, o=bind, device=/PATH");
	assert_int_equal(count_volumes(), 0);
}

static void a_folder_of_the_hosts_can_be_a_volume(void **state)
{
	cleanup_json json_t *options =
		json_pack("{s:s, s:s, s:s}", "type", "none", "o", "bind,ro", "device", "/srv");
	struct driver_options o = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(driver_options_read(options, &o, &err), 0);
	assert_string_equal(o.device, "/srv");
	assert_true(o.read_only);
}

static void one_in_use_is_not_removed(void **state)
{
	cleanup_strv char **users = NULL;
	struct mount_points m = take(ONE, "\"mine:/data\"");
	struct err err;

	(void)state;
	assert_int_equal(volumes_remove(vs, "mine", &users, &err), -EBUSY);
	assert_string_equal(users[0], ONE);
	strv_free(take_ptr(users));
	volume_use_release(vs, ONE, &m, true);
	mount_points_reset(&m);
	assert_int_equal(volumes_remove(vs, "mine", &users, &err), 0);
	assert_null(users);
	assert_int_equal(volumes_remove(vs, "mine", &users, &err), -ENOENT);
	assert_string_equal(err.msg, "get mine: no such volume");
}

static void what_is_in_it_goes_with_it(void **state)
{
	const struct folder *f = *state;
	cleanup_strv char **users = NULL;
	struct err err;

	make_volume("mine");
	make_folder(f, "volumes/mine/_data/a");
	make_folder(f, "volumes/mine/_data/a/b");
	assert_int_equal(volumes_remove(vs, "mine", &users, &err), 0);
	assert_int_equal(count_folders(f), 0);
	make_volume("mine");
	assert_false(is_there(f, "volumes/mine/_data/a"));
}

static void those_without_a_name_go_with_the_last_that_has_them(void **state)
{
	const struct folder *f = *state;
	struct mount_points one = take(ONE, "\"/a\",\"mine:/b\""), two = { 0 };
	struct err err;

	assert_int_equal(mount_points_inherit(&two, &one, false, &err), 0);
	assert_int_equal(volume_use_take(vs, TWO, &two, &err), 0);
	assert_int_equal(count_volumes(), 2);
	volume_use_release(vs, ONE, &one, true);
	assert_int_equal(count_volumes(), 2);
	volume_use_release(vs, TWO, &two, true);
	assert_int_equal(count_volumes(), 1);
	assert_true(has_volume("mine"));
	assert_int_equal(count_folders(f), 1);
	mount_points_reset(&one);
	mount_points_reset(&two);
}

static void those_without_a_name_stay_where_nobody_asks_for_their_removal(void **state)
{
	const struct folder *f = *state;
	struct mount_points m = take(ONE, "\"/a\"");
	struct err err;

	assert_int_equal(state_delete(st, ONE, false, &err), 0);
	volume_use_release(vs, ONE, &m, false);
	mount_points_reset(&m);
	reopen_volumes(f);
	volume_use_tidy(vs);
	assert_int_equal(count_volumes(), 1);
}

static void those_of_a_container_that_never_came_to_be_go_at_the_next_start(void **state)
{
	const struct folder *f = *state;
	struct mount_points m = take(ONE, "\"/a\",\"mine:/b\"");

	mount_points_reset(&m);
	reopen_volumes(f);
	volume_use_tidy(vs);
	assert_int_equal(count_volumes(), 1);
	assert_true(has_volume("mine"));
	assert_int_equal(count_folders(f), 1);
}

static void those_of_a_container_that_is_found_stay(void **state)
{
	const struct folder *f = *state;
	struct mount_points m = take(ONE, "\"/a\"");
	cleanup_strv char **users = NULL;

	reopen_volumes(f);
	volume_use_find(vs, ONE, &m);
	volume_use_tidy(vs);
	assert_int_equal(volumes_remove(vs, m.list[0].source, &users, NULL), -EBUSY);
	mount_points_reset(&m);
}

static void a_failed_container_leaves_nothing_of_its_own(void **state)
{
	const struct folder *f = *state;
	struct mount_points m = mounts_of("\"/a\",\"x:/b\"");
	struct err err;

	assert_int_equal(volume_use_take(vs, ONE, &m, &err), -EINVAL);
	mount_points_reset(&m);
	assert_int_equal(count_volumes(), 0);
	assert_int_equal(count_folders(f), 0);
}

static void a_making_that_was_cut_off_before_its_row_is_undone(void **state)
{
	const struct folder *f = *state;

	make_folder(f, "volumes/.new.mine");
	make_folder(f, "volumes/.new.mine/_data");
	reopen_volumes(f);
	assert_int_equal(count_volumes(), 0);
	assert_int_equal(count_folders(f), 0);
}

static void a_making_that_was_cut_off_after_its_row_is_completed(void **state)
{
	const struct folder *f = *state;

	make_volume("mine");
	assert_int_equal(renameat(f->fd, "volumes/mine", f->fd, "volumes/.new.mine"), 0);
	reopen_volumes(f);
	assert_true(has_volume("mine"));
	assert_true(is_there(f, "volumes/mine/_data"));
}

static void a_removal_that_was_cut_off_before_its_row_went_is_undone(void **state)
{
	const struct folder *f = *state;

	make_volume("mine");
	make_folder(f, "volumes/mine/_data/a");
	assert_int_equal(renameat(f->fd, "volumes/mine", f->fd, "volumes/.gone.mine.01234567"), 0);
	reopen_volumes(f);
	assert_true(is_there(f, "volumes/mine/_data/a"));
	assert_int_equal(count_folders(f), 1);
}

static void a_removal_that_was_cut_off_after_its_row_went_is_completed(void **state)
{
	const struct folder *f = *state;

	make_folder(f, "volumes/.gone.mine.01234567");
	make_folder(f, "volumes/.gone.mine.01234567/_data");
	make_volume("mine");
	reopen_volumes(f);
	assert_int_equal(count_folders(f), 1);
	assert_true(has_volume("mine"));
}

static void a_folder_from_a_backup_becomes_a_volume(void **state)
{
	const struct folder *f = *state;

	make_folder(f, "volumes/mine");
	make_folder(f, "volumes/mine/_data");
	make_folder(f, "volumes/mine/_data/a");
	make_folder(f, "volumes/other");
	reopen_volumes(f);
	assert_true(has_volume("mine"));
	assert_true(is_there(f, "volumes/mine/_data/a"));
	assert_false(has_volume("other"));
	assert_true(is_there(f, "volumes/other"));
	reopen_volumes(f);
	assert_int_equal(count_volumes(), 1);
}

static void a_folder_that_is_in_the_way_is_not_touched(void **state)
{
	const struct folder *f = *state;

	make_folder(f, "volumes/mine");
	make_folder(f, "volumes/mine/_data");
	make_folder(f, "volumes/mine/_data/a");
	expect_create_error("mine", NULL, NULL,
			    "there is a folder \"mine\" among those of the volumes already: moatd "
			    "takes it for a volume when it starts, if it has one called _data in "
			    "it");
	assert_true(is_there(f, "volumes/mine/_data/a"));
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_volume_is_made_once_and_found_again),
		TEST(one_that_nobody_names_gets_a_name_and_a_label),
		TEST(names_and_options_are_checked_in_dockers_words),
		TEST(a_folder_of_the_hosts_can_be_a_volume),
		TEST(one_in_use_is_not_removed),
		TEST(what_is_in_it_goes_with_it),
		TEST(those_without_a_name_go_with_the_last_that_has_them),
		TEST(those_without_a_name_stay_where_nobody_asks_for_their_removal),
		TEST(those_of_a_container_that_never_came_to_be_go_at_the_next_start),
		TEST(those_of_a_container_that_is_found_stay),
		TEST(a_failed_container_leaves_nothing_of_its_own),
		TEST(a_making_that_was_cut_off_before_its_row_is_undone),
		TEST(a_making_that_was_cut_off_after_its_row_is_completed),
		TEST(a_removal_that_was_cut_off_before_its_row_went_is_undone),
		TEST(a_removal_that_was_cut_off_after_its_row_went_is_completed),
		TEST(a_folder_from_a_backup_becomes_a_volume),
		TEST(a_folder_that_is_in_the_way_is_not_touched),
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
