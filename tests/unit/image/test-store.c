/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kit.h"

static void load_image(struct place *p, const char *content, const char *name)
{
	struct kit k;

	KIT(&k, .content = content);
	place_load_ok(p, archive_oci(&k, name), name);
	kit_reset(&k);
}

static struct image *find(struct place *p, const char *name)
{
	struct image *im = NULL;

	return store_find(p->st, name, &im, NULL) == 0 ? im : NULL;
}

static bool exists(struct place *p, const char *name)
{
	struct image *im = find(p, name);

	image_free(im);
	return im != NULL;
}

static size_t count_images(struct place *p)
{
	struct image **list;
	size_t n;

	assert_int_equal(store_list(p->st, &list, &n, NULL), 0);
	image_list_free(list, n);
	return n;
}

/* @arg: who uses it; NULL: nobody */
static struct image_users count(const struct digest *manifest, void *arg)
{
	(void)manifest;
	return arg ? *(struct image_users *)arg : (struct image_users){ 0 };
}

static struct image_users stopped = { .all = 1 }, running = { .all = 2, .running = 1 };

static int remove_it(struct place *p, const char *name, bool force, struct image_users *users,
		     struct err *err)
{
	struct removal done = { 0 };
	int r = store_remove(p->st, name, force, count, users, &done, err);

	removal_reset(&done);
	return r;
}

static void test_a_loaded_image_is_found_by_name_and_id(void **state)
{
	struct place *p = *state;
	struct image *im;
	char id[DIGEST_TEXT_MAX + 1];

	load_image(p, "one", "alpine:3");
	im = find(p, "alpine:3");
	assert_non_null(im);
	assert_string_equal(im->tags[0], "docker.io/library/alpine:3");
	assert_string_equal(im->oci->cmd[0], "/one");
	assert_int_equal(im->n_layers, 1);
	assert_true(im->size_bytes > 0);
	strcpy(id, im->config.text);
	image_free(im);
	assert_true(exists(p, id));
	assert_true(exists(p, id + strlen("sha256:")));
	id[20] = '\0';
	assert_true(exists(p, id));
	assert_true(exists(p, id + strlen("sha256:")));
	assert_false(exists(p, "alpine:4"));
	assert_false(exists(p, "sha256:"));
}

static void test_images_survive_a_restart(void **state)
{
	struct place *p = *state;
	cleanup_free char *path = NULL;
	struct image *im;

	load_image(p, "one", "a:1");
	assert_int_equal(store_tag(p->st, "a:1", "b:2", NULL), 0);
	place_reopen(p);
	im = find(p, "b:2");
	assert_non_null(im);
	assert_int_equal(strv_len(im->tags), 2);
	path = store_rootfs_path(p->st, &im->manifest);
	assert_int_equal(access(path, R_OK), 0);
	image_free(im);
}

static void test_the_sizes_of_layers_are_kept(void **state)
{
	struct place *p = *state;
	struct image *im;

	load_image(p, "four", "a:1");
	for (int i = 0; i < 2; i++) {
		im = find(p, "a:1");
		assert_int_equal(im->layer_bytes[0], 4);
		image_free(im);
		place_reopen(p);
	}
}

static void test_a_second_moatd_is_refused(void **state)
{
	struct place *p = *state;
	struct store *other = NULL;

	assert_int_equal(store_open(p->path, MOAT_UNPACK, 0, &other, NULL), -EBUSY);
}

static void test_what_a_crash_left_is_removed_on_open(void **state)
{
	struct place *p = *state;
	cleanup_free char *rubbish = str_printf("%s/blobs/sha256/%064d", p->path, 7);
	cleanup_free char *rootfs = str_printf("%s/rootfs/%064d.erofs", p->path, 7);
	cleanup_free char *tmp = str_printf("%s/tmp/9", p->path);
	const char *const left[] = { rubbish, rootfs, tmp };

	load_image(p, "one", "a:1");
	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		close(open(left[i], O_CREAT | O_WRONLY, 0600));
	place_reopen(p);
	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		assert_int_equal(access(left[i], F_OK), -1);
	assert_true(exists(p, "a:1"));
	assert_int_equal(place_count(p, "blobs/sha256"), 3);
	assert_int_equal(place_count(p, "rootfs"), 1);
}

static void test_an_unreadable_index_loses_nothing(void **state)
{
	struct place *p = *state;
	cleanup_free char *index = str_printf("%s/index.json", p->path);
	cleanup_close int fd = -1;
	struct store *st = NULL;

	load_image(p, "one", "a:1");
	store_close(p->st);
	p->st = NULL;
	fd = open(index, O_WRONLY | O_TRUNC);
	assert_int_equal(store_open(p->path, MOAT_UNPACK, 0, &st, NULL), -EBADMSG);
	assert_int_equal(place_count(p, "blobs/sha256"), 3);
}

static void test_tags_move(void **state)
{
	struct place *p = *state;
	struct image *im;

	load_image(p, "one", "a:1");
	load_image(p, "two", "a:2");
	assert_int_equal(store_tag(p->st, "a:2", "a:1", NULL), 0);
	assert_int_equal(count_images(p), 2);
	im = find(p, "a:1");
	assert_string_equal(im->oci->cmd[0], "/two");
	image_free(im);
	assert_int_equal(store_tag(p->st, "none", "b", NULL), -ENOENT);
	assert_int_equal(store_tag(p->st, "a:1", "B", NULL), -EINVAL);
	place_reopen(p);
	assert_int_equal(count_images(p), 2);
}

static void test_the_last_tag_takes_the_image_along(void **state)
{
	struct place *p = *state;
	struct removal done;
	struct err err;

	load_image(p, "one", "a:1");
	load_image(p, "two", "keep:1");
	assert_int_equal(store_tag(p->st, "a:1", "b:1", NULL), 0);
	assert_int_equal(store_remove(p->st, "a:1", false, count, &running, &done, NULL), 0);
	assert_string_equal(done.untagged[0], "a:1");
	assert_null(done.deleted);
	removal_reset(&done);
	assert_int_equal(remove_it(p, "b:1", false, &stopped, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "must force"));
	assert_true(exists(p, "b:1"));
	assert_int_equal(store_remove(p->st, "b:1", false, count, NULL, &done, NULL), 0);
	assert_string_equal(done.untagged[0], "b:1");
	assert_true(str_starts(done.deleted[0], "sha256:") != NULL);
	removal_reset(&done);
	assert_int_equal(remove_it(p, "b:1", false, NULL, NULL), -ENOENT);
	assert_int_equal(place_count(p, "blobs/sha256"), 3);
	assert_int_equal(place_count(p, "rootfs"), 1);
	assert_true(exists(p, "keep:1"));
}

static void test_force_takes_the_last_name_of_an_image_in_use(void **state)
{
	struct place *p = *state;
	struct removal done;
	struct image *im;
	struct err err;

	load_image(p, "one", "a:1");
	im = find(p, "a:1");
	assert_int_equal(store_remove(p->st, "a:1", true, count, &running, &done, NULL), 0);
	assert_string_equal(done.untagged[0], "a:1");
	assert_null(done.deleted);
	removal_reset(&done);
	assert_false(exists(p, "a:1"));
	place_reopen(p);
	assert_true(exists(p, im->config.text));
	assert_int_equal(place_count(p, "rootfs"), 1);
	assert_int_equal(remove_it(p, im->config.text, true, &stopped, &err), -EBUSY);
	assert_int_equal(remove_it(p, im->config.text, false, NULL, &err), 0);
	assert_int_equal(place_count(p, "rootfs"), 0);
	image_free(im);
}

static void test_an_id_of_an_image_in_use_needs_force_and_that_none_runs(void **state)
{
	struct place *p = *state;
	struct image *im;
	struct err err;

	load_image(p, "one", "a:1");
	im = find(p, "a:1");
	assert_int_equal(remove_it(p, im->config.text, true, &running, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "cannot be forced"));
	assert_int_equal(remove_it(p, im->config.text, false, &stopped, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "must be forced"));
	assert_true(exists(p, "a:1"));
	assert_int_equal(remove_it(p, im->config.text, true, &stopped, &err), 0);
	assert_false(exists(p, "a:1"));
	assert_int_equal(place_count(p, "rootfs"), 1);
	image_free(im);
}

static void test_an_id_with_several_tags_needs_force(void **state)
{
	struct place *p = *state;
	struct image *im;

	load_image(p, "one", "a:1");
	assert_int_equal(store_tag(p->st, "a:1", "b:1", NULL), 0);
	im = find(p, "a:1");
	assert_int_equal(remove_it(p, im->config.text, false, NULL, NULL), -EBUSY);
	assert_int_equal(remove_it(p, im->config.text, true, NULL, NULL), 0);
	image_free(im);
	assert_int_equal(count_images(p), 0);
	assert_int_equal(place_count(p, "blobs/sha256"), 0);
}

static void test_the_same_image_packed_differently_is_one_image(void **state)
{
	struct place *p = *state;
	struct kit plain, packed;

	KIT(&plain, .content = "one");
	KIT(&packed, .content = "one", .filter = ARCHIVE_FILTER_GZIP);
	place_load_ok(p, archive_oci(&plain, "a:1"), "a:1");
	place_load_ok(p, archive_oci(&packed, "b:1"), "b:1");
	assert_int_equal(count_images(p), 1);
	assert_int_equal(place_count(p, "rootfs"), 1);
	assert_int_equal(remove_it(p, "a:1", false, NULL, NULL), 0);
	place_reopen(p);
	assert_true(exists(p, "b:1"));
	kit_reset(&plain);
	kit_reset(&packed);
}

static void test_a_shared_layer_stays_with_the_other_image(void **state)
{
	struct place *p = *state;
	struct kit k, other;

	KIT(&k, .content = "one");
	KIT(&other, .content = "one", .cmd = "other");
	place_load_ok(p, archive_oci(&k, "a:1"), "a:1");
	place_load_ok(p, archive_oci(&other, "b:1"), "b:1");
	assert_int_equal(count_images(p), 2);
	assert_int_equal(place_count(p, "blobs/sha256"), 5);
	assert_int_equal(remove_it(p, "a:1", false, NULL, NULL), 0);
	assert_int_equal(place_count(p, "blobs/sha256"), 3);
	place_reopen(p);
	assert_true(exists(p, "b:1"));
	kit_reset(&k);
	kit_reset(&other);
}

static int import(struct place *p, int fd, const struct reference *ref,
		  const struct platform *platform, struct image **ret)
{
	const struct image_import in = { .fd = fd, .ref = ref, .platform = platform };

	return store_import(p->st, &in, ret, NULL);
}

static void test_import_makes_a_one_layer_image(void **state)
{
	struct place *p = *state;
	const struct platform platform = { "linux", "arm64", "v8" };
	struct reference *ref;
	struct image *im = NULL;
	struct archive *a = tar_begin(ARCHIVE_FILTER_XZ);
	int fd;

	TAR_ADD(a, .path = "etc/", .mode = S_IFDIR | 0755);
	TAR_ADD(a, .path = "etc/os", .content = "moat");
	fd = tar_end(a);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(reference_parse("my/root:1", &ref, NULL), 0);
	assert_int_equal(import(p, fd, ref, &platform, &im), 0);
	assert_string_equal(im->tags[0], "docker.io/my/root:1");
	assert_string_equal(im->oci->platform.arch, "arm64");
	assert_string_equal(im->oci->platform.variant, "v8");
	assert_int_equal(strv_len(im->oci->diff_ids), 1);
	image_free(im);
	reference_free(ref);
	close(fd);
	place_reopen(p);
	assert_true(exists(p, "my/root:1"));
}

static ino_t inode_at(const char *path)
{
	struct stat sb;

	assert_int_equal(stat(path, &sb), 0);
	return sb.st_ino;
}

/* A write would wait for all that is on its way to the disk. */
static void test_what_is_there_is_not_written_again(void **state)
{
	struct place *p = *state;
	cleanup_free char *index = str_printf("%s/index.json", p->path), *blob = NULL;
	ino_t index_before, blob_before;
	struct image *im;
	struct kit k;

	KIT(&k, .content = "one");
	place_load_ok(p, archive_docker(&k, "x.io/a:1", false), "x.io/a:1");
	assert_int_equal(store_find(p->st, "x.io/a:1", &im, NULL), 0);
	blob = str_printf("%s/blobs/sha256/%s", p->path, digest_hex(&im->manifest));
	image_free(im);
	index_before = inode_at(index);
	blob_before = inode_at(blob);
	place_load_ok(p, archive_docker(&k, "x.io/a:1", false), "x.io/a:1");
	assert_int_equal(inode_at(index), index_before);
	assert_int_equal(inode_at(blob), blob_before);
	/* What is damaged is. */
	assert_int_equal(truncate(blob, 10), 0);
	place_load_ok(p, archive_docker(&k, "x.io/a:1", false), "x.io/a:1");
	assert_int_not_equal(inode_at(blob), blob_before);
	kit_reset(&k);
}

static void test_a_failed_import_leaves_nothing(void **state)
{
	struct place *p = *state;
	const struct platform platform = platform_host();
	struct image *im = NULL;
	int fd = memory_file("no archive at all", 17);

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(import(p, fd, NULL, &platform, &im), -EBADMSG);
	close(fd);
	fd = memory_file("", 0);
	assert_int_equal(import(p, fd, NULL, &platform, &im), -EBADMSG);
	close(fd);
	assert_int_equal(place_count(p, "blobs/sha256"), 0);
	assert_int_equal(place_count(p, "rootfs"), 0);
	assert_int_equal(place_count(p, "tmp"), 0);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_loaded_image_is_found_by_name_and_id),
		STORE_TEST(test_images_survive_a_restart),
		STORE_TEST(test_the_sizes_of_layers_are_kept),
		STORE_TEST(test_a_second_moatd_is_refused),
		STORE_TEST(test_what_a_crash_left_is_removed_on_open),
		STORE_TEST(test_an_unreadable_index_loses_nothing),
		STORE_TEST(test_tags_move),
		STORE_TEST(test_the_last_tag_takes_the_image_along),
		STORE_TEST(test_force_takes_the_last_name_of_an_image_in_use),
		STORE_TEST(test_an_id_of_an_image_in_use_needs_force_and_that_none_runs),
		STORE_TEST(test_an_id_with_several_tags_needs_force),
		STORE_TEST(test_the_same_image_packed_differently_is_one_image),
		STORE_TEST(test_a_shared_layer_stays_with_the_other_image),
		STORE_TEST(test_import_makes_a_one_layer_image),
		STORE_TEST(test_what_is_there_is_not_written_again),
		STORE_TEST(test_a_failed_import_leaves_nothing),
	};

	return cmocka_run_group_tests_name("image: store", tests, NULL, NULL);
}
