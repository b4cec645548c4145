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
#include "daemon/state/state.h"
#include "daemon/volume/driver-options.h"
#include "daemon/volume/use.h"
#include "volumes.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
